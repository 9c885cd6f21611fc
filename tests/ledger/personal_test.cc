// Personal accounts: every credit is linked, none can be left out, and only a map that hides
// proves.
#include "ledger/personal.h"

#include <gtest/gtest.h>

#include "ledger/store/keys.h"
#include "ledger/views/state_value.h"
#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

using crypto::Digest;

v1::Genesis root_every_4() {
  auto genesis = default_genesis();
  genesis.set_state_root_interval(4);
  return genesis;
}

std::string id_of(std::uint64_t citizen) { return personal_id(pseudonym(citizen)); }

struct Persons : ::testing::Test {
  BikeCity city{root_every_4()};

  void to_next_root() {
    const auto before = city.head().size;
    while (city.head().size / 4 == before / 4)
      city.must(open_personal_event(city, next_citizen_++, 1), {"operator"});
  }
  [[nodiscard]] StateRoot last_root() const {
    const auto view = city.view();
    return *decode_state_root(decode_entry(view.entry(*view.last_state_root()))->body);
  }
  [[nodiscard]] v1::StateProof proof(std::uint64_t citizen) const {
    return city.view().state_proof(*state_key({"account", id_of(citizen)}));
  }
  // Credits of an account, asked for so many at a time.
  [[nodiscard]] std::vector<v1::Credit> credits(std::uint64_t citizen, std::size_t limit) const {
    std::vector<v1::Credit> all;
    Page page{"", limit};
    do {
      const auto part = city.view().credits(id_of(citizen), page);
      EXPECT_TRUE(part);
      EXPECT_LE(part->items_size(), static_cast<int>(limit));
      all.insert(all.end(), part->items().begin(), part->items().end());
      page.after = part->next();
    } while (!page.after.empty());
    return all;
  }

 private:
  std::uint64_t next_citizen_ = 1'000;
};

TEST_F(Persons, CreditsLinkBackToTheFirstAndGiveTheTrail) {
  for (std::uint32_t slot = 0; slot < 7; ++slot)
    ASSERT_EQ(ride(city, {{1, 1000, slot}, {2, 500 + slot, slot}, {1, 2000, slot + 8}}).decision,
              v1::ACCEPTED);
  to_next_root();
  const auto value = state_message(proof(1).key(), proof(1).value());
  ASSERT_TRUE(value);
  const auto& account = dynamic_cast<const v1::PersonalAccount&>(**value);
  EXPECT_EQ(account.account(), id_of(1));
  EXPECT_EQ(account.credits_held_g(), city.grams(1));
  for (const std::size_t limit : {1, 3, 100}) {
    auto all = credits(1, limit);
    ASSERT_EQ(all.size(), 14U);
    EXPECT_EQ(all.front().leaf(), account.last_leaf());
    EXPECT_EQ(all.front().record(), account.last_record());
    Digest trail;
    std::int64_t grams = 0;
    std::ranges::reverse(all);
    for (const auto& credit : all) {
      trail = crypto::sha256(std::string(trail.view()) + credit.claim());
      grams += credit.grams();
      EXPECT_EQ(credit.scenario(), "bike");
      EXPECT_EQ(credit.day(), kToday);
    }
    EXPECT_EQ(trail.view(), account.trail());
    EXPECT_EQ(grams, account.credits_held_g());
  }
  EXPECT_TRUE(credits(3, 10).empty());
  EXPECT_FALSE(city.view().credits("p-00", {}));
}

TEST_F(Persons, APlaceOfSomebodyElseShowsNothing) {
  ASSERT_EQ(ride(city, {{1}, {2}}).decision, v1::ACCEPTED);
  const auto last = city.view().credits(id_of(2), {})->items(0);
  std::string place;
  crypto::append_u64(place, static_cast<std::uint64_t>(last.leaf()));
  crypto::append_u32(place, last.record());
  for (const auto& after : {crypto::hex_encode(place), std::string("00"), std::string(24, 'f'),
                            std::string("not hex")}) {
    const auto part = city.view().credits(id_of(1), {after, 10});
    ASSERT_FALSE(part) << after;
    EXPECT_EQ(part.error().code, ErrorCode::INVALID_ARGUMENT);
  }
}

