// A city that was restored from an older copy: what it lost of transfers is made again from what
// its partner knows and what is kept of the lost leaves.
#include <gtest/gtest.h>

#include "tests/ledger/epochs.h"
#include "tests/ledger/transfer_settlements.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct Restores : LosingCities {
  // Nothing is lost by recognition, so that all may go to and fro.
  void recognise_all() {
    auto next = agreement_between(a, b, 2);
    for (auto& terms : *next.mutable_terms()) terms.set_discount("1");
    agree(a, b, next);
  }
  // "EXPORT 101-160" of each step in the life of a serial.
  [[nodiscard]] std::string life(std::uint64_t serial) const {
    std::string text;
    const auto history = a.view().history(serial, {});
    for (const auto& move : history->moves())
      text += (text.empty() ? "" : ", ") + v1::UnitMoveKind_Name(move.kind()).substr(5) + " " +
              std::to_string(move.start()) + "-" + std::to_string(move.end());
    return text;
  }
};

// ---- Units that went ----

TEST_F(Restores, TakeAwayWhatWentWhileItWasNotKept) {
  const Backup backup(a);
  const auto id = id_of(a, take(a, b, {{1, 100}}).leaf);
  lose_since(backup);
  EXPECT_EQ(a.held("owner-main"), 100);
  reconcile(a, b);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
  EXPECT_EQ(a.held("owner-main"), 0);
  EXPECT_EQ(a.totals().units_exported_kg(), 90);
  EXPECT_EQ(a.totals().units_cancelled_kg(), 10);
  EXPECT_EQ(a.owed(), 0);
}

TEST_F(Restores, TakeAwayFromWhoeverHoldsItSince) {
  const Backup backup(a);
  take(a, b, {{1, 100}});
  lose_since(backup);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 30}}));
  auto cancel = cancel_event(a, "owner-main");
  add_serials(*cancel.mutable_cancel(), {{31, 40}});
  PUHUI_ACCEPTED(a.send(cancel, {"owner"}));
  reconcile(a, b);
  EXPECT_EQ(a.held("owner-main"), 0);
  EXPECT_EQ(a.held("buyer-main"), 0);
  // What has ended in this city and lives in the other is owed by the project.
  EXPECT_EQ(a.owed(), 10);
  EXPECT_EQ(a.totals().units_exported_kg(), 80);
  EXPECT_EQ(a.totals().units_cancelled_kg(), 20);
  known_drift = "WUHAN 31 is in both cities; issued 150, kept 160, of it twice 0; ";
}

TEST_F(Restores, KeepWhatThePartnerTurnedDown) {
  const auto refused_after = [&](const Sending& sending, std::string_view code) {
    const auto exported = export_units(a, b, sending);
    EXPECT_EQ(refuse_import(b, carry(a, b, exported.leaf), code).decision, v1::ACCEPTED);
    return id_of(a, exported.leaf);
  };
  const Backup backup(a);
  const auto refused = refused_after({{{1, 40}}, "owner-main", "nobody"}, "account.unknown");
  const auto late = export_units(a, b, {{{41, 100}}});
  const auto id = id_of(a, late.leaf);
  b.now = late.time + kAnswerWithin;
  PUHUI_ACCEPTED(void_import(b, carry(a, b, late.leaf)));
  lose_since(backup);
  reconcile(a, b);
  EXPECT_EQ(transfer_state(a, refused), v1::TRANSFER_FREED);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_FREED);
  EXPECT_EQ(held_text(a, "owner-main"), "1-100");
}

// The event may be about still, and is valid.
TEST_F(Restores, SendNothingOnceMoreThatHasEnded) {
  const Backup backup(a);
  const auto payload = export_event(a, b, {{{1, 40}}, "owner-main", "nobody"});
  const auto event = a.sealed(payload, {payload.party()});
  const auto exported = a.submit(event);
  PUHUI_ACCEPTED(exported);
  const auto id = id_of(a, exported.leaf);
  PUHUI_ACCEPTED(refuse_import(b, carry(a, b, exported.leaf), "account.unknown"));
  lose_since(backup);
  reconcile(a, b);
  ASSERT_EQ(transfer_state(a, id), v1::TRANSFER_FREED);
  PUHUI_REFUSED(a.submit(event), TRANSFER_STATE_WRONG);
  EXPECT_EQ(held_text(a, "owner-main"), "1-100");
}

// ---- Units that came ----

