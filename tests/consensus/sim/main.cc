// Runs the consensus simulator over a range of seeds: a failing seed is a whole bug report.
//
//   puhui_consensus_sim [--first S] [--seeds N] [--steps K] [--voters V] [--nodes N]
//                       [--mutant NAME] [--no-membership] [--no-snapshots] [--stop] [--trace]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "sim/chaos.h"
#include "sim/mutants.h"

namespace {

using namespace puhui::consensus::sim;

struct Arguments {
  Plan plan;
  std::uint64_t first = 1;
  std::uint64_t seeds = 100;
  bool stop = false;
};

[[noreturn]] void usage() {
  std::fprintf(
      stderr,
      "usage: puhui_consensus_sim [--first S] [--seeds N] [--steps K] [--voters V] "
      "[--nodes N]\n  [--mutant NAME] [--no-membership] [--no-snapshots] [--stop] [--trace]\n"
      "mutants:");
  for (const Mutant& mutant : mutants()) std::fprintf(stderr, " %s", mutant.name.data());
  std::fprintf(stderr, "\n");
  std::exit(2);
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--no-membership") {
      arguments.plan.membership = false;
    } else if (name == "--no-snapshots") {
      arguments.plan.snapshots = false;
    } else if (name == "--trace") {
      arguments.plan.trace = true;
    } else if (name == "--stop") {
      arguments.stop = true;
    } else if (i + 1 == argc) {
      usage();
    } else if (name == "--mutant") {
      arguments.plan.mutant = argv[++i];
    } else {
      const std::uint64_t value = std::strtoull(argv[++i], nullptr, 10);
      if (name == "--first")
        arguments.first = value;
      else if (name == "--seeds")
        arguments.seeds = value;
      else if (name == "--steps")
        arguments.plan.steps = value;
      else if (name == "--voters")
        arguments.plan.voters = static_cast<int>(value);
      else if (name == "--nodes")
        arguments.plan.nodes = static_cast<int>(value);
      else
        usage();
    }
  }
  return arguments;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  Counters total;
  std::uint64_t failures = 0;
  double simulated_s = 0;
  const auto begin = std::chrono::steady_clock::now();
  Plan plan = arguments.plan;
  std::uint64_t ran = 0;
  for (plan.seed = arguments.first; plan.seed < arguments.first + arguments.seeds; ++plan.seed) {
    const Outcome outcome = run(plan);
    ++ran;
    total.add(outcome.counters);
    simulated_s += static_cast<double>(outcome.simulated_ms) / 1000;
    if (!outcome.violation) continue;
    ++failures;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(plan.seed),
                outcome.violation->c_str());
    std::fflush(stdout);
    if (arguments.stop) break;
  }
  const double wall_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const auto n = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "%llu seeds, %llu violations | steps %llu (%.0f/s) messages %llu commits %llu "
      "acknowledged %llu lost %llu elections %llu crashes %llu snapshots %llu installed %llu "
      "failed %llu changes %llu transfers %llu reads %llu | %.0f simulated s in %.1f s\n",
      n(ran), n(failures), n(total.steps), static_cast<double>(total.steps) / wall_s,
      n(total.messages), n(total.commits), n(total.acknowledged), n(total.lost), n(total.elections),
      n(total.crashes), n(total.snapshots), n(total.installs), n(total.failed_installs),
      n(total.changes), n(total.transfers), n(total.reads), simulated_s, wall_s);
  return failures == 0 ? 0 : 1;
}
