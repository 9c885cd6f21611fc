// Lists are noted in the order in which what they tell of was written, before it was lost: across
// epochs whose leaves have the same numbers, and across partners.
#include <gtest/gtest.h>

#include "tests/ledger/epochs.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

// ---- Epochs that began with the same copy ----

struct RestoredFromOneCopy : LosingCities {
  void SetUp() override {
    auto agreement = agreement_between(a, b);
    for (auto* taker : {&a, &b}) terms_of_taker(agreement, *taker).set_discount("1");
    PUHUI_ACCEPTED(a.issue_kg(100));
    PUHUI_ACCEPTED(b.issue_kg(50));
    recognise(agreement);
    copy.emplace(a);
    kept = a.head().size;
  }
  // Leaves of the first epoch have larger numbers than those of the next will have.
  void fill(std::uint64_t leaves) { fill_up(a, kept + leaves, 60); }
  // The next epoch begins with the copy as well: the one before is lost whole.
  void lose_whole() {
    v1::OwnLog log;
    log.set_origin(a.origin());
    log.set_log_key(a.public_key("log"));
    PUHUI_ACCEPTED(open_epoch(a, copy->restore(), {log}));
  }

  std::optional<Backup> copy;
  std::uint64_t kept = 0;
};

TEST_F(RestoredFromOneCopy, RetireWhatCameBefore) {
  fill(40);
  cross(b, a, {{{1, 20}}});
  lose_since(*copy);
  reconcile(a, b);
  const auto serial = next_serial(a) - 20;
  const auto retired = retire(a, "owner-main", {{serial, serial + 4}});
  PUHUI_ACCEPTED(retired);
  const auto stated = state_retirement(a, b, retired.leaf, {{1, 5}});
  PUHUI_ACCEPTED(stated);
  ASSERT_LT(stated.leaf, kept + 40) << "before the import, by its number";
  PUHUI_ACCEPTED(note_retirement(b, carry(a, b, stated.leaf)));
  lose_whole();
  reconcile(a, b);
  EXPECT_EQ(a.totals().units_retired_kg(), 5);
  EXPECT_EQ(a.totals().units_held_kg(), 100 + 15);
}

TEST_F(RestoredFromOneCopy, BringHomeWhatWentBefore) {
  fill(40);
  cross(a, b, {{{1, 20}}});
  lose_since(*copy);
  reconcile(a, b);
  const auto home = send_home(b, a, {{51, 60}});
  PUHUI_ACCEPTED(home);
  const auto came = import_units(a, carry(b, a, home.leaf));
  PUHUI_ACCEPTED(came);
  ASSERT_LT(came.leaf, kept + 40) << "before the export, by its number";
  PUHUI_ACCEPTED(conclude(b, carry(a, b, came.leaf)));
  lose_whole();
  reconcile(a, b);
  EXPECT_EQ(held_text(a, "owner-main"), "1-10 21-100");
}

// ---- Partners ----

struct ListsOfTwo : LosingCities {
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    PUHUI_ACCEPTED(b.issue_kg(50));
    for (auto* partner : {&b, &c}) {
      auto agreement = agreement_between(a, *partner);
      terms_of_taker(agreement, *partner).set_discount("1");
      agree(a, *partner, agreement);
      PUHUI_ACCEPTED(note_project(a, *partner));
    }
    PUHUI_ACCEPTED(note_project(b, a));
  }
  // All that is known of what is in three cities together.
  void TearDown() override {
    for (auto* city : {&a, &b, &c}) EXPECT_EQ(drift_of(city->view(), unit_accounts()), "");
    EXPECT_EQ(alive_twice(a, b) + alive_twice(a, c), "");
  }
  void come_home(SovereignCity& from, const SerialRanges& ranges) {
    const auto home = send_home(from, a, ranges);
    PUHUI_ACCEPTED(home);
    const auto came = import_units(a, carry(from, a, home.leaf));
    PUHUI_ACCEPTED(came);
    PUHUI_ACCEPTED(conclude(from, carry(a, from, came.leaf)));
  }
  // What a partner states of it, as the home city can prove it.
  v1::ProvenLeaf list_of(SovereignCity& partner) {
    EXPECT_EQ(renew_epoch(a, partner).decision, v1::ACCEPTED);
    return carry(partner, a, state_transfers(partner, a).leaf);
  }
  Answer note_all(SovereignCity& partner, const v1::ProvenLeaf& list) {
    std::vector<v1::LostReceipt> receipts;
    const auto stating = read_foreign(list.entry(), partner.code());
    for (const auto& listed : stating->payload.state_transfers().transfers())
      receipts.push_back(receipt_of(partner, a, listed));
    return a.send(noting_event(a, list, receipts), {"operator"});
  }

  SovereignCity c{{"JINGZHOU", "P3"}};
};

TEST_F(ListsOfTwo, AreNotedInTheOrderOfWhatWasLost) {
  cross(a, b, {{{1, 10}}});
  const Backup backup(a);
  come_home(b, {{51, 60}});
  cross(a, c, {{{1, 10}}});
  lose_since(backup);
  const auto of_b = list_of(b), of_c = list_of(c);
  // By itself it would go out of what is still with the first.
  PUHUI_REFUSED(note_all(c, of_c), EPOCH_LISTS_PENDING);
  PUHUI_ACCEPTED(a.send(noting_event(a, of_c, {}), {"operator"}));  // it waits from there on
  PUHUI_REFUSED(a.send(noting_event(a, of_c, {}), {"operator"}), RUN_DIFFERS);
  PUHUI_ACCEPTED(note_all(b, of_b));
  PUHUI_ACCEPTED(note_all(c, of_c));
  EXPECT_EQ(held_text(a, "owner-main"), "11-100");
  EXPECT_EQ(a.epoch()->lists_awaited(), 0u);
}

TEST_F(ListsOfTwo, AreNotedByTurns) {
  cross(a, b, {{{1, 10}}});
  const Backup backup(a);
  come_home(b, {{51, 60}});
  cross(a, c, {{{1, 10}}});
  come_home(c, {{1, 10}});
  cross(a, b, {{{1, 10}}});
  lose_since(backup);
  for (auto* partner : {&b, &c}) PUHUI_ACCEPTED(renew_epoch(a, *partner));
  bring_lists({&c, &b}, a);
  EXPECT_EQ(held_text(a, "owner-main"), "11-100");
  EXPECT_EQ(b.held("owner-main"), 50 + 10);
  EXPECT_EQ(c.held("owner-main"), 0);
}

}  // namespace
}  // namespace puhui::ledger::testing
