// Three evaluators, one language: the fast path, the complete path and the naive one must agree on
// every random formula, in value or in error.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cstdlib>

#include "ledger/formula/formula.h"
#include "tests/formula/tree.h"

namespace puhui::ledger::formula {
namespace {

using testing::Answer;
using testing::any_tree;
using testing::Exact;
using testing::Tree;
using testing::Verdict;

// Rare cases need more runs than the usual hundred; RC_PARAMS in the environment still decides.
const int kManyRuns = ::setenv("RC_PARAMS", "max_success=2000", 0);

const std::vector<std::string> kNames = {"x", "y", "z", "ratio", "tiny", "huge"};
// Four of these multiplied pass the limit of 512 bits.
const std::string kHuge = "9" + std::string(38, '3') + "1";
constexpr std::size_t kInputs = 3;
constexpr int kDepth = 4;

std::vector<Rational> constants() {
  return {*Rational::parse("44/12"), *Rational::parse("0.0000000000000000000000000067"),
          *Rational::parse(kHuge)};
}

struct Values {
  std::vector<Fraction> fast;
  std::vector<Rational> complete;
  std::vector<Exact> naive;
};

Values any_values() {
  Values values;
  for (std::size_t i = 0; i < kInputs; ++i) {
    const auto number = *rc::gen::arbitrary<bool>() ? *rc::gen::arbitrary<std::int64_t>()
                                                    : *rc::gen::inRange<std::int64_t>(-9, 10);
    const auto scale = *rc::gen::inRange<unsigned>(0, 7);
    std::int64_t power = 1;
    for (unsigned j = 0; j < scale; ++j) power *= 10;
    values.fast.push_back({number, power});
    values.complete.push_back(Rational::scaled(number, scale));
    values.naive.emplace_back(number, power);
  }
  values.naive.emplace_back(11, 3);
  values.naive.push_back(Exact(67) / pow(boost::multiprecision::cpp_int(10), 28));
  values.naive.emplace_back(boost::multiprecision::cpp_int(kHuge));
  return values;
}

bool same(const Exact& expected, const Rational& value) {
  return numerator(expected) == value.numerator() && denominator(expected) == value.denominator();
}

ErrorCode code_of(Verdict verdict) {
  return verdict == Verdict::kTooLarge ? ErrorCode::FORMULA_OVERFLOW
                                       : ErrorCode::FORMULA_DIVISION_BY_ZERO;
}

void compare_paths(const Formula& formula, const Values& values, const Answer& expected) {
  const auto complete = formula.evaluate(std::span<const Rational>(values.complete));
  RC_ASSERT(complete.has_value() == (expected.verdict == Verdict::kValue));
  if (complete) RC_ASSERT(same(expected.value, *complete));
  if (!complete) RC_ASSERT(complete.error().code == code_of(expected.verdict));

  const auto fast = formula.evaluate(std::span<const Fraction>(values.fast));
  RC_TAG(fast ? "fast" : code_name(fast.error().code));
  if (fast) {
    RC_ASSERT(complete.has_value());
    RC_ASSERT(to_rational(*fast) == *complete);
  } else if (fast.error().code != ErrorCode::FORMULA_OVERFLOW) {
    RC_ASSERT(!complete.has_value());
    RC_ASSERT(fast.error().code == complete.error().code);
    RC_ASSERT(fast.error().detail == complete.error().detail);
  }
}

RC_GTEST_PROP(Agreement, FastCompleteAndNaiveEvaluationAgree, ()) {
  const Tree tree = any_tree(kDepth, kNames);
  const Values values = any_values();
  const auto formula = compile(print_fully(tree), kNames, constants());
  if (!formula) RC_FAIL(formula.error().detail + " in " + print_fully(tree));
  compare_paths(*formula, values, evaluate_naively(tree, kNames, values.naive));
}

RC_GTEST_PROP(Agreement, PrecedenceNeedsNoParentheses, ()) {
  const Tree tree = any_tree(kDepth, kNames);
  const Values values = any_values();
  const auto formula = compile(print_sparsely(tree), kNames, constants());
  if (!formula) RC_FAIL(formula.error().detail + " in " + print_sparsely(tree));
  compare_paths(*formula, values, evaluate_naively(tree, kNames, values.naive));
}

RC_GTEST_PROP(Agreement, ConstantsMeanTheSameAsInputs, ()) {
  // Folding at compilation must change nothing: here every name is a constant.
  const Tree tree = any_tree(kDepth, kNames);
  const Values values = any_values();
  std::vector<Rational> all = values.complete;
  for (const Rational& constant : constants()) all.push_back(constant);
  const auto formula = compile(print_fully(tree), kNames, all);
  RC_ASSERT(formula.has_value());
  Values none;
  compare_paths(*formula, none, evaluate_naively(tree, kNames, values.naive));
}

RC_GTEST_PROP(Agreement, AFormulaWithItsValuesWrittenInMeansTheSame, ()) {
  const Tree tree = any_tree(3, kNames);
  const Values values = any_values();
  const auto formula = compile(print_sparsely(tree), kNames, constants());
  RC_ASSERT(formula.has_value());
  std::vector<std::string> texts;
  for (const Rational& value : values.complete) texts.push_back("(" + value.text() + ")");
  texts.push_back("(44/12)");
  texts.push_back("0.0000000000000000000000000067");
  texts.push_back(kHuge);
  const auto written = compile(formula->substitute(texts), {});
  if (!written) RC_DISCARD("a ratio written in is two more nodes and may exceed a bound");
  const auto before = formula->evaluate(std::span<const Rational>(values.complete));
  const auto after = written->evaluate(std::span<const Rational>());
  RC_ASSERT(before.has_value() == after.has_value());
  if (before) RC_ASSERT(*before == *after);
}

// The properties above would be hollow if random formulas never met a case.
TEST(Agreement, RandomFormulasMeetEveryCase) {
  std::array<int, 4> seen{};
  ASSERT_EQ(kManyRuns, 0);
  const bool drawn = rc::check([&seen] {
    const Tree tree = any_tree(kDepth, kNames);
    const Values values = any_values();
    const auto formula = compile(print_fully(tree), kNames, constants());
    const auto complete = formula->evaluate(std::span<const Rational>(values.complete));
    const auto fast = formula->evaluate(std::span<const Fraction>(values.fast));
    if (fast) ++seen[0];
    if (!fast && complete) ++seen[1];
    if (!complete) ++seen[complete.error().code == ErrorCode::FORMULA_OVERFLOW ? 2 : 3];
  });
  EXPECT_TRUE(drawn);
  EXPECT_GT(seen[0], 0) << "fast";
  EXPECT_GT(seen[1], 0) << "complete only";
  EXPECT_GT(seen[2], 0) << "too large";
  EXPECT_GT(seen[3], 0) << "division by zero";
}

}  // namespace
}  // namespace puhui::ledger::formula
