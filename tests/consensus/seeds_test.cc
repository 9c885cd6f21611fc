// Random runs of the whole protocol, in ranges of seeds so that they spread over processors.
#include <gtest/gtest.h>

#include "sim/chaos.h"

namespace puhui::consensus::sim {
namespace {

constexpr std::uint64_t kRange = 250;

void run_range(std::uint64_t range, Plan plan) {
  Counters total;
  const std::uint64_t first = range * kRange + 1;
  for (plan.seed = first; plan.seed < first + kRange; ++plan.seed) {
    const Outcome outcome = run(plan);
    total.add(outcome.counters);
    ASSERT_FALSE(outcome.violation) << "seed " << plan.seed << ": " << *outcome.violation;
  }
  // A run in which nothing happens proves nothing.
  EXPECT_GT(total.crashes, kRange);
  EXPECT_GT(total.elections, kRange);
  EXPECT_GT(total.acknowledged, kRange * 20);
  EXPECT_GT(total.reads, kRange);
  EXPECT_GT(total.installs, 0u);
  EXPECT_GT(total.changes, 0u);
}

TEST(Seeds, ThreeVotersA) { run_range(0, {}); }
TEST(Seeds, ThreeVotersB) { run_range(1, {}); }
TEST(Seeds, ThreeVotersC) { run_range(2, {}); }
TEST(Seeds, ThreeVotersD) { run_range(3, {}); }
TEST(Seeds, FiveVotersA) { run_range(4, {.voters = 5}); }
TEST(Seeds, FiveVotersB) { run_range(5, {.voters = 5}); }
TEST(Seeds, OneVoterGrows) { run_range(6, {.voters = 1}); }
TEST(Seeds, ThreeVotersLonger) { run_range(7, {.steps = 9000}); }

TEST(Seeds, ARunIsAFunctionOfItsSeed) {
  const Outcome a = run({.seed = 4711});
  const Outcome b = run({.seed = 4711});
  EXPECT_EQ(a.simulated_ms, b.simulated_ms);
  EXPECT_EQ(a.counters.messages, b.counters.messages);
  EXPECT_EQ(a.counters.acknowledged, b.counters.acknowledged);
}

}  // namespace
}  // namespace puhui::consensus::sim
