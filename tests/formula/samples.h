// Published methodologies and scenarios as definitions: those of the catalogue, which
// tests/cli/methodologies_test.cc compares with them and works examples of.
#pragma once

#include <string_view>

#include "ledger/formula/program.h"

namespace puhui::ledger::formula::testing {

struct Sample {
  std::string_view code;
  Definition definition;
};

// In the order of the codes below; every one builds.
const std::vector<Sample>& samples();

// The sample of this code, which must exist.
const Definition& sample(std::string_view code);

}  // namespace puhui::ledger::formula::testing
