// What tables of states and actions have in common.
#pragma once

#include <gtest/gtest.h>

#include "tests/ledger/city.h"

namespace puhui::ledger::testing {

// Accepted where no code is wanted, or else refused by it.
inline void expect_code(const Answer& answer, v1::ErrorCode wanted) {
  EXPECT_EQ(code_name(answer.code), code_name(wanted)) << answer.outcome.ShortDebugString();
  EXPECT_EQ(answer.decision, wanted == v1::ErrorCode::OK ? v1::ACCEPTED : v1::REFUSED);
}

}  // namespace puhui::ledger::testing
