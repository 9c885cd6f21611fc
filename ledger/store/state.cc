#include "ledger/store/state.h"

#include <leveldb/write_batch.h>

#include <array>
#include <cassert>

#include "ledger/store/keys.h"

namespace puhui::ledger {
namespace {

// Views that are read again soon: accounts, parties, keys, methodologies, totals, unit blocks; what
// a person was credited, pooled, agreed to.
constexpr std::string_view kHotFamilies = "AFHKMPSTUgkp";
constexpr std::size_t kHotValuesMax = 1 << 20;

bool is_claim(std::string_view key) { return key.starts_with("vC"); }

bool is_hot(std::string_view key) {
  static constexpr auto kIsHot = [] {
    std::array<bool, 256> is_hot{};
    for (const char family : kHotFamilies) is_hot[static_cast<unsigned char>(family)] = true;
    return is_hot;
  }();
  return key.size() > 1 && key[0] == 'v' && kIsHot[static_cast<unsigned char>(key[1])];
}

std::optional<std::string> copy(const Changes::Value& value) {
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

Found found_in(const Changes::Change& change) {
  return {std::string(change.key), std::string(*change.newest())};
}

leveldb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

std::optional<std::string> State::get(std::string_view key) const {
  const auto* change = changes_->find(key);
  if (change == nullptr) return stored(key);
  return copy(change->newest());
}

std::optional<std::string_view> State::look(std::string_view key) const {
  if (const auto* change = changes_->find(key)) return change->newest();
  if (is_hot(key))
    if (const auto known = hot_.find(key); known != hot_.end()) return known->second;
  looked_ = stored(key);
  return looked_;
}

std::optional<std::string> State::stored(std::string_view key) const {
  if (is_claim(key) && !claims_.may_hold(key)) return std::nullopt;
  const bool hot = is_hot(key);
  if (hot)
    if (const auto known = hot_.find(key); known != hot_.end()) return known->second;
  if (const auto* change = before_->find(key)) return copy(change->of_block);
  auto value = store_.peek(key);
  if (hot && value) remember(key, *value);
  return value;
}

const Changes::Change* State::changed(std::string_view key) const {
  const auto* change = changes_->find(key);
  return change != nullptr ? change : before_->find(key);
}

// Both look for the nearest change first, so that the walk in the store ends there at the latest,
// however many changed keys lie on its way.
std::optional<Found> State::at_or_after(std::string_view prefix, std::string_view key) const {
  assert(Changes::is_ordered(prefix));
  const auto* nearest = changes_->at_or_after(prefix, key);
  const auto* older = before_->at_or_after(prefix, key);
  while (older != nullptr && changes_->find(older->key) != nullptr)
    older = before_->at_or_after(prefix, std::string(older->key) + '\0');
  if (nearest == nullptr || (older != nullptr && older->key < nearest->key)) nearest = older;
  auto found = store_.at_or_after(prefix, key, [&](std::string_view passed) {
    return (nearest == nullptr || passed < nearest->key) && changed(passed) != nullptr;
  });
  if (nearest != nullptr && (!found || nearest->key <= found->key)) return found_in(*nearest);
  return found;
}

std::optional<Found> State::before(std::string_view prefix, std::string_view key) const {
  assert(Changes::is_ordered(prefix));
  const auto* nearest = changes_->before(prefix, key);
  const auto* older = before_->before(prefix, key);
  while (older != nullptr && changes_->find(older->key) != nullptr)
    older = before_->before(prefix, older->key);
  if (nearest == nullptr || (older != nullptr && older->key > nearest->key)) nearest = older;
  auto found = store_.before(prefix, key, [&](std::string_view passed) {
    return (nearest == nullptr || passed > nearest->key) && changed(passed) != nullptr;
  });
  if (nearest != nullptr && (!found || nearest->key >= found->key)) return found_in(*nearest);
  return found;
}

void State::scan(std::string_view family, std::string_view from, std::string_view to,
                 const std::function<void(std::string_view key)>& visit) const {
  assert(!changes_->has_event());
  // By key; whether the block gave it a value.
  std::map<std::string_view, bool> changed;
  for (const auto* change : changes_->of_block())
    if (change->key.starts_with(family) && change->key >= from && change->key < to)
      changed.emplace(change->key, change->of_block.has_value());
  auto next = changed.begin();
  const auto visit_changed_below = [&](std::string_view key) {
    for (; next != changed.end() && next->first < key; ++next)
      if (next->second) visit(next->first);
  };
  store_.reader()->scan(family, from, [&](std::string_view key, std::string_view) {
    if (key >= to) return false;
    visit_changed_below(key);
    if (next == changed.end() || next->first != key) visit(key);
    return true;
  });
  visit_changed_below(to);
}

std::optional<std::string> State::replaced(const Changes::Change& change) const {
  if (!change.replaced_in_block) return stored(change.key);
  return copy(change.replaced);
}

void State::remember(std::string_view key, std::string_view value) const {
  if (const auto known = hot_.find(key); known != hot_.end()) {
    known->second = value;
    return;
  }
  if (hot_.size() >= kHotValuesMax) hot_.clear();
  hot_.emplace(key, value);
}

void State::write_to(leveldb::WriteBatch& batch) {
  assert(!changes_->has_event());
  const auto& changes = changes_->of_block();
  for (std::size_t step = 0; step != changes.size(); ++step) {
    Changes::fetch_ahead(changes, step);
    const auto& key = changes[step]->key;
    const auto& value = changes[step]->of_block;
    if (value) {
      batch.Put(slice(key), slice(*value));
      if (is_claim(key)) claims_.add(key);
      if (is_hot(key)) remember(key, *value);
    } else {
      batch.Delete(slice(key));
      if (is_hot(key)) hot_.erase(std::string(key));
    }
  }
  changes_.swap(before_);
  changes_->clear();
}

}  // namespace puhui::ledger
