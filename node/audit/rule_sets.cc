#include <algorithm>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

constexpr int kLinesMax = 256, kPartsMax = 16;
constexpr std::uint32_t kVotersMax = 64;

bool is_text(std::string_view text) { return text.size() <= kGovernanceTextMax; }

bool is_requirement(const v1::SignerRequirement& need) {
  if (need.count() > crypto::kEnvelopeSignaturesMax || need.keys() > crypto::kEnvelopeSignaturesMax)
    return false;
  if (need.has_role()) return is_role(need.role());
  return need.has_relation() && v1::Relation_IsValid(need.relation()) &&
         need.relation() != v1::RELATION_UNSPECIFIED && need.count() <= 1;
}

Verdict check_lines(const v1::RuleSet& rules) {
  const auto bad = refused(ErrorCode::RULE_MALFORMED, "signers");
  if (rules.signers_size() > kLinesMax) return bad;
  std::set<std::string> actions;
  for (const auto& line : rules.signers()) {
    if (line.action().empty() || !is_text(line.action()) || line.all_of_size() > kPartsMax ||
        !std::ranges::all_of(line.all_of(), is_requirement) ||
        !actions.insert(line.action()).second)
      return bad;
    if (line.action() == "rules.file" && line.all_of().empty())
      return refused(ErrorCode::RULE_MALFORMED, "rules.file");
  }
  if (!are_ballots(rules)) return refused(ErrorCode::RULE_MALFORMED, "ballots");
  return {};
}

bool is_plan(const v1::Plan& plan) {
  if (plan.source().empty() || !is_text(plan.source()) || !is_day(plan.until()) ||
      plan.targets().empty())
    return false;
  std::set<int> kinds;
  for (const auto& target : plan.targets()) {
    const std::set<int> known{v1::TARGET_METHODOLOGIES, v1::TARGET_INSTITUTIONS,
                              v1::TARGET_PROJECTS_AND_SCENARIOS, v1::TARGET_ACCOUNTS,
                              v1::TARGET_TONNES};
    if (!known.contains(target.kind()) || !kinds.insert(target.kind()).second ||
        target.wanted() <= 0 || target.roles_size() > kPartsMax ||
        (target.kind() == v1::TARGET_INSTITUTIONS) == target.roles().empty())
      return false;
    if (!std::ranges::all_of(target.roles(), is_role)) return false;
  }
  return true;
}

bool is_notice(const v1::NoticePeriod& notice) { return notice.days() <= 366; }

bool is_procedure(const v1::FilingProcedure& procedure) {
  return v1::FilingKind_IsValid(procedure.kind()) &&
         procedure.kind() != v1::FILING_KIND_UNSPECIFIED && procedure.approvals() <= kVotersMax &&
         procedure.rejections() <= kVotersMax && is_notice(procedure.notice()) &&
         (procedure.approvals() == 0 || is_role(procedure.reviewers()));
}

using Days = google::protobuf::RepeatedField<std::int64_t>;
bool are_in_order(const Days& days) {
  for (int i = 1; i < days.size(); ++i)
    if (days[i] <= days[i - 1]) return false;
  return true;
}

bool is_calendar(const v1::Calendar& calendar) {
  const auto known = [&](std::int64_t day) {
    return calendar.from() <= day && day < calendar.to();
  };
  return is_day(calendar.from()) && is_day(calendar.to()) && calendar.from() <= calendar.to() &&
         calendar.to() - calendar.from() <= 3'660 && are_in_order(calendar.holidays()) &&
         are_in_order(calendar.worked_weekend_days()) &&
         std::ranges::all_of(calendar.holidays(), known) &&
         std::ranges::all_of(calendar.worked_weekend_days(),
                             [&](std::int64_t day) { return known(day) && is_weekend(day); });
}

bool is_buffer(const v1::BufferRule& buffer) {
  const auto share = read_number(buffer.share());
  return share && *share >= 0 && *share < 1 && is_name(buffer.account()) &&
         is_text(buffer.methodology());
}

