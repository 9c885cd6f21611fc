// Units that go to another city and come back: discount, dispute window, refusal, void.
#include <gtest/gtest.h>

#include "tests/ledger/cities.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct Transfers : TwoCities {
  // 100 kg of the one city, and 50 kg of the other, so that numbers here and there differ.
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    PUHUI_ACCEPTED(b.issue_kg(50));
  }
  [[nodiscard]] static std::string ranges_text(
      const google::protobuf::RepeatedPtrField<v1::SerialRange>& ranges) {
    std::string text;
    for (const auto& range : ranges)
      text += (text.empty() ? "" : " ") + std::to_string(range.start()) + "-" +
              std::to_string(range.end());
    return text;
  }
  [[nodiscard]] static v1::UnitMove last_move(const City& city, std::uint64_t serial) {
    const auto history = *city.view().history(serial, {});
    return *history.moves().rbegin();
  }
};

// ---- There and back ----

TEST_F(Transfers, LockUnitsUntilTheAnswerIsKnown) {
  recognise();
  const auto exported = export_units(a, b, {{{1, 100}}, "owner-main", "buyer-main"});
  PUHUI_ACCEPTED(exported);
  const auto id = id_of(a, exported.leaf);
  const auto record = *transfer_at(a, id);
  EXPECT_EQ(record.state(), v1::TRANSFER_LOCKED);
  EXPECT_EQ(record.amount_kg(), 100);
  EXPECT_EQ(record.city(), "WUHAN");
  EXPECT_EQ(record.party(), "owner");
  EXPECT_EQ(record.exported_time(), exported.time);
  EXPECT_EQ(record.deadline(), exported.time + kAnswerWithin);
  const auto& facts = exported.outcome.facts();
  const auto deadline = std::ranges::find(facts, "deadline", &v1::NamedValue::name);
  ASSERT_NE(deadline, facts.end());
  EXPECT_EQ(deadline->value(), time_text(record.deadline()));
  EXPECT_EQ(a.held("owner-main"), 100);
  EXPECT_EQ(a.bound("owner-main"), 100);
  EXPECT_EQ(a.view().serial(1)->bound_by(),
            "transfer/" + crypto::Digest::from_bytes(id).value().hex());
  EXPECT_EQ(last_move(a, 1).kind(), v1::MOVE_LOCK);
  EXPECT_EQ(last_move(a, 1).to(), "XIANGYANG");
  PUHUI_REFUSED(transfer(a, {"owner-main", "buyer-main"}, {{1, 1}}), SERIAL_BOUND);
  PUHUI_REFUSED(retire(a, "owner-main", {{100, 100}}), SERIAL_BOUND);
  PUHUI_REFUSED(export_units(a, b, {{{1, 1}}}), SERIAL_BOUND);
}

