// Cities that lost leaves, and what their partners list for them, judged again.
#include "tests/audit/judged_cities.h"

namespace puhui::node::audit::testing {
namespace {

using enum v1::ErrorCode;

struct AuditedEpochs : AuditedCities {
  void SetUp() override {
    AuditedCities::SetUp();
    recognise();
  }
  [[nodiscard]] std::uint32_t lists_awaited() const { return a.epoch()->lists_awaited(); }
};

// ---- How an epoch begins ------------------------------------------------------------------------

TEST_F(AuditedEpochs, FindsEpochsThatDoNotFollow) {
  const Backup backup(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 10}}));
  const auto last = backup.restore();
  const auto doctored = [&](auto change) {
    auto payload = epoch_event(a, last);
    change(*payload.mutable_open_epoch());
    return payload;
  };
  using Opening = v1::OpenEpoch;
  const auto kept = a.head().size;
  const auto next = next_serial(a);
  refuses(doctored([](Opening& o) { o.set_origin("demo." + o.origin()); }), EVENT_MALFORMED);
  refuses(doctored([](Opening& o) { o.clear_decision(); }), EVENT_MALFORMED);
  refuses(doctored([](Opening& o) { o.set_epoch(2); }), EPOCH_INVALID);
  refuses(doctored([&](Opening& o) { o.set_kept_leaves(kept - 1); }), EPOCH_INVALID);
  refuses(doctored([&](Opening& o) { o.set_origin(a.origin()); }), EPOCH_INVALID);
  refuses(doctored([&](Opening& o) { o.set_first_serial(next - 1); }), EPOCH_INVALID);
  refuses(doctored([](Opening& o) { o.set_first_serial(std::uint64_t{1} << 63); }), EPOCH_INVALID);
  refuses(epoch_event(a, b.signed_note(b.tree())), EPOCH_INVALID);
  refuses(epoch_event(a, a.signed_note(a.tree())), EPOCH_INVALID);
  PUHUI_ACCEPTED(a.send(doctored([&](Opening& o) { o.set_first_serial(next); }), {"bureau"}));
  EXPECT_EQ(lists_awaited(), 1U);
  expect_clean(a);
}

TEST_F(AuditedEpochs, FindsMovesWhileListsAreAwaited) {
  const Backup backup(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 10}}));
  const auto theirs = export_units(b, a, {{{1, 10}}});
  const auto recalled = recall(b, "B1", {{40, 50}});
  lose_since(backup);
  const auto proof = carry(b, a, theirs.leaf);
  a.apply(a.reported(10));
  const auto issuing = [&] {
    return a.sealed(issue_event(a, a.last_report(), a.last_batch()), {"operator", "bureau"});
  };
  const auto retiring = [&] {
    auto payload = retire_event(a, "owner-main", "owner");
    add_serials(*payload.mutable_retire(), {{1, 1}});
    return payload;
  };
  expect_refused(issuing(), EPOCH_LISTS_PENDING);
  refuses(retiring(), EPOCH_LISTS_PENDING);
  refuses(export_event(a, b, {{{1, 10}}}), EPOCH_LISTS_PENDING);
  refuses(import_event(a, proof), EPOCH_LISTS_PENDING);
  refuses(voiding(proof), EPOCH_LISTS_PENDING);
  refuses(noting(recalled), EPOCH_LISTS_PENDING);
  refuses(refusing(proof, QUOTA_EXCEEDED), EPOCH_LISTS_PENDING);
  refuses(settling(settlement_of(b, theirs.leaf)), EPOCH_LISTS_PENDING);
  reconcile(a, b);
  PUHUI_ACCEPTED(a.send(noting(recalled), {"operator"}));
  PUHUI_ACCEPTED(import_units(a, proof));
  PUHUI_ACCEPTED(a.send(retiring(), {"owner"}));
  PUHUI_ACCEPTED(a.submit(issuing()));
  EXPECT_EQ(a.view().batch(a.last_batch())->start(), a.epoch()->opening().first_serial() + 9);
  expect_clean(a);
}

