// The auditor's own reading of formulas, and its agreement with that of the ledger.
#include "node/audit/formula.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "ledger/formula/formula.h"
#include "node/audit/program.h"
#include "tests/formula/samples.h"
#include "tests/formula/tree.h"

namespace puhui::node::audit {
namespace {

namespace formula = ledger::formula;
using formula::testing::any_condition;
using formula::testing::any_tree;

const std::string kHuge = "9" + std::string(38, '3') + "1";

Names names() {
  return {{"x", "y"}, {"ratio", "huge"}, {*read_number("44/12"), *read_number(kHuge)}};
}

std::string value_of(const std::string& text) {
  const auto read = Expression::read(text, Sort::number, names());
  if (!read) return std::string(code_name(read.error().code));
  const std::vector<Exact> inputs = {Exact(Whole(9), Whole(10)), Exact(-2)};
  const auto value = read->number(inputs);
  return value ? write_number(*value) : std::string(code_name(value.error().code));
}

std::string verdict_on(const std::string& text) {
  const auto read = Expression::read(text, Sort::condition, names());
  if (!read) return std::string(code_name(read.error().code));
  const std::vector<Exact> inputs = {Exact(Whole(9), Whole(10)), Exact(-2)};
  const auto holds = read->holds(inputs);
  if (!holds) return std::string(code_name(holds.error().code));
  return *holds ? "yes" : "no";
}

TEST(AuditFormula, ComputesWhatTheDocumentSays) {
  EXPECT_EQ(value_of("900 / 1000 * 93.3"), "83.97");
  EXPECT_EQ(value_of("floor(-0.1)"), "-1");
  EXPECT_EQ(value_of("10 - 2 - 3"), "5");
  EXPECT_EQ(value_of("100 / 10 / 5"), "2");
  EXPECT_EQ(value_of("2 + 3 * -y"), "8");
  EXPECT_EQ(value_of("min(3, x, 2) + max(1, y) + abs(y)"), "3.9");
  EXPECT_EQ(value_of("if(x < 1 and not y > 0, ratio, 1 / 0)"), "11/3");
  EXPECT_EQ(value_of("if(1 == 2, 1 / 0, 7)"), "7");
  EXPECT_EQ(value_of("1 / (y + 2)"), "formula.division_by_zero");
  EXPECT_EQ(value_of("huge * huge * huge * huge"), "formula.overflow");
  EXPECT_EQ(verdict_on("1 == 1 or 1 / 0 == 1"), "yes");
  EXPECT_EQ(verdict_on("x != 0.9"), "no");
}

TEST(AuditFormula, RefusesWhatTheGrammarDoes) {
  for (const auto* text : {"", "01", "1.", ".5", "1 2", "x y", "(1", "1)", "min(1)", "if(1<2,3)",
                           "x\t+ 1", "1a", "2 +", "and", "abs(1,2)", "1..2"})
    EXPECT_EQ(value_of(text), "formula.syntax") << text;
  EXPECT_EQ(verdict_on("1 < 2 < 3"), "formula.syntax");
  EXPECT_EQ(value_of("z"), "formula.unknown_name");
  EXPECT_EQ(value_of("1 < 2"), "formula.type");
  EXPECT_EQ(value_of("if(1, 2, 3)"), "formula.type");
  EXPECT_EQ(verdict_on("1"), "formula.type");
  EXPECT_EQ(value_of(std::string(33, '(') + "1" + std::string(33, ')')), "formula.too_deep");
  EXPECT_EQ(value_of(std::string(32, '(') + "1" + std::string(32, ')')), "1");
  EXPECT_EQ(value_of("1" + std::string(4096, ' ')), "formula.too_deep");
  std::string sum = "1";
  for (int i = 0; i < 255; ++i) sum += "+1";
  EXPECT_EQ(value_of(sum), "256");
  EXPECT_EQ(value_of(sum + "+1"), "formula.too_deep");
}

TEST(AuditFormula, WritesNumbersAsTheDocumentSays) {
  for (const auto* text : {"0", "-3", "0.5", "83.97", "11/3", "-1/7", "0.000000000000000001"})
    EXPECT_EQ(write_number(*read_number(text)), text);
  EXPECT_EQ(write_number(*read_number("44/12")), "11/3");
  EXPECT_EQ(write_number(*read_number("1.500")), "1.5");
  EXPECT_FALSE(read_decimal("1e3"));
  EXPECT_FALSE(read_decimal("+1"));
  EXPECT_FALSE(read_decimal(std::string(41, '1')));
  EXPECT_FALSE(read_number("1/0"));
  EXPECT_FALSE(read_number("1/-2"));
}

formula::Rational to_rational(const Exact& value) {
  return *formula::Rational::ratio(formula::Integer(numerator(value).str()),
                                   formula::Integer(denominator(value).str()));
}

void agree(const std::string& text, std::int64_t x, std::int64_t y) {
  const auto known = names();
  const std::vector<std::string> all = {"x", "y", "ratio", "huge"};
  const std::vector<formula::Rational> constants = {to_rational(known.values[0]),
                                                    to_rational(known.values[1])};
  const auto theirs = formula::compile(text, all, constants);
  const auto ours = Expression::read(text, Sort::number, known);
  RC_ASSERT(theirs.has_value() == ours.has_value());
  if (!ours) {
    RC_ASSERT(ours.error().code == theirs.error().code);
    return;
  }
  const std::vector<Exact> inputs = {Exact(Whole(x), Whole(1000)), Exact(Whole(y), Whole(1))};
  const std::vector<formula::Rational> values = {formula::Rational::scaled(x, 3),
                                                 formula::Rational(y)};
  const auto a = ours->number(inputs);
  const auto b = theirs->evaluate(std::span<const formula::Rational>(values));
  RC_ASSERT(a.has_value() == b.has_value());
  if (!a) RC_ASSERT(a.error().code == b.error().code);
  if (a) RC_ASSERT(write_number(*a) == b->text());
}

RC_GTEST_PROP(AuditFormula, AgreesWithTheLedgerOnRandomFormulas, ()) {
  const auto tree = any_tree(5, {"x", "y", "ratio", "huge"});
  const auto x = *rc::gen::arbitrary<std::int64_t>();
  const auto y = *rc::gen::inRange<std::int64_t>(-9, 10);
  agree(print_sparsely(tree), x, y);
  agree(print_fully(tree), x, y);
}

RC_GTEST_PROP(AuditFormula, AgreesWithTheLedgerOnDamagedText, ()) {
  auto text = print_sparsely(any_tree(4, {"x", "y", "ratio", "huge"}));
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
  text[at] = *rc::gen::elementOf(std::string("0123456789. ()+-*/<>=!,xyandorif\t_A"));
  const auto known = names();
  const std::vector<std::string> all = {"x", "y", "ratio", "huge"};
  const std::vector<formula::Rational> constants = {to_rational(known.values[0]),
                                                    to_rational(known.values[1])};
  RC_ASSERT(formula::compile(text, all, constants).has_value() ==
            Expression::read(text, Sort::number, known).has_value());
  RC_ASSERT(formula::compile_guard(text, all, constants).has_value() ==
            Expression::read(text, Sort::condition, known).has_value());
}

v1::Methodology as_event(const formula::Definition& definition) {
  v1::Methodology m;
  for (const auto& input : definition.inputs) {
    auto* added = m.add_inputs();
    added->set_name(input.name);
    added->set_unit(input.unit);
    added->set_min(input.min);
    added->set_max(input.max);
    added->set_scale(input.scale);
    added->set_role(input.role == formula::InputRole::kParameter ? v1::PARAMETER : v1::MONITORED);
  }
  for (const auto& constant : definition.constants) {
    auto* added = m.add_constants();
    added->set_name(constant.name);
    added->set_value(constant.value);
    added->set_unit(constant.unit);
    added->set_source(constant.source);
  }
  for (const auto& guard : definition.guards) m.add_guards(guard);
  for (const auto& tier : definition.tiers) {
    m.add_tiers()->set_name(tier.name);
    m.mutable_tiers()->rbegin()->set_factor(tier.factor);
  }
  m.set_formula(definition.formula);
  m.set_result_unit(static_cast<v1::ResultUnit>(static_cast<int>(definition.result_unit) + 1));
  m.set_rounding(definition.rounding == formula::Rounding::kHalfUp ? v1::HALF_UP : v1::FLOOR);
  return m;
}

// Published methodologies with random inputs: grams, exact value or the same error.
RC_GTEST_PROP(AuditFormula, AgreesWithTheLedgerOnPublishedMethodologies, ()) {
  for (const auto& sample : formula::testing::samples()) {
    if (sample.definition.rounding == formula::Rounding::kCeiling) continue;
    const auto ours = Program::build(as_event(sample.definition));
    const auto theirs = formula::build(sample.definition);
    RC_ASSERT(ours.has_value() && theirs.has_value());
    std::vector<std::int64_t> values;
    for (std::size_t i = 0; i < sample.definition.inputs.size(); ++i)
      values.push_back(*rc::gen::inRange<std::int64_t>(-10, 1'000'000));
    const auto tier = *rc::gen::inRange<std::size_t>(0, sample.definition.tiers.size() + 2);
    const auto a = ours->compute(values, tier);
    const auto b = theirs->evaluate(values, tier);
    RC_ASSERT(a.has_value() == b.has_value());
    if (!a) RC_ASSERT(a.error().code == b.error().code);
    if (a) RC_ASSERT(a->grams == b->grams);
    if (a) RC_ASSERT((a->exact < 0) == b->negative);
    if (a) RC_ASSERT(write_number(a->exact) == theirs->exact(values, tier)->text());
  }
}

}  // namespace
}  // namespace puhui::node::audit
