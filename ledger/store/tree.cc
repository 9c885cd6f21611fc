#include "ledger/store/tree.h"

#include <leveldb/write_batch.h>

#include <cassert>

#include "crypto/tiles.h"
#include "ledger/store/keys.h"

namespace puhui::ledger {
namespace {

using crypto::Digest;
using crypto::kTileHeight;
using crypto::kTileWidth;

constexpr std::size_t kTileBytes = kTileWidth * Digest::kSize;

leveldb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

// Reads the tile at the right edge of one level: the hashes of full tiles below it, or of leaves.
Result<std::string> edge_bytes(const Store& store, unsigned level, std::uint64_t hashes) {
  const auto width = hashes % kTileWidth;
  if (width == 0) return std::string();
  auto bytes = store.get(key::tile(level, hashes / kTileWidth));
  if (!bytes || bytes->size() < width * Digest::kSize)
    return fail(ErrorCode::CORRUPT, "hash tile " + std::to_string(level) + "/" +
                                        std::to_string(hashes / kTileWidth) + " is missing");
  bytes->resize(width * Digest::kSize);
  return std::move(*bytes);
}

}  // namespace

Result<Tree> Tree::load(const Store& store, std::uint64_t size) {
  Tree tree;
  for (auto [level, hashes] = std::pair{0u, size}; hashes > 0; ++level, hashes /= kTileWidth) {
    auto bytes = edge_bytes(store, level, hashes);
    if (!bytes) return tl::make_unexpected(bytes.error());
    tree.edges_.push_back({std::move(*bytes), hashes / kTileWidth, false});
  }
  // The frontier is rebuilt from the edges: each level's edge holds whole subtrees, widest first.
  std::string frontier;
  crypto::append_u64(frontier, size);
  for (auto level = tree.edges_.size(); level-- > 0;) {
    const auto width = static_cast<unsigned>(tree.edges_[level].bytes.size() / Digest::kSize);
    std::string_view rest = tree.edges_[level].bytes;
    for (unsigned bit = kTileHeight; bit-- > 0;) {
      if ((width >> bit & 1) == 0) continue;
      std::vector<Digest> hashes;
      for (; hashes.size() < std::size_t{1} << bit; rest.remove_prefix(Digest::kSize))
        hashes.push_back(*Digest::from_bytes(rest.substr(0, Digest::kSize)));
      frontier += crypto::root_of(hashes).view();
    }
  }
  auto restored = crypto::Frontier::restore(frontier);
  if (!restored) return tl::make_unexpected(restored.error());
  tree.frontier_ = std::move(*restored);
  return tree;
}

void Tree::append(const Digest& leaf_hash) {
  frontier_.append(leaf_hash, [this](unsigned level, std::uint64_t, const Digest& hash) {
    if (level % kTileHeight == 0) push(level / kTileHeight, hash);
  });
}

void Tree::push(unsigned level, const Digest& hash) {
  if (edges_.size() <= level) edges_.resize(level + 1);
  auto& edge = edges_[level];
  edge.bytes += hash.view();
  edge.dirty = true;
  if (edge.bytes.size() < kTileBytes) return;
  full_.emplace_back(key::tile(level, edge.tile), std::move(edge.bytes));
  edge = {std::string(), edge.tile + 1, false};
}

void Tree::write_to(leveldb::WriteBatch& batch) {
  for (const auto& [name, bytes] : full_) batch.Put(slice(name), slice(bytes));
  full_.clear();
  for (unsigned level = 0; level < edges_.size(); ++level) {
    auto& edge = edges_[level];
    if (!std::exchange(edge.dirty, false)) continue;
    batch.Put(slice(key::tile(level, edge.tile)), slice(edge.bytes));
  }
}

}  // namespace puhui::ledger
