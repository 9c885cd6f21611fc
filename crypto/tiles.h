// C2SP tlog-tiles: names, shapes and insides of hash tiles and entry bundles. Pure coordinates:
// where tiles are stored and how they are served is not known here.
//
// A hash tile (level L, index N) is up to 256 hashes of 32 bytes; hash i is the tree node
// (level 8·L, index 256·N + i) of merkle.h. An entry bundle N holds entries 256·N onwards, each as
// u16-BE length ‖ entry. Full ones (width 256) never change; a partial one has width 1–255 and a
// name of its own. All functions may be called from any thread.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hash.h"
#include "crypto/merkle.h"
#include "proto/error.h"

namespace puhui::crypto {

inline constexpr unsigned kTileHeight = 8;     // Tree levels that one tile spans.
inline constexpr unsigned kTileWidth = 256;    // Hashes or entries in a full tile.
inline constexpr unsigned kTileLevelMax = 63;  // That the path grammar allows.
inline constexpr std::size_t kEntrySizeMax = 65535;
inline constexpr std::size_t kBundleSizeMax = kTileWidth * (2 + kEntrySizeMax);

struct Tile {
  enum class Kind : std::uint8_t { hashes, entries };

  Kind kind = Kind::hashes;
  unsigned level = 0;  // 0 for entries.
  std::uint64_t index = 0;
  unsigned width = kTileWidth;  // 1–256; 256 is a full tile.

  auto operator<=>(const Tile&) const = default;
};

// "tile/<L>/<N>[.p/<W>]" or "tile/entries/<N>[.p/<W>]", without a leading slash. N is written in
// groups of three digits, all but the last prefixed by x: 1234067 is "x001/x234/067".
std::string tile_path(const Tile& tile);

// The inverse, for paths out of URLs. INVALID_ARGUMENT for any other spelling: leading zeros, a
// width of 0, 256 or more, L above 63, N beyond 64 bits, anything before or after.
[[nodiscard]] Result<Tile> parse_tile_path(std::string_view path);

// What exists at one level of a tree of `size` leaves: this many full tiles and then, unless the
// width is 0, one partial tile. Entry bundles exist exactly as the hash tiles of level 0 do.
struct LevelTiles {
  std::uint64_t full = 0;
  unsigned partial_width = 0;

  bool operator==(const LevelTiles&) const = default;
};
LevelTiles tiles_at(unsigned level, std::uint64_t size);

// Whether a tree of `size` leaves has all that this tile holds. A width smaller than what now
// exists counts as present: it belongs to an earlier size.
bool tile_exists(const Tile& tile, std::uint64_t size);

// The tile of widest use that holds the node (level, index) of merkle.h, or its descendants:
// tile level = level / 8. Given as a full tile; the width that exists is the caller's to find.
Tile tile_of_node(unsigned level, std::uint64_t index);

// The node's hash out of the bytes of that tile, hashing up to seven levels inside it.
// PROOF_MALFORMED if the bytes are not whole hashes, more than 256, or too few to hold the node.
[[nodiscard]] Result<Digest> node_in_tile(std::string_view tile_bytes, unsigned level,
                                          std::uint64_t index);

// Appends one entry to a bundle. The entry must not exceed kEntrySizeMax (asserted).
void append_to_bundle(std::string& bundle, std::string_view entry);

// Views of the `width` entries of a bundle, valid while `bundle` is. PROOF_MALFORMED unless it
// holds exactly that many, to the last byte.
[[nodiscard]] Result<std::vector<std::string_view>> parse_bundle(std::string_view bundle,
                                                                 unsigned width);

}  // namespace puhui::crypto
