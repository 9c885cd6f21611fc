// Units that the city that issued them recalls before, while or after they are in another.
#include <gtest/gtest.h>

#include "tests/ledger/cities.h"
#include "tests/ledger/every_other.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct RecallsAbroad : TwoCities {
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    recognise();
  }
  // "cancelled retired owed abroad"
  [[nodiscard]] std::string told(const Answer& answer) const {
    if (answer.decision != v1::ACCEPTED) return std::string(code_name(answer.code));
    const auto record = *a.view().recall(answer.leaf);
    return std::to_string(record.cancelled_kg()) + " " + std::to_string(record.retired_kg()) + " " +
           std::to_string(record.owed_kg()) + " " + std::to_string(record.abroad_kg());
  }
  // What the note of a recall says that it froze.
  static std::string frozen_kg(const Answer& noted) {
    for (const auto& fact : noted.outcome.facts())
      if (fact.name() == "frozen_kg") return fact.value();
    return std::string(code_name(noted.code));
  }
  Answer note(const Answer& recalled) { return note_recall(b, carry(a, b, recalled.leaf)); }
  Answer retire_there(const SerialRanges& ranges) {
    const auto retired = retire(b, "owner-main", ranges);
    EXPECT_EQ(retired.decision, v1::ACCEPTED);
    return state_retirement(b, a, retired.leaf, ranges);  // numbered alike in both cities
  }
};

