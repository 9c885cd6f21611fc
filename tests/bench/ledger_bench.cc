// How fast one thread applies what comes most: behaviour batches and transfers, on a real database
// in a temporary folder. Signatures were judged ahead of time, as on a running node.
#include <benchmark/benchmark.h>

#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

constexpr std::uint64_t kRecordsPerBatch = 10'000;
constexpr int kBatches = 40;
constexpr int kTransfersPerBlock = 100;
constexpr int kTransferBlocks = 100;
constexpr int kAccounts = 64;

// Submissions with their checks, made before the clock runs.
struct Prepared {
  std::vector<Sent> sent;
  std::vector<Checked> checked;
  Block block;
};

void prepare(City& city, Prepared& prepared) {
  for (const auto& sent : prepared.sent) {
    prepared.block.items.push_back(sent.item());
    prepared.checked.push_back(city.ledger().check(prepared.block.items.back()));
  }
}

void apply(City& city, Prepared& prepared, benchmark::State& state) {
  prepared.block.stamp = city.now;
  city.now += kSecond;
  const auto answers = city.ledger().apply(prepared.block, prepared.checked, {++city.index, 1});
  if (!answers) return state.SkipWithError("the block does not apply");
  for (const auto& answer : *answers)
    if (answer.decision != v1::ACCEPTED) return state.SkipWithError("an event is not accepted");
}

// Every record is an act of its own: citizen, slot and carrier differ from batch to batch.
std::vector<Ride> rides_of(std::uint64_t batch, std::uint64_t citizens) {
  std::vector<Ride> rides;
  for (std::uint64_t i = 0; i < kRecordsPerBatch; ++i) {
    const auto number = batch * kRecordsPerBatch + i;
    rides.push_back({number * 7919 % citizens, static_cast<std::int64_t>(500 + number % 5000),
                     static_cast<std::uint32_t>(number % 24), kToday - static_cast<int>(number % 3),
                     0, "carrier-tag-of-32-bytes-" + std::to_string(10'000'000 + number)});
  }
  return rides;
}

// How often there is a state root; at the largest interval the maps are never brought up to date.
v1::Genesis genesis_with(const benchmark::State& state) {
  auto genesis = default_genesis();
  genesis.set_state_root_interval(static_cast<std::uint32_t>(state.range(0)));
  return genesis;
}

void behaviour(benchmark::State& state) {
  city_options() = StoreOptions();
  City city(genesis_with(state));
  file(city, bike_methodology());
  const auto citizens = static_cast<std::uint64_t>(state.range(1));
  for (std::uint64_t first = 0; first < citizens; first += 4000)
    city.must(open_personal_event(city, first, 4000), {"operator"});
  std::vector<Prepared> batches(kBatches);
  for (std::uint64_t i = 0; i < kBatches; ++i) {
    auto attachment = attachment_with(rides_of(i, citizens));
    const auto payload = batch_event(city, attachment);
    batches[i].sent.push_back(sign_with(payload, {"provider"}, std::move(attachment)));
    prepare(city, batches[i]);
  }
  std::size_t next = 0;
  for (auto _ : state) apply(city, batches[next++], state);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRecordsPerBatch));
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
  city_options() = StoreOptions();
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
