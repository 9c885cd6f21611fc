// From a verified report to units that may move: notice, registration, buffer, what is owed.
#include <gtest/gtest.h>

#include "tests/ledger/units.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

// ---- Notice before issuance ----

v1::RuleSet issuance_notice(std::uint32_t days) {
  auto rules = registry_rules("notice of " + std::to_string(days) + " days");
  rules.mutable_issuance_notice()->set_days(days);
  return rules;
}

struct IssuanceNotice : Units {
  IssuanceNotice() : Units(issuance_notice(2)) {}
  const v1::NoticeSubject about = report_named("r1");

  void SetUp() override { PUHUI_ACCEPTED(city.apply(city.reported(100)).back()); }
  Micros publicise() {
    EXPECT_EQ(open_notice(city, about).decision, v1::ACCEPTED);
    return city.view().report("r1")->notice().until();
  }
  [[nodiscard]] v1::ReportState report_state() const { return city.view().report("r1")->state(); }
};

TEST_F(IssuanceNotice, IsOverBeforeUnitsAreIssued) {
  EXPECT_EQ(report_state(), v1::VERIFIED);
  PUHUI_REFUSED(issue(city, "r1", "B1"), REPORT_STATE);
  PUHUI_FAILED(open_notice(city, about, "owner"), SIGNATURE_MISSING);
  const auto until = publicise();
  EXPECT_EQ(until, time_of_day(kToday + 3));
  EXPECT_EQ(report_state(), v1::PUBLICISED);
  PUHUI_REFUSED(open_notice(city, about), REPORT_STATE);
  PUHUI_REFUSED(verify(city, "r1", false), REPORT_STATE);
  city.now = until - 1;
  PUHUI_REFUSED(issue(city, "r1", "B1"), NOTICE_RUNNING);
  city.now = until;
  PUHUI_ACCEPTED(issue(city, "r1", "B1"));
  EXPECT_EQ(report_state(), v1::ISSUED);
  EXPECT_EQ(city.held("owner-main"), 100);
}

TEST_F(IssuanceNotice, WaitsForObjections) {
  city.now = publicise() - 1;
  PUHUI_ACCEPTED(raise(city, about, "in-time"));
  city.now += 1;
  PUHUI_REFUSED(raise(city, about, "late"), NOTICE_OVER);
  PUHUI_REFUSED(issue(city, "r1", "B1"), OBJECTION_PENDING);
  PUHUI_ACCEPTED(judge(city, about, "in-time", Upheld::no));
  PUHUI_ACCEPTED(issue(city, "r1", "B1"));
}

// Nor decided by them.
TEST_F(IssuanceNotice, IsNotObjectedToByTheInterested) {
  const auto day = kToday - 10;
  auto signed_by_two = city.event("owner");
  *signed_by_two.mutable_submit_report() = pv_report("two", "P1", {day, day + 1}, "5");
  PUHUI_ACCEPTED(city.send(signed_by_two, {"owner", "expert1"}));
  ASSERT_EQ(city.view().report("two")->signers_size(), 2);
  PUHUI_ACCEPTED(verify(city, "two"));
  PUHUI_ACCEPTED(open_notice(city, report_named("two")));
  const auto of_two = report_named("two");
  for (const auto* by : {"owner", "insider", "expert1"})
    PUHUI_REFUSED(raise(city, of_two, "own", by), REVIEW_INDEPENDENCE);
  PUHUI_ACCEPTED(raise(city, of_two, "a"));
  for (const auto* other : {"owner", "insider", "expert1", "exchange"})
    PUHUI_REFUSED(judge(city, of_two, "a", Upheld::no, {"bureau", other}), REVIEW_INDEPENDENCE);
  PUHUI_ACCEPTED(judge(city, of_two, "a", Upheld::no, {"bureau", "expert2"}));
}

TEST_F(IssuanceNotice, IsOfProjectsThatStand) {
  PUHUI_ACCEPTED(stand(city, "P1", v1::STANDING_SUSPENDED));
  PUHUI_REFUSED(open_notice(city, about), PROJECT_STANDING);
  PUHUI_ACCEPTED(stand(city, "P1", v1::CLOSED));
  PUHUI_ACCEPTED(open_notice(city, about));
}

