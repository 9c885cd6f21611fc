// How fast one thread applies what comes most: behaviour batches and transfers, on a real database
// in a temporary folder. Signatures were judged ahead of time, as on a running node.
#include <benchmark/benchmark.h>

#include "tests/bench/applying.h"

namespace puhui::ledger::testing {
namespace {

constexpr int kBatches = 40;
constexpr int kTransfersPerBlock = 100;
constexpr int kTransferBlocks = 100;
constexpr int kAccounts = 64;

// How often there is a state root; at the largest interval the maps are never brought up to date.
v1::Genesis genesis_with(const benchmark::State& state) {
  auto genesis = default_genesis();
  genesis.set_state_root_interval(static_cast<std::uint32_t>(state.range(0)));
  return genesis;
}

void behaviour(benchmark::State& state) {
  city_options() = store_of_node();
  City city(genesis_with(state));
  file(city, bike_methodology());
  const auto citizens = static_cast<std::uint64_t>(state.range(1));
  open_citizens(city, citizens);
  auto batches = prepared_rides(city, kBatches, citizens);
  apply_each(city, batches, state);
}

void checking_behaviour(benchmark::State& state) {
  BikeCity city;
  auto attachment = attachment_with(rides_of(0, 100));
  const auto payload = batch_event(city, attachment);
  const auto sent = sign_with(payload, {"provider"}, std::move(attachment));
  const auto item = sent.item();
  for (auto _ : state) {
    auto checked = city.ledger().check(item);
    benchmark::DoNotOptimize(checked);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRecordsPerBatch));
}

void transfers(benchmark::State& state) {
  city_options() = store_of_node();
  PvCity city(genesis_with(state));
  for (int i = 0; i < kAccounts; ++i) open_account(city, "shop-" + std::to_string(i), "owner");
  city.issue_mwh("100000");
  for (int i = 0; i < kAccounts; ++i)
    transfer(city, {"owner-main", "shop-" + std::to_string(i)}, 1'000'000);
  std::vector<Prepared> blocks(kTransferBlocks);
  for (int i = 0; i < kTransferBlocks; ++i) {
    for (int k = 0; k < kTransfersPerBlock; ++k) {
      const auto number = i * kTransfersPerBlock + k;
      auto payload = transfer_event(city,
                                    {"shop-" + std::to_string(number * 31 % kAccounts),
                                     "shop-" + std::to_string((number * 31 + 17) % kAccounts)},
                                    "owner");
      payload.mutable_transfer()->set_amount_kg(1 + number % 90);
      blocks[static_cast<std::size_t>(i)].sent.push_back(sign(payload, {"owner"}));
    }
    prepare(city, blocks[static_cast<std::size_t>(i)]);
  }
  std::size_t next = 0;
  for (auto _ : state) apply(city, blocks[next++], state);
  state.SetItemsProcessed(state.iterations() * kTransfersPerBlock);
}

constexpr int kNever = 1 << 20;

BENCHMARK(behaviour)
    ->ArgNames({"interval", "citizens"})
    ->ArgsProduct({{16, kNever}, {20'000, 200'000}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(kBatches);
BENCHMARK(checking_behaviour)->Unit(benchmark::kMillisecond);
BENCHMARK(transfers)
    ->ArgName("interval")
    ->Arg(256)
    ->Arg(kNever)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(kTransferBlocks);

}  // namespace
}  // namespace puhui::ledger::testing

BENCHMARK_MAIN();
