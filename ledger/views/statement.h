// What a period brought: counted from its leaves and their outcomes.
#pragma once

#include "ledger/views/view.h"

namespace puhui::ledger {

struct TimeSpan {
  Micros from = 0, to = 0;  // from <= time < to
};

// The statement of a period, from a view that ends with it (asserted): of now if no leaf came
// since, or else of that past. Needs a genesis, and all attachments (View::gap). Reads every leaf
// of the period.
[[nodiscard]] v1::Statement statement(View& view, const TimeSpan& period);

// The first leaf at or after a time; the size if there is none. Reads a few entries.
[[nodiscard]] std::uint64_t first_leaf_at(const View& view, Micros time);

}  // namespace puhui::ledger
