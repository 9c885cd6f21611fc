// Answers about enterprises: what their meters measured, each to those who may see it, and how they
// stand.
#pragma once

#include "node/views/reading.h"

namespace puhui::node::views {

// To the enterprise, the operator and auditors.
[[nodiscard]] Response months_of_source(Reading& reading, const Arguments& arguments);
[[nodiscard]] Response enterprise_year(Reading& reading, const Arguments& arguments);

}  // namespace puhui::node::views