TEST_F(IssuanceNotice, TurnsAReportDownAndFreesItsPeriod) {
  const auto until = publicise();
  PUHUI_ACCEPTED(raise(city, about, "a"));
  auto again = city.view().report("r1")->submission();
  again.set_report("again");
  PUHUI_REFUSED(send(city, again), REPORT_PERIOD_OVERLAP);
  PUHUI_ACCEPTED(judge(city, about, "a", Upheld::yes));
  EXPECT_EQ(report_state(), v1::REJECTED);
  city.now = until;
  PUHUI_REFUSED(issue(city, "r1", "B1"), REPORT_STATE);
  PUHUI_REFUSED(raise(city, about, "b"), REPORT_STATE);
  PUHUI_ACCEPTED(send(city, again));
}

TEST_F(IssuanceNotice, IsOfVerifiedReports) {
  PUHUI_ACCEPTED(city.submit(city.reported(5).front()));
  PUHUI_REFUSED(open_notice(city, report_named("r2")), REPORT_STATE);
  PUHUI_REFUSED(open_notice(city, report_named("r9")), REPORT_UNKNOWN);
  PUHUI_ACCEPTED(city.apply(city.reported(0)).back());
  EXPECT_EQ(city.view().report("r3")->state(), v1::CARRIED);
  PUHUI_REFUSED(open_notice(city, report_named("r3")), REPORT_STATE);
}

TEST_F(IssuanceNotice, OnceOpenedIsKeptWhateverTheRules) {
  const auto until = publicise();
  PUHUI_ACCEPTED(file_rules(city, registry_rules("none")));
  PUHUI_REFUSED(issue(city, "r1", "B1"), NOTICE_RUNNING);
  PUHUI_ACCEPTED(city.issue_kg(7));
  PUHUI_ACCEPTED(city.apply(city.reported(8)).back());
  PUHUI_REFUSED(open_notice(city, report_named("r3")), REPORT_STATE);
  city.now = until;
  PUHUI_ACCEPTED(issue(city, "r1", "B1"));
}

TEST_F(IssuanceNotice, CountsWorkingDays) {
  auto rules = issuance_notice(2);
  rules.mutable_issuance_notice()->set_working_days(true);
  PUHUI_REFUSED(file_rules(city, rules), RULE_MALFORMED);
  rules.mutable_calendar()->set_from(kToday + 10);
  rules.mutable_calendar()->set_to(kToday + 20);
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_REFUSED(open_notice(city, about), CALENDAR_UNKNOWN);
  rules.mutable_calendar()->set_from(kToday);
  rules.mutable_calendar()->set_to(kToday + 10);
  PUHUI_ACCEPTED(file_rules(city, rules));
  EXPECT_EQ(publicise(), time_of_day(kToday + 5)) << "Friday and Monday";
}

// ---- Registration ----

v1::RuleSet registering(std::string_view share = {}) {
  auto rules = registry_rules("registers batches");
  rules.set_registers_batches(true);
  if (share.empty()) return rules;
  auto& buffer = *rules.add_buffers();
  buffer.set_share(std::string(share));
  buffer.set_account("buffer");
  return rules;
}

struct Registration : Units {
  explicit Registration(const v1::RuleSet& rules = registering()) : Units(rules) {}
  // Of a first batch of 10 kg, so many are reversed.
  Answer reverse_issued(std::int64_t kilograms) {
    EXPECT_EQ(city.issue_kg(10).decision, v1::ACCEPTED);
    return reverse(city, "P1", kilograms);
  }
};

TEST_F(Registration, LetsUnitsMove) {
  PUHUI_ACCEPTED(city.issue_kg(100));
  EXPECT_EQ(city.held("owner-main"), 100);
  EXPECT_EQ(city.bound("owner-main"), 100);
  EXPECT_EQ(city.view().batch("B1")->registered_at(), 0);
  const Move out{"owner-main", "buyer-main"};
  PUHUI_REFUSED(transfer(city, out, {{1, 10}}), SERIAL_BOUND);
  const auto amount = transfer(city, out, 1);
  PUHUI_REFUSED(amount, BALANCE_INSUFFICIENT);
  EXPECT_EQ(amount.outcome.used(), "100 kg bound");
  PUHUI_REFUSED(retire(city, "owner-main", {{5, 5}}), SERIAL_BOUND);
  PUHUI_REFUSED(cancel("owner-main", {{5, 5}}), SERIAL_BOUND);
  PUHUI_REFUSED(register_batch(city, "B2"), BATCH_UNKNOWN);
  auto by_owner = register_event(city, "B1");
  by_owner.set_party("owner");
  PUHUI_FAILED(city.send(by_owner, {"owner"}), SIGNATURE_MISSING);
  const auto registered = register_batch(city, "B1");
  PUHUI_ACCEPTED(registered);
  EXPECT_EQ(city.view().batch("B1")->registered_at(), static_cast<std::int64_t>(registered.leaf));
  EXPECT_EQ(city.held("owner-main"), 100);
  EXPECT_EQ(city.bound("owner-main"), 0);
  PUHUI_REFUSED(register_batch(city, "B1"), BATCH_STATE);
  PUHUI_ACCEPTED(transfer(city, out, {{1, 10}}));
  PUHUI_ACCEPTED(transfer(city, out, 5));
  EXPECT_EQ(city.view().serial(15)->account(), "buyer-main");
}

