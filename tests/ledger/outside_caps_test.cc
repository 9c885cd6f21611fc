// How much of what a purpose takes may come from projects outside the city, and from where.
#include <gtest/gtest.h>

#include "tests/ledger/market.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct OutsideShares : Limited {
  void SetUp() override {
    Limited::SetUp();                               // 1-10000, 420111
    PUHUI_ACCEPTED(issue_in(city, "422801", 100));  // 10001-10100
    PUHUI_ACCEPTED(issue_in(city, "420529", 100));  // 10101-10200
  }
  void limit_outside(const std::string& share) {
    limit([&](v1::PurposeRule& rule) { add_cap(rule, v1::OUTSIDE_SHARE, share); });
  }
  Answer retire_new(const SerialRanges& ranges) {
    const auto name = "c" + std::to_string(++cases_);
    EXPECT_EQ(open_limited(name).decision, v1::ACCEPTED) << name;
    return retire_ranges(name, ranges);
  }

 private:
  int cases_ = 0;
};

TEST_F(OutsideShares, AreOfOneRetirement) {
  limit_outside("0.5");
  const auto refused = retire_new({{1, 2}, {10'001, 10'003}});
  PUHUI_REFUSED(refused, CAP_EXCEEDED);
  EXPECT_EQ(refused.outcome.rule(), "cap.OUTSIDE_SHARE");
  EXPECT_EQ(refused.outcome.limit(), "2 kg");
  EXPECT_EQ(refused.outcome.asked(), "3 kg");
  PUHUI_ACCEPTED(retire_new({{1, 3}, {10'001, 10'003}}));
  PUHUI_REFUSED(retire_new({{10'010, 10'010}}), CAP_EXCEEDED);
  PUHUI_REFUSED(retire_new({{10, 12}, {10'010, 10'011}, {10'101, 10'102}}), CAP_EXCEEDED);
  PUHUI_ACCEPTED(retire_new({{10, 13}, {10'010, 10'011}, {10'101, 10'102}}));
  EXPECT_EQ(city.totals().units_retired_kg(), 14);
}

TEST_F(OutsideShares, OfNothingAndOfAll) {
  limit_outside("0");
  PUHUI_REFUSED(retire_new({{1, 1'000}, {10'001, 10'001}}), CAP_EXCEEDED);
  PUHUI_ACCEPTED(retire_new({{1, 1'000}}));
  limit_outside("1");
  PUHUI_ACCEPTED(retire_new({{10'001, 10'200}}));
}

TEST_F(OutsideShares, HoldForWhatWasBound) {
  limit([](v1::PurposeRule& rule) {
    rule.set_bond(v1::PLEDGE);
    add_cap(rule, v1::OUTSIDE_SHARE, "0.5");
  });
  PUHUI_ACCEPTED(open_limited("c"));
  auto outside = binding("outside", v1::PLEDGE, {{10'001, 10'010}});
  outside.set_case_("c");
  PUHUI_ACCEPTED(bind_units(city, outside));
  PUHUI_REFUSED(retire_case(city, "c", 10), CAP_EXCEEDED);
  EXPECT_EQ(bond_named(city, "outside").bound_kg(), 10);
  PUHUI_ACCEPTED(bind_for(city, "c", "inside", 10));
  PUHUI_ACCEPTED(retire_case(city, "c", 20));
}

// Of what a firm may take in the year of a list, half may come from elsewhere.
TEST_F(OutsideShares, AreOfWhatAFirmMayTakeInAYear) {
  limit([](v1::PurposeRule& rule) {
    add_cap(rule, v1::VERIFIED_EMISSIONS, "0.1");
    add_cap(rule, v1::ALLOWANCES_DUE, "0.05");
    add_cap(rule, v1::OUTSIDE_SHARE_OF_YEAR, "0.5");
  });
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 2'000, 5'000)}));
  const auto refused = retire_new({{10'001, 10'051}});
  PUHUI_REFUSED(refused, CAP_EXCEEDED);
  EXPECT_EQ(refused.outcome.rule(), "cap.OUTSIDE_SHARE_OF_YEAR");
  EXPECT_EQ(refused.outcome.limit(), "50 kg") << "half of the smaller of the firm's caps";
  EXPECT_EQ(refused.outcome.used(), "0 kg");
  EXPECT_EQ(refused.outcome.asked(), "51 kg");
  PUHUI_ACCEPTED(retire_new({{10'001, 10'030}}));
  PUHUI_ACCEPTED(retire_new({{1, 10}}));
  EXPECT_EQ(retire_new({{11, 12}, {10'031, 10'051}}).outcome.used(), "30 kg");
  PUHUI_ACCEPTED(retire_new({{10'031, 10'050}}));
  PUHUI_REFUSED(retire_new({{10'101, 10'101}}), CAP_EXCEEDED);
  PUHUI_ACCEPTED(retire_new({{11, 50}}));
  // The next list begins anew, and so does its year.
  PUHUI_ACCEPTED(publish_ets(city, 2026, {emitter("owner", 1'000, 5'000)}));
  PUHUI_ACCEPTED(retire_new({{10'101, 10'125}}));
  PUHUI_REFUSED(retire_new({{10'126, 10'126}}), CAP_EXCEEDED);
  PUHUI_ACCEPTED(retire_new({{51, 75}}));
}

TEST_F(OutsideShares, OfAYearGoByTheListOfTheirCase) {
  limit([](v1::PurposeRule& rule) {
    rule.set_is_confirmed(true);
    add_cap(rule, v1::ALLOWANCES_DUE, "0.05");
    add_cap(rule, v1::OUTSIDE_SHARE_OF_YEAR, "0.5");
  });
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 2'000)}));
  PUHUI_ACCEPTED(open_limited("c"));
  PUHUI_ACCEPTED(confirm_case(city, confirmation("c", 60)));
  PUHUI_ACCEPTED(publish_ets(city, 2026, {emitter("someone", 1)}));
  PUHUI_REFUSED(retire_ranges("c", {{1, 9}, {10'001, 10'051}}), CAP_EXCEEDED);
  PUHUI_ACCEPTED(retire_ranges("c", {{1, 10}, {10'001, 10'050}}));
}

TEST_F(OutsideShares, AreOfTheRegionsThatTheRuleLetsIn) {
  limit([](v1::PurposeRule& rule) { rule.add_outside_areas("4228"); });
  PUHUI_ACCEPTED(retire_new({{1, 10}, {10'001, 10'010}}));
  const auto refused = retire_new({{11, 20}, {10'020, 10'020}, {10'101, 10'110}});
  PUHUI_REFUSED(refused, AREA_EXCLUDED);
  EXPECT_EQ(refused.outcome.rule(), "rules.outside_areas");
  EXPECT_EQ(refused.outcome.limit(), "4201, 4228");
  EXPECT_EQ(refused.outcome.asked(), "10101-10110 of 420529");
  limit([](v1::PurposeRule& rule) {
    rule.add_outside_areas("4228");
    rule.add_outside_areas("420529");
    add_cap(rule, v1::OUTSIDE_SHARE, "0.5");
  });
  PUHUI_REFUSED(retire_new({{11, 20}, {10'020, 10'020}, {10'101, 10'110}}), CAP_EXCEEDED);
  PUHUI_ACCEPTED(retire_new({{11, 21}, {10'020, 10'020}, {10'101, 10'110}}));
}

}  // namespace
}  // namespace puhui::ledger::testing
