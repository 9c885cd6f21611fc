// What takes units back or ends them: recall, reversal, cancellation, vintages and expiry.
#include <gtest/gtest.h>

#include "tests/ledger/every_other.h"
#include "tests/ledger/units.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

// ---- Recall ----

struct Recalls : Units {
  void SetUp() override {
    PUHUI_ACCEPTED(city.issue_kg(100));
    PUHUI_ACCEPTED(city.issue_kg(50));
    PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, {{11, 40}}));
    PUHUI_ACCEPTED(transfer(city, {"buyer-main", "owner-side"}, {{21, 25}}, "buyer"));
  }
};

TEST_F(Recalls, CancelWhatIsHeldWhereverItIs) {
  const auto recalled = recall(city, "B1");
  PUHUI_ACCEPTED(recalled);
  EXPECT_EQ(told(recalled), "100 0 0 0");
  EXPECT_EQ(city.held("owner-main"), 50);
  EXPECT_EQ(city.held("buyer-main"), 0);
  EXPECT_EQ(city.held("owner-side"), 0);
  EXPECT_EQ(city.totals().units_cancelled_kg(), 100);
  EXPECT_EQ(city.view().batch("B1")->recalled_kg(), 100);
  EXPECT_EQ(city.owed(), 0);
  EXPECT_EQ(city.view().serial(23)->account(), "owner-side") << "who held it last";
  const auto record = record_of(recalled);
  EXPECT_EQ(record.project(), "P1");
  EXPECT_EQ(record.recall().decision().name(), "decision");
  EXPECT_EQ(record.time(), recalled.time);
  const auto steps = city.view().history(23, {});
  EXPECT_EQ(steps->moves().rbegin()->kind(), v1::MOVE_RECALL);
  EXPECT_EQ(steps->moves().rbegin()->from(), "owner-side");
  PUHUI_REFUSED(recall(city, "B1"), RECALL_NOTHING);
  PUHUI_REFUSED(transfer(city, {"owner-main", "buyer-main"}, {{100, 101}}), SERIAL_ENDED);
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, {{101, 150}}));
}

TEST_F(Recalls, OfRetiredUnitsAreOwed) {
  PUHUI_ACCEPTED(retire(city, "owner-main", {{41, 60}}));
  PUHUI_ACCEPTED(cancel("owner-main", {{61, 70}}));
  const auto recalled = recall(city, "B1");
  PUHUI_ACCEPTED(recalled);
  EXPECT_EQ(told(recalled), "70 20 0 20");
  EXPECT_EQ(city.owed(), 20);
  EXPECT_EQ(city.state(41), v1::RETIRED) << "a retirement is final";
  EXPECT_EQ(city.view().serial(41)->recalled_at(), static_cast<std::int64_t>(recalled.leaf));
  EXPECT_EQ(city.view().serial(61)->recalled_at(), 0);
  EXPECT_EQ(city.totals().units_retired_kg(), 20);
  EXPECT_EQ(city.totals().units_cancelled_kg(), 80);
  EXPECT_EQ(city.view().batch("B1")->recalled_kg(), 90);
  PUHUI_REFUSED(recall(city, "B1"), RECALL_NOTHING);
  EXPECT_EQ(city.owed(), 20) << "once";
}

TEST_F(Recalls, OfRangesTakeThoseAlone) {
  PUHUI_ACCEPTED(retire(city, "buyer-main", {{31, 40}}, "buyer"));
  EXPECT_EQ(told(recall(city, "B1", {{36, 45}, {5, 12}})), "13 5 0 5");
  EXPECT_EQ(city.view().serial(35)->recalled_at(), 0);
  EXPECT_NE(city.view().serial(36)->recalled_at(), 0);
  EXPECT_EQ(city.held("buyer-main"), 13);
  EXPECT_EQ(city.held("owner-main"), 4 + 55 + 50);
  // What was recalled before is passed over.
  EXPECT_EQ(told(recall(city, "B1", {{1, 50}})), "27 5 0 5");
  PUHUI_REFUSED(recall(city, "B1", {{1, 50}}), RECALL_NOTHING);
  EXPECT_EQ(city.view().batch("B1")->recalled_kg(), 50);
  PUHUI_REFUSED(recall(city, "B1", {{100, 101}}), SERIAL_NOT_OWNED);
  PUHUI_REFUSED(recall(city, "B2", {{100, 101}}), SERIAL_NOT_OWNED);
  PUHUI_REFUSED(recall(city, "B1", {{0, 1}}), SERIAL_NOT_OWNED);
  PUHUI_REFUSED(recall(city, "B1", {{60, 51}}), SERIAL_REVERSED);
  PUHUI_REFUSED(recall(city, "B1", {{51, 60}, {60, 61}}), SERIAL_OVERLAP);
  EXPECT_EQ(told(recall(city, "B1", {{100, 100}})), "1 0 0 0");
}

