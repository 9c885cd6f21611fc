// Bytes as text and numbers as bytes: hex, base64, decimals and big-endian integers.
//
// Decoders are strict: every value has exactly one accepted spelling, so text that parses can be
// compared and hashed. They answer `std::nullopt` for anything else; the caller knows which error
// code fits. Nothing here keeps state: all functions may be called from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace puhui::crypto {

// Lower-case hexadecimal, two digits per byte.
std::string hex_encode(std::string_view bytes);

// Accepts lower-case digits only, an even number of them.
std::optional<std::string> hex_decode(std::string_view text);

// RFC 4648 §4: the standard alphabet (`+` and `/`) with `=` padding, no line breaks.
std::string base64_encode(std::string_view bytes);

// Refuses white space, the URL-safe alphabet, absent or surplus padding, and padding bits that are
// not zero: base64_encode(*base64_decode(t)) == t whenever it answers.
std::optional<std::string> base64_decode(std::string_view text);

// ASCII decimal without sign and without leading zeros ("0" itself excepted).
std::optional<std::uint64_t> parse_decimal(std::string_view text);

// Big-endian integers appended to `out`.
void append_u16(std::string& out, std::uint16_t value);
void append_u32(std::string& out, std::uint32_t value);
void append_u64(std::string& out, std::uint64_t value);

// Big-endian integers from the first bytes of `bytes`, which must hold at least 2, 4 or 8 of them
// (asserted: the caller has checked the length).
std::uint16_t read_u16(std::string_view bytes);
std::uint32_t read_u32(std::string_view bytes);
std::uint64_t read_u64(std::string_view bytes);

// Removes the first line from `rest` and answers it without its newline; nullopt, and `rest` as it
// was, if no newline is left.
std::optional<std::string_view> take_line(std::string_view& rest);

// Well-formed UTF-8 by Unicode table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);

}  // namespace puhui::crypto
