#include "crypto/hash.h"

#include <sodium.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <new>

#include "crypto/bytes.h"

namespace puhui::crypto {
namespace {

static_assert(sizeof(crypto_hash_sha256_state) <= 104 && alignof(crypto_hash_sha256_state) <= 8);
static_assert(crypto_hash_sha256_BYTES == Digest::kSize);

crypto_hash_sha256_state* as_sodium(std::array<unsigned char, 104>& state) {
  return std::launder(reinterpret_cast<crypto_hash_sha256_state*>(state.data()));
}

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Result<Digest> from_decoded(const std::optional<std::string>& raw) {
  if (!raw) return fail(ErrorCode::INVALID_ARGUMENT, "a hash is not spelled as expected");
  return Digest::from_bytes(*raw);
}

}  // namespace

void init() {
  if (sodium_init() < 0) std::abort();
}

std::string Digest::hex() const { return hex_encode(view()); }
std::string Digest::base64() const { return base64_encode(view()); }

Result<Digest> Digest::from_bytes(std::string_view raw) {
  if (raw.size() != kSize) {
    return fail(ErrorCode::INVALID_ARGUMENT,
                "a hash has 32 bytes, not " + std::to_string(raw.size()));
  }
  Digest digest;
  std::copy(raw.begin(), raw.end(), digest.bytes.begin());
  return digest;
}

Result<Digest> Digest::from_hex(std::string_view text) { return from_decoded(hex_decode(text)); }

Result<Digest> Digest::from_base64(std::string_view text) {
  return from_decoded(base64_decode(text));
}

Digest sha256(std::string_view bytes) {
  Digest digest;
  crypto_hash_sha256(digest.bytes.data(), data_of(bytes), bytes.size());
  return digest;
}

Sha256::Sha256() {
  ::new (static_cast<void*>(state_.data())) crypto_hash_sha256_state;
  crypto_hash_sha256_init(as_sodium(state_));
}

Sha256& Sha256::update(std::string_view piece) {
  assert(!finished_);
  crypto_hash_sha256_update(as_sodium(state_), data_of(piece), piece.size());
  return *this;
}

Digest Sha256::final() {
  assert(!finished_);
  finished_ = true;
  Digest digest;
  crypto_hash_sha256_final(as_sodium(state_), digest.bytes.data());
  return digest;
}

}  // namespace puhui::crypto