TEST_F(Recalls, AreCoveredByTheBufferFirst) {
  PUHUI_ACCEPTED(file_rules(city, buffering({{"", "0.5"}})));
  PUHUI_ACCEPTED(city.issue_kg(30));  // serials 166–180 go to the buffer
  PUHUI_ACCEPTED(retire(city, "owner-main", {{41, 60}}));
  EXPECT_EQ(told(recall(city, "B1", {{41, 50}})), "0 10 10 0");
  EXPECT_EQ(city.held("buffer"), 5);
  EXPECT_EQ(city.state(175), v1::CANCELLED);
  EXPECT_EQ(city.state(176), v1::HELD);
  EXPECT_EQ(told(recall(city, "B1", {{51, 60}})), "0 10 5 5");
  EXPECT_EQ(city.held("buffer"), 0);
  EXPECT_EQ(city.owed(), 5);
}

// The period of what is all gone may be reported anew, and not before.
TEST_F(Recalls, OfAWholeBatchFreeItsPeriod) {
  const auto report_state = [this] { return city.view().report("r1")->state(); };
  auto again = city.view().report("r1")->submission();
  again.set_report("again");
  PUHUI_ACCEPTED(retire(city, "owner-main", {{41, 60}}));
  PUHUI_ACCEPTED(recall(city, "B1", {{1, 99}}));
  EXPECT_EQ(report_state(), v1::ISSUED);
  PUHUI_REFUSED(send(city, again), REPORT_PERIOD_OVERLAP);
  PUHUI_ACCEPTED(recall(city, "B1", {{100, 100}}));
  EXPECT_EQ(report_state(), v1::RECALLED);
  EXPECT_EQ(city.view().report("r2")->state(), v1::ISSUED);
  PUHUI_REFUSED(issue(city, "r1", "B9"), REPORT_STATE);
  PUHUI_ACCEPTED(send(city, again));
  auto next = city.view().report("r2")->submission();
  next.set_report("next");
  PUHUI_REFUSED(send(city, next), REPORT_PERIOD_OVERLAP);
}

TEST_F(Recalls, OfAllThatIsLeftFreeThePeriod) {
  PUHUI_ACCEPTED(cancel("owner-main", {{41, 41}}));
  PUHUI_ACCEPTED(recall(city, "B1"));
  EXPECT_EQ(city.view().batch("B1")->recalled_kg(), 99);
  EXPECT_EQ(city.view().report("r1")->state(), v1::RECALLED);
}

// In whatever parts: what was cancelled before is not waited for.
TEST_F(Recalls, OfTheLastThatIsLeftFreeThePeriod) {
  PUHUI_ACCEPTED(cancel("owner-main", {{41, 41}}));
  PUHUI_ACCEPTED(retire(city, "owner-main", {{42, 43}}));
  PUHUI_ACCEPTED(recall(city, "B1", {{1, 40}, {44, 100}}));
  EXPECT_EQ(city.view().report("r1")->state(), v1::ISSUED);
  PUHUI_ACCEPTED(recall(city, "B1", {{42, 43}}));
  EXPECT_EQ(city.view().report("r1")->state(), v1::RECALLED);
  EXPECT_EQ(city.view().report("r2")->state(), v1::ISSUED);
}

