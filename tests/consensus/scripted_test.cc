// The cases that are too rare for random runs, each step by step. Where a guard is at stake the
// same script runs without it and must fail.
#include <gtest/gtest.h>

#include <algorithm>

#include "consensus/message.h"
#include "sim/mutants.h"
#include "sim/world.h"

namespace puhui::consensus::sim {
namespace {

constexpr std::uint64_t kLong = 30'000;

Bytes bytes(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

Configuration members(int count) {
  Configuration configuration;
  for (int i = 1; i <= count; ++i) {
    configuration.servers.push_back(
        {static_cast<NodeId>(i), "n" + std::to_string(i), Role::kVoter});
  }
  return configuration;
}

Image image(int voters, Term term, std::vector<Entry> entries) {
  Image image;
  image.term = term;
  image.entries.push_back({1, EntryKind::kConfiguration, bytes(encode(members(voters)))});
  for (Entry& entry : entries) image.entries.push_back(std::move(entry));
  return image;
}

Entry block(Term term, std::string text) {
  text.resize(8, ' ');
  return {term, EntryKind::kBlock, bytes(std::move(text))};
}

template <class M>
bool carries(const std::string& wire) {
  const auto message = decode_message(wire);
  const auto* core = message ? std::get_if<CoreMessage>(&*message) : nullptr;
  return core != nullptr && std::holds_alternative<M>(*core);
}

// Only `wanted` may stand for election.
auto only_candidate(NodeId wanted) {
  return [wanted](NodeId from, NodeId, const std::string& wire) {
    return from == wanted || !carries<RequestVote>(wire);
  };
}

NodeId elect(World& world, NodeId wanted) {
  world.filter = only_candidate(wanted);
  world.run_until([&] { return world.leader() == wanted; }, kLong);
  world.filter = nullptr;
  return world.leader();
}

// ---- Ongaro 2014, figure 3.7 (figure 8 of the 2014 paper) ----

TEST(Scripted, Figure8OldEntriesAreNotCommittedByCounting) {
  WorldOptions options;
  options.voters = 5;
  options.prepare = [](NodeId id, Disk& disk) {
    if (id <= 2) disk.prepare(image(5, 2, {block(2, "X")}));
    if (id == 3 || id == 4) disk.prepare(image(5, 3, {}));
    if (id == 5) disk.prepare(image(5, 3, {block(3, "Y")}));
  };
  World world(1, options);
  world.isolate(4);
  world.isolate(5);
  world.filter = only_candidate(1);
  // The moment server 1 calls X committed, it and server 2 are gone.
  ASSERT_TRUE(world.run_until([&] { return world.node(1).seen_commit >= 2; }, kLong));
  EXPECT_GE(world.node(1).seen_commit, 3u) << "X alone, an entry of an old term";
  world.filter = nullptr;
  world.heal();
  world.isolate(1);
  world.isolate(2);
  // The others go on; the checker sees whether they overwrite X.
  world.run_for(kLong);
  world.heal();
  EXPECT_TRUE(world.run_until([&] { return world.caught_up(5, 3); }, kLong));
}

// ---- Guard 3: two configurations, two disjoint majorities (Ongaro's 2015 correction) ----

void split_configurations(World& world) {
  const auto ignore = [](const Result<void>&) {};
  ASSERT_EQ(elect(world, 1), 1u);
  world.propose(1);
  world.with(1, [&](Driver& d) { d.add_learner(5, "n5", ignore, world.now_ms()); });
  ASSERT_TRUE(world.run_until(
      [&] {
        return world.caught_up(5, world.checker.committed()) && !world.driver(1).status().changing;
      },
      kLong));
  // The promotion of 5 reaches nobody but 5.
  world.filter = [](NodeId from, NodeId to, const std::string&) { return from != 1 || to == 5; };
  world.with(1, [&](Driver& d) { d.promote(5, ignore, world.now_ms()); });
  ASSERT_TRUE(world.driver(1).core().configuration().is_voter(5));
  world.run_for(50);
  world.isolate(1);
  world.isolate(5);
  // Server 2 removes 1, and that reaches nobody but 3.
  ASSERT_EQ(elect(world, 2), 2u);
  world.run_for(300);
  world.filter = [](NodeId from, NodeId to, const std::string& wire) {
    return from != 2 || to == 3 || !carries<AppendEntries>(wire);
  };
  world.with(2, [&](Driver& d) { d.remove(1, ignore, world.now_ms()); });
  world.run_for(200);
  // Now 1, 4 and 5 meet, without 2 and 3.
  world.filter = nullptr;
  world.heal();
  world.isolate(2);
  world.isolate(3);
  elect(world, 1);
  world.run_for(2000);
  world.heal();
  world.run_for(5000);
  world.finish();
}

TEST(Scripted, ConfigurationSplit) {
  WorldOptions options;
  options.voters = 4;
  World world(7, options);
  EXPECT_NO_THROW(split_configurations(world));
}

TEST(Scripted, ConfigurationSplitWithoutGuard3) {
  WorldOptions options;
  options.voters = 4;
  options.gate = [] { return std::make_unique<NoOwnTerm>(); };
  World world(7, options);
  EXPECT_THROW(split_configurations(world), Violation);
}

// ---- Guard 4: the vote that is missing belongs to one who does not know it has one ----

bool survives_promotion(WorldOptions options) {
  options.nodes = 2;
  options.voters = 1;
  World world(3, options);
  const auto ignore = [](const Result<void>&) {};
  world.with(1, [&](Driver& d) { d.add_learner(2, "n2", ignore, world.now_ms()); });
  world.propose(1);
  world.run_until([&] { return world.caught_up(2, world.checker.committed()); }, kLong);
  world.run_for(500);
  world.filter = [](NodeId from, NodeId, const std::string&) { return from != 1; };
  world.with(1, [&](Driver& d) { d.promote(2, ignore, world.now_ms()); });
  EXPECT_TRUE(world.driver(1).core().configuration().is_voter(2));
  world.run_for(100);
  world.crash(1);
  world.filter = nullptr;
  world.start(1);
  return world.run_until([&] { return world.leader() == 1; }, kLong);
}

TEST(Scripted, LearnerMustVote) { EXPECT_TRUE(survives_promotion({})); }

TEST(Scripted, LearnerMustVoteWithoutGuard4) {
  WorldOptions options;
  options.gate = [] { return std::make_unique<NoLearnerVote>(); };
  EXPECT_FALSE(survives_promotion(options));
}

// ---- Guard 5: a longer log in a lower term ----

bool learns_term(WorldOptions options) {
  options.nodes = 3;
  options.prepare = [](NodeId id, Disk& disk) {
    if (id == 1) disk.prepare(image(3, 2, {block(2, "A"), block(2, "B")}));
    if (id == 2) disk.prepare(image(3, 5, {}));
  };
  World world(5, options);
  world.crash(3);
  return world.run_until([&] { return world.leader() == 1; }, kLong);
}

TEST(Scripted, PreVoteOfALowTerm) { EXPECT_TRUE(learns_term({})); }

TEST(Scripted, PreVoteOfALowTermWithoutGuard5) {
  WorldOptions options;
  options.gate = [] { return std::make_unique<NoPreVoteTerm>(); };
  EXPECT_FALSE(learns_term(options));
}

// ---- Reads by a leader that has been replaced and does not know it ----

void read_after_replacement(World& world) {
  ASSERT_EQ(elect(world, 1), 1u);
  world.propose(1);
  world.run_for(500);
  world.with(1, [&](Driver& d) { ASSERT_TRUE(d.transfer(2, world.now_ms())); });
  world.cut(2, 1);
  world.cut(3, 1);
  ASSERT_TRUE(
      world.run_until([&] { return world.driver(2).core().standing() == Standing::kLeader; }, 500));
  const Index before = world.checker.committed();
  world.propose(2);
  ASSERT_TRUE(world.run_until([&] { return world.checker.committed() > before; }, 400));
  ASSERT_EQ(world.driver(1).core().standing(), Standing::kLeader);
  world.read(1);
  world.run_for(5000);
}

TEST(Scripted, ReplacedLeaderDoesNotServeReads) {
  WorldOptions options;
  options.nodes = 3;
  World world(11, options);
  EXPECT_NO_THROW(read_after_replacement(world));
  EXPECT_EQ(world.counters.reads, 0u);
}

TEST(Scripted, ReplacedLeaderServesReadsWithoutProbe) {
  WorldOptions options;
  options.nodes = 3;
  options.gate = [] { return std::make_unique<NoProbe>(); };
  World world(11, options);
  EXPECT_THROW(read_after_replacement(world), Violation);
}

// ---- A leader behind the commit of its predecessors, and fast commits ----

TEST(Scripted, FollowersLearnOfACommitAtOnce) {
  WorldOptions options;
  options.nodes = 3;
  World world(2, options);
  ASSERT_EQ(elect(world, 1), 1u);
  world.run_for(1000);
  const Index index = world.propose(1);
  // Far less than a heartbeat: write, answer, and the empty message that tells.
  EXPECT_TRUE(
      world.run_until([&] { return world.caught_up(2, index) && world.caught_up(3, index); }, 80));
}

// ---- Snapshots ----

void fall_behind(World& world) {
  ASSERT_EQ(elect(world, 1), 1u);
  world.isolate(3);
  for (int i = 0; i < 120; ++i) {
    world.propose(1, 20);
    world.run_for(20);
  }
  world.take_snapshot(1);
  world.take_snapshot(2);
  world.heal();
}

TEST(Scripted, SnapshotWhileInstallingTheOneBefore) {
  WorldOptions options;
  options.nodes = 3;
  World world(13, options);
  fall_behind(world);
  ASSERT_TRUE(world.run_until([&] { return world.driver(3).core().installing(); }, kLong));
  for (int i = 0; i < 100; ++i) {
    world.propose(1);
    world.run_for(10);
  }
  world.take_snapshot(1);
  const Index goal = world.checker.committed();
  EXPECT_TRUE(world.run_until([&] { return world.caught_up(3, goal); }, kLong));
  EXPECT_GE(world.counters.installs, 1u);
}

TEST(Scripted, CrashAtEveryMomentOfAnInstallation) {
  for (std::uint64_t delay = 0; delay < 260; delay += 3) {
    WorldOptions options;
    options.nodes = 3;
    World world(17, options);
    fall_behind(world);
    ASSERT_TRUE(world.run_until([&] { return world.driver(3).core().installing(); }, kLong));
    world.run_for(delay);
    world.crash(3);
    world.start(3);
    const Index goal = world.checker.committed();
    ASSERT_TRUE(world.run_until([&] { return world.caught_up(3, goal); }, kLong)) << delay;
  }
}

TEST(Scripted, AFailedFetchIsTriedAgain) {
  WorldOptions options;
  options.nodes = 3;
  options.fetch_fails = 1;
  World world(19, options);
  fall_behind(world);
  ASSERT_TRUE(world.run_until([&] { return world.counters.failed_installs > 0; }, kLong));
  world.options.fetch_fails = 0;
  const Index goal = world.checker.committed();
  EXPECT_TRUE(world.run_until([&] { return world.caught_up(3, goal); }, kLong));
}

}  // namespace
}  // namespace puhui::consensus::sim
