// Messages as JSON and as tables for a terminal.
//
// Tables are made by reflection: a column names a field by its dotted path. Days, times,
// durations and bytes are shown as dates, UTC times, "7d" and hex; enumerations in lower case. What
// comes from outside never reaches the terminal as control characters. All functions are pure.
#pragma once

#include <google/protobuf/message.h>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/error.h"

namespace puhui::node::cli {

// JSON with the field names of the .proto files, int64 as strings, bytes as base64.
[[nodiscard]] std::string to_json(const google::protobuf::Message& message);

// The same on one line, ended by a newline.
[[nodiscard]] std::string to_json_line(const google::protobuf::Message& message);

// Reads JSON; fields that are not known are skipped when `lenient`, else refused.
// INVALID_ARGUMENT names the place.
[[nodiscard]] Result<void> from_json(std::string_view json, google::protobuf::Message& message,
                                     bool lenient);

struct Column {
  std::string_view title;
  std::string_view path;  // "filing.owner"; over a repeated field: all values, with commas
  // What no field says: computed of the element, instead of a path.
  std::string (*computed)(const google::protobuf::Message& element) = nullptr;
};

// One line per element of the message's repeated field of this name, under a line of titles.
[[nodiscard]] std::string list_table(const google::protobuf::Message& list,
                                     std::span<const Column> columns,
                                     const std::string& elements = "items");

// "name  value" for every field that is set, nested ones with dotted names; numbers and flags of
// the message itself also where they are zero.
[[nodiscard]] std::string field_table(const google::protobuf::Message& message);

// Names and values that no message holds: a JSON object of strings, or a table.
using Fields = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::string fields_json(const Fields& fields);
[[nodiscard]] std::string fields_table(const Fields& fields);

// Columns padded to the width of their widest cell, two spaces apart; the last is not padded.
[[nodiscard]] std::string aligned(const std::vector<std::vector<std::string>>& rows);

// Well-formed UTF-8 without control characters; others become U+FFFD.
[[nodiscard]] std::string printable(std::string_view text);

// Columns a terminal needs: Chinese, Japanese and Korean characters take two.
[[nodiscard]] std::size_t display_width(std::string_view utf8);

}  // namespace puhui::node::cli
