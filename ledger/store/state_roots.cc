#include "ledger/store/state_roots.h"

#include <leveldb/write_batch.h>

#include <algorithm>
#include <cassert>
#include <tuple>

#include "ledger/store/keys.h"
#include "ledger/store/pieces.h"

namespace puhui::ledger {
namespace {

leveldb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

constexpr std::size_t kHashedAtOnce = 4096;

// A chain being made longer.
struct Chain {
  crypto::Sha256 hash;
  std::string bytes;  // not hashed yet
};

}  // namespace

Result<StateRoots> StateRoots::load(const Store& store) {
  StateRoots roots(store);
  auto families = decode_families(store.get(key::meta("families")).value_or(""));
  if (!families) return tl::make_unexpected(families.error());
  roots.families_ = std::move(*families);
  auto read = read_notes(*store.reader(), "", [&roots](const Note& note) {
    roots.note(note.key);
    return true;
  });
  if (!read) return tl::make_unexpected(read.error());
  roots.noted_ = roots.changed_.size();
  return roots;
}

void StateRoots::accept(const State& state, const Changes::List& changes) {
  // Keys are in order, those of one chain perhaps apart from one another.
  std::map<char, Chain> chains;
  auto chain = chains.end();
  for (std::size_t step = 0; step != changes.size(); ++step) {
    Changes::fetch_ahead(changes, step);
    const auto* change = changes[step];
    const char family = chain_of(change->key);
    if (chain == chains.end() || chain->first != family) {
      bool is_new = false;
      std::tie(chain, is_new) = chains.try_emplace(family);
      if (is_new) chain->second.hash.update(families_[family].view());
    }
    auto& bytes = chain->second.bytes;
    append_change(bytes, change->key, change->of_block);
    if (bytes.size() >= kHashedAtOnce) {
      chain->second.hash.update(bytes);
      bytes.clear();
    }
    if (map_of(change->key) && note(change->key)) notes_.push_back(state.replaced(*change));
  }
  for (auto& [family, ended] : chains) families_[family] = ended.hash.update(ended.bytes).final();
}

bool StateRoots::note(std::string_view key) {
  if (is_changed_.contains(key)) return false;
  is_changed_.insert(changed_.emplace_back(key));
  return true;
}

crypto::Digest StateRoots::digest() const { return crypto::sha256(encode_families(families_)); }

std::vector<MapWriter::Pair> StateRoots::pairs_of_changed(const State& state, StateMap map) const {
  std::vector<MapWriter::Pair> pairs;
  for (const auto& name : changed_) {
    if (map_of(name) != map) continue;
    MapWriter::Pair pair{crypto::sha256(name), std::nullopt};
    const auto value = state.get(name);
    if (value && is_mapped(name, *value)) pair.value = crypto::sha256(*value);
    pairs.push_back(pair);
  }
  std::ranges::sort(pairs, std::less<>(), &MapWriter::Pair::key);
  return pairs;
}

StateRoot StateRoots::root(const State& state) {
  StateRoot root{open_.update(pairs_of_changed(state, StateMap::open)),
                 personal_.update(pairs_of_changed(state, StateMap::personal)), families_};
  const auto with_rows = changed_.begin() + static_cast<std::ptrdiff_t>(noted_);
  std::move(changed_.begin(), with_rows, std::back_inserter(ended_));
  is_changed_.clear();
  changed_.clear();
  noted_ = 0;
  notes_.clear();
  return root;
}

void StateRoots::write_to(leveldb::WriteBatch& batch) {
  batch.Put(slice(key::meta("families")), slice(encode_families(families_)));
  for (const auto& name : ended_) batch.Delete(slice(key::changed(name)));
  ended_.clear();
  for (const auto& value : notes_)
    batch.Put(slice(key::changed(changed_[noted_++])), slice(encode_note(value)));
  notes_.clear();
  open_.write_to(batch);
  personal_.write_to(batch);
}

}  // namespace puhui::ledger
