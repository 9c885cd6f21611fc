// Public notice: how long it lasts, objections, and whose periods are whose.
#include <gtest/gtest.h>

#include "tests/ledger/registry.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

v1::FilingSubject an_institution() { return subject_of("buyer", v1::SERVICE_INSTITUTION); }

// A city whose institutions are filed after a notice of three days, without review.
v1::RuleSet notice_rules(bool working_days = false) {
  auto rules = registry_rules(working_days ? "working days" : "days");
  add_procedure(rules, v1::FILING_INSTITUTION, {0, 3, working_days});
  return rules;
}

// Opens the notice of a draft at that time and answers when it ends.
Micros opened_at(City& city, const std::string& filing, Micros time) {
  city.now = time;
  EXPECT_EQ(open_notice(city, filing_named(filing)).decision, v1::ACCEPTED);
  return notice_end(city, filing);
}
Micros end_of_notice(City& city, const std::string& filing, Micros time) {
  EXPECT_EQ(draft(city, filing, an_institution()).decision, v1::ACCEPTED);
  return opened_at(city, filing, time);
}

// ---- Time ----

TEST(NoticeTime, IsWholeBeijingDaysFromTheNextOn) {
  RegistryCity city(notice_rules());
  for (const auto* name : {"noon", "late", "early"})
    PUHUI_ACCEPTED(draft(city, name, an_institution()));
  EXPECT_EQ(opened_at(city, "noon", kNoon + kSecond * 60), time_of_day(kToday + 4));
  // In the last microsecond of a day, and in the first of the next.
  EXPECT_EQ(opened_at(city, "late", time_of_day(kToday + 1) - 1), time_of_day(kToday + 4));
  EXPECT_EQ(opened_at(city, "early", time_of_day(kToday + 1)), time_of_day(kToday + 5));
}

TEST(NoticeTime, EndsWithItsLastMicrosecond) {
  RegistryCity city(notice_rules());
  const auto until = end_of_notice(city, "f", kNoon + kSecond * 60);
  city.now = until - 1;
  const auto refused = complete(city, "f");
  PUHUI_REFUSED(refused, NOTICE_RUNNING);
  EXPECT_EQ(refused.outcome.limit(), "2026-01-19 00:00:00 +08:00");
  city.now = until;
  PUHUI_ACCEPTED(complete(city, "f"));
}

TEST(NoticeTime, IsToldWhenItBegins) {
  RegistryCity city(notice_rules());
  PUHUI_ACCEPTED(draft(city, "f", an_institution()));
  PUHUI_FAILED(open_notice(city, filing_named("f"), "buyer"), SIGNATURE_MISSING);
  const auto opened = open_notice(city, filing_named("f"));
  PUHUI_ACCEPTED(opened);
  EXPECT_EQ(opened.outcome.facts(0).name(), "until");
  EXPECT_EQ(opened.outcome.facts(0).value(), "2026-01-19 00:00:00 +08:00");
  EXPECT_EQ(city.view().filing("f")->notice().opened_at(), static_cast<std::int64_t>(opened.leaf));
  PUHUI_REFUSED(open_notice(city, {}), EVENT_MALFORMED);
}

// 2026-01-15 is a Thursday.
constexpr std::int64_t kFriday = kToday + 1, kSaturday = kToday + 2, kMonday = kToday + 4;

v1::RuleSet working_rules(const std::vector<std::int64_t>& holidays = {},
                          const std::vector<std::int64_t>& worked = {}) {
  auto rules = notice_rules(true);
  auto& calendar = *rules.mutable_calendar();
  calendar.set_from(kToday - 14);
  calendar.set_to(kToday + 351);
  for (const auto day : holidays) calendar.add_holidays(day);
  for (const auto day : worked) calendar.add_worked_weekend_days(day);
  return rules;
}

struct WorkingDays {
  const char* what;
  std::vector<std::int64_t> holidays, worked;
  std::int64_t opened;  // day
  std::int64_t until;   // day after the last
};

