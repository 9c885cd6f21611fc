// What a restored city makes again by its partner's list: retirements, transfers in parts, units
// that were to stay bound, batches whose names went to others, epochs that were lost whole.
#include <gtest/gtest.h>

#include "ledger/rules/holding/holdings.h"
#include "tests/ledger/epochs.h"
#include "tests/ledger/every_other.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

// The partner hears of the epoch, and lists what it knows by leaves that were lost.
v1::ProvenLeaf list_of(SovereignCity& partner, SovereignCity& home) {
  EXPECT_EQ(renew_epoch(home, partner).decision, v1::ACCEPTED);
  const auto stated = state_transfers(partner, home);
  EXPECT_EQ(stated.decision, v1::ACCEPTED) << code_name(stated.code);
  return carry(partner, home, stated.leaf);
}

// ---- Retirements ----

struct RetirementsMadeAgain : LosingCities {
  void SetUp() override {
    auto agreement = agreement_between(a, b);
    terms_of_taker(agreement, a).set_discount("1");
    PUHUI_ACCEPTED(b.issue_kg(50));
    recognise(agreement);
    cross(b, a, {{{1, 20}}});
  }
  // Retired in the first city, and known in the second, which issued the units.
  Answer retire_and_tell(const SerialRanges& here, const SerialRanges& there) {
    const auto retired = retire(a, "owner-main", here);
    EXPECT_EQ(retired.decision, v1::ACCEPTED) << code_name(retired.code);
    const auto stated = state_retirement(a, b, retired.leaf, there);
    EXPECT_EQ(stated.decision, v1::ACCEPTED) << code_name(stated.code);
    const auto noted = note_retirement(b, carry(a, b, stated.leaf));
    EXPECT_EQ(noted.decision, v1::ACCEPTED) << code_name(noted.code);
    return retired;
  }
  [[nodiscard]] std::int64_t retired_kg() const { return a.totals().units_retired_kg(); }
};

TEST_F(RetirementsMadeAgain, AreThoseThatTheIssuingCityHasNoted) {
  const Backup backup(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{7, 8}}));
  retire_and_tell({{1, 5}}, {{1, 5}});
  const auto lost = a.view().head().size;
  lose_since(backup);
  EXPECT_EQ(retired_kg(), 0);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{4, 4}}));
  EXPECT_LT(a.view().head().size, lost);
  reconcile(a, b);
  EXPECT_EQ(retired_kg(), 5);
  EXPECT_EQ(held_text(a, "owner-main"), "6-20");
  EXPECT_EQ(held_text(a, "buyer-main"), "") << "taken from whoever has it";
  const auto leaf = static_cast<std::uint64_t>(a.view().serial(1)->since());
  const auto record = *stored<v1::Retirement>(a, key::retirement(leaf));
  EXPECT_EQ(record.amount_kg(), 5);
  ASSERT_EQ(record.serials_size(), 1);
  EXPECT_EQ(record.serials(0).end(), 5u);
  EXPECT_EQ(record.retirement().purpose(), "voluntary");
  // The city that issued them knows it: whatever is stated again says nothing new.
  const auto again = state_retirement(a, b, leaf, {{1, 5}});
  PUHUI_ACCEPTED(again);
  PUHUI_REFUSED(note_retirement(b, carry(a, b, again.leaf)), RETIREMENT_STATED);
  EXPECT_EQ(b.totals().units_retired_abroad_kg(), 5);
}

TEST_F(RetirementsMadeAgain, CountForTheirPurpose) {
  auto capped = agreement_between(a, b, 2);
  auto& terms = terms_of_taker(capped, a);
  terms.set_discount("1");
  auto& cap = *terms.add_purpose_caps();
  cap.set_purpose("voluntary");
  cap.set_max_kg(6);
  agree(a, b, capped);
  const Backup backup(a);
  retire_and_tell({{1, 5}}, {{1, 5}});
  lose_since(backup);
  reconcile(a, b);
  PUHUI_REFUSED(retire(a, "owner-main", {{6, 7}}), CAP_EXCEEDED);
  PUHUI_ACCEPTED(retire(a, "owner-main", {{6, 6}}));
}

