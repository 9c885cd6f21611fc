// Whose periods of a key are whose: of projects that are filed, or under notice.
#include <gtest/gtest.h>

#include "tests/ledger/registry.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

// Projects are filed at once.
struct Periods : ::testing::Test {
  RegistryCity city;
  void SetUp() override { PUHUI_ACCEPTED(file(city, pv_methodology())); }
  static v1::FileProject project(const std::string& code, Period period,
                                 const std::vector<std::string>& keys = {"meter-1"}) {
    auto project = pv_project(code);
    project.clear_keys();
    for (const auto& key : keys) project.add_keys(key);
    project.set_crediting_from(period.from);
    project.set_crediting_to(period.to);
    return project;
  }
};

TEST_F(Periods, OfOneKeyBelongToOneProject) {
  PUHUI_ACCEPTED(file(city, project("P1", {20'100, 20'200})));
  for (const auto& [from, to] : std::vector<Period>{{20'100, 20'200},
                                                    {20'150, 20'160},
                                                    {20'000, 20'101},
                                                    {20'199, 20'300},
                                                    {20'100, 20'101},
                                                    {20'000, 20'300}}) {
    const auto refused = file(city, project("P2", {from, to}));
    PUHUI_REFUSED(refused, PERIOD_EXCLUSIVE);
    EXPECT_EQ(refused.outcome.used(), "P1");
    EXPECT_EQ(refused.outcome.asked(), "meter-1 " + period_text(from, to));
  }
  PUHUI_ACCEPTED(file(city, project("BEFORE", {20'000, 20'100})));
  PUHUI_ACCEPTED(file(city, project("AFTER", {20'200, 20'300})));
  PUHUI_ACCEPTED(file(city, project("OTHER", {20'100, 20'200}, {"meter-2"})));
  const auto before = file(city, project("P2", {20'050, 20'060}));
  PUHUI_REFUSED(before, PERIOD_EXCLUSIVE);
  EXPECT_EQ(before.outcome.used(), "BEFORE");
}

TEST_F(Periods, AreTakenOfAllKeysOrNone) {
  PUHUI_ACCEPTED(file(city, project("P1", {20'100, 20'200}, {"m1", "m2"})));
  PUHUI_REFUSED(file(city, project("P2", {20'150, 20'250}, {"m0", "m2", "m3"})), PERIOD_EXCLUSIVE);
  PUHUI_ACCEPTED(file(city, project("P3", {20'100, 20'200}, {"m0", "m3"})));
  // A name that another begins with is another key.
  PUHUI_ACCEPTED(file(city, project("P4", {20'100, 20'200}, {"m", "m11"})));
}

TEST_F(Periods, AreNotTakenByWhatIsNotSigned) {
  auto unsigned_one = city.event("operator");
  *unsigned_one.mutable_file_project() = project("P1", {20'100, 20'200});
  PUHUI_FAILED(city.send(unsigned_one, {"operator"}), SIGNATURE_MISSING);
  PUHUI_ACCEPTED(file(city, project("P2", {20'100, 20'200})));
}

TEST_F(Periods, ThatAreOverAreKeptByWhatWasFiledWhateverBecomesOfIt) {
  PUHUI_ACCEPTED(file(city, project("P1", {20'100, 20'200})));
  for (const auto standing : {v1::CLOSED, v1::REVOKED}) {
    PUHUI_ACCEPTED(stand(city, "P1", standing));
    PUHUI_REFUSED(file(city, project("P2", {20'150, 20'250})), PERIOD_EXCLUSIVE);
  }
}

