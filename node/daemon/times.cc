#include "node/daemon/times.h"

#include <chrono>
#include <cstdio>
#include <string>

namespace puhui::node::daemon {

Result<std::int64_t> parse_time(std::string_view text) {
  const auto bad = [&] {
    return fail(ErrorCode::INVALID_ARGUMENT, "not a time: " + std::string(text));
  };
  const std::string copy(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, used = 0;
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute,
                  &second, &used) != 6)
    return bad();
  const auto zone = text.substr(static_cast<std::size_t>(used));
  int offset_minutes = 0;
  if (zone != "Z") {
    int hours = 0, minutes = 0, end = 0;
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') ||
        std::sscanf(copy.c_str() + used + 1, "%2d:%2d%n", &hours, &minutes, &end) != 2 || end != 5)
      return bad();
    offset_minutes = (zone[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
  }
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(year),
                            std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return bad();
  const auto seconds =
      duration_cast<std::chrono::seconds>(sys_days(date).time_since_epoch()).count() + hour * 3600 +
      minute * 60 + second - offset_minutes * 60;
  return seconds * 1'000'000;
}

}  // namespace puhui::node::daemon
