// Offers: what citizens get for grams, how many, how long, and what merchant and sponsor settle.
#include <gtest/gtest.h>

#include "tests/ledger/citizens.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct Offers : Citizens {
  explicit Offers(const v1::RuleSet& rules = citizen_rules()) : Citizens(rules) {}
  void SetUp() override {
    PUHUI_ACCEPTED(open_offer(city, offering("tea", 300)));
    city.earn(1, 1'000);
  }
  // An offer as the change makes it.
  Answer open_with(auto change) {
    auto action = offering("cake", 100);
    change(action);
    return open_offer(city, action);
  }
  Answer change_offer(std::int64_t stock_added, bool is_closed, const std::string& by = "shop",
                      const std::string& offer = "tea") {
    v1::ChangeOffer action;
    action.set_offer(offer);
    action.set_stock_added(stock_added);
    action.set_is_closed(is_closed);
    return act(city, action, {by});
  }
};

// ---- Opening ----

TEST_F(Offers, AreOpenedBySponsorAndMerchant) {
  PUHUI_FAILED(act(city, offering("cake", 100), {"shop"}), SIGNATURE_MISSING);
  PUHUI_FAILED(act(city, offering("cake", 100), {"bank"}), SIGNATURE_MISSING);
  PUHUI_REFUSED(open_offer(city, offering("tea", 100)), OFFER_EXISTS);
  const auto offer = city.offer("tea");
  EXPECT_EQ(offer.state(), v1::OFFER_OPEN);
  EXPECT_EQ(offer.stock(), 100);
  EXPECT_EQ(offer.redeemed(), 0);
  EXPECT_EQ(offer.offer().SerializeAsString(), offering("tea", 300).SerializeAsString());
  EXPECT_FALSE(city.view().offer("cake"));
}

