// What platforms keep of what their records earn: up to a threshold, of those who agreed, period by
// period.
#include <gtest/gtest.h>

#include "tests/ledger/citizens.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

constexpr std::int64_t kThreshold = 1'000;
// 2026-02-01 and 2027-01-01.
constexpr std::int64_t kNextMonth = 20'485, kNextYear = 20'819;

struct Pooling : Citizens {
  explicit Pooling(v1::CreditPeriod period = v1::CREDIT_YEAR)
      : Citizens(pooling(period, kThreshold)) {}
  void SetUp() override {
    PUHUI_ACCEPTED(
        consent(city, {consent_of(1, v1::CONSENT_POOLING), consent_of(2, v1::CONSENT_POOLING)}));
  }
  [[nodiscard]] std::int64_t pooled(const std::string& account = "provider-pool") const {
    return city.pool(account).credits_held_g();
  }
  // Grams of the pool and of citizen 1 after one more ride of that citizen.
  std::pair<std::int64_t, std::int64_t> after(std::int64_t grams) {
    city.earn(1, grams);
    return {pooled(), city.grams(1)};
  }
  using Split = std::pair<std::int64_t, std::int64_t>;
};
struct PoolingByDay : Pooling {
  PoolingByDay() : Pooling(v1::CREDIT_DAY) {}
};
struct PoolingByMonth : Pooling {
  PoolingByMonth() : Pooling(v1::CREDIT_MONTH) {}
};

