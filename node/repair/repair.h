// A stopped node's ledger: is all of it what its leaves say, and if not, built again from them.
//
// Repair never changes what it finds. It follows the leaves into a new ledger beside the old one,
// takes over the place in consensus, and then names the new one as the current; the old one is kept
// as DATA/damaged-<name>. Leaves come from the folder itself, or, verified by signed checkpoint,
// from another node or mirror. Votes and signing records lie elsewhere and are not touched.
// Threads: one at a time; folders are locked, so a running node is never looked at.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "node/mirror/follower.h"

namespace puhui::node {

struct RepairOptions {
  std::string data;  // folder of the node's data
  unsigned threads = 2;
  // Where leaves are taken from; nothing: the folder itself.
  std::optional<FollowOptions> source;
};

struct Scrubbed {
  std::uint64_t size = 0;  // leaves that are well, and all that follows from them
  crypto::Digest root;
};

// CORRUPT names the file, entry, tile, page or view that is not what it should be; LOCKED, IO.
[[nodiscard]] Result<Scrubbed> scrub(const RepairOptions& options);

struct Repaired {
  std::string found;  // what was wrong; empty: nothing, and nothing was done
  std::uint64_t size = 0;
  crypto::Digest root;
  std::string kept;  // the damaged ledger
};

// Errors of Follower; CORRUPT if the leaves to build from are damaged themselves, do not lead to
// the root and the views the node had reached, the place in consensus or a refusal is lost, or the
// node was found to have diverged with sound leaves (join under a new number then); UNAVAILABLE if
// the source holds fewer leaves.
[[nodiscard]] Result<Repaired> repair(const RepairOptions& options);

}  // namespace puhui::node
