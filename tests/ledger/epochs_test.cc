// A ledger that begins a new epoch: what it goes on from, and what it may not do before its
// partners have said what they know.
#include <gtest/gtest.h>

#include "ledger/rules/holding/holdings.h"
#include "tests/ledger/epochs.h"
#include "tests/ledger/transfer_settlements.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct Epochs : LosingCities {
  // An opening with something changed.
  template <class Change>
  Answer open_with(const std::string& last_checkpoint, Change change) {
    auto payload = epoch_event(a, last_checkpoint);
    change(*payload.mutable_open_epoch());
    return a.send(payload, {"bureau"});
  }
  // Loses a move between two accounts.
  void lose_a_move() {
    const Backup backup(a);
    PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 10}}));
    lose_since(backup);
  }
  Answer close() { return set_agreement(a, b, v1::CLOSED); }
  // After so many microseconds since then.
  Answer close_after(Micros since, Micros waited) {
    a.now = since + waited;
    return close();
  }
};

// ---- How they begin ----

TEST_F(Epochs, BeginWithTheLeavesThatWereKeptUnderANewOrigin) {
  const Backup backup(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 10}}));
  const auto last = backup.restore();
  const auto kept = a.head().size;
  using Opening = v1::OpenEpoch;
  PUHUI_REFUSED(open_with(last, [](Opening& o) { o.set_epoch(2); }), EPOCH_INVALID);
  PUHUI_REFUSED(open_with(last, [&](Opening& o) { o.set_kept_leaves(kept - 1); }), EPOCH_INVALID);
  PUHUI_REFUSED(open_with(last, [&](Opening& o) { o.set_kept_leaves(kept + 9); }), EPOCH_INVALID);
  PUHUI_REFUSED(open_with(last, [&](Opening& o) { o.set_origin(a.origin()); }), EPOCH_INVALID);
  PUHUI_REFUSED(open_with(last, [](Opening& o) { o.clear_decision(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(open_with(last, [](Opening& o) { o.set_log_key("x"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(open_epoch(a, b.signed_note(b.tree())), EPOCH_INVALID);
  PUHUI_REFUSED(open_epoch(a, a.signed_note(a.tree())), EPOCH_INVALID);
  PUHUI_ACCEPTED(open_epoch(a, last));
  EXPECT_EQ(a.epoch()->opening().kept_leaves(), kept);
  EXPECT_EQ(a.epoch()->opened_at(), static_cast<std::int64_t>(kept));
  EXPECT_EQ(a.origin(), a.view().genesis()->origin() + "/1");
}

TEST_F(Epochs, NumberUnitsAboveAllThatLostLeavesNumbered) {
  const Backup backup(a);
  PUHUI_ACCEPTED(a.issue_kg(60));
  const auto last = backup.restore();
  const auto from = [](std::uint64_t serial) {
    return [serial](v1::OpenEpoch& opening) { opening.set_first_serial(serial); };
  };
  PUHUI_REFUSED(open_with(last, from(0)), EPOCH_INVALID);
  PUHUI_REFUSED(open_with(last, from(100)), EPOCH_INVALID);
  PUHUI_REFUSED(open_with(last, from(kSerialMax + 1)), EPOCH_INVALID);
  PUHUI_ACCEPTED(open_with(last, from(1'001)));
  EXPECT_EQ(next_serial(a), 1'001u);
  reconcile(a, b);
  PUHUI_ACCEPTED(a.issue_kg(10));
  take(b, a, {{1, 50}});
  EXPECT_EQ(held_text(a, "owner-main"), "1-100 1001-1010 1011-1055");
}

TEST_F(Epochs, MayGoOnWithTheNextNumber) {
  const Backup backup(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 10}}));
  PUHUI_ACCEPTED(
      open_with(backup.restore(), [](v1::OpenEpoch& opening) { opening.set_first_serial(101); }));
  reconcile(a, b);
  PUHUI_ACCEPTED(a.issue_kg(10));
  EXPECT_EQ(held_text(a, "owner-main"), "1-100 101-110");
}

TEST_F(Epochs, MayLeaveNoNumbers) {
  const Backup backup(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 10}}));
  PUHUI_ACCEPTED(open_with(backup.restore(),
                           [](v1::OpenEpoch& opening) { opening.set_first_serial(kSerialMax); }));
  reconcile(a, b);
  PUHUI_REFUSED(a.issue_kg(1), SERIAL_EXHAUSTED);
  const auto from_b = export_units(b, a, {{{1, 10}}});
  PUHUI_REFUSED(import_units(a, carry(b, a, from_b.leaf)), SERIAL_EXHAUSTED);
}

TEST_F(Epochs, RememberTheLogsOfAllThatWereBefore) {
  const auto first = a.origin();
  const Backup backup(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 10}}));
  const auto last = backup.restore();
  const auto kept = a.head().size;
  const auto opened = open_epoch(a, last);
  PUHUI_ACCEPTED(opened);
  ASSERT_EQ(a.epoch()->past_size(), 1);
  EXPECT_EQ(a.epoch()->past(0).origin(), first);
  EXPECT_EQ(a.epoch()->past(0).log_key(), a.public_key("log"));
  EXPECT_EQ(a.epoch()->past(0).kept_leaves(), kept);
  EXPECT_EQ(a.epoch()->opened_time(), opened.time);
  EXPECT_EQ(a.epoch()->lists_awaited(), 1u);

  const Backup again(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 10}}));
  const auto second = again.restore();
  PUHUI_REFUSED(open_with(second, [&](v1::OpenEpoch& o) { o.set_origin(first); }), EPOCH_INVALID);
  PUHUI_REFUSED(open_epoch(a, last), EPOCH_INVALID);  // of the log before the one before
  PUHUI_ACCEPTED(open_epoch(a, second));
  ASSERT_EQ(a.epoch()->past_size(), 2);
  EXPECT_EQ(a.epoch()->past(0).origin(), first);
  EXPECT_EQ(a.epoch()->past(1).origin(), first + "/1");
  EXPECT_EQ(a.epoch()->past(1).kept_leaves(), kept + 1);
  EXPECT_GT(a.epoch()->opened_time(), opened.time);
  EXPECT_EQ(a.epoch()->lists_awaited(), 1u) << "one partner, whose list is awaited still";
  EXPECT_EQ(list_place(*agreement_at(a, b)), LostPlace(0, 0));
}

