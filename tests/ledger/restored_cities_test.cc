// What restores do to transfers beyond one city and one list. Most are faults that the simulator of
// cities (tests/recognition/sim) has found, in as few steps as show them.
#include <gtest/gtest.h>

#include "tests/ledger/epochs.h"
#include "tests/ledger/every_other.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct RestoredCities : TwoCities {
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    PUHUI_ACCEPTED(b.issue_kg(50));
    auto agreement = agreement_between(a, b);
    for (auto& terms : *agreement.mutable_terms()) terms.set_discount("1");
    recognise(agreement);
  }
  static void lose_since(SovereignCity& city, const Backup& backup) {
    PUHUI_ACCEPTED(open_epoch(city, backup.restore()));
  }
  // Sent and imported; not concluded.
  static std::string send(SovereignCity& from, SovereignCity& to, const SerialRanges& ranges) {
    const auto exported = export_units(from, to, {ranges});
    EXPECT_EQ(exported.decision, v1::ACCEPTED);
    EXPECT_EQ(import_units(to, carry(from, to, exported.leaf)).decision, v1::ACCEPTED);
    return id_of(from, exported.leaf);
  }
};

// A recall is noted once the list is, so that what the list brings is frozen too.
TEST_F(RestoredCities, BringBackNoRecalledUnitsFree) {
  const Backup backup(a);
  cross(b, a, {{{1, 50}}});
  const auto recalled = recall(b, "B1", {{1, 10}});
  PUHUI_ACCEPTED(recalled);
  lose_since(a, backup);
  PUHUI_ACCEPTED(renew_epoch(a, b));
  PUHUI_REFUSED(note_recall(a, carry(b, a, recalled.leaf)), EPOCH_LISTS_PENDING);
  const auto stated = b.send(transfers_event(b, a), {"operator"});
  PUHUI_ACCEPTED(note_transfers(a, b, carry(b, a, stated.leaf)));
  PUHUI_ACCEPTED(note_recall(a, carry(b, a, recalled.leaf)));
  EXPECT_EQ(a.held("owner-main"), 150);
  EXPECT_EQ(a.bound("owner-main"), 10);
}

// Where one that is noted was lost, the next epoch has another one at the same leaf.
TEST_F(RestoredCities, RecallOnceMoreAtALeafThatWasLost) {
  cross(a, b, {{{1, 20}}});
  const auto kept = recall(a, "B1", {{1, 2}});
  PUHUI_ACCEPTED(note_recall(b, carry(a, b, kept.leaf)));
  const Backup backup(a);
  fill_up(a, a.head().size + 9, 41);
  const auto lost = recall(a, "B1", {{3, 5}});
  PUHUI_ACCEPTED(note_recall(b, carry(a, b, lost.leaf)));
  lose_since(a, backup);
  reconcile(a, b);
  fill_up(a, lost.leaf, 41);
  const auto again = recall(a, "B1", {{6, 9}});
  EXPECT_EQ(again.leaf, lost.leaf);
  PUHUI_ACCEPTED(note_recall(b, carry(a, b, again.leaf)));
  PUHUI_REFUSED(note_recall(b, carry(a, b, again.leaf)), RETIREMENT_STATED);
  PUHUI_REFUSED(note_recall(b, carry(a, b, kept.leaf)), RETIREMENT_STATED);
  EXPECT_EQ(b.bound("owner-main"), 9);
  const auto noted = b.view().recalls_noted("WUHAN", {});
  ASSERT_EQ(noted.items_size(), 3);
  EXPECT_EQ(noted.items(0).leaf(), kept.leaf);
  EXPECT_EQ(noted.items(0).epoch(), 0U) << "the next epoch kept it";
  EXPECT_EQ(noted.items(1).leaf(), lost.leaf);
  EXPECT_EQ(noted.items(1).epoch(), 0U);
  EXPECT_EQ(noted.items(2).leaf(), again.leaf);
  EXPECT_EQ(noted.items(2).epoch(), 1U);
}