TEST_F(Persons, BalancesAreInTheMapThatHides) {
  to_next_root();
  EXPECT_FALSE(proof(1).has_value()) << "never credited";
  EXPECT_TRUE(verify_state_claim(proof(1), last_root().personal_map));
  ASSERT_EQ(ride(city, {{1}, {2}, {3}}).decision, v1::ACCEPTED);
  to_next_root();
  const auto first = proof(1);
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(verify_state_claim(first, last_root().personal_map));
  EXPECT_FALSE(verify_state_claim(first, last_root().open_map));
  EXPECT_FALSE(proof(4).has_value());
  EXPECT_TRUE(verify_state_claim(proof(4), last_root().personal_map));
  // Until the next root the proof is of what was, across a restart as well.
  const auto root = last_root();
  ASSERT_NE(city.head().size % 4, 3U) << "no root comes with the next leaf";
  ASSERT_EQ(ride(city, {{1, 5000, 9}}).decision, v1::ACCEPTED);
  ASSERT_EQ(last_root(), root);
  EXPECT_EQ(proof(1).value(), first.value());
  city.reopen();
  EXPECT_EQ(proof(1).value(), first.value());
  to_next_root();
  EXPECT_NE(proof(1).value(), first.value());
  EXPECT_TRUE(verify_state_claim(proof(1), last_root().personal_map));
  auto lie = proof(1);
  lie.mutable_value()->at(7) ^= 1;
  EXPECT_FALSE(verify_state_claim(lie, last_root().personal_map));
}

TEST_F(Persons, ABalanceCannotBeGuessedFromItsHash) {
  // The same acts with other carriers give other hashes, although all that is public is the same.
  BikeCity other{root_every_4()};
  ASSERT_EQ(ride(city, {{1}}).decision, v1::ACCEPTED);
  ASSERT_EQ(ride(other, {{1, 1000, 8, kToday, 0, "another bike"}}).decision, v1::ACCEPTED);
  const auto stored = [](City& of) { return of.view().reader().get(key::personal(pseudonym(1))); };
  EXPECT_EQ(city.grams(1), other.grams(1));
  EXPECT_NE(stored(city), stored(other));
}

TEST(PersonalKeys, AreReachedByTheirOwnNamesOnly) {
  EXPECT_EQ(state_key({"account", id_of(1)}), key::personal(pseudonym(1)));
  EXPECT_FALSE(state_key({"account", "\1" + pseudonym(1)}));
  EXPECT_EQ(state_words(key::personal(pseudonym(1))), "account " + id_of(1));
  EXPECT_FALSE(state_words(key::personal("short")));
  EXPECT_FALSE(state_message(key::personal(pseudonym(1)), std::string(16, '\0')));
  EXPECT_FALSE(state_message(key::closed_days(), "short"));
  EXPECT_FALSE(state_message(key::claim_list(1, 2), "short"));
}

TEST(PersonalBytes, AreOneSpelling) {
  PersonalBalance balance{-5, 7, {9, 3}, {}};
  balance.trail.bytes[31] = 1;
  EXPECT_EQ(PersonalBalance::decode(balance.encode()), balance);
  EXPECT_FALSE(PersonalBalance::is_one(balance.encode() + "x"));
  for (const bool is_self_held : {false, true})
    for (const bool is_erased : {false, true}) {
      balance.is_self_held = is_self_held;
      balance.is_erased = is_erased;
      EXPECT_EQ(PersonalBalance::decode(balance.encode()), balance);
    }
  Claimed claimed{{8, 2}, 84, {7, 1}, 0, {}};
  EXPECT_EQ(Claimed::decode(claimed.encode()), claimed);
  claimed.pooled_g = 30;
  claimed.pool = "p";
  EXPECT_EQ(Claimed::decode(claimed.encode()), claimed);
  const auto moved = Moved::decode(Moved{{8, 2}, -84, {7, 1}}.encode());
  EXPECT_EQ(moved.place, (RecordPlace{8, 2}));
  EXPECT_EQ(moved.grams, -84);
  EXPECT_EQ(moved.previous, (RecordPlace{7, 1}));
}

}  // namespace
}  // namespace puhui::ledger::testing