// Who closes the agreement has waited long enough at some time, and not before.
TEST_F(AuditedEpochs, FindsListsThatAreGivenUpTooSoon) {
  const Backup backup(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 10}}));
  lose_since(backup);
  const auto closed = a.send(closing(), {"bureau"});
  PUHUI_ACCEPTED(closed);
  EXPECT_EQ(lists_awaited(), 1U);
  a.now = closed.time + kDeadAfter;
  refuses(closing(), PARTNER_PRESENT);
  PUHUI_ACCEPTED(a.send(closing(), {"bureau"}));
  EXPECT_EQ(lists_awaited(), 0U);
  refuses(closing(), STANDING_INVALID);
  PUHUI_ACCEPTED(retire(a, "owner-main", {{1, 1}}));
  expect_clean(a);
}

// Nobody knows what was heard before leaves were lost.
TEST_F(AuditedEpochs, FindsPartnersThatMayHaveBeenHeardOf) {
  const auto sent = export_units(a, b, {{{1, 10}}});
  const auto freed = settlement_of(a, sent.leaf);
  PUHUI_ACCEPTED(a.send(closing(), {"bureau"}));
  const Backup backup(a);
  a.now += kDeadAfter;
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{11, 20}}));
  lose_since(backup);
  a.now += kMicrosPerDay;
  refuses(giving_up(freed), PARTNER_PRESENT);
  a.now += kDeadAfter;
  PUHUI_ACCEPTED(a.send(giving_up(freed), {"bureau"}));
  expect_clean(a);
}

// ---- What partners list -------------------------------------------------------------------------

// The partner is the one that lost leaves.
TEST_F(AuditedEpochs, FindsListsThatAreNotWhole) {
  const Backup backup(b);
  cross(b, a, {{{1, 10}}});
  const auto second = export_units(b, a, {{{11, 20}}});
  PUHUI_ACCEPTED(import_units(a, carry(b, a, second.leaf)));
  PUHUI_ACCEPTED(open_epoch(b, backup.restore()));
  refuses(transfers_event(a, b), EPOCH_INVALID);
  PUHUI_ACCEPTED(renew_epoch(b, a));
  const auto doctored = [&](auto change) {
    auto payload = transfers_event(a, b);
    change(*payload.mutable_state_transfers());
    return payload;
  };
  using List = v1::StateTransfers;
  refuses(doctored([](List& list) { list.set_epoch(2); }), EPOCH_INVALID);
  refuses(doctored([](List& list) { list.clear_transfers(); }), RUN_DIFFERS);
  refuses(doctored([](List& list) { list.mutable_transfers()->SwapElements(0, 1); }), RUN_DIFFERS);
  refuses(doctored([](List& list) { list.mutable_transfers(0)->set_state(v1::LISTED_NOT_TAKEN); }),
          RUN_DIFFERS);
  refuses(doctored([](List& list) { list.mutable_transfers(1)->set_leaf(1); }), RUN_DIFFERS);
  refuses(doctored([](List& list) { list.mutable_transfers(0)->set_lost_epoch(1); }), RUN_DIFFERS);
  refuses(doctored([](List& list) { list.mutable_transfers(1)->set_leaf_epoch(1); }), RUN_DIFFERS);
  refuses(doctored([](List& list) { list.set_is_last(false); }), RUN_DIFFERS);
  refuses(doctored([](List& list) { list.set_from(list.from() + 1); }), RUN_DIFFERS);
  refuses(doctored([](List& list) { list.set_from_epoch(1); }), RUN_DIFFERS);
  refuses(doctored([](List& list) { list.set_to_epoch(0); }), RUN_DIFFERS);
  refuses(doctored([](List& list) { list.set_to(1); }), RUN_DIFFERS);
  // In two parts.
  const auto first = state_transfers(a, b, ledger::testing::LostPlace{0, second.leaf});
  PUHUI_ACCEPTED(first);
  PUHUI_ACCEPTED(note_transfers(b, a, carry(a, b, first.leaf)));
  EXPECT_EQ(b.epoch()->lists_awaited(), 1U);
  bring_list(a, b);
  EXPECT_EQ(b.epoch()->lists_awaited(), 0U);
  expect_all_clean();
}

// ---- What is made again -------------------------------------------------------------------------

