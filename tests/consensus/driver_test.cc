// One driver, moved by hand: what it promises its owner.
#include "consensus/driver.h"

#include <gtest/gtest.h>

#include "sim/disk.h"
#include "sim/mutants.h"

namespace puhui::consensus {
namespace {

using sim::Disk;

Bytes bytes(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

struct Sent {
  NodeId to;
  Message message;
};

class Rig : public Transport, public StateMachine {
 public:
  explicit Rig(std::vector<Server> servers, std::unique_ptr<Gate> gate = std::make_unique<Gate>(),
               sim::DiskFaults faults = {})
      : disk_(faults), gate_(std::move(gate)) {
    disk_.on_work = [] {};
    EXPECT_TRUE(Driver::bootstrap(disk_, {std::move(servers)}));
  }
  void start(NodeId self, Index applied = 0) {
    options.self = self;
    driver = std::make_unique<Driver>(options, disk_, disk_, *this, *this, std::move(gate_));
    started = driver->start(applied, now);
  }
  // Everything queued reaches the disk.
  void write() {
    while (disk_.begin()) driver->log_written(disk_.finish(), now);
  }
  void receive(NodeId from, const CoreMessage& message) {
    ASSERT_TRUE(driver->receive(from, encode(Message(message)), now));
  }
  [[nodiscard]] std::optional<AppendResult> last_result() const {
    for (auto sent_message = sent.rbegin(); sent_message != sent.rend(); ++sent_message) {
      const auto* core = std::get_if<CoreMessage>(&sent_message->message);
      const auto* result = core != nullptr ? std::get_if<AppendResult>(core) : nullptr;
      if (result != nullptr) return *result;
    }
    return std::nullopt;
  }

  void send(NodeId to, std::string message) override {
    auto decoded = decode_message(message);
    ASSERT_TRUE(decoded);
    sent.push_back({to, std::move(*decoded)});
  }
  void received(Index index, const Bytes& block) override { got_received[index] = block; }
  void committed(Index index, Term, const Bytes& block) override { got_committed[index] = block; }
  void lost(Index index, const Bytes& block) override { got_lost[index] = block; }
  void leadership(bool leads, Term) override { leading = leads; }
  void configuration(const Configuration& in_force) override { told = in_force; }
  void install_snapshot(const Snapshot& snapshot, NodeId) override { offered = snapshot; }
  void broken(const Error& error) override { broke = error; }

  Disk& disk() { return disk_; }

  Options options;
  std::uint64_t now = 1;
  std::vector<Sent> sent;
  std::map<Index, Bytes> got_received, got_committed, got_lost;
  bool leading = false;
  Configuration told;
  std::optional<Snapshot> offered;
  std::optional<Error> broke;
  Result<void> started;

 private:
  Disk disk_;
  std::unique_ptr<Gate> gate_;

 public:
  std::unique_ptr<Driver> driver;
};

std::vector<Server> voters(NodeId count) {
  std::vector<Server> servers;
  for (NodeId id = 1; id <= count; ++id) {
    servers.push_back({id, "n" + std::to_string(id), Role::kVoter});
  }
  return servers;
}

TEST(Driver, ASingleVoterCommitsWhatItsDiskHolds) {
  Rig rig(voters(1));
  rig.start(1);
  ASSERT_TRUE(rig.started);
  EXPECT_TRUE(rig.leading);
  EXPECT_EQ(rig.told.servers, voters(1));
  const Bytes block = bytes("block");
  const auto index = rig.driver->propose(block, rig.now);
  ASSERT_TRUE(index);
  EXPECT_TRUE(rig.got_committed.empty()) << "before the write is synced";
  rig.write();
  ASSERT_EQ(rig.got_committed.count(*index), 1u);
  EXPECT_EQ(rig.got_committed[*index].get(), block.get()) << "the very buffer proposed";
}

TEST(Driver, SeveralBlocksInOneStep) {
  Rig rig(voters(1));
  rig.start(1);
  const std::vector<Bytes> blocks = {bytes("a"), bytes("b"), bytes("c")};
  const auto first = rig.driver->propose(blocks, rig.now);
  ASSERT_TRUE(first);
  rig.write();
  EXPECT_EQ(rig.got_committed.size(), 3u);
  EXPECT_EQ(rig.got_committed[*first + 2].get(), blocks[2].get());
}

TEST(Driver, RefusesProposalsItCannotTake) {
  Rig follower(voters(3));
  follower.start(1);
  EXPECT_EQ(follower.driver->propose(bytes("x"), 1).error().code, v1::NOT_LEADER);
  Rig rig(voters(1));
  rig.options.max_unapplied_bytes = 10;
  rig.start(1);
  EXPECT_EQ(rig.driver->propose(std::span<const Bytes>(), 1).error().code, v1::INVALID_ARGUMENT);
  const Bytes huge = bytes(std::string(kMaxBlockBytes + 1, 'x'));
  EXPECT_EQ(rig.driver->propose(huge, 1).error().code, v1::TOO_LARGE);
  ASSERT_TRUE(rig.driver->propose(bytes("123456"), 1));
  EXPECT_EQ(rig.driver->propose(bytes("123456"), 1).error().code, v1::BUSY);
  rig.write();
  EXPECT_EQ(rig.driver->propose(bytes("123456"), 1).error().code, v1::BUSY) << "not applied yet";
  rig.driver->applied(rig.got_committed.rbegin()->first, 1);
  EXPECT_TRUE(rig.driver->propose(bytes("123456"), 1));
}

TEST(Driver, DeliversAgainWhatTheMachineLost) {
  Rig rig(voters(1));
  rig.start(1);
  const Index first = *rig.driver->propose(bytes("a"), 1);
  const Index second = *rig.driver->propose(bytes("b"), 1);
  rig.write();
  rig.got_committed.clear();
  rig.driver.reset();
  Driver again(rig.options, rig.disk(), rig.disk(), rig, rig);
  ASSERT_TRUE(again.start(first, 2));
  EXPECT_EQ(rig.got_committed.count(first), 0u);
  ASSERT_EQ(rig.got_committed.count(second), 1u);
  EXPECT_EQ(*rig.got_committed[second], "b");
}

TEST(Driver, DoesNotStartBesideAMachineOfAnotherLog) {
  Rig rig(voters(3));
  rig.start(1, 17);
  EXPECT_EQ(rig.started.error().code, v1::CORRUPT);
}

TEST(Driver, BootstrapsOnlyAnEmptyLog) {
  Rig rig(voters(3));
  EXPECT_EQ(Driver::bootstrap(rig.disk(), {voters(3)}).error().code, v1::INVALID_ARGUMENT);
  Disk empty({});
  EXPECT_EQ(Driver::bootstrap(empty, {}).error().code, v1::INVALID_ARGUMENT);
}

// Two writes of index 2 under way; the first to finish says nothing about the second.
AppendResult after_first_of_two_writes(Rig& rig) {
  rig.start(2);
  const Entry a{2, EntryKind::kBlock, bytes("A")};
  const Entry b{3, EntryKind::kBlock, bytes("B")};
  rig.receive(1, AppendEntries{2, 1, 1, 1, {a, a}});
  EXPECT_TRUE(rig.disk().begin());
  rig.receive(3, AppendEntries{3, 1, 1, 1, {b}});
  EXPECT_EQ(rig.got_lost.size(), 2u);
  rig.driver->log_written(rig.disk().finish(), 1);
  return rig.last_result().value_or(AppendResult{});
}

TEST(Driver, AStaleCompletionVouchesForNothing) {
  Rig rig(voters(3));
  EXPECT_LT(after_first_of_two_writes(rig).last_index, 2u);
  rig.write();
  EXPECT_EQ(rig.last_result()->last_index, 2u);
  EXPECT_EQ(rig.last_result()->term, 3u);
}

TEST(Driver, AStaleCompletionIsFoundWithoutTheRule) {
  Rig rig(voters(3), std::make_unique<sim::StaleCompletion>());
  EXPECT_EQ(after_first_of_two_writes(rig).last_index, 2u);
}

// A voter that has voted in a term, and restarted, is asked again by somebody else.
bool votes_twice(bool forgetful) {
  Rig rig(voters(3), std::make_unique<Gate>(), {.forgets_votes = forgetful});
  rig.start(3);
  rig.receive(1, RequestVote{5, 1, 1, false, false});
  rig.driver.reset();
  sim::Random random(1);
  rig.disk().crash(random);
  rig.sent.clear();
  Driver again(rig.options, rig.disk(), rig.disk(), rig, rig);
  EXPECT_TRUE(again.start(0, 2));
  EXPECT_TRUE(
      again.receive(2, encode(Message(CoreMessage(RequestVote{5, 1, 1, false, false}))), 3));
  EXPECT_EQ(rig.sent.size(), 1u);
  return std::get<VoteResult>(std::get<CoreMessage>(rig.sent[0].message)).granted;
}

TEST(Driver, VotesOnceInATermWhateverHappens) { EXPECT_FALSE(votes_twice(false)); }
TEST(Driver, AForgottenVoteIsGivenAgain) { EXPECT_TRUE(votes_twice(true)); }

TEST(Driver, AFollowerAcknowledgesOnlyWhatIsSynced) {
  Rig rig(voters(3));
  rig.start(2);
  rig.receive(1, AppendEntries{2, 1, 1, 2, {{2, EntryKind::kBlock, bytes("A")}}});
  EXPECT_EQ(rig.got_received.count(2), 1u);
  EXPECT_FALSE(rig.last_result() && rig.last_result()->last_index >= 2);
  EXPECT_TRUE(rig.got_committed.empty());
  rig.write();
  EXPECT_EQ(rig.last_result()->last_index, 2u);
  ASSERT_EQ(rig.got_committed.count(2), 1u);
  EXPECT_EQ(rig.got_committed[2].get(), rig.got_received[2].get());
}

TEST(Driver, AnInterruptedInstallationIsFinishedOrForgotten) {
  const Snapshot snapshot{50, 3, {voters(3)}, 1, "manifest"};
  for (const Index applied : {Index{50}, Index{0}}) {
    Rig rig(voters(3));
    rig.start(2);
    rig.receive(1, InstallSnapshot{4, snapshot});
    EXPECT_FALSE(rig.offered) << "before the note of it is durable";
    rig.write();
    ASSERT_TRUE(rig.offered);
    EXPECT_EQ(rig.offered->manifest, "manifest");
    rig.driver.reset();
    Driver again(rig.options, rig.disk(), rig.disk(), rig, rig);
    ASSERT_TRUE(again.start(applied, 2)) << applied;
    EXPECT_EQ(again.view().last(), applied == 50 ? 50u : 1u);
    EXPECT_FALSE(rig.disk().load().fetching);
  }
}

TEST(Driver, MembershipRefusals) {
  Rig rig(voters(1));
  rig.start(1);
  std::vector<ErrorCode> codes;
  const auto note = [&](const Result<void>& done) {
    codes.push_back(done ? v1::OK : done.error().code);
  };
  rig.driver->remove(1, note, 1);
  rig.driver->promote(2, note, 1);
  rig.driver->remove(2, note, 1);
  rig.driver->add_learner(1, "n1", note, 1);
  rig.driver->add_learner(2, "", note, 1);
  EXPECT_EQ(codes, std::vector<ErrorCode>(5, v1::INVALID_ARGUMENT));
  codes.clear();
  rig.driver->add_learner(2, "n2", note, 1);
  rig.driver->add_learner(3, "n3", note, 1);
  EXPECT_EQ(codes, std::vector<ErrorCode>{v1::MEMBERSHIP_BUSY});
  rig.write();
  EXPECT_EQ(codes, (std::vector<ErrorCode>{v1::MEMBERSHIP_BUSY, v1::OK}));
  EXPECT_NE(rig.told.find(2), nullptr);
}

TEST(Driver, StoppingFailsWhatWaits) {
  Rig rig(voters(1));
  rig.start(1);
  int failed = 0;
  rig.driver->propose(bytes("x"), 1).value();
  rig.driver->read([&](const Result<Index>& done) { failed += !done; }, 1);
  rig.write();
  rig.driver->read([&](const Result<Index>& done) { failed += !done; }, 1);
  rig.driver->add_learner(
      2, "n2", [&](const Result<void>& done) { failed += !done; }, 1);
  rig.driver->stop();
  EXPECT_EQ(failed, 2) << "the first read needed nothing but what was there";
  EXPECT_EQ(rig.driver->propose(bytes("x"), 1).error().code, v1::UNAVAILABLE);
}

TEST(Driver, AReadWithoutALeaderIsRefused) {
  Rig rig(voters(3));
  rig.start(1);
  ErrorCode code = v1::OK;
  rig.driver->read([&](const Result<Index>& done) { code = done.error().code; }, 1);
  EXPECT_EQ(code, v1::UNAVAILABLE);
}

TEST(Driver, HostileMessagesChangeNothing) {
  Rig rig(voters(3));
  rig.start(1);
  EXPECT_FALSE(rig.driver->receive(2, "garbage", 1));
  EXPECT_FALSE(rig.driver->receive(2, "", 1));
  EXPECT_FALSE(rig.driver->receive(1, encode(Message(ReadProbe{1, 1})), 1)) << "from itself";
  EXPECT_FALSE(rig.driver->receive(2, encode(Message(CoreMessage(VoteResult{}))), 1));
  // A leader of this term hears of another one.
  Rig single(voters(1));
  single.start(1);
  const Term term = single.driver->core().term();
  single.receive(2, AppendEntries{term, 1, 1, 1, {{term, EntryKind::kBlock, bytes("A")}}});
  EXPECT_EQ(single.driver->core().standing(), Standing::kLeader);
  EXPECT_FALSE(single.broke);
}

}  // namespace
}  // namespace puhui::consensus
