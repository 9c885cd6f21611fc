#include "crypto/map.h"

#include <algorithm>
#include <cassert>

namespace puhui::crypto {
namespace {

constexpr std::string_view kLeafPrefix = "\x02";
constexpr std::string_view kNodePrefix = "\x03";

Digest root_below(std::span<const MapLeaf> leaves, unsigned depth) {
  if (leaves.empty()) return {};
  if (leaves.size() == 1) return map_leaf_hash(leaves.front());
  assert(depth < kMapDepthMax && "a key stands twice in a map");
  const auto ones = std::ranges::partition_point(
      leaves, [depth](const MapLeaf& leaf) { return !map_bit(leaf.key, depth); });
  const auto zeros = static_cast<std::size_t>(ones - leaves.begin());
  return map_node_hash(root_below(leaves.first(zeros), depth + 1),
                       root_below(leaves.subspan(zeros), depth + 1));
}

bool shares_path(const Digest& a, const Digest& b, std::size_t bits) {
  for (unsigned depth = 0; depth < bits; ++depth)
    if (map_bit(a, depth) != map_bit(b, depth)) return false;
  return true;
}

tl::unexpected<Error> invalid(const char* why) { return fail(ErrorCode::PROOF_INVALID, why); }

}  // namespace

MapLeaf map_leaf(std::string_view key, std::string_view value) {
  return {sha256(key), sha256(value)};
}

Digest map_leaf_hash(const MapLeaf& leaf) {
  return Sha256().update(kLeafPrefix).update(leaf.key.view()).update(leaf.value.view()).final();
}

Digest map_node_hash(const Digest& left, const Digest& right) {
  return Sha256().update(kNodePrefix).update(left.view()).update(right.view()).final();
}

bool map_bit(const Digest& path, unsigned depth) {
  return (path.bytes[depth / 8] >> (7 - depth % 8) & 1) != 0;
}

Digest map_root(std::span<const MapLeaf> leaves) { return root_below(leaves, 0); }

Result<void> verify_map(const MapClaim& claim, const MapProof& proof, const Digest& root) {
  const auto path = sha256(claim.key);
  const auto depth = proof.siblings.size();
  if (depth > kMapDepthMax) return invalid("the path of a map proof is too long");
  Digest hash;
  if (claim.value) {
    if (proof.other) return invalid("the proof of a value names another key");
    hash = map_leaf_hash({path, sha256(*claim.value)});
  } else if (proof.other) {
    if (proof.other->key == path) return invalid("the key is there");
    if (!shares_path(path, proof.other->key, depth))
      return invalid("the other key does not lie on the path");
    hash = map_leaf_hash(*proof.other);
  }
  for (auto level = static_cast<unsigned>(depth); level-- > 0;) {
    const auto& sibling = proof.siblings[level];
    hash = map_bit(path, level) ? map_node_hash(sibling, hash) : map_node_hash(hash, sibling);
  }
  if (hash != root) return invalid("the path does not lead to the root of the map");
  return {};
}

}  // namespace puhui::crypto