TEST_F(Epochs, TakeNoPartnersLogForOneOfTheirOwn) {
  lose_a_move();
  SovereignCity c{{"JINGZHOU", "P3"}};
  for (const auto& origin : {a.view().genesis()->origin(), a.origin(), b.origin()}) {
    auto agreement = agreement_between(a, c);
    for (auto& side : *agreement.mutable_sides()) {
      if (side.city() != c.code()) continue;
      auto policy = c.policy();
      policy.logs[0].key.name = origin;
      side.set_policy(crypto::format_policy(policy));
    }
    PUHUI_REFUSED(file_agreement(a, c, agreement), AGREEMENT_MALFORMED);
  }
}

// ---- What waits ----

TEST_F(Epochs, MoveNothingBetweenCitiesUntilThePartnersListIsNoted) {
  const auto sent = export_units(a, b, {{{91, 100}}});
  const Backup backup(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 10}}));
  const auto from_b = export_units(b, a, {{{1, 10}}});
  const auto answered = import_units(b, carry(a, b, sent.leaf));
  PUHUI_ACCEPTED(answered);
  lose_since(backup);
  PUHUI_REFUSED(export_units(a, b, {{{1, 10}}}), EPOCH_LISTS_PENDING);
  const auto proof = carry(b, a, from_b.leaf);
  PUHUI_REFUSED(import_units(a, proof), EPOCH_LISTS_PENDING);
  PUHUI_REFUSED(refuse_import(a, proof, "units.recalled"), EPOCH_LISTS_PENDING);
  PUHUI_REFUSED(void_import(a, proof), EPOCH_LISTS_PENDING);
  const auto settlement = settlement_of(b, from_b.leaf);
  PUHUI_REFUSED(settle(a, b, settlement), EPOCH_LISTS_PENDING);
  PUHUI_REFUSED(a.issue_kg(10), EPOCH_LISTS_PENDING);
  PUHUI_REFUSED(retire(a, "owner-main", {{1, 1}}), EPOCH_LISTS_PENDING);
  // What nobody's list can speak against goes on.
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 1}}));
  PUHUI_REFUSED(conclude(a, carry(b, a, answered.leaf)), EPOCH_LISTS_PENDING);
  reconcile(a, b);
  EXPECT_EQ(a.epoch()->lists_awaited(), 0u);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, answered.leaf)));
  PUHUI_ACCEPTED(import_units(a, carry(b, a, from_b.leaf)));
  PUHUI_ACCEPTED(a.issue_kg(10));
  PUHUI_ACCEPTED(export_units(a, b, {{{2, 10}}}));
  PUHUI_ACCEPTED(retire(a, "owner-main", {{11, 20}}));
}

