// Reading: pages, hostile names, and a moment that stays as it was.
#include <gtest/gtest.h>

#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

TEST(Views, StayAtTheirMoment) {
  PvCity city;
  city.issue_mwh("10");
  auto before = city.view();
  const auto head = before.head();
  transfer(city, {"owner-main", "buyer-main"}, 6'000);
  EXPECT_EQ(before.head().root, head.root);
  EXPECT_EQ(before.account("owner-main")->units_held_kg(), 6'000);
  EXPECT_EQ(before.units("owner-main", {}).items_size(), 1);
  EXPECT_EQ(before.root_at(head.size), head.root);
  EXPECT_EQ(city.view().account("owner-main")->units_held_kg(), 0);
  EXPECT_EQ(city.view().root_at(head.size), head.root);
}

TEST(Views, ListsComeInPages) {
  City city;
  v1::PartyList all;
  Page page;
  page.limit = 3;
  int pages = 0;
  do {
    const auto part = city.view().parties(page);
    EXPECT_LE(part.items_size(), 3);
    all.mutable_items()->MergeFrom(part.items());
    page.after = part.next();
    ++pages;
  } while (!page.after.empty());
  EXPECT_EQ(all.items_size(), 11);
  EXPECT_EQ(pages, 4);
  EXPECT_EQ(all.items(0).party(), "bureau");
  EXPECT_EQ(all.items(10).party(), "verifier");
  page.limit = 11;
  EXPECT_EQ(city.view().parties(page).next(), "");
}

TEST(Views, ReportsAreListedWhateverTheirState) {
  PvCity city;
  std::int64_t from = 20'100;
  for (const std::string name : {"verified", "computed", "rejected"}) {
    PUHUI_ACCEPTED(send(city, pv_report(name, "P1", {from, from + 10}, "10")));
    from += 10;
  }
  PUHUI_ACCEPTED(verify(city, "verified"));
  PUHUI_ACCEPTED(verify(city, "rejected", false));
  Page page;
  page.limit = 2;
  const auto first = city.view().reports(page);
  ASSERT_EQ(first.items_size(), 2);
  EXPECT_EQ(first.items(0).submission().report(), "computed");
  EXPECT_EQ(first.items(1).submission().report(), "rejected");
  EXPECT_EQ(first.items(1).state(), v1::REJECTED);
  page.after = first.next();
  const auto rest = city.view().reports(page);
  ASSERT_EQ(rest.items_size(), 1);
  EXPECT_EQ(rest.items(0).submission().report(), "verified");
  EXPECT_EQ(rest.next(), "");
}

TEST(Views, LimitsAndPlacesOfPagesAreTakenFromStrangers) {
  City city;
  for (const std::size_t limit : {std::size_t{0}, std::size_t{1} << 40}) {
    Page page;
    page.limit = limit;
    EXPECT_GE(city.view().parties(page).items_size(), 1);
  }
  for (const auto* after : {"zz", "abc", "ff", "00", "ffffffffffffffffffff"}) {
    Page page;
    page.after = after;
    (void)city.view().parties(page);
    (void)city.view().units("owner-main", page);
    (void)city.view().retirements(page);
  }
}

TEST(Views, NamesFromStrangersFindNothing) {
  PvCity city;
  city.issue_mwh("10");
  const auto view = city.view();
  const std::vector<std::string> names = {"",
                                          std::string(1, '\0'),
                                          std::string("owner-main\0", 11),
                                          "\x01",
                                          std::string(300, 'a'),
                                          std::string("owner-main\0\0\0\0\0\0\0\0", 18),
                                          "\xff\xff",
                                          "p-",
                                          "p-" + std::string(32, 'z'),
                                          "p-" + std::string(32, '0')};
  for (const auto& name : names) {
    EXPECT_FALSE(view.account(name));
    EXPECT_EQ(view.units(name, {}).items_size(), 0);
    EXPECT_FALSE(view.party(name));
    EXPECT_FALSE(view.key(name));
    EXPECT_FALSE(view.methodology(name, name));
    EXPECT_FALSE(view.project(name));
    EXPECT_FALSE(view.report(name));
    EXPECT_FALSE(view.batch(name));
    EXPECT_FALSE(view.outcome(name, name));
  }
}

TEST(Views, APersonalKeyIsNoAccountName) {
  City city;
  auto open = city.event("operator");
  open.mutable_open_personal_accounts()->set_pseudonyms("abcdefghijklmnop");
  city.must(open, {"operator"});
  EXPECT_FALSE(
      city.view().account("\x01"
                          "abcdefghijklmnop"));
  EXPECT_TRUE(city.view().account("p-" + crypto::hex_encode("abcdefghijklmnop")));
}

TEST(Views, OutcomesByIdentity) {
  City city;
  auto payload = account_event(city, "a", "owner");
  EXPECT_FALSE(city.view().outcome("owner", payload.event_id()));
  const auto answer = city.must(payload, {"owner"});
  const auto outcome = city.view().outcome("owner", payload.event_id());
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->decision(), v1::ACCEPTED);
  EXPECT_EQ(outcome->code(), "ok");
  EXPECT_EQ(outcome->position(), static_cast<std::int64_t>(answer.leaf));
  EXPECT_EQ(outcome->time(), answer.time);
  EXPECT_FALSE(city.view().outcome("buyer", payload.event_id()));
  payload.set_event_id(std::string(16, 'r'));
  PUHUI_REFUSED(city.send(payload, {"owner"}), ErrorCode::ACCOUNT_EXISTS);
  const auto refused = city.view().outcome("owner", payload.event_id());
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->decision(), v1::REFUSED);
  EXPECT_EQ(refused->outcome().rule(), "account.new");
}

TEST(Views, EntriesAsPeopleReadThem) {
  City city;
  const auto answer = open_account(city, "a", "owner");
  const auto shown = city.view().entry_view(answer.leaf);
  EXPECT_EQ(shown.kind(), "event");
  EXPECT_EQ(shown.time(), answer.time);
  EXPECT_EQ(shown.payload().open_account().account(), "a");
  ASSERT_EQ(shown.signers_size(), 1);
  EXPECT_EQ(shown.signers(0), key_of("owner").public_key().key_id().hex());
}

TEST(Views, ManyStepsOfABatchDoNotHideOneSerial) {
  PvCity city;
  city.issue_mwh("1000");
  for (int round = 0; round < 12; ++round) {
    SerialRanges ranges;
    for (std::uint64_t i = 0; i < 1000; ++i) ranges.emplace_back(2 * i + 1, 2 * i + 1);
    const bool there = round % 2 == 0;
    const auto answer = there ? transfer(city, {"owner-main", "owner-side"}, ranges)
                              : transfer(city, {"owner-side", "owner-main"}, ranges);
    PUHUI_ACCEPTED(answer);
  }
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, SerialRanges{{5'000, 5'000}}));
  // One page looks at a bounded number of steps and says where to go on.
  const auto view = city.view();
  Page page;
  int moves = 0, pages = 0;
  do {
    const auto part = view.history(5'000, page);
    moves += part->moves_size();
    page.after = part->next();
    ++pages;
  } while (!page.after.empty());
  EXPECT_EQ(moves, 2);
  EXPECT_EQ(pages, 2);
}

}  // namespace
}  // namespace puhui::ledger::testing
