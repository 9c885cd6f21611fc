// Formulas read a second time: the language of ledger/formula/README.md, from its text alone.
//
// A text is read by recursive descent into a tree, and the tree is computed with rationals of any
// size; there is no second path and no code to run. So what it answers is slow to compute and easy
// to believe. Error codes are those the language's document gives.
// A finished expression is immutable and may be used by several threads.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/error.h"

namespace puhui::node::audit {

using Whole = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<>,
                                            boost::multiprecision::et_off>;
using Exact = boost::multiprecision::number<
    boost::multiprecision::rational_adaptor<boost::multiprecision::cpp_int_backend<>>,
    boost::multiprecision::et_off>;

// [a-z][a-z0-9_]* of at most 64 bytes that is no word of the language.
[[nodiscard]] bool is_formula_name(std::string_view text);

// A decimal as the language writes it, at most 40 digits; nothing for other text.
[[nodiscard]] std::optional<Exact> read_decimal(std::string_view text);
// A decimal or a ratio.
[[nodiscard]] std::optional<Exact> read_number(std::string_view text);
// The shortest exact decimal of at most 40 digits, or else the ratio in lowest terms.
[[nodiscard]] std::string write_number(const Exact& value);
[[nodiscard]] Whole floor_of(const Exact& value);

// Names an expression may use: inputs first, then constants with their values.
struct Names {
  std::vector<std::string> inputs;
  std::vector<std::string> constants;
  std::vector<Exact> values;  // of the constants
};

enum class Sort { number, condition };

// One operation with what it works on.
struct Term {
  enum class Is {
    number,
    input,
    negative,
    minimum,
    maximum,
    absolute,
    floor,
    choice,
    sum,
    difference,
    product,
    quotient,
    less,
    less_equal,
    greater,
    greater_equal,
    equal,
    unequal,
    conjunction,
    disjunction,
    inverse
  };
  Is is = Is::number;
  Sort sort = Sort::number;
  Exact value = 0;        // of a number
  std::size_t input = 0;  // of an input
  std::vector<Term> parts;
};

class Expression {
 public:
  // FORMULA_SYNTAX, FORMULA_UNKNOWN_NAME, FORMULA_TYPE, FORMULA_TOO_DEEP.
  [[nodiscard]] static Result<Expression> read(std::string_view text, Sort sort,
                                               const Names& names);

  // One value per input. FORMULA_DIVISION_BY_ZERO, FORMULA_OVERFLOW.
  [[nodiscard]] Result<Exact> number(std::span<const Exact> inputs) const;
  [[nodiscard]] Result<bool> holds(std::span<const Exact> inputs) const;

  // Whether the text names this input, or this constant.
  [[nodiscard]] bool uses(const std::string& name) const;

 private:
  Term top_;
  std::vector<std::string> used_;
};

// a × b and a + b within the language's bound. FORMULA_OVERFLOW.
[[nodiscard]] Result<Exact> multiply(const Exact& a, const Exact& b);
[[nodiscard]] Result<Exact> add(const Exact& a, const Exact& b);

}  // namespace puhui::node::audit
