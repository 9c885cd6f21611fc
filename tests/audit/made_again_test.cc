// What a restored city makes again by its partner's list, judged again: transfers in parts, units
// that were to stay bound, batches whose names went to others, epochs that were lost whole.
#include "tests/audit/made_again.h"
#include "crypto/merkle.h"

namespace puhui::node::audit::testing {
namespace {

using enum v1::ErrorCode;

// ---- Transfers in parts -------------------------------------------------------------------------

struct AuditedParts : AuditedAgain {
  static constexpr std::uint64_t kFirst = 101, kLast = 2'400;  // serials that went away
  void SetUp() override {
    AuditedAgain::SetUp();
    recognise_all();
  }
  [[nodiscard]] bool is_in_parts() const { return agreement_at(a, b)->has_list_part(); }
  // Every other kilogram is somebody else's now: 2001 pieces, in three parts.
  void cut() {
    const auto even = ledger::testing::every_other(kFirst + 1, 2'100);
    PUHUI_ACCEPTED(transfer(a, {"owner-main", "owner-side"}, even));
  }
  // The leaf that sent them is lost, and the transfer made again part by part.
  void make_in_parts(const Backup& backup, std::uint64_t sent) {
    const auto id = id_of(a, sent);
    const auto receipt = kept_receipt(a, sent);
    lose_since(backup);
    cut();
    const auto list = listed_by_partner();
    refuses(noting_event(a, list, {receipt, receipt}), RUN_DIFFERS);
    PUHUI_ACCEPTED(note(list, {receipt}));
    EXPECT_TRUE(is_in_parts());
    EXPECT_EQ(a.totals().units_exported_kg(), 1'000);
    EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
    reach_a_state_root();
    refuses(noting_event(a, list, {receipt}), RUN_DIFFERS);
    PUHUI_ACCEPTED(note(list, {}));
    EXPECT_TRUE(is_in_parts());
    EXPECT_TRUE(awaits_list());
    reach_a_state_root();
    PUHUI_ACCEPTED(note(list, {}));
    EXPECT_FALSE(is_in_parts());
    EXPECT_FALSE(awaits_list());
    EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
    EXPECT_EQ(a.totals().units_exported_kg(), 2'300);
    expect_all_clean();
  }
};

TEST_F(AuditedParts, OfWhatWentAway) {
  PUHUI_ACCEPTED(a.issue_kg(2'400));
  const Backup backup(a);
  const auto sent = export_units(a, b, {{{kFirst, kLast}}});
  PUHUI_ACCEPTED(sent);
  PUHUI_ACCEPTED(import_units(b, carry(a, b, sent.leaf)));
  make_in_parts(backup, sent.leaf);
}

TEST_F(AuditedParts, OfWhatWentHome) {
  PUHUI_ACCEPTED(b.issue_kg(2'400));
  cross(b, a, {{{51, 2'350}}});
  const Backup backup(a);
  const auto sent = send_home(a, b, {{kFirst, kLast}});
  PUHUI_ACCEPTED(sent);
  PUHUI_ACCEPTED(import_units(b, carry(a, b, sent.leaf)));
  make_in_parts(backup, sent.leaf);
}

// What has begun to move moves as a whole.
TEST_F(AuditedParts, AreMadeWholeBeforeTheListIsGivenUp) {
  PUHUI_ACCEPTED(a.issue_kg(2'400));
  const Backup backup(a);
  const auto sent = export_units(a, b, {{{kFirst, kLast}}});
  PUHUI_ACCEPTED(import_units(b, carry(a, b, sent.leaf)));
  const auto receipt = kept_receipt(a, sent.leaf);
  lose_since(backup);
  cut();
  PUHUI_ACCEPTED(note(listed_by_partner(), {receipt}));
  EXPECT_TRUE(is_in_parts());
  const auto closed = set_agreement(a, b, v1::CLOSED);
  PUHUI_ACCEPTED(closed);
  const auto agreement = agreement_at(a, b)->agreement();
  a.now = closed.time + std::max(agreement.dead_after(), agreement.answer_within()) + 1;
  PUHUI_ACCEPTED(set_agreement(a, b, v1::CLOSED));
  EXPECT_TRUE(awaits_list());
  reach_a_state_root();
  PUHUI_ACCEPTED(set_agreement(a, b, v1::CLOSED));
  EXPECT_FALSE(awaits_list());
  EXPECT_FALSE(is_in_parts());
  EXPECT_EQ(a.totals().units_exported_kg(), 2'300);
  reach_a_state_root();
  expect_clean(a);
}

// A recall has cut it since.
TEST_F(AuditedParts, OfWhatCameHome) {
  PUHUI_ACCEPTED(a.issue_kg(2'400));
  cross(a, b, {{{kFirst, kLast}}});  // 51-2350 there
  const Backup backup(a);
  const auto sent = send_home(b, a, {{51, 2'350}});
  const auto imported = import_units(a, carry(b, a, sent.leaf));
  PUHUI_ACCEPTED(imported);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, imported.leaf)));
  const auto receipt = kept_receipt(a, imported.leaf);
  lose_since(backup);
  const auto even = ledger::testing::every_other(kFirst + 1, 2'100);
  PUHUI_ACCEPTED(recall(a, a.view().serial(kFirst)->batch(), even));
  const auto list = listed_by_partner();
  PUHUI_ACCEPTED(note(list, {receipt}));
  EXPECT_TRUE(is_in_parts());
  EXPECT_EQ(a.totals().units_exported_kg(), 1'300);
  reach_a_state_root();
  PUHUI_ACCEPTED(note(list, {}));
  EXPECT_TRUE(is_in_parts());
  reach_a_state_root();
  PUHUI_ACCEPTED(note(list, {}));
  EXPECT_FALSE(is_in_parts());
  EXPECT_FALSE(awaits_list());
  EXPECT_EQ(transfer_state(a, id_of(b, sent.leaf)), v1::TRANSFER_IMPORTED);
  EXPECT_EQ(a.totals().units_exported_kg(), 0);
  expect_all_clean();
}

// ---- What comes once more -----------------------------------------------------------------------

struct AuditedDisputes : AuditedAgain {
  // Units come, to stay bound for the window, and are lost; the list is noted so long after.
  void come_again(Micros window, Micros waited) {
    recognise_all(window);
    const Backup backup(a);
    const auto sent = export_units(b, a, {{{1, 20}}});
    const auto imported = import_units(a, carry(b, a, sent.leaf));
    PUHUI_ACCEPTED(imported);
    const auto receipt = kept_receipt(a, imported.leaf);
    PUHUI_ACCEPTED(conclude(b, carry(a, b, imported.leaf)));
    lose_since(backup);
    a.now = b.now = imported.time + waited;
    PUHUI_ACCEPTED(note(listed_by_partner(), {receipt}));
    came = imported.time;
    id = id_of(b, sent.leaf);
  }
  Micros came = 0;
  std::string id;
};

TEST_F(AuditedDisputes, UnitsStayBoundAsLongAsTheyWereTo) {
  constexpr Micros kWindow = 3 * kMicrosPerDay;
  come_again(kWindow, kWindow / 2);
  const auto record = *transfer_at(a, id);
  EXPECT_EQ(record.bound_until(), came + kWindow);
  EXPECT_EQ(record.serials_size(), 1);
  EXPECT_EQ(a.bound("owner-main"), 20);
  reach_a_state_root();
  auto retiring = retire_event(a, "owner-main", "owner");
  *retiring.mutable_retire()->mutable_serials() = record.serials();
  refuses(retiring, SERIAL_BOUND);
  a.now = record.bound_until();
  PUHUI_ACCEPTED(retire(a, "owner-main", {{1, 1}}));
  EXPECT_EQ(a.bound("owner-main"), 0);
  expect_all_clean();
}

TEST_F(AuditedDisputes, UnitsAreFreeWhoseTimeIsOver) {
  constexpr Micros kWindow = kMicrosPerDay;
  come_again(kWindow, 2 * kWindow);
  EXPECT_EQ(a.bound("owner-main"), 0);
  expect_all_clean();
}

// They went, and came home, before this city heard that they had arrived.
TEST_F(AuditedAgain, UnitsComeHomeThatAreOnTheirWayThere) {
  recognise_all();
  const auto sent = export_units(a, b, {{{1, 10}}});
  const auto imported = import_units(b, carry(a, b, sent.leaf));
  PUHUI_ACCEPTED(imported);
  const Backup backup(a);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, imported.leaf)));
  const auto home = send_home(b, a, {{51, 60}});
  const auto back = import_units(a, carry(b, a, home.leaf));
  PUHUI_ACCEPTED(back);
  const auto receipt = kept_receipt(a, back.leaf);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, back.leaf)));
  lose_since(backup);
  EXPECT_EQ(a.bound("owner-main"), 10);
  PUHUI_ACCEPTED(note(listed_by_partner(), {receipt}));
  EXPECT_EQ(a.bound("owner-main"), 0);
  EXPECT_EQ(a.held("owner-main"), 100);
  EXPECT_EQ(a.totals().units_exported_kg(), 0);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, imported.leaf)));
  EXPECT_EQ(a.held("owner-main"), 100);
  expect_all_clean();
}

// ---- Names --------------------------------------------------------------------------------------

// A batch was lost, and another one has its name now.
TEST_F(AuditedAgain, BatchesKeepTheirNumbers) {
  const Backup backup(a);
  recognise_all();
  PUHUI_ACCEPTED(a.issue_kg(100));  // 101-200
  const auto name = a.last_batch();
  const auto sent = export_units(a, b, {{{101, 110}}});
  PUHUI_ACCEPTED(sent);
  const auto id = id_of(a, sent.leaf);
  PUHUI_ACCEPTED(import_units(b, carry(a, b, sent.leaf)));
  const auto receipt = kept_receipt(a, sent.leaf);
  const auto agreement = agreement_at(b, a)->agreement();
  PUHUI_ACCEPTED(open_epoch(a, backup.restore()));
  a.apply(a.reported(7));
  PUHUI_ACCEPTED(issue(a, a.last_report(), name));
  const auto issued = a.view().batch(name)->DebugString();
  PUHUI_ACCEPTED(file_agreement(a, b, agreement));
  PUHUI_ACCEPTED(note_project(b, a));
  PUHUI_ACCEPTED(note(listed_by_partner(), {receipt}));
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
  EXPECT_EQ(a.view().serial(101)->batch(), "L101");
  EXPECT_EQ(a.view().batch(name)->DebugString(), issued);
  EXPECT_EQ(a.view().batch("L101")->end(), 110U);
  expect_all_clean();
}

// ---- Epochs that were lost whole ----------------------------------------------------------------

struct AuditedLostEpochs : AuditedAgain {
  // An opening after the epochs of these logs were lost as well.
  v1::Payload opening(const std::string& last_checkpoint, const std::vector<v1::OwnLog>& lost) {
    auto payload = epoch_event(a, last_checkpoint);
    auto& action = *payload.mutable_open_epoch();
    for (const auto& log : lost) *action.add_lost() = log;
    action.set_epoch(action.epoch() + static_cast<std::uint32_t>(lost.size()));
    action.set_origin(a.view().genesis()->origin() + "/" + std::to_string(action.epoch()));
    return payload;
  }
  [[nodiscard]] v1::OwnLog log_now() const {
    v1::OwnLog log;
    log.set_origin(a.origin());
    log.set_log_key(a.public_key("log"));
    return log;
  }
  [[nodiscard]] std::string id_of_lost(const v1::LostReceipt& sent) const {
    const auto event = ledger::read_foreign(sent.leaf().entry(), a.code());
    return std::string(ledger::transfer_id(a.lineage(), event->payload).view());
  }
  v1::LostReceipt taken_there(const ledger::testing::SerialRanges& ranges) {
    const auto sent = export_units(a, b, {ranges});
    EXPECT_EQ(import_units(b, carry(a, b, sent.leaf)).decision, v1::ACCEPTED);
    return kept_receipt(a, sent.leaf);
  }
};

TEST_F(AuditedLostEpochs, AreNamedByTheNext) {
  recognise_all();
  const Backup backup(a);
  const auto first_log = log_now();
  const auto first = taken_there({{1, 10}});
  lose_since(backup);
  PUHUI_ACCEPTED(note(listed_by_partner(), {first}));
  const auto log = log_now();
  const auto second = taken_there({{11, 20}});
  const auto last = backup.restore();  // from before the epoch that began
  auto kept = log, nameless = log, keyless = log;
  kept.set_kept_leaves(1);
  nameless.clear_origin();
  keyless.clear_log_key();
  refuses(epoch_event(a, last), EPOCH_INVALID);
  refuses(opening(last, {first_log}), EPOCH_INVALID);
  refuses(opening(last, {log, log}), EPOCH_INVALID);
  refuses(opening(last, {kept}), EVENT_MALFORMED);
  refuses(opening(last, {nameless}), EVENT_MALFORMED);
  refuses(opening(last, {keyless}), EVENT_MALFORMED);
  refuses(opening(last, std::vector<v1::OwnLog>(100, log)), EPOCH_INVALID);
  auto many = opening(last, std::vector<v1::OwnLog>(101, log));
  many.mutable_open_epoch()->set_epoch(101);
  refuses(many, TOO_LARGE);
  auto uncounted = opening(last, {log});
  uncounted.mutable_open_epoch()->set_epoch(1);
  refuses(uncounted, EPOCH_INVALID);
  auto same = opening(last, {log});
  same.mutable_open_epoch()->set_origin(log.origin());
  refuses(same, EPOCH_INVALID);
  PUHUI_ACCEPTED(a.send(opening(last, {log}), {"bureau"}));
  EXPECT_EQ(a.epoch()->past_size(), 2);
  PUHUI_ACCEPTED(note(listed_by_partner(), {first, second}));
  EXPECT_FALSE(awaits_list());
  EXPECT_EQ(transfer_at(a, id_of_lost(second))->lost_epoch(), 1U);
  EXPECT_EQ(a.held("owner-main"), 80);
  expect_all_clean();
}

}  // namespace
}  // namespace puhui::node::audit::testing
