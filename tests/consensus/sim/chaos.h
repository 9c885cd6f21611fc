// Load and faults by seed.
#pragma once

#include <optional>
#include <string>

#include "sim/world.h"

namespace puhui::consensus::sim {

struct Plan {
  std::uint64_t seed = 1;
  std::uint64_t steps = 6000;  // Driver calls under faults; then everything heals.
  int voters = 3;
  int nodes = 5;
  bool membership = true;
  bool snapshots = true;
  std::string mutant = "none";
  bool trace = false;
};

struct Outcome {
  std::optional<std::string> violation;
  Counters counters;
  std::uint64_t simulated_ms = 0;
};

// Runs one seed to its end or to the first violation.
[[nodiscard]] Outcome run(const Plan& plan);

}  // namespace puhui::consensus::sim
