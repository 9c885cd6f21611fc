// The gate: what may pass between the peers, the Core and the disk.
//
// Two duties. It refuses messages no correct peer sends, so that the Core sees only well-formed
// ones; and it holds the guards: corrections, found by simulation, without which the engine is not
// safe or may stop for good (README.md has the table; numbers here are its rows). Every function
// is pure. They are virtual for one reason: the simulator proves each guard necessary by running
// a Gate without it.
#pragma once

#include <map>
#include <vector>

#include "consensus/core.h"

namespace puhui::consensus {

// What the gate needs to know of this server to judge a message.
struct Sight {
  NodeId self = 0;
  Standing standing = Standing::kFollower;
  Term term = 0;
  Index commit = 0;  // As the Core says.
  Index stored = 0;
  Index first = 1;  // Of the log; everything before it is committed.
  Index last = 0;
  Index snapshot = 0;  // Where the last one was taken; committed.
  Term snapshot_term = 0;
  bool installing = false;
};

// What the gate needs to know to allow a membership change.
struct MembershipSight {
  NodeId self = 0;
  Term term = 0;
  Term term_at_commit = 0;  // The term of the newest committed entry.
  Index last = 0;
  Index uncommitted_configuration = 0;  // 0: none.
  Index configuration_index = 0;        // Of the one in force.
  Index slack = 0;                      // How far behind still counts as caught up.
  std::map<NodeId, Index> match;        // Servers heard of recently, and how far they agree.
  Configuration in_force;
};

// What a write still stands for: the part of it that no later write has replaced.
struct WriteExtent {
  Index first = 0;
  Index last = 0;
  // The last index no truncation since has touched; below `first` if none is left.
  Index intact = 0;
};

class Gate {
 public:
  virtual ~Gate() = default;

  // ---- Incoming ----

  // MESSAGE_MALFORMED for what breaks the protocol's own rules, whoever sent it: zero or
  // contradicting terms, too many entries or bytes, a configuration that does not decode (guard 9).
  [[nodiscard]] virtual Result<void> check(NodeId from, const CoreMessage& message) const;

  // Whether a well-formed message should reach the Core now. False for what the Core has no sound
  // answer to: entries or a snapshot in a term this server leads itself, a vote or a call to
  // stand for election it cannot use, a second snapshot during an installation.
  [[nodiscard]] virtual bool admits(const Sight& sight, const CoreMessage& message) const;

  // A message that begins before the log does is made to begin after the snapshot: what that
  // leaves out is committed, so the leader has the same (guard 8).
  [[nodiscard]] virtual AppendEntries trim(const Sight& sight, AppendEntries message) const;

  // Cuts a message so that a configuration is the first entry of its part (guard 1).
  [[nodiscard]] virtual std::vector<AppendEntries> split(AppendEntries message) const;

  // Promises no commit beyond the message's own entries (guard 2).
  [[nodiscard]] virtual AppendEntries clamp(AppendEntries message) const;

  // ---- Outgoing ----

  // A denied pre-vote names the denier's own term if that is higher (guard 5).
  [[nodiscard]] virtual VoteResult correct(const Sight& sight, VoteResult result) const;

  // An acknowledgement never exceeds what is durable; a rejection points before the rejected index
  // (guard 6), and past the whole term that conflicts (guard 11). `term_start` is the first index
  // of the term of the entry at `result.rejected`, 0 if there is none.
  [[nodiscard]] virtual AppendResult correct(const Sight& sight, Index term_start,
                                             AppendResult result) const;

  // ---- Disk and delivery ----

  // The index up to which a finished write made the present log durable; 0 for none. A write
  // overtaken by a truncation vouches only for what is left of it.
  [[nodiscard]] virtual Index durable(const WriteExtent& write) const;

  // How far entries may be delivered (guard 7).
  [[nodiscard]] virtual Index deliverable(Index commit, Index stored) const;

  // How many entries to keep behind a snapshot, given what was asked (guard 8).
  [[nodiscard]] virtual Index trailing(Index wanted, Index max_inflight) const;

  // ---- Membership ----

  // Whether `next` may replace the configuration in force now (guards 3 and 4). MEMBERSHIP_BUSY:
  // not yet. INVALID_ARGUMENT: never, from this leader.
  [[nodiscard]] virtual Result<void> may_change(const MembershipSight& sight,
                                                const Configuration& next) const;

  // Whether a server answers a RequestVote although it believes itself no voter (guard 4).
  [[nodiscard]] virtual bool learner_votes() const;

  // Whether the only voter of a cluster begins a new term when it elects itself (guard 12).
  [[nodiscard]] virtual bool sole_voter_begins_term() const;

  // ---- Reads (Ongaro 2014, §6.4) ----

  // Whether a leader's commit index covers all that earlier leaders committed: everything that was
  // in its log at its election is committed.
  [[nodiscard]] virtual bool read_ready(Index commit, Index last_at_election) const;

  // Whether enough voters have said, after the read began, that they know of no newer leader.
  [[nodiscard]] virtual bool read_confirmed(std::size_t answers, std::size_t voters) const;
};

}  // namespace puhui::consensus
