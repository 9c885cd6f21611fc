// Attachments as the ledger and as the auditor read them, who share no code: both accept a batch or
// both refuse it, and what they accept are the same records under the same claim keys.
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "crypto/envelope.h"
#include "ledger/entry.h"
#include "ledger/event.h"
#include "node/audit/leaf.h"

namespace {

namespace audit = puhui::node::audit;
namespace crypto = puhui::crypto;
namespace ledger = puhui::ledger;

constexpr ledger::Micros kTime = 1'770'000'000'000'000;

// Each bit of `lies` makes one field of the event say something else than the attachment does.
puhui::v1::Payload event_for(std::string_view attachment, unsigned lies) {
  puhui::v1::Payload payload;
  payload.set_city("FZ");
  payload.set_party("operator");
  payload.set_event_id(std::string(ledger::kEventIdSize, 'e'));
  payload.set_valid_until(kTime);
  auto& batch = *payload.mutable_submit_behaviour_batch();
  batch.set_batch("b");
  batch.set_scenario((lies & 1) != 0 ? "Bike" : "bike");
  auto& records = *batch.mutable_records();
  const auto pieces = ledger::split_records(attachment);
  records.set_count(pieces ? static_cast<std::uint32_t>(pieces->size()) : 1);
  if (pieces) records.set_root(std::string(ledger::attachment_root(*pieces).view()));
  records.set_size(static_cast<std::uint32_t>(attachment.size()));
  if ((lies & 2) != 0) records.set_count(records.count() - 1);
  if ((lies & 4) != 0) records.set_size(records.size() + 1);
  if ((lies & 8) != 0) records.set_root(std::string(crypto::sha256(attachment).view()));
  if ((lies & 16) != 0) payload.mutable_transfer();
  return payload;
}

std::string envelope_of(const puhui::v1::Payload& payload) {
  crypto::Envelope envelope;
  envelope.payload = payload.SerializeAsString();
  envelope.payload_type = crypto::kEventPayloadType;
  envelope.signatures.push_back({crypto::sha256("key"), "signature"});
  auto bytes = crypto::encode_envelope(envelope);
  if (!bytes) std::abort();
  return *bytes;
}

bool have_same_tags(const ledger::Record& one, const audit::Record& other) {
  if (one.tags.size() != other.tags.size()) return false;
  for (std::size_t i = 0; i < one.tags.size(); ++i)
    if (one.tags[i].partner != other.tags[i].partner || one.tags[i].bytes() != other.tags[i].tag)
      return false;
  return true;
}

bool is_same(const ledger::Record& one, const audit::Record& other) {
  return one.pseudonym() == other.account && one.day == other.day && one.slot == other.slot &&
         one.tier == other.tier && one.input_count == other.input_count &&
         one.inputs == other.inputs && one.claim == other.claim && have_same_tags(one, other);
}

}  // namespace

// The first byte says which lies the event tells; the rest is the attachment.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view attachment(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto envelope = envelope_of(event_for(attachment, data[0]));
  const auto checked =
      ledger::check_event({envelope, {attachment}}, [](const auto&) { return std::nullopt; });
  const auto leaf = audit::prepare(
      {ledger::encode_entry(kTime, ledger::EntryKind::event, envelope), std::string(attachment)},
      audit::Known());
  assert(checked.has_value() == !leaf.fault.has_value());
  if (!checked) return 0;
  const auto& acts = checked->records.acts;
  assert(acts.size() == leaf.records.size() && !acts.empty());
  for (std::size_t i = 0; i < leaf.records.size(); ++i) assert(is_same(acts[i], leaf.records[i]));
  return 0;
}
