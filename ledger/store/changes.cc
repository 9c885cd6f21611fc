#include "ledger/store/changes.h"

#include <boost/sort/pdqsort/pdqsort.hpp>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "crypto/bytes.h"

namespace puhui::ledger {
namespace {

// What falls due, legal entities, holdings, versions, methodologies, parties, periods, rule sets,
// unit blocks, claimed periods, bound blocks, emission factors, consents, readings.
constexpr std::string_view kOrderedFamilies = "145DEHIMPQRUXbipv";
// Kept from block to block, so that most blocks ask for no memory; untouched until it is used.
constexpr std::size_t kFirstMemoryBytes = std::size_t{4} << 20;

}  // namespace

// A change with the first bytes of its key as a number, so that few comparisons look further.
struct Changes::Sortable {
  __extension__ using Head = unsigned __int128;
  Head head = 0;
  Change* change = nullptr;
  explicit Sortable(Change& of) : change(&of) {
    char bytes[sizeof head] = {};
    of.key.copy(bytes, sizeof bytes);
    head = Head{crypto::read_u64({bytes, 8})} << 64 | crypto::read_u64({bytes + 8, 8});
  }
  bool operator<(const Sortable& other) const {
    if (head == other.head) [[unlikely]]
      return change->key < other.change->key;
    return head < other.head;
  }
};

Changes::Changes()
    : first_memory_(std::make_unique_for_overwrite<std::byte[]>(kFirstMemoryBytes)),
      memory_(first_memory_.get(), kFirstMemoryBytes) {
  // Memory is given back without destructors.
  static_assert(std::is_trivially_destructible_v<Change>);
}
Changes::~Changes() = default;

bool Changes::is_ordered(std::string_view key) {
  return key.size() > 1 && kOrderedFamilies.find(key[1]) != std::string_view::npos;
}

std::string_view Changes::kept(std::string_view bytes) {
  if (bytes.empty()) return {};
  auto* copy = static_cast<char*>(memory_.allocate(bytes.size(), 1));
  std::memcpy(copy, bytes.data(), bytes.size());
  return {copy, bytes.size()};
}

Changes::Change& Changes::change_of(std::string_view key) {
  if (const auto known = by_key_.find(key); known != by_key_.end()) return **known;
  auto* change = std::pmr::polymorphic_allocator<>(&memory_).new_object<Change>();
  change->key = kept(key);
  by_key_.insert(change);
  if (is_ordered(key)) ordered_.emplace(change->key, change);
  return *change;
}

void Changes::put(std::string_view key, Value value) {
  auto& change = change_of(key);
  if (value) value = kept(*value);
  change.of_event = value;
  if (change.in_event) return;
  change.in_event = true;
  event_.push_back(&change);
}

const Changes::List& Changes::accept() {
  sorted_.clear();
  sorted_.reserve(event_.size());
  for (auto* change : event_) sorted_.emplace_back(*change);
  event_.clear();
  boost::sort::pdqsort_branchless(sorted_.begin(), sorted_.end());
  accepted_.clear();
  for (std::size_t step = 0; step != sorted_.size(); ++step) {
    if (step + kAhead < sorted_.size()) fetch(*sorted_[step + kAhead].change);
    auto* change = sorted_[step].change;
    if (!change->in_block) block_.push_back(change);
    change->replaced = change->of_block;
    change->replaced_in_block = change->in_block;
    change->of_block = change->of_event;
    change->in_block = true;
    change->in_event = false;
    accepted_.push_back(change);
  }
  return accepted_;
}

void Changes::drop() {
  for (auto* change : event_) {
    change->in_event = false;
    if (change->in_block) continue;
    if (is_ordered(change->key)) ordered_.erase(change->key);
    by_key_.erase(change);
  }
  event_.clear();
}

const Changes::Change* Changes::find(std::string_view key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : *found;
}

const Changes::Change* Changes::at_or_after(std::string_view prefix, std::string_view key) const {
  for (auto at = ordered_.lower_bound(key); at != ordered_.end(); ++at) {
    if (!at->first.starts_with(prefix)) return nullptr;
    if (at->second->newest()) return at->second;
  }
  return nullptr;
}

const Changes::Change* Changes::before(std::string_view prefix, std::string_view key) const {
  for (auto at = ordered_.lower_bound(key); at != ordered_.begin();) {
    --at;
    if (!at->first.starts_with(prefix)) return nullptr;
    if (at->second->newest()) return at->second;
  }
  return nullptr;
}

void Changes::clear() {
  event_.clear();
  accepted_.clear();
  block_.clear();
  by_key_.clear();
  ordered_.clear();
  memory_.release();
}

}  // namespace puhui::ledger
