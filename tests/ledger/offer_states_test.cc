// Every action on an offer before, in and after its time, and once it is closed.
#include <gtest/gtest.h>

#include "tests/ledger/citizens.h"
#include "tests/ledger/states.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

enum class OfferTime : std::uint8_t { none, early, open, over, closed };
enum class OfferAction : std::uint8_t { open, add, close, redeem, settle };
using OfferCase = std::tuple<OfferTime, OfferAction>;

struct OfferStates : Citizens, ::testing::WithParamInterface<OfferCase> {
  // One redemption was made while it was open.
  void bring(OfferTime time) {
    city.earn(1, 1'000);
    if (time == OfferTime::none) return;
    auto action = offering("tea", 300);
    if (time == OfferTime::early) action.set_from(city.now + kMicrosPerDay);
    PUHUI_ACCEPTED(open_offer(city, action));
    if (time == OfferTime::early) return;
    PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1)}));
    if (time == OfferTime::over) city.now = action.to();
    if (time == OfferTime::closed) PUHUI_ACCEPTED(change(0, true));
  }
  Answer change(std::int64_t stock_added, bool is_closed) {
    v1::ChangeOffer action;
    action.set_offer("tea");
    action.set_stock_added(stock_added);
    action.set_is_closed(is_closed);
    return act(city, action, {"shop"});
  }
  Answer carry_out(OfferAction action) {
    auto settlement = settling("s", offer());
    settlement.set_offer("tea");
    switch (action) {
      case OfferAction::open:
        return open_offer(city, offering("tea", 300));
      case OfferAction::add:
        return change(5, false);
      case OfferAction::close:
        return change(0, true);
      case OfferAction::redeem:
        return redeem(city, "tea", {redemption(1)});
      default:
        return act(city, settlement, {"bank", "shop"});
    }
  }
  [[nodiscard]] v1::Offer offer() const { return city.view().offer("tea").value_or(v1::Offer()); }
};

v1::ErrorCode expected(OfferTime time, OfferAction action) {
  if (action == OfferAction::open) return time == OfferTime::none ? ErrorCode::OK : OFFER_EXISTS;
  if (time == OfferTime::none) return OFFER_UNKNOWN;
  // Nothing was redeemed before its time; what was is settled whenever it may be.
  if (action == OfferAction::settle)
    return time == OfferTime::early ? SETTLEMENT_DIFFERS : ErrorCode::OK;
  if (action == OfferAction::redeem)
    return time == OfferTime::open ? ErrorCode::OK : OFFER_STATE_WRONG;
  return time == OfferTime::closed ? OFFER_STATE_WRONG : ErrorCode::OK;
}

TEST_P(OfferStates, AllowSomeActions) {
  const auto [time, action] = GetParam();
  bring(time);
  const auto before = offer().SerializeAsString();
  const auto wanted = expected(time, action);
  expect_code(carry_out(action), wanted);
  EXPECT_EQ(offer().SerializeAsString() == before, wanted != ErrorCode::OK);
  const bool closes = wanted == ErrorCode::OK && action == OfferAction::close;
  const bool exists = time != OfferTime::none || action == OfferAction::open;
  const auto open = closes || time == OfferTime::closed ? v1::OFFER_CLOSED : v1::OFFER_OPEN;
  EXPECT_EQ(offer().state(), exists ? open : v1::OFFER_STATE_UNSPECIFIED);
}

INSTANTIATE_TEST_SUITE_P(
    All, OfferStates,
    ::testing::Combine(::testing::Values(OfferTime::none, OfferTime::early, OfferTime::open,
                                         OfferTime::over, OfferTime::closed),
                       ::testing::Values(OfferAction::open, OfferAction::add, OfferAction::close,
                                         OfferAction::redeem, OfferAction::settle)));

}  // namespace
}  // namespace puhui::ledger::testing
