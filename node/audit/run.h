// An audit of a copy, from its first leaf to its checkpoint: bundles are read, hashed and verified
// by worker threads a bounded way ahead; one thread folds them in order.
#pragma once

#include "node/audit/workers.h"

namespace puhui::node::audit {

// Bundles that are ready or being prepared, per thread.
inline constexpr std::size_t kChunksAheadPerThread = 4;

struct Progress {
  std::uint64_t leaves = 0, total = 0, signatures = 0;
};

struct Options {
  std::string folder;
  crypto::Policy policy;
  unsigned threads = 1;
  std::string state_file;                         // may be empty: nothing is kept
  std::uint64_t save_every = 1 << 16;             // leaves
  std::function<void(const Progress&)> progress;  // after each bundle; may be empty
  std::function<bool()> stops;                    // asked after each bundle; may be empty
};

struct Audited {
  Source source;
  Audit audit;
  std::uint64_t tiles = 0;         // of levels 1 and above, compared
  std::uint64_t resumed_from = 0;  // leaves whose signatures an earlier run verified
};

// Errors of open_source, and of writing the state file; UNAVAILABLE when it was stopped, with what
// it had come to saved.
[[nodiscard]] Result<Audited> run(const Options& options);

}  // namespace puhui::node::audit
