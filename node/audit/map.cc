#include "node/audit/map.h"

#include <utility>

namespace puhui::node::audit {

void MapTree::set(const crypto::Digest& key, const std::optional<crypto::Digest>& value) {
  if (value)
    put(top_, {key, *value}, 0);
  else
    remove(top_, key, 0);
}

void MapTree::put(Place& at, const crypto::MapLeaf& leaf, unsigned depth) {
  if (!at) {
    at = std::make_unique<Spot>();
    at->leaf = leaf;
    return;
  }
  at->is_hashed = false;
  if (at->is_leaf() && at->leaf.key == leaf.key) {
    at->leaf = leaf;
    return;
  }
  if (at->is_leaf()) {
    // Two keys part here or further down: the one that was here goes one step down first.
    auto moved = std::exchange(at, std::make_unique<Spot>());
    const auto side = crypto::map_bit(moved->leaf.key, depth) ? 1 : 0;
    at->child[side] = std::move(moved);
  }
  put(at->child[crypto::map_bit(leaf.key, depth) ? 1 : 0], leaf, depth + 1);
}

void MapTree::remove(Place& at, const crypto::Digest& key, unsigned depth) {
  if (!at) return;
  if (at->is_leaf()) {
    if (at->leaf.key == key) at.reset();
    return;
  }
  at->is_hashed = false;
  remove(at->child[crypto::map_bit(key, depth) ? 1 : 0], key, depth + 1);
  // A key left alone moves up.
  for (const int side : {0, 1})
    if (at && !at->child[1 - side] && at->child[side] && at->child[side]->is_leaf()) {
      auto alone = std::move(at->child[side]);
      at = std::move(alone);
      return;
    }
}

crypto::Digest MapTree::hash_of(const Place& at) {
  if (!at) return {};
  if (!at->is_hashed)
    at->hash = at->is_leaf() ? crypto::map_leaf_hash(at->leaf)
                             : crypto::map_node_hash(hash_of(at->child[0]), hash_of(at->child[1]));
  at->is_hashed = true;
  return at->hash;
}

crypto::Digest MapTree::root() { return hash_of(top_); }

}  // namespace puhui::node::audit