// What went and came, what was too late here and there, and what was issued and went: each once, in
// two parts.
TEST_F(AuditedEpochs, TransfersAreMadeAgainByReceipts) {
  const Backup backup(a);
  PUHUI_ACCEPTED(a.issue_kg(60));  // 101-160
  cross(a, b, {{{1, 20}}});
  cross(a, b, {{{111, 150}}});
  for (const std::uint64_t serial : {1, 11}) cross(b, a, {{{serial, serial + 9}}});
  const auto untaken = export_units(a, b, {{{21, 25}}});
  const auto late = sent_here({{21, 25}});
  a.now = b.now = std::max(a.now, b.now) + kAnswerWithin;
  PUHUI_ACCEPTED(void_import(b, carry(a, b, untaken.leaf)));
  const auto voided = a.send(voiding(late), {"operator"});
  PUHUI_ACCEPTED(voided);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, voided.leaf)));
  lose_since(backup);
  const auto proof = listed_by_partner();
  ASSERT_EQ(receipts_for(a, b, proof).size(), 6U);
  PUHUI_ACCEPTED(note_transfers(a, b, proof, 2));
  EXPECT_EQ(lists_awaited(), 1U);
  reach_a_state_root();
  PUHUI_ACCEPTED(note_transfers(a, b, proof));
  EXPECT_EQ(lists_awaited(), 0U);
  EXPECT_EQ(a.view().batch("B2")->start(), 101U);
  EXPECT_EQ(a.owed(), 40);
  EXPECT_EQ(a.totals().units_imported_kg(), 18);
  refuses(noting_event(a, proof, {}), RUN_DIFFERS);
  PUHUI_ACCEPTED(export_units(a, b, {{{21, 30}}}));
  expect_all_clean();
}

TEST_F(AuditedEpochs, FindsReceiptsOfSomethingElse) {
  const Backup backup(a);
  cross(a, b, {{{1, 20}}});
  cross(b, a, {{{1, 10}}});
  lose_since(backup);
  const auto proof = listed_by_partner();
  const auto receipts = receipts_for(a, b, proof);
  ASSERT_EQ(receipts.size(), 2U);
  const auto noting_changed = [&](auto change) {
    auto changed = receipts;
    change(changed);
    return noting_event(a, proof, changed);
  };
  using Receipts = std::vector<v1::LostReceipt>;
  PUHUI_ACCEPTED(a.send(noting_event(a, proof, {}), {"operator"}));  // as far as the first
  refuses(noting_changed([](Receipts& all) { all.clear(); }), RUN_DIFFERS);
  refuses(noting_changed([](Receipts& all) { all.push_back(all[1]); }), RUN_DIFFERS);
  refuses(noting_changed([](Receipts& all) { std::swap(all[0], all[1]); }), LEAF_UNEXPECTED);
  refuses(noting_changed([](Receipts& all) { all[0].mutable_leaf()->set_city("XIANGYANG"); }),
          LEAF_UNEXPECTED);
  refuses(noting_changed([](Receipts& all) { all[0].mutable_leaf()->set_tree_size(1); }),
          LEAF_UNEXPECTED);
  refuses(noting_changed([](Receipts& all) { all[0].mutable_leaf()->clear_path(); }),
          PROOF_INVALID);
  refuses(noting_changed([&](Receipts& all) { all[0].set_checkpoint(b.signed_note(b.tree())); }),
          PROOF_INVALID);
  // Of this epoch, nothing is lost.
  refuses(noting_changed([&](Receipts& all) { all[0] = kept_receipt(a, a.head().size - 1); }),
          PROOF_INVALID);
  PUHUI_ACCEPTED(note_transfers(a, b, proof));
  expect_clean(a);
}

// The taker's settlement freed the units at home, and was lost.
TEST_F(AuditedEpochs, SettlementsAreMadeAgainByReceipts) {
  const auto sent = export_units(b, a, {{{1, 10}}});
  const auto id = id_of(b, sent.leaf);
  const Backup backup(a);
  const auto settled = settle(a, b, settlement_of(b, sent.leaf));
  PUHUI_ACCEPTED(settled);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, settled.leaf)));
  lose_since(backup);
  const auto proof = listed_by_partner();
  PUHUI_ACCEPTED(note_transfers(a, b, proof));
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_VOID);
  refuses(import_event(a, carry(b, a, sent.leaf)), TRANSFER_ANSWERED);
  expect_all_clean();
}

