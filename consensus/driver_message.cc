// Messages between drivers: what goes out of a step, and what comes in.
#include <algorithm>
#include <utility>

#include "consensus/driver.h"

namespace puhui::consensus {

// ---- In ----

Result<void> Driver::receive(NodeId from, std::string_view message, std::uint64_t now_ms) {
  auto decoded = decode_message(message);
  if (!decoded) return tl::make_unexpected(decoded.error());
  if (stopped_) return {};
  if (from == options_.self) return fail(v1::MESSAGE_MALFORMED, "a message of one's own");
  if (const auto* core = std::get_if<CoreMessage>(&*decoded)) {
    if (auto ok = gate_->check(from, *core); !ok) return ok;
  }
  advance(now_ms);
  peers_[from].heard_ms = now_ms_;
  std::visit([&](auto& what) { take(from, std::move(what)); }, *decoded);
  settle();
  return {};
}

void Driver::take(NodeId from, CoreMessage message) {
  if (!gate_->admits(sight(), message)) return;
  const bool as_voter = gate_->learner_votes();
  auto* append = std::get_if<AppendEntries>(&message);
  if (append == nullptr) {
    drive(Receive{from, std::move(message), as_voter});
    return;
  }
  for (AppendEntries& part : gate_->split(gate_->trim(sight(), std::move(*append)))) {
    if (stopped_) return;
    drive(Receive{from, gate_->clamp(std::move(part)), as_voter});
  }
}

// ---- Out ----

void Driver::transmit(NodeId to, const Message& message) { transport_.send(to, encode(message)); }

void Driver::send(const Update::Outgoing& outgoing) {
  const NodeId to = outgoing.to;
  if (const auto* append = std::get_if<AppendEntries>(&outgoing.message)) {
    send_entries(to, *append, outgoing.entry_count);
  } else if (const auto* install = std::get_if<InstallSnapshot>(&outgoing.message)) {
    send_snapshot(to, *install);
  } else if (const auto* result = std::get_if<AppendResult>(&outgoing.message)) {
    const Index term_start = view_.term_start(result->rejected);
    transmit(to, CoreMessage(gate_->correct(sight(), term_start, *result)));
  } else if (const auto* vote = std::get_if<VoteResult>(&outgoing.message)) {
    transmit(to, CoreMessage(gate_->correct(sight(), *vote)));
  } else {
    transmit(to, outgoing.message);
  }
}

// What exceeds a burst is left out as if the network had lost it: the answer to what was sent, or
// to the gap, makes the engine send the rest.
void Driver::send_entries(NodeId to, const AppendEntries& head, Index count) {
  AppendEntries part{head.term, head.prev_index, head.prev_term, head.commit, {}};
  std::uint64_t part_bytes = 0;
  std::uint64_t sent_bytes = 0;
  Index index = head.prev_index;
  while (index < head.prev_index + count && sent_bytes < options_.burst_bytes) {
    ++index;
    if (index < view_.first() || index > view_.last()) {
      break_down({v1::CORRUPT, "entry " + std::to_string(index) + " is to be sent and not held"});
      return;
    }
    Entry entry = view_.entry(index);
    const std::uint64_t bytes = entry.data->size();
    if (!part.entries.empty() && part_bytes + bytes > options_.message_bytes) {
      const Term term = part.entries.back().term;
      transmit(to, CoreMessage(std::move(part)));
      part = {head.term, index - 1, term, head.commit, {}};
      part_bytes = 0;
    }
    part.entries.push_back(std::move(entry));
    part_bytes += bytes;
    sent_bytes += bytes;
  }
  transmit(to, CoreMessage(std::move(part)));
  Index& told = peers_[to].told_commit;
  told = std::max(told, std::min(head.commit, index));
}

void Driver::send_snapshot(NodeId to, const InstallSnapshot& head) {
  const auto& snapshot = view_.snapshot();
  if (!snapshot || snapshot->index != head.snapshot.index) {
    break_down({v1::CORRUPT, "the engine sends a snapshot that does not exist"});
    return;
  }
  transmit(to, CoreMessage(InstallSnapshot{head.term, *snapshot}));
}

// Followers learn of a commit with the entries that follow it. When none follow, an empty message
// tells them at once.
void Driver::send_commit() {
  if (!leads()) return;
  for (const Server& server : in_force().servers) {
    if (server.id == options_.self) continue;
    const Index match = core_->match(server.id);
    const Index commit = std::min(core_->commit(), match);
    Index& told = peers_[server.id].told_commit;
    if (commit <= told) continue;
    told = commit;
    const Term prev_term = view_.term(match);
    if (prev_term == 0) continue;
    AppendEntries empty{core_->term(), match, prev_term, core_->commit(), {}};
    transmit(server.id, CoreMessage(gate_->clamp(std::move(empty))));
  }
}

}  // namespace puhui::consensus
