// Ranges of serials as nobody would choose them.
#pragma once

#include <rapidcheck/gtest.h>

#include "tests/ledger/city.h"

namespace puhui::ledger::testing {

// A few ranges that begin below `top`, in any order.
inline SerialRanges some_ranges(std::uint64_t top) {
  SerialRanges ranges;
  auto at = *rc::gen::inRange<std::uint64_t>(0, top);
  const auto count = *rc::gen::inRange(1, 4);
  for (int i = 0; i < count; ++i) {
    const auto end = at + *rc::gen::inRange<std::uint64_t>(0, 6);
    ranges.emplace_back(at, end);
    at = end + 1 + *rc::gen::inRange<std::uint64_t>(0, 4);
  }
  if (*rc::gen::arbitrary<bool>()) std::reverse(ranges.begin(), ranges.end());
  return ranges;
}

}  // namespace puhui::ledger::testing
