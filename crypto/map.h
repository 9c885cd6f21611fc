// An authenticated map: one digest for a set of (key, value) pairs, with proofs that a key has a
// value or has none.
//
// A compact binary trie over the bits of SHA-256(key), most significant first:
//   root({})       = 32 zero bytes
//   root({(k, v)}) = SHA-256(0x02 ‖ SHA-256(k) ‖ SHA-256(v))
//   root(S)        = SHA-256(0x03 ‖ root(S where the next bit is 0) ‖ root(S where it is 1))
// So it depends on the set alone, never on the order in which it came to be. The first bytes differ
// from those of log trees (merkle.h): no hash of one is ever a hash of the other.
// All functions may be called from any thread.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "crypto/hash.h"

namespace puhui::crypto {

inline constexpr unsigned kMapDepthMax = 256;

// A pair as the trie knows it. Ordered as the trie is, from left to right.
struct MapLeaf {
  Digest key;    // SHA-256 of the key
  Digest value;  // SHA-256 of the value

  auto operator<=>(const MapLeaf&) const = default;
};

[[nodiscard]] MapLeaf map_leaf(std::string_view key, std::string_view value);
[[nodiscard]] Digest map_leaf_hash(const MapLeaf& leaf);
[[nodiscard]] Digest map_node_hash(const Digest& left, const Digest& right);
// Bit `depth` of a path: 0 is the most significant one of the first byte.
[[nodiscard]] bool map_bit(const Digest& path, unsigned depth);

// The root by definition, from all leaves in order, each key once.
[[nodiscard]] Digest map_root(std::span<const MapLeaf> leaves);

// Where a key's path ends: the hashes beside it, the root's child first, and, if the key is absent
// and the path ends at another key's leaf, that leaf.
struct MapProof {
  std::vector<Digest> siblings;
  std::optional<MapLeaf> other;

  bool operator==(const MapProof&) const = default;
};

struct MapClaim {
  std::string_view key;
  std::optional<std::string_view> value;  // nothing: the key is absent
};

// PROOF_INVALID unless the root follows from the claim and the path.
[[nodiscard]] Result<void> verify_map(const MapClaim& claim, const MapProof& proof,
                                      const Digest& root);

}  // namespace puhui::crypto
