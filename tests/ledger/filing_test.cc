// Filing methodologies and projects.
#include <gtest/gtest.h>

#include <limits>

#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

using M = v1::Methodology;

Answer file_changed(City& city, M methodology, const std::function<void(M&)>& change) {
  change(methodology);
  return file(city, methodology);
}

TEST(Methodologies, FormIsChecked) {
  City city;
  const auto with = [&city](auto change) { return file_changed(city, pv_methodology(), change); };
  const auto bad = ErrorCode::METHODOLOGY_MALFORMED;
  PUHUI_REFUSED(with([](M& m) { m.clear_code(); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.set_code(std::string("a\0b", 3)); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.set_version(std::string(65, 'v')); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.clear_kind(); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.set_scenario("Two Words"); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.set_serial_code("pv-23"); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.set_issued_by("Wuhan"); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.set_note(std::string(513, 'n')); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.set_effective_to(m.effective_from()); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.set_effective_from(-1); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.set_effective_to(std::numeric_limits<std::int64_t>::max()); }),
                bad);
  PUHUI_REFUSED(with([](M& m) { m.add_registry_checks("is_nice"); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.set_day_cap_g(-1); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.set_year_cap_g(-1); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.clear_result_unit(); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.clear_rounding(); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.set_remainder(static_cast<v1::Remainder>(3)); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.mutable_inputs(0)->set_max("-1"); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.mutable_constants(0)->set_value("much"); }), bad);
}

TEST(Methodologies, BehaviourFormIsChecked) {
  City city;
  const auto with = [&city](auto change) { return file_changed(city, bike_methodology(), change); };
  const auto bad = ErrorCode::METHODOLOGY_MALFORMED;
  PUHUI_REFUSED(with([](M& m) { m.set_slots_per_day(0); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.set_slots_per_day(289); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.set_claim_window_days(0); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.set_claim_window_days(367); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.set_claim_opens_days(m.claim_window_days() + 1); }), bad);
  PUHUI_REFUSED(with([](M& m) { m.set_remainder(v1::REMAINDER_CARRIED); }), bad);
  PUHUI_REFUSED(with([](M& m) {
                  for (int i = 0; i < 8; ++i) *m.add_inputs() = m.inputs(0);
                }),
                bad);
  PUHUI_REFUSED(with([](M& m) { m.mutable_tiers(0)->set_factor("3/2"); }), bad);
  PUHUI_ACCEPTED(with([](M& m) { m.set_claim_opens_days(m.claim_window_days()); }));
}

TEST(Methodologies, ProgramsAreBuiltWhenFiled) {
  City city;
  const auto with_formula = [&city](const std::string& formula) {
    return file_changed(city, pv_methodology(), [&](M& m) { m.set_formula(formula); });
  };
  PUHUI_REFUSED(with_formula("generation * * ef"), ErrorCode::FORMULA_SYNTAX);
  PUHUI_REFUSED(with_formula("发电量 * ef"), ErrorCode::FORMULA_SYNTAX);
  PUHUI_REFUSED(with_formula("generation * ef * wind"), ErrorCode::FORMULA_UNKNOWN_NAME);
  PUHUI_REFUSED(with_formula("generation * 2"), ErrorCode::FORMULA_UNUSED_NAME);
  PUHUI_REFUSED(with_formula("generation < ef"), ErrorCode::FORMULA_TYPE);
  PUHUI_REFUSED(with_formula(std::string(40, '(') + "generation * ef" + std::string(40, ')')),
                ErrorCode::FORMULA_TOO_DEEP);
  PUHUI_REFUSED(file_changed(city, pv_methodology(), [](M& m) { m.clear_guards(); }),
                ErrorCode::FORMULA_UNUSED_NAME);
  EXPECT_EQ(city.head().size, 1U);
}

