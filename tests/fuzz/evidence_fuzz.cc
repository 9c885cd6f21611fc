#include "crypto/evidence.h"

#include <cassert>
#include <cstddef>
#include <cstdint>

// Evidence that parses is written back byte for byte, and convinces nobody without a known log.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace puhui::crypto;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto evidence = parse_evidence(bytes)) {
    assert(format_evidence(*evidence) == bytes);
    assert(!verify_evidence(*evidence, {}));
  }
  return 0;
}
