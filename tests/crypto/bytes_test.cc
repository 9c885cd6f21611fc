#include "crypto/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cctype>

namespace puhui::crypto {
namespace {

TEST(Hex, StrictAndExact) {
  EXPECT_EQ(hex_encode(std::string("\x00\xff\x1a", 3)), "00ff1a");
  EXPECT_EQ(hex_decode("00ff1a"), std::string("\x00\xff\x1a", 3));
  EXPECT_EQ(hex_decode(""), "");
  for (const char* bad : {"0", "0g", "FF", " 00", "00 ", "0x00"}) {
    EXPECT_FALSE(hex_decode(bad)) << bad;
  }
}

TEST(Base64, Rfc4648Vectors) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(base64_encode(plain), text);
    EXPECT_EQ(base64_decode(text), plain);
  }
}

TEST(Base64, RefusesEveryOtherSpelling) {
  for (const char* bad :
       {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8", "Zm9v====", "====", "=",
        "Z===", "Zg==Zg==", "Zm 9v", "Zm9v\n", "\nZm9v", "Zm9v ", "-_-_", "Zm9v=", "Z", "Zg=a"}) {
    EXPECT_FALSE(base64_decode(bad)) << bad;
  }
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t at = 0; at < 4; ++at) {
      std::string text = "Zm9v";
      text[at] = static_cast<char>(byte);
      const bool is_letter = byte < 128 && (std::isalnum(byte) || byte == '+' || byte == '/');
      // "Zm9=" would have padding bits that are not zero.
      EXPECT_EQ(base64_decode(text).has_value(), is_letter) << byte << " at " << at;
    }
  }
}

TEST(Base64, RoundTrips) {
  EXPECT_TRUE(rc::check("bytes survive, and whatever decodes is canonical", [](std::string bytes) {
    const auto text = base64_encode(bytes);
    RC_ASSERT(base64_decode(text) == bytes);
    auto mutated = text + "A";
    const auto at = *rc::gen::inRange<std::size_t>(0, mutated.size());
    mutated[at] = *rc::gen::elementOf(std::string("ABab01+/="));
    if (const auto decoded = base64_decode(mutated)) RC_ASSERT(base64_encode(*decoded) == mutated);
    RC_ASSERT(hex_decode(hex_encode(bytes)) == bytes);
  }));
}

TEST(Decimal, OneSpellingPerNumber) {
  EXPECT_EQ(parse_decimal("0"), 0u);
  EXPECT_EQ(parse_decimal("18446744073709551615"), ~0ull);
  for (const char* bad :
       {"", "00", "01", "+1", "-1", " 1", "1 ", "0x1", "1e3", "18446744073709551616",
        "99999999999999999999", "184467440737095516150"}) {
    EXPECT_FALSE(parse_decimal(bad)) << bad;
  }
}

TEST(BigEndian, AppendsAndReads) {
  std::string bytes;
  append_u16(bytes, 0x0102);
  append_u32(bytes, 0x03040506);
  append_u64(bytes, 0xf708090a0b0c0d0e);
  EXPECT_EQ(hex_encode(bytes), "010203040506f708090a0b0c0d0e");
  EXPECT_EQ(read_u16(bytes), 0x0102);
  EXPECT_EQ(read_u32(std::string_view(bytes).substr(2)), 0x03040506u);
  EXPECT_EQ(read_u64(std::string_view(bytes).substr(6)), 0xf708090a0b0c0d0eu);
}

TEST(Lines, TakesWholeLinesOnly) {
  std::string_view rest = "one\n\ntail";
  EXPECT_EQ(take_line(rest), "one");
  EXPECT_EQ(take_line(rest), "");
  EXPECT_FALSE(take_line(rest));
  EXPECT_EQ(rest, "tail");
}

TEST(Utf8, WellFormedOnly) {
  for (const char* good : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "普惠"}) {
    EXPECT_TRUE(is_utf8(good)) << hex_encode(good);
  }
  for (const char* bad :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xe0\xa0",
        "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
        "\xe2\x80", "a\xf0\x90\x80", "\xe1\x80\xc0"}) {
    EXPECT_FALSE(is_utf8(bad)) << hex_encode(bad);
  }
}

}  // namespace
}  // namespace puhui::crypto
