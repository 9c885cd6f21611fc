#include "ledger/formula/formula.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace puhui::ledger::formula {
namespace {

const std::vector<std::string> kNames = {"a", "b", "distance"};

// The value of a formula of a, b and distance, as text, or "code: detail".
std::string value(std::string_view text, std::string_view a = "0", std::string_view b = "0") {
  const auto formula = compile(text, kNames);
  if (!formula) return describe(formula.error());
  const std::vector<Rational> inputs = {*Rational::parse(a), *Rational::parse(b), Rational(7)};
  const auto result = formula->evaluate(inputs);
  return result ? result->text() : describe(result.error());
}

Error refusal(std::string_view text) {
  const auto formula = compile(text, kNames);
  return formula ? Error{ErrorCode::OK, ""} : formula.error();
}

std::string repeat(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST(Formula, ComputesByTheUsualPrecedence) {
  EXPECT_EQ(value("1 + 2 * 3"), "7");
  EXPECT_EQ(value("(1 + 2) * 3"), "9");
  EXPECT_EQ(value("7 - 2 - 1"), "4");
  EXPECT_EQ(value("7 - (2 - 1)"), "6");
  EXPECT_EQ(value("12 / 2 / 3"), "2");
  EXPECT_EQ(value("12 / 2 * 3"), "18");
  EXPECT_EQ(value("-2 * -3"), "6");
  EXPECT_EQ(value("- - 2"), "2");
  EXPECT_EQ(value("2--3"), "5");
  EXPECT_EQ(value("1 / 3 + 1 / 6"), "0.5");
  EXPECT_EQ(value("0.1 + 0.2"), "0.3");
  EXPECT_EQ(value("44 / 12"), "11/3");
}

TEST(Formula, ComputesFunctions) {
  EXPECT_EQ(value("min(3, 1, 2)"), "1");
  EXPECT_EQ(value("max(3, 5, 4)"), "5");
  EXPECT_EQ(value("abs(0 - 3.5)"), "3.5");
  EXPECT_EQ(value("abs(3.5)"), "3.5");
  EXPECT_EQ(value("floor(3.9)"), "3");
  EXPECT_EQ(value("floor(-0.1)"), "-1");
  EXPECT_EQ(value("if(a < b, a, b)", "4", "9"), "4");
  EXPECT_EQ(value("if(a < b, a, b) * 2", "9", "4"), "8");
  EXPECT_EQ(value("2 * if(a < b, 3, 5)", "9", "4"), "10");
}

TEST(Formula, DecidesConditions) {
  const auto holds = [](std::string_view condition, std::string_view a, std::string_view b) {
    return value("if(" + std::string(condition) + ", 1, 0)", a, b) == "1";
  };
  EXPECT_TRUE(holds("a < b", "1", "2"));
  EXPECT_FALSE(holds("a < b", "2", "2"));
  EXPECT_TRUE(holds("a <= b", "2", "2"));
  EXPECT_FALSE(holds("a <= b", "3", "2"));
  EXPECT_TRUE(holds("a > b", "3", "2"));
  EXPECT_FALSE(holds("a > b", "2", "2"));
  EXPECT_TRUE(holds("a >= b", "2", "2"));
  EXPECT_FALSE(holds("a >= b", "1", "2"));
  EXPECT_TRUE(holds("a == b", "1/3", "2/6"));
  EXPECT_FALSE(holds("a == b", "1", "2"));
  EXPECT_TRUE(holds("a != b", "1", "2"));
  EXPECT_FALSE(holds("a != b", "2", "2"));
  EXPECT_TRUE(holds("a < 0 or b > 0", "1", "2"));
  EXPECT_FALSE(holds("a < 0 or b > 5", "1", "2"));
  EXPECT_TRUE(holds("a > 0 and b > 0", "1", "2"));
  EXPECT_FALSE(holds("a > 0 and b > 2", "1", "2"));
  EXPECT_FALSE(holds("not a < b", "1", "2"));
  EXPECT_TRUE(holds("not a < b and not a == 5", "3", "2"));
  // `and` binds tighter than `or`.
  EXPECT_TRUE(holds("a == 1 or a == 2 and b == 9", "1", "2"));
  EXPECT_FALSE(holds("(a == 1 or a == 2) and b == 9", "1", "2"));
}

TEST(Formula, SkipsWhatIsDecided) {
  EXPECT_EQ(value("if(b == 0, 5, a / b)", "1", "0"), "5");
  EXPECT_EQ(value("if(b != 0, a / b, 5)", "1", "0"), "5");
  EXPECT_EQ(value("if(b != 0 and a / b > 1, 1, 2)", "4", "0"), "2");
  EXPECT_EQ(value("if(b == 0 or a / b > 1, 1, 2)", "4", "0"), "1");
  EXPECT_EQ(value("if(1 < 2, 5, 1 / 0)"), "5");
  EXPECT_EQ(value("if(1 < 2 or 1 / 0 > 1, 3, 4)"), "3");
}

TEST(Formula, NamesThePlaceOfADivisionByZero) {
  const auto formula = compile("a / 2 / (b - 1)", kNames);
  const std::vector<Rational> inputs = {Rational(1), Rational(1), Rational(1)};
  const auto result = formula->evaluate(inputs);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::FORMULA_DIVISION_BY_ZERO);
  EXPECT_EQ(result.error().detail, "column 7: division by zero");
}

TEST(Formula, RefusesNumbersThatGrowTooLarge) {
  const std::string nines(40, '9');
  std::string product = nines;
  for (int i = 0; i < 2; ++i) product += " * " + nines;
  EXPECT_TRUE(compile(product, kNames)->evaluate(std::vector<Rational>(3)));
  product += " * " + nines;
  const auto formula = compile(product, kNames);
  ASSERT_TRUE(formula) << "folding never refuses what may not be reached";
  const auto result = formula->evaluate(std::vector<Rational>(3));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::FORMULA_OVERFLOW);
  EXPECT_EQ(result.error().detail, "column 128: the number grows too large");
}

