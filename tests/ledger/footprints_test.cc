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

TEST_F(VerifiedFootprints, DaysThatWereReadTwiceAreExplained) {
  PUHUI_ACCEPTED(read(city, {{kYear2025, 11}, {kYear2025 + 40, 12}, {kYear2026, 10}}));
  PUHUI_ACCEPTED(report(city, a_footprint("twice")));
  PUHUI_ACCEPTED(report(city, a_footprint("january", 1)));
  PUHUI_ACCEPTED(report(city, a_footprint("march", 3)));
  EXPECT_EQ(footprint_named(city, "twice").lines(0).duplicates(), 2U);
  EXPECT_EQ(footprint_named(city, "twice").amount_kg(), footprint_named(city).amount_kg());
  EXPECT_EQ(footprint_named(city, "january").lines(0).duplicates(), 1U);
  for (const std::string name : {"f", "march", "january", "twice"}) {
    auto plain = footprint_verdict(name);
    plain.clear_statement();
    const auto answer = act(city, plain, {"verifier"});
    const bool is_plain = name == "f" || name == "march";  // "f" was reported before
    EXPECT_EQ(code_name(answer.code), code_name(is_plain ? ErrorCode::OK : INPUT_MISSING)) << name;
    if (!is_plain) PUHUI_ACCEPTED(verify_footprint(city, name));
  }
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

}  // namespace
}  // namespace puhui::ledger::testing