// Units that went to one partner in lost leaves go to no other one before it has said so.
TEST_F(Epochs, SendOwnUnitsNowhereUntilAllListsAreNoted) {
  SovereignCity c{{"JINGZHOU", "P3"}};
  PUHUI_ACCEPTED(c.issue_kg(20));
  agree(a, c, agreement_between(a, c));
  PUHUI_ACCEPTED(note_project(a, c));
  PUHUI_ACCEPTED(note_project(c, a));
  cross(c, a, {{{1, 20}}});
  EXPECT_EQ(held_text(a, "owner-main"), "1-100 101-118");
  const Backup backup(a);
  take(a, b, {{1, 100}});
  lose_since(backup);
  EXPECT_EQ(a.epoch()->lists_awaited(), 2u);
  reconcile(a, c);
  EXPECT_FALSE(agreement_at(a, c)->awaits_list());
  PUHUI_REFUSED(export_units(a, c, {{{1, 100}}}), EPOCH_LISTS_PENDING);
  PUHUI_REFUSED(retire(a, "owner-main", {{101, 118}}), EPOCH_LISTS_PENDING);
  // Units of that partner can be nowhere else.
  const auto home = send_home(a, c, {{101, 118}});
  PUHUI_ACCEPTED(home);
  const auto there = import_units(c, carry(a, c, home.leaf));
  PUHUI_ACCEPTED(there);
  PUHUI_ACCEPTED(conclude(a, carry(c, a, there.leaf)));
  reconcile(a, b);
  EXPECT_EQ(a.held("owner-main"), 0);
}

// ---- Lists that are waited for no more ----

TEST_F(Epochs, WaitAfterThePartnerIsLeftAsLongAsForOneThatIsGone) {
  lose_a_move();
  PUHUI_ACCEPTED(close());
  const auto closed = agreement_at(a, b)->standing_time();
  PUHUI_REFUSED(retire(a, "owner-main", {{1, 1}}), EPOCH_LISTS_PENDING);
  PUHUI_REFUSED(close(), PARTNER_PRESENT);
  PUHUI_REFUSED(close_after(closed, kDeadAfter), PARTNER_PRESENT);
  PUHUI_ACCEPTED(close_after(closed, kDeadAfter + 1));
  EXPECT_FALSE(agreement_at(a, b)->awaits_list());
  EXPECT_EQ(a.epoch()->lists_awaited(), 0u);
  EXPECT_EQ(agreement_at(a, b)->standing_time(), closed) << "since when it is closed";
  PUHUI_ACCEPTED(retire(a, "owner-main", {{1, 1}}));
  PUHUI_REFUSED(close(), STANDING_INVALID);
  // A list that comes later changes nothing.
  PUHUI_ACCEPTED(renew_epoch(a, b));
  const auto late = state_transfers(b, a);
  PUHUI_ACCEPTED(late);
  const auto proof = carry(b, a, late.leaf);
  PUHUI_REFUSED(a.send(noting_event(a, proof, {}), {"operator"}), RUN_DIFFERS);
}

