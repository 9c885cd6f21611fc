// Methodologies in JSON files.
//
// Read are: one v1.Methodology; a MethodologyRecord or MethodologyList as the API answers them; and
// a catalogue, which is how people collect them:
//
//   {"defaults": {"claim_window": {"collect_within_days": 7}},
//    "methodologies": [{
//      "code", "version", "kind": "project"|"behaviour", "scenario": "shared bike", "name",
//      "name_zh", "issued_by": "Wuhan", "serial_code", "effective_from": "2024-09-02"|null,
//      "effective_to", "inputs": [{"name", "unit", "min", "max", "role": "monitored"|"parameter",
//      "scale": 3}], "constants": [{"name", "value", "unit", "source"}], "formula", "guards": [],
//      "checks": [], "result_unit": "g"|"kg"|"t", "rounding": "floor"|"half_up", "tiers": [{"name",
//      "factor"}], "claim_slot", "slots_per_day", "claim_window_days", "grade", "note"}]}
//
// Numbers that enter a formula are strings throughout. Of a catalogue's entry:
//   scenario      in lower case, everything but letters and digits a hyphen: "shared-bike"
//   issued_by     by the map given, else its letters and digits in upper case: "WUHAN"
//   behaviours    slots_per_day as given; else 1 if the claim slot is a day, else 96 (quarters of
//                 an hour); claim_window_days as given, else the catalogue's default, else 7
//   dates         null or absent is open
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proto/error.h"
#include "puhui/v1/event.pb.h"

namespace puhui::node::cli {

inline constexpr std::uint32_t kRideSlotsPerDay = 96;
inline constexpr std::uint32_t kClaimWindowDays = 7;

// All methodologies of a file, in its order. INVALID_ARGUMENT or METHODOLOGY_MALFORMED name the
// methodology and field; each is compiled, so errors of its formula are found here too.
[[nodiscard]] Result<std::vector<v1::Methodology>> read_methodologies(
    std::string_view json, const std::map<std::string, std::string>& issuer_codes);

}  // namespace puhui::node::cli
