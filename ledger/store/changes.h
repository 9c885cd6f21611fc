// What a block changes in the views and is not yet in the store: the changes of the event at hand
// over those of the events accepted before it.
//
// Most families are only ever looked up by their whole key; those whose neighbours are asked for
// are kept in key order as well. Nothing that leaves here depends on hash order.
// Keys and values are copied into memory that is given back whole by `clear`; what a dropped event
// took of it is bounded by the block's size.
// Threads: used by the applying thread only.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

namespace puhui::ledger {

// Hashes keys; lets string views be looked up among strings.
struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
};

class Changes {
 public:
  using Value = std::optional<std::string_view>;  // empty: erased
  // One key. All views are valid until `clear`.
  struct Change {
    std::string_view key;
    Value of_event, of_block;
    bool in_event = false, in_block = false;
    // What `accept` last replaced: a value of the block if there was one, or else the stored one.
    Value replaced;
    bool replaced_in_block = false;

    [[nodiscard]] const Value& newest() const { return in_event ? of_event : of_block; }
  };
  using List = std::vector<const Change*>;
  // For walks over a list: fetches what is looked at a few steps after this one.
  static void fetch_ahead(const List& list, std::size_t step) {
    if (step + kAhead < list.size()) fetch(*list[step + kAhead]);
  }

  Changes();
  ~Changes();
  Changes(const Changes&) = delete;
  Changes& operator=(const Changes&) = delete;

  // Whether keys of this family ("vU…") are kept in order.
  [[nodiscard]] static bool is_ordered(std::string_view key);

  // A change by the event at hand.
  void put(std::string_view key, Value value);
  // Folds the event's changes into the block's; answers them in key order, until the next call.
  const List& accept();
  // Forgets the event's changes.
  void drop();

  // The newest change of this key, or null.
  [[nodiscard]] const Change* find(std::string_view key) const;
  // First key at or above `key`, last key below it, of those of an ordered family that start with
  // `prefix` and were last given a value; or null.
  [[nodiscard]] const Change* at_or_after(std::string_view prefix, std::string_view key) const;
  [[nodiscard]] const Change* before(std::string_view prefix, std::string_view key) const;

  // The keys changed by accepted events, each once: in the order of the events, and within one in
  // key order, which is what a database likes to be given.
  [[nodiscard]] const List& of_block() const { return block_; }
  [[nodiscard]] bool has_event() const { return !event_.empty(); }
  void clear();

 private:
  static constexpr std::size_t kAhead = 8;
  struct Sortable;
  // Finds changes by their keys.
  struct Hash : KeyHash {
    using KeyHash::operator();
    std::size_t operator()(const Change* change) const { return (*this)(change->key); }
  };
  struct SameKey {
    using is_transparent = void;
    static std::string_view key_of(std::string_view key) { return key; }
    static std::string_view key_of(const Change* change) { return change->key; }
    bool operator()(const auto& a, const auto& b) const { return key_of(a) == key_of(b); }
  };

  // A change lies before its key and its value.
  static void fetch(const Change& change) {
    const auto* bytes = reinterpret_cast<const char*>(&change);
    for (std::size_t line = 0; line != 3; ++line) __builtin_prefetch(bytes + 64 * line);
  }
  Change& change_of(std::string_view key);
  std::string_view kept(std::string_view bytes);

  std::unique_ptr<std::byte[]> first_memory_;
  std::pmr::monotonic_buffer_resource memory_;
  boost::unordered_flat_set<Change*, Hash, SameKey> by_key_;
  std::map<std::string_view, Change*> ordered_;
  std::vector<Change*> event_;
  std::vector<Sortable> sorted_;  // kept for its memory
  List accepted_, block_;
};

}  // namespace puhui::ledger
