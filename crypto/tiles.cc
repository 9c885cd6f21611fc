#include "crypto/tiles.h"

#include <algorithm>
#include <cassert>
#include <optional>

#include "crypto/bytes.h"

namespace puhui::crypto {
namespace {

constexpr std::string_view kPrefix = "tile/";
constexpr std::string_view kEntries = "entries";
constexpr std::string_view kPartial = ".p/";
constexpr std::size_t kGroupsMax = 7;  // 2^64 has 20 digits.

std::string index_path(std::uint64_t index) {
  std::string path;
  for (bool last = true; last || index > 0; last = false, index /= 1000) {
    const auto digits = std::to_string(1000 + index % 1000).substr(1);
    path = last ? digits : "x" + digits + "/" + path;
  }
  return path;
}

// Strict only about what a value is made of; other spellings of the value are caught by comparing
// the whole path with tile_path.
std::optional<std::uint64_t> parse_index(std::string_view text) {
  std::string digits;
  for (std::size_t groups = 0; groups < kGroupsMax; ++groups) {
    const auto slash = text.find('/');
    auto group = text.substr(0, slash);
    const bool last = slash == std::string_view::npos;
    if (!last && group.starts_with('x')) group.remove_prefix(1);
    digits += group;
    if (last) {
      const auto first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
      return digits.empty() ? std::nullopt : parse_decimal(std::string_view(digits).substr(first));
    }
    text.remove_prefix(slash + 1);
  }
  return std::nullopt;
}

std::optional<Tile> parse_loosely(std::string_view path) {
  Tile tile;
  if (!path.starts_with(kPrefix)) return std::nullopt;
  path.remove_prefix(kPrefix.size());
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto level_text = path.substr(0, slash);
  path.remove_prefix(slash + 1);
  if (level_text == kEntries) {
    tile.kind = Tile::Kind::entries;
  } else {
    const auto level = parse_decimal(level_text);
    if (!level || *level > kTileLevelMax) return std::nullopt;
    tile.level = static_cast<unsigned>(*level);
  }
  if (const auto dot = path.find(kPartial); dot != std::string_view::npos) {
    const auto width = parse_decimal(path.substr(dot + kPartial.size()));
    if (!width || *width < 1 || *width >= kTileWidth) return std::nullopt;
    tile.width = static_cast<unsigned>(*width);
    path = path.substr(0, dot);
  }
  const auto index = parse_index(path);
  if (!index) return std::nullopt;
  tile.index = *index;
  return tile;
}

}  // namespace

std::string tile_path(const Tile& tile) {
  std::string path(kPrefix);
  path += tile.kind == Tile::Kind::entries ? std::string(kEntries) : std::to_string(tile.level);
  path += "/" + index_path(tile.index);
  if (tile.width < kTileWidth) path += std::string(kPartial) + std::to_string(tile.width);
  return path;
}

Result<Tile> parse_tile_path(std::string_view path) {
  const auto tile = parse_loosely(path);
  if (!tile || tile_path(*tile) != path) {
    return fail(ErrorCode::INVALID_ARGUMENT, "not the path of a tile");
  }
  return *tile;
}

LevelTiles tiles_at(unsigned level, std::uint64_t size) {
  if (level >= 64 / kTileHeight) return {};
  const auto hashes = size >> (level * kTileHeight);
  return {hashes / kTileWidth, static_cast<unsigned>(hashes % kTileWidth)};
}

bool tile_exists(const Tile& tile, std::uint64_t size) {
  const auto level = tiles_at(tile.kind == Tile::Kind::entries ? 0 : tile.level, size);
  if (tile.width < 1 || tile.width > kTileWidth) return false;
  return tile.index < level.full || (tile.index == level.full && tile.width <= level.partial_width);
}

Tile tile_of_node(unsigned level, std::uint64_t index) {
  const unsigned above = level % kTileHeight;
  return {Tile::Kind::hashes, level / kTileHeight, index >> (kTileHeight - above), kTileWidth};
}

Result<Digest> node_in_tile(std::string_view tile_bytes, unsigned level, std::uint64_t index) {
  if (tile_bytes.size() % Digest::kSize != 0 || tile_bytes.size() > kTileWidth * Digest::kSize) {
    return fail(ErrorCode::PROOF_MALFORMED, "a tile is not whole hashes");
  }
  const unsigned above = level % kTileHeight;
  const std::size_t count = std::size_t{1} << above;
  const auto first = static_cast<std::size_t>(index % (kTileWidth >> above)) << above;
  if ((first + count) * Digest::kSize > tile_bytes.size()) {
    return fail(ErrorCode::PROOF_MALFORMED, "a tile is too narrow for the node");
  }
  std::vector<Digest> hashes;
  hashes.reserve(count);
  for (std::size_t i = first; i < first + count; ++i) {
    hashes.push_back(*Digest::from_bytes(tile_bytes.substr(i * Digest::kSize, Digest::kSize)));
  }
  return root_of(hashes);
}

void append_to_bundle(std::string& bundle, std::string_view entry) {
  assert(entry.size() <= kEntrySizeMax);
  append_u16(bundle, static_cast<std::uint16_t>(entry.size()));
  bundle += entry;
}

Result<std::vector<std::string_view>> parse_bundle(std::string_view bundle, unsigned width) {
  if (width < 1 || width > kTileWidth) {
    return fail(ErrorCode::PROOF_MALFORMED, "no bundle has this width");
  }
  std::vector<std::string_view> entries;
  entries.reserve(width);
  while (entries.size() < width) {
    const std::size_t size = bundle.size() < 2 ? 0 : read_u16(bundle);
    if (bundle.size() < 2 + size) {
      return fail(ErrorCode::PROOF_MALFORMED, "an entry bundle is truncated");
    }
    entries.push_back(bundle.substr(2, size));
    bundle.remove_prefix(2 + size);
  }
  if (!bundle.empty()) return fail(ErrorCode::PROOF_MALFORMED, "an entry bundle is too long");
  return entries;
}

}  // namespace puhui::crypto