TEST(NoticeTime, CountsWorkingDays) {
  const std::vector<WorkingDays> cases = {
      {"within a week", {}, {}, kMonday, kMonday + 4},
      {"across a weekend", {}, {}, kToday, kMonday + 2},
      {"from a Friday", {}, {}, kFriday, kMonday + 3},
      {"from a Saturday", {}, {}, kSaturday, kMonday + 3},
      {"a holiday", {kMonday}, {}, kToday, kMonday + 3},
      {"the day itself is none", {kToday}, {}, kToday, kMonday + 2},
      {"the last day is a holiday", {kMonday + 1}, {}, kToday, kMonday + 3},
      {"a holiday on a weekend", {kSaturday}, {}, kToday, kMonday + 2},
      {"a worked Saturday", {}, {kSaturday}, kToday, kMonday + 1},
      {"a worked weekend", {}, {kSaturday, kSaturday + 1}, kToday, kMonday},
      {"a holiday made up for", {kFriday}, {kSaturday}, kToday, kMonday + 2},
      {"a golden week",
       {kFriday, kMonday, kMonday + 1, kMonday + 2, kMonday + 3, kMonday + 4},
       {kSaturday},
       kToday,
       kMonday + 9},
  };
  for (const auto& one : cases) {
    RegistryCity city(working_rules(one.holidays, one.worked));
    const auto opened = std::max(city.now + kSecond, time_of_day(one.opened));
    EXPECT_EQ(end_of_notice(city, "f", opened), time_of_day(one.until)) << one.what;
  }
}

TEST(NoticeTime, IsNotGuessedBeyondTheCalendar) {
  const auto known = [](std::int64_t from, std::int64_t to) {
    auto rules = working_rules();
    rules.mutable_calendar()->set_from(from);
    rules.mutable_calendar()->set_to(to);
    return rules;
  };
  // Friday, Monday and Tuesday are counted; Wednesday is not looked at.
  const auto wednesday = kMonday + 2;
  for (const auto& rules : {known(kToday - 14, wednesday - 1), known(kToday - 14, kFriday),
                            known(kSaturday, kToday + 100)}) {
    RegistryCity city(rules);
    PUHUI_ACCEPTED(draft(city, "f", an_institution()));
    PUHUI_REFUSED(open_notice(city, filing_named("f")), CALENDAR_UNKNOWN);
    EXPECT_EQ(state_of(city, "f"), v1::FILING_REVIEWED);
    // The calendar is that of the rules of the day, not of the draft.
    PUHUI_ACCEPTED(file_rules(city, known(kFriday, wednesday)));
    PUHUI_ACCEPTED(open_notice(city, filing_named("f")));
    EXPECT_EQ(notice_end(city, "f"), time_of_day(wednesday));
  }
}

