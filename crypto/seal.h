// Symmetric keys: tags that only the key's holder can compute, and sealed bytes that only he opens.
//
// Functions may be called from any thread; a key may be shared for reading.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "crypto/hash.h"
#include "crypto/key.h"
#include "proto/error.h"

namespace puhui::crypto {

// 32 bytes in locked memory, as those of a SecretKey: zeroed when it is destroyed or moved from. A
// moved-from key may only be destroyed or assigned to (asserted).
class SymmetricKey {
 public:
  static constexpr std::size_t kSize = 32;
  static constexpr std::size_t kNonceSize = 24;
  static constexpr std::size_t kMacSize = 16;

  // From the system's entropy.
  static SymmetricKey generate();
  // KEY_MALFORMED unless there are kSize bytes; those given are the caller's to wipe.
  [[nodiscard]] static Result<SymmetricKey> from_bytes(std::string_view bytes);
  // HMAC-SHA-256 of the label under the seed of `from`: of different labels come keys that tell
  // nothing of each other, nor of the seed.
  static SymmetricKey derive(const SecretKey& from, std::string_view label);

  SymmetricKey(SymmetricKey&& other) noexcept;
  SymmetricKey& operator=(SymmetricKey&& other) noexcept;
  SymmetricKey(const SymmetricKey&) = delete;
  SymmetricKey& operator=(const SymmetricKey&) = delete;
  ~SymmetricKey();

  // HMAC-SHA-256 (RFC 2104).
  [[nodiscard]] Digest tag(std::string_view message) const;

  // nonce[24] ‖ XChaCha20-Poly1305 ciphertext ‖ MAC[16], under a random nonce; `bound` is the
  // associated data: what is sealed for one place does not open in another.
  [[nodiscard]] std::string seal(std::string_view bytes, std::string_view bound) const;
  // What was sealed; wipe it. CORRUPT if this key did not seal these bytes for this place.
  [[nodiscard]] Result<std::string> open(std::string_view sealed, std::string_view bound) const;

  // A view of the locked memory, valid while this key lives. Copies are the caller's to wipe.
  [[nodiscard]] std::string_view bytes() const;

 private:
  SymmetricKey();

  unsigned char* secret_;  // Owned, from sodium_malloc.
};

}  // namespace puhui::crypto
