// Units of areas that go first.
#include <gtest/gtest.h>

#include "tests/ledger/market.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

// 1-10000 of 420111, 10001-10100 of 420529, 10101-10200 of 422801, 10201-10300 of 422822; first
// those of 4228, then those of 420529.
struct Preference : Limited {
  void SetUp() override {
    Limited::SetUp();
    for (const auto* area : {"420529", "422801", "422822"})
      PUHUI_ACCEPTED(issue_in(city, area, 100));
    prefer();
    PUHUI_ACCEPTED(open_limited("c"));
  }
  void prefer(v1::BondKind bond = v1::BOND_KIND_UNSPECIFIED) {
    limit([bond](v1::PurposeRule& rule) {
      rule.set_bond(bond);
      rule.add_areas_first("4228");
      rule.add_areas_first("420529");
    });
  }
  static std::string ranges_of(const Answer& answer) {
    if (answer.decision != v1::ACCEPTED) return std::string(code_name(answer.code));
    std::string text;
    for (const auto& range : answer.outcome.serials())
      text += (text.empty() ? "" : " ") + std::to_string(range.start()) + "-" +
              std::to_string(range.end());
    return text;
  }
  std::string retired(std::int64_t amount_kg) {
    return ranges_of(retire_case(city, "c", amount_kg));
  }
};

TEST_F(Preference, AmountsBeginWithTheFirstArea) {
  EXPECT_EQ(retired(150), "10101-10200 10201-10250");
  EXPECT_EQ(held_text(city, "owner-main"), "1-10000 10001-10100 10251-10300");
}

TEST_F(Preference, AmountsGoOnWithTheNextArea) {
  EXPECT_EQ(retired(250), "10101-10200 10201-10300 10001-10050");
}

TEST_F(Preference, AmountsEndWithTheRest) {
  EXPECT_EQ(retired(350), "10101-10200 10201-10300 10001-10100 1-50");
  EXPECT_EQ(held_text(city, "owner-main"), "51-10000");
}

TEST_F(Preference, AmountsMayBeAllThereIs) {
  const auto refused = retire_case(city, "c", 10'301);
  PUHUI_REFUSED(refused, BALANCE_INSUFFICIENT);
  EXPECT_EQ(refused.outcome.limit(), "10300 kg held");
  EXPECT_EQ(retired(10'300), "10101-10200 10201-10300 10001-10100 1-10000");
  EXPECT_EQ(city.held("owner-main"), 0);
}

TEST_F(Preference, SerialsOfOthersAreRefusedWhileSomeOfTheFirstAreFree) {
  const auto refused = retire_ranges("c", {{1, 10}});
  PUHUI_REFUSED(refused, AREA_FIRST);
  EXPECT_EQ(refused.outcome.limit(), "4228");
  EXPECT_EQ(refused.outcome.used(), "10101-10200");
  PUHUI_REFUSED(retire_ranges("c", {{10'001, 10'010}}), AREA_FIRST);
  PUHUI_REFUSED(retire_ranges("c", {{10'101, 10'200}, {10'201, 10'299}, {10'001, 10'001}}),
                AREA_FIRST);
  PUHUI_REFUSED(retire_ranges("c", {{10'101, 10'300}, {1, 1}}), AREA_FIRST);
  EXPECT_EQ(city.totals().units_retired_kg(), 0);
  EXPECT_EQ(ranges_of(retire_ranges("c", {{10'250, 10'260}})), "10250-10260")
      << "any of the first area";
}

TEST_F(Preference, SerialsOfOthersMayGoWithAllOfTheFirst) {
  EXPECT_EQ(ranges_of(retire_ranges("c", {{1, 10}, {10'001, 10'300}})),
            "1-10 10001-10100 10101-10200 10201-10300");
}

TEST_F(Preference, WhatIsBoundOrElsewhereGoesNowhereFirst) {
  PUHUI_ACCEPTED(bind_units(city, binding("b", v1::PLEDGE, {{10'101, 10'300}})));
  PUHUI_REFUSED(retire_ranges("c", {{1, 10}}), AREA_FIRST);
  PUHUI_ACCEPTED(transfer(city, kToBuyer, SerialRanges{{10'001, 10'100}}));
  EXPECT_EQ(ranges_of(retire_ranges("c", {{1, 10}})), "1-10");
}

TEST_F(Preference, BondsOfItsCasesBeginWithTheFirstAreaToo) {
  prefer(v1::RESERVATION);
  PUHUI_ACCEPTED(open_limited("d"));
  auto named = binding("named", v1::RESERVATION, {{1, 10}});
  named.set_case_("d");
  PUHUI_REFUSED(bind_units(city, named), AREA_FIRST);
  PUHUI_ACCEPTED(bind_for(city, "d", "b", 150));
  EXPECT_EQ(city.view().serial(10'101)->bound_by(), "bond/b");
  EXPECT_EQ(city.view().serial(10'250)->bound_by(), "bond/b");
  EXPECT_EQ(city.view().serial(10'251)->bound_by(), "");
  EXPECT_EQ(city.bound("owner-main"), 150);
  EXPECT_EQ(ranges_of(retire_case(city, "d", 150)), "10101-10200 10201-10250");
}

TEST_F(Preference, IsThatOfTheTimeOfBinding) {
  prefer(v1::RESERVATION);
  PUHUI_ACCEPTED(open_limited("d"));
  PUHUI_ACCEPTED(transfer(city, kToBuyer, SerialRanges{{10'001, 10'300}}));
  PUHUI_ACCEPTED(bind_for(city, "d", "b", 10));
  PUHUI_ACCEPTED(
      transfer(city, {"buyer-main", "owner-main"}, SerialRanges{{10'101, 10'200}}, "buyer"));
  EXPECT_EQ(ranges_of(retire_case(city, "d", 10)), "1-10");
}

TEST_F(Preference, IsOfItsPurposeAlone) {
  EXPECT_EQ(ranges_of(transfer(city, kToBuyer, 10)), "1-10");
  EXPECT_EQ(ranges_of(retire(city, "owner-main", {{11, 20}})), "11-20");
  PUHUI_ACCEPTED(bind_units(city, binding("b", v1::RESERVATION, {{21, 30}})));
  PUHUI_ACCEPTED(open_case(city, opening("other", "substitution")));
  PUHUI_ACCEPTED(confirm_case(city, confirmation("other", 10)));
  EXPECT_EQ(ranges_of(retire_case(city, "other", 10)), "31-40");
}

TEST_F(Preference, FormIsChecked) {
  const auto with = [this](const std::vector<std::string>& areas) {
    auto rules = market_rules("areas");
    for (const auto& area : areas) steps_of(rules, "limited").add_areas_first(area);
    return file_rules(city, rules);
  };
  PUHUI_REFUSED(with({""}), RULE_MALFORMED);
  PUHUI_REFUSED(with(std::vector<std::string>(17, "4228")), RULE_MALFORMED);
  PUHUI_ACCEPTED(with(std::vector<std::string>(16, "4228")));
}

}  // namespace
}  // namespace puhui::ledger::testing
