#include "crypto/tiles.h"

#include <cassert>
#include <cstddef>
#include <cstdint>

// A path that parses is written back byte for byte; coordinates never go out of range.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace puhui::crypto;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto tile = parse_tile_path(bytes)) {
    assert(tile_path(*tile) == bytes);
    (void)tile_exists(*tile, kTreeSizeMax);
    (void)node_in_tile(bytes.substr(0, size / 32 * 32), tile->level, tile->index);
  }
  return 0;
}