TEST_F(Transfers, AreMirroredUnderOwnNumbersAndTheRestIsCancelledByName) {
  recognise();
  const auto exported = export_units(a, b, {{{1, 100}}, "owner-main", "buyer-main"});
  PUHUI_ACCEPTED(exported);
  const auto id = id_of(a, exported.leaf);
  const auto imported = import_units(b, carry(a, b, exported.leaf));
  PUHUI_ACCEPTED(imported);
  EXPECT_EQ(drift_between(a, b), "") << "in both cities, once";
  EXPECT_EQ(b.held("buyer-main"), 90);
  EXPECT_EQ(b.bound("buyer-main"), 0);
  EXPECT_EQ(held_text(b, "buyer-main"), "51-140");
  EXPECT_EQ(b.totals().units_imported_kg(), 90);
  EXPECT_EQ(b.totals().units_issued_kg(), 50);
  const auto there = *transfer_at(b, id);
  EXPECT_EQ(there.state(), v1::TRANSFER_IMPORTED);
  EXPECT_EQ(there.recognised_kg(), 90);
  EXPECT_EQ(ranges_text(there.discounted()), "91-100");
  EXPECT_EQ(ranges_text(there.serials()), "51-140");
  EXPECT_EQ(there.partner_leaf(), exported.leaf);
  const auto batch = *b.view().batch(b.view().serial(51)->batch());
  EXPECT_EQ(batch.serial(), "WUHAN-CPH-PV23-P1-2024-B1-1-90");
  EXPECT_EQ(batch.methodology(), "PV-RECOGNISED");
  EXPECT_EQ(batch.vintage(), 2024);
  EXPECT_EQ(batch.mirrored().city(), "WUHAN");
  EXPECT_EQ(batch.mirrored().batch(), "B1");
  EXPECT_EQ(batch.mirrored().origin_start(), 1);
  EXPECT_EQ(batch.mirrored().area(), "420111");
  EXPECT_EQ(batch.mirrored().methodology(), "WH-PV-2023");
  EXPECT_EQ(batch.mirrored().priority(), 1);
  EXPECT_EQ(b.view().history(60, {})->printed(), "WUHAN-CPH-PV23-P1-2024-B1-10-10");
  EXPECT_EQ(last_move(b, 60).kind(), v1::MOVE_IMPORT);
  EXPECT_EQ(last_move(b, 60).from(), "WUHAN");

  const auto concluded = conclude(a, carry(b, a, imported.leaf));
  PUHUI_ACCEPTED(concluded);
  const auto here = *transfer_at(a, id);
  EXPECT_EQ(here.state(), v1::TRANSFER_CONCLUDED);
  EXPECT_EQ(here.recognised_kg(), 90);
  EXPECT_EQ(here.partner_leaf(), imported.leaf);
  EXPECT_EQ(here.ended_at(), static_cast<std::int64_t>(concluded.leaf));
  EXPECT_EQ(ranges_text(here.discounted()), ranges_text(there.discounted()));
  EXPECT_EQ(a.held("owner-main"), 0);
  EXPECT_EQ(a.bound("owner-main"), 0);
  EXPECT_EQ(a.state(90), v1::EXPORTED);
  EXPECT_EQ(a.view().serial(90)->exported_to(), "XIANGYANG");
  EXPECT_EQ(a.state(91), v1::CANCELLED);
  EXPECT_EQ(last_move(a, 90).kind(), v1::MOVE_EXPORT);
  EXPECT_EQ(last_move(a, 91).kind(), v1::MOVE_DISCOUNT);
  EXPECT_EQ(a.totals().units_exported_kg(), 90);
  EXPECT_EQ(a.totals().units_cancelled_kg(), 10);
  PUHUI_REFUSED(transfer(a, {"owner-main", "buyer-main"}, {{90, 90}}), SERIAL_ENDED);
}

TEST_F(Transfers, ComeBackAsTheyWereWithoutASecondDiscount) {
  recognise();
  cross(a, b, {{{1, 100}}});
  const auto home = send_home(b, a, {{51, 60}, {71, 140}});
  PUHUI_ACCEPTED(home);
  const auto imported = import_units(a, carry(b, a, home.leaf));
  PUHUI_ACCEPTED(imported);
  EXPECT_EQ(drift_between(a, b), "");
  EXPECT_EQ(held_text(a, "owner-main"), "1-10 21-90");
  EXPECT_EQ(a.totals().units_exported_kg(), 10);
  EXPECT_EQ(a.totals().units_imported_kg(), 0);
  EXPECT_EQ(last_move(a, 21).kind(), v1::MOVE_RETURN);
  EXPECT_EQ(last_move(a, 21).from(), "XIANGYANG");
  EXPECT_EQ(a.view().serial(21)->exported_to(), "");
  PUHUI_ACCEPTED(conclude(b, carry(a, b, imported.leaf)));
  EXPECT_EQ(held_text(b, "owner-main"), "1-50 61-70");
  EXPECT_EQ(b.state(51), v1::EXPORTED);
  EXPECT_EQ(b.totals().units_exported_kg(), 80);
  EXPECT_EQ(b.totals().units_cancelled_kg(), 0);
  EXPECT_EQ(a.totals().units_cancelled_kg(), 10) << "the first discount alone";
  EXPECT_EQ(a.view().batch("B1")->recalled_kg(), 0);
  // They are as good as ever.
  PUHUI_ACCEPTED(retire(a, "owner-main", {{5, 10}, {21, 25}}));
}

