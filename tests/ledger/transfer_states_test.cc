// Every action on a transfer in every state of it, in the city that sent it and in the one that may
// take it.
#include <gtest/gtest.h>

#include "tests/ledger/states.h"
#include "tests/ledger/transfer_settlements.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

// Unwelcome is what the taker has a reason to refuse; overdue, what it may only void. The last two
// were concluded at home.
enum class Stage : std::uint8_t {
  none,
  sent,
  unwelcome,
  overdue,
  imported,
  refused,
  voided,
  settled,
  concluded,
  freed
};
enum class Act : std::uint8_t { import, refuse, void_it, settle, conclude, settle_home, give_up };
using TransferCase = std::tuple<Stage, Act>;

bool is_in(Stage stage, std::initializer_list<Stage> stages) {
  return std::ranges::find(stages, stage) != stages.end();
}
bool is_over(Stage stage) { return is_in(stage, {Stage::concluded, Stage::freed}); }
bool is_answered(Stage stage) {
  return is_over(stage) ||
         is_in(stage, {Stage::imported, Stage::refused, Stage::voided, Stage::settled});
}

// What both ledgers say of a transfer.
struct Both {
  v1::TransferState here = v1::TRANSFER_STATE_UNSPECIFIED;
  v1::TransferState there = v1::TRANSFER_STATE_UNSPECIFIED;
};
Both both_in(Stage stage) {
  if (stage == Stage::none) return {};
  Both both{v1::TRANSFER_LOCKED};
  if (is_in(stage, {Stage::imported, Stage::concluded})) both.there = v1::TRANSFER_IMPORTED;
  if (is_in(stage, {Stage::refused, Stage::freed})) both.there = v1::TRANSFER_REFUSED;
  if (is_in(stage, {Stage::voided, Stage::settled})) both.there = v1::TRANSFER_VOID;
  if (stage == Stage::concluded) both.here = v1::TRANSFER_CONCLUDED;
  if (stage == Stage::freed) both.here = v1::TRANSFER_FREED;
  return both;
}

struct TransferStates : TwoCities, ::testing::WithParamInterface<TransferCase> {
  void bring(Stage stage) {
    PUHUI_ACCEPTED(a.issue_kg(20));
    recognise();
    if (stage != Stage::none) send(stage);
    id = id_of(a, exported);
    if (is_answered(stage)) answer(stage);
    if (is_over(stage)) PUHUI_ACCEPTED(conclude(a, carry(b, a, answered)));
  }
  void send(Stage stage) {
    const bool is_welcome = !is_in(stage, {Stage::unwelcome, Stage::refused, Stage::freed});
    const auto sent =
        export_units(a, b, {{{1, 20}}, "owner-main", is_welcome ? "owner-main" : "nobody"});
    PUHUI_ACCEPTED(sent);
    exported = sent.leaf;
    if (is_in(stage, {Stage::overdue, Stage::voided})) b.now = sent.time + kAnswerWithin;
  }
  void answer(Stage stage) {
    const auto by = is_in(stage, {Stage::imported, Stage::concluded}) ? Act::import
                    : stage == Stage::voided                          ? Act::void_it
                    : stage == Stage::settled                         ? Act::settle
                                                                      : Act::refuse;
    const auto accepted = carry_out(by);
    PUHUI_ACCEPTED(accepted);
    answered = accepted.leaf;
  }
  Answer carry_out(Act act) {
    switch (act) {
      case Act::import:
        return import_units(b, carry(a, b, exported));
      case Act::refuse:
        return refuse_import(b, carry(a, b, exported), "account.unknown");
      case Act::void_it:
        return void_import(b, carry(a, b, exported));
      case Act::settle:
        return settle(b, a, settlement_of(a, exported));
      case Act::conclude:
        return conclude(a, carry(b, a, answered));
      default:
        return end_at_home(act);
    }
  }
  // Once it waits for no answer any more: as both authorities say what it came to, or alone.
  Answer end_at_home(Act act) {
    EXPECT_EQ(set_agreement(a, b, v1::CLOSED).decision, v1::ACCEPTED);
    const bool is_taken = transfer_state(b, id) == v1::TRANSFER_IMPORTED;
    if (act == Act::settle_home) return settle(a, b, settlement_of(a, exported, is_taken));
    a.now += kDeadAfter + kSecond;
    return give_up(a, settlement_of(a, exported));
  }
  void expect_both(const Both& both) const {
    EXPECT_EQ(transfer_state(a, id), both.here);
    EXPECT_EQ(transfer_state(b, id), both.there);
    EXPECT_EQ(a.bound("owner-main"), both.here == v1::TRANSFER_LOCKED ? 20 : 0);
    EXPECT_EQ(b.held("owner-main"), both.there == v1::TRANSFER_IMPORTED ? 18 : 0);
    EXPECT_EQ(a.totals().units_exported_kg(), both.here == v1::TRANSFER_CONCLUDED ? 18 : 0);
  }