TEST(Methodologies, VersionsDoNotOverlap) {
  City city;
  const auto version = [&city](const char* name, std::int64_t from, std::int64_t to) {
    return file_changed(city, pv_methodology(), [&](M& m) {
      m.set_version(name);
      m.set_effective_from(from);
      m.set_effective_to(to);
    });
  };
  PUHUI_ACCEPTED(version("V10", 100, 200));
  PUHUI_REFUSED(version("V10", 300, 400), ErrorCode::METHODOLOGY_EXISTS);
  for (const auto& [from, to] : std::vector<std::pair<int, int>>{
           {100, 200}, {50, 101}, {199, 300}, {120, 130}, {50, 300}, {50, 0}, {150, 0}, {0, 0}})
    PUHUI_REFUSED(version("V11", from, to), ErrorCode::METHODOLOGY_OVERLAP);
  PUHUI_ACCEPTED(version("V09", 50, 100));
  PUHUI_ACCEPTED(version("V11", 200, 0));
  PUHUI_REFUSED(version("V12", 5000, 0), ErrorCode::METHODOLOGY_OVERLAP);
  EXPECT_EQ(city.totals().methodologies(), 1) << "once, whatever its versions";
}

TEST(Methodologies, ProjectCodesAndScenariosAreNamedApart) {
  City city;
  PUHUI_ACCEPTED(file(city, bike_methodology()));
  auto project = pv_methodology();
  project.set_code("bike");
  PUHUI_ACCEPTED(file(city, project));
  auto other_city = bike_methodology();
  other_city.set_code("OTHER");
  PUHUI_REFUSED(file(city, other_city), ErrorCode::METHODOLOGY_OVERLAP);
}

TEST(Methodologies, OfOtherCitiesAreSamples) {
  City city;
  auto sample = pv_methodology();
  sample.set_issued_by("SHANGHAI");
  PUHUI_ACCEPTED(file(city, sample));
  EXPECT_TRUE(city.view().methodology("WH-PV-2023", "V01")->sample());
  EXPECT_EQ(city.totals().samples(), 1);
  open_account(city, "owner-main", "owner");
  PUHUI_REFUSED(file(city, pv_project("P1")), ErrorCode::METHODOLOGY_NOT_IN_FORCE);
}

TEST(Methodologies, SamplesAreCountedOncePerCodeBesideTheCitysOwn) {
  City city;
  const auto sample = [&city](const char* code, const char* version, const char* issued_by) {
    return file_changed(city, pv_methodology(), [&](M& m) {
      m.set_code(code);
      m.set_version(version);
      m.set_issued_by(issued_by);
    });
  };
  PUHUI_ACCEPTED(file(city, pv_methodology()));
  PUHUI_ACCEPTED(sample("WH-PV-2023", "V02", "SHANGHAI"));
  EXPECT_EQ(city.totals().samples(), 1);
  PUHUI_ACCEPTED(sample("WH-PV-2023", "V00", "SHENZHEN"));
  EXPECT_EQ(city.totals().samples(), 1);
  PUHUI_ACCEPTED(sample("WH-PV", "V00", "SHENZHEN"));
  EXPECT_EQ(city.totals().samples(), 2);
  EXPECT_EQ(city.totals().methodologies(), 1);
}

TEST(Methodologies, NeedTwoExpertsAndTheOperator) {
  City city;
  auto payload = city.event("expert1");
  *payload.mutable_file_methodology()->mutable_methodology() = pv_methodology();
  PUHUI_FAILED(city.send(payload, {"expert1", "expert2"}), ErrorCode::SIGNATURE_MISSING);
  PUHUI_FAILED(city.send(payload, {"expert1", "operator"}), ErrorCode::SIGNATURE_MISSING);
  PUHUI_ACCEPTED(city.send(payload, {"expert1", "operator", "expert2"}));
}

struct Projects : ::testing::Test {
  City city;
  void SetUp() override {
    file(city, pv_methodology());
    open_account(city, "owner-main", "owner");
    open_account(city, "buyer-main", "buyer");
  }
  Answer with(const std::function<void(v1::FileProject&)>& change) {
    auto project = pv_project("P1");
    change(project);
    auto payload = city.event("operator");
    *payload.mutable_file_project() = project;
    return city.send(payload, {"operator", "owner"});
  }
};
using P = v1::FileProject;

