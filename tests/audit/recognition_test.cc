// Logs of cities that recognise each other, judged again: what both did together is clean, and what
// neither may do is found.
#include "crypto/evidence.h"
#include "crypto/merkle.h"
#include "tests/audit/judged.h"
#include "tests/ledger/epochs.h"

namespace puhui::node::audit::testing {
namespace {

using enum v1::ErrorCode;
using ledger::kAgreementWord;
using ledger::kRenewalWord;
using ledger::kSettlementWord;

// The city that is judged, and its partner.
struct Judging : TwoCities {
  SovereignCity& city = a;
};

struct AuditedCities : Judged<Judging> {
  // Serials 1-100 of the one city, and 1-50 of the other.
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    PUHUI_ACCEPTED(b.issue_kg(50));
  }
  void expect_all_clean() {
    expect_clean(a);
    expect_clean(b);
  }
  // The city refuses it, and it is all that is found where it is in the log all the same.
  void refuses(const v1::Payload& payload, ErrorCode code) {
    SCOPED_TRACE(code_name(code));
    expect_refused(city.sealed(payload, {payload.party()}), code);
  }
  // What the partner sends to this city, ready to be answered.
  v1::ProvenLeaf sent_here(const SerialRanges& ranges, bool is_return = false) {
    const auto answer = export_units(b, a, {ranges, "owner-main", "owner-main", is_return});
    EXPECT_EQ(answer.decision, v1::ACCEPTED) << code_name(answer.code);
    return carry(b, a, answer.leaf);
  }
  v1::Payload voiding(const v1::ProvenLeaf& exported) {
    auto payload = a.event("operator");
    *payload.mutable_void_import()->mutable_export_() = exported;
    return payload;
  }
  v1::Payload refusing(const v1::ProvenLeaf& exported, ErrorCode code) {
    auto payload = a.event("operator");
    *payload.mutable_refuse_import()->mutable_export_() = exported;
    payload.mutable_refuse_import()->set_code(std::string(code_name(code)));
    return payload;
  }
  v1::Payload concluding(const v1::ProvenLeaf& answer) {
    auto payload = a.event("operator");
    *payload.mutable_conclude_transfer()->mutable_answer() = answer;
    return payload;
  }
  v1::Payload settling(const std::string& transfer, bool is_recognised, bool is_agreed) {
    v1::TransferSettlement settlement;
    settlement.set_transfer(transfer);
    settlement.set_sender(a.code());
    settlement.set_is_recognised(is_recognised);
    *settlement.mutable_decision() = document();
    auto payload = a.event("bureau");
    auto& action = *payload.mutable_settle_transfer();
    action.set_settlement(settlement.SerializeAsString());
    if (is_agreed)
      *action.mutable_partner_signatures() = b.by_authority(kSettlementWord, action.settlement());
    return payload;
  }
  v1::Payload renewing(std::uint32_t sequence, const v1::CitySide& side, std::uint32_t epoch = 0,
                       std::uint64_t kept_leaves = 0) {
    v1::SideRenewal renewal;
    renewal.set_sequence(sequence);
    renewal.set_epoch(epoch);
    renewal.set_kept_leaves(kept_leaves);
    *renewal.mutable_side() = side;
    auto payload = a.event("operator");
    auto& action = *payload.mutable_renew_partner();
    action.set_renewal(renewal.SerializeAsString());
    *action.mutable_partner_signatures() = b.by_authority(kRenewalWord, action.renewal());
    return payload;
  }
  // Two trees of one size, both signed.
  v1::Payload accusing() {
    crypto::Evidence evidence;
    evidence.smaller = b.signed_note({b.origin(), 7, crypto::sha256("one"), {}});
    evidence.larger = b.signed_note({b.origin(), 7, crypto::sha256("other"), {}});
    auto payload = a.event("operator");
    payload.mutable_accuse_partner()->set_partner(b.code());
    payload.mutable_accuse_partner()->set_evidence(crypto::format_evidence(evidence));
    return payload;
  }
};

// ---- What is clean ------------------------------------------------------------------------------

TEST_F(AuditedCities, UnitsThatGoAndComeBack) {
  auto agreement = agreement_between(a, b);
  terms_of_taker(agreement, a).set_dispute_window(kMicrosPerDay);
  recognise(agreement);
  cross(a, b, {{{1, 90}}});
  cross(b, a, {{{1, 20}, {31, 50}}, "owner-main", "owner-side"});
  EXPECT_EQ(a.bound("owner-side"), 36);
  cross(b, a, {{{51, 60}, {81, 100}}, "owner-main", "owner-main", true});
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{5, 8}}));
  const auto late = sent_here({{101, 110}}, true);
  EXPECT_EQ(a.bound("owner-side"), 36);
  a.now = a.ledger().next_due();
  PUHUI_ACCEPTED(retire(a, "owner-side", {{101, 110}}));
  EXPECT_EQ(a.bound("owner-side"), 0);
  PUHUI_ACCEPTED(import_units(a, late));
  expect_all_clean();
}