struct Refusal {
  std::string text;
  std::string detail;
};

void expect_refusals(ErrorCode code, const std::vector<Refusal>& cases) {
  for (const auto& c : cases) {
    const Error error = refusal(c.text);
    EXPECT_EQ(error.code, code) << c.text;
    EXPECT_EQ(error.detail, c.detail) << c.text;
  }
}

TEST(Formula, NamesThePlaceOfASyntaxError) {
  const std::string operand = "expected a number, a name or '('";
  const std::string rest = "expected an operator or the end of the formula";
  const std::string word = "expected a number, a name or an operator";
  expect_refusals(ErrorCode::FORMULA_SYNTAX,
                  {{"", "column 1: " + operand},
                   {"   ", "column 4: " + operand},
                   {"distance * (1", "column 14: expected ')'"},
                   {"(a + b", "column 7: expected ')'"},
                   {"a +", "column 4: " + operand},
                   {"a + * b", "column 5: " + operand},
                   {"a b", "column 3: " + rest},
                   {"a)", "column 2: " + rest},
                   {"()", "column 2: " + operand},
                   {"2a", "column 2: " + rest},
                   {"1.2.3", "column 4: " + rest},
                   {"1.", "column 3: expected a digit"},
                   {"1.a", "column 3: expected a digit"},
                   {".5", "column 1: " + word},
                   {"a + 007", "column 5: expected a number without leading zeros"},
                   {"1e3", "column 2: " + rest},
                   {"a = b", "column 3: " + word},
                   {"a ! b", "column 3: " + word},
                   {"a % b", "column 3: " + word},
                   {"a\t+ b", "column 2: " + word},
                   {"a\n+ b", "column 2: " + word},
                   {"A", "column 1: " + word},
                   {"_a", "column 1: " + word},
                   {"a \xc3\x97 b", "column 3: " + word},
                   {std::string("a\0b", 3), "column 2: " + word},
                   {"min", "column 4: expected '('"},
                   {"min a", "column 5: expected '('"},
                   {"min()", "column 5: " + operand},
                   {"min(a)", "column 6: expected ','"},
                   {"min(a,", "column 7: " + operand},
                   {"min(a, b", "column 9: expected ')'"},
                   {"abs(a, b)", "column 6: expected ')'"},
                   {"floor(", "column 7: " + operand},
                   {"if(a < b, a)", "column 12: expected ','"},
                   {"if(a < b a, b)", "column 10: expected ','"},
                   {"if(a < b, a, b", "column 15: expected ')'"},
                   {"if(a < b < 1, a, b)", "column 10: expected 'and', 'or' or the end"},
                   {"and", "column 1: " + operand},
                   {"a + not b", "column 5: " + operand},
                   {"if(a < b or", "column 12: " + operand}});
}

TEST(Formula, RefusesUnknownNames) {
  expect_refusals(ErrorCode::FORMULA_UNKNOWN_NAME,
                  {{"c", "column 1: 'c' is not declared"},
                   {"a + distance2", "column 5: 'distance2' is not declared"},
                   {"abs(ab)", "column 5: 'ab' is not declared"}});
}

