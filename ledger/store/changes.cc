#include "ledger/store/changes.h"

#include <algorithm>

#include "crypto/bytes.h"

namespace puhui::ledger {
namespace {

// What falls due, legal entities, holdings, versions, periods, rule sets, unit blocks.
constexpr std::string_view kOrderedFamilies = "DEHIQRU";
// Clearing a hash table costs its buckets; more than these are given back when few were used.
constexpr std::size_t kBucketsKept = 1024;
constexpr std::size_t kBucketsPerChangeMax = 8;

// Moves one change from a layer into the one below; answers it if its key is new there.
template <class Layer>
Changes::Change* move_one(Layer& from, Layer& into, const std::string& key) {
  auto placed = into.insert(from.extract(key));
  if (placed.inserted) return &*placed.position;
  placed.position->second = std::move(placed.node.mapped());
  return nullptr;
}

// A change with the first bytes of its key as numbers, so that few comparisons look further.
struct Sortable {
  std::uint64_t head = 0, middle = 0;
  Changes::Change* change = nullptr;
  explicit Sortable(Changes::Change& of) : change(&of) {
    char bytes[16] = {};
    of.first.copy(bytes, sizeof bytes);
    head = crypto::read_u64({bytes, 8});
    middle = crypto::read_u64({bytes + 8, 8});
  }
  bool operator<(const Sortable& other) const {
    if (head != other.head) return head < other.head;
    if (middle != other.middle) return middle < other.middle;
    return change->first < other.change->first;
  }
};

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
  if (hashed_.empty()) return nullptr;
  const auto found = hashed_.find(key);
  return found == hashed_.end() ? nullptr : &found->second;
}

Changes::Sorted Changes::sorted() {
  std::vector<Sortable> all;
  all.reserve(ordered_.size() + hashed_.size());
  for (auto& change : hashed_) all.emplace_back(change);
  for (auto& change : ordered_) all.emplace_back(change);
  std::ranges::sort(all, std::less<>());
  Sorted sorted;
  sorted.reserve(all.size());
  for (const auto& one : all) sorted.push_back(one.change);
  return sorted;
}

void Changes::move_to(Changes& below, Sorted sorted) {
  if (below.empty()) {
    std::swap(ordered_, below.ordered_);
    std::swap(hashed_, below.hashed_);
    below.moved_here_ = std::move(sorted);
    return;
  }
  for (const auto* change : sorted) {
    auto* moved = is_ordered(change->first) ? move_one(ordered_, below.ordered_, change->first)
                                            : move_one(hashed_, below.hashed_, change->first);
    if (moved != nullptr) below.moved_here_.push_back(moved);
  }
  clear();
}

void Changes::clear() {
  moved_here_.clear();
  ordered_.clear();
  const auto buckets = hashed_.bucket_count();
  if (buckets > kBucketsKept && buckets > kBucketsPerChangeMax * hashed_.size()) {
    hashed_ = Hashed();
  } else {
    hashed_.clear();
  }
}

}  // namespace puhui::ledger