TEST_F(Transfers, OfTheSameSerialsThereAndBackAndThereAgain) {
  recognise();
  cross(a, b, {{{1, 100}}});
  cross(b, a, {{{51, 140}}, "owner-main", "owner-main", true});
  cross(a, b, {{{1, 90}}});
  EXPECT_EQ(held_text(b, "owner-main"), "1-50 141-221") << "81 of 90, under new numbers";
  EXPECT_EQ(b.view().history(141, {})->printed(), "WUHAN-CPH-PV23-P1-2024-B1-1-1");
  EXPECT_EQ(a.state(81), v1::EXPORTED);
  EXPECT_EQ(a.state(82), v1::CANCELLED);
  EXPECT_EQ(a.totals().units_cancelled_kg(), 19);
  EXPECT_EQ(b.totals().units_imported_kg(), 171);
  EXPECT_EQ(b.totals().units_exported_kg(), 90);
  cross(b, a, {{{141, 221}}, "owner-main", "owner-side", true});
  EXPECT_EQ(held_text(a, "owner-side"), "1-81");
}

TEST_F(Transfers, GoBothWaysAtOnce) {
  recognise();
  const auto east = export_units(a, b, {{{1, 40}}});
  const auto west = export_units(b, a, {{{1, 50}}});
  PUHUI_ACCEPTED(import_units(b, carry(a, b, east.leaf)));
  const auto imported = import_units(a, carry(b, a, west.leaf));
  PUHUI_ACCEPTED(imported);
  EXPECT_EQ(drift_between(a, b), "");
  EXPECT_EQ(held_text(a, "owner-main"), "41-100 101-145");
  EXPECT_EQ(a.view().history(101, {})->printed(), "XIANGYANG-CPH-PV23-P2-2024-B1-1-1");
  PUHUI_ACCEPTED(conclude(b, carry(a, b, imported.leaf)));
  EXPECT_EQ(held_text(b, "owner-main"), "51-86");
}

// Runs of several batches are recognised from the first on.
TEST_F(Transfers, OfSeveralBatchesDiscountTheLastOnes) {
  recognise();
  PUHUI_ACCEPTED(a.issue_kg(7));
  const auto exported = export_units(a, b, {{{1, 3}, {99, 104}}});
  PUHUI_ACCEPTED(exported);
  EXPECT_EQ(a.payload_at(exported.leaf).export_().runs_size(), 3);
  const auto imported = import_units(b, carry(a, b, exported.leaf));
  PUHUI_ACCEPTED(imported);
  const auto there = *transfer_at(b, id_of(a, exported.leaf));
  EXPECT_EQ(there.recognised_kg(), 8) << "of 9";
  EXPECT_EQ(ranges_text(there.discounted()), "104-104");
  EXPECT_EQ(b.view().serial(56)->batch(), b.view().serial(58)->batch());
  EXPECT_NE(b.view().serial(55)->batch(), b.view().serial(56)->batch());
  PUHUI_ACCEPTED(conclude(a, carry(b, a, imported.leaf)));
  EXPECT_EQ(a.state(103), v1::EXPORTED);
  EXPECT_EQ(a.state(104), v1::CANCELLED);
}

TEST_F(Transfers, OfWhatTheDiscountLeavesNothingOfAreRefused) {
  recognise();
  PUHUI_REFUSED(export_units(a, b, {{{1, 1}}}), DISCOUNT_ZERO);
  PUHUI_ACCEPTED(export_units(a, b, {{{1, 2}}}));
}

TEST_F(Transfers, RecogniseAllWhereTheAgreementDoes) {
  auto agreement = agreement_between(a, b);
  terms_of_taker(agreement, b).set_discount("1");
  recognise(agreement);
  cross(a, b, {{{1, 1}, {3, 3}}});
  EXPECT_EQ(a.totals().units_cancelled_kg(), 0);
  EXPECT_EQ(b.held("owner-main"), 52);
}

