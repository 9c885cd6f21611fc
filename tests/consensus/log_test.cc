// The LevelDB form of the log: what is durable, and what happens when the disk fails.
#include "consensus/log.h"

#include <gtest/gtest.h>
#include <leveldb/db.h>
#include <leveldb/env.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace puhui::consensus {
namespace {

namespace fs = std::filesystem;

Bytes bytes(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

Configuration one() { return {{{1, "a", Role::kVoter}}}; }

Entry block(Term term, const std::string& text) { return {term, EntryKind::kBlock, bytes(text)}; }
Entry founding() { return {1, EntryKind::kConfiguration, bytes(encode(one()))}; }

class LogTest : public testing::Test {
 protected:
  LogTest() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    path_ = fs::path(testing::TempDir()) /
            ("puhui-log-" + std::to_string(getpid()) + "-" + info->name());
    fs::remove_all(path_);
  }
  ~LogTest() override { fs::remove_all(path_); }

  std::unique_ptr<LevelLog> open(leveldb::Env* env = nullptr) {
    auto log = LevelLog::open(path_.string(), env);
    EXPECT_TRUE(log) << (log ? "" : describe(log.error()));
    return log ? std::move(*log) : nullptr;
  }
  static void write(LevelLog& log, std::vector<LogOp> ops) { log.write(ops); }

  fs::path path_;
};

TEST_F(LogTest, BeginsEmpty) {
  const auto log = open();
  const LogState state = log->load();
  EXPECT_TRUE(state.empty());
  EXPECT_EQ(state.first, 1u);
}

TEST_F(LogTest, HoldsWhatWasWritten) {
  {
    const auto log = open();
    (void)log->load();
    log->write_vote(7, 3);
    write(*log, {AppendOp{1, {founding(), block(2, "two"), block(2, "")}},
                 AppendOp{4, {{7, EntryKind::kBarrier, bytes("")}}}});
  }
  const auto log = open();
  const LogState state = log->load();
  EXPECT_EQ(state.term, 7u);
  EXPECT_EQ(state.voted_for, 3u);
  ASSERT_EQ(state.heads.size(), 4u);
  EXPECT_EQ(state.heads[0].kind, EntryKind::kConfiguration);
  EXPECT_EQ(decode_configuration(*state.heads[0].configuration).value(), one());
  EXPECT_EQ(state.heads[1].bytes, 3u);
  EXPECT_EQ(state.heads[3].kind, EntryKind::kBarrier);
  const Entry entry = log->read(2);
  EXPECT_EQ(*entry.data, "two");
  EXPECT_EQ(entry.term, 2u);
}

TEST_F(LogTest, AnAppendReplacesTheTail) {
  const auto log = open();
  (void)log->load();
  write(*log, {AppendOp{1, {founding(), block(1, "a"), block(1, "b"), block(1, "c")}}});
  write(*log, {AppendOp{2, {block(2, "A")}}});
  const LogState state = log->load();
  ASSERT_EQ(state.heads.size(), 2u);
  EXPECT_EQ(state.heads[1].term, 2u);
  EXPECT_EQ(*log->read(2).data, "A");
}

TEST_F(LogTest, SnapshotsDropThePrefixAndInstallationsEverything) {
  const Snapshot taken{3, 1, one(), 1, "taken"};
  const Snapshot fetched{90, 5, one(), 80, "fetched"};
  auto log = open();
  (void)log->load();
  write(*log, {AppendOp{1, {founding(), block(1, "a"), block(1, "b"), block(1, "c")}},
               SnapshotOp{taken, 3}, FetchOp{fetched}});
  log.reset();
  log = open();
  LogState state = log->load();
  EXPECT_EQ(state.first, 3u);
  EXPECT_EQ(state.heads.size(), 2u);
  EXPECT_EQ(state.snapshot->manifest, "taken");
  ASSERT_TRUE(state.fetching);
  EXPECT_EQ(state.fetching->index, 90u);
  write(*log, {InstallOp{fetched}});
  state = log->load();
  EXPECT_EQ(state.first, 91u);
  EXPECT_TRUE(state.heads.empty());
  EXPECT_EQ(state.snapshot->configuration_index, 80u);
  EXPECT_FALSE(state.fetching);
  write(*log, {AppendOp{91, {block(6, "next")}}, FetchOp{fetched}, FetchOp{}});
  EXPECT_EQ(*log->read(91).data, "next");
  EXPECT_FALSE(log->load().fetching);
}

TEST_F(LogTest, OneProcessAtATime) {
  const auto log = open();
  EXPECT_EQ(LevelLog::open(path_.string()).error().code, v1::LOCKED);
}

TEST_F(LogTest, ATornTailLosesOnlyTheTail) {
  {
    const auto log = open();
    (void)log->load();
    write(*log, {AppendOp{1, {founding()}}});
    write(*log, {AppendOp{2, {block(1, std::string(5000, 'x'))}}});
  }
  for (const auto& file : fs::directory_iterator(path_)) {
    if (file.path().extension() != ".log") continue;
    fs::resize_file(file.path(), fs::file_size(file.path()) - 1000);
  }
  const auto log = open();
  EXPECT_EQ(log->load().heads.size(), 1u);
}

TEST_F(LogTest, DamageInTheMiddleIsNotPassedOver) {
  {
    const auto log = open();
    (void)log->load();
    write(*log, {AppendOp{1, {founding()}}});
    for (Index index = 2; index < 40; ++index) {
      write(*log, {AppendOp{index, {block(1, std::string(3000, 'x'))}}});
    }
  }
  for (const auto& file : fs::directory_iterator(path_)) {
    if (file.path().extension() != ".log") continue;
    std::fstream stream(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(2000);
    stream.write("damage", 6);
  }
  EXPECT_EQ(LevelLog::open(path_.string()).error().code, v1::CORRUPT);
}

TEST_F(LogTest, RefusesAnotherFormat) {
  {
    leveldb::Options options;
    options.create_if_missing = true;
    leveldb::DB* db = nullptr;
    ASSERT_TRUE(leveldb::DB::Open(options, path_.string(), &db).ok());
    const std::unique_ptr<leveldb::DB> owner(db);
    ASSERT_TRUE(db->Put({}, "format", "puhui-consensus-log 2").ok());
  }
  EXPECT_EQ(LevelLog::open(path_.string()).error().code, v1::CORRUPT);
}

// A file system whose sync, or write, fails from some moment on.
class FailingEnv final : public leveldb::EnvWrapper {
 public:
  FailingEnv() : EnvWrapper(leveldb::Env::Default()) {}
  bool fail_sync = false;
  bool fail_append = false;

  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override {
    const leveldb::Status status = target()->NewWritableFile(name, file);
    if (status.ok()) *file = new File(*this, *file);
    return status;
  }
  leveldb::Status NewAppendableFile(const std::string& name,
                                    leveldb::WritableFile** file) override {
    const leveldb::Status status = target()->NewAppendableFile(name, file);
    if (status.ok()) *file = new File(*this, *file);
    return status;
  }

 private:
  class File final : public leveldb::WritableFile {
   public:
    File(FailingEnv& env, leveldb::WritableFile* file) : env_(env), file_(file) {}
    leveldb::Status Append(const leveldb::Slice& data) override {
      if (env_.fail_append) return leveldb::Status::IOError("no space left on the device");
      return file_->Append(data);
    }
    leveldb::Status Close() override { return file_->Close(); }
    leveldb::Status Flush() override { return file_->Flush(); }
    leveldb::Status Sync() override {
      if (env_.fail_sync) return leveldb::Status::IOError("the device failed to sync");
      return file_->Sync();
    }

   private:
    FailingEnv& env_;
    std::unique_ptr<leveldb::WritableFile> file_;
  };
};

// A copy of a process that has threads, as LevelDB's, may hang; a new one does not.
struct LogDeathTest : LogTest {
  LogDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(LogDeathTest, AFailedSyncEndsTheProcess) {
  FailingEnv env;
  const auto log = open(&env);
  (void)log->load();
  write(*log, {AppendOp{1, {founding()}}});
  env.fail_sync = true;
  EXPECT_DEATH(write(*log, {AppendOp{2, {block(1, "x")}}}), "failed to sync");
  EXPECT_DEATH(log->write_vote(2, 1), "failed to sync");
}

TEST_F(LogDeathTest, AFullDiskEndsTheProcess) {
  FailingEnv env;
  const auto log = open(&env);
  (void)log->load();
  env.fail_append = true;
  EXPECT_DEATH(write(*log, {AppendOp{1, {founding()}}}), "no space left");
}

TEST_F(LogDeathTest, AMissingEntryEndsTheProcess) {
  const auto log = open();
  (void)log->load();
  EXPECT_DEATH((void)log->read(5), "entry 5 is missing");
}

TEST_F(LogDeathTest, AHoleIsABrokenPromise) {
  const auto log = open();
  (void)log->load();
  EXPECT_DEATH(write(*log, {AppendOp{3, {block(1, "x")}}}), "");
}

}  // namespace
}  // namespace puhui::consensus
