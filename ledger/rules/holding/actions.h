// What each event of accounts and units does: open, transfer, retire (核销).
#pragma once

#include "ledger/rules/context.h"

namespace puhui::ledger {

// ---- accounts.cc ----
// Order: rules in force; name and kind; account new; owner known; signers.
[[nodiscard]] Ruling open_account(Context& context, const v1::OpenAccount& action);
// Order: rules in force; whole pseudonyms; signers; each new.
[[nodiscard]] Ruling open_personal_accounts(Context& context,
                                            const v1::OpenPersonalAccounts& action);

// ---- holding.cc ----
// Order: accounts known and different; amount or serials well formed; holder not restrained;
// signers; serials held.
[[nodiscard]] Ruling transfer(Context& context, const v1::Transfer& action);
// Order: account known; purpose of the rules; beneficiary; period; amount or serials well formed;
// holder not restrained; signers (line "retire.<purpose>" of the table, or "retire" where there is
// none); serials held.
[[nodiscard]] Ruling retire(Context& context, const v1::Retire& action);

}  // namespace puhui::ledger
