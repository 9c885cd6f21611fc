#include "node/cli/text.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cassert>
#include <set>

#include "crypto/bytes.h"
#include "node/cli/values.h"

namespace puhui::node::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::size_t kBytesShownMax = 64;

const std::set<std::string_view> kDayFields = {
    "puhui.v1.Methodology.effective_from",
    "puhui.v1.Methodology.effective_to",
    "puhui.v1.FileProject.crediting_from",
    "puhui.v1.FileProject.crediting_to",
    "puhui.v1.SubmitReport.from",
    "puhui.v1.SubmitReport.to",
    "puhui.v1.Retire.from",
    "puhui.v1.Retire.to",
    "puhui.v1.OpenCase.from",
    "puhui.v1.OpenCase.to",
    "puhui.v1.ReferLoan.until",
    "puhui.v1.TradeDay.day",
    "puhui.v1.BehaviourRecord.day",
    "puhui.v1.Credit.day",
    "puhui.v1.ConvertCredits.from",
    "puhui.v1.ConvertCredits.to",
    "puhui.v1.FileSource.from",
    "puhui.v1.FileSource.to",
    "puhui.v1.FileFactors.from",
    "puhui.v1.FileFactors.to",
    "puhui.v1.FactorRecord.from",
    "puhui.v1.FactorRecord.to",
    "puhui.v1.Reading.day",
    "puhui.v1.Plan.until",
    "puhui.v1.Calendar.from",
    "puhui.v1.Calendar.to",
    "puhui.v1.Calendar.holidays",
    "puhui.v1.Calendar.worked_weekend_days",
    "puhui.v1.ForeignProject.from",
    "puhui.v1.ForeignProject.to",
};
const std::set<std::string_view> kTimeFields = {
    "puhui.v1.Payload.valid_until",
    "puhui.v1.Confirmation.valid_until",
    "puhui.v1.Scope.from",
    "puhui.v1.Scope.to",
    "puhui.v1.RuleSet.effective_from",
    "puhui.v1.RuleSet.effective_to",
    "puhui.v1.DemoClock.start",
    "puhui.v1.DemoClock.real_start",
    "puhui.v1.Retirement.time",
    "puhui.v1.UnitMove.time",
    "puhui.v1.EntryView.time",
    "puhui.v1.Status.time",
    "puhui.v1.Status.now",
    "puhui.v1.SubmissionResult.time",
    "puhui.v1.Notice.until",
    "puhui.v1.RecallRecord.time",
    "puhui.v1.Bind.expires_at",
    "puhui.v1.IdentityOpening.kept_at",
    "puhui.v1.IdentityPartnerState.made_at",
    "puhui.v1.Case.until",
    "puhui.v1.OpenOffer.from",
    "puhui.v1.OpenOffer.to",
    "puhui.v1.BehaviourBatch.time",
    "puhui.v1.Credit.time",
    "puhui.v1.Trade.traded_at",
    "puhui.v1.Proposal.voting_until",
    "puhui.v1.Proposal.executable_from",
    "puhui.v1.Proposal.executable_until",
    "puhui.v1.Agreement.effective_from",
    "puhui.v1.Agreement.effective_to",
    "puhui.v1.PartnerLog.accepted_time",
    "puhui.v1.TransferRecord.exported_time",
    "puhui.v1.TransferRecord.deadline",
    "puhui.v1.TransferRecord.bound_until",
    "puhui.v1.ForeignRetirement.time",
    "puhui.v1.AgreementRecord.standing_time",
    "puhui.v1.EpochRecord.opened_time",
};
const std::set<std::string_view> kDurationFields = {
    "puhui.v1.Agreement.dead_after",
    "puhui.v1.Agreement.answer_within",
    "puhui.v1.RecognitionTerms.dispute_window",
    "puhui.v1.Export.answer_within",
};

// A code point and its length; length 0 for bytes that are not UTF-8.
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 0;
};

CodePoint first_code_point(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (size > text.size() || !crypto::is_utf8(text.substr(0, size))) return {};
  std::uint32_t value = size == 1 ? lead : lead & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i)
    value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  return {value, size};
}