TEST(NoticeTime, CalendarsAreChecked) {
  City city;
  const auto with = [&city](auto change) {
    auto rules = working_rules({kMonday}, {kSaturday});
    change(*rules.mutable_calendar());
    return file_rules(city, rules);
  };
  using C = v1::Calendar;
  PUHUI_REFUSED(with([](C& c) { c.set_from(-1); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.set_to(c.from() - 1); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.set_to(c.from() + 3'661); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.add_holidays(c.to()); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.add_worked_weekend_days(c.from() - 1); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.add_worked_weekend_days(kFriday); }), RULE_MALFORMED);
  PUHUI_ACCEPTED(with([](C&) {}));
}

// ---- Objections ----

struct Objections : ::testing::Test {
  RegistryCity city{notice_rules()};
  Micros until = 0;
  const v1::NoticeSubject about = filing_named("f");

  void SetUp() override { until = end_of_notice(city, "f", kNoon + kSecond * 60); }
  [[nodiscard]] v1::Objection objection(int index) const {
    return city.view().filing("f")->notice().objections(index);
  }
};

TEST_F(Objections, BlockUntilTheyAreDismissed) {
  const auto raised = raise(city, about, "neighbour");
  PUHUI_ACCEPTED(raised);
  EXPECT_EQ(objection(0).state(), v1::OBJECTION_OPEN);
  EXPECT_EQ(objection(0).party(), "buyer");
  EXPECT_EQ(objection(0).raised_at(), static_cast<std::int64_t>(raised.leaf));
  PUHUI_ACCEPTED(raise(city, about, "expert", "expert3"));
  city.now = until;
  PUHUI_REFUSED(complete(city, "f"), OBJECTION_PENDING);
  const auto judged = judge(city, about, "neighbour", Upheld::no);
  PUHUI_ACCEPTED(judged);
  EXPECT_EQ(objection(0).state(), v1::OBJECTION_DISMISSED);
  EXPECT_EQ(objection(0).decided_at(), static_cast<std::int64_t>(judged.leaf));
  EXPECT_EQ(objection(0).decision().name(), "decision");
  const auto pending = complete(city, "f");
  PUHUI_REFUSED(pending, OBJECTION_PENDING);
  EXPECT_EQ(pending.outcome.used(), "expert");
  PUHUI_ACCEPTED(judge(city, about, "expert", Upheld::no));
  PUHUI_REFUSED(judge(city, about, "expert", Upheld::yes), OBJECTION_UNKNOWN);
  PUHUI_ACCEPTED(complete(city, "f"));
}

TEST_F(Objections, ThatAreUpheldTurnItDown) {
  for (const auto* name : {"a", "b"}) PUHUI_ACCEPTED(raise(city, about, name));
  const auto judged = judge(city, about, "b", Upheld::yes);
  PUHUI_ACCEPTED(judged);
  EXPECT_EQ(state_of(city, "f"), v1::FILING_TURNED_DOWN);
  EXPECT_EQ(objection(1).state(), v1::OBJECTION_UPHELD);
  EXPECT_EQ(objection(0).state(), v1::OBJECTION_OPEN);
  EXPECT_EQ(city.view().filing("f")->ended_at(), static_cast<std::int64_t>(judged.leaf));
  PUHUI_REFUSED(judge(city, about, "a", Upheld::no), FILING_STATE);
  city.now = until;
  PUHUI_REFUSED(complete(city, "f"), FILING_STATE);
  PUHUI_REFUSED(withdraw(city, "f"), FILING_STATE);
  EXPECT_EQ(city.view().party("buyer")->roles_size(), 1);
}

TEST_F(Objections, AreRaisedUpToTheLastMicrosecond) {
  city.now = until - 1;
  PUHUI_ACCEPTED(raise(city, about, "in-time"));
  city.now = until;
  const auto late = raise(city, about, "late");
  PUHUI_REFUSED(late, NOTICE_OVER);
  EXPECT_EQ(late.outcome.limit(), time_text(until));
  PUHUI_REFUSED(complete(city, "f"), OBJECTION_PENDING);
  PUHUI_ACCEPTED(judge(city, about, "in-time", Upheld::no));
  PUHUI_ACCEPTED(complete(city, "f"));
}

TEST_F(Objections, HaveANameOfTheirOwnAndGrounds) {
  PUHUI_ACCEPTED(raise(city, about, "a"));
  PUHUI_REFUSED(raise(city, about, "a", "expert1"), OBJECTION_EXISTS);
  PUHUI_REFUSED(raise(city, about, "No name"), EVENT_MALFORMED);
  PUHUI_REFUSED(raise(city, filing_named("g"), "a"), FILING_UNKNOWN);
  PUHUI_REFUSED(raise(city, report_named("r"), "a"), REPORT_UNKNOWN);
  auto groundless = city.event("buyer");
  auto& action = *groundless.mutable_raise_objection();
  *action.mutable_about() = about;
  action.set_objection("b");
  PUHUI_REFUSED(city.send(groundless, {"buyer"}), EVENT_MALFORMED);
}

TEST_F(Objections, AreBoundedForEachPartyAndForAll) {
  int raised = 0;
  const auto next = [&](const char* by) {
    return raise(city, about, "o" + std::to_string(raised++), by);
  };
  for (const auto* by : {"buyer", "expert1", "expert2", "expert3", "owner", "operator", "bureau"}) {
    for (int i = 0; i < 8; ++i) PUHUI_ACCEPTED(next(by));
    PUHUI_REFUSED(next(by), OBJECTION_PENDING);
  }
  PUHUI_ACCEPTED(judge(city, about, "o0", Upheld::no));
  for (int i = 0; i < 8; ++i) PUHUI_ACCEPTED(next("verifier"));
  PUHUI_REFUSED(next("buyer"), TOO_LARGE);
}

TEST_F(Objections, AreDecidedByTheAuthorityInWriting) {
  PUHUI_ACCEPTED(raise(city, about, "a"));
  PUHUI_REFUSED(judge(city, about, "b", Upheld::yes), OBJECTION_UNKNOWN);
  auto unwritten = decision_event(city, about, "a", Upheld::yes);
  unwritten.mutable_decide_objection()->clear_decision();
  PUHUI_REFUSED(city.send(unwritten, {"bureau"}), EVENT_MALFORMED);
  auto by_operator = decision_event(city, about, "a", Upheld::yes);
  by_operator.set_party("operator");
  PUHUI_FAILED(city.send(by_operator, {"operator"}), SIGNATURE_MISSING);
  EXPECT_EQ(objection(0).state(), v1::OBJECTION_OPEN);
}

// ---- Whose periods ----

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

TEST_F(Periods, AreKeptByWhatWasFiledWhateverBecomesOfIt) {
  PUHUI_ACCEPTED(file(city, project("P1", {20'100, 20'200})));
  for (const auto standing : {v1::CLOSED, v1::REVOKED}) {
    PUHUI_ACCEPTED(stand(city, "P1", standing));
    PUHUI_REFUSED(file(city, project("P2", {20'150, 20'250})), PERIOD_EXCLUSIVE);
  }
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
