// Points in time as people write them.
#pragma once

#include <cstdint>
#include <string_view>

#include "proto/error.h"

namespace puhui::node::daemon {

// RFC 3339 with seconds and an offset, "2024-09-09T08:00:00+08:00" or "…Z", as UTC microseconds.
[[nodiscard]] Result<std::int64_t> parse_time(std::string_view text);

}  // namespace puhui::node::daemon