TEST_F(Pooling, FillsTheThresholdToTheGram) {
  EXPECT_EQ(after(600), Split(600, 0));
  EXPECT_EQ(after(399), Split(999, 0));
  EXPECT_EQ(after(1), Split(1'000, 0));
  EXPECT_EQ(after(1), Split(1'000, 1));
  EXPECT_EQ(after(5'000), Split(1'000, 5'001));
}

TEST_F(Pooling, WhatFlowsOverIsThePersons) {
  const auto answer = ride(city, {city.new_ride(1, 1'500)});
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(pooled(), 1'000);
  EXPECT_EQ(city.grams(1), 500);
  EXPECT_EQ(fact_of(answer, "credited_g"), "1500");
  EXPECT_EQ(fact_of(answer, "pooled_g"), "1000");
  EXPECT_EQ(city.totals().credits_credited_g(), 1'500);
  EXPECT_EQ(city.totals().credits_held_g(), 1'500);
}

TEST_F(Pooling, CountsWithinOneBatch) {
  const auto answer = ride(city, {city.new_ride(1, 700), city.new_ride(2, 100),
                                  city.new_ride(1, 700), city.new_ride(1, 700)});
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(pooled(), 1'100);
  EXPECT_EQ(city.grams(1), 1'100);
  EXPECT_EQ(city.grams(2), 0);
}

TEST_F(Pooling, IsOfEachPerson) {
  EXPECT_EQ(after(1'000), Split(1'000, 0));
  city.earn(2, 900);
  EXPECT_EQ(pooled(), 1'900);
  city.earn(2, 200);
  EXPECT_EQ(pooled(), 2'000);
  EXPECT_EQ(city.grams(2), 100);
}

TEST_F(Pooling, IsNothingWithoutConsent) {
  const auto answer = ride(city, {city.new_ride(3, 700)});
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(fact_of(answer, "pooled_g"), "");
  EXPECT_EQ(pooled(), 0);
  EXPECT_EQ(city.grams(3), 700);
  PUHUI_ACCEPTED(consent(
      city, {consent_of(3, v1::CONSENT_POOLING, "provider2"), consent_of(3, v1::CONSENT_DATA)}));
  city.earn(3, 1);
  EXPECT_EQ(city.grams(3), 701);
  // Given, it keeps nothing of what was before; taken back, it gives nothing back.
  PUHUI_ACCEPTED(consent(city, {consent_of(3, v1::CONSENT_POOLING)}));
  city.earn(3, 400);
  EXPECT_EQ(pooled(), 400);
  PUHUI_ACCEPTED(consent(city, {withdrawal_of(3, v1::CONSENT_POOLING)}));
  city.earn(3, 400);
  EXPECT_EQ(pooled(), 400);
  EXPECT_EQ(city.grams(3), 1'101);
  PUHUI_ACCEPTED(consent(city, {consent_of(3, v1::CONSENT_POOLING)}));
  city.earn(3, 700);
  EXPECT_EQ(pooled(), 1'000);
  EXPECT_EQ(city.grams(3), 1'201);
}

TEST_F(Pooling, IsOfThePlatformTheRuleNames) {
  PUHUI_ACCEPTED(consent(city, {consent_of(1, v1::CONSENT_POOLING, "provider2")}));
  city.earn(1, 300, "provider2");
  EXPECT_EQ(pooled(), 0);
  EXPECT_EQ(city.grams(1), 300);
}

TEST_F(Pooling, OfTwoPlatformsIsApart) {
  auto payload = account_event(city, "pool2", "provider2");
  payload.mutable_open_account()->set_kind(v1::ACCOUNT_POOL);
  city.must(payload, {"provider2"});
  auto rules = pooling(v1::CREDIT_YEAR, kThreshold);
  add_pool(rules, v1::CREDIT_YEAR, 50, "pool2", "provider2");
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_ACCEPTED(consent(city, {consent_of(1, v1::CONSENT_POOLING, "provider2")}));
  EXPECT_EQ(after(1'000), Split(1'000, 0));
  city.earn(1, 60, "provider2");
  EXPECT_EQ(pooled("pool2"), 50);
  EXPECT_EQ(city.grams(1), 10);
}

TEST_F(Pooling, GoesByTheThresholdOfTheRulesNow) {
  EXPECT_EQ(after(800), Split(800, 0));
  PUHUI_ACCEPTED(file_rules(city, pooling(v1::CREDIT_YEAR, 500)));
  EXPECT_EQ(after(10), Split(800, 10));
  PUHUI_ACCEPTED(file_rules(city, pooling(v1::CREDIT_YEAR, 900)));
  EXPECT_EQ(after(150), Split(900, 60));
}

TEST_F(Pooling, RefusedRecordsFillNothing) {
  const auto taken = city.new_ride(1, 600);
  PUHUI_ACCEPTED(ride(city, {taken}));
  PUHUI_REFUSED(ride(city, {taken}), CLAIM_DUPLICATE);
  EXPECT_EQ(after(400), Split(1'000, 0));
}

// ---- Periods, in Beijing, by when it is credited ----

TEST_F(PoolingByDay, BeginsAnewAtMidnight) {
  city.now = time_of_day(kToday + 1) - 1;
  EXPECT_EQ(after(1'000), Split(1'000, 0));
  city.now = time_of_day(kToday + 1);
  EXPECT_EQ(after(1'001), Split(2'000, 1));
  // The day of the act does not matter.
  PUHUI_ACCEPTED(ride(city, {{1, 10, 3, kToday, 0, "late"}}));
  EXPECT_EQ(city.grams(1), 11);
}

TEST_F(PoolingByDay, LastsToTheLastMicrosecond) {
  EXPECT_EQ(after(1'000), Split(1'000, 0));
  city.now = time_of_day(kToday + 1) - 1;
  EXPECT_EQ(after(7), Split(1'000, 7));
}

TEST_F(PoolingByMonth, BeginsAnewOnTheFirst) {
  ASSERT_EQ(date_text(kNextMonth), "2026-02-01");
  EXPECT_EQ(after(1'000), Split(1'000, 0));
  city.now = time_of_day(kNextMonth) - 1;
  EXPECT_EQ(after(1), Split(1'000, 1));
  city.now = time_of_day(kNextMonth);
  EXPECT_EQ(after(2), Split(1'002, 1));
}

TEST_F(Pooling, ByYearBeginsAnewOnNewYearsDay) {
  ASSERT_EQ(date_text(kNextYear), "2027-01-01");
  EXPECT_EQ(after(1'000), Split(1'000, 0));
  city.now = time_of_day(kNextMonth);
  EXPECT_EQ(after(1), Split(1'000, 1));
  city.now = time_of_day(kNextYear) - 1;
  EXPECT_EQ(after(1), Split(1'000, 2));
  city.now = time_of_day(kNextYear);
  EXPECT_EQ(after(3), Split(1'003, 2));
}

// ---- Pools that are none ----

struct NoPool : Citizens {
  void with_pool_in(const std::string& account) {
    PUHUI_ACCEPTED(file_rules(city, pooling(v1::CREDIT_YEAR, kThreshold, account)));
    const auto refused = ride(city, {city.new_ride(3, 10)});
    PUHUI_REFUSED(refused, ACCOUNT_KIND);
    EXPECT_EQ(refused.outcome.rule(), "rules.pools");
    EXPECT_EQ(refused.outcome.asked(), account);
  }
};

TEST_F(NoPool, OfAnotherKindOwnerOrNowhere) {
  with_pool_in("provider-main");
  with_pool_in("bank-pool");
  with_pool_in("nowhere");
  // Others are credited all the same.
  city.earn(3, 10, "provider2");
}

TEST(PoolRules, FormIsChecked) {
  City city;
  const auto good = pooling(v1::CREDIT_MONTH, 1);
  PUHUI_ACCEPTED(file_rules(city, good));
  const auto with = [&](auto change) {
    auto rules = good;
    change(rules);
    return file_rules(city, rules);
  };
  PUHUI_REFUSED(with([](auto& r) { r.mutable_pools(0)->set_platform("Two Words"); }),
                RULE_MALFORMED);
  PUHUI_REFUSED(with([](auto& r) { r.mutable_pools(0)->clear_account(); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](auto& r) { r.mutable_pools(0)->clear_period(); }), RULE_MALFORMED);
  PUHUI_REFUSED(
      with([](auto& r) { r.mutable_pools(0)->set_period(static_cast<v1::CreditPeriod>(9)); }),
      RULE_MALFORMED);
  PUHUI_REFUSED(with([](auto& r) { r.mutable_pools(0)->set_threshold_g(0); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](auto& r) { r.mutable_pools(0)->set_threshold_g(-1); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](auto& r) { *r.add_pools() = r.pools(0); }), RULE_MALFORMED);
}

TEST(CreditRules, FormIsChecked) {
  City city;
  const auto with = [&city](auto change) {
    auto rules = citizen_rules();
    change(rules);
    return file_rules(city, rules);
  };
  PUHUI_ACCEPTED(with([](auto& r) { r.set_reversal_days(366); }));
  PUHUI_REFUSED(with([](auto& r) { r.set_reversal_days(367); }), RULE_MALFORMED);
  PUHUI_ACCEPTED(with([](auto& r) { r.set_custodial_limit_g(INT64_MAX); }));
  PUHUI_REFUSED(with([](auto& r) { r.set_custodial_limit_g(-1); }), RULE_MALFORMED);
  PUHUI_ACCEPTED(with([](auto& r) { r.set_jump_percent(100'000); }));
  PUHUI_REFUSED(with([](auto& r) { r.set_jump_percent(100'001); }), RULE_MALFORMED);
}

}  // namespace
}  // namespace puhui::ledger::testing
