// Every action on a unit batch, issued or registered, and on what is left of it.
#include <gtest/gtest.h>

#include "tests/ledger/states.h"
#include "tests/ledger/units.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

// Withdrawn: recalled before it is registered.
enum class BatchState : std::uint8_t { none, issued, registered, recalled, withdrawn, expired };
enum class BatchAction : std::uint8_t { issue, register_it, move, recall, expire };
using BatchCase = std::tuple<BatchState, BatchAction>;

// Batches are registered by an action of their own, and no vintage serves any purpose.
v1::RuleSet registering() {
  auto rules = registry_rules("registering");
  rules.set_registers_batches(true);
  rules.add_vintages()->set_years(0);
  return rules;
}

struct BatchStates : Units, ::testing::WithParamInterface<BatchCase> {
  BatchStates() : Units(registering()) {}

  void bring(BatchState state) {
    if (state == BatchState::none) return;
    PUHUI_ACCEPTED(city.issue_kg(10));
    if (state == BatchState::issued) return;
    if (state == BatchState::withdrawn) {
      PUHUI_ACCEPTED(recall(city, "B1"));
      return;
    }
    PUHUI_ACCEPTED(register_batch(city, "B1"));
    if (state == BatchState::recalled) PUHUI_ACCEPTED(recall(city, "B1"));
    if (state == BatchState::expired) PUHUI_ACCEPTED(expire(city, "B1"));
  }
  Answer carry_out(BatchAction action) {
    switch (action) {
      case BatchAction::issue:
        return issue(city, city.last_report(), "B1");
      case BatchAction::register_it:
        return register_batch(city, "B1");
      case BatchAction::move:
        return transfer(city, {"owner-main", "buyer-main"}, 5);
      case BatchAction::recall:
        return recall(city, "B1");
      default:
        return expire(city, "B1");
    }
  }
};

v1::ErrorCode expected(BatchState state, BatchAction action) {
  const bool is_issued = state == BatchState::issued, stands = state == BatchState::registered;
  if (action == BatchAction::issue) return state == BatchState::none ? ErrorCode::OK : BATCH_EXISTS;
  if (action == BatchAction::move) return stands ? ErrorCode::OK : BALANCE_INSUFFICIENT;
  if (state == BatchState::none) return BATCH_UNKNOWN;
  if (action == BatchAction::register_it) return is_issued ? ErrorCode::OK : BATCH_STATE;
  if (action == BatchAction::recall) return is_issued || stands ? ErrorCode::OK : RECALL_NOTHING;
  return stands ? ErrorCode::OK : AMOUNT_ZERO;
}

TEST_P(BatchStates, AllowSomeActions) {
  const auto [state, action] = GetParam();
  bring(state);
  // Another report is verified, to be issued.
  city.apply(city.reported(10));
  const auto before = city.head();
  const auto wanted = expected(state, action);
  expect_code(carry_out(action), wanted);
  EXPECT_EQ(city.head().digest == before.digest, wanted != ErrorCode::OK);
  EXPECT_EQ(city.view().batch("B1").has_value(),
            state != BatchState::none || action == BatchAction::issue);
}

INSTANTIATE_TEST_SUITE_P(
    All, BatchStates,
    ::testing::Combine(::testing::Values(BatchState::none, BatchState::issued,
                                         BatchState::registered, BatchState::recalled,
                                         BatchState::withdrawn, BatchState::expired),
                       ::testing::Values(BatchAction::issue, BatchAction::register_it,
                                         BatchAction::move, BatchAction::recall,
                                         BatchAction::expire)));

}  // namespace
}  // namespace puhui::ledger::testing