// What was reversed before is covered by now, and is not owed twice.
TEST_F(Recalls, AfterAReversalOweNothingMore) {
  PUHUI_ACCEPTED(retire(city, "owner-main", {{41, 60}}));
  PUHUI_ACCEPTED(reverse(city, "P1", 150));
  EXPECT_EQ(city.owed(), 150);
  EXPECT_EQ(told(recall(city, "B1")), "80 20 0 0");
  EXPECT_EQ(city.owed(), 150);
  EXPECT_EQ(city.view().project("P1")->taken_back_kg(), 150);
}

// The buffer's share of a recalled batch is gone before it could cover anything.
TEST_F(Recalls, AreNotCoveredByWhatIsRecalled) {
  PUHUI_ACCEPTED(file_rules(city, buffering({{"", "0.5"}})));
  PUHUI_ACCEPTED(city.issue_kg(30));
  PUHUI_ACCEPTED(retire(city, "owner-main", {{151, 160}}));
  EXPECT_EQ(told(recall(city, "B3")), "20 10 0 10");
  EXPECT_EQ(city.held("buffer"), 0);
}

TEST_F(Recalls, AreDecidedByTheAuthorityInWriting) {
  const auto with = [this](auto change) {
    auto payload = recall_event(city, "B1", {});
    change(*payload.mutable_recall());
    return city.send(payload, {"bureau"});
  };
  using R = v1::Recall;
  PUHUI_REFUSED(with([](R& r) { r.clear_reason(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.set_reason(std::string(513, 'r')); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.clear_decision(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.clear_serials(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.mutable_decision()->set_sha256("short"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.set_batch("B9"); }), BATCH_UNKNOWN);
  auto by_operator = recall_event(city, "B1", {});
  by_operator.set_party("operator");
  PUHUI_FAILED(city.send(by_operator, {"operator"}), SIGNATURE_MISSING);
  EXPECT_EQ(city.totals().units_cancelled_kg(), 0);
  // A party that is frozen cannot keep them.
  auto restrain = city.event("bureau");
  restrain.mutable_restrain_party()->set_party("owner");
  restrain.mutable_restrain_party()->set_restraint(v1::FROZEN);
  restrain.mutable_restrain_party()->set_reason("case 1");
  city.must(restrain, {"bureau"});
  PUHUI_REFUSED(cancel("owner-main", {{1, 1}}), PARTY_RESTRAINED);
  PUHUI_ACCEPTED(with([](R&) {}));
}

TEST_F(Recalls, TouchABoundedNumberOfBlocks) {
  PUHUI_ACCEPTED(city.issue_kg(2'100));  // serials 151–2250
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, every_other(151, 2'150)));
  PUHUI_REFUSED(recall(city, "B3"), TOO_LARGE);
  EXPECT_EQ(city.held("buyer-main"), 25 + 1'000) << "nothing of it happened";
  PUHUI_ACCEPTED(recall(city, "B3", {{151, 1'150}}));
  PUHUI_REFUSED(recall(city, "B3", {{151, 1'151}}), TOO_LARGE);
  PUHUI_ACCEPTED(recall(city, "B3", {{1'151, 2'150}}));
  PUHUI_ACCEPTED(recall(city, "B3", {{2'151, 2'250}}));
  EXPECT_EQ(city.held("buyer-main"), 25);
  EXPECT_EQ(city.view().batch("B3")->recalled_kg(), 2'100);
}

// ---- Reversal ----

TEST_F(Units, OfAReversalComeFromTheBufferThenAreOwed) {
  PUHUI_ACCEPTED(file_rules(city, buffering({{"", "0.3"}})));
  PUHUI_ACCEPTED(city.issue_kg(100));
  const auto first = reverse(city, "P1", 20);
  PUHUI_ACCEPTED(first);
  EXPECT_EQ(told(first), "0 0 20 0");
  EXPECT_EQ(record_of(first).reverse().amount_kg(), 20);
  EXPECT_EQ(city.held("buffer"), 10);
  EXPECT_EQ(told(reverse(city, "P1", 25)), "0 0 10 15");
  EXPECT_EQ(city.held("buffer"), 0);
  EXPECT_EQ(city.owed(), 15);
  EXPECT_EQ(told(reverse(city, "P1", 1)), "0 0 0 1");
  EXPECT_EQ(city.held("owner-main"), 70) << "the owner's own stay";
  EXPECT_EQ(city.view().project("P1")->taken_back_kg(), 46);
  PUHUI_REFUSED(reverse(city, "P1", 0), AMOUNT_ZERO);
  PUHUI_REFUSED(reverse(city, "P1", -1), AMOUNT_NEGATIVE);
  PUHUI_REFUSED(reverse(city, "P2", 1), PROJECT_UNKNOWN);
  auto unstated = reverse_event(city, "P1", 1);
  unstated.mutable_reverse()->clear_statement();
  PUHUI_REFUSED(city.send(unstated, {"bureau"}), EVENT_MALFORMED);
  auto by_owner = reverse_event(city, "P1", 1);
  by_owner.set_party("owner");
  PUHUI_FAILED(city.send(by_owner, {"owner"}), SIGNATURE_MISSING);
}

TEST_F(Units, OfTheWholeBufferMayBeReversed) {
  PUHUI_ACCEPTED(file_rules(city, buffering({{"", "0.3"}})));
  PUHUI_ACCEPTED(city.issue_kg(100));
  EXPECT_EQ(told(reverse(city, "P1", 30)), "0 0 30 0");
  EXPECT_EQ(city.held("buffer"), 0);
  EXPECT_EQ(city.owed(), 0);
}

TEST_F(Units, ReversedAreNoMoreThanWereIssuedAndAreNotTakenBack) {
  PUHUI_REFUSED(reverse(city, "P1", 1), BALANCE_INSUFFICIENT);
  for (const auto kg : {100, 50}) PUHUI_ACCEPTED(city.issue_kg(kg));
  EXPECT_EQ(city.view().project("P1")->issued_kg(), 150);
  PUHUI_REFUSED(reverse(city, "P1", 151), BALANCE_INSUFFICIENT);
  PUHUI_ACCEPTED(retire(city, "owner-main", {{1, 10}}));
  PUHUI_ACCEPTED(recall(city, "B1", {{6, 25}}));  // retired ones among them
  const auto refused = reverse(city, "P1", 131);
  PUHUI_REFUSED(refused, BALANCE_INSUFFICIENT);
  EXPECT_EQ(refused.outcome.rule(), "project.issued");
  EXPECT_EQ(refused.outcome.limit(), "130 kg issued and not taken back");
  PUHUI_ACCEPTED(reverse(city, "P1", 30));
  PUHUI_REFUSED(reverse(city, "P1", 101), BALANCE_INSUFFICIENT);
  PUHUI_ACCEPTED(reverse(city, "P1", 100));
  PUHUI_REFUSED(reverse(city, "P1", 1), BALANCE_INSUFFICIENT);
  EXPECT_EQ(city.owed(), 5 + 130);
}

// A buffer in more pieces than one event may touch covers what these hold; the rest is owed.
TEST_F(Units, OfABufferInManyPiecesCoverInPart) {
  PUHUI_ACCEPTED(file_rules(city, buffering({{"", "0.5"}})));
  PUHUI_ACCEPTED(city.issue_kg(8'400));  // serials 4201–8400 go to the buffer
  for (const std::uint64_t first : {4'201, 6'201}) {
    const auto ranges = every_other(first, first + 1'999);
    PUHUI_ACCEPTED(transfer(city, {"buffer", "buyer-main"}, ranges, "bureau"));
  }
  ASSERT_EQ(city.held("buffer"), 2'200);
  EXPECT_EQ(told(reverse(city, "P1", 1'500)), "0 0 1000 500");
  EXPECT_EQ(city.state(6'200), v1::CANCELLED);
  EXPECT_EQ(city.state(6'202), v1::HELD);
  // What is left: 999 pieces of a kilogram, and one of 201.
  EXPECT_EQ(told(reverse(city, "P1", 1'100)), "0 0 1100 0");
  EXPECT_EQ(city.held("buffer"), 100);
  EXPECT_EQ(city.owed(), 500);
}

TEST_F(Recalls, OfRetiredUnitsAreCoveredInPartToo) {
  PUHUI_ACCEPTED(file_rules(city, buffering({{"", "0.5"}})));
  PUHUI_ACCEPTED(city.issue_kg(4'400));  // serials 2351–4550 go to the buffer
  PUHUI_ACCEPTED(transfer(city, {"buffer", "buyer-main"}, every_other(2'351, 4'350), "bureau"));
  PUHUI_ACCEPTED(transfer(city, {"buffer", "buyer-main"}, {{4'451, 4'451}}, "bureau"));
  ASSERT_EQ(held_text(city, "buffer").substr(0, 19), "2352-2352 2354-2354");
  // 999 pieces of a kilogram and one of 101; one of 99 more.
  PUHUI_ACCEPTED(retire(city, "owner-main", {{151, 1'650}}));
  EXPECT_EQ(told(recall(city, "B3", {{151, 1'650}})), "0 1500 1100 400");
  EXPECT_EQ(held_text(city, "buffer"), "4452-4550");
}

// ---- Cancellation ----

TEST_F(Units, AreCancelledByTheirHolder) {
  PUHUI_ACCEPTED(city.issue_kg(100));
  const auto cancelled = cancel("owner-main", {{11, 20}, {91, 100}});
  PUHUI_ACCEPTED(cancelled);
  EXPECT_EQ(cancelled.outcome.facts(0).value(), "20");
  auto amount = cancel_event(city, "owner-main");
  amount.mutable_cancel()->set_amount_kg(15);
  PUHUI_ACCEPTED(city.send(amount, {"owner"}));
  EXPECT_EQ(city.state(25), v1::CANCELLED);
  EXPECT_EQ(city.state(26), v1::HELD);
  EXPECT_EQ(city.totals().units_cancelled_kg(), 35);
  PUHUI_REFUSED(cancel("owner-main", {{25, 26}}), SERIAL_ENDED);
  PUHUI_REFUSED(retire(city, "owner-main", {{25, 25}}), SERIAL_ENDED);
  PUHUI_REFUSED(transfer(city, {"owner-main", "buyer-main"}, {{25, 25}}), SERIAL_ENDED);
  PUHUI_REFUSED(cancel("buyer-main", {{26, 26}}, "buyer"), SERIAL_NOT_OWNED);
  PUHUI_FAILED(cancel("owner-main", {{26, 26}}, "buyer"), SIGNATURE_MISSING);
  PUHUI_REFUSED(cancel("nowhere", {{26, 26}}), ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(cancel("owner-main", {}), AMOUNT_ZERO);
  auto unexplained = cancel_event(city, "owner-main");
  unexplained.mutable_cancel()->set_amount_kg(1);
  unexplained.mutable_cancel()->clear_reason();
  PUHUI_REFUSED(city.send(unexplained, {"owner"}), EVENT_MALFORMED);
  auto too_many = cancel_event(city, "owner-main");
  too_many.mutable_cancel()->set_amount_kg(66);
  PUHUI_REFUSED(city.send(too_many, {"owner"}), BALANCE_INSUFFICIENT);
}

// ---- Vintages and expiry ----

constexpr std::int64_t kFirstOf2027 = 20'819;

struct Vintage {
  const char* purpose;
  const char* methodology;
  std::uint32_t years;
};
v1::RuleSet with_vintages(const std::vector<Vintage>& vintages) {
  auto rules = registry_rules("vintages");
  for (const auto& [purpose, methodology, years] : vintages) {
    auto& rule = *rules.add_vintages();
    rule.set_purpose(purpose);
    rule.set_methodology(methodology);
    rule.set_years(years);
  }
  return rules;
}

// Units of 2024, in the year 2026.
struct Vintages : Units {
  void SetUp() override {
    PUHUI_ACCEPTED(city.issue_kg(100));
    ASSERT_EQ(city.view().batch("B1")->vintage(), 2024);
  }
};

TEST_F(Vintages, ServeAPurposeByTheRuleThatSaysMost) {
  struct Case {
    std::vector<Vintage> vintages;
    bool voluntary, ets_offset;
  };
  const std::vector<Case> cases = {
      {{}, true, true},
      {{{"", "", 1}}, false, false},
      {{{"", "", 2}}, true, true},
      {{{"ets_offset", "", 1}}, true, false},
      {{{"", "", 9}, {"ets_offset", "", 1}}, true, false},
      {{{"", "", 1}, {"ets_offset", "", 9}}, false, true},
      {{{"", "", 1}, {"", "WH-PV-2023", 9}}, true, true},
      {{{"", "WH-PV-2023", 1}, {"", "", 9}}, false, false},
      {{{"", "WH-WIND-2023", 1}}, true, true},
      {{{"", "WH-PV-2023", 9}, {"ets_offset", "", 1}}, true, false},
      {{{"ets_offset", "", 9}, {"", "WH-PV-2023", 1}}, false, true},
      {{{"ets_offset", "", 1}, {"ets_offset", "WH-PV-2023", 9}, {"", "", 0}}, false, true},
      {{{"ets_offset", "WH-PV-2023", 1}, {"ets_offset", "", 9}}, true, false},
      {{{"neutrality", "", 0}}, true, true},
  };
  std::uint64_t serial = 0;
  int number = 0;
  for (const auto& [vintages, voluntary, ets_offset] : cases) {
    ++number;
    PUHUI_ACCEPTED(file_rules(city, with_vintages(vintages)));
    for (const auto& [purpose, serves] :
         {std::pair{"voluntary", voluntary}, {"ets_offset", ets_offset}}) {
      ++serial;
      const auto answer = retire_for(purpose, {{serial, serial}});
      EXPECT_EQ(answer.decision == v1::ACCEPTED, serves) << number << " " << purpose;
      EXPECT_EQ(answer.code, serves ? OK : VINTAGE_EXPIRED) << number << " " << purpose;
    }
  }
}

TEST_F(Vintages, ServeToTheEndOfTheYear) {
  ASSERT_EQ(year_of_day(kFirstOf2027 - 1), 2026);
  ASSERT_EQ(year_of_day(kFirstOf2027), 2027);
  PUHUI_ACCEPTED(file_rules(city, with_vintages({{"", "", 2}})));
  city.now = time_of_day(kFirstOf2027) - 1;
  PUHUI_REFUSED(expire(city, "B1"), VINTAGE_SERVES);
  city.now = time_of_day(kFirstOf2027) - 1;
  PUHUI_ACCEPTED(retire_for("voluntary", {{1, 10}}));
  city.now = time_of_day(kFirstOf2027);
  const auto refused = retire_for("voluntary", {{11, 20}});
  PUHUI_REFUSED(refused, VINTAGE_EXPIRED);
  EXPECT_EQ(refused.outcome.limit(), "until the end of 2026");
  EXPECT_EQ(refused.outcome.used(), "2027");
  // They still move, until they are expired.
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, {{11, 20}}));
  PUHUI_ACCEPTED(expire(city, "B1"));
}

TEST_F(Vintages, OfAllUnitsOfARetirementServe) {
  // The next year's units after this year's.
  auto report = pv_report("new", "P1", {20'453, 20'460}, "50");
  PUHUI_ACCEPTED(send(city, report));
  PUHUI_ACCEPTED(verify(city, "new"));
  PUHUI_ACCEPTED(issue(city, "new", "NEW"));
  ASSERT_EQ(city.view().batch("NEW")->vintage(), 2026);
  PUHUI_ACCEPTED(file_rules(city, with_vintages({{"", "", 1}})));
  PUHUI_REFUSED(retire_for("voluntary", {{91, 110}}), VINTAGE_EXPIRED);
  auto amount = retire_event(city, "owner-main", "owner");
  amount.mutable_retire()->set_amount_kg(10);
  PUHUI_REFUSED(city.send(amount, {"owner"}), VINTAGE_EXPIRED);
  PUHUI_ACCEPTED(retire_for("voluntary", {{101, 110}}));
}

TEST_F(Vintages, ExpireOnceNoPurposeIsServed) {
  PUHUI_REFUSED(expire(city, "B1"), VINTAGE_SERVES);
  PUHUI_ACCEPTED(file_rules(city, with_vintages({{"", "", 1}, {"neutrality", "", 2}})));
  const auto serves = expire(city, "B1");
  PUHUI_REFUSED(serves, VINTAGE_SERVES);
  EXPECT_EQ(serves.outcome.limit(), "neutrality");
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, {{11, 30}}));
  PUHUI_ACCEPTED(retire_for("neutrality", {{1, 5}}));
  PUHUI_ACCEPTED(cancel("owner-main", {{6, 8}}));
  PUHUI_ACCEPTED(file_rules(city, with_vintages({{"", "", 1}})));
  PUHUI_REFUSED(expire(city, "B9"), BATCH_UNKNOWN);
  PUHUI_REFUSED(expire(city, "B1", {{100, 101}}), SERIAL_NOT_OWNED);
  auto by_owner = expire_event(city, "B1");
  by_owner.set_party("owner");
  PUHUI_FAILED(city.send(by_owner, {"owner"}), SIGNATURE_MISSING);
  const auto part = expire(city, "B1", {{5, 12}, {91, 92}});
  PUHUI_ACCEPTED(part);
  EXPECT_EQ(part.outcome.facts(0).value(), "6") << "retired and cancelled ones stay so";
  const auto rest = expire(city, "B1");
  PUHUI_ACCEPTED(rest);
  EXPECT_EQ(rest.outcome.facts(0).value(), std::to_string(100 - 5 - 3 - 6));
  EXPECT_EQ(city.totals().units_expired_kg(), 92);
  EXPECT_EQ(city.totals().units_held_kg(), 0);
  EXPECT_EQ(city.state(5), v1::RETIRED);
  EXPECT_EQ(city.state(8), v1::CANCELLED);
  EXPECT_EQ(city.state(9), v1::EXPIRED);
  EXPECT_EQ(city.view().history(20, {})->moves().rbegin()->kind(), v1::MOVE_EXPIRE);
  PUHUI_REFUSED(transfer(city, {"buyer-main", "owner-main"}, {{20, 20}}, "buyer"), SERIAL_ENDED);
  PUHUI_REFUSED(recall(city, "B1", {{6, 100}}), RECALL_NOTHING);
}

TEST_F(Units, ThatAreBoundStayUntilTheyAreFree) {
  auto rules = with_vintages({{"", "", 0}});
  rules.set_registers_batches(true);
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_ACCEPTED(city.issue_kg(100));
  PUHUI_REFUSED(expire(city, "B1"), AMOUNT_ZERO);
  EXPECT_EQ(city.held("owner-main"), 100);
  EXPECT_EQ(city.state(1), v1::HELD);
  PUHUI_ACCEPTED(register_batch(city, "B1"));
  PUHUI_ACCEPTED(expire(city, "B1"));
  EXPECT_EQ(city.held("owner-main"), 0);
}

TEST_F(Units, OfABufferDoNotExpire) {
  PUHUI_ACCEPTED(file_rules(city, buffering({{"", "0.2"}})));
  PUHUI_ACCEPTED(city.issue_kg(100));
  PUHUI_ACCEPTED(file_rules(city, with_vintages({{"", "", 0}})));
  const auto expired = expire(city, "B1");
  PUHUI_ACCEPTED(expired);
  EXPECT_EQ(expired.outcome.facts(0).value(), "80");
  EXPECT_EQ(city.held("buffer"), 20);
  EXPECT_EQ(city.state(80), v1::EXPIRED);
  EXPECT_EQ(city.state(81), v1::HELD);
  PUHUI_REFUSED(expire(city, "B1", {{81, 100}}), AMOUNT_ZERO);
  EXPECT_EQ(told(reverse(city, "P1", 1)), "0 0 0 1") << "rules without a buffer";
  PUHUI_ACCEPTED(file_rules(city, buffering({{"", "0.2"}})));
  EXPECT_EQ(told(reverse(city, "P1", 5)), "0 0 5 0") << "they cover still";
}

TEST_F(Vintages, RulesAreChecked) {
  PUHUI_REFUSED(file_rules(city, with_vintages({{"", "", 101}})), RULE_MALFORMED);
  PUHUI_REFUSED(file_rules(city, with_vintages({{"", "", 1}, {"", "", 2}})), RULE_MALFORMED);
  PUHUI_REFUSED(file_rules(city, with_vintages({{"Two Words", "", 1}})), RULE_MALFORMED);
  PUHUI_ACCEPTED(file_rules(city, with_vintages({{"", "", 100}, {"", "WH-PV-2023", 100}})));
}

}  // namespace
}  // namespace puhui::ledger::testing
