// Every action on a bond in every state of it.
#include <gtest/gtest.h>

#include "tests/ledger/bonds.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

enum class BondAction : std::uint8_t { bind, release, post, settle };
using BondCase = std::tuple<v1::BondState, BondAction>;

struct BondStates : Bonds, ::testing::WithParamInterface<BondCase> {
  void bring(v1::BondState state) {
    if (state == v1::BOND_STATE_UNSPECIFIED) return;
    auto action = binding("b", v1::RESERVATION, 10);
    const auto of_case = opening("c", "product");
    if (state == v1::BOND_EXPIRED) action.set_expires_at(city.now + kHour);
    if (state == v1::BOND_RETIRED) {
      PUHUI_ACCEPTED(open_case(city, of_case));
      action.set_case_("c");
    }
    PUHUI_ACCEPTED(bind_units(city, action));
    if (state == v1::POSTED) PUHUI_ACCEPTED(post_bond(city, posting("b")));
    if (state == v1::RELEASED) PUHUI_ACCEPTED(release_bond(city, releasing("b")));
    if (state == v1::BOND_EXPIRED) wait_until(action.expires_at());
    if (state == v1::BOND_RETIRED) PUHUI_ACCEPTED(retire_case(city, "c", 10));
    ASSERT_EQ(bond().state(), state);
  }
  Answer carry_out(BondAction action) {
    switch (action) {
      case BondAction::bind:
        return bind_kg(10);
      case BondAction::release:
        return release_bond(city, releasing("b", 5));
      case BondAction::post:
        return post_bond(city, posting("b", 5));
      default:
        return act(city, settlement({leg_of_bond("b", 5)}), {"exchange"});
    }
  }
};

v1::ErrorCode expected(v1::BondState state, BondAction action) {
  if (state == v1::BOND_STATE_UNSPECIFIED)
    return action == BondAction::bind ? ErrorCode::OK : BOND_UNKNOWN;
  if (action == BondAction::bind) return BOND_EXISTS;
  return state == v1::BOUND ? ErrorCode::OK : BOND_STATE_WRONG;
}

TEST_P(BondStates, AllowSomeActions) {
  const auto [state, action] = GetParam();
  bring(state);
  const auto before = bond().SerializeAsString();
  const auto held = city.held("owner-main");
  const auto wanted = expected(state, action);
  const auto answer = carry_out(action);
  EXPECT_EQ(code_name(answer.code), code_name(wanted));
  EXPECT_EQ(answer.decision, wanted == ErrorCode::OK ? v1::ACCEPTED : v1::REFUSED);
  EXPECT_EQ(bond().SerializeAsString() == before, wanted != ErrorCode::OK);
  const bool leaves =
      wanted == ErrorCode::OK && (action == BondAction::post || action == BondAction::settle);
  EXPECT_EQ(city.held("owner-main"), leaves ? held - 5 : held);
}

INSTANTIATE_TEST_SUITE_P(
    All, BondStates,
    ::testing::Combine(::testing::Values(v1::BOND_STATE_UNSPECIFIED, v1::BOUND, v1::POSTED,
                                         v1::RELEASED, v1::BOND_EXPIRED, v1::BOND_RETIRED),
                       ::testing::Values(BondAction::bind, BondAction::release, BondAction::post,
                                         BondAction::settle)));

}  // namespace
}  // namespace puhui::ledger::testing