TEST_F(Projects, FormIsChecked) {
  PUHUI_REFUSED(with([](P& p) { p.set_project("p1"); }), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](P& p) { p.set_name_zh(std::string(513, 'n')); }),
                ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](P& p) { p.clear_keys(); }), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](P& p) { p.add_keys("meter-1"); }), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](P& p) { p.add_keys(std::string("m\0", 2)); }), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](P& p) {
                  for (int i = 0; i < 256; ++i) p.add_keys("m" + std::to_string(i));
                }),
                ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](P& p) { p.set_methodology(std::string("a\0b", 3)); }),
                ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](P& p) { p.set_crediting_to(p.crediting_from()); }),
                ErrorCode::PERIOD_INVALID);
  PUHUI_REFUSED(with([](P& p) { p.set_crediting_to(std::numeric_limits<std::int64_t>::max()); }),
                ErrorCode::PERIOD_INVALID);
  PUHUI_REFUSED(with([](P& p) { p.set_crediting_from(-1); }), ErrorCode::PERIOD_INVALID);
}

TEST_F(Projects, LieInAnAreaOfTheNationalCode) {
  for (const auto* area : {"", "42011", "4201110", "42011x", "991000", "001000", "４２"})
    PUHUI_REFUSED(with([&](P& p) { p.set_area(area); }), ErrorCode::AREA_INVALID);
  const auto refused = with([](P& p) { p.set_area("161000"); });
  EXPECT_EQ(refused.outcome.limit(), "GB/T 2260");
  EXPECT_EQ(refused.outcome.asked(), "161000");
  PUHUI_ACCEPTED(with([](P& p) { p.set_area("820000"); }));
}

TEST_F(Projects, OfWhichNoOtherSchemeHoldsThePeriod) {
  auto rules = default_rules();
  for (const auto* scheme : {"CCER", "green certificates"}) rules.add_other_schemes(scheme);
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_REFUSED(with([](P&) {}), ErrorCode::SCHEME_UNDECLARED);
  const auto refused = with([](P& p) { p.add_not_in_schemes("CCER"); });
  PUHUI_REFUSED(refused, ErrorCode::SCHEME_UNDECLARED);
  EXPECT_EQ(refused.outcome.limit(), "green certificates");
  PUHUI_ACCEPTED(with([](P& p) {
    for (const auto* scheme : {"VCS", "green certificates", "CCER"}) p.add_not_in_schemes(scheme);
  }));
  EXPECT_EQ(city.view().project("P1")->filing().not_in_schemes_size(), 3);
}

