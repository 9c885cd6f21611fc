// What a party may do, and what may be done to it, while it is free, frozen or suspended.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/ledger/states.h"
#include "tests/ledger/units.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

enum class RestraintAction : std::uint8_t { freeze, suspend, release, act, move };
using RestraintCase = std::tuple<v1::Restraint, RestraintAction>;

struct Restraints : Units, ::testing::WithParamInterface<RestraintCase> {
  void SetUp() override { PUHUI_ACCEPTED(city.issue_kg(10)); }

  Answer restrain(v1::Restraint restraint) {
    auto payload = city.event("bureau");
    payload.mutable_restrain_party()->set_party("owner");
    payload.mutable_restrain_party()->set_restraint(restraint);
    payload.mutable_restrain_party()->set_reason("case 1");
    return city.send(payload, {"bureau"});
  }
  Answer release() {
    auto payload = city.event("bureau");
    payload.mutable_release_party()->set_party("owner");
    payload.mutable_release_party()->set_restrained_at(restrained_at);
    return city.send(payload, {"bureau"});
  }
  Answer carry_out(RestraintAction action) {
    switch (action) {
      case RestraintAction::freeze:
        return restrain(v1::FROZEN);
      case RestraintAction::suspend:
        return restrain(v1::SUSPENDED);
      case RestraintAction::release:
        return release();
      case RestraintAction::act:
        return open_account(city, "new", "owner");
      default:
        return transfer(city, {"owner-main", "buyer-main"}, 1);
    }
  }
  // The strongest that stands.
  [[nodiscard]] v1::Restraint restraint() const {
    auto strongest = v1::RESTRAINT_UNSPECIFIED;
    const auto party = *city.view().party("owner");
    for (const auto& each : party.restraints())
      strongest = std::max(strongest, each.restraint().restraint());
    return strongest;
  }
  std::int64_t restrained_at = 0;
};

v1::ErrorCode expected(v1::Restraint state, RestraintAction action) {
  switch (action) {
    case RestraintAction::release:
      return state == v1::RESTRAINT_UNSPECIFIED ? NOT_FOUND : ErrorCode::OK;
    case RestraintAction::act:
      return state == v1::SUSPENDED ? PARTY_RESTRAINED : ErrorCode::OK;
    case RestraintAction::move:
      return state == v1::RESTRAINT_UNSPECIFIED ? ErrorCode::OK : PARTY_RESTRAINED;
    default:
      return ErrorCode::OK;
  }
}

v1::Restraint next(v1::Restraint state, RestraintAction action) {
  if (action == RestraintAction::freeze) return std::max(state, v1::FROZEN);
  if (action == RestraintAction::suspend) return v1::SUSPENDED;
  return action == RestraintAction::release ? v1::RESTRAINT_UNSPECIFIED : state;
}

TEST_P(Restraints, AllowSomeActions) {
  const auto [state, action] = GetParam();
  if (state != v1::RESTRAINT_UNSPECIFIED) {
    const auto restrained = restrain(state);
    PUHUI_ACCEPTED(restrained);
    restrained_at = static_cast<std::int64_t>(restrained.leaf);
  }
  expect_code(carry_out(action), expected(state, action));
  EXPECT_EQ(restraint(), next(state, action));
}

INSTANTIATE_TEST_SUITE_P(
    All, Restraints,
    ::testing::Combine(::testing::Values(v1::RESTRAINT_UNSPECIFIED, v1::FROZEN, v1::SUSPENDED),
                       ::testing::Values(RestraintAction::freeze, RestraintAction::suspend,
                                         RestraintAction::release, RestraintAction::act,
                                         RestraintAction::move)));

}  // namespace
}  // namespace puhui::ledger::testing
