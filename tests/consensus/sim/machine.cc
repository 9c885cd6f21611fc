#include "sim/machine.h"

#include "sim/world.h"

namespace puhui::consensus::sim {
namespace {

std::string print(const Configuration& configuration) {
  std::string text;
  for (const Server& server : configuration.servers) {
    text += " " + std::to_string(server.id) + (server.role == Role::kVoter ? "v" : "l");
  }
  return text;
}

}  // namespace

void Machine::received(Index, const Bytes& block) { received_[block.get()] = block; }

void Machine::committed(Index index, Term term, const Bytes& block) {
  if (install_under_way_) violate(name(id_) + ": delivery during an installation");
  const Index previous = queue_.empty() ? state().index : queue_.back().index;
  if (index <= previous) violate(name(id_) + ": delivered again: " + std::to_string(index));
  received_.erase(block.get());
  queue_.push_back({index, term, block});
  ++unchecked_;
  const auto proposal = proposals.find(block.get());
  if (proposal != proposals.end()) {
    world_.checker.acknowledged(proposal->second.second, index);
    ++world_.counters.acknowledged;
    proposals.erase(proposal);
  }
}

void Machine::lost(Index, const Bytes& block) {
  const bool known = received_.erase(block.get()) + proposals.erase(block.get()) > 0;
  ++told_lost;
  ++world_.counters.lost;
  (void)known;
}

void Machine::leadership(bool leads, Term term) {
  world_.tell(id_, (leads ? "leads in term " : "follows in term ") + std::to_string(term));
}

void Machine::configuration(const Configuration& in_force) {
  world_.tell(id_, "configuration:" + print(in_force));
  world_.node(id_).told = in_force;
}

void Machine::install_snapshot(const Snapshot& snapshot, NodeId) {
  if (snapshot.index <= state().index) violate(name(id_) + ": a snapshot of the past");
  install_under_way_ = true;
  world_.tell(id_, "fetches a snapshot at " + std::to_string(snapshot.index));
  world_.begin_fetch(id_, snapshot);
}

void Machine::broken(const Error& error) { violate(name(id_) + " BROKEN: " + describe(error)); }

void Machine::apply_one() {
  if (queue_.empty()) return;
  const Delivered next = std::move(queue_.front());
  queue_.pop_front();
  const State state{next.index, mix(history_.back().digest, next.index, *next.block)};
  world_.checker.digest(id_, state.index, state.digest);
  history_.push_back(state);
}

std::string Machine::sync() {
  history_ = {history_.back()};
  return std::to_string(state().index) + " " + std::to_string(state().digest);
}

void Machine::switch_to(const std::string& manifest) {
  world_.tell(id_, "switches to the snapshot " + manifest);
  State state;
  const std::size_t space = manifest.find(' ');
  state.index = std::stoull(manifest.substr(0, space));
  state.digest = std::stoull(manifest.substr(space + 1));
  world_.checker.digest(id_, state.index, state.digest);
  history_ = {state};
  queue_.clear();
  unchecked_ = 0;
}

void Machine::crash(Random& random) {
  history_.resize(1 + random.below(history_.size()));
  history_ = {history_.back()};
  queue_.clear();
  unchecked_ = 0;
  proposals.clear();
  received_.clear();
  install_under_way_ = false;
}

}  // namespace puhui::consensus::sim
