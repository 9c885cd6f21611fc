#include "ledger/store/changes.h"

#include <algorithm>

namespace puhui::ledger {
namespace {

// Legal entities, holdings, versions, periods, rule sets, unit blocks.
constexpr std::string_view kOrderedFamilies = "EHIQRU";
// Clearing a hash table costs its buckets; more than these are given back.
constexpr std::size_t kBucketsKept = 1024;

template <class Layer>
void merge(Layer& from, Layer& into) {
  while (!from.empty()) {
    auto placed = into.insert(from.extract(from.begin()));
    if (!placed.inserted) placed.position->second = std::move(placed.node.mapped());
  }
}

}  // namespace

bool Changes::is_ordered(std::string_view key) {
  return key.size() > 1 && kOrderedFamilies.find(key[1]) != std::string_view::npos;
}

void Changes::put(std::string key, Value value) {
  if (is_ordered(key)) {
    ordered_.insert_or_assign(std::move(key), std::move(value));
  } else {
    hashed_.insert_or_assign(std::move(key), std::move(value));
  }
}

const Changes::Value* Changes::find(std::string_view key) const {
  if (is_ordered(key)) {
    const auto found = ordered_.find(key);
    return found == ordered_.end() ? nullptr : &found->second;
  }
  const auto found = hashed_.find(key);
  return found == hashed_.end() ? nullptr : &found->second;
}

std::vector<const Changes::Change*> Changes::sorted() const {
  std::vector<const Change*> all;
  all.reserve(ordered_.size() + hashed_.size());
  for (const auto& change : hashed_) all.push_back(&change);
  for (const auto& change : ordered_) all.push_back(&change);
  std::ranges::sort(all, {}, [](const Change* change) { return std::string_view(change->first); });
  return all;
}

void Changes::move_to(Changes& below) {
  merge(ordered_, below.ordered_);
  merge(hashed_, below.hashed_);
  clear();
}

void Changes::clear() {
  ordered_.clear();
  if (hashed_.bucket_count() > kBucketsKept) {
    hashed_ = Hashed();
  } else {
    hashed_.clear();
  }
}

}  // namespace puhui::ledger
