#include "tests/formula/tree.h"

#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>

namespace puhui::ledger::formula::testing {
namespace {

using boost::multiprecision::cpp_int;

Tree operation(std::string word, std::vector<Tree> parts) {
  return {Tree::Kind::kOperator, std::move(word), std::move(parts)};
}

// The leaf multiplied with itself: the short way to numbers beyond every limit.
Tree power(const Tree& leaf, int exponent) {
  Tree product = leaf;
  for (int i = 1; i < exponent; ++i) product = operation("*", {product, leaf});
  return product;
}

std::string some_digits(int least, int most) {
  const auto count = static_cast<std::size_t>(*rc::gen::inRange(least, most + 1));
  return *rc::gen::container<std::string>(count, rc::gen::inRange<char>('0', '9' + 1));
}

std::string any_literal() {
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      return *rc::gen::element<std::string>("0", "1", "2", "12", "1000", "0.5");
    case 1:
      return "0." + some_digits(1, 6);
    case 2:
      return "9" + some_digits(0, 3);
    case 3:
      return "3" + some_digits(0, 5) + "." + some_digits(1, 5);
    case 4:
      return "7" + some_digits(15, 30);
    default:
      return "1" + some_digits(20, 29) + "." + some_digits(5, 10);
  }
}

Tree any_leaf(const std::vector<std::string>& names) {
  if (*rc::gen::inRange(0, 5) < 3) {
    return {Tree::Kind::kName, *rc::gen::elementOf(names), {}};
  }
  return {Tree::Kind::kNumber, any_literal(), {}};
}

Exact read_decimal(const std::string& text) {
  cpp_int digits = 0;
  cpp_int scale = 1;
  bool fraction = false;
  for (const char c : text) {
    if (c == '.') {
      fraction = true;
      continue;
    }
    digits = digits * 10 + (c - '0');
    if (fraction) scale *= 10;
  }
  return Exact(digits, scale);
}

bool too_large(const cpp_int& value) { return abs(value) >= (cpp_int(1) << 512); }

Answer bounded(const Exact& value) {
  if (too_large(numerator(value)) || too_large(denominator(value))) {
    return {Verdict::kTooLarge, 0};
  }
  return {Verdict::kValue, value};
}

Exact floor_of(const Exact& value) {
  cpp_int rest = numerator(value) % denominator(value);
  if (rest < 0) rest += denominator(value);
  return Exact(numerator(value) - rest, denominator(value));
}

Answer combine(const std::string& word, const Exact& a, const Exact& b) {
  if (word == "+") return bounded(a + b);
  if (word == "-") return bounded(a - b);
  if (word == "*") return bounded(a * b);
  if (word == "/") return b == 0 ? Answer{Verdict::kDivisionByZero, 0} : bounded(a / b);
  if (word == "min") return {Verdict::kValue, b < a ? b : a};
  if (word == "max") return {Verdict::kValue, b > a ? b : a};
  const bool holds = word == "<"    ? a < b
                     : word == "<=" ? a <= b
                     : word == ">"  ? a > b
                     : word == ">=" ? a >= b
                     : word == "==" ? a == b
                                    : a != b;
  return {Verdict::kValue, holds ? 1 : 0};
}

Answer change(const std::string& word, const Exact& value) {
  if (word == "neg") return {Verdict::kValue, -value};
  if (word == "abs") return {Verdict::kValue, value < 0 ? Exact(-value) : value};
  if (word == "floor") return {Verdict::kValue, floor_of(value)};
  return {Verdict::kValue, value == 0 ? 1 : 0};  // not
}

// How tightly an operator binds; what binds less tightly than its place needs parentheses.
int strength(const Tree& tree) {
  if (tree.kind != Tree::Kind::kOperator) return 7;
  const std::string& w = tree.word;
  if (w == "or") return 0;
  if (w == "and") return 1;
  if (w == "not") return 2;
  if (w == "<" || w == "<=" || w == ">" || w == ">=" || w == "==" || w == "!=") return 3;
  if (w == "+" || w == "-") return 4;
  if (w == "*" || w == "/") return 5;
  if (w == "neg") return 6;
  return 7;
}

bool is_call(const std::string& word) {
  return word == "if" || word == "min" || word == "max" || word == "abs" || word == "floor";
}

std::string place(const Tree& tree, int least) {
  const std::string text = print_sparsely(tree);
  return strength(tree) < least ? "(" + text + ")" : text;
}

std::string print_call(const Tree& tree, std::string (*print)(const Tree&)) {
  std::string text = tree.word + "(";
  for (std::size_t i = 0; i < tree.parts.size(); ++i) {
    text += (i > 0 ? ", " : "") + print(tree.parts[i]);
  }
  return text + ")";
}

}  // namespace

