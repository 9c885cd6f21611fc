#include "ledger/versions.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ledger/rules/checks.h"

namespace puhui::ledger {
namespace {

constexpr std::string_view kTo = "..", kDigits = "0123456789";

bool begins_with_digit(std::string_view text) {
  return kDigits.find(text.front()) != std::string_view::npos;
}

// Takes the digits at the start; answers them without zeros in front.
std::string_view take_number(std::string_view& text) {
  auto digits = text.substr(0, text.find_first_not_of(kDigits));
  text.remove_prefix(digits.size());
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

bool comes_before(std::string_view one, std::string_view other) {
  while (!one.empty() && !other.empty()) {
    if (begins_with_digit(one) && begins_with_digit(other)) {
      const auto a = take_number(one), b = take_number(other);
      if (a != b) return std::pair(a.size(), a) < std::pair(b.size(), b);
      continue;
    }
    // As bytes, whatever the sign of a char is.
    if (one.front() != other.front()) return one.substr(0, 1) < other.substr(0, 1);
    one.remove_prefix(1);
    other.remove_prefix(1);
  }
  return one.empty() && !other.empty();
}

std::optional<std::pair<std::string_view, std::string_view>> range_in(std::string_view versions) {
  const auto at = versions.find(kTo);
  if (at == std::string_view::npos) return std::nullopt;
  return std::pair(versions.substr(0, at), versions.substr(at + kTo.size()));
}

}  // namespace

bool is_versions(std::string_view text) {
  const auto range = range_in(text);
  if (!range) return is_label(text);
  return is_label(text) && is_label(range->first) && is_label(range->second) &&
         !comes_before(range->second, range->first);
}

bool covers(std::string_view versions, std::string_view version) {
  const auto range = range_in(versions);
  if (!range) return versions == version;
  return !comes_before(version, range->first) && !comes_before(range->second, version);
}

}  // namespace puhui::ledger
