#include "node/cli/catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "ledger/event.h"
#include "ledger/rules/filing/programs.h"
#include "node/cli/text.h"
#include "node/files/folder.h"
#include "puhui/v1/api.pb.h"
#include "support.h"

namespace puhui::node::cli {
namespace {

std::string catalogue() { return read_file(data_file("methodologies.json")).value(); }

v1::Methodology find(const std::string& code) {
  const auto methodologies = read_methodologies(catalogue(), {}).value();
  for (const auto& methodology : methodologies)
    if (methodology.code() == code) return methodology;
  ADD_FAILURE() << code;
  return {};
}

TEST(Catalogue, ImportsEveryMethodology) {
  const auto methodologies = read_methodologies(catalogue(), {}).value();
  ASSERT_EQ(methodologies.size(), 10u);
  for (const auto& methodology : methodologies) {
    EXPECT_TRUE(ledger::is_name(methodology.scenario())) << methodology.scenario();
    EXPECT_TRUE(ledger::is_code(methodology.issued_by())) << methodology.issued_by();
    EXPECT_TRUE(ledger::is_code(methodology.serial_code())) << methodology.serial_code();
    EXPECT_TRUE(ledger::build_program(methodology)) << methodology.code();
    const bool behaviour = methodology.kind() == v1::BEHAVIOUR;
    EXPECT_EQ(methodology.slots_per_day() > 0, behaviour) << methodology.code();
    EXPECT_EQ(methodology.claim_opens_days(), behaviour ? 2u : 0u) << methodology.code();
    EXPECT_EQ(methodology.claim_window_days(), behaviour ? 7u : 0u) << methodology.code();
  }
}

TEST(Catalogue, ReadsAllOfTheDemonstrationWithItsDefaults) {
  const auto text = read_file(data_file("../../../scripts/demo-data/methodologies.json")).value();
  const auto methodologies = read_methodologies(text, {}).value();
  ASSERT_EQ(methodologies.size(), 23u);
  std::map<std::string, v1::Methodology> by_code;
  for (const auto& methodology : methodologies) {
    by_code[methodology.code()] = methodology;
    if (methodology.kind() == v1::PROJECT) {
      EXPECT_TRUE(methodology.tiers().empty()) << methodology.code();
      continue;
    }
    EXPECT_EQ(methodology.claim_opens_days(), 2u) << methodology.code();
    EXPECT_EQ(methodology.claim_window_days(), 7u) << methodology.code();
    ASSERT_EQ(methodology.tiers_size(), 2) << methodology.code();
    EXPECT_EQ(methodology.tiers(0).name(), "ticket");
    EXPECT_EQ(methodology.tiers(0).factor(), "1");
    EXPECT_EQ(methodology.tiers(1).name(), "self_declared");
    EXPECT_EQ(methodology.tiers(1).factor(), "1/2");
  }
  const auto copies = read_methodologies(catalogue(), {}).value();
  for (const auto& copy : copies)
    EXPECT_EQ(copy.SerializeAsString(), by_code[copy.code()].SerializeAsString()) << copy.code();
}

TEST(Catalogue, FractionsHavePlaces) {
  const auto forest = find("FOREST");
  for (const auto* name : {"bef", "root_ratio"}) {
    const auto input = std::ranges::find(forest.inputs(), name, &v1::MethodologyInput::name);
    ASSERT_NE(input, forest.inputs().end()) << name;
    EXPECT_EQ(input->scale(), 6u) << name;
  }
}

// A behaviour, with these fields of claims, among these defaults.
Result<std::vector<v1::Methodology>> with_claims(const std::string& entry,
                                                 const std::string& defaults) {
  return read_methodologies(
      R"({"defaults": )" + defaults +
          R"(, "methodologies": [{"code": "WALK", "version": "V01", "kind": "behaviour",
      "scenario": "walking", "issued_by": "Wuhan", "serial_code": "WALK",
      "inputs": [{"name": "steps", "unit": "1", "min": "0", "max": "9", "role": "monitored"}],
      "formula": "steps * 2", "result_unit": "g", "rounding": "floor")" +
          entry + "}]}",
      {});
}

TEST(Catalogue, EntriesSayWhatTheDefaultsDoNot) {
  const std::string defaults =
      R"({"claim_slot": "meter and day",
          "claim_window": {"visible_after_days": 1, "collect_within_days": 5},
          "evidence_tiers": {"seen": "1/3", "told": "0.1", "proven": "1", "shown": "1/3"},
          "day_cap_g": "300", "year_cap_g": null})";
  const auto plain = with_claims(R"(, "tiers": null, "day_cap_g": null)", defaults).value().at(0);
  EXPECT_EQ(plain.slots_per_day(), 1u);
  EXPECT_EQ(plain.claim_opens_days(), 1u);
  EXPECT_EQ(plain.claim_window_days(), 5u);
  EXPECT_EQ(plain.day_cap_g(), 300);
  EXPECT_EQ(plain.year_cap_g(), 0);
  ASSERT_EQ(plain.tiers_size(), 4);
  EXPECT_EQ(plain.tiers(0).name(), "proven");
  EXPECT_EQ(plain.tiers(1).name(), "seen");
  EXPECT_EQ(plain.tiers(2).name(), "shown");
  EXPECT_EQ(plain.tiers(3).name(), "told");
  const auto own =
      with_claims(R"(, "claim_slot": "trip", "claim_opens_days": 3, "claim_window_days": 30,
      "tiers": [{"name": "b", "factor": "1/2"}, {"name": "a", "factor": "1"}],
      "day_cap_g": "9007199254740993", "year_cap_g": "5000")",
                  defaults)
          .value()
          .at(0);
  EXPECT_EQ(own.slots_per_day(), kRideSlotsPerDay);
  EXPECT_EQ(own.claim_opens_days(), 3u);
  EXPECT_EQ(own.claim_window_days(), 30u);
  EXPECT_EQ(own.tiers(0).name(), "b") << "as listed";
  EXPECT_EQ(own.day_cap_g(), 9'007'199'254'740'993);
  EXPECT_EQ(own.year_cap_g(), 5'000);
  EXPECT_EQ(with_claims(R"(, "slots_per_day": 24, "tiers": [])", defaults)->at(0).tiers_size(), 0);
  EXPECT_EQ(with_claims("", "null")->at(0).tiers_size(), 0);
  for (const auto* wrong : {R"(, "day_cap_g": 300)", R"(, "year_cap_g": "-1")",
                            R"(, "claim_window": 7)", R"(, "evidence_tiers": {"seen": "half"})"})
    EXPECT_FALSE(with_claims(wrong, "{}")) << wrong;
  EXPECT_FALSE(with_claims("", R"({"day_cap_g": "1.5"})"));
}

TEST(Catalogue, RemaindersAreReadByKind) {
  const auto read = [](const std::string& entry, const std::string& defaults) {
    const auto found = with_claims(entry, R"({"remainder": )" + defaults + "}");
    return found ? found->at(0).remainder() : static_cast<v1::Remainder>(-1);
  };
  const std::string both = R"("carried for projects, dropped for behaviour")";
  EXPECT_EQ(read("", both), v1::REMAINDER_DROPPED);
  EXPECT_EQ(read(R"(, "remainder": "carried")", both), v1::REMAINDER_CARRIED);
  EXPECT_EQ(read("", R"("dropped")"), v1::REMAINDER_UNSPECIFIED) << "said of projects";
  EXPECT_EQ(read("", "null"), v1::REMAINDER_UNSPECIFIED);
  for (const auto* wrong : {R"("kept")", R"("dropped for all")", R"("carried,dropped")", "1"})
    EXPECT_EQ(read("", wrong), -1) << wrong;
  EXPECT_EQ(read(R"(, "remainder": "kept")", both), -1);
  EXPECT_EQ(find("WH-PV-2023").remainder(), v1::REMAINDER_CARRIED);
  EXPECT_EQ(find("WALK").remainder(), v1::REMAINDER_DROPPED);
}

TEST(Catalogue, MapsEveryField) {
  const auto pv = find("WH-PV-2023");
  EXPECT_EQ(pv.version(), "V01");
  EXPECT_EQ(pv.kind(), v1::PROJECT);
  EXPECT_EQ(pv.scenario(), "clean-energy");
  EXPECT_EQ(pv.name_en(), "Distributed PV, Wuhan");
  EXPECT_EQ(pv.issued_by(), "WUHAN");
  EXPECT_EQ(pv.effective_from(), 19'691);
  EXPECT_EQ(pv.effective_to(), 0);
  EXPECT_EQ(pv.result_unit(), v1::TONNE);
  EXPECT_EQ(pv.rounding(), v1::FLOOR);
  EXPECT_EQ(pv.registry_checks(0), "not_in_ets_boundary");
  EXPECT_EQ(pv.guards(0), "capacity < 6");
  EXPECT_EQ(pv.inputs(0).role(), v1::MONITORED);
  EXPECT_EQ(pv.inputs(1).role(), v1::PARAMETER);
  EXPECT_EQ(pv.inputs(1).scale(), 3u);
  EXPECT_EQ(pv.constants(0).value(), "0.6945");
  EXPECT_FALSE(pv.constants(0).source().empty());
  const auto bike = find("WH-BIKE-2024");
  EXPECT_EQ(bike.scenario(), "shared-bike");
  EXPECT_EQ(bike.rounding(), v1::HALF_UP);
  EXPECT_EQ(bike.result_unit(), v1::GRAM);
  EXPECT_EQ(bike.slots_per_day(), kRideSlotsPerDay);
  EXPECT_EQ(find("WALK").slots_per_day(), 1u);
  EXPECT_EQ(bike.day_cap_records(), 20u);
  EXPECT_EQ(pv.day_cap_records(), 0u);
  EXPECT_EQ(find("SZ-HOUSE-POWER").slots_per_day(), 1u);
  EXPECT_EQ(find("WH-DR-2023").slots_per_day(), kRideSlotsPerDay);
  EXPECT_EQ(find("SH-PV").effective_from(), 0);
  EXPECT_EQ(find("WH-METRO-2023").effective_to(), find("WH-METRO-2024").effective_from());
  EXPECT_EQ(find("FOREST").issued_by(), "NATIONALPRACTICE");
}

TEST(Catalogue, IssuersTakeTheCodesGiven) {
  const auto methodologies = read_methodologies(catalogue(), {{"Wuhan", "WH"}}).value();
  EXPECT_EQ(methodologies[0].issued_by(), "WH");
  EXPECT_EQ(methodologies[1].issued_by(), "SHANGHAI");
}

TEST(Catalogue, ReadsItsOwnMessagesToo) {
  v1::MethodologyList list;
  const auto methodologies = read_methodologies(catalogue(), {}).value();
  for (const auto& methodology : methodologies)
    *list.add_items()->mutable_methodology() = methodology;
  const auto back = read_methodologies(to_json(list), {}).value();
  ASSERT_EQ(back.size(), static_cast<std::size_t>(list.items_size()));
  for (int i = 0; i < list.items_size(); ++i)
    EXPECT_EQ(back[i].SerializeAsString(), list.items(i).methodology().SerializeAsString());
  const auto& first = list.items(0);
  for (const auto& json : {to_json(first), to_json(first.methodology())}) {
    const auto one = read_methodologies(json, {}).value();
    ASSERT_EQ(one.size(), 1u);
    EXPECT_EQ(one[0].SerializeAsString(), first.methodology().SerializeAsString());
  }
}

TEST(Catalogue, FaultsNameMethodologyAndField) {
  const auto fault = [](std::string_view from, std::string_view to) {
    auto text = catalogue();
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    const auto read = read_methodologies(text, {});
    return read ? "nothing" : describe(read.error());
  };
  EXPECT_TRUE(contains(fault("\"floor\"", "\"up\""), "WH-PV-2023: rounding is \"up\""));
  EXPECT_TRUE(contains(fault("\"0.6945\"", "0.6945"), "constant ef: value must be a string"));
  EXPECT_TRUE(contains(fault("\"scale\": 3", "\"scale\": 2.5"), "input generation: scale"));
  EXPECT_TRUE(contains(fault("2023-11-30", "2023-11-31"), "effective_from"));
  EXPECT_TRUE(contains(fault("generation * ef", "generation *"), "formula.syntax"));
  EXPECT_TRUE(contains(fault("generation * ef", "generation * fe"), "WH-PV-2023"));
  EXPECT_TRUE(contains(fault("[", "{"), "not JSON"));
}

TEST(Catalogue, CommandsConvertAndCompute) {
  const Scratch scratch;
  const Client client;
  const auto file = data_file("methodologies.json");
  const auto all = client.run({"methodology", "import", file, "--out", scratch.path("all.json")});
  EXPECT_EQ(all.exit, Exit::ok) << all.err;
  const auto one =
      client.run({"methodology", "import", scratch.path("all.json"), "--code", "WH-BIKE-2024"});
  EXPECT_EQ(one.exit, Exit::ok) << one.err;
  EXPECT_TRUE(contains(one.out, "\"scenario\": \"shared-bike\"")) << one.out;
  const auto computed = client.run(
      {"methodology", "compute", file, "--code", "WH-BIKE-2024", "--input", "distance=900"});
  EXPECT_EQ(computed.exit, Exit::ok) << computed.err;
  EXPECT_TRUE(contains(computed.out, "result: 84 g")) << computed.out;
  EXPECT_EQ(client.run({"methodology", "import", file, "--code", "NONE"}).exit, Exit::usage);
  EXPECT_EQ(client.run({"methodology", "compute", file}).exit, Exit::usage);
}

}  // namespace
}  // namespace puhui::node::cli
