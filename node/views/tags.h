// Answers about acts that are compared with partner cities, to the operator.
#pragma once

#include "node/views/reading.h"

namespace puhui::node::views {

// Tags for a partner, ?from= a leaf, or else from where the last publication ended.
[[nodiscard]] Response act_tags(Reading& reading, const Arguments& arguments);
// Acts that were credited here and there.
[[nodiscard]] Response acts_of_both(Reading& reading, const Arguments& arguments);

}  // namespace puhui::node::views
