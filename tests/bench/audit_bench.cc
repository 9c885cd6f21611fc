// How fast an audit goes, measured on a copy in a temporary folder: signatures against what as many
// threads verify bare, and behaviour records. `ratio` is the audit's share of the bare rate.
#include <benchmark/benchmark.h>

#include <chrono>
#include <thread>

#include "node/audit/run.h"
#include "tests/audit/copies.h"

namespace puhui::node::audit {
namespace {

using namespace ledger::testing;  // NOLINT: the city is theirs
using Clock = std::chrono::steady_clock;

constexpr int kAccounts = 64;
constexpr int kTransfers = 30'000;
constexpr int kTransfersPerBlock = 500;
constexpr std::uint64_t kCitizens = 20'000;
constexpr std::uint64_t kRecordsPerBatch = 10'000;
constexpr std::uint64_t kBatches = 20;

v1::Genesis genesis() {
  auto genesis = default_genesis();
  genesis.set_state_root_interval(256);
  return genesis;
}

// A log of transfers, each with one signature.
const std::string& transfers() {
  static Folder folder;
  static const std::string path = [] {
    PvCity city(genesis());
    for (int i = 0; i < kAccounts; ++i) open_account(city, "shop-" + std::to_string(i), "owner");
    city.issue_mwh("100000");
    for (int i = 0; i < kAccounts; ++i)
      transfer(city, {"owner-main", "shop-" + std::to_string(i)}, 1'000'000);
    std::vector<Sent> block;
    for (int i = 0; i < kTransfers; ++i) {
      auto payload = transfer_event(city,
                                    {"shop-" + std::to_string(i * 31 % kAccounts),
                                     "shop-" + std::to_string((i * 31 + 17) % kAccounts)},
                                    "owner");
      payload.mutable_transfer()->set_amount_kg(1 + i % 90);
      block.push_back(sign(payload, {"owner"}));
      if (block.size() < kTransfersPerBlock) continue;
      city.apply(block);
      block.clear();
    }
    testing::write_copy(city, folder.file("copy"));
    return folder.file("copy");
  }();
  return path;
}

const std::string& rides() {
  static Folder folder;
  static const std::string path = [] {
    City city(genesis());
    file(city, bike_methodology());
    for (std::uint64_t first = 0; first < kCitizens; first += 4000)
      city.must(open_personal_event(city, first, 4000), {"operator"});
    for (std::uint64_t batch = 0; batch < kBatches; ++batch) {
      std::vector<Ride> all;
      for (std::uint64_t i = 0; i < kRecordsPerBatch; ++i) {
        const auto number = batch * kRecordsPerBatch + i;
        all.push_back({number * 7919 % kCitizens, static_cast<std::int64_t>(500 + number % 5000),
                       static_cast<std::uint32_t>(number % 24),
                       kToday - static_cast<int>(number % 3), 0,
                       "carrier-tag-of-32-bytes-" + std::to_string(10'000'000 + number)});
      }
      ride(city, all);
    }
    testing::write_copy(city, folder.file("copy"));
    return folder.file("copy");
  }();
  return path;
}

double seconds_since(Clock::time_point from) {
  return std::chrono::duration<double>(Clock::now() - from).count();
}

// Signatures per second that so many threads verify and do nothing else.
double bare_rate(unsigned threads, int each) {
  const auto& key = key_of("owner");
  const std::string message(200, 'm');
  const auto signature = key.sign(message);
  const auto from = Clock::now();
  std::vector<std::thread> all;
  for (unsigned i = 0; i < threads; ++i)
    all.emplace_back([&] {
      for (int k = 0; k < each; ++k)
        benchmark::DoNotOptimize(crypto::verify(key.public_key(), message, signature));
    });
  for (auto& thread : all) thread.join();
  return threads * each / seconds_since(from);
}

Options options_for(const std::string& folder, unsigned threads) {
  Options options;
  options.folder = folder;
  options.policy = testing::log_policy();
  options.threads = threads;
  return options;
}

void auditing_transfers(benchmark::State& state) {
  const auto threads = static_cast<unsigned>(state.range(0));
  const auto options = options_for(transfers(), threads);
  double spent = 0, bare = 0;
  std::uint64_t signatures = 0;
  for (auto _ : state) {
    // Before and after, for other work on this machine comes and goes.
    bare += bare_rate(threads, kTransfers / 8);
    const auto from = Clock::now();
    const auto audited = run(options);
    spent += seconds_since(from);
    bare += bare_rate(threads, kTransfers / 8);
    if (!audited || audited->audit.first_bad()) return state.SkipWithError("the audit finds fault");
    signatures += audited->audit.counts().signatures;
  }
  const auto rate = static_cast<double>(signatures) / spent;
  bare /= 2 * static_cast<double>(state.iterations());
  state.counters["signatures_per_s"] = rate;
  state.counters["bare_per_s"] = bare;
  state.counters["ratio"] = rate / bare;
}

void auditing_behaviour(benchmark::State& state) {
  const auto options = options_for(rides(), static_cast<unsigned>(state.range(0)));
  for (auto _ : state) {
    const auto audited = run(options);
    if (!audited || audited->audit.first_bad()) return state.SkipWithError("the audit finds fault");
  }
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(kRecordsPerBatch * kBatches));
}

void on_one_thread_and_two(benchmark::internal::Benchmark* bench) {
  bench->ArgName("threads")->Arg(1)->Arg(2)->Iterations(3);
  bench->Unit(benchmark::kMillisecond)->UseRealTime();
}

BENCHMARK(auditing_transfers)->Apply(on_one_thread_and_two);
BENCHMARK(auditing_behaviour)->Apply(on_one_thread_and_two);

}  // namespace
}  // namespace puhui::node::audit

BENCHMARK_MAIN();
