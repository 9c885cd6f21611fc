#include "ledger/rules/rules.h"

namespace puhui::ledger {

Ruling need_rules(const Context& context) {
  if (context.rules_in_force) return {};
  return refuse(ErrorCode::RULE_NONE_IN_FORCE, "rules.in_force",
                "rule set " + context.rules.version(), {}, std::to_string(context.now));
}

Ruling decide(Context& context) {
  const auto& p = context.event.payload;
  switch (p.action_case()) {
    case v1::Payload::kRegisterParty:
      return register_party(context, p.register_party());
    case v1::Payload::kGrantRole:
      return grant_role(context, p.grant_role());
    case v1::Payload::kRevokeRole:
      return revoke_role(context, p.revoke_role());
    case v1::Payload::kAddKey:
      return add_key(context, p.add_key());
    case v1::Payload::kRotateKey:
      return rotate_key(context, p.rotate_key());
    case v1::Payload::kRevokeKey:
      return revoke_key(context, p.revoke_key());
    case v1::Payload::kFileRuleSet:
      return file_rule_set(context, p.file_rule_set());
    case v1::Payload::kAdmitNode:
      return admit_node(context, p.admit_node());
    case v1::Payload::kFileMethodology:
      return file_methodology(context, p.file_methodology());
    case v1::Payload::kFileProject:
      return file_project(context, p.file_project());
    case v1::Payload::kSubmitReport:
      return submit_report(context, p.submit_report());
    case v1::Payload::kVerifyReport:
      return verify_report(context, p.verify_report());
    case v1::Payload::kIssue:
      return issue(context, p.issue());
    case v1::Payload::kOpenAccount:
      return open_account(context, p.open_account());
    case v1::Payload::kOpenPersonalAccounts:
      return open_personal_accounts(context, p.open_personal_accounts());
    case v1::Payload::kTransfer:
      return transfer(context, p.transfer());
    case v1::Payload::kRetire:
      return retire(context, p.retire());
    case v1::Payload::kSubmitBehaviourBatch:
      return submit_behaviour_batch(context, p.submit_behaviour_batch());
    case v1::Payload::kGenesis:
      return refuse(ErrorCode::GENESIS_DUPLICATE, "genesis.once", "1", "1");
    case v1::Payload::ACTION_NOT_SET:
      break;
  }
  return refuse(ErrorCode::EVENT_MALFORMED, "event.action");
}

int year_of_day(std::int64_t day) {
  // Days from 0000-03-01 in 400-year eras of 146 097 days (proleptic Gregorian calendar).
  const std::int64_t shifted = day + 719'468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const std::int64_t of_era = shifted - era * 146'097;
  const std::int64_t year_of_era =
      (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const bool january_or_february = day_of_year >= 306;
  return static_cast<int>(year_of_era + era * 400 + (january_or_february ? 1 : 0));
}

}  // namespace puhui::ledger
