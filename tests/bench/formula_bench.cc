// How long one methodology takes per record: the ledger evaluates each behaviour record once.
#include <benchmark/benchmark.h>

#include <array>

#include "ledger/formula/program.h"

namespace puhui::ledger::formula {
namespace {

Definition distance_definition(const char* factor, Rounding rounding) {
  Definition definition;
  definition.inputs = {{"distance", "m", "0", "100000", 0, InputRole::kMonitored}};
  definition.constants = {{"ef", factor, "g/km", "published"},
                          {"m_per_km", "1000", "m/km", "definition"}};
  definition.formula = "distance / m_per_km * ef";
  definition.rounding = rounding;
  definition.tiers = {{"ticket", "1"}, {"self_declared", "1/2"}};
  return definition;
}

Definition poultry_definition() {
  const auto input = [](const char* name, const char* max, unsigned scale) {
    return InputDefinition{name, "1", "0", max, scale, InputRole::kMonitored};
  };
  Definition definition;
  definition.inputs = {input("layers", "10000000", 0),   input("broilers", "10000000", 0),
                       input("days", "366", 0),          input("mcf_ms", "1", 4),
                       input("emissions", "1000000", 3), input("leakage", "1000000", 3)};
  definition.formula =
      "28 * 0.00067 * 0.94 * mcf_ms * days * (0.39 * layers * 0.02 + 0.36 * broilers * 0.01)"
      " - emissions - leakage";
  definition.result_unit = ResultUnit::kTonne;
  return definition;
}

// A factor of 40 digits leaves 128 bits: every evaluation takes the complete path.
Definition wide_definition() {
  Definition definition = distance_definition("93.3", Rounding::kFloor);
  definition.constants[0].value = "93.30000000000000000000000000000000000001";
  return definition;
}

void evaluate_distances(benchmark::State& state, const Definition& definition) {
  const auto program = build(definition);
  std::int64_t distance = 0;
  for (auto _ : state) {
    distance = (distance + 7919) % 100'000;
    const std::array<std::int64_t, 1> values = {distance};
    auto outcome = program->evaluate(values, 0);
    benchmark::DoNotOptimize(outcome);
  }
  state.SetItemsProcessed(state.iterations());
}

void metro(benchmark::State& state) {
  evaluate_distances(state, distance_definition("78.4", Rounding::kFloor));
}

void bike(benchmark::State& state) {
  evaluate_distances(state, distance_definition("93.3", Rounding::kHalfUp));
}

void complete_path(benchmark::State& state) { evaluate_distances(state, wide_definition()); }

void poultry(benchmark::State& state) {
  const auto program = build(poultry_definition());
  std::array<std::int64_t, 6> values = {100'000, 50'000, 365, 7'500, 12'500, 13};
  for (auto _ : state) {
    values[0] = (values[0] + 7919) % 10'000'000;
    auto outcome = program->evaluate(values, 0);
    benchmark::DoNotOptimize(outcome);
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(metro);
BENCHMARK(bike);
BENCHMARK(poultry);
BENCHMARK(complete_path);

}  // namespace
}  // namespace puhui::ledger::formula

BENCHMARK_MAIN();
