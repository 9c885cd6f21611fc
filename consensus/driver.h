// The driver: one server of the cluster, made of a Core, the Gate before it and the log behind it.
//
// It is passive. The owner tells it the time, what arrived, what was written and what was applied;
// it answers through the interfaces handed in. It starts no thread, reads no clock, and its only
// randomness is `Options::seed`: the simulator in tests/consensus/sim runs this very code.
//
// Threads: everything here happens on one strand. The interfaces are called on it, never from
// inside another call of theirs; they may call the driver back (such calls are carried out after
// the effects of the present one). Callbacks given to `read`, `add_learner`, … run on it, too,
// each exactly once; `stop` fails those still waiting with UNAVAILABLE.
//
// Order of effects of every step (the order is the safety argument, see README.md):
//   1. term and vote synced; 2. entries handed to the LogWriter; 3. messages sent, the leader
//   replicating in parallel with its own disk; 4. on `log_written`, durable entries acknowledged;
//   5. entries delivered that are committed *and* durable here.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "consensus/core.h"
#include "consensus/gate.h"
#include "consensus/log.h"
#include "consensus/log_view.h"
#include "consensus/message.h"

namespace puhui::consensus {

struct Options {
  NodeId self = 0;
  std::uint32_t election_timeout_ms = 1000;  // Randomised between one and two times this.
  std::uint32_t heartbeat_ms = 100;
  // Entries sent to one server ahead of its answer, [1, 1024].
  std::uint32_t max_inflight = 64;
  // How much log is kept behind a snapshot for servers that lag: at most this many entries and
  // bytes, but never fewer than 4 × max_inflight entries (guard 8).
  std::uint64_t trailing_entries = 100'000;
  std::uint64_t trailing_bytes = 1u << 30;
  // Bytes of recent entries held in memory beyond those not yet delivered.
  std::uint64_t cache_bytes = 64u << 20;
  // Bytes of blocks proposed or delivered and not yet applied, beyond which `propose` is BUSY and
  // delivery pauses.
  std::uint64_t max_unapplied_bytes = 64u << 20;
  // Entries of one AppendEntries are split into messages of about this size.
  std::uint64_t message_bytes = 1u << 20;
  // Of one burst to one server no more than this is sent; what is left is sent after its answer.
  std::uint64_t burst_bytes = 16u << 20;
  // A leader sends a snapshot again after this time: at least what a fetch is expected to take.
  std::uint32_t install_snapshot_timeout_ms = 600'000;
  // A read or membership change that cannot be finished is given up after this time.
  std::uint32_t request_timeout_ms = 10'000;
  std::uint32_t seed = 0;
};

// Queued operations are numbered; a completion covers its number and all before it.
using Ticket = std::uint64_t;

// Sends to peers. Messages are PeerMessage bytes (see message.h); delivery may fail silently, but
// what arrives arrives in order. Called with at most Options::burst_bytes per peer and step.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual void send(NodeId to, std::string message) = 0;
};

// Queues operations for the writer thread, which takes all there are, passes them to Log::write
// in order and then posts `driver.log_written(ticket of the last one)` to the strand.
class LogWriter {
 public:
  virtual ~LogWriter() = default;
  virtual void enqueue(Ticket ticket, LogOp op) = 0;
};

// The owner's machine. All of it is called on the strand and may take its time elsewhere.
class StateMachine {
 public:
  virtual ~StateMachine() = default;

  // A block arrived from the leader and may be committed later; a chance to verify it ahead.
  virtual void received(Index index, const Bytes& block) = 0;

  // A block is committed and durable. In order of index, each once, without holes except for
  // indexes that hold no block. `block` is the pointer given to `propose` or `received`; only a
  // server that applies far behind the commit (beyond Options::cache_bytes) or has restarted gets
  // a fresh copy. The owner says `applied` when its machine has it.
  virtual void committed(Index index, Term term, const Bytes& block) = 0;

  // This proposed or received block was overwritten, or a snapshot passes it by: it will not be
  // delivered here. A client waiting for it must be told that the outcome is unknown.
  virtual void lost(Index index, const Bytes& block) = 0;

