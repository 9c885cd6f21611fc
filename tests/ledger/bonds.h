// A city whose units are bound.
#pragma once

#include <gtest/gtest.h>

#include "tests/ledger/market.h"

namespace puhui::ledger::testing {

inline constexpr Micros kHour = 3'600 * kSecond;

struct Bonds : Market {
  [[nodiscard]] v1::Bond bond(const std::string& name = "b") const {
    return bond_named(city, name);
  }
  // "bound posted released retired recalled"
  [[nodiscard]] std::string parts(const std::string& name = "b") const {
    const auto record = bond(name);
    std::string text;
    for (const auto kilograms : {record.bound_kg(), record.posted_kg(), record.released_kg(),
                                 record.retired_kg(), record.recalled_kg()})
      text += (text.empty() ? "" : " ") + std::to_string(kilograms);
    return text;
  }
  Answer bind_kg(std::int64_t amount_kg, Micros expires_at = 0) {
    auto action = binding("b", v1::RESERVATION, amount_kg);
    action.set_expires_at(expires_at);
    return bind_units(city, action);
  }
};

}  // namespace puhui::ledger::testing
