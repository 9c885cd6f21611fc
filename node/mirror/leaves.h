// A copy's leaves, one by one, as ledgers follow them.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "node/history/replay.h"
#include "node/mirror/copy.h"

namespace puhui::node {

// Reads bundles and keeps the last few. Threads: any.
class CopyLeaves {
 public:
  explicit CopyLeaves(const Copy& copy) : copy_(copy) {}

  // Leaf of the copy at this accepted size. IO, NOT_FOUND, CORRUPT name the file.
  [[nodiscard]] Result<StoredLeaf> read(std::uint64_t leaf, std::uint64_t size);

 private:
  struct Bundle {
    std::string bytes;
    std::vector<std::string_view> entries;
  };
  using BundlePtr = std::shared_ptr<const Bundle>;
  [[nodiscard]] Result<BundlePtr> bundle(const crypto::Tile& tile);

  const Copy& copy_;
  std::mutex mutex_;
  std::list<std::pair<crypto::Tile, BundlePtr>> kept_;  // the newest first
};

}  // namespace puhui::node