// ---- Retirement abroad ----

TEST_F(Transfers, ThatEndInARetirementAreReportedHome) {
  recognise();
  cross(a, b, {{{1, 100}}});
  const auto retired = retire(b, "owner-main", {{41, 60}, {71, 80}});
  PUHUI_ACCEPTED(retired);
  const SerialRanges of_a = {{1, 10}, {21, 30}};
  PUHUI_REFUSED(state_retirement(b, a, retired.leaf, {{1, 10}}), RUN_DIFFERS);
  PUHUI_REFUSED(state_retirement(b, a, retired.leaf + 1, of_a), RETIREMENT_UNKNOWN);
  PUHUI_REFUSED(state_retirement(b, b, retired.leaf, of_a), AGREEMENT_UNKNOWN);
  auto doctored = statement_event(b, a, retired.leaf, of_a);
  doctored.mutable_state_retirement()->set_purpose("neutrality");
  PUHUI_REFUSED(b.send(doctored, {"operator"}), RUN_DIFFERS);
  const auto stated = state_retirement(b, a, retired.leaf, of_a);
  PUHUI_ACCEPTED(stated);
  PUHUI_REFUSED(state_retirement(b, a, retired.leaf, of_a), RETIREMENT_STATED);
  const auto noted = note_retirement(a, carry(b, a, stated.leaf));
  PUHUI_ACCEPTED(noted);
  EXPECT_EQ(a.totals().units_retired_abroad_kg(), 20);
  EXPECT_EQ(a.totals().units_retired_kg(), 0);
  EXPECT_EQ(a.totals().units_exported_kg(), 90);
  EXPECT_EQ(a.view().serial(21)->retired_abroad_at(), static_cast<std::int64_t>(noted.leaf));
  EXPECT_EQ(a.view().serial(11)->retired_abroad_at(), 0);
  EXPECT_EQ(last_move(a, 30).kind(), v1::MOVE_RETIRE_ABROAD);
  PUHUI_REFUSED(note_retirement(a, carry(b, a, stated.leaf)), RETIREMENT_STATED);
  PUHUI_REFUSED(send_home(b, a, {{51, 60}}), SERIAL_RETIRED);
}

// The news of a retirement may be faster than that of the import.
TEST_F(Transfers, AreConcludedBeforeTheirRetirementIsNoted) {
  recognise();
  const auto exported = export_units(a, b, {{{1, 100}}});
  const auto imported = import_units(b, carry(a, b, exported.leaf));
  const auto retired = retire(b, "owner-main", {{51, 60}});
  const auto stated = state_retirement(b, a, retired.leaf, {{1, 10}});
  PUHUI_ACCEPTED(stated);
  PUHUI_REFUSED(note_retirement(a, carry(b, a, stated.leaf)), TRANSFER_STATE_WRONG);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, imported.leaf)));
  PUHUI_ACCEPTED(note_retirement(a, carry(b, a, stated.leaf)));
}

// ---- The dispute window ----

TEST_F(Transfers, LieBoundUntilTheDisputeWindowEnds) {
  auto agreement = agreement_between(a, b);
  terms_of_taker(agreement, b).set_dispute_window(3 * kMicrosPerDay);
  recognise(agreement);
  const auto exported = export_units(a, b, {{{1, 100}}});
  const auto imported = import_units(b, carry(a, b, exported.leaf));
  PUHUI_ACCEPTED(imported);
  const auto id = id_of(a, exported.leaf);
  const auto until = transfer_at(b, id)->bound_until();
  EXPECT_EQ(until, imported.time + 3 * kMicrosPerDay);
  EXPECT_EQ(b.bound("owner-main"), 90);
  EXPECT_EQ(b.view().serial(51)->bound_by(),
            "dispute/" + crypto::Digest::from_bytes(id).value().hex());
  EXPECT_EQ(b.ledger().next_due(), until);
  b.now = until - 1;
  PUHUI_REFUSED(transfer(b, {"owner-main", "buyer-main"}, {{51, 51}}), SERIAL_BOUND);
  b.now = until - 1;
  PUHUI_REFUSED(send_home(b, a, {{51, 51}}), SERIAL_BOUND);
  b.now = until;
  PUHUI_ACCEPTED(transfer(b, {"owner-main", "buyer-main"}, {{51, 51}}));
  EXPECT_EQ(b.bound("owner-main"), 0);
  EXPECT_EQ(b.ledger().next_due(), kTimeMax);
  // A return lies in no window.
  const auto home = send_home(b, a, {{61, 70}});
  PUHUI_ACCEPTED(home);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, imported.leaf)));
  PUHUI_ACCEPTED(import_units(a, carry(b, a, home.leaf)));
  EXPECT_EQ(a.bound("owner-main"), 0);
}

