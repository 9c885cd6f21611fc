#include "crypto/seal.h"

#include <gtest/gtest.h>

namespace puhui::crypto {
namespace {

SymmetricKey key_of(char letter) {
  return SymmetricKey::from_bytes(std::string(SymmetricKey::kSize, letter)).value();
}

// HMAC-SHA-256, RFC 4231 §4.2 to 4.4: shorter keys stand padded with zeros to the block's size, so
// zeros fill them up to 32 bytes here.
TEST(SymmetricKey, Rfc4231Vectors) {
  const auto padded = [](std::string key) {
    key.resize(SymmetricKey::kSize, '\0');
    return SymmetricKey::from_bytes(key).value();
  };
  EXPECT_EQ(padded(std::string(20, '\x0b')).tag("Hi There").hex(),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(padded("Jefe").tag("what do ya want for nothing?").hex(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(padded(std::string(20, '\xaa')).tag(std::string(50, '\xdd')).hex(),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
}

TEST(SymmetricKey, SealsRoundTripAndNeverTwiceAlike) {
  const auto key = SymmetricKey::generate();
  for (const std::string text : {"", "a", "identity"}) {
    const auto sealed = key.seal(text, "place");
    EXPECT_EQ(sealed.size(), text.size() + SymmetricKey::kNonceSize + SymmetricKey::kMacSize);
    EXPECT_EQ(key.open(sealed, "place").value(), text);
    EXPECT_NE(key.seal(text, "place"), sealed);
  }
}

TEST(SymmetricKey, AnotherKeyPlaceOrByteDoesNotOpen) {
  const auto key = key_of('k');
  const auto sealed = key.seal("identity", "place");
  EXPECT_EQ(key_of('l').open(sealed, "place").error().code, ErrorCode::CORRUPT);
  EXPECT_EQ(key.open(sealed, "elsewhere").error().code, ErrorCode::CORRUPT);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(key.open(changed, "place").error().code, ErrorCode::CORRUPT) << i;
    EXPECT_EQ(key.open(sealed.substr(0, i), "place").error().code, ErrorCode::CORRUPT) << i;
  }
}

TEST(SymmetricKey, DerivedKeysDependOnSeedAndLabelAlone) {
  const auto root = SecretKey::from_seed(std::string(32, 's')).value();
  const auto other = SecretKey::from_seed(std::string(32, 't')).value();
  const auto key = SymmetricKey::derive(root, "one");
  EXPECT_EQ(key.bytes(), SymmetricKey::derive(root, "one").bytes());
  EXPECT_EQ(key.bytes(), key_of('s').tag("one").view());
  EXPECT_NE(key.bytes(), SymmetricKey::derive(root, "two").bytes());
  EXPECT_NE(key.bytes(), SymmetricKey::derive(other, "one").bytes());
}

TEST(SymmetricKey, HasThirtyTwoBytesAndMoves) {
  EXPECT_EQ(SymmetricKey::from_bytes(std::string(31, 'k')).error().code, ErrorCode::KEY_MALFORMED);
  EXPECT_EQ(SymmetricKey::from_bytes(std::string(33, 'k')).error().code, ErrorCode::KEY_MALFORMED);
  auto key = key_of('k');
  const auto moved = std::move(key);
  EXPECT_EQ(moved.bytes(), std::string(32, 'k'));
}

}  // namespace
}  // namespace puhui::crypto
