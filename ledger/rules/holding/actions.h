// What each event of accounts and units does: open, transfer, bind, settle, refer to a bank.
#pragma once

#include "ledger/rules/context.h"

namespace puhui::ledger {

// ---- accounts.cc ----
// Order: rules in force; name and kind; account new; owner known; signers (line
// "account.open_buffer" of a buffer).
[[nodiscard]] Ruling open_account(Context& context, const v1::OpenAccount& action);

// ---- holding.cc ----
// Order: accounts known and different; amount or serials well formed; holder not restrained;
// trade; signers (line "transfer.buffer" out of a buffer or into it); serials held; position limit.
[[nodiscard]] Ruling transfer(Context& context, const v1::Transfer& action);

// ---- bonds.cc ----
// Order: form; beneficiary known; amount or serials well formed; bond new; accounts known; holder
// not restrained, unless the bond is judicial; a case that wants such a bond; signers of
// "bind.<kind>"; serials held free.
[[nodiscard]] Ruling bind(Context& context, const v1::Bind& action);
// Order: form; bond known and bound; no more than it binds; signers of "release.<kind>".
[[nodiscard]] Ruling release(Context& context, const v1::Release& action);
// Order: bond known and bound; no more than it binds; account known, the one the bond names; trade;
// signers of "post.<kind>"; position limit.
[[nodiscard]] Ruling post(Context& context, const v1::Post& action);

// ---- settlement.cc ----
// Order: form; legs; signers of "settle"; then each leg: nothing moves twice; bond in favour of a
// signer, or account whose holder signs and is not restrained; serials there; position limit.
[[nodiscard]] Ruling settle(Context& context, const v1::Settle& action);

// ---- loans.cc ----
// Order: form; loan new; account and bank known; held by the account; signers.
[[nodiscard]] Ruling refer_loan(Context& context, const v1::ReferLoan& action);

}  // namespace puhui::ledger
