// Methodologies in JSON files.
//
// Read are: one v1.Methodology; a MethodologyRecord or MethodologyList as the API answers them; and
// a catalogue, which is how people collect them:
//
//   {"defaults": {"claim_slot": "trip", "claim_window": {"visible_after_days": 2,
//                 "collect_within_days": 7},
//                 "evidence_tiers": {"ticket": "1", "self_declared": "1/2"},
//                 "remainder": "carried for projects, dropped for behaviour"},
//    "methodologies": [{
//      "code", "version", "kind": "project"|"behaviour", "scenario": "shared bike", "name",
//      "name_zh", "issued_by": "Wuhan", "serial_code", "effective_from": "2024-09-02"|null,
//      "effective_to", "inputs": [{"name", "unit", "min", "max", "role": "monitored"|"parameter",
//      "scale": 3}], "constants": [{"name", "value", "unit", "source"}], "formula", "guards": [],
//      "checks": [], "result_unit": "g"|"kg"|"t", "rounding": "floor"|"half_up",
//      "remainder": "carried"|"dropped", "tiers": [{"name", "factor"}], "claim_slot",
//      "slots_per_day", "claim_window", "claim_opens_days", "claim_window_days", "evidence_tiers",
//      "day_cap_g": "300", "year_cap_g", "records_per_person_per_day": 20, "grade", "note"}]}
//
// Numbers that enter a formula, and grams, are strings throughout. Null is the same as absent. Of a
// catalogue's entry:
//   scenario      in lower case, everything but letters and digits a hyphen: "shared-bike"
//   issued_by     by the map given, else its letters and digits in upper case: "WUHAN"
//   behaviours    what the entry does not say of claims, tiers and caps, the defaults say; they are
//                 written alike. A claim slot that is a day is one a day, any other 288 (five
//                 minutes); slots_per_day says so exactly. A claim may be made at once and for 7
//                 days, and nothing is capped, unless something is said.
//   tiers         in the order listed, the first one tier 0; of evidence_tiers, the one with the
//                 greatest factor first
//   remainder     as the entry says, or the defaults of its kind; nothing said is carried
//   dates         null is open
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proto/error.h"
#include "puhui/v1/event.pb.h"

namespace puhui::node::cli {

inline constexpr std::uint32_t kRideSlotsPerDay = 288;  // five minutes
inline constexpr std::uint32_t kClaimWindowDays = 7;

// All methodologies of a file, in its order. INVALID_ARGUMENT or METHODOLOGY_MALFORMED name the
// methodology and field; each is compiled, so errors of its formula are found here too.
[[nodiscard]] Result<std::vector<v1::Methodology>> read_methodologies(
    std::string_view json, const std::map<std::string, std::string>& issuer_codes);

}  // namespace puhui::node::cli
