// The database: what survives, who may open it, and what damage looks like.
#include "ledger/store/store.h"

#include <gtest/gtest.h>
#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <future>
#include <set>

#include "ledger/store/state.h"
#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

namespace fs = std::filesystem;

StoreOptions small(const std::string& folder) {
  StoreOptions options;
  options.folder = folder;
  options.cache_bytes = std::size_t{1} << 20;
  options.write_buffer_bytes = std::size_t{1} << 16;
  return options;
}

std::vector<fs::path> files(const std::string& folder, const std::string& extension) {
  std::vector<fs::path> found;
  for (const auto& file : fs::directory_iterator(folder))
    if (file.path().extension() == extension) found.push_back(file.path());
  std::sort(found.begin(), found.end());
  return found;
}

void put(Store& store, const std::string& key, const std::string& value) {
  leveldb::WriteBatch batch;
  batch.Put(key, value);
  store.write(batch);
}

TEST(Store, NeighboursAndScansStayInTheirFamily) {
  Folder folder;
  const auto store = std::move(*Store::open(small(folder.file("s"))));
  for (const auto* name : {"va1", "vb1", "vb3", "vc1"}) put(*store, name, name);
  EXPECT_EQ(store->at_or_after("vb", "vb2")->key, "vb3");
  EXPECT_EQ(store->at_or_after("vb", "vb1")->key, "vb1");
  EXPECT_FALSE(store->at_or_after("vb", "vb4"));
  EXPECT_EQ(store->before("vb", "vb3")->key, "vb1");
  EXPECT_EQ(store->before("vb", "vb9")->key, "vb3");
  EXPECT_FALSE(store->before("vb", "vb1"));
  EXPECT_FALSE(store->before("vd", "vd"));
  EXPECT_EQ(store->before("vc", "vc9")->key, "vc1");
  std::string seen;
  store->reader()->scan("vb", "vb", [&](std::string_view key, std::string_view) {
    seen += std::string(key) + " ";
    return true;
  });
  EXPECT_EQ(seen, "vb1 vb3 ");
}

// Readings that began after a write wait for it; the ones that ask for what was before do not.
TEST(Store, AWriteBesideIsSeenByWhoeverReadsAfterIt) {
  Folder folder;
  auto options = small(folder.file("s"));
  options.beside_bytes_min = 100;
  std::function<void()> under_way;
  options.beside = [&under_way](std::function<void()> write) { under_way = std::move(write); };
  const auto store = std::move(*Store::open(options));
  auto batch = std::make_unique<leveldb::WriteBatch>();
  batch->Put("va", "small");
  store->begin_write(batch);
  EXPECT_FALSE(under_way);
  EXPECT_EQ(store->get("va"), "small");

  const std::string large(200, 'x');
  batch->Put("va", large);
  store->begin_write(batch);
  EXPECT_EQ(store->peek("va"), "small");
  EXPECT_EQ(store->at_or_after("va", "va")->value, "small");
  EXPECT_EQ(store->before("va", "vb")->value, "small");
  const auto read = [&](auto reading) { return std::async(std::launch::async, reading); };
  auto got = read([&] { return store->get("va"); });
  auto pinned = read([&] { return store->reader()->get("va"); });
  auto synced = read([&] {
    store->sync();
    return store->peek("va");
  });
  auto next = std::make_unique<leveldb::WriteBatch>();
  next->Put("vb", "next");
  auto written = read([&] {
    store->write(*next);
    return store->peek("va");
  });
  for (auto* waiting : {&got, &pinned, &synced, &written})
    EXPECT_EQ(waiting->wait_for(std::chrono::milliseconds(1)), std::future_status::timeout);
  under_way();
  EXPECT_EQ(got.get(), large);
  EXPECT_EQ(pinned.get(), large);
  EXPECT_EQ(synced.get(), large);
  EXPECT_EQ(written.get(), large);
}

// Bytes that are compared as numbers are compared without a sign; and whoever opens the folder with
// LevelDB's own order finds the same one.
TEST(Store, KeysAreInTheOrderOfTheirBytes) {
  Folder folder;
  std::set<std::string> keys;
  for (const std::size_t same : {0, 5, 7, 8, 11, 15, 16, 20})
    for (const char byte : {'\0', '\1', '\x7f', '\x80', '\xff'})
      for (const std::size_t more : {0, 1, 7, 9, 17}) {
        keys.insert("k" + std::string(same, '\x80') + byte);
        keys.insert("k" + std::string(same, '\x80') + byte + std::string(more, byte));
      }
  const auto name = folder.file("s");
  {
    const auto store = std::move(*Store::open(small(name)));
    for (const auto& key : keys) put(*store, key, key);
    std::vector<std::string> seen;
    store->reader()->scan("k", "k", [&](std::string_view key, std::string_view) {
      seen.emplace_back(key);
      return true;
    });
    EXPECT_TRUE(std::ranges::equal(seen, keys));
    for (const auto& key : keys) EXPECT_EQ(store->get(key), key);
  }
  leveldb::DB* opened = nullptr;
  ASSERT_TRUE(leveldb::DB::Open({}, name, &opened).ok());
  const std::unique_ptr<leveldb::DB> db(opened);
  std::string value;
  for (const auto& key : keys) EXPECT_TRUE(db->Get({}, key, &value).ok() && value == key);
}

TEST(Store, AReaderIsPinned) {
  Folder folder;
  const auto store = std::move(*Store::open(small(folder.file("s"))));
  put(*store, "k", "1");
  const auto reader = store->reader();
  put(*store, "k", "2");
  EXPECT_EQ(reader->get("k"), "1");
  EXPECT_EQ(store->get("k"), "2");
}

