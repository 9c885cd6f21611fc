#include "crypto/seal.h"

#include <sodium.h>

#include <cassert>
#include <utility>

#include "crypto/random.h"

namespace puhui::crypto {
namespace {

static_assert(SymmetricKey::kSize == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(SymmetricKey::kSize == crypto_auth_hmacsha256_KEYBYTES);
static_assert(SymmetricKey::kNonceSize == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
static_assert(SymmetricKey::kMacSize == crypto_aead_xchacha20poly1305_ietf_ABYTES);
static_assert(Digest::kSize == crypto_auth_hmacsha256_BYTES);

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* data_of(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace

SymmetricKey::SymmetricKey() {
  init();
  secret_ = static_cast<unsigned char*>(sodium_malloc(kSize));
  assert(secret_ != nullptr);
}

SymmetricKey SymmetricKey::generate() {
  SymmetricKey key;
  randombytes_buf(key.secret_, kSize);
  sodium_mprotect_readonly(key.secret_);
  return key;
}

Result<SymmetricKey> SymmetricKey::from_bytes(std::string_view bytes) {
  if (bytes.size() != kSize)
    return fail(ErrorCode::KEY_MALFORMED,
                "a symmetric key has 32 bytes, not " + std::to_string(bytes.size()));
  SymmetricKey key;
  bytes.copy(reinterpret_cast<char*>(key.secret_), kSize);
  sodium_mprotect_readonly(key.secret_);
  return key;
}

SymmetricKey SymmetricKey::derive(const SecretKey& from, std::string_view label) {
  SymmetricKey key;
  assert(from.seed().size() == crypto_auth_hmacsha256_KEYBYTES);
  crypto_auth_hmacsha256(key.secret_, data_of(label), label.size(), data_of(from.seed()));
  sodium_mprotect_readonly(key.secret_);
  return key;
}

SymmetricKey::SymmetricKey(SymmetricKey&& other) noexcept
    : secret_(std::exchange(other.secret_, nullptr)) {}

SymmetricKey& SymmetricKey::operator=(SymmetricKey&& other) noexcept {
  std::swap(secret_, other.secret_);
  return *this;
}

SymmetricKey::~SymmetricKey() { sodium_free(secret_); }

Digest SymmetricKey::tag(std::string_view message) const {
  assert(secret_ != nullptr);
  Digest tag;
  crypto_auth_hmacsha256(tag.bytes.data(), data_of(message), message.size(), secret_);
  return tag;
}

std::string SymmetricKey::seal(std::string_view bytes, std::string_view bound) const {
  assert(secret_ != nullptr);
  auto sealed = random_bytes(kNonceSize);
  sealed.resize(kNonceSize + bytes.size() + kMacSize);
  crypto_aead_xchacha20poly1305_ietf_encrypt(data_of(sealed) + kNonceSize, nullptr, data_of(bytes),
                                             bytes.size(), data_of(bound), bound.size(), nullptr,
                                             data_of(sealed), secret_);
  return sealed;
}

Result<std::string> SymmetricKey::open(std::string_view sealed, std::string_view bound) const {
  assert(secret_ != nullptr);
  if (sealed.size() < kNonceSize + kMacSize) return fail(ErrorCode::CORRUPT, "too short a seal");
  const auto box = sealed.substr(kNonceSize);
  std::string bytes(box.size() - kMacSize, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(data_of(bytes), nullptr, nullptr, data_of(box),
                                                 box.size(), data_of(bound), bound.size(),
                                                 data_of(sealed), secret_) != 0)
    return fail(ErrorCode::CORRUPT, "a seal does not open");
  return bytes;
}

std::string_view SymmetricKey::bytes() const {
  assert(secret_ != nullptr);
  return {reinterpret_cast<const char*>(secret_), kSize};
}

}  // namespace puhui::crypto
