#include "crypto/witness.h"

#include <cassert>
#include <cstddef>
#include <cstdint>

// A request that parses is written back byte for byte, and none of an unknown log is opened.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace puhui::crypto;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto request = parse_add_checkpoint(bytes))
    assert(format_add_checkpoint(*request) == bytes);
  if (const auto size_stated = parse_tree_size(bytes))
    assert(format_tree_size(*size_stated) == bytes);
  assert(!open_add_checkpoint(bytes, {}));
  return 0;
}
