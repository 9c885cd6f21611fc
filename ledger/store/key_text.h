// Stored keys as people are told them.
#pragma once

#include <string>
#include <string_view>

namespace puhui::ledger {

// "entry 17", "attachment of leaf 17", "hash tile 1/3", "page of the map 'a4'", "view
// vA/owner-main"; what is no text in a key is hexadecimal.
[[nodiscard]] std::string key_text(std::string_view key);

}  // namespace puhui::ledger
