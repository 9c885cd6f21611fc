#include "ledger/rules/calendar.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace puhui::ledger {
namespace {

std::chrono::year_month_day civil(std::int64_t day) {
  return std::chrono::sys_days(std::chrono::days(day));
}

}  // namespace

int year_of_day(std::int64_t day) { return static_cast<int>(civil(day).year()); }

std::int32_t month_of_day(std::int64_t day) {
  const auto date = civil(day);
  return static_cast<int>(date.year()) * 12 +
         static_cast<std::int32_t>(static_cast<unsigned>(date.month())) - 1;
}

std::int64_t first_day_of_month(std::int32_t month) {
  const std::chrono::year_month_day first(std::chrono::year(month / 12),
                                          std::chrono::month(static_cast<unsigned>(month % 12 + 1)),
                                          std::chrono::day(1));
  return std::chrono::sys_days(first).time_since_epoch().count();
}

std::string date_text(std::int64_t day) {
  if (!is_day(day)) return "day " + std::to_string(day);
  const auto date = civil(day);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text.data();
}

std::string period_text(std::int64_t from, std::int64_t to) {
  return "[" + date_text(from) + ", " + (to == 0 ? "open" : date_text(to)) + ")";
}

std::string time_text(Micros time) {
  const auto seconds = (time + kBeijingOffset) % kMicrosPerDay / 1'000'000;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), " %02d:%02d:%02d +08:00",
                static_cast<int>(seconds / 3'600), static_cast<int>(seconds / 60 % 60),
                static_cast<int>(seconds % 60));
  return date_text(day_of(time)) + text.data();
}

}  // namespace puhui::ledger
