// Records that providers take back: within days, once, and to the gram, wherever the grams are.
#include <gtest/gtest.h>

#include "tests/ledger/citizens.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct Reversals : Citizens {};

TEST_F(Reversals, TakeBackWhatWasCredited) {
  const auto kept_ride = city.earn(1, 300);
  const auto taken = city.earn(1, 500);
  const auto answer = reverse_rides(city, {taken});
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(fact_of(answer, "reversed_g"), "500");
  EXPECT_EQ(answer.outcome.records_accepted(), 1U);
  EXPECT_EQ(city.grams(1), 300);
  const auto totals = city.totals();
  EXPECT_EQ(totals.credits_credited_g(), 800);
  EXPECT_EQ(totals.credits_reversed_g(), 500);
  EXPECT_EQ(totals.credits_held_g(), 300);
  EXPECT_EQ(totals.records_credited(), 2);
  EXPECT_EQ(totals.records_reversed(), 1);
  PUHUI_ACCEPTED(reverse_rides(city, {kept_ride}));
  EXPECT_EQ(city.grams(1), 0);
}

TEST_F(Reversals, AreCountedInTheBatchAndTheScenario) {
  const auto one = city.new_ride(1, 100), two = city.new_ride(2, 200);
  const auto batch = ride(city, {one, two});
  PUHUI_ACCEPTED(batch);
  PUHUI_ACCEPTED(reverse_rides(city, {two}));
  const auto batches = city.view().behaviour_batches({});
  ASSERT_EQ(batches.items_size(), 1);
  const auto& stored = batches.items(0);
  EXPECT_EQ(stored.leaf(), static_cast<std::int64_t>(batch.leaf));
  EXPECT_EQ(stored.provider(), "provider");
  EXPECT_EQ(stored.records(), 2);
  EXPECT_EQ(stored.credited_g(), 300);
  EXPECT_EQ(stored.reversed(), 1);
  EXPECT_EQ(stored.reversed_g(), 200);
  const auto scenarios = city.view().scenarios({});
  ASSERT_EQ(scenarios.items_size(), 1);
  EXPECT_EQ(scenarios.items(0).records(), 1);
  EXPECT_EQ(scenarios.items(0).grams(), 100);
}

TEST_F(Reversals, MayTakeBackRecordsOfSeveralBatchesAtOnce) {
  const auto one = city.earn(1, 100), two = city.earn(2, 200), three = city.earn(1, 50);
  const auto answer = reverse_rides(city, {two, city.new_ride(1, 9), three});
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(refusals_of(answer), "1 claim.unknown; ");
  EXPECT_EQ(city.grams(1), 100);
  EXPECT_EQ(city.grams(2), 0);
}

TEST_F(Reversals, ArePossibleToTheEndOfTheLastDay) {
  const auto one = city.earn(1, 100), two = city.earn(1, 200);
  city.now = time_of_day(kToday + kReversalDays + 1) - 1;
  PUHUI_ACCEPTED(reverse_rides(city, {one}));
  city.now = time_of_day(kToday + kReversalDays + 1);
  const auto refused = reverse_rides(city, {two});
  PUHUI_REFUSED(refused, REVERSAL_WINDOW);
  EXPECT_EQ(refused.outcome.rule(), "rules.reversal_days");
  EXPECT_EQ(refused.outcome.limit(), "3 days");
  EXPECT_EQ(refused.outcome.used(), "credited on 2026-01-15");
  EXPECT_EQ(refused.outcome.asked(), "2026-01-19");
  EXPECT_EQ(city.grams(1), 200);
}

TEST_F(Reversals, GoByTheDayOfTheCreditNotOfTheAct) {
  auto old = city.new_ride(1, 100);
  old.day = kToday - 30;
  PUHUI_ACCEPTED(ride(city, {old}));
  PUHUI_ACCEPTED(reverse_rides(city, {old}));
}