TEST_F(Offers, OfForms) {
  constexpr std::int64_t kMost = 1'000'000'000;
  const std::string long_name(513, 'n');
  PUHUI_REFUSED(open_with([](auto& o) { o.set_offer("Cake"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(open_with([&](auto& o) { o.set_name_en(long_name); }), EVENT_MALFORMED);
  for (const auto price : {std::int64_t{0}, std::int64_t{-1}, kMost + 1})
    PUHUI_REFUSED(open_with([price](auto& o) { o.set_price_g(price); }), EVENT_MALFORMED);
  for (const auto stock : {std::int64_t{0}, std::int64_t{-1}, kMost + 1})
    PUHUI_REFUSED(open_with([stock](auto& o) { o.set_stock(stock); }), EVENT_MALFORMED);
  PUHUI_REFUSED(open_with([](auto& o) { o.set_per_person(-1); }), EVENT_MALFORMED);
  PUHUI_REFUSED(open_with([](auto& o) { o.set_value_cents(-1); }), EVENT_MALFORMED);
  PUHUI_REFUSED(open_with([](auto& o) { o.clear_to(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(open_with([](auto& o) { o.set_to(o.from()); }), EVENT_MALFORMED);
  PUHUI_REFUSED(open_with([](auto& o) { o.set_from(-1); }), EVENT_MALFORMED);
  PUHUI_REFUSED(open_with([](auto& o) { o.mutable_terms()->set_name("terms"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(open_with([](auto& o) { o.set_merchant("nobody"); }), PARTY_UNKNOWN);
  PUHUI_REFUSED(open_with([](auto& o) { o.set_sponsor("bank-none"); }), ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(open_with([](auto& o) { o.set_sponsor("provider-main"); }), ACCOUNT_KIND);
  PUHUI_ACCEPTED(open_with([](auto& o) {
    o.set_price_g(kMost);
    o.set_stock(kMost);
    o.set_value_cents(kMost);
    *o.mutable_terms() = document("terms");
  }));
}

// ---- Redeeming ----

TEST_F(Offers, CostTheirPrice) {
  const auto answer = redeem(city, "tea", {redemption(1, 3)});
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(fact_of(answer, "spent_g"), "900");
  EXPECT_EQ(city.grams(1), 100);
  EXPECT_EQ(city.pool("bank-pool").credits_held_g(), 900);
  EXPECT_EQ(city.offer("tea").redeemed(), 3);
  EXPECT_EQ(city.offer("tea").redeemed_g(), 900);
  EXPECT_EQ(city.totals().credits_spent_g(), 900);
  EXPECT_EQ(city.totals().credits_held_g(), 1'000);
  EXPECT_EQ(city.totals().redemptions(), 1);
  const auto refused = redeem(city, "tea", {redemption(1)});
  PUHUI_REFUSED(refused, BALANCE_INSUFFICIENT);
  EXPECT_EQ(refused.outcome.used(), "100 g");
  EXPECT_EQ(refused.outcome.asked(), "300 g");
  city.earn(1, 200);
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1)}));
  EXPECT_EQ(city.grams(1), 0);
}

TEST_F(Offers, AreRedeemedRecordByRecord) {
  city.earn(2, 300);
  const auto answer = redeem(city, "tea",
                             {redemption(1, 2), redemption(99), redemption(2), redemption(2),
                              redemption(1, 2), redemption(1)});
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(refusals_of(answer),
            "1 account.unknown; 3 balance.insufficient; 4 balance.insufficient; ");
  EXPECT_EQ(answer.outcome.records_accepted(), 3U);
  EXPECT_EQ(city.pool("bank-pool").credits_held_g(), 1'200);
  const auto before = city.head();
  PUHUI_REFUSED(redeem(city, "tea", {redemption(99), redemption(2)}), ACCOUNT_UNKNOWN);
  EXPECT_EQ(city.head().digest, before.digest);
}

TEST_F(Offers, RunOutOfStock) {
  city.earn(1, 1'000'000);
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1, 98)}));
  const auto refused = redeem(city, "tea", {redemption(1, 3)});
  PUHUI_REFUSED(refused, OFFER_STOCK);
  EXPECT_EQ(refused.outcome.limit(), "100");
  EXPECT_EQ(refused.outcome.used(), "98");
  EXPECT_EQ(refused.outcome.asked(), "3");
  PUHUI_REFUSED(redeem(city, "tea", {redemption(1, INT64_MAX)}), OFFER_STOCK);
  const auto answer = redeem(city, "tea", {redemption(1), redemption(1), redemption(1)});
  EXPECT_EQ(refusals_of(answer), "2 offer.stock; ");
  PUHUI_ACCEPTED(change_offer(5, false));
  PUHUI_REFUSED(redeem(city, "tea", {redemption(1, 6)}), OFFER_STOCK);
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1, 5)}));
  EXPECT_EQ(city.offer("tea").stock(), 105);
  EXPECT_EQ(city.offer("tea").redeemed(), 105);
}

TEST_F(Offers, HaveALimitForEachPerson) {
  PUHUI_ACCEPTED(open_with([](auto& o) { o.set_per_person(3); }));
  city.earn(2, 1'000);
  PUHUI_REFUSED(redeem(city, "cake", {redemption(1, 4)}), OFFER_LIMIT);
  PUHUI_ACCEPTED(redeem(city, "cake", {redemption(1, 2)}));
  const auto refused = redeem(city, "cake", {redemption(1, 2)});
  PUHUI_REFUSED(refused, OFFER_LIMIT);
  EXPECT_EQ(refused.outcome.limit(), "3");
  EXPECT_EQ(refused.outcome.used(), "2");
  EXPECT_EQ(refused.outcome.asked(), "2");
  const auto answer = redeem(city, "cake", {redemption(1), redemption(1), redemption(2, 3)});
  EXPECT_EQ(refusals_of(answer), "1 offer.limit; ");
  // Of one offer only.
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1, 2)}));
}

TEST_F(Offers, HaveTheirTime) {
  const Micros from = kNoon + kMicrosPerDay, to = kNoon + 2 * kMicrosPerDay;
  PUHUI_ACCEPTED(open_with([&](auto& o) {
    o.set_from(from);
    o.set_to(to);
  }));
  city.now = from - 1;
  const auto refused = redeem(city, "cake", {redemption(1)});
  PUHUI_REFUSED(refused, OFFER_STATE_WRONG);
  EXPECT_EQ(refused.outcome.limit(), time_text(from) + " to " + time_text(to));
  city.now = from;
  PUHUI_ACCEPTED(redeem(city, "cake", {redemption(1)}));
  city.now = to - 1;
  PUHUI_ACCEPTED(redeem(city, "cake", {redemption(1)}));
  city.now = to;
  PUHUI_REFUSED(redeem(city, "cake", {redemption(1)}), OFFER_STATE_WRONG);
}

TEST_F(Offers, AreClosedForGood) {
  PUHUI_FAILED(change_offer(0, true, "bank"), SIGNATURE_MISSING);
  PUHUI_REFUSED(change_offer(0, true, "shop", "cake"), OFFER_UNKNOWN);
  PUHUI_REFUSED(change_offer(0, false), EVENT_MALFORMED);
  PUHUI_REFUSED(change_offer(1, true), EVENT_MALFORMED);
  PUHUI_REFUSED(change_offer(-1, false), EVENT_MALFORMED);
  PUHUI_REFUSED(change_offer(999'999'901, false), EVENT_MALFORMED);
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1)}));
  const auto closed = change_offer(0, true);
  PUHUI_ACCEPTED(closed);
  EXPECT_EQ(city.offer("tea").state(), v1::OFFER_CLOSED);
  EXPECT_EQ(city.offer("tea").closed_at(), static_cast<std::int64_t>(closed.leaf));
  const auto refused = redeem(city, "tea", {redemption(1)});
  PUHUI_REFUSED(refused, OFFER_STATE_WRONG);
  EXPECT_EQ(refused.outcome.used(), "OFFER_CLOSED");
  PUHUI_REFUSED(change_offer(5, false), OFFER_STATE_WRONG);
  PUHUI_ACCEPTED(act(city, settling("s1", city.offer("tea")), {"bank", "shop"}));
}

