// A damaged ledger is named and built again; what is well is left alone.
#include "node/repair/repair.h"

#include <gtest/gtest.h>
#include <leveldb/write_batch.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "consensus/log.h"
#include "ledger/inventory.h"
#include "ledger/store/keys.h"
#include "tests/crypto/growing_log.h"
#include "tests/ledger/day.h"

namespace puhui::node {
namespace {

namespace fs = std::filesystem;
using ledger::testing::City;

void put(const fs::path& path, std::string_view bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// The log as a peer's copy of it lies on disk; answers whom to believe. Up to 256 leaves.
crypto::Policy copy_of(const City& city, const fs::path& folder) {
  const auto view = city.view();
  const auto size = view.head().size;
  const crypto::testing::GrowingLog log(view.genesis()->origin(), 'l');
  put(folder / "checkpoint", log.signed_note({log.origin, size, view.head().root, {}}));
  for (const auto kind : {crypto::Tile::Kind::hashes, crypto::Tile::Kind::entries}) {
    const crypto::Tile tile{kind, 0, 0, static_cast<unsigned>(size)};
    put(folder / crypto::tile_path(tile), *view.tile(tile));
  }
  for (std::uint64_t leaf = 0; leaf < size; ++leaf)
    if (const auto attachment = view.attachment(leaf))
      put(folder / attachment_file(leaf), *attachment);
  crypto::Policy policy;
  policy.logs = {{log.key(), ""}};
  return policy;
}

struct Repairs : ::testing::Test {
  City city{ledger::testing::small_interval()};
  ledger::testing::Folder folder;
  RepairOptions options;
  ledger::Head head;
  ledger::AppliedAt applied;
  crypto::Policy policy;  // of the peer's copy

  void SetUp() override {
    for (const auto& sent : ledger::testing::a_day(city)) city.apply({sent});
    head = city.head();
    applied = city.ledger().applied();
    policy = copy_of(city, folder.file("copy"));
    city.close();
    options.data = folder.file("data");
    fs::create_directories(options.data);
    fs::copy(city.folder(), options.data + "/ledger-0");
  }
  void overwrite(const std::string& key, const std::optional<std::string>& value) {
    auto store = std::move(*ledger::Store::open(current()));
    leveldb::WriteBatch batch;
    if (value) {
      batch.Put(key, *value);
    } else {
      batch.Delete(key);
    }
    store->write(batch);
  }
  [[nodiscard]] ledger::StoreOptions current() const {
    auto store = ledger::testing::city_options();
    store.folder = current_ledger(options.data);
    return store;
  }
  // A table of the database, once it has been opened again.
  [[nodiscard]] std::string table() const {
    std::string found;
    for (const auto& file : fs::directory_iterator(options.data + "/ledger-0"))
      if (file.path().extension() == ".ldb") found = file.path();
    return found;
  }
  void take_from_the_copy() {
    FollowOptions source;
    source.source.where = folder.file("copy");
    source.policy = policy;
    options.source = source;
  }
  // The repaired ledger goes on where the damaged one stood.
  void expect_as_before() {
    ASSERT_TRUE(scrub(options));
    const auto opened = std::move(*ledger::Ledger::open(current()));
    EXPECT_EQ(opened->view().head().root, head.root);
    EXPECT_EQ(opened->view().head().digest, head.digest);
    EXPECT_EQ(opened->applied(), applied);
  }
};

TEST_F(Repairs, WhatIsWellIsLeftAlone) {
  const auto well = scrub(options);
  ASSERT_TRUE(well) << describe(well.error());
  EXPECT_EQ(well->size, head.size);
  const auto done = repair(options);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->found, "");
  EXPECT_EQ(done->kept, "");
  EXPECT_FALSE(fs::exists(options.data + "/current"));
}

TEST_F(Repairs, AChangedBalanceIsNamedAndRestored) {
  overwrite(ledger::key::account("owner-side"), "a million");
  const auto wrong = scrub(options);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().detail, "view vA/owner-side");
  const auto done = repair(options);
  ASSERT_TRUE(done) << describe(done.error());
  EXPECT_EQ(done->found, "view vA/owner-side");
  EXPECT_TRUE(fs::exists(done->kept)) << "nothing is thrown away";
  expect_as_before();
}

TEST_F(Repairs, ADamagedTableIsNamedAndNothingIsMadeUp) {
  ASSERT_TRUE(ledger::Ledger::open(current()));  // the log becomes a table
  const auto table = this->table();
  ASSERT_FALSE(table.empty());
  fs::resize_file(table, fs::file_size(table) - 1);
  const auto wrong = scrub(options);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().detail.find(table), std::string::npos) << wrong.error().detail;
  const auto done = repair(options);
  ASSERT_FALSE(done) << "its only table is lost";
  EXPECT_EQ(done.error().code, ErrorCode::CORRUPT) << describe(done.error());
  EXPECT_FALSE(fs::exists(options.data + "/current"));
}

