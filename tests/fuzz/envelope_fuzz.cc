#include "crypto/envelope.h"

#include <cassert>
#include <cstddef>
#include <cstdint>

// An envelope that decodes can be encoded, and decodes again to the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace puhui::crypto;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto envelope = decode_envelope(bytes)) {
    const auto encoded = encode_envelope(*envelope).value();
    assert(encoded.size() == bytes.size());
    assert(decode_envelope(encoded).value() == *envelope);
    assert(event_digest(*envelope) == sha256(pae(*envelope)));
  }
  return 0;
}
