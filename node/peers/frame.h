// Frames: how messages are told apart on a peer connection, and the greeting that opens it.
//
//   frame = u32-BE length ‖ that many bytes          length ≤ kMaxFrameBytes, 0 is allowed
//   hello = frame of: "puhui-peer" ‖ u8 version ‖ cluster id
//
// Example, cluster id "city":  00 00 00 0f  70 75 68 75 69 2d 70 65 65 72  01  63 69 74 79
// Each side sends a hello first and takes no other frame before it has seen a good one. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/error.h"

namespace puhui::node::peers {

inline constexpr std::size_t kMaxFrameBytes = 8u << 20;
inline constexpr std::size_t kFrameHeadBytes = 4;
inline constexpr std::uint8_t kHelloVersion = 1;
inline constexpr std::size_t kClusterIdBytesMax = 64;
inline constexpr std::size_t kHelloBytesMax = 128;

// Appends the frame of `message`, which is at most kMaxFrameBytes (asserted).
void append_frame(std::string& out, std::string_view message);

// Cuts a byte stream into frames. Memory grows with the bytes that arrive, not with the length a
// peer claims. One thread at a time.
class FrameReader {
 public:
  explicit FrameReader(std::size_t frame_bytes_max = kMaxFrameBytes)
      : frame_bytes_max_(frame_bytes_max) {}

  // Takes the next bytes of the stream; what they complete is appended to `frames`, in order.
  // TOO_LARGE when a head names more than the limit; the stream is then of no further use.
  [[nodiscard]] Result<void> feed(std::string_view bytes, std::vector<std::string>& frames);

 private:
  // Whether the frame's head is complete, and its length then.
  [[nodiscard]] Result<bool> take_head(std::string_view& bytes);

  std::size_t frame_bytes_max_;
  std::string head_;
  std::size_t length_ = 0;  // Of the frame under way, once its head is complete.
  std::string body_;
};

// The content of a hello frame. `cluster_id` is 1 to kClusterIdBytesMax bytes (asserted).
std::string encode_hello(std::string_view cluster_id);

// MESSAGE_MALFORMED: not a hello, or of another protocol version. WRONG_CITY: another cluster id.
[[nodiscard]] Result<void> check_hello(std::string_view hello, std::string_view cluster_id);

}  // namespace puhui::node::peers
