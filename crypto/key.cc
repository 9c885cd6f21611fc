#include "crypto/key.h"

#include <sodium.h>

#include <cassert>
#include <new>
#include <utility>

namespace puhui::crypto {
namespace {

static_assert(crypto_sign_SEEDBYTES == 32 && crypto_sign_SECRETKEYBYTES == 64);

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

std::string_view algorithm_name(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::ed25519:
      return "ed25519";
  }
  return "unknown";
}

std::string PublicKey::encode() const {
  std::string wire(1, static_cast<char>(algorithm));
  return wire += bytes;
}

Result<PublicKey> PublicKey::decode(std::string_view wire) {
  if (wire.empty() || wire[0] != static_cast<char>(Algorithm::ed25519)) {
    return fail(ErrorCode::KEY_MALFORMED, "unknown key algorithm");
  }
  wire.remove_prefix(1);
  if (wire.size() != crypto_sign_PUBLICKEYBYTES) {
    return fail(ErrorCode::KEY_MALFORMED,
                "an ed25519 public key has 32 bytes, not " + std::to_string(wire.size()));
  }
  return PublicKey{Algorithm::ed25519, std::string(wire)};
}

Digest PublicKey::key_id() const {
  const auto tag = static_cast<char>(algorithm);
  return Sha256().update({&tag, 1}).update(bytes).final();
}

bool verify(const PublicKey& key, std::string_view message, std::string_view signature) {
  if (key.algorithm != Algorithm::ed25519 || key.bytes.size() != crypto_sign_PUBLICKEYBYTES ||
      signature.size() != crypto_sign_BYTES) {
    return false;
  }
  return crypto_sign_verify_detached(data_of(signature), data_of(message), message.size(),
                                     data_of(key.bytes)) == 0;
}

SecretKey::SecretKey(std::string_view seed) {
  init();
  secret_ = static_cast<unsigned char*>(sodium_malloc(crypto_sign_SECRETKEYBYTES));
  assert(secret_ != nullptr);
  public_key_.bytes.resize(crypto_sign_PUBLICKEYBYTES);
  crypto_sign_seed_keypair(reinterpret_cast<unsigned char*>(public_key_.bytes.data()), secret_,
                           data_of(seed));
  sodium_mprotect_readonly(secret_);
}

SecretKey SecretKey::generate() {
  init();
  std::string seed(crypto_sign_SEEDBYTES, '\0');
  randombytes_buf(seed.data(), seed.size());
  SecretKey key{std::string_view(seed)};
  wipe(seed);
  return key;
}

Result<SecretKey> SecretKey::from_seed(std::string_view seed) {
  if (seed.size() != crypto_sign_SEEDBYTES) {
    return fail(ErrorCode::KEY_MALFORMED,
                "an ed25519 seed has 32 bytes, not " + std::to_string(seed.size()));
  }
  return SecretKey(seed);
}

SecretKey::SecretKey(SecretKey&& other) noexcept
    : secret_(std::exchange(other.secret_, nullptr)), public_key_(std::move(other.public_key_)) {}

SecretKey& SecretKey::operator=(SecretKey&& other) noexcept {
  std::swap(secret_, other.secret_);
  std::swap(public_key_, other.public_key_);
  return *this;
}

SecretKey::~SecretKey() { sodium_free(secret_); }

std::string SecretKey::sign(std::string_view message) const {
  assert(secret_ != nullptr);
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                       data_of(message), message.size(), secret_);
  return signature;
}

std::string_view SecretKey::seed() const {
  assert(secret_ != nullptr);
  return {reinterpret_cast<const char*>(secret_), crypto_sign_SEEDBYTES};
}

void wipe(std::string& secret) {
  sodium_memzero(secret.data(), secret.size());
  secret.clear();
}

}  // namespace puhui::crypto
