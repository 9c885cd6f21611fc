// A ledger taken over in pieces is the ledger it was taken from; a piece that was changed is named.
#include "ledger/snapshot.h"

#include <gtest/gtest.h>

#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

struct Snapshots : ::testing::Test {
  BikeCity city;
  Folder folder;
  std::unique_ptr<SnapshotSource> source;

  void SetUp() override {
    ride(city, {{1}, {2}, {3}});
    ride(city, {{4}, {200}}, "provider2");
    PUHUI_REFUSED(ride(city, {{1}}), ErrorCode::CLAIM_DUPLICATE);
    source = std::make_unique<SnapshotSource>(std::make_shared<View>(city.view()),
                                              city.ledger().applied());
  }
  [[nodiscard]] StoreOptions options() const {
    auto options = city_options();
    options.folder = folder.file("copy");
    return options;
  }
  Result<void> take_entries(SnapshotSink& sink) {
    while (sink.next_entry() < source->manifest().size()) {
      const auto entries = source->entries(sink.next_entry());
      if (auto added = sink.add_entries(*entries); !added) return added;
    }
    return {};
  }
  Result<void> take_all(SnapshotSink& sink) {
    if (auto added = sink.add_digests(source->digests()); !added) return added;
    if (auto added = take_entries(sink); !added) return added;
    for (const auto leaf : sink.attachments_wanted())
      if (auto added = sink.add_attachment(leaf, *source->attachment(leaf)); !added) return added;
    for (std::uint32_t i = 0; i < source->manifest().segments(); ++i)
      if (auto added = sink.add_segment(i, *source->segment(i)); !added) return added;
    return sink.finish();
  }
};

TEST_F(Snapshots, TheCopyGoesOnAsTheOriginal) {
  {
    auto sink = SnapshotSink::create(options(), source->manifest());
    ASSERT_TRUE(sink);
    const auto taken = take_all(**sink);
    ASSERT_TRUE(taken) << describe(taken.error());
  }
  auto copy = Ledger::open(options());
  ASSERT_TRUE(copy) << describe(copy.error());
  EXPECT_EQ((*copy)->view().head().root, city.head().root);
  EXPECT_EQ((*copy)->view().head().digest, city.head().digest);
  EXPECT_EQ((*copy)->applied(), city.ledger().applied());
  const auto attachment = attachment_with({{1}, {50}, {51}});
  const auto sent = sign_with(batch_event(city, attachment), {"provider"}, attachment);
  Block block;
  block.stamp = city.now;
  block.items.push_back(sent.item());
  const auto there = (*copy)->apply(block, {nullptr}, {100, 1});
  const auto here = city.ledger().apply(block, {nullptr}, {100, 1});
  ASSERT_TRUE(there && here);
  EXPECT_EQ((*there)[0].outcome.SerializeAsString(), (*here)[0].outcome.SerializeAsString());
  EXPECT_EQ((*there)[0].outcome.records_accepted(), 2U);
  EXPECT_EQ((*copy)->view().head().root, city.head().root);
  EXPECT_EQ((*copy)->view().head().digest, city.head().digest);
}

TEST_F(Snapshots, ChangedPiecesAreRefused) {
  const auto changed = [](std::string bytes) {
    bytes[bytes.size() / 2] ^= 1;
    return bytes;
  };
  auto sink = std::move(*SnapshotSink::create(options(), source->manifest()));
  EXPECT_FALSE(sink->finish());
  EXPECT_FALSE(sink->add_digests(changed(source->digests())));
  EXPECT_FALSE(sink->add_digests(""));
  ASSERT_TRUE(sink->add_digests(source->digests()));
  EXPECT_FALSE(sink->add_segment(0, changed(*source->segment(0))));
  EXPECT_FALSE(sink->add_segment(1, *source->segment(0)));
  EXPECT_FALSE(sink->add_entries("\x01"));
  EXPECT_FALSE(sink->add_entries(""));
  ASSERT_TRUE(take_entries(*sink));
  const auto leaf = sink->attachments_wanted().at(0);
  EXPECT_FALSE(sink->add_attachment(leaf, changed(*source->attachment(leaf))));
  EXPECT_FALSE(sink->add_attachment(leaf + 1, *source->attachment(leaf)));
  EXPECT_FALSE(sink->finish());
}

TEST_F(Snapshots, ChangedEntriesDoNotLeadToTheRoot) {
  auto sink = std::move(*SnapshotSink::create(options(), source->manifest()));
  ASSERT_TRUE(sink->add_digests(source->digests()));
  auto entries = *source->entries(0);
  entries[2 + 7] ^= 1;  // the time of the first entry
  EXPECT_FALSE(sink->add_entries(entries));
}

}  // namespace
}  // namespace puhui::ledger::testing