TEST_F(Registration, IsOfOneBatch) {
  for (const auto kg : {10, 20, 30}) PUHUI_ACCEPTED(city.issue_kg(kg));
  PUHUI_ACCEPTED(register_batch(city, "B2"));
  EXPECT_EQ(city.bound("owner-main"), 40);
  const Move out{"owner-main", "buyer-main"};
  PUHUI_REFUSED(transfer(city, out, 21), BALANCE_INSUFFICIENT);
  // Amounts take the lowest serials that are free.
  PUHUI_ACCEPTED(transfer(city, out, 5));
  EXPECT_EQ(city.view().serial(15)->account(), "buyer-main");
  PUHUI_REFUSED(transfer(city, out, {{30, 31}}), SERIAL_BOUND);
  PUHUI_ACCEPTED(register_batch(city, "B1"));
  PUHUI_ACCEPTED(transfer(city, out, 11));
  EXPECT_EQ(city.view().serial(10)->account(), "buyer-main");
  EXPECT_EQ(city.view().serial(16)->account(), "buyer-main");
  EXPECT_EQ(city.view().serial(17)->account(), "owner-main");
  city.reopen();
  PUHUI_ACCEPTED(register_batch(city, "B3"));
  EXPECT_EQ(city.bound("owner-main"), 0);
}

TEST_F(Registration, IsDoneWhereTheRulesDoNotAskForIt) {
  PUHUI_ACCEPTED(city.issue_kg(10));
  PUHUI_ACCEPTED(file_rules(city, registry_rules("none")));
  PUHUI_REFUSED(transfer(city, {"owner-main", "buyer-main"}, 1), BALANCE_INSUFFICIENT);
  const auto issued = city.issue_kg(10);
  PUHUI_ACCEPTED(issued);
  EXPECT_EQ(city.view().batch("B2")->registered_at(), static_cast<std::int64_t>(issued.leaf));
  PUHUI_REFUSED(register_batch(city, "B2"), BATCH_STATE);
  PUHUI_ACCEPTED(register_batch(city, "B1"));
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, 20));
}

TEST_F(Registration, IsOfProjectsThatStand) {
  for (const auto kg : {10, 20, 30}) PUHUI_ACCEPTED(city.issue_kg(kg));
  PUHUI_ACCEPTED(stand(city, "P1", v1::STANDING_SUSPENDED));
  PUHUI_REFUSED(register_batch(city, "B1"), PROJECT_STANDING);
  PUHUI_ACCEPTED(stand(city, "P1", v1::IN_FORCE));
  PUHUI_ACCEPTED(register_batch(city, "B1"));
  PUHUI_ACCEPTED(stand(city, "P1", v1::CLOSED));
  PUHUI_ACCEPTED(register_batch(city, "B2"));
  PUHUI_ACCEPTED(stand(city, "P1", v1::REVOKED));
  PUHUI_REFUSED(register_batch(city, "B3"), PROJECT_STANDING);
  EXPECT_EQ(city.bound("owner-main"), 30);
}

struct RegistrationWithABuffer : Registration {
  RegistrationWithABuffer() : Registration(registering("0.2")) {}
};

TEST_F(RegistrationWithABuffer, BindsItsShareToo) {
  PUHUI_ACCEPTED(city.issue_kg(100));
  EXPECT_EQ(city.bound("buffer"), 20);
  // What is bound covers nothing.
  const auto reversed = reverse(city, "P1", 5);
  PUHUI_ACCEPTED(reversed);
  EXPECT_EQ(told(reversed), "0 0 0 5");
  PUHUI_ACCEPTED(register_batch(city, "B1"));
  EXPECT_EQ(city.bound("buffer"), 0);
  EXPECT_EQ(city.held("buffer"), 20);
  EXPECT_EQ(told(reverse(city, "P1", 5)), "0 0 5 0");
  EXPECT_EQ(city.state(81), v1::CANCELLED);
}

