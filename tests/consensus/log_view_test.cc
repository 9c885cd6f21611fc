#include "consensus/log_view.h"

#include <gtest/gtest.h>

#include "sim/disk.h"

namespace puhui::consensus {
namespace {

Bytes bytes(std::string text) { return std::make_shared<const std::string>(std::move(text)); }
Entry block(Term term, std::size_t size = 10) {
  return {term, EntryKind::kBlock, bytes(std::string(size, 'x'))};
}
Configuration with(NodeId last) {
  Configuration c;
  for (NodeId id = 1; id <= last; ++id) c.servers.push_back({id, std::to_string(id), Role::kVoter});
  return c;
}
Entry change(Term term, NodeId last) {
  return {term, EntryKind::kConfiguration, bytes(encode(with(last)))};
}

struct View {
  View() : view(disk, 25) {
    disk.on_work = [] {};
    view.load({});
  }
  void append(Index first, const std::vector<Entry>& entries) {
    view.append(first, entries);
    const LogOp op = AppendOp{first, entries};
    disk.write({&op, 1});
  }
  sim::Disk disk{{}};
  LogView view;
};

TEST(LogView, KnowsTermsAndTheirStarts) {
  View v;
  v.append(1, {change(1, 1), block(1), block(3), block(3), block(4)});
  EXPECT_EQ(v.view.last(), 5u);
  EXPECT_EQ(v.view.term(2), 1u);
  EXPECT_EQ(v.view.term(4), 3u);
  EXPECT_EQ(v.view.term(6), 0u);
  EXPECT_EQ(v.view.term(0), 0u);
  EXPECT_EQ(v.view.term_start(4), 3u);
  EXPECT_EQ(v.view.term_start(9), 0u);
  v.append(4, {block(5)});
  EXPECT_EQ(v.view.last(), 4u);
  EXPECT_EQ(v.view.term(3), 3u);
  EXPECT_EQ(v.view.term(4), 5u);
}

TEST(LogView, ConfigurationsFollowTheLog) {
  View v;
  v.append(1, {change(1, 1), block(1), change(1, 2), change(1, 3)});
  EXPECT_EQ(v.view.configuration_at(2)->configuration, with(1));
  EXPECT_EQ(v.view.configuration_at(9)->index, 4u);
  const auto version = v.view.configuration_version();
  v.append(3, {block(2)});
  EXPECT_EQ(v.view.configuration_at(9)->configuration, with(1));
  EXPECT_NE(v.view.configuration_version(), version);
  EXPECT_FALSE(v.view.is_configuration(3));
}

TEST(LogView, TellsWhatIsOverwritten) {
  View v;
  v.append(1, {change(1, 1)});
  const Entry old = block(1);
  v.append(2, {old, block(1)});
  const auto overwritten = v.view.append(2, {block(2)});
  ASSERT_EQ(overwritten.size(), 2u);
  EXPECT_EQ(overwritten[0].index, 2u);
  EXPECT_EQ(overwritten[0].entry.data, old.data);
}

TEST(LogView, MemoryIsBoundedByWhatMayBeReadBack) {
  View v;
  v.append(1, {change(1, 1)});
  const Entry kept = block(1);
  v.append(2, {block(1), block(1), kept});
  EXPECT_GT(v.view.cached_bytes(), 25u) << "nothing was released";
  v.view.release(3);
  EXPECT_LE(v.view.cached_bytes(), 25u);
  EXPECT_EQ(v.view.entry(4).data, kept.data) << "not released: the very buffer";
  EXPECT_EQ(v.view.entry(2).data->size(), 10u) << "read back";
}

TEST(LogView, CountsBytes) {
  View v;
  v.append(1, {change(1, 1)});
  v.append(2, {block(1, 100), block(1, 10), block(1, 20)});
  EXPECT_EQ(v.view.bytes_after(2), 30u);
  EXPECT_EQ(v.view.bytes_after(4), 0u);
  EXPECT_EQ(v.view.entries_within(4, 30, 9), 2u);
  EXPECT_EQ(v.view.entries_within(4, 29, 9), 1u);
  EXPECT_EQ(v.view.entries_within(4, 1000, 1), 1u);
  EXPECT_EQ(v.view.entries_within(4, 1000, 99), 4u);
}

TEST(LogView, CompactionKeepsTheConfigurationInForce) {
  View v;
  v.append(1, {change(1, 1), block(1), change(2, 2), block(2), block(2)});
  v.view.compact({4, 2, with(2), 3, ""}, 4);
  EXPECT_EQ(v.view.first(), 4u);
  EXPECT_EQ(v.view.term(3), 0u);
  EXPECT_EQ(v.view.term(4), 2u);
  EXPECT_EQ(v.view.term_start(5), 4u);
  EXPECT_EQ(v.view.configuration_at(4)->configuration, with(2));
  EXPECT_EQ(v.view.bytes_after(4), 10u);
  v.view.reset({50, 9, with(3), 40, ""});
  EXPECT_EQ(v.view.first(), 51u);
  EXPECT_EQ(v.view.last(), 50u);
  EXPECT_EQ(v.view.term(50), 9u);
  EXPECT_EQ(v.view.configuration_at(50)->index, 40u);
}

}  // namespace
}  // namespace puhui::consensus
