// One node of a city: ledger, consensus, peers, clock, checkpoints, receipts, tied together.
//
// Threads: one ordering strand, one log writer, one applier, one signer, a pool on all cores for
// signature checks and receipts, and the peers' sockets on the io_context handed in. All public
// functions may be called from any thread; callbacks come from any thread and must not block.
//
// Durability: an answer ACCEPTED means that a majority of the voters has the event on disk. A
// receipt means besides that a majority has cosigned a tree with it.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "consensus/log.h"
#include "consensus/message.h"
#include "node/peers/peers.h"
#include "node/replica/applier.h"
#include "node/replica/checkpoints.h"
#include "node/replica/city.h"
#include "node/replica/cosigner.h"
#include "node/replica/fetcher.h"
#include "node/replica/log_thread.h"
#include "node/replica/ordering.h"
#include "node/replica/partners.h"
#include "node/replica/positions.h"
#include "node/replica/receipts.h"
#include "node/replica/snapshots.h"
#include "node/tls/peer_identity.h"
#include "node/witness/asker.h"

namespace puhui::node {

struct ReplicaOptions {
  std::uint64_t node_id = 0;
  std::string folder;  // ledger, log and signing records lie below it
  // A file outside `folder`, made when this node becomes a voter: with it and without a log, the
  // node refuses to begin, because it would forget its votes.
  std::string marker;
  Endpoint peer_listen;
  OrderingOptions ordering;
  ApplierOptions applier;
  ledger::StoreOptions store;          // its folder is chosen here
  std::optional<AskerOptions> asking;  // of witnesses outside the city, while this node leads
  // Follows the partners' logs besides its own ones, and outlives the replica. Null: agreements
  // make this node neither follow nor ask anybody.
  Witness* partners_witness = nullptr;
  unsigned pool_threads = 2;
};

// Who this node is and which city it belongs to.
struct ReplicaIdentity {
  std::string genesis_envelope;       // exact bytes of the genesis event's envelope
  v1::Genesis genesis;                // decoded from it
  std::vector<v1::Node> known_nodes;  // told when it joined; the ledger's own list wins
  bool founding = false;              // one of the voters of the genesis
  crypto::SecretKey peer_key;
  crypto::SecretKey cosigner_key;
  crypto::SecretKey log_key;
};

class Replica {
 public:
  // IO, LOCKED, CORRUPT from the folders, CORRUPT also for a node whose log is gone; WRONG_CITY if
  // they hold another city's ledger; UNAVAILABLE if the peer endpoint cannot be bound; errors of
  // Asker::start.
  [[nodiscard]] static Result<std::unique_ptr<Replica>> start(boost::asio::io_context& io,
                                                              ReplicaOptions options,
                                                              ReplicaIdentity identity);
  // Stops.
  ~Replica();

  // Answers everything that waits, with outcome_unknown if need be, and ends the threads that
  // answer; events still being checked, and what is asked later, are not answered, but for the
  // ledger. Not from an answer.
  void stop();

  // See Ordering::submit. A node that does not lead answers NOT_LEADER.
  void submit(std::vector<PendingPtr> events);

  // Linearizable: `done` once the local ledger holds all that was accepted before this call.
  void read_barrier(std::function<void(Result<void>)> done);
  // `done` once the leaf at `position` is applied here; UNAVAILABLE after a bound of some seconds.
  void wait_for(std::uint64_t position, std::function<void(Result<void>)> done);

  [[nodiscard]] LedgerPtr ledger() const { return slot_.get(); }
  [[nodiscard]] CompletePtr checkpoint() const { return receipts_.newest(); }
  [[nodiscard]] bool leads() const { return leads_; }
  // Of the witness policy or, without one, of the partners; null if no witness is asked. Lives as
  // long as this.
  [[nodiscard]] const Asker* asker() const;
  [[nodiscard]] const v1::Genesis& genesis() const { return identity_.genesis; }

  // Answered on the ordering strand.
  void policy(std::function<void(Result<crypto::Policy>)> done);
  void status(std::function<void(v1::Status)> done);
  void transfer(std::uint64_t to, std::function<void(Result<void>)> done);
  enum class Membership { learner, voter, none };
  void change_member(std::uint64_t node_id, Membership membership,
                     std::function<void(Result<void>)> done);

  [[nodiscard]] peers::Status peers_status() const { return peers_->status(); }
  [[nodiscard]] std::uint64_t log_writes() const { return log_thread_->writes(); }

 private:
  Replica(boost::asio::io_context& io, ReplicaOptions options, ReplicaIdentity identity,
          LedgerPtr ledger, std::unique_ptr<consensus::Log> log, Cosigner cosigner);

  Result<void> begin();
  Result<void> listen();
  Result<void> ask_witnesses();
  void offer(const CompletePtr& checkpoint);
  Result<void> recall() const;
  Result<void> bootstrap();
  void tick();
  void stand_aside(std::uint64_t now_ms);
  void ping_clocks();
  void receive(std::uint64_t from, std::string bytes);
  void receive_own(std::uint64_t from, const v1::NodeMessage& message);
  void send(std::uint64_t to, const v1::NodeMessage& message);
  void on_configuration(const consensus::Configuration& configuration);
  void on_synced(ledger::AppliedAt at, std::shared_ptr<ledger::View> view);
  void install(const consensus::Snapshot& snapshot, std::uint64_t from);
  void installed(const Result<void>& outcome, std::uint64_t index);
  Result<void> switch_ledger(const std::string& folder);
  void refresh_members();
  std::vector<v1::Node> all_nodes() const;
  Result<crypto::Policy> policy_now() const;
  v1::Status status_now();
  OrderingHooks ordering_hooks();
  ApplierHooks applier_hooks();
  CheckpointHooks checkpoint_hooks();

  boost::asio::io_context& io_;
  const ReplicaOptions options_;
  ReplicaIdentity identity_;
  LedgerSlot slot_;
  std::unique_ptr<consensus::Log> log_;

  boost::asio::io_context strand_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> strand_work_;
  boost::asio::thread_pool pool_;
  boost::asio::thread_pool signing_{1};
  boost::asio::steady_timer tick_timer_;

  Receipts receipts_;
  Positions positions_;
  Snapshots snapshots_;
  Ordering ordering_;
  Checkpoints checkpoints_;
  std::shared_ptr<Fetcher> fetcher_;  // while a snapshot is being fetched
  std::unique_ptr<Applier> applier_;
  std::unique_ptr<LogThread> log_thread_;
  std::unique_ptr<peers::Peers> peers_;
  std::unique_ptr<Asker> asker_;
  std::unique_ptr<Partners> partners_;

  // Strand only.
  consensus::Configuration configuration_;
  std::vector<peers::Member> members_;
  std::uint64_t pinged_ms_ = 0, refreshed_ms_ = 0;
  std::uint64_t stood_aside_ = 0, aside_doublings_ = 0, aside_again_ms_ = 0;
  std::atomic<bool> leads_{false};
  bool stopping_ = false;

  std::thread strand_thread_;
};

}  // namespace puhui::node