TEST_F(Registration, FindsWhatARecallLeft) {
  PUHUI_ACCEPTED(city.issue_kg(100));
  EXPECT_EQ(told(recall(city, "B1", {{11, 20}, {91, 100}})), "20 0 0 0");
  EXPECT_EQ(city.bound("owner-main"), 80);
  PUHUI_ACCEPTED(register_batch(city, "B1"));
  EXPECT_EQ(city.bound("owner-main"), 0);
  EXPECT_EQ(city.held("owner-main"), 80);
  PUHUI_REFUSED(transfer(city, {"owner-main", "buyer-main"}, {{10, 11}}), SERIAL_ENDED);
  PUHUI_ACCEPTED(city.issue_kg(10));
  EXPECT_EQ(city.held("owner-main"), 90);
}

TEST_F(Registration, IsOfNoBatchThatWasRecalledWhole) {
  PUHUI_ACCEPTED(city.issue_kg(10));
  EXPECT_EQ(told(recall(city, "B1")), "10 0 0 0");
  const auto refused = register_batch(city, "B1");
  PUHUI_REFUSED(refused, BATCH_STATE);
  EXPECT_EQ(refused.outcome.rule(), "batch.registered");
  EXPECT_EQ(refused.outcome.used(), "recalled, 10 kg");
  EXPECT_EQ(city.view().batch("B1")->registered_at(), 0);
  // Part by part it comes to the same.
  PUHUI_ACCEPTED(city.issue_kg(10));
  EXPECT_EQ(told(recall(city, "B2", {{11, 13}})), "3 0 0 0");
  EXPECT_EQ(told(recall(city, "B2", {{14, 20}})), "7 0 0 0");
  PUHUI_REFUSED(register_batch(city, "B2"), BATCH_STATE);
}

// Some of it is cancelled for what the project owes, and all the rest recalled.
TEST_F(Registration, IsOfNoBatchOfWhichNothingIsLeft) {
  EXPECT_EQ(told(reverse_issued(5)), "0 0 0 5");
  PUHUI_ACCEPTED(city.issue_kg(20));
  EXPECT_EQ(city.state(30), v1::CANCELLED);
  EXPECT_EQ(told(recall(city, "B2")), "15 0 0 0");
  PUHUI_REFUSED(register_batch(city, "B2"), BATCH_STATE);
  EXPECT_EQ(city.view().batch("B2")->registered_at(), 0);
}

// What covers a debt whole is registered like any other.
TEST_F(Registration, IsOfABatchThatTheProjectOwed) {
  EXPECT_EQ(told(reverse_issued(10)), "0 0 0 10");
  PUHUI_ACCEPTED(city.issue_kg(10));
  EXPECT_EQ(city.held("owner-main"), 10) << "of the first batch";
  PUHUI_ACCEPTED(register_batch(city, "B2"));
}

// ---- Buffer ----

