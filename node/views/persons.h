// Answers that hold personal data, each to those who may see it.
#pragma once

#include "node/views/reading.h"

namespace puhui::node::views {

// A named account answers everybody.
[[nodiscard]] Response account(Reading& reading, const Arguments& arguments);
[[nodiscard]] Response credits(Reading& reading, const Arguments& arguments);
[[nodiscard]] Response summary(Reading& reading, const Arguments& arguments);
[[nodiscard]] Response consents(Reading& reading, const Arguments& arguments);
[[nodiscard]] Response behaviour_batches(Reading& reading, const Arguments& arguments);
// To the party that sent them too; published tags to partner cities.
[[nodiscard]] Response attachment(Reading& reading, const Arguments& arguments);
[[nodiscard]] Response record(Reading& reading, const Arguments& arguments);
// Of a day everybody; of one act the operator and auditors.
[[nodiscard]] Response act_state(Reading& reading, const Arguments& arguments);
[[nodiscard]] Response claim(Reading& reading, const Arguments& arguments);

}  // namespace puhui::node::views
