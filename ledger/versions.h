// Which versions of a methodology an agreement means. Versions are labels that each city chooses;
// the order of two is that in which people number them: "V2" comes before "V10".
#pragma once

#include <string_view>

namespace puhui::ledger {

// A label, or the first and the last of a range, both included: "V01..V03".
[[nodiscard]] bool is_versions(std::string_view text);

// Of what is_versions holds for: whether it means this version.
[[nodiscard]] bool covers(std::string_view versions, std::string_view version);

}  // namespace puhui::ledger
