// The page for everybody: what is filed, issued and retired in the city, against its plan.
#pragma once

#include <string>

#include "ledger/event.h"
#include "puhui/v1/api.pb.h"

namespace puhui::node::views {

inline constexpr std::string_view kHtml = "text/html; charset=utf-8";

// One HTML page in Chinese and English, with nothing to load and nothing that runs. `now` is the
// time of the last leaf that the statement follows from.
[[nodiscard]] std::string public_page(const v1::Genesis& city, const v1::Statement& statement,
                                      ledger::Micros now);

}  // namespace puhui::node::views