TEST_F(Transfers, AreFreedByATickWhenTheDisputeWindowEnds) {
  auto agreement = agreement_between(a, b);
  terms_of_taker(agreement, b).set_dispute_window(kMicrosPerDay);
  recognise(agreement);
  cross(a, b, {{{1, 100}}});
  const auto size = b.head().size;
  const auto until = b.ledger().next_due();
  b.now = until - 1;
  b.apply({});
  EXPECT_EQ(b.head().size, size);
  b.now = until;
  b.apply({});
  EXPECT_EQ(b.head().size, size + 1);
  EXPECT_EQ(b.bound("owner-main"), 0);
  EXPECT_EQ(b.held("owner-main"), 140);
}

TEST_F(Transfers, DoNotComeBackToWhereTheyNeverLeft) {
  recognise();
  cross(a, b, {{{1, 100}}});
  const auto home = send_home(b, a, {{51, 140}});
  PUHUI_ACCEPTED(home);
  const auto at_home = import_units(a, carry(b, a, home.leaf));
  PUHUI_ACCEPTED(at_home);
  const auto again = export_units(a, b, {{{1, 10}}});
  PUHUI_ACCEPTED(again);
  const auto proof = carry(a, b, again.leaf);
  PUHUI_REFUSED(import_units(b, proof), TRANSFER_STATE_WRONG);
  PUHUI_REFUSED(refuse_import(b, proof, "transfer.state"), TRANSFER_ACCEPTABLE);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, at_home.leaf)));
  PUHUI_ACCEPTED(import_units(b, proof));
}

// ---- Refused, or too late ----

TEST_F(Transfers, ThatAreRefusedFreeTheUnits) {
  auto agreement = agreement_between(a, b);
  terms_of_taker(agreement, b).set_year_quota_kg(50);
  recognise(agreement);
  const auto exported = export_units(a, b, {{{1, 100}}});
  const auto proof = carry(a, b, exported.leaf);
  const auto id = id_of(a, exported.leaf);
  PUHUI_REFUSED(import_units(b, proof), QUOTA_EXCEEDED);
  PUHUI_REFUSED(refuse_import(b, proof, "account.unknown"), TRANSFER_ACCEPTABLE);
  PUHUI_REFUSED(refuse_import(b, proof, "none"), TRANSFER_ACCEPTABLE);
  PUHUI_REFUSED(refuse_import(b, proof, ""), TRANSFER_ACCEPTABLE);
  const auto refused = refuse_import(b, proof, "quota.exceeded");
  PUHUI_ACCEPTED(refused);
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_REFUSED);
  EXPECT_EQ(transfer_at(b, id)->code(), "quota.exceeded");
  PUHUI_REFUSED(refuse_import(b, proof, "quota.exceeded"), TRANSFER_ANSWERED);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, refused.leaf)));
  const auto here = *transfer_at(a, id);
  EXPECT_EQ(here.state(), v1::TRANSFER_FREED);
  EXPECT_EQ(here.code(), "quota.exceeded");
  EXPECT_EQ(here.recognised_kg(), 0);
  EXPECT_EQ(a.bound("owner-main"), 0);
  EXPECT_EQ(held_text(a, "owner-main"), "1-100");
  EXPECT_EQ(last_move(a, 1).kind(), v1::MOVE_UNLOCK);
  PUHUI_ACCEPTED(export_units(a, b, {{{1, 10}}}));
}