TEST_F(AuditedCities, WhateverBecomesOfTheUnits) {
  recognise();
  cross(a, b, {{{1, 60}}});  // 51-104 there
  const auto retired = retire(b, "owner-main", {{49, 55}, {61, 65}});
  const auto stated = state_retirement(b, a, retired.leaf, {{1, 5}, {11, 15}});
  PUHUI_ACCEPTED(stated);
  PUHUI_ACCEPTED(note_retirement(a, carry(b, a, stated.leaf)));
  EXPECT_EQ(a.totals().units_retired_abroad_kg(), 10);
  const auto home = send_home(b, a, {{71, 80}});  // 21-30 on their way
  PUHUI_ACCEPTED(home);
  PUHUI_ACCEPTED(export_units(a, b, {{{61, 70}}}));
  const auto recalled = recall(a, "B1", {{3, 25}, {66, 80}});
  PUHUI_ACCEPTED(recalled);
  EXPECT_EQ(a.view().recall(recalled.leaf)->abroad_kg(), 20);
  EXPECT_EQ(a.view().recall(recalled.leaf)->retired_kg(), 8);
  PUHUI_ACCEPTED(note_recall(b, carry(a, b, recalled.leaf)));
  const auto imported = import_units(a, carry(b, a, home.leaf));
  PUHUI_ACCEPTED(imported);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, imported.leaf)));
  expect_all_clean();
}

TEST_F(AuditedCities, TransfersThatEndOtherwise) {
  auto agreement = agreement_between(a, b);
  terms_of_taker(agreement, a).set_year_quota_kg(5);
  agreement.set_dead_after(8 * kMicrosPerDay);
  recognise(agreement);
  const auto sent = export_units(a, b, {{{1, 10}}});
  const auto gone = export_units(a, b, {{{11, 20}}});
  const auto settled = export_units(a, b, {{{21, 30}}});
  const auto over = sent_here({{1, 50}});
  PUHUI_ACCEPTED(a.send(refusing(over, QUOTA_EXCEEDED), {"operator"}));
  PUHUI_ACCEPTED(recall(a, "B1", {{5, 6}, {12, 12}}));
  const auto answer = refuse_import(b, carry(a, b, sent.leaf), "project.abroad");
  PUHUI_REFUSED(answer, TRANSFER_ACCEPTABLE);
  PUHUI_ACCEPTED(import_units(b, carry(a, b, settled.leaf)));
  b.now = sent.time + kAnswerWithin;
  const auto voided = void_import(b, carry(a, b, sent.leaf));
  PUHUI_ACCEPTED(voided);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, voided.leaf)));
  const auto settling_it = settling(id_of(a, settled.leaf), true, true);
  PUHUI_ACCEPTED(a.send(settling_it, {"bureau"}));
  refuses(settling(id_of(a, gone.leaf), false, false), PARTNER_PRESENT);
  a.now += 9 * kMicrosPerDay;
  refuses(settling(id_of(a, gone.leaf), true, false), PARTNER_PRESENT);
  PUHUI_ACCEPTED(a.send(settling(id_of(a, gone.leaf), false, false), {"bureau"}));
  EXPECT_EQ(held_text(a, "owner-main"), "1-4 7-11 13-20 31-100");
  expect_clean(a);
}

