// Owners of OpenSSL's objects and the few steps the other files of this folder share.
// Included by sources of this folder only.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "node/tls/city_authority.h"
#include "proto/error.h"

namespace puhui::node::tls {

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};

using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;

inline constexpr std::string_view kPartyUri = "puhui:party:";

std::string to_pem(X509* certificate);
std::string to_pem(EVP_PKEY* key);  // PKCS#8, no passphrase.

// Null if the bytes are not one; never asks a terminal for a passphrase.
Certificate certificate_from_pem(std::string_view pem);
Key key_from_pem(std::string_view pem);

// What stands in a certificate besides its extensions.
struct Subject {
  std::string_view common_name;
  X509* issuer = nullptr;  // Null: the certificate itself.
  EVP_PKEY* key = nullptr;
};

// A version 3 certificate, not yet signed, with the given serial number.
Certificate make_certificate(const Subject& subject, Validity validity, const BIGNUM* serial);

// Adds an extension in OpenSSL's configuration syntax (x509v3_config(5)); `issuer` is needed for
// key identifiers. The value is the caller's own text: it must parse (asserted).
void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value);

// Every handshake is a full one, with certificates checked; TLS 1.2 renegotiation is refused too.
void forbid_resumption(SSL_CTX* context);

}  // namespace puhui::node::tls
