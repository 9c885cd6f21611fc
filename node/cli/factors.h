// Tables of emission factors, from files.
//
//   CSV   name,unit,kg_per_unit,source
//         grid-power,kWh,0.5366,Notice 2025-12
//   JSON  of FileFactors; the table's name and days may be left out
#pragma once

#include <string>

#include "proto/error.h"
#include "puhui/v1/event.pb.h"

namespace puhui::node::cli {

// INVALID_ARGUMENT and RECORD_MALFORMED name the file, and the line of a CSV; errors of read_file.
[[nodiscard]] Result<v1::FileFactors> read_factors(const std::string& path);

}  // namespace puhui::node::cli
