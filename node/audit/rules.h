// The rules once more, as a judge reads them: may this event be in the log?
//
// Each function answers the first thing that should have refused the event, in the order the
// ledger's documents give, and changes nothing then; otherwise it carries the event out. Signers
// that lack are noted in the case and do not keep the event from being carried out: it is in the
// log, and what comes after it builds on it.
#pragma once

#include <map>
#include <set>
#include <string>

#include "node/audit/books.h"

namespace puhui::node::audit {

struct Case {
  Books& books;
  const Leaf& leaf;
  std::uint64_t position = 0;
  Micros now = 0;
  const v1::RuleSet& rules;  // in force, or the last one that was
  bool rules_in_force = false;
  // Parties whose keys in force signed, with how many; none that is suspended.
  std::map<std::string, std::uint32_t> signers;
  std::vector<Fault> faults = {};  // what did not keep the event from being carried out
  std::uint64_t records_credited = 0, records_refused = 0;
  bool by_vote = false;  // a resolution is carried out: nobody else need sign
};

// ---- Governance (governance.cc) ----
[[nodiscard]] Verdict found(Case& at, const v1::Genesis& genesis);
[[nodiscard]] Verdict register_party(Case& at, const v1::RegisterParty& action);
[[nodiscard]] Verdict grant_role(Case& at, const v1::GrantRole& action);
[[nodiscard]] Verdict revoke_role(Case& at, const v1::RevokeRole& action);
[[nodiscard]] Verdict add_key(Case& at, const v1::AddKey& action);
[[nodiscard]] Verdict rotate_key(Case& at, const v1::RotateKey& action);
[[nodiscard]] Verdict revoke_key(Case& at, const v1::RevokeKey& action);
[[nodiscard]] Verdict file_rule_set(Case& at, const v1::FileRuleSet& action);
[[nodiscard]] Verdict admit_node(Case& at, const v1::AdmitNode& action);
[[nodiscard]] Verdict restrain_party(Case& at, const v1::RestrainParty& action);
[[nodiscard]] Verdict release_party(Case& at, const v1::ReleaseParty& action);
// Whether those who hold the roles now could replace these rules.
[[nodiscard]] Verdict check_replaceable(const Case& at, const v1::RuleSet& rules);
// The rule set in force at a time, or the last one that was, or the last one filed.
[[nodiscard]] const v1::RuleSet& rules_at(const Books& books, Micros now, bool& in_force);
// Carries out what is due by the time of a leaf, at most 256 items.
void run_due(Books& books, Micros now, std::uint64_t position);

// ---- Votes (votes.cc) ----
[[nodiscard]] Verdict propose(Case& at, const v1::Propose& action);
[[nodiscard]] Verdict vote(Case& at, const v1::Vote& action);
[[nodiscard]] Verdict execute(Case& at, const v1::Execute& action);
[[nodiscard]] bool are_ballots(const v1::RuleSet& rules);
// The proposal under this stored key lapses if its time is over.
void lapse(Books& books, const std::string& key, Micros now, std::uint64_t position);

// ---- Filing (filing.cc) ----
[[nodiscard]] Verdict file_methodology(Case& at, const v1::FileMethodology& action);
[[nodiscard]] Verdict file_project(Case& at, const v1::FileProject& action);
[[nodiscard]] Verdict check_registry(const Case& at, const v1::Methodology& methodology,
                                     const v1::FileProject& project);

// ---- Reports and issuance (reports.cc) ----
[[nodiscard]] Verdict submit_report(Case& at, const v1::SubmitReport& action);
[[nodiscard]] Verdict verify_report(Case& at, const v1::VerifyReport& action);
[[nodiscard]] Verdict issue(Case& at, const v1::Issue& action);

// ---- Units and credits (units.cc, holdings.cc, credits.cc) ----
[[nodiscard]] Verdict open_account(Case& at, const v1::OpenAccount& action);
[[nodiscard]] Verdict transfer(Case& at, const v1::Transfer& action);
[[nodiscard]] Verdict retire(Case& at, const v1::Retire& action);
[[nodiscard]] Verdict open_personal_accounts(Case& at, const v1::OpenPersonalAccounts& action);
[[nodiscard]] Verdict submit_behaviour_batch(Case& at, const v1::SubmitBehaviourBatch& action);
// New serials [start, end] of this batch, held by the account.
void put_units(Case& at, const v1::UnitBatch& batch, const std::string& account);

struct Quantity {
  const google::protobuf::RepeatedPtrField<v1::SerialRange>& serials;
  std::int64_t amount_kg = 0;
};
// Either well-formed ranges or a positive amount.
[[nodiscard]] Verdict check_quantity(const Quantity& quantity);
[[nodiscard]] std::int64_t kilograms(const Quantity& quantity);
// Cuts the named serials, or the lowest ones, out of what an account holds.
[[nodiscard]] Verdict take(Case& at, const std::string& account, const Quantity& quantity,
                           std::vector<v1::UnitBlock>& pieces);
void give(Case& at, v1::UnitBlock piece, const std::string& account);
void end_as_retired(Case& at, v1::UnitBlock piece, const std::string& account);

// ---- Who signs (signers.cc) ----
struct Subject {
  std::string owner = {}, holder = {}, party = {}, area = {}, methodology = {}, scenario = {};
  std::int64_t amount_kg = 0;
  bool citywide = false;
};
// Notes what the signer table of the rule set asks for and the signers do not give.
void need_signers(Case& at, std::string_view action, const Subject& subject);
[[nodiscard]] bool has_line(const v1::RuleSet& rules, std::string_view action);
[[nodiscard]] bool has_ended(const v1::RoleGrant& grant, Micros now);
[[nodiscard]] bool holds(const v1::Party& party, v1::Role role, Micros now);
// Now, or by a grant whose window has not begun.
[[nodiscard]] bool holds_or_will(const v1::Party& party, v1::Role role, Micros now);
// Holds the role with no limit of area or methodology, and is not suspended.
[[nodiscard]] bool acts_for_city(const v1::Party& party, v1::Role role, Micros now);
// What keeps a frozen or suspended party from it.
[[nodiscard]] Verdict need_unrestrained(const Books& books, const std::string& party);
// The parties that signed, by keys in force here, and how many keys; faults are noted, one of them
// that the acting party is suspended.
[[nodiscard]] std::map<std::string, std::uint32_t> signing_parties(Case& at,
                                                                   std::uint64_t& verified);

// ---- Small things ----
[[nodiscard]] Verdict need_rules(const Case& at);
inline constexpr std::int64_t kDayMax = 2'932'896;  // 9999-12-31
[[nodiscard]] inline bool is_day(std::int64_t day) { return day >= 0 && day <= kDayMax; }
// Beijing civil day.
[[nodiscard]] inline std::int64_t day_of(Micros time) {
  return (time + Micros{8 * 3'600} * 1'000'000) / kMicrosPerDay;
}
template <class Map>
[[nodiscard]] auto* find(Map& map, const typename Map::key_type& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}
[[nodiscard]] inline std::int64_t as_leaf(const Case& at) {
  return static_cast<std::int64_t>(at.position);
}

}  // namespace puhui::node::audit
