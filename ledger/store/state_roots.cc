#include "ledger/store/state_roots.h"

#include <leveldb/write_batch.h>

#include <algorithm>
#include <cassert>

#include "ledger/store/keys.h"
#include "ledger/store/pieces.h"

namespace puhui::ledger {
namespace {

constexpr std::size_t kHashedAtOnce = 4096;
constexpr std::size_t kPagesKeptMax = 1 << 16;

leveldb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

Result<StateRoots> StateRoots::load(const Store& store) {
  StateRoots roots(store);
  auto families = decode_families(store.get(key::meta("families")).value_or(""));
  if (!families) return tl::make_unexpected(families.error());
  roots.families_ = std::move(*families);
  auto changed = read_changed(*store.reader());
  if (!changed) return tl::make_unexpected(changed.error());
  roots.rows_ = std::move(changed->rows);
  for (const auto& [name, value] : changed->values) roots.note(name);
  return roots;
}

void StateRoots::accept(const State& state, const Changes::List& changes) {
  for (auto first = changes.begin(); first != changes.end();) {
    const char family = (*first)->key[1];
    crypto::Sha256 chain;
    chain.update(families_[family].view());
    std::string bytes;
    for (; first != changes.end() && (*first)->key[1] == family; ++first) {
      append_change(bytes, (*first)->key, (*first)->of_block);
      if (bytes.size() >= kHashedAtOnce) {
        chain.update(bytes);
        bytes.clear();
      }
      if (is_mapped((*first)->key) && note((*first)->key))
        append_change(notes_, (*first)->key, state.replaced(**first));
    }
    families_[family] = chain.update(bytes).final();
  }
}

bool StateRoots::note(std::string_view key) {
  if (is_changed_.contains(key)) return false;
  is_changed_.insert(changed_.emplace_back(key));
  return true;
}

crypto::Digest StateRoots::digest() const { return crypto::sha256(encode_families(families_)); }

std::vector<StateRoots::Pair> StateRoots::pairs_of_changed(const State& state) const {
  std::vector<Pair> pairs;
  pairs.reserve(changed_.size());
  for (const auto& name : changed_) {
    Pair pair{crypto::sha256(name), std::nullopt};
    if (const auto value = state.get(name)) pair.value = crypto::sha256(*value);
    pairs.push_back(pair);
  }
  std::ranges::sort(pairs, std::less<>(), &Pair::key);
  return pairs;
}

StateRoot StateRoots::root(const State& state) {
  const auto pairs = pairs_of_changed(state);
  auto& top = pairs.empty() ? page("") : update("", pairs);
  is_changed_.clear();
  changed_.clear();
  notes_.clear();
  ended_rows_.insert(ended_rows_.end(), rows_.begin(), rows_.end());
  rows_.clear();
  return {page_hash(top), families_};
}

MapPage& StateRoots::page(const std::string& prefix) {
  if (const auto known = pages_.find(prefix); known != pages_.end()) return *known->second;
  MapPage page;
  if (const auto bytes = store_->get(key::map_page(prefix))) {
    auto decoded = decode_page(*bytes);
    assert(decoded && "a stored page of the map does not decode");
    page = std::move(*decoded);
  }
  return *pages_.emplace(prefix, std::make_unique<MapPage>(std::move(page))).first->second;
}

// `pairs`, at least one, all lie under the prefix, in order.
MapPage& StateRoots::update(const std::string& prefix, Pairs pairs) {
  auto& changed = page(prefix);
  changed_pages_.insert(prefix);
  const auto depth = prefix.size();
  while (!pairs.empty()) {
    const auto digit = digit_of(pairs.front().key, depth);
    const auto end = std::ranges::find_if(
        pairs, [&](const Pair& pair) { return digit_of(pair.key, depth) != digit; });
    const auto count = static_cast<std::size_t>(end - pairs.begin());
    update_slot(changed, prefix, pairs.first(count));
    pairs = pairs.subspan(count);
  }
  return changed;
}

// `pairs` all lie in one slot of the page.
void StateRoots::update_slot(MapPage& page, const std::string& prefix, Pairs pairs) {
  const auto digit = digit_of(pairs.front().key, prefix.size());
  auto at = std::ranges::lower_bound(page, digit, {}, &MapSlot::digit);
  const bool is_taken = at != page.end() && at->digit == digit;
  const auto& only = pairs.front();
  const bool is_alone =
      pairs.size() == 1 && (!is_taken || (!at->is_page && at->leaf.key == only.key));
  MapSlot slot{digit, false, {}, {}};
  bool stays = false;
  if (is_alone) {
    stays = only.value.has_value();
    if (stays) slot.leaf = {only.key, *only.value};
  } else {
    const auto below = prefix + static_cast<char>(digit);
    if (is_taken && !at->is_page) {
      // The leaf moves down, unless it is among the pairs.
      this->page(below) = {{digit_of(at->leaf.key, below.size()), false, at->leaf, {}}};
    }
    auto& lower = update(below, pairs);
    stays = !lower.empty();
    if (lower.size() == 1 && !lower.front().is_page) {
      slot.leaf = lower.front().leaf;  // alone again: it moves up
      lower.clear();
    } else if (stays) {
      slot.is_page = true;
      slot.hash = page_hash(lower);
    }
  }
  if (is_taken && stays) *at = slot;
  if (is_taken && !stays) page.erase(at);
  if (!is_taken && stays) page.insert(at, slot);
}

void StateRoots::write_to(leveldb::WriteBatch& batch, std::uint64_t size) {
  batch.Put(slice(key::meta("families")), slice(encode_families(families_)));
  for (const auto row : ended_rows_) batch.Delete(slice(key::changed(row)));
  ended_rows_.clear();
  if (!notes_.empty()) {
    batch.Put(slice(key::changed(size)), slice(notes_));
    rows_.push_back(size);
    notes_.clear();
  }
  for (const auto& prefix : changed_pages_) {
    const auto& page = *pages_.at(prefix);
    if (page.empty())
      batch.Delete(slice(key::map_page(prefix)));
    else
      batch.Put(slice(key::map_page(prefix)), slice(encode_page(page)));
  }
  changed_pages_.clear();
  if (pages_.size() > kPagesKeptMax) pages_.clear();
}

}  // namespace puhui::ledger
