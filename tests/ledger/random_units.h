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

// Why these serials may not leave an account: the first of them that may not says so.
template <class Kilogram>
ErrorCode why_not(const std::vector<Kilogram>& kilograms, const std::string& account,
                  const SerialRanges& ranges) {
  const auto of_one = [&](std::uint64_t serial) {
    if (serial == 0 || serial > kilograms.size()) return ErrorCode::SERIAL_NOT_OWNED;
    const auto& kilogram = kilograms[serial - 1];
    if (kilogram.state == v1::RETIRED) return ErrorCode::SERIAL_RETIRED;
    if (kilogram.state != v1::HELD) return ErrorCode::SERIAL_ENDED;
    if (kilogram.account != account) return ErrorCode::SERIAL_NOT_OWNED;
    return kilogram.is_bound() ? ErrorCode::SERIAL_BOUND : ErrorCode::OK;
  };
  for (const auto& [start, end] : ranges)
    for (auto serial = start; serial <= end; ++serial)
      if (const auto code = of_one(serial); code != ErrorCode::OK) return code;
  return ErrorCode::OK;
}

// The outcome is the one that was foretold, to its code.
inline void assert_code(const Answer& answer, ErrorCode expected) {
  RC_ASSERT((answer.decision == v1::ACCEPTED) == (expected == ErrorCode::OK));
  RC_ASSERT(std::string(code_name(answer.code)) == code_name(expected));
}

}  // namespace puhui::ledger::testing