TEST_F(Transfers, ThatNothingStandsAgainstAreNotRefused) {
  recognise();
  const auto exported = export_units(a, b, {{{1, 100}}});
  const auto proof = carry(a, b, exported.leaf);
  PUHUI_REFUSED(refuse_import(b, proof, "quota.exceeded"), TRANSFER_ACCEPTABLE);
  PUHUI_REFUSED(refuse_import(b, proof, "none"), TRANSFER_ACCEPTABLE);
  PUHUI_ACCEPTED(import_units(b, proof));
}

TEST_F(Transfers, AreImportedUntilTheirDeadlineAndVoidFromThenOn) {
  recognise();
  const auto early = export_units(a, b, {{{1, 50}}});
  const auto late = export_units(a, b, {{{51, 100}}});
  const auto in_time = carry(a, b, early.leaf);
  const auto too_late = carry(a, b, late.leaf);
  b.now = early.time + kAnswerWithin - 1;
  PUHUI_REFUSED(void_import(b, in_time), TRANSFER_DEADLINE_RUNNING);
  b.now = early.time + kAnswerWithin - 1;
  PUHUI_ACCEPTED(import_units(b, in_time));
  b.now = late.time + kAnswerWithin;
  PUHUI_REFUSED(import_units(b, too_late), TRANSFER_DEADLINE_PASSED);
  PUHUI_REFUSED(refuse_import(b, too_late, "quota.exceeded"), TRANSFER_DEADLINE_PASSED);
  b.now = late.time + kAnswerWithin;
  const auto voided = void_import(b, too_late);
  PUHUI_ACCEPTED(voided);
  const auto id = id_of(a, late.leaf);
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_VOID);
  PUHUI_REFUSED(import_units(b, too_late), TRANSFER_ANSWERED);
  PUHUI_REFUSED(void_import(b, too_late), TRANSFER_ANSWERED);
  EXPECT_EQ(a.bound("owner-main"), 100) << "its own clock frees nothing";
  PUHUI_ACCEPTED(conclude(a, carry(b, a, voided.leaf)));
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_FREED);
  EXPECT_EQ(held_text(a, "owner-main"), "51-100");
}

// ---- Read anew ----

// Whatever was agreed since, a ledger that is read anew says the same.
TEST_F(Transfers, SurviveARestart) {
  recognise();
  const auto exported = export_units(a, b, {{{1, 100}}});
  a.reopen();
  const auto imported = import_units(b, carry(a, b, exported.leaf));
  PUHUI_ACCEPTED(imported);
  b.reopen();
  PUHUI_REFUSED(import_units(b, carry(a, b, exported.leaf)), TRANSFER_ANSWERED);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, imported.leaf)));
}

// A copy that reads the leaves knows the same, state roots included.
TEST_F(Transfers, AreFollowed) {
  auto agreement = agreement_between(a, b);
  terms_of_taker(agreement, b).set_dispute_window(kMicrosPerDay);
  recognise(agreement);
  cross(a, b, {{{1, 100}}});
  b.now = b.ledger().next_due();
  b.apply({});
  cross(b, a, {{{61, 70}}, "owner-main", "owner-main", true});
  for (int i = 0; b.head().size < 70; ++i)
    PUHUI_ACCEPTED(open_account(b, "more-" + std::to_string(i), "owner"));
  for (const auto* city : {&a, &b}) {
    const auto view = city->view();
    std::vector<std::string> entries;
    for (std::uint64_t leaf = 0; leaf < view.head().size; ++leaf)
      entries.push_back(view.entry(leaf));
    const auto copy = City::bare();
    for (const auto& entry : entries) {
      const std::vector<Ledger::Leaf> leaves = {{entry, std::nullopt}};
      const auto followed = copy->ledger().follow(leaves);
      ASSERT_TRUE(followed) << describe(followed.error());
    }
    EXPECT_EQ(copy->head().root, view.head().root);
    EXPECT_EQ(copy->head().digest, view.head().digest);
  }
}

}  // namespace
}  // namespace puhui::ledger::testing