TEST(Store, IsLockedWhileOpen) {
  Folder folder;
  auto store = Store::open(small(folder.file("s")));
  ASSERT_TRUE(store);
  EXPECT_EQ(Store::open(small(folder.file("s"))).error().code, ErrorCode::LOCKED);
  store->reset();
  EXPECT_TRUE(Store::open(small(folder.file("s"))));
}

TEST(Store, AFolderThatCannotBeMadeIsAnIoError) {
  Folder folder;
  std::ofstream(folder.file("file")) << "not a folder";
  EXPECT_EQ(Store::open(small(folder.file("file"))).error().code, ErrorCode::IO);
  EXPECT_EQ(Store::open(small(folder.file("file/below"))).error().code, ErrorCode::IO);
}

TEST(Store, DamagedFilesAreFoundWhenOpened) {
  Folder folder;
  const auto path = folder.file("s");
  {
    const auto store = std::move(*Store::open(small(path)));
    for (int i = 0; i < 200; ++i) put(*store, "k" + std::to_string(i), std::string(100, 'v'));
  }
  const auto log = files(path, ".log").back();
  std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(fs::file_size(log) / 2));
  file.put('\x55');
  file.put('\xaa');
  file.close();
  const auto damaged = Store::open(small(path));
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::CORRUPT);
}

TEST(Store, AMissingTableIsFoundWhenOpened) {
  Folder folder;
  const auto path = folder.file("s");
  {
    const auto store = std::move(*Store::open(small(path)));
    for (int i = 0; i < 2000; ++i) put(*store, "k" + std::to_string(i), std::string(100, 'v'));
  }
  ASSERT_TRUE(Store::open(small(path)));
  const auto tables = files(path, ".ldb");
  ASSERT_FALSE(tables.empty());
  fs::remove(tables.front());
  const auto damaged = Store::open(small(path));
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::CORRUPT);
}

TEST(StoreDeathTest, ADamagedBlockStopsTheProcess) {
  Folder folder;
  const auto path = folder.file("s");
  {
    const auto store = std::move(*Store::open(small(path)));
    for (int i = 0; i < 2000; ++i) put(*store, "k" + std::to_string(i), std::string(100, 'v'));
  }
  { const auto moved_to_tables = std::move(*Store::open(small(path))); }
  for (const auto& table : files(path, ".ldb")) {
    std::fstream file(table, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file.put('\x7f');
  }
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // LevelDB has a thread
  EXPECT_DEATH(
      {
        const auto store = std::move(*Store::open(small(path)));
        for (int i = 0; i < 2000; ++i) (void)store->get("k" + std::to_string(i));
      },
      "ledger store");
}

// ---- State: three layers that look like one ----

struct Layers : ::testing::Test {
  Folder folder;
  std::unique_ptr<Store> store = std::move(*Store::open(small(folder.file("s"))));
  State state{*store};
  void write() {
    leveldb::WriteBatch batch;
    state.write_to(batch);
    store->write(batch);
  }
};

TEST_F(Layers, NewerLayersHideOlderOnes) {
  for (const auto* name : {"vU1", "vU2", "vU3", "vU4"}) state.put(name, std::string("store"));
  state.accept();
  write();
  state.erase("vU2");
  state.put("vU3", std::string("block"));
  state.put("vU25", std::string("block"));
  state.accept();
  state.erase("vU3");
  state.put("vU4", std::string("event"));
  const auto names = [this] {
    std::string text;
    for (auto at = state.at_or_after("vU", "vU"); at; at = state.at_or_after("vU", at->key + '\0'))
      text += at->key + "=" + at->value + " ";
    std::string back;
    for (auto at = state.before("vU", "vU9"); at; at = state.before("vU", at->key))
      back = at->key + "=" + at->value + " " + back;
    EXPECT_EQ(back, text);
    return text;
  };
  EXPECT_EQ(names(), "vU1=store vU25=block vU4=event ");
  state.drop();
  EXPECT_EQ(names(), "vU1=store vU25=block vU3=block vU4=store ");
  write();
  EXPECT_EQ(names(), "vU1=store vU25=block vU3=block vU4=store ");
  EXPECT_FALSE(store->get("vU2"));
}

TEST_F(Layers, ManyChangesOnTheWayCostNothing) {
  for (int i = 10'000; i < 20'000; ++i) state.put("vU" + std::to_string(i), std::string("x"));
  state.accept();
  write();
  for (int i = 10'000; i < 20'000; ++i) {
    state.put("vU" + std::to_string(i), std::string("y"));
    ASSERT_EQ(state.at_or_after("vU", "vU" + std::to_string(i))->value, "y");
    ASSERT_EQ(state.before("vU", "vU" + std::to_string(i) + '\0')->value, "y");
  }
}

TEST_F(Layers, ErasedRunsAreSkipped) {
  for (int i = 1000; i < 3000; ++i) state.put("vH" + std::to_string(i), std::string("x"));
  state.accept();
  write();
  for (int i = 1000; i < 2999; ++i) state.erase("vH" + std::to_string(i));
  EXPECT_EQ(state.at_or_after("vH", "vH")->key, "vH2999");
  EXPECT_FALSE(state.before("vH", "vH2999"));
  state.accept();
  EXPECT_EQ(state.at_or_after("vH", "vH")->key, "vH2999");
  EXPECT_FALSE(state.before("vH", "vH2999"));
}

}  // namespace
}  // namespace puhui::ledger::testing
