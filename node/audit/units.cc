#include <algorithm>

#include "crypto/bytes.h"
#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

constexpr std::size_t kNoteMax = 256;

// "p-" and 32 hex digits: a personal account, which holds no units.
bool is_personal(std::string_view name) {
  return name.size() == 2 + 2 * kPseudonymSize && name.starts_with("p-") &&
         crypto::hex_decode(name.substr(2)).has_value();
}

Verdict find_account(const Case& at, const std::string& name) {
  if (is_personal(name)) return refused(ErrorCode::ACCOUNT_KIND, name);
  if (!at.books.accounts.contains(name)) return refused(ErrorCode::ACCOUNT_UNKNOWN, name);
  return {};
}

// A buffer is for reversals alone.
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

Verdict check_transfer(const Case& at, const v1::Transfer& action) {
  if (auto bad = find_account(at, action.from())) return bad;
  if (auto bad = find_account(at, action.to())) return bad;
  if (action.from() == action.to()) return refused(ErrorCode::INVALID_ARGUMENT, "one account");
  if (auto bad = check_quantity({action.serials(), action.amount_kg()})) return bad;
  if (action.has_trade() &&
      (action.trade().price_cents_per_tonne() < 0 || action.trade().reference().size() > kNoteMax))
    return malformed("trade");
  return {};
}

std::string transfer_line(const Case& at, const v1::Transfer& action) {
  if (at.books.accounts.at(action.from()).kind() == v1::ACCOUNT_BUFFER) return "transfer.buffer";
  return action.has_trade() ? "transfer.trade" : "transfer";
}

Verdict check_retirement(const Case& at, const v1::Retire& action) {
  if (auto bad = find_no_buffer(at, action.account())) return bad;
  const auto& purposes = at.rules.purposes();
  if (std::ranges::find(purposes, action.purpose()) == purposes.end())
    return refused(ErrorCode::PURPOSE_INVALID, action.purpose());
  if (action.beneficiary().empty() || action.beneficiary().size() > kNoteMax)
    return refused(ErrorCode::BENEFICIARY_MISSING);
  if (action.note().size() > kNoteMax) return malformed("note");
  const bool has_period = action.from() != 0 || action.to() != 0;
  if (has_period &&
      (!is_day(action.from()) || !is_day(action.to()) || action.to() <= action.from()))
    return refused(ErrorCode::PERIOD_INVALID, "period of the retirement");
  return check_quantity({action.serials(), action.amount_kg()});
}

}  // namespace

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
  if (auto bad = take(at, action.from(), quantity, pieces)) return bad;
  for (auto& piece : pieces) give(at, std::move(piece), action.to());
  return {};
}

Verdict retire(Case& at, const v1::Retire& action) {
  if (auto bad = check_retirement(at, action)) return bad;
  const Quantity quantity{action.serials(), action.amount_kg()};
  const auto own_line = "retire." + action.purpose();
  const auto subject = holder_of(at, action.account(), kilograms(quantity));
  if (auto bad = need_unrestrained(at.books, subject.holder)) return bad;
  need_signers(at, has_line(at.rules, own_line) ? own_line : "retire", subject);
  Pieces pieces;
  if (auto bad = plan(at, action.account(), quantity, pieces)) return bad;
  for (const auto& piece : pieces)
    if (auto bad = need_serving(at, at.books.batches.at(piece.batch()), action.purpose()))
      return bad;
  for (const auto& piece : pieces) take_part(at, piece);
  v1::Retirement retirement;
  *retirement.mutable_retirement() = action;
  retirement.set_retired_at(as_leaf(at));
  retirement.set_time(at.now);
  for (auto& piece : pieces) {
    auto* range = retirement.add_serials();
    range->set_start(piece.start());
    range->set_end(piece.end());
    end_units(at, std::move(piece), action.account(), v1::RETIRED);
  }
  retirement.set_amount_kg(kilograms({retirement.serials(), 0}));
  at.books.changed(stored('Z', at.position), retirement);
  at.books.retirements[at.position] = std::move(retirement);
  return {};
}

Verdict cancel(Case& at, const v1::Cancel& action) {
  if (auto bad = find_no_buffer(at, action.account())) return bad;
  if (action.reason().empty() || action.reason().size() > kTextMax) return malformed("reason");
  const Quantity quantity{action.serials(), action.amount_kg()};
  if (auto bad = check_quantity(quantity)) return bad;
  const auto subject = holder_of(at, action.account(), kilograms(quantity));
  if (auto bad = need_unrestrained(at.books, subject.holder)) return bad;
  need_signers(at, "cancel", subject);
  Pieces pieces;
  if (auto bad = take(at, action.account(), quantity, pieces)) return bad;
  for (auto& piece : pieces) end_units(at, std::move(piece), action.account(), v1::CANCELLED);
  return {};
}

}  // namespace puhui::node::audit
