// The upper part of a log's tree under one checkpoint: the hash tiles of levels 1 and above, and
// the leaf hashes of the last, partial bundle. With a root to compare it vouches for every full
// bundle of 256 entries by itself, so that a copy can be filled in any order, by many hands, and
// taken up again, and a wrong bundle is known when it arrives.
//
// Threads: a finished spine may be read by any number of threads.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "crypto/tiles.h"
#include "crypto/witness.h"
#include "proto/error.h"

namespace puhui::node {

class Spine {
 public:
  // What a spine may take: 8 KiB for each 65 536 leaves, half a gibibyte in all.
  static constexpr std::uint64_t kLeavesMax = std::uint64_t{1} << 32;

  using TileReader = std::function<Result<std::string>(const crypto::Tile& tile)>;

  // Reads what the tree of this size has above its bundles. `tail` is the last bundle, empty if the
  // size is a multiple of 256. PROOF_INVALID unless all of it together has exactly this root;
  // PROOF_MALFORMED for tiles of wrong size; TOO_LARGE beyond kLeavesMax; errors of the reader.
  [[nodiscard]] static Result<Spine> read(const crypto::TreeHead& head, std::string_view tail,
                                          const TileReader& reader);

  [[nodiscard]] const crypto::TreeHead& head() const { return head_; }
  // The root of the full bundle `index`: entries 256·index and the 255 after them.
  [[nodiscard]] crypto::Digest bundle_root(std::uint64_t index) const;
  // Tiles of levels 1 and above, ready to be kept.
  [[nodiscard]] const std::map<crypto::Tile, std::string>& tiles() const { return tiles_; }
  // A node of the tree at level 8 or above, or in the tail.
  [[nodiscard]] crypto::Digest node(unsigned level, std::uint64_t index) const;

 private:
  [[nodiscard]] Result<void> check() const;

  crypto::TreeHead head_;
  std::map<crypto::Tile, std::string> tiles_;
  std::string tail_hashes_;  // a partial tile of level 0
};

// The leaf hashes of a bundle as a tile of level 0. PROOF_MALFORMED unless it holds exactly `width`
// entries.
[[nodiscard]] Result<std::string> hash_tile(std::string_view bundle, unsigned width);
// RFC 6962 root of the hashes of a tile of whole hashes.
[[nodiscard]] crypto::Digest root_of_tile(std::string_view tile);

}  // namespace puhui::node
