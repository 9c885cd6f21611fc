// How an enterprise stands in a year: footprint, target, units, and whether the year is neutral.
#include <gtest/gtest.h>

#include "tests/ledger/enterprises.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

// "f" is a footprint of the year, of 182.5 kg.
struct Standing : Enterprises {
  void SetUp() override {
    constexpr Period kYear{kYear2025, kYear2026};
    Enterprises::SetUp();
    PUHUI_ACCEPTED(file_factors(city, a_table("table", kYear, "0.5")));
    PUHUI_ACCEPTED(read(city, measured_daily(kYear, 10)));
    PUHUI_ACCEPTED(report(city, a_footprint()));
  }
  [[nodiscard]] v1::EnterpriseYear of(std::uint32_t year = 2025) const {
    return *city.view().enterprise_year("owner", year);
  }
  Answer target(std::int64_t max_kg) {
    v1::SetTarget action;
    action.set_party("owner");
    action.set_year(2025);
    action.set_max_kg(max_kg);
    return act(city, action, {"owner"});
  }
};

TEST_F(Standing, IsThatOfTheNewestFootprintThatWasNotRejected) {
  PUHUI_ACCEPTED(report(city, a_footprint("a-newer")));
  EXPECT_EQ(of().footprint().report().footprint(), "a-newer");
  PUHUI_ACCEPTED(verify_footprint(city, "f"));
  EXPECT_EQ(of().footprint().report().footprint(), "a-newer");
  PUHUI_ACCEPTED(verify_footprint(city, "a-newer", false));
  EXPECT_EQ(of().footprint().report().footprint(), "f");
  for (const auto month : {3U, 2U})
    PUHUI_ACCEPTED(report(city, a_footprint("m-" + std::to_string(month), month)));
  ASSERT_EQ(of().months_size(), 2);
  EXPECT_EQ(of().months(0).report().month(), 2U);
  EXPECT_EQ(of().months(1).amount_kg(), 16);  // 31 days of half a kilogram
  EXPECT_FALSE(of(2024).has_footprint());
  EXPECT_FALSE(city.view().enterprise_year("nobody", 2025));
  EXPECT_FALSE(city.view().enterprise_year("owner", 10'000));
}

TEST_F(Standing, MeetsTheTarget) {
  PUHUI_ACCEPTED(target(183));
  EXPECT_FALSE(of().meets_target()) << "nobody verified it";
  PUHUI_ACCEPTED(verify_footprint(city, "f"));
  EXPECT_TRUE(of().meets_target());
  PUHUI_ACCEPTED(target(182));
  EXPECT_FALSE(of().meets_target());
  EXPECT_EQ(of().target().target().max_kg(), 182);
  EXPECT_FALSE(of(2024).has_target());
}

TEST_F(Standing, TargetsAreWellFormed) {
  v1::SetTarget action;
  action.set_party("owner");
  action.set_year(2025);
  needs_all(action, {"owner"});
  const auto refused = [&](auto change, ErrorCode code) {
    auto other = action;
    change(other);
    PUHUI_REFUSED(act(city, other, {"owner"}), code);
  };
  refused([](auto& a) { a.set_max_kg(-1); }, EVENT_MALFORMED);
  refused([](auto& a) { a.set_year(0); }, EVENT_MALFORMED);
  refused([](auto& a) { a.mutable_document(); }, EVENT_MALFORMED);
  refused([](auto& a) { a.set_party("nobody"); }, PARTY_UNKNOWN);
}

TEST_F(Standing, IsNeutralOnceAllOfItIsRetired) {
  PUHUI_ACCEPTED(verify_footprint(city, "f"));
  EXPECT_EQ(of().held_kg(), kIssued);
  EXPECT_EQ(of().net_kg(), 183);
  PUHUI_ACCEPTED(bind_units(city, binding("b", v1::PLEDGE, 100)));
  EXPECT_EQ(of().bound_kg(), 100);
  PUHUI_ACCEPTED(open_case(city, opening("c", "organisation")));
  auto confirmed = confirmation("c", 183);
  confirmed.set_footprint("f");
  PUHUI_ACCEPTED(confirm_case(city, confirmed));
  EXPECT_EQ(case_named(city, "c").confirmation().footprint(), "f");
  EXPECT_FALSE(of().is_neutral());
  PUHUI_ACCEPTED(retire_case(city, "c", 183));
  EXPECT_EQ(of().retired_kg(), 183);
  EXPECT_EQ(of().neutralised_kg(), 183);
  EXPECT_EQ(of().net_kg(), 0);
  EXPECT_TRUE(of().is_neutral());
  EXPECT_EQ(of().held_kg(), kIssued - 183);
  EXPECT_EQ(of(2026).retired_kg(), 0);
}

TEST_F(Standing, IsNotNeutralByWhatWasRetiredForSomethingElse) {
  PUHUI_ACCEPTED(verify_footprint(city, "f"));
  auto offset = retire_event(city, "owner-main", "owner");
  offset.mutable_retire()->set_amount_kg(500);
  offset.mutable_retire()->set_from(kYear2025);
  offset.mutable_retire()->set_to(kYear2026);
  PUHUI_ACCEPTED(city.send(offset, {"owner"}));
  // For an event, though of the same footprint and period; and for some footprint or other.
  auto for_event = confirmation("e", 183);
  for_event.set_footprint("f");
  PUHUI_ACCEPTED(open_case(city, opening("e", "event")));
  PUHUI_ACCEPTED(bind_for(city, "e", "b", 183));
  PUHUI_ACCEPTED(confirm_case(city, for_event));
  PUHUI_ACCEPTED(retire_case(city, "e", 183));
  PUHUI_ACCEPTED(open_case(city, opening("unnamed", "organisation")));
  PUHUI_ACCEPTED(confirm_case(city, confirmation("unnamed", 200)));
  PUHUI_ACCEPTED(retire_case(city, "unnamed", 200));
  EXPECT_EQ(of().retired_kg(), 500 + 183 + 200);
  EXPECT_EQ(of().retired_size(), 3);
  EXPECT_EQ(of().neutralised_kg(), 0);
  EXPECT_EQ(of().net_kg(), 183);
  EXPECT_FALSE(of().is_neutral());
}

TEST_F(Standing, IsNotNeutralByWhatWasRecalledSince) {
  PUHUI_ACCEPTED(verify_footprint(city, "f"));
  PUHUI_ACCEPTED(open_case(city, opening("c", "organisation")));
  auto confirmed = confirmation("c", 183);
  confirmed.set_footprint("f");
  PUHUI_ACCEPTED(confirm_case(city, confirmed));
  PUHUI_ACCEPTED(retire_case(city, "c", 183));
  PUHUI_ACCEPTED(recall(city, "B1", {{1'000, 1'100}}));
  EXPECT_TRUE(of().is_neutral()) << "others were";
  PUHUI_ACCEPTED(recall(city, "B1", {{11, 20}, {181, 200}}));
  EXPECT_EQ(of().retired_kg(), 183);
  EXPECT_EQ(of().neutralised_kg(), 183 - 10 - 3);
  EXPECT_EQ(of().net_kg(), 13);
  EXPECT_FALSE(of().is_neutral());
}

TEST_F(Standing, TellsKindsPurposesAndLoansAtAPosition) {
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "owner-side"}, 1'000));
  auto aside = binding("side", v1::PLEDGE, 7);
  aside.set_account("owner-side");
  for (const auto& bond : {binding("p", v1::PLEDGE, 100), aside, binding("j", v1::JUDICIAL, 5)})
    PUHUI_ACCEPTED(bind_units(city, bond));
  PUHUI_ACCEPTED(release_bond(city, releasing("j")));
  v1::ReferLoan loan;
  loan.set_loan("loan-1");
  loan.set_account("owner-side");
  loan.set_bank("bank");
  loan.set_rate_table_sha256(std::string(crypto::sha256("rates").view()));
  loan.set_quantity_kg(1'000);
  loan.set_until(day_of(city.now) + 1);
  PUHUI_ACCEPTED(act(city, loan, {"owner", "bank"}));
  auto retired = retire_event(city, "owner-main", "owner");
  retired.mutable_retire()->set_amount_kg(20);
  retired.mutable_retire()->set_from(kYear2025);
  retired.mutable_retire()->set_to(kYear2026);
  PUHUI_ACCEPTED(city.send(retired, {"owner"}));
  const auto stands = of();
  EXPECT_EQ(stands.position(), static_cast<std::int64_t>(city.head().size) - 1);
  EXPECT_EQ(stands.time(), city.head().time);
  ASSERT_EQ(stands.bound_size(), 1) << "what was released is not bound";
  EXPECT_EQ(stands.bound(0).kind(), v1::PLEDGE);
  EXPECT_EQ(stands.bound(0).amount_kg(), 107);
  EXPECT_EQ(stands.bound_kg(), 107);
  ASSERT_EQ(stands.retired_size(), 1);
  EXPECT_EQ(stands.retired(0).purpose(), retired.retire().purpose());
  EXPECT_EQ(stands.retired(0).amount_kg(), 20);
  ASSERT_EQ(stands.loans_size(), 1);
  EXPECT_EQ(stands.loans(0).loan().loan(), "loan-1");
  EXPECT_EQ(city.view().enterprise_year("buyer", 2025)->loans_size(), 0);
  wait_until(city.now + 2 * kMicrosPerDay);
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "owner-side"}, 1));
  EXPECT_EQ(of().loans_size(), 0) << "it is over";
}

