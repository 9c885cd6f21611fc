#include "ledger/store/tile_nodes.h"

#include <cassert>

#include "crypto/tiles.h"
#include "ledger/store/keys.h"

namespace puhui::ledger {
namespace {

using crypto::Digest;
using crypto::kTileHeight;
using crypto::kTileWidth;

// Adds what `bytes` holds beyond the tile's hashes, and the nodes that are whole now.
void extend(ExpandedTile& tile, std::string_view bytes) {
  tile.levels.resize(kTileHeight);
  for (auto i = tile.levels[0].size(); i < bytes.size() / Digest::kSize; ++i)
    tile.levels[0].push_back(*Digest::from_bytes(bytes.substr(i * Digest::kSize, Digest::kSize)));
  for (unsigned up = 1; up < kTileHeight; ++up) {
    const auto& below = tile.levels[up - 1];
    auto& row = tile.levels[up];
    for (auto i = 2 * row.size(); i + 1 < below.size(); i += 2)
      row.push_back(crypto::node_hash(below[i], below[i + 1]));
  }
}

}  // namespace

ExpandedTilePtr TileCache::tile(const Reader& reader, unsigned level, std::uint64_t index,
                                std::size_t hashes) {
  const std::pair where{level, index};
  ExpandedTilePtr known;
  {
    std::lock_guard lock(mutex_);
    if (const auto found = tiles_.find(where); found != tiles_.end()) known = found->second;
  }
  if (known && known->levels[0].size() >= hashes) return known;
  const auto bytes = reader.get(key::tile(level, index));
  assert(bytes && bytes->size() >= hashes * Digest::kSize && "a hash tile is missing or damaged");
  auto grown = known ? std::make_shared<ExpandedTile>(*known) : std::make_shared<ExpandedTile>();
  extend(*grown, *bytes);
  std::lock_guard lock(mutex_);
  auto& kept = tiles_[where];
  if (!kept || kept->levels[0].size() < grown->levels[0].size()) kept = grown;
  // The lowest level has the most tiles, and its oldest ones are asked for least.
  if (tiles_.size() > kTilesMax) tiles_.erase(tiles_.begin());
  return grown;
}

crypto::NodeReader TileNodes::nodes() {
  return [this](unsigned level, std::uint64_t index) {
    const auto inside = level % kTileHeight;
    const auto per_tile = std::uint64_t{kTileWidth} >> inside;
    const auto tile_level = level / kTileHeight;
    const auto at = index % per_tile;
    if (used_.size() <= tile_level) used_.resize(tile_level + 1);
    auto& used = used_[tile_level];
    if (!used.tile || used.index != index / per_tile || used.tile->levels[inside].size() <= at) {
      used.index = index / per_tile;
      used.tile = cache_->tile(reader_, tile_level, used.index, (at + 1) << inside);
    }
    return used.tile->levels[inside][at];
  };
}

}  // namespace puhui::ledger
