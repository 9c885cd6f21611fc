// What the authenticated map costs: a state root with some keys changed among many, and one proof.
#include <benchmark/benchmark.h>
#include <leveldb/write_batch.h>

#include "ledger/store/state_roots.h"
#include "tests/ledger/founding.h"

namespace puhui::ledger::testing {
namespace {

std::string name_of(std::uint64_t number) {
  std::string name = "vU";
  crypto::append_u64(name, number * 0x9e3779b97f4a7c15U);
  crypto::append_u64(name, number);
  return name;
}

// A store with so many keys under a map.
class Accounts {
 public:
  explicit Accounts(std::uint64_t accounts) : accounts_(accounts) {
    StoreOptions options;
    options.folder = folder_.file("store");
    store_ = std::move(*Store::open(options));
    state_ = std::make_unique<State>(*store_);
    roots_ = std::make_unique<StateRoots>(std::move(*StateRoots::load(*store_)));
    for (std::uint64_t first = 0; first < accounts; first += kPerRoot) {
      change(first, kPerRoot);
      root();
    }
  }
  void change(std::uint64_t first, std::uint64_t count) {
    std::string value(16, '\0');
    for (auto number = first; number < first + count; ++number) {
      value[0] = static_cast<char>(++changes_);
      value[1] = static_cast<char>(changes_ >> 8);
      state_->put(name_of(number % accounts_), value);
    }
    roots_->accept(*state_, state_->accept());
  }
  crypto::Digest root() {
    const auto root = roots_->root(*state_).open_map;
    leveldb::WriteBatch batch;
    state_->write_to(batch);
    roots_->write_to(batch);
    store_->write(batch);
    return root;
  }
  [[nodiscard]] Store& store() { return *store_; }

 private:
  static constexpr std::uint64_t kPerRoot = 20'000;
  Folder folder_;
  const std::uint64_t accounts_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<State> state_;
  std::unique_ptr<StateRoots> roots_;
  std::uint64_t changes_ = 0;
};

void state_root(benchmark::State& state) {
  Accounts accounts(static_cast<std::uint64_t>(state.range(0)));
  const auto changed = static_cast<std::uint64_t>(state.range(1));
  std::uint64_t first = 0;
  for (auto _ : state) {
    state.PauseTiming();
    accounts.change(first += changed * 7919, changed);
    state.ResumeTiming();
    benchmark::DoNotOptimize(accounts.root());
  }
  state.SetItemsProcessed(state.iterations() * state.range(1));
}

void proof(benchmark::State& state) {
  Accounts accounts(static_cast<std::uint64_t>(state.range(0)));
  const auto reader = accounts.store().reader();
  std::uint64_t number = 0;
  std::size_t hashes = 0, proofs = 0;
  for (auto _ : state) {
    const auto made = stored_map_proof(*reader, name_of(++number * 31 % 100'000));
    hashes += made.siblings.size();
    ++proofs;
  }
  state.counters["hashes"] = static_cast<double>(hashes) / static_cast<double>(proofs);
}

BENCHMARK(state_root)
    ->ArgNames({"accounts", "changed"})
    ->Args({100'000, 1'000})
    ->Args({1'000'000, 1'000})
    ->Args({1'000'000, 20'000})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(proof)->ArgName("accounts")->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace puhui::ledger::testing

BENCHMARK_MAIN();
