// Cities that are restored more than once, and both of them.
#include <gtest/gtest.h>

#include "tests/ledger/epochs.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct RestoredAgain : LosingCities {
  static void lose_a_move(SovereignCity& city) {
    const Backup backup(city);
    PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, {{1, 1}}));
    PUHUI_ACCEPTED(open_epoch(city, backup.restore()));
  }
};

TEST_F(RestoredAgain, MakeAgainWhatEachEpochLost) {
  const Backup first(a);
  const auto in_first = id_of(a, take(a, b, {{1, 40}}).leaf);
  lose_since(first);
  reconcile(a, b);
  const Backup second(a);
  const auto in_second = id_of(a, take(a, b, {{41, 60}}).leaf);
  lose_since(second);
  EXPECT_EQ(transfer_state(a, in_first), v1::TRANSFER_CONCLUDED);
  EXPECT_FALSE(transfer_at(a, in_second));
  reconcile(a, b);
  EXPECT_EQ(transfer_state(a, in_second), v1::TRANSFER_CONCLUDED);
  EXPECT_EQ(held_text(a, "owner-main"), "61-100");
  take(a, b, {{61, 70}});
}

// The list was noted in leaves that are lost in their turn.
TEST_F(RestoredAgain, NoteTheListAnewWhereItWasLostToo) {
  const Backup first(a);
  take(a, b, {{1, 40}});
  lose_since(first);
  const Backup second(a);
  reconcile(a, b);
  take(a, b, {{41, 60}});
  EXPECT_EQ(held_text(a, "owner-main"), "61-100");
  lose_since(second);
  EXPECT_EQ(held_text(a, "owner-main"), "1-100");
  reconcile(a, b);
  EXPECT_EQ(held_text(a, "owner-main"), "61-100");
}

// An opening that is lost is made again as it was, and the next one after it: partners have seen
// it.
TEST_F(RestoredAgain, BeginOnceMoreWhereTheirBeginningIsLost) {
  const Backup backup(a);
  take(a, b, {{1, 40}});
  const auto last_of_first = backup.restore();
  PUHUI_ACCEPTED(open_epoch(a, last_of_first));
  reconcile(a, b);
  take(a, b, {{41, 60}});
  const auto last_of_second = backup.restore();
  EXPECT_FALSE(a.epoch());
  PUHUI_ACCEPTED(open_epoch(a, last_of_first));
  PUHUI_ACCEPTED(open_epoch(a, last_of_second));
  reconcile(a, b);
  EXPECT_EQ(held_text(a, "owner-main"), "61-100");
}

TEST_F(RestoredAgain, AreSeenInOneEpochAfterTheOther) {
  const Backup first(a);
  take(a, b, {{1, 40}});
  lose_since(first);
  const auto passed = epoch_side(a);
  const Backup second(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 10}}));
  lose_since(second);
  PUHUI_ACCEPTED(renew_epoch(a, b, passed));
  PUHUI_REFUSED(note_transfers(a, b, carry(b, a, state_transfers(b, a).leaf)), LEAF_UNEXPECTED);
  reconcile(a, b);
  EXPECT_EQ(held_text(a, "owner-main"), "41-100");
}

TEST_F(RestoredAgain, HearFromPartnersOfALaterEpochOnly) {
  SovereignCity c{{"JINGZHOU", "P3"}};
  lose_a_move(a);
  reconcile(a, b);
  agree(a, c, agreement_between(a, c));
  EXPECT_EQ(agreement_at(a, c)->first_epoch(), 1u);
  EXPECT_FALSE(agreement_at(a, c)->awaits_list());
  PUHUI_ACCEPTED(note_project(a, c));
  const Backup backup(a);
  take(a, c, {{1, 40}});
  lose_since(backup);
  EXPECT_EQ(a.epoch()->opening().epoch(), 2u);
  PUHUI_ACCEPTED(renew_epoch(a, c));
  EXPECT_EQ(log_at(c, a)->epoch(), 1u) << "the first one that it has seen begin";
  PUHUI_ACCEPTED(renew_epoch(a, b));
  bring_lists({&b, &c}, a);
  EXPECT_EQ(held_text(a, "owner-main"), "41-100");
  PUHUI_ACCEPTED(retire(a, "owner-main", {{41, 50}}));
  known_drift = "issued 150, kept 114, of it twice 0; ";  // the rest is in the third city
}

