// Following a city of citizens: with all attachments the same bytes; without them all but credits,
// where what hangs on credits is taken as others accepted it.
#include <gtest/gtest.h>

#include "tests/ledger/citizens.h"
#include "tests/ledger/day.h"

namespace puhui::ledger::testing {
namespace {

// Everything that credits come to, one after the other.
struct FollowedCitizens : Citizens {
  FollowedCitizens() : Citizens(pooling(v1::CREDIT_YEAR, 3'000)) {}
  void SetUp() override {
    PUHUI_ACCEPTED(consent(city, {consent_of(1, v1::CONSENT_POOLING)}));
    const auto pooled = city.earn(1, 2'500);
    const auto own = city.earn(1, 2'000);
    PUHUI_ACCEPTED(open_offer(city, offering("tea", 500)));
    PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1), redemption(1)}));
    PUHUI_ACCEPTED(act(city, settling("s1", city.offer("tea")), {"bank", "shop"}));
    PUHUI_ACCEPTED(convert(city, conversion("c1", 2)));
    PUHUI_ACCEPTED(convert(city, conversion("c2", 1)));
    PUHUI_ACCEPTED(verify(city, "c2", false));
    PUHUI_ACCEPTED(reverse_rides(city, {pooled, own}));
    PUHUI_ACCEPTED(verify(city, "c1"));
    PUHUI_ACCEPTED(issue(city, "c1", "B1"));
    PUHUI_ACCEPTED(recall(city, "B1", {{1, 1}}));
    city.earn(2, 40);
    PUHUI_ACCEPTED(erase(city, 2));
    PUHUI_ACCEPTED(act(city, erasure(1), {"operator"}));
    v1::ChangeOffer change;
    change.set_offer("tea");
    change.set_is_closed(true);
    PUHUI_ACCEPTED(act(city, change, {"shop"}));
    while (city.head().size % 64 != 0) city.earn(3, 1);
  }
  // What became of following, with those attachments that `keep` says.
  Result<void> follow(auto keep) {
    const auto view = city.view();
    Result<void> followed;
    for (std::uint64_t leaf = 0; leaf < view.head().size && followed; ++leaf) {
      const auto stored = view.leaf(leaf);
      Ledger::Leaf one{stored.entry, std::nullopt};
      if (stored.attachment && keep(leaf)) one.attachment = *stored.attachment;
      followed = copy->ledger().follow(std::span(&one, 1));
    }
    return followed;
  }
  // The first leaf with an attachment.
  [[nodiscard]] std::uint64_t first_attached() const {
    const auto view = city.view();
    std::uint64_t leaf = 0;
    while (!view.attachment(leaf)) ++leaf;
    return leaf;
  }
  void expect_all_but_credits() {
    const auto here = copy->view(), there = city.view();
    EXPECT_EQ(here.gap(), first_attached());
    EXPECT_EQ(here.head().root, there.head().root);
    for (const auto* report : {"c1", "c2"})
      EXPECT_EQ(here.report(report)->SerializeAsString(),
                there.report(report)->SerializeAsString());
    EXPECT_EQ(here.batch("B1")->SerializeAsString(), there.batch("B1")->SerializeAsString());
    EXPECT_EQ(here.account("provider-main")->units_held_kg(), 1);
    EXPECT_EQ(here.offer_settlement("s1")->SerializeAsString(),
              there.offer_settlement("s1")->SerializeAsString());
    EXPECT_EQ(here.offer("tea")->state(), v1::OFFER_CLOSED);
    EXPECT_EQ(here.totals().units_cancelled_kg(), there.totals().units_cancelled_kg());
    EXPECT_EQ(here.totals().credits_held_g(), 0);
    EXPECT_EQ(here.totals().credits_converted_g(), 0);
    EXPECT_FALSE(here.last_state_root());
  }
  std::unique_ptr<City> copy = City::bare();
};

TEST_F(FollowedCitizens, GiveTheSameBytes) {
  const auto followed = follow([](auto) { return true; });
  ASSERT_TRUE(followed) << describe(followed.error());
  EXPECT_EQ(copy->head().root, city.head().root);
  EXPECT_EQ(copy->head().digest, city.head().digest);
  EXPECT_EQ(drift_of_credits(copy->view()), "");
}

TEST_F(FollowedCitizens, WithoutAttachmentsKeepAllButCredits) {
  const auto followed = follow([](auto) { return false; });
  ASSERT_TRUE(followed) << describe(followed.error());
  expect_all_but_credits();
  copy->reopen();
  expect_all_but_credits();
}

TEST_F(FollowedCitizens, AfterOneGapKnowNoCreditsAnyMore) {
  const auto first = first_attached();
  const auto followed = follow([first](std::uint64_t leaf) { return leaf != first; });
  ASSERT_TRUE(followed) << describe(followed.error());
  expect_all_but_credits();
}

TEST_F(FollowedCitizens, MayHaveAGapLater) {
  // Conversions and offers before it are known, what becomes of them is not.
  std::uint64_t last = 0;
  for (std::uint64_t leaf = 0; leaf < city.head().size; ++leaf)
    if (city.view().entry_view(leaf).payload().has_convert_credits()) last = leaf;
  const auto followed = follow([last](std::uint64_t leaf) { return leaf < last; });
  ASSERT_TRUE(followed) << describe(followed.error());
  const auto here = copy->view();
  EXPECT_EQ(here.report("c2")->state(), v1::REJECTED);
  EXPECT_EQ(here.batch("B1")->SerializeAsString(), city.view().batch("B1")->SerializeAsString());
  EXPECT_EQ(here.offer("tea")->redeemed(), 2);
  EXPECT_EQ(here.totals().credits_spent_g(), 1'000);
}

TEST_F(FollowedCitizens, AreTheSameAfterARestart) {
  const auto before = city.head();
  city.reopen();
  EXPECT_EQ(city.head().digest, before.digest);
  EXPECT_EQ(drift_of_credits(city.view()), "");
  EXPECT_EQ(drift_of_person(city.view(), 1), "");
}

}  // namespace
}  // namespace puhui::ledger::testing
