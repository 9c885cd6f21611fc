#include "node/cli/values.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "node/files/folder.h"

namespace puhui::node::cli {
namespace {

constexpr std::int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
constexpr std::int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
constexpr std::int64_t kMicrosPerDay = 24 * kMicrosPerHour;

tl::unexpected<Error> invalid(std::string_view text, std::string_view expected) {
  return fail(ErrorCode::INVALID_ARGUMENT,
              "\"" + std::string(text) + "\": " + std::string(expected));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Fixed-width decimal digits; nothing if a character is not one.
std::optional<int> digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

bool push_digit(std::int64_t& value, char c) {
  return !__builtin_mul_overflow(value, 10, &value) &&
         !__builtin_add_overflow(value, c - '0', &value);
}

// Decimal places of a number, filled up to `scale` with zeros.
bool push_places(std::int64_t& value, std::string_view places, unsigned scale) {
  for (std::size_t i = 0; i < std::max<std::size_t>(places.size(), scale); ++i) {
    const char c = i < places.size() ? places[i] : '0';
    if (!is_digit(c)) return false;
    if (i >= scale ? c != '0' : !push_digit(value, c)) return false;
  }
  return true;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

// "+08:00", "-03:30" or "Z" off the end, in microseconds.
std::optional<std::int64_t> take_offset(std::string_view& text) {
  if (take_suffix(text, "Z")) return 0;
  if (text.size() < 6) return std::nullopt;
  const auto offset = text.substr(text.size() - 6);
  const auto hours = digits(offset.substr(1, 2)), minutes = digits(offset.substr(4, 2));
  const bool sound = (offset[0] == '+' || offset[0] == '-') && offset[3] == ':' && hours &&
                     *hours <= 14 && minutes && *minutes < 60;
  if (!sound) return std::nullopt;
  text.remove_suffix(6);
  const auto size = *hours * kMicrosPerHour + *minutes * kMicrosPerMinute;
  return offset[0] == '-' ? -size : size;
}

// "08:00:00.25" as microseconds of a day.
std::optional<std::int64_t> clock_us(std::string_view text) {
  if (text.size() < 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hours = digits(text.substr(0, 2)), minutes = digits(text.substr(3, 2));
  const auto seconds = parse_scaled(text.substr(6), 6);
  if (!hours || *hours > 23 || !minutes || *minutes > 59 || !is_digit(text[6]) ||
      !is_digit(text[7]) || !seconds || *seconds >= kMicrosPerMinute)
    return std::nullopt;
  return *hours * kMicrosPerHour + *minutes * kMicrosPerMinute + *seconds;
}

Result<void> set_scope(v1::Scope& scope, std::string_view name, std::string_view value) {
  if (name == "area") {
    scope.set_area(std::string(value));
  } else if (name == "methodology") {
    scope.set_methodology(std::string(value));
  } else if (name == "max") {
    const auto amount = parse_amount_kg(value);
    if (!amount) return tl::make_unexpected(amount.error());
    scope.set_max_amount_kg(*amount);
  } else if (name == "from" || name == "to") {
    const auto time = parse_time_us(value);
    if (!time) return tl::make_unexpected(time.error());
    if (name == "from") {
      scope.set_from(*time);
    } else {
      scope.set_to(*time);
    }
  } else {
    return invalid(name, "a role's scope has area, methodology, max, from and to");
  }
  return {};
}

}  // namespace

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string spell_enum(std::string_view name) {
  std::string text;
  for (const char c : name) {
    text += c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

Result<std::int64_t> parse_scaled(std::string_view text, unsigned scale) {
  const auto refuse = [&] {
    return invalid(text, "a decimal number with at most " + std::to_string(scale) +
                             " decimal places is expected");
  };
  if (scale > kScaleMax) return invalid(std::to_string(scale), "at most 18 decimal places");
  const bool negative = text.starts_with('-');
  const auto number = text.substr(negative ? 1 : 0);
  const auto point = number.find('.');
  const auto whole = number.substr(0, point);
  const auto places = point == std::string_view::npos ? "" : number.substr(point + 1);
  if (whole.empty() || (point != std::string_view::npos && places.empty())) return refuse();
  std::int64_t value = 0;
  for (const char c : whole)
    if (!is_digit(c) || !push_digit(value, c)) return refuse();
  if (!push_places(value, places, scale)) return refuse();
  return negative ? -value : value;
}

Result<std::int64_t> parse_amount_kg(std::string_view text) {
  auto number = text;
  const bool kilograms = take_suffix(number, "kg");
  if (!kilograms && !take_suffix(number, "t"))
    return invalid(text, "an amount names its unit, t or kg: 1448.5t, 500kg");
  const auto amount = parse_scaled(number, kilograms ? 0 : 3);
  if (!amount || *amount <= 0)
    return invalid(text, "an amount above zero in whole kilograms is expected");
  return *amount;
}

Result<std::int64_t> parse_amount_g(std::string_view text) {
  auto number = text;
  const bool is_kilograms = take_suffix(number, "kg");
  if (!is_kilograms && !take_suffix(number, "g"))
    return invalid(text, "an amount of credits names its unit, g or kg: 500g, 1.5kg");
  const auto amount = parse_scaled(number, is_kilograms ? 3 : 0);
  if (!amount || *amount <= 0)
    return invalid(text, "an amount above zero in whole grams is expected");
  return *amount;
}

Result<std::int64_t> parse_cents(std::string_view text) {
  const auto cents = parse_scaled(text, 2);
  if (!cents || *cents < 0) return invalid(text, "a price in yuan and whole cents is expected");
  return *cents;
}

Result<std::int64_t> parse_day(std::string_view text) {
  const auto refuse = [&] { return invalid(text, "a day is written YYYY-MM-DD"); };
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return refuse();
  const auto year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)),
             day = digits(text.substr(8, 2));
  if (!year || !month || !day) return refuse();
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return invalid(text, "no such day in the calendar");
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::string format_day(std::int64_t day) {
  // Beyond what the calendar types hold, a number says more than a wrapped date.
  constexpr std::int64_t kDayMax = 2'932'896;  // 9999-12-31
  if (day < -719'528 || day > kDayMax) return std::to_string(day);
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<int>(day)))};
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text.data();
}

std::string format_month(std::uint32_t year, std::uint32_t month) {
  return std::to_string(year) + (month < 10 ? "-0" : "-") + std::to_string(month);
}

Result<std::int64_t> parse_duration_us(std::string_view text) {
  const auto refuse = [&] { return invalid(text, "a duration is written 90s, 15m, 1h or 7d"); };
  if (text.size() < 2) return refuse();
  std::int64_t unit = 0;
  switch (text.back()) {
    case 's':
      unit = kMicrosPerSecond;
      break;
    case 'm':
      unit = kMicrosPerMinute;
      break;
    case 'h':
      unit = kMicrosPerHour;
      break;
    case 'd':
      unit = kMicrosPerDay;
      break;
    default:
      return refuse();
  }
  const auto count = crypto::parse_decimal(text.substr(0, text.size() - 1));
  std::int64_t duration = 0;
  if (!count || *count == 0 || __builtin_mul_overflow(*count, unit, &duration)) return refuse();
  return duration;
}

std::string format_duration(std::int64_t duration_us) {
  constexpr std::pair<std::int64_t, const char*> kUnits[] = {{kMicrosPerDay, "d"},
                                                             {kMicrosPerHour, "h"},
                                                             {kMicrosPerMinute, "m"},
                                                             {kMicrosPerSecond, "s"}};
  for (const auto& [unit_us, name] : kUnits)
    if (duration_us % unit_us == 0) return std::to_string(duration_us / unit_us) + name;
  return std::to_string(duration_us) + "us";
}

Result<std::int64_t> parse_time_us(std::string_view text) {
  if (const auto micros = crypto::parse_decimal(text); micros && *micros <= INT64_MAX)
    return static_cast<std::int64_t>(*micros);
  auto rest = text;
  const auto offset = take_offset(rest);
  const auto day = parse_day(rest.substr(0, 10));
  const auto clock = rest.size() > 11 && rest[10] == 'T' ? clock_us(rest.substr(11)) : std::nullopt;
  if (!offset || !day || !clock)
    return invalid(text, "a time is written 2024-09-02T08:00:00Z, or +08:00 for Z");
  return *day * kMicrosPerDay + *clock - *offset;
}

std::string format_time(std::int64_t time_us) {
  auto day = time_us / kMicrosPerDay, rest = time_us % kMicrosPerDay;
  if (rest < 0) {
    rest += kMicrosPerDay;
    --day;
  }
  std::array<char, 64> text{};
  std::snprintf(
      text.data(), text.size(), "T%02d:%02d:%02d.%06dZ", static_cast<int>(rest / kMicrosPerHour),
      static_cast<int>(rest / kMicrosPerMinute % 60),
      static_cast<int>(rest / kMicrosPerSecond % 60), static_cast<int>(rest % kMicrosPerSecond));
  return format_day(day) + text.data();
}

Result<v1::SerialRange> parse_serials(std::string_view text) {
  const auto dash = text.find('-');
  const auto start = crypto::parse_decimal(text.substr(0, dash));
  const auto end =
      dash == std::string_view::npos ? start : crypto::parse_decimal(text.substr(dash + 1));
  if (!start || !end || *end < *start)
    return invalid(text, "serials are written FIRST-LAST, both included");
  v1::SerialRange range;
  range.set_start(*start);
  range.set_end(*end);
  return range;
}

Result<v1::NamedValue> parse_named_value(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size())
    return invalid(text, "NAME=VALUE is expected");
  v1::NamedValue value;
  value.set_name(std::string(text.substr(0, equals)));
  value.set_value(std::string(text.substr(equals + 1)));
  return value;
}

Result<std::uint64_t> parse_number(std::string_view text) {
  const auto number = crypto::parse_decimal(text);
  if (!number) return invalid(text, "a number is expected");
  return *number;
}

Result<std::string> parse_hex(std::string_view text, std::size_t size) {
  auto bytes = crypto::hex_decode(text);
  if (bytes && !bytes->empty() && (size == 0 || bytes->size() == size)) return std::move(*bytes);
  return invalid(text, size == 0
                           ? "lower-case hex is expected"
                           : std::to_string(2 * size) + " lower-case hex digits are expected");
}

Result<std::string> parse_pseudonym(std::string_view text) {
  return parse_hex(text.starts_with("p-") ? text.substr(2) : text, 16);
}

Result<v1::Role> parse_role(std::string_view text) {
  std::string names;
  for (int number = v1::Role_MIN + 1; number <= v1::Role_MAX; ++number) {
    if (!v1::Role_IsValid(number)) continue;
    const auto name = spell_enum(v1::Role_Name(number));
    if (name == text) return static_cast<v1::Role>(number);
    names += " " + name;
  }
  return invalid(text, "a role is one of" + names);
}

Result<v1::RoleGrant> parse_role_grant(std::string_view text) {
  const auto parts = split(text, ',');
  const auto role = parse_role(parts[0]);
  if (!role) return tl::make_unexpected(role.error());
  v1::RoleGrant grant;
  grant.set_role(*role);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto limit = parse_named_value(parts[i]);
    if (!limit) return tl::make_unexpected(limit.error());
    const auto set = set_scope(*grant.mutable_scope(), limit->name(), limit->value());
    if (!set) return tl::make_unexpected(set.error());
  }
  return grant;
}

Result<v1::AccountKind> parse_account_kind(std::string_view text) {
  constexpr std::string_view kPrefix = "ACCOUNT_";
  for (int number = v1::ACCOUNT_ENTERPRISE; number <= v1::AccountKind_MAX; ++number) {
    const auto& name = v1::AccountKind_Name(number);
    if (spell_enum(std::string_view(name).substr(kPrefix.size())) == text)
      return static_cast<v1::AccountKind>(number);
  }
  return invalid(text,
                 "an account is enterprise, project, pool, event, escrow, treasury or buffer");
}

Result<crypto::PublicKey> read_public_key(const std::string& text) {
  if (auto wire = crypto::hex_decode(text); wire && !wire->empty())
    return crypto::PublicKey::decode(*wire);
  const auto bytes = read_file(text);
  if (!bytes) return tl::make_unexpected(bytes.error());
  if (auto claimed = crypto::claimed_public_key(*bytes)) return claimed;
  auto line = std::string_view(*bytes);
  if (line.ends_with('\n')) line.remove_suffix(1);
  const auto wire = crypto::hex_decode(line);
  if (!wire)
    return fail(ErrorCode::KEY_MALFORMED, text + " is neither a key file nor a public key in hex");
  return crypto::PublicKey::decode(*wire);
}

Result<std::string> read_document_sha256(const std::string& text) {
  if (auto digest = crypto::Digest::from_hex(text)) return std::string(digest->view());
  const auto bytes = read_file(text);
  if (!bytes) return tl::make_unexpected(bytes.error());
  return std::string(crypto::sha256(*bytes).view());
}

}  // namespace puhui::node::cli
