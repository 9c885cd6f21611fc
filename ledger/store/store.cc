#include "ledger/store/store.h"

#include <leveldb/cache.h>
#include <leveldb/comparator.h>
#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/filter_policy.h>
#include <leveldb/table.h>
#include <leveldb/write_batch.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace puhui::ledger {
namespace {

// Syncs a LevelDB log when LevelDB lets go of it, which it does after opening the next log and
// before writing to it. So what a power cut leaves is always a prefix of the writes.
class SyncedOnClose : public leveldb::WritableFile {
 public:
  explicit SyncedOnClose(leveldb::WritableFile* file) : file_(file) {}
  ~SyncedOnClose() override {
    if (!closed_ && !file_->Sync().ok()) std::abort();
  }
  leveldb::Status Append(const leveldb::Slice& data) override { return file_->Append(data); }
  leveldb::Status Close() override {
    if (auto synced = file_->Sync(); !synced.ok()) return synced;
    closed_ = true;
    return file_->Close();
  }
  leveldb::Status Flush() override { return file_->Flush(); }
  leveldb::Status Sync() override { return file_->Sync(); }

 private:
  std::unique_ptr<leveldb::WritableFile> file_;
  bool closed_ = false;
};

class PrefixEnv : public leveldb::EnvWrapper {
 public:
  PrefixEnv() : EnvWrapper(leveldb::Env::Default()) {}
  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override {
    leveldb::WritableFile* opened = nullptr;
    auto status = target()->NewWritableFile(name, &opened);
    if (!status.ok()) return status;
    *file = name.ends_with(".log") ? new SyncedOnClose(opened) : opened;
    return status;
  }
};

// LevelDB's own order of bytes, decided by whole words: most keys differ in their first sixteen
// bytes. What was written by either is read by the other.
class ByteOrder : public leveldb::Comparator {
 public:
  int Compare(const leveldb::Slice& a, const leveldb::Slice& b) const override {
    for (std::size_t at = 0; at != 2 * kWord; at += kWord) {
      if (a.size() < at + kWord || b.size() < at + kWord) break;
      const auto left = word(a.data() + at), right = word(b.data() + at);
      if (left != right) return left < right ? -1 : 1;
    }
    return a.compare(b);
  }
  const char* Name() const override { return bytewise_.Name(); }
  void FindShortestSeparator(std::string* start, const leveldb::Slice& limit) const override {
    bytewise_.FindShortestSeparator(start, limit);
  }
  void FindShortSuccessor(std::string* key) const override { bytewise_.FindShortSuccessor(key); }

 private:
  static constexpr std::size_t kWord = sizeof(std::uint64_t);
  static std::uint64_t word(const char* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, kWord);
    return std::endian::native == std::endian::big ? word : __builtin_bswap64(word);
  }
  const leveldb::Comparator& bytewise_ = *leveldb::BytewiseComparator();
};

leveldb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const leveldb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

[[noreturn]] void stop(const char* what, const leveldb::Status& status) {
  std::fprintf(stderr, "ledger store: %s failed: %s\n", what, status.ToString().c_str());
  std::abort();
}

// What LevelDB 1.23 says when another process, or this one, holds the LOCK file.
bool is_locked(const std::string& text) {
  return text.find("/LOCK: ") != std::string::npos &&
         (text.find("temporarily unavailable") != std::string::npos ||
          text.find("already held by process") != std::string::npos);
}

void put(leveldb::DB& db, leveldb::WriteBatch& changes) {
  if (const auto status = db.Write({}, &changes); !status.ok()) stop("write", status);
}

std::optional<std::string> read(leveldb::DB& db, const leveldb::Snapshot* at,
                                std::string_view key) {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  options.snapshot = at;
  std::string value;
  const auto status = db.Get(options, slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) stop("read", status);
  return value;
}

std::unique_ptr<leveldb::Iterator> iterate(leveldb::DB& db, const leveldb::Snapshot* at) {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  options.snapshot = at;
  return std::unique_ptr<leveldb::Iterator>(db.NewIterator(options));
}

leveldb::Status read_table(leveldb::Env& env, const std::string& path) {
  std::uint64_t size = 0;
  leveldb::RandomAccessFile* opened = nullptr;
  auto status = env.GetFileSize(path, &size);
  if (status.ok()) status = env.NewRandomAccessFile(path, &opened);
  const std::unique_ptr<leveldb::RandomAccessFile> file(opened);
  leveldb::Options options;
  options.paranoid_checks = true;
  leveldb::Table* read = nullptr;
  if (status.ok()) status = leveldb::Table::Open(options, file.get(), size, &read);
  const std::unique_ptr<leveldb::Table> table(read);
  if (!status.ok()) return status;
  leveldb::ReadOptions all;
  all.verify_checksums = true;
  const std::unique_ptr<leveldb::Iterator> it(table->NewIterator(all));
  for (it->SeekToFirst(); it->Valid(); it->Next()) continue;
  return it->status();
}

bool is_skipped(const leveldb::Iterator& it, std::string_view prefix, const Store::Skip& skip) {
  return skip && it.Valid() && view(it.key()).starts_with(prefix) && skip(view(it.key()));
}

std::optional<Found> found_at(const leveldb::Iterator& it, std::string_view prefix) {
  if (!it.status().ok()) stop("seek", it.status());
  if (!it.Valid() || !view(it.key()).starts_with(prefix)) return std::nullopt;
  return Found{it.key().ToString(), it.value().ToString()};
}