TEST_F(Offers, AreConfirmedByTheMerchant) {
  PUHUI_FAILED(redeem(city, "tea", {redemption(1)}, {"bank"}), SIGNATURE_MISSING);
  PUHUI_REFUSED(redeem(city, "cake", {redemption(1)}), OFFER_UNKNOWN);
  v1::Redeem action;
  action.set_batch("No Name");
  action.set_offer("tea");
  const auto bytes = attached(std::vector{redemption(1)});
  PUHUI_REFUSED(city.submit(signed_records(city, action, bytes, {"shop"})), EVENT_MALFORMED);
}

TEST_F(Offers, NeedTheKeyOfWhoHoldsIt) {
  city.must(open_self_held_event(city, {20}), {"operator"});
  city.earn(20, 1'000);
  PUHUI_REFUSED(redeem(city, "tea", {redemption(20)}), CONFIRMATION_INVALID);
  PUHUI_REFUSED(redeem(city, "tea", {redemption(1, 1, self_signed(1, redemption_words("tea", 1)))}),
                CONFIRMATION_INVALID);
  const auto own = self_signed(20, redemption_words("tea", 2));
  PUHUI_FAILED(redeem(city, "tea", {redemption(20, 3, own)}), SIGNATURE_INVALID);
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(20, 2, own)}));
  PUHUI_REFUSED(redeem(city, "tea", {redemption(20, 2, own)}), CONFIRMATION_USED);
  EXPECT_EQ(city.grams(20), 400);
}

TEST_F(Offers, ARefusedRedemptionUsesNoConfirmation) {
  const auto confirmation = kept("one more tea");
  PUHUI_REFUSED(redeem(city, "tea", {redemption(1, 4, confirmation)}), BALANCE_INSUFFICIENT);
  const auto answer =
      redeem(city, "tea", {redemption(1, 3, confirmation), redemption(1, 1, confirmation)});
  EXPECT_EQ(refusals_of(answer), "1 confirmation.used; ");
}

// ---- Large debits ----

v1::RuleSet limited() {
  auto rules = citizen_rules("limited");
  rules.set_custodial_limit_g(900);
  return rules;
}
struct LargeDebits : Offers {
  LargeDebits() : Offers(limited()) {}
};

TEST_F(LargeDebits, AreSignedByMore) {
  city.earn(1, 10'000);
  PUHUI_FAILED(redeem(city, "tea", {redemption(1, 4)}), SIGNATURE_MISSING);
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1, 3)}));
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1, 4)}, {"shop", "operator"}));
}

TEST_F(LargeDebits, AreThoseOfADay) {
  city.earn(1, 10'000);
  city.earn(2, 10'000);
  const auto answer =
      redeem(city, "tea",
             {redemption(1, 2), redemption(1, 2), redemption(1), redemption(2, 3), redemption(1)});
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(refusals_of(answer), "1 signature.missing; 4 signature.missing; ");
  PUHUI_FAILED(redeem(city, "tea", {redemption(1)}), SIGNATURE_MISSING);
  // Of every offer, and what others signed for counts too.
  PUHUI_ACCEPTED(open_with([](auto& o) { o.set_price_g(1); }));
  PUHUI_FAILED(redeem(city, "cake", {redemption(1)}), SIGNATURE_MISSING);
  city.now = time_of_day(kToday + 1) - 1;
  PUHUI_FAILED(redeem(city, "cake", {redemption(1)}), SIGNATURE_MISSING);
  city.now = time_of_day(kToday + 1);
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1, 3)}));
  PUHUI_FAILED(redeem(city, "cake", {redemption(1)}), SIGNATURE_MISSING);
}

TEST_F(LargeDebits, AreNoneOfWhoHoldsTheKey) {
  city.must(open_self_held_event(city, {20}), {"operator"});
  city.earn(20, 10'000);
  const auto own = self_signed(20, redemption_words("tea", 9));
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(20, 9, own)}));
}

TEST_F(LargeDebits, AreRefusedWithoutALineForThem) {
  auto rules = limited();
  for (auto& line : *rules.mutable_signers())
    if (line.action() == "redeem.large") line.set_action("redeem.none");
  PUHUI_ACCEPTED(file_rules(city, rules));
  city.earn(1, 10'000);
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1, 3)}));
  PUHUI_REFUSED(redeem(city, "tea", {redemption(1, 4)}, {"shop", "operator"}), ROLE_MISSING);
}

