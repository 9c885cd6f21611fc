// The simulator's own teeth: with one safeguard taken out, some seed must find it. Safeguards
// whose absence random runs find too rarely have a case in scripted_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "sim/chaos.h"

namespace puhui::consensus::sim {
namespace {

constexpr std::uint64_t kSeeds = 600;

struct Case {
  const char* mutant;
  int voters = 3;
};

class Mutants : public testing::TestWithParam<Case> {};

TEST_P(Mutants, IsFound) {
  Plan plan;
  plan.mutant = GetParam().mutant;
  plan.voters = GetParam().voters;
  for (plan.seed = 1; plan.seed <= kSeeds; ++plan.seed) {
    if (run(plan).violation) return;
  }
  FAIL() << "no seed of " << kSeeds << " notices";
}

INSTANTIATE_TEST_SUITE_P(All, Mutants,
                         testing::Values(Case{"ack-before-sync"}, Case{"no-split"},
                                         Case{"no-clamp"}, Case{"no-result-clamp"},
                                         Case{"deliver-unstored"}, Case{"old-term", 1},
                                         Case{"read-at-once"}),
                         [](const auto& test) {
                           std::string name = test.param.mutant;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// In a process of its own: without guard 8 the engine writes outside its log's records.
TEST(MutantsDeathTest, NoTrailingIsFound) {
  const auto search = [] {
    Plan plan;
    plan.mutant = "no-trailing";
    for (plan.seed = 1; plan.seed <= 100; ++plan.seed) {
      if (run(plan).violation) std::exit(1);
    }
    std::exit(0);
  };
  EXPECT_EXIT(
      search(), [](int status) { return status != 0; }, "");
}

}  // namespace
}  // namespace puhui::consensus::sim
