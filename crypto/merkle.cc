#include "crypto/merkle.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "crypto/bytes.h"

namespace puhui::crypto {
namespace {

tl::unexpected<Error> invalid(const char* detail) { return fail(ErrorCode::PROOF_INVALID, detail); }

// The k of the definition: the largest power of two below n, for n > 1.
std::uint64_t split(std::uint64_t n) { return std::bit_floor(n - 1); }

// MTH(D[begin:end]) for a range that the definition's recursion reaches, so that begin is a
// multiple of the width of every complete subtree within.
Digest range_hash(std::uint64_t begin, std::uint64_t end, const NodeReader& reader) {
  const auto width = end - begin;
  assert(width > 0);
  if (std::has_single_bit(width)) {
    const auto level = static_cast<unsigned>(std::countr_zero(width));
    return reader(level, begin >> level);
  }
  const auto middle = begin + split(width);
  return node_hash(range_hash(begin, middle, reader), range_hash(middle, end, reader));
}

// Position in the tree while a proof is checked, as RFC 9162 names it.
struct Walk {
  std::uint64_t fn;
  std::uint64_t sn;

  void up() {
    fn >>= 1;
    sn >>= 1;
  }
  bool is_right() const { return (fn & 1) != 0 || fn == sn; }
  // After a left sibling: skips the levels at which this node, last in its row, has none.
  void up_while_lonely() {
    while ((fn & 1) == 0 && fn != 0) up();
  }
};

// The hashes along the path: of the old tree (used for consistency only) and of the whole.
struct Roots {
  Digest fr;
  Digest sr;
};

Result<Roots> climb(Walk walk, Roots roots, std::span<const Digest> path) {
  for (const auto& hash : path) {
    if (walk.sn == 0) return invalid("the path is too long");
    if (walk.is_right()) {
      roots.fr = node_hash(hash, roots.fr);
      roots.sr = node_hash(hash, roots.sr);
      walk.up_while_lonely();
    } else {
      roots.sr = node_hash(roots.sr, hash);
    }
    walk.up();
  }
  if (walk.sn != 0) return invalid("the path is too short");
  return roots;
}

}  // namespace

Digest empty_root() { return sha256({}); }

Digest leaf_hash(std::string_view entry) {
  return Sha256().update(std::string_view("\0", 1)).update(entry).final();
}

Digest node_hash(const Digest& left, const Digest& right) {
  std::array<char, 1 + 2 * Digest::kSize> bytes;
  bytes[0] = '\x01';
  auto next = std::copy(left.bytes.begin(), left.bytes.end(), bytes.begin() + 1);
  std::copy(right.bytes.begin(), right.bytes.end(), next);
  return sha256({bytes.data(), bytes.size()});
}

Digest root_of(std::span<const Digest> leaf_hashes) {
  if (leaf_hashes.empty()) return empty_root();
  if (leaf_hashes.size() == 1) return leaf_hashes[0];
  const auto k = split(leaf_hashes.size());
  return node_hash(root_of(leaf_hashes.first(k)), root_of(leaf_hashes.subspan(k)));
}

void Frontier::append(const Digest& leaf_hash, const NodeSink& completed) {
  assert(size_ < kTreeSizeMax);
  Digest hash = leaf_hash;
  if (completed) completed(0, size_, hash);
  unsigned level = 0;
  for (auto carry = size_; (carry & 1) != 0; carry >>= 1) {
    hash = node_hash(roots_.back(), hash);
    roots_.pop_back();
    ++level;
    if (completed) completed(level, size_ >> level, hash);
  }
  roots_.push_back(hash);
  ++size_;
}

Digest Frontier::root() const {
  if (roots_.empty()) return empty_root();
  Digest root = roots_.back();
  for (auto next = roots_.rbegin() + 1; next != roots_.rend(); ++next) {
    root = node_hash(*next, root);
  }
  return root;
}

std::string Frontier::serialise() const {
  std::string bytes;
  bytes.reserve(8 + roots_.size() * Digest::kSize);
  append_u64(bytes, size_);
  for (const auto& root : roots_) bytes += root.view();
  return bytes;
}

Result<Frontier> Frontier::restore(std::string_view bytes) {
  if (bytes.size() < 8) return fail(ErrorCode::CORRUPT, "a tree edge without its size");
  Frontier frontier;
  frontier.size_ = read_u64(bytes);
  bytes.remove_prefix(8);
  const auto count = static_cast<std::size_t>(std::popcount(frontier.size_));
  if (frontier.size_ > kTreeSizeMax || bytes.size() != count * Digest::kSize) {
    return fail(ErrorCode::CORRUPT, "a tree edge whose length does not fit its size");
  }
  for (; !bytes.empty(); bytes.remove_prefix(Digest::kSize)) {
    frontier.roots_.push_back(*Digest::from_bytes(bytes.substr(0, Digest::kSize)));
  }
  return frontier;
}

std::string TreeHead::encode() const {
  std::string bytes;
  append_u64(bytes, size);
  bytes += root.view();
  return bytes;
}

Result<TreeHead> TreeHead::decode(std::string_view bytes) {
  if (bytes.size() != 8 + Digest::kSize) return fail(ErrorCode::CORRUPT, "a tree head");
  return TreeHead{read_u64(bytes), *Digest::from_bytes(bytes.substr(8))};
}

Digest root_at(std::uint64_t size, const NodeReader& reader) {
  return size == 0 ? empty_root() : range_hash(0, size, reader);
}

std::vector<Digest> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                    const NodeReader& reader) {
  assert(index < size);
  std::vector<Digest> path;
  std::uint64_t begin = 0, end = size;
  while (end - begin > 1) {
    const auto middle = begin + split(end - begin);
    if (index < middle) {
      path.push_back(range_hash(middle, end, reader));
      end = middle;
    } else {
      path.push_back(range_hash(begin, middle, reader));
      begin = middle;
    }
  }
  std::reverse(path.begin(), path.end());
  return path;
}

