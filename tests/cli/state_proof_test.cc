// What a node proves of the views, and what it leaves out of a list of credits.
#include <gtest/gtest.h>

#include "crypto/map.h"
#include "ledger/rules/behaviour/claims.h"
#include "ledger/state_root.h"
#include "ledger/store/keys.h"
#include "ledger/views/state_value.h"
#include "node/cli/receipt.h"
#include "support.h"

namespace puhui::node::cli {
namespace {

constexpr std::int32_t kDay = 20'000;

// A personal map in which one day is closed and no slot has a list.
v1::StateProof absent_slot(SmallLog& log) {
  const auto closed =
      crypto::map_leaf(ledger::key::closed_days(), ledger::ClosedDays{kDay, 7}.encode());
  ledger::StateRoot root;
  root.personal_map = crypto::map_root({&closed, 1});
  log.entries.assign(2, ledger::encode_entry(1000, ledger::EntryKind::state_root,
                                             ledger::encode_state_root(root)));
  v1::StateProof proof;
  proof.set_key(ledger::key::claim_list(kDay + 1, 8));
  proof.set_other_key(std::string(closed.key.view()));
  proof.set_other_value(std::string(closed.value.view()));
  proof.set_receipt(log.receipt(1));
  return proof;
}

TEST(StateProof, ThatASlotHasNoListSaysNothingOfAnOpenDay) {
  SmallLog log;
  const auto proof = absent_slot(log);
  const auto root = ledger::decode_state_root(ledger::decode_entry(log.entries[1])->body);
  ASSERT_TRUE(ledger::verify_state_claim(proof, root->personal_map));
  const auto verified = verify_state(proof, log.policy());
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, ErrorCode::PROOF_INVALID);
}

// Four credits of an account, and what a proof after the third says of it.
struct Credits : ::testing::Test {
  v1::CreditHistory all;
  v1::PersonalAccount proved;

  Credits() {
    crypto::Digest trail;
    for (int i = 1; i <= 4; ++i) {
      v1::Credit credit;
      credit.set_leaf(10 * i);
      credit.set_record(static_cast<std::uint32_t>(i));
      credit.set_grams(100 + i);
      credit.set_kind(v1::CREDITED);
      credit.set_claim(std::string(crypto::sha256(std::to_string(i)).view()));
      if (i <= 3) {
        trail = crypto::sha256(std::string(trail.view()) + credit.claim());
        proved.set_credits_held_g(proved.credits_held_g() + credit.grams());
        proved.set_last_leaf(credit.leaf());
        proved.set_last_record(credit.record());
      }
      all.mutable_items()->Add(std::move(credit));
    }
    proved.set_trail(std::string(trail.view()));
    std::reverse(all.mutable_items()->begin(), all.mutable_items()->end());
  }
};

TEST_F(Credits, AllThatTheAccountEverGot) {
  const auto verified = verify_credits(all, proved);
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->proved, 3);
  EXPECT_EQ(verified->newer, 1);
}

TEST_F(Credits, NoneIsLeftOutOrChanged) {
  for (int i = 1; i < all.items_size(); ++i) {
    auto fewer = all;
    fewer.mutable_items()->DeleteSubrange(i, 1);
    EXPECT_FALSE(verify_credits(fewer, proved)) << "without " << i;
    auto other = all;
    other.mutable_items(i)->set_grams(1);
    EXPECT_FALSE(verify_credits(other, proved)) << "grams of " << i;
    other = all;
    other.mutable_items(i)->mutable_claim()->at(0) ^= 1;
    EXPECT_FALSE(verify_credits(other, proved)) << "claim of " << i;
  }
  auto negative = all;
  negative.mutable_items(1)->set_grams(all.items(1).grams() + all.items(2).grams() + 1);
  negative.mutable_items(2)->set_grams(-1);
  EXPECT_FALSE(verify_credits(negative, proved)) << "the sum is right";
  auto swapped = all;
  swapped.mutable_items()->SwapElements(2, 3);
  EXPECT_FALSE(verify_credits(swapped, proved));
  EXPECT_FALSE(verify_credits({}, proved));
  auto vast = all;
  for (auto& credit : *vast.mutable_items()) credit.set_grams(INT64_MAX);
  EXPECT_FALSE(verify_credits(vast, proved));
}

}  // namespace
}  // namespace puhui::node::cli
