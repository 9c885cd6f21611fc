// One layer of changes to the views: what is put or erased, not yet in the store.
//
// Most families are only ever looked up by their whole key and are kept by hash; those whose
// neighbours are asked for are kept in key order. Nothing that leaves here depends on hash order.
// Threads: used by the applying thread only.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace puhui::ledger {

// Lets string views be looked up among strings.
struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
};

class Changes {
 public:
  using Value = std::optional<std::string>;  // empty: erased
  using Change = std::pair<const std::string, Value>;
  using Ordered = std::map<std::string, Value, std::less<>>;

  // Whether keys of this family ("vU…") are kept in order.
  [[nodiscard]] static bool is_ordered(std::string_view key);

  void put(std::string key, Value value);
  // The change of this key, or null.
  [[nodiscard]] const Value* find(std::string_view key) const;
  [[nodiscard]] bool empty() const { return ordered_.empty() && hashed_.empty(); }
  [[nodiscard]] const Ordered& ordered() const { return ordered_; }

  // All changes in key order; valid until the next change.
  using Sorted = std::vector<Change*>;
  [[nodiscard]] Sorted sorted();
  // Puts all changes, in the order `sorted` gave, into the layer below and empties this one.
  void move_to(Changes& below, Sorted sorted);
  // What was moved here, each key once, in the order it first came.
  [[nodiscard]] const Sorted& moved_here() const { return moved_here_; }
  void clear();

 private:
  using Hashed = std::unordered_map<std::string, Value, KeyHash, std::equal_to<>>;

  Ordered ordered_;
  Hashed hashed_;
  Sorted moved_here_;
};

}  // namespace puhui::ledger
