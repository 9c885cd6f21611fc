// Linearizable reads (Ongaro 2014, §6.4), without help from the engine and without clocks.
//
// The leader notes its commit index, asks every voter whether its durable term is still the
// leader's, and serves the read once a majority said yes: no newer leader can have been elected,
// let alone have committed, before the read began. One round serves all reads queued before it.
#include <algorithm>
#include <limits>
#include <utility>

#include "consensus/driver.h"

namespace puhui::consensus {
namespace {

constexpr std::size_t kMaxReads = 65'536;  // Waiting at one time, of all kinds.

}  // namespace

void Driver::read(ReadDone done, std::uint64_t now_ms) {
  if (stopped_) return done(fail(v1::UNAVAILABLE));
  advance(now_ms);
  Read read{std::move(done), 0, 0, now_ms_ + options_.request_timeout_ms, 0};
  const std::size_t waiting =
      waiting_reads_.size() + round_reads_.size() + indexed_reads_.size() + asked_reads_.size();
  std::vector<Read> refused;
  if (waiting >= kMaxReads || (!leads() && core_->leader() == 0)) {
    refused.push_back(std::move(read));
    fail_reads(std::move(refused));
  } else if (leads()) {
    waiting_reads_.push_back(std::move(read));
  } else {
    const std::uint64_t id = next_read_++;
    asked_reads_.emplace(id, std::move(read));
    if (asked_reads_.size() == 1) asked_ms_ = now_ms_;
    ask_leader(id);
  }
  settle();
}

// ---- The leader ----

void Driver::start_round() {
  if (!leads() || !round_reads_.empty() || waiting_reads_.empty()) return;
  if (!gate_->read_ready(core_->commit(), last_at_election_)) return;
  round_reads_ = std::exchange(waiting_reads_, {});
  ++round_;
  round_index_ = core_->commit();
  round_answers_ = {options_.self};
  probe_peers();
  finish_round();
}

void Driver::probe_peers() {
  asked_ms_ = now_ms_;
  for (const Server& server : in_force().servers) {
    if (server.id == options_.self || server.role != Role::kVoter) continue;
    transmit(server.id, ReadProbe{core_->term(), round_});
  }
}

// The term a probe is compared with is durable: it was synced before anything else happened in it.
void Driver::take(NodeId from, const ReadProbe& probe) {
  if (probe.term == core_->term()) transmit(from, ReadProbeResult{probe.term, probe.round});
}

void Driver::take(NodeId from, const ReadProbeResult& result) {
  if (!leads() || result.term != core_->term() || result.round != round_) return;
  round_answers_.insert(from);
  finish_round();
}

void Driver::finish_round() {
  if (round_reads_.empty()) return;
  const Configuration& members = in_force();
  const auto answers = std::count_if(round_answers_.begin(), round_answers_.end(),
                                     [&](NodeId id) { return members.is_voter(id); });
  if (!gate_->read_confirmed(static_cast<std::size_t>(answers), members.voters())) return;
  for (Read& read : std::exchange(round_reads_, {})) {
    read.index = round_index_;
    if (read.asker != 0) {
      transmit(read.asker, ReadResult{read.asker_id, read.index});
    } else {
      indexed_reads_.push_back(std::move(read));
    }
  }
}

void Driver::take(NodeId from, const ReadRequest& request) {
  if (!leads() || waiting_reads_.size() >= kMaxReads) {
    transmit(from, ReadResult{request.id, 0});
    return;
  }
  waiting_reads_.push_back({nullptr, from, request.id, now_ms_ + options_.request_timeout_ms, 0});
}

// ---- The others ----

void Driver::ask_leader(std::uint64_t id) {
  if (core_->leader() != 0 && !leads()) transmit(core_->leader(), ReadRequest{id});
}

void Driver::take(NodeId, const ReadResult& result) {
  auto asked = asked_reads_.extract(result.id);
  if (asked.empty()) return;
  Read& read = asked.mapped();
  read.index = result.index;
  std::vector<Read>& next = indexed_reads_;
  if (result.index != 0) {
    next.push_back(std::move(read));
    return;
  }
  std::vector<Read> refused;
  refused.push_back(std::move(read));
  fail_reads(std::move(refused));
}

// ---- Both ----

void Driver::serve_reads() {
  const Index applied = effective_applied();
  std::erase_if(indexed_reads_, [&](Read& read) {
    if (read.index > applied) return false;
    announce([done = std::move(read.done), applied] { done(applied); });
    return true;
  });
}

void Driver::fail_reads(std::vector<Read> reads) {
  for (Read& read : reads) {
    if (read.asker != 0) {
      transmit(read.asker, ReadResult{read.asker_id, 0});
    } else {
      announce([done = std::move(read.done)] {
        done(fail(v1::UNAVAILABLE, "no leader could vouch for the read"));
      });
    }
  }
}

void Driver::fail_leader_reads() {
  fail_reads(std::exchange(waiting_reads_, {}));
  fail_reads(std::exchange(round_reads_, {}));
}

void Driver::tick_reads() {
  std::vector<Read> late;
  const auto expire = [&](std::vector<Read>& reads) {
    std::erase_if(reads, [&](Read& read) {
      if (now_ms_ < read.deadline_ms) return false;
      late.push_back(std::move(read));
      return true;
    });
  };
  expire(waiting_reads_);
  expire(round_reads_);
  expire(indexed_reads_);
  std::erase_if(asked_reads_, [&](auto& asked) {
    if (now_ms_ < asked.second.deadline_ms) return false;
    late.push_back(std::move(asked.second));
    return true;
  });
  fail_reads(std::move(late));
  if (now_ms_ < asked_ms_ + options_.heartbeat_ms) return;
  // Messages get lost; asking again does no harm.
  if (!round_reads_.empty()) probe_peers();
  if (asked_reads_.empty()) return;
  asked_ms_ = now_ms_;
  for (const auto& [id, read] : asked_reads_) ask_leader(id);
}

std::uint64_t Driver::read_deadline_ms() const {
  std::uint64_t deadline = std::numeric_limits<std::uint64_t>::max();
  if (!round_reads_.empty() || !asked_reads_.empty()) {
    deadline = asked_ms_ + options_.heartbeat_ms;
  }
  // Reads are queued in the order of their deadlines.
  for (const auto* reads : {&waiting_reads_, &round_reads_, &indexed_reads_}) {
    if (!reads->empty()) deadline = std::min(deadline, reads->front().deadline_ms);
  }
  return deadline;
}

}  // namespace puhui::consensus
