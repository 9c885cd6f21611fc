#include "node/tls/city_authority.h"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/ec.h>

#include <algorithm>
#include <cassert>

#include "crypto/key.h"
#include "node/tls/openssl.h"

namespace puhui::node::tls {
namespace {

constexpr int kSerialBits = 127;  // Positive and at most 20 octets (RFC 5280 §4.1.2.2).
constexpr std::size_t kAddressBytesMax = 16;

tl::unexpected<Error> invalid(std::string detail) {
  return fail(ErrorCode::INVALID_ARGUMENT, std::move(detail));
}

Key new_key() {
  Key key(EVP_EC_gen("P-256"));
  assert(key);
  return key;
}

bool is_p256(EVP_PKEY* key) {
  char group[32];
  std::size_t size = 0;
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
         EVP_PKEY_get_group_name(key, group, sizeof group, &size) == 1 &&
         std::string_view(group, size) == SN_X9_62_prime256v1;
}

bool is_ip_address(const std::string& name) {
  unsigned char address[kAddressBytesMax];
  return inet_pton(AF_INET, name.c_str(), address) == 1 ||
         inet_pton(AF_INET6, name.c_str(), address) == 1;
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_host_name(std::string_view name) {
  return !name.empty() && is_letter_or_digit(name.front()) && is_letter_or_digit(name.back()) &&
         std::ranges::all_of(name,
                             [](char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; });
}

bool is_party_id(std::string_view id) {
  return !id.empty() && id.size() <= kCommonNameSizeMax && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("._/-").find(c) != std::string_view::npos;
  });
}

Result<void> check(Validity validity) {
  if (validity.not_after_s < validity.not_before_s) {
    return invalid("the validity ends before it begins");
  }
  return {};
}

Result<std::string> alternative_names(const std::vector<std::string>& names) {
  if (names.empty() || names.size() > kServerNamesMax) {
    return invalid("a server has 1 to " + std::to_string(kServerNamesMax) + " names");
  }
  std::string list;
  for (const std::string& name : names) {
    const bool ip = name.find('\0') == std::string::npos && is_ip_address(name);
    if (name.size() > kServerNameSizeMax || (!ip && !is_host_name(name))) {
      return invalid("'" + name.substr(0, kServerNameSizeMax) + "' is no host name or address");
    }
    if (!list.empty()) list += ',';
    list += (ip ? "IP:" : "DNS:") + name;
  }
  return list;
}

struct BignumFree {
  void operator()(BIGNUM* number) const { BN_free(number); }
};

std::unique_ptr<BIGNUM, BignumFree> new_serial() {
  std::unique_ptr<BIGNUM, BignumFree> serial(BN_new());
  const int drawn = BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
  assert(drawn == 1);
  return serial;
}

void sign(X509* certificate, EVP_PKEY* key) {
  const auto size = X509_sign(certificate, key, EVP_sha256());
  assert(size > 0);
}

void add_key_identifiers(X509* certificate, X509* issuer) {
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
}

}  // namespace

struct CityAuthority::State {
  Key key;
  Certificate certificate;
  std::string certificate_pem;

  // A certificate for a new key, its alternative names and its one extended use.
  CertifiedKey issue(std::string_view common_name, const std::string& names, const char* use,
                     Validity validity) const {
    const Key subject_key = new_key();
    const Certificate issued = make_certificate({common_name, certificate.get(), subject_key.get()},
                                                validity, new_serial().get());
    X509* const x = issued.get();
    add_extension(x, certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(x, certificate.get(), NID_key_usage, "critical,digitalSignature");
    add_extension(x, certificate.get(), NID_ext_key_usage, use);
    add_extension(x, certificate.get(), NID_subject_alt_name, names);
    add_key_identifiers(x, certificate.get());
    sign(x, key.get());
    return {to_pem(x), to_pem(subject_key.get())};
  }
};

CityAuthority::CityAuthority(std::shared_ptr<const State> state) : state_(std::move(state)) {}

Result<CityAuthority> CityAuthority::create(std::string_view common_name, Validity validity) {
  const bool controls = std::ranges::any_of(
      common_name, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
  if (common_name.empty() || common_name.size() > kCommonNameSizeMax || controls) {
    return invalid("a common name has 1 to 64 bytes, none of them a control character");
  }
  if (auto checked = check(validity); !checked) return tl::make_unexpected(checked.error());
  Key key = new_key();
  Certificate made =
      make_certificate({common_name, nullptr, key.get()}, validity, new_serial().get());
  X509* const x = made.get();
  add_extension(x, nullptr, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(x, nullptr, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_key_identifiers(x, nullptr);
  sign(x, key.get());
  std::string pem = to_pem(x);
  return CityAuthority(
      std::make_shared<const State>(State{std::move(key), std::move(made), std::move(pem)}));
}

Result<CityAuthority> CityAuthority::load(std::string_view certificate_pem,
                                          std::string_view key_pem) {
  Key key = key_from_pem(key_pem);
  if (!key || !is_p256(key.get())) return fail(ErrorCode::KEY_MALFORMED, "the authority's key");
  Certificate certificate = certificate_from_pem(certificate_pem);
  if (!certificate || X509_check_ca(certificate.get()) != 1) {
    return fail(ErrorCode::KEY_MALFORMED, "the authority's certificate");
  }
  const EVP_PKEY* certified = X509_get0_pubkey(certificate.get());
  if (certified == nullptr || EVP_PKEY_eq(certified, key.get()) != 1) {
    return fail(ErrorCode::KEY_MALFORMED, "the authority's key is not its certificate's");
  }
  std::string pem = to_pem(certificate.get());
  return CityAuthority(
      std::make_shared<const State>(State{std::move(key), std::move(certificate), std::move(pem)}));
}

const std::string& CityAuthority::certificate_pem() const { return state_->certificate_pem; }

std::string CityAuthority::key_pem() const { return to_pem(state_->key.get()); }

Result<CertifiedKey> CityAuthority::issue_server(const std::vector<std::string>& names,
                                                 Validity validity) const {
  if (auto checked = check(validity); !checked) return tl::make_unexpected(checked.error());
  auto list = alternative_names(names);
  if (!list) return tl::make_unexpected(list.error());
  const std::string common_name = names.front().substr(0, kCommonNameSizeMax);
  return state_->issue(common_name, *list, "serverAuth", validity);
}

Result<CertifiedKey> CityAuthority::issue_client(std::string_view party_id,
                                                 Validity validity) const {
  if (auto checked = check(validity); !checked) return tl::make_unexpected(checked.error());
  if (!is_party_id(party_id)) return invalid("not a party id");
  const std::string uri = "URI:" + std::string(kPartyUri) + std::string(party_id);
  return state_->issue(party_id, uri, "clientAuth", validity);
}

}  // namespace puhui::node::tls
