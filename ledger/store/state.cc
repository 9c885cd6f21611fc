#include "ledger/store/state.h"

#include <leveldb/write_batch.h>

#include "crypto/bytes.h"

namespace puhui::ledger {
namespace {

// Views that are read again soon: accounts, parties, keys, methodology versions, totals.
constexpr std::string_view kHotFamilies = "APKIMST";
constexpr std::size_t kHotValuesMax = 1 << 20;

bool is_hot(std::string_view key) {
  return key.size() > 1 && key[0] == 'v' && kHotFamilies.find(key[1]) != std::string_view::npos;
}

leveldb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

std::optional<std::string> State::get(std::string_view key) const {
  if (const auto it = event_.find(key); it != event_.end()) return it->second;
  if (const auto it = block_.find(key); it != block_.end()) return it->second;
  if (!is_hot(key)) return store_.get(key);
  const std::string name(key);
  if (const auto it = hot_.find(name); it != hot_.end()) return it->second;
  auto value = store_.get(key);
  if (value) {
    if (hot_.size() >= kHotValuesMax) hot_.clear();
    hot_.emplace(name, *value);
  }
  return value;
}

std::optional<Found> State::at_or_after(std::string_view prefix, std::string_view key) const {
  std::string from(key);
  while (true) {
    auto found = store_.at_or_after(prefix, from);
    for (const auto* layer : {&block_, &event_}) {
      const auto it = layer->lower_bound(from);
      if (it == layer->end() || !it->first.starts_with(prefix)) continue;
      if (!found || it->first <= found->key) found = Found{it->first, {}};
    }
    if (!found) return std::nullopt;
    if (auto value = get(found->key)) return Found{std::move(found->key), std::move(*value)};
    from = found->key + '\0';
  }
}

std::optional<Found> State::before(std::string_view prefix, std::string_view key) const {
  std::string below(key);
  while (true) {
    auto found = store_.before(prefix, below);
    for (const auto* layer : {&block_, &event_}) {
      auto it = layer->lower_bound(below);
      if (it == layer->begin()) continue;
      --it;
      if (!it->first.starts_with(prefix)) continue;
      if (!found || it->first >= found->key) found = Found{it->first, {}};
    }
    if (!found) return std::nullopt;
    if (auto value = get(found->key)) return Found{std::move(found->key), std::move(*value)};
    below = found->key;
  }
}

void State::accept() {
  crypto::Sha256 running;
  running.update(digest_.view());
  std::string head;
  for (const auto& [key, value] : event_) {
    head.clear();
    crypto::append_u32(head, static_cast<std::uint32_t>(key.size()));
    head += key;
    head += value ? '\1' : '\0';
    if (value) {
      crypto::append_u32(head, static_cast<std::uint32_t>(value->size()));
      head += *value;
    }
    running.update(head);
  }
  digest_ = running.final();
  while (!event_.empty()) {
    auto change = event_.extract(event_.begin());
    auto placed = block_.insert(std::move(change));
    if (!placed.inserted) placed.position->second = std::move(placed.node.mapped());
  }
}

void State::write_to(leveldb::WriteBatch& batch) {
  assert(event_.empty());
  for (auto& [key, value] : block_) {
    if (value) {
      batch.Put(slice(key), slice(*value));
    } else {
      batch.Delete(slice(key));
    }
    if (!is_hot(key)) continue;
    if (!value) {
      hot_.erase(key);
    } else {
      if (hot_.size() >= kHotValuesMax) hot_.clear();
      hot_[key] = std::move(*value);
    }
  }
  block_.clear();
}

}  // namespace puhui::ledger