TEST_F(Epochs, WaitForPartnersThatWereLeftBefore) {
  PUHUI_ACCEPTED(close());
  a.now += 2 * kDeadAfter;
  lose_a_move();
  EXPECT_TRUE(agreement_at(a, b)->awaits_list());
  EXPECT_EQ(a.epoch()->lists_awaited(), 1u);
  const auto opened = a.epoch()->opened_time();
  PUHUI_REFUSED(close_after(opened, kDeadAfter), PARTNER_PRESENT);
  PUHUI_ACCEPTED(close_after(opened, kDeadAfter + 1));
  PUHUI_ACCEPTED(a.issue_kg(10));
}

TEST_F(Epochs, NoteTheListOfAPartnerThatWasLeft) {
  const Backup backup(a);
  take(a, b, {{1, 100}});
  lose_since(backup);
  PUHUI_ACCEPTED(close());
  reconcile(a, b);
  EXPECT_EQ(a.held("owner-main"), 0);
  PUHUI_REFUSED(close(), STANDING_INVALID);
}

struct UndyingEpochs : Epochs {
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    auto agreement = agreement_between(a, b);
    agreement.set_dead_after(0);
    recognise(agreement);
  }
};

TEST_F(UndyingEpochs, WaitAsLongAsAnAnswerMayTake) {
  lose_a_move();
  PUHUI_ACCEPTED(close());
  const auto closed = agreement_at(a, b)->standing_time();
  PUHUI_REFUSED(close_after(closed, kAnswerWithin), PARTNER_PRESENT);
  PUHUI_ACCEPTED(close_after(closed, kAnswerWithin + 1));
}

// What was heard of it before the restore is not known any more.
TEST_F(Epochs, CountSilenceFromTheirBeginning) {
  const auto exported = export_units(a, b, {{{1, 20}}});
  PUHUI_ACCEPTED(exported);
  PUHUI_ACCEPTED(close());
  const auto settlement = settlement_of(a, exported.leaf);
  const Backup backup(a);
  a.now += 2 * kDeadAfter;
  PUHUI_ACCEPTED(open_account(b, "owner-new", "owner"));
  PUHUI_ACCEPTED(carry_checkpoint(b, a));
  PUHUI_REFUSED(give_up(a, settlement), PARTNER_PRESENT);
  lose_since(backup);
  PUHUI_REFUSED(give_up(a, settlement), PARTNER_PRESENT);
  a.now = a.epoch()->opened_time() + kDeadAfter;
  PUHUI_REFUSED(give_up(a, settlement), PARTNER_PRESENT);
  a.now = a.epoch()->opened_time() + kDeadAfter + 1;
  PUHUI_ACCEPTED(give_up(a, settlement));
}

// ---- Agreements whose filing was lost ----

struct AgreementsOfBefore : LosingCities {
  void SetUp() override { PUHUI_ACCEPTED(a.issue_kg(100)); }
};

TEST_F(AgreementsOfBefore, AreFiledAgainAsTheyWere) {
  const auto agreement = agreement_between(a, b);
  const Backup backup(a);
  recognise(agreement);
  take(a, b, {{1, 40}});
  lose_since(backup);
  EXPECT_FALSE(agreement_at(a, b));
  EXPECT_EQ(a.epoch()->lists_awaited(), 0u);
  PUHUI_ACCEPTED(file_agreement(a, b, agreement));
  EXPECT_TRUE(agreement_at(a, b)->awaits_list());
  EXPECT_EQ(a.epoch()->lists_awaited(), 1u);
  PUHUI_REFUSED(retire(a, "owner-main", {{1, 1}}), EPOCH_LISTS_PENDING);
  PUHUI_REFUSED(export_units(a, b, {{{1, 1}}}), EPOCH_LISTS_PENDING);
  reconcile(a, b);
  EXPECT_EQ(held_text(a, "owner-main"), "41-100");
  // A version after it names either log.
  agree(a, b, agreement_between(a, b, 2));
}

