// Footprints: what meters measured by the factors of its days, exactly; and who says that it is so.
#include <gtest/gtest.h>

#include <limits>

#include "tests/ledger/enterprises.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

constexpr auto kMax = std::numeric_limits<std::int64_t>::max();

struct Footprints : Enterprises {
  void factor(const Period& days, const std::string& kg_per_unit,
              const std::string& name = "grid.hubei") {
    PUHUI_ACCEPTED(
        file_factors(city, a_table("table-" + std::to_string(++tables_), days, kg_per_unit, name)));
  }
  // A footprint of the first month of 2025, each by a name of its own.
  std::string january() {
    const auto name = "january-" + std::to_string(++footprints_);
    const auto answer = report(city, a_footprint(name, 1));
    if (answer.decision != v1::ACCEPTED) return std::string(code_name(answer.code));
    return footprint_text(footprint_named(city, name));
  }

 private:
  int tables_ = 0, footprints_ = 0;
};
constexpr Period kJanuary{kYear2025, kYear2025 + 31};
constexpr Period kYear{kYear2025, kYear2026};

// ---- Sums ----

// Hubei's averages: 223 444.5 kWh × 0.3672 + 227 148 kWh × 0.4364 = 82 048.8204 + 99 127.3872 kg.
TEST_F(Footprints, OfAYearOfElectricity) {
  factor({kYear2025, kJuly2025}, "0.3672");
  factor({kJuly2025, kYear2026}, "0.4364");
  PUHUI_ACCEPTED(read(city, measured_daily(kYear, 12'345)));
  const auto answer = report(city, a_footprint());
  PUHUI_ACCEPTED(answer);
  const auto footprint = footprint_named(city);
  EXPECT_EQ(footprint_text(footprint), "grid 181176.2076 0/0, 181177 kg");
  EXPECT_EQ(footprint.state(), v1::FOOTPRINT_COMPUTED);
  EXPECT_EQ(footprint.reported_at(), static_cast<std::int64_t>(answer.leaf));
  EXPECT_EQ(footprint.lines(0).factor(), "grid.hubei");
  ASSERT_EQ(footprint.signers_size(), 1);
  EXPECT_EQ(footprint.signers(0), "owner");
  ASSERT_EQ(answer.outcome.facts_size(), 1);
  EXPECT_EQ(answer.outcome.facts(0).value(), "181177");
  // Each month by itself, rounded up by itself.
  PUHUI_ACCEPTED(report(city, a_footprint("june", 6)));
  EXPECT_EQ(footprint_text(footprint_named(city, "june")), "grid 13599.252 0/0, 13600 kg");
  PUHUI_ACCEPTED(report(city, a_footprint("july", 7)));
  EXPECT_EQ(footprint_text(footprint_named(city, "july")), "grid 16700.8098 0/0, 16701 kg");
}

// 15 days of 100 kWh × 0.3672 and 16 × 0.4364: 550.8 + 698.24 kg.
TEST_F(Footprints, OfAMonthInWhichTheFactorChanges) {
  factor({kYear2025, kYear2025 + 15}, "0.3672");
  factor({kYear2025 + 15, kYear2026}, "0.4364");
  PUHUI_ACCEPTED(read(city, measured_daily(kJanuary, 1'000)));
  EXPECT_EQ(january(), "grid 1249.04 0/0, 1250 kg");
}

TEST_F(Footprints, AreRoundedUpOnce) {
  factor(kYear, "1/3");
  PUHUI_ACCEPTED(read(city, {{kYear2025, 30}, {kYear2025 + 1, 30}, {kYear2025 + 2, 30}}));
  EXPECT_EQ(january(), "grid 3 28/0, 3 kg");
  PUHUI_ACCEPTED(read(city, {{kYear2025 + 3, 31}}));
  EXPECT_EQ(january(), "grid 121/30 27/0, 5 kg");
  PUHUI_ACCEPTED(file_source(city, a_source("more")));
  PUHUI_ACCEPTED(read(city, {{kYear2025, 29}}, {.source = "more"}));
  EXPECT_EQ(january(), "grid 121/30 27/0, more 29/30 30/0, 5 kg");
}

TEST_F(Footprints, OfNothingMeasuredAreNothing) {
  factor(kYear, "0.3672");
  EXPECT_EQ(january(), "grid 0 31/0, 0 kg");
}

TEST_F(Footprints, AreOfTheSourcesThatAreThere) {
  factor(kYear, "1");
  factor(kYear, "2", "coal");
  const auto source = [&](const std::string& name, const Period& days) {
    auto action = a_source(name);
    action.set_factor("coal");
    action.set_scale(0);
    action.set_from(days.from);
    action.set_to(days.to);
    PUHUI_ACCEPTED(file_source(city, action));
  };
  source("before", {kYear2025 - 30, kYear2025});
  source("after", {kYear2025 + 31, kYear2026});
  source("begins", {kYear2025 + 30, kYear2026});
  source("ends", {kYear2025 - 30, kYear2025 + 1});
  auto of_another = a_source("another");
  of_another.set_party("buyer");
  PUHUI_ACCEPTED(file_source(city, of_another));
  PUHUI_ACCEPTED(read(city, {{kYear2025 + 30, 7}, {kYear2025 + 31, 7}}, {.source = "begins"}));
  PUHUI_ACCEPTED(read(city, {{kYear2025 - 1, 5}, {kYear2025, 5}}, {.source = "ends"}));
  EXPECT_EQ(january(), "begins 14 0/0, ends 10 0/0, grid 0 31/0, 24 kg");
  auto of_buyer = a_footprint("of-buyer", 1);
  of_buyer.set_party("buyer");
  PUHUI_ACCEPTED(report(city, of_buyer));
  EXPECT_EQ(footprint_text(footprint_named(city, "of-buyer")), "another 0 31/0, 0 kg");
}

TEST_F(Footprints, TellOfGapsAndJumps) {
  factor(kYear, "1");
  PUHUI_ACCEPTED(read(city, {{kYear2025 - 1, 10}, {kYear2025, 100}, {kYear2025 + 5, 10}}));
  EXPECT_EQ(january(), "grid 11 29/2, 11 kg");
}

// ---- What is refused ----

TEST_F(Footprints, AreWellFormed) {
  factor(kYear, "1");
  PUHUI_REFUSED(report(city, a_footprint("F")), EVENT_MALFORMED);
  PUHUI_REFUSED(report(city, a_footprint("f", 13)), EVENT_MALFORMED);
  PUHUI_REFUSED(report(city, a_footprint("f", 0, 1969)), EVENT_MALFORMED);
  PUHUI_REFUSED(report(city, a_footprint("f", 0, 10'000)), EVENT_MALFORMED);
  auto of_nobody = a_footprint();
  of_nobody.set_party("nobody");
  PUHUI_REFUSED(act(city, of_nobody, {"owner"}), PARTY_UNKNOWN);
  needs_all(a_footprint(), {"owner"});
  PUHUI_REFUSED(report(city, a_footprint()), FOOTPRINT_EXISTS);
}

TEST_F(Footprints, AreOfPeriodsThatAreOver) {
  factor({kYear2025, kYear2027}, "1");
  const auto early = report(city, a_footprint("f", 0, 2026));
  PUHUI_REFUSED(early, PERIOD_INVALID);
  EXPECT_EQ(early.outcome.asked(), "[2026-01-01, 2027-01-01)");
  const auto february = kYear2026 + 31;
  city.now = time_of_day(february) - 1;
  PUHUI_REFUSED(report(city, a_footprint("f", 1, 2026)), PERIOD_INVALID);
  city.now = time_of_day(february);
  PUHUI_ACCEPTED(report(city, a_footprint("f", 1, 2026)));
  PUHUI_REFUSED(report(city, a_footprint("g", 12, 9'999)), PERIOD_INVALID);
}

TEST_F(Footprints, NeedASource) {
  factor({0, kYear2026}, "1");
  PUHUI_REFUSED(report(city, a_footprint("f", 0, 2023)), SOURCE_UNKNOWN);
  auto of_buyer = a_footprint();
  of_buyer.set_party("buyer");
  PUHUI_REFUSED(report(city, of_buyer), SOURCE_UNKNOWN);
}

TEST_F(Footprints, NeedAFactorOnEachDay) {
  EXPECT_EQ(january(), "factor.unknown");
  factor({kYear2025, kYear2025 + 10}, "1");
  EXPECT_EQ(january(), "factor.unknown");
  factor({kYear2025 + 11, kYear2025 + 31}, "1");
  const auto refused = report(city, a_footprint("f", 1));
  PUHUI_REFUSED(refused, FACTOR_UNKNOWN);
  EXPECT_EQ(refused.outcome.asked(), "grid on 2025-01-11");
  factor({kYear2025 + 10, kYear2025 + 11}, "1");
  EXPECT_EQ(january(), "grid 0 31/0, 0 kg");
}

TEST_F(Footprints, NeedAFactorOfTheUnitThatIsMeasured) {
  auto action = a_table("t", kYear, "1");
  action.mutable_factors(0)->set_unit("MWh");
  PUHUI_ACCEPTED(file_factors(city, action));
  const auto refused = report(city, a_footprint());
  PUHUI_REFUSED(refused, FACTOR_UNKNOWN);
  EXPECT_EQ(refused.outcome.limit(), "grid.hubei per kWh");
  EXPECT_EQ(refused.outcome.used(), "MWh");
}

TEST_F(Footprints, FitANumber) {
  factor(kYear, "10");
  PUHUI_ACCEPTED(read(city, {{kYear2025, kMax}}));
  EXPECT_EQ(january(), "grid 9223372036854775807 30/0, 9223372036854775807 kg");
  PUHUI_ACCEPTED(file_source(city, a_source("more")));
  PUHUI_ACCEPTED(read(city, {{kYear2025, 1}}, {.source = "more"}));
  EXPECT_EQ(january(), "result.too_large");
}

TEST_F(Footprints, AreAddedUpWithinTheBoundOfFormulas) {
  const std::string ten_to_38 = "1" + std::string(37, '0');
  for (int day = 0; day < 5; ++day)
    factor({kYear2025 + day, kYear2025 + day + 1}, "1/" + ten_to_38 + std::to_string(2 * day + 1));
  factor({kYear2025 + 5, kYear2026}, "1");
  PUHUI_ACCEPTED(read(city, measured_daily({kYear2025, kYear2025 + 5}, 10)));
  EXPECT_EQ(january(), "formula.overflow");
}

// ---- Verification ----

struct VerifiedFootprints : Footprints {
  void SetUp() override {
    Footprints::SetUp();
    factor(kYear, "0.5");
    PUHUI_ACCEPTED(read(city, measured_daily(kYear, 10)));
    PUHUI_ACCEPTED(report(city, a_footprint()));  // 182.5
  }
  [[nodiscard]] v1::FootprintState state(const std::string& footprint = "f") const {
    return footprint_named(city, footprint).state();
  }
};

TEST_F(VerifiedFootprints, AreVerifiedOnce) {
  auto plain = footprint_verdict("f");
  plain.clear_statement();
  needs_all(plain, {"verifier"});
  const auto footprint = footprint_named(city);
  EXPECT_EQ(footprint.state(), v1::FOOTPRINT_VERIFIED);
  EXPECT_EQ(footprint.verifier(), "verifier");
  EXPECT_GT(footprint.verified_at(), footprint.reported_at());
  EXPECT_TRUE(footprint.verification().is_positive());
  EXPECT_EQ(footprint.amount_kg(), 183);
  PUHUI_REFUSED(verify_footprint(city, "f"), FOOTPRINT_STATE_WRONG);
  PUHUI_REFUSED(verify_footprint(city, "f", false), FOOTPRINT_STATE_WRONG);
  PUHUI_REFUSED(verify_footprint(city, "none"), FOOTPRINT_UNKNOWN);
}

TEST_F(VerifiedFootprints, OrTurnedDownForEver) {
  PUHUI_ACCEPTED(verify_footprint(city, "f", false));
  EXPECT_EQ(state(), v1::FOOTPRINT_REJECTED);
  PUHUI_REFUSED(verify_footprint(city, "f"), FOOTPRINT_STATE_WRONG);
}

TEST_F(VerifiedFootprints, GapsAndJumpsAreExplained) {
  auto action = a_source("gaps");
  action.set_party("buyer");
  PUHUI_ACCEPTED(file_source(city, action));
  auto days = measured_daily(kYear, 10);
  days.pop_back();
  PUHUI_ACCEPTED(read(city, days, {.source = "gaps", .party = "buyer"}));
  auto of_buyer = a_footprint("gap");
  of_buyer.set_party("buyer");
  PUHUI_ACCEPTED(report(city, of_buyer));
  PUHUI_ACCEPTED(read(city, {{kYear2026 - 1, 99}}, {.source = "gaps", .party = "buyer"}));
  of_buyer.set_footprint("jump");
  PUHUI_ACCEPTED(report(city, of_buyer));
  for (const std::string name : {"gap", "jump"}) {
    auto plain = footprint_verdict(name);
    plain.clear_statement();
    PUHUI_REFUSED(act(city, plain, {"verifier"}), INPUT_MISSING);
    PUHUI_ACCEPTED(verify_footprint(city, name));
  }
  of_buyer.set_footprint("down");
  PUHUI_ACCEPTED(report(city, of_buyer));
  auto plain = footprint_verdict("down", false);
  plain.clear_statement();
  PUHUI_ACCEPTED(act(city, plain, {"verifier"}));
}

TEST_F(VerifiedFootprints, ByAWellFormedStatement) {
  auto action = footprint_verdict("f");
  action.mutable_statement()->set_size(0);
  PUHUI_REFUSED(act(city, action, {"verifier"}), EVENT_MALFORMED);
}

TEST_F(VerifiedFootprints, BySomebodyElse) {
  const auto lab = [&](const std::string& name, const std::string& entity) {
    auto payload = city.event("bureau");
    *payload.mutable_register_party() = founding_party(name, {v1::VERIFIER});
    payload.mutable_register_party()->set_legal_entity(entity);
    city.must(payload, {"bureau"});
  };
  lab("sister", "entity of owner");
  lab("co-signer", "entity of the co-signer");
  PUHUI_REFUSED(act(city, footprint_verdict("f"), {"sister"}), SIGNER_INDEPENDENCE);
  PUHUI_REFUSED(act(city, footprint_verdict("f"), {"verifier", "sister"}), SIGNER_INDEPENDENCE);
  PUHUI_REFUSED(act(city, footprint_verdict("f"), {"verifier", "operator"}), SIGNER_INDEPENDENCE);
  PUHUI_ACCEPTED(act(city, a_footprint("signed"), {"owner", "co-signer"}));
  PUHUI_REFUSED(act(city, footprint_verdict("signed"), {"co-signer"}), SIGNER_INDEPENDENCE);
  PUHUI_ACCEPTED(act(city, footprint_verdict("f"), {"co-signer"}));
  EXPECT_EQ(footprint_named(city).verifier(), "co-signer");
}

// ---- How an enterprise stands ----

struct Standing : VerifiedFootprints {
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
  EXPECT_EQ(of().net_kg(), 0);
  EXPECT_TRUE(of().is_neutral());
  EXPECT_EQ(of().held_kg(), kIssued - 183);
  EXPECT_EQ(of(2026).retired_kg(), 0);
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
