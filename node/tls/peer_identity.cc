#include "node/tls/peer_identity.h"

#include <boost/asio/ssl/context.hpp>
#include <cassert>

#include "node/tls/openssl.h"

namespace puhui::node::tls {
namespace {

namespace ssl = boost::asio::ssl;

// 2000-01-01 and 9999-12-31 23:59:59, RFC 5280 §4.1.2.5's "no well-defined expiration".
constexpr Validity kAlways{946'684'800, 253'402'300'799};
constexpr std::size_t kEd25519Bytes = 32;

std::optional<crypto::PublicKey> key_of(X509* certificate) {
  const EVP_PKEY* key = certificate == nullptr ? nullptr : X509_get0_pubkey(certificate);
  if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519) return std::nullopt;
  unsigned char raw[kEd25519Bytes];
  std::size_t size = sizeof raw;
  if (EVP_PKEY_get_raw_public_key(key, raw, &size) != 1) return std::nullopt;
  return crypto::PublicKey{crypto::Algorithm::ed25519,
                           std::string(reinterpret_cast<const char*>(raw), size)};
}

// The pin check belongs to the SSL_CTX, which connections keep alive, and dies with it.
void free_pin_check(void*, void* check, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<PinCheck*>(check);
}

int pin_check_slot() {
  static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_pin_check);
  assert(slot >= 0);
  return slot;
}

// Stands for all of X509_verify_cert: the leaf's key is the only thing that counts.
int verify_leaf(X509_STORE_CTX* store, void* check) {
  const auto key = key_of(X509_STORE_CTX_get0_cert(store));
  const bool welcome = key && (*static_cast<PinCheck*>(check))(*key);
  X509_STORE_CTX_set_error(store, welcome ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
  return welcome ? 1 : 0;
}

}  // namespace

struct PeerIdentity::State {
  crypto::PublicKey public_key;
  Key key;
  Certificate certificate;
};

PeerIdentity::PeerIdentity(std::shared_ptr<const State> state) : state_(std::move(state)) {}

Result<PeerIdentity> PeerIdentity::create(const crypto::SecretKey& secret) {
  if (secret.public_key().algorithm != crypto::Algorithm::ed25519) {
    return fail(ErrorCode::KEY_MALFORMED, "a peer key is an Ed25519 key");
  }
  const std::string_view seed = secret.seed();
  Key key(EVP_PKEY_new_raw_private_key(
      EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(seed.data()), seed.size()));
  assert(key);
  Certificate made = make_certificate({"puhui peer", nullptr, key.get()}, kAlways, BN_value_one());
  const auto signature_size = X509_sign(made.get(), key.get(), nullptr);
  assert(signature_size > 0);
  return PeerIdentity(
      std::make_shared<const State>(State{secret.public_key(), std::move(key), std::move(made)}));
}

const crypto::PublicKey& PeerIdentity::public_key() const { return state_->public_key; }

std::string PeerIdentity::certificate_pem() const { return to_pem(state_->certificate.get()); }

Context PeerIdentity::context(PinCheck welcome) const {
  auto context = std::make_shared<ssl::context>(ssl::context::tlsv13);
  SSL_CTX* const native = context->native_handle();
  forbid_resumption(native);
  const int used = SSL_CTX_use_certificate(native, state_->certificate.get());
  const int keyed = SSL_CTX_use_PrivateKey(native, state_->key.get());
  const auto restricted = SSL_CTX_set1_sigalgs_list(native, "ed25519");
  assert(used == 1 && keyed == 1 && restricted == 1);
  auto* check = new PinCheck(std::move(welcome));
  const int stored = SSL_CTX_set_ex_data(native, pin_check_slot(), check);
  assert(stored == 1);
  SSL_CTX_set_cert_verify_callback(native, verify_leaf, check);
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return context;
}

std::optional<crypto::PublicKey> peer_key(ssl_st* connection) {
  const Certificate certificate(SSL_get1_peer_certificate(connection));
  return key_of(certificate.get());
}

}  // namespace puhui::node::tls
