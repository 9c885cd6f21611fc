// Whatever is changed in a closed ledger's files is found, by name, or changes nothing.
#include <gtest/gtest.h>
#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "ledger/inventory.h"
#include "ledger/store/key_text.h"
#include "ledger/store/keys.h"
#include "tests/ledger/day.h"

namespace puhui::ledger::testing {
namespace {

namespace fs = std::filesystem;

// More with PUHUI_TAMPERINGS in the environment.
int tamperings(int usual) {
  const char* wanted = std::getenv("PUHUI_TAMPERINGS");
  return wanted == nullptr ? usual : std::atoi(wanted);
}

struct Tampering : ::testing::Test {
  City city{small_interval()};
  Folder copies, scratches;
  std::string original;  // everything derived, as bytes
  std::vector<crypto::Digest> roots;

  void SetUp() override {
    // In tables and in the log.
    const auto day = a_day(city);
    for (std::size_t i = 0; i < day.size(); ++i) {
      city.apply({day[i]});
      if (i == day.size() / 3 || i == 2 * day.size() / 3) city.reopen();
    }
    for (std::uint64_t size = 0; size <= city.head().size; ++size)
      roots.push_back(size == 0 ? crypto::empty_root() : city.view().root_at(size));
    city.close();
    const auto kept = copy("kept");
    original = contents(kept);
  }
  std::string copy(const std::string& name) {
    const auto to = copies.file(name);
    fs::remove_all(to);
    fs::copy(city.folder(), to);
    return to;
  }
  static StoreOptions options(const std::string& folder) {
    auto options = city_options();
    options.folder = folder;
    return options;
  }
  // What is wrong, or nothing; and how many leaves are well then.
  Result<std::uint64_t> examine(const std::string& folder) {
    const auto inventory = Inventory::open(options(folder));
    if (!inventory) return tl::make_unexpected(inventory.error());
    if (auto whole = (*inventory)->check_leaves(); !whole)
      return tl::make_unexpected(whole.error());
    const auto scratch = scratches.file("rebuilt");
    fs::remove_all(scratch);
    auto rebuilt = std::move(*Ledger::open(options(scratch)));
    const auto size = (*inventory)->head().size;
    for (std::uint64_t i = 0; i < size; ++i) {
      const auto leaf = (*inventory)->leaf(i);
      Ledger::Leaf one{leaf->entry, std::nullopt};
      if (leaf->attachment) one.attachment = *leaf->attachment;
      if (auto followed = rebuilt->follow(std::span(&one, 1)); !followed)
        return tl::make_unexpected(followed.error());
    }
    if (auto same = (*inventory)->compare(*rebuilt); !same)
      return tl::make_unexpected(same.error());
    EXPECT_EQ((*inventory)->head().root, roots.at(size));
    return size;
  }
  std::string complaint(const std::string& folder) {
    const auto examined = examine(folder);
    return examined ? "" : examined.error().detail;
  }
};

TEST_F(Tampering, AnUntouchedLedgerIsWell) {
  const auto size = examine(copy("one"));
  ASSERT_TRUE(size) << describe(size.error());
  EXPECT_EQ(*size, roots.size() - 1);
}

TEST_F(Tampering, AFlippedByteOfAnyFileIsFoundOrHasNoEffect) {
  std::mt19937_64 random(20261124);
  int found = 0, without_effect = 0, shorter = 0;
  for (int i = 0; i < tamperings(400); ++i) {
    const auto folder = copy("one");
    std::vector<fs::path> files;
    for (const auto& file : fs::directory_iterator(folder))
      if (fs::file_size(file) > 0) files.push_back(file.path());
    std::ranges::sort(files);
    const auto& file = files[random() % files.size()];
    const auto at = random() % fs::file_size(file);
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(static_cast<std::streamoff>(at));
    const auto flipped = static_cast<char>(bytes.get() ^ static_cast<int>(1U << random() % 8));
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes.put(flipped);
    bytes.close();
    const auto examined = examine(folder);
    if (!examined) {
      EXPECT_FALSE(examined.error().detail.empty());
      ++found;
    } else if (*examined == roots.size() - 1) {
      EXPECT_EQ(contents(folder), original) << file << " at " << at;
      ++without_effect;
    } else {
      // The end of a log that looks torn is left out: the consensus log has those blocks.
      EXPECT_EQ(file.extension(), ".log") << file << " at " << at;
      ++shorter;
    }
  }
  RecordProperty("found", found);
  RecordProperty("without_effect", without_effect);
  RecordProperty("shorter", shorter);
  EXPECT_GT(found, without_effect + shorter);
}

// Nor does a key that belongs to nothing pass, whatever family it pretends to be of.
TEST_F(Tampering, AKeyThatBelongsToNothingIsNamed) {
  for (const auto* stray : {"mappliedx", "mheadx", "mother", "m", "z", "q1"}) {
    const auto folder = copy("one");
    leveldb::WriteBatch batch;
    batch.Put(stray, "stray");
    std::move(*Store::open(options(folder)))->write(batch);
    EXPECT_EQ(complaint(folder), key_text(stray));
  }
}

// Changes that keep LevelDB's checksums: by someone with access to the database.
TEST_F(Tampering, AChangedRemovedOrAddedKeyIsNamed) {
  std::mt19937_64 random(42);
  std::vector<std::pair<std::string, std::string>> rows;
  {
    const auto store = std::move(*Store::open(options(copy("rows"))));
    store->reader()->scan("", "", [&rows](std::string_view key, std::string_view value) {
      rows.emplace_back(key, value);
      return true;
    });
  }
  for (int i = 0; i < tamperings(300); ++i) {
    const auto folder = copy("one");
    const auto& [key, value] = rows[random() % rows.size()];
    leveldb::WriteBatch batch;
    auto changed = value;
    auto what = value.empty() ? 1 + random() % 2 : random() % 3;
    if (key[0] == 'x') what = 1;  // the end of a refusal that is not there ends nothing
    if (what == 0) {
      changed[random() % changed.size()] ^= static_cast<char>(1U << random() % 8);
      batch.Put(key, changed);
    } else if (what == 1) {
      batch.Delete(key);
    } else {
      batch.Put(key + "x", value);
    }
    std::move(*Store::open(options(folder)))->write(batch);
    const auto said = complaint(folder);
    EXPECT_FALSE(said.empty()) << key_text(key) << " kind " << what;
    const bool is_named = std::string_view("etv").find(key[0]) != std::string_view::npos;
    if (what == 0 && is_named) {
      EXPECT_EQ(said, key_text(key));
    } else if (what == 1 && key[0] == 'e') {
      EXPECT_EQ(said.find(key_text(key)), 0U) << said;
    } else if (what == 2 && key[0] == 'v') {
      EXPECT_EQ(said, key_text(key + "x"));
    }
  }
}

// A copy of a process that has threads, as LevelDB's, may hang; a new one does not.
struct TamperingDeathTest : Tampering {
  TamperingDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(TamperingDeathTest, AChangedEntryIsNeverServed) {
  const auto folder = copy("one");
  auto entry = std::move(*Store::open(options(folder)))->get(key::entry(3)).value();
  entry.back() ^= 1;
  leveldb::WriteBatch batch;
  batch.Put(key::entry(3), entry);
  std::move(*Store::open(options(folder)))->write(batch);
  const auto ledger = std::move(*Ledger::open(options(folder)));
  EXPECT_FALSE(ledger->view().entry(2).empty());
  EXPECT_DEATH((void)ledger->view().entry(3), "puhui repair");
  EXPECT_DEATH((void)ledger->view().tile({crypto::Tile::Kind::entries, 0, 0, 4}), "puhui repair");
}

TEST_F(Tampering, WhatLevelDbSavesIsStillMeasured) {
  const auto folder = copy("one");
  std::string table;
  for (const auto& file : fs::directory_iterator(folder))
    if (file.path().extension() == ".ldb") table = file.path();
  ASSERT_FALSE(table.empty());
  std::fstream bytes(table, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(100);
  bytes.put('\x7f');
  bytes.close();
  EXPECT_NE(complaint(folder).find(table), std::string::npos) << complaint(folder);
  const auto saved = copies.file("saved");
  ASSERT_TRUE(Inventory::salvage(folder, saved));
  EXPECT_NE(complaint(saved), "");
}

}  // namespace
}  // namespace puhui::ledger::testing
