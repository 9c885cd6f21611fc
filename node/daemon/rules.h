// The rule set a new city begins with, as JSON of puhui.v1.RuleSet; `puhuid init --rules FILE`
// replaces it, and filing a rule set changes it later.
#pragma once

#include <string_view>

namespace puhui::node::daemon {

inline constexpr std::string_view kFirstRules = R"json({
  "version": "1",
  "signers": [
    {"action": "party.register", "all_of": [{"role": "OPERATOR"}, {"role": "AUTHORITY"}]},
    {"action": "role.grant", "all_of": [{"role": "AUTHORITY"}]},
    {"action": "role.revoke", "all_of": [{"role": "AUTHORITY"}]},
    {"action": "party.restrain", "all_of": [{"role": "OPERATOR"}, {"role": "AUTHORITY"}]},
    {"action": "party.release", "all_of": [{"role": "OPERATOR"}, {"role": "AUTHORITY"}]},
    {"action": "key.add", "all_of": [{"relation": "SUBJECT"}]},
    {"action": "key.rotate", "all_of": [{"relation": "SUBJECT"}]},
    {"action": "key.revoke", "all_of": [{"relation": "SUBJECT"}]},
    {"action": "rules.file", "all_of": [{"role": "AUTHORITY"}]},
    {"action": "node.admit", "all_of": [{"role": "OPERATOR"}, {"role": "AUTHORITY"}]},
    {"action": "methodology.file",
     "all_of": [{"role": "EXPERT", "count": 2}, {"role": "OPERATOR"}]},
    {"action": "project.file", "all_of": [{"relation": "OWNER"}, {"role": "OPERATOR"}]},
    {"action": "draft.methodology", "all_of": [{"role": "EXPERT"}]},
    {"action": "draft.scenario", "all_of": [{"role": "EXPERT"}]},
    {"action": "draft.project", "all_of": [{"relation": "OWNER"}]},
    {"action": "draft.institution", "all_of": [{"role": "OPERATOR"}]},
    {"action": "draft.data_provider", "all_of": [{"role": "OPERATOR"}]},
    {"action": "complete.methodology", "all_of": [{"role": "OPERATOR"}]},
    {"action": "complete.scenario", "all_of": [{"role": "OPERATOR"}]},
    {"action": "complete.project", "all_of": [{"role": "OPERATOR"}]},
    {"action": "complete.institution", "all_of": [{"role": "OPERATOR"}, {"role": "AUTHORITY"}]},
    {"action": "complete.data_provider", "all_of": [{"role": "OPERATOR"}, {"role": "AUTHORITY"}]},
    {"action": "notice.open", "all_of": [{"role": "OPERATOR"}]},
    {"action": "notice.object"},
    {"action": "notice.decide", "all_of": [{"role": "EXPERT", "count": 2}]},
    {"action": "standing.methodology", "all_of": [{"role": "OPERATOR"}, {"role": "AUTHORITY"}]},
    {"action": "standing.project", "all_of": [{"role": "OPERATOR"}, {"role": "AUTHORITY"}]},
    {"action": "ets.publish", "all_of": [{"role": "ETS_AUTHORITY"}]},
    {"action": "report.submit", "all_of": [{"relation": "OWNER"}]},
    {"action": "report.verify", "all_of": [{"role": "VERIFIER"}]},
    {"action": "issue", "all_of": [{"role": "OPERATOR"}, {"role": "AUTHORITY"}]},
    {"action": "batch.register", "all_of": [{"role": "OPERATOR"}]},
    {"action": "recall", "all_of": [{"role": "AUTHORITY"}, {"role": "OPERATOR"}]},
    {"action": "reverse", "all_of": [{"role": "AUTHORITY"}]},
    {"action": "expire", "all_of": [{"role": "OPERATOR"}]},
    {"action": "account.open", "all_of": [{"relation": "HOLDER"}, {"role": "OPERATOR"}]},
    {"action": "account.open_buffer", "all_of": [{"role": "OPERATOR"}, {"role": "AUTHORITY"}]},
    {"action": "account.open_personal", "all_of": [{"role": "OPERATOR"}]},
    {"action": "transfer", "all_of": [{"relation": "HOLDER"}]},
    {"action": "transfer.trade", "all_of": [{"relation": "HOLDER"}, {"role": "EXCHANGE"}]},
    {"action": "transfer.buffer", "all_of": [{"role": "AUTHORITY"}, {"relation": "HOLDER"}]},
    {"action": "cancel", "all_of": [{"relation": "HOLDER"}]},
    {"action": "retire.voluntary_offset", "all_of": [{"relation": "HOLDER"}]},
    {"action": "retire.organisation_neutrality", "all_of": [{"relation": "HOLDER"}]},
    {"action": "retire.event_neutrality", "all_of": [{"relation": "HOLDER"}]},
    {"action": "retire.damage_compensation",
     "all_of": [{"relation": "HOLDER"}, {"role": "AUTHORITY"}]},
    {"action": "retire.equal_substitution", "all_of": [{"relation": "HOLDER"}]},
    {"action": "retire.ets_compliance",
     "all_of": [{"relation": "HOLDER"}, {"role": "ETS_AUTHORITY"}]},
    {"action": "behaviour.submit", "all_of": [{"role": "DATA_PROVIDER"}]}
  ],
  "purposes": ["voluntary_offset", "organisation_neutrality", "event_neutrality",
               "damage_compensation", "equal_substitution", "ets_compliance"],
  "valid_ahead_max": "604800000000",
  "plan": {
    "source": "武政办〔2023〕26 号",
    "until": "20454",
    "targets": [
      {"kind": "TARGET_METHODOLOGIES", "wanted": "10"},
      {"kind": "TARGET_INSTITUTIONS", "wanted": "20",
       "roles": ["VERIFIER", "DATA_PROVIDER", "PLATFORM", "BANK", "EXCHANGE"]},
      {"kind": "TARGET_PROJECTS_AND_SCENARIOS", "wanted": "50"}
    ]
  }
})json";

}  // namespace puhui::node::daemon
