// A market's log judged again: caps of retirements, areas that go first, deadlines.
#include "tests/audit/judged.h"

namespace puhui::node::audit::testing {
namespace {

using enum v1::ErrorCode;

using AuditedLimited = Judged<Limited>;

// ---- Caps ----

struct AuditedCaps : AuditedLimited {
  void SetUp() override {
    AuditedLimited::SetUp();
    PUHUI_ACCEPTED(transfer(city, kToBuyer, 4'000));
  }
  ledger::Answer confirm(const std::string& name, std::int64_t amount_kg) {
    return confirm_case(city, confirmation(name, amount_kg));
  }
  void refused(const std::string& name, std::int64_t amount_kg, ErrorCode code = CAP_EXCEEDED) {
    expect_refused(confirmation(name, amount_kg), confirmers("limited"), code);
  }
};

TEST_F(AuditedCaps, OfAFirmAreCountedAndGivenBack) {
  limit([](v1::PurposeRule& rule) {
    rule.set_is_confirmed(true);
    add_cap(rule, v1::ALLOWANCES_DUE, "1/3");
    add_cap(rule, v1::VERIFIED_EMISSIONS, "0.5");
  });
  expect_refused(opening("a", "limited"), {"owner"}, CAP_BASE_UNKNOWN);
  PUHUI_ACCEPTED(
      publish_ets(city, 2025, {emitter("owner", 10'000, 9'000), emitter("buyer", 90'000, 20)}));
  for (const auto* name : {"a", "b"}) PUHUI_ACCEPTED(open_limited(name));
  PUHUI_ACCEPTED(open_limited("of-buyer", "buyer"));
  refused("a", 3'334);
  PUHUI_ACCEPTED(confirm("a", 3'333));
  refused("b", 1);
  refused("of-buyer", 11);
  PUHUI_ACCEPTED(confirm("of-buyer", 10));
  PUHUI_ACCEPTED(void_case(city, "a"));
  PUHUI_ACCEPTED(confirm("b", 3'333));
  PUHUI_ACCEPTED(retire_case(city, "b", 3'333));
  PUHUI_ACCEPTED(open_limited("c"));
  refused("c", 1);
  expect_clean();
}

TEST_F(AuditedCaps, OfAFirmAreOfTheYearOfTheListThatHolds) {
  limit([](v1::PurposeRule& rule) {
    rule.set_is_confirmed(true);
    add_cap(rule, v1::ALLOWANCES_DUE, "0.1");
  });
  PUHUI_ACCEPTED(publish_ets(city, 2024, {emitter("owner", 50'000, 0)}));
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 20'000, 0)}));
  for (const auto* name : {"old", "new", "more"}) PUHUI_ACCEPTED(open_limited(name));
  refused("old", 2'001);
  PUHUI_ACCEPTED(confirm("old", 2'000));
  // Not all of this year's is there yet, and next year's is for next year.
  PUHUI_ACCEPTED(publish_ets(city, 2026, {emitter("owner", 9'000, 0)}, Part::more_follow));
  PUHUI_ACCEPTED(publish_ets(city, 2027, {emitter("someone", 1, 0)}));
  refused("new", 1);
  PUHUI_ACCEPTED(publish_ets(city, 2026, {emitter("someone", 1, 0)}));
  refused("new", 901);
  PUHUI_ACCEPTED(confirm("new", 900));
  PUHUI_ACCEPTED(void_case(city, "old"));
  refused("more", 1);
  // A list of a year before may be corrected, and does not hold again.
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 90'000, 0)}));
  refused("more", 1);
  city.now = ledger::time_of_day(kYear2027);
  refused("more", 1, CAP_BASE_UNKNOWN);
  expect_clean();
}

TEST_F(AuditedCaps, OfAYearAreOfAllAndEndWithIt) {
  limit([](v1::PurposeRule& rule) {
    rule.set_is_confirmed(true);
    add_cap_of_year(rule, 3'000);
  });
  for (const auto* name : {"a", "b", "c"}) PUHUI_ACCEPTED(open_limited(name));
  PUHUI_ACCEPTED(open_limited("of-buyer", "buyer"));
  PUHUI_ACCEPTED(confirm("a", 1'000));
  PUHUI_ACCEPTED(confirm("of-buyer", 1'999));
  refused("b", 2);
  PUHUI_ACCEPTED(void_case(city, "of-buyer"));
  PUHUI_ACCEPTED(confirm("b", 2'000));
  refused("c", 1);
  city.now = ledger::time_of_day(kYear2027);
  PUHUI_ACCEPTED(confirm("c", 3'000));
  EXPECT_EQ(cap_used(city, "limited", 2026), 3'000);
  expect_clean();
}

TEST_F(AuditedCaps, OfAYearAreKeptForWhoAppliesFirst) {
  limit([](v1::PurposeRule& rule) {
    rule.set_is_confirmed(true);
    rule.set_deadline(30 * ledger::kMicrosPerDay);
    add_cap_of_year(rule, 3'000);
  });
  const auto applying = [](const std::string& name, std::int64_t estimate_kg) {
    auto action = opening(name, "limited");
    action.set_estimate_kg(estimate_kg);
    return action;
  };
  PUHUI_ACCEPTED(open_case(city, applying("a", 2'000)));
  expect_refused(applying("b", 1'001), {"owner"}, CAP_EXCEEDED);
  PUHUI_ACCEPTED(open_case(city, applying("b", 1'000)));
  PUHUI_ACCEPTED(open_limited("of-buyer", "buyer"));
  refused("of-buyer", 1);
  refused("b", 1'001);
  PUHUI_ACCEPTED(confirm("b", 1'000));
  PUHUI_ACCEPTED(confirm("a", 1'500));
  PUHUI_ACCEPTED(confirm("of-buyer", 500));
  expect_refused(applying("c", 1), {"owner"}, CAP_EXCEEDED);
  PUHUI_ACCEPTED(void_case(city, "a"));
  PUHUI_ACCEPTED(open_case(city, applying("c", 1'500)));
  wait_until(case_named(city, "c").until());
  EXPECT_EQ(cap_used(city, "limited", 2026), 0);
  PUHUI_ACCEPTED(open_case(city, applying("d", 3'000)));
  expect_clean();
}

TEST_F(AuditedCaps, AreCountedAtRetirementWhereNothingIsConfirmed) {
  limit([](v1::PurposeRule& rule) { add_cap_of_year(rule, 1'000); });
  for (const auto* name : {"a", "b"}) PUHUI_ACCEPTED(open_limited(name));
  expect_refused(retiring(case_named(city, "a").opening(), 1'001), {"owner"}, CAP_EXCEEDED);
  PUHUI_ACCEPTED(retire_case(city, "a", 1'000));
  expect_refused(retiring(case_named(city, "b").opening(), 1), {"owner"}, CAP_EXCEEDED);
  PUHUI_ACCEPTED(void_case(city, "b"));
  expect_clean();
}

TEST_F(AuditedCaps, OfOtherAreasAreOfOneRetirement) {
  PUHUI_ACCEPTED(issue_in(city, "422801", 100));  // 10001-10100
  limit([](v1::PurposeRule& rule) { add_cap(rule, v1::OUTSIDE_SHARE, "0.5"); });
  PUHUI_ACCEPTED(open_limited("a"));
  auto action = retiring(case_named(city, "a").opening(), 0);
  add_serials(action, {{9'999, 10'000}, {10'001, 10'003}});
  expect_refused(action, {"owner"}, CAP_EXCEEDED);
  PUHUI_ACCEPTED(retire_ranges("a", {{9'998, 10'000}, {10'001, 10'003}}));
  expect_clean();
}

TEST_F(AuditedCaps, OfOtherAreasAreOfAYearAndOfSomeAreas) {
  PUHUI_ACCEPTED(issue_in(city, "422801", 100));  // 10001-10100
  PUHUI_ACCEPTED(issue_in(city, "420529", 100));  // 10101-10200
  limit([](v1::PurposeRule& rule) {
    add_cap(rule, v1::ALLOWANCES_DUE, "0.05");
    add_cap(rule, v1::OUTSIDE_SHARE_OF_YEAR, "0.5");
    rule.add_outside_areas("4228");
  });
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 2'000, 0)}));
  for (const auto* name : {"a", "b", "c"}) PUHUI_ACCEPTED(open_limited(name));
  const auto naming = [this](const SerialRanges& ranges) {
    auto action = retiring(case_named(city, "c").opening(), 0);
    add_serials(action, ranges);
    return action;
  };
  expect_refused(naming({{10'001, 10'051}}), {"owner"}, CAP_EXCEEDED);
  expect_refused(naming({{9'000, 9'001}, {10'101, 10'101}}), {"owner"}, AREA_EXCLUDED);
  PUHUI_ACCEPTED(retire_ranges("a", {{9'000, 9'009}, {10'001, 10'030}}));
  expect_refused(naming({{10'031, 10'051}}), {"owner"}, CAP_EXCEEDED);
  PUHUI_ACCEPTED(retire_ranges("b", {{10'031, 10'050}}));
  PUHUI_ACCEPTED(publish_ets(city, 2026, {emitter("owner", 1'000, 0)}));
  expect_refused(naming({{10'051, 10'076}}), {"owner"}, CAP_EXCEEDED);
  PUHUI_ACCEPTED(retire_ranges("c", {{10'051, 10'075}}));
  expect_clean();
}

// ---- Areas that go first ----

// 1-10000 of 420111, 10001-10100 of 420529, 10101-10200 of 422801; first those of 4228, then those
// of 420529.
struct AuditedAreas : AuditedLimited {
  void SetUp() override {
    AuditedLimited::SetUp();
    for (const auto* area : {"420529", "422801"}) PUHUI_ACCEPTED(issue_in(city, area, 100));
  }
  void prefer(v1::BondKind bond) {
    limit([bond](v1::PurposeRule& rule) {
      rule.set_bond(bond);
      rule.add_areas_first("4228");
      rule.add_areas_first("420529");
    });
    for (const auto* name : {"c", "d"}) PUHUI_ACCEPTED(open_limited(name));
  }
  // Serials to be retired for "c".
  [[nodiscard]] v1::Retire naming(const SerialRanges& ranges) const {
    auto action = retiring(case_named(city, "c").opening(), 0);
    add_serials(action, ranges);
    return action;
  }
};

TEST_F(AuditedAreas, GoFirstWhereSerialsAreNamed) {
  prefer(v1::BOND_KIND_UNSPECIFIED);
  for (const auto& ranges :
       {SerialRanges{{1, 10}}, SerialRanges{{10'001, 10'010}},
        SerialRanges{{10'101, 10'199}, {10'001, 10'001}}, SerialRanges{{10'101, 10'200}, {1, 1}}})
    expect_refused(naming(ranges), {"owner"}, AREA_FIRST);
  PUHUI_ACCEPTED(bind_units(city, binding("b", v1::PLEDGE, {{10'101, 10'200}})));
  PUHUI_ACCEPTED(transfer(city, kToBuyer, SerialRanges{{10'001, 10'099}}));
  expect_refused(naming({{1, 10}}), {"owner"}, AREA_FIRST);
  PUHUI_ACCEPTED(act(city, naming({{1, 10}, {10'100, 10'100}}), {"owner"}));
  expect_clean();
}

TEST_F(AuditedAreas, GoFirstWhereAnAmountIsAsked) {
  prefer(v1::BOND_KIND_UNSPECIFIED);
  expect_refused(retiring(case_named(city, "c").opening(), 10'201), {"owner"},
                 BALANCE_INSUFFICIENT);
  PUHUI_ACCEPTED(retire_case(city, "c", 150));
  EXPECT_EQ(held_text(city, "owner-main"), "1-10000 10051-10100");
  PUHUI_ACCEPTED(retire_case(city, "d", 60));
  EXPECT_EQ(held_text(city, "owner-main"), "11-10000");
  expect_clean();
}

TEST_F(AuditedAreas, GoFirstIntoTheBondsOfACase) {
  prefer(v1::RESERVATION);
  auto named = binding("named", v1::RESERVATION, {{1, 10}});
  named.set_case_("c");
  expect_refused(named, binders(named), AREA_FIRST);
  PUHUI_ACCEPTED(bind_for(city, "c", "b", 150));
  PUHUI_ACCEPTED(retire_case(city, "c", 120));
  EXPECT_EQ(held_text(city, "owner-main"), "1-10000 10051-10100 10171-10200");
  expect_clean();
}

// ---- Deadlines ----

struct AuditedDeadlines : AuditedLimited {
  void SetUp() override {
    AuditedLimited::SetUp();
    limit([](v1::PurposeRule& rule) {
      rule.set_bond(v1::RESERVATION);
      rule.set_is_confirmed(true);
      rule.set_deadline(ledger::kMicrosPerDay);
      add_cap_of_year(rule, 100);
    });
    for (const auto* name : {"late", "done"}) PUHUI_ACCEPTED(open_limited(name));
    PUHUI_ACCEPTED(bind_for(city, "late", "b1", 60));
    PUHUI_ACCEPTED(confirm_case(city, confirmation("late", 60)));
    PUHUI_ACCEPTED(bind_for(city, "done", "b2", 40));
    PUHUI_ACCEPTED(confirm_case(city, confirmation("done", 40)));
    PUHUI_ACCEPTED(retire_case(city, "done", 40));
    until = case_named(city, "late").until();
  }
  Micros until = 0;
};

TEST_F(AuditedDeadlines, VoidACaseBySomeLeafOfTheirTime) {
  EXPECT_EQ(told_with(until - 1, LeafKind::tick, ""), "tick.nothing_due");
  EXPECT_EQ(told_with(until, LeafKind::tick, ""), "");
  wait_until(case_named(city, "done").until());
  EXPECT_EQ(case_named(city, "late").state(), v1::CASE_VOID);
  EXPECT_EQ(case_named(city, "done").state(), v1::CASE_RETIRED);
  EXPECT_EQ(cap_used(city, "limited", 2026), 40);
  EXPECT_EQ(city.bound("owner-main"), 0);
  EXPECT_EQ(told_with(city.now, LeafKind::tick, ""), "tick.nothing_due");
  expect_clean();
}

TEST_F(AuditedDeadlines, HoldThoughNobodySaidSoYet) {
  city.now = until;
  expect_refused(retiring(case_named(city, "late").opening(), 60), {"owner"}, CASE_STATE_WRONG);
  expect_refused(voiding("late"), {"owner"}, CASE_STATE_WRONG);
  auto more = binding("b3", v1::RESERVATION, 1);
  more.set_case_("late");
  expect_refused(more, binders(more), CASE_STATE_WRONG);
  PUHUI_ACCEPTED(open_limited("next"));
  EXPECT_EQ(case_named(city, "late").state(), v1::CASE_VOID);
  EXPECT_EQ(cap_used(city, "limited", 2026), 40);
  PUHUI_ACCEPTED(confirm_case(city, confirmation("next", 60)));
  expect_clean();
}

TEST_F(AuditedDeadlines, AreNotThereAMomentBefore) {
  city.now = until - 1;
  PUHUI_ACCEPTED(retire_case(city, "late", 60));
  wait_until(until + ledger::kMicrosPerDay);
  EXPECT_EQ(case_named(city, "late").state(), v1::CASE_RETIRED);
  expect_clean();
}

}  // namespace
}  // namespace puhui::node::audit::testing
