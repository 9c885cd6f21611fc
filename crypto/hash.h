// SHA-256 and its result.
//
// All functions may be called from any thread; one `Sha256` belongs to one thread at a time.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/error.h"

namespace puhui::crypto {

// Prepares libsodium, or aborts the process if that fails (no entropy source). May be called many
// times and from any thread. Call it first in `main`, so that a broken machine is noticed at once;
// the functions of this room that need it call it themselves.
void init();

// 32 bytes of SHA-256. Ordered as the bytes are, so it can be a key of a map or of a store.
struct Digest {
  static constexpr std::size_t kSize = 32;

  std::array<std::uint8_t, kSize> bytes{};

  auto operator<=>(const Digest&) const = default;

  // The 32 raw bytes; valid while this object lives.
  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  // 64 lower-case hexadecimal digits.
  std::string hex() const;
  // 44 characters of base64, as notes, checkpoints and proofs spell a hash.
  std::string base64() const;

  // Each answers INVALID_ARGUMENT unless given exactly 32 bytes, in exactly that spelling.
  [[nodiscard]] static Result<Digest> from_bytes(std::string_view raw);
  [[nodiscard]] static Result<Digest> from_hex(std::string_view text);
  [[nodiscard]] static Result<Digest> from_base64(std::string_view text);
};

Digest sha256(std::string_view bytes);

// SHA-256 over pieces: the result equals sha256 of their concatenation. OpenSSL's, because it uses
// the processor's own instructions for it where libsodium does not: six times as fast.
class Sha256 {
 public:
  Sha256();

  Sha256& update(std::string_view piece);

  // Ends the computation; the object must not be used afterwards (asserted).
  Digest final();

 private:
  // Holds OpenSSL's state without showing OpenSSL to the rooms that include this header.
  alignas(8) std::array<unsigned char, 112> state_;
  bool finished_ = false;
};

}  // namespace puhui::crypto