// ---- The footprint of a case ----

TEST_F(Standing, ACaseNamesAVerifiedFootprintOfItsHolderAndPeriod) {
  PUHUI_ACCEPTED(open_case(city, opening("c", "organisation")));
  const auto named = [&](const std::string& footprint, std::int64_t amount_kg = 183) {
    auto action = confirmation("c", amount_kg);
    action.set_footprint(footprint);
    return confirm_case(city, action);
  };
  PUHUI_REFUSED(named("none"), FOOTPRINT_UNKNOWN);
  PUHUI_REFUSED(named("f"), FOOTPRINT_STATE_WRONG);
  PUHUI_ACCEPTED(verify_footprint(city, "f"));
  for (const auto amount : {182, 184}) {
    const auto refused = named("f", amount);
    PUHUI_REFUSED(refused, CASE_AMOUNT);
    EXPECT_EQ(refused.outcome.limit(), "183 kg");
  }
  PUHUI_ACCEPTED(report(city, a_footprint("month", 1)));
  PUHUI_ACCEPTED(verify_footprint(city, "month"));
  PUHUI_REFUSED(named("month", 16), PERIOD_INVALID);
  auto of_buyer = a_source("of-buyer");
  of_buyer.set_party("buyer");
  PUHUI_ACCEPTED(file_source(city, of_buyer));
  auto other = a_footprint("other");
  other.set_party("buyer");
  PUHUI_ACCEPTED(report(city, other));
  PUHUI_ACCEPTED(verify_footprint(city, "other"));
  PUHUI_REFUSED(named("other"), FOOTPRINT_UNKNOWN);
  auto turned_down = rejection("c");
  turned_down.set_footprint("f");
  PUHUI_REFUSED(confirm_case(city, turned_down), EVENT_MALFORMED);
  PUHUI_ACCEPTED(named("f"));
}

