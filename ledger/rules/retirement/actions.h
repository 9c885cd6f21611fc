// What each event that ends units does: retirement (核销) and its steps, cancellation,
// certificates.
#pragma once

#include "ledger/rules/context.h"

namespace puhui::ledger {

// ---- retire.cc ----
// Order: account known, and no buffer; purpose of the rules; beneficiary; period; amount or serials
// well formed; holder not restrained; the steps of the purpose (a case that is ready for it, of the
// same account, purpose, beneficiary and period; the amount confirmed; whole lots); signers (line
// "retire.<purpose>" of the table, or "retire" where there is none); serials held or bound, areas
// that go first, vintages that serve the purpose; caps.
[[nodiscard]] Ruling retire(Context& context, const v1::Retire& action);
// Order: account known, and no buffer; reason; amount or serials well formed; holder not
// restrained; signers; serials held.
[[nodiscard]] Ruling cancel(Context& context, const v1::Cancel& action);

// ---- cases.cc ----
// Order: rules in force; form; case new; purpose with steps; account known, and no buffer; holder
// not restrained; what caps are measured by is known; signers of "open.<purpose>".
[[nodiscard]] Ruling open_case(Context& context, const v1::OpenCase& action);
// Order: form; case open and its purpose confirmed; a footprint by a verifier of another legal
// entity than the holder; the footprint it names, if any: verified, of the holder and the case's
// period, and of this amount; signers of "confirm.<purpose>"; caps. Not accepted: the case is void.
[[nodiscard]] Ruling confirm_case(Context& context, const v1::ConfirmCase& action);
// Order: form; case open or confirmed; signers of "void.<purpose>". Its bonds are released.
[[nodiscard]] Ruling void_case(Context& context, const v1::VoidCase& action);

// ---- certificates.cc ----
// Of a retirement. Order: form; retirement known; certificate new, and the retirement without one;
// signers of "certify".
// Of how a party stands. Order: form, with a position that is past; certificate new; party known;
// bank known, and one; the party signed; signers of "certify.statement".
[[nodiscard]] Ruling certify(Context& context, const v1::Certify& action);

}  // namespace puhui::ledger
