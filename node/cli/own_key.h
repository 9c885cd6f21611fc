// A citizen's own key signs what is asked about the account (node/views/own_key.h).
#pragma once

#include <string>
#include <vector>

#include "node/cli/session.h"

namespace puhui::node::cli {

// The header that goes with a GET of this path; none unless --own-key is given and the path is a
// view of a citizen's account. It is good for some minutes by this machine's clock. CONFIG if
// neither --city nor the node says which city it is; errors of read_key name the file.
[[nodiscard]] Result<http::Headers> sign_own_reading(Session& session,
                                                     const std::vector<std::string>& segments);

}  // namespace puhui::node::cli
