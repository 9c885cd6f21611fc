// Who a node is to the other nodes of its city: its Ed25519 peer key, and nothing else.
//
// The certificate is a wrapping that TLS demands: self-signed (RFC 8410), made in memory, with no
// meaningful name, dates or issuer. What is checked is the raw public key of the leaf, which the
// handshake proves the peer holds; the caller's pin check says whether that key is welcome. There
// is no authority, no chain and no clock in this, and no session is ever resumed, so a key that is
// no longer welcome fails its next handshake. TLS 1.3 only, both sides prove themselves.
// Functions may be called from any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "crypto/key.h"
#include "node/tls/context.h"
#include "proto/error.h"

namespace puhui::node::tls {

// Whether a peer with this key is welcome. Called during handshakes, from any thread that runs
// one; it must not block and must not throw.
using PinCheck = std::function<bool(const crypto::PublicKey&)>;

class PeerIdentity {
 public:
  // KEY_MALFORMED if the key is not Ed25519. The copy of the secret inside lives in OpenSSL, which
  // wipes it when the last copy of this object and of its contexts is gone.
  [[nodiscard]] static Result<PeerIdentity> create(const crypto::SecretKey& key);

  const crypto::PublicKey& public_key() const;
  std::string certificate_pem() const;

  // For dialling and accepting alike.
  Context context(PinCheck welcome) const;

 private:
  struct State;
  explicit PeerIdentity(std::shared_ptr<const State> state);

  std::shared_ptr<const State> state_;
};

// The key that the peer of a finished handshake proved; none if it is not an Ed25519 one.
[[nodiscard]] std::optional<crypto::PublicKey> peer_key(ssl_st* connection);

}  // namespace puhui::node::tls
