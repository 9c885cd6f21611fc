// What random events are made of: dice, names, rules, and what filings and votes are about.
#pragma once

#include <random>

#include "tests/audit/registry.h"
#include "tests/ledger/citizens.h"
#include "tests/ledger/enterprises.h"

namespace puhui::node::audit::testing {

inline constexpr std::uint32_t kRootEvery = 16;

inline const std::vector<std::string> kAccountNames = {"owner-main",    "owner-side", "buyer-main",
                                                       "exchange-pool", "buffer",     "nowhere"};
inline const std::vector<std::string> kPartyNames = {"bureau", "operator", "verifier", "owner",
                                                     "buyer",  "expert1",  "new1",     "new2"};
inline const std::vector<std::string> kKeyNames = {
    "bureau", "operator", "verifier", "owner",   "buyer",   "expert1",  "expert2",
    "new1",   "new1#2",   "new2",     "owner#2", "owner#3", "provider", "exchange"};
// Reports of the meters, and conversions.
inline const std::vector<std::string> kReportNames = {"a", "b", "c", "d", "e", "k1", "k2"};
inline const std::vector<std::string> kFilingNames = {"f1", "f2", "f3"};
inline const std::vector<std::string> kBatchNames = {"B1", "B440305", "X1", "X2"};
inline const std::vector<std::string> kProjectNames = {"P1", "P1", "P2", "P3"};
inline const std::vector<std::string> kBondNames = {"b1", "b2", "b3", "b4", "b5", "b6"};
inline const std::vector<std::string> kCaseNames = {"c1", "c2", "c3", "c4", "c5"};
inline const std::vector<std::string> kFootprintNames = {"f1", "f2", "f3", "f4", "f5"};
inline const std::vector<std::string> kPurposes = {
    "organisation", "event", "damage", "substitution", "compliance", "product", "voluntary"};

// The same numbers for the same seed, so that a city can be lived through again.
inline std::mt19937_64& dice() {
  static std::mt19937_64 dice;
  return dice;
}
inline std::int64_t number(std::int64_t from, std::int64_t to) {
  return from + static_cast<std::int64_t>(dice()() % static_cast<std::uint64_t>(to - from));
}
inline bool chance(int percent) { return number(0, 100) < percent; }
inline std::string one_of(const std::vector<std::string>& all) {
  return all[static_cast<std::size_t>(number(0, static_cast<std::int64_t>(all.size())))];
}

// Caps of any base but that of allowances, which only compliance has.
inline void vary_caps(v1::PurposeRule& rule) {
  if (chance(25)) add_cap_of_year(rule, number(0, 600));
  if (chance(15)) {
    add_cap(rule, v1::VERIFIED_EMISSIONS, one_of({"0.05", "1/3", "1"}));
    if (chance(50)) add_cap(rule, v1::OUTSIDE_SHARE_OF_YEAR, one_of({"0", "0.5", "1"}));
  }
  if (chance(25)) add_cap(rule, v1::OUTSIDE_SHARE, one_of({"0", "0.5", "1"}));
  if (chance(10)) rule.add_outside_areas(one_of({"4403", "42"}));
}
inline void vary_market(v1::RuleSet& rules) {
  for (auto& rule : *rules.mutable_purpose_rules()) {
    vary_caps(rule);
    if (chance(40)) rule.set_deadline(number(5, 400) * kSecond);
    rule.set_lot_kg(chance(25) ? number(1, 20) : 0);
    if (chance(30)) rule.add_areas_first(one_of({"4403", "420111"}));
    if (chance(15)) rule.add_areas_first(one_of({"440305", "42"}));
  }
  if (chance(30)) rules.set_trade_lot_kg(number(1, 20));
  if (chance(40)) {
    auto& limit = *rules.add_position_limits();
    limit.set_kind(v1::ACCOUNT_ENTERPRISE);
    limit.set_max_kg(number(0, 2'000));
  }
}

// Lines of the table for actions it has none for.
inline void add_missing_lines(v1::RuleSet& rules, const v1::RuleSet& with_lines) {
  for (const auto& line : with_lines.signers())
    if (std::ranges::none_of(rules.signers(),
                             [&](const auto& own) { return own.action() == line.action(); }))
      *rules.add_signers() = line;
}

// Who signs for citizens, and what they are asked, pooled and limited by.
inline void vary_citizens(v1::RuleSet& rules) {
  add_missing_lines(rules, citizen_rules());
  if (chance(20)) add_consents(rules, "", {v1::CONSENT_DATA});
  if (chance(15)) add_consents(rules, "bike", {v1::CONSENT_DATA, v1::CONSENT_WHEREABOUTS});
  if (chance(75))
    add_pool(rules, static_cast<v1::CreditPeriod>(number(1, 4)), number(100, 9'000),
             chance(95) ? "provider-pool" : "bank-pool");
  rules.set_reversal_days(static_cast<std::uint32_t>(number(0, 4)));
  if (chance(30)) rules.set_custodial_limit_g(number(1, 400));
}

inline void vary_enterprises(v1::RuleSet& rules) {
  add_missing_lines(rules, enterprise_rules());
  rules.set_jump_percent(static_cast<std::uint32_t>(chance(70) ? number(1, 60) : 0));
}

// Rules that ask now for this and now for that.
inline v1::RuleSet some_rules() {
  auto rules = full_rules("some");
  vary_market(rules);
  vary_citizens(rules);
  vary_enterprises(rules);
  if (chance(50)) RuleTable(rules).roles("filing.withdraw", {v1::AUTHORITY});
  auto* procedures = rules.mutable_procedures();
  for (int i = procedures->size(); i-- > 0;)
    if (chance(50)) procedures->DeleteSubrange(i, 1);
  for (auto& procedure : *procedures)
    if (chance(50)) {
      procedure.mutable_notice()->set_days(chance(50) ? 1 : 0);
      procedure.mutable_notice()->set_working_days(chance(30));
    }
  if (chance(60)) rules.clear_issuance_notice();
  if (chance(60)) rules.clear_buffers();
  if (chance(20)) rules.mutable_calendar()->set_to(kToday + 5);
  rules.set_registers_batches(chance(50));
  rules.mutable_vintages(0)->set_years(chance(70) ? 5 : 0);
  if (chance(30)) {
    auto* vintage = rules.add_vintages();
    vintage->set_purpose("voluntary");
    vintage->set_years(static_cast<std::uint32_t>(number(0, 3)));
  }
  if (chance(50)) {
    auto* cap = rules.add_person_caps();
    cap->set_scenario("bike");
    cap->set_day_g(number(0, 300));
    cap->set_year_g(number(0, 500));
    if (chance(40)) cap->set_day_records(static_cast<std::uint32_t>(number(0, 3)));
  }
  return rules;
}

inline v1::Genesis plain_genesis() {
  auto genesis = default_genesis();
  genesis.set_state_root_interval(kRootEvery);
  // Those that follow may leave a time without rules.
  genesis.mutable_rules()->set_effective_to(kNoon + 60 * kSecond);
  return genesis;
}
inline v1::RuleSet chaos_rules() {
  auto rules = chance(70) ? some_rules() : default_rules();
  if (chance(25)) rules.set_effective_to(kNoon + 300 * kSecond);
  return rules;
}

inline v1::RestrainParty some_restraint() {
  v1::RestrainParty action;
  action.set_party(one_of(kPartyNames));
  action.set_restraint(static_cast<v1::Restraint>(number(0, 2)));
  action.set_reason(chance(95) ? "case" : "");
  return action;
}
// Of one that stands, mostly.
inline v1::ReleaseParty some_release(const City& city) {
  v1::ReleaseParty action;
  action.set_party(one_of(kPartyNames));
  const auto party = city.view().party(action.party());
  if (party && !party->restraints().empty() && chance(90))
    action.set_restrained_at(
        party->restraints(static_cast<int>(number(0, party->restraints_size()))).restrained_at());
  return action;
}
// Short ballots, so that some lapse and some are carried out.
inline v1::RuleSet voting_rules() {
  auto rules = chance(50) ? some_rules() : default_rules();
  rules.set_version("v" + std::to_string(number(0, 1000)));
  for (const auto* action :
       {"party.restrain", "party.release", "role.grant", "role.revoke", "rules.file"}) {
    if (chance(10)) continue;
    auto* ballot = rules.add_ballots();
    ballot->set_action(action);
    ballot->set_voters(chance(50) ? v1::AUTHORITY : v1::EXPERT);
    ballot->set_approvals(static_cast<std::uint32_t>(number(1, 2)));
    ballot->set_rejections(static_cast<std::uint32_t>(number(0, 2)));
    ballot->set_voting(number(chance(5) ? 0 : 20, 60) * kSecond);
    ballot->set_time_lock(number(0, 10) * kSecond);
    ballot->set_execution(number(10, 60) * kSecond);
    if (chance(50)) ballot->add_proposers(v1::OPERATOR);
  }
  const std::string action = chance(50) ? "party.restrain" : "party.release";
  RuleTable(rules).roles(action, {v1::AUTHORITY});
  for (auto& line : *rules.mutable_signers())
    if (line.action() == action)
      line.mutable_all_of(0)->set_keys(static_cast<std::uint32_t>(number(0, 2)));
  return rules;
}

inline v1::Resolution some_resolution(const City& city) {
  v1::Resolution resolution;
  const auto kind = number(0, 4);
  if (kind == 0) {
    *resolution.mutable_restrain_party() = some_restraint();
  } else if (kind == 1) {
    *resolution.mutable_release_party() = some_release(city);
  } else if (kind == 2) {
    resolution.mutable_grant_role()->set_party(one_of(kPartyNames));
    resolution.mutable_grant_role()->mutable_grant()->set_role(
        static_cast<v1::Role>(number(0, 10)));
  } else if (kind == 3) {
    resolution.mutable_revoke_role()->set_party(one_of(kPartyNames));
    resolution.mutable_revoke_role()->set_role(static_cast<v1::Role>(number(0, 10)));
  } else {
    *resolution.mutable_file_rule_set()->mutable_rules() = voting_rules();
  }
  return resolution;
}

inline v1::FilingSubject some_subject(ledger::Micros now) {
  switch (number(0, 5)) {
    case 0: {
      auto norm = next_norm(ledger::day_of(now) + number(-1, 20));
      if (chance(20)) norm.mutable_methodology()->mutable_methodology()->set_day_cap_g(100);
      return norm;
    }
    case 1:
      return a_party(one_of({"new1", "new3", "owner"}), static_cast<v1::Role>(number(3, 15)));
    case 2:
      return subject_of(one_of(kPartyNames), static_cast<v1::Role>(number(3, 15)));
    default: {
      auto project = a_project(one_of({"P1", "P2", "P3"}));
      if (chance(20)) project.mutable_project()->set_keys(0, "meter-2");
      if (chance(10)) project.mutable_project()->clear_not_in_schemes();
      if (chance(10)) project.mutable_project()->set_area(one_of({"990000", "4201", "42011x"}));
      return project;
    }
  }
}

inline SerialRanges some_serials() {
  SerialRanges ranges;
  for (auto i = number(0, 3); i > 0; --i) {
    const auto start = static_cast<std::uint64_t>(number(0, 2'300));
    ranges.emplace_back(start, start + static_cast<std::uint64_t>(number(0, 200)));
  }
  return ranges;
}

}  // namespace puhui::node::audit::testing
