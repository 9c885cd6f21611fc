// The rules: one function per action, in families (…/actions.h). Each decides on the state at the
// event's own position.
//
// Every function first checks, in the order its comment gives, then changes the state. Where an
// action needs a rule set in force, that comes first (`rule.none_in_force`).
#pragma once

#include "ledger/rules/context.h"

namespace puhui::ledger {

// Dispatches on the action. Genesis is refused here: it is applied by the ledger itself.
[[nodiscard]] Ruling decide(Context& context);

}  // namespace puhui::ledger
