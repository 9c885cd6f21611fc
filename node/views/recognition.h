// Reads of what lies between this city and its partners, and of units as they are offered.
#pragma once

#include "node/views/reading.h"

namespace puhui::node::views {

[[nodiscard]] Response side(Reading& reading, const Arguments& arguments);
[[nodiscard]] Response agreement_versions(Reading& reading, const Arguments& city);
// The C2SP tlog-policy by which its checkpoints and receipts are judged here.
[[nodiscard]] Response partner_policy(Reading& reading, const Arguments& city);
[[nodiscard]] Response foreign_projects(Reading& reading, const Arguments& city);
[[nodiscard]] Response foreign_project(Reading& reading, const Arguments& city_and_project);
[[nodiscard]] Response recalls_noted(Reading& reading, const Arguments& city);
[[nodiscard]] Response foreign_retirements(Reading& reading, const Arguments& city);
[[nodiscard]] Response transfers(Reading& reading, const Arguments& arguments);
[[nodiscard]] Response transfer(Reading& reading, const Arguments& id);
[[nodiscard]] Response lineage(Reading& reading, const Arguments& serial);
// Of an account: by serial, or in the order in which they are offered.
[[nodiscard]] Response units(Reading& reading, const Arguments& account);

}  // namespace puhui::node::views
