// What two authorities signed, read from its bytes.
#include <algorithm>

#include "crypto/merkle.h"
#include "crypto/policy.h"
#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

constexpr std::size_t kTreatySizeMax = 48 * 1024;
constexpr std::size_t kPolicyMax = 16 * 1024, kPemMax = 8 * 1024;
constexpr int kAuthorityMax = 16, kWitnessesMax = 16;
constexpr int kEquivalencesMax = 200, kVersionsMax = 32, kCapsMax = 32;

Verdict unsound(const char* what) { return refused(ErrorCode::AGREEMENT_MALFORMED, what); }

// The bytes are what one would write who knows the message: no field more, none in another way.
template <class M>
Verdict read_exactly(std::string_view bytes, M& message) {
  if (bytes.size() > kTreatySizeMax || !message.ParseFromString(std::string(bytes)))
    return unsound("does not parse");
  M known = message;
  known.DiscardUnknownFields();
  if (known.SerializeAsString() != bytes) return unsound("encoding");
  return {};
}

bool is_span(Micros time) { return time >= 0 && time <= kAgreedMax; }

bool are_authority(const v1::CitySide& side) {
  std::set<std::string> keys;
  for (const auto& key : side.authority()) {
    if (!crypto::PublicKey::decode(key.public_key())) return false;
    keys.insert(key.public_key());
  }
  return !keys.empty() && side.authority_size() <= kAuthorityMax &&
         static_cast<int>(keys.size()) == side.authority_size();
}

bool are_witnesses(const v1::CitySide& side) {
  std::set<std::string> keys;
  for (const auto& witness : side.witnesses()) {
    const auto key = crypto::parse_vkey(witness.vkey());
    if (!key || key->type != crypto::NoteKeyType::cosignature) return false;
    if (!witness.url().starts_with("https://") || witness.url().size() > kTextMax) return false;
    keys.insert(witness.vkey());
  }
  return side.witnesses_size() <= kWitnessesMax &&
         static_cast<int>(keys.size()) == side.witnesses_size();
}

Verdict check_side(const v1::CitySide& side) {
  if (!is_code(side.city())) return unsound("city");
  if (side.lineage().size() != crypto::Digest::kSize) return unsound("lineage");
  if (side.policy().size() > kPolicyMax) return unsound("policy");
  const auto policy = crypto::parse_policy(side.policy());
  if (!policy || policy->logs.size() != 1) return unsound("policy");
  if (!are_authority(side)) return unsound("authority");
  if (side.authority_keys() == 0 ||
      side.authority_keys() > static_cast<std::uint32_t>(side.authority_size()))
    return unsound("authority_keys");
  if (side.servers_authority().size() > kPemMax) return unsound("servers_authority");
  return are_witnesses(side) ? Verdict() : unsound("witnesses");
}

// A label as its parts compare: what is no digit by its byte, and a number by its digits, of which
// more are more.
using Numbered = std::vector<std::tuple<unsigned char, std::size_t, std::string>>;
Numbered numbered(const std::string& label) {
  Numbered parts;
  for (std::size_t i = 0; i < label.size();) {
    std::string digits;
    const auto first = i;
    for (; i < label.size() && label[i] >= '0' && label[i] <= '9'; ++i)
      if (!digits.empty() || label[i] != '0') digits += label[i];
    if (i > first)
      parts.emplace_back('0', digits.size(), digits);
    else
      parts.emplace_back(static_cast<unsigned char>(label[i++]), 0, "");
  }
  return parts;
}

struct Span {
  std::string first, last;
};
std::optional<Span> span_in(const std::string& versions) {
  const auto dots = versions.find("..");
  if (dots == std::string::npos) return std::nullopt;
  return Span{versions.substr(0, dots), versions.substr(dots + 2)};
}

bool are_versions(const std::string& text) {
  const auto span = span_in(text);
  if (!is_label(text) || !span) return is_label(text);
  return is_label(span->first) && is_label(span->last) &&
         numbered(span->first) <= numbered(span->last);
}

bool are_equivalences(const v1::RecognitionTerms& terms) {
  std::set<std::string> codes;
  for (const auto& equivalence : terms.methodologies())
    if (!is_label(equivalence.methodology()) || !is_label(equivalence.recognised_as()) ||
        equivalence.versions_size() > kVersionsMax ||
        !std::ranges::all_of(equivalence.versions(), are_versions) ||
        !codes.insert(equivalence.methodology()).second)
      return false;
  return terms.methodologies_size() <= kEquivalencesMax;
}

bool are_caps(const v1::RecognitionTerms& terms) {
  std::set<std::string> purposes;
  for (const auto& cap : terms.purpose_caps())
    if (!is_label(cap.purpose()) || cap.max_kg() < 0 || !purposes.insert(cap.purpose()).second)
      return false;
  return terms.purpose_caps_size() <= kCapsMax;
}

