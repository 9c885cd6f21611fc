#include "sim/disk.h"

#include <algorithm>
#include <utility>

namespace puhui::consensus::sim {

const Entry* Image::at(Index index) const {
  return index >= first && index <= last() ? &entries[index - first] : nullptr;
}

void Image::apply(const LogOp& op) {
  if (const auto* append = std::get_if<AppendOp>(&op)) {
    if (append->first < first || append->first > last() + 1) violate("disk: a hole in the log");
    entries.resize(append->first - first);
    entries.insert(entries.end(), append->entries.begin(), append->entries.end());
  } else if (const auto* taken = std::get_if<SnapshotOp>(&op)) {
    snapshot = taken->snapshot;
    for (; first < taken->first; ++first) entries.pop_front();
  } else if (const auto* fetch = std::get_if<FetchOp>(&op)) {
    fetching = fetch->snapshot;
  } else if (const auto* install = std::get_if<InstallOp>(&op)) {
    snapshot = install->snapshot;
    fetching.reset();
    entries.clear();
    first = snapshot->index + 1;
  }
}

LogState Disk::load() {
  LogState state;
  state.term = durable_.term;
  state.voted_for = durable_.voted_for;
  state.snapshot = durable_.snapshot;
  state.fetching = durable_.fetching;
  state.first = durable_.first;
  for (const Entry& entry : durable_.entries) {
    state.heads.push_back({entry.term, entry.kind, static_cast<std::uint32_t>(entry.data->size()),
                           entry.kind == EntryKind::kConfiguration ? entry.data : nullptr});
  }
  logical_ = durable_;
  return state;
}

void Disk::write(std::span<const LogOp> ops) {
  for (const LogOp& op : ops) durable_.apply(op);
  logical_ = durable_;
}

void Disk::write_vote(Term term, NodeId voted_for) {
  if (term < durable_.term) violate("disk: the term goes back");
  if (term == durable_.term && durable_.voted_for != 0 && voted_for != durable_.voted_for) {
    violate("disk: a second vote in one term");
  }
  durable_.term = logical_.term = term;
  durable_.voted_for = logical_.voted_for = voted_for;
}

Entry Disk::read(Index index) {
  const Entry* entry = faults_.lies ? logical_.at(index) : durable_.at(index);
  if (entry == nullptr) violate("disk: entry " + std::to_string(index) + " is read, not there");
  // Another buffer, as from a real disk.
  return {entry->term, entry->kind, std::make_shared<const std::string>(*entry->data)};
}

void Disk::enqueue(Ticket ticket, LogOp op) {
  logical_.apply(op);
  newest_ = ticket;
  waiting_.push_back({ticket, std::move(op)});
  if (!busy_) on_work();
}

bool Disk::begin() {
  if (busy_ || waiting_.empty()) return false;
  batch_ = std::exchange(waiting_, {});
  busy_ = true;
  return true;
}

Ticket Disk::finish() {
  const Ticket ticket = batch_.back().ticket;
  for (const Queued& queued : std::exchange(batch_, {})) durable_.apply(queued.op);
  busy_ = false;
  return ticket;
}

void Disk::crash(Random& random) {
  std::uint64_t survivors = random.below(batch_.size() + 1);
  for (Queued& queued : batch_) {
    if (survivors-- == 0) {
      auto* append = std::get_if<AppendOp>(&queued.op);
      if (append == nullptr) break;
      append->entries.resize(random.below(append->entries.size()));
      durable_.apply(queued.op);
      break;
    }
    durable_.apply(queued.op);
  }
  if (faults_.forgets_votes) durable_.voted_for = 0;
  waiting_.clear();
  batch_.clear();
  busy_ = false;
  newest_ = 0;
}

}  // namespace puhui::consensus::sim
