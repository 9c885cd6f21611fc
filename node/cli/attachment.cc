#include "node/cli/attachment.h"

#include <algorithm>
#include <cassert>

#include "crypto/bytes.h"
#include "crypto/ristretto.h"
#include "ledger/event.h"
#include "node/cli/values.h"

namespace puhui::node::cli {
namespace {

constexpr std::string_view kOwnNames[] = {"account", "day", "slot", "carrier_tag", "tier", "tags"};

bool is_input(std::string_view name) {
  return std::ranges::find(kOwnNames, name) == std::end(kOwnNames);
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

Result<v1::ActTag> parse_act_tag(std::string_view text) {
  const auto colon = std::min(text.find(':'), text.size());
  const auto partner = text.substr(0, colon);
  if (!ledger::is_code(partner))
    return fail(ErrorCode::RECORD_MALFORMED, "a tag is written CITY:64 hex digits");
  const auto bytes = crypto::hex_decode(text.substr(std::min(colon + 1, text.size())));
  if (!bytes || !crypto::Point::decode(*bytes))
    return fail(ErrorCode::RECORD_MALFORMED,
                "the tag for " + std::string(partner) + " is no point");
  v1::ActTag tag;
  tag.set_partner(std::string(partner));
  tag.set_tag(*bytes);
  return tag;
}

// One for each partner, in order of their codes.
Result<void> set_tags(const Row& row, v1::BehaviourRecord& record) {
  const auto found = row.find("tags");
  if (found == row.end() || found->second.empty()) return {};
  for (const auto text : split(found->second, ';')) {
    auto tag = parse_act_tag(text);
    if (!tag) return tl::make_unexpected(tag.error());
    *record.add_tags() = std::move(*tag);
  }
  auto& tags = *record.mutable_tags();
  std::ranges::sort(tags, {}, &v1::ActTag::partner);
  if (std::ranges::adjacent_find(tags, {}, &v1::ActTag::partner) != tags.end())
    return fail(ErrorCode::RECORD_MALFORMED, "two tags for one partner");
  if (tags.size() > ledger::kPartnersOfActMax)
    return fail(ErrorCode::RECORD_MALFORMED, "a record carries tags for at most 8 partners");
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
  if (auto set = set_tags(row, record); !set) return tl::make_unexpected(set.error());
  return record;
}

// Inputs as whole numbers, where nothing else is known of them.
std::vector<InputColumn> inputs_among(const std::vector<std::string>& titles) {
  std::vector<InputColumn> layout;
  for (const auto& title : titles)
    if (is_input(title)) layout.push_back({title, 0});
  return layout;
}

}  // namespace

std::vector<InputColumn> layout_of(const v1::Methodology& methodology) {
  std::vector<InputColumn> layout;
  for (const auto& input : methodology.inputs()) layout.push_back({input.name(), input.scale()});
  return layout;
}

Result<std::vector<v1::BehaviourRecord>> read_records(std::string_view text, RecordFormat format,
                                                      std::vector<InputColumn> layout) {
  RowReader rows(text, format);
  if (auto started = rows.start(); !started) return tl::make_unexpected(started.error());
  if (layout.empty()) layout = inputs_among(rows.titles());
  if (layout.size() > ledger::kRecordInputsMax)
    return fail(ErrorCode::INPUT_UNKNOWN, "a record carries at most 8 inputs");
  return read_all<v1::BehaviourRecord>(
      rows, [&layout](const Row& row) { return read_record(row, layout); });
}

Result<std::vector<v1::BehaviourRecord>> read_acts(std::string_view text, RecordFormat format) {
  RowReader rows(text, format);
  if (auto started = rows.start(); !started) return tl::make_unexpected(started.error());
  return read_all<v1::BehaviourRecord>(rows, [](const Row& row) {
    auto record = read_record(row, {});
    if (record) record->clear_tier();
    if (record) record->clear_tags();
    return record;
  });
}

Result<std::vector<Attachment>> pack_records(std::span<const std::string> records,
                                             std::size_t records_max) {
  if (records.empty()) return fail(ErrorCode::BATCH_EMPTY);
  assert(records_max > 0 && records_max <= ledger::kRecordsMax);
  std::vector<Attachment> attachments;
  for (const auto& bytes : records) {
    if (bytes.empty() || bytes.size() > UINT16_MAX)
      return fail(ErrorCode::RECORD_MALFORMED, "a record has 1 to 65535 bytes");
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
