#include <algorithm>

#include "crypto/envelope.h"
#include "ledger/formula/rational.h"
#include "ledger/rules/due.h"
#include "ledger/rules/governance/governance.h"

namespace puhui::ledger {
namespace {

constexpr int kRuleLinesMax = 256;
constexpr std::uint32_t kNoticeDaysMax = 366;
constexpr std::int64_t kCalendarDaysMax = 3'660;
constexpr std::uint32_t kVintageYearsMax = 100;
constexpr int kPurposesMax = 64;
constexpr std::uint32_t kReversalDaysMax = 366;
constexpr std::uint32_t kJumpPercentMax = 100'000;
constexpr std::uint32_t kVotersMax = 64;
constexpr Micros kBallotTimeMax = 3'660 * kMicrosPerDay;

// What a Resolution can do.
constexpr std::string_view kResolvable[] = {"party.register", "role.grant",     "role.revoke",
                                            "key.revoke",     "rules.file",     "node.admit",
                                            "party.restrain", "party.release",  "agreement.file",
                                            "agreement.set",  "transfer.settle"};

// A requirement that someone can meet.
bool is_requirement(const v1::SignerRequirement& need) {
  if (need.count() > crypto::kEnvelopeSignaturesMax || need.keys() > crypto::kEnvelopeSignaturesMax)
    return false;
  switch (need.who_case()) {
    case v1::SignerRequirement::kRole:
      return is_role(need.role());
    case v1::SignerRequirement::kRelation:
      return v1::Relation_IsValid(need.relation()) && need.relation() != v1::RELATION_UNSPECIFIED &&
             need.count() <= 1;
    case v1::SignerRequirement::WHO_NOT_SET:
      break;
  }
  return false;
}

bool is_signer_line(const v1::SignerRule& line) {
  return !line.action().empty() && is_text(line.action()) &&
         line.all_of_size() <= kRequirementsMax &&
         std::ranges::all_of(line.all_of(), is_requirement);
}

bool is_plan(const v1::Plan& plan) {
  std::set<v1::TargetKind> kinds;
  const auto is_target = [&kinds](const v1::PlanTarget& target) {
    const bool has_roles = target.kind() == v1::TARGET_INSTITUTIONS;
    return v1::TargetKind_IsValid(target.kind()) && target.kind() != v1::TARGET_UNSPECIFIED &&
           kinds.insert(target.kind()).second && target.wanted() > 0 &&
           has_roles == !target.roles().empty() && target.roles_size() <= kRequirementsMax &&
           std::ranges::all_of(target.roles(),
                               [](int role) { return is_role(static_cast<v1::Role>(role)); });
  };
  return !plan.source().empty() && is_text(plan.source()) && is_day(plan.until()) &&
         !plan.targets().empty() && std::ranges::all_of(plan.targets(), is_target);
}

bool is_ballot(const v1::Ballot& ballot) {
  return std::ranges::find(kResolvable, ballot.action()) != std::end(kResolvable) &&
         is_role(ballot.voters()) && ballot.approvals() >= 1 && ballot.approvals() <= kVotersMax &&
         ballot.rejections() <= kVotersMax && ballot.voting() > 0 &&
         ballot.voting() <= kBallotTimeMax && ballot.time_lock() >= 0 &&
         ballot.time_lock() <= kBallotTimeMax && ballot.execution() > 0 &&
         ballot.execution() <= kBallotTimeMax && ballot.proposers_size() <= kRequirementsMax &&
         std::ranges::all_of(ballot.proposers(),
                             [](int role) { return is_role(static_cast<v1::Role>(role)); });
}

bool are_ballots(const v1::RuleSet& rules) {
  std::set<std::string> actions;
  return std::ranges::all_of(rules.ballots(), [&actions](const v1::Ballot& ballot) {
    return is_ballot(ballot) && actions.insert(ballot.action()).second;
  });
}

bool is_notice(const v1::NoticePeriod& notice) { return notice.days() <= kNoticeDaysMax; }

bool are_procedures(const v1::RuleSet& rules) {
  std::set<v1::FilingKind> kinds;
  return std::ranges::all_of(rules.procedures(), [&kinds](const v1::FilingProcedure& procedure) {
    return v1::FilingKind_IsValid(procedure.kind()) &&
           procedure.kind() != v1::FILING_KIND_UNSPECIFIED &&
           kinds.insert(procedure.kind()).second && procedure.approvals() <= kVotersMax &&
           procedure.rejections() <= kVotersMax && is_notice(procedure.notice()) &&
           (procedure.approvals() == 0 || is_role(procedure.reviewers()));
  });
}

bool is_ascending(const google::protobuf::RepeatedField<std::int64_t>& days) {
  return std::ranges::adjacent_find(days, std::ranges::greater_equal()) == days.end();
}

bool is_calendar(const v1::Calendar& calendar) {
  const auto is_known = [&calendar](std::int64_t day) {
    return day >= calendar.from() && day < calendar.to();
  };
  return is_day(calendar.from()) && is_day(calendar.to()) && calendar.from() <= calendar.to() &&
         calendar.to() - calendar.from() <= kCalendarDaysMax && is_ascending(calendar.holidays()) &&
         is_ascending(calendar.worked_weekend_days()) &&
         std::ranges::all_of(calendar.holidays(), is_known) &&
         std::ranges::all_of(calendar.worked_weekend_days(),
                             [&](std::int64_t day) { return is_known(day) && !is_weekday(day); });
}

bool counts_working_days(const v1::RuleSet& rules) {
  return rules.issuance_notice().working_days() ||
         std::ranges::any_of(rules.procedures(), [](const v1::FilingProcedure& procedure) {
           return procedure.notice().working_days();
         });
}

bool are_buffers(const v1::RuleSet& rules) {
  std::set<std::string> methodologies;
  return std::ranges::all_of(rules.buffers(), [&methodologies](const v1::BufferRule& buffer) {
    const auto share = formula::Rational::parse(buffer.share());
    return share && !share->is_negative() && share->compare(formula::Rational(1)) < 0 &&
           is_name(buffer.account()) && is_text(buffer.methodology()) &&
           methodologies.insert(buffer.methodology()).second;
  });
}

bool are_vintages(const v1::RuleSet& rules) {
  std::set<std::pair<std::string, std::string>> lines;
  return std::ranges::all_of(rules.vintages(), [&lines](const v1::VintageRule& vintage) {
    return (vintage.purpose().empty() || is_name(vintage.purpose())) &&
           is_text(vintage.methodology()) && vintage.years() <= kVintageYearsMax &&
           lines.insert({vintage.purpose(), vintage.methodology()}).second;
  });
}

bool are_person_caps(const v1::RuleSet& rules) {
  std::set<std::string> scenarios;
  return std::ranges::all_of(rules.person_caps(), [&scenarios](const v1::PersonCap& cap) {
    return is_name(cap.scenario()) && cap.day_g() >= 0 && cap.year_g() >= 0 &&
           scenarios.insert(cap.scenario()).second;
  });
}

bool is_share(const std::string& text) {
  const auto share = formula::Rational::parse(text);
  return share && !share->is_negative() && share->compare(formula::Rational(1)) <= 0;
}

bool is_cap(const v1::CapRule& cap) {
  if (!v1::CapBase_IsValid(cap.base()) || cap.base() == v1::CAP_BASE_UNSPECIFIED) return false;
  return cap.base() == v1::GLOBAL_YEAR ? cap.max_kg() >= 0 && cap.share().empty()
                                       : cap.max_kg() == 0 && is_share(cap.share());
}

bool are_areas(const google::protobuf::RepeatedPtrField<std::string>& areas) {
  return areas.size() <= kRequirementsMax && std::ranges::all_of(areas, is_label);
}

// A share of what a firm may take in a year is of some cap of the firm.
bool are_caps(const v1::PurposeRule& rule) {
  std::set<v1::CapBase> bases;
  for (const auto& cap : rule.caps())
    if (!is_cap(cap) || !bases.insert(cap.base()).second) return false;
  return !bases.contains(v1::OUTSIDE_SHARE_OF_YEAR) || bases.contains(v1::ALLOWANCES_DUE) ||
         bases.contains(v1::VERIFIED_EMISSIONS);
}

bool is_purpose_rule(const v1::RuleSet& rules, const v1::PurposeRule& rule) {
  return std::ranges::find(rules.purposes(), rule.purpose()) != rules.purposes().end() &&
         v1::BondKind_IsValid(rule.bond()) && (rule.is_confirmed() || !rule.is_footprint()) &&
         (rule.is_footprint() || !rule.counts_for_neutrality()) && rule.lot_kg() >= 0 &&
         rule.deadline() >= 0 && rule.deadline() <= kBallotTimeMax &&
         are_areas(rule.areas_first()) && are_areas(rule.outside_areas()) && are_caps(rule);
}

bool are_purpose_rules(const v1::RuleSet& rules) {
  std::set<std::string> purposes;
  return std::ranges::all_of(rules.purpose_rules(), [&](const v1::PurposeRule& rule) {
    return is_purpose_rule(rules, rule) && purposes.insert(rule.purpose()).second;
  });
}

bool are_position_limits(const v1::RuleSet& rules) {
  std::set<v1::AccountKind> kinds;
  return std::ranges::all_of(rules.position_limits(), [&kinds](const v1::PositionLimit& limit) {
    return v1::AccountKind_IsValid(limit.kind()) && limit.kind() != v1::ACCOUNT_KIND_UNSPECIFIED &&
           limit.kind() != v1::ACCOUNT_PERSONAL && limit.max_kg() >= 0 &&
           kinds.insert(limit.kind()).second;
  });
}

bool are_consents(const v1::RuleSet& rules) {
  std::set<std::string> scenarios;
  return std::ranges::all_of(rules.consents(), [&scenarios](const v1::ConsentRule& rule) {
    return (rule.scenario().empty() || is_name(rule.scenario())) &&
           scenarios.insert(rule.scenario()).second && !rule.items().empty() &&
           rule.items_size() <= kRequirementsMax && std::ranges::all_of(rule.items(), [](int item) {
             return v1::ConsentItem_IsValid(item) && item != v1::CONSENT_ITEM_UNSPECIFIED;
           });
  });
}

bool are_pools(const v1::RuleSet& rules) {
  std::set<std::string> platforms;
  return std::ranges::all_of(rules.pools(), [&platforms](const v1::PoolRule& rule) {
    return is_name(rule.platform()) && platforms.insert(rule.platform()).second &&
           is_name(rule.account()) && v1::CreditPeriod_IsValid(rule.period()) &&
           rule.period() != v1::CREDIT_PERIOD_UNSPECIFIED && rule.threshold_g() > 0;
  });
}

bool are_tags(const v1::RuleSet& rules) {
  std::set<std::pair<std::string, std::string>> named;
  return std::ranges::all_of(rules.tags(), [&named](const v1::TagRule& rule) {
    return is_name(rule.scenario()) && is_code(rule.partner()) &&
           named.emplace(rule.scenario(), rule.partner()).second;
  });
}

// What filing, issuance and credits go by.
Ruling check_registry_rules(const v1::RuleSet& rules) {
  const auto bad = [](const char* what) {
    return refuse(ErrorCode::RULE_MALFORMED, "rules.form", {}, {}, what);
  };
  if (!are_procedures(rules)) return bad("procedures");
  if (!is_notice(rules.issuance_notice())) return bad("issuance_notice");
  if (!is_calendar(rules.calendar())) return bad("calendar");
  if (counts_working_days(rules) && rules.calendar().from() == rules.calendar().to())
    return bad("calendar");
  if (rules.other_schemes_size() > kRequirementsMax ||
      !std::ranges::all_of(rules.other_schemes(), is_label))
    return bad("other_schemes");
  if (rules.buffers_size() > kRuleLinesMax || !are_buffers(rules)) return bad("buffers");
  if (rules.vintages_size() > kRuleLinesMax || !are_vintages(rules)) return bad("vintages");
  if (rules.person_caps_size() > kRuleLinesMax || !are_person_caps(rules))
    return bad("person_caps");
  if (rules.purpose_rules_size() > kRuleLinesMax || !are_purpose_rules(rules))
    return bad("purpose_rules");
  if (rules.trade_lot_kg() < 0) return bad("trade_lot_kg");
  if (!are_position_limits(rules)) return bad("position_limits");
  if (rules.consents_size() > kRuleLinesMax || !are_consents(rules)) return bad("consents");
  if (rules.pools_size() > kRuleLinesMax || !are_pools(rules)) return bad("pools");
  if (rules.reversal_days() > kReversalDaysMax) return bad("reversal_days");
  if (rules.custodial_limit_g() < 0) return bad("custodial_limit_g");
  if (rules.jump_percent() > kJumpPercentMax) return bad("jump_percent");
  if (rules.tags_size() > kRuleLinesMax || !are_tags(rules)) return bad("tags");
  return {};
}

// Parties that hold a role for the whole city, and their keys in force; counted no further than
// wanted.
struct Holders {
  std::uint32_t parties = 0, keys = 0;
};
Holders holders_of(const Context& context, v1::Role role, const Holders& wanted) {
  Holders have;
  for (auto at = context.state.at_or_after("vP", "vP"); at;
       at = context.state.at_or_after("vP", at->key + '\0')) {
    const auto party = context.state.find<v1::Party>(at->key);
    if (!party || !acts_for_city(*party, role, context.now)) continue;
    ++have.parties;
    have.keys += static_cast<std::uint32_t>(party->key_ids_size());
    if (have.parties >= wanted.parties && have.keys >= wanted.keys) break;
  }
  return have;
}

Ruling check_holders(const Context& context, v1::Role role, const Holders& wanted) {
  const auto have = holders_of(context, role, wanted);
  if (have.parties >= wanted.parties && have.keys >= wanted.keys) return {};
  return refuse(ErrorCode::RULE_UNMEETABLE, "rules.replaceable",
                v1::Role_Name(role) + " x" + std::to_string(wanted.parties) + " with " +
                    std::to_string(wanted.keys) + " keys",
                std::to_string(have.parties) + " with " + std::to_string(have.keys) + " keys",
                "rules.file");
}

Ruling check_line(const Context& context, const v1::SignerRule& line) {
  for (const auto& need : line.all_of()) {
    if (need.has_relation())
      return refuse(ErrorCode::RULE_UNMEETABLE, "rules.replaceable", "roles only",
                    v1::Relation_Name(need.relation()), "rules.file");
    const Holders wanted{std::max<std::uint32_t>(1, need.count()), need.keys()};
    if (auto enough = check_holders(context, need.role(), wanted); !enough) return enough;
  }
  return {};
}

}  // namespace

Ruling check_replaceable(const Context& context, const v1::RuleSet& rules) {
  for (const auto& ballot : rules.ballots())
    if (ballot.action() == "rules.file" &&
        check_holders(context, ballot.voters(), {ballot.approvals(), 0}))
      return {};
  for (const auto& line : rules.signers())
    if (line.action() == "rules.file") return check_line(context, line);
  return refuse(ErrorCode::RULE_UNMEETABLE, "rules.replaceable", "a vote that can be carried", {},
                "rules.file");
}

Ruling check_rules_form(const v1::RuleSet& rules) {
  const auto bad = [](const char* what) {
    return refuse(ErrorCode::RULE_MALFORMED, "rules.form", {}, {}, what);
  };
  if (rules.version().empty() || !is_text(rules.version())) return bad("version");
  if (!is_window(rules.effective_from(), rules.effective_to())) return bad("window");
  if (rules.valid_ahead_max() < 0) return bad("valid_ahead_max");
  if (!is_hash_or_empty(rules.document_sha256())) return bad("document_sha256");
  if (rules.signers_size() > kRuleLinesMax) return bad("signers");
  std::set<std::string> actions;
  for (const auto& line : rules.signers()) {
    if (!is_signer_line(line) || !actions.insert(line.action()).second) return bad("signers");
    // Rules that anybody may replace would be the end of governance.
    if (line.action() == "rules.file" && line.all_of().empty()) return bad("rules.file");
  }
  if (!are_ballots(rules)) return bad("ballots");
  if (rules.purposes_size() > kPurposesMax) return bad("purposes");
  std::set<std::string> purposes;
  for (const auto& purpose : rules.purposes())
    if (!is_name(purpose) || !purposes.insert(purpose).second) return bad("purposes");
  if (rules.has_plan() && !is_plan(rules.plan())) return bad("plan");
  return check_registry_rules(rules);
}

void put_rule_set(Context& context, const v1::RuleSet& rules) {
  v1::RuleSetRecord record;
  *record.mutable_rules() = rules;
  record.set_filed_at(static_cast<std::int64_t>(context.leaf));
  note_window(record, context.now, context.leaf);
  const auto stored = key::rule_set(context.leaf);
  context.state.put(stored, record);
  schedule(context, {rules.effective_from(), rules.effective_to()}, DueKind::rule_set, stored);
  context.rules_filed = true;
}

Ruling file_rule_set(Context& context, const v1::FileRuleSet& action) {
  if (auto form = check_rules_form(action.rules()); !form) return form;
  if (auto replaceable = check_replaceable(context, action.rules()); !replaceable)
    return replaceable;
  if (auto met = require_signers(context, "rules.file", the_city()); !met) return met;
  put_rule_set(context, action.rules());
  return {};
}

}  // namespace puhui::ledger
