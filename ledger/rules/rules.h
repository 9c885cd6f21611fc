// The rules, one function per action. Each decides on the state at the event's own position.
//
// Every function first checks, in the order its comment gives, then changes the state. Where an
// action needs a rule set in force, that comes first (`rule.none_in_force`).
#pragma once

#include "ledger/rules/context.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {

// Dispatches on the action. Genesis is refused here: it is applied by the ledger itself.
[[nodiscard]] Ruling decide(Context& context);

// ---- founding.cc ----
// Founds parties, keys, nodes and rules. Order: names and codes; founding parties; nodes; rule set,
// which those parties can replace. The ledger then wants the authority among the signers.
[[nodiscard]] Ruling found(Context& context, const v1::Genesis& genesis);
// Order: form; signers.
[[nodiscard]] Ruling admit_node(Context& context, const v1::AdmitNode& action);

// ---- parties.cc ----
// Order: names; party new; keys new; roles in harmony with the legal entity; signers.
[[nodiscard]] Ruling register_party(Context& context, const v1::RegisterParty& action);
// Order: party known; role in harmony with the legal entity; signers.
[[nodiscard]] Ruling grant_role(Context& context, const v1::GrantRole& action);
// Order: party known; role held; signers; enough are left to replace the rules.
[[nodiscard]] Ruling revoke_role(Context& context, const v1::RevokeRole& action);
// Order: party known; key new (add, rotate) or in force and not the last (revoke); signers.
[[nodiscard]] Ruling add_key(Context& context, const v1::AddKey& action);
[[nodiscard]] Ruling rotate_key(Context& context, const v1::RotateKey& action);
[[nodiscard]] Ruling revoke_key(Context& context, const v1::RevokeKey& action);
// Order: form; party known; signers; enough are left to replace the rules. Replaces a restraint
// there is.
[[nodiscard]] Ruling restrain_party(Context& context, const v1::RestrainParty& action);
// Order: form; party known and restrained; signers.
[[nodiscard]] Ruling release_party(Context& context, const v1::ReleaseParty& action);

// ---- rule_sets.cc ----
// Order: form; the parties of now can replace it; signers.
[[nodiscard]] Ruling file_rule_set(Context& context, const v1::FileRuleSet& action);

// ---- proposals.cc ----
// Order: form; proposal new; a ballot for the action in the rules in force (or the last ones);
// proposer by the ballot.
[[nodiscard]] Ruling propose(Context& context, const v1::Propose& action);
// Order: proposal known; still open; voter by the ballot; one vote each. Only votes of parties that
// are voters still are counted; so many for it carry it, so many against end it.
[[nodiscard]] Ruling vote(Context& context, const v1::Vote& action);
// Order: proposal known; carried and not lapsed; time lock over; executor by the ballot; then as
// the action itself, but for its signers.
[[nodiscard]] Ruling execute(Context& context, const v1::Execute& action);

// ---- filing.cc ----
// Order: rules in force; form; version new; program builds; versions do not overlap; signers.
[[nodiscard]] Ruling file_methodology(Context& context, const v1::FileMethodology& action);
// Order: rules in force; form; project new; owner known; project methodology of this city in force
// on the first day of the crediting period; account owned by the owner; parameters within bounds;
// registry checks; signers.
[[nodiscard]] Ruling file_project(Context& context, const v1::FileProject& action);
// Named checks on ledger state that a methodology may ask for.
[[nodiscard]] bool is_registry_check(std::string_view name);
[[nodiscard]] Ruling run_registry_checks(const Context& context, const v1::Methodology& methodology,
                                         const v1::FileProject& project);

// ---- reports.cc ----
// Order: rules in force; form; project filed; report new; period within the crediting period; keys
// of the project; one methodology version in force throughout; no overlap for any key; inputs,
// guards and formula; signers.
[[nodiscard]] Ruling submit_report(Context& context, const v1::SubmitReport& action);
// Order: rules in force; report computed and not yet verified; verifier is another legal entity
// than owner and operator; result an amount; signers. A positive statement makes the report
// VERIFIED, to be issued, or CARRIED when less than a kilogram would be issued; a negative one
// frees its period.
[[nodiscard]] Ruling verify_report(Context& context, const v1::VerifyReport& action);
// Order: rules in force; form; report verified; batch new; registry checks; at least one kilogram;
// serials left; signers.
[[nodiscard]] Ruling issue(Context& context, const v1::Issue& action);

// ---- accounts.cc ----
// Order: rules in force; name and kind; account new; owner known; signers.
[[nodiscard]] Ruling open_account(Context& context, const v1::OpenAccount& action);
// Order: rules in force; whole pseudonyms; signers; each new.
[[nodiscard]] Ruling open_personal_accounts(Context& context,
                                            const v1::OpenPersonalAccounts& action);

// ---- holding.cc ----
// Order: accounts known and different; amount or serials well formed; holder not restrained;
// signers; serials held.
[[nodiscard]] Ruling transfer(Context& context, const v1::Transfer& action);
// Order: account known; purpose of the rules; beneficiary; period; amount or serials well formed;
// holder not restrained; signers (line "retire.<purpose>" of the table, or "retire" where there is
// none); serials held.
[[nodiscard]] Ruling retire(Context& context, const v1::Retire& action);

// ---- behaviour.cc ----
// Order: rules in force; batch name; signers; then each record by itself: account; methodology in
// force on the day of the act; slot; claim window, and the day not closed; inputs, guards, formula;
// result above zero; claim new. A batch of which no record is credited is refused with its first
// record's refusal.
[[nodiscard]] Ruling submit_behaviour_batch(Context& context,
                                            const v1::SubmitBehaviourBatch& action);

// Refuses with `rule.none_in_force` when no rule set is in force now.
[[nodiscard]] Ruling need_rules(const Context& context);

}  // namespace puhui::ledger
