#include "node/tls/context.h"

#include <boost/asio/ssl/context.hpp>
#include <cassert>

#include "node/tls/openssl.h"

namespace puhui::node::tls {
namespace {

namespace ssl = boost::asio::ssl;

// Forward secrecy and authenticated encryption only, for what still speaks TLS 1.2.
constexpr const char* kTls12Ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

tl::unexpected<Error> malformed(const char* what) {
  ERR_clear_error();
  return fail(ErrorCode::KEY_MALFORMED, what);
}

Context make_context(ssl::context::method method) {
  auto context = std::make_shared<ssl::context>(method);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  const int ciphers = SSL_CTX_set_cipher_list(native, kTls12Ciphers);
  assert(ciphers == 1);
  forbid_resumption(native);
  return context;
}

Result<void> use_key(ssl::context& context, const CertifiedKey& certified) {
  boost::system::error_code error;
  context.use_certificate_chain(boost::asio::buffer(certified.certificate_pem), error);
  if (error) return malformed("a certificate does not parse");
  const Key key = key_from_pem(certified.key_pem);
  if (!key || SSL_CTX_use_PrivateKey(context.native_handle(), key.get()) != 1 ||
      SSL_CTX_check_private_key(context.native_handle()) != 1) {
    return malformed("a key does not parse or is not its certificate's");
  }
  return {};
}

Result<void> trust(ssl::context& context, std::string_view authority_pem) {
  const Certificate authority = certificate_from_pem(authority_pem);
  if (!authority) return malformed("the authority's certificate does not parse");
  SSL_CTX* const native = context.native_handle();
  const int stored = X509_STORE_add_cert(SSL_CTX_get_cert_store(native), authority.get());
  assert(stored == 1);
  return {};
}

}  // namespace

Result<Context> server_context(const CertifiedKey& server, std::string_view authority_pem) {
  Context context = make_context(ssl::context::tls_server);
  if (auto used = use_key(*context, server); !used) return tl::make_unexpected(used.error());
  if (auto done = trust(*context, authority_pem); !done) return tl::make_unexpected(done.error());
  // Named in the certificate request, so that browsers offer only certificates that can succeed.
  const Certificate authority = certificate_from_pem(authority_pem);
  SSL_CTX_add_client_CA(context->native_handle(), authority.get());
  SSL_CTX_set_verify(context->native_handle(), SSL_VERIFY_PEER, nullptr);
  return context;
}

Result<Context> client_context(std::string_view authority_pem,
                               const std::optional<CertifiedKey>& client) {
  Context context = make_context(ssl::context::tls_client);
  if (auto done = trust(*context, authority_pem); !done) return tl::make_unexpected(done.error());
  if (client) {
    if (auto used = use_key(*context, *client); !used) return tl::make_unexpected(used.error());
  }
  SSL_CTX_set_verify(context->native_handle(), SSL_VERIFY_PEER, nullptr);
  return context;
}

std::optional<std::string> peer_party(ssl_st* connection) {
  const Certificate certificate(SSL_get1_peer_certificate(connection));
  if (!certificate || SSL_get_verify_result(connection) != X509_V_OK) return std::nullopt;
  const std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  std::optional<std::string> party;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_STRING* text = name->d.uniformResourceIdentifier;
    const std::string_view uri(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                               static_cast<std::size_t>(ASN1_STRING_length(text)));
    if (!uri.starts_with(kPartyUri)) continue;
    if (party) return std::nullopt;
    party = uri.substr(kPartyUri.size());
  }
  return party;
}

}  // namespace puhui::node::tls