// They came once more, before it was known here again that they had gone home.
TEST_F(RestoredCities, FindRecalledUnitsWhereTheyCameLast) {
  cross(a, b, {{{1, 10}}});
  const auto returned = send_home(b, a, {{51, 60}});
  PUHUI_ACCEPTED(returned);
  const auto home = import_units(a, carry(b, a, returned.leaf));
  PUHUI_ACCEPTED(home);
  const Backup backup(b);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, home.leaf)));
  cross(a, b, {{{1, 10}}});
  lose_since(b, backup);
  reconcile(b, a);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, home.leaf)));
  EXPECT_EQ(b.state(51), v1::EXPORTED);
  const auto recalled = recall(a, "B1", {{1, 10}});
  PUHUI_ACCEPTED(recalled);
  PUHUI_ACCEPTED(note_recall(b, carry(a, b, recalled.leaf)));
  EXPECT_EQ(b.bound("owner-main"), 10);
}

// What came is numbered again where serials that went had been issued: the list is never noted.
TEST_F(RestoredCities, NumberWhatComesBackBesideWhatWent) {
  const Backup backup(a);
  PUHUI_ACCEPTED(a.issue_kg(10));
  cross(b, a, {{{1, 50}}});
  send(a, b, {{101, 110}});
  lose_since(a, backup);
  reconcile(a, b);
}

// One list brings back two transfers of one batch: each is a batch of its own here.
TEST_F(RestoredCities, BringBackSeveralTransfersOfOneBatch) {
  const Backup backup(a);
  cross(b, a, {{{1, 20}}});
  cross(b, a, {{{21, 40}}});
  lose_since(a, backup);
  reconcile(a, b);
  const auto first = a.epoch()->opening().first_serial();
  for (const auto serial : {first, first + 20}) {
    const auto block = a.view().serial(serial);
    ASSERT_TRUE(block) << serial;
    const auto batch = *a.view().batch(block->batch());
    EXPECT_EQ(batch.start(), serial);
    EXPECT_EQ(batch.mirrored().origin_start(), serial - first + 1);
  }
}

// Of a batch whose issuance was lost, the end went and came home before all of it went.
TEST_F(RestoredCities, IssueAgainWhatIsMissingAndNoMore) {
  const Backup backup(a);
  PUHUI_ACCEPTED(a.issue_kg(30));
  cross(a, b, {{{121, 130}}});
  cross(b, a, {{{51, 60}}, "owner-main", "owner-main", true});
  send(a, b, {{101, 130}});
  lose_since(a, backup);
  reconcile(a, b);
  EXPECT_EQ(a.totals().units_issued_kg(), 130);
  EXPECT_EQ(a.totals().units_exported_kg(), 30);
}

// Units of one batch that came by two transfers went home by one.
TEST_F(RestoredCities, TakeHomeWhatCameByTwoTransfers) {
  cross(b, a, {{{1, 20}}});
  cross(b, a, {{{21, 40}}});
  const Backup backup(a);
  const auto returned = send_home(a, b, {{101, 140}});
  PUHUI_ACCEPTED(returned);
  PUHUI_ACCEPTED(import_units(b, carry(a, b, returned.leaf)));
  lose_since(a, backup);
  reconcile(a, b);
  EXPECT_EQ(a.held("owner-main"), 100);
}

