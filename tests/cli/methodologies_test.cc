// Every methodology of the catalogue that the product ships: it is filed with its defaults, and
// computes what was worked by hand from the published factors.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "ledger/formula/rational.h"
#include "ledger/rules/filing/programs.h"
#include "node/cli/catalogue.h"
#include "node/files/folder.h"
#include "support.h"
#include "tests/formula/samples.h"
#include "tests/ledger/city.h"

namespace puhui::node::cli {
namespace {

namespace formula = ledger::formula;

struct Example {
  std::vector<std::string> inputs;
  std::int64_t grams;
  std::string exact;  // in the result unit, before rounding
};

// What is said of claims; nothing of a project's.
struct Claims {
  std::uint32_t slots_per_day, opens_days, window_days, day_cap_records;
};
constexpr Claims kProject{0, 0, 0, 0}, kRides{288, 2, 7, 20}, kOneADay{1, 2, 7, 20};

struct Row {
  std::string code;
  Claims claims;
  std::vector<Example> examples;

  [[nodiscard]] bool is_project() const { return claims.slots_per_day == 0; }
};

const std::vector<Row>& rows() {
  static const std::vector<Row> kRows = {
      {"WH-PV-2023", kProject, {{{"10120", "5.999"}, 7'028'000'000, "7028.34"}}},
      {"SH-PV", kProject, {{{"54321.987", "1"}, 22'815'000, "22815.23454"}}},
      {"WH-DR-2023", kRides, {{{"3.5", "2.5"}, 525, "525"}, {{"2.5", "3.5"}, 0, "0"}}},
      {"SZ-HOUSE-POWER",
       kOneADay,
       {{{"4", "6.4", "9"}, 750, "750"},
        {{"7", "6.4", "9.001"}, 625, "625.3125"},
        {{"7", "6.4", "6.9"}, 0, "0"}}},
      {"WH-POULTRY-2023",
       kProject,
       {{{"100000", "50000", "365", "1", "12.5", "0.013"}, 6'166'000'000, "6166.58076"},
        {{"100000", "50000", "365", "0.71", "12.5", "0.013"}, 4'374'000'000, "4374.6435696"}}},
      {"WH-METRO-2024", kRides, {{{"12345"}, 967, "967.848"}}},
      {"WH-METRO-2023", kRides, {{{"1"}, 170, "170"}}},
      {"WH-BIKE-2024", kRides, {{{"900"}, 84, "83.97"}}},
      {"WH-BUS-2023", kRides, {{{"1"}, 150, "150"}}},
      {"WH-NEV-2024", kRides, {{{"12345"}, 86, "86.415"}}},
      {"NEV-GENERIC", kRides, {{{"15.5", "7.8", "14.2"}, 1731, "1731.9266"}}},
      {"CARPOOL-TCCAA38", kRides, {{{"3", "31.5", "12", "100.5"}, 5199, "5199.6"}}},
      {"LOW-CARBON-TRAVEL", kRides, {{{"13.7"}, 2882, "2882.48"}}},
      {"GZ-METRO", kRides, {{{"1"}, 541, "541.9"}}},
      {"NO-CUTLERY", kRides, {{{"1"}, 23, "23"}}},
      {"USED-PHONE", kRides, {{{"1"}, 25'000, "25000"}}},
      {"WALK",
       kOneADay,
       {{{"8000"}, 160, "160"}, {{"14799"}, 295, "295.98"}, {{"14801"}, 296, "296"}}},
      {"CLEAN-PLATE", kRides, {{{"3"}, 432, "432"}}},
      {"OWN-BAG", kRides, {{{"5"}, 25, "25"}}},
      {"CARTON", kRides, {{{"2"}, 74, "74"}}},
      {"OLD-CLOTHES", kRides, {{{"2.345"}, 8'442, "8442"}}},
      {"E-BUS", kProject, {{{"1234.567"}, 1'296'000, "1296.29535"}}},
      {"FOREST",
       kProject,
       {{{"1234.567", "0.5", "2", "1"}, 4'255'000'000, "638271139/150000"},
        {{"1234.567", "0.485", "1.586", "0.267"},
         2'073'000'000,
         "62205207576585073/30000000000000"}}}};
  return kRows;
}

std::string catalogue_file() { return data_file("../../../scripts/demo-data/methodologies.json"); }

const std::vector<v1::Methodology>& catalogue() {
  static const auto kAll = read_methodologies(read_file(catalogue_file()).value(), {}).value();
  return kAll;
}

v1::Methodology of_catalogue(const std::string& code) {
  const auto found = std::ranges::find(catalogue(), code, &v1::Methodology::code);
  return found == catalogue().end() ? v1::Methodology() : *found;
}

struct Methodologies : ::testing::TestWithParam<Row> {
  const v1::Methodology methodology = of_catalogue(GetParam().code);
};

TEST_P(Methodologies, AreFiledWithTheirDefaults) {
  ledger::testing::City city;
  PUHUI_ACCEPTED(ledger::testing::file(city, methodology));
  const auto filed = city.view().methodology(methodology.code(), methodology.version());
  ASSERT_TRUE(filed);
  const auto& m = filed->methodology();
  const auto& claims = GetParam().claims;
  EXPECT_EQ(m.kind(), GetParam().is_project() ? v1::PROJECT : v1::BEHAVIOUR);
  EXPECT_EQ(m.slots_per_day(), claims.slots_per_day);
  EXPECT_EQ(m.claim_opens_days(), claims.opens_days);
  EXPECT_EQ(m.claim_window_days(), claims.window_days);
  EXPECT_EQ(m.day_cap_records(), claims.day_cap_records);
  EXPECT_EQ(m.day_cap_g(), 0);
  EXPECT_EQ(m.year_cap_g(), 0);
  EXPECT_EQ(m.remainder(), GetParam().is_project() ? v1::REMAINDER_CARRIED : v1::REMAINDER_DROPPED);
  std::map<std::string, std::string> tiers;
  for (const auto& tier : m.tiers()) tiers[tier.name()] = tier.factor();
  const std::map<std::string, std::string> usual{{"ticket", "1"}, {"self_declared", "1/2"}};
  EXPECT_EQ(tiers, GetParam().is_project() ? decltype(tiers)() : usual);
  if (!m.tiers().empty()) {
    EXPECT_EQ(m.tiers(0).name(), "ticket") << "the best evidence is tier 0";
  }
}

TEST_P(Methodologies, ComputeTheirExamples) {
  const auto program = ledger::build_program(methodology);
  ASSERT_TRUE(program) << describe(program.error());
  for (const auto& [inputs, grams, exact] : GetParam().examples) {
    const std::vector<std::string_view> texts(inputs.begin(), inputs.end());
    const auto values = program->read_inputs(texts);
    ASSERT_TRUE(values) << describe(values.error());
    const auto outcome = program->evaluate(*values, 0);
    ASSERT_TRUE(outcome) << describe(outcome.error());
    EXPECT_EQ(outcome->grams, grams);
    EXPECT_FALSE(outcome->negative);
    EXPECT_EQ(program->exact(*values, 0)->text(), exact);
    if (GetParam().is_project()) continue;
    // A self check-in is worth half.
    const auto half = program->evaluate(*values, 1)->grams;
    EXPECT_LE(std::abs(2 * half - grams), 1) << half;
  }
}

// As an operator would, by the command line.
TEST_P(Methodologies, AreExplainedToTheGram) {
  for (const auto& example : GetParam().examples) {
    std::vector<std::string> words{"methodology", "compute", catalogue_file(), "--code",
                                   GetParam().code};
    for (std::size_t i = 0; i < example.inputs.size(); ++i) {
      words.emplace_back("--input");
      words.push_back(methodology.inputs(static_cast<int>(i)).name() + "=" + example.inputs[i]);
    }
    const auto ran = Client().run(words);
    EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
    const auto result = "result: " + std::to_string(example.grams) + " g";
    EXPECT_NE(ran.out.find(result), std::string::npos) << ran.out;
  }
}

// "WH_PV_2023".
std::string name_of(const ::testing::TestParamInfo<Row>& row) {
  auto name = row.param.code;
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Methodologies, ::testing::ValuesIn(rows()), name_of);

TEST(AllMethodologies, OfTheCatalogueAllHaveExamples) {
  std::vector<std::string> filed, worked;
  for (const auto& methodology : catalogue()) filed.push_back(methodology.code());
  for (const auto& row : rows()) worked.push_back(row.code);
  EXPECT_EQ(filed.size(), 23U);
  EXPECT_EQ(filed, worked);
}

std::string text_of(const formula::Definition& definition) {
  std::string text = definition.formula;
  const auto add = [&text](const std::string& word) { text += "\n" + word; };
  for (const auto& input : definition.inputs)
    for (const auto& word : {input.name, input.unit, input.min, input.max,
                             std::to_string(input.scale), std::to_string(int(input.role))})
      add(word);
  for (const auto& constant : definition.constants)
    for (const auto& word : {constant.name, constant.value, constant.unit, constant.source})
      add(word);
  for (const auto& guard : definition.guards) add(guard);
  for (const auto& tier : definition.tiers) add(tier.name + " " + tier.factor);
  add(std::to_string(int(definition.result_unit)));
  add(std::to_string(int(definition.rounding)));
  return text;
}

// The formula tests go by copies, for they know of no files.
TEST(AllMethodologies, OfTheFormulaTestsAreThoseOfTheCatalogue) {
  ASSERT_EQ(formula::testing::samples().size(), catalogue().size());
  for (const auto& [code, definition] : formula::testing::samples()) {
    const auto program = ledger::build_program(of_catalogue(std::string(code)));
    ASSERT_TRUE(program) << code;
    EXPECT_EQ(text_of(definition), text_of(program->definition())) << code;
  }
}

}  // namespace
}  // namespace puhui::node::cli
