// The ledger's database: the only file of this room that touches LevelDB.
//
// Durability: `write` is atomic but not synced; after a power cut the database holds a *prefix* of
// the writes, because each of LevelDB's own logs is synced before the next one begins (LevelDB
// alone does not promise that). `sync` makes everything written so far durable. Whoever writes
// keeps what follows the last sync elsewhere (the consensus log) and applies it again. Paranoid
// checks and checksums are always on: damaged bytes are an error, never silence. A failed write or
// a damaged read stops the process: no answer could be right after it.
// Threads: one writer; readings from any thread. They see all writes that were begun before them,
// but for those that do not wait.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "proto/error.h"

namespace leveldb {
class DB;
class WriteBatch;
class Snapshot;
class Iterator;
class Env;
class Cache;
class FilterPolicy;
}  // namespace leveldb

namespace puhui::ledger {

// Carries out one thing after the other, perhaps on another thread.
using Executor = std::function<void(std::function<void()>)>;

struct StoreOptions {
  std::string folder;
  std::size_t cache_bytes = std::size_t{128} << 20;
  std::size_t write_buffer_bytes = std::size_t{32} << 20;
  // Carries out writes of so many bytes while the writer goes on; a smaller one takes about as long
  // as handing it over. It drops nothing that it was given. Empty: all are carried out at once.
  Executor beside;
  std::size_t beside_bytes_min = std::size_t{64} << 10;
};

struct Found {
  std::string key, value;
};

// A consistent reading of one moment. Cheap to make; it holds space until it is gone.
class Reader {
 public:
  virtual ~Reader() = default;
  [[nodiscard]] virtual std::optional<std::string> get(std::string_view key) const = 0;
  // Calls `visit` for keys from `from` (included) upwards while they start with `prefix`, until it
  // answers false.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;
  virtual void scan(std::string_view prefix, std::string_view from, const Visit& visit) const = 0;
};

class Store {
 public:
  // IO if the folder cannot be created or written, LOCKED if another process has it open, CORRUPT
  // if LevelDB finds damage; the detail names the file.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const StoreOptions& options);
  // Reads the tables of a folder that nobody has open to their last byte. CORRUPT names the first
  // damaged file; IO, LOCKED.
  [[nodiscard]] static Result<void> check_files(const std::string& folder);
  // Puts into an empty folder what LevelDB can save of one with damaged files. Values there may be
  // older ones. CORRUPT if that is nothing; IO.
  [[nodiscard]] static Result<void> salvage(const std::string& folder, const std::string& to);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  [[nodiscard]] std::optional<std::string> get(std::string_view key) const;
  // These do not wait for a write under way: what it changes may be as it was before.
  [[nodiscard]] std::optional<std::string> peek(std::string_view key) const;
  // First key at or above `key`, and last key below it, of those that start with `prefix` and that
  // `skip` does not hold for. One walk, however many are skipped.
  using Skip = std::function<bool(std::string_view key)>;
  [[nodiscard]] std::optional<Found> at_or_after(std::string_view prefix, std::string_view key,
                                                 const Skip& skip = {}) const;
  [[nodiscard]] std::optional<Found> before(std::string_view prefix, std::string_view key,
                                            const Skip& skip = {}) const;

  // A reader pinned to this moment.
  [[nodiscard]] std::unique_ptr<Reader> reader() const;

  void write(leveldb::WriteBatch& changes);
  // The same, but a large write may be under way on return, one at a time. Leaves an empty batch.
  void begin_write(std::unique_ptr<leveldb::WriteBatch>& changes);
  void sync();

 private:
  Store();
  // Waits for the writes begun until now.
  void settle() const;
  std::unique_ptr<leveldb::Env> env_;
  std::unique_ptr<leveldb::Cache> cache_;
  std::unique_ptr<const leveldb::FilterPolicy> filter_;
  std::unique_ptr<leveldb::DB> db_;
  Executor beside_;
  std::size_t beside_bytes_min_ = 0;
  std::unique_ptr<leveldb::WriteBatch> under_way_;
  mutable std::mutex mutex_;
  mutable std::condition_variable ended_one_;
  std::uint64_t begun_ = 0, ended_ = 0;  // writes beside the writer
};

}  // namespace puhui::ledger
