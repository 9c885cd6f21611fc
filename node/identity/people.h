// Citizens: who has which pseudonym, and what they confirmed. Sealed records in the table.
//
//   name                            value, sealed for this name
//   b ‖ first 2 bytes of digest     under the wrap key: IdentityBucket, the index of identities
//   a ‖ digest of the pseudonym     under the wrap key: the person's own key
//   a ‖ digest ‖ p                  under the person's key: IdentityPerson
//   a ‖ digest ‖ c ‖ digest         under the person's key: IdentityConfirmation, by its commitment
//
// Digests are those of keys.h, of an "identity", an "account", a "confirmation". No name follows
// from an identity but for two bytes, so that no trace of one outlives its person in the database's
// own bookkeeping. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hash.h"
#include "node/identity/keys.h"
#include "node/identity/table.h"
#include "proto/error.h"
#include "puhui/v1/identity.pb.h"

namespace puhui::node::identity {

inline constexpr std::size_t kSaltSize = 16;

struct Enrolled {
  std::string pseudonym;
  bool is_new = false;
};

// Of those enrolled by one call.
struct Mark {
  std::optional<crypto::Digest> guardian;  // hash of the guardian's confirmation: they are minors
};

class People {
 public:
  // Both must outlive it.
  People(Table& table, const Keys& keys) : table_(table), keys_(keys) {}

  // The pseudonym of each identity, in order: the one it has, or a new random one. A mark is kept
  // also of those known; without one, theirs stays as it is. All or nothing, durable.
  [[nodiscard]] Result<std::vector<Enrolled>> enrol(std::span<const std::string> identities,
                                                    const Mark& mark, std::int64_t now_us);

  // NOT_FOUND if nobody has this pseudonym; CORRUPT. Wipe the identity.
  [[nodiscard]] Result<v1::IdentityPerson> person(std::string_view pseudonym) const;

  // Keeps the text under a new salt and answers the commitment SHA-256(salt ‖ text). NOT_FOUND.
  [[nodiscard]] Result<crypto::Digest> confirm(std::string_view pseudonym, std::string_view text,
                                               std::int64_t now_us);
  // NOT_FOUND; CORRUPT, also if it is not what the commitment commits to.
  [[nodiscard]] Result<v1::IdentityConfirmation> confirmation(
      std::string_view pseudonym, const crypto::Digest& commitment) const;

  // What an erasure does to the table.
  struct Removal {
    std::vector<std::string> prefixes;  // of names to be destroyed
    Pairs pairs;                        // the index without the person
    std::uint64_t confirmations = 0;
  };
  // NOT_FOUND, CORRUPT. Nothing is changed yet.
  [[nodiscard]] Result<Removal> removal(std::string_view pseudonym) const;

  struct Counts {
    std::uint64_t people = 0, confirmations = 0;
  };
  [[nodiscard]] Result<Counts> count() const;

 private:
  struct Writing;
  struct Found {
    std::string name;  // of the person's key; those of the records begin with it
    crypto::SymmetricKey key;
  };
  [[nodiscard]] Result<Found> find(std::string_view pseudonym) const;
  [[nodiscard]] Result<v1::IdentityPerson> read_person(const Found& found) const;
  [[nodiscard]] Result<v1::IdentityBucket> read_bucket(const std::string& name) const;
  [[nodiscard]] std::string account_name(std::string_view pseudonym) const;
  [[nodiscard]] std::string confirmation_name(const Found& found,
                                              const crypto::Digest& commitment) const;
  [[nodiscard]] Result<Enrolled> enrol_one(const std::string& identity, const Mark& mark,
                                           std::int64_t now_us, Writing& writing);
  void add_person(Writing& writing, std::string_view pseudonym, v1::IdentityPerson person) const;
  [[nodiscard]] Result<void> mark_known(Writing& writing, std::string_view pseudonym,
                                        const Mark& mark) const;

  Table& table_;
  const Keys& keys_;
};

}  // namespace puhui::node::identity
