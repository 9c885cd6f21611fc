#include "crypto/bytes.h"
#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

// "p-" and 32 hex digits: a personal account, which holds no units.
bool is_personal(std::string_view name) {
  return name.size() == 2 + 2 * kPseudonymSize && name.starts_with("p-") &&
         crypto::hex_decode(name.substr(2)).has_value();
}

Verdict check_transfer(const Case& at, const v1::Transfer& action) {
  if (auto bad = find_account(at, action.from())) return bad;
  if (auto bad = find_account(at, action.to())) return bad;
  if (action.from() == action.to()) return refused(ErrorCode::INVALID_ARGUMENT, "one account");
  const Quantity quantity{action.serials(), action.amount_kg()};
  if (auto bad = check_quantity(quantity)) return bad;
  return action.has_trade() ? check_trade(at, action.trade(), kilograms(quantity)) : Verdict();
}

std::string transfer_line(const Case& at, const v1::Transfer& action) {
  for (const auto& account : {action.from(), action.to()})
    if (at.books.accounts.at(account).kind() == v1::ACCOUNT_BUFFER) return "transfer.buffer";
  return action.has_trade() ? "transfer.trade" : "transfer";
}

}  // namespace

Verdict find_account(const Case& at, const std::string& name) {
  if (is_personal(name)) return refused(ErrorCode::ACCOUNT_KIND, name);
  if (!at.books.accounts.contains(name)) return refused(ErrorCode::ACCOUNT_UNKNOWN, name);
  return {};
}

Verdict find_no_buffer(const Case& at, const std::string& name) {
  if (auto bad = find_account(at, name)) return bad;
  if (at.books.accounts.at(name).kind() != v1::ACCOUNT_BUFFER) return {};
  return refused(ErrorCode::ACCOUNT_KIND, name, "no buffer");
}

Subject holder_of(const Case& at, const std::string& account, std::int64_t amount_kg) {
  const auto& owner = at.books.accounts.at(account).owner();
  const auto* party = find(at.books.parties, owner);
  return {.holder = owner,
          .area = party != nullptr ? party->area() : std::string(),
          .amount_kg = amount_kg};
}

Verdict open_account(Case& at, const v1::OpenAccount& action) {
  if (auto bad = need_rules(at)) return bad;
  if (!is_name(action.account()) || is_personal(action.account())) return malformed("account");
  if (!v1::AccountKind_IsValid(action.kind()) || action.kind() == v1::ACCOUNT_KIND_UNSPECIFIED ||
      action.kind() == v1::ACCOUNT_PERSONAL)
    return refused(ErrorCode::ACCOUNT_KIND, action.account());
  if (at.books.accounts.contains(action.account()))
    return refused(ErrorCode::ACCOUNT_EXISTS, action.account());
  const auto* owner = find(at.books.parties, action.owner());
  if (owner == nullptr) return refused(ErrorCode::PARTY_UNKNOWN, action.owner());
  const bool is_buffer = action.kind() == v1::ACCOUNT_BUFFER;
  need_signers(at, is_buffer ? "account.open_buffer" : "account.open",
               {.holder = action.owner(), .party = action.owner(), .area = owner->area()});
  v1::Account account;
  account.set_account(action.account());
  account.set_kind(action.kind());
  account.set_owner(action.owner());
  account.set_opened_at(as_leaf(at));
  at.books.changed(stored('A', action.account()), account);
  at.books.accounts[action.account()] = std::move(account);
  at.books.totals.set_accounts(at.books.totals.accounts() + 1);
  return {};
}

Verdict transfer(Case& at, const v1::Transfer& action) {
  if (auto bad = check_transfer(at, action)) return bad;
  const Quantity quantity{action.serials(), action.amount_kg()};
  const auto subject = holder_of(at, action.from(), kilograms(quantity));
  if (auto bad = need_unrestrained(at.books, subject.holder)) return bad;
  need_signers(at, transfer_line(at, action), subject);
  Pieces pieces;
  if (auto bad = plan(at, action.from(), quantity, pieces)) return bad;
  return move(at, pieces, action.to(), action.has_trade() ? &action.trade() : nullptr);
}

}  // namespace puhui::node::audit
