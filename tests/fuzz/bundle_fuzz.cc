#include "crypto/tiles.h"

#include <cassert>
#include <cstddef>
#include <cstdint>

// A bundle that parses is built again from its entries; the first byte chooses the width.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace puhui::crypto;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  const unsigned width = data[0] + 1u;
  const auto bundle = bytes.substr(1);
  if (const auto entries = parse_bundle(bundle, width)) {
    std::string rebuilt;
    for (const auto entry : *entries) append_to_bundle(rebuilt, entry);
    assert(rebuilt == bundle && entries->size() == width);
  }
  const auto tile = bundle.substr(0, bundle.size() / 32 * 32);
  (void)node_in_tile(tile, width % 64, size * 7919);
  return 0;
}
