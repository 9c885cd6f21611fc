// Drivers with one safeguard taken out. Each must be found out, or the simulator (or the
// safeguard) is worth nothing.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include "consensus/gate.h"
#include "sim/world.h"

namespace puhui::consensus::sim {

struct NoSplit final : Gate {  // Guard 1.
  std::vector<AppendEntries> split(AppendEntries message) const override {
    std::vector<AppendEntries> whole;
    whole.push_back(std::move(message));
    return whole;
  }
};
struct NoClamp final : Gate {  // Guard 2.
  AppendEntries clamp(AppendEntries message) const override { return message; }
};
struct NoOwnTerm final : Gate {  // Guard 3.
  Result<void> may_change(const MembershipSight& sight, const Configuration& next) const override {
    MembershipSight blind = sight;
    blind.term_at_commit = blind.term;
    return Gate::may_change(blind, next);
  }
};
struct NoLearnerVote final : Gate {  // Guard 4.
  bool learner_votes() const override { return false; }
};
struct NoPreVoteTerm final : Gate {  // Guard 5.
  using Gate::correct;
  VoteResult correct(const Sight&, VoteResult result) const override { return result; }
};
struct NoResultClamp final : Gate {  // Guards 6 and 11.
  using Gate::correct;
  AppendResult correct(const Sight&, Index, AppendResult result) const override { return result; }
};
struct DeliverUnstored final : Gate {  // Guard 7.
  Index deliverable(Index commit, Index) const override { return commit; }
};
struct NoTrailing final : Gate {  // Guard 8, both halves. The engine may corrupt its memory.
  AppendEntries trim(const Sight&, AppendEntries message) const override { return message; }
  Index trailing(Index, Index) const override { return 0; }
};
struct StaleCompletion final : Gate {  // The ABA rule.
  Index durable(const WriteExtent& write) const override { return write.last; }
};
struct OldTerm final : Gate {  // Guard 12.
  bool sole_voter_begins_term() const override { return false; }
};
struct NoProbe final : Gate {  // Reads.
  bool read_confirmed(std::size_t, std::size_t) const override { return true; }
};
struct ReadAtOnce final : Gate {
  bool read_ready(Index, Index) const override { return true; }
};

struct Mutant {
  std::string_view name;
  std::function<void(WorldOptions&)> apply;
};

template <class G>
std::function<void(WorldOptions&)> with_gate() {
  return [](WorldOptions& options) { options.gate = [] { return std::make_unique<G>(); }; };
}

inline const std::vector<Mutant>& mutants() {
  static const std::vector<Mutant> all = {
      {"none", [](WorldOptions&) {}},
      {"ack-before-sync", [](WorldOptions& o) { o.disk.lies = true; }},
      {"forget-vote", [](WorldOptions& o) { o.disk.forgets_votes = true; }},
      {"no-split", with_gate<NoSplit>()},
      {"no-clamp", with_gate<NoClamp>()},
      {"no-own-term", with_gate<NoOwnTerm>()},
      {"no-learner-vote", with_gate<NoLearnerVote>()},
      {"no-pre-vote-term", with_gate<NoPreVoteTerm>()},
      {"no-result-clamp", with_gate<NoResultClamp>()},
      {"deliver-unstored", with_gate<DeliverUnstored>()},
      {"no-trailing", with_gate<NoTrailing>()},
      {"stale-completion", with_gate<StaleCompletion>()},
      {"old-term", with_gate<OldTerm>()},
      {"no-probe", with_gate<NoProbe>()},
      {"read-at-once", with_gate<ReadAtOnce>()},
  };
  return all;
}

}  // namespace puhui::consensus::sim
