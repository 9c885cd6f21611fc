// How fast one thread takes in what comes from a partner, each export proved inside consensus,
// beside transfers within the city of as many kilograms: what recognition costs.
#include <benchmark/benchmark.h>

#include "tests/bench/applying.h"
#include "tests/ledger/cities.h"

namespace puhui::ledger::testing {
namespace {

constexpr std::uint64_t kBlocks = 40, kPerBlock = 100;
constexpr std::uint64_t kKgEach = 10;
constexpr std::int64_t kIssuedKg = kBlocks * kPerBlock * kKgEach;

struct Pair {
  SovereignCity a{{"WUHAN", "P1"}}, b{{"XIANGYANG", "P2"}};

  void recognise() {
    agree(a, b, agreement_between(a, b));
    PUHUI_ACCEPTED(note_project(a, b));
    PUHUI_ACCEPTED(a.issue_kg(kIssuedKg));
  }
};

// A block of what `make` makes, number by number.
template <class Make>
Prepared block_of_events(City& city, std::uint64_t block, const std::string& signer, Make make) {
  Prepared prepared;
  for (std::uint64_t i = 0; i < kPerBlock; ++i)
    prepared.sent.push_back(city.sealed(make(block * kPerBlock + i), {signer}));
  prepare(city, prepared);
  return prepared;
}

void apply_all(benchmark::State& state, City& city, std::vector<Prepared>& blocks) {
  std::size_t next = 0;
  for (auto _ : state) apply(city, blocks[next++], state);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kPerBlock));
}

std::pair<std::uint64_t, std::uint64_t> serials_of(std::uint64_t number) {
  return {1 + number * kKgEach, (number + 1) * kKgEach};
}

void imports(benchmark::State& state) {
  city_options() = store_of_node();
  Pair pair;
  pair.recognise();
  std::vector<std::uint64_t> leaves;
  for (std::uint64_t i = 0; i < kBlocks * kPerBlock; ++i)
    leaves.push_back(export_units(pair.a, pair.b, {{serials_of(i)}}).leaf);
  PUHUI_ACCEPTED(carry_checkpoint(pair.a, pair.b));
  const auto size = accepted_size(pair.b, pair.a);
  std::vector<Prepared> blocks;
  for (std::uint64_t block = 0; block < kBlocks; ++block)
    blocks.push_back(block_of_events(pair.b, block, "operator", [&](std::uint64_t number) {
      return import_event(pair.b, pair.a.proven(leaves[number], size));
    }));
  apply_all(state, pair.b, blocks);
}

void transfers_at_home(benchmark::State& state) {
  city_options() = store_of_node();
  Pair pair;
  pair.recognise();
  open_account(pair.a, "shop", "owner");
  std::vector<Prepared> blocks;
  for (std::uint64_t block = 0; block < kBlocks; ++block)
    blocks.push_back(block_of_events(pair.a, block, "owner", [&](std::uint64_t number) {
      auto payload = transfer_event(pair.a, {"owner-main", "shop"}, "owner");
      const auto [start, end] = serials_of(number);
      auto* range = payload.mutable_transfer()->add_serials();
      range->set_start(start);
      range->set_end(end);
      return payload;
    }));
  apply_all(state, pair.a, blocks);
}

BENCHMARK(imports)->Iterations(kBlocks)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(transfers_at_home)->Iterations(kBlocks)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace puhui::ledger::testing

BENCHMARK_MAIN();
