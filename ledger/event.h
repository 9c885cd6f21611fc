// An event before it is ordered: decoded, bounded, signatures judged, attachments matched.
//
// `check_event` is a pure function of the bytes and of the keys the source answers, so any number
// of threads may run it ahead of time on any replica. It knows nothing of the ledger's state:
// whether the keys are in force, and every rule, is decided by apply at the event's own position. A
// verdict found here is used there only for exactly the key it was found for.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "crypto/envelope.h"
#include "ledger/entry.h"
#include "ledger/records.h"
#include "puhui/v1/event.pb.h"

namespace puhui::ledger {

inline constexpr std::size_t kEventIdSize = 16;

// The key with this id among those ever registered, or nothing. Called from any thread.
using KeySource = std::function<std::optional<crypto::PublicKey>(const crypto::Digest& key_id)>;

struct SignatureVerdict {
  crypto::PublicKey key;
  bool valid = false;
};

struct CheckedEvent {
  crypto::Digest sha256;  // of PAE(type, payload): the event's bytes
  crypto::Envelope envelope;
  v1::Payload payload;
  std::vector<std::optional<SignatureVerdict>> verdicts;  // one per signature
  Records records;                                        // of its attachment
  std::optional<Confirmed> confirmation;                  // of an action that carries one itself
  bool records_missing = false;                           // followed without its attachment
};

// Whether an event may be judged without the attachment it names: one that others accepted may.
enum class Attachments { needed, optional };

// Errors, all without effect on the ledger: ENVELOPE_*, EVENT_MALFORMED (payload does not parse or
// holds a field this version does not know, no action, id not 16 bytes, bad names), EVENT_TOO_LARGE
// (the entry would exceed 65 535 bytes), ATTACHMENT_*, RECORD_MALFORMED, BATCH_EMPTY,
// SIGNATURE_INVALID (for a key the source knows, and
// for that of a self-held account or a device in the payload or a record), KEY_MALFORMED (of those
// last two).
[[nodiscard]] Result<CheckedEvent> check_event(const BlockItem& item, const KeySource& keys,
                                               Attachments attachments = Attachments::needed);

// What the signed payload says about its attachment, or nothing for an action without one.
[[nodiscard]] const v1::AttachmentRef* attachment_of(const v1::Payload& payload);

}  // namespace puhui::ledger
