#include "crypto/key.h"

#include <gtest/gtest.h>

#include "crypto/bytes.h"

namespace puhui::crypto {
namespace {

constexpr KdfCost kCheap{1, kKdfMemoryMinKib};

struct Vector {
  const char *seed, *key, *message, *signature;
};

// RFC 8032 §7.1, TEST 1, 2, 3 and SHA(abc).
constexpr Vector kRfc8032[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6"
     "594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
     "b"
     "bd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e"
     "0"
     "303dca179c138ac17ad9bef1177331a704"}};

std::string unhex(const char* text) { return hex_decode(text).value(); }

SecretKey test_key() { return SecretKey::from_seed(std::string(32, 'k')).value(); }

TEST(Ed25519, Rfc8032Vectors) {
  for (const auto& vector : kRfc8032) {
    const auto key = SecretKey::from_seed(unhex(vector.seed)).value();
    EXPECT_EQ(key.public_key().bytes, unhex(vector.key));
    EXPECT_EQ(key.seed(), unhex(vector.seed));
    const auto signature = key.sign(unhex(vector.message));
    EXPECT_EQ(hex_encode(signature), vector.signature);
    EXPECT_TRUE(verify(key.public_key(), unhex(vector.message), signature));
  }
}

TEST(Ed25519, AnyFlippedBitFails) {
  const auto key = test_key();
  const std::string message = "message";
  const auto signature = key.sign(message);
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    auto bad = signature;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(verify(key.public_key(), message, bad)) << bit;
  }
  EXPECT_FALSE(verify(key.public_key(), "massage", signature));
  EXPECT_FALSE(verify(SecretKey::generate().public_key(), message, signature));
}

TEST(Ed25519, MalformedInputNeverVerifies) {
  const auto key = test_key();
  const auto signature = key.sign("m");
  EXPECT_FALSE(verify(key.public_key(), "m", signature.substr(1)));
  EXPECT_FALSE(verify(key.public_key(), "m", signature + "x"));
  EXPECT_FALSE(verify(key.public_key(), "m", ""));
  EXPECT_FALSE(verify({Algorithm::ed25519, key.public_key().bytes.substr(1)}, "m", signature));
  EXPECT_FALSE(verify({static_cast<Algorithm>(2), key.public_key().bytes}, "m", signature));
  // The neutral point, of small order, would verify S = 0, R = neutral for every message.
  const std::string neutral = "\x01" + std::string(31, '\0');
  EXPECT_FALSE(verify({Algorithm::ed25519, neutral}, "m", neutral + std::string(32, '\0')));
}

// S and S + L satisfy the same equation; only the reduced one may verify.
TEST(Ed25519, UnreducedScalarIsRefused) {
  const auto key = test_key();
  auto signature = key.sign("m");
  const auto order = unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned char>(signature[32 + i]) + static_cast<unsigned char>(order[i]);
    signature[32 + i] = static_cast<char>(carry & 0xff);
    carry >>= 8;
  }
  ASSERT_EQ(carry, 0u);
  EXPECT_FALSE(verify(key.public_key(), "m", signature));
}

TEST(PublicKey, WireFormAndId) {
  const auto key = test_key().public_key();
  const auto wire = key.encode();
  EXPECT_EQ(wire, "\x01" + key.bytes);
  EXPECT_EQ(PublicKey::decode(wire).value(), key);
  EXPECT_EQ(key.key_id(), sha256(wire));
  for (const auto& bad :
       std::vector<std::string>{std::string(), std::string("\x01"), "\x02" + key.bytes, wire + "x",
                                wire.substr(0, 32), key.bytes}) {
    const auto decoded = PublicKey::decode(bad);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, ErrorCode::KEY_MALFORMED);
  }
}

TEST(SecretKey, MovesAndGenerates) {
  auto first = test_key();
  const auto id = first.public_key().key_id();
  SecretKey second = std::move(first);
  EXPECT_EQ(second.public_key().key_id(), id);
  first = SecretKey::generate();
  EXPECT_NE(first.public_key().key_id(), id);
  first = std::move(second);
  EXPECT_EQ(first.public_key().key_id(), id);
  EXPECT_TRUE(verify(first.public_key(), "m", first.sign("m")));
  EXPECT_FALSE(SecretKey::from_seed(std::string(31, 'k')));
  EXPECT_FALSE(SecretKey::from_seed(""));
}

TEST(SecretKeyDeathTest, MovedFromKeyDoesNotSign) {
  auto first = test_key();
  const auto second = std::move(first);
  EXPECT_DEATH(first.sign("m"), "secret_");
}

TEST(Wipe, Empties) {
  std::string secret = "secret";
  wipe(secret);
  EXPECT_TRUE(secret.empty());
}

