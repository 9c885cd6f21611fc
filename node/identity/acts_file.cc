#include "node/identity/acts_file.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>

#include "crypto/bytes.h"
#include "ledger/records.h"
#include "node/cli/text.h"
#include "node/cli/values.h"
#include "node/identity/lines.h"

namespace puhui::node::identity {
namespace {

constexpr std::string_view kCarrierColumn = "carrier";
constexpr std::string_view kCarrierTagColumn = "carrier_tag";

struct ReadAct {
  cli::Row record;
  crypto::Point point;
};

tl::unexpected<Error> malformed(const std::string& what) {
  return fail(ErrorCode::RECORD_MALFORMED, what);
}

Result<std::string> cell(const cli::Row& row, std::string_view title) {
  const auto found = row.find(title);
  if (found == row.end()) return malformed(std::string(title) + " must be there");
  return found->second;
}

Result<std::uint32_t> slot_of(const cli::Row& row) {
  const auto found = row.find("slot");
  if (found == row.end()) return 0;
  const auto slot = crypto::parse_decimal(found->second);
  if (slot && *slot <= UINT32_MAX) return static_cast<std::uint32_t>(*slot);
  return malformed("slot is \"" + found->second + "\"");
}

Result<std::int32_t> day_of_row(const cli::Row& row) {
  const auto text = cell(row, "day");
  if (!text) return tl::make_unexpected(text.error());
  const auto day = cli::parse_day(*text);
  if (!day) return tl::make_unexpected(day.error());
  return static_cast<std::int32_t>(*day);
}

Result<crypto::Point> point_of_person(const People& people, std::string_view pseudonym, Act act) {
  auto person = people.person(pseudonym);
  if (!person) return tl::make_unexpected(person.error());
  auto identity = spelling(person->identity());
  crypto::wipe(*person->mutable_identity());
  if (!identity) return tl::make_unexpected(identity.error());
  act.identity = *identity;
  const auto point = point_of(act);
  crypto::wipe(*identity);
  return point;
}

// Only what a record has beside its inputs is looked at.
Result<ReadAct> read_act(const People& people, const Keys& keys, const ActsFile& file,
                         const cli::Row& row) {
  for (const auto other : {kCarrierTagColumn, kTagsColumn})
    if (row.contains(other))
      return malformed(std::string(other) + " is not among the columns of acts");
  const auto account = cell(row, "account"), number = cell(row, kCarrierColumn);
  if (!account) return tl::make_unexpected(account.error());
  if (!number) return tl::make_unexpected(number.error());
  const auto pseudonym = cli::parse_pseudonym(*account);
  if (!pseudonym) return tl::make_unexpected(pseudonym.error());
  const auto day = day_of_row(row);
  if (!day) return tl::make_unexpected(day.error());
  const auto slot = slot_of(row);
  if (!slot) return tl::make_unexpected(slot.error());
  const auto carrier = clean_line(*number);
  if (!carrier) return tl::make_unexpected(carrier.error());
  const auto spelled = spelling(*carrier);
  if (!spelled) return tl::make_unexpected(spelled.error());
  const auto point =
      point_of_person(people, *pseudonym, {file.scenario, {}, *day, *slot, file.kind, *spelled});
  if (!point) return tl::make_unexpected(point.error());
  ReadAct read{row, *point};
  read.record.erase(std::string(kCarrierColumn));
  read.record.emplace(kCarrierTagColumn, carrier_tag(keys, file.kind, *carrier).hex());
  return read;
}

// The titles of the records, in the order of the acts'.
std::vector<std::string> record_titles(std::vector<std::string> titles) {
  std::ranges::replace(titles, std::string(kCarrierColumn), std::string(kCarrierTagColumn));
  return titles;
}

std::string joined(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) line += (i == 0 ? "" : ",") + cells[i];
  return line;
}

std::string csv_line(const std::vector<std::string>& titles, const cli::Row& record) {
  std::vector<std::string> cells;
  for (const auto& title : titles) cells.push_back(record.find(title)->second);
  return joined(cells);
}

std::string json_line(const cli::Row& record) {
  google::protobuf::Struct object;
  for (const auto& [name, text] : record) (*object.mutable_fields())[name].set_string_value(text);
  auto line = cli::to_json_line(object);
  while (!line.empty() && line.back() == '\n') line.pop_back();
  return line;
}

}  // namespace

Result<Acts> read_acts(const People& people, const Keys& keys, const ActsFile& file) {
  cli::RowReader rows(file.text, file.format);
  if (auto started = rows.start(); !started) return tl::make_unexpected(started.error());
  const bool is_csv = file.format == cli::RecordFormat::csv;
  const auto titles = record_titles(rows.titles());
  Acts acts;
  if (is_csv) acts.titles = joined(titles);
  for (;;) {
    const auto row = rows.next();
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) break;
    if (acts.lines.size() == ledger::kRecordsMax)
      return fail(ErrorCode::TOO_LARGE,
                  "at most " + std::to_string(ledger::kRecordsMax) + " acts at a time");
    const auto act = read_act(people, keys, file, **row);
    if (!act) return rows.at_line(act.error());
    acts.lines.push_back(is_csv ? csv_line(titles, act->record) : json_line(act->record));
    acts.points.push_back(act->point);
  }
  if (acts.lines.empty()) return fail(ErrorCode::BATCH_EMPTY, "no act stands there");
  return acts;
}

std::string with_tags(const std::string& line, std::string_view tags, bool is_csv) {
  if (is_csv) return line + "," + std::string(tags);
  return line.substr(0, line.rfind('}')) + ",\"" + std::string(kTagsColumn) + "\":\"" +
         std::string(tags) + "\"}";
}

}  // namespace puhui::node::identity