TEST_F(AgreementsOfBefore, AreFiledInAllTheirVersions) {
  const auto agreement = agreement_between(a, b);
  auto next = agreement_between(a, b, 2);
  terms_of_taker(next, b).set_discount("1/2");
  const Backup backup(a);
  recognise(agreement);
  agree(a, b, next);
  take(a, b, {{1, 40}});
  lose_since(backup);
  PUHUI_ACCEPTED(renew_epoch(a, b));
  const auto stated = state_transfers(b, a);
  PUHUI_ACCEPTED(stated);
  PUHUI_REFUSED(file_agreement(a, b, next), AGREEMENT_VERSION);
  PUHUI_ACCEPTED(file_agreement(a, b, agreement));
  // Units go by the version that they were sent under.
  const auto proof = carry(b, a, stated.leaf);
  PUHUI_REFUSED(note_transfers(a, b, proof), AGREEMENT_VERSION);
  PUHUI_ACCEPTED(file_agreement(a, b, next));
  EXPECT_EQ(a.epoch()->lists_awaited(), 1u);
  PUHUI_ACCEPTED(note_transfers(a, b, proof));
  EXPECT_EQ(a.totals().units_exported_kg(), 20);
  EXPECT_EQ(a.totals().units_cancelled_kg(), 20);
}

// What was heard of the partner since goes on to hold; what it was then was true as well.
TEST_F(AgreementsOfBefore, AreFiledAgainAfterTheirSidesHaveChanged) {
  recognise(agreement_between(a, b));
  const Backup backup(a), of_partner(b);
  PUHUI_ACCEPTED(a.rotate_authority_key());
  const auto next = agreement_between(a, b, 2);
  const auto signed_then = a.by_authority(kAgreementWord, next.SerializeAsString());
  PUHUI_ACCEPTED(file_agreement(a, b, next));
  PUHUI_ACCEPTED(open_account(b, "owner-new", "owner"));
  lose_since(backup);
  PUHUI_ACCEPTED(open_epoch(b, of_partner.restore()));
  PUHUI_ACCEPTED(renew_epoch(a, b));
  PUHUI_ACCEPTED(renew_epoch(b, a));
  ASSERT_EQ(log_at(a, b)->origins_size(), 1);
  PUHUI_ACCEPTED(file_agreement(a, b, next));
  EXPECT_EQ(log_at(a, b)->side().SerializeAsString(), b.side().SerializeAsString());
  EXPECT_EQ(agreement_at(a, b)->agreement().version(), 2u);
  auto there = b.event("bureau");
  there.mutable_file_agreement()->set_agreement(next.SerializeAsString());
  *there.mutable_file_agreement()->mutable_partner_signatures() = signed_then;
  PUHUI_REFUSED(b.send(there, {"bureau"}), AGREEMENT_SIGNATURE);
  PUHUI_ACCEPTED(file_agreement(b, a, next));
  EXPECT_EQ(log_at(b, a)->side().SerializeAsString(), a.side().SerializeAsString());
  // Not of an epoch that never was, nor with keys of nobody in this one.
  auto other = agreement_between(a, b, 3);
  other.mutable_sides(a.code() < b.code() ? 0 : 1)
      ->mutable_authority(1)
      ->set_public_key(a.public_key("operator"));
  PUHUI_REFUSED(file_agreement(a, b, other), AGREEMENT_MALFORMED);
}

TEST_F(AgreementsOfBefore, NameNoLogThatNeverWasThisCitys) {
  const Backup backup(a);
  PUHUI_ACCEPTED(open_account(a, "owner-new", "owner"));
  const auto with = [&](const std::string& name, const std::string& key) {
    auto agreement = agreement_between(a, b);
    for (auto& side : *agreement.mutable_sides()) {
      if (side.city() != a.code()) continue;
      auto policy = a.policy();
      policy.logs[0].key = {name, crypto::NoteKeyType::ed25519, a.secret(key).public_key()};
      side.set_policy(crypto::format_policy(policy));
    }
    return file_agreement(a, b, agreement);
  };
  const auto first = a.origin();
  lose_since(backup);
  PUHUI_REFUSED(with(first + "/2", "log"), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(with(first, "another log"), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(with(a.origin(), "another log"), AGREEMENT_MALFORMED);
  PUHUI_ACCEPTED(with(a.origin(), "log"));
  EXPECT_FALSE(agreement_at(a, b)->awaits_list()) << "it names the log that goes on";
  EXPECT_EQ(agreement_at(a, b)->first_epoch(), 1u);
}

}  // namespace
}  // namespace puhui::ledger::testing