TEST_F(Reversals, AreNotWithoutADayForThem) {
  auto rules = citizen_rules("never");
  rules.clear_reversal_days();
  const auto taken = city.earn(1, 100);
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_REFUSED(reverse_rides(city, {taken}), REVERSAL_WINDOW);
}

TEST_F(Reversals, AreOfWhoSentTheRecord) {
  const auto taken = city.earn(1, 100);
  const auto refused = reverse_rides(city, {taken}, "provider2");
  PUHUI_REFUSED(refused, CLAIM_UNKNOWN);
  EXPECT_EQ(refused.outcome.rule(), "reversal.provider");
  EXPECT_EQ(refused.outcome.limit(), "who sent it");
  EXPECT_EQ(refused.outcome.asked(), "provider2");
  PUHUI_FAILED(reverse_rides(city, {taken}, "owner"), SIGNATURE_MISSING);
  EXPECT_EQ(city.grams(1), 100);
}

TEST_F(Reversals, OfOneRecordAreOne) {
  const auto taken = city.earn(1, 100);
  city.earn(1, 500);
  const auto answer = reverse_rides(city, {taken, taken});
  EXPECT_EQ(refusals_of(answer), "1 claim.reversed; ");
  PUHUI_REFUSED(reverse_rides(city, {taken}), CLAIM_REVERSED);
  city.reopen();
  PUHUI_REFUSED(reverse_rides(city, {taken}), CLAIM_REVERSED);
  EXPECT_EQ(city.grams(1), 500);
}

TEST_F(Reversals, LeaveTheActClaimed) {
  const auto taken = city.earn(1, 100);
  PUHUI_ACCEPTED(reverse_rides(city, {taken}));
  PUHUI_REFUSED(ride(city, {taken}), CLAIM_DUPLICATE);
  PUHUI_REFUSED(ride(city, {taken}, "provider2"), CLAIM_DUPLICATE);
}

TEST_F(Reversals, LeaveTheCapsFilled) {
  auto rules = citizen_rules("capped");
  auto& cap = *rules.add_person_caps();
  cap.set_scenario("bike");
  cap.set_day_g(100);
  PUHUI_ACCEPTED(file_rules(city, rules));
  const auto taken = city.earn(1, 100);
  PUHUI_ACCEPTED(reverse_rides(city, {taken}));
  PUHUI_REFUSED(ride(city, {city.new_ride(1, 1)}), CAP_DAY);
}

TEST_F(Reversals, OfWhatWasNeverCredited) {
  const auto taken = city.earn(1, 100);
  auto other = taken;
  other.citizen = 2;
  PUHUI_REFUSED(reverse_rides(city, {other}), CLAIM_UNKNOWN);
  other = taken;
  other.slot += 1;
  PUHUI_REFUSED(reverse_rides(city, {other}), CLAIM_UNKNOWN);
  other = taken;
  other.carrier += "x";
  PUHUI_REFUSED(reverse_rides(city, {other}), CLAIM_UNKNOWN);
  PUHUI_REFUSED(reverse_rides(city, {taken}, "provider", "walk"), CLAIM_UNKNOWN);
}

TEST_F(Reversals, SayWhy) {
  v1::ReverseRecords action;
  action.set_batch("b");
  action.set_scenario("bike");
  const auto bytes = reversal_of_rides({city.earn(1, 100)});
  const auto send_it = [&] {
    return city.submit(signed_records(city, action, bytes, {"provider"}));
  };
  PUHUI_REFUSED(send_it(), EVENT_MALFORMED);
  action.set_reason(std::string(513, 'r'));
  PUHUI_REFUSED(send_it(), EVENT_MALFORMED);
  action.set_reason("r");
  action.set_batch("No Name");
  PUHUI_REFUSED(send_it(), EVENT_MALFORMED);
  action.set_batch("b");
  PUHUI_ACCEPTED(send_it());
}

// ---- Of what was spent ----

