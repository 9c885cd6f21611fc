#include <algorithm>
#include <cassert>

#include "ledger/rules/checks.h"
#include "ledger/rules/due.h"
#include "ledger/rules/holding/actions.h"
#include "ledger/rules/holding/holding.h"
#include "ledger/rules/holding/holdings.h"
#include "ledger/rules/retirement/retirement.h"

namespace puhui::ledger {
namespace {

constexpr std::string_view kBondPrefix = "bond/";
// What a deadline frees at once is bounded by this.
constexpr std::size_t kBondPiecesMax = 100;

std::string word(v1::BondKind kind) {
  switch (kind) {
    case v1::RESERVATION:
      return "reservation";
    case v1::JUDICIAL:
      return "judicial";
    case v1::PLEDGE:
      return "pledge";
    case v1::ESCROW:
      return "escrow";
    case v1::EVENT_RESERVATION:
      return "event";
    default:
      return "unknown";
  }
}

void put_bond(State& state, std::uint64_t leaf, v1::Bond& bond, v1::BondState ends_as) {
  if (bond.bound_kg() == 0) {
    bond.set_state(ends_as);
    bond.set_ended_at(static_cast<std::int64_t>(leaf));
  }
  state.put(key::bond(bond.binding().bond()), bond);
}

Ruling check_binding_form(const Context& context, const v1::Bind& action) {
  if (!is_name(action.bond())) return malformed("bond");
  if (!v1::BondKind_IsValid(action.kind()) || action.kind() == v1::BOND_KIND_UNSPECIFIED)
    return malformed("kind");
  if (action.reference().size() > kTextSizeMax) return malformed("reference");
  if (!is_document_or_none(action.has_document(), action.document())) return malformed("document");
  if (action.expires_at() != 0 &&
      (action.expires_at() <= context.now || action.expires_at() > kTimeMax))
    return malformed("expires_at");
  if (action.kind() == v1::PLEDGE && action.beneficiary().empty()) return malformed("beneficiary");
  if (!action.beneficiary().empty() && !context.state.has(key::party(action.beneficiary())))
    return refuse(ErrorCode::PARTY_UNKNOWN, "bond.beneficiary", {}, {}, action.beneficiary());
  return check_quantity(action.serials(), action.amount_kg());
}

Subject about(const Context& context, const v1::Account& account, const v1::Bind& binding,
              std::int64_t amount_kg) {
  Subject subject;
  subject.holder = account.owner();
  const auto holder = context.state.find<v1::Party>(key::party(account.owner()));
  if (holder) subject.area = holder->area();
  subject.party = binding.beneficiary();
  subject.amount_kg = amount_kg;
  return subject;
}

tl::expected<v1::Bond, Refusal> need_bound(const Context& context, const std::string& name) {
  auto bond = need_bond(context, name);
  if (!bond) return bond;
  if (const auto state = state_of(*bond, context.now); state != v1::BOUND)
    return refuse(ErrorCode::BOND_STATE_WRONG, "bond.state", v1::BondState_Name(v1::BOUND),
                  v1::BondState_Name(state), name);
  return bond;
}

// How much of a bond an action is about; 0 asks for all of it.
tl::expected<std::int64_t, Refusal> part_of(const v1::Bond& bond, std::int64_t amount_kg) {
  if (amount_kg < 0 || amount_kg > bond.bound_kg())
    return refuse(ErrorCode::BOND_INSUFFICIENT, "bond.amount",
                  std::to_string(bond.bound_kg()) + " kg", {}, std::to_string(amount_kg) + " kg");
  return amount_kg == 0 ? bond.bound_kg() : amount_kg;
}

// Only a frozen account's units can be frozen still.
Ruling need_free_to_bind(const Context& context, const v1::Account& account,
                         const v1::Bind& action) {
  if (action.kind() == v1::JUDICIAL) return {};
  if (auto kind = need_no_buffer(account); !kind) return kind;
  const auto holder = need_holder(context, account, 0);
  if (!holder) return tl::make_unexpected(holder.error());
  return {};
}

Ruling need_signers(const Context& context, const std::string& step, const v1::Bond& bond,
                    std::int64_t amount_kg) {
  const auto& binding = bond.binding();
  const auto account = need_account(context, binding.account());
  if (!account) return tl::make_unexpected(account.error());
  return require_signers(context, step + "." + word(binding.kind()),
                         about(context, *account, binding, amount_kg));
}

}  // namespace

Ruling need_free_to_post(const Context& context, const v1::Bond& bond) {
  if (bond.binding().kind() == v1::JUDICIAL || bond.binding().kind() == v1::PLEDGE) return {};
  const auto holder = context.state.find<v1::Account>(key::account(bond.binding().account()));
  const auto party = context.state.find<v1::Party>(key::party(holder->owner()));
  return party ? need_unrestrained(*party) : Ruling{};
}

std::string bond_key(const std::string& bond) { return std::string(kBondPrefix) + bond; }

v1::BondState state_of(const v1::Bond& bond, Micros now) {
  const auto ends = bond.binding().expires_at();
  return bond.state() == v1::BOUND && ends != 0 && now >= ends ? v1::BOND_EXPIRED : bond.state();
}

tl::expected<v1::Bond, Refusal> need_bond(const Context& context, const std::string& name) {
  auto bond = is_name(name) ? context.state.find<v1::Bond>(key::bond(name)) : std::nullopt;
  if (bond) return std::move(*bond);
  return refuse(ErrorCode::BOND_UNKNOWN, "bond.known", {}, {}, name);
}

tl::expected<std::vector<v1::UnitBlock>, Refusal> take_from(Context& context, const v1::Bond& bond,
                                                            std::int64_t amount_kg) {
  if (amount_kg <= 0 || amount_kg > bond.bound_kg())
    return refuse(ErrorCode::BOND_INSUFFICIENT, "bond.amount",
                  std::to_string(bond.bound_kg()) + " kg", {}, std::to_string(amount_kg) + " kg");
  return take_bound(context, bond_key(bond.binding().bond()), amount_kg);
}

void put_posted(Context& context, v1::Bond& bond, std::int64_t amount_kg) {
  bond.set_bound_kg(bond.bound_kg() - amount_kg);
  bond.set_posted_kg(bond.posted_kg() + amount_kg);
  put_bond(context.state, context.leaf, bond, v1::POSTED);
}

void put_retired(Context& context, v1::Bond& bond, std::int64_t amount_kg) {
  bond.set_bound_kg(bond.bound_kg() - amount_kg);
  bond.set_retired_kg(bond.retired_kg() + amount_kg);
  put_bond(context.state, context.leaf, bond, v1::BOND_RETIRED);
}

void note_recalled(Context& context, std::string_view bound_by, std::int64_t amount_kg) {
  if (!bound_by.starts_with(kBondPrefix)) return;
  auto bond = context.state.find<v1::Bond>(key::bond(bound_by.substr(kBondPrefix.size())));
  assert(bond && "units are bound by a bond that was made");
  bond->set_bound_kg(bond->bound_kg() - amount_kg);
  bond->set_recalled_kg(bond->recalled_kg() + amount_kg);
  put_bond(context.state, context.leaf, *bond, v1::RELEASED);
}

void release_all(State& state, std::uint64_t leaf, std::string_view name, v1::BondState ends_as) {
  auto bond = state.find<v1::Bond>(key::bond(name));
  assert(bond && "a bond that is released was made");
  if (bond->state() != v1::BOUND) return;
  loosen(state, leaf, bond_key(bond->binding().bond()), bond->bound_kg());
  bond->set_released_kg(bond->released_kg() + bond->bound_kg());
  bond->set_bound_kg(0);
  put_bond(state, leaf, *bond, ends_as);
}

Ruling bind(Context& context, const v1::Bind& action) {
  if (auto form = check_binding_form(context, action); !form) return form;
  if (context.state.has(key::bond(action.bond())))
    return refuse(ErrorCode::BOND_EXISTS, "bond.new", {}, action.bond());
  const auto account = need_account(context, action.account());
  if (!account) return tl::make_unexpected(account.error());
  if (!action.to().empty())
    if (const auto to = need_account(context, action.to()); !to)
      return tl::make_unexpected(to.error());
  if (auto free = need_free_to_bind(context, *account, action); !free) return free;
  auto of_case = case_for(context, action);
  if (!of_case) return tl::make_unexpected(of_case.error());
  const auto amount_kg = quantity(action.serials(), action.amount_kg());
  const auto subject = about(context, *account, action, amount_kg);
  if (auto met = require_signers(context, "bind." + word(action.kind()), subject); !met) return met;
  const auto pieces = *of_case
                          ? take_for(context, **of_case, action.serials(), action.amount_kg())
                          : take(context, action.account(), action.serials(), action.amount_kg());
  if (!pieces) return tl::make_unexpected(pieces.error());
  if (pieces->size() > kBondPiecesMax)
    return refuse(ErrorCode::TOO_LARGE, "bond.pieces", std::to_string(kBondPiecesMax));
  for (const auto& piece : *pieces)
    give_bound(context, piece, action.account(), bond_key(action.bond()));
  v1::Bond bond;
  *bond.mutable_binding() = action;
  bond.set_state(v1::BOUND);
  bond.set_bound_kg(amount_kg);
  bond.set_bound_at(static_cast<std::int64_t>(context.leaf));
  const auto stored = key::bond(action.bond());
  context.state.put(stored, bond);
  schedule(context, {0, action.expires_at()}, DueKind::bond, stored);
  if (*of_case) add_bond(context, **of_case, action.bond());
  return {};
}

Ruling release(Context& context, const v1::Release& action) {
  if (action.reason().size() > kTextSizeMax) return malformed("reason");
  auto bond = need_bound(context, action.bond());
  if (!bond) return tl::make_unexpected(bond.error());
  const auto amount_kg = part_of(*bond, action.amount_kg());
  if (!amount_kg) return tl::make_unexpected(amount_kg.error());
  if (auto left = need_left_for_case(context, *bond, *amount_kg); !left) return left;
  if (auto met = need_signers(context, "release", *bond, *amount_kg); !met) return met;
  loosen(context.state, context.leaf, bond_key(action.bond()), *amount_kg);
  bond->set_bound_kg(bond->bound_kg() - *amount_kg);
  bond->set_released_kg(bond->released_kg() + *amount_kg);
  put_bond(context.state, context.leaf, *bond, v1::RELEASED);
  context.fact("released_kg", std::to_string(*amount_kg));
  return {};
}

Ruling post(Context& context, const v1::Post& action) {
  auto bond = need_bound(context, action.bond());
  if (!bond) return tl::make_unexpected(bond.error());
  const auto amount_kg = part_of(*bond, action.amount_kg());
  if (!amount_kg) return tl::make_unexpected(amount_kg.error());
  if (auto left = need_left_for_case(context, *bond, *amount_kg); !left) return left;
  const auto& named = bond->binding().to();
  const auto& to = named.empty() ? action.to() : named;
  if (!action.to().empty() && action.to() != to)
    return refuse(ErrorCode::INVALID_ARGUMENT, "bond.to", named, {}, action.to());
  const auto taker = need_account(context, to);
  if (!taker) return tl::make_unexpected(taker.error());
  if (auto kind = need_no_buffer(*taker); !kind) return kind;
  if (to == bond->binding().account())
    return refuse(ErrorCode::INVALID_ARGUMENT, "bond.accounts", "another account", {}, to);
  if (auto free = need_free_to_post(context, *bond); !free) return free;
  if (action.has_trade())
    if (auto trade = check_trade(context, action.trade(), *amount_kg); !trade) return trade;
  if (auto met = need_signers(context, "post", *bond, *amount_kg); !met) return met;
  const auto pieces = take_from(context, *bond, *amount_kg);
  if (!pieces) return tl::make_unexpected(pieces.error());
  if (auto moved = move(context, *pieces, to); !moved) return moved;
  put_posted(context, *bond, *amount_kg);
  return action.has_trade() ? note_trade(context, action.trade(), *amount_kg) : Ruling{};
}

}  // namespace puhui::ledger
