#include "node/cli/csv.h"

#include <algorithm>

#include "node/cli/values.h"

namespace puhui::node::cli {

Result<void> CsvReader::read_titles(std::string_view line) {
  for (const auto title : split(line, ',')) {
    if (title.empty() || std::ranges::find(titles_, title) != titles_.end())
      return fail(ErrorCode::INVALID_ARGUMENT, "a column of the header is empty or there twice");
    titles_.emplace_back(title);
  }
  return {};
}

Result<Row> CsvReader::read(std::string_view line) const {
  if (line.find('"') != std::string_view::npos)
    return fail(ErrorCode::RECORD_MALFORMED, "quotes are not needed here");
  const auto cells = split(line, ',');
  if (cells.size() != titles_.size())
    return fail(ErrorCode::RECORD_MALFORMED, std::to_string(cells.size()) + " cells under " +
                                                 std::to_string(titles_.size()) + " titles");
  Row row;
  for (std::size_t i = 0; i < cells.size(); ++i) row.emplace(titles_[i], cells[i]);
  return row;
}

std::string_view take_text_line(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view without_mark(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

}  // namespace puhui::node::cli
