// How an exact result becomes a whole number of units. Towards minus infinity, never towards zero:
// a negative result is not made smaller in size by rounding down.
#pragma once

#include <cstdint>

namespace puhui::ledger::formula {

enum class Rounding : std::uint8_t {
  kFloor,    // the greatest integer <= x:   2.7 -> 2,  -0.5 -> -1
  kHalfUp,   // floor(x + 1/2), ties go up:  2.5 -> 3,  -2.5 -> -2
  kCeiling,  // the least integer >= x:      2.1 -> 3,  -0.5 -> 0
};

}  // namespace puhui::ledger::formula