bool is_vintage(const v1::VintageRule& vintage) {
  return (vintage.purpose().empty() || is_name(vintage.purpose())) &&
         is_text(vintage.methodology()) && vintage.years() <= 100;
}

bool is_person_cap(const v1::PersonCap& cap) {
  return is_name(cap.scenario()) && cap.day_g() >= 0 && cap.year_g() >= 0;
}

bool is_cap(const v1::CapRule& cap) {
  if (!v1::CapBase_IsValid(cap.base()) || cap.base() == v1::CAP_BASE_UNSPECIFIED) return false;
  if (cap.base() == v1::GLOBAL_YEAR) return cap.max_kg() >= 0 && cap.share().empty();
  const auto share = read_number(cap.share());
  return cap.max_kg() == 0 && share && *share >= 0 && *share <= 1;
}

bool is_limit(const v1::PositionLimit& limit) {
  return v1::AccountKind_IsValid(limit.kind()) && limit.kind() != v1::ACCOUNT_KIND_UNSPECIFIED &&
         limit.kind() != v1::ACCOUNT_PERSONAL && limit.max_kg() >= 0;
}

// All are of this form, and what each is for is no other's.
template <class Lines, class Is, class For>
bool are(const Lines& lines, Is is_one, For is_for) {
  std::set<decltype(is_for(lines[0]))> seen;
  return std::ranges::all_of(
      lines, [&](const auto& line) { return is_one(line) && seen.insert(is_for(line)).second; });
}

bool is_consent_rule(const v1::ConsentRule& rule) {
  return (rule.scenario().empty() || is_name(rule.scenario())) && !rule.items().empty() &&
         rule.items_size() <= kPartsMax && std::ranges::all_of(rule.items(), [](int item) {
           return item != v1::CONSENT_ITEM_UNSPECIFIED && v1::ConsentItem_IsValid(item);
         });
}

bool is_pool_rule(const v1::PoolRule& rule) {
  return is_name(rule.platform()) && is_name(rule.account()) && rule.threshold_g() > 0 &&
         rule.period() != v1::CREDIT_PERIOD_UNSPECIFIED && v1::CreditPeriod_IsValid(rule.period());
}

bool is_tag_rule(const v1::TagRule& rule) {
  return is_name(rule.scenario()) && is_code(rule.partner());
}

bool are_areas(const google::protobuf::RepeatedPtrField<std::string>& areas) {
  return areas.size() <= kPartsMax && std::ranges::all_of(areas, is_label);
}

// The steps of one of the purposes there are.
bool is_purpose_rule(const v1::RuleSet& rules, const v1::PurposeRule& rule) {
  constexpr Micros kDeadlineMax = 3'660 * kMicrosPerDay;
  const auto& purposes = rules.purposes();
  return std::ranges::find(purposes, rule.purpose()) != purposes.end() &&
         v1::BondKind_IsValid(rule.bond()) && (!rule.is_footprint() || rule.is_confirmed()) &&
         (!rule.counts_for_neutrality() || rule.is_footprint()) && rule.lot_kg() >= 0 &&
         rule.deadline() >= 0 && rule.deadline() <= kDeadlineMax && are_areas(rule.areas_first()) &&
         are_areas(rule.outside_areas()) &&
         are(rule.caps(), is_cap, [](const auto& cap) { return cap.base(); }) &&
         (cap_by(rule, v1::OUTSIDE_SHARE_OF_YEAR) == nullptr ||
          cap_by(rule, v1::ALLOWANCES_DUE) != nullptr ||
          cap_by(rule, v1::VERIFIED_EMISSIONS) != nullptr);
}

