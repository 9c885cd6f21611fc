#include "node/cli/records.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <cassert>
#include <span>

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "ledger/personal.h"
#include "ledger/records.h"
#include "node/cli/text.h"
#include "node/cli/values.h"

namespace puhui::node::cli {
namespace {

constexpr std::string_view kItemPrefix = "CONSENT_";

tl::unexpected<Error> malformed(const std::string& what) {
  return fail(ErrorCode::RECORD_MALFORMED, what);
}

struct Title {
  std::string_view name;
  bool is_needed = true;
};
constexpr Title kConsentTitles[] = {{"account"},        {"party"},        {"item"},
                                    {"given"},          {"confirmation"}, {"minor", false},
                                    {"guardian", false}};
constexpr Title kRedemptionTitles[] = {{"account"}, {"quantity"}, {"confirmation"}};
constexpr Title kReadingTitles[] = {{"day"}, {"value"}};
constexpr Title kErasureTitles[] = {{"account"}, {"confirmation"}};

Result<void> check_titles(const Row& row, std::span<const Title> titles) {
  for (const auto& [name, value] : row)
    if (std::ranges::find(titles, name, &Title::name) == titles.end())
      return malformed("\"" + name + "\" is not among its columns");
  for (const auto& title : titles)
    if (title.is_needed && !row.contains(title.name))
      return malformed(std::string(title.name) + " must be there");
  return {};
}

// What stands under a title that is there, or nothing.
std::string_view under(const Row& row, std::string_view title) {
  const auto found = row.find(title);
  return found == row.end() ? std::string_view() : found->second;
}

Result<bool> yes_or_no(const Row& row, std::string_view title) {
  const auto word = under(row, title);
  if (word == "yes") return true;
  if (word == "no") return false;
  return malformed(std::string(title) + " is yes or no");
}

// Reads text of these columns, each row by `read`.
template <class R, class Read>
Result<std::vector<R>> read_table(std::string_view text, RecordFormat format,
                                  std::span<const Title> titles, Read read) {
  RowReader rows(text, format);
  if (auto started = rows.start(); !started) return tl::make_unexpected(started.error());
  return read_all<R>(rows, [&](const Row& row) -> Result<R> {
    if (auto sound = check_titles(row, titles); !sound) return tl::make_unexpected(sound.error());
    R record;
    if (auto set = read(row, record); !set) return tl::make_unexpected(set.error());
    return record;
  });
}

// Whose it is, and that the person wants it.
template <class R>
Result<void> set_person(const Row& row, R& record) {
  auto pseudonym = parse_pseudonym(under(row, "account"));
  if (!pseudonym) return tl::make_unexpected(pseudonym.error());
  auto confirmation = parse_confirmation(under(row, "confirmation"));
  if (!confirmation) return tl::make_unexpected(confirmation.error());
  record.set_account(std::move(*pseudonym));
  *record.mutable_confirmation() = std::move(*confirmation);
  return {};
}

// That the guardian of a minor confirmed too; both columns may be left out.
Result<void> set_guardian(const Row& row, v1::ConsentRecord& record) {
  if (!under(row, "minor").empty()) {
    const auto is_minor = yes_or_no(row, "minor");
    if (!is_minor) return tl::make_unexpected(is_minor.error());
    record.set_is_minor(*is_minor);
  }
  const auto guardian = under(row, "guardian");
  if (guardian.empty()) return {};
  auto digest = parse_hex(guardian, crypto::Digest::kSize);
  if (!digest) return tl::make_unexpected(digest.error());
  record.set_guardian_sha256(std::move(*digest));
  return {};
}

Result<void> set_consent(const Row& row, v1::ConsentRecord& record) {
  if (auto set = set_person(row, record); !set) return set;
  const auto item = parse_consent_item(under(row, "item"));
  if (!item) return tl::make_unexpected(item.error());
  const auto is_given = yes_or_no(row, "given");
  if (!is_given) return tl::make_unexpected(is_given.error());
  if (!ledger::is_name(under(row, "party"))) return malformed("party is not a name");
  record.set_party(std::string(under(row, "party")));
  record.set_item(*item);
  record.set_is_given(*is_given);
  return set_guardian(row, record);
}

Result<void> set_redemption(const Row& row, v1::RedemptionRecord& record) {
  const auto quantity = parse_number(under(row, "quantity"));
  if (!quantity || *quantity == 0 || *quantity > INT64_MAX)
    return malformed("quantity is a number above zero");
  record.set_quantity(static_cast<std::int64_t>(*quantity));
  return set_person(row, record);
}

Result<void> set_reading(const Row& row, unsigned scale, v1::Reading& record) {
  const auto day = parse_day(under(row, "day"));
  if (!day) return tl::make_unexpected(day.error());
  const auto value = parse_scaled(under(row, "value"), scale);
  if (!value) return tl::make_unexpected(value.error());
  if (*day <= 0 || *value < 0) return malformed("a reading is of a day after 1970, not negative");
  record.set_day(static_cast<std::int32_t>(*day));
  record.set_value(*value);
  return {};
}

// An object with the account, and beneath "confirmation" what confirms.
template <class R>
google::protobuf::Struct object_of(const R& record) {
  google::protobuf::Struct object;
  auto& fields = *object.mutable_fields();
  fields["account"].set_string_value(ledger::personal_id(record.account()));
  const auto& confirmation = record.confirmation();
  if (!confirmation.has_key()) {
    fields["confirmation"].set_string_value(crypto::hex_encode(confirmation.sha256()));
    return object;
  }
  const auto read =
      from_json(to_json(confirmation), *fields["confirmation"].mutable_struct_value(), false);
  assert(read.has_value());
  return object;
}

}  // namespace

Result<std::vector<v1::ConsentRecord>> read_consents(std::string_view text, RecordFormat format) {
  return read_table<v1::ConsentRecord>(text, format, kConsentTitles, set_consent);
}

Result<std::vector<v1::RedemptionRecord>> read_redemptions(std::string_view text,
                                                           RecordFormat format) {
  return read_table<v1::RedemptionRecord>(text, format, kRedemptionTitles, set_redemption);
}

Result<std::vector<v1::Reading>> read_readings(std::string_view text, RecordFormat format,
                                               unsigned scale) {
  return read_table<v1::Reading>(
      text, format, kReadingTitles,
      [scale](const Row& row, v1::Reading& record) { return set_reading(row, scale, record); });
}

Result<v1::Confirmation> parse_confirmation(std::string_view text) {
  v1::Confirmation confirmation;
  if (!text.starts_with('{')) {
    auto digest = parse_hex(text, crypto::Digest::kSize);
    if (!digest) return fail(digest.error().code, "confirmation: " + digest.error().detail);
    confirmation.set_sha256(std::move(*digest));
    return confirmation;
  }
  if (auto read = from_json(text, confirmation, false); !read)
    return tl::make_unexpected(read.error());
  if (!confirmation.has_key()) return malformed("a confirmation that is an object has a key");
  return confirmation;
}

Result<v1::ConsentItem> parse_consent_item(std::string_view text) {
  for (int number = v1::CONSENT_DATA; number <= v1::ConsentItem_MAX; ++number) {
    const auto item = static_cast<v1::ConsentItem>(number);
    if (spell_enum(std::string_view(v1::ConsentItem_Name(item)).substr(kItemPrefix.size())) == text)
      return item;
  }
  return malformed("\"" + std::string(text) +
                   "\": a consent is to data, whereabouts, pooling or statement");
}

std::string line_of(const v1::ConsentRecord& record) {
  auto object = object_of(record);
  auto& fields = *object.mutable_fields();
  fields["party"].set_string_value(record.party());
  fields["item"].set_string_value(
      spell_enum(std::string_view(v1::ConsentItem_Name(record.item())).substr(kItemPrefix.size())));
  fields["given"].set_string_value(record.is_given() ? "yes" : "no");
  fields["minor"].set_string_value(record.is_minor() ? "yes" : "no");
  if (!record.guardian_sha256().empty())
    fields["guardian"].set_string_value(crypto::hex_encode(record.guardian_sha256()));
  return to_json_line(object);
}

std::string line_of(const v1::RedemptionRecord& record) {
  auto object = object_of(record);
  (*object.mutable_fields())["quantity"].set_string_value(std::to_string(record.quantity()));
  return to_json_line(object);
}

std::string line_of(const v1::EraseAccount& erasure) { return to_json_line(object_of(erasure)); }

Result<v1::EraseAccount> read_erasure(std::string_view line) {
  auto erasures = read_table<v1::EraseAccount>(
      line, RecordFormat::ndjson, kErasureTitles,
      [](const Row& row, v1::EraseAccount& erasure) { return set_person(row, erasure); });
  if (!erasures) return tl::make_unexpected(erasures.error());
  if (erasures->size() != 1) return malformed("one line is expected");
  return std::move(erasures->front());
}

}  // namespace puhui::node::cli
