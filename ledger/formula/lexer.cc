#include "ledger/formula/lexer.h"

#include <array>
#include <string>

#include "ledger/formula/rational.h"

namespace puhui::ledger::formula {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool continues_name(char c) { return is_lower(c) || is_digit(c) || c == '_'; }

std::size_t count_digits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  return count;
}

// The two-byte signs come first: "<=" is never "<" and "=".
constexpr std::array<std::string_view, 13> kSigns = {"<=", ">=", "==", "!=", "+", "-", "*",
                                                     "/",  "(",  ")",  ",",  "<", ">"};

tl::unexpected<Error> syntax(std::size_t column, std::string_view what) {
  return fail(ErrorCode::FORMULA_SYNTAX, at_column(column, what));
}

}  // namespace

std::string at_column(std::size_t column, std::string_view what) {
  return "column " + std::to_string(column) + ": " + std::string(what);
}

Token Lexer::take(TokenKind kind, std::size_t size) {
  const auto column = static_cast<std::uint16_t>(position_ + 1);
  const Token token{kind, text_.substr(position_, size), column};
  position_ += size;
  return token;
}

Result<Token> Lexer::next() {
  while (position_ < text_.size() && text_[position_] == ' ') ++position_;
  if (position_ == text_.size()) return take(TokenKind::kEnd, 0);
  if (is_digit(text_[position_])) return number();
  if (is_lower(text_[position_])) return name();
  return sign();
}

Result<Token> Lexer::number() {
  const std::string_view rest = text_.substr(position_);
  const std::size_t whole = count_digits(rest);
  std::size_t size = whole;
  std::size_t digits = whole;
  if (whole < rest.size() && rest[whole] == '.') {
    const std::size_t fraction = count_digits(rest.substr(whole + 1));
    if (fraction == 0) return syntax(position_ + whole + 2, "expected a digit");
    size += 1 + fraction;
    digits += fraction;
  }
  if (digits > kMaxDigits) return syntax(position_ + 1, "expected a number of at most 40 digits");
  if (whole > 1 && rest[0] == '0') {
    return syntax(position_ + 1, "expected a number without leading zeros");
  }
  if (size < rest.size() && (continues_name(rest[size]) || rest[size] == '.')) {
    return syntax(position_ + size + 1, "expected an operator or the end of the formula");
  }
  return take(TokenKind::kNumber, size);
}

Token Lexer::name() {
  std::size_t size = 1;
  while (position_ + size < text_.size() && continues_name(text_[position_ + size])) ++size;
  return take(TokenKind::kName, size);
}

Result<Token> Lexer::sign() {
  const std::string_view rest = text_.substr(position_);
  for (const std::string_view sign : kSigns) {
    if (rest.starts_with(sign)) return take(TokenKind::kSign, sign.size());
  }
  return syntax(position_ + 1, "expected a number, a name or an operator");
}

}  // namespace puhui::ledger::formula
