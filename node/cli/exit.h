// How a command ends: exit codes, and errors as they are shown to people.
#pragma once

#include <ostream>
#include <string_view>

#include "proto/error.h"
#include "puhui/v1/api.pb.h"

namespace puhui::node::cli {

// What the process answers its caller; scripts rely on the numbers.
enum class Exit : int {
  ok = 0,
  refused = 1,        // the ledger said no, by a rule
  usage = 2,          // arguments, files or keys are not as they must be
  unverified = 3,     // a signature or proof does not hold
  unreachable = 4,    // no node, or outcome unknown: the same bytes may be sent again
  not_permitted = 5,  // the caller may not see or do this
};

// Of an error that is no decision on an event. The codes of rules are `usage`: a ledger that
// refuses decides, so they say what is wrong with a file of this machine.
[[nodiscard]] Exit exit_of(ErrorCode code);

// "<program>: <code>: <English> / <Chinese>" and the detail on a line of its own.
void print_error(std::ostream& err, const Error& error, std::string_view program = "puhui");

// "cap.day: rule record.cap, limit 1200 g, used 1200 g, asked 150 g".
[[nodiscard]] std::string explain(const v1::RecordRefusal& refusal);

// A refusal or failure of a submission: code and texts, then rule, limit, used and asked, or the
// detail, each on a line of its own; then the records, if there are several and none was accepted.
// Prints nothing of an accepted one.
void print_decision(std::ostream& err, const v1::SubmissionResult& result);

// What the decision on one event means for the process.
[[nodiscard]] Exit exit_of(const v1::SubmissionResult& result);

}  // namespace puhui::node::cli
