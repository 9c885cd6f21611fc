// Every action on a footprint in every state of it.
#include <gtest/gtest.h>

#include "tests/ledger/enterprises.h"
#include "tests/ledger/states.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

// A case is confirmed by a footprint that it names.
enum class FootprintAction : std::uint8_t { report, confirm, turn_down, name };
using FootprintCase = std::tuple<v1::FootprintState, FootprintAction>;

struct FootprintStates : Enterprises, ::testing::WithParamInterface<FootprintCase> {
  void SetUp() override {
    Enterprises::SetUp();
    PUHUI_ACCEPTED(file_factors(city, a_table("table", {kYear2025, kYear2026}, "0.5")));
    PUHUI_ACCEPTED(read(city, measured_daily({kYear2025, kYear2026}, 100)));
    PUHUI_ACCEPTED(open_case(city, opening("c", "organisation")));
  }
  void bring(v1::FootprintState state) {
    if (state == v1::FOOTPRINT_STATE_UNSPECIFIED) return;
    PUHUI_ACCEPTED(ledger::testing::report(city, a_footprint()));
    if (state == v1::FOOTPRINT_COMPUTED) return;
    PUHUI_ACCEPTED(verify_footprint(city, "f", state == v1::FOOTPRINT_VERIFIED));
  }
  Answer carry_out(FootprintAction action) {
    auto confirmed = confirmation("c", kAmountKg);
    confirmed.set_footprint("f");
    switch (action) {
      case FootprintAction::report:
        return ledger::testing::report(city, a_footprint());
      case FootprintAction::confirm:
        return verify_footprint(city, "f");
      case FootprintAction::turn_down:
        return verify_footprint(city, "f", false);
      default:
        return confirm_case(city, confirmed);
    }
  }
  // 365 days of 10 kWh at half a kilogram, rounded up.
  static constexpr std::int64_t kAmountKg = 1'825;
};

v1::ErrorCode expected(v1::FootprintState state, FootprintAction action) {
  const bool is_new = state == v1::FOOTPRINT_STATE_UNSPECIFIED;
  if (action == FootprintAction::report) return is_new ? ErrorCode::OK : FOOTPRINT_EXISTS;
  if (is_new) return FOOTPRINT_UNKNOWN;
  const auto from =
      action == FootprintAction::name ? v1::FOOTPRINT_VERIFIED : v1::FOOTPRINT_COMPUTED;
  return state == from ? ErrorCode::OK : FOOTPRINT_STATE_WRONG;
}

v1::FootprintState next(v1::FootprintState state, FootprintAction action) {
  if (expected(state, action) != ErrorCode::OK) return state;
  if (action == FootprintAction::report) return v1::FOOTPRINT_COMPUTED;
  return action == FootprintAction::turn_down ? v1::FOOTPRINT_REJECTED : v1::FOOTPRINT_VERIFIED;
}

TEST_P(FootprintStates, AllowSomeActions) {
  const auto [state, action] = GetParam();
  bring(state);
  ASSERT_EQ(footprint_named(city).state(), state);
  const auto before = footprint_named(city).SerializeAsString();
  expect_code(carry_out(action), expected(state, action));
  EXPECT_EQ(footprint_named(city).state(), next(state, action));
  EXPECT_EQ(footprint_named(city).SerializeAsString() == before, next(state, action) == state);
}

INSTANTIATE_TEST_SUITE_P(
    All, FootprintStates,
    ::testing::Combine(::testing::Values(v1::FOOTPRINT_STATE_UNSPECIFIED, v1::FOOTPRINT_COMPUTED,
                                         v1::FOOTPRINT_VERIFIED, v1::FOOTPRINT_REJECTED),
                       ::testing::Values(FootprintAction::report, FootprintAction::confirm,
                                         FootprintAction::turn_down, FootprintAction::name)));

}  // namespace
}  // namespace puhui::ledger::testing