TEST_F(Reversals, OfWhatWasSpentAreOwed) {
  const auto taken = city.earn(1, 500);
  PUHUI_ACCEPTED(open_offer(city, offering("tea", 400)));
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1)}));
  PUHUI_ACCEPTED(reverse_rides(city, {taken}));
  EXPECT_EQ(city.grams(1), -400);
  EXPECT_EQ(city.totals().credits_owed_g(), 400);
  EXPECT_EQ(city.pool("bank-pool").credits_held_g(), 400) << "the sponsor keeps what it got";
  const auto refused = redeem(city, "tea", {redemption(1)});
  PUHUI_REFUSED(refused, BALANCE_INSUFFICIENT);
  EXPECT_EQ(refused.outcome.used(), "-400 g");
  // The next credits pay it.
  city.earn(1, 300);
  EXPECT_EQ(city.grams(1), -100);
  EXPECT_EQ(city.totals().credits_owed_g(), 100);
  city.earn(1, 150);
  EXPECT_EQ(city.grams(1), 50);
  EXPECT_EQ(city.totals().credits_owed_g(), 0);
  EXPECT_EQ(city.totals().credits_held_g(), 450);
}

TEST_F(Reversals, OfAnAccountThatWasErased) {
  const auto taken = city.earn(1, 500);
  PUHUI_ACCEPTED(erase(city, 1));
  PUHUI_ACCEPTED(reverse_rides(city, {taken}));
  EXPECT_EQ(city.grams(1), -500);
  EXPECT_EQ(city.totals().credits_owed_g(), 500);
  EXPECT_EQ(city.totals().credits_cancelled_g(), 500);
}

// ---- Of what was pooled ----

