// Request targets (RFC 9112 §3.2.1, origin-form) and https addresses, taken apart. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proto/error.h"

namespace puhui::node::http {

inline constexpr std::size_t kTargetPartsMax = 64;  // Of a path, and of a query.

struct Target {
  std::string path;
  std::vector<std::string> segments;
  std::map<std::string, std::string> query;
};

// See Request for the meaning of the parts. INVALID_ARGUMENT: not origin-form, a byte outside
// printable ASCII, a '%' without two hexadecimal digits, a part "." or "..", a NUL, a query name
// that occurs twice, more than kTargetPartsMax parts.
[[nodiscard]] Result<Target> parse_target(std::string_view target);

struct Address {
  std::string host;  // Name, IPv4 address, or IPv6 address without brackets.
  std::string port;  // Decimal.
  std::string path;  // "" or beginning with '/', with the query.

  bool operator==(const Address&) const = default;

  std::string authority() const;  // "host:port", an IPv6 address in brackets.
};

// "https://host[:port][/path]". INVALID_ARGUMENT for any other scheme, a user name, a fragment, an
// empty host, a port out of range.
[[nodiscard]] Result<Address> parse_https(std::string_view url);

}  // namespace puhui::node::http
