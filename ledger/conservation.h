// Conservation: every change of an asset names a source and a sink, so at every leaf
//   units     issued + imported = held + retired + cancelled + expired + exported
//   credits   credited + owed = held + converted + reversed + cancelled
#pragma once

#include <string>

#include "puhui/v1/view.pb.h"

namespace puhui::ledger {

// How it fails, in words; empty while it holds.
[[nodiscard]] std::string imbalance_of(const v1::Totals& totals);

}  // namespace puhui::ledger
