#include "ledger/personal.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/holding/actions.h"
#include "ledger/rules/holding/holdings.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {

Ruling open_account(Context& context, const v1::OpenAccount& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (!is_name(action.account()) || is_personal_id(action.account()))
    return refuse(ErrorCode::EVENT_MALFORMED, "form.account");
  if (!v1::AccountKind_IsValid(action.kind()) || action.kind() == v1::ACCOUNT_KIND_UNSPECIFIED ||
      action.kind() == v1::ACCOUNT_PERSONAL)
    return refuse(ErrorCode::ACCOUNT_KIND, "account.kind");
  if (context.state.has(key::account(action.account())))
    return refuse(ErrorCode::ACCOUNT_EXISTS, "account.new", {}, action.account());
  const auto owner = context.state.find<v1::Party>(key::party(action.owner()));
  if (!owner) return refuse(ErrorCode::PARTY_UNKNOWN, "account.owner", {}, {}, action.owner());
  Subject subject;
  subject.holder = action.owner();
  subject.party = action.owner();
  subject.area = owner->area();
  const auto* line = action.kind() == v1::ACCOUNT_BUFFER ? "account.open_buffer" : "account.open";
  if (auto met = require_signers(context, line, subject); !met) return met;

  v1::Account account;
  account.set_account(action.account());
  account.set_kind(action.kind());
  account.set_owner(action.owner());
  account.set_opened_at(static_cast<std::int64_t>(context.leaf));
  context.state.put(key::account(action.account()), account);
  context.totals.set_accounts(context.totals.accounts() + 1);
  return {};
}

}  // namespace puhui::ledger
