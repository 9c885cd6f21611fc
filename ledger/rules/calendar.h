// Beijing civil time: days, years, and how refusals write them.
//
// A calendar, not a clock: every time here comes from an entry. Days count from 1970-01-01, UTC+8.
#pragma once

#include <cstdint>
#include <string>

#include "ledger/entry.h"

namespace puhui::ledger {

inline constexpr Micros kMicrosPerDay = Micros{86'400} * 1'000'000;
inline constexpr Micros kBeijingOffset = Micros{8 * 3'600} * 1'000'000;
[[nodiscard]] inline std::int64_t day_of(Micros time) {
  return (time + kBeijingOffset) / kMicrosPerDay;  // times are positive
}
// Days that rules may name: 1970-01-01 to 9999-12-31. Every day on the ledger is checked when it
// arrives, so arithmetic on days cannot overflow.
inline constexpr std::int64_t kDayMax = 2'932'896;
[[nodiscard]] inline bool is_day(std::int64_t day) { return day >= 0 && day <= kDayMax; }
[[nodiscard]] int year_of_day(std::int64_t day);
// Months are counted as year * 12 + (0 to 11).
[[nodiscard]] std::int32_t month_of_day(std::int64_t day);
[[nodiscard]] std::int64_t first_day_of_month(std::int32_t month);
// The first instant of a day.
[[nodiscard]] inline Micros time_of_day(std::int64_t day) {
  return day * kMicrosPerDay - kBeijingOffset;
}
// Monday to Friday.
[[nodiscard]] inline bool is_weekday(std::int64_t day) {
  return (day + 3) % 7 < 5;
}  // day 0: Thursday
// "2025-10-01"; "day" and the number for what is no day.
[[nodiscard]] std::string date_text(std::int64_t day);
// "[2025-10-01, 2026-01-01)"; an end of 0 is open.
[[nodiscard]] std::string period_text(std::int64_t from, std::int64_t to);
// "2025-10-01 08:00:00 +08:00"; what is less than a second is left out.
[[nodiscard]] std::string time_text(Micros time);

}  // namespace puhui::ledger
