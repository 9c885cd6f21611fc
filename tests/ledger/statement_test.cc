// A statement counts its period and nothing else, and says the same wherever the leaves are.
#include "ledger/views/statement.h"

#include <gtest/gtest.h>

#include "tests/ledger/day.h"
#include "tests/ledger/units.h"

namespace puhui::ledger::testing {
namespace {

struct Statements : ::testing::Test {
  PvCity city;
  Micros began = city.now;

  void SetUp() override {
    city.issue_mwh("100");
    open_account(city, "side", "owner");
    transfer(city, {"owner-main", "side"}, 500);
  }
  [[nodiscard]] v1::Statement of(Micros from, Micros to) {
    auto view = city.view();
    return statement(view, {from, to});
  }
};

TEST_F(Statements, CountsWhatThePeriodBrought) {
  const auto first = of(began, city.now + 1);
  EXPECT_EQ(first.issued_kg(), city.totals().units_issued_kg());
  EXPECT_EQ(first.transferred_kg(), 500);
  EXPECT_EQ(first.transfers(), 1);
  EXPECT_EQ(first.accounts_holding_units(), 2);
  EXPECT_EQ(first.filed().reports_issued(), 1);
  EXPECT_EQ(first.retired_size(), 0);
  EXPECT_EQ(first.size(), static_cast<std::int64_t>(city.head().size));
  EXPECT_EQ(first.root(), city.head().root.base64());
  EXPECT_TRUE(first.open()) << "leaves of this period may still come";

  const auto later = city.now;
  auto end = retire_event(city, "side", "owner");
  end.mutable_retire()->set_amount_kg(500);
  city.must(end, {"owner"});
  const auto second = of(later, city.now + kMicrosPerDay);
  EXPECT_EQ(second.issued_kg(), 0);
  EXPECT_EQ(second.transfers(), 0);
  ASSERT_EQ(second.retired_size(), 1);
  EXPECT_EQ(second.retired(0).amount_kg(), 500);
  EXPECT_EQ(second.retired(0).retirements(), 1);
  EXPECT_EQ(second.retired(0).purpose(), end.retire().purpose());
  EXPECT_EQ(second.accounts_holding_units(), 1);
  EXPECT_EQ(second.filed().accounts(), 0);
  EXPECT_EQ(second.filed_in_all().reports_issued(), 1);
}

TEST_F(Statements, MeasuresWhatIsFiledAgainstThePlan) {
  EXPECT_FALSE(of(began, city.now + 1).has_plan());
  auto rules = default_rules();
  rules.set_version("2");
  auto& plan = *rules.mutable_plan();
  plan.set_source("a plan");
  plan.set_until(kToday + 100);
  for (const auto& [kind, wanted] : {std::pair{v1::TARGET_INSTITUTIONS, 2},
                                     {v1::TARGET_METHODOLOGIES, 2},
                                     {v1::TARGET_PROJECTS_AND_SCENARIOS, 2},
                                     {v1::TARGET_ACCOUNTS, 5},
                                     {v1::TARGET_TONNES, 70}}) {
    auto& target = *plan.add_targets();
    target.set_kind(kind);
    target.set_wanted(wanted);
  }
  plan.mutable_targets(0)->add_roles(v1::VERIFIER);
  plan.mutable_targets(0)->add_roles(v1::DATA_PROVIDER);
  auto payload = city.event("bureau");
  *payload.mutable_file_rule_set()->mutable_rules() = rules;
  city.must(payload, {"bureau"});
  ASSERT_EQ(file(city, bike_methodology()).decision, v1::ACCEPTED);
  const auto stated = of(began, city.now + 1);
  EXPECT_EQ(stated.plan().SerializeAsString(), plan.SerializeAsString());
  ASSERT_EQ(stated.targets_size(), 5);
  std::int64_t institutions = 0;
  const auto parties = city.view().parties({});
  for (const auto& party : parties.items())
    institutions += std::ranges::any_of(party.roles(), [](const auto& grant) {
      return grant.role() == v1::VERIFIER || grant.role() == v1::DATA_PROVIDER;
    });
  EXPECT_GT(institutions, 1);
  EXPECT_EQ(stated.targets(0).filed(), institutions);
  EXPECT_EQ(stated.targets(1).filed(), 2);
  EXPECT_TRUE(stated.targets(1).met());
  EXPECT_EQ(stated.targets(2).filed(), 2) << "a project and a scenario";
  EXPECT_EQ(stated.targets(3).filed(), 5) << "owner's three, buyer's and the exchange's";
  EXPECT_TRUE(stated.targets(3).met());
  EXPECT_EQ(stated.targets(4).filed(), 69) << "100 MWh";
  EXPECT_FALSE(stated.targets(4).met());

  // Another party of a legal entity that counts already.
  auto second = city.event("bureau");
  *second.mutable_register_party() = founding_party("verifier-2", {v1::VERIFIER});
  second.mutable_register_party()->set_legal_entity("entity of verifier");
  city.must(second, {"bureau"});
  EXPECT_EQ(of(began, city.now + 1).targets(0).filed(), institutions);
}

TEST_F(Statements, AMethodologyCountsOnceWhateverItsVersions) {
  auto wind = pv_methodology();
  wind.set_code("WH-WIND-2023");
  wind.set_scenario("wind");
  wind.set_effective_to(20'500);
  ASSERT_EQ(file(city, wind).decision, v1::ACCEPTED);
  EXPECT_EQ(of(began, city.now + 1).filed_in_all().methodologies(), 2);
  const auto later = city.now;
  wind.set_version("V02");
  wind.set_effective_from(20'500);
  wind.set_effective_to(0);
  ASSERT_EQ(file(city, wind).decision, v1::ACCEPTED);
  const auto after = of(later, city.now + 1);
  EXPECT_EQ(after.filed_in_all().methodologies(), 2);
  EXPECT_EQ(after.filed().methodologies(), 0);
}

TEST(StatementOfCredits, AddsUpTheBatches) {
  BikeCity city;
  ride(city, {{1}, {2}, {3}});
  ride(city, {{3}, {4}});
  auto view = city.view();
  const auto all = statement(view, {0, city.now + 1});
  EXPECT_EQ(all.credited_g(), city.totals().credits_credited_g());
  EXPECT_EQ(all.records_credited(), city.totals().records_credited());
  EXPECT_EQ(all.filed().personal_accounts(), city.totals().personal_accounts());
}

TEST(StatementOfARegistry, AddsUpWhatEnded) {
  KilogramCity city;
  PUHUI_ACCEPTED(file_rules(city, buffering({{"", "0.2"}})));
  PUHUI_ACCEPTED(city.issue_kg(100));
  auto cancelled = cancel_event(city, "owner-main");
  cancelled.mutable_cancel()->set_amount_kg(5);
  city.must(cancelled, {"owner"});
  PUHUI_ACCEPTED(retire(city, "owner-main", {{11, 20}}));
  PUHUI_ACCEPTED(recall(city, "B1", {{11, 30}}));  // 10 held, 10 from the buffer
  PUHUI_ACCEPTED(reverse(city, "P1", 25));         // 10 from the buffer, 15 owed
  PUHUI_ACCEPTED(city.issue_kg(50));
  auto rules = registry_rules("vintages");
  rules.add_vintages()->set_years(0);
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_ACCEPTED(expire(city, "B1"));
  auto view = city.view();
  const auto stated = statement(view, {0, city.now + 1});
  EXPECT_EQ(stated.issued_kg(), 150);
  EXPECT_EQ(stated.cancelled_kg(), 5 + 10 + 10 + 10 + 15);
  EXPECT_EQ(stated.expired_kg(), 80 - 5 - 20);
  EXPECT_EQ(stated.cancelled_kg(), stated.totals().units_cancelled_kg());
  EXPECT_EQ(stated.expired_kg(), stated.totals().units_expired_kg());
  EXPECT_EQ(drift_of(view, {"owner-main", "buffer"}), "");
}

TEST(StatementOfARegistry, CountsWhatWasFiledByProcedure) {
  RegistryCity city(procedure_rules());
  const auto began = city.now;
  file_by_procedure(city, "pv", subject_of(pv_methodology()));
  file_by_procedure(city, "bike", subject_of(bike_methodology()));
  file_by_procedure(city, "project", subject_of(pv_project("P1")));
  file_by_procedure(city, "lab", subject_of(founding_party("lab", {v1::VERIFIER})));
  file_by_procedure(city, "role", subject_of("buyer", v1::SERVICE_INSTITUTION));
  PUHUI_ACCEPTED(draft(city, "open", subject_of("buyer", v1::SERVICE_INSTITUTION)));
  auto view = city.view();
  const auto stated = statement(view, {began, city.now + 1});
  EXPECT_EQ(stated.filed().methodologies(), 2);
  EXPECT_EQ(stated.filed().projects(), 1);
  EXPECT_EQ(stated.filed().parties(), 1);
  EXPECT_EQ(stated.filed_in_all().parties(), stated.totals().parties());
}

TEST_F(Statements, FirstLeafAtATime) {
  const auto view = city.view();
  EXPECT_EQ(first_leaf_at(view, 0), 0U);
  EXPECT_EQ(first_leaf_at(view, view.head().time), view.head().size - 1);
  EXPECT_EQ(first_leaf_at(view, view.head().time + 1), view.head().size);
}

}  // namespace
}  // namespace puhui::ledger::testing
