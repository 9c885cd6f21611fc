// A file of acts, from which records are made: what `puhui behaviour submit` reads, but for the
// column "carrier", the number on the bike, gate or meter, in the place of "carrier_tag".
//
//   account,day,slot,carrier,distance
//   p-000102030405060708090a0b0c0d0e0f,2025-03-01,33,WH-0012345,900
//
// Who an account is, the store knows. CSV, or one JSON object a line (rows.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/cli/rows.h"
#include "node/identity/act.h"
#include "node/identity/people.h"

namespace puhui::node::identity {

struct ActsFile {
  std::string_view text;
  cli::RecordFormat format = cli::RecordFormat::csv;
  std::string scenario;  // as both cities agreed on
  CarrierKind kind = CarrierKind::bike;
};

// The acts, and the lines of the records that will report them: carriers are tagged already.
struct Acts {
  std::string titles;  // of a CSV; empty otherwise
  std::vector<std::string> lines;
  std::vector<crypto::Point> points;  // one a line
};

// Faults name the line. RECORD_MALFORMED, INVALID_ARGUMENT; NOT_FOUND for an account of nobody
// here; BATCH_EMPTY, TOO_LARGE unless there are 1 to ledger::kRecordsMax acts.
[[nodiscard]] Result<Acts> read_acts(const People& people, const Keys& keys, const ActsFile& file);

// Such a line, or the titles, with one more column.
[[nodiscard]] std::string with_tags(const std::string& line, std::string_view tags, bool is_csv);
inline constexpr std::string_view kTagsColumn = "tags";

}  // namespace puhui::node::identity