  // This server began or ceased to lead. A leader may propose at once; what it may answer to
  // readers is for `read` to say.
  virtual void leadership(bool leads, Term term) = 0;

  // The configuration in force changed: the newest in the log, committed or not. Told once at the
  // start if there is one.
  virtual void configuration(const Configuration& in_force) = 0;

  // The log no longer reaches back to this machine's state: fetch the state `snapshot.manifest`
  // describes, verify it, switch to it durably, then say `snapshot_installed`; or `snapshot_failed`
  // when that cannot be done (the leader offers a snapshot again later). `from` is the leader that
  // offers it; any member may have the content. Until then nothing is delivered; blocks delivered
  // earlier may still be applied or dropped.
  virtual void install_snapshot(const Snapshot& snapshot, NodeId from) = 0;

  // What happened cannot happen while disks keep what they synced and peers run this protocol
  // (CORRUPT, with the particulars). The driver has stopped; the owner must end the process.
  virtual void broken(const Error& error) = 0;
};

// What a person or a metric wants to know.
struct Progress {
  NodeId id = 0;
  Index match = 0;              // Known to agree up to here; on the leader only.
  std::uint64_t silent_ms = 0;  // Since anything was heard of it.
};
struct Status {
  Standing standing = Standing::kFollower;
  Term term = 0;
  NodeId leader = 0;  // 0: none known.
  Index first = 0;    // Of the log.
  Index last = 0;
  Index stored = 0;  // Durable.
  Index commit = 0;
  Index delivered = 0;  // Handed to the machine.
  Index applied = 0;    // Said by the machine, advanced over indexes that hold no block.
  Index snapshot = 0;
  bool installing = false;
  bool changing = false;  // A membership change is under way.
  NodeId transferee = 0;
  Configuration configuration;
  std::vector<Progress> peers;
};

class Driver {
 public:
  // The interfaces outlive the driver. `gate` replaces the guards (mutants in the simulator).
  Driver(const Options& options, Log& log, LogWriter& writer, Transport& transport,
         StateMachine& machine, std::unique_ptr<Gate> gate = std::make_unique<Gate>());
  ~Driver();

  // ---- Life ----

  // Writes the first configuration to an empty log, before `start`. Every founding member must be
  // given the same one; a server that joins later is given none.
  // Errors: INVALID_ARGUMENT (see `check`, or the log is not empty).
  [[nodiscard]] static Result<void> bootstrap(Log& log, const Configuration& configuration);

  // Begins, with the machine at `applied`: the index of the last block whose effects it holds
  // durably (0 for none). Committed blocks after it are delivered again.
  // Errors: CORRUPT when log and machine cannot belong together (the log begins after
  // applied + 1, or ends before `applied` without a fetched snapshot to explain it).
  [[nodiscard]] Result<void> start(Index applied, std::uint64_t now_ms);

  // Fails every waiting callback and ignores everything from now on.
  void stop();

  // ---- Time, peers, disk ----

  // When `tick` should be called next, in the terms of `now_ms`.
  [[nodiscard]] std::uint64_t deadline_ms() const;
  void tick(std::uint64_t now_ms);

  // A PeerMessage with consensus content from an authenticated peer. Errors: MESSAGE_MALFORMED for
  // what no correct peer sends; nothing has happened then.
  [[nodiscard]] Result<void> receive(NodeId from, std::string_view message, std::uint64_t now_ms);

  // The operations up to and including this ticket are durable.
  void log_written(Ticket ticket, std::uint64_t now_ms);

  // ---- The machine ----

  // The machine has applied all blocks up to this index (not necessarily durably).
  void applied(Index index, std::uint64_t now_ms);

  // The machine's state at the block `index`, described by `manifest`, is durable and can be
  // fetched by others: a snapshot. The log is truncated behind it. INVALID_ARGUMENT if the index
  // was not applied or the manifest is too large; an index not beyond the last snapshot, and any
  // during an installation, is ignored.
  [[nodiscard]] Result<void> ledger_synced(Index index, std::string manifest, std::uint64_t now_ms);

