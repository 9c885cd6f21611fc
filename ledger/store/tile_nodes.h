// Nodes of the ledger's tree, for roots and proofs at any size up to what a Reader holds.
//
// Tiles store every eighth level (C2SP tlog-tiles); the levels between are worked out once per tile
// and remembered for all readers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "crypto/merkle.h"
#include "ledger/store/store.h"

namespace puhui::ledger {

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
