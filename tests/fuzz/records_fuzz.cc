// Records of attachments: acts, reversals, redemptions, consents, readings. Any bytes are records
// of the action's kind, all of them and of no other kind, or an error of a known code. What a
// person confirmed is confirmed in this city alone.
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>

#include "crypto/merkle.h"
#include "ledger/records.h"

namespace {

namespace crypto = puhui::crypto;
namespace ledger = puhui::ledger;
namespace v1 = puhui::v1;
using puhui::ErrorCode;

constexpr const char* kOffer = "tea";
constexpr const char* kScenario = "bike";

v1::Payload payload_of(unsigned kind, const char* city) {
  v1::Payload payload;
  payload.set_city(city);
  switch (kind % 7) {
    case 0:
      payload.mutable_submit_behaviour_batch()->set_scenario(kScenario);
      break;
    case 1:
      payload.mutable_reverse_records()->set_scenario(kScenario);
      break;
    case 2:
      payload.mutable_submit_consents();
      break;
    case 3:
      payload.mutable_redeem()->set_offer(kOffer);
      break;
    case 4:
      payload.mutable_submit_readings();
      break;
    case 5:
      payload.mutable_publish_tags();
      break;
    default:
      payload.mutable_note_tags();
  }
  return payload;
}

bool is_known(ErrorCode code) {
  return code == ErrorCode::RECORD_MALFORMED || code == ErrorCode::SIGNATURE_INVALID ||
         code == ErrorCode::KEY_MALFORMED;
}

void check_confirmed(const ledger::Confirmed& confirmed) {
  assert(confirmed.leaf == crypto::leaf_hash(confirmed.sha256.view()));
}

void check_sizes(const v1::Payload& payload, const ledger::Records& records, std::size_t count) {
  const bool has_acts = payload.has_submit_behaviour_batch() || payload.has_reverse_records();
  assert(records.acts.size() == (has_acts ? count : 0));
  assert(records.consents.size() == (payload.has_submit_consents() ? count : 0));
  assert(records.redemptions.size() == (payload.has_redeem() ? count : 0));
  assert(records.readings.size() == (payload.has_submit_readings() ? count : 0));
  const bool has_tags = payload.has_publish_tags() || payload.has_note_tags();
  assert(records.tags.size() == (has_tags ? count : 0));
}

void check(const ledger::Records& records) {
  for (const auto& act : records.acts) {
    assert(act.input_count <= ledger::kRecordInputsMax);
    assert(act.claim_leaf == crypto::leaf_hash(act.claim.view()));
    assert(ledger::reversal_of(act.claim) != act.claim);
    for (std::size_t i = 1; i < act.tags.size(); ++i)
      assert(act.tags[i - 1].partner < act.tags[i].partner);
  }
  for (const auto& consent : records.consents) {
    assert(ledger::is_name(consent.party) && consent.item != v1::CONSENT_ITEM_UNSPECIFIED);
    check_confirmed(consent.confirmed);
  }
  for (const auto& redemption : records.redemptions) {
    assert(redemption.quantity > 0);
    check_confirmed(redemption.confirmed);
  }
  for (const auto& reading : records.readings) assert(reading.value >= 0);
}

// Whether one of them was signed with a key of its own.
bool is_self_held(const ledger::Records& records) {
  for (const auto& consent : records.consents)
    if (consent.confirmed.key) return true;
  for (const auto& redemption : records.redemptions)
    if (redemption.confirmed.key) return true;
  return false;
}

}  // namespace

// The first byte says of which action; the rest is the attachment.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view attachment(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto pieces = ledger::split_records(attachment);
  if (!pieces) {
    assert(pieces.error().code == ErrorCode::RECORD_MALFORMED);
    return 0;
  }
  const auto payload = payload_of(data[0], "FZ");
  const auto records = ledger::read_records(payload, *pieces);
  if (!records) {
    assert(is_known(records.error().code));
    return 0;
  }
  check_sizes(payload, *records, pieces->size());
  check(*records);
  const auto elsewhere = ledger::read_records(payload_of(data[0], "OTHER"), *pieces);
  assert(elsewhere.has_value() == !is_self_held(*records));
  return 0;
}
