// The ordering strand: gathers events into blocks, stamps them, and lets consensus agree on them.
//
// It owns the consensus driver and is its transport's and state machine's face. Everything here
// runs on one strand and computes little: signatures are checked on the pool, blocks applied on the
// applier's thread, the log written by its own.
//
//   submit → check (pool) → enqueue → [block, stamp] → driver.propose → … → driver: committed
//          → applier → applied → driver
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>

#include "consensus/driver.h"
#include "node/replica/applier.h"
#include "node/replica/clock.h"
#include "node/replica/work.h"
#include "puhui/v1/peer.pb.h"

namespace puhui::node {

struct OrderingOptions {
  consensus::Options consensus;
  std::size_t block_bytes = std::size_t{64} << 10;  // a block is closed at this size …
  std::uint64_t block_wait_ms = 1;                  // … or after this time
  std::size_t blocks_in_flight_max = 32;
  std::size_t queue_bytes_max = std::size_t{128} << 20;
  std::size_t queue_events_max = 200'000;
};

struct OrderingHooks {
  std::function<void(std::uint64_t to, std::string message)> send;
  std::function<void(bool leads)> leadership;
  std::function<void(const consensus::Configuration&)> configuration;
  std::function<void(const consensus::Snapshot&, std::uint64_t from)> install_snapshot;
  // This server can take no further part until it is started again.
  std::function<void(const Error&)> broken;
  // The first block of an empty ledger, or nothing once there is a genesis.
  std::function<std::optional<ledger::BlockItem>()> genesis;
};

class Ordering final : public consensus::Transport, public consensus::StateMachine {
 public:
  Ordering(OrderingOptions options, boost::asio::io_context& strand, boost::asio::thread_pool& pool,
           LedgerSlot& slot, OrderingHooks hooks);
  ~Ordering() override;

  // ---- Set-up, before anything else ----
  void connect(consensus::Log& log, consensus::LogWriter& writer, Applier& applier);
  [[nodiscard]] Result<void> start(consensus::Index applied);
  // Answers everything that waits; nothing is called any more afterwards.
  void stop();

  // ---- From any thread ----
  // Events of one client, in their order, checked on the pool and then queued together. Those that
  // fail their check, or find the queue full, are answered at once; but that no key is known is
  // said only by a node that leads, and when it has applied all that was accepted before.
  void submit(std::vector<PendingPtr> events);

  // ---- On the strand ----
  void receive(std::uint64_t from, std::string_view message);
  void log_written(consensus::Ticket ticket);
  void applied(consensus::Index index);
  void ledger_synced(consensus::Index index, std::string manifest);
  void snapshot_installed(consensus::Index index);
  void snapshot_failed(consensus::Index index, consensus::Index applied);
  // A voter's clock was compared with ours; the first majority of a reign lets proposals begin.
  void clock_heard(std::uint64_t voter, Micros offset_us);
  void read(consensus::Driver::ReadDone done);
  // Proposes a tick if something is due and no event is on its way to bring the time along.
  void tick();
  [[nodiscard]] consensus::Driver& driver() { return *driver_; }
  [[nodiscard]] CityClock& clock() { return clock_; }
  [[nodiscard]] std::size_t queued() const { return queue_.size(); }
  // Carries out what became due; called after anything that may change deadlines.
  void settle();

  // ---- consensus::Transport, consensus::StateMachine ----
  void send(consensus::NodeId to, std::string message) override;
  void received(consensus::Index index, const consensus::Bytes& block) override;
  void committed(consensus::Index index, consensus::Term term,
                 const consensus::Bytes& block) override;
  void lost(consensus::Index index, const consensus::Bytes& block) override;
  void leadership(bool leads, consensus::Term term) override;
  void configuration(const consensus::Configuration& in_force) override;
  void install_snapshot(const consensus::Snapshot& snapshot, consensus::NodeId from) override;
  void broken(const Error& error) override;

 private:
  struct Checking;  // the checks of one submission under way
  void check(std::vector<PendingPtr> events, bool is_current);
  void checked(std::vector<PendingPtr> events, bool is_current);
  void check_when_current(std::vector<PendingPtr> events);
  void release(const Pending& event);
  void turn_away(const std::vector<PendingPtr>& events, ErrorCode code, const std::string& detail);
  void enqueue(std::vector<PendingPtr> events);
  void pump();
  [[nodiscard]] bool may_propose() const;
  [[nodiscard]] std::vector<PendingPtr> next_block();
  void propose(std::vector<PendingPtr> events);
  // A block of these items, stamped now.
  [[nodiscard]] consensus::Bytes block_of(std::span<const ledger::BlockItem> items) const;
  void propose_genesis();
  WorkPtr prepare(consensus::Index index, const consensus::Bytes& block);
  void fail(const std::vector<PendingPtr>& events, ErrorCode code, const std::string& detail);
  void arm();

  const OrderingOptions options_;
  boost::asio::io_context& strand_;
  boost::asio::thread_pool& pool_;
  LedgerSlot& slot_;
  const OrderingHooks hooks_;
  Applier* applier_ = nullptr;
  std::unique_ptr<consensus::Driver> driver_;
  CityClock clock_;
  boost::asio::steady_timer timer_, block_timer_;
  std::uint64_t armed_for_ms_ = 0;
  bool leads_ = false;
  bool stopped_ = false;
  bool genesis_proposed_ = false;
  bool tick_proposed_ = false;

  std::deque<PendingPtr> queue_;
  std::size_t queue_bytes_ = 0;
  std::atomic<std::size_t> admitted_events_{0}, admitted_bytes_{0};
  std::uint64_t oldest_queued_ms_ = 0;
  std::size_t in_flight_ = 0;
  // Blocks on their way, by the identity of their bytes.
  std::unordered_map<const std::string*, WorkPtr> works_;
};

}  // namespace puhui::node
