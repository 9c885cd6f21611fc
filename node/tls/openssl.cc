#include "node/tls/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cassert>

namespace puhui::node::tls {
namespace {

// Reading bad bytes is an ordinary failure here; its traces must not be found by a later caller
// that asks OpenSSL what went wrong with a connection.
template <class T>
T forget_errors(T value) {
  ERR_clear_error();
  return value;
}

int no_passphrase(char*, int, int, void*) { return -1; }

Bio reading(std::string_view bytes) {
  Bio bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  assert(bio);
  return bio;
}

std::string contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

void set_time(ASN1_TIME* to, std::int64_t time_s) {
  const ASN1_TIME* made = ASN1_TIME_set(to, static_cast<time_t>(time_s));
  assert(made != nullptr);
}

}  // namespace

std::string to_pem(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  const int written = PEM_write_bio_X509(bio.get(), certificate);
  assert(written == 1);
  return contents(bio.get());
}

std::string to_pem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  const int written =
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  assert(written == 1);
  return contents(bio.get());
}

Certificate certificate_from_pem(std::string_view pem) {
  const Bio bio = reading(pem);
  return forget_errors(Certificate(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)));
}

Key key_from_pem(std::string_view pem) {
  const Bio bio = reading(pem);
  return forget_errors(Key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr)));
}

Certificate make_certificate(const Subject& subject, Validity validity, const BIGNUM* serial) {
  Certificate certificate(X509_new());
  assert(certificate);
  X509* const x = certificate.get();
  X509_set_version(x, X509_VERSION_3);
  BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x));
  set_time(X509_getm_notBefore(x), validity.not_before_s);
  set_time(X509_getm_notAfter(x), validity.not_after_s);
  const auto* name = reinterpret_cast<const unsigned char*>(subject.common_name.data());
  const int named = X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8, name,
                                               static_cast<int>(subject.common_name.size()), -1, 0);
  assert(named == 1);
  X509_set_issuer_name(x, X509_get_subject_name(subject.issuer == nullptr ? x : subject.issuer));
  const int keyed = X509_set_pubkey(x, subject.key);
  assert(keyed == 1);
  return certificate;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer == nullptr ? certificate : issuer, certificate, nullptr, nullptr,
                 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  assert(extension != nullptr);
  const int added = X509_add_ext(certificate, extension, -1);
  assert(added == 1);
  X509_EXTENSION_free(extension);
}

void forbid_resumption(SSL_CTX* context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
}

}  // namespace puhui::node::tls
