// Hash tiles and entry bundles as whoever copies a log takes them: a spine is accepted only if it
// is that of the log, and a bundle of hashes or of entries is what its own bytes say.
#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "crypto/merkle.h"
#include "node/mirror/spine.h"

namespace {

namespace crypto = puhui::crypto;
namespace node = puhui::node;
using crypto::Tile;

// A log of these many leaves: three full bundles and a part of one.
constexpr std::uint64_t kLeaves = 3 * crypto::kTileWidth + 5;

struct Log {
  std::vector<crypto::Digest> hashes;
  std::string tail;        // the last bundle
  std::string upper_tile;  // level 1, of width 3
  crypto::TreeHead head;

  Log() {
    for (std::uint64_t leaf = 0; leaf < kLeaves; ++leaf) {
      const auto entry = "leaf " + std::to_string(leaf);
      hashes.push_back(crypto::leaf_hash(entry));
      if (leaf >= 3 * crypto::kTileWidth) crypto::append_to_bundle(tail, entry);
    }
    for (std::size_t at = 0; at + crypto::kTileWidth < kLeaves; at += crypto::kTileWidth)
      upper_tile += crypto::root_of(std::span(hashes).subspan(at, crypto::kTileWidth)).view();
    head = {kLeaves, crypto::root_of(hashes)};
  }
};

const Log& log() {
  static const Log log;
  return log;
}

// Bytes with some of them replaced: `from` and what stands there from then on.
std::string bent(std::string bytes, std::string_view edit) {
  if (edit.empty()) return bytes;
  const auto from = static_cast<std::uint8_t>(edit[0]);
  edit.remove_prefix(1);
  bytes.resize(std::max(bytes.size(), from + edit.size()));
  std::ranges::copy(edit, bytes.begin() + from);
  return bytes;
}

void read_log(std::string_view tail_edit, std::string_view tile_edit) {
  const auto tail = bent(log().tail, tail_edit);
  const auto upper_tile = bent(log().upper_tile, tile_edit);
  const auto spine = node::Spine::read(
      log().head, tail, [&](const Tile&) -> puhui::Result<std::string> { return upper_tile; });
  const bool is_true = tail == log().tail && upper_tile == log().upper_tile;
  assert(spine.has_value() == is_true);
}

// A head of any size, with the bytes as tail and as every tile.
void read_any(std::uint64_t size, std::string_view tail, const std::string& tile) {
  std::size_t asked = 0;
  const auto spine = node::Spine::read({size, crypto::sha256("none")}, tail,
                                       [&](const Tile& wanted) -> puhui::Result<std::string> {
                                         if (++asked > 8) return puhui::fail(puhui::ErrorCode::IO);
                                         auto bytes = tile;
                                         bytes.resize(wanted.width * crypto::Digest::kSize);
                                         return bytes;
                                       });
  assert(!spine);
}

void read_bundle(std::string_view bundle, unsigned width) {
  const auto tile = node::hash_tile(bundle, width);
  const auto entries = crypto::parse_bundle(bundle, width);
  assert(tile.has_value() == entries.has_value());
  if (!tile) return;
  assert(tile->size() == width * crypto::Digest::kSize);
  crypto::Frontier tree;
  for (const auto entry : *entries) tree.append(crypto::leaf_hash(entry));
  assert(node::root_of_tile(*tile) == tree.root());
  for (unsigned at = 0; at < width; ++at)
    assert(crypto::node_in_tile(*tile, 0, at) == crypto::leaf_hash((*entries)[at]));
}

}  // namespace

// The first byte is the width of a bundle and where the bytes are cut in two; the eight after it
// are a size.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  read_bundle(bytes.substr(1), data[0] + 1u);
  const auto rest = bytes.substr(1);
  const auto first = rest.substr(0, data[0]);
  read_log(first, rest.substr(first.size()));
  if (rest.size() < 8) return 0;
  std::uint64_t leaves = 0;
  for (const char c : rest.substr(0, 8)) leaves = leaves << 8 | static_cast<std::uint8_t>(c);
  read_any(leaves, rest.substr(8), std::string(rest.substr(8)));
  return 0;
}
