#include "sim/world.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

#include "consensus/message.h"

namespace puhui::consensus::sim {
namespace {

constexpr std::uint64_t kMaxStall = 1500;
constexpr std::uint64_t kConfigurationCheckEvery = 16;

// An AppendResult on the wire, recognised without decoding everything else.
std::optional<AppendResult> as_result(const std::string& bytes) {
  constexpr char kResultTag = 0x12;
  if (bytes.size() < 3 || bytes.size() > 64 || bytes[2] != kResultTag) return std::nullopt;
  const auto message = decode_message(bytes);
  if (!message) return std::nullopt;
  const auto* core = std::get_if<CoreMessage>(&*message);
  const auto* result = core == nullptr ? nullptr : std::get_if<AppendResult>(core);
  return result == nullptr ? std::nullopt : std::make_optional(*result);
}

}  // namespace

void Counters::add(const Counters& other) {
  steps += other.steps;
  messages += other.messages;
  commits += other.commits;
  elections += other.elections;
  crashes += other.crashes;
  snapshots += other.snapshots;
  installs += other.installs;
  failed_installs += other.failed_installs;
  changes += other.changes;
  transfers += other.transfers;
  reads += other.reads;
  acknowledged += other.acknowledged;
  lost += other.lost;
}

// ---- Links ----

class World::Link final : public Transport {
 public:
  Link(World& world, NodeId from) : world_(world), from_(from) {}
  void send(NodeId to, std::string message) override { world_.send(from_, to, std::move(message)); }

