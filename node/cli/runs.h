// What an export says of the units it sends, filled in from what the city's node answers.
#pragma once

#include <string>

#include "node/cli/session.h"
#include "puhui/v1/event.pb.h"

namespace puhui::node::cli {

// Which units of an account go: these serials, or so many kilograms of the lowest that may go.
struct UnitsSent {
  std::string account;
  google::protobuf::RepeatedPtrField<v1::SerialRange> serials;
  std::int64_t amount_kg = 0;
};

// The runs of an export: own units, or with `is_return` the partner's. INVALID_ARGUMENT if the
// account holds no such units free; TOO_LARGE for more runs than one export may have.
[[nodiscard]] Result<google::protobuf::RepeatedPtrField<v1::ExportedRun>> runs_of(
    Session& session, const UnitsSent& sent, const v1::Export& action);

}  // namespace puhui::node::cli
