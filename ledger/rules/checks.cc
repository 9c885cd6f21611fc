#include "ledger/rules/checks.h"

namespace puhui::ledger {

Ruling need_rules(const Context& context) {
  if (context.rules_in_force) return {};
  return refuse(ErrorCode::RULE_NONE_IN_FORCE, "rules.in_force",
                "rule set " + context.rules.version(), {}, time_text(context.now));
}

}  // namespace puhui::ledger
