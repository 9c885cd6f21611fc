#include "ledger/store/state.h"

#include <leveldb/write_batch.h>

#include "crypto/bytes.h"

namespace puhui::ledger {
namespace {

// Views that are read again soon: accounts, parties, keys, methodologies, totals, unit blocks.
constexpr std::string_view kHotFamilies = "AHKMPSTU";
constexpr std::size_t kHotValuesMax = 1 << 20;

constexpr std::size_t kHashedAtOnce = 4096;

bool is_claim(std::string_view key) { return key.starts_with("vC"); }

bool is_hot(std::string_view key) {
  return key.size() > 1 && key[0] == 'v' && kHotFamilies.find(key[1]) != std::string_view::npos;
}

leveldb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

std::optional<std::string> State::get(std::string_view key) const {
  if (const auto* change = event_.find(key)) return *change;
  if (const auto* change = block_.find(key)) return *change;
  return stored(key);
}

std::optional<std::string> State::stored(std::string_view key) const {
  if (is_claim(key) && !claims_.may_hold(key)) return std::nullopt;
  if (!is_hot(key)) return store_.get(key);
  if (const auto known = hot_.find(key); known != hot_.end()) return known->second;
  auto value = store_.get(key);
  if (value) {
    if (hot_.size() >= kHotValuesMax) hot_.clear();
    hot_.emplace(key, *value);
  }
  return value;
}

// Both look for the nearest change first, so that the walk in the store ends there at the latest,
// however many changed keys lie on its way.
std::optional<Found> State::at_or_after(std::string_view prefix, std::string_view key) const {
  assert(Changes::is_ordered(prefix));
  const Changes::Change* nearest = nullptr;
  for (const auto* layer : {&block_, &event_}) {
    const auto& changes = layer->ordered();
    auto it = changes.lower_bound(key);
    while (it != changes.end() && it->first.starts_with(prefix) && !is_current(*layer, *it)) ++it;
    if (it == changes.end() || !it->first.starts_with(prefix)) continue;
    if (nearest == nullptr || it->first < nearest->first) nearest = &*it;
  }
  auto found = store_.at_or_after(prefix, key, [&](std::string_view passed) {
    return (nearest == nullptr || passed < nearest->first) && is_changed(passed);
  });
  if (nearest != nullptr && (!found || nearest->first <= found->key))
    return Found{nearest->first, *nearest->second};
  return found;
}

std::optional<Found> State::before(std::string_view prefix, std::string_view key) const {
  assert(Changes::is_ordered(prefix));
  const Changes::Change* nearest = nullptr;
  for (const auto* layer : {&block_, &event_}) {
    const auto& changes = layer->ordered();
    for (auto it = changes.lower_bound(key); it != changes.begin();) {
      --it;
      if (!it->first.starts_with(prefix)) break;
      if (!is_current(*layer, *it)) continue;
      if (nearest == nullptr || it->first > nearest->first) nearest = &*it;
      break;
    }
  }
  auto found = store_.before(prefix, key, [&](std::string_view passed) {
    return (nearest == nullptr || passed > nearest->first) && is_changed(passed);
  });
  if (nearest != nullptr && (!found || nearest->first >= found->key))
    return Found{nearest->first, *nearest->second};
  return found;
}

void State::accept() {
  crypto::Sha256 running;
  running.update(digest_.view());
  std::string bytes;
  auto sorted = event_.sorted();
  for (const auto* change : sorted) {
    const auto& [key, value] = *change;
    crypto::append_u32(bytes, static_cast<std::uint32_t>(key.size()));
    bytes += key;
    bytes += value ? '\1' : '\0';
    if (value) {
      crypto::append_u32(bytes, static_cast<std::uint32_t>(value->size()));
      bytes += *value;
    }
    if (bytes.size() < kHashedAtOnce) continue;
    running.update(bytes);
    bytes.clear();
  }
  digest_ = running.update(bytes).final();
  event_.move_to(block_, std::move(sorted));
}

void State::write_to(leveldb::WriteBatch& batch) {
  assert(event_.empty());
  for (auto* change : block_.moved_here()) {
    auto& [key, value] = *change;
    if (value) {
      batch.Put(slice(key), slice(*value));
    } else {
      batch.Delete(slice(key));
    }
    if (is_claim(key) && value) claims_.add(key);
    if (!is_hot(key)) continue;
    if (!value) {
      hot_.erase(key);
    } else {
      if (hot_.size() >= kHotValuesMax) hot_.clear();
      hot_.insert_or_assign(key, std::move(*value));
    }
  }
  block_.clear();
}

}  // namespace puhui::ledger
