// Retirement for compliance with an emissions trading scheme: accepted, refused, too late.
#include <gtest/gtest.h>

#include "ledger/rules/due.h"
#include "tests/ledger/cases.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct Compliance : Cases {
  static constexpr const char* kFirm = "entity of buyer";

  void SetUp() override {
    Cases::SetUp();
    PUHUI_ACCEPTED(transfer(city, kToBuyer, kIssued));
    auto firm = ets_firm(kFirm);
    firm.set_allowances_due_kg(100'000);
    PUHUI_ACCEPTED(publish_ets(city, 2025, {firm}));
    auto opened = opening("c", "compliance");
    opened.set_account("buyer-main");
    until = city.now + kComplianceTime;
    PUHUI_ACCEPTED(open_case(city, opened));
    PUHUI_ACCEPTED(bind_for(city, "c", "b", 3'000));
  }
  [[nodiscard]] std::int64_t used() const { return cap_used(city, "compliance", 2025, kFirm); }
  void expect_void(std::int64_t bound_kg = 3'000) {
    EXPECT_EQ(state(), v1::CASE_VOID);
    EXPECT_EQ(bond("b").state(), v1::RELEASED);
    EXPECT_EQ(bond("b").released_kg(), bound_kg);
    EXPECT_EQ(city.bound("buyer-main"), 0);
    EXPECT_EQ(city.held("buyer-main"), kIssued);
    EXPECT_EQ(used(), 0);
    EXPECT_EQ(retired(), 0);
  }
  Micros until = 0;
};

TEST_F(Compliance, IsAcceptedByTheAuthorityOfTheScheme) {
  EXPECT_EQ(of().until(), until);
  EXPECT_EQ(city.ledger().next_due(), until);
  needs_all(confirmation("c", 3'000), {"ets"});
  EXPECT_EQ(used(), 3'000);
  certified(retire_case(city, "c", 3'000));
  EXPECT_EQ(used(), 3'000) << "what is retired stays counted";
  wait_until(until);
  EXPECT_EQ(state(), v1::CASE_CERTIFIED);
  EXPECT_EQ(used(), 3'000);
}

TEST_F(Compliance, IsRefused) {
  const auto refused = confirm_case(city, rejection("c"));
  PUHUI_ACCEPTED(refused);
  expect_void();
  EXPECT_EQ(of().ended_at(), static_cast<std::int64_t>(refused.leaf));
  EXPECT_FALSE(of().confirmation().accepted());
  PUHUI_ACCEPTED(transfer(city, {"buyer-main", "owner-main"}, kIssued, "buyer"));
  EXPECT_EQ(held_text(city, "owner-main"), "1-10000");
}

TEST_F(Compliance, IsVoidWhenItsDeadlinePasses) {
  const auto size = city.head().size;
  wait_until(until - 1);
  EXPECT_EQ(city.head().size, size);
  EXPECT_EQ(state(), v1::CASE_OPEN);
  wait_until(until);
  EXPECT_EQ(city.head().size, size + 1);
  expect_void();
  EXPECT_EQ(of().ended_at(), static_cast<std::int64_t>(size));
  EXPECT_EQ(city.ledger().next_due(), kTimeMax);
}

TEST_F(Compliance, IsConfirmedUntilItsDeadline) {
  city.now = until - 1;
  PUHUI_ACCEPTED(confirm_case(city, confirmation("c", 3'000)));
  city.now = until;
  PUHUI_REFUSED(retire_case(city, "c", 3'000), CASE_STATE_WRONG);
  EXPECT_EQ(used(), 3'000) << "a refusal carries nothing out";
  wait_until(until + 1);
  expect_void();
}

TEST_F(Compliance, IsRetiredUntilItsDeadline) {
  PUHUI_ACCEPTED(confirm_case(city, confirmation("c", 3'000)));
  city.now = until - 1;
  PUHUI_ACCEPTED(retire_case(city, "c", 3'000));
  wait_until(until);
  EXPECT_EQ(state(), v1::CASE_RETIRED);
  EXPECT_EQ(retired(), 3'000);
}

TEST_F(Compliance, AtItsDeadlineNothingIsDoneForItAnyMore) {
  city.now = until;
  PUHUI_REFUSED(confirm_case(city, confirmation("c", 3'000)), CASE_STATE_WRONG);
  city.now = until;
  PUHUI_REFUSED(confirm_case(city, rejection("c")), CASE_STATE_WRONG);
  city.now = until;
  PUHUI_REFUSED(void_case(city, "c"), CASE_STATE_WRONG);
  city.now = until;
  PUHUI_REFUSED(bind_for(city, "c", "more", 1'000), CASE_STATE_WRONG);
  // Its units are free for the first event that is accepted.
  city.now = until;
  PUHUI_ACCEPTED(transfer(city, {"buyer-main", "owner-main"}, kIssued, "buyer"));
  EXPECT_EQ(state(), v1::CASE_VOID);
}

// More cases than one leaf makes void.
TEST_F(Compliance, IsVoidAtItsDeadlineHoweverManyThereAre) {
  std::vector<Sent> block;
  for (int i = 0; i < kDuePerLeafMax; ++i) {
    auto opened = of().opening();
    opened.set_case_("c" + std::to_string(100 + i));
    block.push_back(signed_action(city, opened, {"buyer"}));
  }
  for (const auto& answer : city.apply(block)) PUHUI_ACCEPTED(answer);
  const auto last = "c" + std::to_string(100 + kDuePerLeafMax - 1);
  const auto end = case_named(city, last).until();
  for (const auto& action : {confirmation(last, 1'000), rejection(last)}) {
    city.now = end;
    const auto refused = act(city, action, {"ets"});
    PUHUI_REFUSED(refused, CASE_STATE_WRONG);
    EXPECT_EQ(refused.outcome.used(), "CASE_VOID");
  }
  city.now = end;
  PUHUI_REFUSED(bind_for(city, last, "late", 1'000), CASE_STATE_WRONG);
  city.now = end;
  PUHUI_REFUSED(void_case(city, last), CASE_STATE_WRONG);
  EXPECT_EQ(state(last), v1::CASE_OPEN);
}

TEST_F(Compliance, IsInMultiplesOfATonne) {
  PUHUI_ACCEPTED(confirm_case(city, confirmation("c", 2'000)));
  for (const auto amount : {1'999, 2'001}) {
    const auto refused = retire_case(city, "c", amount);
    PUHUI_REFUSED(refused, LOT_SIZE);
    EXPECT_EQ(refused.outcome.limit(), "1000 kg");
  }
  PUHUI_REFUSED(retire_case(city, "c", 3'000), CASE_AMOUNT);
  certified(retire_case(city, "c", 2'000));
  EXPECT_EQ(bond("b").released_kg(), 1'000);
}

TEST_F(Compliance, IsConfirmedInMultiplesOfATonne) {
  for (const auto amount : {1, 999, 1'500})
    PUHUI_REFUSED(confirm_case(city, confirmation("c", amount)), LOT_SIZE);
  EXPECT_EQ(state(), v1::CASE_OPEN);
  EXPECT_EQ(used(), 0);
}

TEST_F(Compliance, GivesBackWhatIsLeftOfBondsThatEndedOtherwise) {
  PUHUI_ACCEPTED(release_bond(city, releasing("b", 500)));
  PUHUI_ACCEPTED(post_bond(city, posting("b", 100, "owner-main")));
  PUHUI_ACCEPTED(bind_for(city, "c", "gone", 1'000));
  PUHUI_ACCEPTED(release_bond(city, releasing("gone")));
  const auto gone = bond("gone").SerializeAsString();
  PUHUI_ACCEPTED(void_case(city, "c"));
  EXPECT_EQ(bond("b").released_kg(), 500 + 2'400);
  EXPECT_EQ(bond("b").posted_kg(), 100);
  EXPECT_EQ(bond("gone").SerializeAsString(), gone);
  EXPECT_EQ(city.bound("buyer-main"), 0);
}

TEST_F(Compliance, LacksWhatWasRecalledUntilItIsToppedUp) {
  PUHUI_ACCEPTED(confirm_case(city, confirmation("c", 3'000)));
  PUHUI_ACCEPTED(recall(city, "B1", {{2'501, 3'100}}));
  EXPECT_EQ(bond("b").recalled_kg(), 500);
  PUHUI_REFUSED(retire_case(city, "c", 3'000), BOND_INSUFFICIENT);
  PUHUI_ACCEPTED(bind_for(city, "c", "more", 500));
  certified(retire_case(city, "c", 3'000));
  EXPECT_EQ(held_text(city, "buyer-main"), "3601-10000");
}

}  // namespace
}  // namespace puhui::ledger::testing
