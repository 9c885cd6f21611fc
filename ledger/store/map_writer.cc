#include "ledger/store/map_writer.h"

#include <leveldb/write_batch.h>

#include <algorithm>
#include <cassert>

#include "ledger/store/keys.h"

namespace puhui::ledger {
namespace {

constexpr std::size_t kPagesKeptMax = 1 << 16;

leveldb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

crypto::Digest MapWriter::update(Pairs pairs) {
  return page_hash(pairs.empty() ? page("") : update("", pairs));
}

MapPage& MapWriter::page(const std::string& prefix) {
  if (const auto known = pages_.find(prefix); known != pages_.end()) return *known->second;
  MapPage page;
  if (const auto bytes = store_->get(key::map_page(map_, prefix))) {
    auto decoded = decode_page(*bytes);
    assert(decoded && "a stored page of the map does not decode");
    page = std::move(*decoded);
  }
  return *pages_.emplace(prefix, std::make_unique<MapPage>(std::move(page))).first->second;
}

// `pairs`, at least one, all lie under the prefix, in order.
MapPage& MapWriter::update(const std::string& prefix, Pairs pairs) {
  auto& changed = page(prefix);
  changed_.insert(prefix);
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
void MapWriter::update_slot(MapPage& page, const std::string& prefix, Pairs pairs) {
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

void MapWriter::write_to(leveldb::WriteBatch& batch) {
  for (const auto& prefix : changed_) {
    const auto& page = *pages_.at(prefix);
    if (page.empty())
      batch.Delete(slice(key::map_page(map_, prefix)));
    else
      batch.Put(slice(key::map_page(map_, prefix)), slice(encode_page(page)));
  }
  changed_.clear();
  if (pages_.size() > kPagesKeptMax) pages_.clear();
}

}  // namespace puhui::ledger