TEST_F(AuditedEpochs, TakeAwayFromWhoeverHoldsItSince) {
  const Backup backup(a);
  cross(a, b, {{{1, 100}}});
  lose_since(backup);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 30}}));
  auto cancelling = cancel_event(a, "owner-main");
  add_serials(*cancelling.mutable_cancel(), {{31, 40}});
  PUHUI_ACCEPTED(a.send(cancelling, {"owner"}));
  reconcile(a, b);
  EXPECT_EQ(a.held("buyer-main") + a.held("owner-main"), 0);
  EXPECT_EQ(a.owed(), 10);
  expect_clean(a);
  known_drift = "WUHAN 31 is in both cities; issued 150, kept 160, of it twice 0; ";
}

// The event of an export that was lost is sent once more, after its transfer was made again.
TEST_F(AuditedEpochs, FindsExportsThatWereMadeBefore) {
  const Backup backup(a);
  const auto exporting = export_event(a, b, {{{1, 10}}});
  const auto sent = a.send(exporting, {"owner"});
  const auto imported = import_units(b, carry(a, b, sent.leaf));
  PUHUI_ACCEPTED(imported);
  lose_since(backup);
  const auto proof = listed_by_partner();
  PUHUI_ACCEPTED(note_transfers(a, b, proof));
  auto once_more = exporting;
  once_more.mutable_export_()->mutable_runs(0)->set_start(11);
  once_more.mutable_export_()->mutable_runs(0)->set_origin_start(11);
  once_more.mutable_export_()->mutable_runs(0)->set_end(20);
  refuses(once_more, TRANSFER_STATE_WRONG);
  expect_clean(a);
}

// ---- Epochs after the first ---------------------------------------------------------------------

// What a list made again is listed by this city, too, should the partner lose it later.
TEST_F(AuditedEpochs, BothCitiesLoseOneAfterTheOther) {
  const Backup theirs(b);
  const Backup backup(a);
  const auto sent = export_units(a, b, {{{1, 20}}});
  const auto id = id_of(a, sent.leaf);
  const auto imported = import_units(b, carry(a, b, sent.leaf));
  PUHUI_ACCEPTED(imported);
  lose_since(backup);
  reconcile(a, b);
  EXPECT_EQ(transfer_at(a, id)->lost_leaf(), sent.leaf);
  const auto receipt = kept_receipt(b, imported.leaf);
  PUHUI_ACCEPTED(open_epoch(b, theirs.restore()));
  PUHUI_ACCEPTED(renew_epoch(a, b));
  PUHUI_ACCEPTED(renew_epoch(b, a));
  const auto stated = state_transfers(a, b);
  PUHUI_ACCEPTED(stated);
  PUHUI_ACCEPTED(b.send(noting_event(b, carry(a, b, stated.leaf), {receipt}), {"operator"}));
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_IMPORTED);
  expect_all_clean();
}

// The taker lost its answer and made it again; then this city lost that it was concluded.
TEST_F(AuditedEpochs, AnswersThatWereMadeAgainConclude) {
  const auto sent = export_units(a, b, {{{1, 20}}});
  const auto id = id_of(a, sent.leaf);
  const Backup theirs(b);
  const auto imported = import_units(b, carry(a, b, sent.leaf));
  PUHUI_ACCEPTED(imported);
  const Backup backup(a);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, imported.leaf)));
  const auto receipt = kept_receipt(b, imported.leaf);
  PUHUI_ACCEPTED(open_epoch(b, theirs.restore()));
  PUHUI_ACCEPTED(renew_epoch(b, a));
  const auto stated = state_transfers(a, b);
  PUHUI_ACCEPTED(stated);
  const auto noted = b.send(noting_event(b, carry(a, b, stated.leaf), {receipt}), {"operator"});
  PUHUI_ACCEPTED(noted);
  lose_since(backup);
  PUHUI_ACCEPTED(renew_epoch(b, a));
  reconcile(a, b);
  const auto concluding_by = [&](std::uint32_t number) {
    auto payload = concluding(carry(b, a, noted.leaf));
    payload.mutable_conclude_transfer()->set_receipt(number);
    return payload;
  };
  refuses(concluding(carry(b, a, noted.leaf)), LEAF_UNEXPECTED);
  refuses(concluding_by(1), LEAF_UNEXPECTED);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_LOCKED);
  PUHUI_ACCEPTED(a.send(concluding_by(0), {"operator"}));
  EXPECT_EQ(transfer_at(a, id)->partner_leaf(), imported.leaf);
  EXPECT_EQ(transfer_at(a, id)->partner_epoch(), 0U);
  expect_all_clean();
}

