#include "crypto/hash.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace puhui::crypto {
namespace {

constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256, Fips180Vectors) {
  init();
  init();
  EXPECT_EQ(sha256("abc").hex(), kAbc);
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  Sha256 million;
  for (int i = 0; i < 1000; ++i) million.update(std::string(1000, 'a'));
  EXPECT_EQ(million.final().hex(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesEqualTheWhole) {
  EXPECT_TRUE(rc::check("streaming equals hashing at once", [](std::vector<std::string> pieces) {
    Sha256 streamed;
    std::string whole;
    for (const auto& piece : pieces) {
      streamed.update(piece);
      whole += piece;
    }
    RC_ASSERT(streamed.final() == sha256(whole));
  }));
}

TEST(Sha256DeathTest, IsUsedOnce) {
  Sha256 hash;
  hash.final();
  EXPECT_DEATH(hash.final(), "finished_");
}

TEST(Digest, SpellingsAreExact) {
  const auto digest = sha256("abc");
  EXPECT_EQ(Digest::from_hex(kAbc).value(), digest);
  EXPECT_EQ(Digest::from_base64(digest.base64()).value(), digest);
  EXPECT_EQ(Digest::from_bytes(digest.view()).value(), digest);
  const std::string raw(digest.view());
  EXPECT_FALSE(Digest::from_bytes(raw.substr(1)));
  EXPECT_FALSE(Digest::from_bytes(raw + "x"));
  EXPECT_FALSE(Digest::from_hex(std::string(kAbc).substr(2)));
  EXPECT_FALSE(Digest::from_hex("BA" + std::string(kAbc).substr(2)));
  EXPECT_FALSE(Digest::from_base64(digest.base64().substr(0, 43)));
  EXPECT_EQ(Digest::from_base64("").error().code, ErrorCode::INVALID_ARGUMENT);
}

TEST(Digest, OrdersAsBytes) {
  Digest low, high;
  low.bytes[0] = 0x7f;
  high.bytes[0] = 0x80;
  EXPECT_LT(low, high);
  EXPECT_LT(low.view(), high.view());
}

}  // namespace
}  // namespace puhui::crypto