// A recall has cut it into more pieces than one event may touch.
TEST_F(RecallsAbroad, LetARetirementBeNotedInParts) {
  PUHUI_ACCEPTED(a.issue_kg(1'300));
  cross(a, b, {{{101, 1'400}}});  // 101-1270 are 1-1170 there
  const auto retired = retire(b, "owner-main", {{1, 1'170}});
  PUHUI_ACCEPTED(retired);
  const auto stated = state_retirement(b, a, retired.leaf, {{101, 1'270}});
  PUHUI_ACCEPTED(stated);
  PUHUI_ACCEPTED(recall(a, "B2", every_other(101, 1'270)));
  const auto proof = carry(b, a, stated.leaf);
  PUHUI_ACCEPTED(note_retirement(a, proof));
  EXPECT_EQ(a.totals().units_retired_abroad_kg(), 1'000);
  EXPECT_NE(a.view().serial(1'100)->retired_abroad_at(), 0);
  EXPECT_EQ(a.view().serial(1'101)->retired_abroad_at(), 0);
  a.reopen();
  PUHUI_ACCEPTED(note_retirement(a, proof));
  EXPECT_EQ(a.totals().units_retired_abroad_kg(), 1'170);
  EXPECT_NE(a.view().serial(1'270)->retired_abroad_at(), 0);
  PUHUI_REFUSED(note_retirement(a, proof), RETIREMENT_STATED);
}

TEST_F(RecallsAbroad, BeforeATransferLeaveNothingToSend) {
  EXPECT_EQ(told(recall(a, "B1", {{1, 10}})), "10 0 0 0");
  PUHUI_REFUSED(export_units(a, b, {{{1, 20}}}), SERIAL_ENDED);
  cross(a, b, {{{11, 20}}});
}

TEST_F(RecallsAbroad, KnownThereBeforeTheImportKeepItOut) {
  const auto exported = export_units(a, b, {{{1, 100}}});
  PUHUI_ACCEPTED(exported);
  const auto recalled = recall(a, "B1", {{5, 14}, {95, 96}});
  EXPECT_EQ(told(recalled), "0 0 0 12");
  EXPECT_EQ(a.bound("owner-main"), 100) << "a lock holds what the answer will be about";
  EXPECT_EQ(told(recall(a, "B1", {{5, 14}})), "recall.nothing");
  EXPECT_EQ(frozen_kg(note(recalled)), "0");
  const auto proof = carry(a, b, exported.leaf);
  PUHUI_REFUSED(import_units(b, proof), UNITS_RECALLED);
  const auto refused = refuse_import(b, proof, "units.recalled");
  PUHUI_ACCEPTED(refused);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, refused.leaf)));
  EXPECT_EQ(held_text(a, "owner-main"), "1-4 15-94 97-100");
  EXPECT_EQ(a.state(5), v1::CANCELLED);
  EXPECT_EQ(a.totals().units_cancelled_kg(), 12);
  EXPECT_EQ(a.view().history(5, {})->moves().rbegin()->kind(), v1::MOVE_RECALL);
  // The others may go.
  cross(a, b, {{{15, 94}}});
}

TEST_F(RecallsAbroad, OfABatchKeepAllOfItOut) {
  PUHUI_ACCEPTED(a.issue_kg(10));
  const auto exported = export_units(a, b, {{{1, 10}}});
  const auto other = export_units(a, b, {{{101, 110}}});
  const auto recalled = recall(a, "B1");
  EXPECT_EQ(told(recalled), "90 0 0 10");
  PUHUI_ACCEPTED(note(recalled));
  PUHUI_REFUSED(import_units(b, carry(a, b, exported.leaf)), UNITS_RECALLED);
  PUHUI_ACCEPTED(import_units(b, carry(a, b, other.leaf)));
}

TEST_F(RecallsAbroad, WhileUnitsAreOnTheWayFreezeThemThere) {
  const auto exported = export_units(a, b, {{{1, 100}}});
  const auto recalled = recall(a, "B1", {{5, 14}, {89, 96}});
  EXPECT_EQ(told(recalled), "0 0 0 18");
  const auto imported = import_units(b, carry(a, b, exported.leaf));
  PUHUI_ACCEPTED(imported);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, imported.leaf)));
  EXPECT_EQ(a.view().serial(5)->state(), v1::EXPORTED);
  EXPECT_EQ(a.view().serial(5)->recalled_at(), static_cast<std::int64_t>(recalled.leaf));
  EXPECT_EQ(a.state(95), v1::CANCELLED);
  EXPECT_EQ(b.bound("owner-main"), 0);
  const auto noted = note(recalled);
  EXPECT_EQ(frozen_kg(noted), "12") << "the discount took the others";
  EXPECT_EQ(b.bound("owner-main"), 12);
  EXPECT_EQ(held_text(b, "owner-main"), "1-4 15-88");
  EXPECT_EQ(b.view().serial(90)->bound_by(), "recall/WUHAN");
  EXPECT_EQ(b.view().serial(90)->recalled_at(), static_cast<std::int64_t>(noted.leaf));
  PUHUI_REFUSED(note(recalled), RETIREMENT_STATED);
  PUHUI_REFUSED(retire(b, "owner-main", {{5, 5}}), SERIAL_BOUND);
  PUHUI_REFUSED(send_home(b, a, {{5, 5}}), SERIAL_BOUND);
}

TEST_F(RecallsAbroad, FollowUnitsThroughSplitsAndSales) {
  cross(a, b, {{{1, 100}}});
  PUHUI_ACCEPTED(transfer(b, {"owner-main", "buyer-main"}, {{11, 30}}));
  PUHUI_ACCEPTED(transfer(b, {"buyer-main", "owner-side"}, {{21, 24}}, "buyer"));
  PUHUI_ACCEPTED(retire_there({{35, 37}}));
  const auto recalled = recall(a, "B1", {{20, 39}});
  EXPECT_EQ(told(recalled), "0 0 0 20");
  EXPECT_EQ(frozen_kg(note(recalled)), "20");
  EXPECT_EQ(b.bound("owner-main"), 6);
  EXPECT_EQ(b.bound("buyer-main"), 7);
  EXPECT_EQ(b.bound("owner-side"), 4);
  EXPECT_EQ(held_text(b, "buyer-main"), "11-19");
  EXPECT_EQ(b.state(36), v1::RETIRED) << "a retirement is final";
  EXPECT_NE(b.view().serial(36)->recalled_at(), 0);
  EXPECT_EQ(b.view().history(23, {})->moves().rbegin()->kind(), v1::MOVE_FREEZE);
  // What is recalled next is what is left.
  const auto all = recall(a, "B1");
  EXPECT_EQ(told(all), "0 0 0 70");
  EXPECT_EQ(frozen_kg(note(all)), "70");
  EXPECT_EQ(held_text(b, "owner-main"), "");
}

TEST_F(RecallsAbroad, OutlastTheDisputeWindow) {
  auto agreement = agreement_between(a, b, 2);
  terms_of_taker(agreement, b).set_dispute_window(kMicrosPerDay);
  agree(a, b, agreement);
  cross(a, b, {{{1, 100}}});
  EXPECT_EQ(b.bound("owner-main"), 90);
  EXPECT_EQ(frozen_kg(note(recall(a, "B1", {{11, 20}}))), "10");
  EXPECT_EQ(b.bound("owner-main"), 90);
  b.now = b.ledger().next_due();
  b.apply({});
  EXPECT_EQ(b.bound("owner-main"), 10);
  EXPECT_EQ(held_text(b, "owner-main"), "1-10 21-90");
}

TEST_F(RecallsAbroad, FreezeWhatABondBinds) {
  cross(a, b, {{{1, 100}}});
  auto bound = b.event("owner");
  auto& bind = *bound.mutable_bind();
  bind.set_bond("reserved");
  bind.set_kind(v1::RESERVATION);
  bind.set_account("owner-main");
  bind.set_beneficiary("exchange");
  add_serials(bind, {{11, 30}});
  PUHUI_ACCEPTED(b.send(bound, {"owner"}));
  EXPECT_EQ(frozen_kg(note(recall(a, "B1", {{21, 40}}))), "20");
  EXPECT_EQ(b.view().bond("reserved")->bound_kg(), 10);
  EXPECT_EQ(b.view().bond("reserved")->recalled_kg(), 10);
  EXPECT_EQ(b.bound("owner-main"), 30);
  EXPECT_EQ(b.view().serial(21)->bound_by(), "recall/WUHAN");
}

TEST_F(RecallsAbroad, EndWithWhatIsOnItsWayHome) {
  cross(a, b, {{{1, 100}}});
  const auto home = send_home(b, a, {{11, 30}});
  PUHUI_ACCEPTED(home);
  const auto recalled = recall(a, "B1", {{21, 40}});
  EXPECT_EQ(told(recalled), "0 0 0 20");
  const auto imported = import_units(a, carry(b, a, home.leaf));
  PUHUI_ACCEPTED(imported);
  EXPECT_EQ(held_text(a, "owner-main"), "11-20");
  EXPECT_EQ(a.state(21), v1::CANCELLED);
  EXPECT_EQ(a.totals().units_exported_kg(), 70);
  EXPECT_EQ(a.totals().units_cancelled_kg(), 10 + 10);
  EXPECT_EQ(frozen_kg(note(recalled)), "20");
  EXPECT_EQ(b.bound("owner-main"), 30) << "locked ones stay locked";
  PUHUI_ACCEPTED(conclude(b, carry(a, b, imported.leaf)));
  EXPECT_EQ(b.bound("owner-main"), 10);
  EXPECT_EQ(b.state(25), v1::EXPORTED);
  EXPECT_EQ(held_text(b, "owner-main"), "1-10 41-90");
}

TEST_F(RecallsAbroad, FreezeWhatDidNotGetHome) {
  cross(a, b, {{{1, 100}}});
  const auto home = send_home(b, a, {{11, 30}});
  const auto recalled = recall(a, "B1", {{21, 40}});
  PUHUI_ACCEPTED(note(recalled));
  a.now = home.time + kAnswerWithin;
  const auto voided = void_import(a, carry(b, a, home.leaf));
  PUHUI_ACCEPTED(voided);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, voided.leaf)));
  EXPECT_EQ(held_text(b, "owner-main"), "1-20 41-90");
  EXPECT_EQ(b.view().serial(25)->bound_by(), "recall/WUHAN");
  EXPECT_EQ(b.bound("owner-main"), 20);
}

// ---- Covered at home once it is known that they are retired ----

TEST_F(RecallsAbroad, OfWhatWasRetiredThereAreCoveredAtOnce) {
  cross(a, b, {{{1, 100}}});
  const auto stated = retire_there({{1, 10}});
  PUHUI_ACCEPTED(stated);
  PUHUI_ACCEPTED(note_retirement(a, carry(b, a, stated.leaf)));
  const auto recalled = recall(a, "B1", {{6, 15}});
  EXPECT_EQ(told(recalled), "0 5 5 5");
  EXPECT_EQ(a.owed(), 5);
  EXPECT_EQ(a.view().batch("B1")->recalled_kg(), 10);
  // The next issuance gives what is owed.
  PUHUI_ACCEPTED(a.issue_kg(20));
  EXPECT_EQ(a.owed(), 0);
  EXPECT_EQ(a.held("owner-main"), 15);
}

TEST_F(RecallsAbroad, AreCoveredWhenTheRetirementIsNotedLater) {
  cross(a, b, {{{1, 100}}});
  const auto stated = retire_there({{1, 10}});
  EXPECT_EQ(told(recall(a, "B1", {{6, 15}})), "0 0 0 10");
  EXPECT_EQ(a.owed(), 0);
  PUHUI_ACCEPTED(note_retirement(a, carry(b, a, stated.leaf)));
  EXPECT_EQ(a.owed(), 5);
  EXPECT_EQ(a.totals().units_retired_abroad_kg(), 10);
}

TEST_F(RecallsAbroad, AreCoveredByTheBufferFirst) {
  auto rules = recognition_rules("buffered");
  auto& buffer = *rules.add_buffers();
  buffer.set_share("0.5");
  buffer.set_account("buffer");
  PUHUI_ACCEPTED(file_rules(a, rules));
  PUHUI_ACCEPTED(a.issue_kg(6));  // 3 kg of it set aside
  cross(a, b, {{{1, 100}}});
  const auto stated = retire_there({{1, 10}});
  PUHUI_ACCEPTED(recall(a, "B1", {{6, 15}}));
  PUHUI_ACCEPTED(note_retirement(a, carry(b, a, stated.leaf)));
  EXPECT_EQ(a.held("buffer"), 0);
  EXPECT_EQ(a.owed(), 2);
}

// ---- Whose units they are ----

TEST_F(RecallsAbroad, AreForTheCityThatIssuedThem) {
  cross(a, b, {{{1, 100}}});
  const auto mirrored = b.view().serial(1)->batch();
  PUHUI_REFUSED(recall(b, mirrored), UNITS_FOREIGN);
  PUHUI_REFUSED(recall(b, mirrored, {{1, 10}}), UNITS_FOREIGN);
}

// A lock that a recall has cut into many pieces ends like any other.
TEST_F(RecallsAbroad, OfManyPiecesDoNotKeepATransferFromEnding) {
  PUHUI_ACCEPTED(a.issue_kg(3'000));
  const auto exported = export_units(a, b, {{{101, 3'100}}});
  PUHUI_ACCEPTED(exported);
  const auto odd = every_other(101, 1'700);
  const auto half = odd.size() / 2;
  PUHUI_ACCEPTED(recall(a, "B2", SerialRanges(odd.begin(), odd.begin() + half)));
  PUHUI_ACCEPTED(recall(a, "B2", SerialRanges(odd.begin() + half, odd.end())));
  b.now = exported.time + kAnswerWithin;
  const auto voided = void_import(b, carry(a, b, exported.leaf));
  PUHUI_ACCEPTED(voided);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, voided.leaf)));
  EXPECT_EQ(a.totals().units_cancelled_kg(), 800);
  EXPECT_EQ(a.bound("owner-main"), 0);
}

}  // namespace
}  // namespace puhui::ledger::testing