TEST_F(RetirementsMadeAgain, AreMadeOneByOne) {
  const Backup backup(a);
  retire_and_tell({{1, 5}}, {{1, 5}});
  retire_and_tell({{10, 12}}, {{10, 12}});
  lose_since(backup);
  const auto proof = list_of(b, a);
  EXPECT_EQ(b.payload_at(proof.index()).state_transfers().transfers_size(), 2);
  const auto receipts = receipts_for(a, b, proof);
  ASSERT_EQ(receipts.size(), 1u) << "the last one of its event";
  PUHUI_ACCEPTED(a.send(noting_event(a, proof, receipts), {"operator"}));
  EXPECT_EQ(retired_kg(), 5);
  PUHUI_REFUSED(retire(a, "owner-main", {{13, 13}}), EPOCH_LISTS_PENDING);
  PUHUI_REFUSED(a.send(noting_event(a, proof, {}), {"operator"}), RUN_DIFFERS);
  PUHUI_REFUSED(a.send(noting_event(a, proof, receipts), {"operator"}), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(note_transfers(a, b, proof));
  EXPECT_EQ(retired_kg(), 8);
  PUHUI_ACCEPTED(retire(a, "owner-main", {{13, 13}}));
}

TEST_F(RetirementsMadeAgain, AreNotMadeTwice) {
  retire(a, "owner-main", {{20, 20}});
  const Backup before(a);
  const auto retired = retire(a, "owner-main", {{1, 5}});
  PUHUI_ACCEPTED(retired);
  const Backup backup(a);  // the retirement is kept, its statement is not
  const auto stated = state_retirement(a, b, retired.leaf, {{1, 5}});
  PUHUI_ACCEPTED(stated);
  PUHUI_ACCEPTED(note_retirement(b, carry(a, b, stated.leaf)));
  lose_since(backup);
  reconcile(a, b);
  EXPECT_EQ(retired_kg(), 6);
  const Backup again(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{7, 8}}));
  lose_since(again);
  reconcile(a, b);  // listed once more, and known
  EXPECT_EQ(retired_kg(), 6);
}

