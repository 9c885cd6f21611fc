#include "ledger/event.h"

namespace puhui::ledger {
namespace {

Result<void> check_attachment(const BlockItem& item, CheckedEvent& event) {
  const auto* named = attachment_of(event.payload);
  if (named == nullptr) {
    if (item.attachments.empty()) return {};
    return fail(ErrorCode::ATTACHMENT_MISMATCH, "this action takes no attachment");
  }
  if (item.attachments.empty()) return fail(ErrorCode::ATTACHMENT_MISSING);
  if (item.attachments.size() > 1) return fail(ErrorCode::ATTACHMENT_MISMATCH, "more than one");
  const auto bytes = item.attachments.front();
  if (bytes.size() > kAttachmentSizeMax) return fail(ErrorCode::ATTACHMENT_TOO_LARGE);
  if (named->count() == 0) return fail(ErrorCode::BATCH_EMPTY);
  if (bytes.size() != named->size()) return fail(ErrorCode::ATTACHMENT_MISMATCH, "size");
  auto pieces = split_records(bytes);
  if (!pieces) return tl::make_unexpected(pieces.error());
  if (pieces->size() != named->count()) return fail(ErrorCode::ATTACHMENT_MISMATCH, "count");
  if (attachment_root(*pieces).view() != named->root())
    return fail(ErrorCode::ATTACHMENT_MISMATCH, "root");
  auto records = read_records(event.payload, *pieces);
  if (!records) return tl::make_unexpected(records.error());
  event.records = std::move(*records);
  return {};
}

// Views copy parts of payloads, and a field that one version knows and another does not would give
// them different bytes; besides, nobody should sign what nobody obeys. Nor is a field given twice:
// what must be carried to another city inside an event there would grow too large to be carried.
bool says_more_than_it_means(v1::Payload& payload, std::size_t size) {
  payload.DiscardUnknownFields();
  return payload.ByteSizeLong() != size;
}

Result<void> check_payload(const v1::Payload& payload) {
  const auto malformed = [](const char* what) { return fail(ErrorCode::EVENT_MALFORMED, what); };
  if (payload.action_case() == v1::Payload::ACTION_NOT_SET) return malformed("no action");
  if (!is_code(payload.city())) return malformed("city is not a code");
  if (!is_name(payload.party())) return malformed("party is not a name");
  if (payload.event_id().size() != kEventIdSize) return malformed("event_id is not 16 bytes");
  if (payload.valid_until() <= 0) return malformed("valid_until is not set");
  if (payload.has_submit_behaviour_batch() && !is_name(payload.submit_behaviour_batch().scenario()))
    return malformed("scenario is not a name");
  if (payload.has_reverse_records() && !is_name(payload.reverse_records().scenario()))
    return malformed("scenario is not a name");
  if (payload.has_redeem() && !is_name(payload.redeem().offer()))
    return malformed("offer is not a name");
  if (payload.has_submit_readings() && !is_name(payload.submit_readings().source()))
    return malformed("source is not a name");
  if (payload.has_erase_account() && payload.erase_account().account().size() != kPseudonymSize)
    return malformed("account is not a pseudonym");
  return {};
}

// Signatures that the payload itself carries.
Result<void> check_inner_signatures(CheckedEvent& event) {
  const auto& payload = event.payload;
  if (payload.has_erase_account()) {
    const auto& erasure = payload.erase_account();
    auto confirmed =
        read_confirmation(erasure.confirmation(), payload.city(), erasure.account(), kErasureWords);
    if (!confirmed) return tl::make_unexpected(confirmed.error());
    event.confirmation = std::move(*confirmed);
  }
  if (payload.has_submit_readings()) {
    const auto& readings = payload.submit_readings();
    const auto device = crypto::PublicKey::decode(readings.device().public_key());
    if (!device) return fail(ErrorCode::KEY_MALFORMED, "device");
    if (!crypto::verify(*device, readings_bytes(payload.city(), readings), readings.signature()))
      return fail(ErrorCode::SIGNATURE_INVALID, "device");
  }
  return {};
}

Result<void> check_signatures(const KeySource& keys, CheckedEvent& event) {
  const auto signed_bytes = crypto::pae(event.envelope);
  for (const auto& signature : event.envelope.signatures) {
    auto& verdict = event.verdicts.emplace_back();
    const auto key = keys(signature.key_id);
    if (!key) continue;
    verdict = SignatureVerdict{*key, crypto::verify(*key, signed_bytes, signature.signature)};
    if (!verdict->valid)
      return fail(ErrorCode::SIGNATURE_INVALID, "key id " + signature.key_id.hex());
  }
  return {};
}

}  // namespace

const v1::AttachmentRef* attachment_of(const v1::Payload& payload) {
  switch (payload.action_case()) {
    case v1::Payload::kSubmitBehaviourBatch:
      return &payload.submit_behaviour_batch().records();
    case v1::Payload::kReverseRecords:
      return &payload.reverse_records().records();
    case v1::Payload::kSubmitConsents:
      return &payload.submit_consents().records();
    case v1::Payload::kRedeem:
      return &payload.redeem().records();
    case v1::Payload::kSubmitReadings:
      return &payload.submit_readings().records();
    case v1::Payload::kPublishTags:
      return &payload.publish_tags().tags();
    case v1::Payload::kNoteTags:
      return &payload.note_tags().tags();
    default:
      return nullptr;
  }
}

Result<CheckedEvent> check_event(const BlockItem& item, const KeySource& keys,
                                 Attachments attachments) {
  if (item.envelope.size() > kEnvelopeInEntryMax)
    return fail(ErrorCode::EVENT_TOO_LARGE, std::to_string(item.envelope.size()) + " bytes");
  auto envelope = crypto::decode_envelope(item.envelope);
  if (!envelope) return tl::make_unexpected(envelope.error());
  CheckedEvent event;
  event.envelope = std::move(*envelope);
  event.sha256 = crypto::event_digest(event.envelope);
  if (!event.payload.ParseFromString(event.envelope.payload))
    return fail(ErrorCode::EVENT_MALFORMED, "the payload does not parse");
  if (says_more_than_it_means(event.payload, event.envelope.payload.size()))
    return fail(ErrorCode::EVENT_MALFORMED,
                "the payload holds a field that is not known here, or one twice");
  if (auto sound = check_payload(event.payload); !sound) return tl::make_unexpected(sound.error());
  if (auto judged = check_signatures(keys, event); !judged)
    return tl::make_unexpected(judged.error());
  if (auto judged = check_inner_signatures(event); !judged)
    return tl::make_unexpected(judged.error());
  event.records_missing = attachments == Attachments::optional && item.attachments.empty() &&
                          attachment_of(event.payload) != nullptr;
  if (event.records_missing) return event;
  if (auto matched = check_attachment(item, event); !matched)
    return tl::make_unexpected(matched.error());
  return event;
}

}  // namespace puhui::ledger
