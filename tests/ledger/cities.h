// Real cities in one process that recognise each other, and hands to carry proofs between them.
// Nothing travels by itself: a test says what reaches whom, and when.
#pragma once

#include "tests/ledger/sovereign.h"

namespace puhui::ledger::testing {

// ---- Agreements ----

inline constexpr Micros kAnswerWithin = 7 * kMicrosPerDay;
inline constexpr Micros kDeadAfter = 30 * kMicrosPerDay;

// What a city takes, whoever sends it.
inline v1::RecognitionTerms terms_for(const City& taker) {
  v1::RecognitionTerms terms;
  terms.set_taker(taker.code());
  auto* methodology = terms.add_methodologies();
  methodology->set_methodology("WH-PV-2023");
  methodology->set_recognised_as("PV-RECOGNISED");
  terms.set_vintage_from(2023);
  terms.set_vintage_to(2026);
  terms.set_discount("0.9");
  terms.set_year_quota_kg(1'000'000);
  terms.set_priority(1);
  return terms;
}

inline v1::Agreement agreement_between(const SovereignCity& a, const SovereignCity& b,
                                       std::uint32_t version = 1) {
  v1::Agreement agreement;
  agreement.set_agreement("mutual");
  agreement.set_version(version);
  const bool in_order = a.code() < b.code();
  *agreement.add_sides() = (in_order ? a : b).side();
  *agreement.add_sides() = (in_order ? b : a).side();
  *agreement.add_terms() = terms_for(a);
  *agreement.add_terms() = terms_for(b);
  agreement.set_effective_from(kNoon - kMicrosPerDay);
  agreement.set_effective_to(kNoon + 3'650 * kMicrosPerDay);
  agreement.set_dead_after(kDeadAfter);
  agreement.set_answer_within(kAnswerWithin);
  return agreement;
}
inline v1::RecognitionTerms& terms_of_taker(v1::Agreement& agreement, const City& taker) {
  return *std::ranges::find(*agreement.mutable_terms(), taker.code(), &v1::RecognitionTerms::taker);
}

// Signed by the other city's authority, and to be signed by this one's.
inline v1::Payload agreement_event(SovereignCity& at, const SovereignCity& other,
                                   const std::string& bytes) {
  auto payload = at.event("bureau");
  auto& action = *payload.mutable_file_agreement();
  action.set_agreement(bytes);
  *action.mutable_partner_signatures() = other.by_authority(kAgreementWord, bytes);
  return payload;
}
inline Answer file_agreement(SovereignCity& at, const SovereignCity& other,
                             const v1::Agreement& agreement) {
  return at.send(agreement_event(at, other, agreement.SerializeAsString()), {"bureau"});
}
inline void agree(SovereignCity& a, SovereignCity& b, const v1::Agreement& agreement) {
  PUHUI_ACCEPTED(file_agreement(a, b, agreement));
  PUHUI_ACCEPTED(file_agreement(b, a, agreement));
}
inline std::optional<v1::AgreementRecord> agreement_at(const City& at, const City& partner) {
  return stored<v1::AgreementRecord>(at, key::agreement(partner.code()));
}
// The last version that has begun, or the first of all.
inline std::optional<v1::Agreement> agreement_now(const City& at, const City& partner) {
  const auto record = agreement_at(at, partner);
  for (auto version = record ? record->agreement().version() : 0; version > 0; --version) {
    auto agreement = stored<v1::Agreement>(at, key::agreement_version(partner.code(), version));
    if (version == 1 || agreement->effective_from() <= at.now) return agreement;
  }
  return std::nullopt;
}
inline Answer set_agreement(SovereignCity& at, const City& partner, v1::Standing standing) {
  auto payload = at.event("bureau");
  auto& action = *payload.mutable_set_agreement();
  action.set_partner(partner.code());
  action.set_standing(standing);
  action.set_reason("an inspection");
  return at.send(payload, {"bureau"});
}

// ---- What is carried ----

inline std::optional<v1::PartnerLog> log_at(const City& at, const City& partner) {
  return stored<v1::PartnerLog>(at, key::partner(partner.code()));
}
inline std::uint64_t accepted_size(const City& at, const City& partner) {
  const auto log = log_at(at, partner);
  return log ? log->size() : 0;
}

// Of its whole log as it is now, with the proof from what was accepted last.
inline v1::Payload checkpoint_event(const SovereignCity& from, SovereignCity& to,
                                    const std::string& note) {
  auto payload = to.event("operator");
  auto& action = *payload.mutable_accept_checkpoint();
  action.set_partner(from.code());
  action.set_checkpoint(note);
  auto view = from.view();
  const auto last = accepted_size(to, from);
  for (const auto& hash : view.consistency_proof(last, view.head().size))
    action.add_proof(std::string(hash.view()));
  return payload;
}
inline Answer carry_checkpoint(const SovereignCity& from, SovereignCity& to) {
  return to.send(checkpoint_event(from, to, from.signed_note(from.tree())), {"operator"});
}

// The leaf as it can be proved there, after a checkpoint was carried if none that is accepted
// covers it.
inline v1::ProvenLeaf carry(const SovereignCity& from, SovereignCity& to, std::uint64_t leaf) {
  if (accepted_size(to, from) <= leaf) {
    const auto accepted = carry_checkpoint(from, to);
    EXPECT_EQ(accepted.decision, v1::ACCEPTED) << code_name(accepted.code) << accepted.detail;
  }
  auto proof = from.proven(leaf, std::max(leaf + 1, accepted_size(to, from)));
  if (const auto log = log_at(to, from)) proof.set_epoch(log->epoch());
  return proof;
}

inline v1::Payload filing_event(SovereignCity& at, const v1::ProvenLeaf& filing) {
  auto payload = at.event("operator");
  *payload.mutable_note_filing()->mutable_filing() = filing;
  return payload;
}
inline Answer note_project(const SovereignCity& from, SovereignCity& to) {
  const auto leaf = static_cast<std::uint64_t>(from.view().project(from.project())->filed_at());
  return to.send(filing_event(to, carry(from, to, leaf)), {"operator"});
}

// ---- Transfers ----

struct Sending {
  SerialRanges ranges;
  std::string from = "owner-main", to = "owner-main";
  bool is_return = false;
};
inline v1::Payload export_event(SovereignCity& from, const City& to, const Sending& sending) {
  auto payload = from.event(from.view().account(sending.from)->owner());
  auto& action = *payload.mutable_export_();
  action.set_partner(to.code());
  action.set_from(sending.from);
  action.set_to(sending.to);
  if (const auto agreement = agreement_now(from, to)) {
    action.set_agreement_version(agreement->version());
    action.set_answer_within(agreement->answer_within());
  }
  *action.mutable_runs() = from.runs(sending.ranges);
  action.set_is_return(sending.is_return);
  return payload;
}
inline Answer export_units(SovereignCity& from, const City& to, const Sending& sending) {
  const auto payload = export_event(from, to, sending);
  return from.send(payload, {payload.party()});
}
inline Answer send_home(SovereignCity& from, const City& home, const SerialRanges& ranges) {
  return export_units(from, home, {ranges, "owner-main", "owner-main", true});
}

// An import that states what the version recognises that the units were sent under.
inline v1::Payload import_event(SovereignCity& at, const v1::ProvenLeaf& exported) {
  auto payload = at.event("operator");
  auto& action = *payload.mutable_import();
  *action.mutable_export_() = exported;
  const auto event = read_foreign(exported.entry(), exported.city());
  if (!event) return payload;
  const auto& units = event->payload.export_();
  const auto agreement =
      stored<v1::Agreement>(at, key::agreement_version(exported.city(), units.agreement_version()));
  if (!agreement) return payload;
  const auto part = recognised(units, *agreement);
  action.set_recognised_kg(part.kg);
  *action.mutable_discounted() = part.discounted;
  return payload;
}
inline Answer import_units(SovereignCity& at, const v1::ProvenLeaf& exported) {
  return at.send(import_event(at, exported), {"operator"});
}
inline Answer refuse_import(SovereignCity& at, const v1::ProvenLeaf& exported,
                            std::string_view code) {
  auto payload = at.event("operator");
  *payload.mutable_refuse_import()->mutable_export_() = exported;
  payload.mutable_refuse_import()->set_code(std::string(code));
  return at.send(payload, {"operator"});
}
inline Answer void_import(SovereignCity& at, const v1::ProvenLeaf& exported) {
  auto payload = at.event("operator");
  *payload.mutable_void_import()->mutable_export_() = exported;
  return at.send(payload, {"operator"});
}
inline Answer conclude(SovereignCity& at, const v1::ProvenLeaf& answer) {
  auto payload = at.event("operator");
  *payload.mutable_conclude_transfer()->mutable_answer() = answer;
  return at.send(payload, {"operator"});
}

inline std::string id_of(const SovereignCity& from, std::uint64_t exported) {
  return std::string(transfer_id(from.lineage(), from.payload_at(exported)).view());
}
inline std::optional<v1::TransferRecord> transfer_at(const City& at, const std::string& id) {
  return stored<v1::TransferRecord>(at, key::transfer(id));
}
inline v1::TransferState transfer_state(const City& at, const std::string& id) {
  const auto record = transfer_at(at, id);
  return record ? record->state() : v1::TRANSFER_STATE_UNSPECIFIED;
}

// There and concluded.
inline void cross(SovereignCity& from, SovereignCity& to, const Sending& sending) {
  const auto exported = export_units(from, to, sending);
  PUHUI_ACCEPTED(exported);
  const auto imported = import_units(to, carry(from, to, exported.leaf));
  PUHUI_ACCEPTED(imported);
  PUHUI_ACCEPTED(conclude(from, carry(to, from, imported.leaf)));
}

// ---- What is told of units afterwards ----

inline v1::Payload statement_event(SovereignCity& at, const City& home, std::uint64_t retirement,
                                   const SerialRanges& serials) {
  auto payload = at.event("operator");
  auto& action = *payload.mutable_state_retirement();
  action.set_home(home.code());
  action.set_retirement(retirement);
  add_serials(action, serials);
  if (const auto record = stored<v1::Retirement>(at, key::retirement(retirement))) {
    action.set_purpose(record->retirement().purpose());
    action.set_beneficiary(record->retirement().beneficiary());
  }
  return payload;
}
inline Answer state_retirement(SovereignCity& at, const City& home, std::uint64_t retirement,
                               const SerialRanges& serials) {
  return at.send(statement_event(at, home, retirement, serials), {"operator"});
}
inline Answer note_retirement(SovereignCity& home, const v1::ProvenLeaf& statement) {
  auto payload = home.event("operator");
  *payload.mutable_note_retirement()->mutable_statement() = statement;
  return home.send(payload, {"operator"});
}
inline Answer note_recall(SovereignCity& at, const v1::ProvenLeaf& recalled) {
  auto payload = at.event("operator");
  *payload.mutable_note_recall()->mutable_recall() = recalled;
  return at.send(payload, {"operator"});
}

// ---- Conservation across cities ----

inline std::vector<v1::TransferRecord> transfers_at(const City& at) {
  std::vector<v1::TransferRecord> records;
  const auto view = at.view();
  view.reader().scan("v3", "v3", [&records](std::string_view, std::string_view value) {
    auto& record = records.emplace_back();
    return record.ParseFromArray(value.data(), static_cast<int>(value.size()));
  });
  return records;
}

// A name in a failure, or nothing.
inline std::string if_wrong(bool is_wrong, const std::string& what) {
  return is_wrong ? what + "; " : std::string();
}

// How the ends of what one city sent to another differ; and adds what is in both ledgers at once.
inline std::string ends_apart(const City& from, const City& to, std::int64_t& twice_kg) {
  std::string wrong;
  for (const auto& here : transfers_at(from)) {
    if (here.city() != from.code() || here.export_().partner() != to.code()) continue;
    const auto there = transfer_at(to, here.transfer());
    const bool is_there = there && there->state() == v1::TRANSFER_IMPORTED;
    if (here.state() == v1::TRANSFER_LOCKED && is_there) twice_kg += there->recognised_kg();
    wrong += if_wrong(here.state() == v1::TRANSFER_CONCLUDED && !is_there, "concluded, not there");
    wrong += if_wrong(here.state() == v1::TRANSFER_FREED && is_there, "freed, and there");
    wrong += if_wrong(here.state() == v1::TRANSFER_CONCLUDED && is_there &&
                          here.recognised_kg() != there->recognised_kg(),
                      "recognised otherwise");
  }
  return wrong;
}

// A serial lives in one city: what lies abroad is not free at home, unless it is on its way back.
inline std::string alive_twice(const City& home, const City& abroad) {
  std::string wrong;
  const auto view = abroad.view();
  const auto at_home = home.view();
  view.reader().scan("vU", "vU", [&](std::string_view, std::string_view value) {
    v1::UnitBlock block;
    block.ParseFromArray(value.data(), static_cast<int>(value.size()));
    const auto batch = *view.batch(block.batch());
    const bool lives = block.state() == v1::RETIRED ||
                       (block.state() == v1::HELD && !block.bound_by().starts_with("transfer/"));
    if (!lives || batch.mirrored().city() != home.code()) return true;
    const auto first = batch.mirrored().origin_start() + (block.start() - batch.start());
    for (auto serial = first; serial <= first + (block.end() - block.start());) {
      const auto own = *at_home.serial(serial);
      const bool is_away = own.state() == v1::EXPORTED && own.exported_to() == abroad.code();
      wrong += if_wrong(!is_away && !own.bound_by().starts_with("transfer/"),
                        home.code() + " " + std::to_string(serial) + " is in both cities");
      serial = own.end() + 1;
    }
    return true;
  });
  return wrong;
}

// What is wrong with the books of two cities together; empty while all is well.
inline std::string drift_between(const City& a, const City& b) {
  std::int64_t issued_kg = 0, kept_kg = 0, twice_kg = 0;
  auto wrong = ends_apart(a, b, twice_kg) + ends_apart(b, a, twice_kg) + alive_twice(a, b) +
               alive_twice(b, a);
  for (const auto* city : {&a, &b}) {
    const auto totals = city->totals();
    issued_kg += totals.units_issued_kg();
    kept_kg += totals.units_held_kg() + totals.units_retired_kg() + totals.units_cancelled_kg() +
               totals.units_expired_kg();
  }
  wrong += if_wrong(issued_kg != kept_kg - twice_kg,
                    "issued " + std::to_string(issued_kg) + ", kept " + std::to_string(kept_kg) +
                        ", of it twice " + std::to_string(twice_kg));
  return wrong;
}

// Two cities; every test ends with books that add up, in each and in both.
struct TwoCities : ::testing::Test {
  void TearDown() override {
    for (auto* city : {&a, &b}) {
      EXPECT_EQ(drift_of(city->view(), unit_accounts()), "") << city->code();
      EXPECT_EQ(city->ledger().read_only_reason(), "");
    }
    EXPECT_EQ(drift_between(a, b), known_drift);
  }
  // Recognises as agreed, and knows each other's projects.
  void recognise(const v1::Agreement& agreement) {
    agree(a, b, agreement);
    PUHUI_ACCEPTED(note_project(a, b));
    PUHUI_ACCEPTED(note_project(b, a));
  }
  void recognise() { recognise(agreement_between(a, b)); }

  SovereignCity a{{"WUHAN", "P1"}}, b{{"XIANGYANG", "P2"}};
  std::string known_drift;  // which a test has brought about
};

}  // namespace puhui::ledger::testing