std::optional<Found> last_before(leveldb::DB& db, const leveldb::Snapshot* at,
                                 std::string_view prefix, std::string_view key,
                                 const Store::Skip& skip = {}) {
  auto it = iterate(db, at);
  it->Seek(slice(key));
  if (it->Valid()) {
    it->Prev();
  } else {
    it->SeekToLast();
  }
  while (is_skipped(*it, prefix, skip)) it->Prev();
  return found_at(*it, prefix);
}

class PinnedReader : public Reader {
 public:
  explicit PinnedReader(leveldb::DB& db) : db_(db), at_(db.GetSnapshot()) {}
  ~PinnedReader() override { db_.ReleaseSnapshot(at_); }
  std::optional<std::string> get(std::string_view key) const override {
    return read(db_, at_, key);
  }
  void scan(std::string_view prefix, std::string_view from, const Visit& visit) const override {
    auto it = iterate(db_, at_);
    for (it->Seek(slice(from)); it->Valid() && view(it->key()).starts_with(prefix); it->Next())
      if (!visit(view(it->key()), view(it->value()))) break;
    if (!it->status().ok()) stop("scan", it->status());
  }

 private:
  leveldb::DB& db_;
  const leveldb::Snapshot* at_;
};

}  // namespace

Store::Store() : under_way_(std::make_unique<leveldb::WriteBatch>()) {}
Store::~Store() { settle(); }

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
  std::unique_ptr<Store> store(new Store);
  store->env_ = std::make_unique<PrefixEnv>();
  store->cache_.reset(leveldb::NewLRUCache(options.cache_bytes));
  store->filter_.reset(leveldb::NewBloomFilterPolicy(10));
  leveldb::Options db;
  static const ByteOrder order;
  db.create_if_missing = true;
  db.comparator = &order;
  db.paranoid_checks = true;
  db.env = store->env_.get();
  db.block_cache = store->cache_.get();
  db.filter_policy = store->filter_.get();
  db.write_buffer_size = options.write_buffer_bytes;
  db.max_file_size = std::size_t{8} << 20;
  db.compression = leveldb::kNoCompression;
  leveldb::DB* opened = nullptr;
  const auto status = leveldb::DB::Open(db, options.folder, &opened);
  if (!status.ok()) {
    const auto text = status.ToString();
    if (is_locked(text)) return fail(ErrorCode::LOCKED, options.folder);
    return fail(status.IsCorruption() ? ErrorCode::CORRUPT : ErrorCode::IO, text);
  }
  store->db_.reset(opened);
  store->beside_ = options.beside;
  store->beside_bytes_min_ = options.beside_bytes_min;
  return store;
}

Result<void> Store::check_files(const std::string& folder) {
  auto* env = leveldb::Env::Default();
  std::vector<std::string> names;
  if (!env->GetChildren(folder, &names).ok()) return fail(ErrorCode::IO, folder);
  std::sort(names.begin(), names.end());
  for (const auto& name : names) {
    if (!name.ends_with(".ldb")) continue;
    const auto path = folder + "/" + name;
    const auto status = read_table(*env, path);
    if (!status.ok()) return fail(ErrorCode::CORRUPT, path + ": " + status.ToString());
  }
  return {};
}

Result<void> Store::salvage(const std::string& folder, const std::string& to) {
  std::error_code error;
  std::filesystem::copy(folder, to, error);
  if (error) return fail(ErrorCode::IO, to + ": " + error.message());
  leveldb::Options mend;
  mend.paranoid_checks = true;  // blocks that do not match their checksums are left out
  mend.compression = leveldb::kNoCompression;
  if (const auto status = leveldb::RepairDB(to, mend); !status.ok())
    return fail(ErrorCode::CORRUPT, folder + ": nothing can be saved: " + status.ToString());
  return {};
}

std::optional<std::string> Store::get(std::string_view key) const {
  settle();
  return peek(key);
}

std::optional<std::string> Store::peek(std::string_view key) const {
  return read(*db_, nullptr, key);
}

std::optional<Found> Store::at_or_after(std::string_view prefix, std::string_view key,
                                        const Skip& skip) const {
  auto it = iterate(*db_, nullptr);
  it->Seek(slice(key));
  while (is_skipped(*it, prefix, skip)) it->Next();
  return found_at(*it, prefix);
}

std::optional<Found> Store::before(std::string_view prefix, std::string_view key,
                                   const Skip& skip) const {
  return last_before(*db_, nullptr, prefix, key, skip);
}

std::unique_ptr<Reader> Store::reader() const {
  settle();
  return std::make_unique<PinnedReader>(*db_);
}

void Store::write(leveldb::WriteBatch& changes) {
  settle();
  put(*db_, changes);
}

void Store::begin_write(std::unique_ptr<leveldb::WriteBatch>& changes) {
  settle();
  changes.swap(under_way_);
  changes->Clear();
  if (!beside_ || under_way_->ApproximateSize() < beside_bytes_min_) return put(*db_, *under_way_);
  {
    std::lock_guard lock(mutex_);
    ++begun_;
  }
  beside_([this] {
    put(*db_, *under_way_);
    std::lock_guard lock(mutex_);
    ++ended_;
    ended_one_.notify_all();
  });
}

void Store::settle() const {
  std::unique_lock lock(mutex_);
  ended_one_.wait(lock, [this, until = begun_] { return ended_ >= until; });
}

void Store::sync() {
  settle();
  leveldb::WriteOptions options;
  options.sync = true;
  leveldb::WriteBatch nothing;
  if (const auto status = db_->Write(options, &nothing); !status.ok()) stop("sync", status);
}

}  // namespace puhui::ledger
