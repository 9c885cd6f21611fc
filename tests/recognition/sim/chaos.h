// What happens, by seed: then everything is carried, all deadlines pass, and the books are closed.
#pragma once

#include <optional>
#include <string>

#include "tests/recognition/sim/world.h"

namespace puhui::ledger::testing::sim {

struct Outcome {
  std::optional<std::string> violation;
  std::vector<std::string> last_steps;
  Counters counters;
};

// Runs one seed to its end or to the first violation.
[[nodiscard]] Outcome run(const Plan& plan);

}  // namespace puhui::ledger::testing::sim
