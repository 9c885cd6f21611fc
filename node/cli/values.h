// Values as people write them on a command line, and back: amounts, days, times, ranges, roles.
//
// Parsers are exact (no floating point) and answer INVALID_ARGUMENT with the text at fault for
// anything they do not understand. All functions are pure and may be called from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/key.h"
#include "proto/error.h"
#include "puhui/v1/event.pb.h"

namespace puhui::node::cli {

inline constexpr unsigned kScaleMax = 18;
inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;

// "-12.5" with scale 3 is -12500. More places than `scale` are allowed where they are zeros.
[[nodiscard]] Result<std::int64_t> parse_scaled(std::string_view text, unsigned scale);

// "2000t", "1448.5t", "500kg": above zero and a whole number of kilograms.
[[nodiscard]] Result<std::int64_t> parse_amount_kg(std::string_view text);

// "500g", "1.5kg": above zero and a whole number of grams.
[[nodiscard]] Result<std::int64_t> parse_amount_g(std::string_view text);

// "43.5" or "43.50" yuan: a whole number of cents, not negative.
[[nodiscard]] Result<std::int64_t> parse_cents(std::string_view text);

// "2024-09-02" in days since 1970-01-01, and back. The day exists in the calendar.
[[nodiscard]] Result<std::int64_t> parse_day(std::string_view text);
[[nodiscard]] std::string format_day(std::int64_t day);

// "2026-03".
[[nodiscard]] std::string format_month(std::uint32_t year, std::uint32_t month);

// "90s", "15m", "1h", "7d" in microseconds; above zero.
[[nodiscard]] Result<std::int64_t> parse_duration_us(std::string_view text);
// The same in the largest unit that divides it; "250000us" if none does.
[[nodiscard]] std::string format_duration(std::int64_t duration_us);

// UTC microseconds since 1970 as digits, or "2024-09-02T08:00:00Z" with up to six decimal places
// of the second, with "Z" or an offset like "+08:00". Formatted always in UTC.
[[nodiscard]] Result<std::int64_t> parse_time_us(std::string_view text);
[[nodiscard]] std::string format_time(std::int64_t time_us);

// "17" or "1-2000", both ends included.
[[nodiscard]] Result<v1::SerialRange> parse_serials(std::string_view text);

// "generation=10120".
[[nodiscard]] Result<v1::NamedValue> parse_named_value(std::string_view text);

// Unsigned decimal without leading zeros.
[[nodiscard]] Result<std::uint64_t> parse_number(std::string_view text);

// Hex of any length, or of exactly `size` bytes.
[[nodiscard]] Result<std::string> parse_hex(std::string_view text, std::size_t size = 0);

// 16 bytes: "p-" and 32 hex digits as accounts are printed, or the digits alone.
[[nodiscard]] Result<std::string> parse_pseudonym(std::string_view text);

// "operator", "data-provider".
[[nodiscard]] Result<v1::Role> parse_role(std::string_view text);

// "verifier,area=4201,methodology=WH-PV-2023,max=2000t,from=TIME,to=TIME"; all but the role may be
// left out.
[[nodiscard]] Result<v1::RoleGrant> parse_role_grant(std::string_view text);

// "enterprise", "project", "pool", "event", "escrow", "treasury", "buffer".
[[nodiscard]] Result<v1::AccountKind> parse_account_kind(std::string_view text);

// The wire form of a public key in hex, or the path of a file that holds it or is a key file.
[[nodiscard]] Result<crypto::PublicKey> read_public_key(const std::string& text);

// 64 hex digits as they stand, else the SHA-256 of the file of this name.
[[nodiscard]] Result<std::string> read_document_sha256(const std::string& text);

// Parts between separators; one empty part for an empty text.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

// "DATA_PROVIDER" as "data-provider".
[[nodiscard]] std::string spell_enum(std::string_view name);

}  // namespace puhui::node::cli
