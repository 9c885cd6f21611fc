#include "node/http/target.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace puhui::node::http {
namespace {

tl::unexpected<Error> invalid(std::string detail) {
  return fail(ErrorCode::INVALID_ARGUMENT, std::move(detail));
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// The characters of an IPv6 address; whether it is one, whoever connects to it finds out.
bool is_like_ipv6(std::string_view text) {
  return text.find(':') != std::string_view::npos && std::ranges::all_of(text, [](char c) {
           return c == ':' || c == '.' || hex_digit(c).has_value();
         });
}

Result<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out.push_back(plus_is_space && text[at] == '+' ? ' ' : text[at]);
      continue;
    }
    if (text.size() - at < 3) return invalid("a '%' without two digits");
    const auto high = hex_digit(text[at + 1]);
    const auto low = hex_digit(text[at + 2]);
    if (!high || !low) return invalid("a '%' without two digits");
    out.push_back(static_cast<char>(*high * 16 + *low));
    at += 2;
  }
  if (out.find('\0') != std::string::npos) return invalid("a NUL in the target");
  return out;
}

Result<std::vector<std::string_view>> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    if (parts.size() == kTargetPartsMax) return invalid("too many parts in the target");
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

Result<void> add_query(std::string_view pair, std::map<std::string, std::string>& query) {
  const std::size_t equals = pair.find('=');
  const bool bare = equals == std::string_view::npos;
  auto name = decode(pair.substr(0, equals), true);
  if (!name) return tl::make_unexpected(name.error());
  auto value = decode(bare ? std::string_view() : pair.substr(equals + 1), true);
  if (!value) return tl::make_unexpected(value.error());
  if (!query.emplace(std::move(*name), std::move(*value)).second) {
    return invalid("a query name occurs twice");
  }
  return {};
}

Result<void> parse_query(std::string_view text, std::map<std::string, std::string>& query) {
  const auto pairs = split(text, '&');
  if (!pairs) return tl::make_unexpected(pairs.error());
  for (const std::string_view pair : *pairs) {
    if (pair.empty()) continue;
    if (auto added = add_query(pair, query); !added) return added;
  }
  return {};
}

Result<void> parse_path(std::string_view path, std::vector<std::string>& segments) {
  const auto parts = split(path.substr(1), '/');
  if (!parts) return tl::make_unexpected(parts.error());
  for (const std::string_view part : *parts) {
    auto decoded = decode(part, false);
    if (!decoded) return tl::make_unexpected(decoded.error());
    if (*decoded == "." || *decoded == "..") return invalid("a dot segment in the path");
    segments.push_back(std::move(*decoded));
  }
  return {};
}

// Cuts the port off an authority, leaving the host.
Result<std::string> take_port(std::string_view& authority) {
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  if (!has_port) return std::string("443");
  const std::string_view digits = authority.substr(colon + 1);
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), port);
  if (error != std::errc() || end != digits.end() || port == 0 || port > 65535) {
    return invalid("a port out of range");
  }
  authority = authority.substr(0, colon);
  return std::to_string(port);
}

}  // namespace

Result<Target> parse_target(std::string_view target) {
  if (!target.starts_with('/')) return invalid("the target does not begin with '/'");
  if (!is_printable(target)) return invalid("a byte in the target that is not printable ASCII");
  const std::size_t question = target.find('?');
  Target parsed;
  parsed.path = target.substr(0, question);
  if (auto path = parse_path(parsed.path, parsed.segments); !path) {
    return tl::make_unexpected(path.error());
  }
  if (question == std::string_view::npos) return parsed;
  if (auto query = parse_query(target.substr(question + 1), parsed.query); !query) {
    return tl::make_unexpected(query.error());
  }
  return parsed;
}

std::string Address::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + port;
}

Result<Address> parse_https(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (!url.starts_with(kScheme)) return invalid("the address does not begin with https://");
  url.remove_prefix(kScheme.size());
  if (!is_printable(url) || url.find('#') != std::string_view::npos) {
    return invalid("the address holds a fragment or an unprintable byte");
  }
  std::string_view authority = url.substr(0, url.find_first_of("/?"));
  Address address;
  address.path = url.substr(authority.size());
  if (address.path.starts_with('?')) address.path.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) return invalid("the address names a user");
  auto port = take_port(authority);
  if (!port) return tl::make_unexpected(port.error());
  address.port = std::move(*port);
  if (authority.starts_with('[') && authority.ends_with(']')) {
    authority = authority.substr(1, authority.size() - 2);
    if (!is_like_ipv6(authority)) return invalid("the address's host is malformed");
  } else if (authority.find_first_of("[]:") != std::string_view::npos) {
    return invalid("the address's host is malformed");
  }
  if (authority.empty()) return invalid("the address names no host");
  address.host = authority;
  return address;
}

}  // namespace puhui::node::http
