// Records as text, row by row.
//
//   CSV     a header and one line per row, separated by commas, without quotes
//   NDJSON  one object per line with the same names; values are strings, whole numbers, or objects
//
// Empty lines are skipped. Not thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/cli/csv.h"
#include "proto/error.h"

namespace puhui::node::cli {

enum class RecordFormat { csv, ndjson };

class RowReader {
 public:
  // The text must live as long as the reader.
  RowReader(std::string_view text, RecordFormat format);

  // The header of a CSV; INVALID_ARGUMENT names the line. Call it first.
  [[nodiscard]] Result<void> start();
  // Of a CSV.
  [[nodiscard]] const std::vector<std::string>& titles() const { return csv_.titles(); }
  // The next row, an object in it as JSON; nothing at the end. RECORD_MALFORMED and
  // INVALID_ARGUMENT name the line.
  [[nodiscard]] Result<std::optional<Row>> next();
  // The same error, with the line of the newest row.
  [[nodiscard]] tl::unexpected<Error> at_line(const Error& error) const;

 private:
  std::string_view text_;
  RecordFormat format_;
  CsvReader csv_;
  std::size_t line_ = 0;
};

// Every row as a record by `read(row)`; errors name the line.
template <class R, class Read>
Result<std::vector<R>> read_all(RowReader& rows, Read read) {
  std::vector<R> records;
  for (;;) {
    auto row = rows.next();
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) return records;
    auto record = read(**row);
    if (!record) return rows.at_line(record.error());
    records.push_back(std::move(*record));
  }
}

}  // namespace puhui::node::cli
