#include "node/cli/attachment.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <cassert>

#include "crypto/bytes.h"
#include "ledger/event.h"
#include "node/cli/csv.h"
#include "node/cli/text.h"
#include "node/cli/values.h"

namespace puhui::node::cli {
namespace {

constexpr std::string_view kOwnNames[] = {"account", "day", "slot", "carrier_tag", "tier"};

bool is_input(std::string_view name) {
  return std::ranges::find(kOwnNames, name) == std::end(kOwnNames);
}

tl::unexpected<Error> at_line(std::size_t line, const Error& error) {
  return fail(error.code, "line " + std::to_string(line) + ": " + error.detail);
}

// The value under a name, as a small number; 0 if there is none.
Result<std::uint32_t> small_number(const Row& row, std::string_view name) {
  const auto found = row.find(name);
  if (found == row.end()) return 0;
  const auto number = crypto::parse_decimal(found->second);
  if (number && *number <= UINT32_MAX) return static_cast<std::uint32_t>(*number);
  return fail(ErrorCode::RECORD_MALFORMED, std::string(name) + " is \"" + found->second + "\"");
}

Result<void> set_identity(const Row& row, v1::BehaviourRecord& record) {
  const auto account = row.find("account"), day = row.find("day"), tag = row.find("carrier_tag");
  if (account == row.end() || day == row.end() || tag == row.end())
    return fail(ErrorCode::RECORD_MALFORMED, "account, day and carrier_tag must be there");
  auto pseudonym = parse_pseudonym(account->second);
  if (!pseudonym) return tl::make_unexpected(pseudonym.error());
  record.set_account(std::move(*pseudonym));
  const auto date = parse_day(day->second);
  if (!date) return tl::make_unexpected(date.error());
  record.set_day(static_cast<std::int32_t>(*date));
  auto bytes = parse_hex(tag->second);
  if (!bytes) return tl::make_unexpected(bytes.error());
  if (bytes->size() < ledger::kCarrierTagSizeMin || bytes->size() > ledger::kCarrierTagSizeMax)
    return fail(ErrorCode::RECORD_MALFORMED, "a carrier tag has 16 to 32 bytes");
  record.set_carrier_tag(std::move(*bytes));
  return {};
}

Result<void> set_inputs(const Row& row, std::span<const InputColumn> layout,
                        v1::BehaviourRecord& record) {
  for (const auto& [name, value] : row) {
    const bool known =
        !is_input(name) || std::ranges::find(layout, name, &InputColumn::name) != layout.end();
    if (!known) return fail(ErrorCode::INPUT_UNKNOWN, name);
  }
  for (const auto& input : layout) {
    const auto found = row.find(input.name);
    if (found == row.end()) return fail(ErrorCode::INPUT_MISSING, input.name);
    const auto scaled = parse_scaled(found->second, input.scale);
    if (!scaled) return fail(ErrorCode::INPUT_MALFORMED, input.name + ": " + scaled.error().detail);
    record.add_inputs(*scaled);
  }
  return {};
}

Result<v1::BehaviourRecord> read_record(const Row& row, std::span<const InputColumn> layout) {
  v1::BehaviourRecord record;
  if (auto set = set_identity(row, record); !set) return tl::make_unexpected(set.error());
  const auto slot = small_number(row, "slot");
  if (!slot) return tl::make_unexpected(slot.error());
  const auto tier = small_number(row, "tier");
  if (!tier) return tl::make_unexpected(tier.error());
  record.set_slot(*slot);
  record.set_tier(*tier);
  if (auto set = set_inputs(row, layout, record); !set) return tl::make_unexpected(set.error());
  return record;
}

// Inputs as whole numbers, where nothing else is known of them.
std::vector<InputColumn> inputs_among(const std::vector<std::string>& titles) {
  std::vector<InputColumn> layout;
  for (const auto& title : titles)
    if (is_input(title)) layout.push_back({title, 0});
  return layout;
}

Result<Row> read_object(std::string_view line) {
  google::protobuf::Struct object;
  if (auto read = from_json(line, object, false); !read) return tl::make_unexpected(read.error());
  Row row;
  for (const auto& [name, value] : object.fields()) {
    if (value.kind_case() == google::protobuf::Value::kStringValue) {
      row.emplace(name, value.string_value());
      continue;
    }
    // Beyond these a double no longer holds every whole number.
    constexpr double kExactMax = 9'007'199'254'740'992.0;
    const double number = value.number_value();
    const bool exact = value.kind_case() == google::protobuf::Value::kNumberValue &&
                       number > -kExactMax && number < kExactMax &&
                       number == static_cast<double>(static_cast<std::int64_t>(number));
    if (!exact)
      return fail(ErrorCode::RECORD_MALFORMED, name + " must be a string or a whole number");
    row.emplace(name, std::to_string(static_cast<std::int64_t>(number)));
  }
  return row;
}

}  // namespace

std::vector<InputColumn> layout_of(const v1::Methodology& methodology) {
  std::vector<InputColumn> layout;
  for (const auto& input : methodology.inputs()) layout.push_back({input.name(), input.scale()});
  return layout;
}

Result<std::vector<v1::BehaviourRecord>> read_records(std::string_view text, RecordFormat format,
                                                      std::vector<InputColumn> layout) {
  text = without_mark(text);
  std::size_t line = 0;
  CsvReader csv;
  if (format == RecordFormat::csv && !text.empty()) {
    ++line;
    if (auto read = csv.read_titles(take_text_line(text)); !read)
      return at_line(line, read.error());
    if (layout.empty()) layout = inputs_among(csv.titles());
  }
  if (layout.size() > ledger::kRecordInputsMax)
    return fail(ErrorCode::INPUT_UNKNOWN, "a record carries at most 8 inputs");
  std::vector<v1::BehaviourRecord> records;
  while (!text.empty()) {
    ++line;
    const auto content = take_text_line(text);
    if (content.empty()) continue;
    const auto row = format == RecordFormat::csv ? csv.read(content) : read_object(content);
    if (!row) return at_line(line, row.error());
    auto record = read_record(*row, layout);
    if (!record) return at_line(line, record.error());
    records.push_back(std::move(*record));
  }
  return records;
}

Result<std::vector<Attachment>> build_attachments(std::span<const v1::BehaviourRecord> records,
                                                  std::size_t records_max) {
  if (records.empty()) return fail(ErrorCode::BATCH_EMPTY);
  assert(records_max > 0 && records_max <= ledger::kRecordsMax);
  std::vector<Attachment> attachments;
  for (const auto& record : records) {
    const auto bytes = record.SerializeAsString();
    const auto size = bytes.size() + 2;
    const bool full = attachments.empty() || attachments.back().named.count() == records_max ||
                      attachments.back().bytes.size() + size > ledger::kAttachmentSizeMax;
    if (full) attachments.emplace_back();
    auto& [whole, named] = attachments.back();
    crypto::append_u16(whole, static_cast<std::uint16_t>(bytes.size()));
    whole += bytes;
    named.set_count(named.count() + 1);
    named.set_size(static_cast<std::uint32_t>(whole.size()));
  }
  for (auto& [whole, named] : attachments) {
    const auto split_up = ledger::split_records(whole);
    assert(split_up.has_value() && split_up->size() == named.count());
    named.set_root(std::string(ledger::attachment_root(*split_up).view()));
  }
  return attachments;
}

}  // namespace puhui::node::cli
