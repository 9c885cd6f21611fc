#include <algorithm>

#include "ledger/rules/retirement/retirement.h"

namespace puhui::ledger {
namespace {

// The rule that says most about this purpose and methodology, or null.
const v1::VintageRule* rule_for(const v1::RuleSet& rules, const std::string& purpose,
                                const std::string& methodology) {
  const v1::VintageRule* best = nullptr;
  int best_says = -1;
  for (const auto& rule : rules.vintages()) {
    if (!rule.purpose().empty() && rule.purpose() != purpose) continue;
    if (!rule.methodology().empty() && rule.methodology() != methodology) continue;
    const int says = (rule.purpose().empty() ? 0 : 2) + (rule.methodology().empty() ? 0 : 1);
    if (says > best_says) best = &rule;
    best_says = std::max(best_says, says);
  }
  return best;
}

}  // namespace

Ruling need_serving(const Context& context, const v1::UnitBatch& batch,
                    const std::string& purpose) {
  const auto* rule = rule_for(context.rules, purpose, batch.methodology());
  if (rule == nullptr) return {};
  const auto last_year = batch.vintage() + static_cast<std::int64_t>(rule->years());
  const auto year = year_of_day(day_of(context.now));
  if (year <= last_year) return {};
  return refuse(ErrorCode::VINTAGE_EXPIRED, "rules.vintages",
                "until the end of " + std::to_string(last_year), std::to_string(year),
                purpose + ", " + batch.serial());
}

}  // namespace puhui::ledger