TEST(Formula, KeepsNumbersAndConditionsApart) {
  expect_refusals(ErrorCode::FORMULA_TYPE,
                  {{"a < b", "column 1: expected a number"},
                   {"a or", "column 1: expected a condition"},
                   {"(a < b)", "column 1: expected a number"},
                   {"1 + (a < b)", "column 5: expected a number"},
                   {"(a < b) + 1", "column 1: expected a number"},
                   {"-(a < b)", "column 2: expected a number"},
                   {"min(1, a < b)", "column 8: expected a number"},
                   {"abs(a < b)", "column 5: expected a number"},
                   {"if(a, 1, 2)", "column 4: expected a condition"},
                   {"if(a < b, a < b, 2)", "column 11: expected a number"},
                   {"if(a < b, 2, a < b)", "column 14: expected a number"},
                   {"if(not a, 1, 2)", "column 8: expected a condition"},
                   {"if(a and a < b, 1, 2)", "column 4: expected a condition"},
                   {"if(a < b or b, 1, 2)", "column 13: expected a condition"},
                   {"if((a < b) == (b < a), 1, 2)", "column 4: expected a number"},
                   {"if(a == (b < a), 1, 2)", "column 9: expected a number"},
                   {"not a < b", "column 1: expected a number"}});
}

TEST(Guard, IsACondition) {
  const auto number = compile_guard("a + 1", kNames);
  ASSERT_FALSE(number);
  EXPECT_EQ(number.error().code, ErrorCode::FORMULA_TYPE);
  EXPECT_EQ(number.error().detail, "column 1: expected a condition");
  const auto guard = compile_guard("a < b", kNames);
  ASSERT_TRUE(guard);
  EXPECT_TRUE(*guard->holds(std::vector<Rational>{Rational(1), Rational(2), Rational(3)}));
  EXPECT_FALSE(*guard->holds(std::vector<Rational>{Rational(2), Rational(2), Rational(3)}));
  EXPECT_TRUE(*guard->holds(std::vector<Fraction>{whole(1), whole(2), whole(3)}));
  EXPECT_FALSE(*guard->holds(std::vector<Fraction>{whole(2), whole(2), whole(3)}));
}

TEST(Formula, BoundsNesting) {
  const auto parentheses = [](std::size_t n) { return repeat("(", n) + "a" + repeat(")", n); };
  EXPECT_EQ(refusal(parentheses(kMaxNesting)).code, ErrorCode::OK);
  EXPECT_EQ(refusal(parentheses(kMaxNesting + 1)).code, ErrorCode::FORMULA_TOO_DEEP);
  EXPECT_EQ(refusal(parentheses(kMaxNesting + 1)).detail,
            "column 33: expected a nesting of at most 32");
  EXPECT_EQ(refusal(repeat("-", kMaxNesting) + "a").code, ErrorCode::OK);
  EXPECT_EQ(refusal(repeat("-", kMaxNesting + 1) + "a").code, ErrorCode::FORMULA_TOO_DEEP);
  EXPECT_EQ(refusal(repeat("abs(", 32) + "a" + repeat(")", 32)).code, ErrorCode::OK);
  EXPECT_EQ(refusal(repeat("abs(", 33) + "a" + repeat(")", 33)).code, ErrorCode::FORMULA_TOO_DEEP);
  EXPECT_EQ(refusal("if(" + repeat("not ", 31) + "a < b, 1, 2)").code, ErrorCode::OK);
  EXPECT_EQ(refusal("if(" + repeat("not ", 32) + "a < b, 1, 2)").code, ErrorCode::FORMULA_TOO_DEEP);
  EXPECT_EQ(refusal(repeat("(", 4000)).code, ErrorCode::FORMULA_TOO_DEEP);
}

TEST(Formula, EvaluatesTheDeepestStack) {
  // Each level holds back a comparison, a sum, a product and an earlier argument.
  const std::string text = repeat("min(1, a + 1 * ", 32) + "a" + repeat(")", 32);
  EXPECT_EQ(value(text, "0"), "0");
  const std::string conditions = repeat("if(1 < 1 + a * ", 32) + "a" + repeat(", 1, 2)", 32);
  EXPECT_EQ(value(conditions, "1"), "1");
}

TEST(Formula, BoundsTheNumberOfNodes) {
  const auto sum = [](std::size_t terms) { return "a" + repeat("+a", terms - 1); };
  EXPECT_EQ(refusal(sum(kMaxNodes / 2)).code, ErrorCode::OK);
  EXPECT_EQ(refusal(sum(kMaxNodes / 2) + "+a").code, ErrorCode::FORMULA_TOO_DEEP);
  EXPECT_EQ(refusal(sum(kMaxNodes / 2) + "+a").detail, "column 512: expected at most 512 nodes");
  EXPECT_EQ(value(sum(kMaxNodes / 2), "3"), "768");
}