TEST_F(Restores, KeepWhatCameAndWasConcludedThere) {
  const Backup backup(a);
  const auto exported = export_units(b, a, {{{1, 50}}});
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

TEST_F(Restores, TellApartWhatCameOfOneBatch) {
  const Backup backup(a);
  cross(b, a, {{{1, 20}}});
  cross(b, a, {{{31, 50}}});
  lose_since(backup);
  reconcile(a, b);
  const auto first = next_serial(a) - 36;
  const auto view = a.view();
  const auto batch_of = [&](std::uint64_t serial) {
    return *view.batch(view.serial(serial)->batch());
  };
  EXPECT_EQ(batch_of(first).mirrored().origin_start(), 1u);
  EXPECT_EQ(batch_of(first).start(), first);
  EXPECT_EQ(batch_of(first + 18).mirrored().origin_start(), 31u);
  EXPECT_EQ(batch_of(first + 18).start(), first + 18);
  const auto home = send_home(a, b, {{first, first + 17}});
  PUHUI_ACCEPTED(home);
  PUHUI_ACCEPTED(import_units(b, carry(a, b, home.leaf)));
  EXPECT_EQ(held_text(b, "owner-main"), "1-18 21-30");
}

TEST_F(Restores, NeedTheAccountsThatUnitsCameTo) {
  const Backup backup(a);
  PUHUI_ACCEPTED(open_account(a, "owner-new", "owner"));
  cross(b, a, {{{1, 50}}, "owner-main", "owner-new"});
  lose_since(backup);
  PUHUI_ACCEPTED(renew_epoch(a, b));
  const auto stated = state_transfers(b, a);
  const auto proof = carry(b, a, stated.leaf);
  PUHUI_REFUSED(note_transfers(a, b, proof), ACCOUNT_UNKNOWN);
  PUHUI_ACCEPTED(open_account(a, "owner-new", "owner"));
  PUHUI_ACCEPTED(note_transfers(a, b, proof));
  PUHUI_ACCEPTED(transfer(a, {"owner-new", "owner-main"}, 45));
}

TEST_F(Restores, UndoTheReturnOfUnitsThatWentHomeMeanwhile) {
  cross(b, a, {{{1, 50}}});
  EXPECT_EQ(held_text(a, "owner-main"), "1-100 101-145");
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

TEST_F(Restores, ProveNothingByLeavesThatWereLost) {
  const Backup backup(a);
  const auto sent = export_units(a, b, {{{1, 40}}});
  const auto lost_export = carry(a, b, sent.leaf);
  const auto from_b = export_units(b, a, {{{1, 50}}});
  const auto answered = import_units(a, carry(b, a, from_b.leaf));
  const auto lost_answer = carry(a, b, answered.leaf);
  lose_since(backup);
  PUHUI_ACCEPTED(renew_epoch(a, b));
  PUHUI_REFUSED(import_units(b, lost_export), LEAF_LOST);
  PUHUI_REFUSED(void_import(b, lost_export), LEAF_LOST);
  PUHUI_REFUSED(conclude(b, lost_answer), LEAF_LOST);
  bring_list(b, a);
  // It answers anew, and this time it is another leaf.
  const auto again = import_units(a, carry(b, a, from_b.leaf));
  PUHUI_ACCEPTED(again);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, again.leaf)));
  EXPECT_EQ(a.held("owner-main"), 145);
}

// ---- Units whose issuance was lost ----

TEST_F(Restores, IssueAgainWhatWentAndWasNotKept) {
  const Backup backup(a);
  PUHUI_ACCEPTED(a.issue_kg(60));
  const auto batch = *a.view().batch("B2");
  take(a, b, {{101, 160}});
  lose_since(backup);
  EXPECT_FALSE(a.view().serial(101));
  reconcile(a, b);
  EXPECT_EQ(a.totals().units_issued_kg(), 160);
  EXPECT_EQ(a.totals().units_exported_kg(), 54);
  EXPECT_EQ(a.state(101), v1::EXPORTED);
  EXPECT_EQ(a.state(160), v1::CANCELLED);
  EXPECT_EQ(a.view().batch("B2")->serial(), batch.serial());
  EXPECT_EQ(a.owed(), 60);
  // The project reports the same once more, and keeps nothing of it.
  PUHUI_ACCEPTED(a.issue_kg(70));
  EXPECT_EQ(a.owed(), 0);
  EXPECT_EQ(a.held("owner-main"), 110);
}

