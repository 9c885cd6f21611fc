// TLS contexts of a node's public side: the HTTPS server and its clients.
//
// The server shows a P-256 certificate of the city's own authority (browsers refuse Ed25519) and
// speaks TLS 1.2 and 1.3. A client certificate is optional: without one the caller is anonymous;
// one that does not verify against the authority ends the handshake, so a handler never sees a
// claimed but unproved identity. Sessions are never resumed, in either direction: every handshake
// checks certificates anew.
//
// A context may be shared by any number of connections and threads; it is not changed after it is
// made. No function here reads a file or a clock, but OpenSSL compares certificate dates with the
// system clock during a handshake.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proto/error.h"

namespace boost::asio::ssl {
class context;
}
struct ssl_st;  // OpenSSL's SSL.

namespace puhui::node::tls {

using Context = std::shared_ptr<boost::asio::ssl::context>;

// A certificate and the private key it speaks for, both PEM; the key is PKCS#8 without a
// passphrase: wipe it (crypto::wipe) or keep it under mode 0600.
struct CertifiedKey {
  std::string certificate_pem;
  std::string key_pem;
};

// For a server that shows `server` and accepts client certificates of `authority_pem`.
// KEY_MALFORMED if a PEM does not parse or the key does not belong to the certificate.
[[nodiscard]] Result<Context> server_context(const CertifiedKey& server,
                                             std::string_view authority_pem);

// For clients that trust servers of `authority_pem` alone (never the system's authorities) and
// show `client` when asked. Whether the certificate names the host that was dialled is checked per
// connection by the client. Errors as above.
[[nodiscard]] Result<Context> client_context(std::string_view authority_pem,
                                             const std::optional<CertifiedKey>& client);

// The party that the verified peer certificate of a finished handshake names: its URI
// "puhui:party:<id>". None if the peer showed no certificate or one without exactly one such URI.
[[nodiscard]] std::optional<std::string> peer_party(ssl_st* connection);

}  // namespace puhui::node::tls
