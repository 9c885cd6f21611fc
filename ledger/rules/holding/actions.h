// What each event of accounts and units does: open, transfer, retire (核销).
#pragma once

#include "ledger/rules/context.h"

namespace puhui::ledger {

// ---- accounts.cc ----
// Order: rules in force; name and kind; account new; owner known; signers (line
// "account.open_buffer" of a buffer).
[[nodiscard]] Ruling open_account(Context& context, const v1::OpenAccount& action);
// Order: rules in force; whole pseudonyms; signers; each new.
[[nodiscard]] Ruling open_personal_accounts(Context& context,
                                            const v1::OpenPersonalAccounts& action);

// ---- holding.cc ----
// Order: accounts known and different; amount or serials well formed; holder not restrained;
// signers (line "transfer.buffer" out of a buffer); serials held.
[[nodiscard]] Ruling transfer(Context& context, const v1::Transfer& action);
// Order: account known, and no buffer; purpose of the rules; beneficiary; period; amount or serials
// well formed; holder not restrained; signers (line "retire.<purpose>" of the table, or "retire"
// where there is none); serials held, of a vintage that serves the purpose.
[[nodiscard]] Ruling retire(Context& context, const v1::Retire& action);
// Order: account known, and no buffer; reason; amount or serials well formed; holder not
// restrained; signers; serials held.
[[nodiscard]] Ruling cancel(Context& context, const v1::Cancel& action);

}  // namespace puhui::ledger
