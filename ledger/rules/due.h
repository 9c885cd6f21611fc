// What falls due: changes that time makes and no event asks for.
//
// An item is a key of the views, `v D i64 due ‖ u8 kind ‖ name`, without value. Before each leaf
// the items due by the leaf's time are carried out in key order, that is in (due time, kind, name)
// order, at most kDuePerLeafMax of them; the rest wait for the next leaf. Rules judge by time,
// never by whether an item was carried out yet, so a long queue changes no decision. When something
// is due and no event comes, the leader proposes a tick (entry.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/rules/context.h"

namespace puhui::ledger {

inline constexpr int kDuePerLeafMax = 256;

enum class DueKind : std::uint8_t {
  rule_set = 1,     // name: u64 leaf it was filed at. Its window begins or ends.
  role_window = 2,  // name: party. The window of one of its roles begins or ends.
};

void schedule(Context& context, Micros due, DueKind kind, std::string_view name);
// Schedules both ends of a window, as far as they are still to come; 0 is an open end.
struct Window {
  Micros from = 0, to = 0;
};
void schedule(Context& context, const Window& window, DueKind kind, std::string_view name);

// Carries out what is due at `now`; the changes belong to the leaf about to be appended.
void run_due(State& state, Micros now, std::uint64_t leaf);
// When the first item falls due; kTimeMax when there is none.
[[nodiscard]] Micros first_due(const State& state);

// Notes in a rule set's record what of its window has come by `now`, the time of `leaf`.
void note_window(v1::RuleSetRecord& record, Micros now, std::uint64_t leaf);

}  // namespace puhui::ledger
