// Cuts a formula into words: numbers, names, signs.
//
// Inside the formula folder only. ASCII only; a space is the only separator (no tabs, no line
// ends), so that a column is a byte position and a formula is one line wherever it is printed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proto/error.h"

namespace puhui::ledger::formula {

enum class TokenKind : std::uint8_t { kNumber, kName, kSign, kEnd };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;     // empty at the end
  std::uint16_t column = 1;  // 1-based position of its first byte; one past the text at the end
};

class Lexer {
 public:
  // The text must outlive the lexer and be at most kMaxTextBytes long.
  explicit Lexer(std::string_view text) : text_(text) {}

  // The next token; kEnd again and again after the last. FORMULA_SYNTAX.
  [[nodiscard]] Result<Token> next();

 private:
  Result<Token> number();
  Token name();
  Result<Token> sign();
  Token take(TokenKind kind, std::size_t size);

  std::string_view text_;
  std::size_t position_ = 0;
};

// "column 14: expected ')'", the one form of every message about a place in a formula.
[[nodiscard]] std::string at_column(std::size_t column, std::string_view what);

}  // namespace puhui::ledger::formula
