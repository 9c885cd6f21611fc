// What the rules of governance share: parties, roles and keys, rule sets, nodes; forms and limits.
#pragma once

#include "ledger/rules/checks.h"
#include "ledger/rules/governance/actions.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {

inline constexpr std::size_t kGovernanceTextMax = 256;
inline constexpr int kRequirementsMax = 16;

[[nodiscard]] inline bool is_text(std::string_view text) {
  return text.size() <= kGovernanceTextMax;
}

// ---- parties.cc ----
// Whether a party could be registered, or a role granted, apart from who must sign that; and then
// does it.
[[nodiscard]] Ruling check_party(const Context& context, const v1::RegisterParty& action);
void put_party(Context& context, const v1::RegisterParty& action);
[[nodiscard]] Ruling check_role(const Context& context, const v1::GrantRole& action);
void put_role(Context& context, const v1::GrantRole& action);
[[nodiscard]] tl::expected<v1::Party, Refusal> need_party(const Context& context,
                                                          const std::string& name);

// ---- rule_sets.cc ----
[[nodiscard]] Ruling check_rules_form(const v1::RuleSet& rules);
void put_rule_set(Context& context, const v1::RuleSet& rules);
// Whether the parties as they are now could replace these rules: by the signers of `rules.file`, or
// by its ballot. RULE_UNMEETABLE says what lacks.
[[nodiscard]] Ruling check_replaceable(const Context& context, const v1::RuleSet& rules);

}  // namespace puhui::ledger