 private:
  World& world_;
  NodeId from_;
};

void World::send(NodeId from, NodeId to, std::string bytes) {
  ++counters.messages;
  Node& sender = node(from);
  if (const auto result = as_result(bytes); result && result->rejected == 0) {
    const Image& durable = sender.disk.durable();
    const Index stored = std::max(durable.last(), durable.snapshot ? durable.snapshot->index : 0);
    if (!sender.disk.lies() && result->last_index > stored) {
      violate(name(from) + " ACKNOWLEDGES " + std::to_string(result->last_index) +
              ", durable are " + std::to_string(stored));
    }
  }
  if (filter && !filter(from, to, bytes)) return;
  if (to == 0 || to > nodes_.size() || cut_.count({from, to}) != 0) return;
  if (random.chance(options.drop)) return;
  std::uint64_t& last = last_arrival_[{from, to}];
  last = std::max(last, now_ms_ + 1 + latency(10, 800));
  at(last, [this, from, to, bytes = std::move(bytes)] {
    if (!alive(to) || cut_.count({from, to}) != 0) return;
    with(to, [&](Driver& driver) {
      const auto received = driver.receive(from, bytes, now_ms_);
      if (!received) violate(name(to) + " refuses a message: " + describe(received.error()));
    });
  });
}

void World::isolate(NodeId id) {
  for (NodeId other = 1; other <= nodes_.size(); ++other) {
    cut(id, other);
    cut(other, id);
  }
}

std::uint64_t World::latency(std::uint64_t usual, std::uint64_t rare) {
  return random.below(usual) + (random.chance(options.stall) ? random.below(rare) : 0);
}

// ---- Time ----

World::World(std::uint64_t seed, WorldOptions with_options)
    : random(seed), options(std::move(with_options)) {
  Configuration founders;
  for (int i = 1; i <= options.voters; ++i) {
    founders.servers.push_back({static_cast<NodeId>(i), "n" + std::to_string(i), Role::kVoter});
  }
  for (int i = 1; i <= options.nodes; ++i) {
    const auto id = static_cast<NodeId>(i);
    nodes_.push_back(std::make_unique<Node>(options.disk));
    links_.push_back(std::make_unique<Link>(*this, id));
    Node& made = *nodes_.back();
    made.id = id;
    made.machine = std::make_unique<Machine>(*this, id);
    made.disk.on_work = [this, &made] { schedule_write(made); };
    if (i <= options.voters && !Driver::bootstrap(made.disk, founders)) violate("no bootstrap");
    if (options.prepare) options.prepare(id, made.disk);
  }
  for (NodeId id = 1; id <= nodes_.size(); ++id) start(id);
}

World::~World() = default;

void World::at(std::uint64_t ms, std::function<void()> what) {
  events_.push({std::max(ms, now_ms_), ++events_made_, std::move(what)});
}

bool World::advance() {
  if (events_.empty()) return false;
  const Event event = events_.top();
  events_.pop();
  now_ms_ = event.at_ms;
  event.what();
  return true;
}

bool World::run_until(const std::function<bool()>& done, std::uint64_t limit_ms) {
  const std::uint64_t end = now_ms_ + limit_ms;
  while (!done()) {
    if (now_ms_ > end || !advance()) return false;
  }
  return true;
}

void World::run_for(std::uint64_t ms) {
  bool over = false;
  at(now_ms_ + ms, [&] { over = true; });
  while (!over) advance();
}

// ---- Servers ----

void World::start(NodeId id) {
  Node& started = node(id);
  ++started.life;
  started.timer_ms = 0;
  started.apply_scheduled = false;
  started.led_term = 0;
  Options driver_options;
  driver_options.self = id;
  driver_options.max_inflight = options.max_inflight;
  driver_options.trailing_entries = options.trailing_entries;
  driver_options.cache_bytes = options.cache_bytes;
  driver_options.max_unapplied_bytes = options.max_unapplied_bytes;
  driver_options.message_bytes = options.message_bytes;
  driver_options.burst_bytes = options.burst_bytes;
  driver_options.install_snapshot_timeout_ms = 3000;
  driver_options.request_timeout_ms = 3000;
  driver_options.seed = static_cast<std::uint32_t>(random.next());
  started.driver = std::make_unique<Driver>(driver_options, started.disk, started.disk,
                                            *links_[id - 1], *started.machine, options.gate());
  const auto begun = started.driver->start(started.machine->state().index, now_ms_);
  if (!begun) violate(name(id) + " does not start: " + describe(begun.error()));
  started.core = nullptr;
  tell(id, "starts in term " + std::to_string(started.driver->core().term()));
  check(started);
}

void World::crash(NodeId id) {
  Node& crashed = node(id);
  const Index before = crashed.disk.logical().last();
  ++counters.crashes;
  ++crashed.life;
  crashed.driver.reset();
  crashed.disk.crash(random);
  crashed.machine->crash(random);
  tell(id, "crashes; of " + std::to_string(before) + " entries " +
               std::to_string(crashed.disk.durable().last()) + " are left");
}

void World::tell(NodeId id, const std::string& what) const {
  if (!options.trace) return;
  std::fprintf(stderr, "%8llu  %llu  %s\n", static_cast<unsigned long long>(now_ms_),
               static_cast<unsigned long long>(id), what.c_str());
}

NodeId World::leader() {
  NodeId found = 0;
  Term term = 0;
  for (NodeId id = 1; id <= nodes_.size(); ++id) {
    if (!alive(id)) continue;
    const Core& core = driver(id).core();
    if (core.standing() != Standing::kLeader || core.term() <= term) continue;
    found = id;
    term = core.term();
  }
  return found;
}

bool World::caught_up(NodeId id, Index index) {
  return alive(id) && checker.committed() >= index && node(id).seen_commit >= index &&
         node(id).machine->state().index >= checker.last_block(index);
}

void World::with(NodeId id, const std::function<void(Driver&)>& call) {
  Node& called = node(id);
  ++counters.steps;
  call(*called.driver);
  check(called);
}

// ---- Checks ----

void World::check(Node& node) {
  const Core& core = node.driver->core();
  if (core.standing() == Standing::kLeader && node.led_term != core.term()) {
    node.led_term = core.term();
    ++counters.elections;
    checker.elected(node.id, core.term(), node.disk.logical());
  }
  check_commit(node);
  if (++node.checks % kConfigurationCheckEvery == 0) check_configuration(node);
  schedule_timer(node);
  schedule_apply(node);
}

void World::check_commit(Node& node) {
  const Core& core = node.driver->core();
  if (node.core != &core) {  // A new life, or a new engine after a failed installation.
    const auto& snapshot = node.driver->view().snapshot();
    node.core = &core;
    node.seen_commit = snapshot ? snapshot->index : 0;
  }
  const Index commit = core.commit();
  if (commit < node.seen_commit) violate(name(node.id) + ": COMMIT goes back");
  const Image& log = node.disk.logical();
  if (!core.installing()) {
    for (Index index = node.seen_commit + 1; index <= commit; ++index) {
      const Entry* entry = log.at(index);
      if (entry == nullptr && index < log.first) continue;  // Came with a snapshot.
      if (entry == nullptr) violate(name(node.id) + " commits an entry it does not have");
      checker.commit(node.id, core.term(), index, *entry);
      ++counters.commits;
    }
    if (commit > node.seen_commit) {
      const std::string term = std::to_string(core.term());
      tell(node.id, "commits " + std::to_string(commit) + " in term " + term);
    }
    node.seen_commit = commit;
  }
  auto& machine = *node.machine;
  for (; machine.unchecked_ > 0; --machine.unchecked_) {
    const auto& next = machine.queue_[machine.queue_.size() - machine.unchecked_];
    checker.delivered(node.id, next.index, next.term, next.block);
  }
}

void World::check_configuration(Node& node) {
  const LogView& view = node.driver->view();
  const auto* newest = view.configuration_at(view.last());
  const Core& core = node.driver->core();
  if (newest == nullptr || core.installing()) return;
  if (!(core.configuration() == newest->configuration)) {
    violate(name(node.id) + ": the CONFIGURATION in force is not the newest in the log");
  }
  if (!(node.told == newest->configuration)) {
    violate(name(node.id) + ": the owner was told of another configuration");
  }
  const Index mark = core.uncommitted_configuration();
  if (mark != 0 && !view.is_configuration(mark)) {
    violate(name(node.id) + ": the mark of an uncommitted CONFIGURATION names another entry");
  }
}

void World::finish() {
  checker.finish();
  for (const auto& each : nodes_) {
    if (each->driver != nullptr) check_configuration(*each);
  }
}

// ---- Timers, disks, machines ----

void World::schedule_timer(Node& node) {
  const std::uint64_t deadline = node.driver->deadline_ms();
  if (node.timer_ms != 0 && node.timer_ms <= deadline) return;
  node.timer_ms = deadline;
  at(deadline, [this, &node, life = node.life, deadline] {
    if (node.life != life || node.driver == nullptr || node.timer_ms != deadline) return;
    node.timer_ms = 0;
    with(node.id, [this](Driver& driver) { driver.tick(now_ms_); });
  });
}

void World::schedule_apply(Node& node) {
  if (node.apply_scheduled || node.machine->idle()) return;
  node.apply_scheduled = true;
  at(now_ms_ + latency(3, 500), [this, &node, life = node.life] {
    if (node.life != life) return;
    node.apply_scheduled = false;
    if (node.machine->idle()) return;
    const std::uint64_t count = 1 + random.below(4);
    for (std::uint64_t i = 0; i < count; ++i) node.machine->apply_one();
    const Index index = node.machine->state().index;
    with(node.id, [&](Driver& driver) { driver.applied(index, now_ms_); });
  });
}

void World::schedule_write(Node& node) {
  if (held_[node.id]) return;
  at(now_ms_, [this, &node, life = node.life] {
    if (node.life != life || held_[node.id] || !node.disk.begin()) return;
    if (node.disk.lies()) {
      const Ticket ticket = node.disk.newest_ticket();
      at(now_ms_ + 1, [this, &node, life, ticket] {
        if (node.life != life) return;
        with(node.id, [&](Driver& driver) { driver.log_written(ticket, now_ms_); });
      });
    }
    at(now_ms_ + 1 + latency(8, kMaxStall), [this, &node, life] {
      if (node.life != life) return;
      const Ticket ticket = node.disk.finish();
      with(node.id, [&](Driver& driver) { driver.log_written(ticket, now_ms_); });
      if (node.life == life) schedule_write(node);
    });
  });
}

void World::release_disk(NodeId id) {
  held_[id] = false;
  schedule_write(node(id));
}

// ---- Snapshots ----

void World::take_snapshot(NodeId id) {
  Machine& machine = *node(id).machine;
  const auto& newest = driver(id).view().snapshot();
  if (machine.state().index <= (newest ? newest->index : 0)) return;
  ++counters.snapshots;
  const Index index = machine.state().index;
  const std::string manifest = machine.sync();
  with(id, [&](Driver& driver) {
    if (!driver.ledger_synced(index, manifest, now_ms_)) violate("a snapshot is refused");
  });
}

void World::begin_fetch(NodeId id, Snapshot snapshot) {
  Node& fetching = node(id);
  const std::uint64_t slow = random.chance(0.1) ? 5000 : 200;
  at(now_ms_ + 20 + random.below(slow), [this, &fetching, snapshot, life = fetching.life] {
    if (fetching.life != life) return;
    Machine& machine = *fetching.machine;
    const bool fails = random.chance(options.fetch_fails);
    if (fails) {
      ++counters.failed_installs;
      machine.queue_.clear();
    } else {
      ++counters.installs;
      machine.switch_to(snapshot.manifest);
    }
    // The switch is durable before the driver hears of it.
    at(now_ms_ + random.below(20), [this, &fetching, snapshot, life, fails] {
      if (fetching.life != life) return;
      fetching.machine->install_under_way_ = false;
      with(fetching.id, [&](Driver& driver) {
        if (fails) {
          driver.snapshot_failed(snapshot.index, fetching.machine->state().index, now_ms_);
        } else {
          driver.snapshot_installed(snapshot.index, now_ms_);
        }
      });
    });
  });
}

// ---- Work ----

Index World::propose(NodeId id, std::size_t padding) {
  std::string text(sizeof next_block_ + padding, 'x');
  const std::uint64_t number = ++next_block_;
  std::memcpy(text.data(), &number, sizeof number);
  const Bytes block = std::make_shared<const std::string>(std::move(text));
  Machine& machine = *node(id).machine;
  machine.proposals[block.get()] = {block, number};
  Index index = 0;
  with(id, [&](Driver& driver) {
    const auto proposed = driver.propose(block, now_ms_);
    if (proposed) {
      index = *proposed;
    } else {
      machine.proposals.erase(block.get());
    }
  });
  return index;
}

void World::read(NodeId id) {
  const Index must = checker.committed();
  with(id, [&](Driver& driver) {
    driver.read(
        [this, id, must](Result<Index> done) {
          if (!done) return;
          ++counters.reads;
          if (*done < must || node(id).machine->state().index < checker.last_block(must)) {
            violate("STALE READ on " + name(id) + ": " + std::to_string(*done) + " for " +
                    std::to_string(must));
          }
        },
        now_ms_);
  });
}

}  // namespace puhui::consensus::sim