  // Answers to `install_snapshot`. The machine is at the snapshot's index, durably.
  void snapshot_installed(Index index, std::uint64_t now_ms);
  // The machine is still at `applied`; committed blocks after that are delivered again.
  void snapshot_failed(Index index, Index applied, std::uint64_t now_ms);

  // ---- Clients ----

  // Appends blocks; the index of the first (the others follow). Committed when delivered, unless
  // `lost`. Leader only.
  // Errors: NOT_LEADER, BUSY (too much is unapplied, or leadership is being handed over),
  // TOO_LARGE, INVALID_ARGUMENT (none given).
  [[nodiscard]] Result<Index> propose(std::span<const Bytes> blocks, std::uint64_t now_ms);
  [[nodiscard]] Result<Index> propose(Bytes block, std::uint64_t now_ms);

  // A linearizable read, on any member: `done` is called once this server's machine has applied
  // everything that was committed when `read` was called, with an index that covers it. It costs
  // one round to a majority, shared with other reads; no clock is trusted.
  // Errors (through `done`): UNAVAILABLE (no leader, leadership lost, no answer in time).
  using ReadDone = std::function<void(Result<Index>)>;
  void read(ReadDone done, std::uint64_t now_ms);

  // ---- Membership, leader only; one change at a time ----
  // `done` is called when the change is committed. A change waits, up to
  // Options::request_timeout_ms, until an entry of the leader's own term is committed and every
  // voter concerned has caught up. Errors (through `done`): NOT_LEADER, MEMBERSHIP_BUSY (another
  // change is under way, somebody is behind, or it was not committed in time: it may yet be),
  // INVALID_ARGUMENT (the result would break `check`, nothing would change, or it touches the
  // leader itself: transfer leadership first).
  using ChangeDone = std::function<void(Result<void>)>;
  void add_learner(NodeId id, std::string address, ChangeDone done, std::uint64_t now_ms);
  void promote(NodeId id, ChangeDone done, std::uint64_t now_ms);
  void remove(NodeId id, ChangeDone done, std::uint64_t now_ms);

  // Starts handing leadership to a voter; the outcome shows in `StateMachine::leadership`.
  // Errors: NOT_LEADER, INVALID_ARGUMENT, BUSY (one is under way).
  [[nodiscard]] Result<void> transfer(NodeId to, std::uint64_t now_ms);

  // ---- Sight ----
  [[nodiscard]] Status status() const;
  // Parts of the driver, to look at; only after `start`.
  [[nodiscard]] const LogView& view() const { return view_; }
  [[nodiscard]] const Core& core() const { return *core_; }

 private:
  struct QueuedWrite {
    Ticket ticket = 0;
    WriteExtent extent;
  };
  struct PeerState {
    std::uint64_t heard_ms = 0;
    Index told_commit = 0;  // As far as it was told, on a connection that loses nothing.
  };
  // A read waits for a round of probes (leader) or the leader's answer (others), then for `index`
  // to be applied. Without `done` it is another server's, which does the second wait itself.
  struct Read {
    ReadDone done;
    NodeId asker = 0;
    std::uint64_t asker_id = 0;
    std::uint64_t deadline_ms = 0;
    Index index = 0;
  };
  struct Change {
    Configuration next;
    ChangeDone done;
    Term term = 0;
    std::uint64_t deadline_ms = 0;
    Index submitted = 0;  // 0: not yet.
  };
  // An installation: recorded on disk, fetched by the machine, made the log's beginning, or given
  // up. `ticket` is the write being waited for.
  enum class InstallPhase { kNone, kRecording, kFetching, kInstalling, kAbandoning };
  struct Install {
    InstallPhase phase = InstallPhase::kNone;
    Ticket ticket = 0;
    Snapshot snapshot;
    Index applied = 0;
  };

