#include "node/cli/rows.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>

#include "node/cli/text.h"

namespace puhui::node::cli {
namespace {

// Of objects within a row: as deep as a Confirmation, which is written again as JSON.
constexpr unsigned kLevelsMax = 2;

bool is_shallow(const google::protobuf::Struct& object, unsigned levels) {
  return levels > 0 && std::ranges::all_of(object.fields(), [levels](const auto& field) {
           return !field.second.has_list_value() &&
                  (!field.second.has_struct_value() ||
                   is_shallow(field.second.struct_value(), levels - 1));
         });
}

Result<std::string> cell_of(const std::string& name, const google::protobuf::Value& value) {
  if (value.kind_case() == google::protobuf::Value::kStringValue) return value.string_value();
  if (value.has_struct_value() && is_shallow(value.struct_value(), kLevelsMax))
    return to_json_line(value.struct_value());
  // Beyond these a double no longer holds every whole number.
  constexpr double kExactMax = 9'007'199'254'740'992.0;
  const double number = value.number_value();
  const bool exact = value.kind_case() == google::protobuf::Value::kNumberValue &&
                     number > -kExactMax && number < kExactMax &&
                     number == static_cast<double>(static_cast<std::int64_t>(number));
  if (!exact)
    return fail(ErrorCode::RECORD_MALFORMED, name + " must be a string or a whole number");
  return std::to_string(static_cast<std::int64_t>(number));
}

Result<Row> read_object(std::string_view line) {
  google::protobuf::Struct object;
  if (auto read = from_json(line, object, false); !read) return tl::make_unexpected(read.error());
  Row row;
  for (const auto& [name, value] : object.fields()) {
    auto cell = cell_of(name, value);
    if (!cell) return tl::make_unexpected(cell.error());
    row.emplace(name, std::move(*cell));
  }
  return row;
}

}  // namespace

RowReader::RowReader(std::string_view text, RecordFormat format)
    : text_(without_mark(text)), format_(format) {}

tl::unexpected<Error> RowReader::at_line(const Error& error) const {
  return fail(error.code, "line " + std::to_string(line_) + ": " + error.detail);
}

Result<void> RowReader::start() {
  if (format_ != RecordFormat::csv || text_.empty()) return {};
  ++line_;
  if (auto read = csv_.read_titles(take_text_line(text_)); !read) return at_line(read.error());
  return {};
}

Result<std::optional<Row>> RowReader::next() {
  while (!text_.empty()) {
    ++line_;
    const auto content = take_text_line(text_);
    if (content.empty()) continue;
    auto row = format_ == RecordFormat::csv ? csv_.read(content) : read_object(content);
    if (!row) return at_line(row.error());
    return std::optional<Row>(std::move(*row));
  }
  return std::optional<Row>();
}

}  // namespace puhui::node::cli
