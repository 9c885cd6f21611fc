// Names and values on disk: LevelDB, every write synced, every read checked, and a way to destroy
// that leaves no byte behind in its files. Names and values are opaque here. Not thread-safe; one
// process at a time, which the caller sees to.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/error.h"

namespace leveldb {
class DB;
}

namespace puhui::node::identity {

using Pairs = std::vector<std::pair<std::string, std::string>>;

class Table {
 public:
  // An empty table in a new folder. IO if there is one.
  [[nodiscard]] static Result<Table> make(const std::string& folder);
  // NOT_FOUND if there is none; CORRUPT if it is damaged; IO. Ends a destruction that broke off.
  [[nodiscard]] static Result<Table> open(const std::string& folder);

  Table(Table&& other) noexcept;
  Table& operator=(Table&& other) noexcept;
  ~Table();

  // CORRUPT, IO.
  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view name) const;
  // All or nothing, durable when it returns. IO.
  [[nodiscard]] Result<void> put(const Pairs& pairs);

  using Visit = std::function<Result<void>(std::string_view name, std::string_view value)>;
  // What begins with this, in order, until `visit` answers an error. CORRUPT, IO.
  [[nodiscard]] Result<void> each(std::string_view prefix, const Visit& visit) const;

  // Deletes what begins with any of the prefixes and puts the pairs, in one durable write; then
  // rewrites the files, so that neither what was deleted nor what the pairs replaced lies in any of
  // them. After an error the table must be let go; the next open, also after a crash, does what
  // is left to do. What was put before
  // under the names of the pairs is destroyed likewise. CORRUPT, IO.
  [[nodiscard]] Result<void> destroy(const std::vector<std::string>& prefixes, const Pairs& pairs);

 private:
  Table(std::string folder, std::unique_ptr<leveldb::DB> db);

  // Rewrites the files that hold names with these beginnings.
  void compact(const std::vector<std::string>& prefixes);
  [[nodiscard]] Result<void> end_destruction();

  std::string folder_;
  std::unique_ptr<leveldb::DB> db_;
};

}  // namespace puhui::node::identity