// ---- Settlement ----

TEST_F(Offers, AreSettledToTheCent) {
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1, 3)}));
  const auto right = settling("s1", city.offer("tea"));
  EXPECT_EQ(right.amount_g(), 900);
  EXPECT_EQ(right.value_cents(), 750);
  const auto with = [&](auto change) {
    auto action = right;
    change(action);
    return act(city, action, {"bank", "shop"});
  };
  PUHUI_REFUSED(with([](auto& s) { s.set_quantity(2); }), SETTLEMENT_DIFFERS);
  PUHUI_REFUSED(with([](auto& s) { s.set_amount_g(901); }), SETTLEMENT_DIFFERS);
  const auto refused = with([](auto& s) { s.set_value_cents(749); });
  PUHUI_REFUSED(refused, SETTLEMENT_DIFFERS);
  EXPECT_EQ(refused.outcome.used(), "3, 900 g, 750 cents");
  EXPECT_EQ(refused.outcome.asked(), "3, 900 g, 749 cents");
  PUHUI_REFUSED(with([](auto& s) { s.set_settlement("No Name"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& s) { s.mutable_document()->set_name("x"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& s) { s.set_offer("cake"); }), OFFER_UNKNOWN);
  PUHUI_FAILED(act(city, right, {"shop"}), SIGNATURE_MISSING);
  PUHUI_FAILED(act(city, right, {"bank"}), SIGNATURE_MISSING);
  const auto settled = act(city, right, {"bank", "shop"});
  PUHUI_ACCEPTED(settled);
  EXPECT_EQ(city.offer("tea").settled(), 3);
  EXPECT_EQ(city.offer("tea").last_settlement(), "s1");
  const auto stored = city.view().offer_settlement("s1");
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->settled_at(), static_cast<std::int64_t>(settled.leaf));
  EXPECT_EQ(stored->settlement().value_cents(), 750);
}

TEST_F(Offers, AreSettledFromTheLastSettlementOn) {
  city.earn(1, 10'000);
  PUHUI_REFUSED(act(city, settling("s0", city.offer("tea")), {"bank", "shop"}), SETTLEMENT_DIFFERS);
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1, 3)}));
  PUHUI_ACCEPTED(act(city, settling("s1", city.offer("tea")), {"bank", "shop"}));
  PUHUI_REFUSED(act(city, settling("s2", city.offer("tea")), {"bank", "shop"}), SETTLEMENT_DIFFERS);
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1, 2), redemption(1, 5)}));
  const auto next = settling("s2", city.offer("tea"));
  EXPECT_EQ(next.quantity(), 7);
  auto again = next;
  again.set_settlement("s1");
  PUHUI_REFUSED(act(city, again, {"bank", "shop"}), SETTLEMENT_EXISTS);
  PUHUI_ACCEPTED(act(city, next, {"bank", "shop"}));
  EXPECT_EQ(city.offer("tea").settled(), 10);
}

// ---- One account that many pay into ----

TEST(ManyRedemptions, TenThousandInOneBatch) {
  constexpr std::uint64_t kMany = 10'000, kFirst = 1'000;
  CitizenCity city;
  auto action = offering("tea", 300);
  action.set_stock(kMany);
  PUHUI_ACCEPTED(open_offer(city, action));
  for (std::uint64_t i = 0; i < kMany; i += 2'500)
    city.must(open_personal_event(city, kFirst + i, 2'500), {"operator"});
  std::vector<Ride> rides;
  std::vector<v1::RedemptionRecord> records;
  for (std::uint64_t i = 0; i < kMany; ++i) {
    rides.push_back({kFirst + i, 300 + static_cast<std::int64_t>(i % 7)});
    records.push_back(redemption(kFirst + i));
  }
  PUHUI_ACCEPTED(ride(city, rides));
  const auto answer = redeem(city, "tea", records);
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(answer.outcome.records_accepted(), kMany);
  EXPECT_EQ(city.pool("bank-pool").credits_held_g(), 300 * static_cast<std::int64_t>(kMany));
  EXPECT_EQ(city.offer("tea").redeemed(), static_cast<std::int64_t>(kMany));
  EXPECT_EQ(city.grams(kFirst + 6), 6);
  EXPECT_EQ(drift_of_credits(city.view()), "");
  EXPECT_EQ(drift_of_person(city.view(), kFirst + kMany - 1), "");
  const auto again = redeem(city, "tea", records);
  PUHUI_REFUSED(again, CONFIRMATION_USED);
}

}  // namespace
}  // namespace puhui::ledger::testing
