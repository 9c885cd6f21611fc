// Errors as HTTP answers: RFC 9457 problem details with a stable code and texts in two languages.
#pragma once

#include "node/http/message.h"
#include "proto/error.h"

namespace puhui::node::http {

inline constexpr std::string_view kProblemType = "application/problem+json";

// Status, type, title and code come from the code's entry in error.proto, `detail` from the error.
// 429 and 503 carry "Retry-After: 1". The caller adds a Location where the code is NOT_LEADER.
[[nodiscard]] Response problem(const Error& error);

}  // namespace puhui::node::http