// Until the end of the day, and no longer.
TEST_F(Periods, ToComeAreFreedByProjectsThatEnd) {
  const Period all{20'100, kToday + 1'000}, today{kToday, kToday + 1}, later{kToday + 1, 23'000};
  for (const auto standing : {v1::CLOSED, v1::REVOKED}) {
    const auto name = v1::Standing_Name(standing);
    const std::vector<std::string> meter{name == "CLOSED" ? "meter-1" : "meter-2"};
    PUHUI_ACCEPTED(file(city, project(name, all, meter)));
    for (const auto stands : {v1::STANDING_SUSPENDED, v1::IN_FORCE}) {
      PUHUI_ACCEPTED(stand(city, name, stands));
      PUHUI_REFUSED(file(city, project("NEXT" + name, later, meter)), PERIOD_EXCLUSIVE);
    }
    PUHUI_ACCEPTED(stand(city, name, standing));
    PUHUI_REFUSED(file(city, project("NEXT" + name, today, meter)), PERIOD_EXCLUSIVE);
    PUHUI_REFUSED(file(city, project("NEXT" + name, all, meter)), PERIOD_EXCLUSIVE);
    PUHUI_ACCEPTED(file(city, project("NEXT" + name, later, meter)));
  }
}

TEST_F(Periods, OfProjectsThatEndBeforeTheyBeginAreAllFree) {
  const Period next_year{kToday + 365, kToday + 730};
  PUHUI_ACCEPTED(file(city, project("P1", next_year)));
  PUHUI_REFUSED(file(city, project("P2", next_year)), PERIOD_EXCLUSIVE);
  PUHUI_ACCEPTED(stand(city, "P1", v1::CLOSED));
  PUHUI_ACCEPTED(file(city, project("P2", next_year)));
  PUHUI_REFUSED(file(city, project("P3", next_year)), PERIOD_EXCLUSIVE);
}

// Projects are filed after a notice.
struct PeriodsUnderNotice : Periods {
  void SetUp() override {
    Periods::SetUp();
    auto rules = registry_rules("notice");
    add_procedure(rules, v1::FILING_PROJECT, {0, 3});
    PUHUI_ACCEPTED(file_rules(city, rules));
    for (const auto& [filing, code, from] :
         {std::tuple{"a", "PA", 20'000}, {"b", "PB", 20'100}, {"c", "PC", 20'050}})
      PUHUI_ACCEPTED(draft(city, filing, subject_of(project(code, {from, from + 100}))));
    PUHUI_ACCEPTED(open_notice(city, filing_named("a")));
  }
  Answer open(const std::string& filing) { return open_notice(city, filing_named(filing)); }
};

TEST_F(PeriodsUnderNotice, AreTakenWithIt) {
  PUHUI_ACCEPTED(open("b"));
  PUHUI_REFUSED(open("c"), PERIOD_EXCLUSIVE);
  EXPECT_EQ(state_of(city, "c"), v1::FILING_REVIEWED);
  city.now = notice_end(city, "b");
  for (const auto* filing : {"a", "b"}) PUHUI_ACCEPTED(complete(city, filing));
  PUHUI_REFUSED(open("c"), PERIOD_EXCLUSIVE);
  PUHUI_ACCEPTED(withdraw(city, "c"));
  // What never had them does not free them.
  PUHUI_ACCEPTED(draft(city, "d", subject_of(project("PD", {20'050, 20'060}))));
  PUHUI_REFUSED(open("d"), PERIOD_EXCLUSIVE);
}

TEST_F(PeriodsUnderNotice, AreFreedWhenItIsWithdrawn) {
  PUHUI_REFUSED(open("c"), PERIOD_EXCLUSIVE);
  PUHUI_ACCEPTED(withdraw(city, "a"));
  PUHUI_ACCEPTED(open("c"));
  PUHUI_REFUSED(open("b"), PERIOD_EXCLUSIVE);
}

TEST_F(PeriodsUnderNotice, AreFreedWhenItIsTurnedDown) {
  PUHUI_ACCEPTED(raise(city, filing_named("a"), "objection"));
  PUHUI_REFUSED(open("c"), PERIOD_EXCLUSIVE);
  PUHUI_ACCEPTED(judge(city, filing_named("a"), "objection", Upheld::yes));
  PUHUI_ACCEPTED(open("c"));
}

TEST_F(PeriodsUnderNotice, AreNotTheProjectsOfAnotherFiling) {
  // The same project once more, for another time: only one of the two is filed.
  PUHUI_ACCEPTED(draft(city, "again", subject_of(project("PA", {20'200, 20'300}))));
  PUHUI_ACCEPTED(open("again"));
  city.now = notice_end(city, "again");
  PUHUI_ACCEPTED(complete(city, "a"));
  PUHUI_REFUSED(complete(city, "again"), PROJECT_EXISTS);
  PUHUI_ACCEPTED(withdraw(city, "again"));
  PUHUI_ACCEPTED(draft(city, "d", subject_of(project("PD", {20'200, 20'300}))));
  PUHUI_ACCEPTED(open("d"));
  PUHUI_ACCEPTED(draft(city, "e", subject_of(project("PE", {20'090, 20'100}))));
  PUHUI_REFUSED(open("e"), PERIOD_EXCLUSIVE);
}

TEST_F(Periods, WithoutNoticeAreTakenAtCompletion) {
  auto rules = registry_rules("no notice");
  add_procedure(rules, v1::FILING_PROJECT, {0, 0});
  PUHUI_ACCEPTED(file_rules(city, rules));
  for (const auto* name : {"a", "b", "c"})
    PUHUI_ACCEPTED(draft(
        city, name, subject_of(project(name == std::string("a") ? "PA" : "PB", {20'000, 20'100}))));
  PUHUI_ACCEPTED(complete(city, "a"));
  PUHUI_REFUSED(complete(city, "b"), PERIOD_EXCLUSIVE);
  EXPECT_FALSE(city.view().project("PB"));
  PUHUI_ACCEPTED(withdraw(city, "b"));
  PUHUI_REFUSED(complete(city, "c"), PERIOD_EXCLUSIVE);
}

}  // namespace
}  // namespace puhui::ledger::testing
