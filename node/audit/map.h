// The authenticated map of crypto/map.h, held in memory as a plain binary tree: a branch for every
// bit where keys part, and a cached hash that is computed again only where something changed.
#pragma once

#include <memory>
#include <optional>

#include "crypto/map.h"

namespace puhui::node::audit {

class MapTree {
 public:
  // Puts the hash of a value under the hash of its key; without a value the key is removed.
  void set(const crypto::Digest& key, const std::optional<crypto::Digest>& value);
  [[nodiscard]] crypto::Digest root();

 private:
  struct Spot;
  using Place = std::unique_ptr<Spot>;
  struct Spot {
    crypto::MapLeaf leaf;  // of a spot without children
    Place child[2];
    crypto::Digest hash;
    bool is_hashed = false;
    [[nodiscard]] bool is_leaf() const { return !child[0] && !child[1]; }
  };

  static void put(Place& at, const crypto::MapLeaf& leaf, unsigned depth);
  static void remove(Place& at, const crypto::Digest& key, unsigned depth);
  static crypto::Digest hash_of(const Place& at);

  Place top_;
};

}  // namespace puhui::node::audit
