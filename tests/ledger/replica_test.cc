// The same leaves give the same bytes: however they came in blocks, across restarts, after a crash.
#include <gtest/gtest.h>
#include <leveldb/write_batch.h>
#include <rapidcheck/gtest.h>

#include <filesystem>

#include "ledger/state_root.h"
#include "ledger/store/keys.h"
#include "ledger/store/map_pages.h"
#include "tests/ledger/day.h"

namespace puhui::ledger::testing {
namespace {

namespace fs = std::filesystem;

// Applies in blocks of the given sizes, all stamped alike so that entry times do not tell.
void apply_in(City& city, const std::vector<Sent>& day, const std::vector<std::size_t>& sizes,
              bool reopening) {
  const auto stamp = city.now;
  std::size_t at = 0;
  for (std::size_t i = 0; at < day.size(); ++i) {
    const auto size = std::min(day.size() - at, sizes.empty() ? 1 : sizes[i % sizes.size()]);
    city.now = stamp;
    city.apply({day.begin() + static_cast<std::ptrdiff_t>(at),
                day.begin() + static_cast<std::ptrdiff_t>(at + size)});
    at += size;
    if (reopening && i % 3 == 0) city.reopen();
  }
}

RC_GTEST_PROP(Replicas, BlockBordersLeaveNoTrace, ()) {
  const auto sizes =
      *rc::gen::container<std::vector<std::size_t>>(8, rc::gen::inRange<std::size_t>(1, 9));
  const bool reopening = *rc::gen::arbitrary<bool>();
  City one(small_interval()), other(small_interval());
  const auto day = a_day(one);
  apply_in(one, day, {day.size()}, false);
  apply_in(other, day, sizes, reopening);
  RC_ASSERT(one.head().size == other.head().size);
  RC_ASSERT(one.head().root == other.head().root);
  RC_ASSERT(one.head().digest == other.head().digest);
  one.close();
  other.close();
  RC_ASSERT(contents(one.folder()) == contents(other.folder()));
}

TEST(Replicas, ADaysWorkIsMostlyAccepted) {
  City city(small_interval());
  apply_in(city, a_day(city), {5}, false);
  EXPECT_GT(city.totals().units_retired_kg(), 0);
  EXPECT_GT(city.totals().records_credited(), 10);
  EXPECT_GT(city.totals().records_refused(), 5);
  EXPECT_GT(city.head().size, 45U);
}

TEST(Replicas, TheCityGoesOnWhereItStopped) {
  City city(small_interval());
  apply_in(city, a_day(city), {7}, false);
  const auto head = city.head();
  const auto applied = city.ledger().applied();
  city.reopen();
  EXPECT_EQ(city.head().size, head.size);
  EXPECT_EQ(city.head().root, head.root);
  EXPECT_EQ(city.head().time, head.time);
  EXPECT_EQ(city.head().digest, head.digest);
  EXPECT_EQ(city.ledger().applied(), applied);
}

TEST(Replicas, PositionsWithoutBlocksAreRemembered) {
  City city;
  city.ledger().pass({77, 3});
  EXPECT_EQ(city.ledger().applied(), (AppliedAt{77, 3}));
  city.reopen();
  EXPECT_EQ(city.ledger().applied(), (AppliedAt{77, 3}));
}

TEST(Replicas, TimeIsStrictlyIncreasingWhateverTheStamps) {
  City city(small_interval());
  const auto day = a_day(city);
  const std::vector<Micros> stamps = {kNoon, kNoon - 5 * kSecond, 0, kNoon + 1, kNoon + kSecond};
  for (std::size_t i = 0; i < day.size(); ++i) {
    city.now = stamps[i % stamps.size()];
    city.apply({day[i]});
  }
  const auto view = city.view();
  Micros before = 0;
  for (std::uint64_t leaf = 0; leaf < view.head().size; ++leaf) {
    const auto time = decode_entry(view.entry(leaf))->time;
    ASSERT_GT(time, before) << leaf;
    before = time;
  }
  EXPECT_EQ(view.head().time, before);
}

TEST(Replicas, EveryKthLeafIsTheStateRootOfTheLeavesBefore) {
  City city(small_interval());
  const auto day = a_day(city);
  std::map<std::uint64_t, crypto::Digest> digests, maps;
  for (const auto& sent : day) {
    city.apply({sent});
    const auto now = city.view();
    digests[now.head().size] = now.head().digest;
    maps[now.head().size] = stored_map_root(now.reader(), StateMap::open);
  }
  const auto view = city.view();
  for (std::uint64_t leaf = 0; leaf < view.head().size; ++leaf) {
    const auto bytes = view.entry(leaf);
    const auto entry = decode_entry(bytes);
    ASSERT_EQ(entry->kind == EntryKind::state_root, leaf % 4 == 3) << leaf;
    if (leaf % 4 != 3) continue;
    const auto root = decode_state_root(entry->body);
    ASSERT_TRUE(root);
    EXPECT_EQ(crypto::sha256(encode_families(root->families)), digests.at(leaf + 1));
    EXPECT_EQ(root->open_map, maps.at(leaf + 1));
    EXPECT_EQ(view.entry_view(leaf).kind(), "state_root");
  }
}

// A power cut takes what was not synced: the end of the database's log.
TEST(Recovery, TheLostTailIsAppliedAgainWithTheSameBytes) {
  City city(small_interval());
  const auto day = a_day(city);
  const auto log_of = [&city] {
    fs::path newest;
    for (const auto& file : fs::directory_iterator(city.folder()))
      if (file.path().extension() == ".log" && file.path() > newest) newest = file.path();
    return newest;
  };
  struct Mark {
    std::uintmax_t bytes;
    AppliedAt applied;
    Head head;
  };
  std::vector<Mark> marks;
  std::vector<std::pair<Micros, std::vector<Sent>>> blocks;
  for (std::size_t at = 0; at < day.size(); at += 3) {
    const auto end = std::min(day.size(), at + 3);
    blocks.emplace_back(city.now,
                        std::vector<Sent>(day.begin() + static_cast<std::ptrdiff_t>(at),
                                          day.begin() + static_cast<std::ptrdiff_t>(end)));
    city.apply(blocks.back().second);
    marks.push_back({fs::file_size(log_of()), city.ledger().applied(), city.head()});
  }
  const auto last = city.head();
  city.close();
  const auto whole = contents(city.folder());
  // Every cut is made in a city of its own that lived through the same blocks.
  for (std::size_t cut = 0; cut + 1 < marks.size(); cut += 4) {
    City crashed(small_interval());
    for (const auto& [stamp, block] : blocks) {
      crashed.now = stamp;
      crashed.apply(block);
    }
    fs::path log;
    for (const auto& file : fs::directory_iterator(crashed.folder()))
      if (file.path().extension() == ".log") log = file.path();
    crashed.close();
    // In the middle of the write after this block.
    fs::resize_file(log, marks[cut].bytes + (cut % 8 == 0 ? 0 : 11));
    crashed.open();
    EXPECT_EQ(crashed.ledger().applied(), marks[cut].applied);
    EXPECT_EQ(crashed.head().root, marks[cut].head.root);
    EXPECT_EQ(crashed.head().digest, marks[cut].head.digest);
    crashed.index = marks[cut].applied.index;
    for (std::size_t i = cut + 1; i < blocks.size(); ++i) {
      crashed.now = blocks[i].first;
      crashed.apply(blocks[i].second);
    }
    EXPECT_EQ(crashed.head().root, last.root);
    crashed.close();
    EXPECT_TRUE(contents(crashed.folder()) == whole) << "cut after block " << cut;
  }
}

TEST(Recovery, PartsThatDoNotBelongTogetherAreCorrupt) {
  const auto damaged = [](const std::string& key, const std::string& value) {
    City city;
    open_account(city, "a", "owner");
    city.close();
    StoreOptions options;
    options.folder = city.folder();
    {
      auto store = std::move(*Store::open(options));
      leveldb::WriteBatch batch;
      if (value.empty()) {
        batch.Delete(key);
      } else {
        batch.Put(key, value);
      }
      store->write(batch);
    }
    const auto opened = Ledger::open(options);
    return opened ? ErrorCode::OK : opened.error().code;
  };
  EXPECT_EQ(damaged("nothing", "x"), ErrorCode::OK);
  EXPECT_EQ(damaged(key::meta("head"), "short"), ErrorCode::CORRUPT);
  EXPECT_EQ(damaged(key::meta("head"), std::string(80, '\0')), ErrorCode::CORRUPT);
  EXPECT_EQ(damaged(key::meta("applied"), "short"), ErrorCode::CORRUPT);
  EXPECT_EQ(damaged(key::tile(0, 0), std::string(64, 't')), ErrorCode::CORRUPT);
  EXPECT_EQ(damaged(key::tile(0, 0), ""), ErrorCode::CORRUPT);
  EXPECT_EQ(damaged(key::genesis(), ""), ErrorCode::CORRUPT);
  EXPECT_EQ(damaged(key::totals(), ""), ErrorCode::CORRUPT);
}

// ---- Conservation ----

void tamper(City& city, const std::function<void(v1::Totals&)>& change) {
  auto totals = city.totals();
  city.close();
  change(totals);
  StoreOptions options;
  options.folder = city.folder();
  {
    auto store = std::move(*Store::open(options));
    leveldb::WriteBatch batch;
    batch.Put(key::totals(), totals.SerializeAsString());
    store->write(batch);
  }
  city.open();
}

TEST(Conservation, DriftStopsTheLedgerAndWritesNothing) {
  const std::vector<std::function<void(v1::Totals&)>> drifts = {
      [](v1::Totals& t) { t.set_units_held_kg(t.units_held_kg() + 1); },
      [](v1::Totals& t) { t.set_units_retired_kg(t.units_retired_kg() - 1); },
      [](v1::Totals& t) { t.set_credits_held_g(7); },
      [](v1::Totals& t) {
        t.set_units_held_kg(std::numeric_limits<std::int64_t>::max() - 1000),
            t.set_units_retired_kg(std::numeric_limits<std::int64_t>::max());
      }};
  for (const auto& drift : drifts) {
    PvCity city;
    city.issue_mwh("10");
    auto ending = retire_event(city, "owner-main", "owner");
    ending.mutable_retire()->set_amount_kg(10);
    city.must(ending, {"owner"});
    tamper(city, drift);
    const auto before = city.head();
    const auto applied = city.ledger().applied();
    EXPECT_EQ(city.ledger().read_only_reason(), "");
    auto good = transfer_event(city, {"owner-main", "buyer-main"}, "owner");
    good.mutable_transfer()->set_amount_kg(1);
    const auto sent = sign(good, {"owner"});
    const auto answers = city.try_apply({sent, sent});
    ASSERT_FALSE(answers);
    EXPECT_EQ(answers.error().code, ErrorCode::READ_ONLY);
    EXPECT_NE(city.ledger().read_only_reason().find("at leaf " + std::to_string(before.size)),
              std::string::npos)
        << city.ledger().read_only_reason();
    EXPECT_EQ(city.try_apply({}).error().code, ErrorCode::READ_ONLY);
    city.ledger().pass({1000, 1});
    EXPECT_EQ(city.ledger().applied(), applied);
    EXPECT_EQ(city.head().root, before.root);
    EXPECT_EQ(city.head().digest, before.digest);
    EXPECT_EQ(city.view().account("buyer-main")->units_held_kg(), 0);
    EXPECT_TRUE(city.view().serial(1));
    city.reopen();
    EXPECT_EQ(city.head().root, before.root);
    EXPECT_EQ(city.ledger().applied(), applied);
  }
}

}  // namespace
}  // namespace puhui::ledger::testing