Verdict check_terms_form(const v1::RecognitionTerms& terms) {
  if (!are_equivalences(terms)) return unsound("methodologies");
  if (terms.vintage_from() > terms.vintage_to()) return unsound("vintages");
  const auto share = read_number(terms.discount());
  if (!share || *share <= 0 || *share > 1) return unsound("discount");
  if (terms.year_quota_kg() <= 0) return unsound("year_quota_kg");
  if (!are_caps(terms)) return unsound("purpose_caps");
  return is_span(terms.dispute_window()) ? Verdict() : unsound("dispute_window");
}

Verdict check_parts(const v1::Agreement& agreement) {
  if (!is_name(agreement.agreement())) return unsound("agreement");
  if (agreement.version() == 0) return unsound("version");
  if (agreement.sides_size() != 2 || agreement.sides(0).city() >= agreement.sides(1).city())
    return unsound("sides");
  for (const auto& side : agreement.sides())
    if (auto bad = check_side(side)) return bad;
  std::set<std::string> takers;
  for (const auto& terms : agreement.terms()) {
    if (side_of(agreement, terms.taker()) == nullptr || !takers.insert(terms.taker()).second)
      return unsound("taker");
    if (auto bad = check_terms_form(terms)) return bad;
  }
  if (agreement.effective_to() == 0 ||
      !is_window(agreement.effective_from(), agreement.effective_to()))
    return unsound("effective");
  if (!is_span(agreement.dead_after())) return unsound("dead_after");
  if (agreement.answer_within() == 0 || !is_span(agreement.answer_within()))
    return unsound("answer_within");
  // While it may still answer, nobody is gone for good.
  if (agreement.dead_after() != 0 && agreement.dead_after() <= agreement.answer_within())
    return unsound("dead_after");
  return is_hash_or_empty(agreement.document_sha256()) ? Verdict() : unsound("document_sha256");
}

bool signs_for(const v1::Key& encoded, const std::string& covered,
               const PartnerSignatures& signatures) {
  const auto key = crypto::PublicKey::decode(encoded.public_key());
  if (!key) return false;
  const auto id = key->key_id();
  for (const auto& signature : signatures)
    if (signature.key_id() == id.view())
      return crypto::verify(*key, covered, signature.signature());
  return false;
}

}  // namespace

Verdict read_treaty(std::string_view bytes, v1::Agreement& agreement) {
  if (auto bad = read_exactly(bytes, agreement)) return bad;
  return check_parts(agreement);
}

Verdict read_treaty(std::string_view bytes, v1::SideRenewal& renewal) {
  if (auto bad = read_exactly(bytes, renewal)) return bad;
  if (renewal.kept_leaves() >= crypto::kTreeSizeMax) return unsound("kept_leaves");
  return renewal.sequence() == 0 ? unsound("sequence") : check_side(renewal.side());
}

Verdict read_treaty(std::string_view bytes, v1::TransferSettlement& settlement) {
  if (auto bad = read_exactly(bytes, settlement)) return bad;
  if (settlement.event_id().size() != kEventIdSize) return unsound("event_id");
  if (!is_name(settlement.party())) return unsound("party");
  if (!is_code(settlement.sender())) return unsound("sender");
  return is_document(settlement.decision()) ? Verdict() : unsound("decision");
}

Verdict need_authority(const v1::CitySide& side, const char* word, std::string_view bytes,
                       const PartnerSignatures& signatures) {
  const auto covered = std::string(word) + "/v1\n" + std::string(crypto::sha256(bytes).view());
  const auto& keys = side.authority();
  const auto signing = std::ranges::count_if(
      keys, [&](const v1::Key& key) { return signs_for(key, covered, signatures); });
  if (signing >= static_cast<std::int64_t>(side.authority_keys())) return {};
  return refused(ErrorCode::AGREEMENT_SIGNATURE, "authority of " + side.city(),
                 std::to_string(side.authority_keys()) + " keys", std::to_string(signing));
}

bool is_of(const std::string& versions, const std::string& version) {
  const auto span = span_in(versions);
  if (!span) return versions == version;
  const auto asked = numbered(version);
  return numbered(span->first) <= asked && asked <= numbered(span->last);
}

const v1::CitySide* side_of(const v1::Agreement& agreement, const std::string& city) {
  for (const auto& side : agreement.sides())
    if (side.city() == city) return &side;
  return nullptr;
}

const v1::RecognitionTerms* terms_of(const v1::Agreement& agreement, const std::string& taker) {
  for (const auto& terms : agreement.terms())
    if (terms.taker() == taker) return &terms;
  return nullptr;
}

}  // namespace puhui::node::audit
