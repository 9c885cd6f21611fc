// The Merkle tree over the ledger's leaves, stored as C2SP hash tiles.
//
// `Tree` appends (applying thread only) and keeps the right edge in memory; tile_nodes.h reads.
// A partial tile is stored under the key of the full one and grows in place.
#pragma once

#include <cstdint>
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

}  // namespace puhui::ledger
