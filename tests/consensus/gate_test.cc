#include "consensus/gate.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace puhui::consensus {
namespace {

const Gate gate;

Bytes bytes(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

Configuration three(NodeId extra = 0, Role role = Role::kLearner) {
  Configuration c{{{1, "a", Role::kVoter}, {2, "b", Role::kVoter}, {3, "c", Role::kVoter}}};
  if (extra != 0) c.servers.push_back({extra, "x", role});
  return c;
}

Entry block(Term term) { return {term, EntryKind::kBlock, bytes("data")}; }
Entry change(Term term) { return {term, EntryKind::kConfiguration, bytes(encode(three()))}; }

TEST(GateCheck, AcceptsWhatPeersSend) {
  EXPECT_TRUE(gate.check(1, AppendEntries{3, 5, 2, 9, {block(2), change(3)}}));
  EXPECT_TRUE(gate.check(1, AppendEntries{3, 0, 0, 0, {change(1)}}));
  EXPECT_TRUE(gate.check(1, AppendResult{3, 7, 6}));
  EXPECT_TRUE(gate.check(1, RequestVote{3, 0, 0, false, true}));
  EXPECT_TRUE(gate.check(1, InstallSnapshot{3, {9, 2, three(), 4, "m"}}));
  EXPECT_TRUE(gate.check(1, TimeoutNow{3, 9, 3}));
}

TEST(GateCheck, RefusesWhatNoPeerSends) {
  const std::vector<CoreMessage> broken = {
      AppendEntries{0, 0, 0, 0, {}},
      AppendEntries{3, 5, 0, 0, {}},          // An index without a term.
      AppendEntries{3, 0, 1, 0, {}},          // A term without an index.
      AppendEntries{3, 5, 4, 0, {}},          // A term to come.
      AppendEntries{3, ~Index{0}, 1, 0, {}},  // An index to overflow on.
      AppendEntries{3, 5, 2, 0, {block(1)}},  // Terms going back.
      AppendEntries{3, 5, 2, 0, {block(4)}},  // … and ahead of the leader.
      AppendEntries{3, 5, 2, 0, {block(0)}},
      AppendEntries{3, 0, 0, 0, {block(1)}},  // No configuration at index 1.
      AppendEntries{3, 5, 2, 0, {{3, EntryKind::kConfiguration, bytes("junk")}}},
      AppendEntries{3, 5, 2, 0, {{3, EntryKind::kConfiguration, bytes("")}}},
      AppendEntries{3, 5, 2, 0, {{3, EntryKind::kBarrier, bytes("x")}}},
      AppendEntries{
          3, 5, 2, 0, {{3, EntryKind::kBlock, bytes(std::string(kMaxBlockBytes + 1, 'x'))}}},
      AppendResult{3, 7, 7},
      AppendResult{3, 0, ~Index{0}},
      AppendResult{0, 0, 0},
      RequestVote{3, 5, 0, false, false},
      RequestVote{3, 5, 4, false, false},
      VoteResult{0, true, false},
      InstallSnapshot{3, {0, 2, three(), 1, ""}},
      InstallSnapshot{3, {9, 4, three(), 1, ""}},
      InstallSnapshot{3, {9, 2, three(), 0, ""}},
      InstallSnapshot{3, {9, 2, three(), 10, ""}},
      InstallSnapshot{3, {9, 2, {}, 4, ""}},
      InstallSnapshot{3, {9, 2, three(), 4, std::string(kMaxManifestBytes + 1, 'm')}},
      TimeoutNow{3, 9, 0},
  };
  for (std::size_t i = 0; i < broken.size(); ++i) EXPECT_FALSE(gate.check(1, broken[i])) << i;
  EXPECT_FALSE(gate.check(0, TimeoutNow{3, 9, 3})) << "nobody's";
  AppendEntries many{3, 5, 3, 0, std::vector<Entry>(kMaxEntriesPerMessage + 1, block(3))};
  EXPECT_FALSE(gate.check(1, many));
}

TEST(GateAdmits, WhatTheEngineCannotAnswerStaysOut) {
  Sight leader{1, Standing::kLeader, 5, 9, 9, 1, 9, 0, 0, false};
  EXPECT_FALSE(gate.admits(leader, AppendEntries{5, 0, 0, 0, {}}));
  EXPECT_TRUE(gate.admits(leader, AppendEntries{6, 0, 0, 0, {}}));
  EXPECT_FALSE(gate.admits(leader, InstallSnapshot{5, {}}));
  EXPECT_FALSE(gate.admits(leader, VoteResult{5, true, false}));
  Sight follower = leader;
  follower.standing = Standing::kFollower;
  EXPECT_TRUE(gate.admits(follower, InstallSnapshot{5, {}}));
  EXPECT_TRUE(gate.admits(follower, TimeoutNow{5, 9, 5}));
  follower.stored = 8;
  EXPECT_FALSE(gate.admits(follower, TimeoutNow{5, 9, 5})) << "a write is under way";
  follower.installing = true;
  EXPECT_FALSE(gate.admits(follower, InstallSnapshot{6, {}}));
}

TEST(GateSplit, AConfigurationBeginsItsPart) {
  AppendEntries message{4, 10, 1, 99, {block(2), change(2), block(3), change(4), change(4)}};
  const auto parts = gate.split(message);
  ASSERT_EQ(parts.size(), 4u);
  EXPECT_EQ(parts[1].prev_index, 11u);
  EXPECT_EQ(parts[1].prev_term, 2u);
  EXPECT_EQ(parts[1].entries.size(), 2u);
  EXPECT_EQ(parts[2].prev_index, 13u);
  EXPECT_EQ(parts[2].prev_term, 3u);
  EXPECT_EQ(gate.split({4, 10, 1, 9, {}}).size(), 1u);
}

RC_GTEST_PROP(GateSplit, KeepsEveryEntryInPlace, (std::vector<bool> kinds)) {
  AppendEntries message{9, 7, 1, 3, {}};
  Term term = 1;
  for (const bool is_change : kinds) {
    message.entries.push_back(is_change ? change(term) : block(term));
    term = std::min<Term>(term + 1, 9);
  }
  const AppendEntries original = message;
  Index next = original.prev_index;
  Term previous = original.prev_term;
  for (const AppendEntries& part : gate.split(std::move(message))) {
    RC_ASSERT(part.prev_index == next);
    RC_ASSERT(part.prev_term == previous);
    for (std::size_t i = 0; i < part.entries.size(); ++i) {
      RC_ASSERT(i == 0 || part.entries[i].kind != EntryKind::kConfiguration);
      RC_ASSERT(part.entries[i].data == original.entries[next - original.prev_index].data);
      previous = part.entries[i].term;
      ++next;
    }
  }
  RC_ASSERT(next == original.prev_index + original.entries.size());
}

TEST(GateTrim, AMessageFromBeforeTheLogBeginsAfterTheSnapshot) {
  Sight sight{1, Standing::kFollower, 5, 20, 30, 15, 30, 20, 4, false};
  AppendEntries old{5, 10, 2, 9, std::vector<Entry>(15, block(4))};
  const AppendEntries trimmed = gate.trim(sight, old);
  EXPECT_EQ(trimmed.prev_index, 20u);
  EXPECT_EQ(trimmed.prev_term, 4u);
  EXPECT_EQ(trimmed.entries.size(), 5u);
  old.entries.resize(2);
  EXPECT_TRUE(gate.trim(sight, old).entries.empty());
  old.prev_index = 15;
  EXPECT_EQ(gate.trim(sight, old).prev_index, 15u);
}

TEST(GateClamp, NoCommitBeyondTheMessage) {
  EXPECT_EQ(gate.clamp({5, 10, 2, 99, {block(3)}}).commit, 11u);
  EXPECT_EQ(gate.clamp({5, 10, 2, 7, {block(3)}}).commit, 7u);
}

TEST(GateCorrect, Results) {
  const Sight sight{1, Standing::kFollower, 5, 20, 30, 1, 40, 0, 0, false};
  EXPECT_EQ(gate.correct(sight, 0, AppendResult{5, 0, 140369855725983}).last_index, 30u);
  EXPECT_EQ(gate.correct(sight, 0, AppendResult{5, 38, 140369855725983}).last_index, 37u);
  EXPECT_EQ(gate.correct(sight, 33, AppendResult{5, 38, 37}).last_index, 32u);
  EXPECT_EQ(gate.correct(sight, 12, AppendResult{5, 38, 37}).last_index, 20u) << "committed";
  EXPECT_EQ(gate.correct(sight, VoteResult{3, false, true}).term, 5u);
  EXPECT_EQ(gate.correct(sight, VoteResult{7, false, true}).term, 7u);
  EXPECT_EQ(gate.correct(sight, VoteResult{3, true, true}).term, 3u);
}

TEST(GateDisk, WhatAWriteVouchesFor) {
  EXPECT_EQ(gate.durable({5, 9, 9}), 9u);
  EXPECT_EQ(gate.durable({5, 9, 6}), 6u);
  EXPECT_EQ(gate.durable({5, 9, 4}), 0u);
  EXPECT_EQ(gate.deliverable(9, 7), 7u);
  EXPECT_EQ(gate.trailing(10, 64), 256u);
  EXPECT_EQ(gate.trailing(1000, 64), 1000u);
}

MembershipSight calm() {
  MembershipSight sight;
  sight.self = 1;
  sight.term = sight.term_at_commit = 5;
  sight.last = 100;
  sight.configuration_index = 10;
  sight.slack = 8;
  sight.match = {{2, 100}, {3, 95}, {4, 99}};
  sight.in_force = three(4);
  return sight;
}

ErrorCode asked(const MembershipSight& sight, const Configuration& next) {
  const auto answer = gate.may_change(sight, next);
  return answer ? v1::OK : answer.error().code;
}

TEST(GateMembership, AllowsOneStepAtATime) {
  EXPECT_EQ(asked(calm(), three(4, Role::kVoter)), v1::OK);
  EXPECT_EQ(asked(calm(), three()), v1::OK);
  EXPECT_EQ(asked(calm(), three(4)), v1::INVALID_ARGUMENT) << "no change";
  Configuration two_changes = three(5);
  EXPECT_EQ(asked(calm(), two_changes), v1::INVALID_ARGUMENT);
  Configuration without_leader = three(4);
  without_leader.servers.erase(without_leader.servers.begin());
  EXPECT_EQ(asked(calm(), without_leader), v1::INVALID_ARGUMENT);
  Configuration demoted = three(4);
  demoted.servers[1].role = Role::kLearner;
  EXPECT_EQ(asked(calm(), demoted), v1::INVALID_ARGUMENT);
  MembershipSight fresh = calm();
  fresh.in_force = three();
  EXPECT_EQ(asked(fresh, three(4, Role::kVoter)), v1::INVALID_ARGUMENT) << "not as a voter at once";
}

TEST(GateMembership, WaitsForItsTime) {
  const Configuration next = three(4, Role::kVoter);
  MembershipSight sight = calm();
  sight.term_at_commit = 4;
  EXPECT_EQ(asked(sight, next), v1::MEMBERSHIP_BUSY);
  sight = calm();
  sight.uncommitted_configuration = 90;
  EXPECT_EQ(asked(sight, next), v1::MEMBERSHIP_BUSY);
  sight = calm();
  sight.match[2] = 91;
  EXPECT_EQ(asked(sight, next), v1::MEMBERSHIP_BUSY);
  sight = calm();
  sight.match.erase(4);
  EXPECT_EQ(asked(sight, next), v1::MEMBERSHIP_BUSY);
  sight.match.erase(2);
  sight.in_force = three();
  EXPECT_EQ(asked(sight, three(5)), v1::OK) << "a learner changes no majority";
  Configuration without_2 = three();
  without_2.servers.erase(without_2.servers.begin() + 1);
  EXPECT_EQ(asked(sight, without_2), v1::OK) << "a dead voter can be removed";
}

TEST(GateReads, AMajorityOfVoters) {
  EXPECT_TRUE(gate.read_confirmed(1, 1));
  EXPECT_FALSE(gate.read_confirmed(1, 2));
  EXPECT_FALSE(gate.read_confirmed(2, 4));
  EXPECT_TRUE(gate.read_confirmed(3, 5));
  EXPECT_FALSE(gate.read_ready(8, 9));
}

}  // namespace
}  // namespace puhui::consensus
