// Serials of which each is a piece of its own.
#pragma once

#include "tests/ledger/city.h"

namespace puhui::ledger::testing {

// From the first to the last at most, by twos.
inline SerialRanges every_other(std::uint64_t first, std::uint64_t last) {
  SerialRanges ranges;
  for (auto serial = first; serial <= last; serial += 2) ranges.emplace_back(serial, serial);
  return ranges;
}

}  // namespace puhui::ledger::testing
