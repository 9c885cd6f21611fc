// Blocks made before the clock runs, and acts to fill them with.
#pragma once

#include <benchmark/benchmark.h>

#include "tests/ledger/beside.h"
#include "tests/ledger/city.h"

namespace puhui::ledger::testing {

inline constexpr std::uint64_t kRecordsPerBatch = 10'000;

// A store of usual size that writes beside, as a node's does.
inline StoreOptions store_of_node() {
  StoreOptions options;
  options.beside = writing_thread();
  return options;
}

// Submissions with their checks, made before the clock runs.
struct Prepared {
  std::vector<Sent> sent;
  std::vector<Checked> checked;
  Block block;
};

inline void prepare(City& city, Prepared& prepared) {
  for (const auto& sent : prepared.sent) {
    prepared.block.items.push_back(sent.item());
    prepared.checked.push_back(city.ledger().check(prepared.block.items.back()));
  }
}

inline void apply(City& city, Prepared& prepared, benchmark::State& state) {
  prepared.block.stamp = city.now;
  city.now += kSecond;
  const auto answers = city.ledger().apply(prepared.block, prepared.checked, {++city.index, 1});
  if (!answers) return state.SkipWithError("the block does not apply");
  for (const auto& answer : *answers)
    if (answer.decision != v1::ACCEPTED)
      return state.SkipWithError(std::string(code_name(answer.code)).c_str());
}

// Every record is an act of its own: citizen, slot and carrier differ from batch to batch.
inline std::vector<Ride> rides_of(std::uint64_t batch, std::uint64_t citizens) {
  std::vector<Ride> rides;
  for (std::uint64_t i = 0; i < kRecordsPerBatch; ++i) {
    const auto number = batch * kRecordsPerBatch + i;
    rides.push_back({number * 7919 % citizens, static_cast<std::int64_t>(500 + number % 5000),
                     static_cast<std::uint32_t>(number % 24), kToday - static_cast<int>(number % 3),
                     0, "carrier-tag-of-32-bytes-" + std::to_string(10'000'000 + number)});
  }
  return rides;
}

// One batch of acts of these citizens in each, all different.
inline std::vector<Prepared> prepared_rides(City& city, std::uint64_t batches,
                                            std::uint64_t citizens) {
  std::vector<Prepared> prepared(batches);
  for (std::uint64_t i = 0; i < batches; ++i) {
    auto attachment = attachment_with(rides_of(i, citizens));
    const auto payload = batch_event(city, attachment);
    prepared[i].sent.push_back(sign_with(payload, {"provider"}, std::move(attachment)));
    prepare(city, prepared[i]);
  }
  return prepared;
}

// Applies one batch of records after the other.
inline void apply_each(City& city, std::vector<Prepared>& batches, benchmark::State& state) {
  std::size_t next = 0;
  for (auto _ : state) apply(city, batches[next++], state);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRecordsPerBatch));
}

// So many citizens with accounts; 4000 fit an event.
inline void open_citizens(City& city, std::uint64_t citizens) {
  for (std::uint64_t first = 0; first < citizens; first += 4000)
    city.must(open_personal_event(city, first, 4000), {"operator"});
}

}  // namespace puhui::ledger::testing
