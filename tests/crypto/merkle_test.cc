#include "crypto/merkle.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

#include "crypto/bytes.h"

namespace puhui::crypto {
namespace {

constexpr std::uint64_t kSizeMax = 130;

// The definitions of RFC 6962 §2.1, written down again and independent of the code under test.
namespace naive {

std::size_t split(std::size_t n) {
  std::size_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

Digest mth(const std::vector<std::string>& d, std::size_t begin, std::size_t end) {
  const auto n = end - begin;
  if (n == 0) return sha256("");
  if (n == 1) return sha256(std::string(1, '\0') + d[begin]);
  const auto k = split(n);
  const auto left = mth(d, begin, begin + k), right = mth(d, begin + k, end);
  return sha256("\x01" + std::string(left.view()) + std::string(right.view()));
}

using Path = std::vector<Digest>;

Path then(Path path, const Digest& last) {
  path.push_back(last);
  return path;
}

Path path(const std::vector<std::string>& d, std::size_t m, std::size_t begin, std::size_t end) {
  if (end - begin == 1) return {};
  const auto middle = begin + split(end - begin);
  if (m < middle) return then(path(d, m, begin, middle), mth(d, middle, end));
  return then(path(d, m, middle, end), mth(d, begin, middle));
}

Path subproof(const std::vector<std::string>& d, std::size_t m, std::size_t begin, std::size_t end,
              bool known) {
  if (m == end) return known ? Path{} : Path{mth(d, begin, end)};
  const auto middle = begin + split(end - begin);
  if (m <= middle) return then(subproof(d, m, begin, middle, known), mth(d, middle, end));
  return then(subproof(d, m, middle, end, false), mth(d, begin, middle));
}

}  // namespace naive

// A tree grown by Frontier, whose completed nodes are stored and read back.
struct Tree {
  std::vector<std::string> entries;
  Frontier frontier;
  std::map<std::pair<unsigned, std::uint64_t>, Digest> nodes;
  std::vector<Digest> roots{empty_root()};

