// What a relay carries, in files: made in one city, taken in the other, and receipts carried back.
#include <gtest/gtest.h>

#include "node/relay/bundle.h"
#include "tests/node/asked_city.h"

namespace puhui::node {
namespace {

using namespace ledger::testing;  // NOLINT: the cities are theirs
using testing::AskedCity;

struct CityBundles : TwoCities {
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    PUHUI_ACCEPTED(b.issue_kg(50));
    agree(a, b, agreement_between(a, b));
  }
  // As a file that was read again.
  static v1::Bundle made(AskedCity& from, const AskedCity& to, const relay::BundleFrom& since) {
    auto bundle = relay::make_bundle(from, to.code(), since);
    EXPECT_TRUE(bundle) << describe(bundle.error());
    if (!bundle) return {};
    EXPECT_EQ(bundle->next_leaf, 0u);
    const auto bytes = relay::encode_bundle(bundle->bundle);
    const auto read = relay::parse_bundle(bytes);
    EXPECT_TRUE(read && relay::check_bundle(*read));
    EXPECT_EQ(relay::encode_bundle(*read), bytes);
    return *read;
  }
  static v1::BundleReceipt taken(AskedCity& to, const v1::Bundle& bundle) {
    const auto receipt = relay::take_bundle(to, bundle);
    EXPECT_TRUE(receipt) << describe(receipt.error());
    return receipt ? *receipt : v1::BundleReceipt();
  }
  // "import done, note_recall known"
  static std::string told(const v1::BundleReceipt& receipt) {
    std::string text;
    for (const auto& leaf : receipt.leaves())
      text += (text.empty() ? "" : ", ") + leaf.action() + " " + leaf.outcome();
    return text;
  }

  AskedCity asked_a{a}, asked_b{b};
};

TEST_F(CityBundles, CarryATransferThereAndItsAnswerHome) {
  const auto exported = export_units(a, b, {{{1, 100}}});
  PUHUI_ACCEPTED(exported);
  const auto id = id_of(a, exported.leaf);
  const auto there = taken(asked_b, made(asked_a, asked_b, {}));
  EXPECT_EQ(told(there), "note_filing done, import done");
  EXPECT_EQ(there.accepted_size(), a.head().size);
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_IMPORTED);
  const auto home = taken(asked_a, made(asked_b, asked_a, {}));
  EXPECT_EQ(told(home), "note_filing done, conclude_transfer done");
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
}

TEST_F(CityBundles, DoNothingTwice) {
  PUHUI_ACCEPTED(export_units(a, b, {{{1, 100}}}));
  const auto bundle = made(asked_a, asked_b, {});
  taken(asked_b, bundle);
  const auto sent = asked_b.sent;
  EXPECT_EQ(told(taken(asked_b, bundle)), "note_filing known, import known");
  EXPECT_EQ(asked_b.sent, sent);
}

TEST_F(CityBundles, GoOnFromTheReceiptOfTheLastOne) {
  const auto first = taken(asked_b, made(asked_a, asked_b, {}));
  PUHUI_ACCEPTED(export_units(a, b, {{{1, 10}}}));
  const auto since = relay::next_after(first);
  EXPECT_EQ(since.size, first.accepted_size());
  const auto second = made(asked_a, asked_b, since);
  EXPECT_EQ(second.leaves_size(), 1);
  EXPECT_EQ(told(taken(asked_b, second)), "import done");
}

TEST_F(CityBundles, AskAgainForWhatWaits) {
  PUHUI_ACCEPTED(export_units(a, b, {{{1, 10}}}));
  PUHUI_ACCEPTED(set_agreement(b, a, v1::STANDING_SUSPENDED));
  const auto receipt = taken(asked_b, made(asked_a, asked_b, {}));
  EXPECT_EQ(told(receipt), "note_filing done, import waits") << "neither import nor refusal";
  const auto since = relay::next_after(receipt);
  EXPECT_EQ(since.leaf, receipt.leaves(1).index());
  PUHUI_ACCEPTED(set_agreement(b, a, v1::IN_FORCE));
  EXPECT_EQ(told(taken(asked_b, made(asked_a, asked_b, since))), "import done");
}

TEST_F(CityBundles, SayWhatTheyGoOnFrom) {
  taken(asked_b, made(asked_a, asked_b, {}));
  PUHUI_ACCEPTED(export_units(a, b, {{{1, 10}}}));
  const auto wrong = relay::take_bundle(asked_b, made(asked_a, asked_b, {}));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::CHECKPOINT_NOT_ACCEPTED);
  auto elsewhere = made(asked_a, asked_b, {});
  elsewhere.set_to("YICHANG");
  EXPECT_EQ(relay::take_bundle(asked_b, elsewhere).error().code, ErrorCode::WRONG_CITY);
  const auto ahead = relay::make_bundle(asked_a, "XIANGYANG", {a.head().size + 1, 0});
  EXPECT_EQ(ahead.error().code, ErrorCode::CHECKPOINT_STALE);
}

TEST_F(CityBundles, AreHostileUntilChecked) {
  PUHUI_ACCEPTED(export_units(a, b, {{{1, 100}}}));
  const auto bundle = made(asked_a, asked_b, {});
  const auto refused = [](const v1::Bundle& changed) {
    const auto read = relay::parse_bundle(relay::encode_bundle(changed));
    return read ? ErrorCode::OK : read.error().code;
  };
  auto twice = bundle;
  *twice.add_leaves() = bundle.leaves(0);
  EXPECT_EQ(refused(twice), ErrorCode::PROOF_MALFORMED);
  auto short_hash = bundle;
  short_hash.mutable_leaves(0)->add_path("short");
  EXPECT_EQ(refused(short_hash), ErrorCode::PROOF_MALFORMED);
  auto no_notice = bundle;
  no_notice.mutable_leaves(0)->set_notice(7);
  EXPECT_EQ(refused(no_notice), ErrorCode::PROOF_MALFORMED);
  EXPECT_FALSE(relay::parse_bundle(""));
  EXPECT_FALSE(relay::parse_bundle(relay::encode_bundle(bundle) + "\x82\x06\x01x"));
  EXPECT_FALSE(relay::parse_bundle(bundle.SerializeAsString())) << "without its head";
  auto swapped = bundle;
  swapped.mutable_leaves(0)->set_entry(bundle.leaves(1).entry());
  EXPECT_EQ(relay::check_bundle(swapped).error().code, ErrorCode::PROOF_INVALID);
}

}  // namespace
}  // namespace puhui::node
