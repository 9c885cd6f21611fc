#include <cassert>
#include <cstddef>
#include <cstdint>

#include "node/relay/bundle.h"

// A bundle that parses is written back byte for byte; whatever it says of its leaves can be
// checked.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace puhui::node::relay;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto bundle = parse_bundle(bytes)) {
    assert(encode_bundle(*bundle) == bytes);
    assert(bundle->leaves_size() <= kBundleLeavesMax);
    (void)check_bundle(*bundle);
  }
  return 0;
}