// What came once more went home once more, while the first way home is not known to be over.
TEST_F(RestoredCities, TakeHomeWhatCameLast) {
  cross(a, b, {{{1, 10}}});  // 51-60 there
  const auto first = send_home(b, a, {{51, 60}});
  PUHUI_ACCEPTED(first);
  const auto home = import_units(a, carry(b, a, first.leaf));
  PUHUI_ACCEPTED(home);
  const Backup backup(b);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, home.leaf)));
  cross(a, b, {{{1, 10}}});  // 61-70 there
  const auto second = send_home(b, a, {{61, 70}});
  PUHUI_ACCEPTED(second);
  const auto again = import_units(a, carry(b, a, second.leaf));
  PUHUI_ACCEPTED(again);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, again.leaf)));
  lose_since(b, backup);
  reconcile(b, a);
  EXPECT_EQ(b.state(51), v1::HELD);
  EXPECT_EQ(b.view().serial(51)->bound_by(),
            "transfer/" + crypto::hex_encode(id_of(b, first.leaf)));
  EXPECT_EQ(b.held("owner-main"), 50 + 10);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, home.leaf)));
  EXPECT_EQ(b.state(51), v1::EXPORTED);
  EXPECT_EQ(b.held("owner-main"), 50);
  EXPECT_EQ(a.held("owner-main"), 100);
}

// A version of the agreement that was lost is filed again as it was; then both go on from there.
TEST_F(RestoredCities, LeaveAgreementsToBeRenegotiated) {
  const Backup backup(a);
  const auto second = agreement_between(a, b, 2);
  agree(a, b, second);
  lose_since(a, backup);
  reconcile(a, b);
  PUHUI_ACCEPTED(file_agreement(a, b, second));
  agree(a, b, agreement_between(a, b, 3));
}

// Transfers sent under it are listed, and wait for it.
TEST_F(RestoredCities, NoteTransfersUnderVersionsThatWereLost) {
  const Backup backup(a);
  agree(a, b, agreement_between(a, b, 2));
  const auto id = send(a, b, {{1, 100}});
  lose_since(a, backup);
  PUHUI_ACCEPTED(renew_epoch(a, b));
  const auto stated = b.send(transfers_event(b, a), {"operator"});
  PUHUI_ACCEPTED(stated);
  const auto proof = carry(b, a, stated.leaf);
  PUHUI_REFUSED(note_transfers(a, b, proof), AGREEMENT_VERSION);
  PUHUI_ACCEPTED(file_agreement(a, b, agreement_between(a, b, 2)));
  PUHUI_ACCEPTED(note_transfers(a, b, proof));
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
}

// Any unit of a restored city may be abroad: it is used by nobody before the lists are noted, or
// else somebody owes it.
TEST_F(RestoredCities, LetNothingBeRetiredTwice) {
  cross(b, a, {{{1, 50}}});
  const Backup backup(a);
  const auto returned = send_home(a, b, {{101, 150}});
  PUHUI_ACCEPTED(import_units(b, carry(a, b, returned.leaf)));
  lose_since(a, backup);
  const bool is_used = retire(a, "owner-main", {{101, 110}}).decision == v1::ACCEPTED;
  reconcile(a, b);
  PUHUI_ACCEPTED(retire(b, "owner-main", {{1, 10}}));
  EXPECT_FALSE(is_used) << "retired in both cities, and nobody owes it";
}

// The list of one partner is noted, that of another one is not: nothing may leave, for it may be
// with the other.
TEST_F(RestoredCities, SendNothingThatMayBeWithAnother) {
  SovereignCity c{{"YICHANG", "P3"}};
  agree(a, c, agreement_between(a, c));
  PUHUI_ACCEPTED(note_project(a, c));
  const Backup backup(a);
  send(a, b, {{1, 100}});
  lose_since(a, backup);
  reconcile(a, c);
  const auto again = export_units(a, c, {{{1, 100}}});
  if (again.decision == v1::ACCEPTED) {
    EXPECT_NE(import_units(c, carry(a, c, again.leaf)).decision, v1::ACCEPTED)
        << "in two cities at once";
  }
  reconcile(a, b);
  EXPECT_EQ(b.held("owner-main") + c.held("owner-main"), 150);
}