TEST(Formula, BoundsTheText) {
  const std::string longest = "a" + std::string(kMaxTextBytes - 1, ' ');
  EXPECT_EQ(refusal(longest).code, ErrorCode::OK);
  EXPECT_EQ(refusal(longest + " ").code, ErrorCode::FORMULA_TOO_DEEP);
  EXPECT_EQ(refusal(longest + " ").detail, "expected at most 4096 bytes");
  EXPECT_EQ(refusal(std::string(40, '1')).code, ErrorCode::OK);
  EXPECT_EQ(refusal("1 + " + std::string(41, '1')).detail,
            "column 5: expected a number of at most 40 digits");
  EXPECT_EQ(refusal("0." + std::string(40, '1')).code, ErrorCode::FORMULA_SYNTAX);
}

TEST(Formula, KnowsWhichNamesItUses) {
  const auto formula = compile("if(a < 1, 2, b)", kNames);
  ASSERT_TRUE(formula);
  EXPECT_TRUE(formula->uses(0));
  EXPECT_TRUE(formula->uses(1));
  EXPECT_FALSE(formula->uses(2));
}

TEST(Formula, TakesConstantsAtCompilation) {
  const std::vector<Rational> constants = {Rational(3), *Rational::parse("44/12")};
  const auto formula = compile("a * b * distance", kNames, constants);
  ASSERT_TRUE(formula);
  EXPECT_EQ(formula->evaluate(std::vector<Rational>{Rational(2)})->text(), "22");
  EXPECT_EQ(to_rational(*formula->evaluate(std::vector<Fraction>{whole(2)})).text(), "22");
  EXPECT_TRUE(formula->uses(1));
}

TEST(Formula, SubstitutesWholeNamesOnly) {
  const std::vector<std::string> names = {"a", "max_a", "a1"};
  const auto formula = compile("max(a, max_a)+a1*2 - a", names);
  ASSERT_TRUE(formula);
  EXPECT_EQ(formula->substitute(std::vector<std::string>{"1", "(-2)", "(1/3)"}),
            "max(1, (-2))+(1/3)*2 - 1");
}

TEST(Formula, FastPathHandsOverWhatDoesNotFit) {
  const std::string nines(30, '9');
  const auto formula = compile("a * " + nines + " / b", kNames);
  ASSERT_TRUE(formula);
  const auto large = static_cast<Int128>(1) << 60;
  const auto fast = formula->evaluate(std::vector<Fraction>{{large, 1}, {large, 1}, whole(0)});
  ASSERT_FALSE(fast);
  EXPECT_EQ(fast.error().code, ErrorCode::FORMULA_OVERFLOW);
  const Rational exact = to_rational({large, 1});
  EXPECT_EQ(formula->evaluate(std::vector<Rational>{exact, exact, Rational()})->text(), nines);
  // A constant beyond 127 bits keeps the whole formula off the fast path.
  const auto wide = compile("a + " + std::string(40, '9'), kNames);
  EXPECT_FALSE(wide->evaluate(std::vector<Fraction>{whole(0), whole(0), whole(0)}));
}

TEST(Formula, NamesAreLowerCaseWords) {
  for (const char* good : {"a", "ef", "fuel_per_100km", "a_"}) EXPECT_TRUE(is_name(good)) << good;
  for (const char* bad : {"", "A", "1a", "_a", "a-b", "a b", "min", "and", "if", "\xc3\xa9"}) {
    EXPECT_FALSE(is_name(bad)) << bad;
  }
  EXPECT_TRUE(is_name(std::string(kMaxNameBytes, 'a')));
  EXPECT_FALSE(is_name(std::string(kMaxNameBytes + 1, 'a')));
}

RC_GTEST_PROP(FormulaProperty, CompilesHostileBytesWithoutHarm, (const std::string& bytes)) {
  const auto formula = compile(bytes, kNames);
  if (!formula) RC_ASSERT(!formula.error().detail.empty());
}

RC_GTEST_PROP(FormulaProperty, CompilesShuffledWordsWithoutHarm, ()) {
  const auto words = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(
      std::vector<std::string>{"a",   "b",    "(",   ")",  "+",  "-",   "*",      "/",
                               ",",   "if(",  "<",   "==", "1",  "0.5", "and",    "or",
                               "not", "min(", "abs", "<=", "!=", "max", "floor(", " "}));
  std::string text;
  for (const auto& word : words) text += word + (*rc::gen::arbitrary<bool>() ? " " : "");
  const auto formula = compile(text, kNames);
  if (!formula) return;
  (void)formula->evaluate(std::vector<Rational>(3));
  const std::vector<std::string> zeros(3, "0");
  RC_ASSERT(compile(formula->substitute(zeros), {}).has_value());
}

}  // namespace
}  // namespace puhui::ledger::formula
