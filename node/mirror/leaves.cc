#include "node/mirror/leaves.h"

#include <algorithm>

namespace puhui::node {
namespace {

constexpr std::size_t kBundlesKept = 16;

}  // namespace

Result<CopyLeaves::BundlePtr> CopyLeaves::bundle(const crypto::Tile& tile) {
  {
    std::lock_guard lock(mutex_);
    const auto known = std::ranges::find(kept_, tile, [](const auto& kept) { return kept.first; });
    if (known != kept_.end()) return known->second;
  }
  auto read = std::make_shared<Bundle>();
  auto bytes = copy_.read(tile);
  if (!bytes) return tl::make_unexpected(bytes.error());
  read->bytes = std::move(*bytes);
  auto entries = crypto::parse_bundle(read->bytes, tile.width);
  if (!entries)
    return fail(ErrorCode::CORRUPT, crypto::tile_path(tile) + ": " + entries.error().detail);
  read->entries = std::move(*entries);
  std::lock_guard lock(mutex_);
  kept_.emplace_front(tile, read);
  if (kept_.size() > kBundlesKept) kept_.pop_back();
  return read;
}

Result<StoredLeaf> CopyLeaves::read(std::uint64_t leaf, std::uint64_t size) {
  const auto there = crypto::tiles_at(0, size);
  crypto::Tile tile{crypto::Tile::Kind::entries, 0, leaf / crypto::kTileWidth};
  if (tile.index >= there.full) tile.width = there.partial_width;
  const auto entries = bundle(tile);
  if (!entries) return tl::make_unexpected(entries.error());
  StoredLeaf stored{std::string((*entries)->entries[leaf % crypto::kTileWidth]), std::nullopt};
  auto attachment = copy_.read_attachment(leaf);
  if (attachment) stored.attachment = std::move(*attachment);
  if (!attachment && attachment.error().code != ErrorCode::NOT_FOUND)
    return tl::make_unexpected(attachment.error());
  return stored;
}

}  // namespace puhui::node
