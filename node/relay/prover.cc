#include "node/relay/prover.h"

#include <optional>

namespace puhui::node::relay {
namespace {

constexpr std::size_t kTilesKept = 256;  // of at most 8 KiB each

}  // namespace

Result<const std::string*> Prover::tile(const crypto::Tile& tile) {
  if (const auto known = tiles_.find(tile); known != tiles_.end()) return &known->second;
  auto bytes = city_.fetch("/" + crypto::tile_path(tile));
  if (!bytes) return tl::make_unexpected(bytes.error());
  if (tiles_.size() == kTilesKept) tiles_.clear();
  return &tiles_.emplace(tile, std::move(*bytes)).first->second;
}

Result<crypto::Digest> Prover::node(std::uint64_t size, unsigned level, std::uint64_t index) {
  auto wanted = crypto::tile_of_node(level, index);
  const auto there = crypto::tiles_at(wanted.level, size);
  if (wanted.index >= there.full) wanted.width = there.partial_width;
  const auto bytes = tile(wanted);
  if (!bytes) return tl::make_unexpected(bytes.error());
  return crypto::node_in_tile(**bytes, level, index);
}

// What `make` builds from the nodes of a tree, unless one of them cannot be had.
template <class Make>
auto Prover::of_nodes(std::uint64_t size, Make make)
    -> Result<std::invoke_result_t<Make, const crypto::NodeReader&>> {
  std::optional<Error> missing;
  auto made = make([&](unsigned level, std::uint64_t index) {
    if (missing) return crypto::Digest();
    const auto found = node(size, level, index);
    if (found) return *found;
    missing = found.error();
    return crypto::Digest();
  });
  if (missing) return tl::make_unexpected(*missing);
  return made;
}

Result<std::vector<crypto::Digest>> Prover::consistency(std::uint64_t old_size,
                                                        std::uint64_t size) {
  if (old_size > size || size > crypto::kTreeSizeMax)
    return fail(ErrorCode::INVALID_ARGUMENT, "a tree of " + std::to_string(size) + " leaves");
  return of_nodes(size, [&](const crypto::NodeReader& nodes) {
    return crypto::consistency_proof(old_size, size, nodes);
  });
}

Result<crypto::Digest> Prover::root_at(std::uint64_t old_size, std::uint64_t size) {
  if (old_size > size || size > crypto::kTreeSizeMax)
    return fail(ErrorCode::INVALID_ARGUMENT, "a tree of " + std::to_string(size) + " leaves");
  return of_nodes(
      size, [&](const crypto::NodeReader& nodes) { return crypto::root_at(old_size, nodes); });
}

Result<v1::ProvenLeaf> Prover::prove(std::uint64_t leaf, std::uint64_t size) {
  if (leaf >= size || size > crypto::kTreeSizeMax)
    return fail(ErrorCode::INVALID_ARGUMENT,
                "leaf " + std::to_string(leaf) + " of " + std::to_string(size));
  auto entry = city_.get<v1::EntryView>({"v1", "entries", std::to_string(leaf)});
  if (!entry) return tl::make_unexpected(entry.error());
  const auto hashes = of_nodes(size, [&](const crypto::NodeReader& nodes) {
    return crypto::inclusion_proof(leaf, size, nodes);
  });
  if (!hashes) return tl::make_unexpected(hashes.error());
  v1::ProvenLeaf proven;
  proven.set_city(city_.code());
  proven.set_entry(std::move(*entry->mutable_entry()));
  proven.set_index(leaf);
  proven.set_tree_size(size);
  for (const auto& hash : *hashes) proven.add_path(std::string(hash.view()));
  return proven;
}

}  // namespace puhui::node::relay
