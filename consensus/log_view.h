// The log as it will be once every queued write is done: the driver's picture of it.
//
// Holds the term (one record per term) and length of every entry, the configurations, and the bytes
// of recent entries: all that are not yet durable and delivered, and beyond them as many as the
// budget allows. Older bytes are read from the disk. Not thread-safe.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "consensus/core.h"
#include "consensus/log.h"

namespace puhui::consensus {

class LogView {
 public:
  // `cache_bytes` bounds the entries held beyond those `release` has not yet allowed to go.
  LogView(Log& log, std::uint64_t cache_bytes);

  // Takes the place of everything known so far.
  void load(const LogState& state);

  // The log is the snapshot and nothing else.
  void reset(const Snapshot& snapshot);

  // From `first` on, the log reads these. Returns what that overwrote and was still in memory.
  struct Cached {
    Index index = 0;
    Entry entry;
  };
  std::vector<Cached> append(Index first, const std::vector<Entry>& entries);

  // A snapshot was taken; entries before `first` are dropped.
  void compact(const Snapshot& snapshot, Index first);

  // Entries up to this index are durable here and were delivered: they may leave memory.
  void release(Index index);

  // Everything in memory from `from` on, oldest first.
  [[nodiscard]] std::vector<Cached> cached_from(Index from) const;

  [[nodiscard]] Index first() const { return first_; }
  [[nodiscard]] Index last() const { return last_; }
  [[nodiscard]] const std::optional<Snapshot>& snapshot() const { return snapshot_; }

  // The term of the entry at `index`, or of the snapshot taken there; 0 if neither is known.
  [[nodiscard]] Term term(Index index) const;

  // The first index of the term the entry at `index` belongs to, as far back as the log goes;
  // 0 if there is no such entry.
  [[nodiscard]] Index term_start(Index index) const;

  // The entry at `index`, which must be in [first, last].
  [[nodiscard]] Entry entry(Index index) const;

  // The configuration in force at `index`: the newest at or before it.
  struct Configured {
    Index index = 0;
    Configuration configuration;
  };
  [[nodiscard]] const Configured* configuration_at(Index index) const;
  [[nodiscard]] bool is_configuration(Index index) const;

  // Grows whenever the newest configuration may have changed.
  [[nodiscard]] std::uint64_t configuration_version() const { return configuration_version_; }

  // The bytes of all entries after `index`.
  [[nodiscard]] std::uint64_t bytes_after(Index index) const;

  // How many of the entries up to `index` fit in `bytes`, counting back from it, at most `limit`.
  [[nodiscard]] Index entries_within(Index index, std::uint64_t bytes, Index limit) const;

  [[nodiscard]] std::uint64_t cached_bytes() const { return cached_bytes_; }

 private:
  struct TermRun {
    Index first = 0;
    Term term = 0;
  };
  void truncate(Index first);
  void note(const EntryHead& head);
  [[nodiscard]] std::uint64_t end_of(Index index) const;
  void trim_cache();

  Log& log_;
  std::uint64_t cache_limit_;
  Index first_ = 1;
  Index last_ = 0;
  std::optional<Snapshot> snapshot_;
  std::deque<TermRun> runs_;
  std::deque<Configured> configurations_;
  std::uint64_t configuration_version_ = 0;
  std::deque<std::uint64_t> ends_;  // Where entries [first_, last_] end in the stream of all bytes.
  std::uint64_t start_ = 0;         // Where entry first_ begins in it.
  std::deque<Entry> cache_;         // Entries [cache_first_, last_].
  Index cache_first_ = 1;
  std::uint64_t cached_bytes_ = 0;
  Index released_ = 0;
};

}  // namespace puhui::consensus
