#include "ledger/formula/formula.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <type_traits>
#include <utility>

#include "ledger/formula/lexer.h"
#include "ledger/formula/machine.h"
#include "ledger/formula/parser.h"

namespace puhui::ledger::formula {
namespace {

constexpr std::array<std::string_view, 8> kReserved = {"and", "or",  "not", "if",
                                                       "min", "max", "abs", "floor"};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool continues_name(char c) { return is_lower(c) || is_digit(c) || c == '_'; }

// Where the word that begins at `begin` ends; a number is a word too, names never begin inside one.
std::size_t end_of_word(std::string_view text, std::size_t begin) {
  std::size_t end = begin;
  while (end < text.size() && continues_name(text[end])) ++end;
  return std::max(end, begin + 1);
}

tl::unexpected<Error> stopped(const Halt& halt) {
  if (halt.fault == Fault::kDivisionByZero) {
    return fail(ErrorCode::FORMULA_DIVISION_BY_ZERO, at_column(halt.column, "division by zero"));
  }
  return fail(ErrorCode::FORMULA_OVERFLOW, at_column(halt.column, "the number grows too large"));
}

}  // namespace

bool is_reserved(std::string_view word) {
  return std::find(kReserved.begin(), kReserved.end(), word) != kReserved.end();
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes && is_lower(text.front()) &&
         std::all_of(text.begin(), text.end(), continues_name) && !is_reserved(text);
}

template <class E>
Result<E> compile_as(std::string_view text, std::span<const std::string> names,
                     std::span<const Rational> constants) {
  assert(names.size() <= kMaxNames && constants.size() <= names.size());
  if (text.size() > kMaxTextBytes) {
    return fail(ErrorCode::FORMULA_TOO_DEEP,
                "expected at most " + std::to_string(kMaxTextBytes) + " bytes");
  }
  const Type type = std::is_same_v<E, Guard> ? Type::kCondition : Type::kNumber;
  auto parsed = Parser(text, names, constants).parse(type);
  if (!parsed) return tl::make_unexpected(std::move(parsed.error()));
  assert(parsed->code.stack_size <= kMaxStack);
  E expression;
  expression.text_ = std::string(text);
  expression.names_.assign(names.begin(), names.end());
  expression.used_ = std::move(parsed->used);
  expression.input_count_ = names.size() - constants.size();
  expression.code_ = std::move(parsed->code);
  return expression;
}

Result<Formula> compile(std::string_view text, std::span<const std::string> names,
                        std::span<const Rational> constants) {
  return compile_as<Formula>(text, names, constants);
}

Result<Guard> compile_guard(std::string_view text, std::span<const std::string> names,
                            std::span<const Rational> constants) {
  return compile_as<Guard>(text, names, constants);
}

std::string Expression::substitute(std::span<const std::string> replacements) const {
  assert(replacements.size() == names_.size());
  std::string result;
  for (std::size_t begin = 0; begin < text_.size();) {
    const std::size_t end = end_of_word(text_, begin);
    const std::string word = text_.substr(begin, end - begin);
    const auto found = std::find(names_.begin(), names_.end(), word);
    const bool known = found != names_.end() && !is_reserved(word);
    result += known ? replacements[static_cast<std::size_t>(found - names_.begin())] : word;
    begin = end;
  }
  return result;
}

Result<Fraction> Expression::run_fast(std::span<const Fraction> values) const {
  assert(values.size() == input_count_);
  if (!code_.has_small_constants) return stopped({Fault::kOverflow, 1});
  std::array<Fraction, kMaxStack> stack;
  const Halt halt = run(code_, values.data(), code_.small_constants.data(), stack.data());
  if (halt.fault != Fault::kNone) return stopped(halt);
  return stack.front();
}

Result<Rational> Expression::run_complete(std::span<const Rational> values) const {
  assert(values.size() == input_count_);
  std::vector<Rational> stack(code_.stack_size);
  const Halt halt = run(code_, values.data(), code_.constants.data(), stack.data());
  if (halt.fault != Fault::kNone) return stopped(halt);
  return std::move(stack.front());
}

Result<bool> Guard::holds(std::span<const Rational> values) const {
  return run_complete(values).map([](const Rational& value) { return !value.is_zero(); });
}

Result<bool> Guard::holds(std::span<const Fraction> values) const {
  return run_fast(values).map([](const Fraction& value) { return value.numerator != 0; });
}

}  // namespace puhui::ledger::formula
