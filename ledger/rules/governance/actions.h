// What each event of governance does: parties, roles, keys, nodes, rule sets, votes.
#pragma once

#include "ledger/rules/context.h"

namespace puhui::ledger {

// ---- founding.cc ----
// Founds parties, keys, nodes and rules. Order: names and codes; founding parties; nodes; rule set,
// which those parties can replace. The ledger then wants the authority among the signers.
[[nodiscard]] Ruling found(Context& context, const v1::Genesis& genesis);
// Order: form; signers.
[[nodiscard]] Ruling admit_node(Context& context, const v1::AdmitNode& action);

// ---- parties.cc ----
// Order: names; party new; keys new; roles in harmony with the legal entity, and none that the
// rules want filed; signers.
[[nodiscard]] Ruling register_party(Context& context, const v1::RegisterParty& action);
// Order: party known; role in harmony with the legal entity, and not one the rules want filed;
// signers.
[[nodiscard]] Ruling grant_role(Context& context, const v1::GrantRole& action);
// Order: party known; role held; signers; enough are left to replace the rules.
[[nodiscard]] Ruling revoke_role(Context& context, const v1::RevokeRole& action);
// Order: party known; key new (add, rotate) or in force and not the last (revoke); signers.
[[nodiscard]] Ruling add_key(Context& context, const v1::AddKey& action);
[[nodiscard]] Ruling rotate_key(Context& context, const v1::RotateKey& action);
[[nodiscard]] Ruling revoke_key(Context& context, const v1::RevokeKey& action);
// Order: form; party known, and not restrained too often; signers; enough are left to replace the
// rules. It stands beside those there are: what one authority or court ordered, no release of
// another's order ends.
[[nodiscard]] Ruling restrain_party(Context& context, const v1::RestrainParty& action);
// Order: form; party known, and restrained at that leaf; signers.
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
// Order: proposal known; carried and not lapsed; the resolution once more if it is a settlement,
// and none of others; time lock over; executor by the ballot; then as the action itself, but for
// its signers.
[[nodiscard]] Ruling execute(Context& context, const v1::Execute& action);

}  // namespace puhui::ledger
