#include "crypto/hash.h"

// The interface that OpenSSL recommends instead allocates memory for every hash, which costs more
// than hashing a tree node does.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <sodium.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <new>

#include "crypto/bytes.h"

namespace puhui::crypto {
namespace {

static_assert(SHA256_DIGEST_LENGTH == Digest::kSize);

SHA256_CTX* as_openssl(std::array<unsigned char, 112>& state) {
  static_assert(sizeof(SHA256_CTX) <= sizeof state && alignof(SHA256_CTX) <= 8);
  return std::launder(reinterpret_cast<SHA256_CTX*>(state.data()));
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

Digest sha256(std::string_view bytes) { return Sha256().update(bytes).final(); }

Sha256::Sha256() {
  ::new (static_cast<void*>(state_.data())) SHA256_CTX;
  SHA256_Init(as_openssl(state_));
}

Sha256& Sha256::update(std::string_view piece) {
  assert(!finished_);
  SHA256_Update(as_openssl(state_), piece.data(), piece.size());
  return *this;
}

Digest Sha256::final() {
  assert(!finished_);
  finished_ = true;
  Digest digest;
  SHA256_Final(digest.bytes.data(), as_openssl(state_));
  return digest;
}

}  // namespace puhui::crypto
