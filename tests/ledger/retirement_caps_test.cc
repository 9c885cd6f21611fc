// The most a purpose may take: of what a firm owes or emits, of a year.
#include <gtest/gtest.h>

#include "tests/ledger/market.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

constexpr Micros kDay = kMicrosPerDay;

struct Caps : Limited {
  void SetUp() override {
    Limited::SetUp();
    PUHUI_ACCEPTED(transfer(city, kToBuyer, 4'000));
  }
  // Confirmed cases, each cap a share of what is listed.
  void limit_to(v1::CapBase base, const std::string& share, Micros deadline = 0) {
    limit([&](v1::PurposeRule& rule) {
      rule.set_is_confirmed(true);
      rule.set_deadline(deadline);
      add_cap(rule, base, share);
    });
  }
  void limit_year(std::int64_t max_kg, Micros deadline = 0) {
    limit([&](v1::PurposeRule& rule) {
      rule.set_is_confirmed(true);
      rule.set_deadline(deadline);
      add_cap_of_year(rule, max_kg);
    });
  }
  Answer apply_for(const std::string& name, std::int64_t estimate_kg,
                   const std::string& who = "owner") {
    auto opened = opening(name, "limited");
    opened.set_account(who + "-main");
    opened.set_estimate_kg(estimate_kg);
    return open_case(city, opened);
  }
  Answer confirm(const std::string& name, std::int64_t amount_kg) {
    return confirm_case(city, confirmation(name, amount_kg));
  }
  // From the first step to the confirmation.
  Answer ask(const std::string& name, std::int64_t amount_kg, const std::string& who = "owner") {
    EXPECT_EQ(open_limited(name, who).decision, v1::ACCEPTED) << name;
    return confirm(name, amount_kg);
  }
  [[nodiscard]] std::int64_t used(std::uint32_t year = 2025,
                                  const std::string& who = "owner") const {
    return cap_used(city, "limited", year, "entity of " + who);
  }
  [[nodiscard]] std::int64_t used_by_all(std::uint32_t year = 2026) const {
    return cap_used(city, "limited", year);
  }
};

// ---- Of a firm ----

TEST_F(Caps, AreMetExactly) {
  limit_to(v1::ALLOWANCES_DUE, "0.05");
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 100'000)}));
  const auto above = ask("above", 5'001);
  PUHUI_REFUSED(above, CAP_EXCEEDED);
  EXPECT_EQ(above.outcome.rule(), "cap.ALLOWANCES_DUE");
  EXPECT_EQ(above.outcome.limit(), "5000 kg");
  EXPECT_EQ(above.outcome.used(), "0 kg");
  EXPECT_EQ(above.outcome.asked(), "5001 kg");
  EXPECT_EQ(used(), 0);
  EXPECT_EQ(case_named(city, "above").state(), v1::CASE_OPEN);
  PUHUI_ACCEPTED(ask("first", 3'000));
  PUHUI_ACCEPTED(confirm("above", 2'000));
  EXPECT_EQ(used(), 5'000);
  const auto none_left = ask("last", 1);
  PUHUI_REFUSED(none_left, CAP_EXCEEDED);
  EXPECT_EQ(none_left.outcome.used(), "5000 kg");
}

TEST_F(Caps, AreRoundedDown) {
  limit_to(v1::ALLOWANCES_DUE, "1/3");
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 10'000)}));
  PUHUI_REFUSED(ask("a", 3'334), CAP_EXCEEDED);
  PUHUI_ACCEPTED(confirm("a", 3'333));
}

TEST_F(Caps, OfNothingAllowNothing) {
  limit_to(v1::ALLOWANCES_DUE, "1");
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 0)}));
  PUHUI_REFUSED(ask("a", 1), CAP_EXCEEDED);
}

TEST_F(Caps, AreMeasuredByEmissionsToo) {
  limit_to(v1::VERIFIED_EMISSIONS, "0.1");
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 1'000'000, 10'000)}));
  const auto above = ask("a", 1'001);
  PUHUI_REFUSED(above, CAP_EXCEEDED);
  EXPECT_EQ(above.outcome.rule(), "cap.VERIFIED_EMISSIONS");
  PUHUI_ACCEPTED(confirm("a", 1'000));
}

TEST_F(Caps, EachOfThemHolds) {
  limit([](v1::PurposeRule& rule) {
    rule.set_is_confirmed(true);
    add_cap(rule, v1::ALLOWANCES_DUE, "0.05");
    add_cap(rule, v1::VERIFIED_EMISSIONS, "0.1");
    add_cap_of_year(rule, 3'000);
  });
  PUHUI_ACCEPTED(publish_ets(city, 2025,
                             {emitter("owner", 20'000, 90'000), emitter("buyer", 90'000, 20'000)}));
  EXPECT_EQ(ask("a", 1'001).outcome.rule(), "cap.ALLOWANCES_DUE");
  EXPECT_EQ(ask("b", 2'001, "buyer").outcome.rule(), "cap.VERIFIED_EMISSIONS");
  PUHUI_ACCEPTED(confirm("a", 1'000));
  PUHUI_ACCEPTED(confirm("b", 1'999));
  EXPECT_EQ(used_by_all(), 2'999);
  PUHUI_ACCEPTED(ask("c", 1, "buyer"));
  EXPECT_EQ(used_by_all(), 3'000);
  EXPECT_EQ(used(), 1'000);
  EXPECT_EQ(used(2025, "buyer"), 2'000);
  PUHUI_ACCEPTED(void_case(city, "a"));
  EXPECT_EQ(used(), 0);
  EXPECT_EQ(used_by_all(), 2'000);
}

TEST_F(Caps, OfFirmsAreApart) {
  limit_to(v1::ALLOWANCES_DUE, "0.05");
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 20'000), emitter("buyer", 40'000)}));
  PUHUI_ACCEPTED(ask("a", 1'000));
  PUHUI_ACCEPTED(ask("b", 2'000, "buyer"));
  PUHUI_REFUSED(ask("c", 1), CAP_EXCEEDED);
  PUHUI_REFUSED(ask("d", 1, "buyer"), CAP_EXCEEDED);
}

TEST_F(Caps, AreGivenBackByCasesThatAreVoid) {
  limit_to(v1::ALLOWANCES_DUE, "0.05", 30 * kDay);
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 100'000)}));
  PUHUI_ACCEPTED(ask("given-up", 2'000));
  const auto until = case_named(city, "given-up").until() + kDay;
  city.now += kDay;
  PUHUI_ACCEPTED(ask("late", 2'000));
  PUHUI_ACCEPTED(ask("done", 1'000));
  PUHUI_REFUSED(ask("waiting", 1), CAP_EXCEEDED);
  PUHUI_ACCEPTED(retire_case(city, "done", 1'000));
  PUHUI_ACCEPTED(void_case(city, "given-up"));
  EXPECT_EQ(used(), 3'000);
  PUHUI_REFUSED(void_case(city, "given-up"), CASE_STATE_WRONG);
  EXPECT_EQ(used(), 3'000) << "once";
  PUHUI_ACCEPTED(confirm("waiting", 2'000));
  PUHUI_ACCEPTED(retire_case(city, "waiting", 2'000));
  wait_until(until + kDay);
  EXPECT_EQ(case_named(city, "late").state(), v1::CASE_VOID);
  EXPECT_EQ(used(), 3'000) << "what was retired";
}

TEST_F(Caps, AreNotTouchedByCasesThatWereRefused) {
  limit_to(v1::ALLOWANCES_DUE, "0.05");
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 100'000)}));
  PUHUI_ACCEPTED(ask("a", 2'000));
  PUHUI_ACCEPTED(open_limited("b"));
  PUHUI_ACCEPTED(confirm_case(city, rejection("b")));
  EXPECT_EQ(used(), 2'000);
  EXPECT_EQ(case_named(city, "b").capped_kg(), 0);
}

TEST_F(Caps, AreOfTheYearOfTheList) {
  limit_to(v1::ALLOWANCES_DUE, "0.05");
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 20'000)}));
  PUHUI_ACCEPTED(ask("old", 1'000));
  PUHUI_ACCEPTED(publish_ets(city, 2026, {emitter("owner", 40'000)}));
  PUHUI_ACCEPTED(ask("new", 2'000));
  PUHUI_REFUSED(ask("more", 1), CAP_EXCEEDED);
  EXPECT_EQ(case_named(city, "old").list_year(), 2025U);
  EXPECT_EQ(case_named(city, "new").list_year(), 2026U);
  // What is given back is given back to its own year.
  PUHUI_ACCEPTED(void_case(city, "old"));
  EXPECT_EQ(used(2025), 0);
  EXPECT_EQ(used(2026), 2'000);
  PUHUI_REFUSED(confirm("more", 1), CAP_EXCEEDED);
}

TEST_F(Caps, FollowACorrectedList) {
  limit_to(v1::ALLOWANCES_DUE, "0.05");
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 100'000)}));
  PUHUI_ACCEPTED(ask("a", 4'000));
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 20'000)}));
  const auto refused = ask("b", 1);
  PUHUI_REFUSED(refused, CAP_EXCEEDED);
  EXPECT_EQ(refused.outcome.limit(), "1000 kg");
  EXPECT_EQ(refused.outcome.used(), "4000 kg");
  PUHUI_ACCEPTED(retire_case(city, "a", 4'000));
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 120'000)}));
  PUHUI_ACCEPTED(confirm("b", 2'000));
}

TEST_F(Caps, WhoseBaseIsUnknownRefuse) {
  for (const auto base : {v1::ALLOWANCES_DUE, v1::VERIFIED_EMISSIONS}) {
    limit_to(base, "1");
    PUHUI_REFUSED(open_limited("c"), CAP_BASE_UNKNOWN);
  }
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 100'000, 100'000)}, Part::more_follow));
  PUHUI_REFUSED(open_limited("c"), CAP_BASE_UNKNOWN);
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("someone", 1)}));
  PUHUI_REFUSED(open_limited("c", "buyer"), CAP_BASE_UNKNOWN);
  PUHUI_ACCEPTED(open_limited("c"));
  EXPECT_EQ(case_named(city, "c").firm(), "entity of owner") << "the holder's legal entity";
  // The next list may leave it out while its case is open.
  PUHUI_ACCEPTED(publish_ets(city, 2026, {emitter("someone", 1)}));
  const auto refused = confirm("c", 1);
  PUHUI_REFUSED(refused, CAP_BASE_UNKNOWN);
  EXPECT_EQ(refused.outcome.asked(), "entity of owner");
  EXPECT_EQ(case_named(city, "c").state(), v1::CASE_OPEN);
}

TEST_F(Caps, AreCountedAtRetirementWhereNothingIsConfirmed) {
  limit([](v1::PurposeRule& rule) { add_cap(rule, v1::ALLOWANCES_DUE, "0.05"); });
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 20'000)}));
  PUHUI_ACCEPTED(open_limited("a"));
  PUHUI_ACCEPTED(open_limited("b"));
  PUHUI_REFUSED(retire_case(city, "a", 1'001), CAP_EXCEEDED);
  EXPECT_EQ(city.totals().units_retired_kg(), 0);
  PUHUI_ACCEPTED(retire_case(city, "a", 1'000));
  EXPECT_EQ(used(), 1'000);
  PUHUI_REFUSED(retire_case(city, "b", 1), CAP_EXCEEDED);
  PUHUI_ACCEPTED(void_case(city, "b"));
  EXPECT_EQ(used(), 1'000);
}

// ---- Of a year ----

TEST_F(Caps, OfAYearAreFirstComeFirstServed) {
  limit_year(3'000);
  PUHUI_ACCEPTED(ask("unlisted", 1'000));  // no firm is asked for
  PUHUI_ACCEPTED(ask("b", 1'999, "buyer"));
  const auto refused = ask("c", 2);
  PUHUI_REFUSED(refused, CAP_EXCEEDED);
  EXPECT_EQ(refused.outcome.rule(), "cap.GLOBAL_YEAR");
  EXPECT_EQ(refused.outcome.limit(), "3000 kg");
  EXPECT_EQ(refused.outcome.used(), "2999 kg");
  PUHUI_ACCEPTED(confirm("c", 1));
  PUHUI_ACCEPTED(void_case(city, "b"));
  EXPECT_EQ(used_by_all(), 1'001);
  PUHUI_ACCEPTED(ask("d", 1'999));
  PUHUI_REFUSED(ask("e", 1), CAP_EXCEEDED);
}

TEST_F(Caps, OfAYearEndAtMidnightInBeijing) {
  limit_year(1'000);
  for (const auto* name : {"last", "next", "more"}) PUHUI_ACCEPTED(open_limited(name));
  const auto midnight = time_of_day(kYear2027);
  city.now = midnight - 1;
  PUHUI_ACCEPTED(confirm("last", 1'000));
  city.now = midnight;
  PUHUI_ACCEPTED(confirm("next", 1'000));
  EXPECT_EQ(case_named(city, "last").global_year(), 2026U);
  EXPECT_EQ(case_named(city, "next").global_year(), 2027U);
  PUHUI_ACCEPTED(void_case(city, "last"));
  EXPECT_EQ(used_by_all(2026), 0);
  EXPECT_EQ(used_by_all(2027), 1'000);
  PUHUI_REFUSED(confirm("more", 1), CAP_EXCEEDED);
}

TEST_F(Caps, OfAYearAreKeptForWhoAppliesFirst) {
  limit_year(3'000, 30 * kDay);
  PUHUI_ACCEPTED(apply_for("first", 2'000));
  EXPECT_EQ(used_by_all(), 2'000);
  EXPECT_EQ(case_named(city, "first").reserved_kg(), 2'000);
  const auto refused = apply_for("second", 1'001, "buyer");
  PUHUI_REFUSED(refused, CAP_EXCEEDED);
  EXPECT_EQ(refused.outcome.rule(), "cap.GLOBAL_YEAR");
  EXPECT_EQ(refused.outcome.limit(), "3000 kg");
  EXPECT_EQ(refused.outcome.used(), "2000 kg");
  EXPECT_EQ(refused.outcome.asked(), "1001 kg");
  PUHUI_ACCEPTED(apply_for("second", 1'000, "buyer"));
  // Nobody overtakes: not by confirming sooner, nor by more than was applied for.
  PUHUI_REFUSED(confirm("second", 1'001), CAP_EXCEEDED);
  PUHUI_REFUSED(ask("unplanned", 1), CAP_EXCEEDED);
  PUHUI_ACCEPTED(confirm("second", 1'000));
  PUHUI_ACCEPTED(confirm("first", 1'500));
  EXPECT_EQ(case_named(city, "first").reserved_kg(), 0);
  EXPECT_EQ(case_named(city, "first").capped_kg(), 1'500);
  EXPECT_EQ(used_by_all(), 2'500) << "what is confirmed, no longer what was estimated";
  PUHUI_ACCEPTED(confirm("unplanned", 500));
  PUHUI_REFUSED(apply_for("last", 1), CAP_EXCEEDED);
  PUHUI_ACCEPTED(void_case(city, "first"));
  EXPECT_EQ(used_by_all(), 1'500);
}

TEST_F(Caps, OfAYearAreKeptNoLongerThanACaseIsOpen) {
  limit_year(3'000, 30 * kDay);
  PUHUI_ACCEPTED(apply_for("turned-down", 3'000));
  PUHUI_ACCEPTED(confirm_case(city, rejection("turned-down")));
  EXPECT_EQ(used_by_all(), 0);
  PUHUI_ACCEPTED(apply_for("given-up", 3'000));
  PUHUI_ACCEPTED(void_case(city, "given-up"));
  EXPECT_EQ(used_by_all(), 0);
  PUHUI_ACCEPTED(apply_for("late", 3'000));
  PUHUI_REFUSED(apply_for("next", 1), CAP_EXCEEDED);
  wait_until(case_named(city, "late").until());
  EXPECT_EQ(case_named(city, "late").state(), v1::CASE_VOID);
  EXPECT_EQ(case_named(city, "late").reserved_kg(), 0);
  EXPECT_EQ(used_by_all(), 0);
  PUHUI_ACCEPTED(apply_for("next", 3'000));
  // Cases that may stay open for ever keep nothing.
  limit_year(3'000);
  PUHUI_ACCEPTED(apply_for("endless", 3'000));
  EXPECT_EQ(used_by_all(), 3'000);
}

TEST_F(Caps, OfAYearAreOfTheYearOfTheApplication) {
  limit_year(1'000, 366 * kDay);
  PUHUI_ACCEPTED(apply_for("old", 1'000));
  PUHUI_ACCEPTED(open_limited("new"));
  city.now = time_of_day(kYear2027);
  PUHUI_ACCEPTED(confirm("new", 1'000));
  PUHUI_ACCEPTED(confirm("old", 900));
  EXPECT_EQ(used_by_all(2026), 900);
  EXPECT_EQ(used_by_all(2027), 1'000);
}

TEST_F(Caps, OfAYearAreKeptWhereNothingIsConfirmedToo) {
  limit([](v1::PurposeRule& rule) {
    rule.set_deadline(30 * kDay);
    add_cap_of_year(rule, 100);
  });
  PUHUI_ACCEPTED(apply_for("a", 60));
  PUHUI_ACCEPTED(apply_for("b", 0));
  PUHUI_REFUSED(retire_case(city, "b", 41), CAP_EXCEEDED);
  PUHUI_ACCEPTED(retire_case(city, "a", 50));
  EXPECT_EQ(used_by_all(), 50);
  PUHUI_ACCEPTED(retire_case(city, "b", 50));
}

TEST_F(Caps, OfPurposesAreApart) {
  limit([](v1::PurposeRule& rule) {
    rule.set_is_confirmed(true);
    add_cap_of_year(rule, 1'000);
  });
  PUHUI_ACCEPTED(ask("a", 1'000));
  PUHUI_ACCEPTED(open_case(city, opening("b", "substitution")));
  PUHUI_ACCEPTED(confirm("b", 1'000));
  EXPECT_EQ(used_by_all(), 1'000);
}

// ---- Their form ----

TEST_F(Caps, FormIsChecked) {
  const auto with = [this](auto change) {
    auto rules = market_rules("caps");
    auto& rule = steps_of(rules, "limited");
    rule.set_is_confirmed(true);
    add_cap(rule, v1::ALLOWANCES_DUE, "0.05");
    change(rule);
    return file_rules(city, rules);
  };
  using R = v1::PurposeRule;
  PUHUI_REFUSED(with([](R& r) { r.mutable_caps(0)->clear_base(); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.mutable_caps(0)->set_base(static_cast<v1::CapBase>(9)); }),
                RULE_MALFORMED);
  for (const auto* share : {"", "-0.1", "1.01", "3/2", "5%", "1/0"})
    PUHUI_REFUSED(with([share](R& r) { r.mutable_caps(0)->set_share(share); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.mutable_caps(0)->set_max_kg(1); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { add_cap(r, v1::ALLOWANCES_DUE, "0.1"); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { add_cap(r, v1::GLOBAL_YEAR, "0.1"); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { add_cap_of_year(r, -1); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.mutable_caps(0)->set_base(v1::OUTSIDE_SHARE_OF_YEAR); }),
                RULE_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.add_outside_areas(""); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.set_purpose("unknown"); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.set_purpose("event"); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.set_bond(static_cast<v1::BondKind>(77)); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.set_lot_kg(-1); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.set_deadline(-1); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.set_deadline(3'660 * kDay + 1); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.set_is_confirmed(false), r.set_is_footprint(true); }),
                RULE_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.set_counts_for_neutrality(true); }), RULE_MALFORMED);
  PUHUI_ACCEPTED(with([](R& r) {
    add_cap(r, v1::VERIFIED_EMISSIONS, "1");
    add_cap(r, v1::OUTSIDE_SHARE, "0");
    add_cap(r, v1::OUTSIDE_SHARE_OF_YEAR, "0.5");
    r.add_outside_areas("1100");
    add_cap_of_year(r, 0);
    r.set_deadline(3'660 * kDay);
  }));
}

}  // namespace
}  // namespace puhui::ledger::testing