TEST_F(AuditedEpochs, OpenEachOverTheOneBefore) {
  const Backup first(a);
  cross(a, b, {{{1, 10}}});
  lose_since(first);
  const auto old = listed_by_partner();
  PUHUI_ACCEPTED(note_transfers(a, b, old));
  const Backup second(a);
  cross(a, b, {{{11, 20}}});
  cross(b, a, {{{1, 10}}});
  const auto last = second.restore();
  auto reused = epoch_event(a, last);
  reused.mutable_open_epoch()->set_origin(a.view().genesis()->origin());
  refuses(reused, EPOCH_INVALID);
  PUHUI_ACCEPTED(open_epoch(a, last));
  refuses(noting_event(a, carry(b, a, old.index()), {}), LEAF_UNEXPECTED);
  reconcile(a, b);
  EXPECT_EQ(a.epoch()->past_size(), 2);
  EXPECT_EQ(a.held("owner-main"), 80 + 9);
  expect_all_clean();
}

// Recalls of the partner, of which it lost one and has another at the same leaf.
TEST_F(AuditedEpochs, TellsApartWhatIsAtOneLeafInTwo) {
  cross(b, a, {{{1, 20}}});
  const auto kept = recall(b, "B1", {{1, 2}});
  PUHUI_ACCEPTED(note_recall(a, carry(b, a, kept.leaf)));
  const Backup backup(b);
  fill_up(b, b.head().size + 9, 31);
  const auto lost = recall(b, "B1", {{3, 5}});
  PUHUI_ACCEPTED(note_recall(a, carry(b, a, lost.leaf)));
  PUHUI_ACCEPTED(open_epoch(b, backup.restore()));
  reconcile(b, a);
  fill_up(b, lost.leaf, 31);
  const auto again = recall(b, "B1", {{6, 9}});
  EXPECT_EQ(again.leaf, lost.leaf);
  PUHUI_ACCEPTED(note_recall(a, carry(b, a, again.leaf)));
  refuses(noting(again), RETIREMENT_STATED);
  refuses(noting(kept), RETIREMENT_STATED);
  EXPECT_EQ(a.bound("owner-main"), 9);
  expect_all_clean();
}

// An agreement whose filing was lost is filed as it was, of a log of before, and awaits its list.
struct AuditedAgreements : AuditedCities {};

TEST_F(AuditedAgreements, ThatWereLostAreFiledAgain) {
  const auto agreement = agreement_between(a, b);
  const Backup backup(a);
  recognise(agreement);
  const auto sent = export_units(a, b, {{{1, 20}}});
  const auto id = id_of(a, sent.leaf);
  PUHUI_ACCEPTED(import_units(b, carry(a, b, sent.leaf)));
  PUHUI_ACCEPTED(open_epoch(a, backup.restore()));
  EXPECT_EQ(a.epoch()->lists_awaited(), 0U);
  auto never = agreement;
  auto policy = a.policy();
  policy.logs.front().key.name += "/never";
  never.mutable_sides(0)->set_policy(crypto::format_policy(policy));
  refuses(agreement_event(a, b, never.SerializeAsString()), AGREEMENT_MALFORMED);
  PUHUI_ACCEPTED(file_agreement(a, b, agreement));
  EXPECT_EQ(a.epoch()->lists_awaited(), 1U);
  refuses(export_event(a, b, {{{30, 40}}}), EPOCH_LISTS_PENDING);
  reconcile(a, b);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
  expect_all_clean();
}

// Its sides have changed since: what was heard of the partner stands, own keys of then are taken.
TEST_F(AuditedAgreements, ThatWereLostAreFiledAgainLater) {
  recognise(agreement_between(a, b));
  const Backup backup(a), of_partner(b);
  PUHUI_ACCEPTED(a.rotate_authority_key());
  const auto next = agreement_between(a, b, 2);
  PUHUI_ACCEPTED(open_account(b, "owner-new", "owner"));
  PUHUI_ACCEPTED(open_epoch(a, backup.restore()));
  PUHUI_ACCEPTED(open_epoch(b, of_partner.restore()));
  PUHUI_ACCEPTED(renew_epoch(a, b));
  PUHUI_ACCEPTED(renew_epoch(b, a));
  auto now = agreement_between(a, b, 2);
  now.mutable_sides(0)->mutable_authority(1)->set_public_key(a.public_key("operator"));
  refuses(agreement_event(a, b, now.SerializeAsString()), AGREEMENT_MALFORMED);
  PUHUI_ACCEPTED(file_agreement(a, b, next));
  expect_clean(a);
}