  // driver.cc: the step, its effects, delivery.
  void advance(std::uint64_t now_ms);
  void settle();
  [[nodiscard]] Result<void> step(decltype(Event::what) what);
  void drive(decltype(Event::what) what);
  void carry_out(Update update);
  void take_append(const Update::Append& append);
  void note_standing();
  void note_configuration();
  void note_durable();
  void deliver();
  void deliver_one(Index index);
  void announce(std::function<void()> callback);
  void break_down(Error error);
  Ticket enqueue(LogOp op, WriteExtent extent);
  [[nodiscard]] bool leads() const { return core_->standing() == Standing::kLeader; }
  [[nodiscard]] Index effective_applied() const;
  [[nodiscard]] Sight sight() const;
  [[nodiscard]] const Configuration& in_force() const;

  // driver_message.cc: messages in and out.
  void take(NodeId from, CoreMessage message);
  void take(NodeId from, const ReadProbe& probe);
  void take(NodeId from, const ReadProbeResult& result);
  void take(NodeId from, const ReadRequest& request);
  void take(NodeId from, const ReadResult& result);
  void send(const Update::Outgoing& outgoing);
  void send_entries(NodeId to, const AppendEntries& head, Index count);
  void send_snapshot(NodeId to, const InstallSnapshot& head);
  void send_commit();
  void transmit(NodeId to, const Message& message);

  // driver_read.cc
  void ask_leader(std::uint64_t id);
  void start_round();
  void finish_round();
  void probe_peers();
  void serve_reads();
  void fail_reads(std::vector<Read> reads);
  void fail_leader_reads();
  void tick_reads();
  [[nodiscard]] std::uint64_t read_deadline_ms() const;

  // driver_member.cc
  void request_change(Result<Configuration> next, ChangeDone done);
  void pursue_change();
  void submit_change();
  void finish_change(Result<void> outcome);
  [[nodiscard]] MembershipSight membership_sight() const;

  // driver_snapshot.cc
  void begin_install(Snapshot snapshot);
  void pursue_install(Ticket written);
  void finish_install();
  [[nodiscard]] Result<void> start_core(const LogState& state);

  const Options options_;
  Log& log_;
  LogWriter& writer_;
  Transport& transport_;
  StateMachine& machine_;
  std::unique_ptr<Gate> gate_;
  std::unique_ptr<Core> core_;
  LogView view_;

  bool stopped_ = true;
  bool proposing_ = false;
  std::uint64_t now_ms_ = 0;
  std::uint32_t cores_ = 0;  // Made so far; each gets another seed.

  // Writes on their way to the disk, oldest first.
  std::deque<QueuedWrite> writes_;
  Ticket last_ticket_ = 0;
  Index durable_ = 0;  // What finished writes vouch for.

  // Delivery. Blocks up to `restored_` were in the machine when it started.
  Index commit_ = 0;
  Index delivered_ = 0;
  Index last_block_ = 0;
  Index applied_ = 0;
  Index restored_ = 0;
  struct Unapplied {
    Index index = 0;
    std::uint64_t bytes = 0;
  };
  std::deque<Unapplied> unapplied_;
  std::uint64_t unapplied_bytes_ = 0;

  // What was last told to the machine.
  bool led_ = false;
  Term led_term_ = 0;
  Index last_at_election_ = 0;
  std::uint64_t told_configuration_ = 0;
  std::deque<std::function<void()>> announcements_;
  bool announcing_ = false;

  std::map<NodeId, PeerState> peers_;

  std::vector<Read> waiting_reads_;            // For the next round.
  std::vector<Read> round_reads_;              // For the answers to this one.
  std::vector<Read> indexed_reads_;            // For the machine.
  std::map<std::uint64_t, Read> asked_reads_;  // For the leader.
  std::uint64_t next_read_ = 0;
  std::uint64_t round_ = 0;
  Index round_index_ = 0;
  std::set<NodeId> round_answers_;
  std::uint64_t asked_ms_ = 0;  // When probes or requests were last sent.

  std::optional<Change> change_;
  Install install_;
};

}  // namespace puhui::consensus
