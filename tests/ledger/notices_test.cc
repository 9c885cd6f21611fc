// Public notice: how long it lasts, and objections.
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
  // In order, and no day twice.
  for (const auto day : {kFriday, kMonday})
    PUHUI_REFUSED(with([day](C& c) { c.add_holidays(day); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.add_worked_weekend_days(kSaturday); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](C& c) { c.add_worked_weekend_days(kSaturday - 6); }), RULE_MALFORMED);
  PUHUI_ACCEPTED(with([](C& c) {
    c.add_holidays(kMonday + 1);
    c.add_worked_weekend_days(kSaturday + 1);
  }));
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
  EXPECT_EQ(objection(0).party(), "exchange");
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
  auto groundless = city.event("exchange");
  auto& action = *groundless.mutable_raise_objection();
  *action.mutable_about() = about;
  action.set_objection("b");
  PUHUI_REFUSED(city.send(groundless, {"exchange"}), EVENT_MALFORMED);
}

TEST_F(Objections, AreNotRaisedByTheInterested) {
  // Whom it is about, who drafted it, and another party of the same entity.
  for (const auto* by : {"buyer", "operator", "clerk"}) {
    const auto refused = raise(city, about, "own", by);
    PUHUI_REFUSED(refused, REVIEW_INDEPENDENCE);
    EXPECT_EQ(refused.outcome.rule(), "objection.independence");
  }
  EXPECT_EQ(city.view().filing("f")->notice().objections_size(), 0);
  PUHUI_ACCEPTED(raise(city, about, "own", "insider"));
}

TEST_F(Objections, AreNotRaisedByThoseWhoSignedTheDraft) {
  const auto drafted = draft_event(city, "g", an_institution());
  PUHUI_ACCEPTED(city.send(drafted, {"operator", "expert1", "owner"}));
  ASSERT_EQ(city.view().filing("g")->signers_size(), 3);
  PUHUI_ACCEPTED(open_notice(city, filing_named("g")));
  for (const auto* by : {"expert1", "owner", "insider"})
    PUHUI_REFUSED(raise(city, filing_named("g"), "a", by), REVIEW_INDEPENDENCE);
  PUHUI_ACCEPTED(raise(city, filing_named("g"), "a", "expert2"));
}

TEST_F(Objections, AreFourOfEachLegalEntity) {
  int raised = 0;
  const auto next = [&](const char* by) {
    return raise(city, about, "o" + std::to_string(raised++), by);
  };
  for (const auto* by : {"owner", "owner", "insider", "insider"}) PUHUI_ACCEPTED(next(by));
  for (const auto* by : {"owner", "insider"}) {
    const auto refused = next(by);
    PUHUI_REFUSED(refused, TOO_LARGE);
    EXPECT_EQ(refused.outcome.rule(), "objection.per_entity");
    EXPECT_EQ(refused.outcome.asked(), "entity of owner");
  }
  for (int i = 0; i < 4; ++i) PUHUI_ACCEPTED(next("exchange"));
  // One that was decided was raised all the same.
  PUHUI_ACCEPTED(judge(city, about, "o0", Upheld::no));
  PUHUI_REFUSED(next("owner"), TOO_LARGE);
  EXPECT_EQ(city.view().filing("f")->notice().objections_size(), 8);
}

// Parties of an entity each, who raise as many objections as they may.
TEST_F(Objections, AreSoManyInAll) {
  std::vector<Sent> registered, raised;
  for (int i = 0; i <= 64; ++i) {
    const auto name = "neighbour" + std::to_string(i);
    auto party = city.event("bureau");
    *party.mutable_register_party() = founding_party(name, {v1::MERCHANT});
    registered.push_back(sign(party, {"bureau"}));
  }
  for (int i = 0; i < 256; ++i) {
    const auto by = "neighbour" + std::to_string(i / 4);
    raised.push_back(sign(objection_event(city, about, "o" + std::to_string(i), by), {by}));
  }
  for (const auto& block : {registered, raised})
    for (const auto& answer : city.apply(block)) PUHUI_ACCEPTED(answer);
  const auto refused = raise(city, about, "one-more", "neighbour64");
  PUHUI_REFUSED(refused, TOO_LARGE);
  EXPECT_EQ(refused.outcome.rule(), "notice.objections");
  EXPECT_EQ(city.view().filing("f")->notice().objections_size(), 256);
}

TEST_F(Objections, AreDecidedByDifferentEntitiesWithoutInterest) {
  PUHUI_ACCEPTED(raise(city, about, "a"));
  const auto decided = [this](const Signers& signers) {
    return judge(city, about, "a", Upheld::no, signers);
  };
  // Drafter, whom it is about, who objects; whatever their roles.
  for (const auto* other : {"operator", "clerk", "buyer", "exchange"}) {
    const auto refused = decided({"bureau", other});
    PUHUI_REFUSED(refused, REVIEW_INDEPENDENCE);
    EXPECT_EQ(refused.outcome.asked(), other);
  }
  PUHUI_REFUSED(decided({"bureau", "owner", "insider"}), REVIEW_INDEPENDENCE);
  EXPECT_EQ(objection(0).state(), v1::OBJECTION_OPEN);
  PUHUI_ACCEPTED(decided({"bureau", "insider", "expert1"}));
}

TEST_F(Objections, AreDecidedByTheAuthorityInWriting) {
  PUHUI_ACCEPTED(raise(city, about, "a"));
  PUHUI_REFUSED(judge(city, about, "b", Upheld::yes), OBJECTION_UNKNOWN);
  auto unwritten = decision_event(city, about, "a", Upheld::yes);
  unwritten.mutable_decide_objection()->clear_decision();
  PUHUI_REFUSED(city.send(unwritten, {"bureau"}), EVENT_MALFORMED);
  auto by_expert = decision_event(city, about, "a", Upheld::yes);
  by_expert.set_party("expert1");
  PUHUI_FAILED(city.send(by_expert, {"expert1"}), SIGNATURE_MISSING);
  EXPECT_EQ(objection(0).state(), v1::OBJECTION_OPEN);
}

}  // namespace
}  // namespace puhui::ledger::testing
