#include <algorithm>
#include <chrono>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

// Provinces of GB/T 2260, first and last of each region.
constexpr std::pair<int, int> kRegions[] = {{11, 15}, {21, 23}, {31, 37}, {41, 46},
                                            {50, 54}, {61, 65}, {71, 71}, {81, 82}};

std::chrono::sys_days civil(std::int64_t day) {
  return std::chrono::sys_days(std::chrono::days(day));
}

bool is_media_type(const std::string& text) {
  return text.size() <= 127 && std::ranges::count(text, '/') == 1 && text.front() != '/' &&
         text.back() != '/' &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.find('\0') == std::string_view::npos;
}

bool is_area(std::string_view text) {
  if (text.size() != 6 || text.find_first_not_of("0123456789") != std::string_view::npos)
    return false;
  const int province = (text[0] - '0') * 10 + (text[1] - '0');
  return std::ranges::any_of(kRegions, [province](const auto& region) {
    return province >= region.first && province <= region.second;
  });
}

bool is_document(const v1::Document& document) {
  return !document.name().empty() && document.name().size() <= kTextMax &&
         document.sha256().size() == crypto::Digest::kSize &&
         is_media_type(document.media_type()) && document.size() > 0;
}

int year_of(std::int64_t day) {
  return static_cast<int>(std::chrono::year_month_day(civil(day)).year());
}

std::int64_t first_of(std::uint32_t year, std::uint32_t month) {
  const auto counted = year + (month - 1) / 12;
  return std::chrono::sys_days(std::chrono::year(static_cast<int>(counted)) /
                               std::chrono::month((month - 1) % 12 + 1) / 1)
      .time_since_epoch()
      .count();
}

std::int64_t first_of_month(std::int64_t day) {
  const std::chrono::year_month_day date(civil(day));
  const auto first = date.year() / date.month() / std::chrono::day(1);
  return std::chrono::sys_days(first).time_since_epoch().count();
}

bool is_weekend(std::int64_t day) {
  const std::chrono::weekday name(civil(day));
  return name == std::chrono::Saturday || name == std::chrono::Sunday;
}

std::string days_text(std::int64_t from, std::int64_t to) {
  return "days [" + std::to_string(from) + ", " + std::to_string(to) + ")";
}

}  // namespace puhui::node::audit
