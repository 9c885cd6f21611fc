#include "ledger/event.h"

#include <algorithm>

#include "crypto/bytes.h"
#include "crypto/merkle.h"

namespace puhui::ledger {
namespace {

constexpr std::size_t kNameSizeMax = 64;
constexpr std::size_t kCodeSizeMax = 32;
constexpr std::string_view kClaimDomain = "puhui-claim/v1";

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Hashes what does not change between the records of one batch once, and the rest per record.
class ClaimKeys {
 public:
  explicit ClaimKeys(std::string_view scenario) {
    suffix_ += static_cast<char>(scenario.size());
    suffix_ += scenario;
  }
  void give(Record& record, std::string_view carrier_tag) {
    bytes_.assign(kClaimDomain);
    bytes_ += record.pseudonym();
    bytes_ += suffix_;
    crypto::append_u32(bytes_, static_cast<std::uint32_t>(record.day));
    crypto::append_u32(bytes_, record.slot);
    bytes_ += carrier_tag;
    record.claim = crypto::sha256(bytes_);
    record.claim_leaf = crypto::leaf_hash(record.claim.view());
  }

 private:
  std::string suffix_, bytes_;
};

Result<void> read_record(std::string_view bytes, v1::BehaviourRecord& parsed, Record& record) {
  const bool sound = parsed.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
                     parsed.account().size() == kPseudonymSize &&
                     parsed.carrier_tag().size() >= kCarrierTagSizeMin &&
                     parsed.carrier_tag().size() <= kCarrierTagSizeMax &&
                     parsed.inputs_size() <= static_cast<int>(kRecordInputsMax) &&
                     parsed.GetReflection()->GetUnknownFields(parsed).empty();
  if (!sound) return fail(ErrorCode::RECORD_MALFORMED);
  std::copy_n(parsed.account().data(), kPseudonymSize, record.account.data());
  record.day = parsed.day();
  record.slot = parsed.slot();
  record.tier = parsed.tier();
  record.input_count = static_cast<std::uint32_t>(parsed.inputs_size());
  std::copy(parsed.inputs().begin(), parsed.inputs().end(), record.inputs.begin());
  return {};
}

}  // namespace

Result<Record> read_record(std::string_view bytes, const std::string& scenario) {
  v1::BehaviourRecord parsed;
  Record record;
  if (auto read = read_record(bytes, parsed, record); !read)
    return tl::make_unexpected(read.error());
  ClaimKeys(scenario).give(record, parsed.carrier_tag());
  return record;
}

namespace {

Result<std::vector<Record>> read_records(const v1::SubmitBehaviourBatch& batch,
                                         std::span<const std::string_view> pieces) {
  std::vector<Record> records(pieces.size());
  ClaimKeys claim_keys(batch.scenario());
  v1::BehaviourRecord parsed;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (auto read = read_record(pieces[i], parsed, records[i]); !read)
      return fail(read.error().code, "record " + std::to_string(i));
    claim_keys.give(records[i], parsed.carrier_tag());
  }
  return records;
}

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
  auto records = read_records(event.payload.submit_behaviour_batch(), *pieces);
  if (!records) return tl::make_unexpected(records.error());
  event.records = std::move(*records);
  return {};
}

// Views copy parts of payloads, and a field that one version knows and another does not would give
// them different bytes; besides, nobody should sign what nobody obeys.
bool has_unknown_fields(v1::Payload& payload) {
  const auto size = payload.ByteSizeLong();
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

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameSizeMax && is_lower_or_digit(text[0]) &&
         std::ranges::all_of(text, [](char c) {
           return is_lower_or_digit(c) || c == '.' || c == '_' || c == '/' || c == '-';
         });
}

bool is_code(std::string_view text) {
  return !text.empty() && text.size() <= kCodeSizeMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

const v1::AttachmentRef* attachment_of(const v1::Payload& payload) {
  return payload.has_submit_behaviour_batch() ? &payload.submit_behaviour_batch().records()
                                              : nullptr;
}

Result<std::vector<std::string_view>> split_records(std::string_view attachment) {
  std::vector<std::string_view> pieces;
  while (!attachment.empty()) {
    if (attachment.size() < 2 || pieces.size() == kRecordsMax)
      return fail(ErrorCode::RECORD_MALFORMED, "framing");
    const std::size_t size = crypto::read_u16(attachment);
    attachment.remove_prefix(2);
    if (size == 0 || attachment.size() < size)
      return fail(ErrorCode::RECORD_MALFORMED,
                  "framing of record " + std::to_string(pieces.size()));
    pieces.push_back(attachment.substr(0, size));
    attachment.remove_prefix(size);
  }
  return pieces;
}

crypto::Digest attachment_root(std::span<const std::string_view> records) {
  crypto::Frontier tree;
  for (const auto record : records) tree.append(crypto::leaf_hash(record));
  return tree.root();
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
  if (has_unknown_fields(event.payload))
    return fail(ErrorCode::EVENT_MALFORMED, "the payload holds a field that is not known here");
  if (auto sound = check_payload(event.payload); !sound) return tl::make_unexpected(sound.error());
  if (auto judged = check_signatures(keys, event); !judged)
    return tl::make_unexpected(judged.error());
  event.records_missing = attachments == Attachments::optional && item.attachments.empty() &&
                          attachment_of(event.payload) != nullptr;
  if (event.records_missing) return event;
  if (auto matched = check_attachment(item, event); !matched)
    return tl::make_unexpected(matched.error());
  return event;
}

}  // namespace puhui::ledger