bool is_control(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 ||
         (c >= 0x200E && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

bool is_wide(std::uint32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
         (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
         (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x20000 && c <= 0x3FFFD);
}

std::string format_integer(const FieldDescriptor& field, std::int64_t value) {
  const std::string_view name = field.full_name();
  if (kDayFields.contains(name)) return value == 0 ? "-" : format_day(value);
  if (kTimeFields.contains(name)) return value == 0 ? "-" : format_time(value);
  if (kDurationFields.contains(name)) return value == 0 ? "-" : format_duration(value);
  return std::to_string(value);
}

std::string format_bytes(std::string_view bytes) {
  if (bytes.size() <= kBytesShownMax) return crypto::hex_encode(bytes);
  return "(" + std::to_string(bytes.size()) + " bytes)";
}

// One value of a field that is no message; `index` is below zero for a field that stands once.
std::string format_value(const Message& message, const FieldDescriptor& field, int index) {
  const auto& reflection = *message.GetReflection();
  const bool repeated = index >= 0;
  std::string scratch;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return format_integer(field, repeated ? reflection.GetRepeatedInt32(message, &field, index)
                                            : reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return format_integer(field, repeated ? reflection.GetRepeatedInt64(message, &field, index)
                                            : reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return std::to_string(repeated ? reflection.GetRepeatedUInt32(message, &field, index)
                                     : reflection.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(repeated ? reflection.GetRepeatedUInt64(message, &field, index)
                                     : reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_BOOL: {
      const bool value = repeated ? reflection.GetRepeatedBool(message, &field, index)
                                  : reflection.GetBool(message, &field);
      return value ? "yes" : "no";
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* value = repeated ? reflection.GetRepeatedEnum(message, &field, index)
                                   : reflection.GetEnum(message, &field);
      return spell_enum(value->name());
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      const auto& value =
          repeated ? reflection.GetRepeatedStringReference(message, &field, index, &scratch)
                   : reflection.GetStringReference(message, &field, &scratch);
      return field.type() == FieldDescriptor::TYPE_BYTES ? format_bytes(value) : printable(value);
    }
    default:
      return "?";
  }
}

void collect(const Message& message, std::string_view path, std::vector<std::string>& values) {
  const auto dot = path.find('.');
  const auto* field = message.GetDescriptor()->FindFieldByName(std::string(path.substr(0, dot)));
  assert(field != nullptr);
  const auto& reflection = *message.GetReflection();
  const auto rest = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  const bool nested = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  assert(nested == !rest.empty());
  if (!field->is_repeated()) {
    if (nested) return collect(reflection.GetMessage(message, field), rest, values);
    // What may be absent is not shown as a zero.
    if (field->has_presence() && !reflection.HasField(message, field)) return;
    return values.push_back(format_value(message, *field, -1));
  }
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    if (nested) {
      collect(reflection.GetRepeatedMessage(message, field, i), rest, values);
    } else {
      values.push_back(format_value(message, *field, i));
    }
  }
}

std::string cell(const Message& message, std::string_view path) {
  std::vector<std::string> values;
  collect(message, path, values);
  std::string text;
  for (const auto& value : values) {
    if (!text.empty()) text += ",";
    text += value;
  }
  return text.empty() ? "-" : text;
}

// Fields that are set; with `zeros` also numbers and flags that are zero, which say something too.
std::vector<const FieldDescriptor*> shown_fields(const Message& message, bool zeros) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  if (!zeros) return fields;
  std::vector<const FieldDescriptor*> all;
  const auto& descriptor = *message.GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const auto* field = descriptor.field(i);
    const bool number = field->cpp_type() != FieldDescriptor::CPPTYPE_STRING &&
                        field->cpp_type() != FieldDescriptor::CPPTYPE_ENUM &&
                        field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE;
    const bool plain = number && !field->is_repeated() && field->containing_oneof() == nullptr;
    if (plain || std::ranges::find(fields, field) != fields.end()) all.push_back(field);
  }
  return all;
}

void add_fields(const Message& message, const std::string& prefix,
                std::vector<std::vector<std::string>>& rows) {
  const auto& reflection = *message.GetReflection();
  for (const auto* field : shown_fields(message, prefix.empty())) {
    const auto name = prefix + field->name();
    const bool nested = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (nested && !field->is_repeated()) {
      add_fields(reflection.GetMessage(message, field), name + ".", rows);
    } else if (nested) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i)
        add_fields(reflection.GetRepeatedMessage(message, field, i),
                   name + "[" + std::to_string(i) + "].", rows);
    } else {
      rows.push_back({name, cell(message, field->name())});
    }
  }
}

std::string print_json(const Message& message, bool spaced) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  options.add_whitespace = spaced;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  assert(status.ok());
  return json;
}

}  // namespace

std::string to_json(const Message& message) { return print_json(message, true); }

std::string to_json_line(const Message& message) { return print_json(message, false) + "\n"; }

std::string fields_json(const Fields& fields) {
  google::protobuf::Struct object;
  for (const auto& [name, value] : fields) (*object.mutable_fields())[name].set_string_value(value);
  return to_json(object);
}

std::string fields_table(const Fields& fields) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : fields) rows.push_back({name, printable(value)});
  return aligned(rows);
}

Result<void> from_json(std::string_view json, Message& message, bool lenient) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = lenient;
  const auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), &message, options);
  if (status.ok()) return {};
  return fail(ErrorCode::INVALID_ARGUMENT, "not JSON of " + message.GetDescriptor()->name() + ": " +
                                               status.message().as_string());
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto point = first_code_point(text);
    out += point.size == 0 || is_control(point.value) ? kReplacement : text.substr(0, point.size);
    text.remove_prefix(std::max<std::size_t>(point.size, 1));
  }
  return out;
}

std::size_t display_width(std::string_view utf8) {
  std::size_t width = 0;
  while (!utf8.empty()) {
    const auto point = first_code_point(utf8);
    width += is_wide(point.value) ? 2 : 1;
    utf8.remove_prefix(std::max<std::size_t>(point.size, 1));
  }
  return width;
}

std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - display_width(row[i]) + 2, ' ');
    }
    out += "\n";
  }
  return out;
}

std::string list_table(const Message& list, std::span<const Column> columns,
                       const std::string& elements) {
  const auto* items = list.GetDescriptor()->FindFieldByName(elements);
  assert(items != nullptr && items->is_repeated());
  std::vector<std::vector<std::string>> rows(1);
  for (const auto& column : columns) rows[0].emplace_back(column.title);
  for (int i = 0; i < list.GetReflection()->FieldSize(list, items); ++i) {
    const auto& item = list.GetReflection()->GetRepeatedMessage(list, items, i);
    auto& row = rows.emplace_back();
    for (const auto& column : columns)
      row.push_back(column.computed ? column.computed(item) : cell(item, column.path));
  }
  return aligned(rows);
}

std::string field_table(const Message& message) {
  std::vector<std::vector<std::string>> rows;
  add_fields(message, {}, rows);
  return aligned(rows);
}

}  // namespace puhui::node::cli
