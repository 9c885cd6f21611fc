// What one person may be credited for acts of a day and of a year.
#include <gtest/gtest.h>

#include <limits>

#include "tests/ledger/registry.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

// 2026-01-01; today is the 15th.
constexpr std::int64_t kNewYear = 20'454;

v1::Methodology capped(std::int64_t day_g, std::int64_t year_g, std::uint32_t day_records = 0) {
  auto m = metres();
  m.set_day_cap_g(day_g);
  m.set_year_cap_g(year_g);
  m.set_day_cap_records(day_records);
  return m;
}

class CapCity : public RegistryCity {
 public:
  explicit CapCity(const v1::Methodology& m) {
    EXPECT_EQ(file(*this, m).decision, v1::ACCEPTED);
    must(open_personal_event(*this, 0, 10), {"operator"});
  }
  // One act of citizen 1, each in a slot of its own.
  Answer act(std::int64_t grams, std::int64_t day = kToday, const std::string& scenario = "bike") {
    return ride(*this, {{1, grams, slot_++ % 24, day, 0, "bike-" + std::to_string(slot_)}},
                "provider", scenario);
  }
  [[nodiscard]] std::int64_t grams(std::uint64_t citizen = 1) const {
    return view().account("p-" + crypto::hex_encode(pseudonym(citizen)))->credits_held_g();
  }

 private:
  std::uint32_t slot_ = 0;
};

struct Told {
  ErrorCode code;
  const char *limit, *used, *asked;
};
void expect_refused(const Answer& answer, const Told& told) {
  PUHUI_REFUSED(answer, told.code);
  EXPECT_EQ(answer.outcome.rule(), "record.cap");
  EXPECT_EQ(answer.outcome.limit(), told.limit);
  EXPECT_EQ(answer.outcome.used(), told.used);
  EXPECT_EQ(answer.outcome.asked(), told.asked);
}

std::string refusals(const Answer& answer) {
  std::string text;
  for (const auto& refusal : answer.outcome.record_refusals())
    text += std::to_string(refusal.record()) + " " + std::string(code_name(refusal.code())) + "; ";
  return text;
}

