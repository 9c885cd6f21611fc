// Formulas and guards: text in, exact numbers and verdicts out.
//
// A Formula computes a number, a Guard decides a condition, both from named values. The language
// has no loops, no state, no rounding but `floor`, and bounded size: the grammar and the exact
// meaning are in README.md. Compilation checks everything that does not depend on values (syntax,
// names, types, sizes); evaluation can only fail by division by zero or by a number growing too
// large.
//
// Every message about a place names its 1-based byte column: "column 14: expected ')'".
// Both classes are immutable after compilation, cheap to move and safe to use from several threads.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/formula/code.h"
#include "ledger/formula/fraction.h"
#include "ledger/formula/rational.h"
#include "proto/error.h"

namespace puhui::ledger::formula {

// The longest text.
inline constexpr std::size_t kMaxTextBytes = 4096;
// How deep parentheses, function calls, unary minus and `not` may stand inside each other.
inline constexpr std::size_t kMaxNesting = 32;
// How many numbers, names, operators and function calls one text may hold.
inline constexpr std::size_t kMaxNodes = 512;
// How many names a text may be compiled with.
inline constexpr std::size_t kMaxNames = 128;
// The longest name.
inline constexpr std::size_t kMaxNameBytes = 64;
// How many numbers can wait for their operator: per level of nesting one each for a comparison, a
// sum, a product and a function's earlier arguments.
inline constexpr std::size_t kMaxStack = 4 * (kMaxNesting + 1);

// True for and, or, not, if, min, max, abs, floor: words no input or constant may be called.
[[nodiscard]] bool is_reserved(std::string_view word);
// True for [a-z][a-z0-9_]* of at most kMaxNameBytes that is not reserved.
[[nodiscard]] bool is_name(std::string_view text);

class Formula;
class Guard;

// `names` are the names the text may use. The last `constants.size()` of them stand for these
// values from the start; values for the others (the inputs), in this order, are given at each
// evaluation. Of equal names the first counts. At most kMaxNames, and no more constants than names
// (asserted). FORMULA_SYNTAX, FORMULA_UNKNOWN_NAME, FORMULA_TYPE, FORMULA_TOO_DEEP (too deep, long
// or many).
[[nodiscard]] Result<Formula> compile(std::string_view text, std::span<const std::string> names,
                                      std::span<const Rational> constants = {});
[[nodiscard]] Result<Guard> compile_guard(std::string_view text, std::span<const std::string> names,
                                          std::span<const Rational> constants = {});

// What formulas and guards have in common.
class Expression {
 public:
  [[nodiscard]] const std::string& text() const { return text_; }

  // Whether the text uses names[index] of the compilation, taken branch or not.
  [[nodiscard]] bool uses(std::size_t index) const { return used_.at(index); }

  // The text with the name names[i] replaced by replacements[i]; one for each name (asserted).
  [[nodiscard]] std::string substitute(std::span<const std::string> replacements) const;

 protected:
  // The result of one evaluation with one value per input (asserted).
  // The fast path answers FORMULA_OVERFLOW also for what only the complete path can compute.
  Result<Fraction> run_fast(std::span<const Fraction> values) const;
  Result<Rational> run_complete(std::span<const Rational> values) const;

  std::string text_;
  std::vector<std::string> names_;
  std::vector<bool> used_;
  std::size_t input_count_ = 0;
  Code code_;

 private:
  template <class E>
  friend Result<E> compile_as(std::string_view text, std::span<const std::string> names,
                              std::span<const Rational> constants);
};

class Formula : public Expression {
 public:
  // The exact value; one value per input (asserted). FORMULA_DIVISION_BY_ZERO and FORMULA_OVERFLOW
  // (beyond kMaxBits) name the column of the operator.
  [[nodiscard]] Result<Rational> evaluate(std::span<const Rational> values) const {
    return run_complete(values);
  }

  // The same in 128-bit arithmetic, without allocation: the same value or the same
  // FORMULA_DIVISION_BY_ZERO, or FORMULA_OVERFLOW, which here only means: evaluate with Rational.
  [[nodiscard]] Result<Fraction> evaluate(std::span<const Fraction> values) const {
    return run_fast(values);
  }
};

class Guard : public Expression {
 public:
  // Whether the condition holds. Errors and the two paths as of Formula::evaluate.
  [[nodiscard]] Result<bool> holds(std::span<const Rational> values) const;
  [[nodiscard]] Result<bool> holds(std::span<const Fraction> values) const;
};

}  // namespace puhui::ledger::formula
