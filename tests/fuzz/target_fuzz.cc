// Request targets and https addresses: what parses is within its limits, and written out again it
// parses to the same.
#include "node/http/target.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using namespace puhui::node::http;

std::string escaped(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

void check_target(std::string_view text) {
  const auto target = parse_target(text);
  if (!target) return;
  assert(target->path == text.substr(0, text.find('?')));
  assert(!target->segments.empty() && target->segments.size() <= kTargetPartsMax);
  assert(target->query.size() <= kTargetPartsMax);
  std::string written;
  for (const auto& segment : target->segments) {
    assert(segment != "." && segment != ".." && segment.find('\0') == std::string::npos);
    written += '/' + escaped(segment);
  }
  char separator = '?';
  for (const auto& [name, value] : target->query) {
    assert((name + value).find('\0') == std::string::npos);
    written += separator + escaped(name) + '=' + escaped(value);
    separator = '&';
  }
  const auto again = parse_target(written);
  assert(again && again->segments == target->segments && again->query == target->query);
}

void check_address(std::string_view text) {
  const auto address = parse_https(text);
  if (!address) return;
  assert(!address->host.empty());
  assert(address->path.empty() || address->path.starts_with('/'));
  const auto again = parse_https("https://" + address->authority() + address->path);
  assert(again && *again == *address);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_target(text);
  check_address(text);
  check_address("https://" + std::string(text));
  return 0;
}