  explicit Tree(std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      entries.push_back("entry " + std::to_string(i));
      frontier.append(leaf_hash(entries.back()), [&](unsigned level, auto index, const Digest& h) {
        EXPECT_TRUE(nodes.emplace(std::pair{level, index}, h).second);
      });
      roots.push_back(frontier.root());
    }
  }
  NodeReader reader(std::uint64_t size) const {
    return [this, size](unsigned level, std::uint64_t index) {
      EXPECT_LE((index + 1) << level, size) << "a node beyond the size was asked for";
      return nodes.at({level, index});
    };
  }
};

const Tree& tree() {
  static const Tree built(kSizeMax);
  return built;
}

Digest flip(Digest digest, unsigned bit) {
  digest.bytes[bit / 8] = static_cast<std::uint8_t>(digest.bytes[bit / 8] ^ (1 << bit % 8));
  return digest;
}

std::vector<std::string> reference_leaves() {
  std::vector<std::string> leaves;
  for (const char* hex : {"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                          "606162636465666768696a6b6c6d6e6f"}) {
    leaves.push_back(hex_decode(hex).value());
  }
  return leaves;
}

TEST(Merkle, CertificateTransparencyReferenceRoots) {
  const std::map<std::size_t, std::string> expected = {
      {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
      {2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
      {3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
      {7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
      {8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"}};
  Frontier frontier;
  std::vector<Digest> hashes;
  std::size_t compared = 0;
  for (std::size_t size = 0; size <= 8; ++size) {
    if (const auto found = expected.find(size); found != expected.end()) {
      EXPECT_EQ(frontier.root().hex(), found->second) << size;
      EXPECT_EQ(root_of(hashes).hex(), found->second) << size;
      ++compared;
    }
    if (size == 8) break;
    hashes.push_back(leaf_hash(reference_leaves()[size]));
    frontier.append(hashes.back());
  }
  EXPECT_EQ(compared, expected.size());
}

TEST(Merkle, RootsAgreeWithTheDefinitionAtEverySize) {
  for (std::uint64_t size = 0; size <= kSizeMax; ++size) {
    const auto expected = naive::mth(tree().entries, 0, size);
    EXPECT_EQ(tree().roots[size], expected) << size;
    EXPECT_EQ(root_at(size, tree().reader(size)), expected) << size;
  }
}

TEST(Merkle, EveryInclusionProofAgreesAndVerifies) {
  for (std::uint64_t size = 1; size <= kSizeMax; ++size) {
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto path = inclusion_proof(index, size, tree().reader(size));
      ASSERT_EQ(path, naive::path(tree().entries, index, 0, size)) << index << " of " << size;
      const Inclusion claim{index, size, leaf_hash(tree().entries[index]), tree().roots[size]};
      ASSERT_TRUE(verify_inclusion(claim, path)) << index << " of " << size;
    }
  }
}

TEST(Merkle, EveryConsistencyProofAgreesAndVerifies) {
  for (std::uint64_t size = 1; size <= kSizeMax; ++size) {
    for (std::uint64_t old_size = 1; old_size <= size; ++old_size) {
      const auto path = consistency_proof(old_size, size, tree().reader(size));
      ASSERT_EQ(path, naive::subproof(tree().entries, old_size, 0, size, true))
          << old_size << " to " << size;
      const Consistency claim{old_size, size, tree().roots[old_size], tree().roots[size]};
      ASSERT_TRUE(verify_consistency(claim, path)) << old_size << " to " << size;
    }
  }
}

TEST(Merkle, ChangedInclusionProofsFail) {
  EXPECT_TRUE(rc::check("any one change to an inclusion claim or path fails", [] {
    const auto size = *rc::gen::inRange<std::uint64_t>(1, kSizeMax + 1);
    const auto index = *rc::gen::inRange<std::uint64_t>(0, size);
    const auto bit = *rc::gen::inRange(0u, 256u);
    auto path = inclusion_proof(index, size, tree().reader(size));
    Inclusion claim{index, size, leaf_hash(tree().entries[index]), tree().roots[size]};
    RC_ASSERT(verify_inclusion(claim, path).has_value());
    const auto victim = *rc::gen::inRange<std::size_t>(0, path.size() + 4);
    if (victim < path.size()) path[victim] = flip(path[victim], bit);
    if (victim == path.size()) claim.leaf = flip(claim.leaf, bit);
    if (victim == path.size() + 1) claim.root = flip(claim.root, bit);
    if (victim == path.size() + 2) path.push_back(claim.root);
    if (victim == path.size() + 3) {
      RC_PRE(size > 1);
      claim.index = (index + 1 + bit % (size - 1)) % size;
    }
    const auto verdict = verify_inclusion(claim, path);
    RC_ASSERT(!verdict.has_value());
    RC_ASSERT(verdict.error().code == ErrorCode::PROOF_INVALID);
  }));
}

TEST(Merkle, ChangedConsistencyProofsFail) {
  EXPECT_TRUE(rc::check("any one change to a consistency claim or path fails", [] {
    const auto size = *rc::gen::inRange<std::uint64_t>(2, kSizeMax + 1);
    const auto old_size = *rc::gen::inRange<std::uint64_t>(1, size);
    const auto bit = *rc::gen::inRange(0u, 256u);
    auto path = consistency_proof(old_size, size, tree().reader(size));
    Consistency claim{old_size, size, tree().roots[old_size], tree().roots[size]};
    RC_ASSERT(verify_consistency(claim, path).has_value());
    const auto victim = *rc::gen::inRange<std::size_t>(0, path.size() + 4);
    const auto count = path.size();
    if (victim < count) path[victim] = flip(path[victim], bit);
    if (victim == count) claim.old_root = flip(claim.old_root, bit);
    if (victim == count + 1) claim.new_root = flip(claim.new_root, bit);
    if (victim == count + 2) path.push_back(claim.new_root);
    if (victim == count + 3) path.pop_back();
    RC_ASSERT(!verify_consistency(claim, path).has_value());
  }));
}

// After a left sibling a verifier must go up *while* the node is an even, non-zero position. The
// wrong test `!lsb(fn) || fn == 0` never ends at fn == 0, which the last leaf of these sizes meets.
TEST(Merkle, ClimbStopsAtTheLeftEdge) {
  for (const std::uint64_t size : {3u, 5u, 9u, 17u, 33u, 65u, 129u}) {
    const auto index = size - 1;
    const auto path = inclusion_proof(index, size, tree().reader(size));
    ASSERT_EQ(path.size(), 1u);
    const Inclusion claim{index, size, leaf_hash(tree().entries[index]), tree().roots[size]};
    EXPECT_TRUE(verify_inclusion(claim, path)) << size;
    EXPECT_FALSE(verify_inclusion(claim, std::vector<Digest>{path[0], path[0]})) << size;
  }
}

TEST(Merkle, BordersOfInclusion) {
  const auto leaf = leaf_hash("only");
  EXPECT_TRUE(verify_inclusion({0, 1, leaf, leaf}, {}));
  EXPECT_FALSE(verify_inclusion({0, 0, leaf, leaf}, {}));
  EXPECT_FALSE(verify_inclusion({1, 1, leaf, leaf}, {}));
  EXPECT_FALSE(verify_inclusion({0, 2, leaf, leaf}, {}));
  const std::vector<Digest> endless(200, leaf);
  EXPECT_FALSE(verify_inclusion({0, kTreeSizeMax, leaf, leaf}, endless));
  EXPECT_FALSE(verify_inclusion({~0ull - 1, ~0ull, leaf, leaf}, endless));
}

TEST(Merkle, BordersOfConsistency) {
  const auto a = tree().roots[5], b = tree().roots[9];
  EXPECT_TRUE(verify_consistency({5, 5, a, a}, {}));
  EXPECT_FALSE(verify_consistency({5, 5, a, b}, {}));
  EXPECT_FALSE(verify_consistency({5, 5, a, a}, std::vector<Digest>{a}));
  EXPECT_TRUE(verify_consistency({0, 9, empty_root(), b}, {}));
  EXPECT_FALSE(verify_consistency({0, 9, a, b}, {}));
  EXPECT_FALSE(verify_consistency({0, 9, empty_root(), b}, std::vector<Digest>{b}));
  EXPECT_FALSE(verify_consistency({9, 5, b, a}, {}));
  EXPECT_FALSE(verify_consistency({5, 9, a, b}, {}));
  EXPECT_FALSE(verify_consistency({4, 9, tree().roots[4], b}, {}));
  EXPECT_TRUE(consistency_proof(0, 9, tree().reader(9)).empty());
}

TEST(Frontier, RestoresAtEverySizeAndGrowsOn) {
  for (std::size_t size = 0; size <= 70; ++size) {
    const Tree small(size);
    const auto bytes = small.frontier.serialise();
    auto restored = Frontier::restore(bytes);
    ASSERT_TRUE(restored) << size;
    EXPECT_EQ(*restored, small.frontier);
    for (std::size_t i = size; i < 75; ++i) restored->append(leaf_hash(tree().entries[i]));
    EXPECT_EQ(restored->root(), tree().roots[75]) << size;
  }
}

TEST(Frontier, RefusesDamagedLengths) {
  const auto bytes = Tree(7).frontier.serialise();
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const auto restored = Frontier::restore(bytes.substr(0, cut));
    ASSERT_FALSE(restored) << cut;
    EXPECT_EQ(restored.error().code, ErrorCode::CORRUPT);
  }
  EXPECT_FALSE(Frontier::restore(bytes + "x"));
  EXPECT_FALSE(Frontier::restore(std::string(8, '\xff') + std::string(64 * 32, 'x')));
}

}  // namespace
}  // namespace puhui::crypto
