// A city that was restored from an older copy: what it lost of transfers is made again from what
// its partner knows.
#include <gtest/gtest.h>

#include "tests/ledger/epochs.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct Epochs : TwoCities {
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    PUHUI_ACCEPTED(b.issue_kg(50));
    recognise();
  }
  // Loses what happened since the copy was made, and begins a new epoch.
  void lose_since(const Backup& backup) { PUHUI_ACCEPTED(open_epoch(a, backup.restore())); }
  [[nodiscard]] Answer send(SovereignCity& from, const City& to, std::uint64_t end) const {
    return export_units(from, to, {{{1, end}}});
  }
};

TEST_F(Epochs, BeginWithTheLeavesThatWereKeptUnderANewOrigin) {
  const Backup backup(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 10}}));
  const auto last = backup.restore();
  const auto kept = a.head().size;
  auto wrong = epoch_event(a, last);
  wrong.mutable_open_epoch()->set_epoch(2);
  PUHUI_REFUSED(a.send(wrong, {"bureau"}), EPOCH_INVALID);
  wrong = epoch_event(a, last);
  wrong.mutable_open_epoch()->set_kept_leaves(kept - 1);
  PUHUI_REFUSED(a.send(wrong, {"bureau"}), EPOCH_INVALID);
  wrong = epoch_event(a, last);
  wrong.mutable_open_epoch()->set_origin(a.origin());
  PUHUI_REFUSED(a.send(wrong, {"bureau"}), EPOCH_INVALID);
  PUHUI_REFUSED(a.send(epoch_event(a, b.signed_note(b.tree())), {"bureau"}), EPOCH_INVALID);
  PUHUI_REFUSED(a.send(epoch_event(a, a.signed_note(a.tree())), {"bureau"}), EPOCH_INVALID);
  PUHUI_ACCEPTED(open_epoch(a, last));
  EXPECT_EQ(a.epoch()->opening().kept_leaves(), kept);
  EXPECT_EQ(a.epoch()->opened_at(), static_cast<std::int64_t>(kept));
  EXPECT_EQ(a.origin(), a.view().genesis()->origin() + "/1");
}

TEST_F(Epochs, MoveNothingBetweenCitiesUntilThePartnersListIsNoted) {
  const Backup backup(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 10}}));
  const auto from_b = send(b, a, 10);
  PUHUI_ACCEPTED(from_b);
  lose_since(backup);
  PUHUI_REFUSED(send(a, b, 10), EPOCH_LISTS_PENDING);
  PUHUI_REFUSED(import_units(a, carry(b, a, from_b.leaf)), EPOCH_LISTS_PENDING);
  PUHUI_REFUSED(a.issue_kg(10), EPOCH_LISTS_PENDING);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 1}}));
  reconcile(a, b);
  PUHUI_ACCEPTED(import_units(a, carry(b, a, from_b.leaf)));
  PUHUI_ACCEPTED(a.issue_kg(10));
  PUHUI_ACCEPTED(export_units(a, b, {{{2, 10}}}));
}

TEST_F(Epochs, TakeAwayWhatWentWhileItWasNotKept) {
  const Backup backup(a);
  const auto exported = send(a, b, 100);
  PUHUI_ACCEPTED(exported);
  const auto id = id_of(a, exported.leaf);
  PUHUI_ACCEPTED(import_units(b, carry(a, b, exported.leaf)));
  lose_since(backup);
  EXPECT_EQ(a.held("owner-main"), 100);
  reconcile(a, b);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
  EXPECT_EQ(a.held("owner-main"), 0);
  EXPECT_EQ(a.totals().units_exported_kg(), 90);
  EXPECT_EQ(a.totals().units_cancelled_kg(), 10);
}

TEST_F(Epochs, TakeAwayFromWhoeverHoldsItSince) {
  const Backup backup(a);
  const auto exported = send(a, b, 100);
  PUHUI_ACCEPTED(import_units(b, carry(a, b, exported.leaf)));
  lose_since(backup);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 30}}));
  PUHUI_ACCEPTED(retire(a, "owner-main", {{31, 40}}));
  reconcile(a, b);
  EXPECT_EQ(a.held("owner-main"), 0);
  EXPECT_EQ(a.held("buyer-main"), 0);
  // What was retired in both cities is owed by the project.
  EXPECT_EQ(a.view().project(a.project())->owed_kg(), 10);
  EXPECT_EQ(a.totals().units_exported_kg(), 80);
  EXPECT_EQ(a.totals().units_cancelled_kg(), 10);
  known_drift = "WUHAN 31 is in both cities; issued 150, kept 160, of it twice 0; ";
}