Tree any_condition(int depth, const std::vector<std::string>& names) {
  const int choice = depth <= 1 ? 9 : *rc::gen::inRange(0, 10);
  if (choice == 0) return operation("not", {any_condition(depth - 1, names)});
  if (choice <= 3) {
    const auto word = *rc::gen::element<std::string>("and", "or");
    return operation(word, {any_condition(depth - 1, names), any_condition(depth - 1, names)});
  }
  const auto word = *rc::gen::element<std::string>("<", "<=", ">", ">=", "==", "!=");
  return operation(word, {any_tree(depth - 1, names), any_tree(depth - 1, names)});
}

Tree any_tree(int depth, const std::vector<std::string>& names) {
  if (depth <= 0) return any_leaf(names);
  const int choice = *rc::gen::inRange(0, 16);
  if (choice == 0) return any_leaf(names);
  if (choice == 15) return power(any_leaf(names), *rc::gen::inRange(3, 7));
  if (choice <= 2) {
    const auto word = *rc::gen::element<std::string>("neg", "abs", "floor");
    return operation(word, {any_tree(depth - 1, names)});
  }
  if (choice <= 4) {
    std::vector<Tree> parts = {any_condition(depth - 1, names)};
    for (int i = 0; i < 2; ++i) parts.push_back(any_tree(depth - 1, names));
    return operation("if", std::move(parts));
  }
  if (choice <= 6) {
    std::vector<Tree> parts;
    const int count = *rc::gen::inRange(2, 4);
    for (int i = 0; i < count; ++i) parts.push_back(any_tree(depth - 1, names));
    return operation(*rc::gen::element<std::string>("min", "max"), std::move(parts));
  }
  const auto word = *rc::gen::element<std::string>("+", "-", "*", "*", "/");
  return operation(word, {any_tree(depth - 1, names), any_tree(depth - 1, names)});
}

std::string print_fully(const Tree& tree) {
  if (tree.kind != Tree::Kind::kOperator) return tree.word;
  if (is_call(tree.word)) return print_call(tree, print_fully);
  if (tree.word == "neg") return "(-" + print_fully(tree.parts[0]) + ")";
  if (tree.word == "not") return "(not " + print_fully(tree.parts[0]) + ")";
  return "(" + print_fully(tree.parts[0]) + tree.word + print_fully(tree.parts[1]) + ")";
}

std::string print_sparsely(const Tree& tree) {
  if (tree.kind != Tree::Kind::kOperator) return tree.word;
  if (is_call(tree.word)) return print_call(tree, print_sparsely);
  const int own = strength(tree);
  if (tree.word == "neg") return "-" + place(tree.parts[0], own);
  if (tree.word == "not") return "not " + place(tree.parts[0], own);
  // Operators of one strength group from the left; comparisons do not group at all.
  const int left = own == 3 ? own + 1 : own;
  return place(tree.parts[0], left) + " " + tree.word + " " + place(tree.parts[1], own + 1);
}

Answer evaluate_naively(const Tree& tree, const std::vector<std::string>& names,
                        const std::vector<Exact>& values) {
  if (tree.kind == Tree::Kind::kNumber) return {Verdict::kValue, read_decimal(tree.word)};
  if (tree.kind == Tree::Kind::kName) {
    const auto found = std::find(names.begin(), names.end(), tree.word);
    return {Verdict::kValue, values.at(static_cast<std::size_t>(found - names.begin()))};
  }
  const auto part = [&](std::size_t i) { return evaluate_naively(tree.parts[i], names, values); };
  Answer answer = part(0);
  if (answer.verdict != Verdict::kValue) return answer;
  if (tree.word == "if") return part(answer.value != 0 ? 1 : 2);
  if (tree.word == "and" && answer.value == 0) return answer;
  if (tree.word == "or" && answer.value != 0) return answer;
  if (tree.word == "and" || tree.word == "or") return part(1);
  if (tree.parts.size() == 1) return change(tree.word, answer.value);
  for (std::size_t i = 1; i < tree.parts.size(); ++i) {
    const Answer right = part(i);
    if (right.verdict != Verdict::kValue) return right;
    answer = combine(tree.word, answer.value, right.value);
    if (answer.verdict != Verdict::kValue) return answer;
  }
  return answer;
}

}  // namespace puhui::ledger::formula::testing
