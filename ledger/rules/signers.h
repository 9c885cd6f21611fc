// Who must sign what: the signer table of the rule set in force, applied to one event.
#pragma once

#include <set>
#include <string>

#include "ledger/rules/context.h"

namespace puhui::ledger {

// What the event is about, for relations and for the reach of roles. Empty fields do not limit.
struct Subject {
  std::string owner;   // of the project
  std::string holder;  // of the debited account
  std::string party;   // the event is about
  std::string area;
  std::string methodology;  // code
  std::string scenario;
  std::int64_t amount_kg = 0;
  bool is_citywide = false;  // a role limited to an area or a methodology does not reach it
};

[[nodiscard]] inline Subject the_city() {
  Subject city;
  city.is_citywide = true;
  return city;
}

// Order: a line of the table for `action` (`role.missing` if there is none); then each requirement
// in the line's order: as many distinct signing parties as it counts, each holding the role within
// its scope, or standing in the relation, and as many of their keys. Nothing is required of what
// is carried out by a mandate. A signer whose role does not reach refuses with
// `role.out_of_scope`; anything else that lacks is the unrecorded error `signature.missing`.
[[nodiscard]] Ruling require_signers(const Context& context, std::string_view action,
                                     const Subject& subject);
// `signature.missing`, unrecorded, unless the party signed.
[[nodiscard]] Ruling require_party(const Context& context, std::string_view action,
                                   const std::string& party);

// Whether the party holds the role now within a scope that reaches the subject, and is not
// suspended.
[[nodiscard]] bool reaches(const Context& context, const std::string& party, v1::Role role,
                           const Subject& subject);
// The signer who does: the acting party, or else the first by name.
[[nodiscard]] std::optional<std::string> signer_as(const Context& context, v1::Role role,
                                                   const Subject& subject);

// What two parties are told apart by: their legal entities, or else their names.
[[nodiscard]] std::string legal_entity(const Context& context, const std::string& party);
// Whose something is, and who signed it.
[[nodiscard]] std::set<std::string> legal_entities(
    const Context& context, const std::string& owner,
    const google::protobuf::RepeatedPtrField<std::string>& signers);
// SIGNER_INDEPENDENCE if a verifier among the signers is one of these legal entities, or an
// operator is among them: that a verifier is none is seen to when roles are granted.
[[nodiscard]] Ruling need_independent(const Context& context,
                                      const std::set<std::string>& interested);

// Leaves suspended parties out of the signers. PARTY_RESTRAINED if the acting party is one.
[[nodiscard]] Ruling drop_suspended(Context& context);
[[nodiscard]] bool is_suspended(const v1::Party& party);
// PARTY_RESTRAINED if the party is frozen or suspended.
[[nodiscard]] Ruling need_unrestrained(const v1::Party& party);

// Whether the party holds the role now for the whole city, and is not suspended.
[[nodiscard]] bool acts_for_city(const v1::Party& party, v1::Role role, Micros now);

// The table has a line for this action.
[[nodiscard]] bool has_line(const v1::RuleSet& rules, std::string_view action);

// A grant whose window is over.
[[nodiscard]] bool has_ended(const v1::RoleGrant& grant, Micros now);
// Whether the party holds the role at `now`, whatever its scope.
[[nodiscard]] bool holds_role(const v1::Party& party, v1::Role role, Micros now);
// The same, or will hold it by a grant whose window has not begun.
[[nodiscard]] bool has_grant(const v1::Party& party, v1::Role role, Micros now);
// PARTY_UNKNOWN; ROLE_MISSING unless it is a bank now.
[[nodiscard]] Ruling need_bank(const Context& context, const std::string& party, std::string rule);

}  // namespace puhui::ledger
