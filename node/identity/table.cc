#include "node/identity/table.h"

#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/write_batch.h>

namespace puhui::node::identity {
namespace {

// Stands from the write that deletes until the files are rewritten.
constexpr char kDestroying[] = "~destroying";
// Longer than any name, of the highest byte: after all names with a beginning.
constexpr std::size_t kNameSizeMax = 255;

// LevelDB's own diary quotes names; nobody needs it.
class Silent : public leveldb::Logger {
 public:
  void Logv(const char*, std::va_list) override {}
};

leveldb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const leveldb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

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

Error error_of(const leveldb::Status& status) {
  return {status.IsCorruption() ? ErrorCode::CORRUPT : ErrorCode::IO, status.ToString()};
}

Result<void> checked(const leveldb::Status& status) {
  if (status.ok()) return {};
  return tl::make_unexpected(error_of(status));
}

Result<std::unique_ptr<leveldb::DB>> open_files(const std::string& folder, bool make) {
  static Silent silent;
  leveldb::Options options;
  options.create_if_missing = make;
  options.error_if_exists = make;
  options.paranoid_checks = true;
  options.compression = leveldb::kNoCompression;  // Sealed bytes do not shrink.
  options.info_log = &silent;
  leveldb::DB* opened = nullptr;
  const auto status = leveldb::DB::Open(options, folder, &opened);
  std::unique_ptr<leveldb::DB> db(opened);
  if (!status.ok()) return tl::make_unexpected(error_of(status));
  return db;
}

void add_deletions(leveldb::DB& db, const std::string& prefix, leveldb::WriteBatch& batch,
                   leveldb::Status& status) {
  const std::unique_ptr<leveldb::Iterator> it(db.NewIterator(reading()));
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next())
    batch.Delete(it->key());
  if (status.ok()) status = it->status();
}

}  // namespace

Table::Table(std::string folder, std::unique_ptr<leveldb::DB> db)
    : folder_(std::move(folder)), db_(std::move(db)) {}
Table::Table(Table&& other) noexcept = default;
Table& Table::operator=(Table&& other) noexcept = default;
Table::~Table() = default;

Result<Table> Table::make(const std::string& folder) {
  auto db = open_files(folder, true);
  if (!db) return tl::make_unexpected(db.error());
  return Table(folder, std::move(*db));
}

Result<Table> Table::open(const std::string& folder) {
  std::string head;
  const auto read = leveldb::ReadFileToString(leveldb::Env::Default(), folder + "/CURRENT", &head);
  if (read.IsNotFound()) return fail(ErrorCode::NOT_FOUND, folder + " holds no store");
  auto db = open_files(folder, false);
  if (!db) return tl::make_unexpected(db.error());
  Table table(folder, std::move(*db));
  const auto destroying = table.get(kDestroying);
  if (!destroying) return tl::make_unexpected(destroying.error());
  if (*destroying) {
    table.db_->CompactRange(nullptr, nullptr);
    if (auto ended = table.end_destruction(); !ended) return tl::make_unexpected(ended.error());
  }
  return table;
}

Result<std::optional<std::string>> Table::get(std::string_view name) const {
  std::string value;
  const auto status = db_->Get(reading(), slice(name), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return tl::make_unexpected(error_of(status));
  return value;
}

Result<void> Table::put(const Pairs& pairs) {
  leveldb::WriteBatch batch;
  for (const auto& [name, value] : pairs) batch.Put(name, value);
  return checked(db_->Write(synced(), &batch));
}

Result<void> Table::each(std::string_view prefix, const Visit& visit) const {
  const std::unique_ptr<leveldb::Iterator> it(db_->NewIterator(reading()));
  for (it->Seek(slice(prefix)); it->Valid() && it->key().starts_with(slice(prefix)); it->Next()) {
    if (auto visited = visit(view(it->key()), view(it->value())); !visited) return visited;
  }
  return checked(it->status());
}

void Table::compact(const std::vector<std::string>& prefixes) {
  for (const auto& prefix : prefixes) {
    const auto end = prefix + std::string(kNameSizeMax, '\xff');
    const leveldb::Slice first = prefix, last = end;
    db_->CompactRange(&first, &last);
  }
}

Result<void> Table::destroy(const std::vector<std::string>& prefixes, const Pairs& pairs) {
  auto touched = prefixes;
  for (const auto& pair : pairs) touched.push_back(pair.first);
  // A table that is written from memory holds old values beside new ones, and what is written
  // below all others is compacted no further. So the old values go to tables of their own first;
  // what replaces them then lies above, and merging the two drops both.
  compact(touched);
  leveldb::WriteBatch batch;
  leveldb::Status status;
  for (const auto& prefix : prefixes) add_deletions(*db_, prefix, batch, status);
  if (!status.ok()) return checked(status);
  for (const auto& [name, value] : pairs) batch.Put(name, value);
  batch.Put(kDestroying, "");
  if (auto written = checked(db_->Write(synced(), &batch)); !written) return written;
  compact(touched);
  return end_destruction();
}

Result<void> Table::end_destruction() {
  if (auto deleted = checked(db_->Delete(synced(), kDestroying)); !deleted) return deleted;
  // The list of files quotes first and last names of files that are gone; opening writes it anew.
  db_.reset();
  auto db = open_files(folder_, false);
  if (!db) return tl::make_unexpected(db.error());
  db_ = std::move(*db);
  return {};
}

}  // namespace puhui::node::identity
