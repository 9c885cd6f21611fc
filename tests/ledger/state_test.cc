// The views while a block is applied, against two plain maps: one as the block leaves it, one as
// the event at hand does. The block before is written at any time, or when somebody waits for it.
#include "ledger/store/state.h"

#include <gtest/gtest.h>
#include <leveldb/write_batch.h>
#include <rapidcheck/gtest.h>

#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

using Map = std::map<std::string, std::string>;
using Optional = std::optional<std::pair<std::string, std::string>>;

Optional pair_of(const std::optional<Found>& found) {
  return found ? Optional({found->key, found->value}) : std::nullopt;
}

Optional at_or_after(const Map& map, const std::string& prefix, const std::string& key) {
  const auto at = map.lower_bound(key);
  return at != map.end() && at->first.starts_with(prefix) ? Optional(*at) : std::nullopt;
}

Optional before(const Map& map, const std::string& prefix, const std::string& key) {
  auto at = map.lower_bound(key);
  if (at == map.begin()) return std::nullopt;
  --at;
  return at->first.starts_with(prefix) ? Optional(*at) : std::nullopt;
}

// Few keys, so that they meet again and again: ordered ones and others, hot ones and others.
std::string any_key() {
  return *rc::gen::element<std::string>("vU", "vD", "vA", "vB") +
         static_cast<char>('a' + *rc::gen::inRange(0, 8));
}

RC_GTEST_PROP(State, ReadsLikeAMap, ()) {
  Folder folder;
  auto options = city_options();
  options.folder = folder.file("s");
  std::function<void()> under_way;
  options.beside = [&under_way](std::function<void()> write) { under_way = std::move(write); };
  options.beside_bytes_min = 0;
  const auto carry_out = [&under_way] {
    if (under_way) std::exchange(under_way, nullptr)();
  };
  const auto store = std::move(*Store::open(options));
  State state(*store);
  auto batch = std::make_unique<leveldb::WriteBatch>();
  Map block, event;
  const auto steps = *rc::gen::inRange(1, 120);
  for (int step = 0; step < steps; ++step) {
    switch (*rc::gen::weightedElement<int>({{6, 0}, {3, 1}, {2, 2}, {1, 3}, {1, 4}})) {
      case 0: {
        const auto key = any_key(), value = std::to_string(step);
        state.put(key, value);
        event[key] = value;
        break;
      }
      case 1: {
        const auto key = any_key();
        state.erase(key);
        event.erase(key);
        break;
      }
      case 2:
        state.accept();
        block = event;
        break;
      case 3:
        state.drop();
        event = block;
        break;
      default: {
        state.drop();
        event = block;
        state.write_to(*batch);
        carry_out();
        store->begin_write(batch);
      }
    }
    const auto key = any_key();
    const auto known = event.find(key);
    RC_ASSERT(state.get(key) ==
              (known == event.end() ? std::nullopt : std::optional(known->second)));
    if (*rc::gen::inRange(0, 3) == 0) carry_out();
    const std::string prefix = *rc::gen::element<std::string>("vU", "vD");
    const auto from = prefix + key.substr(2);
    RC_ASSERT(pair_of(state.at_or_after(prefix, from)) == at_or_after(event, prefix, from));
    RC_ASSERT(pair_of(state.before(prefix, from)) == before(event, prefix, from));
  }
  carry_out();
}

}  // namespace
}  // namespace puhui::ledger::testing