TEST_F(Units, AreSetAsideByTheShareFloored) {
  struct Case {
    std::vector<Share> shares;
    std::int64_t issued, buffered;
  };
  const std::vector<Case> cases = {
      {{{"", "0.1"}}, 105, 10},
      {{{"", "0.1"}}, 9, 0},
      {{{"", "1/3"}}, 100, 33},
      {{{"", "0"}}, 100, 0},
      {{{"", "0.999"}}, 1'000, 999},
      {{{"", "0.999"}}, 1, 0},
      {{{"", "0.1"}, {"WH-PV-2023", "0.5"}}, 10, 5},
      {{{"WH-PV-2023", "0.5"}, {"", "0.1"}}, 10, 5},
      {{{"WH-WIND-2023", "0.5"}}, 10, 0},
  };
  for (const auto& [shares, issued, buffered] : cases) {
    PUHUI_ACCEPTED(file_rules(city, buffering(shares)));
    const auto before = city.held("buffer");
    const auto answer = city.issue_kg(issued);
    PUHUI_ACCEPTED(answer);
    EXPECT_EQ(city.held("buffer") - before, buffered) << issued << " " << shares[0].share;
    // The owner's come first.
    const auto batch = *city.view().batch(city.last_batch());
    const auto first_buffered = batch.end() + 1 - static_cast<std::uint64_t>(buffered);
    for (auto serial : {batch.start(), batch.end()})
      EXPECT_EQ(city.view().serial(serial)->account(),
                serial < first_buffered ? "owner-main" : "buffer");
    EXPECT_EQ(city.view().serial(first_buffered - 1)->account(), "owner-main");
    EXPECT_EQ(answer.outcome.serials_size(), buffered > 0 ? 2 : 1);
  }
}

TEST_F(Units, NeedABufferThatIsOne) {
  auto rules = buffering({{"", "0.1"}});
  for (const auto* account : {"owner-side", "nowhere"}) {
    rules.mutable_buffers(0)->set_account(account);
    PUHUI_ACCEPTED(file_rules(city, rules));
    PUHUI_REFUSED(city.issue_kg(10), BUFFER_ACCOUNT);
    EXPECT_FALSE(city.view().batch(city.last_batch()));
  }
}

TEST_F(Units, EnterAndLeaveTheBufferByItsOwnLineOnly) {
  PUHUI_ACCEPTED(file_rules(city, buffering({{"", "0.5"}})));
  PUHUI_ACCEPTED(city.issue_kg(20));
  PUHUI_REFUSED(retire(city, "buffer", {{11, 11}}, "operator"), ACCOUNT_KIND);
  PUHUI_REFUSED(cancel("buffer", {{11, 11}}, "operator"), ACCOUNT_KIND);
  PUHUI_FAILED(transfer(city, {"buffer", "buyer-main"}, 1, "operator"), SIGNATURE_MISSING);
  auto traded = transfer_event(city, {"buffer", "buyer-main"}, "operator");
  traded.mutable_transfer()->set_amount_kg(1);
  traded.mutable_transfer()->mutable_trade()->set_reference("T-1");
  PUHUI_FAILED(city.send(traded, {"operator", "exchange"}), SIGNATURE_MISSING);
  PUHUI_ACCEPTED(transfer(city, {"buffer", "buyer-main"}, 1, "bureau"));
  PUHUI_FAILED(transfer(city, {"owner-main", "buffer"}, 3), SIGNATURE_MISSING);
  auto sold = transfer_event(city, {"owner-main", "buffer"}, "owner");
  sold.mutable_transfer()->set_amount_kg(3);
  sold.mutable_transfer()->mutable_trade()->set_reference("T-2");
  PUHUI_FAILED(city.send(sold, {"owner", "exchange"}), SIGNATURE_MISSING);
  EXPECT_EQ(city.held("buffer"), 9);
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buffer"}, 3, "bureau"));
  EXPECT_EQ(city.held("buffer"), 12);
}

TEST_F(Units, BufferRulesAreChecked) {
  const auto with = [this](auto change) {
    auto rules = buffering({{"", "0.1"}, {"WH-PV-2023", "0.1"}});
    change(*rules.mutable_buffers(0));
    return file_rules(city, rules);
  };
  using B = v1::BufferRule;
  for (const auto* share : {"", "1", "1.5", "-0.1", "a tenth", "1/0"})
    PUHUI_REFUSED(with([&](B& b) { b.set_share(share); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](B& b) { b.set_account("No name"); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](B& b) { b.set_methodology("WH-PV-2023"); }), RULE_MALFORMED);
}

// ---- What a project owes ----

TEST_F(Units, OwedAreCancelledFromTheNextIssuances) {
  PUHUI_ACCEPTED(city.issue_kg(150));
  EXPECT_EQ(told(reverse(city, "P1", 150)), "0 0 0 150");
  EXPECT_EQ(city.owed(), 150);
  PUHUI_ACCEPTED(file_rules(city, buffering({{"", "0.1"}})));
  const auto first = city.issue_kg(100);
  PUHUI_ACCEPTED(first);
  EXPECT_EQ(city.owed(), 60);
  EXPECT_EQ(city.held("owner-main"), 150);
  EXPECT_EQ(city.held("buffer"), 10);
  EXPECT_EQ(city.totals().units_cancelled_kg(), 90);
  EXPECT_EQ(city.state(160), v1::HELD) << "the buffer's are the lower ones";
  EXPECT_EQ(city.state(161), v1::CANCELLED);
  PUHUI_ACCEPTED(city.issue_kg(100));
  EXPECT_EQ(city.owed(), 0);
  EXPECT_EQ(city.held("owner-main"), 180);
  EXPECT_EQ(city.held("buffer"), 20);
  EXPECT_EQ(city.totals().units_cancelled_kg(), 150);
  EXPECT_EQ(city.view().serial(280)->account(), "owner-main");
  EXPECT_EQ(city.view().serial(281)->account(), "buffer");
  const auto history = city.view().history(350, {});
  EXPECT_EQ(history->moves(0).kind(), v1::MOVE_COVER);
  PUHUI_ACCEPTED(city.issue_kg(100));
  EXPECT_EQ(city.held("owner-main"), 270);
}

}  // namespace
}  // namespace puhui::ledger::testing
