#include "ledger/records.h"

#include <algorithm>

#include "crypto/bytes.h"
#include "crypto/merkle.h"

namespace puhui::ledger {
namespace {

constexpr std::size_t kNameSizeMax = 64;
constexpr std::size_t kCodeSizeMax = 32;
constexpr std::string_view kClaimDomain = "puhui-claim/v1";
constexpr std::string_view kReversalDomain = "puhui-reversal/v1";
constexpr std::string_view kConfirmationDomain = "puhui-confirmation/v1";
constexpr std::string_view kReadingsDomain = "puhui-readings/v1";
constexpr std::string_view kOwnReadingDomain = "puhui-reading/v1";

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Of what is no longer than a byte can tell; longer text is no name and is refused elsewhere.
void append_name(std::string& bytes, std::string_view name) {
  bytes += static_cast<char>(std::min<std::size_t>(name.size(), 255));
  bytes += name;
}

// At its own level, not in what it contains.
template <class M>
bool has_known_fields(const M& message) {
  return message.GetReflection()->GetUnknownFields(message).empty();
}

template <class M>
bool parse(std::string_view bytes, M& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
         has_known_fields(message);
}

bool copy_account(const std::string& from, Pseudonym& to) {
  if (from.size() != kPseudonymSize) return false;
  std::copy_n(from.data(), kPseudonymSize, to.data());
  return true;
}

// Hashes what does not change between the records of one batch once, and the rest per record.
class ClaimKeys {
 public:
  explicit ClaimKeys(std::string_view scenario) { append_name(suffix_, scenario); }
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

// Reads acts of one scenario, one after the other.
class Acts {
 public:
  explicit Acts(std::string_view scenario) : claim_keys_(scenario) {}
  Result<Record> operator()(std::string_view bytes) {
    Record record;
    const bool sound = parse(bytes, parsed_) && copy_account(parsed_.account(), record.account) &&
                       parsed_.carrier_tag().size() >= kCarrierTagSizeMin &&
                       parsed_.carrier_tag().size() <= kCarrierTagSizeMax &&
                       parsed_.inputs_size() <= static_cast<int>(kRecordInputsMax);
    if (!sound) return fail(ErrorCode::RECORD_MALFORMED);
    if (!read_tags(record)) return fail(ErrorCode::RECORD_MALFORMED);
    record.day = parsed_.day();
    record.slot = parsed_.slot();
    record.tier = parsed_.tier();
    record.input_count = static_cast<std::uint32_t>(parsed_.inputs_size());
    std::copy(parsed_.inputs().begin(), parsed_.inputs().end(), record.inputs.begin());
    claim_keys_.give(record, parsed_.carrier_tag());
    return record;
  }

 private:
  // Of partners in order.
  bool read_tags(Record& record) const {
    if (parsed_.tags_size() > kPartnersOfActMax) return false;
    for (const auto& tag : parsed_.tags()) {
      const bool in_order = record.tags.empty() || record.tags.back().partner < tag.partner();
      if (!is_code(tag.partner()) || tag.tag().size() != kTagSize || !in_order ||
          !has_known_fields(tag))
        return false;
      auto& read = record.tags.emplace_back();
      read.partner = tag.partner();
      std::copy_n(tag.tag().data(), kTagSize, read.tag.data());
    }
    return true;
  }

