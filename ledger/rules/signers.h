// Who must sign what: the signer table of the rule set in force, applied to one event.
#pragma once

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
};

// Order: a line of the table for `action` (`role.missing` if there is none); then each requirement
// in the line's order: as many distinct signing parties as it counts, each holding the role within
// its scope, or standing in the relation. A signer whose role does not reach refuses with
// `role.out_of_scope`; anything else that lacks is the unrecorded error `signature.missing`.
[[nodiscard]] Ruling require_signers(const Context& context, std::string_view action,
                                     const Subject& subject);

// The table has a line for this action.
[[nodiscard]] bool has_line(const v1::RuleSet& rules, std::string_view action);

// A grant whose window is over.
[[nodiscard]] bool has_ended(const v1::RoleGrant& grant, Micros now);
// Whether the party holds the role at `now`, whatever its scope.
[[nodiscard]] bool holds_role(const v1::Party& party, v1::Role role, Micros now);
// The same, or will hold it by a grant whose window has not begun.
[[nodiscard]] bool has_grant(const v1::Party& party, v1::Role role, Micros now);

}  // namespace puhui::ledger