TEST_F(Epochs, KeepWhatCameAndWasConcludedThere) {
  const Backup backup(a);
  const auto exported = send(b, a, 50);
  const auto id = id_of(b, exported.leaf);
  const auto imported = import_units(a, carry(b, a, exported.leaf));
  PUHUI_ACCEPTED(imported);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, imported.leaf)));
  lose_since(backup);
  EXPECT_EQ(a.totals().units_imported_kg(), 0);
  reconcile(a, b);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_IMPORTED);
  EXPECT_EQ(a.totals().units_imported_kg(), 45);
  PUHUI_REFUSED(import_units(a, carry(b, a, exported.leaf)), TRANSFER_ANSWERED);
}

TEST_F(Epochs, ProveNothingByLeavesThatWereLost) {
  const Backup backup(a);
  const auto sent = send(a, b, 40);
  const auto lost_export = carry(a, b, sent.leaf);
  const auto from_b = send(b, a, 50);
  const auto answered = import_units(a, carry(b, a, from_b.leaf));
  const auto lost_answer = carry(a, b, answered.leaf);
  lose_since(backup);
  PUHUI_ACCEPTED(renew_epoch(a, b));
  PUHUI_REFUSED(import_units(b, lost_export), LEAF_LOST);
  PUHUI_REFUSED(void_import(b, lost_export), LEAF_LOST);
  PUHUI_REFUSED(conclude(b, lost_answer), LEAF_LOST);
  const auto stated = b.send(transfers_event(b, a), {"operator"});
  PUHUI_ACCEPTED(stated);
  PUHUI_ACCEPTED(note_transfers(a, carry(b, a, stated.leaf)));
  // It answers anew, and this time it is another leaf.
  const auto again = import_units(a, carry(b, a, from_b.leaf));
  PUHUI_ACCEPTED(again);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, again.leaf)));
  EXPECT_EQ(a.held("owner-main"), 145);
}

TEST_F(Epochs, IssueAgainWhatWentAndWasNotKept) {
  const Backup backup(a);
  PUHUI_ACCEPTED(a.issue_kg(60));
  const auto exported = export_units(a, b, {{{101, 160}}});
  PUHUI_ACCEPTED(exported);
  PUHUI_ACCEPTED(import_units(b, carry(a, b, exported.leaf)));
  lose_since(backup);
  EXPECT_FALSE(a.view().serial(101));
  reconcile(a, b);
  EXPECT_EQ(a.totals().units_issued_kg(), 160);
  EXPECT_EQ(a.totals().units_exported_kg(), 54);
  EXPECT_EQ(a.view().serial(101)->state(), v1::EXPORTED);
  EXPECT_EQ(a.view().project(a.project())->owed_kg(), 60);
}

TEST_F(Epochs, UndoTheReturnOfUnitsThatWentHomeMeanwhile) {
  cross(b, a, {{{1, 50}}});
  const auto there = held_text(a, "owner-main");
  EXPECT_EQ(there, "1-100 101-145");
  const Backup backup(a);
  const auto returned = send_home(a, b, {{101, 145}});
  PUHUI_ACCEPTED(returned);
  PUHUI_ACCEPTED(import_units(b, carry(a, b, returned.leaf)));
  lose_since(backup);
  EXPECT_EQ(a.held("owner-main"), 145);
  reconcile(a, b);
  EXPECT_EQ(a.held("owner-main"), 100);
  EXPECT_EQ(b.held("owner-main"), 45);
}

TEST_F(Epochs, ListAllThatWasAnsweredSinceTheFewestLeavesKept) {
  const Backup backup(a);
  const auto exported = send(a, b, 100);
  PUHUI_ACCEPTED(import_units(b, carry(a, b, exported.leaf)));
  lose_since(backup);
  PUHUI_ACCEPTED(renew_epoch(a, b));
  auto nothing = transfers_event(b, a);
  nothing.mutable_state_transfers()->clear_transfers();
  PUHUI_REFUSED(b.send(nothing, {"operator"}), RUN_DIFFERS);
  auto otherwise = transfers_event(b, a);
  otherwise.mutable_state_transfers()->mutable_transfers(0)->set_state(v1::LISTED_NOT_TAKEN);
  PUHUI_REFUSED(b.send(otherwise, {"operator"}), RUN_DIFFERS);
  auto unfinished = transfers_event(b, a);
  unfinished.mutable_state_transfers()->set_is_last(false);
  PUHUI_REFUSED(b.send(unfinished, {"operator"}), RUN_DIFFERS);
  auto late = transfers_event(b, a);
  late.mutable_state_transfers()->set_from(late.state_transfers().from() + 1);
  PUHUI_REFUSED(b.send(late, {"operator"}), RUN_DIFFERS);
  const auto stated = b.send(transfers_event(b, a), {"operator"});
  PUHUI_ACCEPTED(stated);
  PUHUI_ACCEPTED(note_transfers(a, carry(b, a, stated.leaf)));
  PUHUI_REFUSED(note_transfers(a, carry(b, a, stated.leaf)), RUN_DIFFERS);
}

}  // namespace
}  // namespace puhui::ledger::testing
