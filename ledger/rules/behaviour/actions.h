// What a behaviour batch does.
#pragma once

#include "ledger/rules/context.h"

namespace puhui::ledger {

// Order: rules in force; batch name; signers; the provider's pool; then each record by itself:
// account; methodology in force on the day of the act, neither suspended nor withdrawn; slot; day
// not to come nor too long ago; claim window open; the day not closed; consents; inputs, guards,
// formula; result above zero; claim new; caps of the person's day and year, which count what was
// credited while there was a cap, reversed or not. What the person lets the provider's pool keep
// goes there up to the rules' threshold. A batch of which no record is credited is refused with its
// first record's refusal.
[[nodiscard]] Ruling submit_behaviour_batch(Context& context,
                                            const v1::SubmitBehaviourBatch& action);

// Order: rules in force; form; signers; then each record by itself: claim; account; provider;
// window; not reversed before. What the person spent is owed from now on; what the pool converted
// it owes, until units are recalled or it gets more.
[[nodiscard]] Ruling reverse_records(Context& context, const v1::ReverseRecords& action);

}  // namespace puhui::ledger
