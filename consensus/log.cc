#include "consensus/log.h"

#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/write_batch.h>

#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "consensus/message.h"

namespace puhui::consensus {
namespace {

constexpr std::string_view kFormat = "puhui-consensus-log 1";
constexpr char kFormatKey[] = "format";
constexpr char kVoteKey[] = "vote";
constexpr char kSnapshotKey[] = "snapshot";
constexpr char kFetchingKey[] = "fetching";
constexpr char kHead = 'h';
constexpr char kData = 'd';
constexpr std::size_t kKeyBytes = 9;
constexpr std::size_t kHeadBytes = 13;
constexpr std::size_t kVoteBytes = 16;
constexpr std::size_t kWriteBufferBytes = 16u << 20;

// The disk failed or lied. What it holds now is unknown; only a restart finds out.
[[noreturn]] void die(std::string_view what, const std::string& why) {
  std::fprintf(stderr, "consensus log: %.*s: %s\n", static_cast<int>(what.size()), what.data(),
               why.c_str());
  std::abort();
}

void must(const leveldb::Status& status, std::string_view what) {
  if (!status.ok()) die(what, status.ToString());
}

template <class T>
void put(std::string& out, T value) {
  for (int shift = 8 * sizeof(T) - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}

template <class T>
T get(std::string_view bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

std::string key(char space, Index index) {
  std::string result(1, space);
  put<std::uint64_t>(result, index);
  return result;
}

std::string_view view(const leveldb::Slice& slice) { return {slice.data(), slice.size()}; }

leveldb::ReadOptions reading() {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  return options;
}

leveldb::WriteOptions synced() {
  leveldb::WriteOptions options;
  options.sync = true;
  return options;
}

std::optional<std::string> find(leveldb::DB& db, const leveldb::Slice& name) {
  std::string value;
  const leveldb::Status status = db.Get(reading(), name, &value);
  if (status.IsNotFound()) return std::nullopt;
  must(status, "read");
  return value;
}

std::optional<Snapshot> get_snapshot(leveldb::DB& db, const char* name) {
  const auto value = find(db, name);
  if (!value) return std::nullopt;
  auto snapshot = decode_snapshot(*value);
  if (!snapshot) die(name, describe(snapshot.error()));
  return std::move(*snapshot);
}

EntryHead decode_head(std::string_view bytes) {
  if (bytes.size() != kHeadBytes) die("entry", "its head has the wrong size");
  const auto kind = static_cast<unsigned char>(bytes[8]);
  if (kind < 1 || kind > 3) die("entry", "unknown kind");
  return {get<std::uint64_t>(bytes), static_cast<EntryKind>(kind),
          get<std::uint32_t>(bytes.substr(9)), nullptr};
}

Result<void> check_format(leveldb::DB& db) {
  std::string value;
  const leveldb::Status status = db.Get(reading(), kFormatKey, &value);
  if (status.ok() && value == kFormat) return {};
  if (status.ok()) return fail(v1::CORRUPT, "the consensus log has another format: " + value);
  if (!status.IsNotFound()) return fail(v1::CORRUPT, status.ToString());
  const leveldb::Status written = db.Put(synced(), kFormatKey, std::string(kFormat));
  if (!written.ok()) return fail(v1::IO, written.ToString());
  return {};
}

}  // namespace

LevelLog::LevelLog(std::unique_ptr<leveldb::DB> db) : db_(std::move(db)) {}
LevelLog::~LevelLog() = default;

Result<std::unique_ptr<LevelLog>> LevelLog::open(const std::string& path, leveldb::Env* env) {
  leveldb::Options options;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.write_buffer_size = kWriteBufferBytes;
  options.compression = leveldb::kNoCompression;  // Blocks are signatures and hashes.
  if (env != nullptr) options.env = env;
  leveldb::DB* opened = nullptr;
  const leveldb::Status status = leveldb::DB::Open(options, path, &opened);
  std::unique_ptr<leveldb::DB> db(opened);
  if (status.IsCorruption()) return fail(v1::CORRUPT, status.ToString());
  if (!status.ok()) {
    const bool locked = status.ToString().find("lock") != std::string::npos;
    return fail(locked ? v1::LOCKED : v1::IO, status.ToString());
  }
  if (auto format = check_format(*db); !format) return tl::make_unexpected(format.error());
  return std::unique_ptr<LevelLog>(new LevelLog(std::move(db)));
}

LogState LevelLog::load() {
  LogState state;
  if (const auto vote = find(*db_, kVoteKey)) {
    if (vote->size() != kVoteBytes) die("vote", "wrong size");
    state.term = get<std::uint64_t>(*vote);
    state.voted_for = get<std::uint64_t>(std::string_view(*vote).substr(8));
  }
  state.snapshot = get_snapshot(*db_, kSnapshotKey);
  state.fetching = get_snapshot(*db_, kFetchingKey);
  load_heads(state);
  first_ = state.first;
  last_ = state.first + state.heads.size() - 1;
  return state;
}

void LevelLog::load_heads(LogState& state) {
  state.first = state.snapshot ? state.snapshot->index + 1 : 1;
  std::unique_ptr<leveldb::Iterator> at(db_->NewIterator(reading()));
  for (at->Seek(key(kHead, 0)); at->Valid(); at->Next()) {
    const std::string_view name = view(at->key());
    if (name.size() != kKeyBytes || name[0] != kHead) break;
    const Index index = get<std::uint64_t>(name.substr(1));
    if (state.heads.empty()) state.first = index;
    if (index != state.first + state.heads.size()) die("entries", "a hole in the log");
    EntryHead head = decode_head(view(at->value()));
    if (head.kind == EntryKind::kConfiguration) head.configuration = read(index).data;
    state.heads.push_back(std::move(head));
  }
  must(at->status(), "read entries");
}

void LevelLog::write(std::span<const LogOp> ops) {
  leveldb::WriteBatch batch;
  for (const LogOp& op : ops) {
    std::visit([&](const auto& what) { add(batch, what); }, op);
  }
  must(db_->Write(synced(), &batch), "write");
}

void LevelLog::add(leveldb::WriteBatch& batch, const AppendOp& op) {
  assert(op.first >= first_ && op.first <= last_ + 1);
  for (Index index = op.first + op.entries.size(); index <= last_; ++index) {
    batch.Delete(key(kHead, index));
    batch.Delete(key(kData, index));
  }
  Index index = op.first;
  for (const Entry& entry : op.entries) {
    std::string head;
    put<std::uint64_t>(head, entry.term);
    head.push_back(static_cast<char>(entry.kind));
    put<std::uint32_t>(head, static_cast<std::uint32_t>(entry.data->size()));
    batch.Put(key(kHead, index), head);
    batch.Put(key(kData, index), *entry.data);
    ++index;
  }
  last_ = index - 1;
}

void LevelLog::add(leveldb::WriteBatch& batch, const SnapshotOp& op) {
  batch.Put(kSnapshotKey, encode(op.snapshot));
  for (; first_ < op.first; ++first_) {
    batch.Delete(key(kHead, first_));
    batch.Delete(key(kData, first_));
  }
}

void LevelLog::add(leveldb::WriteBatch& batch, const FetchOp& op) {
  if (op.snapshot) {
    batch.Put(kFetchingKey, encode(*op.snapshot));
  } else {
    batch.Delete(kFetchingKey);
  }
}

void LevelLog::add(leveldb::WriteBatch& batch, const InstallOp& op) {
  for (Index index = first_; index <= last_; ++index) {
    batch.Delete(key(kHead, index));
    batch.Delete(key(kData, index));
  }
  batch.Put(kSnapshotKey, encode(op.snapshot));
  batch.Delete(kFetchingKey);
  first_ = op.snapshot.index + 1;
  last_ = op.snapshot.index;
}

void LevelLog::write_vote(Term term, NodeId voted_for) {
  std::string value;
  put<std::uint64_t>(value, term);
  put<std::uint64_t>(value, voted_for);
  must(db_->Put(synced(), kVoteKey, value), "write vote");
}

Entry LevelLog::read(Index index) {
  const auto head = find(*db_, key(kHead, index));
  auto data = find(*db_, key(kData, index));
  if (!head || !data) die("read entry", "entry " + std::to_string(index) + " is missing");
  const EntryHead decoded = decode_head(*head);
  if (data->size() != decoded.bytes) die("read entry", "its length is wrong");
  return {decoded.term, decoded.kind, std::make_shared<const std::string>(std::move(*data))};
}

}  // namespace puhui::consensus
