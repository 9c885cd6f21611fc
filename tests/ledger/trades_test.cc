// Trades: lots, ticks, what was traded on a day; and loans that units were pointed to for.
#include <gtest/gtest.h>

#include <limits>

#include "tests/ledger/market.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

struct Trades : Market {
  Answer trade(std::int64_t amount_kg, const v1::Trade& traded) {
    v1::Transfer action;
    action.set_from("owner-main");
    action.set_to("buyer-main");
    action.set_amount_kg(amount_kg);
    *action.mutable_trade() = traded;
    return act(city, action, {"owner", "exchange"});
  }
  // "trades volume turnover low high last"
  [[nodiscard]] std::string sums(std::int64_t day = kToday) const {
    const auto traded = traded_on(city, day);
    std::string text;
    for (const auto number : {traded.trades(), traded.volume_kg(), traded.turnover_millicents(),
                              traded.low_cents_per_tonne(), traded.high_cents_per_tonne(),
                              traded.last_cents_per_tonne()})
      text += (text.empty() ? "" : " ") + std::to_string(number);
    return text;
  }
};

TEST_F(Trades, AddUpByDay) {
  PUHUI_ACCEPTED(trade(2'000, trade_at(3'001)));
  EXPECT_EQ(sums(), "1 2000 6002000 3001 3001 3001");
  PUHUI_ACCEPTED(trade(1'000, trade_at(6'500)));
  PUHUI_ACCEPTED(trade(1'000, trade_at(4'000)));
  EXPECT_EQ(sums(), "3 4000 16502000 3001 6500 4000");
  PUHUI_ACCEPTED(trade(1'000, trade_at(0)));
  EXPECT_EQ(sums(), "4 5000 16502000 0 6500 0");
  PUHUI_ACCEPTED(transfer(city, kToBuyer, 7));
  EXPECT_EQ(traded_on(city, kToday).trades(), 4) << "a gift is no trade";
  EXPECT_EQ(traded_on(city, kToday).day(), kToday);
}

TEST_F(Trades, HaveAnAverageOfEveryDayToHalfACent) {
  const auto average = [this] { return traded_on(city, kToday).average_cents_per_tonne(); };
  PUHUI_ACCEPTED(trade(1'000, trade_at(3'001)));
  EXPECT_EQ(average(), 3'001);
  PUHUI_ACCEPTED(trade(1'000, trade_at(3'000)));
  EXPECT_EQ(average(), 3'001) << "half a cent is rounded up";
  PUHUI_ACCEPTED(trade(1'000, trade_at(3'000)));
  EXPECT_EQ(average(), 3'000) << "a third is not";
  PUHUI_ACCEPTED(trade(3'000, trade_at(3'002)));
  EXPECT_EQ(average(), 3'001) << "by weight: 3001.17";
  PUHUI_ACCEPTED(trade(2'000, trade_at(0)));
  EXPECT_EQ(average(), 2'251) << "2250.88";
}

TEST_F(Trades, AreCountedHoweverTheyAreSettled) {
  PUHUI_ACCEPTED(bind_units(city, binding("b", v1::RESERVATION, 4'000)));
  auto post = posting("b", 1'000);
  *post.mutable_trade() = trade_at(3'000);
  PUHUI_ACCEPTED(post_bond(city, post));
  auto leg = leg_of_bond("b", 2'000);
  *leg.mutable_trade() = trade_at(5'000);
  PUHUI_ACCEPTED(act(city, settlement({leg}), {"exchange"}));
  PUHUI_ACCEPTED(trade(1'000, trade_at(4'000)));
  EXPECT_EQ(sums(), "3 4000 17000000 3000 5000 4000");
  PUHUI_ACCEPTED(post_bond(city, posting("b", 500)));
  EXPECT_EQ(traded_on(city, kToday).trades(), 3);
}

TEST_F(Trades, AreInWholeLots) {
  for (const auto amount : {std::int64_t{1}, kLot - 1, kLot + 1}) {
    const auto refused = trade(amount, trade_at(3'000));
    PUHUI_REFUSED(refused, LOT_SIZE);
    EXPECT_EQ(refused.outcome.limit(), "1000 kg");
  }
  PUHUI_ACCEPTED(bind_units(city, binding("b", v1::RESERVATION, 1'500)));
  auto post = posting("b");  // all of it
  *post.mutable_trade() = trade_at(3'000);
  PUHUI_REFUSED(post_bond(city, post), LOT_SIZE);
  EXPECT_EQ(sums(), "0 0 0 0 0 0");
  auto any = market_rules("no lots");
  any.clear_trade_lot_kg();
  PUHUI_ACCEPTED(file_rules(city, any));
  PUHUI_ACCEPTED(trade(1, trade_at(3'000)));
  PUHUI_ACCEPTED(post_bond(city, post));
  EXPECT_EQ(traded_on(city, kToday).volume_kg(), 1'501);
  any.set_trade_lot_kg(-1);
  PUHUI_REFUSED(file_rules(city, any), RULE_MALFORMED);
}

TEST_F(Trades, FormIsChecked) {
  const auto with = [this](auto change) {
    auto traded = trade_at(3'000);
    change(traded);
    return trade(kLot, traded);
  };
  using T = v1::Trade;
  PUHUI_REFUSED(with([](T& t) { t.clear_reference(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](T& t) { t.set_reference(std::string(513, 'T')); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](T& t) { t.set_price_cents_per_tonne(-1); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](T& t) { t.set_traded_at(-1); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([this](T& t) { t.set_traded_at(city.now + 1); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](T& t) { t.set_traded_at(kMost); }), EVENT_MALFORMED);
  EXPECT_EQ(city.held("buyer-main"), 0);
  PUHUI_ACCEPTED(with([this](T& t) {
    t.set_reference(std::string(512, 'T'));
    t.set_traded_at(city.now);
  }));
  EXPECT_EQ(traded_on(city, kToday).trades(), 1);
}

TEST_F(Trades, BelongToTheDayTheyWereMadeOn) {
  const auto midnight = time_of_day(kToday);
  PUHUI_ACCEPTED(trade(kLot, trade_at(3'000, midnight - 1)));
  PUHUI_ACCEPTED(trade(kLot, trade_at(4'000, midnight)));
  EXPECT_EQ(sums(kToday - 1), "1 1000 3000000 3000 3000 3000");
  EXPECT_EQ(sums(kToday), "1 1000 4000000 4000 4000 4000");
  const auto days = city.view().trade_days({});
  ASSERT_EQ(days.items_size(), 2);
  EXPECT_EQ(days.items(0).day(), kToday - 1) << "oldest first";
}

TEST_F(Trades, AreReportedWithinAWeek) {
  const auto week = 7 * kMicrosPerDay;
  PUHUI_REFUSED(trade(kLot, trade_at(3'000, city.now - week - 1)), EVENT_MALFORMED);
  PUHUI_ACCEPTED(trade(kLot, trade_at(3'000, city.now - week)));
  EXPECT_EQ(traded_on(city, kToday - 7).trades(), 1);
}

TEST_F(Trades, HaveANumberOfTheirOwn) {
  PUHUI_ACCEPTED(bind_units(city, binding("b", v1::RESERVATION, 4'000)));
  const auto first = trade_at(3'000);
  PUHUI_REFUSED(trade(kLot - 1, first), LOT_SIZE);
  PUHUI_ACCEPTED(trade(kLot, first));
  auto again = trade_at(4'000, city.now - kSecond);
  again.set_reference(first.reference());
  auto post = posting("b", kLot);
  *post.mutable_trade() = again;
  auto leg = leg_of_bond("b", kLot);
  *leg.mutable_trade() = again;
  for (int round = 0; round < 2; ++round) {
    const auto refused = trade(kLot, again);
    PUHUI_REFUSED(refused, TRADE_EXISTS);
    EXPECT_EQ(refused.outcome.used(), first.reference());
    PUHUI_REFUSED(post_bond(city, post), TRADE_EXISTS);
    PUHUI_REFUSED(act(city, settlement({leg}), {"exchange"}), TRADE_EXISTS);
    city.now += 30 * kMicrosPerDay;  // nor when the number is old
    again.clear_traded_at();
    post.mutable_trade()->clear_traded_at();
    leg.mutable_trade()->clear_traded_at();
  }
  EXPECT_EQ(sums(), "1 1000 3000000 3000 3000 3000");
  EXPECT_EQ(bond_named(city, "b").bound_kg(), 4'000);
}

TEST_F(Trades, ThatNameNoTimeAreOfNow) {
  city.now = time_of_day(kToday + 1) - 1;
  PUHUI_ACCEPTED(trade(kLot, trade_at(3'000)));
  city.now = time_of_day(kToday + 1);
  PUHUI_ACCEPTED(trade(kLot, trade_at(4'000)));
  EXPECT_EQ(traded_on(city, kToday).last_cents_per_tonne(), 3'000);
  EXPECT_EQ(traded_on(city, kToday + 1).last_cents_per_tonne(), 4'000);
}

TEST_F(Trades, TurnoverFits64Bits) {
  PUHUI_REFUSED(trade(kLot, trade_at(kMost)), AMOUNT_OVERFLOW);
  PUHUI_REFUSED(trade(kLot, trade_at(kMost / kLot + 1)), AMOUNT_OVERFLOW);
  EXPECT_EQ(city.held("buyer-main"), 0);
  PUHUI_ACCEPTED(trade(kLot, trade_at(kMost / kLot)));
  const auto before = sums();
  PUHUI_REFUSED(trade(kLot, trade_at(1)), AMOUNT_OVERFLOW);
  EXPECT_EQ(sums(), before);
  EXPECT_EQ(city.held("buyer-main"), kLot);
  PUHUI_ACCEPTED(trade(kLot, trade_at(0)));
}

TEST_F(Trades, AreSignedByTheExchangeToo) {
  v1::Transfer action;
  action.set_from("owner-main");
  action.set_to("buyer-main");
  action.set_amount_kg(kLot);
  *action.mutable_trade() = trade_at(3'000);
  needs_all(action, {"owner", "exchange"});
}

// ---- Loans ----

struct Loans : Market {
  static v1::ReferLoan loan() {
    v1::ReferLoan action;
    action.set_loan("loan-1");
    action.set_account("owner-main");
    action.set_bank("bank");
    action.set_rate_table_sha256(std::string(crypto::sha256("rates").view()));
    action.set_quantity_kg(kIssued);
    action.set_until(kToday + 365);
    return action;
  }
  Answer refer(const v1::ReferLoan& action) { return act(city, action, {"owner", "bank"}); }
};

TEST_F(Loans, NameWhatEarnedTheRate) {
  const auto referred = refer(loan());
  PUHUI_ACCEPTED(referred);
  const auto record = city.view().loan("loan-1");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->loan().SerializeAsString(), loan().SerializeAsString());
  EXPECT_EQ(record->referred_at(), static_cast<std::int64_t>(referred.leaf));
  PUHUI_REFUSED(refer(loan()), LOAN_EXISTS);
  EXPECT_EQ(held_text(city, "owner-main"), "1-10000") << "nothing is bound by it";
}

TEST_F(Loans, CountWhatIsBoundAndNoMore) {
  PUHUI_ACCEPTED(bind_units(city, binding("b", v1::PLEDGE, 4'000)));
  PUHUI_ACCEPTED(transfer(city, kToBuyer, 1));
  const auto refused = refer(loan());
  PUHUI_REFUSED(refused, BALANCE_INSUFFICIENT);
  EXPECT_EQ(refused.outcome.limit(), "9999 kg held");
  auto all = loan();
  all.set_quantity_kg(9'999);
  PUHUI_ACCEPTED(refer(all));
}

TEST_F(Loans, AreConsentedTo) { needs_all(loan(), {"owner", "bank"}); }

TEST_F(Loans, FormIsChecked) {
  const auto with = [this](auto change) {
    auto action = loan();
    change(action);
    return refer(action);
  };
  using L = v1::ReferLoan;
  PUHUI_REFUSED(with([](L& l) { l.set_loan("No name"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { l.clear_rate_table_sha256(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { l.set_rate_table_sha256("short"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { l.clear_quantity_kg(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { l.set_quantity_kg(-1); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { l.set_until(-1); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { l.set_until(kDayMax + 1); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { l.set_until(kToday - 1); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { l.set_account("owner-none"); }), ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(with([](L& l) { l.set_bank("nobody"); }), PARTY_UNKNOWN);
  PUHUI_REFUSED(with([](L& l) { l.set_quantity_kg(kMost); }), BALANCE_INSUFFICIENT);
  PUHUI_ACCEPTED(with([](L& l) { l.set_until(kToday); }));
}

TEST_F(Loans, AreOfBanks) {
  const auto from = [this](const std::string& bank) {
    auto action = loan();
    action.set_bank(bank);
    return act(city, action, {"owner", bank});
  };
  for (const auto* other : {"exchange", "buyer"}) {
    const auto refused = from(other);
    PUHUI_REFUSED(refused, ROLE_MISSING);
    EXPECT_EQ(refused.outcome.rule(), "loan.bank");
  }
  // Nor one whose role is over.
  v1::RoleGrant granted;
  granted.set_role(v1::BANK);
  granted.mutable_scope()->set_to(city.now + kMicrosPerDay);
  PUHUI_ACCEPTED(grant(city, "buyer", granted));
  city.now += kMicrosPerDay;
  PUHUI_REFUSED(from("buyer"), ROLE_MISSING);
  PUHUI_ACCEPTED(from("bank"));
}

}  // namespace
}  // namespace puhui::ledger::testing
