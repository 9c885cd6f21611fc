// The log on disk: entries, the pair (term, vote), the last snapshot's manifest.
//
// `Log` is the seam; `LevelLog` its form in a LevelDB of its own (paranoid checks, verified
// checksums). Durability is the whole point: a call that writes returns only after the operating
// system has said the bytes are on the disk, and one that cannot write aborts the process, because
// what a failed sync left behind is unknown and must not be retried.
//
// Threads: `write` belongs to one writer thread, everything else to the driver's thread; the two
// may run at the same time, except `load`, which needs every queued write to be finished.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "consensus/core.h"

namespace leveldb {
class DB;
class Env;
class WriteBatch;
}  // namespace leveldb

namespace puhui::consensus {

// ---- Operations. Each is atomic; a later one finds the earlier ones done. ----

// From `first` on, the log reads these entries and nothing else.
struct AppendOp {
  Index first = 0;
  std::vector<Entry> entries;
};
// A snapshot was taken of the owner's state; entries before `first` are no longer needed.
struct SnapshotOp {
  Snapshot snapshot;
  Index first = 0;
};
// A snapshot is being fetched (or, without one, is no longer).
struct FetchOp {
  std::optional<Snapshot> snapshot;
};
// The fetched snapshot is in force: it replaces the whole log, which goes on at its index + 1.
struct InstallOp {
  Snapshot snapshot;
};

using LogOp = std::variant<AppendOp, SnapshotOp, FetchOp, InstallOp>;

// What a restart finds.
struct LogState {
  Term term = 0;
  NodeId voted_for = 0;
  std::optional<Snapshot> snapshot;
  // A fetch was under way. Whether it took effect is for the owner's own state to say: it has
  // either reached `fetching->index` or not.
  std::optional<Snapshot> fetching;
  Index first = 1;               // Of `heads`, and of what `read` can give.
  std::vector<EntryHead> heads;  // Term and kind of every entry, without the bytes of blocks.

  [[nodiscard]] bool empty() const { return term == 0 && heads.empty() && !snapshot; }
};

class Log {
 public:
  virtual ~Log() = default;

  // Everything that is durable. Aborts if the disk cannot be read.
  [[nodiscard]] virtual LogState load() = 0;

  // Makes all operations durable in one synced write. The order is that of the span.
  virtual void write(std::span<const LogOp> ops) = 0;

  // Makes the pair durable, at once. `term` never goes back.
  virtual void write_vote(Term term, NodeId voted_for) = 0;

  // The entry at `index`, which was written and neither truncated nor dropped since. Aborts if it
  // is not there: memory and disk would disagree about what was promised.
  [[nodiscard]] virtual Entry read(Index index) = 0;
};

// Keys ("h" and "d" sort an entry's head and bytes apart, so that a restart reads only heads):
//   "format"          → "puhui-consensus-log 1"
//   "vote"            → u64-BE term ‖ u64-BE voted_for
//   "snapshot"        → puhui.v1.RaftSnapshot, the one in force
//   "fetching"        → puhui.v1.RaftSnapshot, the one being fetched
//   "h" ‖ u64-BE index → u64-BE term ‖ u8 kind ‖ u32-BE length of the bytes
//   "d" ‖ u64-BE index → the entry's bytes
// Example: the entry 258 of term 3, kind block, bytes "hi":
//   68 00000000 00000102 → 00000000 00000003 01 00000002
//   64 00000000 00000102 → 68 69
class LevelLog final : public Log {
 public:
  // Opens or creates the database in the folder `path`, whose parent exists. `env` replaces the
  // file system (tests inject faults there); null means the real one.
  // Errors: LOCKED (another process has it), CORRUPT (damage, or another format), IO.
  [[nodiscard]] static Result<std::unique_ptr<LevelLog>> open(const std::string& path,
                                                              leveldb::Env* env = nullptr);
  ~LevelLog() override;

  [[nodiscard]] LogState load() override;
  void write(std::span<const LogOp> ops) override;
  void write_vote(Term term, NodeId voted_for) override;
  [[nodiscard]] Entry read(Index index) override;

 private:
  explicit LevelLog(std::unique_ptr<leveldb::DB> db);
  void add(leveldb::WriteBatch& batch, const AppendOp& op);
  void add(leveldb::WriteBatch& batch, const SnapshotOp& op);
  void add(leveldb::WriteBatch& batch, const FetchOp& op);
  void add(leveldb::WriteBatch& batch, const InstallOp& op);
  void load_heads(LogState& state);

  std::unique_ptr<leveldb::DB> db_;
  // The bounds of what is stored; the writer thread's after `load`.
  Index first_ = 1;
  Index last_ = 0;
};

}  // namespace puhui::consensus
