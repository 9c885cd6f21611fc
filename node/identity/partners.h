// Partner cities with which acts are compared: the secret exponent for each, how much each may ask
// in a day, and the own questions that wait for an answer. Sealed records in the table.
//
//   x ‖ digest of the city                 under the wrap key: IdentityPartner
//   x ‖ digest ‖ q ‖ digest of the id      under the wrap key: IdentityQuestion
//
// Digests are those of keys.h, of a "partner" and a "question". For an act of point H and the
// exponents a and b of two cities the tag is H^(a·b): the one asks with H^a, the other answers
// (H^a)^b. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "crypto/hash.h"
#include "node/identity/acts_file.h"
#include "node/identity/exchange.h"
#include "node/identity/keys.h"
#include "node/identity/openings.h"
#include "node/identity/table.h"
#include "proto/error.h"
#include "puhui/v1/identity.pb.h"

namespace puhui::node::identity {

inline constexpr std::uint32_t kAskedPerDayMax = 10'000'000;

class Partners {
 public:
  // All must outlive it.
  Partners(Table& table, const Keys& keys, Openings& openings)
      : table_(table), keys_(keys), openings_(openings) {}

  // A new exponent for the partner, which may ask about so many acts a day. LOCKED if there is one:
  // acts that were tagged with another meet no tag any more. INVALID_ARGUMENT, IO.
  [[nodiscard]] Result<void> make(const std::string& city, const std::string& partner,
                                  std::uint32_t per_day, std::int64_t now_us);
  // How much it may ask from now on. NOT_FOUND, INVALID_ARGUMENT, IO.
  [[nodiscard]] Result<void> limit(const std::string& partner, std::uint32_t per_day);
  // Destroys the exponent, and the questions that wait. NOT_FOUND, CORRUPT, IO.
  [[nodiscard]] Result<void> wipe(const std::string& partner);
  // CORRUPT.
  [[nodiscard]] Result<v1::IdentityPartnerStateList> list(std::int64_t now_us) const;

  // The question about these acts, and their lines kept until it is answered: no point is kept.
  // `acts_sha256` names the file they are of. NOT_FOUND without an exponent; IO.
  [[nodiscard]] Result<std::string> ask(const std::string& partner, const Acts& acts,
                                        const crypto::Digest& acts_sha256, std::int64_t now_us);

  struct Answered {
    std::string text;
    v1::IdentityOpening link;
  };
  // The answer to a partner's question, once it stands durably in the log of openings. Errors of
  // parse_exchange and of Openings; WRONG_CITY if it is between others; TOO_LARGE, BUSY beyond what
  // the partner may ask at all, or today.
  [[nodiscard]] Result<Answered> answer(const std::string& partner, std::string_view question,
                                        std::int64_t now_us);

  struct Taken {
    std::string text;  // of records, each with the tags of all answers
    std::size_t records = 0;
    std::vector<std::string> questions;  // names of those answered
  };
  // Puts the tags of answers, each of another partner, with the acts that were asked about, which
  // are the same for all. Errors of parse_exchange; NOT_FOUND for an answer to no question that
  // waits; INVALID_ARGUMENT if it has not as many points, or is about other acts than the others.
  [[nodiscard]] Result<Taken> take(std::span<const std::string> answers) const;
  // They wait no longer. CORRUPT, IO.
  [[nodiscard]] Result<void> forget(const std::vector<std::string>& questions);

 private:
  [[nodiscard]] std::string partner_name(std::string_view partner) const;
  [[nodiscard]] std::string question_name(std::string_view partner, std::string_view id) const;
  // NOT_FOUND. Wipe the exponent.
  [[nodiscard]] Result<v1::IdentityPartner> find(const std::string& partner) const;
  [[nodiscard]] Result<void> put(const v1::IdentityPartner& partner);
  [[nodiscard]] Result<v1::IdentityQuestion> question_of(const Exchange& answer) const;
  [[nodiscard]] Result<std::uint32_t> count_questions(const std::string& name) const;

  Table& table_;
  const Keys& keys_;
  Openings& openings_;
};

}  // namespace puhui::node::identity
