// The engine: one server's part of the Raft protocol as a pure function of its events.
//
// A Core takes one Event at a time and answers with an Update: what to make durable, what to send,
// what became committed. It has no clock, thread, socket, file or callback; randomness comes from
// the seed alone, so the same events give the same updates. Everything it says is its own types:
// which engine stands behind it is known to its adapter folder only.
//
// Not thread-safe: one owner, one call at a time. The owner must carry out an Update in the order
// its fields are listed before it feeds the next event (Ongaro, "Consensus: Bridging Theory and
// Practice", 2014, §3.8 and figure 3.1: term, vote and entries are durable before they are
// promised to anybody).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "proto/error.h"

namespace puhui::consensus {

using NodeId = std::uint64_t;  // A server, for ever; 0 names nobody.
using Term = std::uint64_t;    // A leader's reign; 0 before the first.
using Index = std::uint64_t;   // A position in the log, counted from 1; 0 is before all of them.

// Limits of the protocol. A message or call beyond them is refused, never truncated.
inline constexpr std::size_t kMaxBlockBytes = 4u << 20;  // One block, attachments included.
inline constexpr std::size_t kMaxServers = 32;           // Members of one configuration.
inline constexpr std::size_t kMaxVoters = 9;             // Of them, those with a vote.
inline constexpr std::size_t kMaxAddressBytes = 255;     // Of one member.
inline constexpr std::size_t kMaxManifestBytes = 64u << 10;
inline constexpr std::size_t kMaxEntriesPerMessage = 4096;

// A learner receives the log and has no say in what is committed.
enum class Role : std::uint8_t { kLearner = 0, kVoter = 1 };

struct Server {
  NodeId id = 0;
  std::string address;  // Opaque to consensus; unique within the configuration, never empty.
  Role role = Role::kLearner;
  bool operator==(const Server&) const = default;
};

// The members, in ascending order of id.
struct Configuration {
  std::vector<Server> servers;
  bool operator==(const Configuration&) const = default;

  // The member with this id, or nullptr.
  [[nodiscard]] const Server* find(NodeId id) const;
  [[nodiscard]] std::size_t voters() const;
  [[nodiscard]] bool is_voter(NodeId id) const;
};

// Refuses (INVALID_ARGUMENT, with the reason) what could not be anybody's configuration: no voter,
// too many members, an id of 0, unsorted or repeated ids, an empty, repeated or overlong address.
[[nodiscard]] Result<void> check(const Configuration& configuration);

// The bytes of a configuration entry, and back. Decoding is bounded and refuses (MESSAGE_MALFORMED)
// whatever `check` would. Format: puhui.v1.RaftConfiguration in consensus.proto.
[[nodiscard]] std::string encode(const Configuration& configuration);
[[nodiscard]] Result<Configuration> decode_configuration(std::string_view bytes);

enum class EntryKind : std::uint8_t {
  kBlock = 1,          // The owner's bytes.
  kBarrier = 2,        // Empty: a leader's first entry of its term.
  kConfiguration = 3,  // `encode(Configuration)`.
};

using Bytes = std::shared_ptr<const std::string>;

struct Entry {
  Term term = 0;
  EntryKind kind = EntryKind::kBlock;
  Bytes data;  // Never null; shared, so that an entry is held in memory once.
};

// The state of the owner's machine after one entry, in place of all entries up to it.
struct Snapshot {
  Index index = 0;
  Term term = 0;                // Of the entry at `index`.
  Configuration configuration;  // In force at `index`.
  Index configuration_index = 0;
  std::string manifest;  // The owner's description of the content; at most kMaxManifestBytes.
};

// ---- Messages between servers (Ongaro 2014, figure 3.1) ----

struct AppendEntries {
  Term term = 0;
  Index prev_index = 0;
  Term prev_term = 0;
  Index commit = 0;
  std::vector<Entry> entries;
};

struct AppendResult {
  Term term = 0;
  Index rejected = 0;    // The `prev_index` that did not match; 0 on success.
  Index last_index = 0;  // On success what is durable here, else where to try next.
};

struct RequestVote {
  Term term = 0;
  Index last_index = 0;
  Term last_term = 0;
  bool disrupt_leader = false;  // Sent on the leader's own wish (transfer).
  bool pre_vote = false;
};

struct VoteResult {
  Term term = 0;
  bool granted = false;
  bool pre_vote = false;
};

struct InstallSnapshot {
  Term term = 0;
  Snapshot snapshot;
};

struct TimeoutNow {
  Term term = 0;
  Index last_index = 0;
  Term last_term = 0;
};

using CoreMessage =
    std::variant<AppendEntries, AppendResult, RequestVote, VoteResult, InstallSnapshot, TimeoutNow>;

// ---- What happens to a server ----

// Only the term, kind and, for a configuration, the bytes of an entry matter to a Core.
struct EntryHead {
  Term term = 0;
  EntryKind kind = EntryKind::kBlock;
  std::uint32_t bytes = 0;  // How long its data is.
  Bytes configuration;      // The data, if kind is kConfiguration; else null.
};

// The first event of every Core: what its predecessor made durable.
struct Start {
  Term term = 0;
  NodeId voted_for = 0;
  std::optional<Snapshot> snapshot;  // Absent: the log, if any, begins at index 1.
  Index first = 1;                   // At most snapshot.index + 1.
  std::vector<EntryHead> entries;
};
struct Receive {
  NodeId from = 0;
  CoreMessage message;
  // Answer a RequestVote as a voter would, whatever role this server believes it has: it may not
  // have heard of its promotion yet, and its vote may be the one that is missing (Ongaro 2014,
  // §4.2.1). A server without any configuration never votes: its disk may have been replaced.
  bool as_voter = true;
};
// All entries up to `index` are durable. Greater than any index said before, unless the log was
// truncated since; never for entries that have been overwritten (see Gate::durable).
struct Stored {
  Index index = 0;
};
struct SnapshotInstalled {
  Snapshot snapshot;
};
struct SnapshotTaken {
  Snapshot snapshot;
  Index trailing = 0;  // Entries kept behind the snapshot's index.
};
struct ConfigurationCommitted {
  Index index = 0;
  Configuration configuration;
};
struct Tick {};
// Leader only. A configuration is submitted alone.
struct Submit {
  std::vector<Entry> entries;
};
struct Transfer {
  NodeId to = 0;
};

struct Event {
  std::uint64_t now_ms = 0;  // Monotonic.
  std::variant<Start, Receive, Stored, SnapshotInstalled, SnapshotTaken, ConfigurationCommitted,
               Tick, Submit, Transfer>
      what;
};

// ---- What must be done about it, in this order ----

struct Update {
  // 1. Durable, at once, before anything below: the pair (term, voted_for) changed.
  bool vote_changed = false;

