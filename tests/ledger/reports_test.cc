// Monitoring reports, and what is issued by them.
#include <gtest/gtest.h>

#include "tests/ledger/registry.h"

namespace puhui::ledger::testing {
namespace {

using S = v1::SubmitReport;

Answer send_changed(City& city, const std::function<void(S&)>& change) {
  auto report = pv_report("r1", "P1", {20'100, 20'200}, "10120");
  change(report);
  return send(city, report);
}

TEST(Reports, ThePublishedExample) {
  PvCity city;
  const auto computed = send_changed(city, [](S&) {});
  ASSERT_EQ(computed.decision, v1::ACCEPTED);
  EXPECT_EQ(computed.outcome.facts(0).value(), "7028000000");
  EXPECT_EQ(computed.outcome.facts(1).value(), "7028.34");
  PUHUI_ACCEPTED(verify(city, "r1"));
  const auto issued = issue(city, "r1", "B2025");
  ASSERT_EQ(issued.decision, v1::ACCEPTED) << code_name(issued.code);
  ASSERT_EQ(issued.outcome.serials_size(), 1);
  EXPECT_EQ(issued.outcome.serials(0).start(), 1U);
  EXPECT_EQ(issued.outcome.serials(0).end(), 7'028'000U);
  const auto view = city.view();
  const auto batch = view.batch("B2025");
  EXPECT_EQ(batch->serial(), "WUHAN-CPH-PV23-P1-2025-B2025-1-7028000");
  EXPECT_EQ(view.account("owner-main")->units_held_kg(), 7'028'000);
  EXPECT_EQ(view.totals().units_issued_kg(), 7'028'000);
  const auto report = view.report("r1");
  EXPECT_EQ(report->state(), v1::ISSUED);
  EXPECT_EQ(report->exact_result(), "7028.34");
  EXPECT_EQ(report->verifier(), "verifier");
  const auto history = view.history(7'028'000, {});
  EXPECT_EQ(history->printed(), "WUHAN-CPH-PV23-P1-2025-B2025-7028000-7028000");
  ASSERT_EQ(history->moves_size(), 1);
  EXPECT_EQ(history->moves(0).kind(), v1::MOVE_ISSUE);
  EXPECT_FALSE(view.serial(7'028'001));
  EXPECT_FALSE(view.serial(0));
  EXPECT_FALSE(view.serial(std::numeric_limits<std::uint64_t>::max()));
}

TEST(Reports, NameAFiledProjectItsKeysAndPeriod) {
  PvCity city;
  const auto with = [&city](auto change) { return send_changed(city, change); };
  PUHUI_REFUSED(with([](S& s) { s.set_report("R 1"); }), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](S& s) { s.set_project("P7"); }), ErrorCode::PROJECT_UNKNOWN);
  PUHUI_REFUSED(with([](S& s) { s.set_to(s.from()); }), ErrorCode::PERIOD_INVALID);
  PUHUI_REFUSED(with([](S& s) { s.set_from(s.to() + 1); }), ErrorCode::PERIOD_INVALID);
  PUHUI_REFUSED(with([](S& s) { s.set_from(19'999); }), ErrorCode::REPORT_OUTSIDE_PERIOD);
  PUHUI_REFUSED(with([](S& s) { s.set_to(day_of(kNoon) + 1); }), ErrorCode::PERIOD_INVALID);
  PUHUI_REFUSED(with([](S& s) { s.set_keys(0, "meter-2"); }), ErrorCode::INPUT_UNKNOWN);
  PUHUI_REFUSED(with([](S& s) { s.add_keys("meter-1"); }), ErrorCode::INPUT_UNKNOWN);
  PUHUI_REFUSED(with([](S& s) { s.clear_keys(); }), ErrorCode::INPUT_MISSING);
  PUHUI_ACCEPTED(with([](S&) {}));
  PUHUI_REFUSED(with([](S&) {}), ErrorCode::REPORT_EXISTS);
}

TEST(Reports, InputsAreThoseTheMethodologyMonitors) {
  PvCity city;
  const auto with = [&city](auto change) { return send_changed(city, change); };
  PUHUI_REFUSED(with([](S& s) { s.clear_inputs(); }), ErrorCode::INPUT_MISSING);
  PUHUI_REFUSED(with([](S& s) { s.mutable_inputs(0)->set_name("wind"); }),
                ErrorCode::INPUT_UNKNOWN);
  PUHUI_REFUSED(with([](S& s) {
                  auto* input = s.add_inputs();
                  input->set_name("capacity");
                  input->set_value("1");
                }),
                ErrorCode::INPUT_UNKNOWN);
  PUHUI_REFUSED(with([](S& s) { *s.add_inputs() = s.inputs(0); }), ErrorCode::INPUT_MALFORMED);
  PUHUI_REFUSED(with([](S& s) { s.mutable_inputs(0)->set_value("1e6"); }),
                ErrorCode::INPUT_MALFORMED);
  PUHUI_REFUSED(with([](S& s) { s.mutable_inputs(0)->set_value("1000000.001"); }),
                ErrorCode::INPUT_OUT_OF_BOUNDS);
}

TEST(Reports, AGuardOnAParameterRefuses) {
  PvCity city;
  auto project = pv_project("P6");
  project.mutable_parameters(0)->set_value("6");
  PUHUI_ACCEPTED(file(city, project));
  PUHUI_REFUSED(send(city, pv_report("r6", "P6", {20'100, 20'200}, "1")), ErrorCode::GUARD_FAILED);
}

TEST(Reports, DivisionByZeroRefuses) {
  City city;
  auto m = pv_methodology();
  m.set_formula("ef / generation");
  file(city, m);
  open_account(city, "owner-main", "owner");
  file(city, pv_project("P1"));
  PUHUI_REFUSED(send(city, pv_report("r", "P1", {20'100, 20'200}, "0")),
                ErrorCode::FORMULA_DIVISION_BY_ZERO);
  PUHUI_ACCEPTED(send(city, pv_report("r", "P1", {20'100, 20'200}, "1")));
}

TEST(Reports, PeriodsOfOneKeyDoNotOverlap) {
  PvCity city;
  const auto period = [&city](const char* name, std::int64_t from, std::int64_t to) {
    return send(city, pv_report(name, "P1", {from, to}, "10"));
  };
  PUHUI_ACCEPTED(period("a", 20'100, 20'200));
  for (const auto& [from, to] : std::vector<std::pair<int, int>>{{20'100, 20'200},
                                                                 {20'150, 20'160},
                                                                 {20'000, 20'101},
                                                                 {20'199, 20'300},
                                                                 {20'000, 20'300}})
    PUHUI_REFUSED(period("b", from, to), ErrorCode::REPORT_PERIOD_OVERLAP);
  PUHUI_ACCEPTED(period("before", 20'000, 20'100));
  PUHUI_ACCEPTED(period("after", 20'200, 20'201));
}

TEST(Reports, AKeyBelongsToOneProjectADay) {
  City city;
  file(city, pv_methodology());
  open_account(city, "owner-main", "owner");
  auto first = pv_project("P1");
  first.set_crediting_to(20'150);
  PUHUI_ACCEPTED(file(city, first));
  auto other = pv_project("P2");
  other.add_keys("meter-1");
  PUHUI_REFUSED(file(city, other), ErrorCode::PERIOD_EXCLUSIVE);
  other.set_crediting_from(20'150);
  PUHUI_ACCEPTED(file(city, other));
  PUHUI_ACCEPTED(send(city, pv_report("a", "P1", {20'100, 20'150}, "10")));
  auto report = pv_report("b", "P2", {20'149, 20'250}, "10");
  report.add_keys("meter-1");
  PUHUI_REFUSED(send(city, report), ErrorCode::REPORT_OUTSIDE_PERIOD);
  EXPECT_FALSE(city.view().report("b"));
  report.set_from(20'150);
  PUHUI_ACCEPTED(send(city, report));
  PUHUI_REFUSED(send(city, pv_report("c", "P2", {20'150, 20'250}, "10")),
                ErrorCode::REPORT_PERIOD_OVERLAP);
}

TEST(Reports, OfAPeriodThatIsOver) {
  PvCity city;
  PUHUI_REFUSED(send(city, pv_report("a", "P1", {kToday - 10, kToday + 1}, "10")),
                ErrorCode::PERIOD_INVALID);
  PUHUI_ACCEPTED(send(city, pv_report("a", "P1", {kToday - 10, kToday}, "10")));
  // It is over with the last microsecond of its last day in Beijing.
  city.now = time_of_day(kToday + 1) - 1;
  PUHUI_REFUSED(send(city, pv_report("b", "P1", {kToday, kToday + 1}, "10")),
                ErrorCode::PERIOD_INVALID);
  city.now = time_of_day(kToday + 1);
  PUHUI_ACCEPTED(send(city, pv_report("b", "P1", {kToday, kToday + 1}, "10")));
}

// A later version may ask for less, for more, or have what was a parameter monitored.
TEST(Reports, TakeTheParametersOfTheVersionInForce) {
  City city;
  auto versions = std::vector<v1::Methodology>(4, pv_methodology());
  for (int i = 0; i < 4; ++i) {
    versions[i].set_version("V0" + std::to_string(i + 1));
    versions[i].set_effective_from(20'000 + 100 * i);
    versions[i].set_effective_to(20'100 + 100 * i);
  }
  versions[1].mutable_inputs()->RemoveLast();
  versions[1].clear_guards();
  versions[2].mutable_inputs(1)->set_role(v1::MONITORED);
  versions[3].mutable_inputs(1)->set_max("5");
  for (const auto& version : versions) PUHUI_ACCEPTED(file(city, version));
  open_account(city, "owner-main", "owner");
  PUHUI_ACCEPTED(file(city, pv_project("P1")));
  PUHUI_ACCEPTED(send(city, pv_report("a", "P1", {20'000, 20'100}, "10")));
  PUHUI_ACCEPTED(send(city, pv_report("b", "P1", {20'100, 20'200}, "10")));
  auto monitored = pv_report("c", "P1", {20'200, 20'300}, "10");
  PUHUI_REFUSED(send(city, monitored), ErrorCode::INPUT_MISSING);
  auto* capacity = monitored.add_inputs();
  capacity->set_name("capacity");
  capacity->set_value("2");
  PUHUI_ACCEPTED(send(city, monitored));
  PUHUI_REFUSED(send(city, pv_report("d", "P1", {20'300, 20'400}, "10")),
                ErrorCode::INPUT_OUT_OF_BOUNDS);
}

TEST(Reports, ARejectedOneFreesItsPeriod) {
  PvCity city;
  send(city, pv_report("a", "P1", {20'100, 20'200}, "10"));
  PUHUI_ACCEPTED(verify(city, "a", false));
  EXPECT_EQ(city.view().report("a")->state(), v1::REJECTED);
  PUHUI_REFUSED(issue(city, "a", "B"), ErrorCode::REPORT_STATE);
  PUHUI_REFUSED(verify(city, "a"), ErrorCode::REPORT_STATE);
  PUHUI_ACCEPTED(send(city, pv_report("b", "P1", {20'150, 20'160}, "10")));
}

TEST(Reports, OneVersionMustCoverThePeriod) {
  City city;
  auto first = pv_methodology();
  first.set_effective_to(20'150);
  file(city, first);
  auto second = pv_methodology();
  second.set_version("V02");
  second.set_effective_from(20'160);
  second.mutable_constants(0)->set_value("0.5");
  open_account(city, "owner-main", "owner");
  file(city, pv_project("P1"));
  PUHUI_REFUSED(send(city, pv_report("a", "P1", {20'160, 20'200}, "10")),
                ErrorCode::METHODOLOGY_NOT_IN_FORCE);
  file(city, second);
  PUHUI_REFUSED(send(city, pv_report("a", "P1", {20'100, 20'151}, "10")),
                ErrorCode::METHODOLOGY_NOT_IN_FORCE);
  PUHUI_REFUSED(send(city, pv_report("a", "P1", {20'140, 20'170}, "10")),
                ErrorCode::METHODOLOGY_NOT_IN_FORCE);
  PUHUI_ACCEPTED(send(city, pv_report("a", "P1", {20'100, 20'150}, "10")));
  PUHUI_ACCEPTED(send(city, pv_report("b", "P1", {20'160, 20'200}, "10")));
  EXPECT_EQ(city.view().report("a")->result_g(), 6'000'000);
  EXPECT_EQ(city.view().report("b")->result_g(), 5'000'000);
  EXPECT_EQ(city.view().report("b")->methodology_version(), "V02");
}

TEST(Issuance, GoesThroughItsStates) {
  PvCity city;
  send(city, pv_report("a", "P1", {20'100, 20'200}, "10"));
  PUHUI_REFUSED(issue(city, "x", "B1"), ErrorCode::REPORT_UNKNOWN);
  PUHUI_REFUSED(issue(city, "a", "B1"), ErrorCode::REPORT_STATE);
  verify(city, "a");
  PUHUI_REFUSED(issue(city, "a", "b-1"), ErrorCode::EVENT_MALFORMED);
  auto alone = city.event("operator");
  alone.mutable_issue()->set_report("a");
  alone.mutable_issue()->set_batch("B1");
  PUHUI_FAILED(city.send(alone, {"operator"}), ErrorCode::SIGNATURE_MISSING);
  PUHUI_ACCEPTED(city.send(alone, {"operator", "bureau"}));
  PUHUI_REFUSED(issue(city, "a", "B2"), ErrorCode::REPORT_STATE);
  send(city, pv_report("b", "P1", {20'200, 20'300}, "10"));
  verify(city, "b");
  PUHUI_REFUSED(issue(city, "b", "B1"), ErrorCode::BATCH_EXISTS);
  const auto issued = issue(city, "b", "B2");
  ASSERT_EQ(issued.decision, v1::ACCEPTED);
  EXPECT_EQ(issued.outcome.serials(0).start(), 6'001U);
  EXPECT_EQ(issued.outcome.serials(0).end(), 12'000U);
  EXPECT_EQ(city.view().batches({}).items_size(), 2);
}

// Results in grams, which may be negative.
class GramCity : public City {
 public:
  explicit GramCity(v1::Remainder remainder = v1::REMAINDER_UNSPECIFIED) {
    auto m = pv_methodology();
    m.set_remainder(remainder);
    m.mutable_inputs(0)->set_min("-1000000");
    m.mutable_constants(0)->set_value("1");
    m.set_result_unit(v1::GRAM);
    file(*this, m);
    open_account(*this, "owner-main", "owner");
    file(*this, pv_project("P1"));
  }
  void report(const std::string& name, const std::string& grams) {
    ++reports_;
    const auto answer = ledger::testing::send(
        *this, pv_report(name, "P1", {20'000 + reports_ * 10, 20'010 + reports_ * 10}, grams));
    EXPECT_EQ(answer.decision, v1::ACCEPTED) << code_name(answer.code);
    EXPECT_EQ(verify(*this, name).decision, v1::ACCEPTED);
  }
  [[nodiscard]] v1::ReportState state(const std::string& name) const {
    return view().report(name)->state();
  }
  [[nodiscard]] std::int64_t carried() const { return view().project("P1")->remainder_g(); }

 private:
  std::int64_t reports_ = 0;
};

TEST(Issuance, RemaindersAreCarried) {
  GramCity city;
  city.report("a", "1999");
  PUHUI_ACCEPTED(issue(city, "a", "B1"));
  EXPECT_EQ(city.carried(), 999);
  city.report("b", "1001");
  const auto issued = issue(city, "b", "B2");
  EXPECT_EQ(issued.outcome.serials(0).start(), 2U);
  EXPECT_EQ(issued.outcome.serials(0).end(), 3U);
  EXPECT_EQ(city.carried(), 0);
}

TEST(Issuance, LessThanAKilogramIsCarried) {
  GramCity city;
  city.report("a", "600");
  EXPECT_EQ(city.state("a"), v1::CARRIED);
  EXPECT_EQ(city.carried(), 600);
  PUHUI_REFUSED(issue(city, "a", "B1"), ErrorCode::REPORT_STATE);
  city.report("b", "400");
  EXPECT_EQ(city.state("b"), v1::VERIFIED);
  PUHUI_ACCEPTED(issue(city, "b", "B1"));
  EXPECT_EQ(city.totals().units_issued_kg(), 1);
  EXPECT_EQ(city.carried(), 0);
}

TEST(Issuance, RemaindersAreDroppedWhereTheMethodologySaysSo) {
  GramCity city(v1::REMAINDER_DROPPED);
  city.report("a", "1999");
  PUHUI_ACCEPTED(issue(city, "a", "B1"));
  EXPECT_EQ(city.carried(), 0);
  EXPECT_EQ(city.view().report("a")->dropped_g(), 999);
  city.report("small", "600");
  EXPECT_EQ(city.state("small"), v1::CARRIED);
  EXPECT_EQ(city.view().report("small")->dropped_g(), 600);
  EXPECT_EQ(city.carried(), 0);
  // What is lacking is never dropped.
  city.report("minus", "-1500");
  EXPECT_EQ(city.carried(), -1'500);
  city.report("b", "2700");
  PUHUI_ACCEPTED(issue(city, "b", "B2"));
  EXPECT_EQ(city.totals().units_issued_kg(), 2);
  EXPECT_EQ(city.view().report("b")->dropped_g(), 200);
  EXPECT_EQ(city.carried(), 0);
  // Its recall restores what the project lacked before.
  PUHUI_ACCEPTED(file_rules(city, registry_rules("recalls")));
  PUHUI_ACCEPTED(recall(city, "B2"));
  EXPECT_EQ(city.state("b"), v1::RECALLED);
  EXPECT_EQ(city.carried(), -1'500);
}

TEST(Issuance, RemaindersAreCarriedByRuleToo) {
  GramCity city(v1::REMAINDER_CARRIED);
  city.report("a", "1999");
  PUHUI_ACCEPTED(issue(city, "a", "B1"));
  EXPECT_EQ(city.carried(), 999);
  EXPECT_EQ(city.view().report("a")->dropped_g(), 0);
}

TEST(Issuance, NegativeResultsLessenTheNextOnes) {
  GramCity city;
  city.report("a", "5000");
  city.report("minus", "-10000");
  EXPECT_EQ(city.state("minus"), v1::CARRIED);
  // What was verified before is carried along, and nothing is issued.
  const auto carried = issue(city, "a", "B1");
  PUHUI_ACCEPTED(carried);
  EXPECT_EQ(carried.outcome.facts(0).value(), "0");
  EXPECT_EQ(carried.outcome.serials_size(), 0);
  EXPECT_EQ(city.state("a"), v1::CARRIED);
  EXPECT_EQ(city.carried(), -5000);
  EXPECT_FALSE(city.view().batch("B1"));
  PUHUI_REFUSED(issue(city, "a", "B1"), ErrorCode::REPORT_STATE);
  city.report("b", "8000");
  EXPECT_EQ(city.state("b"), v1::VERIFIED);
  PUHUI_ACCEPTED(issue(city, "b", "B1"));
  EXPECT_EQ(city.totals().units_issued_kg(), 3);
  EXPECT_EQ(city.carried(), 0);
}

// What is worth a kilogram by itself is looked at before it pays off a deficit.
TEST(Issuance, WhatPaysOffADeficitIsPublicisedToo) {
  GramCity city;
  auto rules = registry_rules("notice");
  rules.mutable_issuance_notice()->set_days(1);
  PUHUI_ACCEPTED(file_rules(city, rules));
  city.report("minus", "-5000");
  EXPECT_EQ(city.state("minus"), v1::CARRIED);
  city.report("a", "4000");
  EXPECT_EQ(city.state("a"), v1::VERIFIED);
  EXPECT_EQ(city.carried(), -5'000);
  PUHUI_REFUSED(issue(city, "a", "B1"), ErrorCode::REPORT_STATE);
  PUHUI_ACCEPTED(open_notice(city, report_named("a")));
  city.now = city.view().report("a")->notice().until();
  PUHUI_ACCEPTED(issue(city, "a", "B1"));
  EXPECT_EQ(city.state("a"), v1::CARRIED);
  EXPECT_EQ(city.carried(), -1'000);
  EXPECT_FALSE(city.view().batch("B1"));
  city.report("small", "999");
  EXPECT_EQ(city.state("small"), v1::CARRIED);
  EXPECT_EQ(city.carried(), -1);
  city.report("exact", "1000");
  EXPECT_EQ(city.state("exact"), v1::VERIFIED);
}

TEST(Issuance, TheLargestAmounts) {
  City city;
  auto m = pv_methodology();
  m.mutable_inputs(0)->set_max("9000000000000");
  m.mutable_inputs(0)->set_scale(0);
  m.mutable_constants(0)->set_value("1");
  file(city, m);
  open_account(city, "owner-main", "owner");
  file(city, pv_project("P1"));
  for (int i = 0; i < 3; ++i) {
    const auto name = std::to_string(i);
    send(city, pv_report("r" + name, "P1", {20'100 + i, 20'101 + i}, "9000000000000"));
    verify(city, "r" + name);
    PUHUI_ACCEPTED(issue(city, "r" + name, "B" + name));
  }
  EXPECT_EQ(city.totals().units_issued_kg(), 27'000'000'000'000'000);
}

TEST(Issuance, WhatIsCarriedFits64Bits) {
  City city;
  auto m = pv_methodology();
  m.mutable_inputs(0)->set_min("-9000000000000000000");
  m.mutable_inputs(0)->set_scale(0);
  m.mutable_constants(0)->set_value("1");
  m.set_result_unit(v1::GRAM);
  file(city, m);
  open_account(city, "owner-main", "owner");
  file(city, pv_project("P1"));
  send(city, pv_report("a", "P1", {20'100, 20'101}, "-9000000000000000000"));
  send(city, pv_report("b", "P1", {20'101, 20'102}, "-9000000000000000000"));
  PUHUI_ACCEPTED(verify(city, "a"));
  PUHUI_REFUSED(verify(city, "b"), ErrorCode::AMOUNT_OVERFLOW);
}

TEST(Issuance, ResultsBeyond64BitsAreRefused) {
  City city;
  auto m = pv_methodology();
  m.mutable_inputs(0)->set_max("900000000000000");
  m.mutable_inputs(0)->set_scale(0);
  m.mutable_constants(0)->set_value("1");
  file(city, m);
  open_account(city, "owner-main", "owner");
  file(city, pv_project("P1"));
  PUHUI_REFUSED(send(city, pv_report("r", "P1", {20'100, 20'101}, "900000000000000")),
                ErrorCode::RESULT_TOO_LARGE);
}

}  // namespace
}  // namespace puhui::ledger::testing
