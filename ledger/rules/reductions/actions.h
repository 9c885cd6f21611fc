// What each event from report to issuance (签发) does.
#pragma once

#include "ledger/rules/context.h"

namespace puhui::ledger {

// Order: rules in force; form; project filed; report new; period within the crediting period; keys
// of the project; one methodology version in force throughout; no overlap for any key; inputs,
// guards and formula; signers.
[[nodiscard]] Ruling submit_report(Context& context, const v1::SubmitReport& action);
// Order: rules in force; report computed and not yet verified; verifier is another legal entity
// than owner and operator; result an amount; signers. A positive statement makes the report
// VERIFIED, to be issued, or CARRIED when less than a kilogram would be issued; a negative one
// frees its period.
[[nodiscard]] Ruling verify_report(Context& context, const v1::VerifyReport& action);
// Order: rules in force; form; report verified; batch new; registry checks; at least one kilogram;
// serials left; signers.
[[nodiscard]] Ruling issue(Context& context, const v1::Issue& action);

}  // namespace puhui::ledger
