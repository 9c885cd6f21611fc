// Filing with and without procedures, and which ones.
#include <gtest/gtest.h>

#include "tests/ledger/filings.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

TEST_F(Filings, AreTheOnlyWayWhereTheRulesHaveAProcedure) {
  const auto refused = file(city, pv_methodology());
  PUHUI_REFUSED(refused, FILING_REQUIRED);
  EXPECT_EQ(refused.outcome.limit(), "draft.methodology");
  PUHUI_REFUSED(file(city, bike_methodology()), FILING_REQUIRED);
  file_pv();
  PUHUI_REFUSED(file(city, pv_project("P1")), FILING_REQUIRED);
  for (const auto role : {v1::VERIFIER, v1::SERVICE_INSTITUTION, v1::DATA_PROVIDER}) {
    PUHUI_REFUSED(register_directly(city, founding_party("lab", {v1::MERCHANT, role})),
                  FILING_REQUIRED);
    PUHUI_REFUSED(grant_directly(city, "buyer", role), FILING_REQUIRED);
  }
  EXPECT_FALSE(city.view().party("lab"));
  PUHUI_ACCEPTED(register_directly(city, founding_party("shop", {v1::MERCHANT})));
  PUHUI_ACCEPTED(grant_directly(city, "buyer", v1::BANK));
}

TEST(FilingProcedures, AreNoneOfTheOthersBusiness) {
  auto rules = registry_rules();
  add_procedure(rules, v1::FILING_METHODOLOGY, {2, 0});
  RegistryCity city(rules);
  PUHUI_REFUSED(file(city, pv_methodology()), FILING_REQUIRED);
  PUHUI_ACCEPTED(file(city, bike_methodology()));
  PUHUI_ACCEPTED(grant_directly(city, "buyer", v1::DATA_PROVIDER));
  PUHUI_ACCEPTED(register_directly(city, founding_party("lab", {v1::VERIFIER})));
  file_by_procedure(city, "pv", subject_of(pv_methodology()));
  PUHUI_ACCEPTED(file(city, pv_project("P1")));
  const auto none = draft(city, "f", subject_of(pv_project("P2")));
  PUHUI_REFUSED(none, FILING_NO_PROCEDURE);
  EXPECT_EQ(none.outcome.asked(), "project");
}

TEST(FilingProcedures, ThatChangedAskForANewDraft) {
  RegistryCity city(procedure_rules());
  const auto subject = subject_of("buyer", v1::SERVICE_INSTITUTION);
  for (const auto* name : {"drafted", "reviewed"}) PUHUI_ACCEPTED(draft(city, name, subject));
  for (const auto* by : {"expert1", "expert2"}) PUHUI_ACCEPTED(review(city, "reviewed", by));
  prepare(city, "over", subject);
  auto shorter = procedure_rules();
  shorter.mutable_procedures(3)->mutable_notice()->set_days(1);
  for (const auto& rules : {registry_rules("none"), shorter}) {
    PUHUI_ACCEPTED(file_rules(city, rules));
    const auto opened = open_notice(city, filing_named("reviewed"));
    PUHUI_REFUSED(opened, FILING_STATE);
    EXPECT_EQ(opened.outcome.rule(), "filing.procedure");
    const auto completed = complete(city, "over");
    PUHUI_REFUSED(completed, FILING_STATE);
    EXPECT_EQ(completed.outcome.rule(), "filing.procedure");
  }
  PUHUI_ACCEPTED(withdraw(city, "drafted"));
  // What changed for other kinds alone is nothing to it.
  auto of_others = procedure_rules();
  of_others.mutable_procedures(0)->set_approvals(1);
  PUHUI_ACCEPTED(file_rules(city, of_others));
  PUHUI_ACCEPTED(open_notice(city, filing_named("reviewed")));
  PUHUI_ACCEPTED(complete(city, "over"));
}

TEST(FilingProcedures, ThatAreNoMoreTakeNoDraft) {
  RegistryCity city(procedure_rules());
  const auto subject = subject_of("buyer", v1::SERVICE_INSTITUTION);
  PUHUI_ACCEPTED(file_rules(city, registry_rules("none")));
  PUHUI_REFUSED(draft(city, "f", subject), FILING_NO_PROCEDURE);
}

TEST(FilingProcedures, StandStillWhileNoRulesAreInForce) {
  auto rules = procedure_rules();
  rules.set_effective_to(kNoon + kMicrosPerDay);
  RegistryCity city(rules);
  const auto subject = subject_of("buyer", v1::SERVICE_INSTITUTION);
  for (const auto* name : {"a", "b"}) PUHUI_ACCEPTED(draft(city, name, subject));
  for (const auto* by : {"expert1", "expert2"}) PUHUI_ACCEPTED(review(city, "a", by));
  city.now = kNoon + kMicrosPerDay;
  PUHUI_REFUSED(draft(city, "c", subject), RULE_NONE_IN_FORCE);
  PUHUI_REFUSED(open_notice(city, filing_named("a")), RULE_NONE_IN_FORCE);
  PUHUI_REFUSED(complete(city, "a"), RULE_NONE_IN_FORCE);
  PUHUI_ACCEPTED(withdraw(city, "b"));
}

TEST(FilingProcedures, FormIsChecked) {
  City city;
  const auto with = [&city](auto change) {
    auto rules = procedure_rules();
    change(*rules.mutable_procedures(0));
    return file_rules(city, rules);
  };
  using F = v1::FilingProcedure;
  PUHUI_REFUSED(with([](F& p) { p.clear_kind(); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](F& p) { p.set_kind(static_cast<v1::FilingKind>(9)); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](F& p) { p.set_kind(v1::FILING_PROJECT); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](F& p) { p.clear_reviewers(); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](F& p) { p.set_approvals(65); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](F& p) { p.set_rejections(65); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](F& p) { p.mutable_notice()->set_days(367); }), RULE_MALFORMED);
  PUHUI_ACCEPTED(with([](F& p) { p.mutable_notice()->set_days(366); }));
}

}  // namespace
}  // namespace puhui::ledger::testing
