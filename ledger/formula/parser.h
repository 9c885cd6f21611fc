// Reads a formula or a guard, checks names and types, and emits its code.
//
// Inside the formula folder only; the grammar is in README.md, one member function per rule.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/formula/code.h"
#include "ledger/formula/lexer.h"
#include "proto/error.h"

namespace puhui::ledger::formula {

enum class Type : std::uint8_t { kNumber, kCondition };

struct Parsed {
  Code code;
  std::vector<bool> used;  // one per name
};

class Parser {
 public:
  // `names` are inputs followed by constants, `constants` the values of the last names.
  Parser(std::string_view text, std::span<const std::string> names,
         std::span<const Rational> constants);

  // The whole text as one expression of this type. To be called once.
  // FORMULA_SYNTAX, FORMULA_UNKNOWN_NAME, FORMULA_TYPE, FORMULA_TOO_DEEP.
  [[nodiscard]] Result<Parsed> parse(Type type);

 private:
  // What a rule of the grammar has just emitted.
  struct Operand {
    Type type = Type::kNumber;
    std::uint16_t column = 1;  // where it begins
    bool constant = false;     // it is one constant, on top of the program
  };
  using Rule = Result<Operand> (Parser::*)();

  Result<Operand> parse_or();
  Result<Operand> parse_and();
  Result<Operand> parse_not();
  Result<Operand> parse_comparison();
  Result<Operand> parse_sum();
  Result<Operand> parse_product();
  Result<Operand> parse_negation();
  Result<Operand> parse_primary();
  Result<Operand> parse_number();
  Result<Operand> parse_name();
  Result<Operand> parse_parenthesis();
  Result<Operand> parse_call();
  Result<Operand> parse_if();
  Result<Operand> parse_fold(Op op);
  Result<Operand> parse_function_of_one(Op op);

  Result<Operand> parse_left_to_right(Rule part, Op (*op_of)(const Token&));
  Result<Operand> parse_lazy(Rule part, std::string_view word, Op jump);
  Result<Operand> parse_argument(Type type);
  Result<Operand> nested(Rule rule);
  Result<Operand> wanted(Type type, Result<Operand> operand) const;
  Result<Operand> emit_binary(Op op, const Token& sign, Operand left, Operand right);

  Result<Token> advance();
  Result<Token> expect(std::string_view sign);
  bool sees(std::string_view word) const { return token_.text == word; }
  Result<Token> count_node(const Token& token);

  Lexer lexer_;
  std::span<const std::string> names_;
  std::span<const Rational> constants_;
  CodeBuilder builder_;
  std::vector<bool> used_;
  Token token_;  // the next one, not yet taken
  std::size_t nodes_ = 0;
  std::size_t nesting_ = 0;
};

}  // namespace puhui::ledger::formula
