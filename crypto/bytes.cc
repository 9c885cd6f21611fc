#include "crypto/bytes.h"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <limits>

namespace puhui::crypto {
namespace {

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// The same number with its bytes in big-endian order.
std::uint16_t big_endian(std::uint16_t value) {
  return std::endian::native == std::endian::big ? value : __builtin_bswap16(value);
}
std::uint32_t big_endian(std::uint32_t value) {
  return std::endian::native == std::endian::big ? value : __builtin_bswap32(value);
}
std::uint64_t big_endian(std::uint64_t value) {
  return std::endian::native == std::endian::big ? value : __builtin_bswap64(value);
}

template <class Number>
void append_big_endian(std::string& out, Number value) {
  value = big_endian(value);
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

template <class Number>
Number read_big_endian(std::string_view bytes) {
  assert(bytes.size() >= sizeof(Number));
  Number value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return big_endian(value);
}

// What may follow a lead byte of UTF-8: how many bytes, and the range of the first of them.
struct Utf8Form {
  std::size_t tail = 0;
  unsigned char low = 0x80, high = 0xbf;
};

std::optional<Utf8Form> utf8_form(unsigned char lead) {
  if (lead < 0x80) return Utf8Form{0};
  if (lead < 0xc2) return std::nullopt;
  if (lead < 0xe0) return Utf8Form{1};
  if (lead == 0xe0) return Utf8Form{2, 0xa0, 0xbf};
  if (lead == 0xed) return Utf8Form{2, 0x80, 0x9f};
  if (lead < 0xf0) return Utf8Form{2};
  if (lead == 0xf0) return Utf8Form{3, 0x90, 0xbf};
  if (lead < 0xf4) return Utf8Form{3};
  if (lead == 0xf4) return Utf8Form{3, 0x80, 0x8f};
  return std::nullopt;
}

}  // namespace

std::string hex_encode(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text.push_back(kDigits[value >> 4]);
    text.push_back(kDigits[value & 15]);
  }
  return text;
}

std::optional<std::string> hex_decode(std::string_view text) {
  const auto value = [](char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    return -1;
  };
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = value(text[i]), low = value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  return bytes;
}

std::string base64_encode(std::string_view bytes) {
  // libsodium writes a terminating zero, which std::string has room for.
  const std::size_t size = sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  std::string text(size - 1, '\0');
  sodium_bin2base64(text.data(), size, data_of(bytes), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  // libsodium 1.0.18 takes some bytes above 0x7f for letters of the alphabet.
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (text.size() % 4 != 0 || !std::all_of(text.begin(), text.end(), is_ascii)) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0) {
    return std::nullopt;
  }
  bytes.resize(size);
  return bytes;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || (text[0] == '0' && text.size() > 1)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    if (__builtin_mul_overflow(value, std::uint64_t{10}, &value) ||
        __builtin_add_overflow(value, static_cast<std::uint64_t>(digit - '0'), &value)) {
      return std::nullopt;
    }
  }
  return value;
}

void append_u16(std::string& out, std::uint16_t value) { append_big_endian(out, value); }
void append_u32(std::string& out, std::uint32_t value) { append_big_endian(out, value); }
void append_u64(std::string& out, std::uint64_t value) { append_big_endian(out, value); }

std::uint16_t read_u16(std::string_view bytes) { return read_big_endian<std::uint16_t>(bytes); }
std::uint32_t read_u32(std::string_view bytes) { return read_big_endian<std::uint32_t>(bytes); }
std::uint64_t read_u64(std::string_view bytes) { return read_big_endian<std::uint64_t>(bytes); }

std::optional<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

bool is_utf8(std::string_view bytes) {
  const auto is_tail = [](unsigned char byte) { return (byte & 0xc0) == 0x80; };
  const auto* at = data_of(bytes);
  const auto* const end = at + bytes.size();
  while (at != end) {
    const auto form = utf8_form(*at++);
    if (!form || static_cast<std::size_t>(end - at) < form->tail) return false;
    if (form->tail > 0 && (*at < form->low || *at > form->high)) return false;
    if (!std::all_of(at, at + form->tail, is_tail)) return false;
    at += form->tail;
  }
  return true;
}

}  // namespace puhui::crypto
