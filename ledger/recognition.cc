#include "ledger/recognition.h"

#include <algorithm>
#include <set>

#include "crypto/envelope.h"
#include "crypto/key.h"
#include "crypto/merkle.h"
#include "crypto/policy.h"
#include "ledger/event.h"
#include "ledger/formula/rational.h"
#include "ledger/records.h"
#include "ledger/rules/calendar.h"
#include "ledger/rules/checks.h"
#include "ledger/versions.h"

namespace puhui::ledger {
namespace {

constexpr std::size_t kPolicyBytesMax = 16 * 1024;
constexpr int kAuthorityKeysMax = 16;
constexpr int kWitnessesMax = 16;
constexpr std::size_t kPemSizeMax = 8 * 1024;
constexpr int kEquivalencesMax = 200;
constexpr int kVersionsMax = 32;
constexpr int kPurposeCapsMax = 32;

tl::unexpected<Error> malformed_agreement(std::string what) {
  return fail(ErrorCode::AGREEMENT_MALFORMED, std::move(what));
}

// The message, if these bytes are the one way to write it.
template <class M>
Result<M> read_exactly(std::string_view bytes) {
  M message;
  if (bytes.size() > kAgreementSizeMax ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return malformed_agreement("does not parse");
  auto known = message;
  known.DiscardUnknownFields();
  if (known.SerializeAsString() != bytes) return malformed_agreement("encoding");
  return message;
}

bool are_witnesses(const google::protobuf::RepeatedPtrField<v1::SideWitness>& witnesses) {
  std::set<std::string> keys;
  return witnesses.size() <= kWitnessesMax &&
         std::ranges::all_of(witnesses, [&keys](const v1::SideWitness& witness) {
           const auto key = crypto::parse_vkey(witness.vkey());
           return key && key->type == crypto::NoteKeyType::cosignature &&
                  keys.insert(witness.vkey()).second && witness.url().starts_with("https://") &&
                  witness.url().size() <= kTextSizeMax;
         });
}

// Empty if nothing is wrong, as of the checks below.
std::string wrong_in(const v1::CitySide& side) {
  if (!is_code(side.city())) return "city";
  if (side.lineage().size() != crypto::Digest::kSize) return "lineage";
  if (side.policy().size() > kPolicyBytesMax) return "policy";
  const auto policy = crypto::parse_policy(side.policy());
  if (!policy || policy->logs.size() != 1) return "policy";
  if (side.authority().empty() || side.authority_size() > kAuthorityKeysMax) return "authority";
  std::set<std::string> keys;
  for (const auto& key : side.authority())
    if (!crypto::PublicKey::decode(key.public_key()) || !keys.insert(key.public_key()).second)
      return "authority";
  if (side.authority_keys() < 1 || side.authority_keys() > keys.size()) return "authority_keys";
  if (side.servers_authority().size() > kPemSizeMax) return "servers_authority";
  return are_witnesses(side.witnesses()) ? "" : "witnesses";
}

bool is_share(std::string_view text) {
  const auto share = formula::Rational::parse(text);
  return share && !share->is_zero() && !share->is_negative() &&
         share->compare(formula::Rational(1)) <= 0;
}

std::string wrong_in(const v1::Equivalence& equivalence) {
  if (!is_label(equivalence.methodology()) || !is_label(equivalence.recognised_as()))
    return "methodologies";
  if (equivalence.versions_size() > kVersionsMax) return "versions";
  return std::ranges::all_of(equivalence.versions(), is_versions) ? "" : "versions";
}

std::string wrong_in(const v1::RecognitionTerms& terms) {
  if (terms.methodologies_size() > kEquivalencesMax) return "methodologies";
  std::set<std::string> codes, purposes;
  for (const auto& equivalence : terms.methodologies()) {
    if (auto wrong = wrong_in(equivalence); !wrong.empty()) return wrong;
    if (!codes.insert(equivalence.methodology()).second) return "methodologies";
  }
  if (terms.vintage_from() > terms.vintage_to()) return "vintages";
  if (!is_share(terms.discount())) return "discount";
  if (terms.year_quota_kg() <= 0) return "year_quota_kg";
  if (terms.purpose_caps_size() > kPurposeCapsMax) return "purpose_caps";
  for (const auto& cap : terms.purpose_caps())
    if (!is_label(cap.purpose()) || cap.max_kg() < 0 || !purposes.insert(cap.purpose()).second)
      return "purpose_caps";
  if (terms.dispute_window() < 0 || terms.dispute_window() > kAgreedDurationMax)
    return "dispute_window";
  return {};
}

std::string wrong_in(const v1::Agreement& agreement) {
  if (!is_name(agreement.agreement())) return "agreement";
  if (agreement.version() < 1) return "version";
  if (agreement.sides_size() != 2 || agreement.sides(0).city() >= agreement.sides(1).city())
    return "sides";
  for (const auto& side : agreement.sides())
    if (auto wrong = wrong_in(side); !wrong.empty()) return wrong;
  std::set<std::string> takers;
  for (const auto& terms : agreement.terms()) {
    if (side_of(agreement, terms.taker()) == nullptr || !takers.insert(terms.taker()).second)
      return "taker";
    if (auto wrong = wrong_in(terms); !wrong.empty()) return wrong;
  }
  if (agreement.effective_to() == 0 ||
      !is_window(agreement.effective_from(), agreement.effective_to()))
    return "effective";
  if (agreement.dead_after() < 0 || agreement.dead_after() > kAgreedDurationMax)
    return "dead_after";
  if (agreement.answer_within() < 1 || agreement.answer_within() > kAgreedDurationMax)
    return "answer_within";
  // Nobody is gone for good while it may still answer.
  if (agreement.dead_after() != 0 && agreement.dead_after() <= agreement.answer_within())
    return "dead_after";
  return is_hash_or_empty(agreement.document_sha256()) ? "" : "document_sha256";
}

template <class M>
Result<M> sound(Result<M> message, const std::string& wrong) {
  if (wrong.empty()) return message;
  return malformed_agreement(wrong);
}

// Of a message that names the export by its party and event id.
template <class M>
crypto::Digest id_by(std::string_view lineage, const M& exported) {
  return crypto::sha256(std::string(lineage) + exported.party() + exported.event_id());
}

}  // namespace

crypto::Digest transfer_id(std::string_view lineage, const v1::Payload& exporting) {
  return id_by(lineage, exporting);
}

crypto::Digest transfer_id(std::string_view lineage, const v1::TransferSettlement& settlement) {
  return id_by(lineage, settlement);
}

std::string authority_bytes(std::string_view word, std::string_view bytes) {
  return std::string(word) + "/v1\n" + std::string(crypto::sha256(bytes).view());
}

bool is_signed_by(const v1::CitySide& side, std::string_view word, std::string_view bytes,
                  const AuthoritySignatures& signatures) {
  const auto message = authority_bytes(word, bytes);
  std::uint32_t signed_keys = 0;
  for (const auto& encoded : side.authority()) {
    const auto key = crypto::PublicKey::decode(encoded.public_key());
    if (!key) continue;
    const auto id = key->key_id();
    const auto by_key = std::ranges::find(signatures, id.view(), &v1::AuthoritySignature::key_id);
    if (by_key != signatures.end() && crypto::verify(*key, message, by_key->signature()))
      ++signed_keys;
  }
  return signed_keys >= side.authority_keys();
}

Result<v1::Agreement> read_agreement(std::string_view bytes) {
  auto agreement = read_exactly<v1::Agreement>(bytes);
  if (!agreement) return agreement;
  const auto wrong = wrong_in(*agreement);
  return sound(std::move(agreement), wrong);
}

Result<v1::SideRenewal> read_renewal(std::string_view bytes) {
  auto renewal = read_exactly<v1::SideRenewal>(bytes);
  if (!renewal) return renewal;
  auto wrong = renewal->sequence() < 1 ? std::string("sequence") : wrong_in(renewal->side());
  if (renewal->kept_leaves() > crypto::kTreeSizeMax - 1) wrong = "kept_leaves";
  return sound(std::move(renewal), wrong);
}

Result<v1::TransferSettlement> read_settlement(std::string_view bytes) {
  auto settlement = read_exactly<v1::TransferSettlement>(bytes);
  if (!settlement) return settlement;
  std::string wrong;
  if (settlement->event_id().size() != kEventIdSize) wrong = "event_id";
  if (!is_name(settlement->party())) wrong = "party";
  if (!is_code(settlement->sender())) wrong = "sender";
  if (!settlement->has_decision() || !is_document(settlement->decision())) wrong = "decision";
  return sound(std::move(settlement), wrong);
}

const v1::CitySide* side_of(const v1::Agreement& agreement, std::string_view city) {
  const auto side = std::ranges::find(agreement.sides(), city, &v1::CitySide::city);
  return side == agreement.sides().end() ? nullptr : &*side;
}

const v1::RecognitionTerms* terms_of(const v1::Agreement& agreement, std::string_view taker) {
  const auto terms = std::ranges::find(agreement.terms(), taker, &v1::RecognitionTerms::taker);
  return terms == agreement.terms().end() ? nullptr : &*terms;
}

const v1::Equivalence* equivalent(const v1::RecognitionTerms& terms, const v1::ExportedRun& run) {
  const auto& all = terms.methodologies();
  const auto found = std::ranges::find(all, run.methodology(), &v1::Equivalence::methodology);
  if (found == all.end()) return nullptr;
  const auto& versions = found->versions();
  const bool is_covered =
      versions.empty() || std::ranges::any_of(versions, [&run](const std::string& some) {
        return covers(some, run.methodology_version());
      });
  return is_covered ? &*found : nullptr;
}

std::int64_t kilograms(const Runs& runs) {
  std::int64_t sum = 0;
  for (const auto& run : runs) sum += kilograms(run);
  return sum;
}

v1::SerialRange at_home(const v1::UnitBatch& batch, std::uint64_t start, std::uint64_t end) {
  v1::SerialRange range;
  const auto first =
      batch.has_mirrored() ? batch.mirrored().origin_start() + (start - batch.start()) : start;
  range.set_start(first);
  range.set_end(first + (end - start));
  return range;
}

v1::ExportedRun run_of(const v1::UnitBatch& batch, const v1::SerialRange& here,
                       const std::string& area) {
  v1::ExportedRun run;
  run.set_start(here.start());
  run.set_end(here.end());
  run.set_origin_start(at_home(batch, here.start(), here.end()).start());
  run.set_serial_code(batch.serial_code());
  run.set_vintage(batch.vintage());
  const auto& mirrored = batch.mirrored();
  const bool is_own = !batch.has_mirrored();
  run.set_batch_start(is_own ? batch.start() : 0);
  run.set_batch(is_own ? batch.batch() : mirrored.batch());
  run.set_project(is_own ? batch.project() : mirrored.project());
  run.set_area(is_own ? area : mirrored.area());
  run.set_methodology(is_own ? batch.methodology() : mirrored.methodology());
  run.set_methodology_version(is_own ? batch.methodology_version()
                                     : mirrored.methodology_version());
  return run;
}

void append_range(SerialRanges& ranges, const v1::SerialRange& range) {
  const auto last = ranges.empty() ? nullptr : ranges.Mutable(ranges.size() - 1);
  if (last != nullptr && last->end() + 1 == range.start())
    last->set_end(range.end());
  else
    *ranges.Add() = range;
}

Recognised recognised(const v1::Export& exported, const v1::Agreement& agreement) {
  const auto sent_kg = kilograms(exported.runs());
  if (exported.is_return()) return {sent_kg, {}};
  const auto* terms = terms_of(agreement, exported.partner());
  Recognised part;
  if (terms != nullptr) {
    const auto share = formula::Rational::parse(terms->discount());
    const auto exact = share->times(formula::Rational(sent_kg));
    if (exact) part.kg = exact->round(formula::Rounding::kFloor).value_or(0);
  }
  auto left_kg = part.kg;
  for (const auto& run : exported.runs()) {
    const auto kept_kg = std::min(left_kg, kilograms(run));
    left_kg -= kept_kg;
    if (kept_kg == kilograms(run)) continue;
    auto* rest = part.discounted.Add();
    rest->set_start(run.origin_start() + static_cast<std::uint64_t>(kept_kg));
    rest->set_end(run.origin_start() + (run.end() - run.start()));
  }
  return part;
}

Result<ForeignEvent> read_foreign(std::string_view entry, std::string_view city) {
  const auto unexpected = [](const char* what) { return fail(ErrorCode::LEAF_UNEXPECTED, what); };
  const auto decoded = decode_entry(entry);
  if (!decoded || decoded->kind != EntryKind::event) return unexpected("not an event");
  const auto envelope = crypto::decode_envelope(decoded->body);
  if (!envelope) return unexpected("not an envelope");
  ForeignEvent event;
  event.time = decoded->time;
  event.sha256 = crypto::event_digest(*envelope);
  if (!event.payload.ParseFromString(envelope->payload)) return unexpected("not a payload");
  if (event.payload.city() != city) return unexpected("of another city");
  if (const auto* settlement = settlement_in(event.payload); settlement != nullptr) {
    auto settled = *settlement;
    *event.payload.mutable_settle_transfer() = std::move(settled);
  }
  return event;
}

std::uint32_t epoch_of_leaf(const v1::PartnerLog& log, std::uint32_t epoch, std::uint64_t leaf) {
  assert(epoch <= static_cast<std::uint32_t>(log.kept_leaves_size()));
  while (epoch > 0 && leaf < log.kept_leaves(static_cast<int>(epoch) - 1)) --epoch;
  return epoch;
}

const v1::SettleTransfer* settlement_in(const v1::Payload& payload) {
  if (payload.has_settle_transfer()) return &payload.settle_transfer();
  const auto& resolution = payload.execute().resolution();
  return resolution.has_settle_transfer() ? &resolution.settle_transfer() : nullptr;
}

const v1::ProvenLeaf* answered_export(const v1::Payload& answer) {
  switch (answer.action_case()) {
    case v1::Payload::kImport:
      return &answer.import().export_();
    case v1::Payload::kRefuseImport:
      return &answer.refuse_import().export_();
    case v1::Payload::kVoidImport:
      return &answer.void_import().export_();
    default:
      return nullptr;
  }
}

Result<std::string> answered_transfer(const v1::Payload& answer, const Sender& sender) {
  if (answer.has_settle_transfer()) {
    const auto settlement = read_settlement(answer.settle_transfer().settlement());
    // Who takes by a settlement takes nothing: it imports by its proof.
    if (settlement && settlement->sender() == sender.city && !settlement->is_recognised())
      return std::string(transfer_id(sender.lineage, *settlement).view());
    return fail(ErrorCode::LEAF_UNEXPECTED, "no settlement of that city's transfer by its taker");
  }
  const auto* about = answered_export(answer);
  if (about == nullptr) return fail(ErrorCode::LEAF_UNEXPECTED, "not an answer to an export");
  const auto exported = read_foreign(about->entry(), sender.city);
  if (!exported) return tl::make_unexpected(exported.error());
  return std::string(transfer_id(sender.lineage, exported->payload).view());
}

Result<Answered> answer_of(const v1::ConcludeTransfer& action) {
  const auto& answer = action.answer();
  auto shown = read_foreign(answer.entry(), answer.city());
  auto leaf = answer.index();
  if (shown && action.has_receipt()) {
    const auto noted = shown->payload.note_transfers();
    if (action.receipt() >= static_cast<std::uint32_t>(noted.receipts_size()))
      return fail(ErrorCode::LEAF_UNEXPECTED, "no such receipt");
    const auto& lost = noted.receipts(static_cast<int>(action.receipt())).leaf();
    shown = read_foreign(lost.entry(), answer.city());
    leaf = lost.index();
  }
  if (!shown) return tl::make_unexpected(shown.error());
  return Answered{std::move(shown->payload), leaf};
}

std::string filing_ended(const v1::Payload& payload) {
  if (payload.has_withdraw_filing()) return payload.withdraw_filing().filing();
  const auto& decided = payload.decide_objection();
  return decided.upheld() ? decided.about().filing() : std::string();
}

bool is_closed(v1::Standing standing) { return standing == v1::CLOSED || standing == v1::REVOKED; }

std::string closed_project(const v1::Payload& payload) {
  const auto& set = payload.set_standing();
  return set.has_project() && is_closed(set.standing()) ? set.project() : std::string();
}

std::int64_t claim_end(const v1::ForeignProject& noted, Micros closed) {
  return std::max<std::int64_t>(day_of(closed) + 1, noted.from());
}

}  // namespace puhui::ledger
