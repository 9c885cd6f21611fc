// Retirements that a restored city makes again by its partner's list, judged again.
#include "tests/audit/made_again.h"

namespace puhui::node::audit::testing {
namespace {

using enum v1::ErrorCode;

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
  PUHUI_ACCEPTED(
      transfer(a, {"owner-main", "buyer-main"}, ledger::testing::every_other(102, 1'300)));
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
  const auto odd = ledger::testing::every_other(101, 1'400);
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

}  // namespace
}  // namespace puhui::node::audit::testing
