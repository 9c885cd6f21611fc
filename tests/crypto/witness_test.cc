// The witness protocol, both roles, by scripts written from the specification.
#include "crypto/witness.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "crypto/cosignature.h"
#include "tests/crypto/growing_log.h"

namespace puhui::crypto {
namespace {

using testing::GrowingLog;

// A witness that remembers in memory what a node remembers on disk.
struct Script {
  GrowingLog log{"city.example/ledger", 'l'};
  std::vector<VerifierKey> followed = {log.key()};
  TreeHead last;

  Witnessing ask(const std::string& bytes) {
    const auto opened = open_add_checkpoint(bytes, followed);
    if (!opened) return opened.error();
    const auto verdict = judge(*opened, last);
    if (verdict == Witnessing::cosign) last = {opened->checkpoint.size, opened->checkpoint.root};
    return verdict;
  }
  Witnessing ask(const AddCheckpoint& request) { return ask(format_add_checkpoint(request)); }
};

TEST(Witness, ARequestHasTheShapeOfTheSpecification) {
  GrowingLog log("city.example/ledger", 'l');
  const auto request = log.request(3, 7);
  std::string expected = "old 3\n";
  for (const auto& hash : request.proof) expected += hash.base64() + "\n";
  EXPECT_EQ(format_add_checkpoint(request), expected + "\n" + request.checkpoint);
  EXPECT_EQ(parse_add_checkpoint(format_add_checkpoint(request)).value(), request);
}

TEST(Witness, FollowsALogAsItGrows) {
  Script script;
  EXPECT_EQ(script.ask(script.log.request(0, 0)), Witnessing::cosign);
  std::uint64_t old = 0;
  for (const std::uint64_t size : {1, 2, 3, 8, 9, 64, 200}) {
    EXPECT_EQ(script.ask(script.log.request(old, size)), Witnessing::cosign) << size;
    EXPECT_EQ(script.ask(script.log.request(size, size)), Witnessing::cosign) << "again";
    old = size;
  }
}

TEST(Witness, EachStatusOfTheSpecification) {
  Script script;
  ASSERT_EQ(script.ask(script.log.request(0, 5)), Witnessing::cosign);
  const auto before = script.last;

  // 409: not what was cosigned last, in either direction.
  EXPECT_EQ(script.ask(script.log.request(0, 7)), Witnessing::stale);
  EXPECT_EQ(script.ask(script.log.request(6, 7)), Witnessing::stale);
  // 400: older than the old one.
  EXPECT_EQ(script.ask(AddCheckpoint{5, {}, script.log.checkpoint(4)}), Witnessing::malformed);
  // 404 and 403.
  GrowingLog unknown("other.example/ledger", 'o');
  EXPECT_EQ(script.ask(unknown.request(5, 7)), Witnessing::unknown_log);
  GrowingLog impostor("city.example/ledger", 'i');
  EXPECT_EQ(script.ask(impostor.request(5, 7)), Witnessing::not_signed);
  // 422: a proof of something else, too short, too long, for equal sizes, another root.
  auto request = script.log.request(5, 7);
  request.proof.pop_back();
  EXPECT_EQ(script.ask(request), Witnessing::inconsistent);
  request = script.log.request(5, 7);
  request.proof.push_back(empty_root());
  EXPECT_EQ(script.ask(request), Witnessing::inconsistent);
  request = script.log.request(5, 5);
  request.proof.push_back(empty_root());
  EXPECT_EQ(script.ask(request), Witnessing::inconsistent);
  GrowingLog fork("city.example/ledger", 'l', "forked ");
  EXPECT_EQ(script.ask(fork.request(5, 5)), Witnessing::inconsistent);
  EXPECT_EQ(script.ask(fork.request(5, 7)), Witnessing::inconsistent);
  EXPECT_EQ(script.last, before) << "nothing but 200 moves a witness";
  EXPECT_EQ(script.ask(script.log.request(5, 7)), Witnessing::cosign);
}

TEST(Witness, TheFirstCheckpointComesWithoutProof) {
  Script script;
  auto request = script.log.request(0, 4);
  request.proof.push_back(empty_root());
  EXPECT_EQ(script.ask(request), Witnessing::inconsistent);
  request = {0, {}, script.log.signed_note({script.log.origin, 0, leaf_hash("x"), {}})};
  EXPECT_EQ(script.ask(request), Witnessing::inconsistent) << "an empty tree has one root";
}

TEST(Witness, MalformedRequestsAreRefused) {
  Script script;
  const auto good = format_add_checkpoint(script.log.request(0, 3));
  ASSERT_TRUE(parse_add_checkpoint(good));
  for (const auto& bytes :
       {std::string(), std::string("old 0"), std::string("old 0\n"),
        "old 00\n\n" + script.log.checkpoint(3), "old -1\n\n" + script.log.checkpoint(3),
        "old 9223372036854775808\n\n" + script.log.checkpoint(3),
        "Old 0\n\n" + script.log.checkpoint(3), "old 0\nAAAA\n\n" + script.log.checkpoint(3),
        "old 0\n" + script.log.checkpoint(3), std::string("old 0\n\n"),
        "old 0\r\n\r\n" + script.log.checkpoint(3)})
    EXPECT_EQ(script.ask(bytes), Witnessing::malformed) << bytes;
  AddCheckpoint long_proof{0, std::vector<Digest>(63), script.log.checkpoint(3)};
  EXPECT_TRUE(parse_add_checkpoint(format_add_checkpoint(long_proof)));
  long_proof.proof.resize(64);
  EXPECT_FALSE(parse_add_checkpoint(format_add_checkpoint(long_proof)));
  EXPECT_FALSE(parse_add_checkpoint(good + std::string(kAddCheckpointSizeMax, '\n')));
}

TEST(Witness, AConflictNamesTheSize) {
  EXPECT_EQ(format_tree_size(20852163), "20852163\n");
  EXPECT_EQ(parse_tree_size("20852163\n").value(), 20852163u);
  EXPECT_EQ(parse_tree_size("0\n").value(), 0u);
  for (const auto* wrong : {"", "1", "01\n", "1\n\n", " 1\n", "x\n", "9223372036854775808\n"})
    EXPECT_FALSE(parse_tree_size(wrong)) << wrong;
}

// Whatever is asked in whatever order, what was cosigned forms one growing line.
RC_GTEST_PROP(Witness, NeverCosignsAFork, ()) {
  GrowingLog honest("city.example/ledger", 'l'), fork("city.example/ledger", 'l', "forked ");
  Script script;
  std::vector<TreeHead> cosigned;
  const auto steps = *rc::gen::inRange(1, 40);
  for (int step = 0; step < steps; ++step) {
    auto& log = *rc::gen::weightedElement<bool>({{3, true}, {1, false}}) ? honest : fork;
    const auto size = *rc::gen::inRange<std::uint64_t>(0, 20);
    const auto old = std::min(size, *rc::gen::arbitrary<bool>() ? script.last.size : size);
    if (script.ask(log.request(old, size)) == Witnessing::cosign) cosigned.push_back(script.last);
  }
  for (std::size_t i = 1; i < cosigned.size(); ++i) {
    RC_ASSERT(cosigned[i].size >= cosigned[i - 1].size);
    // All of one log, but for the empty tree, which is every log's.
    const auto& log = cosigned[i].root == honest.root(cosigned[i].size) ? honest : fork;
    RC_ASSERT(cosigned[i - 1].root == log.root(cosigned[i - 1].size));
  }
}

}  // namespace
}  // namespace puhui::crypto
