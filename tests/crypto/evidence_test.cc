// Evidence of a fork convinces a third person, and nothing else does.
#include "crypto/evidence.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/crypto/growing_log.h"

namespace puhui::crypto {
namespace {

using testing::GrowingLog;

struct Forked : ::testing::Test {
  GrowingLog honest{"city.example/ledger", 'l'};
  GrowingLog fork{"city.example/ledger", 'l', "forked "};
  std::vector<VerifierKey> keys = {honest.key()};

  // `small` as the honest log had it, `large` as the forked one did.
  [[nodiscard]] Evidence between(std::uint64_t small, std::uint64_t large) const {
    Evidence evidence{{}, {}, honest.checkpoint(small), fork.checkpoint(large)};
    if (small == large) return evidence;
    evidence.root = fork.root(small);
    evidence.proof = consistency_proof(small, large, fork.nodes());
    return evidence;
  }
  [[nodiscard]] ErrorCode code(const Evidence& evidence) const {
    const auto fork_shown = verify_evidence(evidence, keys);
    return fork_shown ? ErrorCode::OK : fork_shown.error().code;
  }
};

TEST_F(Forked, ConvincesAtEverySize) {
  for (std::uint64_t small = 1; small < 20; ++small)
    for (std::uint64_t large = small; large < 20; ++large) {
      const auto evidence = between(small, large);
      const auto bytes = format_evidence(evidence);
      EXPECT_EQ(parse_evidence(bytes).value(), evidence);
      const auto shown = verify_evidence(evidence, keys);
      ASSERT_TRUE(shown) << small << " " << large;
      EXPECT_EQ(shown->log, keys.front());
      EXPECT_EQ(shown->smaller.size, small);
      EXPECT_EQ(shown->larger.size, large);
    }
}

TEST_F(Forked, AnHonestLogCannotBeAccused) {
  for (std::uint64_t small = 1; small < 12; ++small)
    for (std::uint64_t large = small; large < 12; ++large) {
      Evidence evidence{{}, {}, honest.checkpoint(small), honest.checkpoint(large)};
      EXPECT_EQ(code(evidence), ErrorCode::PROOF_INVALID);
      evidence.root = honest.root(small);
      evidence.proof = consistency_proof(small, large, honest.nodes());
      EXPECT_EQ(code(evidence), ErrorCode::PROOF_INVALID);
      evidence.root = fork.root(small);
      EXPECT_EQ(code(evidence), ErrorCode::PROOF_INVALID);
    }
}

TEST_F(Forked, BothMustBeSignedByOneTrustedLog) {
  GrowingLog other{"other.example/ledger", 'o'};
  auto evidence = between(4, 4);
  evidence.larger = other.checkpoint(4);
  EXPECT_EQ(code(evidence), ErrorCode::NOTE_UNVERIFIED);
  keys.push_back(other.key());
  EXPECT_EQ(code(evidence), ErrorCode::NOTE_UNVERIFIED) << "two logs may well differ";
  // One log signing the other's name.
  evidence.larger = other.signed_note({honest.origin, 4, other.root(4), {}});
  EXPECT_EQ(code(evidence), ErrorCode::NOTE_UNVERIFIED);
  keys = {other.key()};
  EXPECT_EQ(code(between(4, 4)), ErrorCode::NOTE_UNVERIFIED);
}

TEST_F(Forked, OrderAndRootMatter) {
  auto evidence = between(3, 9);
  std::swap(evidence.smaller, evidence.larger);
  EXPECT_EQ(code(evidence), ErrorCode::PROOF_INVALID);
  evidence = between(3, 9);
  evidence.root.reset();
  EXPECT_EQ(code(evidence), ErrorCode::PROOF_INVALID);
  evidence = between(3, 9);
  evidence.proof.pop_back();
  EXPECT_EQ(code(evidence), ErrorCode::PROOF_INVALID);
}

TEST_F(Forked, MalformedFilesAreRefused) {
  const auto good = format_evidence(between(3, 9));
  ASSERT_TRUE(parse_evidence(good));
  for (std::size_t cut = 0; cut < good.size(); ++cut)
    EXPECT_FALSE(parse_evidence(std::string_view(good).substr(0, cut))) << cut;
  EXPECT_FALSE(parse_evidence(good + "x"));
  EXPECT_FALSE(parse_evidence(std::string(kEvidenceSizeMax + 1, 'x')));
  auto many = between(3, 9);
  many.proof.resize(kProofHashesMax);
  EXPECT_TRUE(parse_evidence(format_evidence(many)));
  many.proof.resize(kProofHashesMax + 1);
  EXPECT_FALSE(parse_evidence(format_evidence(many)));
}

// No changed byte leaves evidence that convinces of something else.
RC_GTEST_FIXTURE_PROP(Forked, AChangedByteIsNoticed, ()) {
  const auto evidence = between(3, 9);
  auto bytes = format_evidence(evidence);
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  bytes[at] = static_cast<char>(bytes[at] ^ *rc::gen::inRange(1, 256));
  const auto parsed = parse_evidence(bytes);
  if (!parsed) return;
  const auto shown = verify_evidence(*parsed, keys);
  RC_ASSERT(!shown || (shown->smaller.size == 3 && shown->larger.size == 9));
}

}  // namespace
}  // namespace puhui::crypto
