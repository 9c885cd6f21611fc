// What each event of reductions does: reports, their verification, issuance (签发) and registration
// (登记) of units, and what takes units back.
#pragma once

#include "ledger/rules/context.h"

namespace puhui::ledger {

// ---- reports.cc ----
// Order: rules in force; form; project filed, not of pooled credits; report new; project in force;
// period over and within the crediting period; keys of the project; one methodology version
// throughout, neither suspended nor withdrawn; no overlap for any key; inputs, guards and formula;
// signers.
[[nodiscard]] Ruling submit_report(Context& context, const v1::SubmitReport& action);
// Order: rules in force; form; report computed and not yet verified; verifier is another legal
// entity than owner, operator and who sent the report; signers; of a positive statement: project
// not suspended or revoked, result an amount. A positive statement makes the report VERIFIED, to be
// publicised or issued, or CARRIED when less than a kilogram would be issued; a negative one frees
// its period.
[[nodiscard]] Ruling verify_report(Context& context, const v1::VerifyReport& action);

// ---- issuance.cc ----
// Order: rules in force; form; no partner's list awaited; report verified or, while the rules ask
// it, its notice over with every objection decided; batch new; project and methodology not
// suspended, withdrawn or revoked; registry checks; serials left; buffer account; signers. Where a
// report carried since leaves less than a kilogram, the report is CARRIED and nothing is issued.
// The lowest serials go to the project's account, the next to the buffer, the last are cancelled
// for what the project owes.
[[nodiscard]] Ruling issue(Context& context, const v1::Issue& action);
// Order: batch issued, not yet registered and not recalled whole; project not suspended or revoked;
// signers.
[[nodiscard]] Ruling register_batch(Context& context, const v1::RegisterBatch& action);

// ---- recall.cc ----
// Order: form; batch issued; serials of that batch; signers; something left to recall.
[[nodiscard]] Ruling recall(Context& context, const v1::Recall& action);
// Order: form; project filed; no more than it was issued and is not taken back; signers.
[[nodiscard]] Ruling reverse(Context& context, const v1::Reverse& action);
// Order: batch issued; serials of that batch; no purpose of the rules is served any more; signers.
// Units that are bound stay until they are free, and those of a buffer for ever.
[[nodiscard]] Ruling expire(Context& context, const v1::Expire& action);

}  // namespace puhui::ledger