// What moves, trades and retirements go by.
Verdict check_market_rules(const v1::RuleSet& rules) {
  const auto bad = [](const char* what) { return refused(ErrorCode::RULE_MALFORMED, what); };
  const auto is_rule = [&](const auto& rule) { return is_purpose_rule(rules, rule); };
  if (rules.purpose_rules_size() > kLinesMax ||
      !are(rules.purpose_rules(), is_rule, [](const auto& rule) { return rule.purpose(); }))
    return bad("purpose_rules");
  if (rules.trade_lot_kg() < 0) return bad("trade_lot_kg");
  if (!are(rules.position_limits(), is_limit, [](const auto& limit) { return limit.kind(); }))
    return bad("position_limits");
  return {};
}

// What citizens' accounts, pools and offers go by, and meters.
Verdict check_citizen_rules(const v1::RuleSet& rules) {
  const auto bad = [](const char* what) { return refused(ErrorCode::RULE_MALFORMED, what); };
  if (rules.consents_size() > kLinesMax ||
      !are(rules.consents(), is_consent_rule, [](const auto& rule) { return rule.scenario(); }))
    return bad("consents");
  if (rules.pools_size() > kLinesMax ||
      !are(rules.pools(), is_pool_rule, [](const auto& rule) { return rule.platform(); }))
    return bad("pools");
  if (rules.reversal_days() > 366) return bad("reversal_days");
  if (rules.custodial_limit_g() < 0) return bad("custodial_limit_g");
  if (rules.jump_percent() > 100'000) return bad("jump_percent");
  if (rules.tags_size() > kLinesMax || !are(rules.tags(), is_tag_rule, [](const auto& rule) {
        return std::pair(rule.scenario(), rule.partner());
      }))
    return bad("tags");
  return {};
}

// What filing, issuance and credits go by.
Verdict check_registry_rules(const v1::RuleSet& rules) {
  const auto bad = [](const char* what) { return refused(ErrorCode::RULE_MALFORMED, what); };
  if (!are(rules.procedures(), is_procedure, [](const auto& line) { return line.kind(); }))
    return bad("procedures");
  if (!is_notice(rules.issuance_notice())) return bad("issuance_notice");
  if (!is_calendar(rules.calendar())) return bad("calendar");
  bool counts_working_days = rules.issuance_notice().working_days();
  for (const auto& procedure : rules.procedures())
    counts_working_days = counts_working_days || procedure.notice().working_days();
  if (counts_working_days && rules.calendar().from() == rules.calendar().to())
    return bad("calendar");
  if (rules.other_schemes_size() > kPartsMax ||
      !std::ranges::all_of(rules.other_schemes(), is_label))
    return bad("other_schemes");
  if (rules.buffers_size() > kLinesMax ||
      !are(rules.buffers(), is_buffer, [](const auto& line) { return line.methodology(); }))
    return bad("buffers");
  if (rules.vintages_size() > kLinesMax || !are(rules.vintages(), is_vintage, [](const auto& line) {
        return std::pair(line.purpose(), line.methodology());
      }))
    return bad("vintages");
  if (rules.person_caps_size() > kLinesMax ||
      !are(rules.person_caps(), is_person_cap, [](const auto& line) { return line.scenario(); }))
    return bad("person_caps");
  if (auto bad_rule = check_market_rules(rules)) return bad_rule;
  return check_citizen_rules(rules);
}

// Enough parties, with enough keys, hold each role for the whole city.
Verdict check_holders(const Case& at, v1::Role role, std::uint32_t parties, std::uint32_t keys) {
  std::uint32_t holders = 0, their_keys = 0;
  for (const auto& [name, party] : at.books.parties) {
    if (!acts_for_city(party, role, at.now)) continue;
    ++holders;
    their_keys += static_cast<std::uint32_t>(party.key_ids_size());
  }
  if (holders >= parties && their_keys >= keys) return {};
  return refused(ErrorCode::RULE_UNMEETABLE, "rules.file",
                 std::to_string(parties) + " x " + v1::Role_Name(role), std::to_string(holders));
}

}  // namespace

