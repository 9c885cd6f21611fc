// Events as they are sent, and as the ledger and the auditor read them, who share no code: the same
// bytes are an event to both or to neither, and to both the same one; a signature over them holds,
// and over any others it does not.
#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "crypto/envelope.h"
#include "ledger/entry.h"
#include "ledger/event.h"
#include "node/audit/leaf.h"
#include "puhui/v1/api.pb.h"

namespace {

namespace audit = puhui::node::audit;
namespace crypto = puhui::crypto;
namespace ledger = puhui::ledger;
using puhui::v1::Submission;

// The one key that ledger and auditor know: seeds are signed with it.
const crypto::SecretKey& known_key() {
  static const auto key = crypto::SecretKey::from_seed(std::string(32, 'k'));
  return *key;
}

std::optional<crypto::PublicKey> find_key(const crypto::Digest& id) {
  const auto& key = known_key().public_key();
  return key.key_id() == id ? std::optional(key) : std::nullopt;
}

const audit::Known& known() {
  static audit::Known known;
  known.add_key(known_key().public_key().key_id(), known_key().public_key());
  return known;
}

auto check_by_ledger(const Submission& submission) {
  ledger::BlockItem item{submission.envelope(), {}};
  for (const auto& attachment : submission.attachments()) item.attachments.emplace_back(attachment);
  return ledger::check_event(item, find_key, ledger::Attachments::optional);
}

audit::Leaf check_by_auditor(const Submission& submission) {
  audit::RawLeaf raw{ledger::encode_entry(0, ledger::EntryKind::event, submission.envelope()),
                     std::nullopt};
  if (!submission.attachments().empty()) raw.attachment = submission.attachments(0);
  return audit::prepare(std::move(raw), known());
}

// Limits as at POST /v1/events.
void check_posted(const Submission& submission) {
  if (submission.envelope().size() > ledger::kEnvelopeInEntryMax ||
      submission.attachments_size() > static_cast<int>(ledger::kAttachmentsMax))
    return;
  const auto checked = check_by_ledger(submission);
  const auto leaf = check_by_auditor(submission);
  const bool is_forged = std::ranges::find(leaf.verdicts, false) != leaf.verdicts.end();
  assert(checked.has_value() == (!leaf.fault && !is_forged));
  if (!checked) return;
  assert(checked->sha256 == leaf.sha256 && checked->envelope == leaf.envelope);
  assert(checked->payload.SerializeAsString() == leaf.payload.SerializeAsString());
  assert(checked->records_missing == leaf.attachment_missing);
  assert(checked->records.acts.size() == leaf.records.size());
  // The envelope written again says the same.
  const auto again = crypto::encode_envelope(checked->envelope);
  assert(again && crypto::decode_envelope(*again).value() == checked->envelope);
}

void check_signature(const Submission& submission, const crypto::Envelope& envelope) {
  const auto checked = check_by_ledger(submission);
  assert(!checked || (checked->verdicts.size() == 1 && checked->verdicts[0]->valid));
  assert(checked || checked.error().code != puhui::ErrorCode::SIGNATURE_INVALID);
  auto other = envelope;
  other.payload[envelope.payload.size() / 2] ^= 1;
  Submission forged;
  forged.set_envelope(crypto::encode_envelope(other).value());
  assert(!check_by_ledger(forged));
}

// The bytes are a payload; no attachment travels with it.
void check_payload(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > 60'000) return;
  const auto envelope =
      crypto::sign_envelope(bytes, crypto::kEventPayloadType, std::array{&known_key()});
  if (!envelope) std::abort();
  Submission submission;
  submission.set_envelope(crypto::encode_envelope(*envelope).value());
  check_posted(submission);
  check_signature(submission, *envelope);
}

}  // namespace

// The bytes are a payload or a submission.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_payload({reinterpret_cast<const char*>(data), size});
  Submission submission;
  if (submission.ParseFromArray(data, static_cast<int>(size))) check_posted(submission);
  return 0;
}
