#include "node/peers/frame.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace puhui::node::peers {
namespace {

constexpr std::string_view kMagic = "puhui-peer";

std::size_t read_length(std::string_view head) {
  std::size_t length = 0;
  for (const char byte : head) length = length << 8 | static_cast<unsigned char>(byte);
  return length;
}

}  // namespace

void append_frame(std::string& out, std::string_view message) {
  assert(message.size() <= kMaxFrameBytes);
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(message.size() >> shift & 0xff));
  }
  out += message;
}

Result<bool> FrameReader::take_head(std::string_view& bytes) {
  if (head_.size() == kFrameHeadBytes) return true;
  const std::size_t taken = std::min(kFrameHeadBytes - head_.size(), bytes.size());
  head_ += bytes.substr(0, taken);
  bytes.remove_prefix(taken);
  if (head_.size() < kFrameHeadBytes) return false;
  length_ = read_length(head_);
  if (length_ > frame_bytes_max_) {
    return fail(ErrorCode::TOO_LARGE, "a frame of " + std::to_string(length_) + " bytes");
  }
  return true;
}

Result<void> FrameReader::feed(std::string_view bytes, std::vector<std::string>& frames) {
  for (;;) {
    const Result<bool> head = take_head(bytes);
    if (!head) return tl::make_unexpected(head.error());
    if (!*head) return {};
    const std::size_t taken = std::min(length_ - body_.size(), bytes.size());
    body_ += bytes.substr(0, taken);
    bytes.remove_prefix(taken);
    if (body_.size() < length_) return {};
    frames.push_back(std::exchange(body_, {}));
    head_.clear();
  }
}

std::string encode_hello(std::string_view cluster_id) {
  assert(!cluster_id.empty() && cluster_id.size() <= kClusterIdBytesMax);
  std::string hello(kMagic);
  hello.push_back(static_cast<char>(kHelloVersion));
  hello += cluster_id;
  return hello;
}

Result<void> check_hello(std::string_view hello, std::string_view cluster_id) {
  if (!hello.starts_with(kMagic) || hello.size() <= kMagic.size() + 1) {
    return fail(ErrorCode::MESSAGE_MALFORMED, "not a hello");
  }
  const auto version = static_cast<std::uint8_t>(hello[kMagic.size()]);
  if (version != kHelloVersion) {
    return fail(ErrorCode::MESSAGE_MALFORMED, "peer protocol version " + std::to_string(version));
  }
  if (hello.substr(kMagic.size() + 1) != cluster_id) return fail(ErrorCode::WRONG_CITY);
  return {};
}

}  // namespace puhui::node::peers
