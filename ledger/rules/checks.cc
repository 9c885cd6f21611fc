#include "ledger/rules/checks.h"

#include <algorithm>
#include <array>

namespace puhui::ledger {
namespace {

constexpr std::size_t kLabelSizeMax = 64;
constexpr std::size_t kMediaTypeSizeMax = 127;  // RFC 6838, section 4.2

// The first two digits of area codes, GB/T 2260.
constexpr auto kProvinces = std::to_array<std::string_view>(
    {"11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34",
     "35", "36", "37", "41", "42", "43", "44", "45", "46", "50", "51", "52",
     "53", "54", "61", "62", "63", "64", "65", "71", "81", "82"});

bool is_media_type(std::string_view text) {
  const auto slash = text.find('/');
  return text.size() <= kMediaTypeSizeMax && slash != std::string_view::npos && slash > 0 &&
         slash + 1 < text.size() &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; }) &&
         text.find('/', slash + 1) == std::string_view::npos;
}

}  // namespace

Ruling need_rules(const Context& context) {
  if (context.rules_in_force) return {};
  return refuse(ErrorCode::RULE_NONE_IN_FORCE, "rules.in_force",
                "rule set " + context.rules.version(), {}, time_text(context.now));
}

bool is_area(std::string_view code) {
  return code.size() == 6 &&
         std::ranges::all_of(code, [](char c) { return c >= '0' && c <= '9'; }) &&
         std::ranges::find(kProvinces, code.substr(0, 2)) != kProvinces.end();
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kLabelSizeMax && text.find('\0') == std::string_view::npos;
}

bool is_document(const v1::Document& document) {
  return !document.name().empty() && document.name().size() <= kTextSizeMax &&
         document.sha256().size() == crypto::Digest::kSize &&
         is_media_type(document.media_type()) && document.size() > 0;
}

}  // namespace puhui::ledger
