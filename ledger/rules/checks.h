// Checks that actions of every family begin with.
#pragma once

#include "ledger/rules/context.h"

namespace puhui::ledger {

inline constexpr std::size_t kTextSizeMax = 512;

// Refuses with `rule.none_in_force` when no rule set is in force now.
[[nodiscard]] Ruling need_rules(const Context& context);

[[nodiscard]] inline Ruling malformed(std::string_view what) {
  return refuse(ErrorCode::EVENT_MALFORMED, "form." + std::string(what));
}
[[nodiscard]] inline bool is_hash_or_empty(std::string_view hash) {
  return hash.empty() || hash.size() == crypto::Digest::kSize;
}
// A window of times on the ledger, half-open; an end of 0 is open.
[[nodiscard]] inline bool is_window(Micros from, Micros to) {
  return from >= 0 && from <= kTimeMax && to <= kTimeMax && (to == 0 || to > from);
}
[[nodiscard]] inline bool is_role(v1::Role role) {
  return v1::Role_IsValid(role) && role != v1::ROLE_UNSPECIFIED;
}

}  // namespace puhui::ledger
