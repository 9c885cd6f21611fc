// A city where retirements go through the steps of their purpose.
#pragma once

#include <gtest/gtest.h>

#include "tests/ledger/market.h"

namespace puhui::ledger::testing {

struct Cases : Market {
  [[nodiscard]] v1::Case of(const std::string& name = "c") const { return case_named(city, name); }
  [[nodiscard]] v1::CaseState state(const std::string& name = "c") const {
    return of(name).state();
  }
  [[nodiscard]] v1::Bond bond(const std::string& name) const { return bond_named(city, name); }
  [[nodiscard]] std::int64_t retired() const { return city.totals().units_retired_kg(); }
  // The exchange certifies it, and that is the end of it.
  void certified(const Answer& retired) {
    PUHUI_ACCEPTED(retired);
    PUHUI_ACCEPTED(act(city, certificate("cert", retired.leaf), {"exchange"}));
    EXPECT_EQ(state(), v1::CASE_CERTIFIED);
    EXPECT_EQ(of().retirement(), static_cast<std::int64_t>(retired.leaf));
    EXPECT_EQ(of().ended_at(), static_cast<std::int64_t>(retired.leaf));
  }
};

}  // namespace puhui::ledger::testing