TEST_F(AuditedCities, HowAgreementsStand) {
  recognise();
  PUHUI_ACCEPTED(set_agreement(a, b, v1::STANDING_SUSPENDED));
  refuses(export_event(a, b, {{{1, 10}}}), AGREEMENT_STANDING);
  PUHUI_ACCEPTED(set_agreement(a, b, v1::IN_FORCE));
  auto renewed = b.side();
  renewed.set_authority_keys(1);
  PUHUI_ACCEPTED(a.send(renewing(1, renewed), {"operator"}));
  refuses(renewing(1, renewed), AGREEMENT_VERSION);
  PUHUI_ACCEPTED(file_agreement(a, b, agreement_between(a, b, 2)));
  PUHUI_ACCEPTED(a.send(accusing(), {"operator"}));
  EXPECT_EQ(agreement_at(a, b)->standing(), v1::STANDING_SUSPENDED);
  refuses(accusing(), AGREEMENT_STANDING);
  PUHUI_ACCEPTED(set_agreement(a, b, v1::IN_FORCE));
  PUHUI_ACCEPTED(b.issue_kg(1));
  PUHUI_ACCEPTED(carry_checkpoint(b, a));
  PUHUI_ACCEPTED(set_agreement(a, b, v1::CLOSED));
  expect_clean(a);
}

TEST_F(AuditedCities, AreSetByGovernance) {
  recognise();
  auto rules = recognition_rules("votes");
  auto& ballot = *rules.add_ballots();
  ballot.set_action("agreement.set");
  ballot.set_voters(v1::AUTHORITY);
  ballot.set_approvals(1);
  ballot.set_voting(kMicrosPerDay);
  ballot.set_execution(kMicrosPerDay);
  PUHUI_ACCEPTED(file_rules(a, rules));
  v1::Propose proposal;
  proposal.set_proposal("suspend");
  auto& action = *proposal.mutable_resolution()->mutable_set_agreement();
  action.set_partner(b.code());
  action.set_standing(v1::STANDING_SUSPENDED);
  action.set_reason("decided");
  PUHUI_ACCEPTED(act(a, proposal, {"bureau"}));
  v1::Vote vote;
  vote.set_proposal("suspend");
  vote.set_approve(true);
  PUHUI_ACCEPTED(act(a, vote, {"bureau"}));
  v1::Execute execution;
  execution.set_proposal("suspend");
  PUHUI_ACCEPTED(act(a, execution, {"bureau"}));
  EXPECT_EQ(agreement_at(a, b)->standing(), v1::STANDING_SUSPENDED);
  expect_clean(a);
}

// ---- What is found of agreements and proofs -----------------------------------------------------

TEST_F(AuditedCities, FindsAgreementsThatNobodySigned) {
  auto agreement = agreement_between(a, b);
  auto bytes = agreement.SerializeAsString();
  auto alone = agreement_event(a, b, bytes);
  alone.mutable_file_agreement()->mutable_partner_signatures()->DeleteSubrange(1, 1);
  refuses(alone, AGREEMENT_SIGNATURE);
  refuses(agreement_event(a, b, bytes + std::string("\xf8\x07\x01")), AGREEMENT_MALFORMED);
  agreement.set_version(2);
  refuses(agreement_event(a, b, agreement.SerializeAsString()), AGREEMENT_VERSION);
  agreement.set_version(1);
  terms_of_taker(agreement, b).set_discount("1.1");
  refuses(agreement_event(a, b, agreement.SerializeAsString()), AGREEMENT_MALFORMED);
  terms_of_taker(agreement, b).set_discount("0.9");
  agreement.mutable_sides(0)->set_lineage(b.lineage());  // this city's side
  refuses(agreement_event(a, b, agreement.SerializeAsString()), AGREEMENT_MALFORMED);
  const auto unsigned_here = agreement_event(a, b, bytes);
  auto by_operator = unsigned_here;
  by_operator.set_party("operator");
  expect_failed(a.sealed(by_operator, {"operator"}), SIGNATURE_MISSING);
}

TEST_F(AuditedCities, FindsCheckpointsThatDoNotFollow) {
  recognise();
  const auto checkpoint = b.tree();
  refuses(checkpoint_event(b, a, b.signed_note(checkpoint)), CHECKPOINT_STALE);
  PUHUI_ACCEPTED(b.issue_kg(1));
  refuses(checkpoint_event(b, a, b.signed_note(b.tree(), 1)), POLICY_UNMET);
  auto forked = b.tree();
  forked.root = crypto::sha256("another");
  refuses(checkpoint_event(b, a, b.signed_note(forked)), PROOF_INVALID);
  refuses(checkpoint_event(a, a, b.signed_note(b.tree())), AGREEMENT_UNKNOWN);
}