// An export that was lost is sent again by its holder after the list named it, and the units came
// home: the same id is not sent twice.
TEST_F(RestoredCities, SendNoTransferTwiceUnderOneId) {
  const Backup backup(a);
  auto payload = export_event(a, b, {{{1, 10}}});
  payload.set_valid_until(a.now + 6 * kMicrosPerDay);
  const auto sealed = a.sealed(payload, {payload.party()});
  const auto exported = a.submit(sealed);
  PUHUI_ACCEPTED(exported);
  const auto imported = import_units(b, carry(a, b, exported.leaf));
  PUHUI_ACCEPTED(imported);
  lose_since(a, backup);
  reconcile(a, b);
  cross(b, a, {{{51, 60}}, "owner-main", "owner-main", true});
  EXPECT_EQ(a.held("owner-main"), 100);
  const auto again = a.submit(sealed);
  if (again.decision != v1::ACCEPTED) return;
  EXPECT_NE(conclude(a, carry(b, a, imported.leaf)).decision, v1::ACCEPTED);
  EXPECT_EQ(a.totals().units_exported_kg(), 0) << "in no city at all";
}

// The agreement is closed before the list is noted, and filed anew: what was lost is still unknown.
TEST_F(RestoredCities, AwaitTheListOfAnAgreementFiledAnew) {
  const Backup backup(a);
  send(a, b, {{1, 100}});
  lose_since(a, backup);
  PUHUI_ACCEPTED(renew_epoch(a, b));
  PUHUI_ACCEPTED(set_agreement(a, b, v1::CLOSED));
  agree(a, b, agreement_between(a, b, 2));
  PUHUI_REFUSED(export_units(a, b, {{{1, 100}}}), EPOCH_LISTS_PENDING);
  bring_list(b, a);
}

// Recalled while they were away, and home again: they are cancelled here, and exported nowhere.
TEST_F(RestoredCities, SayOfNothingThatCameHomeThatItIsAbroad) {
  cross(a, b, {{{1, 10}}});
  PUHUI_ACCEPTED(recall(a, "B1", {{1, 5}}));
  cross(b, a, {{{51, 60}}, "owner-main", "owner-main", true});
  EXPECT_EQ(a.state(1), v1::CANCELLED);
  EXPECT_EQ(a.view().serial(1)->exported_to(), "");
}

// The city that retired them loses its statement when the first part of it is noted.
TEST_F(RestoredCities, StateAnewWhatIsNotedInPart) {
  PUHUI_ACCEPTED(a.issue_kg(1'300));
  cross(a, b, {{{101, 1'400}}});  // 51-1350 there
  const auto retired = retire(b, "owner-main", {{51, 1'350}});
  PUHUI_ACCEPTED(retired);
  const Backup backup(b);
  const auto lost = state_retirement(b, a, retired.leaf, {{101, 1'400}});
  PUHUI_ACCEPTED(lost);
  PUHUI_ACCEPTED(recall(a, "B2", every_other(101, 1'400)));
  const auto first = carry(b, a, lost.leaf);
  PUHUI_ACCEPTED(note_retirement(a, first));
  EXPECT_EQ(a.totals().units_retired_abroad_kg(), 1'000);
  lose_since(b, backup);
  reconcile(b, a);
  PUHUI_REFUSED(note_retirement(a, first), LEAF_LOST);
  const auto stated = state_retirement(b, a, retired.leaf, {{101, 1'400}});
  PUHUI_ACCEPTED(stated);
  const auto proof = carry(b, a, stated.leaf);
  PUHUI_ACCEPTED(note_retirement(a, proof));
  EXPECT_EQ(a.totals().units_retired_abroad_kg(), 1'000) << "what was noted is passed by";
  PUHUI_ACCEPTED(note_retirement(a, proof));
  EXPECT_EQ(a.totals().units_retired_abroad_kg(), 1'300);
  PUHUI_REFUSED(note_retirement(a, proof), RETIREMENT_STATED);
}

}  // namespace
}  // namespace puhui::ledger::testing
