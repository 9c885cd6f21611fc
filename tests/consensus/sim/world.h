// A cluster in one thread: real drivers over simulated machines, disks and links, on a virtual
// clock. Scripted tests move it by hand; chaos.h adds load and faults.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "consensus/driver.h"
#include "sim/checker.h"
#include "sim/disk.h"
#include "sim/machine.h"
#include "sim/random.h"

namespace puhui::consensus::sim {

struct WorldOptions {
  int nodes = 5;
  int voters = 3;  // Of them bootstrapped; the others begin empty.
  std::uint32_t max_inflight = 8;
  std::uint64_t trailing_entries = 40;
  std::uint64_t cache_bytes = 2'000;
  std::uint64_t max_unapplied_bytes = 20'000;
  std::uint64_t message_bytes = 400;
  std::uint64_t burst_bytes = 2'000;
  double drop = 0.0;   // Messages lost at random.
  double stall = 0.0;  // Messages and writes that take long.
  double fetch_fails = 0.0;
  DiskFaults disk;
  bool trace = false;  // Tell on stderr what happens.
  // Changes a disk before its server first starts.
  std::function<void(NodeId, Disk&)> prepare;
  std::function<std::unique_ptr<Gate>()> gate = [] { return std::make_unique<Gate>(); };
};

struct Node {
  explicit Node(DiskFaults faults) : disk(faults) {}
  NodeId id = 0;
  Disk disk;
  std::unique_ptr<Machine> machine;
  std::unique_ptr<Driver> driver;  // Null while crashed.
  std::uint64_t life = 0;
  std::uint64_t timer_ms = 0;
  bool apply_scheduled = false;
  // What the checks saw last.
  const Core* core = nullptr;
  Index seen_commit = 0;
  Term led_term = 0;
  std::uint64_t checks = 0;
  Configuration told;
};

struct Counters {
  std::uint64_t steps = 0, messages = 0, commits = 0, elections = 0, crashes = 0, snapshots = 0,
                installs = 0, failed_installs = 0, changes = 0, transfers = 0, reads = 0,
                acknowledged = 0, lost = 0;
  void add(const Counters& other);
};

class World final {
 public:
  World(std::uint64_t seed, WorldOptions options);
  ~World();

  // ---- Time ----
  std::uint64_t now_ms() const { return now_ms_; }
  // Carries out the next event; false if there is none.
  bool advance();
  // Runs until `done` holds; false if `limit_ms` passed first.
  bool run_until(const std::function<bool()>& done, std::uint64_t limit_ms);
  void run_for(std::uint64_t ms);
  void at(std::uint64_t ms, std::function<void()> what);

  // ---- Servers, numbered from 1 ----
  Node& node(NodeId id) { return *nodes_[id - 1]; }
  Driver& driver(NodeId id) { return *node(id).driver; }
  bool alive(NodeId id) { return node(id).driver != nullptr; }
  int size() const { return static_cast<int>(nodes_.size()); }
  void crash(NodeId id);
  void start(NodeId id);
  // The live leader with the highest term, or 0.
  NodeId leader();
  bool caught_up(NodeId id, Index index);

  // ---- Links ----
  void cut(NodeId from, NodeId to) { cut_.insert({from, to}); }
  void isolate(NodeId id);
  void heal() { cut_.clear(); }
  // Sees every message before it is sent; false drops it.
  std::function<bool(NodeId from, NodeId to, const std::string& bytes)> filter;

  // ---- Work ----
  // Proposes a numbered block there; its index, or 0 if it was refused.
  Index propose(NodeId id, std::size_t padding = 0);
  void read(NodeId id);
  void take_snapshot(NodeId id);
  void hold_disk(NodeId id, bool held) { held_[id] = held; }
  void release_disk(NodeId id);

  // Calls into a driver, then checks everything that can be seen.
  void with(NodeId id, const std::function<void(Driver&)>& call);

  // A line of the trace.
  void tell(NodeId id, const std::string& what) const;

  // After healing: every promise is kept.
  void finish();

  Random random;
  Checker checker;
  Counters counters;
  WorldOptions options;

 private:
  friend class Machine;
  class Link;
  struct Event {
    std::uint64_t at_ms;
    std::uint64_t number;
    std::function<void()> what;
    bool operator<(const Event& other) const {
      return at_ms != other.at_ms ? at_ms > other.at_ms : number > other.number;
    }
  };
  void send(NodeId from, NodeId to, std::string bytes);
  void check(Node& node);
  void check_commit(Node& node);
  void check_configuration(Node& node);
  void schedule_timer(Node& node);
  void schedule_apply(Node& node);
  void schedule_write(Node& node);
  void begin_fetch(NodeId id, Snapshot snapshot);
  std::uint64_t latency(std::uint64_t usual, std::uint64_t rare);

  std::uint64_t now_ms_ = 1;
  std::uint64_t events_made_ = 0;
  std::priority_queue<Event> events_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Transport>> links_;
  std::set<std::pair<NodeId, NodeId>> cut_;
  std::map<std::pair<NodeId, NodeId>, std::uint64_t> last_arrival_;
  std::map<NodeId, bool> held_;
  std::uint64_t next_block_ = 0;
};

}  // namespace puhui::consensus::sim
