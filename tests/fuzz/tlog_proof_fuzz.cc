#include "crypto/tlog_proof.h"

#include <cassert>
#include <cstddef>
#include <cstdint>

// A proof that parses is written back byte for byte, and without a log is never accepted.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace puhui::crypto;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto proof = parse_tlog_proof(bytes)) {
    assert(format_tlog_proof(*proof) == bytes);
    assert(!verify_tlog_proof(*proof, "entry", Policy()));
    (void)verify_inclusion({proof->index, proof->index + 1 + size, leaf_hash("entry"), {}},
                           proof->path);
    (void)verify_consistency({proof->index, proof->index + 1 + size, leaf_hash("entry"), {}},
                             proof->path);
  }
  return 0;
}
