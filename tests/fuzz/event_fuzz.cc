// Events as the ledger and as the auditor read them, who share no code: the same payload bytes are
// an event to both or to neither, and to both the same one.
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "crypto/envelope.h"
#include "ledger/entry.h"
#include "ledger/event.h"
#include "node/audit/leaf.h"

// The bytes are a payload; no attachment travels with it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace audit = puhui::node::audit;
  namespace crypto = puhui::crypto;
  namespace ledger = puhui::ledger;
  if (size == 0 || size > 60'000) return 0;
  crypto::Envelope envelope;
  envelope.payload.assign(reinterpret_cast<const char*>(data), size);
  envelope.payload_type = crypto::kEventPayloadType;
  envelope.signatures.push_back({crypto::sha256("key"), "signature"});
  const auto bytes = crypto::encode_envelope(envelope);
  if (!bytes) std::abort();
  const auto checked = ledger::check_event(
      {*bytes, {}}, [](const auto&) { return std::nullopt; }, ledger::Attachments::optional);
  const auto leaf = audit::prepare(
      {ledger::encode_entry(0, ledger::EntryKind::event, *bytes), std::nullopt}, audit::Known());
  assert(checked.has_value() == !leaf.fault.has_value());
  if (!checked) return 0;
  assert(checked->sha256 == leaf.sha256);
  assert(checked->payload.SerializeAsString() == leaf.payload.SerializeAsString());
  assert(checked->records_missing == leaf.attachment_missing);
  return 0;
}
