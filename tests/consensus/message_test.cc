#include "consensus/message.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "puhui/v1/consensus.pb.h"

namespace puhui::consensus {
namespace {

Configuration pair_of_servers() {
  return {{{1, "10.0.0.1:7000", Role::kVoter}, {7, "10.0.0.7:7000", Role::kLearner}}};
}

std::vector<Message> samples() {
  const Bytes data = std::make_shared<const std::string>("block \0 bytes", 13);
  const Bytes configuration = std::make_shared<const std::string>(encode(pair_of_servers()));
  return {CoreMessage(AppendEntries{
              4,
              9,
              3,
              8,
              {{3, EntryKind::kBlock, data}, {4, EntryKind::kConfiguration, configuration}}}),
          CoreMessage(AppendResult{4, 9, 8}),
          CoreMessage(RequestVote{5, 9, 4, true, true}),
          CoreMessage(VoteResult{5, true, true}),
          CoreMessage(InstallSnapshot{6, {99, 5, pair_of_servers(), 42, "manifest"}}),
          CoreMessage(TimeoutNow{6, 99, 6}),
          ReadProbe{6, 1},
          ReadProbeResult{6, 1},
          ReadRequest{77},
          ReadResult{77, 99}};
}

TEST(Message, EveryKindSurvivesTheWire) {
  for (const Message& message : samples()) {
    const std::string wire = encode(message);
    const auto decoded = decode_message(wire);
    ASSERT_TRUE(decoded) << describe(decoded.error());
    EXPECT_EQ(decoded->index(), message.index());
    EXPECT_EQ(encode(*decoded), wire);
  }
  const auto append =
      std::get<AppendEntries>(std::get<CoreMessage>(*decode_message(encode(samples()[0]))));
  EXPECT_EQ(append.entries[0].data->size(), 13u);
  EXPECT_EQ(decode_configuration(*append.entries[1].data).value(), pair_of_servers());
}

TEST(Message, EveryTruncationIsRefusedOrAnotherMessage) {
  for (const Message& message : samples()) {
    const std::string wire = encode(message);
    for (std::size_t length = 0; length < wire.size(); ++length) {
      EXPECT_FALSE(decode_message(wire.substr(0, length))) << length;
    }
  }
}

RC_GTEST_PROP(Message, GarbageNeverCrashes, (std::string garbage)) {
  (void)decode_message(garbage);
  (void)decode_configuration(garbage);
  (void)decode_snapshot(garbage);
  (void)unwrap(garbage);
}

RC_GTEST_PROP(Message, DamageNeverCrashes, (std::uint16_t where, std::uint8_t what)) {
  for (const Message& message : samples()) {
    std::string wire = encode(message);
    wire[where % wire.size()] = static_cast<char>(what);
    (void)decode_message(wire);
  }
}

TEST(Message, LimitsHold) {
  EXPECT_EQ(decode_message(std::string(kMaxMessageBytes + 1, 'x')).error().code, v1::TOO_LARGE);
  v1::PeerMessage many;
  auto& append = *many.mutable_consensus()->mutable_append_entries();
  for (std::size_t i = 0; i <= kMaxEntriesPerMessage; ++i) append.add_entries()->set_kind(1);
  EXPECT_FALSE(decode_message(many.SerializeAsString()));
  v1::PeerMessage strange;
  strange.mutable_consensus()->mutable_append_entries()->add_entries()->set_kind(4);
  EXPECT_FALSE(decode_message(strange.SerializeAsString()));
  v1::PeerMessage empty;
  empty.mutable_consensus();
  EXPECT_FALSE(decode_message(empty.SerializeAsString()));
}

TEST(Message, ConfigurationsAreChecked) {
  const auto refused = [](Configuration configuration) {
    return !decode_configuration(encode(configuration));
  };
  EXPECT_TRUE(refused({}));
  EXPECT_TRUE(refused({{{1, "a", Role::kLearner}}}));
  EXPECT_TRUE(refused({{{0, "a", Role::kVoter}}}));
  EXPECT_TRUE(refused({{{2, "a", Role::kVoter}, {1, "b", Role::kVoter}}}));
  EXPECT_TRUE(refused({{{1, "a", Role::kVoter}, {1, "b", Role::kVoter}}}));
  EXPECT_TRUE(refused({{{1, "a", Role::kVoter}, {2, "a", Role::kVoter}}}));
  EXPECT_TRUE(refused({{{1, "", Role::kVoter}}}));
  EXPECT_TRUE(refused({{{1, std::string("a\0b", 3), Role::kVoter}}}));
  EXPECT_TRUE(refused({{{1, std::string(kMaxAddressBytes + 1, 'a'), Role::kVoter}}}));
  Configuration crowd;
  for (NodeId id = 1; id <= kMaxVoters + 1; ++id) {
    crowd.servers.push_back({id, std::to_string(id), Role::kVoter});
  }
  EXPECT_TRUE(refused(crowd));
  for (Server& server : crowd.servers) server.role = Role::kLearner;
  crowd.servers[0].role = Role::kVoter;
  EXPECT_FALSE(refused(crowd));
}

TEST(Message, TheOwnersMessagesAreHandedOutAsTheyAre) {
  const std::string content("clock \0 sample", 14);
  const std::string wire = wrap(content);
  ASSERT_TRUE(unwrap(wire));
  EXPECT_EQ(*unwrap(wire), content);
  EXPECT_EQ(unwrap(wrap("")), std::string_view());
  EXPECT_FALSE(decode_message(wire));
  EXPECT_FALSE(unwrap(wire + "x"));
  EXPECT_FALSE(unwrap(wire.substr(0, wire.size() - 1)));
  for (const Message& message : samples()) EXPECT_FALSE(unwrap(encode(message)));
}

}  // namespace
}  // namespace puhui::consensus
