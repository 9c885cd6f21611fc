#include "crypto/random.h"

#include <sodium.h>

#include "crypto/hash.h"

namespace puhui::crypto {

std::string random_bytes(std::size_t size) {
  init();
  std::string bytes(size, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

}  // namespace puhui::crypto
