// Tables as text: a line of titles and one line per row, separated by commas, without quotes.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proto/error.h"

namespace puhui::node::cli {

// Titles, and what stands beneath them in one row.
using Row = std::map<std::string, std::string, std::less<>>;

class CsvReader {
 public:
  // INVALID_ARGUMENT for a title that is empty or there twice.
  [[nodiscard]] Result<void> read_titles(std::string_view line);
  [[nodiscard]] const std::vector<std::string>& titles() const { return titles_; }
  // RECORD_MALFORMED for quotes, or more or fewer cells than titles.
  [[nodiscard]] Result<Row> read(std::string_view line) const;

 private:
  std::vector<std::string> titles_;
};

// Takes a line off the front, without its ending.
[[nodiscard]] std::string_view take_text_line(std::string_view& text);

// What stands after a byte order mark, which some programs put in front.
[[nodiscard]] std::string_view without_mark(std::string_view text);

}  // namespace puhui::node::cli
