// What a block changes in the views and is not yet in the store: the changes of the event at hand
// over those of the events accepted before it.
//
// Most families are only ever looked up by their whole key; those whose neighbours are asked for
// are kept in key order as well. Nothing that leaves here depends on hash order.
// Keys and values are copied into memory that is given back whole by `clear`; what a dropped event
// took of it is bounded by the block's size.
// Threads: used by the applying thread only.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <functional>
#include <map>
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

  Changes();
  Changes(const Changes&) = delete;
  Changes& operator=(const Changes&) = delete;

  // Whether keys of this family ("vU…") are kept in order.
  [[nodiscard]] static bool is_ordered(std::string_view key);

  // A change by the event at hand.
  void put(std::string_view key, Value value);
  // Folds the event's changes into the block's; answers them in key order.
  List accept();
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
  Change& change_of(std::string_view key);
  std::string_view kept(std::string_view bytes);

  std::vector<std::byte> first_memory_;
  std::pmr::monotonic_buffer_resource memory_;
  boost::unordered_flat_map<std::string_view, Change*, KeyHash> by_key_;
  std::map<std::string_view, Change*> ordered_;
  std::vector<Change*> event_;
  List block_;
};

}  // namespace puhui::ledger
