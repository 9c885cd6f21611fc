#include "node/mirror/spine.h"

#include <cassert>

#include "crypto/merkle.h"

namespace puhui::node {
namespace {

using crypto::Digest;
using crypto::Tile;

constexpr std::size_t kHash = Digest::kSize;

Digest hash_in(std::string_view tile, std::size_t position) {
  return *Digest::from_bytes(tile.substr(position * kHash, kHash));
}

}  // namespace

Result<std::string> hash_tile(std::string_view bundle, unsigned width) {
  const auto entries = crypto::parse_bundle(bundle, width);
  if (!entries) return tl::make_unexpected(entries.error());
  std::string hashes;
  hashes.reserve(width * kHash);
  for (const auto entry : *entries) hashes += crypto::leaf_hash(entry).view();
  return hashes;
}

Digest root_of_tile(std::string_view tile) {
  std::vector<Digest> hashes;
  for (std::size_t i = 0; i < tile.size() / kHash; ++i) hashes.push_back(hash_in(tile, i));
  return crypto::root_of(hashes);
}

Result<Spine> Spine::read(const crypto::TreeHead& head, std::string_view tail,
                          const TileReader& reader) {
  if (head.size > kLeavesMax)
    return fail(ErrorCode::TOO_LARGE, std::to_string(head.size) + " leaves");
  Spine spine;
  spine.head_ = head;
  if (const auto width = crypto::tiles_at(0, head.size).partial_width; width > 0) {
    auto hashes = hash_tile(tail, width);
    if (!hashes) return tl::make_unexpected(hashes.error());
    spine.tail_hashes_ = std::move(*hashes);
  }
  for (unsigned level = 1; (head.size >> (crypto::kTileHeight * level)) > 0; ++level) {
    const auto [full, partial_width] = crypto::tiles_at(level, head.size);
    for (std::uint64_t index = 0; index < full + (partial_width > 0 ? 1 : 0); ++index) {
      const Tile tile{Tile::Kind::hashes, level, index,
                      index < full ? crypto::kTileWidth : partial_width};
      auto bytes = reader(tile);
      if (!bytes) return tl::make_unexpected(bytes.error());
      if (bytes->size() != tile.width * kHash)
        return fail(ErrorCode::PROOF_MALFORMED, crypto::tile_path(tile) + " has another size");
      spine.tiles_.emplace(tile, std::move(*bytes));
    }
  }
  if (auto sound = spine.check(); !sound) return tl::make_unexpected(sound.error());
  return spine;
}

// Each full tile is the hash its parent says, and the rest is the root: so every hash is vouched
// for.
Result<void> Spine::check() const {
  for (const auto& [tile, bytes] : tiles_) {
    if (tile.width < crypto::kTileWidth) continue;
    if (root_of_tile(bytes) != node(crypto::kTileHeight * (tile.level + 1), tile.index))
      return fail(ErrorCode::PROOF_INVALID,
                  crypto::tile_path(tile) + " does not belong to the tile above it");
  }
  const auto root = crypto::root_at(
      head_.size, [this](unsigned level, std::uint64_t index) { return node(level, index); });
  if (root != head_.root)
    return fail(ErrorCode::PROOF_INVALID, "the tiles do not have the checkpoint's root");
  return {};
}

Digest Spine::bundle_root(std::uint64_t index) const { return node(crypto::kTileHeight, index); }

Digest Spine::node(unsigned level, std::uint64_t index) const {
  if (level < crypto::kTileHeight) {
    const auto found = crypto::node_in_tile(tail_hashes_, level, index);
    assert(found && "only the tail is known below level 8");
    return *found;
  }
  auto tile = crypto::tile_of_node(level, index);
  auto stored = tiles_.find(tile);
  if (stored == tiles_.end()) {
    tile.width = crypto::tiles_at(tile.level, head_.size).partial_width;
    stored = tiles_.find(tile);
  }
  assert(stored != tiles_.end() && "a node beyond the tree");
  const auto found = crypto::node_in_tile(stored->second, level, index);
  assert(found && "a node beyond the tile");
  return *found;
}

}  // namespace puhui::node
