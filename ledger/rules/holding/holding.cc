#include "ledger/rules/holding/holding.h"

#include <algorithm>

#include "ledger/personal.h"
#include "ledger/rules/holding/actions.h"
#include "ledger/rules/holding/holdings.h"

namespace puhui::ledger {
Ruling need_room(const Context& context, const std::string& name, std::int64_t amount_kg) {
  const auto& limits = context.rules.position_limits();
  if (limits.empty()) return {};
  const auto account = context.state.find<v1::Account>(key::account(name));
  const auto limit = std::ranges::find(limits, account->kind(), &v1::PositionLimit::kind);
  if (limit == limits.end() || amount_kg <= limit->max_kg() - account->units_held_kg()) return {};
  return refuse(ErrorCode::POSITION_LIMIT_REACHED, "rules.position_limits",
                std::to_string(limit->max_kg()) + " kg",
                std::to_string(account->units_held_kg()) + " kg",
                std::to_string(amount_kg) + " kg");
}

tl::expected<v1::Account, Refusal> need_account(const Context& context, const std::string& name) {
  if (is_personal_id(name))
    return refuse(ErrorCode::ACCOUNT_KIND, "account.known", "an account that holds units", {},
                  name);
  // Only names are looked up: a personal account's key is stored in the same family.
  if (is_name(name))
    if (auto account = context.state.find<v1::Account>(key::account(name)))
      return std::move(*account);
  return refuse(ErrorCode::ACCOUNT_UNKNOWN, "account.known", {}, {}, name);
}

tl::expected<Subject, Refusal> need_holder(const Context& context, const v1::Account& account,
                                           std::int64_t amount_kg) {
  Subject subject;
  subject.holder = account.owner();
  subject.amount_kg = amount_kg;
  const auto party = context.state.find<v1::Party>(key::party(account.owner()));
  if (!party) return subject;
  if (auto free = need_unrestrained(*party); !free) return tl::make_unexpected(free.error());
  subject.area = party->area();
  return subject;
}

std::int64_t quantity(const google::protobuf::RepeatedPtrField<v1::SerialRange>& serials,
                      std::int64_t amount_kg) {
  return serials.empty() ? amount_kg : kilograms(serials);
}

Ruling need_no_buffer(const v1::Account& account) {
  if (account.kind() != v1::ACCOUNT_BUFFER) return {};
  return refuse(ErrorCode::ACCOUNT_KIND, "account.kind", "no buffer", {}, account.account());
}

Ruling move(Context& context, const std::vector<v1::UnitBlock>& pieces, const std::string& to) {
  std::int64_t amount_kg = 0;
  for (const auto& piece : pieces) amount_kg += count(piece);
  if (auto room = need_room(context, to, amount_kg); !room) return room;
  for (const auto& piece : pieces) {
    give(context, piece, to);
    record_move(context, piece, v1::MOVE_TRANSFER, piece.account(), to);
  }
  return {};
}

Ruling transfer(Context& context, const v1::Transfer& action) {
  const auto from = need_account(context, action.from());
  if (!from) return tl::make_unexpected(from.error());
  const auto to = need_account(context, action.to());
  if (!to) return tl::make_unexpected(to.error());
  if (action.from() == action.to())
    return refuse(ErrorCode::INVALID_ARGUMENT, "transfer.accounts", "two different accounts", {},
                  action.from());
  if (auto quantity = check_quantity(action.serials(), action.amount_kg()); !quantity)
    return quantity;
  const auto amount_kg = quantity(action.serials(), action.amount_kg());
  if (action.has_trade())
    if (auto trade = check_trade(context, action.trade(), amount_kg); !trade) return trade;
  const auto subject = need_holder(context, *from, amount_kg);
  if (!subject) return tl::make_unexpected(subject.error());
  const bool is_buffer = from->kind() == v1::ACCOUNT_BUFFER || to->kind() == v1::ACCOUNT_BUFFER;
  const auto* line = is_buffer            ? "transfer.buffer"
                     : action.has_trade() ? "transfer.trade"
                                          : "transfer";
  if (auto met = require_signers(context, line, *subject); !met) return met;
  auto pieces = take(context, action.from(), action.serials(), action.amount_kg());
  if (!pieces) return tl::make_unexpected(pieces.error());
  if (auto moved = move(context, *pieces, action.to()); !moved) return moved;
  return action.has_trade() ? note_trade(context, action.trade(), amount_kg) : Ruling{};
}

}  // namespace puhui::ledger
