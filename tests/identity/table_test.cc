#include "node/identity/table.h"

#include <gtest/gtest.h>

#include "crypto/random.h"
#include "tests/identity/desk.h"

namespace puhui::node::identity {
namespace {

namespace fs = std::filesystem;

struct Scene {
  cli::Scratch scratch;
  std::string folder = scratch.path("table");
};

std::vector<std::string> names_of(const Table& table, std::string_view prefix) {
  std::vector<std::string> names;
  const auto walked = table.each(prefix, [&](std::string_view name, std::string_view) {
    names.emplace_back(name);
    return Result<void>();
  });
  EXPECT_TRUE(walked);
  return names;
}

std::vector<fs::path> files_of(const std::string& folder, const std::string& extension) {
  std::vector<fs::path> found;
  for (const auto& file : fs::directory_iterator(folder))
    if (file.path().extension() == extension) found.push_back(file.path());
  return found;
}

TEST(Table, KeepsWhatWasPut) {
  const Scene scene;
  {
    auto table = Table::make(scene.folder).value();
    ASSERT_TRUE(table.put({{"a1", "one"}, {"a2", "two"}, {"b", ""}}));
    EXPECT_EQ(table.get("a1").value(), "one");
  }
  const auto table = Table::open(scene.folder).value();
  EXPECT_EQ(table.get("a2").value(), "two");
  EXPECT_EQ(table.get("b").value(), "");
  EXPECT_EQ(table.get("c").value(), std::nullopt);
  EXPECT_EQ(names_of(table, "a"), (std::vector<std::string>{"a1", "a2"}));
}

TEST(Table, IsMadeOnceAndOpenedOnlyIfThere) {
  const Scene scene;
  EXPECT_EQ(Table::open(scene.folder).error().code, ErrorCode::NOT_FOUND);
  { const auto table = Table::make(scene.folder).value(); }
  EXPECT_FALSE(Table::make(scene.folder));
}

TEST(Table, WalksStopAtTheFirstError) {
  const Scene scene;
  auto table = Table::make(scene.folder).value();
  ASSERT_TRUE(table.put({{"a1", ""}, {"a2", ""}}));
  int seen = 0;
  const auto walked = table.each("a", [&](std::string_view, std::string_view) -> Result<void> {
    ++seen;
    return fail(ErrorCode::CORRUPT);
  });
  EXPECT_EQ(walked.error().code, ErrorCode::CORRUPT);
  EXPECT_EQ(seen, 1);
}

// Records of several sizes, some in the database's log, some in its tables, on several levels.
TEST(Table, DestructionLeavesNoByteOnDisk) {
  for (const int people : {1, 3, 300}) {
    const Scene scene;
    std::optional<Table> table = Table::make(scene.folder).value();
    std::map<std::string, std::string> kept;
    for (int i = 0; i < people; ++i) {
      const auto name = "a" + crypto::random_bytes(16);
      kept[name] = crypto::random_bytes(64 + static_cast<std::size_t>(i) * 17);
      ASSERT_TRUE(table->put({{name, kept[name]}, {name + "p", kept[name].substr(0, 40)}}));
      ASSERT_TRUE(table->put({{"b", crypto::random_bytes(40)}}));
      if (i % 70 == 69) {
        table.reset();
        table = Table::open(scene.folder).value();
      }
    }
    for (int round = 0; round < 3 && !kept.empty(); ++round) {
      const auto [name, value] = *kept.begin();
      kept.erase(kept.begin());
      const auto replaced = table->get("b").value().value();
      ASSERT_TRUE(on_disk(scene.folder, value.substr(0, 32)));
      ASSERT_TRUE(on_disk(scene.folder, replaced));
      ASSERT_TRUE(table->destroy({name}, {{"b", crypto::random_bytes(40)}}));
      EXPECT_FALSE(on_disk(scene.folder, value.substr(0, 32))) << people << ", " << round;
      EXPECT_FALSE(on_disk(scene.folder, replaced)) << people << ", " << round;
      EXPECT_TRUE(names_of(*table, name).empty());
    }
    for (const auto& [name, value] : kept) EXPECT_EQ(table->get(name).value(), value);
  }
}

TEST(Table, ADestructionThatBrokeOffIsEndedByTheNextOpen) {
  const Scene scene;
  const auto value = crypto::random_bytes(40);
  { ASSERT_TRUE(Table::make(scene.folder).value().put({{"a", value}, {"b", "stays"}})); }
  { ASSERT_TRUE(Table::open(scene.folder)); }
  // What lies on the disk when the machine stops after the write that deletes.
  write_raw(scene.folder, {{"a", ""}, {"~destroying", "1"}});
  ASSERT_TRUE(on_disk(scene.folder, value));
  const auto table = Table::open(scene.folder).value();
  EXPECT_FALSE(on_disk(scene.folder, value));
  EXPECT_EQ(table.get("~destroying").value(), std::nullopt);
  EXPECT_EQ(table.get("b").value(), "stays");
}

TEST(Table, DamageIsRefused) {
  const Scene scene;
  { ASSERT_TRUE(Table::make(scene.folder).value().put({{"a", std::string(1000, 'x')}})); }
  const auto logs = files_of(scene.folder, ".log");
  ASSERT_EQ(logs.size(), 1u);
  fs::copy(scene.folder, scene.scratch.path("second"));
  auto bytes = scene.scratch.read("table/" + logs[0].filename().string());
  bytes[bytes.size() / 2] ^= 1;
  scene.scratch.write("table/" + logs[0].filename().string(), bytes);
  EXPECT_EQ(Table::open(scene.folder).error().code, ErrorCode::CORRUPT);

  const auto second = scene.scratch.path("second");
  { ASSERT_TRUE(Table::open(second)); }  // It now lies in a table file.
  const auto tables = files_of(second, ".ldb");
  ASSERT_EQ(tables.size(), 1u);
  fs::remove(tables[0]);
  EXPECT_EQ(Table::open(second).error().code, ErrorCode::CORRUPT);
}

}  // namespace
}  // namespace puhui::node::identity
