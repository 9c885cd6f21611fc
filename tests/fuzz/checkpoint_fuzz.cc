#include "crypto/checkpoint.h"

#include <cassert>
#include <cstddef>
#include <cstdint>

// A checkpoint that parses is written back byte for byte.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace puhui::crypto;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto checkpoint = parse_checkpoint(bytes)) {
    assert(format_checkpoint(*checkpoint) == bytes);
  }
  return 0;
}
