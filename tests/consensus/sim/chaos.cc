#include "sim/chaos.h"

#include <algorithm>
#include <utility>

#include "sim/mutants.h"

namespace puhui::consensus::sim {
namespace {

constexpr std::uint64_t kHealMs = 60'000;

WorldOptions options_for(const Plan& plan) {
  Random random(plan.seed ^ 0x5EED);
  WorldOptions options;
  options.nodes = plan.nodes;
  options.voters = plan.voters;
  const std::uint32_t inflight[] = {2, 8, 64};
  options.max_inflight = inflight[random.below(3)];
  options.trailing_entries = random.below(60);
  options.drop = random.chance(0.5) ? 0.02 : 0.002;
  options.stall = random.chance(0.5) ? 0.02 : 0.005;
  options.fetch_fails = 0.2;
  options.trace = plan.trace;
  for (const Mutant& mutant : mutants()) {
    if (mutant.name == plan.mutant) mutant.apply(options);
  }
  return options;
}

class Storm {
 public:
  explicit Storm(const Plan& plan) : plan_(plan), world_(plan.seed, options_for(plan)) {
    gap_ms_ = 5 + world_.random.below(40);
    schedule_load();
    schedule_fault();
  }

  void run() {
    while (world_.counters.steps < plan_.steps) world_.advance();
    heal();
    const Index goal = world_.checker.committed() + 20;
    const bool recovered = world_.run_until([&] { return whole(goal); }, kHealMs);
    if (!recovered) violate("LIVENESS: healed, and the cluster does not go on");
    world_.finish();
  }

  World& world() { return world_; }

 private:
  NodeId any() { return 1 + world_.random.below(static_cast<std::uint64_t>(world_.size())); }

  void schedule_load() {
    world_.at(world_.now_ms() + 1 + world_.random.below(gap_ms_), [this] {
      load();
      schedule_load();
    });
  }

  void load() {
    Random& random = world_.random;
    if (random.chance(0.15)) {
      const NodeId reader = any();
      if (world_.alive(reader)) world_.read(reader);
    }
    const std::uint64_t burst = 1 + random.below(6);
    for (NodeId id = 1; id <= static_cast<NodeId>(world_.size()); ++id) {
      if (!world_.alive(id)) continue;
      if (world_.driver(id).core().standing() != Standing::kLeader) continue;
      if (random.chance(0.2)) world_.read(id);
      for (std::uint64_t i = 0; i < burst && world_.alive(id); ++i) {
        world_.propose(id, random.chance(0.1) ? random.below(700) : random.below(40));
      }
    }
  }

  void schedule_fault() {
    world_.at(world_.now_ms() + 20 + world_.random.below(400), [this] {
      if (healed_) return;
      fault();
      schedule_fault();
    });
  }

  void fault() {
    const std::uint64_t kind = world_.random.below(100);
    if (kind < 8) return crash(any());
    if (kind < 11) return crash(world_.leader());
    if (kind < 28) return restart();
    if (kind < 36) return partition_one();
    if (kind < 39) return partition_halves();
    if (kind < 58) return world_.heal();
    if (kind < 74) return snapshot();
    if (kind < 78) return transfer();
    change();
  }

  void crash(NodeId id) {
    int dead = 0;
    for (NodeId i = 1; i <= static_cast<NodeId>(world_.size()); ++i) dead += !world_.alive(i);
    if (id != 0 && world_.alive(id) && dead < 2) world_.crash(id);
  }

  void restart() {
    for (NodeId id = 1; id <= static_cast<NodeId>(world_.size()); ++id) {
      if (!world_.alive(id) && world_.random.chance(0.6)) world_.start(id);
    }
  }

  void partition_one() {
    const NodeId id = any();
    const bool one_way = world_.random.chance(0.3);
    for (NodeId other = 1; other <= static_cast<NodeId>(world_.size()); ++other) {
      if (other == id || !world_.random.chance(0.8)) continue;
      world_.cut(id, other);
      if (!one_way) world_.cut(other, id);
    }
  }

  void partition_halves() {
    const std::uint64_t sides = world_.random.next();
    world_.heal();
    for (NodeId a = 1; a <= static_cast<NodeId>(world_.size()); ++a) {
      for (NodeId b = 1; b <= static_cast<NodeId>(world_.size()); ++b) {
        if (((sides >> a ^ sides >> b) & 1) != 0) world_.cut(a, b);
      }
    }
  }

  void snapshot() {
    const NodeId id = any();
    if (plan_.snapshots && world_.alive(id)) world_.take_snapshot(id);
  }

  void transfer() {
    const NodeId leader = world_.leader();
    if (leader == 0) return;
    const NodeId to = any();
    world_.with(leader, [&](Driver& driver) {
      if (driver.transfer(to, world_.now_ms())) ++world_.counters.transfers;
    });
  }

  void change() {
    const NodeId leader = world_.leader();
    if (!plan_.membership || leader == 0) return;
    const NodeId id = any();
    const auto done = [this](const Result<void>& outcome) {
      if (outcome) ++world_.counters.changes;
    };
    world_.with(leader, [&](Driver& driver) {
      const Configuration members = driver.core().configuration();
      const Server* server = members.find(id);
      const std::uint64_t now = world_.now_ms();
      if (server == nullptr) {
        driver.add_learner(id, "n" + std::to_string(id), done, now);
      } else if (server->role == Role::kLearner && world_.random.chance(0.8)) {
        driver.promote(id, done, now);
      } else if (server->role == Role::kLearner || members.voters() > 1) {
        driver.remove(id, done, now);
      }
    });
  }

  void heal() {
    healed_ = true;
    world_.heal();
    world_.options.drop = 0;
    world_.options.stall = 0;
    for (NodeId id = 1; id <= static_cast<NodeId>(world_.size()); ++id) {
      if (!world_.alive(id)) world_.start(id);
    }
  }

  // Every voter has committed and applied past the goal.
  bool whole(Index goal) {
    if (world_.checker.committed() < goal) return false;
    const NodeId leader = world_.leader();
    if (leader == 0) return false;
    const Configuration members = world_.driver(leader).core().configuration();
    return std::all_of(members.servers.begin(), members.servers.end(), [&](const Server& server) {
      return server.role != Role::kVoter || world_.caught_up(server.id, goal);
    });
  }

  Plan plan_;
  World world_;
  std::uint64_t gap_ms_ = 0;
  bool healed_ = false;
};

}  // namespace

Outcome run(const Plan& plan) {
  Outcome outcome;
  Storm storm(plan);
  try {
    storm.run();
  } catch (const Violation& violation) {
    outcome.violation = violation.what;
  }
  outcome.counters = storm.world().counters;
  outcome.simulated_ms = storm.world().now_ms();
  return outcome;
}

}  // namespace puhui::consensus::sim