struct PooledReversals : Citizens {
  PooledReversals() : Citizens(pooling(v1::CREDIT_YEAR, 4'000)) {}
  void SetUp() override {
    PUHUI_ACCEPTED(consent(city, {consent_of(1, v1::CONSENT_POOLING)}));
    for (int i = 0; i < 4; ++i) rides.push_back(city.earn(1, 1'000));
    ASSERT_EQ(held(), 4'000);
  }
  [[nodiscard]] std::int64_t held() const { return city.pool().credits_held_g(); }
  [[nodiscard]] std::int64_t owed() const { return city.pool().credits_owed_g(); }
  std::vector<Ride> rides;
};

TEST_F(PooledReversals, ComeOutOfThePool) {
  const auto split = city.earn(1, 700);
  EXPECT_EQ(city.grams(1), 700);
  PUHUI_ACCEPTED(reverse_rides(city, {rides[0], split}));
  EXPECT_EQ(held(), 3'000);
  EXPECT_EQ(owed(), 0);
  EXPECT_EQ(city.grams(1), 0);
  // The threshold stays as full as it was.
  city.earn(1, 10);
  EXPECT_EQ(held(), 3'000);
  EXPECT_EQ(city.grams(1), 10);
}

TEST_F(PooledReversals, OfBothThePersonAndThePool) {
  PUHUI_ACCEPTED(file_rules(city, pooling(v1::CREDIT_YEAR, 4'300)));
  const auto split = city.earn(1, 500);
  EXPECT_EQ(held(), 4'300);
  EXPECT_EQ(city.grams(1), 200);
  PUHUI_ACCEPTED(reverse_rides(city, {split}));
  EXPECT_EQ(held(), 4'000);
  EXPECT_EQ(city.grams(1), 0);
  EXPECT_EQ(city.totals().credits_reversed_g(), 500);
}

TEST_F(PooledReversals, OfWhatWasConvertedAreOwedUntilTheUnitsAreRecalled) {
  PUHUI_ACCEPTED(convert(city, conversion("c1", 3)));
  EXPECT_EQ(held(), 1'000);
  PUHUI_ACCEPTED(reverse_rides(city, {rides[0], rides[1], rides[2]}));
  EXPECT_EQ(held(), 0);
  EXPECT_EQ(owed(), 2'000);
  EXPECT_EQ(city.totals().credits_owed_g(), 2'000);
  EXPECT_EQ(city.totals().credits_converted_g(), 3'000);
  PUHUI_ACCEPTED(verify(city, "c1"));
  PUHUI_ACCEPTED(issue(city, "c1", "B1"));
  PUHUI_ACCEPTED(recall(city, "B1", {{1, 1}}));
  EXPECT_EQ(owed(), 1'000);
  EXPECT_EQ(city.totals().credits_converted_g(), 2'000);
  PUHUI_ACCEPTED(recall(city, "B1"));
  EXPECT_EQ(owed(), 0);
  EXPECT_EQ(held(), 0);
  EXPECT_EQ(city.totals().credits_owed_g(), 0);
  EXPECT_EQ(city.totals().credits_converted_g(), 1'000);
  // What was recalled beyond that pays what is reversed next.
  EXPECT_EQ(city.pool().credits_recalled_g(), 1'000);
  PUHUI_ACCEPTED(reverse_rides(city, {rides[3]}));
  EXPECT_EQ(city.pool().credits_recalled_g(), 0);
  EXPECT_EQ(owed(), 0);
  EXPECT_EQ(city.totals().credits_converted_g(), 0);
}

TEST_F(PooledReversals, OfWhatWasRecalledBeforeAreOwedByNobody) {
  PUHUI_ACCEPTED(convert(city, conversion("c1", 3)));
  PUHUI_ACCEPTED(verify(city, "c1"));
  PUHUI_ACCEPTED(issue(city, "c1", "B1"));
  PUHUI_ACCEPTED(recall(city, "B1"));
  EXPECT_EQ(city.pool().credits_recalled_g(), 3'000);
  PUHUI_ACCEPTED(reverse_rides(city, {rides[0], rides[1], rides[2], rides[3]}));
  EXPECT_EQ(city.pool().credits_recalled_g(), 0);
  EXPECT_EQ(held(), 0);
  EXPECT_EQ(owed(), 0);
}

TEST_F(PooledReversals, ArePaidByWhatThePoolGetsNext) {
  PUHUI_ACCEPTED(convert(city, conversion("c1", 4)));
  PUHUI_ACCEPTED(reverse_rides(city, {rides[0]}));
  EXPECT_EQ(owed(), 1'000);
  PUHUI_ACCEPTED(file_rules(city, pooling(v1::CREDIT_YEAR, 5'600)));
  city.earn(1, 600);
  EXPECT_EQ(owed(), 400);
  EXPECT_EQ(held(), 0);
  city.earn(1, 1'000);
  EXPECT_EQ(owed(), 0);
  EXPECT_EQ(held(), 600);
}

TEST_F(PooledReversals, OfAnErasedAccountComeOutOfThePool) {
  PUHUI_ACCEPTED(erase(city, 1));
  PUHUI_ACCEPTED(reverse_rides(city, {rides[0]}));
  EXPECT_EQ(held(), 3'000);
  EXPECT_EQ(city.grams(1), 0);
}

TEST_F(PooledReversals, ARejectedConversionPaysWhatThePoolOwes) {
  // What was reversed must not be converted again.
  PUHUI_ACCEPTED(convert(city, conversion("c1", 3)));
  PUHUI_ACCEPTED(reverse_rides(city, {rides[0], rides[1], rides[2]}));
  EXPECT_EQ(owed(), 2'000);
  PUHUI_ACCEPTED(verify(city, "c1", false));
  EXPECT_EQ(owed(), 0);
  EXPECT_EQ(held(), 1'000);
  PUHUI_REFUSED(convert(city, conversion("c2", 2)), BALANCE_INSUFFICIENT);
  PUHUI_ACCEPTED(convert(city, conversion("c2", 1)));
}

TEST_F(PooledReversals, OwedByThePoolDoNotTouchThePerson) {
  PUHUI_ACCEPTED(convert(city, conversion("c1", 4)));
  PUHUI_ACCEPTED(reverse_rides(city, {rides[3]}));
  EXPECT_EQ(owed(), 1'000);
  city.earn(1, 250);
  EXPECT_EQ(city.grams(1), 250);
  EXPECT_EQ(owed(), 1'000);
}

}  // namespace
}  // namespace puhui::ledger::testing
