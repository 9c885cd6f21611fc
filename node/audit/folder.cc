#include "node/audit/folder.h"

#include <algorithm>

#include "crypto/tlog_proof.h"
#include "node/files/folder.h"

namespace puhui::node::audit {
namespace {

using Kind = crypto::Tile::Kind;
constexpr auto kWidth = crypto::kTileWidth;

unsigned width_of(const Source& source, unsigned level, std::uint64_t index) {
  const auto there = crypto::tiles_at(level, source.size());
  return index < there.full ? kWidth : there.partial_width;
}

crypto::Digest hash_at(std::string_view tile, std::size_t at) {
  return *crypto::Digest::from_bytes(
      tile.substr(at * crypto::Digest::kSize, crypto::Digest::kSize));
}

void compare_leaves(const Source& source, std::uint64_t index, Chunk& chunk) {
  const auto first = index * kWidth;
  const auto tile = read_tile(source, Kind::hashes, 0, index);
  if (!tile) {
    chunk.findings.push_back({first, fault("tile.missing", tile.error().detail)});
    return;
  }
  if (tile->size() != chunk.leaves.size() * crypto::Digest::kSize) {
    chunk.findings.push_back({first, fault("tile.mismatch", "size of the tile")});
    return;
  }
  for (std::size_t i = 0; i < chunk.leaves.size(); ++i) {
    const auto& hash = chunk.leaves[i].hash;
    const auto stated = hash_at(*tile, i);
    if (stated == hash) continue;
    chunk.findings.push_back(
        {first + i, fault("tile.mismatch", "leaf hash", stated.hex(), hash.hex())});
    return;
  }
}

Chunk unreadable(std::uint64_t first, std::string_view code, const Error& error) {
  Chunk chunk;
  chunk.ends = true;
  chunk.findings.push_back({first, fault(code, error.detail)});
  return chunk;
}

}  // namespace

Result<Source> open_source(const std::string& folder, const crypto::Policy& policy) {
  auto note = read_file(folder + "/checkpoint");
  if (!note) return tl::make_unexpected(note.error());
  auto verified = crypto::verify_checkpoint(policy, *note);
  if (!verified) return tl::make_unexpected(verified.error());
  return Source{folder, std::move(*note), std::move(*verified)};
}

Result<std::string> read_tile(const Source& source, Kind kind, unsigned level,
                              std::uint64_t index) {
  const auto width = width_of(source, level, index);
  if (width == 0) return fail(ErrorCode::NOT_FOUND, "beyond the tree");
  const auto path = crypto::tile_path({kind, level, index, width});
  auto bytes = read_file(source.folder + "/" + path);
  if (!bytes) return fail(bytes.error().code, path);
  return bytes;
}

std::optional<std::string> read_attachment(const Source& source, std::uint64_t leaf) {
  constexpr std::string_view kBundles = "tile/entries";
  const auto path = crypto::tile_path({Kind::entries, 0, leaf, kWidth}).substr(kBundles.size());
  auto bytes = read_file(source.folder + "/attachments" + path);
  return bytes ? std::optional(std::move(*bytes)) : std::nullopt;
}

std::optional<std::string> read_entry(const Source& source, std::uint64_t leaf) {
  if (leaf >= source.size()) return std::nullopt;
  const auto bundle = read_tile(source, Kind::entries, 0, leaf / kWidth);
  if (!bundle) return std::nullopt;
  const auto entries = crypto::parse_bundle(*bundle, width_of(source, 0, leaf / kWidth));
  if (!entries) return std::nullopt;
  return std::string((*entries)[leaf % kWidth]);
}

Chunk read_chunk(const Source& source, std::uint64_t index, const Known& known,
                 std::uint64_t verified) {
  const auto first = index * kWidth;
  const auto bundle = read_tile(source, Kind::entries, 0, index);
  if (!bundle) return unreadable(first, "bundle.missing", bundle.error());
  const auto entries = crypto::parse_bundle(*bundle, width_of(source, 0, index));
  if (!entries) return unreadable(first, "bundle.malformed", entries.error());
  Chunk chunk;
  chunk.leaves.reserve(entries->size());
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const auto leaf = first + i;
    RawLeaf raw{std::string((*entries)[i]), std::nullopt,
                [&source, leaf] { return read_attachment(source, leaf); }};
    chunk.leaves.push_back(prepare(std::move(raw), known, leaf < verified));
  }
  if (first + entries->size() > verified) compare_leaves(source, index, chunk);
  return chunk;
}

bool UpperTiles::is_known(std::uint64_t from, std::uint64_t to) const {
  return std::ranges::any_of(audit_.findings(), [&](const Finding& finding) {
    return finding.position >= from && finding.position < to &&
           finding.fault.code == "tile.mismatch";
  });
}

void UpperTiles::completed(unsigned level, std::uint64_t index, const crypto::Digest& hash) {
  if (level == 0 || level % crypto::kTileHeight != 0) return;
  const auto tile_level = level / crypto::kTileHeight;
  const auto tile = index / kWidth;
  const auto at = open_.find(tile_level);
  const auto first_leaf = index << level;
  if (at == open_.end() || at->second.index != tile) {
    open_.insert_or_assign(tile_level,
                           Open{tile, read_tile(source_, Kind::hashes, tile_level, tile)});
    ++tiles_;
    const auto& bytes = open_.at(tile_level).bytes;
    if (!bytes) audit_.note(first_leaf, fault("tile.missing", bytes.error().detail));
  }
  const auto& bytes = open_.at(tile_level).bytes;
  if (!bytes) return;
  const auto place = static_cast<std::size_t>(index % kWidth);
  if (bytes->size() < (place + 1) * crypto::Digest::kSize)
    return audit_.note(first_leaf, fault("tile.mismatch", "size of the tile"));
  const auto stated = hash_at(*bytes, place);
  if (stated != hash && !is_known(first_leaf, first_leaf + (std::uint64_t{1} << level)))
    audit_.note(first_leaf, fault("tile.mismatch", "node of level " + std::to_string(level),
                                  stated.hex(), hash.hex()));
}

std::optional<std::string> tlog_proof(const Source& source, std::uint64_t leaf) {
  const auto& head = source.verified.checkpoint;
  bool sound = true;
  const auto node = [&](unsigned level, std::uint64_t index) {
    const auto tile = crypto::tile_of_node(level, index);
    const auto bytes = read_tile(source, Kind::hashes, tile.level, tile.index);
    const auto hash = bytes ? crypto::node_in_tile(*bytes, level, index)
                            : Result<crypto::Digest>(tl::make_unexpected(bytes.error()));
    sound = sound && hash;
    return hash.value_or(crypto::Digest());
  };
  crypto::TlogProof proof;
  proof.extra = read_entry(source, leaf);
  if (!proof.extra) return std::nullopt;
  proof.index = leaf;
  proof.path = crypto::inclusion_proof(leaf, head.size, node);
  proof.checkpoint = source.note;
  const crypto::Inclusion claim{leaf, head.size, crypto::leaf_hash(*proof.extra), head.root};
  if (!sound || !crypto::verify_inclusion(claim, proof.path)) return std::nullopt;
  return crypto::format_tlog_proof(proof);
}

}  // namespace puhui::node::audit
