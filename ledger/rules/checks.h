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
// A code of GB/T 2260: six digits, of which the first two are a province.
[[nodiscard]] bool is_area(std::string_view code);
// Codes and versions of methodologies, names of schemes and places, as their issuers write them.
[[nodiscard]] bool is_label(std::string_view text);
// A name, a SHA-256, a media type, and a size.
[[nodiscard]] bool is_document(const v1::Document& document);
[[nodiscard]] inline bool is_document_or_none(bool present, const v1::Document& document) {
  return !present || is_document(document);
}

}  // namespace puhui::ledger
