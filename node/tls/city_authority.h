// The city's own certificate authority for its API: who a server is, and which party calls.
//
// Everything it makes is P-256 with SHA-256 (RFC 5480), version 3, with a random 127-bit serial:
//
//   authority  CN as given, CA:TRUE pathlen 0, keyCertSign + cRLSign
//   server     CN = first name, SAN = all names (DNS or IP), EKU serverAuth
//   client     CN = party id, SAN = URI:puhui:party:<party id>, EKU clientAuth
//
// The authority is trusted for nothing but TLS: no event, vote or checkpoint depends on it.
// Where the PEM bytes lie is the caller's business. Times are POSIX seconds and are handed in.
// Functions may be called from any thread; one authority may be shared for issuing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "node/tls/context.h"
#include "proto/error.h"

namespace puhui::node::tls {

inline constexpr std::size_t kServerNamesMax = 32;
inline constexpr std::size_t kServerNameSizeMax = 253;  // RFC 1035 §2.3.4, in text.
inline constexpr std::size_t kCommonNameSizeMax = 64;   // RFC 5280, ub-common-name.

// A certificate is valid from the first to the last second named, both included.
struct Validity {
  std::int64_t not_before_s = 0;
  std::int64_t not_after_s = 0;
};

class CityAuthority {
 public:
  // A new key and its self-signed certificate. INVALID_ARGUMENT for an empty or overlong common
  // name, a control character in it, or a validity that ends before it begins.
  [[nodiscard]] static Result<CityAuthority> create(std::string_view common_name,
                                                    Validity validity);

  // From what the accessors below returned. KEY_MALFORMED if a PEM does not parse, is not P-256,
  // is not an authority's certificate, or the two do not belong together.
  [[nodiscard]] static Result<CityAuthority> load(std::string_view certificate_pem,
                                                  std::string_view key_pem);

  // What clients trust.
  const std::string& certificate_pem() const;
  // The secret of the authority, PKCS#8 without a passphrase; wipe it.
  std::string key_pem() const;

  // A new key and certificate for a server reached under these host names and IP addresses.
  // INVALID_ARGUMENT: no name, more than kServerNamesMax, or one that is neither an IP address nor
  // letters, digits, hyphens and dots; a validity that ends before it begins.
  [[nodiscard]] Result<CertifiedKey> issue_server(const std::vector<std::string>& names,
                                                  Validity validity) const;

  // A new key and certificate with which `party_id` proves itself to the API. INVALID_ARGUMENT
  // unless the id is 1 to kCommonNameSizeMax of a-z 0-9 . _ / - (or the validity is reversed).
  [[nodiscard]] Result<CertifiedKey> issue_client(std::string_view party_id,
                                                  Validity validity) const;

 private:
  struct State;
  explicit CityAuthority(std::shared_ptr<const State> state);

  std::shared_ptr<const State> state_;
};

}  // namespace puhui::node::tls
