#include <set>

#include "ledger/rules/checks.h"
#include "ledger/rules/holding/actions.h"
#include "ledger/rules/holding/holding.h"
#include "ledger/rules/holding/holdings.h"
#include "ledger/rules/retirement/retirement.h"

namespace puhui::ledger {
namespace {

constexpr int kLegsMax = 100;

using Pieces = tl::expected<std::vector<v1::UnitBlock>, Refusal>;

tl::unexpected<Refusal> missing(const std::string& party) {
  return tl::make_unexpected(
      Refusal{ErrorCode::SIGNATURE_MISSING, "signers.settle", "party " + party, "0", party, false});
}

// From a bond in favour of a party that signed.
Pieces take_bond_leg(Context& context, const v1::Leg& leg) {
  auto bond = need_bond(context, leg.bond());
  if (!bond) return tl::make_unexpected(bond.error());
  const auto& binding = bond->binding();
  const auto state = state_of(*bond, context.now);
  if (state != v1::BOUND || binding.kind() != v1::RESERVATION)
    return refuse(ErrorCode::BOND_STATE_WRONG, "leg.bond", "a reservation that is bound",
                  v1::BondState_Name(state), leg.bond());
  if (binding.beneficiary().empty() || binding.account() == leg.to())
    return refuse(ErrorCode::LEG_INVALID, "leg.bond", "in favour of a party, to another account",
                  {}, leg.bond());
  if (auto free = need_free_to_post(context, *bond); !free)
    return tl::make_unexpected(free.error());
  if (auto left = need_left_for_case(context, *bond, leg.amount_kg()); !left)
    return tl::make_unexpected(left.error());
  if (!context.signers.contains(binding.beneficiary())) return missing(binding.beneficiary());
  if (!binding.to().empty() && binding.to() != leg.to())
    return refuse(ErrorCode::INVALID_ARGUMENT, "bond.to", binding.to(), {}, leg.to());
  auto pieces = take_from(context, *bond, leg.amount_kg());
  if (pieces) put_posted(context, *bond, leg.amount_kg());
  return pieces;
}

// From an account whose holder signed.
Pieces take_account_leg(Context& context, const v1::Leg& leg) {
  const auto account = need_account(context, leg.from());
  if (!account) return tl::make_unexpected(account.error());
  if (auto kind = need_no_buffer(*account); !kind) return tl::make_unexpected(kind.error());
  const auto holder = need_holder(context, *account, leg.amount_kg());
  if (!holder) return tl::make_unexpected(holder.error());
  if (!context.signers.contains(holder->holder)) return missing(holder->holder);
  return take(context, leg.from(), leg.serials(), leg.amount_kg());
}

Ruling check_leg(const Context& context, const v1::Leg& leg) {
  if (leg.bond().empty() == leg.from().empty() || (!leg.bond().empty() && !leg.serials().empty()))
    return refuse(ErrorCode::LEG_INVALID, "settlement.legs", "a bond, or an account", {},
                  leg.bond() + leg.from());
  if (auto form = check_quantity(leg.serials(), leg.amount_kg()); !form) return form;
  const auto to = need_account(context, leg.to());
  if (!to) return tl::make_unexpected(to.error());
  if (auto kind = need_no_buffer(*to); !kind) return kind;
  if (leg.from() == leg.to())
    return refuse(ErrorCode::INVALID_ARGUMENT, "leg.accounts", "two different accounts", {},
                  leg.from());
  if (!leg.has_trade()) return {};
  return check_trade(context, leg.trade(), quantity(leg.serials(), leg.amount_kg()));
}

// Nothing moves twice in one settlement: who takes in one leg gives in no later one.
Ruling need_apart(const Context& context, const v1::Leg& leg, const std::set<std::string>& takers) {
  auto from = leg.from();
  if (const auto bond = need_bond(context, leg.bond()); bond) from = bond->binding().account();
  if (!takers.contains(from)) return {};
  return refuse(ErrorCode::LEG_INVALID, "settlement.once", "one move per account and settlement",
                {}, from);
}

Ruling carry_out(Context& context, const v1::Leg& leg) {
  const auto pieces =
      leg.bond().empty() ? take_account_leg(context, leg) : take_bond_leg(context, leg);
  if (!pieces) return tl::make_unexpected(pieces.error());
  if (auto moved = move(context, *pieces, leg.to()); !moved) return moved;
  if (!leg.has_trade()) return {};
  return note_trade(context, leg.trade(), quantity(leg.serials(), leg.amount_kg()));
}

}  // namespace

Ruling settle(Context& context, const v1::Settle& action) {
  if (!is_name(action.instruction())) return malformed("instruction");
  if (action.legs().empty() || action.legs_size() > kLegsMax) return malformed("legs");
  const auto stored = key::settlement(action.instruction());
  if (context.state.has(stored))
    return refuse(ErrorCode::SETTLEMENT_EXISTS, "settlement.new", {}, action.instruction());
  for (const auto& leg : action.legs())
    if (auto form = check_leg(context, leg); !form) return form;
  if (auto met = require_signers(context, "settle", the_city()); !met) return met;
  std::set<std::string> takers;
  for (const auto& leg : action.legs()) {
    if (auto apart = need_apart(context, leg, takers); !apart) return apart;
    if (auto done = carry_out(context, leg); !done) return done;
    if (context.outcome.serials_size() > static_cast<int>(kRangesMax))
      return refuse(ErrorCode::TOO_LARGE, "serials.pieces", std::to_string(kRangesMax));
    takers.insert(leg.to());
  }
  context.state.put(stored, std::string());
  context.fact("moved_kg", std::to_string(kilograms(context.outcome.serials())));
  return {};
}

}  // namespace puhui::ledger