  v1::BehaviourRecord parsed_;
  ClaimKeys claim_keys_;
};

// Of a custodian, its hash alone; of a self-held account all but that.
bool is_confirmation(const v1::Confirmation& confirmation) {
  if (!has_known_fields(confirmation) || !has_known_fields(confirmation.key())) return false;
  if (confirmation.has_key())
    return confirmation.sha256().empty() && confirmation.nonce().size() == kNonceSize &&
           confirmation.valid_until() > 0;
  return confirmation.sha256().size() == crypto::Digest::kSize && confirmation.nonce().empty() &&
         confirmation.signature().empty() && confirmation.valid_until() == 0;
}

Result<Consent> read_consent(std::string_view bytes, const std::string& city) {
  v1::ConsentRecord parsed;
  Consent consent;
  const bool sound = parse(bytes, parsed) && copy_account(parsed.account(), consent.account) &&
                     is_name(parsed.party()) && v1::ConsentItem_IsValid(parsed.item()) &&
                     parsed.item() != v1::CONSENT_ITEM_UNSPECIFIED &&
                     (parsed.guardian_sha256().empty() ||
                      parsed.guardian_sha256().size() == crypto::Digest::kSize);
  if (!sound) return fail(ErrorCode::RECORD_MALFORMED);
  consent.party = parsed.party();
  consent.item = parsed.item();
  consent.is_given = parsed.is_given();
  consent.lacks_guardian = parsed.is_minor() && parsed.guardian_sha256().empty();
  auto confirmed = read_confirmation(parsed.confirmation(), city, consent.pseudonym(),
                                     consent_words(consent.party, consent.item, consent.is_given));
  if (!confirmed) return tl::make_unexpected(confirmed.error());
  consent.confirmed = std::move(*confirmed);
  return consent;
}

Result<MeterReading> read_reading(std::string_view bytes) {
  v1::Reading parsed;
  if (!parse(bytes, parsed) || parsed.value() < 0) return fail(ErrorCode::RECORD_MALFORMED);
  return MeterReading{parsed.day(), parsed.value()};
}

Result<Tag> read_tag(std::string_view bytes) {
  Tag tag{};
  if (bytes.size() != tag.size()) return fail(ErrorCode::RECORD_MALFORMED);
  std::copy_n(bytes.data(), tag.size(), tag.data());
  return tag;
}

template <class T, class Read>
Result<void> read_each(std::span<const std::string_view> pieces, std::vector<T>& records,
                       Read read) {
  records.reserve(pieces.size());
  for (const auto piece : pieces) {
    auto record = read(piece);
    if (!record) return fail(record.error().code, "record " + std::to_string(records.size()));
    records.push_back(std::move(*record));
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

Result<Record> read_record(std::string_view bytes, const std::string& scenario) {
  return Acts(scenario)(bytes);
}

Result<Redemption> read_redemption(std::string_view bytes, const std::string& city,
                                   const std::string& offer) {
  v1::RedemptionRecord parsed;
  Redemption redemption;
  if (!parse(bytes, parsed) || !copy_account(parsed.account(), redemption.account) ||
      parsed.quantity() <= 0)
    return fail(ErrorCode::RECORD_MALFORMED);
  redemption.quantity = parsed.quantity();
  auto confirmed = read_confirmation(parsed.confirmation(), city, redemption.pseudonym(),
                                     redemption_words(offer, parsed.quantity()));
  if (!confirmed) return tl::make_unexpected(confirmed.error());
  redemption.confirmed = std::move(*confirmed);
  return redemption;
}

Result<Records> read_records(const v1::Payload& payload, std::span<const std::string_view> pieces) {
  Records records;
  Result<void> read;
  const auto& city = payload.city();
  switch (payload.action_case()) {
    case v1::Payload::kSubmitBehaviourBatch:
      read = read_each(pieces, records.acts, Acts(payload.submit_behaviour_batch().scenario()));
      break;
    case v1::Payload::kReverseRecords:
      read = read_each(pieces, records.acts, Acts(payload.reverse_records().scenario()));
      break;
    case v1::Payload::kSubmitConsents:
      read = read_each(pieces, records.consents,
                       [&city](std::string_view bytes) { return read_consent(bytes, city); });
      break;
    case v1::Payload::kRedeem:
      read = read_each(pieces, records.redemptions, [&](std::string_view bytes) {
        return read_redemption(bytes, city, payload.redeem().offer());
      });
      break;
    case v1::Payload::kSubmitReadings:
      read = read_each(pieces, records.readings, read_reading);
      break;
    case v1::Payload::kPublishTags:
    case v1::Payload::kNoteTags:
      read = read_each(pieces, records.tags, read_tag);
      break;
    default:
      break;
  }
  if (!read) return tl::make_unexpected(read.error());
  return records;
}

std::string confirmation_bytes(const std::string& city, std::string_view pseudonym,
                               std::string_view what) {
  std::string bytes(kConfirmationDomain);
  append_name(bytes, city);
  bytes += pseudonym;
  bytes += what;
  return bytes;
}

std::string until_and_nonce(std::int64_t valid_until, std::string_view nonce) {
  std::string bytes;
  crypto::append_u64(bytes, static_cast<std::uint64_t>(valid_until));
  bytes += nonce;
  return bytes;
}

std::string redemption_words(std::string_view offer, std::int64_t quantity) {
  std::string words = "R";
  append_name(words, offer);
  crypto::append_u64(words, static_cast<std::uint64_t>(quantity));
  return words;
}

std::string consent_words(std::string_view party, v1::ConsentItem item, bool is_given) {
  std::string words = "C";
  append_name(words, party);
  words += static_cast<char>(item);
  words += is_given ? '\1' : '\0';
  return words;
}

Result<Confirmed> read_confirmation(const v1::Confirmation& confirmation, const std::string& city,
                                    std::string_view pseudonym, std::string_view what) {
  Confirmed confirmed;
  if (!is_confirmation(confirmation)) return fail(ErrorCode::RECORD_MALFORMED, "confirmation");
  const bool is_custodial = !confirmation.has_key();
  const auto words = is_custodial ? "H" + confirmation.sha256()
                                  : std::string(what) + until_and_nonce(confirmation.valid_until(),
                                                                        confirmation.nonce());
  confirmed.sha256 = crypto::sha256(confirmation_bytes(city, pseudonym, words));
  confirmed.leaf = crypto::leaf_hash(confirmed.sha256.view());
  if (is_custodial) return confirmed;
  auto key = crypto::PublicKey::decode(confirmation.key().public_key());
  if (!key) return tl::make_unexpected(key.error());
  if (!crypto::verify(*key, confirmed.sha256.view(), confirmation.signature()))
    return fail(ErrorCode::SIGNATURE_INVALID, "confirmation");
  confirmed.key = std::move(*key);
  confirmed.valid_until = confirmation.valid_until();
  return confirmed;
}

crypto::Digest own_reading_digest(const OwnReading& reading) {
  std::string bytes(kOwnReadingDomain);
  append_name(bytes, reading.city);
  bytes += reading.pseudonym;
  append_name(bytes, reading.view);
  crypto::append_u64(bytes, static_cast<std::uint64_t>(reading.valid_until));
  return crypto::sha256(bytes);
}

crypto::Digest reversal_of(const crypto::Digest& claim) {
  return crypto::Sha256().update(kReversalDomain).update(claim.view()).final();
}

std::string readings_bytes(const std::string& city, const v1::SubmitReadings& readings) {
  std::string bytes(kReadingsDomain);
  append_name(bytes, city);
  append_name(bytes, readings.source());
  bytes += readings.records().root();
  crypto::append_u32(bytes, readings.records().count());
  return bytes;
}

}  // namespace puhui::ledger
