#include "node/peers/frame.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <numeric>

namespace puhui::node::peers {
namespace {

std::string joined(const std::vector<std::string>& messages) {
  std::string stream;
  for (const std::string& message : messages) append_frame(stream, message);
  return stream;
}

TEST(Frame, HasTheBytesTheHeaderShows) {
  std::string frame;
  append_frame(frame, encode_hello("city"));
  EXPECT_EQ(frame, std::string("\0\0\0\x0fpuhui-peer\x01"
                               "city",
                               19));
}

TEST(Frame, AnyCutOfTheStreamGivesTheSameMessages) {
  const bool held = rc::check([](const std::vector<std::string>& messages) {
    const std::string stream = joined(messages);
    FrameReader reader;
    std::vector<std::string> read;
    for (std::size_t at = 0; at < stream.size();) {
      const auto size = *rc::gen::inRange<std::size_t>(1, 7);
      RC_ASSERT(reader.feed(std::string_view(stream).substr(at, size), read).has_value());
      at += size;
    }
    RC_ASSERT(read == messages);
  });
  EXPECT_TRUE(held);
}

TEST(Frame, EmptyMessagesAreMessages) {
  FrameReader reader;
  std::vector<std::string> read;
  ASSERT_TRUE(reader.feed(joined({"", "a", ""}), read));
  EXPECT_EQ(read, (std::vector<std::string>{"", "a", ""}));
}

TEST(Frame, TheLargestPassesAndOneByteMoreDoesNot) {
  FrameReader reader(10);
  std::vector<std::string> read;
  ASSERT_TRUE(reader.feed(std::string("\0\0\0\x0a", 4), read));
  ASSERT_TRUE(reader.feed("0123456789", read));
  EXPECT_EQ(read.size(), 1u);
  const auto fed = reader.feed(std::string("\0\0\0\x0b", 4), read);
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, ErrorCode::TOO_LARGE);
}

TEST(Frame, ALengthWithTheHighBitIsLargeNotNegative) {
  FrameReader reader;
  std::vector<std::string> read;
  const auto fed = reader.feed("\xff\xff\xff\xff", read);
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, ErrorCode::TOO_LARGE);
}

TEST(Hello, TellsAnotherCityFromAnotherVersionFromGarbage) {
  const std::string hello = encode_hello("city-a");
  EXPECT_TRUE(check_hello(hello, "city-a"));
  EXPECT_EQ(check_hello(hello, "city-b").error().code, ErrorCode::WRONG_CITY);
  EXPECT_EQ(check_hello(hello, "city-").error().code, ErrorCode::WRONG_CITY);
  std::string newer = hello;
  newer[10] = 2;
  EXPECT_EQ(check_hello(newer, "city-a").error().code, ErrorCode::MESSAGE_MALFORMED);
  for (std::size_t size = 0; size < hello.size(); ++size) {
    EXPECT_FALSE(check_hello(hello.substr(0, size), "city-a")) << size;
  }
  EXPECT_EQ(check_hello("GET / HTTP/1.1", "city-a").error().code, ErrorCode::MESSAGE_MALFORMED);
}

}  // namespace
}  // namespace puhui::node::peers
