// What a restored city makes again by its partner's list, judged again: retirements, transfers in
// parts, units that were to stay bound, batches whose names went to others, epochs that were lost
// whole.
#include "crypto/merkle.h"
#include "tests/audit/judged_cities.h"

namespace puhui::node::audit::testing {
namespace {

using enum v1::ErrorCode;

struct AuditedAgain : AuditedCities {
  static v1::Agreement agreed(const SovereignCity& one, const SovereignCity& other,
                              Micros window = 0) {
    auto agreement = agreement_between(one, other);
    for (auto& terms : *agreement.mutable_terms()) {
      terms.set_discount("1");
      terms.set_dispute_window(window);
    }
    return agreement;
  }
  void recognise_all(Micros window = 0) { recognise(agreed(a, b, window)); }
  ledger::Answer note(const v1::ProvenLeaf& list, const std::vector<v1::LostReceipt>& receipts) {
    return a.send(noting_event(a, list, receipts), {"operator"});
  }
  [[nodiscard]] bool awaits_list() const { return agreement_at(a, b)->awaits_list(); }
};

// ---- Retirements --------------------------------------------------------------------------------

struct AuditedRetirements : AuditedAgain {
  struct Told {
    v1::LostReceipt receipt;  // of the statement
    std::uint64_t noted = 0;  // leaf of the city that issued the units
  };
  void SetUp() override {
    AuditedAgain::SetUp();
    recognise_all();
  }
  // Retired in the one city, and noted by the other.
  static Told retire_and_tell(SovereignCity& at, SovereignCity& home,
                              const ledger::testing::SerialRanges& here,
                              const ledger::testing::SerialRanges& there) {
    const auto retired = retire(at, "owner-main", here);
    const auto stated = state_retirement(at, home, retired.leaf, there);
    EXPECT_EQ(stated.decision, v1::ACCEPTED) << code_name(stated.code);
    const auto noted = note_retirement(home, carry(at, home, stated.leaf));
    EXPECT_EQ(noted.decision, v1::ACCEPTED) << code_name(noted.code);
    return {kept_receipt(at, stated.leaf), noted.leaf};
  }
  // A list of these alone.
  static v1::Payload listing(SovereignCity& at, const SovereignCity& home,
                             const std::vector<Told>& all) {
    const auto log = *log_at(at, home);
    auto payload = at.event("operator");
    auto& action = *payload.mutable_state_transfers();
    action.set_home(home.code());
    action.set_epoch(log.epoch());
    action.set_from_epoch(log.stated_epoch());
    action.set_from(log.stated_to());
    action.set_to_epoch(log.epoch());
    action.set_is_last(true);
    for (const auto& told : all) {
      const auto& leaf = told.receipt.leaf();
      auto& line = *action.add_transfers();
      line.set_transfer(std::string(crypto::leaf_hash(leaf.entry()).view()));
      line.set_state(v1::LISTED_RETIRED);
      line.set_lost_leaf(leaf.index());
      line.set_leaf(told.noted);
    }
    return payload;
  }
  [[nodiscard]] static std::int64_t retired_kg(const City& city) {
    return city.totals().units_retired_kg();
  }
};

TEST_F(AuditedRetirements, AreFoundWhereTheyAreListedOtherwise) {
  cross(a, b, {{{1, 20}}});
  const Backup backup(b);
  const auto told = retire_and_tell(b, a, {{51, 55}}, {{1, 5}});
  PUHUI_ACCEPTED(open_epoch(b, backup.restore()));
  PUHUI_ACCEPTED(renew_epoch(b, a));
  const auto doctored = [&](auto change) {
    auto payload = listing(a, b, {told});
    change(*payload.mutable_state_transfers()->mutable_transfers(0));
    return payload;
  };
  using Line = v1::ListedTransfer;
  refuses(listing(a, b, {}), RUN_DIFFERS);
  refuses(listing(a, b, {told, told}), RUN_DIFFERS);
  refuses(doctored([](Line& line) { line.set_state(v1::LISTED_TAKEN); }), RUN_DIFFERS);
  refuses(doctored([](Line& line) { line.set_transfer(std::string(32, 'x')); }), RUN_DIFFERS);
  refuses(doctored([](Line& line) { line.set_lost_leaf(line.lost_leaf() + 1); }), RUN_DIFFERS);
  refuses(doctored([](Line& line) { line.set_lost_epoch(1); }), RUN_DIFFERS);
  refuses(doctored([](Line& line) { line.set_leaf(line.leaf() - 1); }), RUN_DIFFERS);
  const auto stated = a.send(listing(a, b, {told}), {"operator"});
  PUHUI_ACCEPTED(stated);
  EXPECT_EQ(retired_kg(b), 0);
  const auto list = carry(a, b, stated.leaf);
  PUHUI_ACCEPTED(b.send(noting_event(b, list, {told.receipt}), {"operator"}));
  EXPECT_EQ(retired_kg(b), 5);
  expect_all_clean();
}

// From whoever holds the units since, each in an event of its own.
TEST_F(AuditedRetirements, AreMadeOneByOne) {
  cross(b, a, {{{1, 20}}});  // 101-120 here
  const Backup backup(a);
  const auto first = retire_and_tell(a, b, {{101, 105}}, {{1, 5}});
  const auto second = retire_and_tell(a, b, {{110, 112}}, {{10, 12}});
  lose_since(backup);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{104, 104}}));
  PUHUI_ACCEPTED(renew_epoch(a, b));
  const auto stated = b.send(listing(b, a, {first, second}), {"operator"});
  PUHUI_ACCEPTED(stated);
  const auto list = carry(b, a, stated.leaf);
  refuses(noting_event(a, list, {first.receipt, second.receipt}), RUN_DIFFERS);
  refuses(noting_event(a, list, {second.receipt}), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(note(list, {}));  // as far as the first
  refuses(noting_event(a, list, {}), RUN_DIFFERS);
  PUHUI_ACCEPTED(note(list, {first.receipt}));
  EXPECT_EQ(retired_kg(a), 5);
  EXPECT_EQ(a.held("buyer-main"), 0);
  reach_a_state_root();
  refuses(noting_event(a, list, {first.receipt}), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(note(list, {second.receipt}));
  EXPECT_EQ(retired_kg(a), 8);
  EXPECT_FALSE(awaits_list());
  expect_all_clean();
  // Known again, should it be listed once more.
  const Backup again(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 1}}));
  lose_since(again);
  PUHUI_ACCEPTED(renew_epoch(a, b));
  const auto restated = b.send(listing(b, a, {first, second}), {"operator"});
  PUHUI_ACCEPTED(restated);
  const auto known = carry(b, a, restated.leaf);
  refuses(noting_event(a, known, {first.receipt}), RUN_DIFFERS);
  PUHUI_ACCEPTED(note(known, {}));
  EXPECT_EQ(retired_kg(a), 8);
  expect_all_clean();
}

