// What every rule works with: the state at the event's position, the event, and its refusals.
//
// A rule first checks everything in the order its comment lists (the first failing check decides),
// then changes the state; changes of a refused event are dropped as a whole.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "ledger/event.h"
#include "ledger/rules/calendar.h"
#include "ledger/rules/filing/programs.h"
#include "ledger/store/keys.h"
#include "ledger/store/state.h"
#include "proto/error.h"
#include "puhui/v1/view.pb.h"

namespace puhui::ledger {

// A refusal that explains itself. `recorded` is false for what is no rule's decision (a missing
// signature): the sender gets an error and may send the same event again, better signed.
struct Refusal {
  ErrorCode code;
  std::string rule, limit, used, asked;
  bool recorded = true;
};
using Ruling = tl::expected<void, Refusal>;

[[nodiscard]] inline tl::unexpected<Refusal> refuse(ErrorCode code, std::string rule,
                                                    std::string limit = {}, std::string used = {},
                                                    std::string asked = {}) {
  return tl::make_unexpected(
      Refusal{code, std::move(rule), std::move(limit), std::move(used), std::move(asked), true});
}

struct Context {
  State& state;
  Programs& programs;
  const CheckedEvent& event;
  const v1::Genesis& genesis;
  const v1::RuleSet& rules;  // in force, or the last one filed
  bool rules_in_force = false;
  // Parties that signed, with how many of their keys in force; none that is suspended.
  std::map<std::string, std::uint32_t> signers;
  Micros now = 0;              // time of this entry
  std::uint64_t leaf = 0;      // position it takes if accepted
  v1::Totals totals;           // changed along with the views
  v1::Outcome outcome;         // what to tell the sender
  Micros next_due = kTimeMax;  // no item is due before this (due.h)
  // A resolution or a completed filing is carried out: what led to it stands for the signers, and
  // for the procedure.
  bool mandated = false;
  // An attachment was not there, now or before: what personal accounts hold and what meters
  // measured is not known, and what hangs on it is taken as others accepted it.
  bool credits_unknown = false;
  bool rules_filed = false;
  bool programs_changed = false;

  void fact(std::string_view name, std::string value) {
    auto* fact = outcome.add_facts();
    fact->set_name(std::string(name));
    fact->set_value(std::move(value));
  }
};

}  // namespace puhui::ledger
