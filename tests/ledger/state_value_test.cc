// Proofs of values and absences against the state root leaf, as strangers verify them.
#include "ledger/views/state_value.h"

#include <gtest/gtest.h>

#include "ledger/state_root.h"
#include "ledger/store/keys.h"
#include "tests/ledger/registry.h"

namespace puhui::ledger::testing {
namespace {

v1::Genesis root_every(std::uint32_t leaves) {
  auto genesis = default_genesis();
  genesis.set_state_root_interval(leaves);
  return genesis;
}

std::string stored_key(const std::vector<std::string>& words) {
  const auto key = state_key(words);
  EXPECT_TRUE(key) << describe(key.error());
  return key.value_or("");
}

crypto::Digest last_map_root(const View& view) {
  const auto bytes = view.entry(view.last_state_root().value());
  return decode_state_root(decode_entry(bytes)->body)->open_map;
}

// A city with units in "owner-main", and changes after the last state root.
struct Proving : ::testing::Test {
  PvCity city{root_every(8)};
  std::uint64_t root = 0;

  void SetUp() override {
    city.issue_mwh("100");
    while (city.head().size % 8 != 0) transfer_one();
    root = city.view().last_state_root().value();
    EXPECT_EQ(root, city.head().size - 1);
    before = city.view().account("owner-main").value();
    map_root = last_map_root(city.view());
    transfer_one();
    transfer_one();
    ASSERT_EQ(city.view().last_state_root(), root);
  }
  void transfer_one() { transfer(city, {"owner-main", "buyer-main"}, 1'000); }
  [[nodiscard]] v1::StateProof proof(const std::vector<std::string>& words) {
    return city.view().state_proof(stored_key(words));
  }
  v1::Account before;
  crypto::Digest map_root;
};

TEST_F(Proving, ABalanceIsWhatItWasAtTheRoot) {
  const auto balance = proof({"account", "owner-main"});
  ASSERT_TRUE(verify_state_claim(balance, map_root));
  const auto value = state_message(balance.key(), balance.value());
  ASSERT_TRUE(value);
  EXPECT_EQ((*value)->SerializeAsString(), before.SerializeAsString());
  EXPECT_NE(city.view().account("owner-main")->units_held_kg(), before.units_held_kg());
  EXPECT_EQ(*state_words(balance.key()), "account owner-main");
}

TEST_F(Proving, EveryKindOfTheViewsIsProved) {
  using Words = std::vector<std::string>;
  for (const auto& words :
       {Words{"party", "bureau"}, Words{"project", "P1"}, Words{"totals"}, Words{"rules", "0"},
        Words{"methodology", "WH-PV-2023", "V01"}, Words{"node", "1"},
        Words{"key", crypto::hex_encode(key_id("owner"))}}) {
    const auto one = proof(words);
    EXPECT_TRUE(one.has_value()) << words.front();
    EXPECT_TRUE(verify_state_claim(one, map_root)) << words.front();
    EXPECT_TRUE(state_message(one.key(), one.value())) << words.front();
    EXPECT_TRUE(state_words(one.key())->starts_with(words.front()));
  }
}

TEST(ProvingFilings, AndRecalls) {
  auto rules = registry_rules();
  add_procedure(rules, v1::FILING_INSTITUTION, {2, 3});
  KilogramCity city(rules);
  PUHUI_ACCEPTED(draft(city, "lab", subject_of("buyer", v1::VERIFIER)));
  PUHUI_ACCEPTED(city.issue_kg(10));
  const auto recalled = recall(city, "B1");
  PUHUI_ACCEPTED(recalled);
  const auto leaf = std::to_string(recalled.leaf);
  for (int i = 0; city.head().size % 64 != 0; ++i)
    PUHUI_ACCEPTED(open_account(city, "a" + std::to_string(i), "owner"));
  const auto map_root = last_map_root(city.view());
  using Words = std::vector<std::string>;
  for (const auto& words : {Words{"filing", "lab"}, Words{"recall", leaf}}) {
    const auto one = city.view().state_proof(stored_key(words));
    EXPECT_TRUE(one.has_value()) << words.front();
    EXPECT_TRUE(verify_state_claim(one, map_root)) << words.front();
    EXPECT_TRUE(state_message(one.key(), one.value())) << words.front();
    EXPECT_EQ(*state_words(one.key()), words[0] + " " + words[1]);
  }
  const auto none = city.view().state_proof(stored_key({"filing", "nowhere"}));
  EXPECT_FALSE(none.has_value());
  EXPECT_TRUE(verify_state_claim(none, map_root));
}

TEST_F(Proving, ASerialLiesInTheBlockOfThatMoment) {
  const auto view = city.view();
  const auto totals = city.totals();
  const auto last = static_cast<std::uint64_t>(totals.units_issued_kg());
  for (const std::uint64_t serial : {std::uint64_t{1}, std::uint64_t{2'000}, last}) {
    const auto key = view.state_key_of_serial(serial);
    ASSERT_TRUE(key) << serial;
    const auto one = view.state_proof(*key);
    ASSERT_TRUE(verify_state_claim(one, map_root));
    v1::UnitBlock block;
    ASSERT_TRUE(block.ParseFromString(one.value()));
    EXPECT_LE(block.start(), serial);
    EXPECT_GE(block.end(), serial);
  }
  EXPECT_FALSE(view.state_key_of_serial(last + 1));
}

TEST_F(Proving, WhatWasNotThereIsProvedAbsent) {
  const auto nobody = proof({"party", "nobody"});
  EXPECT_FALSE(nobody.has_value());
  EXPECT_TRUE(verify_state_claim(nobody, map_root));
  auto lie = nobody;
  lie.set_value("a party");
  EXPECT_FALSE(verify_state_claim(lie, map_root));
  open_account(city, "late", "owner");
  ASSERT_EQ(city.view().last_state_root(), root) << "no root since";
  const auto late = proof({"account", "late"});
  EXPECT_FALSE(late.has_value()) << "it was opened after the root";
  EXPECT_TRUE(verify_state_claim(late, map_root));
}

TEST_F(Proving, ChangedProofsAreRefused) {
  const auto good = proof({"account", "owner-main"});
  auto bad = good;
  bad.mutable_value()->back() ^= 1;
  EXPECT_FALSE(verify_state_claim(bad, map_root));
  bad = good;
  bad.set_key(stored_key({"account", "owner-side"}));
  EXPECT_FALSE(verify_state_claim(bad, map_root));
  bad = good;
  bad.clear_value();
  EXPECT_FALSE(verify_state_claim(bad, map_root)) << "absence of what is there";
  bad = good;
  bad.mutable_siblings(0)->pop_back();
  EXPECT_FALSE(verify_state_claim(bad, map_root));
  bad = good;
  for (int i = 0; i < 300; ++i) bad.add_siblings(std::string(32, 'x'));
  EXPECT_FALSE(verify_state_claim(bad, map_root));
  bad = good;
  bad.set_other_key("short");
  EXPECT_FALSE(verify_state_claim(bad, map_root));
}

TEST(StateValues, WrongWordsAreExplained) {
  EXPECT_FALSE(state_key({}));
  EXPECT_FALSE(state_key({"wizard", "x"}));
  EXPECT_FALSE(state_key({"party"}));
  EXPECT_FALSE(state_key({"party", ""}));
  EXPECT_FALSE(state_key({"party", std::string("a\0b", 3)}));
  EXPECT_FALSE(state_key({"party", "a", "b"}));
  EXPECT_FALSE(state_key({"totals", "a"}));
  EXPECT_FALSE(state_key({"node", "one"}));
  EXPECT_FALSE(state_key({"key", "xyz"}));
  for (const auto* key : {"", "v", "vA", "vH1", "mhead", "vN1", "vT1", "vM1"})
    EXPECT_FALSE(state_words(key)) << key;
  EXPECT_FALSE(state_message("vH1", ""));
  EXPECT_FALSE(state_message("vT", "\xff"));
}

}  // namespace
}  // namespace puhui::ledger::testing