  // 2. From `first` on, the log now reads these entries and nothing else. Hand them to the writer.
  struct Append {
    Index first = 0;
    std::vector<Entry> entries;
  };
  std::optional<Append> append;

  // 3. Everything in the log is void: fetch this snapshot, then say SnapshotInstalled.
  std::optional<Snapshot> fetch;

  // 4. Send at once; entries handed out under 2 need not be durable for that. The entries of an
  // AppendEntries are left out: send `entry_count` of them from prev_index + 1 on. The manifest of
  // an InstallSnapshot is left out as well.
  struct Outgoing {
    NodeId to = 0;
    CoreMessage message;
    Index entry_count = 0;
  };
  std::vector<Outgoing> messages;
};

enum class Standing : std::uint8_t { kFollower, kCandidate, kLeader };

class Core {
 public:
  virtual ~Core() = default;

  // Errors: NOT_LEADER for Submit and Transfer where no leader may do it, INVALID_ARGUMENT for a
  // transfer to somebody who cannot lead, MEMBERSHIP_BUSY for a configuration behind another.
  // CORRUPT: what happened contradicts what is committed here; no further step is sound.
  [[nodiscard]] virtual Result<Update> step(Event event) = 0;

  [[nodiscard]] virtual Standing standing() const = 0;
  [[nodiscard]] virtual Term term() const = 0;
  [[nodiscard]] virtual NodeId voted_for() const = 0;
  [[nodiscard]] virtual NodeId leader() const = 0;  // 0: not known.
  [[nodiscard]] virtual Index commit() const = 0;   // May exceed what is durable here.
  [[nodiscard]] virtual Index stored() const = 0;   // The last entry known to be durable here.
  [[nodiscard]] virtual bool installing() const = 0;
  [[nodiscard]] virtual Configuration configuration() const = 0;  // In force: newest in the log.
  [[nodiscard]] virtual Index uncommitted_configuration() const = 0;  // Its index, or 0.
  [[nodiscard]] virtual NodeId transferee() const = 0;                // 0: no transfer under way.
  // Leader: the last index known to match on that server; 0 if nothing is known.
  [[nodiscard]] virtual Index match(NodeId server) const = 0;
  // When the next Tick is due. May lie in the past.
  [[nodiscard]] virtual std::uint64_t timeout_ms() const = 0;
};

struct CoreOptions {
  NodeId self = 0;
  std::uint32_t election_timeout_ms = 1000;
  std::uint32_t heartbeat_ms = 100;
  std::uint32_t max_inflight = 64;  // Entries sent to one server ahead of its answer.
  std::uint32_t install_snapshot_timeout_ms = 600'000;
  std::uint32_t seed = 0;
  bool fresh_term = true;  // The only voter begins a new term when it elects itself (guard 12).
};

// The engine this build uses.
[[nodiscard]] std::unique_ptr<Core> make_core(const CoreOptions& options);

}  // namespace puhui::consensus
