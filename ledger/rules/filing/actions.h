// What each event of filing (备案) does.
#pragma once

#include "ledger/rules/context.h"

namespace puhui::ledger {

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

}  // namespace puhui::ledger
