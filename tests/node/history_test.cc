// The past is what it was: views rebuilt at any position, whatever was asked before.
#include "node/history/history.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <future>

#include "ledger/state_root.h"
#include "tests/ledger/day.h"

namespace puhui::node {
namespace {

namespace fs = std::filesystem;
using ledger::testing::City;
using ledger::testing::Folder;

struct Histories : ::testing::Test {
  City city{ledger::testing::small_interval()};
  Folder folder;
  HistoryOptions options;
  std::vector<std::string> totals;  // after so many leaves; empty where no block ended

  void SetUp() override {
    options.folder = folder.file("history");
    options.milestone_leaves = 8;
    totals.resize(1);
    for (const auto& sent : ledger::testing::a_day(city)) {
      city.apply({sent});
      totals.resize(city.head().size + 1);
      totals.back() = city.totals().SerializeAsString();
    }
  }
  [[nodiscard]] ReadLeaf leaves() {
    return [this](std::uint64_t leaf) { return Result<StoredLeaf>(city.view().leaf(leaf)); };
  }
  [[nodiscard]] History::RootAt roots() {
    return [this](std::uint64_t size) { return city.view().root_at(size); };
  }
  static Result<PastPtr> ask(History& history, std::uint64_t size) {
    std::promise<Result<PastPtr>> answer;
    history.at(size, Caller::member,
               [&answer](Result<PastPtr> past) { answer.set_value(std::move(past)); });
    return answer.get_future().get();
  }
  void expect_past(History& history, std::uint64_t size) {
    const auto past = ask(history, size);
    ASSERT_TRUE(past) << describe(past.error());
    EXPECT_EQ((*past)->view->head().size, size);
    EXPECT_EQ((*past)->view->head().root, city.view().root_at(size));
    if (totals[size].empty()) return;
    EXPECT_EQ((*past)->view->totals().SerializeAsString(), totals[size]);
  }
  [[nodiscard]] int folders(std::string_view prefix) const {
    int count = 0;
    for (const auto& entry : fs::directory_iterator(options.folder))
      count += entry.path().filename().string().starts_with(prefix) ? 1 : 0;
    return count;
  }
};

TEST_F(Histories, AnyPositionInAnyOrder) {
  History history(options, leaves(), roots());
  const auto size = city.head().size;
  for (const auto asked : {size, std::uint64_t{1}, size / 2, size / 2 - 1, size, std::uint64_t{9}})
    expect_past(history, asked);
  EXPECT_LE(folders("scratch-"), static_cast<int>(History::kScratchesMax));
  EXPECT_GT(folders("milestone-"), 2);
}

TEST_F(Histories, APastStaysWhileAnotherIsAsked) {
  History history(options, leaves(), roots());
  const auto late = ask(history, city.head().size);
  ASSERT_TRUE(late);
  const auto before = (*late)->view->totals().SerializeAsString();
  expect_past(history, 5);
  expect_past(history, 30);
  EXPECT_EQ((*late)->view->totals().SerializeAsString(), before);
  EXPECT_EQ(before, city.totals().SerializeAsString());
}

TEST_F(Histories, MilestonesOutliveTheProcessAndStayFew) {
  options.milestone_leaves = 2;
  {
    History history(options, leaves(), roots());
    expect_past(history, city.head().size);
    EXPECT_LE(folders("milestone-"), static_cast<int>(History::kMilestonesMax));
  }
  EXPECT_EQ(folders("scratch-"), 0);
  History history(options, leaves(), roots());
  std::uint64_t read = city.head().size;
  History other(
      options,
      [&](std::uint64_t leaf) {
        read = std::min(read, leaf);
        return leaves()(leaf);
      },
      roots());
  expect_past(other, city.head().size);
  EXPECT_GT(read, city.head().size / 2) << "it began at a milestone";
}

TEST_F(Histories, ALongWayIsGoneQuestionByQuestion) {
  options.leaves_per_question = 10;
  History history(options, leaves(), roots());
  std::uint64_t questions = 0;
  for (;; ++questions) {
    const auto past = ask(history, city.head().size);
    if (past) break;
    ASSERT_EQ(past.error().code, ErrorCode::UNAVAILABLE) << describe(past.error());
  }
  EXPECT_EQ(questions, (city.head().size - 1) / 10);
}

// Only the end of a database that is closed is ever changed here.
void damage_tables(const fs::path& folder) {
  for (const auto& file : fs::directory_iterator(folder))
    if (file.path().extension() == ".log" || file.path().extension() == ".ldb")
      fs::resize_file(file, fs::file_size(file) / 2);
}

TEST_F(Histories, AMilestoneThatIsDamagedIsDroppedForTheOneBefore) {
  {
    History history(options, leaves(), roots());
    expect_past(history, city.head().size);
  }
  std::uint64_t newest = 0;
  for (const auto& entry : fs::directory_iterator(options.folder))
    newest = std::max<std::uint64_t>(
        newest, std::stoull(entry.path().filename().string().substr(std::strlen("milestone-"))));
  ASSERT_GT(newest, options.milestone_leaves);
  damage_tables(options.folder + "/milestone-" + std::to_string(newest));
  History history(options, leaves(), roots());
  expect_past(history, city.head().size);
}

// The ledger was installed anew from another place: what lies here is of no use any more.
TEST_F(Histories, MilestonesOfAnotherLogAreDropped) {
  City other(ledger::testing::small_interval());
  other.now += 12'345;
  for (const auto& sent : ledger::testing::a_day(other)) other.apply({sent});
  {
    History history(
        options,
        [&other](std::uint64_t leaf) { return Result<StoredLeaf>(other.view().leaf(leaf)); },
        [&other](std::uint64_t size) { return other.view().root_at(size); });
    ASSERT_TRUE(ask(history, other.head().size));
  }
  ASSERT_GT(folders("milestone-"), 2);
  History history(options, leaves(), roots());
  expect_past(history, city.head().size);
  expect_past(history, 9);
}

TEST_F(Histories, LeavesThatLeadToAnotherRootAreNotAnswered) {
  History history(options, leaves(), [this](std::uint64_t size) {
    auto root = city.view().root_at(size);
    if (size > 20) root.bytes[0] ^= 1;
    return root;
  });
  EXPECT_TRUE(ask(history, 20));
  const auto past = ask(history, 30);
  ASSERT_FALSE(past);
  EXPECT_EQ(past.error().code, ErrorCode::CORRUPT);
  EXPECT_TRUE(ask(history, 20)) << "and nothing of it is kept";
}

TEST_F(Histories, TheNewestMilestoneIsNeverDropped) {
  options.milestone_leaves = 1;
  History history(options, leaves(), roots());
  expect_past(history, city.head().size);
  EXPECT_TRUE(fs::exists(options.folder + "/milestone-" + std::to_string(city.head().size)));
}

TEST_F(Histories, TwoPastsAreAskedForInTurnWithoutBeginningAgain) {
  std::atomic<std::uint64_t> read = 0;
  options.milestone_leaves = 1'000;
  History history(
      options,
      [&](std::uint64_t leaf) {
        ++read;
        return leaves()(leaf);
      },
      roots());
  expect_past(history, 10);
  expect_past(history, 30);
  const auto before = read.load();
  for (int time = 0; time < 4; ++time) {
    expect_past(history, 10);
    expect_past(history, 30);
  }
  EXPECT_LE(read, before + 10) << "at most one of the two began anew";
}

TEST_F(Histories, WhatIsAskedAfterTheEndIsAnswered) {
  History history(options, leaves(), roots());
  history.stop();
  EXPECT_EQ(ask(history, 10).error().code, ErrorCode::UNAVAILABLE);
}

TEST_F(Histories, LeavesThatDoNotFollowAreNamedAndForgotten) {
  bool broken = true;
  History history(
      options,
      [&](std::uint64_t leaf) {
        auto stored = leaves()(leaf);
        if (broken && leaf == 20) stored->entry.back() ^= 1;
        return stored;
      },
      roots());
  const auto past = ask(history, 30);
  ASSERT_FALSE(past);
  EXPECT_EQ(past.error().code, ErrorCode::CORRUPT);
  EXPECT_EQ(past.error().detail.find("leaf 20: "), 0U) << past.error().detail;
  broken = false;
  expect_past(history, 30);
}

}  // namespace
}  // namespace puhui::node