TEST(KeyFile, PlainRoundTrip) {
  const auto key = test_key();
  const auto file = encode_key_file(key, {}).value();
  EXPECT_EQ(file, "puhui-key/v1\n# ed25519 public " + base64_encode(key.public_key().encode()) +
                      " id " + key.public_key().key_id().hex() + "\nsecret " +
                      base64_encode(key.seed()) + "\n");
  EXPECT_FALSE(is_encrypted(file).value());
  EXPECT_EQ(claimed_public_key(file).value(), key.public_key());
  EXPECT_EQ(decode_key_file(file, {}).value().seed(), key.seed());
  EXPECT_EQ(decode_key_file(file, "unused").value().seed(), key.seed());
}

TEST(KeyFile, EncryptedRoundTrip) {
  const auto key = test_key();
  const auto file = encode_key_file(key, "口令", kCheap).value();
  EXPECT_TRUE(is_encrypted(file).value());
  EXPECT_EQ(claimed_public_key(file).value(), key.public_key());
  EXPECT_EQ(decode_key_file(file, "口令").value().seed(), key.seed());
  EXPECT_EQ(file.find(base64_encode(key.seed())), std::string::npos);
  EXPECT_NE(file, encode_key_file(key, "口令", kCheap).value()) << "salt and nonce must be fresh";
  for (const auto& wrong : {std::optional<std::string_view>(), {"wrong"}, {""}}) {
    const auto opened = decode_key_file(file, wrong);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::KEY_PASSPHRASE);
  }
}

TEST(KeyFile, EveryTruncationAndEveryChangeIsRefused) {
  for (const bool sealed : {false, true}) {
    const auto passphrase = sealed ? std::optional<std::string_view>("pass") : std::nullopt;
    const auto file = encode_key_file(test_key(), passphrase, kCheap).value();
    for (std::size_t i = 0; i < file.size(); ++i) {
      EXPECT_FALSE(decode_key_file(file.substr(0, i), passphrase)) << i;
      auto changed = file;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      EXPECT_FALSE(decode_key_file(changed, passphrase)) << i << ": " << changed;
    }
    EXPECT_FALSE(decode_key_file(file + "\n", passphrase));
    EXPECT_FALSE(decode_key_file(file + file, passphrase));
  }
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(KeyFile, CostIsBoundedBeforeItIsPaid) {
  const auto file = encode_key_file(test_key(), "pass", kCheap).value();
  for (const char* cost : {"argon2id 1 4294967296 ", "argon2id 17 8 ", "argon2id 0 8 ",
                           "argon2id 1 7 ", "argon2id 1 1048577 ", "argon2id -1 8 ",
                           "argon2id 18446744073709551617 8 ", "argon2i 1 8 "}) {
    const auto opened = decode_key_file(with(file, "argon2id 1 8 ", cost), "pass");
    ASSERT_FALSE(opened) << cost;
    EXPECT_EQ(opened.error().code, ErrorCode::KEY_MALFORMED) << cost;
  }
  // A cheaper claim than was paid: within bounds, but the cipher covers it.
  const auto dearer = encode_key_file(test_key(), "pass", {2, 16}).value();
  const auto opened = decode_key_file(with(dearer, "argon2id 2 16 ", "argon2id 1 8 "), "pass");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::KEY_PASSPHRASE);
}

TEST(KeyFile, RefusesWhatEncodingCannotKeep) {
  for (const auto cost : {KdfCost{0, 8}, KdfCost{1, 7}, KdfCost{17, 8}, KdfCost{1, 1u << 21}}) {
    const auto encoded = encode_key_file(test_key(), "pass", cost);
    ASSERT_FALSE(encoded);
    EXPECT_EQ(encoded.error().code, ErrorCode::INVALID_ARGUMENT);
  }
  EXPECT_FALSE(encode_key_file(test_key(), ""));
}

TEST(KeyFile, RefusesGarbageOversizeAndForeignComments) {
  const auto other = SecretKey::from_seed(std::string(32, 'o')).value();
  const auto mine = encode_key_file(test_key(), {}).value();
  const auto theirs = encode_key_file(other, {}).value();
  const auto swapped = mine.substr(0, mine.find("secret")) + theirs.substr(theirs.find("secret"));
  for (const auto& bad : std::vector<std::string>{
           std::string(), std::string("-----BEGIN PRIVATE KEY-----\n"), swapped,
           mine + std::string(kKeyFileSizeMax, '#'), with(mine, "secret ", "secret  "),
           with(mine, "# ", "#"), std::string(100, '\0'), with(mine, "v1", "v2")}) {
    const auto opened = decode_key_file(bad, {});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::KEY_MALFORMED);
  }
}

}  // namespace
}  // namespace puhui::crypto