TEST_F(Projects, NamesWhatIsKnown) {
  PUHUI_REFUSED(with([](P& p) { p.set_owner("nobody"); }), ErrorCode::PARTY_UNKNOWN);
  PUHUI_REFUSED(with([](P& p) { p.set_methodology("WH-WIND"); }),
                ErrorCode::METHODOLOGY_NOT_IN_FORCE);
  PUHUI_REFUSED(with([](P& p) { p.set_crediting_from(19'690); }),
                ErrorCode::METHODOLOGY_NOT_IN_FORCE);
  PUHUI_REFUSED(with([](P& p) { p.set_account("owner-other"); }), ErrorCode::ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(with([](P& p) { p.set_account("buyer-main"); }), ErrorCode::ACCOUNT_NOT_OWNED);
  PUHUI_ACCEPTED(with([](P&) {}));
  PUHUI_REFUSED(with([](P&) {}), ErrorCode::PROJECT_EXISTS);
  EXPECT_EQ(city.view().project("P1")->methodology_version(), "V01");
}

// A pseudonym may consist of letters; its account is stored beside the named ones.
TEST_F(Projects, APersonalAccountsKeyIsNoAccountName) {
  auto open = city.event("operator");
  open.mutable_open_personal_accounts()->set_pseudonyms("abcdefghijklmnop");
  city.must(open, {"operator"});
  PUHUI_REFUSED(with([](P& p) {
                  p.set_account(
                      "\x01"
                      "abcdefghijklmnop");
                }),
                ErrorCode::ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(transfer(city,
                         {"\x01"
                          "abcdefghijklmnop",
                          "owner-main"},
                         1),
                ErrorCode::ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(transfer(city,
                         {"owner-main",
                          "\x01"
                          "abcdefghijklmnop"},
                         1),
                ErrorCode::ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(retire(city,
                       "\x01"
                       "abcdefghijklmnop",
                       SerialRanges{{1, 1}}),
                ErrorCode::ACCOUNT_UNKNOWN);
}

TEST_F(Projects, ParametersAreFixedWithinBounds) {
  PUHUI_REFUSED(with([](P& p) { p.clear_parameters(); }), ErrorCode::INPUT_MISSING);
  PUHUI_REFUSED(with([](P& p) { p.mutable_parameters(0)->set_name("height"); }),
                ErrorCode::INPUT_UNKNOWN);
  PUHUI_REFUSED(with([](P& p) { p.mutable_parameters(0)->set_name("generation"); }),
                ErrorCode::INPUT_UNKNOWN);
  PUHUI_REFUSED(with([](P& p) { *p.add_parameters() = p.parameters(0); }),
                ErrorCode::INPUT_UNKNOWN);
  PUHUI_REFUSED(with([](P& p) { p.mutable_parameters(0)->set_value("six"); }),
                ErrorCode::INPUT_MALFORMED);
  PUHUI_REFUSED(with([](P& p) { p.mutable_parameters(0)->set_value("5.1234"); }),
                ErrorCode::INPUT_OUT_OF_BOUNDS);
  PUHUI_REFUSED(with([](P& p) { p.mutable_parameters(0)->set_value("-1"); }),
                ErrorCode::INPUT_OUT_OF_BOUNDS);
}

TEST_F(Projects, OfOwnersInsideAnEtsBoundaryAreRefused) {
  auto party = city.event("bureau");
  *party.mutable_register_party() = founding_party("smelter", {v1::ENTERPRISE});
  party.mutable_register_party()->set_in_ets_boundary(true);
  city.must(party, {"bureau"});
  open_account(city, "smelter-main", "smelter");
  auto payload = city.event("operator");
  *payload.mutable_file_project() = pv_project("P9");
  payload.mutable_file_project()->set_owner("smelter");
  payload.mutable_file_project()->set_account("smelter-main");
  const auto answer = city.send(payload, {"operator", "smelter"});
  PUHUI_REFUSED(answer, ErrorCode::GUARD_FAILED);
  EXPECT_EQ(answer.outcome.rule(), "not_in_ets_boundary");
}

TEST(Days, YearsOfTheGregorianCalendar) {
  EXPECT_EQ(year_of_day(0), 1970);
  EXPECT_EQ(year_of_day(364), 1970);
  EXPECT_EQ(year_of_day(365), 1971);
  EXPECT_EQ(year_of_day(10'956), 1999);
  EXPECT_EQ(year_of_day(10'957), 2000);
  EXPECT_EQ(year_of_day(11'322), 2000);
  EXPECT_EQ(year_of_day(11'323), 2001);
  EXPECT_EQ(year_of_day(kDayMax), 9999);
  EXPECT_EQ(year_of_day(kDayMax + 1), 10000);
  std::int64_t day = 0;
  for (int year = 1970; year < 2500; ++year) {
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    ASSERT_EQ(year_of_day(day), year);
    day += leap ? 366 : 365;
    ASSERT_EQ(year_of_day(day - 1), year);
  }
}

TEST(Days, AreWrittenAsDatesInBeijing) {
  EXPECT_EQ(date_text(0), "1970-01-01");
  EXPECT_EQ(date_text(19'782), "2024-02-29");
  EXPECT_EQ(date_text(kDayMax), "9999-12-31");
  EXPECT_EQ(date_text(-1), "day -1");
  EXPECT_EQ(date_text(std::numeric_limits<std::int64_t>::max()), "day 9223372036854775807");
  EXPECT_EQ(time_text(kNoon + kSecond + 1), "2026-01-15 12:00:01 +08:00");
  EXPECT_EQ(time_text(0), "1970-01-01 08:00:00 +08:00");
}

TEST(Days, BeginAtMidnightInBeijing) {
  EXPECT_EQ(day_of(0), 0);
  EXPECT_EQ(day_of(16 * 3600 * kSecond - 1), 0);
  EXPECT_EQ(day_of(16 * 3600 * kSecond), 1);
  EXPECT_EQ(day_of(kNoon), kToday);
}

}  // namespace
}  // namespace puhui::ledger::testing