TEST_F(AuditedCities, FindsWhatIsNotProved) {
  recognise();
  const auto proof = sent_here({{1, 10}});
  auto other = proof;
  other.set_tree_size(proof.tree_size() + 1);
  refuses(import_event(a, other), CHECKPOINT_NOT_ACCEPTED);
  other = proof;
  other.set_index(proof.index() - 1);
  refuses(import_event(a, other), PROOF_INVALID);
  other = proof;
  other.set_entry(b.view().entry(proof.index() - 1));
  refuses(import_event(a, other), PROOF_INVALID);
  other = b.proven(proof.index() - 1, proof.tree_size());
  refuses(voiding(other), LEAF_UNEXPECTED);
  refuses(concluding(proof), LEAF_UNEXPECTED);
}

TEST_F(AuditedCities, FindsEntriesThatALaterEpochLost) {
  recognise();
  const auto proof = sent_here({{1, 10}});
  auto policy = b.policy();
  policy.logs.front().key.name += "/2";
  auto side = b.side();
  side.set_policy(crypto::format_policy(policy));
  refuses(renewing(1, side), AGREEMENT_MALFORMED);
  refuses(renewing(1, side, 2, proof.index()), AGREEMENT_MALFORMED);
  PUHUI_ACCEPTED(a.send(renewing(1, side, 1, proof.index()), {"operator"}));
  refuses(import_event(a, proof), LEAF_LOST);
  expect_clean(a);
}

TEST_F(AuditedCities, FindsMovesBeforePartnersListWhatAnEpochLost) {
  recognise();
  const auto proof = sent_here({{1, 10}});
  const auto opening = [&](std::uint64_t last_size) {
    auto payload = a.event("bureau");
    auto& action = *payload.mutable_open_epoch();
    action.set_epoch(1);
    action.set_origin(a.origin() + "/2");
    action.set_log_key(a.public_key("log of the next epoch"));
    action.set_kept_leaves(a.head().size);
    auto last = a.tree();
    last.size = last_size;
    action.set_last_checkpoint(a.signed_note(last));
    *action.mutable_decision() = document();
    return payload;
  };
  refuses(opening(a.head().size), EPOCH_INVALID);
  PUHUI_ACCEPTED(a.send(opening(a.head().size + 1), {"bureau"}));
  refuses(import_event(a, proof), EPOCH_LISTS_PENDING);
  refuses(export_event(a, b, {{{1, 10}}}), EPOCH_LISTS_PENDING);
  PUHUI_ACCEPTED(set_agreement(a, b, v1::CLOSED));
  PUHUI_ACCEPTED(a.send(refusing(proof, AGREEMENT_STANDING), {"operator"}));
  expect_clean(a);
}

// ---- What is found of imports -------------------------------------------------------------------

TEST_F(AuditedCities, FindsImportsOfWhatWasNotRecognised) {
  recognise();
  const auto proof = sent_here({{1, 10}});
  auto more = import_event(a, proof);
  more.mutable_import()->set_recognised_kg(10);
  more.mutable_import()->clear_discounted();
  refuses(more, DISCOUNT_DIFFERS);
  auto others = import_event(a, proof);
  others.mutable_import()->mutable_discounted(0)->set_start(1);
  others.mutable_import()->mutable_discounted(0)->set_end(1);
  refuses(others, DISCOUNT_DIFFERS);
  auto old = import_event(a, proof);
  old.mutable_import()->set_agreement_version(2);
  refuses(old, AGREEMENT_VERSION);
  refuses(refusing(proof, QUOTA_EXCEEDED), TRANSFER_ACCEPTABLE);
  PUHUI_ACCEPTED(import_units(a, proof));
  expect_clean(a);
}

