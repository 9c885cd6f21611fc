// Keys and values one after the other in a row: u32-BE length ‖ bytes, and what became of a key:
// its piece ‖ u8 0, or its piece ‖ u8 1 ‖ the piece of its value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/bytes.h"

namespace puhui::ledger {

inline void append_piece(std::string& out, std::string_view piece) {
  crypto::append_u32(out, static_cast<std::uint32_t>(piece.size()));
  out += piece;
}

// The piece points into what `rest` did; false, and both as they were, if there is no whole one.
[[nodiscard]] inline bool take_piece(std::string_view& rest, std::string_view& piece) {
  if (rest.size() < 4 || rest.size() - 4 < crypto::read_u32(rest)) return false;
  piece = rest.substr(4, crypto::read_u32(rest));
  rest.remove_prefix(4 + piece.size());
  return true;
}

inline void append_change(std::string& out, std::string_view key,
                          const std::optional<std::string_view>& value) {
  append_piece(out, key);
  out += value ? '\1' : '\0';
  if (value) append_piece(out, *value);
}

[[nodiscard]] inline bool take_change(std::string_view& rest, std::string_view& key,
                                      std::optional<std::string_view>& value) {
  if (!take_piece(rest, key) || rest.empty()) return false;
  const char has_value = rest[0];
  rest.remove_prefix(1);
  value.reset();
  if (has_value == 0) return true;
  std::string_view piece;
  if (has_value != 1 || !take_piece(rest, piece)) return false;
  value = piece;
  return true;
}

}  // namespace puhui::ledger
