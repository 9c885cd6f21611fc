// A peer's byte stream: however it is cut into pieces the same frames come of it, written again
// they are the stream, and a greeting is taken only if it is the one of this city.
#include "node/peers/frame.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace puhui::node::peers;

struct Read {
  bool sound = true;
  std::vector<std::string> frames;
};

Read read(std::string_view stream, std::size_t step) {
  FrameReader reader(kHelloBytesMax);
  Read read;
  for (; read.sound && !stream.empty(); stream.remove_prefix(std::min(step, stream.size())))
    read.sound = reader.feed(stream.substr(0, step), read.frames).has_value();
  return read;
}

}  // namespace

// The first byte says how long the pieces are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = read(stream, stream.size() + 1);
  const auto cut = read(stream, data[0] + 1u);
  assert(whole.sound == cut.sound && whole.frames == cut.frames);
  std::string again;
  for (const auto& frame : whole.frames) {
    assert(frame.size() <= kHelloBytesMax);
    append_frame(again, frame);
    assert(check_hello(frame, "city").has_value() == (frame == encode_hello("city")));
  }
  assert(stream.starts_with(again));
  assert(whole.sound || stream.size() >= again.size() + kFrameHeadBytes);
  return 0;
}
