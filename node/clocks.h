// This machine's clocks.
#pragma once

#include <cstdint>

namespace puhui::node {

// UTC microseconds since 1970.
[[nodiscard]] std::int64_t wall_clock_us();
// One that never goes back, for timeouts, in milliseconds.
[[nodiscard]] std::uint64_t steady_clock_ms();

}  // namespace puhui::node
