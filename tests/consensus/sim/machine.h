// What a server of the simulated cluster does with the blocks that were agreed on.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "consensus/driver.h"
#include "sim/random.h"

namespace puhui::consensus::sim {

// How reports call a server.
inline std::string name(NodeId id) { return "server " + std::to_string(id); }

class World;

// The owner's machine of one server: a digest over blocks, applied some time after delivery, and
// durable only when synced.
class Machine final : public StateMachine {
 public:
  Machine(World& world, NodeId id) : world_(world), id_(id) {}

  void received(Index index, const Bytes& block) override;
  void committed(Index index, Term term, const Bytes& block) override;
  void lost(Index index, const Bytes& block) override;
  void leadership(bool leads, Term term) override;
  void configuration(const Configuration& in_force) override;
  void install_snapshot(const Snapshot& snapshot, NodeId from) override;
  void broken(const Error& error) override;

  struct State {
    Index index = 0;
    std::uint64_t digest = 0;
  };
  // Applies the next delivered block, if there is one.
  void apply_one();
  [[nodiscard]] bool idle() const { return queue_.empty(); }
  [[nodiscard]] const State& state() const { return history_.back(); }
  // Makes the present state durable; its manifest.
  std::string sync();
  void switch_to(const std::string& manifest);
  // A crash keeps some state between the synced one and the present one.
  void crash(Random& random);

  // Proposals of this server waiting for an answer, by the buffer proposed.
  std::map<const std::string*, std::pair<Bytes, std::uint64_t>> proposals;
  std::uint64_t told_lost = 0;

 private:
  friend class World;
  struct Delivered {
    Index index;
    Term term;
    Bytes block;
  };
  World& world_;
  NodeId id_;
  std::deque<Delivered> queue_;
  std::size_t unchecked_ = 0;               // Of the queue, from its end: not seen by the checker.
  std::vector<State> history_ = {State{}};  // From the synced state to the present one.
  std::map<const std::string*, Bytes> received_;
  bool install_under_way_ = false;
};

}  // namespace puhui::consensus::sim
