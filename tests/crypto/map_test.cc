#include "crypto/map.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

namespace puhui::crypto {
namespace {

using Pairs = std::map<std::string, std::string>;

std::vector<MapLeaf> leaves_of(const Pairs& pairs) {
  std::vector<MapLeaf> leaves;
  for (const auto& [key, value] : pairs) leaves.push_back(map_leaf(key, value));
  std::ranges::sort(leaves);
  return leaves;
}

// Those whose next bit is this one.
std::vector<MapLeaf> under(const std::vector<MapLeaf>& leaves, unsigned depth, bool bit) {
  std::vector<MapLeaf> chosen;
  for (const auto& leaf : leaves)
    if (map_bit(leaf.key, depth) == bit) chosen.push_back(leaf);
  return chosen;
}

// The definition of the root, written down again.
Digest root_of(const std::vector<MapLeaf>& leaves, unsigned depth) {
  if (leaves.empty()) return {};
  if (leaves.size() == 1)
    return sha256("\x02" + std::string(leaves[0].key.view()) + std::string(leaves[0].value.view()));
  return sha256("\x03" + std::string(root_of(under(leaves, depth, false), depth + 1).view()) +
                std::string(root_of(under(leaves, depth, true), depth + 1).view()));
}

MapProof proof_of(std::vector<MapLeaf> leaves, const Digest& path) {
  MapProof proof;
  for (unsigned depth = 0; leaves.size() > 1; ++depth) {
    const bool bit = map_bit(path, depth);
    proof.siblings.push_back(root_of(under(leaves, depth, !bit), depth + 1));
    leaves = under(leaves, depth, bit);
  }
  if (leaves.size() == 1 && leaves.front().key != path) proof.other = leaves.front();
  return proof;
}

TEST(Map, SmallOnesByHand) {
  EXPECT_EQ(map_root({}), Digest());
  const auto a = map_leaf("a", "1"), b = map_leaf("b", "2");
  EXPECT_EQ(map_root(std::vector{a}),
            sha256("\x02" + std::string(sha256("a").view()) + std::string(sha256("1").view())));
  // SHA-256("a") begins with ca (1100…), SHA-256("b") with 3e (0011…).
  EXPECT_EQ(map_root(std::vector{b, a}), map_node_hash(map_leaf_hash(b), map_leaf_hash(a)));
  EXPECT_EQ(map_node_hash(a.key, b.key),
            sha256("\x03" + std::string(a.key.view()) + std::string(b.key.view())));
}

TEST(Map, BitsCountFromTheMostSignificant) {
  Digest path;
  path.bytes[0] = 0x80;
  path.bytes[1] = 0x01;
  EXPECT_TRUE(map_bit(path, 0));
  EXPECT_FALSE(map_bit(path, 1));
  EXPECT_FALSE(map_bit(path, 14));
  EXPECT_TRUE(map_bit(path, 15));
}

TEST(Map, AnEmptyMapProvesAbsence) {
  EXPECT_TRUE(verify_map({"a", std::nullopt}, {}, map_root({})));
  EXPECT_FALSE(verify_map({"a", "1"}, {}, map_root({})));
}

TEST(Map, ClaimsThatAreNotSoAreRefused) {
  const auto a = map_leaf("a", "1"), b = map_leaf("b", "2");
  const auto root = map_root(std::vector{b, a});
  const MapProof proof_a{{map_leaf_hash(b)}, std::nullopt};
  ASSERT_TRUE(verify_map({"a", "1"}, proof_a, root));
  EXPECT_FALSE(verify_map({"a", "2"}, proof_a, root));
  EXPECT_FALSE(verify_map({"a", ""}, proof_a, root));
  EXPECT_FALSE(verify_map({"b", "2"}, proof_a, root));
  EXPECT_FALSE(verify_map({"a", std::nullopt}, proof_a, root));
  EXPECT_FALSE(verify_map({"a", std::nullopt}, {proof_a.siblings, a}, root));
  EXPECT_FALSE(verify_map({"b", std::nullopt}, {proof_a.siblings, a}, root));
  EXPECT_FALSE(verify_map({"a", "1"}, {proof_a.siblings, b}, root));
  EXPECT_FALSE(verify_map({"a", "1"}, {{}, std::nullopt}, root));
  EXPECT_FALSE(verify_map({"a", "1"}, {std::vector<Digest>(257), std::nullopt}, root));
}

RC_GTEST_PROP(Map, ProofsByDefinitionVerifyAndOthersDoNot,
              (const Pairs& pairs, const std::string& other_key)) {
  const auto leaves = leaves_of(pairs);
  const auto root = map_root(leaves);
  RC_ASSERT(root == root_of(leaves, 0));
  for (const auto& [key, value] : pairs) {
    auto proof = proof_of(leaves, sha256(key));
    RC_ASSERT(verify_map({key, value}, proof, root).has_value());
    RC_ASSERT(!verify_map({key, value + "x"}, proof, root));
    RC_ASSERT(!verify_map({key, std::nullopt}, proof, root));
    if (proof.siblings.empty()) continue;
    proof.siblings[key.size() % proof.siblings.size()].bytes[value.size() % 32] ^= 1;
    RC_ASSERT(!verify_map({key, value}, proof, root));
  }
  if (pairs.contains(other_key)) return;
  const auto proof = proof_of(leaves, sha256(other_key));
  RC_ASSERT(verify_map({other_key, std::nullopt}, proof, root).has_value());
  RC_ASSERT(!verify_map({other_key, ""}, proof, root));
}

}  // namespace
}  // namespace puhui::crypto