Verdict check_rules(const v1::RuleSet& rules) {
  if (rules.version().empty() || !is_text(rules.version()) ||
      !is_window(rules.effective_from(), rules.effective_to()) || rules.valid_ahead_max() < 0 ||
      !is_hash_or_empty(rules.document_sha256()))
    return refused(ErrorCode::RULE_MALFORMED, "version, window or document");
  if (auto bad = check_lines(rules)) return bad;
  std::set<std::string> purposes(rules.purposes().begin(), rules.purposes().end());
  if (rules.purposes_size() > 64 || static_cast<int>(purposes.size()) != rules.purposes_size() ||
      !std::ranges::all_of(purposes, is_name))
    return refused(ErrorCode::RULE_MALFORMED, "purposes");
  if (rules.has_plan() && !is_plan(rules.plan())) return refused(ErrorCode::RULE_MALFORMED, "plan");
  return check_registry_rules(rules);
}

void note_window(v1::RuleSetRecord& record, Micros now, std::uint64_t position) {
  const auto leaf = static_cast<std::int64_t>(position);
  const auto& rules = record.rules();
  if (now >= rules.effective_from() && !record.has_began_at()) record.set_began_at(leaf);
  if (rules.effective_to() != 0 && now >= rules.effective_to() && !record.has_ended_at())
    record.set_ended_at(leaf);
}

void put_rules(Case& at, const v1::RuleSet& rules) {
  v1::RuleSetRecord record;
  *record.mutable_rules() = rules;
  record.set_filed_at(as_leaf(at));
  note_window(record, at.now, at.position);
  at.books.changed(stored('R', at.position), record);
  for (const auto time : {rules.effective_from(), rules.effective_to()})
    schedule(at, time, DueKind::rule_set, stored('R', at.position));
  at.books.rules[at.position] = std::move(record);
}

Verdict file_rule_set(Case& at, const v1::FileRuleSet& action) {
  if (auto bad = check_rules(action.rules())) return bad;
  if (auto bad = check_replaceable(at, action.rules())) return bad;
  need_signers(at, "rules.file", {.citywide = true});
  put_rules(at, action.rules());
  return {};
}

Verdict check_replaceable(const Case& at, const v1::RuleSet& rules) {
  for (const auto& ballot : rules.ballots())
    if (ballot.action() == "rules.file" &&
        !check_holders(at, ballot.voters(), ballot.approvals(), 0))
      return {};
  for (const auto& line : rules.signers()) {
    if (line.action() != "rules.file") continue;
    for (const auto& need : line.all_of()) {
      if (need.has_relation()) return refused(ErrorCode::RULE_UNMEETABLE, "rules.file");
      if (auto bad =
              check_holders(at, need.role(), std::max<std::uint32_t>(1, need.count()), need.keys()))
        return bad;
    }
    return {};
  }
  return refused(ErrorCode::RULE_UNMEETABLE, "rules.file", "a line or a ballot", "none");
}

const v1::RuleSet& rules_at(const Books& books, Micros now, bool& in_force) {
  static const v1::RuleSet none;
  const v1::RuleSet* last = &none;
  const v1::RuleSet* current = nullptr;
  Micros last_end = 0;
  for (const auto& [leaf, record] : books.rules) {
    const auto& rules = record.rules();
    const bool began = now >= rules.effective_from();
    if (began && (rules.effective_to() == 0 || now < rules.effective_to())) current = &rules;
    const auto end = began ? rules.effective_to() : 0;
    if (end < last_end) continue;
    last_end = end;
    last = &rules;
  }
  in_force = current != nullptr;
  return in_force ? *current : *last;
}

Verdict need_rules(const Case& at) {
  if (at.rules_in_force) return {};
  return refused(ErrorCode::RULE_NONE_IN_FORCE, "the last is " + at.rules.version());
}

}  // namespace puhui::node::audit
