#include "node/audit/records.h"

#include <algorithm>

#include "crypto/bytes.h"
#include "crypto/merkle.h"

namespace puhui::node::audit {
namespace {

constexpr std::size_t kAttachmentSizeMax = std::size_t{1} << 20;
constexpr std::size_t kRecordsMax = 20'000;
constexpr std::size_t kCarrierTagSizeMin = 16, kCarrierTagSizeMax = 32;
constexpr std::size_t kNonceSize = 16;
constexpr std::size_t kPartnersOfActMax = 8;

using Bytes = std::vector<std::string_view>;

// Of a name, which is short.
std::string counted(const std::string& name) { return static_cast<char>(name.size()) + name; }

// At its own level.
bool is_known(const google::protobuf::Message& message) {
  return message.GetReflection()->GetUnknownFields(message).empty();
}

template <class M>
bool parse(std::string_view bytes, M& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) && is_known(message);
}

std::optional<Bytes> split(std::string_view rest) {
  Bytes pieces;
  while (!rest.empty()) {
    if (rest.size() < 2 || pieces.size() == kRecordsMax) return std::nullopt;
    const std::size_t size = crypto::read_u16(rest);
    if (size == 0 || rest.size() < 2 + size) return std::nullopt;
    pieces.push_back(rest.substr(2, size));
    rest.remove_prefix(2 + size);
  }
  return pieces;
}

Verdict check_attachment(const v1::AttachmentRef& named, std::string_view bytes,
                         const Bytes& pieces) {
  const auto differs = [](const char* what, const std::string& expected, const std::string& found) {
    return refused(ErrorCode::ATTACHMENT_MISMATCH, what, expected, found);
  };
  if (bytes.size() != named.size())
    return differs("size", std::to_string(named.size()), std::to_string(bytes.size()));
  if (pieces.size() != named.count())
    return differs("count", std::to_string(named.count()), std::to_string(pieces.size()));
  std::vector<crypto::Digest> hashes;
  hashes.reserve(pieces.size());
  for (const auto piece : pieces) hashes.push_back(crypto::leaf_hash(piece));
  const auto root = crypto::root_of(hashes);
  if (root.view() != named.root())
    return differs("root", crypto::hex_encode(named.root()), root.hex());
  return {};
}

// ---- What persons confirm -----------------------------------------------------------------------

// Who says it follows the city; until when it is good and a nonce follow what is said.
ErrorCode read_confirmation(const v1::Confirmation& given, const std::string& who,
                            const std::string& said, Confirmed& confirmed) {
  const bool is_kept = !given.has_key();
  const bool is_sound =
      is_known(given) && is_known(given.key()) && (given.valid_until() > 0) == !is_kept &&
      given.valid_until() >= 0 && given.sha256().size() == (is_kept ? crypto::Digest::kSize : 0) &&
      given.nonce().size() == (is_kept ? 0 : kNonceSize) && (!is_kept || given.signature().empty());
  if (!is_sound) return ErrorCode::RECORD_MALFORMED;
  auto words = "puhui-confirmation/v1" + who;
  if (is_kept) {
    confirmed.sha256 = crypto::sha256(words + "H" + given.sha256());
    return ErrorCode::OK;
  }
  const auto key = crypto::PublicKey::decode(given.key().public_key());
  if (!key) return key.error().code;
  words += said;
  crypto::append_u64(words, static_cast<std::uint64_t>(given.valid_until()));
  confirmed.sha256 = crypto::sha256(words + given.nonce());
  if (!crypto::verify(*key, confirmed.sha256.view(), given.signature()))
    return ErrorCode::SIGNATURE_INVALID;
  confirmed.key = key->encode();
  confirmed.valid_until = given.valid_until();
  return ErrorCode::OK;
}

std::string said_of(const v1::RedemptionRecord& record, const std::string& offer) {
  auto said = "R" + counted(offer);
  crypto::append_u64(said, static_cast<std::uint64_t>(record.quantity()));
  return said;
}

std::string said_of(const v1::ConsentRecord& record) {
  auto said = "C" + counted(record.party());
  said += static_cast<char>(record.item());
  said += static_cast<char>(record.is_given() ? 1 : 0);
  return said;
}

// ---- Records, one by one ------------------------------------------------------------------------

const std::string& scenario_of(const v1::Payload& payload) {
  return payload.has_reverse_records() ? payload.reverse_records().scenario()
                                       : payload.submit_behaviour_batch().scenario();
}

// Each of another partner, in order of their codes.
bool read_tags(const v1::BehaviourRecord& parsed, std::vector<PartnerTag>& tags) {
  for (const auto& given : parsed.tags()) {
    if (!is_known(given) || !is_code(given.partner()) || given.tag().size() != kTagSize ||
        tags.size() == kPartnersOfActMax ||
        (!tags.empty() && tags.back().partner >= given.partner()))
      return false;
    tags.push_back({given.partner(), given.tag()});
  }
  return true;
}

ErrorCode read(std::string_view bytes, const v1::Payload& payload, Record& record) {
  v1::BehaviourRecord parsed;
  if (!parse(bytes, parsed) || parsed.account().size() != kPseudonymSize ||
      parsed.carrier_tag().size() < kCarrierTagSizeMin ||
      parsed.carrier_tag().size() > kCarrierTagSizeMax ||
      parsed.inputs_size() > static_cast<int>(kRecordInputsMax))
    return ErrorCode::RECORD_MALFORMED;
  if (!read_tags(parsed, record.tags)) return ErrorCode::RECORD_MALFORMED;
  record.account = parsed.account();
  record.day = parsed.day();
  record.slot = parsed.slot();
  record.tier = parsed.tier();
  record.input_count = static_cast<std::size_t>(parsed.inputs_size());
  std::ranges::copy(parsed.inputs(), record.inputs.begin());
  auto claim = "puhui-claim/v1" + record.account + counted(scenario_of(payload));
  crypto::append_u32(claim, static_cast<std::uint32_t>(record.day));
  crypto::append_u32(claim, record.slot);
  record.claim = crypto::sha256(claim + parsed.carrier_tag());
  return ErrorCode::OK;
}

ErrorCode read(std::string_view bytes, const v1::Payload& payload, Redemption& redemption) {
  v1::RedemptionRecord parsed;
  if (!parse(bytes, parsed) || parsed.account().size() != kPseudonymSize || parsed.quantity() <= 0)
    return ErrorCode::RECORD_MALFORMED;
  redemption.account = parsed.account();
  redemption.quantity = parsed.quantity();
  return read_confirmation(parsed.confirmation(), counted(payload.city()) + parsed.account(),
                           said_of(parsed, payload.redeem().offer()), redemption.confirmed);
}

ErrorCode read(std::string_view bytes, const v1::Payload& payload, Consent& consent) {
  v1::ConsentRecord parsed;
  if (!parse(bytes, parsed) || parsed.account().size() != kPseudonymSize ||
      !is_name(parsed.party()) || !v1::ConsentItem_IsValid(parsed.item()) ||
      parsed.item() == v1::CONSENT_ITEM_UNSPECIFIED)
    return ErrorCode::RECORD_MALFORMED;
  const auto& guardian = parsed.guardian_sha256();
  if (!guardian.empty() && guardian.size() != crypto::Digest::kSize)
    return ErrorCode::RECORD_MALFORMED;
  consent.account = parsed.account();
  consent.party = parsed.party();
  consent.item = parsed.item();
  consent.is_given = parsed.is_given();
  consent.lacks_guardian = parsed.is_minor() && guardian.empty();
  return read_confirmation(parsed.confirmation(), counted(payload.city()) + parsed.account(),
                           said_of(parsed), consent.confirmed);
}

ErrorCode read(std::string_view bytes, const v1::Payload&, MeterReading& reading) {
  v1::Reading parsed;
  if (!parse(bytes, parsed) || parsed.value() < 0) return ErrorCode::RECORD_MALFORMED;
  reading = {parsed.day(), parsed.value()};
  return ErrorCode::OK;
}

ErrorCode read(std::string_view bytes, const v1::Payload&, std::string& tag) {
  if (bytes.size() != kTagSize) return ErrorCode::RECORD_MALFORMED;
  tag = bytes;
  return ErrorCode::OK;
}

template <class R>
Verdict read_all(const Bytes& pieces, const v1::Payload& payload, std::vector<R>& records) {
  records.reserve(pieces.size());
  for (const auto piece : pieces) {
    const auto code = read(piece, payload, records.emplace_back());
    if (code != ErrorCode::OK) return refused(code, "record " + std::to_string(records.size() - 1));
  }
  return {};
}

// ---- Inner signatures ---------------------------------------------------------------------------

Verdict read_erasure(Leaf& leaf) {
  const auto& erasure = leaf.payload.erase_account();
  const auto code =
      read_confirmation(erasure.confirmation(), counted(leaf.payload.city()) + erasure.account(),
                        "E", leaf.confirmation.emplace());
  return code == ErrorCode::OK ? Verdict() : refused(code, "confirmation");
}

Verdict check_device(const v1::Payload& payload) {
  const auto& readings = payload.submit_readings();
  const auto key = crypto::PublicKey::decode(readings.device().public_key());
  if (!key) return refused(ErrorCode::KEY_MALFORMED, "device");
  auto covered = "puhui-readings/v1" + counted(payload.city()) + counted(readings.source()) +
                 readings.records().root();
  crypto::append_u32(covered, readings.records().count());
  if (crypto::verify(*key, covered, readings.signature())) return {};
  return refused(ErrorCode::SIGNATURE_INVALID, "device");
}

}  // namespace

