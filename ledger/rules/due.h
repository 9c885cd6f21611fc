// What falls due: changes that time makes and no event asks for.
//
// An item is a key of the views, `v D i64 due ‖ u8 kind ‖ key of the record it changes`, without
// value. Before each event or tick the items due by its time are carried out in key order, at most
// kDuePerLeafMax of them; the rest wait for the next. Rules judge by time, never by whether an item
// was carried out yet, so a long queue changes no decision. When something is due and no event
// comes, the leader proposes a tick (entry.h).
#pragma once

#include <cstdint>
#include <string_view>

#include "ledger/rules/context.h"

namespace puhui::ledger {

inline constexpr int kDuePerLeafMax = 256;

enum class DueKind : std::uint8_t {
  rule_set = 1,         // the window of a rule set begins or ends
  role_window = 2,      // the window of one of a party's roles begins or ends
  proposal = 3,         // the time to vote on a proposal, or to execute it, ends
  bond = 4,             // a bond expires
  retirement_case = 5,  // the deadline of a retirement case passes
  transfer = 6,         // the dispute window of what came from another city ends
};

struct Window {
  Micros from = 0, to = 0;  // 0: open
};
// Schedules both ends of a window of this record, as far as they are still to come.
void schedule(Context& context, const Window& window, DueKind kind, std::string_view record_key);

// Carries out what is due at `now`; the changes belong to the leaf about to be appended.
void run_due(State& state, Micros now, std::uint64_t leaf);
// When the first item falls due; kTimeMax when there is none.
[[nodiscard]] Micros first_due(const State& state);

// Whether the time to vote on the proposal, or to execute it, is over.
[[nodiscard]] bool has_lapsed(const v1::Proposal& proposal, Micros now);

// Notes in a rule set's record what of its window has come by `now`, the time of `leaf`.
void note_window(v1::RuleSetRecord& record, Micros now, std::uint64_t leaf);

}  // namespace puhui::ledger
