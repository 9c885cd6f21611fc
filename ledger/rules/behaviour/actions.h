// What a behaviour batch does.
#pragma once

#include "ledger/rules/context.h"

namespace puhui::ledger {

// Order: rules in force; batch name; signers; then each record by itself: account; methodology in
// force on the day of the act, neither suspended nor withdrawn; slot; claim window, and the day not
// closed; inputs, guards, formula; result above zero; claim new; caps of the person's day and year,
// which count what was credited while there was a cap.
// A batch of which no record is credited is refused with its first record's refusal.
[[nodiscard]] Ruling submit_behaviour_batch(Context& context,
                                            const v1::SubmitBehaviourBatch& action);

}  // namespace puhui::ledger