const v1::AttachmentRef* attachment_of(const v1::Payload& payload) {
  if (payload.has_submit_behaviour_batch()) return &payload.submit_behaviour_batch().records();
  if (payload.has_reverse_records()) return &payload.reverse_records().records();
  if (payload.has_submit_consents()) return &payload.submit_consents().records();
  if (payload.has_redeem()) return &payload.redeem().records();
  if (payload.has_submit_readings()) return &payload.submit_readings().records();
  if (payload.has_publish_tags()) return &payload.publish_tags().tags();
  if (payload.has_note_tags()) return &payload.note_tags().tags();
  return nullptr;
}

Verdict read_records(Leaf& leaf, const v1::AttachmentRef& named, std::string_view bytes) {
  if (bytes.size() > kAttachmentSizeMax) return refused(ErrorCode::ATTACHMENT_TOO_LARGE);
  if (named.count() == 0) return refused(ErrorCode::BATCH_EMPTY);
  const auto pieces = split(bytes);
  if (!pieces) return refused(ErrorCode::RECORD_MALFORMED, "framing");
  if (auto differs = check_attachment(named, bytes, *pieces)) return differs;
  const auto& payload = leaf.payload;
  if (payload.has_submit_consents()) return read_all(*pieces, payload, leaf.consents);
  if (payload.has_redeem()) return read_all(*pieces, payload, leaf.redemptions);
  if (payload.has_submit_readings()) return read_all(*pieces, payload, leaf.readings);
  if (payload.has_publish_tags() || payload.has_note_tags())
    return read_all(*pieces, payload, leaf.tags);
  return read_all(*pieces, payload, leaf.records);
}

Verdict read_inner_signatures(Leaf& leaf) {
  if (leaf.payload.has_erase_account()) return read_erasure(leaf);
  if (leaf.payload.has_submit_readings()) return check_device(leaf.payload);
  return {};
}

crypto::Digest reversal_of(const crypto::Digest& claim) {
  return crypto::sha256("puhui-reversal/v1" + std::string(claim.view()));
}

}  // namespace puhui::node::audit
