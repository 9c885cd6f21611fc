// Runs cities that recognise each other over a range of seeds: a failing seed is a whole bug
// report.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "tests/recognition/sim/chaos.h"

namespace {

using namespace puhui::ledger::testing;
using namespace puhui::ledger::testing::sim;

constexpr const char* kUsage =
    "usage: puhui_recognition_sim [--first SEED] [--seeds N] [--steps N] [--cities N]\n"
    "  --first SEED        the first seed (1)\n"
    "  --seeds N           how many of them, one after the other (20)\n"
    "  --steps N           steps until all is carried and the books are closed (200)\n"
    "  --cities N          cities, of which each recognises about three others (3)\n"
    "  --mutant NAME       a book with one mistake: import-twice drop-conclude forget-discount\n"
    "                      forget-retirement forget-restore forget-list\n"
    "  --mutants           each of them until a seed finds it, at most so many seeds\n"
    "  --no-restores --no-recalls --no-renegotiation --no-closing --no-retries --no-settlements\n"
    "  --no-gone --no-quotas --no-rotation --no-forks --no-acts\n"
    "                      all of these happen, unless they shall not\n"
    "  --use-while-waiting a restored city uses its units before all lists are noted\n"
    "  --stop              stop at the first seed that fails\n"
    "  --trace             print every step\n"
    "Exit 0 if all seeds hold (with --mutants: if none holds for all seeds), 1 otherwise.\n";

struct Arguments {
  Plan plan;
  std::uint64_t first = 1, seeds = 20;
  bool stop = false, mutants = false;
};

[[noreturn]] void usage(int code) {
  std::fputs(kUsage, code == 0 ? stdout : stderr);
  std::exit(code);
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  auto& plan = arguments.plan;
  const std::map<std::string, std::function<void()>> switches = {
      {"--help", [] { usage(0); }},
      {"--no-restores", [&] { plan.restores = false; }},
      {"--no-recalls", [&] { plan.recalls = false; }},
      {"--no-renegotiation", [&] { plan.renegotiation = false; }},
      {"--no-closing", [&] { plan.closing = false; }},
      {"--no-retries", [&] { plan.retries = false; }},
      {"--no-settlements", [&] { plan.settlements = false; }},
      {"--no-gone", [&] { plan.gone = false; }},
      {"--no-quotas", [&] { plan.quotas = false; }},
      {"--no-rotation", [&] { plan.rotation = false; }},
      {"--no-forks", [&] { plan.forks = false; }},
      {"--no-acts", [&] { plan.acts = false; }},
      {"--use-while-waiting", [&] { plan.waits = false; }},
      {"--mutants", [&] { arguments.mutants = true; }},
      {"--stop", [&] { arguments.stop = true; }},
      {"--trace", [&] { plan.trace = true; }},
  };
  const std::map<std::string, std::function<void(const char*)>> values = {
      {"--first", [&](const char* text) { arguments.first = std::strtoull(text, nullptr, 10); }},
      {"--seeds", [&](const char* text) { arguments.seeds = std::strtoull(text, nullptr, 10); }},
      {"--steps", [&](const char* text) { plan.steps = std::strtoull(text, nullptr, 10); }},
      {"--cities", [&](const char* text) { plan.cities = std::atoi(text); }},
      {"--mutant", [&](const char* text) { plan.mutant = text; }},
  };
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (const auto found = switches.find(name); found != switches.end())
      found->second();
    else if (const auto known = values.find(name); known != values.end() && i + 1 < argc)
      known->second(argv[++i]);
    else
      usage(2);
  }
  if (plan.cities < 1) usage(2);
  return arguments;
}

// Small ledgers in memory where there is some.
void prepare() {
  if (::getenv("TMPDIR") == nullptr && std::filesystem::is_directory("/dev/shm"))
    ::setenv("TMPDIR", "/dev/shm", 1);
  city_options().cache_bytes = std::size_t{1} << 20;
  city_options().write_buffer_bytes = std::size_t{256} << 10;
  GTEST_FLAG_SET(throw_on_failure, true);
}

unsigned long long n(std::uint64_t value) { return value; }

void report(const Counters& total, std::uint64_t failures, double wall_s) {
  std::string refused;
  for (const auto& [code, count] : total.refused)
    refused += " " + code + " " + std::to_string(count);
  std::printf(
      "%llu seeds, %llu violations | steps %llu events %llu transfers %llu imports %llu concluded "
      "%llu recalls %llu crashes %llu copies %llu restores %llu again %llu lost leaves %llu "
      "lists %llu owed kg %llu | %.1f s | refused:%s\n",
      n(total.seeds), n(failures), n(total.steps), n(total.events), n(total.transfers),
      n(total.imports), n(total.concluded), n(total.recalls), n(total.crashes), n(total.copies),
      n(total.restores), n(total.restores_again), n(total.lost_leaves), n(total.lists),
      n(total.excused_kg), wall_s, refused.c_str());
}

// Runs the seeds, and prints those that fail with their last steps.
std::uint64_t run_seeds(const Arguments& arguments, Counters& total) {
  std::uint64_t failures = 0;
  auto plan = arguments.plan;
  for (plan.seed = arguments.first; plan.seed < arguments.first + arguments.seeds; ++plan.seed) {
    const auto outcome = run(plan);
    total.add(outcome.counters);
    if (!outcome.violation) continue;
    ++failures;
    std::printf("seed %llu: %s\n", n(plan.seed), outcome.violation->c_str());
    if (!plan.trace)
      for (const auto& step : outcome.last_steps) std::printf("  %s\n", step.c_str());
    std::fflush(stdout);
    if (arguments.stop) break;
  }
  return failures;
}

// How many of the mistakes no seed finds.
int run_mutants(const Arguments& arguments) {
  int missed = 0;
  for (const auto& mutant : mutants()) {
    auto plan = arguments.plan;
    plan.mutant = mutant;
    const auto end = arguments.first + arguments.seeds;
    plan.seed = arguments.first;
    while (plan.seed < end && !run(plan).violation) ++plan.seed;
    const bool is_found = plan.seed < end;
    missed += is_found ? 0 : 1;
    std::printf("%s: %s\n", mutant.c_str(),
                is_found ? ("found by seed " + std::to_string(plan.seed)).c_str() : "NOT FOUND");
  }
  return missed;
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = parse(argc, argv);
  prepare();
  if (arguments.mutants) return run_mutants(arguments) == 0 ? 0 : 1;
  Counters total;
  const auto begin = std::chrono::steady_clock::now();
  const auto failures = run_seeds(arguments, total);
  const double wall_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  report(total, failures, wall_s);
  return failures == 0 ? 0 : 1;
}
