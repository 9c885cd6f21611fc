#include "ledger/formula/program.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <limits>

#include "ledger/formula/rational.h"
#include "tests/formula/samples.h"

namespace puhui::ledger::formula {
namespace {

using testing::sample;
using testing::samples;

Program program(std::string_view code) {
  auto built = build(sample(code));
  EXPECT_TRUE(built) << code << ": " << (built ? "" : describe(built.error()));
  return *built;
}

// The smallest definition, for one change at a time.
Definition simple() {
  Definition definition;
  definition.inputs = {{"distance", "km", "0", "100", 3, InputRole::kMonitored}};
  definition.constants = {{"ef", "93.3", "g/km", "press"}};
  definition.formula = "distance * ef";
  return definition;
}

Error refusal(const Definition& definition) {
  const auto built = build(definition);
  return built ? Error{ErrorCode::OK, ""} : built.error();
}

TEST(Program, RoundsANegativeResultDownwards) {
  const auto forest =
      program("FOREST").evaluate(std::vector<std::string_view>{"-1234.567", "0.5", "2", "1"}, 0);
  ASSERT_TRUE(forest);
  EXPECT_TRUE(forest->negative);
  EXPECT_EQ(forest->grams, -4'256'000'000);
  const auto car =
      program("NEV-GENERIC").evaluate(std::vector<std::string_view>{"0.001", "0", "1"}, 0);
  ASSERT_TRUE(car);
  EXPECT_TRUE(car->negative);
  EXPECT_EQ(car->grams, -1);
}

TEST(Program, SaysNegativeEvenWhereItRoundsToZero) {
  Definition definition = simple();
  definition.formula = "distance - ef";
  definition.rounding = Rounding::kHalfUp;
  const auto outcome = build(definition)->evaluate(std::vector<std::int64_t>{93'000}, 0);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->grams, 0);
  EXPECT_TRUE(outcome->negative);
}

TEST(Program, AppliesTheTierBeforeRounding) {
  const Program bike = program("WH-BIKE-2024");
  const std::vector<std::int64_t> metres = {900};
  EXPECT_EQ(bike.evaluate(metres, 0)->grams, 84);
  EXPECT_EQ(bike.exact(metres, 1)->text(), "41.985");
  EXPECT_EQ(bike.evaluate(metres, 1)->grams, 42);
  EXPECT_EQ(bike.evaluate(std::vector<std::int64_t>{100}, 1)->grams, 5) << "9.33 halved is 4.665";
  const auto none = bike.evaluate(metres, 2);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::INPUT_UNKNOWN);
  EXPECT_EQ(none.error().detail, "evidence tier 2 of 2");
  EXPECT_FALSE(program("E-BUS").evaluate(std::vector<std::int64_t>{1000}, 1));
}

TEST(Program, RoundsInTheResultUnit) {
  Definition definition = simple();
  definition.formula = "distance * ef / 93.3";
  const std::vector<std::int64_t> values = {2'500};  // 2.5
  const auto grams = [&](ResultUnit unit, Rounding rounding) {
    definition.result_unit = unit;
    definition.rounding = rounding;
    return build(definition)->evaluate(values, 0)->grams;
  };
  EXPECT_EQ(grams(ResultUnit::kGram, Rounding::kFloor), 2);
  EXPECT_EQ(grams(ResultUnit::kKilogram, Rounding::kHalfUp), 3'000);
  EXPECT_EQ(grams(ResultUnit::kTonne, Rounding::kCeiling), 3'000'000);
}

TEST(Program, RefusesResultsThatFitNoAmount) {
  Definition definition = simple();
  definition.formula = "distance * ef * 1000000000000000000";
  const auto value = build(definition)->evaluate(std::vector<std::int64_t>{100'000}, 0);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, ErrorCode::RESULT_TOO_LARGE);
  definition.formula = "distance * ef / ef * 92233720368547";
  definition.result_unit = ResultUnit::kTonne;
  const auto tonnes = build(definition)->evaluate(std::vector<std::int64_t>{1'000}, 0);
  EXPECT_FALSE(tonnes) << "fits in tonnes, not in grams";
  EXPECT_EQ(tonnes.error().code, ErrorCode::RESULT_TOO_LARGE);
  definition.formula = "distance * ef / ef * 9223372036854";
  EXPECT_EQ(build(definition)->evaluate(std::vector<std::int64_t>{1'000}, 0)->grams,
            9'223'372'036'854'000'000);
}

TEST(Program, FallsBackToTheCompletePath) {
  Definition definition = simple();
  const std::string nines(40, '9');
  definition.formula = "distance * ef * " + nines + " / " + nines;
  definition.guards = {"distance * " + nines + " < 100 * " + nines};
  definition.tiers = {{"odd", nines + "/1" + std::string(39, '0')}};
  EXPECT_EQ(refusal(definition).code, ErrorCode::METHODOLOGY_MALFORMED);
  definition.tiers = {{"odd", "1" + std::string(39, '0') + "/" + nines}};
  const auto built = build(definition);
  ASSERT_TRUE(built);
  EXPECT_EQ(built->evaluate(std::vector<std::int64_t>{10'000}, 0)->grams, 93)
      << "933 times 0.1000…";
  EXPECT_EQ(built->evaluate(std::vector<std::int64_t>{100'000}, 0).error().code,
            ErrorCode::GUARD_FAILED);
}

TEST(Program, NamesTheBoundThatIsBroken) {
  const Program pv = program("WH-PV-2023");
  const auto refused = [&](std::vector<std::string_view> texts) {
    const auto outcome = pv.evaluate(texts, 0);
    return outcome ? Error{ErrorCode::OK, ""} : outcome.error();
  };
  EXPECT_EQ(refused({"1000000", "5"}).code, ErrorCode::OK);
  EXPECT_EQ(refused({"1000000.001", "5"}).code, ErrorCode::INPUT_OUT_OF_BOUNDS);
  EXPECT_EQ(refused({"1000000.001", "5"}).detail,
            "generation = 1000000.001 MWh exceeds the maximum 1000000 MWh");
  EXPECT_EQ(refused({"-0.001", "5"}).detail, "generation = -0.001 MWh is below the minimum 0 MWh");
  EXPECT_EQ(refused({"1", "5.9999"}).code, ErrorCode::INPUT_OUT_OF_BOUNDS);
  EXPECT_EQ(refused({"1", "5.9999"}).detail, "capacity = 5.9999 MW more than 3 decimal places");
  EXPECT_EQ(refused({"1.0000", "5"}).code, ErrorCode::INPUT_OUT_OF_BOUNDS);
  EXPECT_EQ(refused({std::string_view("99999999999999999999"), "5"}).code,
            ErrorCode::INPUT_OUT_OF_BOUNDS);
  EXPECT_EQ(refused({"1e3", "5"}).code, ErrorCode::INPUT_MALFORMED);
  EXPECT_EQ(refused({"44/12", "5"}).code, ErrorCode::INPUT_MALFORMED);
  EXPECT_EQ(refused({"", "5"}).detail, "generation: expected a decimal number");
  EXPECT_EQ(refused({"1"}).code, ErrorCode::INPUT_MISSING);
  EXPECT_EQ(refused({"1", "2", "3"}).code, ErrorCode::INPUT_UNKNOWN);
  EXPECT_EQ(refused({}).detail, "0 values for 2 inputs");
  const auto scaled = pv.evaluate(std::vector<std::int64_t>{-1, 5}, 0);
  EXPECT_EQ(scaled.error().detail, "generation = -0.001 MWh is below the minimum 0 MWh");
  EXPECT_EQ(pv.evaluate(std::vector<std::int64_t>{1}, 0).error().code, ErrorCode::INPUT_MISSING);
  EXPECT_EQ(pv.evaluate(std::vector<std::int64_t>{1, 1, 1}, 0).error().code,
            ErrorCode::INPUT_UNKNOWN);
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(pv.evaluate(std::vector<std::int64_t>{kMost, kMost}, 0).error().code,
            ErrorCode::INPUT_OUT_OF_BOUNDS);
}

TEST(Program, NamesTheGuardThatFails) {
  const auto large = program("WH-PV-2023").evaluate(std::vector<std::string_view>{"1", "6"}, 0);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, ErrorCode::GUARD_FAILED);
  EXPECT_EQ(large.error().detail, "guard 'capacity < 6' does not hold");
  Definition definition = simple();
  definition.guards = {"distance < 50", "1 / (distance - 7) != 2"};
  const Program built = *build(definition);
  EXPECT_EQ(built.evaluate(std::vector<std::int64_t>{50'000}, 0).error().detail,
            "guard 'distance < 50' does not hold");
  const auto zero = built.evaluate(std::vector<std::int64_t>{7'000}, 0);
  EXPECT_EQ(zero.error().code, ErrorCode::FORMULA_DIVISION_BY_ZERO);
  EXPECT_EQ(zero.error().detail, "guard '1 / (distance - 7) != 2': column 3: division by zero");
}

TEST(Program, ReportsAFormulaThatDividesByZero) {
  Definition definition = simple();
  definition.formula = "ef / distance";
  const auto outcome = build(definition)->evaluate(std::vector<std::int64_t>{0}, 0);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::FORMULA_DIVISION_BY_ZERO);
  EXPECT_EQ(outcome.error().detail, "column 4: division by zero");
}

TEST(Program, ReadsInputsByName) {
  const Program pv = program("WH-PV-2023");
  using Named = std::vector<NamedInput>;
  EXPECT_EQ(pv.read_named(Named{{"capacity", "5"}, {"generation", "1.5"}}).value(),
            (std::vector<std::int64_t>{1'500, 5'000}));
  EXPECT_EQ(pv.read_named(Named{{"capacity", "5"}}).error().code, ErrorCode::INPUT_MISSING);
  EXPECT_EQ(pv.read_named(Named{{"capacity", "5"}}).error().detail, "generation");
  EXPECT_EQ(pv.read_named(Named{{"capacity", "5"}, {"ef", "1"}}).error().code,
            ErrorCode::INPUT_UNKNOWN);
  EXPECT_EQ(pv.read_named(Named{{"capacity", "5"}, {"capacity", "5"}}).error().code,
            ErrorCode::INPUT_MALFORMED);
  EXPECT_EQ(pv.input_index("capacity"), 1U);
  EXPECT_FALSE(pv.input_index("ef"));
  EXPECT_EQ(pv.read_input(1, "5.25").value(), 5'250);
}

TEST(Build, RefusesWhatIsNeverUsed) {
  Definition definition = simple();
  definition.formula = "distance * 3";
  EXPECT_EQ(refusal(definition).code, ErrorCode::FORMULA_UNUSED_NAME);
  EXPECT_EQ(refusal(definition).detail, "'ef' is never used");
  definition = simple();
  definition.formula = "ef";
  EXPECT_EQ(refusal(definition).detail, "'distance' is never used");
  definition.guards = {"distance > 1"};
  EXPECT_EQ(refusal(definition).code, ErrorCode::OK) << "a guard's use counts";
}

TEST(Build, PassesOnWhatCompilationRefuses) {
  Definition definition = simple();
  definition.formula = "distance * ef2";
  EXPECT_EQ(refusal(definition).code, ErrorCode::FORMULA_UNKNOWN_NAME);
  definition.formula = "distance * (ef";
  EXPECT_EQ(refusal(definition).detail, "column 15: expected ')'");
  definition = simple();
  definition.guards = {"distance"};
  EXPECT_EQ(refusal(definition).code, ErrorCode::FORMULA_TYPE);
  EXPECT_EQ(refusal(definition).detail, "guard 'distance': column 1: expected a condition");
}

struct BadDefinition {
  std::string_view detail;
  std::function<void(Definition&)> change;
};

TEST(Build, NamesTheFieldThatIsMalformed) {
  const std::vector<BadDefinition> cases = {
      {"no input is monitored", [](auto& d) { d.inputs[0].role = InputRole::kParameter; }},
      {"'ef' is declared twice", [](auto& d) { d.inputs[0].name = "ef"; }},
      {"'max' is not a name", [](auto& d) { d.inputs[0].name = "max"; }},
      {"'Distance' is not a name", [](auto& d) { d.inputs[0].name = "Distance"; }},
      {"'' is not a name", [](auto& d) { d.constants[0].name = ""; }},
      {"distance: not a unit label", [](auto& d) { d.inputs[0].unit = ""; }},
      {"distance: not a unit label", [](auto& d) { d.inputs[0].unit = "k\nm"; }},
      {"distance: not a unit label", [](auto& d) { d.inputs[0].unit = std::string(33, 'm'); }},
      {"distance: more than 18 decimal places", [](auto& d) { d.inputs[0].scale = 19; }},
      {"distance: minimum: expected a decimal number", [](auto& d) { d.inputs[0].min = ""; }},
      {"distance: maximum: expected a decimal number", [](auto& d) { d.inputs[0].max = "1/2"; }},
      {"distance: maximum: more than 3 decimal places",
       [](auto& d) { d.inputs[0].max = "1.0001"; }},
      {"distance: maximum: does not fit 64 bits", [](auto& d) { d.inputs[0].scale = 18; }},
      {"distance: the minimum exceeds the maximum", [](auto& d) { d.inputs[0].min = "100.001"; }},
      {"ef: not a unit label", [](auto& d) { d.constants[0].unit = ""; }},
      {"ef: not a source", [](auto& d) { d.constants[0].source = ""; }},
      {"ef: expected a decimal number", [](auto& d) { d.constants[0].value = "1e3"; }},
      {"ef: expected a ratio", [](auto& d) { d.constants[0].value = "1/0"; }},
      {"tier gold: the factor is not between 0 and 1",
       [](auto& d) {
         d.tiers = {{"gold", "1.01"}};
       }},
      {"tier gold: the factor is not between 0 and 1",
       [](auto& d) {
         d.tiers = {{"gold", "-1/2"}};
       }},
      {"tier gold: expected a decimal number",
       [](auto& d) {
         d.tiers = {{"gold", "half"}};
       }},
      {"'gold' is declared twice",
       [](auto& d) {
         d.tiers = {{"gold", "1"}, {"gold", "1/2"}};
       }},
      {"more than 32 inputs", [](auto& d) { d.inputs.resize(33, d.inputs[0]); }},
      {"more than 64 constants", [](auto& d) { d.constants.resize(65, d.constants[0]); }},
      {"more than 16 guards", [](auto& d) { d.guards.resize(17, "distance > 0"); }},
      {"more than 16 evidence tiers", [](auto& d) {
         d.tiers.resize(17, {"gold", "1"});
       }}};
  for (const auto& [detail, change] : cases) {
    Definition definition = simple();
    change(definition);
    EXPECT_EQ(refusal(definition).code, ErrorCode::METHODOLOGY_MALFORMED) << detail;
    EXPECT_EQ(refusal(definition).detail, detail);
  }
  EXPECT_EQ(refusal(Definition()).detail, "no input is monitored");
  EXPECT_EQ(refusal(simple()).code, ErrorCode::OK);
}

TEST(Build, AcceptsTheLargestDefinition) {
  Definition definition;
  definition.formula = "0";
  for (std::size_t i = 0; i < kMaxInputs; ++i) {
    definition.inputs.push_back({"i" + std::to_string(i), "1", "0", "9", 18, {}});
    definition.formula += " + i" + std::to_string(i);
  }
  for (std::size_t i = 0; i < kMaxConstants; ++i) {
    definition.constants.push_back({"c" + std::to_string(i), "0.5", "1", "made up"});
    definition.formula += " + c" + std::to_string(i);
  }
  const auto built = build(definition);
  ASSERT_TRUE(built) << describe(built.error());
  const std::vector<std::int64_t> values(kMaxInputs, 500'000'000'000'000'000);
  EXPECT_EQ(built->evaluate(values, 0)->grams, 16 + 32);
}

TEST(Program, ExplainsItself) {
  const auto lines = program("WH-BIKE-2024").explain(std::vector<std::int64_t>{900}, 1);
  ASSERT_TRUE(lines);
  EXPECT_EQ(*lines,
            (std::vector<std::string>{
                "distance = 900 m", "ef = 93.3 g/km (press)", "m_per_km = 1000 m/km (definition)",
                "formula: distance / m_per_km * ef", "with values: 900 / 1000 * 93.3",
                "exact result: 83.97 g", "tier self_declared, factor 1/2: 41.985 g",
                "rounded half_up: 42 g", "result: 42 g"}));
  const auto pv = program("WH-PV-2023").explain(std::vector<std::int64_t>{10'120'000, 5'500}, 0);
  ASSERT_TRUE(pv);
  EXPECT_EQ(pv->at(3), "guard: capacity < 6, with values: 5.5 < 6, holds");
  EXPECT_EQ(pv->at(6), "exact result: 7028.34 t");
  EXPECT_EQ(pv->at(7), "rounded floor: 7028 t");
  EXPECT_EQ(pv->at(8), "result: 7028000000 g");
  const auto forest = program("FOREST").explain(
      std::vector<std::int64_t>{-1'234'567, 500, 2'000'000, 1'000'000}, 0);
  ASSERT_TRUE(forest);
  EXPECT_EQ(forest->at(7), "with values: (-1234.567) * 0.5 * 2 * (1 + 1) * 0.47 * (44/12)");
  EXPECT_EQ(forest->at(8), "exact result: -638271139/150000 t");
  EXPECT_EQ(forest->at(9), "rounded floor: -4256 t");
  EXPECT_FALSE(program("WH-PV-2023").explain(std::vector<std::int64_t>{1, 6'000}, 0));
}

TEST(Program, ExplainsInTheResultUnit) {
  Definition definition = simple();
  definition.result_unit = ResultUnit::kKilogram;
  definition.rounding = Rounding::kCeiling;
  const auto lines = build(definition)->explain(std::vector<std::int64_t>{10'000}, 0);
  ASSERT_TRUE(lines);
  EXPECT_EQ(*lines, (std::vector<std::string>{"distance = 10 km", "ef = 93.3 g/km (press)",
                                              "formula: distance * ef", "with values: 10 * 93.3",
                                              "exact result: 933 kg", "rounded ceiling: 933 kg",
                                              "result: 933000 g"}));
}

// The formula fits the fast path, its product with the tier's factor does not.
TEST(Program, FallsBackForTheTierAlone) {
  Definition definition = simple();
  const std::string tenth = "0.1000000000000000000000000000000000001";
  definition.tiers = {{"odd", tenth}};
  const Program built = *build(definition);
  const std::vector<std::int64_t> values = {100'000};
  const auto exact = built.exact(values, 0);
  ASSERT_TRUE(exact);
  EXPECT_EQ(exact->text(), "933.000000000000000000000000000000000933");
  EXPECT_EQ(built.evaluate(values, 0)->grams, 933);
}

TEST(Program, CopiesShareOneBody) {
  const Program first = program("WALK");
  const Program second = first;
  EXPECT_EQ(&first.definition(), &second.definition());
  EXPECT_EQ(second.definition().formula, "min(steps * ef, cap)");
}

RC_GTEST_PROP(ProgramProperty, AmountIsTheRoundedExactValue, ()) {
  const auto& chosen = *rc::gen::elementOf(samples());
  const Program built = program(chosen.code);
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < chosen.definition.inputs.size(); ++i) {
    const auto& input = chosen.definition.inputs[i];
    const std::int64_t min = *built.read_input(i, input.min);
    const std::int64_t max = *built.read_input(i, input.max);
    values.push_back(*rc::gen::inRange<std::int64_t>(min, max + 1));
  }
  const auto outcome = built.evaluate(values, 0);
  const auto exact = built.exact(values, 0);
  RC_ASSERT(outcome.has_value() == exact.has_value());
  if (!outcome) RC_ASSERT(outcome.error().code == exact.error().code);
  if (!outcome) return;
  const std::int64_t per_unit = chosen.definition.result_unit == ResultUnit::kTonne      ? 1'000'000
                                : chosen.definition.result_unit == ResultUnit::kKilogram ? 1'000
                                                                                         : 1;
  RC_ASSERT(outcome->grams == *exact->round(chosen.definition.rounding) * per_unit);
  RC_ASSERT(outcome->negative == exact->is_negative());
}

}  // namespace
}  // namespace puhui::ledger::formula