TEST_F(Standing, OnlyFootprintsAreNamed) {
  PUHUI_ACCEPTED(verify_footprint(city, "f"));
  PUHUI_ACCEPTED(open_case(city, opening("c", "substitution")));
  auto action = confirmation("c", 183);
  action.set_footprint("f");
  PUHUI_REFUSED(confirm_case(city, action), EVENT_MALFORMED);
  // A footprint that the ledger did not compute is confirmed by its document.
  PUHUI_ACCEPTED(open_case(city, opening("d", "organisation")));
  PUHUI_ACCEPTED(confirm_case(city, confirmation("d", 1)));
}

// ---- Without what was measured ----

TEST_F(Standing, IsFollowedWithoutReadings) {
  PUHUI_ACCEPTED(report(city, a_footprint("gap", 1)));
  auto plain = footprint_verdict("f");
  plain.clear_statement();
  PUHUI_ACCEPTED(act(city, plain, {"verifier"}));
  PUHUI_ACCEPTED(open_case(city, opening("c", "organisation")));
  auto confirmed = confirmation("c", 183);
  confirmed.set_footprint("f");
  PUHUI_ACCEPTED(confirm_case(city, confirmed));
  const auto copy = City::bare();
  const auto log = city.view();
  for (std::uint64_t leaf = 0; leaf < log.head().size; ++leaf) {
    const auto entry = log.entry(leaf);
    const std::vector<Ledger::Leaf> leaves{{entry, std::nullopt}};
    const auto followed = copy->ledger().follow(leaves);
    ASSERT_TRUE(followed) << describe(followed.error());
  }
  EXPECT_TRUE(copy->view().gap());
  EXPECT_EQ(copy->head().root, city.head().root);
  EXPECT_EQ(footprint_text(footprint_named(*copy)), "grid 0 0/0, 0 kg");
  EXPECT_EQ(footprint_named(*copy).state(), v1::FOOTPRINT_VERIFIED);
  EXPECT_EQ(case_named(*copy, "c").state(), v1::CASE_CONFIRMED);
  EXPECT_EQ(months_text(*copy), "");
}

}  // namespace
}  // namespace puhui::ledger::testing
