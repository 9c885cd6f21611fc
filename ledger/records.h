// What attachments hold: records beside a signed payload, read and bounded.
//
// In the attachment each is u16-BE length ‖ bytes. A pure function of the bytes, like check_event.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hash.h"
#include "crypto/key.h"
#include "proto/error.h"
#include "puhui/v1/event.pb.h"

namespace puhui::ledger {

inline constexpr std::size_t kPseudonymSize = 16;
inline constexpr std::size_t kRecordsMax = 20000;
inline constexpr std::size_t kRecordInputsMax = 8;
// A keyed tag: shorter ones could be guessed.
inline constexpr std::size_t kCarrierTagSizeMin = 16;
inline constexpr std::size_t kCarrierTagSizeMax = 32;
inline constexpr std::size_t kNonceSize = 16;

// [a-z0-9][a-z0-9._/-]{0,63}: parties, accounts, reports, meter keys.
[[nodiscard]] bool is_name(std::string_view text);
// [A-Z0-9]{1,32}: cities, projects, batches, serial codes.
[[nodiscard]] bool is_code(std::string_view text);

using Pseudonym = std::array<char, kPseudonymSize>;

// By which a partner city knows an act.
inline constexpr std::size_t kTagSize = 32;
using Tag = std::array<char, kTagSize>;
inline constexpr int kPartnersOfActMax = 8;
struct PartnerTag {
  std::string partner;  // city
  Tag tag{};

  [[nodiscard]] std::string_view bytes() const { return {tag.data(), tag.size()}; }
};

// An act, or the reversal of one. `claim` is its claim key: SHA-256 over
//   "puhui-claim/v1" ‖ pseudonym[16] ‖ u8 n ‖ scenario[n] ‖ i32-BE day ‖ u32-BE slot ‖ carrier tag
// and `claim_leaf` the leaf hash of that, by which views name the claim: a claim key is shown to
// nobody who does not ask for it (rules/claims.h).
struct Record {
  Pseudonym account{};
  std::int32_t day = 0;
  std::uint32_t slot = 0;
  std::uint32_t tier = 0;
  std::uint32_t input_count = 0;
  std::array<std::int64_t, kRecordInputsMax> inputs{};
  crypto::Digest claim, claim_leaf;
  std::vector<PartnerTag> tags;

  [[nodiscard]] std::string_view pseudonym() const { return {account.data(), account.size()}; }
};

// That a person wants something, as far as bytes tell: SHA-256 over
//   "puhui-confirmation/v1" ‖ u8 n ‖ city[n] ‖ pseudonym[16] ‖ what
//   what    custodial:  "H" ‖ the custodian's hash[32]
//           redemption: "R" ‖ u8 n ‖ offer[n] ‖ i64-BE quantity ‖ i64-BE valid until ‖ nonce[16]
//           consent:    "C" ‖ u8 n ‖ party[n] ‖ u8 item ‖ u8 is given ‖ valid until ‖ nonce
//           erasure:    "E" ‖ valid until ‖ nonce
// Of a self-held account with the key whose signature over these 32 bytes verifies.
// `leaf` is the leaf hash of that, by which views name what was confirmed: it is shown to nobody
// who does not ask for it.
struct Confirmed {
  crypto::Digest sha256, leaf;
  std::optional<crypto::PublicKey> key;
  std::int64_t valid_until = 0;  // with a key
};

struct Redemption {
  Pseudonym account{};
  std::int64_t quantity = 0;
  Confirmed confirmed;

  [[nodiscard]] std::string_view pseudonym() const { return {account.data(), account.size()}; }
};

struct Consent {
  Pseudonym account{};
  std::string party;
  v1::ConsentItem item = v1::CONSENT_ITEM_UNSPECIFIED;
  bool is_given = false;
  bool lacks_guardian = false;  // of a minor, without the guardian's confirmation
  Confirmed confirmed;

  [[nodiscard]] std::string_view pseudonym() const { return {account.data(), account.size()}; }
};

struct MeterReading {
  std::int32_t day = 0;
  std::int64_t value = 0;
};

// Those of one attachment; all but one are empty.
struct Records {
  std::vector<Record> acts;
  std::vector<Redemption> redemptions;
  std::vector<Consent> consents;
  std::vector<MeterReading> readings;
  std::vector<Tag> tags;
};

// The records of an attachment as bytes, in order. RECORD_MALFORMED for a broken framing.
[[nodiscard]] Result<std::vector<std::string_view>> split_records(std::string_view attachment);
[[nodiscard]] crypto::Digest attachment_root(std::span<const std::string_view> records);

// One act. RECORD_MALFORMED.
[[nodiscard]] Result<Record> read_record(std::string_view bytes, const std::string& scenario);
[[nodiscard]] Result<Redemption> read_redemption(std::string_view bytes, const std::string& city,
                                                 const std::string& offer);
// Those that the action of the payload names. RECORD_MALFORMED, KEY_MALFORMED, SIGNATURE_INVALID,
// each with the number of the record.
[[nodiscard]] Result<Records> read_records(const v1::Payload& payload,
                                           std::span<const std::string_view> pieces);

// The bytes that are hashed; `what` as above.
[[nodiscard]] std::string confirmation_bytes(const std::string& city, std::string_view pseudonym,
                                             std::string_view what);
// The end of what a self-held account signs.
[[nodiscard]] std::string until_and_nonce(std::int64_t valid_until, std::string_view nonce);
[[nodiscard]] std::string redemption_words(std::string_view offer, std::int64_t quantity);
[[nodiscard]] std::string consent_words(std::string_view party, v1::ConsentItem item,
                                        bool is_given);
inline constexpr std::string_view kErasureWords = "E";
// RECORD_MALFORMED, KEY_MALFORMED, SIGNATURE_INVALID.
[[nodiscard]] Result<Confirmed> read_confirmation(const v1::Confirmation& confirmation,
                                                  const std::string& city,
                                                  std::string_view pseudonym,
                                                  std::string_view what);

// What the key of a self-held account signs to read what the ledger says of the account: SHA-256
// over
//   "puhui-reading/v1" ‖ u8 n ‖ city[n] ‖ pseudonym[16] ‖ u8 n ‖ view[n] ‖ i64-BE valid until
// It begins otherwise than what is confirmed or measured, so it is never taken for that.
struct OwnReading {
  std::string city;
  std::string pseudonym;
  std::string view;              // "account", "summary", "history", "consents", "proof"
  std::int64_t valid_until = 0;  // UTC microseconds of real time
};
[[nodiscard]] crypto::Digest own_reading_digest(const OwnReading& reading);

// By which the trail of an account names the reversal of a claim.
[[nodiscard]] crypto::Digest reversal_of(const crypto::Digest& claim);

// What a device signs: "puhui-readings/v1" ‖ u8 n ‖ city[n] ‖ u8 n ‖ source[n] ‖ root[32] ‖
// u32-BE count.
[[nodiscard]] std::string readings_bytes(const std::string& city,
                                         const v1::SubmitReadings& readings);

}  // namespace puhui::ledger
