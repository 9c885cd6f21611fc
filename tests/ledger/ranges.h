// Ranges of serials that cut units into many pieces.
#pragma once

#include "tests/ledger/city.h"

namespace puhui::ledger::testing {

// So many serials, every other one from the first on, each a range of its own.
inline SerialRanges every_other(std::uint64_t first, std::uint64_t count) {
  SerialRanges ranges;
  for (std::uint64_t i = 0; i < count; ++i) ranges.emplace_back(first + 2 * i, first + 2 * i);
  return ranges;
}

}  // namespace puhui::ledger::testing