TEST_F(AuditedCities, FindsASecondAnswer) {
  recognise();
  const auto taken = sent_here({{1, 10}});
  PUHUI_ACCEPTED(import_units(a, taken));
  refuses(import_event(a, taken), TRANSFER_ANSWERED);
  a.now += kAnswerWithin;
  refuses(voiding(taken), TRANSFER_ANSWERED);
  const auto left = sent_here({{11, 20}});
  a.now += kAnswerWithin;
  PUHUI_ACCEPTED(a.send(voiding(left), {"operator"}));
  refuses(import_event(a, left), TRANSFER_ANSWERED);
}

TEST_F(AuditedCities, FindsAnswersOnTheWrongSideOfTheDeadline) {
  recognise();
  const auto exported = export_units(b, a, {{{1, 10}}});
  const auto proof = carry(b, a, exported.leaf);
  a.now = exported.time + kAnswerWithin - 1;
  refuses(voiding(proof), TRANSFER_DEADLINE_RUNNING);
  a.now = exported.time + kAnswerWithin;
  refuses(import_event(a, proof), TRANSFER_DEADLINE_PASSED);
  PUHUI_ACCEPTED(a.send(voiding(proof), {"operator"}));
  expect_clean(a);
}

TEST_F(AuditedCities, FindsMoreThanTheQuota) {
  auto agreement = agreement_between(a, b);
  terms_of_taker(agreement, a).set_year_quota_kg(20);
  recognise(agreement);
  PUHUI_ACCEPTED(import_units(a, sent_here({{1, 12}})));  // 10
  const auto over = sent_here({{13, 25}});                // 11
  refuses(import_event(a, over), QUOTA_EXCEEDED);
  PUHUI_ACCEPTED(import_units(a, sent_here({{26, 37}})));  // 10
  PUHUI_ACCEPTED(a.send(refusing(over, QUOTA_EXCEEDED), {"operator"}));
  expect_clean(a);
}

// What was sent under one version is taken by the next one's terms.
TEST_F(AuditedCities, FindsMethodologiesThatAreNotEquivalent) {
  recognise();
  auto next = agreement_between(a, b, 2);
  terms_of_taker(next, a).mutable_methodologies(0)->add_versions("V09");
  PUHUI_ACCEPTED(file_agreement(a, b, next));
  const auto proof = sent_here({{1, 10}});
  refuses(import_event(a, proof), METHODOLOGY_NOT_EQUIVALENT);
  auto last = agreement_between(a, b, 3);
  terms_of_taker(last, a).set_vintage_to(2023);
  PUHUI_ACCEPTED(file_agreement(a, b, last));
  refuses(import_event(a, proof), VINTAGE_NOT_RECOGNISED);
  PUHUI_ACCEPTED(a.send(refusing(proof, VINTAGE_NOT_RECOGNISED), {"operator"}));
  expect_clean(a);
}

TEST_F(AuditedCities, FindsUnitsThatWereRecalledOrOfUnknownProjects) {
  agree(a, b, agreement_between(a, b));
  const auto proof = sent_here({{1, 10}});
  refuses(import_event(a, proof), PROJECT_ABROAD);
  PUHUI_ACCEPTED(note_project(b, a));
  const auto again = filing_event(
      a, carry(b, a, static_cast<std::uint64_t>(b.view().project(b.project())->filed_at())));
  refuses(again, RETIREMENT_STATED);
  const auto recalled = recall(b, "B1", {{10, 12}});
  PUHUI_ACCEPTED(note_recall(a, carry(b, a, recalled.leaf)));
  refuses(import_event(a, proof), UNITS_RECALLED);
  auto project = pv_project("P7");
  project.set_keys(0, pv_project(b.project()).keys(0));
  auto filing = a.event("operator");
  *filing.mutable_file_project() = project;
  expect_refused(a.sealed(filing, {"operator", "owner"}), PERIOD_ABROAD);
  expect_clean(a);
}

// ---- What is found of exports and their ends ----------------------------------------------------

