// The Merkle tree over the ledger's leaves, stored as C2SP hash tiles.
//
// `Tree` appends (applying thread only) and keeps the right edge in memory; `TileNodes` reads nodes
// for roots and proofs at any size up to what a Reader holds.
// A partial tile is stored under the key of the full one and grows in place.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "crypto/merkle.h"
#include "ledger/store/store.h"

namespace puhui::ledger {

class Tree {
 public:
  // Reads the right edge of a tree of `size` leaves. CORRUPT if a tile is missing or too short.
  [[nodiscard]] static Result<Tree> load(const Store& store, std::uint64_t size);

  void append(const crypto::Digest& leaf_hash);
  [[nodiscard]] std::uint64_t size() const { return frontier_.size(); }
  [[nodiscard]] crypto::Digest root() const { return frontier_.root(); }

  // Adds the tiles that changed since the last call.
  void write_to(leveldb::WriteBatch& batch);

 private:
  void push(unsigned level, const crypto::Digest& hash);

  crypto::Frontier frontier_;
  // Per tile level: the bytes of the tile at the right edge, and its number.
  struct Edge {
    std::string bytes;
    std::uint64_t tile = 0;
    bool dirty = false;
  };
  std::vector<Edge> edges_;
  std::vector<std::pair<std::string, std::string>> full_;
};

// All nodes inside one tile: level 0 is its hashes, each level above half as many.
struct ExpandedTile {
  std::vector<std::vector<crypto::Digest>> levels;
};
using ExpandedTilePtr = std::shared_ptr<const ExpandedTile>;

// Tiles that were worked on, newest ones first of all: a node of a Merkle tree never changes, so
// what is remembered here is right for every reader that holds its leaves. Threads: any.
class TileCache {
 public:
  static constexpr std::size_t kTilesMax = 256;

  // The tile with at least its first `hashes` hashes, which `reader` must hold: a tile that is
  // missing or short stops the process.
  [[nodiscard]] ExpandedTilePtr tile(const Reader& reader, unsigned level, std::uint64_t index,
                                     std::size_t hashes);

 private:
  std::mutex mutex_;
  std::map<std::pair<unsigned, std::uint64_t>, ExpandedTilePtr> tiles_;
};

// Reads tree nodes out of tiles. Not thread-safe; make one per thread or lock around it.
class TileNodes {
 public:
  TileNodes(const Reader& reader, std::shared_ptr<TileCache> cache)
      : reader_(reader), cache_(std::move(cache)) {}

  // For roots and proofs of merkle.h; valid while this object lives. Asked only for nodes whose
  // leaves the reader holds.
  [[nodiscard]] crypto::NodeReader nodes();

 private:
  const Reader& reader_;
  const std::shared_ptr<TileCache> cache_;
  // The tile of each level that was used last.
  struct Used {
    std::uint64_t index = 0;
    ExpandedTilePtr tile;
  };
  std::vector<Used> used_;
};

}  // namespace puhui::ledger