TEST_F(RestoredAgain, ListForOneAnotherWhileBothWait) {
  const auto to_b = export_units(a, b, {{{1, 40}}});
  const auto to_a = export_units(b, a, {{{1, 20}}});
  const Backup of_a(a);
  const Backup of_b(b);
  // Each loses its answer, which the other one has concluded.
  const auto at_b = import_units(b, carry(a, b, to_b.leaf));
  const auto at_a = import_units(a, carry(b, a, to_a.leaf));
  PUHUI_ACCEPTED(conclude(a, carry(b, a, at_b.leaf)));
  PUHUI_ACCEPTED(open_epoch(b, of_b.restore()));
  reconcile(b, a);
  EXPECT_EQ(transfer_state(b, id_of(a, to_b.leaf)), v1::TRANSFER_IMPORTED);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, at_a.leaf)));
  // And now the first one, which forgets the other's epoch, too.
  lose_since(of_a);
  PUHUI_ACCEPTED(renew_epoch(b, a));
  reconcile(a, b);
  EXPECT_EQ(transfer_state(a, id_of(b, to_a.leaf)), v1::TRANSFER_IMPORTED);
  // Its export is not lost, but the answer is; what the other one made again tells of that.
  EXPECT_EQ(transfer_state(a, id_of(a, to_b.leaf)), v1::TRANSFER_LOCKED);
  const auto noted = static_cast<std::uint64_t>(transfer_at(b, id_of(a, to_b.leaf))->ended_at());
  auto payload = a.event("operator");
  auto& action = *payload.mutable_conclude_transfer();
  *action.mutable_answer() = carry(b, a, noted);
  PUHUI_REFUSED(a.send(payload, {"operator"}), LEAF_UNEXPECTED);
  const auto with = [&](std::uint32_t receipt) {
    auto again = a.event("operator");
    *again.mutable_conclude_transfer() = action;
    again.mutable_conclude_transfer()->set_receipt(receipt);
    return a.send(again, {"operator"});
  };
  PUHUI_REFUSED(with(1), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(with(0));
  EXPECT_EQ(transfer_at(a, id_of(a, to_b.leaf))->partner_leaf(), at_b.leaf);
  EXPECT_EQ(held_text(a, "owner-main").substr(0, 6), "41-100");
}

TEST_F(RestoredAgain, WaitForEachOtherAtOnce) {
  const Backup of_a(a);
  const auto to_b = id_of(a, take(a, b, {{1, 40}}).leaf);
  const Backup of_b(b);
  cross(b, a, {{{1, 20}}});
  PUHUI_ACCEPTED(open_epoch(b, of_b.restore()));
  lose_since(of_a);
  PUHUI_ACCEPTED(renew_epoch(b, a));
  PUHUI_ACCEPTED(renew_epoch(a, b));
  bring_list(b, a);
  bring_list(a, b);
  EXPECT_EQ(transfer_state(a, to_b), v1::TRANSFER_CONCLUDED);
  EXPECT_EQ(held_text(a, "owner-main"), "41-100");
  EXPECT_EQ(held_text(b, "owner-main"), "1-50 51-86") << "what neither knows has not happened";
  PUHUI_ACCEPTED(retire(a, "owner-main", {{41, 50}}));
  PUHUI_ACCEPTED(retire(b, "owner-main", {{51, 60}}));
}

// What was made again in one city is known there as it was, for the other to hear when it loses its
// own leaf of it.
TEST_F(RestoredAgain, MakeAgainWhatTheOtherCityMadeAgain) {
  const Backup of_a(a);
  const Backup of_b(b);
  const auto exported = export_units(a, b, {{{1, 40}}});
  const auto id = id_of(a, exported.leaf);
  const auto imported = import_units(b, carry(a, b, exported.leaf));
  PUHUI_ACCEPTED(conclude(a, carry(b, a, imported.leaf)));
  const auto export_receipt = kept_receipt(a, exported.leaf);
  const auto import_receipt = kept_receipt(b, imported.leaf);
  PUHUI_ACCEPTED(open_epoch(b, of_b.restore()));
  reconcile(b, a);
  EXPECT_EQ(transfer_at(b, id)->partner_leaf(), exported.leaf);
  EXPECT_EQ(transfer_at(b, id)->lost_leaf(), imported.leaf);

  lose_since(of_a);
  PUHUI_ACCEPTED(renew_epoch(b, a));
  PUHUI_ACCEPTED(renew_epoch(a, b));
  const auto stated = state_transfers(b, a);
  PUHUI_ACCEPTED(stated);
  const auto proof = carry(b, a, stated.leaf);
  PUHUI_ACCEPTED(a.send(noting_event(a, proof, {export_receipt}), {"operator"}));
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
  EXPECT_EQ(held_text(a, "owner-main"), "41-100");

  // And the first one once more, before it knew of any of it.
  const auto last = of_b.restore();
  EXPECT_FALSE(transfer_at(b, id));
  EXPECT_EQ(b.origin(), b.view().genesis()->origin());
  PUHUI_ACCEPTED(open_epoch(b, import_receipt.checkpoint()));
  PUHUI_ACCEPTED(open_epoch(b, last));
  PUHUI_ACCEPTED(renew_epoch(a, b));
  PUHUI_ACCEPTED(renew_epoch(b, a));
  const auto listed_again = state_transfers(a, b);
  PUHUI_ACCEPTED(listed_again);
  const auto again = carry(a, b, listed_again.leaf);
  PUHUI_ACCEPTED(b.send(noting_event(b, again, {import_receipt}), {"operator"}));
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_IMPORTED);
  EXPECT_EQ(b.held("owner-main"), 86);
}

}  // namespace
}  // namespace puhui::ledger::testing