std::vector<Digest> consistency_proof(std::uint64_t old_size, std::uint64_t new_size,
                                      const NodeReader& reader) {
  assert(old_size <= new_size);
  std::vector<Digest> path;
  if (old_size == 0 || old_size == new_size) return path;
  std::uint64_t begin = 0, end = new_size;
  while (end != old_size) {
    const auto middle = begin + split(end - begin);
    if (old_size <= middle) {
      path.push_back(range_hash(middle, end, reader));
      end = middle;
    } else {
      path.push_back(range_hash(begin, middle, reader));
      begin = middle;
    }
  }
  // SUBPROOF's flag: the old tree's own root is known to the verifier and left out.
  if (begin != 0) path.push_back(range_hash(begin, end, reader));
  std::reverse(path.begin(), path.end());
  return path;
}

Result<void> verify_inclusion(const Inclusion& claim, std::span<const Digest> path) {
  if (claim.index >= claim.size) return invalid("the index lies beyond the tree");
  const auto roots = climb({claim.index, claim.size - 1}, {claim.leaf, claim.leaf}, path);
  if (!roots) return tl::make_unexpected(roots.error());
  if (roots->sr != claim.root) return invalid("the path leads to another root");
  return {};
}

Result<void> verify_consistency(const Consistency& claim, std::span<const Digest> path) {
  if (claim.old_size > claim.new_size) return invalid("the old tree is larger");
  if (claim.old_size == 0 || claim.old_size == claim.new_size) {
    if (!path.empty()) return invalid("the path must be empty");
    const auto expected = claim.old_size == 0 ? empty_root() : claim.new_root;
    if (claim.old_root != expected) return invalid("the roots differ");
    return {};
  }
  Digest first = claim.old_root;
  if (!std::has_single_bit(claim.old_size)) {
    if (path.empty()) return invalid("the path is too short");
    first = path.front();
    path = path.subspan(1);
  }
  Walk walk{claim.old_size - 1, claim.new_size - 1};
  while ((walk.fn & 1) != 0) walk.up();
  const auto roots = climb(walk, {first, first}, path);
  if (!roots) return tl::make_unexpected(roots.error());
  if (roots->fr != claim.old_root) return invalid("the path leads to another old root");
  if (roots->sr != claim.new_root) return invalid("the path leads to another new root");
  return {};
}

std::string format_hashes(std::span<const Digest> hashes) {
  std::string lines;
  for (const auto& hash : hashes) lines += hash.base64() + "\n";
  return lines + "\n";
}

Result<std::vector<Digest>> take_hashes(std::string_view& rest, std::size_t max) {
  const auto malformed = [](const char* why) { return fail(ErrorCode::PROOF_MALFORMED, why); };
  std::vector<Digest> hashes;
  for (;;) {
    const auto line = take_line(rest);
    if (!line) return malformed("no empty line behind the hashes");
    if (line->empty()) return hashes;
    if (hashes.size() == max) return malformed("too many hashes");
    const auto hash = Digest::from_base64(*line);
    if (!hash) return malformed("not a hash");
    hashes.push_back(*hash);
  }
}

}  // namespace puhui::crypto
