// Random formulas as trees, and a second, naive evaluator for them.
//
// Nothing here uses the parser, the stack machine or the bounded numbers of ledger/formula: it is
// written from the language's description, so that agreement means something.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <optional>
#include <string>
#include <vector>

namespace puhui::ledger::formula::testing {

using Exact = boost::multiprecision::cpp_rational;

// A number's text, a name's text, or an operator ("+", "neg", "min", "if", "and", …) and its parts.
struct Tree {
  enum class Kind { kNumber, kName, kOperator };
  Kind kind = Kind::kNumber;
  std::string word;
  std::vector<Tree> parts;
};

// Drawn with RapidCheck inside a property: a tree that computes a number, over these names.
Tree any_tree(int depth, const std::vector<std::string>& names);
Tree any_condition(int depth, const std::vector<std::string>& names);

// With parentheses around everything, and with as few as the grammar allows.
std::string print_fully(const Tree& tree);
std::string print_sparsely(const Tree& tree);

enum class Verdict { kValue, kDivisionByZero, kTooLarge };
struct Answer {
  Verdict verdict = Verdict::kValue;
  Exact value = 0;  // a condition is 1 or 0
};

// `values` belong to `names`.
Answer evaluate_naively(const Tree& tree, const std::vector<std::string>& names,
                        const std::vector<Exact>& values);

}  // namespace puhui::ledger::formula::testing
