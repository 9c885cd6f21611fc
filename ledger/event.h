// An event before it is ordered: decoded, bounded, signatures judged, attachments matched.
//
// `check_event` is a pure function of the bytes and of the keys the source answers, so any number
// of threads may run it ahead of time on any replica. It knows nothing of the ledger's state:
// whether the keys are in force, and every rule, is decided by apply at the event's own position. A
// verdict found here is used there only for exactly the key it was found for.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "crypto/envelope.h"
#include "ledger/entry.h"
#include "puhui/v1/event.pb.h"

namespace puhui::ledger {

inline constexpr std::size_t kEventIdSize = 16;
inline constexpr std::size_t kPseudonymSize = 16;
inline constexpr std::size_t kRecordsMax = 20000;
inline constexpr std::size_t kRecordInputsMax = 8;
// A keyed tag: shorter ones could be guessed.
inline constexpr std::size_t kCarrierTagSizeMin = 16;
inline constexpr std::size_t kCarrierTagSizeMax = 32;

// The key with this id among those ever registered, or nothing. Called from any thread.
using KeySource = std::function<std::optional<crypto::PublicKey>(const crypto::Digest& key_id)>;

struct SignatureVerdict {
  crypto::PublicKey key;
  bool valid = false;
};

// One behaviour record of an attachment. `claim` is its claim key: SHA-256 over
//   "puhui-claim/v1" ‖ pseudonym[16] ‖ u8 n ‖ scenario[n] ‖ i32-BE day ‖ u32-BE slot ‖ carrier tag
// and `claim_leaf` the leaf hash of that, by which views name the claim: a claim key is shown to
// nobody who does not ask for it (rules/claims.h).
struct Record {
  std::array<char, kPseudonymSize> account{};
  std::int32_t day = 0;
  std::uint32_t slot = 0;
  std::uint32_t tier = 0;
  std::uint32_t input_count = 0;
  std::array<std::int64_t, kRecordInputsMax> inputs{};
  crypto::Digest claim, claim_leaf;

  [[nodiscard]] std::string_view pseudonym() const { return {account.data(), account.size()}; }
};

struct CheckedEvent {
  crypto::Digest sha256;  // of PAE(type, payload): the event's bytes
  crypto::Envelope envelope;
  v1::Payload payload;
  std::vector<std::optional<SignatureVerdict>> verdicts;  // one per signature
  std::vector<Record> records;                            // of a behaviour batch
  bool records_missing = false;                           // a batch followed without its attachment
};

// Whether an event may be judged without the attachment it names: one that others accepted may.
enum class Attachments { needed, optional };

// Errors, all without effect on the ledger: ENVELOPE_*, EVENT_MALFORMED (payload does not parse or
// holds a field this version does not know, no action, id not 16 bytes, bad names), EVENT_TOO_LARGE
// (the entry would exceed 65 535 bytes), ATTACHMENT_*, RECORD_MALFORMED, BATCH_EMPTY,
// SIGNATURE_INVALID (for a key the source knows).
[[nodiscard]] Result<CheckedEvent> check_event(const BlockItem& item, const KeySource& keys,
                                               Attachments attachments = Attachments::needed);

// The records of an attachment as bytes, in order. RECORD_MALFORMED for a broken framing.
[[nodiscard]] Result<std::vector<std::string_view>> split_records(std::string_view attachment);
// One of them. RECORD_MALFORMED.
[[nodiscard]] Result<Record> read_record(std::string_view bytes, const std::string& scenario);
[[nodiscard]] crypto::Digest attachment_root(std::span<const std::string_view> records);

// What the signed payload says about its attachment, or nothing for an action without one.
[[nodiscard]] const v1::AttachmentRef* attachment_of(const v1::Payload& payload);

// [a-z0-9][a-z0-9._/-]{0,63}: parties, accounts, reports, meter keys.
[[nodiscard]] bool is_name(std::string_view text);
// [A-Z0-9]{1,32}: cities, projects, batches, serial codes.
[[nodiscard]] bool is_code(std::string_view text);

}  // namespace puhui::ledger
