// What became of an account, a party, a project, a batch: every leaf that concerns it, and no
// other.
#include <gtest/gtest.h>

#include "ledger/store/keys.h"
#include "tests/ledger/day.h"

namespace puhui::ledger::testing {
namespace {

struct Histories : ::testing::Test {
  City city{small_interval()};

  void SetUp() override {
    for (const auto& sent : a_day(city)) city.apply({sent});
  }
  // The value of a view after every leaf, by following the leaves again.
  [[nodiscard]] std::vector<std::optional<std::string>> values_of(const std::string& key) const {
    std::vector<std::optional<std::string>> values;
    auto copy = City::bare();
    const auto view = city.view();
    for (std::uint64_t leaf = 0; leaf < view.head().size; ++leaf) {
      const auto stored = view.leaf(leaf);
      Ledger::Leaf one{stored.entry, std::nullopt};
      if (stored.attachment) one.attachment = *stored.attachment;
      EXPECT_TRUE(copy->ledger().follow(std::span(&one, 1)));
      values.push_back(copy->view().reader().get(key));
    }
    return values;
  }
  static std::vector<std::int64_t> positions(const v1::EntryList& list) {
    std::vector<std::int64_t> leaves;
    for (const auto& entry : list.items()) leaves.push_back(entry.position());
    return leaves;
  }
};

TEST_F(Histories, AnAccountsHistoryIsEveryLeafThatChangedIt) {
  for (const auto* name : {"owner-main", "owner-side", "buyer-main"}) {
    const auto history = city.view().account_history(name, {});
    if (!history) continue;
    std::vector<std::int64_t> expected;
    std::optional<std::string> before;
    const auto values = values_of(key::account(name));
    for (std::size_t leaf = 0; leaf < values.size(); ++leaf) {
      if (values[leaf] != before) expected.push_back(static_cast<std::int64_t>(leaf));
      before = values[leaf];
    }
    EXPECT_EQ(positions(*history), expected) << name;
    EXPECT_GT(expected.size(), 1U) << name;
  }
  ASSERT_TRUE(city.view().account_history("owner-main", {}));
  EXPECT_FALSE(city.view().account_history("nobody", {}));
}

TEST_F(Histories, APartysHistoryHoldsAllItSent) {
  const auto view = city.view();
  std::vector<std::int64_t> sent;
  for (std::uint64_t leaf = 0; leaf < view.head().size; ++leaf) {
    const auto entry = view.entry_view(leaf);
    if (entry.payload().party() == "owner") sent.push_back(entry.position());
  }
  ASSERT_GT(sent.size(), 2U);
  const auto all = positions(*view.party_history("owner", {}));
  EXPECT_TRUE(std::ranges::includes(all, sent));
  EXPECT_TRUE(std::ranges::is_sorted(all));
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end()) << "each leaf once";
  for (const auto leaf : all) {
    if (std::ranges::binary_search(sent, leaf)) continue;
    const auto values = values_of(key::party("owner"));
    const auto at = static_cast<std::size_t>(leaf);
    EXPECT_TRUE(at == 0 || values[at] != values[at - 1]) << leaf;
  }
}

TEST_F(Histories, PagesLeaveNothingOut) {
  const auto whole = positions(*city.view().party_history("owner", {}));
  std::vector<std::int64_t> parts;
  Page page{"", 2};
  do {
    const auto part = city.view().party_history("owner", page);
    ASSERT_LE(part->items_size(), 2);
    for (const auto leaf : positions(*part)) parts.push_back(leaf);
    page.after = part->next();
  } while (!page.after.empty());
  EXPECT_EQ(parts, whole);
}

TEST(BatchHistory, IsEveryMoveOfItsUnits) {
  PvCity city;
  city.issue_mwh("100");
  transfer(city, {"owner-main", "buyer-main"}, 1'000);
  transfer(city, {"owner-main", "buyer-main"}, 500);
  const auto batches = city.view().batches({});
  ASSERT_EQ(batches.items_size(), 1);
  const auto history = city.view().batch_history(batches.items(0).batch(), {});
  ASSERT_TRUE(history);
  ASSERT_EQ(history->moves_size(), 3);
  EXPECT_EQ(history->moves(0).kind(), v1::MOVE_ISSUE);
  EXPECT_EQ(history->moves(2).kind(), v1::MOVE_TRANSFER);
  EXPECT_EQ(history->printed(), batches.items(0).serial());
  EXPECT_FALSE(city.view().batch_history("NONE", {}));
  const auto project = city.view().project_history(batches.items(0).project(), {});
  ASSERT_TRUE(project);
  EXPECT_GE(project->items_size(), 1);
}

}  // namespace
}  // namespace puhui::ledger::testing