TEST_F(AuditedRetirements, AreMadeInParts) {
  PUHUI_ACCEPTED(b.issue_kg(1'300));
  cross(b, a, {{{51, 1'350}}});  // 101-1400 here
  const Backup backup(a);
  const auto told = retire_and_tell(a, b, {{101, 1'400}}, {{51, 1'350}});
  lose_since(backup);
  ledger::testing::SerialRanges even;
  for (std::uint64_t serial = 102; serial <= 1'300; serial += 2) even.emplace_back(serial, serial);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, even));
  PUHUI_ACCEPTED(renew_epoch(a, b));
  const auto stated = b.send(listing(b, a, {told}), {"operator"});
  PUHUI_ACCEPTED(stated);
  const auto list = carry(b, a, stated.leaf);
  refuses(noting_event(a, list, {told.receipt, told.receipt}), RUN_DIFFERS);
  PUHUI_ACCEPTED(note(list, {told.receipt}));
  EXPECT_EQ(retired_kg(a), 1'000);
  reach_a_state_root();
  refuses(noting_event(a, list, {}), RUN_DIFFERS);
  PUHUI_ACCEPTED(note(list, {told.receipt}));
  EXPECT_EQ(retired_kg(a), 1'300);
  EXPECT_FALSE(awaits_list());
  expect_all_clean();
}

// The statement is lost when its first part is noted, and another one tells of the rest.
TEST_F(AuditedRetirements, AreStatedAnewWhereAPartIsNoted) {
  PUHUI_ACCEPTED(a.issue_kg(1'300));
  cross(a, b, {{{101, 1'400}}});  // 51-1350 there
  const auto retired = retire(b, "owner-main", {{51, 1'350}});
  PUHUI_ACCEPTED(retired);
  const Backup backup(b);
  const auto lost = state_retirement(b, a, retired.leaf, {{101, 1'400}});
  PUHUI_ACCEPTED(lost);
  ledger::testing::SerialRanges odd;
  for (std::uint64_t serial = 101; serial < 1'400; serial += 2) odd.emplace_back(serial, serial);
  PUHUI_ACCEPTED(recall(a, a.view().serial(101)->batch(), odd));
  const auto noted = note_retirement(a, carry(b, a, lost.leaf));
  PUHUI_ACCEPTED(noted);
  const Told told{kept_receipt(b, lost.leaf), noted.leaf};
  PUHUI_ACCEPTED(open_epoch(b, backup.restore()));
  PUHUI_ACCEPTED(renew_epoch(b, a));
  const auto listed = a.send(listing(a, b, {told}), {"operator"});
  PUHUI_ACCEPTED(listed);
  const auto list = carry(a, b, listed.leaf);
  PUHUI_ACCEPTED(b.send(noting_event(b, list, {told.receipt}), {"operator"}));
  const auto stated = state_retirement(b, a, retired.leaf, {{101, 1'400}});
  PUHUI_ACCEPTED(stated);
  auto noting = a.event("operator");
  *noting.mutable_note_retirement()->mutable_statement() = carry(b, a, stated.leaf);
  PUHUI_ACCEPTED(a.send(noting, {"operator"}));
  EXPECT_EQ(a.totals().units_retired_abroad_kg(), 1'000);
  reach_a_state_root();
  const auto statement = noting.note_retirement();
  for (const bool is_left : {true, false}) {
    auto again = a.event("operator");
    *again.mutable_note_retirement() = statement;
    if (!is_left) refuses(again, RETIREMENT_STATED);
    if (is_left) PUHUI_ACCEPTED(a.send(again, {"operator"}));
    EXPECT_EQ(a.totals().units_retired_abroad_kg(), 1'300);
  }
  expect_all_clean();
}

// What was lost of these units came before, and is heard of first.
TEST_F(AuditedRetirements, WaitForTheList) {
  cross(b, a, {{{1, 20}}});
  const auto here = retire(a, "owner-main", {{101, 102}});
  PUHUI_ACCEPTED(here);
  const auto sent = export_units(a, b, {{{1, 10}}});
  const auto imported = import_units(b, carry(a, b, sent.leaf));
  PUHUI_ACCEPTED(imported);
  const auto there = retire(b, "owner-main", {{51, 52}});
  const auto told = state_retirement(b, a, there.leaf, {{1, 2}});
  PUHUI_ACCEPTED(told);
  const Backup backup(a);
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{11, 20}}));
  lose_since(backup);
  const auto answer = carry(b, a, imported.leaf);
  const auto statement = carry(b, a, told.leaf);
  const auto noting_there = [&] {
    auto payload = a.event("operator");
    *payload.mutable_note_retirement()->mutable_statement() = statement;
    return payload;
  };
  refuses(concluding(answer), EPOCH_LISTS_PENDING);
  refuses(noting_there(), EPOCH_LISTS_PENDING);
  refuses(statement_event(a, b, here.leaf, {{1, 2}}), EPOCH_LISTS_PENDING);
  reconcile(a, b);
  PUHUI_ACCEPTED(conclude(a, answer));
  PUHUI_ACCEPTED(a.send(noting_there(), {"operator"}));
  PUHUI_ACCEPTED(state_retirement(a, b, here.leaf, {{1, 2}}));
  expect_all_clean();
}

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
    ledger::testing::SerialRanges even;
    for (std::uint64_t serial = kFirst + 1; serial <= 2'100; serial += 2)
      even.emplace_back(serial, serial);
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
  ledger::testing::SerialRanges even;
  for (auto serial = kFirst + 1; serial <= 2'100; serial += 2) even.emplace_back(serial, serial);
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