TEST(DayCap, MayBeHitExactly) {
  CapCity city(capped(1'000, 0));
  PUHUI_ACCEPTED(city.act(600));
  expect_refused(city.act(401), {CAP_DAY, "1000 g", "600 g", "401 g"});
  PUHUI_ACCEPTED(city.act(400));
  expect_refused(city.act(1), {CAP_DAY, "1000 g", "1000 g", "1 g"});
  EXPECT_EQ(city.grams(), 1'000);
  city.reopen();
  PUHUI_REFUSED(city.act(1), CAP_DAY);
}

TEST(DayCap, OfOneActAlone) {
  CapCity city(capped(1'000, 0));
  expect_refused(city.act(1'001), {CAP_DAY, "1000 g", "0 g", "1001 g"});
  PUHUI_ACCEPTED(city.act(1'000));
}

TEST(DayCap, CountsWithinOneBatch) {
  CapCity city(capped(1'000, 0));
  const auto answer = ride(city, {{1, 600, 1}, {1, 500, 2}, {2, 900, 1}, {1, 400, 3}, {1, 1, 4}});
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(refusals(answer), "1 cap.day; 4 cap.day; ");
  EXPECT_EQ(answer.outcome.records_accepted(), 3U);
  EXPECT_EQ(city.grams(1), 1'000);
  EXPECT_EQ(city.grams(2), 900);
  EXPECT_EQ(city.totals().credits_credited_g(), 1'900);
}

TEST(DayCap, IsOfThePersonTheDayAndTheScenario) {
  CapCity city(capped(1'000, 0));
  auto walk = metres("walk");
  walk.set_day_cap_g(300);
  PUHUI_ACCEPTED(file(city, walk));
  PUHUI_ACCEPTED(city.act(1'000));
  PUHUI_ACCEPTED(city.act(1'000, kToday - 1));
  PUHUI_ACCEPTED(city.act(300, kToday, "walk"));
  PUHUI_REFUSED(city.act(1, kToday, "walk"), CAP_DAY);
  PUHUI_REFUSED(city.act(1, kToday - 1), CAP_DAY);
  PUHUI_ACCEPTED(ride(city, {{2, 1'000}}));
  // Whoever sends it.
  PUHUI_REFUSED(ride(city, {{2, 1, 9}}, "provider2"), CAP_DAY);
}

TEST(DayCap, LeavesWhatItRefusesUnclaimed) {
  CapCity city(capped(1'000, 0));
  PUHUI_ACCEPTED(ride(city, {{1, 900, 1}}));
  PUHUI_REFUSED(ride(city, {{1, 200, 2}}), CAP_DAY);
  PUHUI_ACCEPTED(ride(city, {{1, 100, 2}}));
  // Claimed before comes before the cap.
  PUHUI_REFUSED(ride(city, {{1, 200, 2}}), CLAIM_DUPLICATE);
}

TEST(DayCap, HoldsForTheLargestAmounts) {
  CapCity city(capped(std::numeric_limits<std::int64_t>::max(), 0));
  PUHUI_ACCEPTED(city.act(9'000'000'000'000'000'000));
  PUHUI_REFUSED(city.act(9'000'000'000'000'000'000), CAP_DAY);
  PUHUI_ACCEPTED(city.act(1));
}

TEST(RecordsCap, CountsActs) {
  CapCity city(capped(0, 0, 2));
  PUHUI_ACCEPTED(city.act(5));
  PUHUI_ACCEPTED(city.act(1'000'000));
  expect_refused(city.act(1), {CAP_DAY, "2 records", "2 records", "1 record"});
  PUHUI_ACCEPTED(city.act(1, kToday - 1));
  const auto answer = ride(city, {{2, 1, 1}, {2, 1, 2}, {2, 1, 3}});
  EXPECT_EQ(refusals(answer), "2 cap.day; ");
}

TEST(RecordsCap, StandsBesideThatOfGrams) {
  CapCity city(capped(1'000, 0, 2));
  PUHUI_ACCEPTED(city.act(900));
  expect_refused(city.act(101), {CAP_DAY, "1000 g", "900 g", "101 g"});
  PUHUI_ACCEPTED(city.act(50));
  expect_refused(city.act(1), {CAP_DAY, "2 records", "2 records", "1 record"});
}

TEST(YearCap, AddsUpTheDays) {
  CapCity city(capped(0, 1'500));
  PUHUI_ACCEPTED(city.act(1'000, kToday));
  PUHUI_ACCEPTED(city.act(400, kToday - 3));
  expect_refused(city.act(101, kNewYear), {CAP_YEAR, "1500 g", "1400 g", "101 g"});
  PUHUI_ACCEPTED(city.act(100, kNewYear));
  PUHUI_REFUSED(city.act(1, kToday - 5), CAP_YEAR);
}

TEST(YearCap, IsOfTheYearOfTheAct) {
  ASSERT_EQ(year_of_day(kNewYear), 2026);
  ASSERT_EQ(year_of_day(kNewYear - 1), 2025);
  CapCity city(capped(0, 1'500));
  PUHUI_ACCEPTED(city.act(1'500, kNewYear));
  PUHUI_ACCEPTED(city.act(1'500, kNewYear - 1));
  PUHUI_REFUSED(city.act(1, kToday), CAP_YEAR);
  PUHUI_REFUSED(city.act(1, kNewYear - 10), CAP_YEAR);
  EXPECT_EQ(city.grams(), 3'000);
}

TEST(YearCap, ComesAfterThatOfTheDay) {
  CapCity city(capped(1'000, 1'500));
  PUHUI_REFUSED(city.act(2'000), CAP_DAY);
  PUHUI_ACCEPTED(city.act(1'000));
  const auto answer = ride(city, {{1, 501, 1, kToday - 1}, {1, 1, 2}, {1, 500, 3, kToday - 1}});
  EXPECT_EQ(refusals(answer), "0 cap.year; 1 cap.day; ");
  EXPECT_EQ(city.grams(), 1'500);
}

// ---- Those of the rules ----

v1::RuleSet with_cap(const std::string& scenario, std::int64_t day_g, std::int64_t year_g,
                     std::uint32_t day_records = 0) {
  auto rules = registry_rules("caps");
  auto& cap = *rules.add_person_caps();
  cap.set_scenario(scenario);
  cap.set_day_g(day_g);
  cap.set_year_g(year_g);
  cap.set_day_records(day_records);
  return rules;
}

TEST(CapsOfTheRules, StandInsteadOfTheMethodologysOwn) {
  CapCity city(capped(1'000, 1'500));
  PUHUI_ACCEPTED(file_rules(city, with_cap("bike", 2'000, 0)));
  PUHUI_ACCEPTED(city.act(1'800));
  expect_refused(city.act(201), {CAP_DAY, "2000 g", "1800 g", "201 g"});
  PUHUI_ACCEPTED(city.act(200));
  PUHUI_ACCEPTED(city.act(2'000, kToday - 1));
  PUHUI_ACCEPTED(file_rules(city, with_cap("bike", 0, 0, 1)));
  PUHUI_ACCEPTED(city.act(5'000, kToday - 2));
  expect_refused(city.act(1, kToday - 2), {CAP_DAY, "1 records", "1 records", "1 record"});
}

TEST(CapsOfTheRules, AreOfTheirScenarioOnly) {
  CapCity city(capped(1'000, 0));
  PUHUI_ACCEPTED(file_rules(city, with_cap("walk", 50'000, 0)));
  PUHUI_REFUSED(city.act(1'001), CAP_DAY);
  PUHUI_ACCEPTED(file_rules(city, with_cap("bike", 10, 0)));
  PUHUI_REFUSED(city.act(11), CAP_DAY);
  PUHUI_ACCEPTED(city.act(10));
}

TEST(CapsOfTheRules, CountWhatWasCreditedUnderOthers) {
  CapCity city(capped(1'000, 0));
  PUHUI_ACCEPTED(city.act(800));
  PUHUI_ACCEPTED(file_rules(city, with_cap("bike", 900, 0)));
  expect_refused(city.act(101), {CAP_DAY, "900 g", "800 g", "101 g"});
  PUHUI_ACCEPTED(file_rules(city, with_cap("bike", 500, 0)));
  expect_refused(city.act(1), {CAP_DAY, "500 g", "800 g", "1 g"});
}

TEST(CapsOfTheRules, FormIsChecked) {
  City city;
  for (const auto& rules : {with_cap("Two Words", 1, 1), with_cap("", 1, 1), with_cap("a", -1, 0),
                            with_cap("a", 0, -1)})
    PUHUI_REFUSED(file_rules(city, rules), RULE_MALFORMED);
  auto twice = with_cap("a", 1, 1);
  *twice.add_person_caps() = twice.person_caps(0);
  PUHUI_REFUSED(file_rules(city, twice), RULE_MALFORMED);
}

}  // namespace
}  // namespace puhui::ledger::testing
