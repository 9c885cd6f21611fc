#include "crypto/ristretto.h"

#include <gtest/gtest.h>

#include "crypto/bytes.h"

namespace puhui::crypto {
namespace {

TEST(Ristretto, TwoCitiesComeToTheSameTagInEitherOrder) {
  const auto a = Exponent::generate(), b = Exponent::generate();
  const auto act = Point::hash("420100-1990|metro|20420|3|gate-17");
  EXPECT_EQ(b.raise(a.raise(act)), a.raise(b.raise(act)));
  EXPECT_NE(a.raise(act), b.raise(act));
  EXPECT_NE(b.raise(a.raise(act)), b.raise(a.raise(Point::hash("another act"))));
}

// RFC 9496 appendix A.3: the derivation from a uniform string, here through our own hashing.
TEST(Ristretto, HashingIsTheSameForEver) {
  EXPECT_EQ(Point::hash("abc"), Point::hash("abc"));
  EXPECT_NE(Point::hash("abc"), Point::hash("abd"));
}

// RFC 9496 appendix A.2: encodings that are no points.
TEST(Ristretto, WhatIsNoPointIsRefused) {
  const std::string bad[] = {
      std::string(32, '\0'),
      std::string(31, '\1'),
      *hex_decode("00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
      *hex_decode("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      *hex_decode("0100000000000000000000000000000000000000000000000000000000000000"),
      *hex_decode("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"),
  };
  for (const auto& bytes : bad) EXPECT_FALSE(Point::decode(bytes)) << hex_encode(bytes);
  const auto point = Point::hash("act");
  ASSERT_TRUE(Point::decode(point.view()));
  EXPECT_EQ(*Point::decode(point.view()), point);
  // RFC 9496 appendix A.1: the base point.
  EXPECT_TRUE(Point::decode(
      *hex_decode("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")));
}

TEST(Ristretto, AnExponentIsStoredAndReadBack) {
  const auto a = Exponent::generate();
  const auto again = Exponent::decode(a.encode());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->raise(Point::hash("act")), a.raise(Point::hash("act")));
  EXPECT_FALSE(Exponent::decode(std::string(32, '\0')));
  EXPECT_FALSE(Exponent::decode(std::string(32, '\xff')));
  EXPECT_FALSE(Exponent::decode(std::string(33, '\1')));
}

}  // namespace
}  // namespace puhui::crypto
