// A registry's log judged again: objections, procedures, standing, what is taken back, and what is
// wrong.
#include "tests/audit/judged.h"
#include "tests/audit/registry.h"

namespace puhui::node::audit::testing {
namespace {

using enum v1::ErrorCode;

using AuditedRegistry = Judged<Units>;

v1::Payload filing_event(City& city, const v1::FileProject& project) {
  auto payload = city.event("operator");
  *payload.mutable_file_project() = project;
  return payload;
}

// ---- Filings ----

struct AuditedFilings : AuditedRegistry {
  void SetUp() override {
    AuditedRegistry::SetUp();
    PUHUI_ACCEPTED(file_rules(city, procedure_rules()));
    PUHUI_ACCEPTED(draft(city, "p2", subject_of(pv_project("P2"))));
    for (const auto* expert : {"expert1", "expert2"}) PUHUI_ACCEPTED(review(city, "p2", expert));
  }
  Sent objection(const std::string& name, const std::string& party) {
    auto payload = objection_event(city, about, name);
    payload.set_party(party);
    return sign(payload, {party});
  }
  const v1::NoticeSubject about = filing_named("p2");
};

TEST_F(AuditedFilings, ObjectionsAreOfFewAndOfOthers) {
  PUHUI_ACCEPTED(open_notice(city, about));
  for (const auto* name : {"o1", "o2", "o3", "o4"})
    PUHUI_ACCEPTED(city.submit(objection(name, "exchange")));
  expect_refused(objection("o4", "exchange"), OBJECTION_EXISTS);
  expect_refused(objection("o5", "exchange"), TOO_LARGE);
  expect_refused(objection("o5", "owner"), REVIEW_INDEPENDENCE);
  expect_refused(objection("o5", "operator"), REVIEW_INDEPENDENCE);
  expect_refused(objection("o5", "insider"), REVIEW_INDEPENDENCE);
  PUHUI_ACCEPTED(city.submit(objection("o5", "ets")));
  const auto decision = [&](const Signers& signers) {
    return sign(decision_event(city, about, "o1", Upheld::no), signers);
  };
  for (const auto* second : {"exchange", "owner", "clerk"})
    expect_refused(decision({"bureau", second}), REVIEW_INDEPENDENCE);
  PUHUI_ACCEPTED(city.submit(decision({"bureau", "expert1"})));
  PUHUI_ACCEPTED(judge(city, about, "o2", Upheld::yes));
  EXPECT_EQ(state_of(city, "p2"), v1::FILING_TURNED_DOWN);
  expect_clean();
}

TEST_F(AuditedFilings, GoByTheProcedureOfNow) {
  auto rules = procedure_rules();
  rules.mutable_procedures(2)->mutable_notice()->set_days(1);
  PUHUI_ACCEPTED(file_rules(city, rules));
  expect_refused(sign(notice_event(city, about), {"operator"}), FILING_STATE);
  PUHUI_ACCEPTED(file_rules(city, procedure_rules()));
  PUHUI_ACCEPTED(open_notice(city, about));
  city.now = notice_end(city, "p2");
  PUHUI_ACCEPTED(file_rules(city, rules));
  expect_refused(sign(complete_event(city, "p2"), {"bureau"}), FILING_STATE);
  const auto withdrawal = [this] { return sign(withdraw_event(city, "p2", "bureau"), {"bureau"}); };
  PUHUI_REFUSED(city.submit(withdrawal()), ROLE_MISSING);
  RuleTable(rules).roles("filing.withdraw", {v1::AUTHORITY});
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_ACCEPTED(city.submit(withdrawal()));
  expect_clean();
}

TEST_F(AuditedRegistry, CalendarsAreInOrder) {
  auto rules = full_rules("calendar");
  rules.mutable_calendar()->add_holidays(kToday + 2);
  auto payload = city.event("bureau");
  *payload.mutable_file_rule_set()->mutable_rules() = rules;
  expect_refused(sign(payload, {"bureau"}), RULE_MALFORMED);
}

TEST_F(AuditedRegistry, VersionsSupersedeThoseOfTheirScenario) {
  auto payload = city.event("operator");
  auto& action = *payload.mutable_file_methodology();
  *action.mutable_methodology() = pv_methodology();
  action.mutable_methodology()->set_version("V02");
  action.mutable_methodology()->set_scenario("another");
  action.mutable_methodology()->set_effective_from(kToday + 1);
  *action.mutable_supersedes() = version_of(pv_methodology().code(), "V01");
  expect_refused(sign(payload, {"operator", "expert1", "expert2"}), METHODOLOGY_SUPERSEDES);
  action.mutable_methodology()->set_scenario(pv_methodology().scenario());
  payload.set_event_id(std::string(16, 'n'));
  city.must(payload, {"operator", "expert1", "expert2"});
  expect_clean();
}

// ---- Standing ----

TEST_F(AuditedRegistry, ClosedProjectsLeaveTheirKeysToOthers) {
  PUHUI_ACCEPTED(stand(city, "P1", v1::CLOSED));
  auto next = pv_project("P8");
  next.set_keys(0, "meter-1");
  next.set_crediting_from(kToday);
  expect_refused(sign(filing_event(city, next), {"operator", "owner"}), PERIOD_EXCLUSIVE);
  next.set_crediting_from(kToday + 1);
  city.must(filing_event(city, next), {"operator", "owner"});
  next.set_project("P9");
  expect_refused(sign(filing_event(city, next), {"operator", "owner"}), PERIOD_EXCLUSIVE);
  expect_clean();
}

TEST_F(AuditedRegistry, BatchesOfSuspendedProjectsAreNotRegistered) {
  auto rules = registry_rules("registers");
  rules.set_registers_batches(true);
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_ACCEPTED(city.issue_kg(100));
  PUHUI_ACCEPTED(stand(city, "P1", v1::STANDING_SUSPENDED));
  expect_refused(sign(register_event(city, "B1"), {"operator"}), PROJECT_STANDING);
  PUHUI_ACCEPTED(stand(city, "P1", v1::CLOSED));
  PUHUI_ACCEPTED(register_batch(city, "B1"));
  expect_clean();
}

TEST_F(AuditedRegistry, BatchesRecalledWholeAreNotRegistered) {
  auto rules = registry_rules("registers");
  rules.set_registers_batches(true);
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_ACCEPTED(city.issue_kg(100));
  PUHUI_ACCEPTED(city.issue_kg(10));
  PUHUI_ACCEPTED(recall(city, "B1", {{1, 99}}));
  PUHUI_ACCEPTED(recall(city, "B2"));
  expect_refused(sign(register_event(city, "B2"), {"operator"}), BATCH_STATE);
  PUHUI_ACCEPTED(register_batch(city, "B1"));
  expect_clean();
}

TEST_F(AuditedRegistry, ReductionsAreJudgedByTheListsOfTheirYears) {
  PUHUI_ACCEPTED(publish_ets(city, 2024, {ets_firm("entity of owner")}));
  PUHUI_ACCEPTED(publish_ets(city, 2025, {ets_firm("entity of a mill")}));
  PUHUI_ACCEPTED(file(city, pv_project("P8")));  // by the list of now
  city.apply(city.reported(100));                // of a day of 2024
  expect_refused(sign(issue_event(city, "r1", "B1"), {"operator", "bureau"}), GUARD_FAILED);
  expect_clean();
}

TEST_F(AuditedRegistry, BoundariesAreCheckedWhateverTheMethodologyLists) {
  auto silent = pv_methodology();
  silent.set_code("WH-WIND-2023");
  silent.clear_registry_checks();
  PUHUI_ACCEPTED(file(city, silent));
  PUHUI_ACCEPTED(publish_ets(city, 2025, {ets_firm("entity of owner")}));
  auto project = pv_project("P8");
  project.set_methodology("WH-WIND-2023");
  expect_refused(sign(filing_event(city, project), {"operator", "owner"}), GUARD_FAILED);
  expect_clean();
}

// ---- Restraint ----

TEST_F(AuditedRegistry, EachRestraintStandsUntilItIsReleasedItself) {
  const auto restrain = [this](v1::Restraint kind) {
    auto payload = city.event("bureau");
    auto& action = *payload.mutable_restrain_party();
    action.set_party("owner");
    action.set_restraint(kind);
    action.set_reason("case 1");
    return city.send(payload, {"bureau"}).leaf;
  };
  const auto released = [this](std::uint64_t restrained) {
    auto payload = city.event("bureau");
    payload.mutable_release_party()->set_party("owner");
    payload.mutable_release_party()->set_restrained_at(static_cast<std::int64_t>(restrained));
    return sign(payload, {"bureau"});
  };
  PUHUI_ACCEPTED(city.issue_kg(10));
  const auto moved = [this] {
    auto payload = transfer_event(city, {"owner-main", "buyer-main"}, "owner");
    payload.mutable_transfer()->set_amount_kg(1);
    return sign(payload, {"owner"});
  };
  const auto first = restrain(v1::FROZEN), second = restrain(v1::SUSPENDED),
             third = restrain(v1::FROZEN);
  expect_refused(released(third + 1), NOT_FOUND);
  for (const auto restrained : {second, first}) {
    PUHUI_ACCEPTED(city.submit(released(restrained)));
    expect_refused(released(restrained), NOT_FOUND);
    expect_refused(moved(), PARTY_RESTRAINED);
  }
  PUHUI_ACCEPTED(city.submit(released(third)));
  PUHUI_ACCEPTED(city.submit(moved()));
  expect_clean();
}

// ---- What is taken back ----

TEST_F(AuditedRegistry, WhatIsWhollyRecalledIsReportedAnew) {
  PUHUI_ACCEPTED(city.issue_kg(100));
  PUHUI_ACCEPTED(retire(city, "owner-main", {{1, 10}}));
  PUHUI_ACCEPTED(recall(city, "B1", {{1, 50}}));
  auto again = city.event("owner");
  *again.mutable_submit_report() = pv_report("again", "P1", {20'000, 20'001}, "90");
  expect_refused(sign(again, {"owner"}), REPORT_PERIOD_OVERLAP);
  PUHUI_ACCEPTED(recall(city, "B1"));
  EXPECT_EQ(city.view().report("r1")->state(), v1::RECALLED);
  expect_refused(sign(reverse_event(city, "P1", 1), {"bureau"}), BALANCE_INSUFFICIENT);
  again.set_event_id(std::string(16, 'n'));
  city.must(again, {"owner"});
  PUHUI_ACCEPTED(verify(city, "again"));
  PUHUI_ACCEPTED(issue(city, "again", "B2"));  // less the ten that were retired
  EXPECT_EQ(city.view().project("P1")->owed_kg(), 0);
  expect_refused(sign(reverse_event(city, "P1", 91), {"bureau"}), BALANCE_INSUFFICIENT);
  PUHUI_ACCEPTED(reverse(city, "P1", 90));
  expect_clean();
}

TEST_F(AuditedRegistry, WhatIsLeftIsRecalledInParts) {
  PUHUI_ACCEPTED(city.issue_kg(100));
  city.must(cancel_event(city, "owner-main", "owner", 10), {"owner"});
  auto unnamed = recall_event(city, "B1", {});
  unnamed.mutable_recall()->clear_serials();
  expect_refused(sign(unnamed, {"bureau"}), EVENT_MALFORMED);
  PUHUI_ACCEPTED(recall(city, "B1", {{1, 60}}));
  EXPECT_EQ(city.view().report("r1")->state(), v1::ISSUED);
  PUHUI_ACCEPTED(recall(city, "B1", {{61, 100}}));
  EXPECT_EQ(city.view().report("r1")->state(), v1::RECALLED);
  expect_clean();
}

TEST_F(AuditedRegistry, RemaindersAreDroppedByRule) {
  v1::FileMethodology filing;
  *filing.mutable_methodology() = bike_methodology();
  filing.mutable_methodology()->set_remainder(v1::REMAINDER_CARRIED);
  expect_refused(filing, {"operator", "expert1", "expert2"}, METHODOLOGY_MALFORMED);
  auto dropping = pv_methodology();
  dropping.set_code("WH-WIND-2023");
  dropping.mutable_constants(0)->set_value("1");
  dropping.set_result_unit(v1::GRAM);
  dropping.set_remainder(v1::REMAINDER_DROPPED);
  PUHUI_ACCEPTED(file(city, dropping));
  auto project = pv_project("P8");
  project.set_methodology("WH-WIND-2023");
  PUHUI_ACCEPTED(file(city, project));
  PUHUI_ACCEPTED(send(city, pv_report("small", "P8", {20'100, 20'110}, "600")));
  PUHUI_ACCEPTED(verify(city, "small"));
  PUHUI_ACCEPTED(send(city, pv_report("more", "P8", {20'110, 20'120}, "1999")));
  PUHUI_ACCEPTED(verify(city, "more"));
  PUHUI_ACCEPTED(issue(city, "more", "B8"));
  EXPECT_EQ(city.view().project("P8")->remainder_g(), 0);
  EXPECT_EQ(city.view().report("more")->dropped_g(), 999);
  PUHUI_ACCEPTED(recall(city, "B8"));
  EXPECT_EQ(city.view().project("P8")->remainder_g(), 0);
  expect_clean();
}

TEST_F(AuditedRegistry, BuffersNeverExpire) {
  auto rules = buffering({{"", "1/10"}});
  rules.add_vintages()->set_years(0);
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_ACCEPTED(city.issue_kg(100));  // 91-100 to the buffer
  expect_refused(sign(expire_event(city, "B1", {{91, 100}}), {"operator"}), AMOUNT_ZERO);
  PUHUI_ACCEPTED(expire(city, "B1"));
  EXPECT_EQ(city.held("buffer"), 10);
  EXPECT_EQ(city.totals().units_expired_kg(), 90);
  expect_clean();
}

}  // namespace
}  // namespace puhui::node::audit::testing
