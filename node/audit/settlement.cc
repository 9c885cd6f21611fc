// What moves units: trades, limits, settlements; and what banks are told of them.
#include <algorithm>
#include <limits>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

constexpr int kLegsMax = 100;
constexpr Micros kReportedWithin = 7 * kMicrosPerDay;

Verdict note_trade(Case& at, const v1::Trade& trade, std::int64_t amount_kg) {
  const auto day = day_of(trade.traded_at() == 0 ? at.now : trade.traded_at());
  auto sums = at.books.traded[day];
  const Whole turnover = Whole(trade.price_cents_per_tonne()) * amount_kg;
  sums.kilograms += amount_kg;
  sums.turnover += turnover;
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  if (sums.kilograms > kMax || sums.turnover > kMax)
    return refused(ErrorCode::AMOUNT_OVERFLOW, "turnover of day " + std::to_string(day));
  if (!at.books.trades.insert(trade.reference()).second)
    return refused(ErrorCode::TRADE_EXISTS, trade.reference());
  at.books.traded[day] = sums;
  return {};
}

// ---- Legs ----

const v1::Trade* trade_of(const v1::Leg& leg) { return leg.has_trade() ? &leg.trade() : nullptr; }

Verdict check_leg(const Case& at, const v1::Leg& leg) {
  const bool of_bond = !leg.bond().empty(), of_account = !leg.from().empty();
  if (of_bond == of_account || (of_bond && !leg.serials().empty()))
    return refused(ErrorCode::LEG_INVALID, leg.bond() + leg.from(), "a bond, or an account");
  const Quantity quantity{leg.serials(), leg.amount_kg()};
  if (auto bad = check_quantity(quantity)) return bad;
  if (auto bad = find_no_buffer(at, leg.to())) return bad;
  if (leg.from() == leg.to()) return refused(ErrorCode::INVALID_ARGUMENT, "one account");
  return leg.has_trade() ? check_trade(at, leg.trade(), kilograms(quantity)) : Verdict();
}

// Who takes in one leg gives in no later one.
Verdict need_apart(const Case& at, const v1::Leg& leg, const std::set<std::string>& takers) {
  const auto* bond = find(at.books.bonds, leg.bond());
  const auto& from = bond != nullptr ? bond->binding().account() : leg.from();
  if (!takers.contains(from)) return {};
  return refused(ErrorCode::LEG_INVALID, from, "one move per account and settlement");
}

Verdict move_from_bond(Case& at, const v1::Leg& leg, std::int64_t& pieces_moved) {
  v1::Bond* bond = nullptr;
  if (auto bad = find_bond(at, leg.bond(), bond)) return bad;
  const auto& binding = bond->binding();
  const auto state = state_of(*bond, at.now);
  if (state != v1::BOUND || binding.kind() != v1::RESERVATION)
    return refused(ErrorCode::BOND_STATE_WRONG, leg.bond(), "a reservation that is bound",
                   v1::BondKind_Name(binding.kind()) + " " + v1::BondState_Name(state));
  if (binding.beneficiary().empty() || binding.account() == leg.to())
    return refused(ErrorCode::LEG_INVALID, leg.bond(), "for a party, to another account");
  if (auto bad = need_free_to_post(at, *bond)) return bad;
  if (auto bad = need_kept_for_case(at, *bond, leg.amount_kg())) return bad;
  need_signature_of(at, "settle", binding.beneficiary());
  if (!binding.to().empty() && binding.to() != leg.to())
    return refused(ErrorCode::INVALID_ARGUMENT, leg.bond(), "to " + binding.to(), "to " + leg.to());
  Pieces pieces;
  if (auto bad = plan_from(at, *bond, leg.amount_kg(), pieces)) return bad;
  if (auto bad = move(at, pieces, leg.to(), trade_of(leg))) return bad;
  note_posted(at, *bond, leg.amount_kg());
  pieces_moved += static_cast<std::int64_t>(pieces.size());
  return {};
}

Verdict move_from_account(Case& at, const v1::Leg& leg, std::int64_t& pieces_moved) {
  if (auto bad = find_no_buffer(at, leg.from())) return bad;
  const auto& holder = at.books.accounts.at(leg.from()).owner();
  if (auto bad = need_unrestrained(at.books, holder)) return bad;
  need_signature_of(at, "settle", holder);
  Pieces pieces;
  if (auto bad = plan(at, leg.from(), {leg.serials(), leg.amount_kg()}, pieces)) return bad;
  if (auto bad = move(at, pieces, leg.to(), trade_of(leg))) return bad;
  pieces_moved += static_cast<std::int64_t>(pieces.size());
  return {};
}

