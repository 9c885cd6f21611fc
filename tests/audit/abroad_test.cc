// What cities know of each other's units and projects, judged again.
#include "tests/audit/judged_cities.h"
#include "tests/ledger/every_other.h"

namespace puhui::node::audit::testing {
namespace {

using enum v1::ErrorCode;

struct AuditedAbroad : AuditedCities {
  // Units of this city that are bound, whoever holds them.
  [[nodiscard]] std::int64_t frozen_kg() const {
    return a.bound("owner-main") + a.bound("owner-side");
  }
};

// ---- Units --------------------------------------------------------------------------------------

TEST_F(AuditedAbroad, FindsUnitsBeyondTheCapOfAPurpose) {
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
  // What another version allows, it allows once it has begun.
  agreement.set_version(2);
  agreement.set_effective_from(a.now + kMicrosPerDay);
  terms_of_taker(agreement, a).mutable_purpose_caps(0)->set_max_kg(16);
  PUHUI_ACCEPTED(file_agreement(a, b, agreement));
  auto another = retire_event(a, "owner-main", "owner");
  add_serials(*another.mutable_retire(), {{116, 116}});
  refuses(another, CAP_EXCEEDED);
  a.now = agreement.effective_from();
  PUHUI_ACCEPTED(retire(a, "owner-main", {{116, 116}}));
  expect_clean(a);
}

TEST_F(AuditedAbroad, FindsARetirementThatIsToldTwice) {
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

// A recall has cut what is away into more pieces than one event may touch.
TEST_F(AuditedAbroad, TakesARetirementInParts) {
  PUHUI_ACCEPTED(a.issue_kg(1'300));
  recognise();
  cross(a, b, {{{101, 1'400}}});  // 101-1270 are 51-1220 there
  const auto retired = retire(b, "owner-main", {{51, 1'220}});
  PUHUI_ACCEPTED(retired);
  const auto stated = state_retirement(b, a, retired.leaf, {{101, 1'270}});
  PUHUI_ACCEPTED(stated);
  PUHUI_ACCEPTED(recall(a, "B2", ledger::testing::every_other(101, 1'270)));
  const auto proof = carry(b, a, stated.leaf);
  PUHUI_ACCEPTED(note_retirement(a, proof));
  EXPECT_EQ(a.totals().units_retired_abroad_kg(), 1'000);
  PUHUI_ACCEPTED(note_retirement(a, proof));
  EXPECT_EQ(a.totals().units_retired_abroad_kg(), 1'170);
  PUHUI_REFUSED(note_retirement(a, proof), RETIREMENT_STATED);
  expect_clean(a);
}

// ---- Recalls ------------------------------------------------------------------------------------

TEST_F(AuditedAbroad, FindsUnitsThatWereRecalledOrOfUnknownProjects) {
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

// Serials 101-1360 here, of which every other of the first 1200 was sold: 1201 pieces.
TEST_F(AuditedAbroad, RecallsAreNotedInParts) {
  recognise();
  PUHUI_ACCEPTED(b.issue_kg(1'500));
  cross(b, a, {{{51, 1'450}}});
  PUHUI_ACCEPTED(
      transfer(a, {"owner-main", "owner-side"}, ledger::testing::every_other(102, 1'300)));
  const auto on_the_way = sent_here({{1'451, 1'460}});
  const auto recalled = recall(b, "B2");
  PUHUI_ACCEPTED(a.send(noting(recalled), {"operator"}));
  EXPECT_EQ(frozen_kg(), 1'000);
  refuses(import_event(a, on_the_way), UNITS_RECALLED);
  reach_a_state_root();
  // What is left of it may move meanwhile.
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "owner-side"}, {{1'350, 1'355}}));
  PUHUI_ACCEPTED(a.send(noting(recalled), {"operator"}));
  EXPECT_EQ(frozen_kg(), 1'260);
  refuses(noting(recalled), RETIREMENT_STATED);
  refuses(import_event(a, on_the_way), UNITS_RECALLED);
  expect_clean(a);
}

TEST_F(AuditedAbroad, RecallsNameTheirSerialsInAnyOrder) {
  recognise();
  cross(b, a, {{{1, 50}}});
  PUHUI_ACCEPTED(a.send(noting(recall(b, "B1", {{30, 35}, {5, 9}})), {"operator"}));
  EXPECT_EQ(frozen_kg(), 11);
  expect_clean(a);
}

// A batch that was lost has another name at home, and a new one has its own.
TEST_F(AuditedAbroad, RecallsGoByTheSerialsOfABatch) {
  const Backup backup(a);
  recognise();
  PUHUI_ACCEPTED(a.issue_kg(10));
  const auto batch = a.last_batch();
  const auto sent = export_units(a, b, {{{101, 110}}});
  PUHUI_ACCEPTED(import_units(b, carry(a, b, sent.leaf)));
  const auto agreement = agreement_at(b, a)->agreement();
  lose_since(backup);
  a.apply(a.reported(7));
  PUHUI_ACCEPTED(issue(a, a.last_report(), batch));
  PUHUI_ACCEPTED(file_agreement(a, b, agreement));
  PUHUI_ACCEPTED(note_project(b, a));
  reconcile(a, b);
  for (const auto& [code, expected_kg] : {std::pair{batch, 0}, std::pair{std::string("L101"), 9}}) {
    const auto recalled = recall(a, code);
    PUHUI_ACCEPTED(recalled);
    PUHUI_ACCEPTED(note_recall(b, carry(a, b, recalled.leaf)));
    EXPECT_EQ(b.bound("owner-main"), expected_kg);
  }
  expect_all_clean();
}

// What went home in part and came again is found by its last numbers; recalls overlap.
TEST_F(AuditedAbroad, RecallsFollowWhatCameAgain) {
  auto agreement = agreement_between(a, b);
  terms_of_taker(agreement, a).set_discount("1");
  recognise(agreement);
  cross(b, a, {{{1, 40}}});                                       // 101-140 here
  cross(a, b, {{{111, 120}}, "owner-main", "owner-main", true});  // 11-20 there
  cross(b, a, {{{13, 16}}});
  for (const auto& named : std::vector<SerialRanges>{{{10, 12}}, {{5, 14}, {30, 32}}})
    PUHUI_ACCEPTED(a.send(noting(recall(b, "B1", named)), {"operator"}));
  EXPECT_EQ(frozen_kg(), 6 + 2 + 3);
  cross(b, a, {{{17, 20}}});
  expect_all_clean();
}

// A serial lives in one city: what never went home does not come once more.
TEST_F(AuditedAbroad, FindsUnitsThatNeverWentHome) {
  recognise();
  cross(b, a, {{{1, 50}}});
  const auto home = send_home(a, b, {{101, 110}});
  const auto imported = import_units(b, carry(a, b, home.leaf));
  PUHUI_ACCEPTED(imported);
  const auto again = sent_here({{1, 10}});
  refuses(import_event(a, again), TRANSFER_STATE_WRONG);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, imported.leaf)));
  PUHUI_ACCEPTED(import_units(a, again));
  expect_clean(a);
}

// ---- Projects -----------------------------------------------------------------------------------

// The partner files by procedure.
struct AuditedProjects : AuditedAbroad {
  void SetUp() override {
    AuditedAbroad::SetUp();
    auto rules = recognition_rules("by procedure");
    add_procedure(rules, v1::FILING_PROJECT, {2, 3});
    PUHUI_ACCEPTED(file_rules(b, rules));
    agree(a, b, agreement_between(a, b));
  }
  static v1::FileProject with_key(const std::string& project, const std::string& meter) {
    auto action = pv_project(project);
    *action.mutable_keys(0) = meter;
    return action;
  }
  // Drafted there, put under notice, and ready to be noted.
  v1::Payload noticed(const std::string& filing, const v1::FileProject& project) {
    const auto drafted = draft(b, filing, subject_of(project));
    for (const auto* by : {"expert1", "expert2"})
      EXPECT_EQ(review(b, filing, by).decision, v1::ACCEPTED);
    const auto notice = open_notice(b, filing_named(filing));
    auto payload = filing_event(a, carry(b, a, notice.leaf));
    auto& action = *payload.mutable_note_filing();
    *action.mutable_notice() = action.filing();
    *action.mutable_filing() = carry(b, a, drafted.leaf);
    return payload;
  }
  v1::Payload ending(const std::string& project, std::uint64_t leaf) {
    auto payload = a.event("operator");
    auto& action = *payload.mutable_note_filing_end();
    action.set_project(project);
    *action.mutable_ended() = carry(b, a, leaf);
    return payload;
  }
};

TEST_F(AuditedProjects, OfDraftsThatEndFreeTheirKeys) {
  const auto noting_p9 = noticed("p9", with_key("P9", "meter-shared"));
  PUHUI_ACCEPTED(a.send(noting_p9, {"operator"}));
  PUHUI_ACCEPTED(a.send(noticed("p7", with_key("P7", "meter-7")), {"operator"}));
  const auto own = with_key("P5", "meter-shared");
  auto filing = a.event("operator");
  *filing.mutable_file_project() = own;
  expect_refused(a.sealed(filing, {"operator", "owner"}), PERIOD_ABROAD);
  const auto withdrawn = withdraw(b, "p9");
  PUHUI_ACCEPTED(a.send(ending("P9", withdrawn.leaf), {"operator"}));
  refuses(ending("P9", withdrawn.leaf), PROJECT_ABROAD);
  auto once_more = a.event("operator");
  *once_more.mutable_note_filing() = noting_p9.note_filing();
  refuses(once_more, RETIREMENT_STATED);
  PUHUI_ACCEPTED(file(a, own));
  for (const auto* objection : {"o1", "o2"})
    PUHUI_ACCEPTED(raise(b, filing_named("p7"), objection));
  const auto denied = judge(b, filing_named("p7"), "o1", Upheld::no);
  refuses(ending("P7", denied.leaf), LEAF_UNEXPECTED);
  const auto upheld = judge(b, filing_named("p7"), "o2", Upheld::yes);
  PUHUI_ACCEPTED(a.send(ending("P7", upheld.leaf), {"operator"}));
  PUHUI_ACCEPTED(file(a, with_key("P6", "meter-7")));
  expect_clean(a);
}

TEST_F(AuditedProjects, ThatAreClosedFreeTheirKeysFromTheNextDayOn) {
  PUHUI_ACCEPTED(note_project(b, a));
  const auto closed = stand(b, "P2", v1::CLOSED);
  PUHUI_ACCEPTED(closed);
  PUHUI_ACCEPTED(a.send(ending("P2", closed.leaf), {"operator"}));
  refuses(ending("P2", closed.leaf), RETIREMENT_STATED);
  auto own = with_key("P5", "meter-2");
  own.set_crediting_from(kToday);
  auto filing = a.event("operator");
  *filing.mutable_file_project() = own;
  expect_refused(a.sealed(filing, {"operator", "owner"}), PERIOD_ABROAD);
  own.set_crediting_from(kToday + 1);
  PUHUI_ACCEPTED(file(a, own));
  expect_clean(a);
}

// One that was closed before its time began has none.
TEST_F(AuditedProjects, ThatNeverBeganFreeTheirKeysAltogether) {
  PUHUI_ACCEPTED(file_rules(b, recognition_rules("at once")));
  auto later = with_key("P9", "meter-shared");
  later.set_crediting_from(kToday + 10);
  const auto filed = file(b, later);
  PUHUI_ACCEPTED(filed);
  PUHUI_ACCEPTED(a.send(filing_event(a, carry(b, a, filed.leaf)), {"operator"}));
  const auto revoked = stand(b, "P9", v1::REVOKED);
  PUHUI_ACCEPTED(a.send(ending("P9", revoked.leaf), {"operator"}));
  refuses(ending("P9", revoked.leaf), RETIREMENT_STATED);
  PUHUI_ACCEPTED(file(a, with_key("P5", "meter-shared")));
  expect_clean(a);
}

// The draft goes on there.
TEST_F(AuditedProjects, WhoseEndWasLostAreNotedAgain) {
  const auto noting_p9 = noticed("p9", with_key("P9", "meter-shared"));
  const auto again = [&] {
    auto payload = a.event("operator");
    *payload.mutable_note_filing() = noting_p9.note_filing();
    return payload;
  };
  PUHUI_ACCEPTED(a.send(noting_p9, {"operator"}));
  const auto withdrawn = withdraw(b, "p9");
  PUHUI_ACCEPTED(a.send(ending("P9", withdrawn.leaf), {"operator"}));
  refuses(again(), RETIREMENT_STATED);
  PUHUI_ACCEPTED(renew_epoch(b, a, next_epoch(b, withdrawn.leaf)));
  PUHUI_ACCEPTED(a.send(again(), {"operator"}));
  expect_clean(a);
}

TEST_F(AuditedProjects, ThatTheirCityLostFreeTheirKeysIfNothingOfThemCame) {
  PUHUI_ACCEPTED(note_project(b, a));
  cross(b, a, {{{1, 10}}});
  const auto noting_p9 = noticed("p9", with_key("P9", "meter-shared"));
  PUHUI_ACCEPTED(a.send(noting_p9, {"operator"}));
  const auto losing = [this](const std::string& project) {
    auto payload = a.event("operator");
    payload.mutable_note_filing_end()->set_project(project);
    payload.mutable_note_filing_end()->mutable_ended()->set_city(b.code());
    return payload;
  };
  refuses(losing("P9"), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(renew_epoch(b, a, next_epoch(b, 1)));
  refuses(losing("P2"), LEAF_UNEXPECTED);
  refuses(losing("P8"), PROJECT_ABROAD);
  PUHUI_ACCEPTED(a.send(losing("P9"), {"operator"}));
  PUHUI_ACCEPTED(file(a, with_key("P5", "meter-shared")));
  expect_clean(a);
}

TEST_F(AuditedProjects, FindsEndsOfOtherDrafts) {
  PUHUI_ACCEPTED(note_project(b, a));  // filed at once
  const auto noting_p9 = noticed("p9", with_key("P9", "meter-9"));
  PUHUI_ACCEPTED(draft(b, "p8", subject_of(with_key("P8", "meter-8"))));
  const auto other = withdraw(b, "p8");
  refuses(ending("P9", other.leaf), PROJECT_ABROAD);
  PUHUI_ACCEPTED(a.send(noting_p9, {"operator"}));
  refuses(ending("P9", other.leaf), LEAF_UNEXPECTED);
  refuses(ending("P2", other.leaf), LEAF_UNEXPECTED);
  refuses(ending("P9", noting_p9.note_filing().notice().index()), LEAF_UNEXPECTED);
  refuses(ending("p9", other.leaf), PROJECT_ABROAD);
  expect_clean(a);
}

}  // namespace
}  // namespace puhui::node::audit::testing