TEST_F(RetirementsMadeAgain, AreMadeInParts) {
  PUHUI_ACCEPTED(b.issue_kg(1'300));
  cross(b, a, {{{51, 1'350}}});  // 21-1320 here
  const Backup backup(a);
  retire_and_tell({{21, 1'320}}, {{51, 1'350}});
  lose_since(backup);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, every_other(22, 1'220)));
  const auto list = list_of(b, a);
  const auto receipts = receipts_for(a, b, list);
  PUHUI_ACCEPTED(a.send(noting_event(a, list, receipts), {"operator"}));
  EXPECT_EQ(retired_kg(), 1'000);
  a.reopen();
  PUHUI_REFUSED(a.send(noting_event(a, list, {}), {"operator"}), RUN_DIFFERS);
  PUHUI_ACCEPTED(a.send(noting_event(a, list, receipts), {"operator"}));
  EXPECT_EQ(retired_kg(), 1'300);
  EXPECT_FALSE(agreement_at(a, b)->awaits_list());
  EXPECT_EQ(held_text(a, "owner-main"), "1-20");
  EXPECT_EQ(held_text(a, "buyer-main"), "");
}

// ---- In parts ----

struct TransfersMadeInParts : LosingCities {
  static constexpr std::int64_t kAway = 2'300;
  void SetUp() override {
    auto agreement = agreement_between(a, b);
    terms_of_taker(agreement, b).set_discount("1");
    recognise(agreement);
    PUHUI_ACCEPTED(a.issue_kg(kAway + 100));
  }
  // Every other kilogram is somebody else's now.
  static void cut(SovereignCity& city) {
    PUHUI_ACCEPTED(transfer(city, {"owner-main", "owner-side"}, every_other(2, 2'000)));
  }
  [[nodiscard]] bool is_in_parts() const { return agreement_at(a, b)->has_list_part(); }
  [[nodiscard]] Answer go_on(const v1::ProvenLeaf& list) {
    return a.send(noting_event(a, list, {}), {"operator"});
  }
};

TEST_F(TransfersMadeInParts, AreKnownFromTheFirstOn) {
  const Backup backup(a);
  const auto sent = take(a, b, {{1, kAway}});
  const auto id = id_of(a, sent.leaf);
  lose_since(backup);
  cut(a);
  const auto list = list_of(b, a);
  PUHUI_ACCEPTED(note_transfers(a, b, list));
  EXPECT_TRUE(is_in_parts());
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
  EXPECT_EQ(a.totals().units_exported_kg(), 1'000);
  a.reopen();
  PUHUI_ACCEPTED(go_on(list));
  EXPECT_TRUE(is_in_parts());
  EXPECT_TRUE(agreement_at(a, b)->awaits_list());
  PUHUI_ACCEPTED(go_on(list));
  EXPECT_FALSE(is_in_parts());
  EXPECT_FALSE(agreement_at(a, b)->awaits_list());
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
  EXPECT_EQ(a.totals().units_exported_kg(), kAway);
  EXPECT_EQ(held_text(a, "owner-main"), "2301-2400");
  EXPECT_EQ(held_text(a, "owner-side"), "");
}

TEST_F(TransfersMadeInParts, GoOnAfterAnotherRestore) {
  const Backup backup(a);
  take(a, b, {{1, kAway}});
  lose_since(backup);
  cut(a);
  PUHUI_ACCEPTED(renew_epoch(a, b));
  const auto stated = state_transfers(b, a);
  PUHUI_ACCEPTED(stated);
  PUHUI_ACCEPTED(note_transfers(a, b, carry(b, a, stated.leaf)));
  const Backup again(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{2'301, 2'310}}));
  lose_since(again);
  EXPECT_TRUE(is_in_parts());
  PUHUI_ACCEPTED(renew_epoch(a, b));
  const auto listed = state_transfers(b, a);
  PUHUI_ACCEPTED(listed);
  const auto list = carry(b, a, listed.leaf);
  PUHUI_ACCEPTED(go_on(list));
  PUHUI_ACCEPTED(go_on(list));
  EXPECT_FALSE(agreement_at(a, b)->awaits_list());
  EXPECT_EQ(a.totals().units_exported_kg(), kAway);
  EXPECT_EQ(a.totals().units_held_kg(), 100);
}

// Whatever runs they are of.
TEST_F(TransfersMadeInParts, CountThePiecesOfAllTheirRuns) {
  PUHUI_ACCEPTED(a.issue_kg(1'200));  // 2401-3600
  const Backup backup(a);
  take(a, b, {{1, 1'200}, {2'401, 3'600}});
  lose_since(backup);
  for (const auto& half : {every_other(1, 1'200), every_other(2'401, 3'600)})
    PUHUI_ACCEPTED(transfer(a, {"owner-main", "owner-side"}, half));
  const auto list = list_of(b, a);
  PUHUI_ACCEPTED(note_transfers(a, b, list));
  EXPECT_EQ(a.totals().units_exported_kg(), 1'000);
  PUHUI_ACCEPTED(go_on(list));
  EXPECT_EQ(a.totals().units_exported_kg(), 2'000);
  PUHUI_ACCEPTED(go_on(list));
  EXPECT_EQ(a.totals().units_exported_kg(), 2'400);
  EXPECT_FALSE(agreement_at(a, b)->awaits_list());
}

// A recall has cut what is to come home.
TEST_F(TransfersMadeInParts, BringHomeWhatCameHome) {
  cross(a, b, {{{1, kAway}}});
  const Backup backup(a);
  const auto sent = send_home(b, a, {{1, kAway}});
  PUHUI_ACCEPTED(sent);
  const auto id = id_of(b, sent.leaf);
  const auto imported = import_units(a, carry(b, a, sent.leaf));
  PUHUI_ACCEPTED(imported);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, imported.leaf)));
  lose_since(backup);
  PUHUI_ACCEPTED(recall(a, "B1", every_other(2, 2'000)));
  const auto list = list_of(b, a);
  PUHUI_ACCEPTED(note_transfers(a, b, list));
  EXPECT_TRUE(is_in_parts());
  EXPECT_EQ(a.totals().units_exported_kg(), kAway - 1'000);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_IMPORTED);
  a.reopen();
  PUHUI_ACCEPTED(go_on(list));
  EXPECT_TRUE(agreement_at(a, b)->awaits_list());
  PUHUI_ACCEPTED(go_on(list));
  EXPECT_FALSE(is_in_parts());
  EXPECT_FALSE(agreement_at(a, b)->awaits_list());
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_IMPORTED);
  EXPECT_EQ(transfer_at(a, id)->serials_size(), 2'001);
  EXPECT_EQ(a.totals().units_exported_kg(), 0);
  EXPECT_EQ(a.held("owner-main"), 100 + kAway - 1'000);
  EXPECT_EQ(a.state(2), v1::CANCELLED);
}

// Between two parts, the partner loses the leaves too.
TEST_F(TransfersMadeInParts, AreToldToThePartnerBeforeTheyAreWhole) {
  cross(a, b, {{{1, kAway}}});
  const Backup backup(a), theirs(b);
  const auto sent = send_home(b, a, {{1, kAway}});
  PUHUI_ACCEPTED(sent);
  const auto id = id_of(b, sent.leaf);
  const auto receipt = kept_receipt(b, sent.leaf);
  const auto imported = import_units(a, carry(b, a, sent.leaf));
  PUHUI_ACCEPTED(imported);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, imported.leaf)));
  lose_since(backup);
  PUHUI_ACCEPTED(recall(a, "B1", every_other(2, 2'000)));
  PUHUI_ACCEPTED(note_transfers(a, b, list_of(b, a)));
  EXPECT_TRUE(is_in_parts());
  PUHUI_ACCEPTED(open_epoch(b, theirs.restore()));
  EXPECT_EQ(b.held("owner-main"), kAway);
  PUHUI_ACCEPTED(renew_epoch(b, a));
  PUHUI_ACCEPTED(renew_epoch(a, b));
  const auto told = state_transfers(a, b);
  PUHUI_ACCEPTED(told);
  EXPECT_EQ(a.payload_at(told.leaf).state_transfers().transfers_size(), 1);
  PUHUI_ACCEPTED(b.send(noting_event(b, carry(a, b, told.leaf), {receipt}), {"operator"}));
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_CONCLUDED);
  EXPECT_EQ(b.held("owner-main"), 0);
  const auto rest = state_transfers(b, a);
  PUHUI_ACCEPTED(rest);
  const auto list = carry(b, a, rest.leaf);
  PUHUI_ACCEPTED(go_on(list));
  PUHUI_ACCEPTED(go_on(list));
  EXPECT_FALSE(agreement_at(a, b)->awaits_list());
  EXPECT_EQ(a.held("owner-main"), 100 + kAway - 1'000);
  EXPECT_EQ(a.totals().units_exported_kg(), 0);
}

// ---- Bound until a dispute window ends ----

struct DisputesMadeAgain : LosingCities {
  static constexpr Micros kWindow = Micros{72} * 3'600'000'000;
  void SetUp() override {
    auto agreement = agreement_between(a, b);
    terms_of_taker(agreement, a).set_discount("1");
    terms_of_taker(agreement, a).set_dispute_window(kWindow);
    PUHUI_ACCEPTED(b.issue_kg(50));
    recognise(agreement);
  }
  // Units come, and are lost; the list is noted so long after.
  void make_again_after(Micros waited) {
    const Backup backup(a);
    const auto sent = take(b, a, {{1, 20}});
    id = id_of(b, sent.leaf);
    const auto came = a.now;
    const auto imported = *transfer_at(a, id);
    PUHUI_ACCEPTED(conclude(b, carry(a, b, static_cast<std::uint64_t>(imported.ended_at()))));
    lose_since(backup);
    a.now = b.now = came + waited;
    reconcile(a, b);
  }

  std::string id;
};

TEST_F(DisputesMadeAgain, EndWhenTheyWouldHave) {
  make_again_after(kWindow / 2);
  const auto record = *transfer_at(a, id);
  EXPECT_EQ(record.state(), v1::TRANSFER_IMPORTED);
  ASSERT_EQ(record.serials_size(), 1);
  EXPECT_EQ(record.serials(0).end() - record.serials(0).start() + 1, 20u);
  EXPECT_EQ(a.bound("owner-main"), 20);
  PUHUI_REFUSED(retire(a, "owner-main", {{record.serials(0).start(), record.serials(0).start()}}),
                SERIAL_BOUND);
  a.now = record.bound_until();
  PUHUI_ACCEPTED(a.issue_kg(1));
  EXPECT_EQ(a.bound("owner-main"), 0);
}

TEST_F(DisputesMadeAgain, AreOverWhenTheyWouldHaveBeen) {
  make_again_after(kWindow + 3'600'000'000);
  EXPECT_EQ(transfer_at(a, id)->bound_until(), 0);
  EXPECT_EQ(a.bound("owner-main"), 0);
}

// ---- Names ----

struct BatchesOfBefore : TwoCities {
  // Its issuance is lost after 10 kg of it went away, and its name is another's by the time that
  // the list tells of them.
  void SetUp() override {
    const Backup backup(a);
    recognise();
    PUHUI_ACCEPTED(a.issue_kg(100));
    batch = a.last_batch();
    const auto sent = export_units(a, b, {{{1, 10}}});
    PUHUI_ACCEPTED(sent);
    const auto imported = import_units(b, carry(a, b, sent.leaf));
    PUHUI_ACCEPTED(imported);
    there = imported.outcome.serials(0);
    id = id_of(a, sent.leaf);
    const auto agreement = agreement_at(b, a)->agreement();
    PUHUI_ACCEPTED(open_epoch(a, backup.restore()));
    a.apply(a.reported(7));
    PUHUI_ACCEPTED(
        issue(a, a.last_report(), batch));  // no list is awaited: the agreement was lost, too
    issued = *a.view().batch(batch);
    PUHUI_ACCEPTED(file_agreement(a, b, agreement));
    PUHUI_ACCEPTED(note_project(b, a));
    reconcile(a, b);
  }
  // Of what went away, how much is frozen there.
  [[nodiscard]] std::int64_t frozen_kg() const {
    std::int64_t frozen = 0;
    for (auto serial = there.start(); serial <= there.end(); ++serial)
      frozen += b.view().serial(serial)->bound_by() == "recall/WUHAN" ? 1 : 0;
    return frozen;
  }

  std::string batch, id;
  v1::UnitBatch issued;   // of that name now
  v1::SerialRange there;  // what went away
};

TEST_F(BatchesOfBefore, KeepTheirNumbersWhereTheirNameIsAnothers) {
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
  const auto old = *a.view().serial(1);
  EXPECT_EQ(old.state(), v1::EXPORTED);
  EXPECT_EQ(old.batch(), "L1");
  EXPECT_EQ(a.view().batch(batch)->start(), issued.start());
  EXPECT_EQ(a.view().batch(batch)->end(), issued.end());
  EXPECT_EQ(a.view().batch("L1")->end(), 10u);
}

// Abroad they have the name of before.
TEST_F(BatchesOfBefore, AreRecalledAbroadByTheirNumbers) {
  ASSERT_EQ(there.end() - there.start() + 1, 9U);
  const auto others = recall(a, batch);
  PUHUI_ACCEPTED(others);
  PUHUI_ACCEPTED(note_recall(b, carry(a, b, others.leaf)));
  EXPECT_EQ(frozen_kg(), 0) << "of another batch";
  const auto recalled = recall(a, "L1");
  PUHUI_ACCEPTED(recalled);
  EXPECT_EQ(a.view().recall(recalled.leaf)->abroad_kg(), 9);
  PUHUI_ACCEPTED(note_recall(b, carry(a, b, recalled.leaf)));
  EXPECT_EQ(frozen_kg(), 9);
}

// ---- Epochs that were lost whole ----

struct EpochsLost : LosingCities {
  // An opening after the epochs of these logs were lost as well.
  Answer open_after(const std::string& last_checkpoint, const std::vector<v1::OwnLog>& lost) {
    auto payload = epoch_event(a, last_checkpoint);
    auto& action = *payload.mutable_open_epoch();
    for (const auto& log : lost) *action.add_lost() = log;
    const auto counted = std::min<std::size_t>(lost.size(), 100);  // no more are looked at
    action.set_epoch(action.epoch() + static_cast<std::uint32_t>(counted));
    action.set_origin(a.view().genesis()->origin() + "/" + std::to_string(action.epoch()));
    return a.send(payload, {"bureau"});
  }
  [[nodiscard]] v1::OwnLog log_now() const {
    v1::OwnLog log;
    log.set_origin(a.origin());
    log.set_log_key(a.public_key("log"));
    return log;
  }
};

TEST_F(EpochsLost, AreNamedByTheNext) {
  const Backup backup(a);
  const auto first_log = log_now();
  const auto first = take(a, b, {{1, 10}});
  const auto first_id = id_of(a, first.leaf);
  lose_since(backup);
  reconcile(a, b);
  const auto log = log_now();
  const auto second = take(a, b, {{11, 20}});
  const auto second_id = id_of(a, second.leaf);
  const auto last = backup.restore();  // from before the epoch that began
  ASSERT_FALSE(a.epoch());
  PUHUI_REFUSED(open_epoch(a, last), EPOCH_INVALID);
  PUHUI_REFUSED(open_after(last, {log, log}), EPOCH_INVALID);
  PUHUI_REFUSED(open_after(last, {first_log}), EPOCH_INVALID);
  auto kept = log;
  kept.set_kept_leaves(1);
  PUHUI_REFUSED(open_after(last, {kept}), EVENT_MALFORMED);
  PUHUI_REFUSED(open_after(last, std::vector<v1::OwnLog>(101, log)), TOO_LARGE);
  PUHUI_ACCEPTED(open_after(last, {log}));
  const auto epoch = *a.epoch();
  EXPECT_EQ(epoch.opening().epoch(), 2u);
  ASSERT_EQ(epoch.past_size(), 2);
  EXPECT_EQ(epoch.past(1).origin(), log.origin());
  EXPECT_EQ(epoch.past(1).kept_leaves(), epoch.opening().kept_leaves());
  reconcile(a, b);
  EXPECT_EQ(transfer_state(a, first_id), v1::TRANSFER_CONCLUDED);
  EXPECT_EQ(transfer_state(a, second_id), v1::TRANSFER_CONCLUDED);
  EXPECT_EQ(held_text(a, "owner-main"), "21-100");
}

}  // namespace
}  // namespace puhui::ledger::testing
