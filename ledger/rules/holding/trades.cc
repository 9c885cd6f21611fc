#include <algorithm>

#include "ledger/rules/checks.h"
#include "ledger/rules/holding/holding.h"

namespace puhui::ledger {
namespace {

constexpr Micros kReportedWithin = 7 * kMicrosPerDay;

std::int64_t day_of_trade(const Context& context, const v1::Trade& trade) {
  return day_of(trade.traded_at() == 0 ? context.now : trade.traded_at());
}

}  // namespace

Ruling check_trade(const Context& context, const v1::Trade& trade, std::int64_t amount_kg) {
  if (trade.reference().empty() || trade.reference().size() > kTextSizeMax ||
      trade.price_cents_per_tonne() < 0 || trade.traded_at() > context.now ||
      (trade.traded_at() != 0 && trade.traded_at() < context.now - kReportedWithin))
    return malformed("trade");
  const auto lot_kg = context.rules.trade_lot_kg();
  if (lot_kg == 0 || amount_kg % lot_kg == 0) return {};
  return refuse(ErrorCode::LOT_SIZE, "rules.trade_lot", std::to_string(lot_kg) + " kg", {},
                std::to_string(amount_kg) + " kg");
}

Ruling note_trade(Context& context, const v1::Trade& trade, std::int64_t amount_kg) {
  const auto reported = key::trade(trade.reference());
  if (context.state.has(reported))
    return refuse(ErrorCode::TRADE_EXISTS, "trade.new", {}, trade.reference());
  context.state.put(reported, std::string());
  const auto day = day_of_trade(context, trade);
  const auto stored = key::trade_day(day);
  const auto price = trade.price_cents_per_tonne();
  auto sums = context.state.find<v1::TradeDay>(stored);
  if (!sums) {
    sums.emplace();
    sums->set_day(day);
    sums->set_low_cents_per_tonne(price);
  }
  std::int64_t turnover = 0, volume = 0;
  if (__builtin_mul_overflow(price, amount_kg, &turnover) ||
      __builtin_add_overflow(turnover, sums->turnover_millicents(), &turnover) ||
      __builtin_add_overflow(amount_kg, sums->volume_kg(), &volume))
    return refuse(ErrorCode::AMOUNT_OVERFLOW, "trade.turnover");
  sums->set_trades(sums->trades() + 1);
  sums->set_volume_kg(volume);
  sums->set_turnover_millicents(turnover);
  sums->set_low_cents_per_tonne(std::min(price, sums->low_cents_per_tonne()));
  sums->set_high_cents_per_tonne(std::max(price, sums->high_cents_per_tonne()));
  sums->set_last_cents_per_tonne(price);
  context.state.put(stored, *sums);
  return {};
}

}  // namespace puhui::ledger