TEST_F(Restores, IssueAgainInAnyOrder) {
  const Backup backup(a);
  PUHUI_ACCEPTED(a.issue_kg(60));
  const auto serial = a.view().batch("B2")->serial();
  take(a, b, {{141, 160}});
  take(a, b, {{111, 130}});
  lose_since(backup);
  reconcile(a, b);
  const auto batch = *a.view().batch("B2");
  EXPECT_EQ(batch.start(), 101u);
  EXPECT_EQ(batch.end(), 160u);
  EXPECT_EQ(batch.serial(), serial);
  EXPECT_EQ(a.owed(), 40);
  EXPECT_EQ(life(111), "EXPORT 111-128");
  EXPECT_EQ(life(130), "DISCOUNT 129-130");
  EXPECT_EQ(life(141), "EXPORT 141-158");
  EXPECT_FALSE(a.view().serial(131)) << "nobody knows of it any more";
  // Neither is in the way of what comes after.
  PUHUI_ACCEPTED(recall(a, "B2"));
  PUHUI_ACCEPTED(a.issue_kg(70));
}

TEST_F(Restores, IssueAgainWhatIsNotThereOfARun) {
  recognise_all();
  const Backup backup(a);
  PUHUI_ACCEPTED(a.issue_kg(60));
  cross(a, b, {{{131, 160}}});
  const auto there = held_text(b, "owner-main");
  EXPECT_EQ(there, "1-50 51-80");
  const auto home = send_home(b, a, {{51, 80}});
  const auto returned = import_units(a, carry(b, a, home.leaf));
  PUHUI_ACCEPTED(returned);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, returned.leaf)));
  take(a, b, {{101, 160}});
  lose_since(backup);
  reconcile(a, b);
  EXPECT_EQ(a.totals().units_issued_kg(), 160);
  EXPECT_EQ(a.totals().units_exported_kg(), 60);
  EXPECT_EQ(a.owed(), 60);
  EXPECT_EQ(life(101), "EXPORT 101-130");
  EXPECT_EQ(a.state(131), v1::EXPORTED);
  EXPECT_EQ(b.held("owner-main"), 110);
}

// ---- Settlements ----

TEST_F(Restores, KeepASettlementThatTheSenderConcluded) {
  const auto exported = export_units(a, b, {{{1, 40}}});
  const auto id = id_of(a, exported.leaf);
  const Backup backup(b);
  const auto settled = settle(b, a, settlement_of(a, exported.leaf));
  PUHUI_ACCEPTED(settled);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, settled.leaf)));
  PUHUI_ACCEPTED(open_epoch(b, backup.restore()));
  const auto proof = carry(a, b, exported.leaf);
  PUHUI_REFUSED(import_units(b, proof), EPOCH_LISTS_PENDING);
  reconcile(b, a);
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_VOID);
  PUHUI_REFUSED(import_units(b, carry(a, b, exported.leaf)), TRANSFER_ANSWERED);
  EXPECT_EQ(held_text(a, "owner-main"), "1-100");
}

TEST_F(Restores, ConcludeASettlementOnceMore) {
  const auto exported = export_units(a, b, {{{1, 40}}});
  const auto id = id_of(a, exported.leaf);
  const Backup backup(a);
  const auto settled = settle(b, a, settlement_of(a, exported.leaf));
  PUHUI_ACCEPTED(settled);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, settled.leaf)));
  lose_since(backup);
  reconcile(a, b);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_LOCKED);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, settled.leaf)));
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_FREED);
}

// Of an export that is lost with it, nobody tells; sent once more, it ends as it was settled.
TEST_F(Restores, EndASettledExportThatIsSentOnceMore) {
  const Backup backup(a);
  const auto payload = export_event(a, b, {{{1, 40}}});
  const auto event = a.sealed(payload, {payload.party()});
  const auto exported = a.submit(event);
  PUHUI_ACCEPTED(exported);
  const auto id = id_of(a, exported.leaf);
  const auto settled = settle(b, a, settlement_of(a, exported.leaf));
  PUHUI_ACCEPTED(settled);
  lose_since(backup);
  reconcile(a, b);
  EXPECT_FALSE(transfer_at(a, id));
  const auto again = a.submit(event);
  PUHUI_ACCEPTED(again);
  PUHUI_REFUSED(import_units(b, carry(a, b, again.leaf)), TRANSFER_ANSWERED);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, settled.leaf)));
  EXPECT_EQ(held_text(a, "owner-main"), "1-100");
}

}  // namespace
}  // namespace puhui::ledger::testing