Verdict check_settlement(const Case& at, const v1::Settle& action) {
  if (!is_name(action.instruction())) return malformed("instruction");
  if (action.legs().empty() || action.legs_size() > kLegsMax) return malformed("legs");
  if (at.books.settlements.contains(action.instruction()))
    return refused(ErrorCode::SETTLEMENT_EXISTS, action.instruction());
  for (const auto& leg : action.legs())
    if (auto bad = check_leg(at, leg)) return bad;
  return {};
}

Verdict check_loan(const Case& at, const v1::ReferLoan& action) {
  if (!is_name(action.loan())) return malformed("loan");
  if (action.rate_table_sha256().size() != crypto::Digest::kSize)
    return malformed("rate_table_sha256");
  if (action.quantity_kg() <= 0) return malformed("quantity_kg");
  if (!is_day(action.until()) || action.until() < day_of(at.now)) return malformed("until");
  if (at.books.loans.contains(action.loan())) return refused(ErrorCode::LOAN_EXISTS, action.loan());
  if (auto bad = find_account(at, action.account())) return bad;
  if (auto bad = need_bank(at, action.bank())) return bad;
  const auto held_kg = at.books.accounts.at(action.account()).units_held_kg();
  if (action.quantity_kg() <= held_kg) return {};
  return refused(ErrorCode::BALANCE_INSUFFICIENT, action.account(),
                 std::to_string(action.quantity_kg()) + " kg", std::to_string(held_kg) + " kg");
}

}  // namespace

Verdict need_room(const Case& at, const std::string& name, std::int64_t amount_kg) {
  const auto& account = at.books.accounts.at(name);
  for (const auto& limit : at.rules.position_limits()) {
    if (limit.kind() != account.kind()) continue;
    if (Whole(account.units_held_kg()) + amount_kg <= limit.max_kg()) return {};
    return refused(
        ErrorCode::POSITION_LIMIT_REACHED, name, std::to_string(limit.max_kg()) + " kg at most",
        std::to_string(account.units_held_kg()) + " kg and " + std::to_string(amount_kg) + " kg");
  }
  return {};
}

Verdict check_trade(const Case& at, const v1::Trade& trade, std::int64_t amount_kg) {
  const auto time = trade.traded_at();
  const bool is_timely = time == 0 || (time <= at.now && time >= at.now - kReportedWithin);
  if (trade.reference().empty() || trade.reference().size() > kTextMax ||
      trade.price_cents_per_tonne() < 0 || !is_timely)
    return malformed("trade");
  const auto lot_kg = at.rules.trade_lot_kg();
  if (lot_kg == 0 || amount_kg % lot_kg == 0) return {};
  return refused(ErrorCode::LOT_SIZE, trade.reference(), std::to_string(lot_kg) + " kg a lot",
                 std::to_string(amount_kg) + " kg");
}

Verdict move(Case& at, const Pieces& pieces, const std::string& to, const v1::Trade* trade) {
  if (auto bad = need_room(at, to, total_kg(pieces))) return bad;
  if (trade != nullptr)
    if (auto bad = note_trade(at, *trade, total_kg(pieces))) return bad;
  for (const auto& piece : pieces) take_part(at, piece);
  for (const auto& piece : pieces) give(at, piece, to);
  return {};
}

Verdict settle(Case& at, const v1::Settle& action) {
  if (auto bad = check_settlement(at, action)) return bad;
  need_signers(at, "settle", {.citywide = true});
  std::set<std::string> takers;
  std::int64_t pieces_moved = 0;
  for (const auto& leg : action.legs()) {
    if (auto bad = need_apart(at, leg, takers)) return bad;
    if (auto bad = leg.bond().empty() ? move_from_account(at, leg, pieces_moved)
                                      : move_from_bond(at, leg, pieces_moved))
      return bad;
    if (pieces_moved > static_cast<std::int64_t>(kPiecesMax))
      return refused(ErrorCode::TOO_LARGE, "pieces of serials", "1000 or fewer");
    takers.insert(leg.to());
  }
  at.books.settlements.insert(action.instruction());
  return {};
}

Verdict refer_loan(Case& at, const v1::ReferLoan& action) {
  if (auto bad = check_loan(at, action)) return bad;
  need_signers(at, "loan.refer",
               {.holder = at.books.accounts.at(action.account()).owner(), .party = action.bank()});
  auto& loan = at.books.loans[action.loan()];
  *loan.mutable_loan() = action;
  loan.set_referred_at(as_leaf(at));
  at.books.changed(stored('o', action.loan()), loan);
  return {};
}

}  // namespace puhui::node::audit