TEST_F(AuditedCities, FindsRunsThatAreNotAsTheLedgerKnowsThem) {
  recognise();
  const auto doctored = [&](auto change) {
    auto payload = export_event(a, b, {{{1, 10}}});
    change(*payload.mutable_export_()->mutable_runs(0));
    return payload;
  };
  refuses(doctored([](v1::ExportedRun& run) { run.set_vintage(2025); }), RUN_DIFFERS);
  refuses(doctored([](v1::ExportedRun& run) { run.set_area("420102"); }), RUN_DIFFERS);
  refuses(doctored([](v1::ExportedRun& run) { run.set_methodology("ANOTHER"); }), RUN_DIFFERS);
  refuses(doctored([](v1::ExportedRun& run) { run.set_origin_start(2); }), UNITS_FOREIGN);
  refuses(export_event(a, b, {{{1, 10}}, "owner-main", "owner-main", true}), UNITS_FOREIGN);
  PUHUI_ACCEPTED(export_units(a, b, {{{1, 10}}}));
  expect_clean(a);
}

TEST_F(AuditedCities, FindsExportsOfBoundUnits) {
  recognise();
  PUHUI_ACCEPTED(export_units(a, b, {{{1, 10}}}));
  refuses(export_event(a, b, {{{10, 20}}}), SERIAL_BOUND);
  auto traded = transfer_event(a, {"owner-main", "buyer-main"}, "owner");
  add_serials(*traded.mutable_transfer(), {{5, 5}});
  refuses(traded, SERIAL_BOUND);
  expect_clean(a);
}

TEST_F(AuditedCities, FindsUnitsOfOthersSentOnwards) {
  recognise();
  cross(b, a, {{{1, 50}}});  // 101-145 here
  refuses(export_event(a, b, {{{101, 110}}}), UNITS_FOREIGN);
  refuses(export_event(a, b, {{{1, 1}}, "owner-main", "owner-main", true}), UNITS_FOREIGN);
  auto recalling = a.event("bureau");
  recalling.mutable_recall()->set_batch(a.view().serial(101)->batch());
  recalling.mutable_recall()->set_reason("wrong");
  *recalling.mutable_recall()->mutable_decision() = document();
  refuses(recalling, UNITS_FOREIGN);
  expect_clean(a);
}

TEST_F(AuditedCities, FindsUnitsBeyondTheCapOfAPurpose) {
  auto agreement = agreement_between(a, b);
  auto& cap = *terms_of_taker(agreement, a).add_purpose_caps();
  cap.set_purpose("voluntary");
  cap.set_max_kg(15);
  recognise(agreement);
  cross(b, a, {{{1, 50}}});
  PUHUI_ACCEPTED(retire(a, "owner-main", {{91, 110}}));
  auto more = retire_event(a, "owner-main", "owner");
  add_serials(*more.mutable_retire(), {{111, 116}});
  refuses(more, CAP_EXCEEDED);
  PUHUI_ACCEPTED(retire(a, "owner-main", {{111, 115}}));
  expect_clean(a);
}

TEST_F(AuditedCities, FindsARetirementThatIsToldTwice) {
  recognise();
  cross(a, b, {{{1, 50}}});
  const auto retired = retire(b, "owner-main", {{51, 60}});
  const auto stated = state_retirement(b, a, retired.leaf, {{1, 10}});
  const auto proof = carry(b, a, stated.leaf);
  auto noting = a.event("operator");
  *noting.mutable_note_retirement()->mutable_statement() = proof;
  PUHUI_ACCEPTED(note_retirement(a, proof));
  refuses(noting, RETIREMENT_STATED);
  cross(b, a, {{{1, 50}}});
  const auto here = retire(a, "owner-main", {{101, 110}});
  auto doctored = statement_event(a, b, here.leaf, {{1, 10}});
  doctored.mutable_state_retirement()->mutable_serials(0)->set_end(11);
  refuses(doctored, RUN_DIFFERS);
  PUHUI_ACCEPTED(state_retirement(a, b, here.leaf, {{1, 10}}));
  refuses(statement_event(a, b, here.leaf, {{1, 10}}), RETIREMENT_STATED);
  expect_clean(a);
}

TEST_F(AuditedCities, FindsWhatWasNeverSent) {
  recognise();
  const auto exported = export_units(a, b, {{{1, 10}}});
  const auto imported = import_units(b, carry(a, b, exported.leaf));
  const auto proof = carry(b, a, imported.leaf);
  refuses(settling(std::string(32, 'x'), false, true), TRANSFER_UNKNOWN);
  PUHUI_ACCEPTED(a.send(concluding(proof), {"operator"}));
  refuses(concluding(proof), TRANSFER_STATE_WRONG);
  refuses(settling(id_of(a, exported.leaf), false, true), TRANSFER_STATE_WRONG);
  expect_clean(a);
}

