// Tags that a city has published, and how they come to the other: by a relay, and in files.
#include "tests/node/carried_tags.h"
#include "node/relay/bundle.h"

namespace puhui::node {
namespace {

using namespace ledger::testing;  // NOLINT: the cities are theirs
using testing::CarriedTags;

// ---- By a relay -------------------------------------------------------------------------------

TEST_F(CarriedTags, AreNotedInTheirOrder) {
  publish({"a", "b"});
  publish({"c"});
  EXPECT_TRUE(run().is_all_done()) << ::testing::PrintToString(told);
  EXPECT_EQ(std::ranges::count(told, "WUHAN note_tags done"), 2);
  EXPECT_EQ(noted_to(), published_to);
  for (const auto* act : {"a", "b", "c"}) EXPECT_TRUE(knows(act)) << act;
  publish({"d"});
  EXPECT_TRUE(run().is_all_done());
  EXPECT_TRUE(knows("d"));
  const auto sent = asked_b.sent;
  relay::Relay another(relay::Pairs{{&asked_a, &asked_b}});
  EXPECT_TRUE(run(another).is_all_done());
  EXPECT_EQ(asked_b.sent, sent) << "nothing is sent for what is noted";
}

TEST_F(CarriedTags, AreLeftToARelayThatMayHaveThem) {
  publish({"a"});
  publish({"b"});
  asked_a.caller = "";
  EXPECT_TRUE(run().is_all_done()) << "nothing else waits for it";
  EXPECT_TRUE(has_told("WUHAN note_tags refused not_permitted")) << ::testing::PrintToString(told);
  run();
  EXPECT_EQ(told, std::vector<std::string>()) << "told once";
  EXPECT_EQ(noted_to(), 0u);
  asked_a.caller = "operator";
  relay::Relay another(relay::Pairs{{&asked_a, &asked_b}});
  EXPECT_TRUE(run(another).is_all_done());
  EXPECT_EQ(noted_to(), published_to);
}

// ---- In files ---------------------------------------------------------------------------------

struct BundledTags : CarriedTags {
  v1::Bundle made(const relay::BundleFrom& since = {}) {
    auto bundle = relay::make_bundle(asked_a, "XIANGYANG", since);
    EXPECT_TRUE(bundle) << describe(bundle.error());
    return bundle ? bundle->bundle : v1::Bundle();
  }
  std::string taken(const v1::Bundle& bundle) {
    const auto read = relay::parse_bundle(relay::encode_bundle(bundle));
    EXPECT_TRUE(read && relay::check_bundle(*read));
    auto done = relay::take_bundle(asked_b, bundle);
    EXPECT_TRUE(done) << describe(done.error());
    receipt = done ? *done : v1::BundleReceipt();
    std::string text;
    for (const auto& leaf : receipt.leaves())
      text += (text.empty() ? "" : ", ") + leaf.action() + " " + leaf.outcome();
    return text;
  }
  v1::BundleReceipt receipt;
};

TEST_F(BundledTags, TravelWithTheirAttachments) {
  publish({"a", "b"});
  const auto first = made();
  EXPECT_EQ(taken(first), "note_filing done, note_tags done");
  EXPECT_EQ(first.leaves(1).attachment(), tags_attached({"a", "b"}));
  EXPECT_EQ(noted_to(), published_to);
  EXPECT_EQ(taken(first), "note_filing known, note_tags known");
  publish({"c"});
  EXPECT_EQ(taken(made(relay::next_after(receipt))), "note_tags done");
  EXPECT_TRUE(knows("b") && knows("c"));
}

TEST_F(BundledTags, WaitForThoseBeforeThem) {
  publish({"a"});
  const auto second = publish({"b"});
  EXPECT_EQ(taken(made({0, second})), "note_tags waits");
  EXPECT_EQ(noted_to(), 0u);
  EXPECT_EQ(taken(made({receipt.accepted_size(), 0})),
            "note_filing done, note_tags done, note_tags done");
}

TEST_F(BundledTags, AreThoseThatTheirLeafNames) {
  publish({"a"});
  const auto bundle = made();
  const auto with = [&bundle](const std::string& attachment) {
    auto changed = bundle;
    changed.mutable_leaves(1)->set_attachment(attachment);
    return changed;
  };
  EXPECT_EQ(relay::check_bundle(with(tags_attached({"b"}))).error().code,
            ErrorCode::ATTACHMENT_MISMATCH);
  EXPECT_EQ(relay::check_bundle(with("x")).error().code, ErrorCode::RECORD_MALFORMED);
  auto misplaced = bundle;
  misplaced.mutable_leaves(0)->set_attachment(tags_attached({"a"}));
  EXPECT_EQ(relay::check_bundle(misplaced).error().code, ErrorCode::LEAF_UNEXPECTED);
  const auto large = with(std::string(ledger::kAttachmentSizeMax + 1, 'x'));
  EXPECT_EQ(relay::parse_bundle(relay::encode_bundle(large)).error().code,
            ErrorCode::PROOF_MALFORMED);
  EXPECT_EQ(taken(with("")), "note_filing done, note_tags refused");
}

TEST_F(BundledTags, AreNotLeftOutWhereTheyCannotBeRead) {
  publish({"a"});
  asked_a.caller = "";
  const auto bundle = relay::make_bundle(asked_a, "XIANGYANG", {});
  ASSERT_FALSE(bundle);
  EXPECT_EQ(bundle.error().code, ErrorCode::NOT_PERMITTED);
}

}  // namespace
}  // namespace puhui::node
