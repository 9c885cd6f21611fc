// Answers about acts that are compared with partner cities: which they are, to the operator; when
// they were published, to whoever sees entries; how far they were noted, to everybody.
#pragma once

#include "node/views/reading.h"

namespace puhui::node::views {

// Tags for a partner, ?from= a leaf, or else from where the last publication ended.
[[nodiscard]] Response act_tags(Reading& reading, const Arguments& arguments);
// Leaves that published tags for a partner.
[[nodiscard]] Response tag_publications(Reading& reading, const Arguments& arguments);
// Up to where a partner's were noted.
[[nodiscard]] Response tags_noted(Reading& reading, const Arguments& arguments);
// Acts that were credited here and there.
[[nodiscard]] Response acts_of_both(Reading& reading, const Arguments& arguments);

}  // namespace puhui::node::views