// ---- A partner whose log says what its ledger never accepted ------------------------------------

// A small log in a city's name, with its keys.
class ForgedLog {
 public:
  explicit ForgedLog(const SovereignCity& city) : city_(city) {}
  void append(const v1::Payload& payload, Micros time) {
    auto entry = leaf_at(time, LeafKind::event, city_.sealed(payload, {payload.party()}).envelope);
    leaves_.push_back(crypto::leaf_hash(entry.entry));
    entries_.push_back(std::move(entry.entry));
  }
  [[nodiscard]] std::string note() const {
    return city_.signed_note({city_.origin(), leaves_.size(), crypto::root_of(leaves_), {}});
  }
  [[nodiscard]] v1::ProvenLeaf proven(std::uint64_t index) const {
    v1::ProvenLeaf leaf;
    leaf.set_city(city_.code());
    leaf.set_entry(entries_[index]);
    leaf.set_index(index);
    leaf.set_tree_size(entries_.size());
    const auto node = [this](unsigned level, std::uint64_t at) {
      const auto width = std::size_t{1} << level;
      return crypto::root_of(std::span(leaves_).subspan(at * width, width));
    };
    for (const auto& hash : crypto::inclusion_proof(index, entries_.size(), node))
      leaf.add_path(std::string(hash.view()));
    return leaf;
  }

 private:
  const SovereignCity& city_;
  std::vector<std::string> entries_;
  std::vector<crypto::Digest> leaves_;
};

struct AuditedForgery : AuditedCities {
  SovereignCity c{{"EZHOU", "P3"}};

  // This city recognises the third one too, and accepts the forged log.
  void accept(const ForgedLog& log) {
    PUHUI_ACCEPTED(file_agreement(a, c, agreement_between(a, c)));
    auto payload = a.event("operator");
    payload.mutable_accept_checkpoint()->set_partner(c.code());
    payload.mutable_accept_checkpoint()->set_checkpoint(log.note());
    PUHUI_ACCEPTED(a.send(payload, {"operator"}));
  }
  // An export of the third city, of serials it may never have issued.
  v1::Payload exporting(const v1::ExportedRun& run, bool is_return) {
    auto payload = c.event("owner");
    auto& action = *payload.mutable_export_();
    action.set_partner(a.code());
    action.set_from("owner-main");
    action.set_to("owner-main");
    action.set_agreement_version(1);
    *action.add_runs() = run;
    action.set_is_return(is_return);
    return payload;
  }
};

TEST_F(AuditedForgery, IsFoundWhereItAnswersForAnotherCity) {
  recognise();
  const auto exported = export_units(a, b, {{{1, 10}}});
  auto answer = c.event("operator");
  *answer.mutable_void_import()->mutable_export_() = a.proven(exported.leaf, exported.leaf + 1);
  ForgedLog log(c);
  for (int i = 0; i < 3; ++i) log.append(c.event("owner"), c.now + i);
  log.append(answer, c.now + 3);
  log.append(c.event("owner"), c.now + 4);
  accept(log);
  refuses(concluding(log.proven(3)), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, import_units(b, carry(a, b, exported.leaf)).leaf)));
  expect_clean(a);
}

TEST_F(AuditedForgery, IsFoundWhereItReturnsWhatWentElsewhere) {
  recognise();
  cross(a, b, {{{1, 50}}});
  auto run = a.run(1, 10);
  ForgedLog log(c);
  log.append(exporting(run, true), c.now);
  auto elsewhere = exporting(run, true);
  elsewhere.mutable_export_()->set_partner(b.code());
  log.append(elsewhere, c.now + 1);
  auto wrong = run;
  wrong.set_end(0);
  log.append(exporting(wrong, true), c.now + 2);
  accept(log);
  refuses(import_event(a, log.proven(0)), UNITS_FOREIGN);
  refuses(import_event(a, log.proven(1)), LEAF_UNEXPECTED);
  refuses(voiding(log.proven(2)), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(a.send(refusing(log.proven(0), UNITS_FOREIGN), {"operator"}));
  expect_clean(a);
}

}  // namespace
}  // namespace puhui::node::audit::testing
