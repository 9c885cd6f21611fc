#include "crypto/key.h"

#include <cassert>
#include <cstddef>
#include <cstdint>

// Without a passphrase, so that no key derivation is paid for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace puhui::crypto;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto encrypted = is_encrypted(bytes);
  const auto key = decode_key_file(bytes, {});
  if (key) {
    assert(encrypted.has_value() && !*encrypted);
    assert(encode_key_file(*key, {}).value() == bytes);
    assert(claimed_public_key(bytes).value() == key->public_key());
  }
  return 0;
}