TEST_F(Repairs, ADamagedBlockIsMendedFromAPeersCopy) {
  ASSERT_TRUE(ledger::Ledger::open(current()));
  const auto table = this->table();
  ASSERT_FALSE(table.empty());
  std::fstream bytes(table, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(50);
  bytes.put('\x7f');
  bytes.close();
  ASSERT_FALSE(scrub(options));
  take_from_the_copy();
  const auto done = repair(options);
  ASSERT_TRUE(done) << describe(done.error());
  EXPECT_NE(done->found.find(table), std::string::npos) << done->found;
  expect_as_before();
}

TEST_F(Repairs, AMissingEntryNeedsAPeer) {
  overwrite(ledger::key::entry(7), std::nullopt);
  EXPECT_EQ(scrub(options).error().detail, "entry 7 is missing");
  const auto alone = repair(options);
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().code, ErrorCode::CORRUPT);
  EXPECT_FALSE(fs::exists(options.data + "/current")) << "nothing half done";
  take_from_the_copy();
  const auto done = repair(options);
  ASSERT_TRUE(done) << describe(done.error());
  expect_as_before();
}

// Without a refusal the node would accept what all others refuse.
TEST_F(Repairs, ALostRefusalIsNotMadeUp) {
  std::string refusal;
  {
    const auto store = std::move(*ledger::Store::open(current()));
    store->reader()->scan("r", "r", [&refusal](std::string_view key, std::string_view) {
      refusal = key;
      return false;
    });
  }
  ASSERT_FALSE(refusal.empty());
  overwrite(refusal, std::nullopt);
  EXPECT_EQ(scrub(options).error().detail, "a refusal is lost or changed");
  take_from_the_copy();
  const auto done = repair(options);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::CORRUPT);
  EXPECT_FALSE(fs::exists(options.data + "/current")) << "nothing half done";
}

// Somebody built these views by other rules: the same leaves give others here.
TEST_F(Repairs, ViewsOfOtherRulesAreNotReplaced) {
  const auto key = ledger::key::meta("families");
  std::string families;
  {
    const auto store = std::move(*ledger::Store::open(current()));
    families = store->get(key).value();
  }
  families.back() ^= 1;
  auto other = head;
  other.digest = crypto::sha256(families);
  overwrite(key, families);
  overwrite(ledger::key::meta("head"), ledger::encode_head(other));
  const auto done = repair(options);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().detail.find("other views of the leaves"), std::string::npos)
      << done.error().detail;
}

TEST_F(Repairs, ADigestThatIsDamagedItselfDoesNotMatter) {
  auto other = head;
  other.digest.bytes[0] ^= 1;
  overwrite(ledger::key::meta("head"), ledger::encode_head(other));
  ASSERT_FALSE(scrub(options));
  ASSERT_TRUE(repair(options));
  expect_as_before();
}

TEST_F(Repairs, ConsensusMustHoldWhatComesNext) {
  overwrite(ledger::key::account("owner-side"), "a million");
  {
    auto log = std::move(*consensus::LevelLog::open(options.data + "/log"));
    consensus::Snapshot snapshot;
    snapshot.index = applied.index + 5;
    snapshot.term = 1;
    snapshot.configuration.servers = {{1, "127.0.0.1:1", consensus::Role::kVoter}};
    snapshot.configuration_index = 1;
    const std::vector<consensus::LogOp> ops{consensus::SnapshotOp{snapshot, applied.index + 6}};
    log->write(ops);
  }
  const auto done = repair(options);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().detail.find("new number"), std::string::npos) << done.error().detail;
}

TEST_F(Repairs, ANodeThatDivergedWithSoundLeavesStaysStopped) {
  ASSERT_TRUE(write_file(halted_file(options.data), "diverged: …", Mode::shared));
  const auto done = repair(options);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().detail.find("new number"), std::string::npos) << done.error().detail;
  overwrite(ledger::key::account("owner-side"), "a million");
  ASSERT_TRUE(repair(options));
  EXPECT_FALSE(fs::exists(halted_file(options.data))) << "mended";
}

TEST_F(Repairs, EveryDamagedLedgerIsKept) {
  std::set<std::string> kept;
  for (int time = 0; time < 3; ++time) {
    overwrite(ledger::key::account("owner-side"), "a million");
    const auto done = repair(options);
    ASSERT_TRUE(done) << describe(done.error());
    EXPECT_TRUE(kept.insert(done->kept).second);
  }
  for (const auto& one : kept) EXPECT_TRUE(fs::exists(one + "/CURRENT")) << one;
  expect_as_before();
}

TEST_F(Repairs, ARunningNodeIsNotLookedAt) {
  const auto lock = FolderLock::take(options.data);
  EXPECT_EQ(scrub(options).error().code, ErrorCode::LOCKED);
  EXPECT_EQ(repair(options).error().code, ErrorCode::LOCKED);
}

}  // namespace
}  // namespace puhui::node
