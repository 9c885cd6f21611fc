#include "ledger/rules/checks.h"
#include "ledger/rules/holding/actions.h"
#include "ledger/rules/holding/holding.h"

namespace puhui::ledger {

Ruling refer_loan(Context& context, const v1::ReferLoan& action) {
  if (!is_name(action.loan())) return malformed("loan");
  if (action.rate_table_sha256().size() != crypto::Digest::kSize)
    return malformed("rate_table_sha256");
  if (action.quantity_kg() <= 0) return malformed("quantity_kg");
  if (!is_day(action.until()) || action.until() < day_of(context.now)) return malformed("until");
  const auto stored = key::loan(action.loan());
  if (context.state.has(stored))
    return refuse(ErrorCode::LOAN_EXISTS, "loan.new", {}, action.loan());
  const auto account = need_account(context, action.account());
  if (!account) return tl::make_unexpected(account.error());
  if (auto bank = need_bank(context, action.bank(), "loan.bank"); !bank) return bank;
  if (action.quantity_kg() > account->units_held_kg())
    return refuse(ErrorCode::BALANCE_INSUFFICIENT, "loan.quantity",
                  std::to_string(account->units_held_kg()) + " kg held", {},
                  std::to_string(action.quantity_kg()) + " kg");
  Subject subject;
  subject.holder = account->owner();
  subject.party = action.bank();
  if (auto met = require_signers(context, "loan.refer", subject); !met) return met;
  v1::LoanReference loan;
  *loan.mutable_loan() = action;
  loan.set_referred_at(static_cast<std::int64_t>(context.leaf));
  context.state.put(stored, loan);
  return {};
}

}  // namespace puhui::ledger
