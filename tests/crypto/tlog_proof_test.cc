#include "crypto/tlog_proof.h"

#include <gtest/gtest.h>

#include "crypto/bytes.h"
#include "crypto/cosignature.h"

namespace puhui::crypto {
namespace {

constexpr const char* kOrigin = "city.example/ledger";
constexpr std::uint64_t kSize = 11;

SecretKey log_key() { return SecretKey::from_seed(std::string(32, 'l')).value(); }
SecretKey witness_key() { return SecretKey::from_seed(std::string(32, 'w')).value(); }

std::string entry(std::uint64_t index) { return "entry " + std::to_string(index); }

Policy policy() {
  Policy made;
  made.logs = {{{kOrigin, NoteKeyType::ed25519, log_key().public_key()}, ""}};
  made.witnesses = {{"w", {"w.example", NoteKeyType::cosignature, witness_key().public_key()}, ""}};
  made.quorum = "w";
  return made;
}

TlogProof proof_of(std::uint64_t index) {
  std::vector<Digest> leaves;
  for (std::uint64_t i = 0; i < kSize; ++i) leaves.push_back(leaf_hash(entry(i)));
  const NodeReader reader = [&](unsigned level, std::uint64_t at) {
    return root_of(std::span(leaves).subspan(at << level, std::size_t{1} << level));
  };
  const auto text = format_checkpoint({kOrigin, kSize, root_of(leaves), {}});
  const Note note{text,
                  {sign_note(text, kOrigin, log_key()).value(),
                   cosign(text, "w.example", witness_key(), 100).value()}};
  return {entry(index), index, inclusion_proof(index, kSize, reader), format_note(note)};
}

TEST(TlogProof, RoundTripsByteForByte) {
  for (std::uint64_t index = 0; index < kSize; ++index) {
    auto proof = proof_of(index);
    for (const auto& extra : {proof.extra, std::optional<std::string>(), {""}}) {
      proof.extra = extra;
      const auto bytes = format_tlog_proof(proof);
      EXPECT_EQ(parse_tlog_proof(bytes).value(), proof);
      EXPECT_EQ(format_tlog_proof(*parse_tlog_proof(bytes)), bytes);
    }
  }
}

TEST(TlogProof, HasTheShapeOfTheSpecification) {
  const auto proof = proof_of(10);
  std::string expected = "c2sp.org/tlog-proof@v1\nextra ZW50cnkgMTA=\nindex 10\n";
  for (const auto& hash : proof.path) expected += hash.base64() + "\n";
  expected += "\n" + proof.checkpoint;
  EXPECT_EQ(format_tlog_proof(proof), expected);
}

TEST(TlogProof, VerifiesEveryEntryAndNoOther) {
  for (std::uint64_t index = 0; index < kSize; ++index) {
    const auto proof = proof_of(index);
    const auto verified = verify_tlog_proof(proof, *proof.extra, policy());
    ASSERT_TRUE(verified) << index;
    EXPECT_EQ(verified->witnesses, (std::vector<Witnessed>{{"w", 100}}));
    const auto other = verify_tlog_proof(proof, entry(index) + "!", policy());
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::PROOF_INVALID);
  }
}

TEST(TlogProof, ExtraHasNoPartInTheProof) {
  auto proof = proof_of(4);
  proof.extra = "forged";
  EXPECT_TRUE(verify_tlog_proof(proof, entry(4), policy()));
  EXPECT_FALSE(verify_tlog_proof(proof, *proof.extra, policy()));
}

TEST(TlogProof, PolicyComesFirst) {
  auto stricter = policy();
  stricter.witnesses[0].key.key = log_key().public_key();
  EXPECT_EQ(verify_tlog_proof(proof_of(1), entry(1), stricter).error().code,
            ErrorCode::POLICY_UNMET);
  auto wrong_index = proof_of(1);
  wrong_index.index = kSize;
  EXPECT_EQ(verify_tlog_proof(wrong_index, entry(1), policy()).error().code,
            ErrorCode::PROOF_INVALID);
}

TEST(TlogProof, RefusesMalformed) {
  const std::string head = "c2sp.org/tlog-proof@v1\n", tail = "\ncheckpoint\n";
  const std::string hash = leaf_hash("x").base64() + "\n";
  std::string many;
  for (std::size_t i = 0; i < kProofHashesMax; ++i) many += hash;
  EXPECT_TRUE(parse_tlog_proof(head + "index 0\n" + many + tail));
  for (const auto& bad : std::vector<std::string>{
           std::string(),
           head,
           head + "index 0\n",
           head + "index 0\n" + hash,
           head + "index 0\n" + hash + "\n",
           "c2sp.org/tlog-proof@v2\nindex 0\n" + tail,
           head + "index 00\n" + tail,
           head + "index -1\n" + tail,
           head + "index\n" + tail,
           head + "index 9223372036854775808\n" + tail,
           head + "Index 0\n" + tail,
           head + "index 0\nextra AAAA\n" + tail,
           head + "extra AAAA\nextra AAAA\nindex 0\n" + tail,
           head + "extra A\nindex 0\n" + tail,
           head + "extra  AAAA\nindex 0\n" + tail,
           head + "index 0\nAAAA\n" + tail,
           head + "index 0\n" + hash + many + tail,
           head + "index 0\n " + hash + tail,
           head + "index 0\r\n" + tail,
           head + "extra " + base64_encode(std::string(kProofExtraSizeMax + 1, 'x')) +
               "\nindex 0\n" + tail,
           head + "index 0\n" + tail + std::string(kTlogProofSizeMax, 'x')}) {
    const auto parsed = parse_tlog_proof(bad);
    ASSERT_FALSE(parsed) << bad.substr(0, 200);
    EXPECT_EQ(parsed.error().code, ErrorCode::PROOF_MALFORMED);
  }
}

TEST(TlogProof, EveryTruncationFails) {
  const auto bytes = format_tlog_proof(proof_of(6));
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const auto proof = parse_tlog_proof(bytes.substr(0, cut));
    EXPECT_FALSE(proof && verify_tlog_proof(*proof, entry(6), policy())) << cut;
  }
}

}  // namespace
}  // namespace puhui::crypto