// One that was first made in a later epoch is counted from there.
TEST_F(AuditedAgreements, OfALaterEpochCountFromIt) {
  const Backup first(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{91, 100}}));
  PUHUI_ACCEPTED(open_epoch(a, first.restore()));
  recognise();
  EXPECT_EQ(agreement_at(a, b)->first_epoch(), 1U);
  const Backup second(a);
  const auto sent = export_units(a, b, {{{1, 20}}});
  const auto id = id_of(a, sent.leaf);
  const auto imported = import_units(b, carry(a, b, sent.leaf));
  PUHUI_ACCEPTED(imported);
  PUHUI_ACCEPTED(open_epoch(a, second.restore()));
  EXPECT_EQ(agreement_at(a, b)->list_from(), 0U);
  reconcile(a, b);
  EXPECT_EQ(transfer_at(b, id)->partner_epoch(), 0U) << "the first that it has seen";
  EXPECT_EQ(transfer_at(a, id)->lost_epoch(), 1U);
  EXPECT_EQ(a.held("owner-main"), 80);
  expect_all_clean();
}

// ---- Partners that list one after the other -----------------------------------------------------

struct AuditedListsOfTwo : AuditedCities {
  void SetUp() override {
    AuditedCities::SetUp();
    for (auto* partner : {&b, &c}) {
      auto agreement = agreement_between(a, *partner);
      for (auto& terms : *agreement.mutable_terms()) terms.set_discount("1");
      agree(a, *partner, agreement);
      PUHUI_ACCEPTED(note_project(a, *partner));
    }
    PUHUI_ACCEPTED(note_project(b, a));
  }
  // What the partner lists of the epoch that has begun, ready to be noted.
  v1::ProvenLeaf listed_by(SovereignCity& partner) {
    EXPECT_EQ(renew_epoch(a, partner).decision, v1::ACCEPTED);
    const auto stated = state_transfers(partner, a);
    EXPECT_EQ(stated.decision, v1::ACCEPTED) << code_name(stated.code);
    return carry(partner, a, stated.leaf);
  }

  SovereignCity c{{"JINGZHOU", "P3"}};
};

// The same units came home from the one city and went to the other.
TEST_F(AuditedListsOfTwo, FindsListsOutOfTheOrderOfWhatWasLost) {
  cross(a, b, {{{1, 10}}});
  const Backup backup(a);
  const auto home = send_home(b, a, {{51, 60}});
  const auto came = import_units(a, carry(b, a, home.leaf));
  PUHUI_ACCEPTED(came);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, came.leaf)));
  const auto sent = export_units(a, c, {{{1, 10}}});
  PUHUI_ACCEPTED(sent);
  PUHUI_ACCEPTED(import_units(c, carry(a, c, sent.leaf)));
  const auto first = kept_receipt(a, came.leaf), second = kept_receipt(a, sent.leaf);
  PUHUI_ACCEPTED(open_epoch(a, backup.restore()));
  const auto of_b = listed_by(b), of_c = listed_by(c);
  refuses(noting_event(a, of_c, {second}), EPOCH_LISTS_PENDING);
  PUHUI_ACCEPTED(a.send(noting_event(a, of_c, {}), {"operator"}));  // it waits from there on
  refuses(noting_event(a, of_c, {}), RUN_DIFFERS);
  refuses(noting_event(a, of_c, {second}), EPOCH_LISTS_PENDING);
  reach_a_state_root();
  PUHUI_ACCEPTED(a.send(noting_event(a, of_b, {first}), {"operator"}));
  PUHUI_ACCEPTED(a.send(noting_event(a, of_c, {second}), {"operator"}));
  EXPECT_EQ(a.epoch()->lists_awaited(), 0U);
  EXPECT_EQ(a.held("owner-main"), 90);
  expect_all_clean();
  expect_clean(c);
  known_drift = "issued 150, kept 140, of it twice 0; ";  // the rest is in the third city
}

}  // namespace
}  // namespace puhui::node::audit::testing
