// The RFC 6962 §2.1 Merkle tree (RFC 9162 §2.1 with SHA-256): hashes, growing edge, proofs.
//
//   MTH({})     = SHA-256()
//   MTH({d})    = SHA-256(0x00 ‖ d)
//   MTH(D[n])   = SHA-256(0x01 ‖ MTH(D[0:k]) ‖ MTH(D[k:n])),  k = largest power of two below n
//
// A *node* (level, index) is the root of the complete subtree over leaves
// [index·2^level, (index+1)·2^level); level 0 holds the leaf hashes. Nodes never change once their
// leaves exist, so they are what is stored; roots and proofs at any size follow from them.
// Sizes and indexes count leaves. All functions may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hash.h"
#include "proto/error.h"

namespace puhui::crypto {

// Other implementations count in int64.
inline constexpr std::uint64_t kTreeSizeMax = (std::uint64_t{1} << 63) - 1;
// No inclusion or consistency proof is longer, whatever the size.
inline constexpr std::size_t kProofHashesMax = 64;

Digest empty_root();

// A tree as a log states it; at the beginning there is nothing.
struct TreeHead {
  std::uint64_t size = 0;
  Digest root = empty_root();

  // u64-BE size ‖ root[32].
  [[nodiscard]] std::string encode() const;
  // CORRUPT for other bytes than these.
  [[nodiscard]] static Result<TreeHead> decode(std::string_view bytes);

  bool operator==(const TreeHead&) const = default;
};

Digest leaf_hash(std::string_view entry);
Digest node_hash(const Digest& left, const Digest& right);

// MTH by definition, from all leaf hashes in order. Linear time; for attachments and tests.
Digest root_of(std::span<const Digest> leaf_hashes);

// Answers the node (level, index). Asked only for nodes whose leaves all lie below the size in
// question. It must not fail: a store that cannot answer stops the process.
using NodeReader = std::function<Digest(unsigned level, std::uint64_t index)>;

// Told of each node that an append completes, from level 0 upwards.
using NodeSink = std::function<void(unsigned level, std::uint64_t index, const Digest& hash)>;

// The right edge of a growing tree: the roots of the complete subtrees that its size, written in
// binary, consists of. Enough to append and to know the root; at most 63 hashes.
class Frontier {
 public:
  // Adds one leaf. Amortised two hashes. The tree must be smaller than kTreeSizeMax (asserted).
  void append(const Digest& leaf_hash, const NodeSink& completed = {});

  std::uint64_t size() const { return size_; }
  Digest root() const;

  // u64-BE size ‖ the subtree roots, widest first, 32 bytes each.
  std::string serialise() const;

  // CORRUPT unless the length fits the size. The hashes themselves cannot be checked: compare
  // root() with a root you trust.
  [[nodiscard]] static Result<Frontier> restore(std::string_view bytes);

  bool operator==(const Frontier&) const = default;

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> roots_;  // One per one-bit of size_, widest first.
};

// The root of the first `size` leaves. Reads one node per one-bit of size.
Digest root_at(std::uint64_t size, const NodeReader& reader);

// PATH(index, D[size]), the leaf's sibling first. Needs index < size (asserted).
std::vector<Digest> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                    const NodeReader& reader);

// PROOF(old_size, D[new_size]); empty for old_size 0 or old_size == new_size. Needs
// old_size <= new_size (asserted).
std::vector<Digest> consistency_proof(std::uint64_t old_size, std::uint64_t new_size,
                                      const NodeReader& reader);

// An inclusion claim: entry with this leaf hash is leaf `index` of the tree (size, root).
struct Inclusion {
  std::uint64_t index = 0;
  std::uint64_t size = 0;
  Digest leaf;
  Digest root;
};

// RFC 9162 §2.1.3.2. PROOF_INVALID unless the path leads exactly from the leaf to the root.
[[nodiscard]] Result<void> verify_inclusion(const Inclusion& claim, std::span<const Digest> path);

// A consistency claim: the tree (old_size, old_root) is a prefix of (new_size, new_root).
struct Consistency {
  std::uint64_t old_size = 0;
  std::uint64_t new_size = 0;
  Digest old_root;
  Digest new_root;
};

// RFC 9162 §2.1.4.2. PROOF_INVALID unless both roots follow from the path; for equal sizes unless
// the path is empty and the roots are equal; for old_size 0 unless the path is empty and old_root
// is empty_root() (the new root is then not proved, as there is nothing to be consistent with).
[[nodiscard]] Result<void> verify_consistency(const Consistency& claim,
                                              std::span<const Digest> path);

// The hashes of a proof as the C2SP formats write them: one a line, in base64, and an empty line.
std::string format_hashes(std::span<const Digest> hashes);
// Takes them off the front of hostile bytes. PROOF_MALFORMED outside the form or if there are more.
[[nodiscard]] Result<std::vector<Digest>> take_hashes(std::string_view& rest, std::size_t max);

}  // namespace puhui::crypto