  // Before it is sent, leaves that are about none: they name it all the same.
  std::string id;
  std::uint64_t exported = 0, answered = 0;
};

v1::ErrorCode expected_there(Stage stage, Act act) {
  if (is_answered(stage)) return TRANSFER_ANSWERED;
  if (act == Act::settle) return ErrorCode::OK;
  if (stage == Stage::none) return LEAF_UNEXPECTED;
  if (act == Act::void_it)
    return stage == Stage::overdue ? ErrorCode::OK : TRANSFER_DEADLINE_RUNNING;
  if (stage == Stage::overdue) return TRANSFER_DEADLINE_PASSED;
  if (act == Act::import) return stage == Stage::sent ? ErrorCode::OK : ACCOUNT_UNKNOWN;
  return stage == Stage::sent ? TRANSFER_ACCEPTABLE : ErrorCode::OK;
}
v1::ErrorCode expected_home(Stage stage, Act act) {
  if (is_over(stage)) return TRANSFER_STATE_WRONG;
  if (act == Act::conclude) return is_answered(stage) ? ErrorCode::OK : LEAF_UNEXPECTED;
  return stage == Stage::none ? TRANSFER_UNKNOWN : ErrorCode::OK;
}
v1::ErrorCode expected(Stage stage, Act act) {
  const bool is_home = act == Act::conclude || act == Act::settle_home || act == Act::give_up;
  return is_home ? expected_home(stage, act) : expected_there(stage, act);
}

Both after(Both both, Act act) {
  const bool is_taken = both.there == v1::TRANSFER_IMPORTED;
  switch (act) {
    case Act::import:
      return {both.here, v1::TRANSFER_IMPORTED};
    case Act::refuse:
      return {both.here, v1::TRANSFER_REFUSED};
    case Act::void_it:
    case Act::settle:
      return {both.here, v1::TRANSFER_VOID};
    case Act::give_up:
      return {v1::TRANSFER_FREED, both.there};
    default:
      return {is_taken ? v1::TRANSFER_CONCLUDED : v1::TRANSFER_FREED, both.there};
  }
}

TEST_P(TransferStates, AllowSomeActions) {
  const auto [stage, act] = GetParam();
  bring(stage);
  const auto before = both_in(stage);
  expect_both(before);
  const auto wanted = expected(stage, act);
  expect_code(carry_out(act), wanted);
  expect_both(wanted == ErrorCode::OK ? after(before, act) : before);
  // Who gives up what was taken has been told so by nobody: that is the price of the rule.
  if (stage == Stage::imported && act == Act::give_up) {
    known_drift = drift_between(a, b);
    EXPECT_NE(known_drift, "");
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, TransferStates,
    ::testing::Combine(::testing::Values(Stage::none, Stage::sent, Stage::unwelcome, Stage::overdue,
                                         Stage::imported, Stage::refused, Stage::voided,
                                         Stage::settled, Stage::concluded, Stage::freed),
                       ::testing::Values(Act::import, Act::refuse, Act::void_it, Act::settle,
                                         Act::conclude, Act::settle_home, Act::give_up)));

}  // namespace
}  // namespace puhui::ledger::testing
