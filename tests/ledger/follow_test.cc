// Leaves followed are leaves applied: the same bytes; and what could not have been applied is
// named.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "ledger/state_root.h"
#include "tests/ledger/day.h"

namespace puhui::ledger::testing {
namespace {

// A log as strangers have it.
struct Log {
  std::vector<std::string> entries;
  std::vector<std::optional<std::string>> attachments;

  explicit Log(const View& view) {
    for (std::uint64_t leaf = 0; leaf < view.head().size; ++leaf) {
      entries.push_back(view.entry(leaf));
      attachments.push_back(view.attachment(leaf));
    }
  }
  [[nodiscard]] std::vector<Ledger::Leaf> leaves(std::size_t from, std::size_t count) const {
    std::vector<Ledger::Leaf> chosen;
    for (auto i = from; i < entries.size() && i < from + count; ++i) {
      chosen.push_back({entries[i], std::nullopt});
      if (attachments[i]) chosen.back().attachment = *attachments[i];
    }
    return chosen;
  }
  [[nodiscard]] std::size_t size() const { return entries.size(); }
};

struct Following : ::testing::Test {
  City city{small_interval()};
  std::unique_ptr<City> copy = City::bare();

  void SetUp() override {
    for (const auto& sent : a_day(city)) city.apply({sent});
    // A role's window ends, and a tick carries that out.
    auto grant = city.event("operator");
    grant.mutable_grant_role()->set_party("owner");
    grant.mutable_grant_role()->mutable_grant()->set_role(v1::AUDITOR);
    grant.mutable_grant_role()->mutable_grant()->mutable_scope()->set_to(city.now + 5 * kSecond);
    city.send(grant, {"operator", "bureau"});
    city.now += 10 * kSecond;
    city.apply({});
  }
  Result<void> follow(const Log& log, std::size_t at_once = 7) {
    for (std::size_t from = 0; from < log.size(); from += at_once)
      if (auto followed = copy->ledger().follow(log.leaves(from, at_once)); !followed)
        return followed;
    return {};
  }
  // What is said of a log in which one thing was changed; and then nothing more is followed.
  std::string complaint(const Log& log) {
    const auto followed = follow(log);
    EXPECT_FALSE(followed);
    EXPECT_FALSE(copy->ledger().follow(log.leaves(0, 1)));
    EXPECT_NE(copy->ledger().read_only_reason(), "");
    return followed ? "" : followed.error().detail;
  }
  static std::size_t first(const Log& log, EntryKind kind) {
    for (std::size_t i = 0; i < log.size(); ++i)
      if (decode_entry(log.entries[i])->kind == kind) return i;
    ADD_FAILURE() << "the day has no " << kind_name(kind);
    return 0;
  }
  static std::string at(std::size_t leaf) { return "leaf " + std::to_string(leaf) + ": "; }
};

TEST_F(Following, GivesTheSameBytes) {
  const Log log(city.view());
  first(log, EntryKind::tick);
  const auto followed = follow(log);
  ASSERT_TRUE(followed) << describe(followed.error());
  EXPECT_EQ(copy->head().root, city.head().root);
  EXPECT_EQ(copy->head().digest, city.head().digest);
  city.close();
  copy->close();
  EXPECT_EQ(contents(copy->folder()), contents(city.folder()));
}

TEST_F(Following, GoesOnAfterARestartAndAppliesThen) {
  const Log log(city.view());
  ASSERT_TRUE(copy->ledger().follow(log.leaves(0, 11)));
  copy->reopen();
  ASSERT_TRUE(copy->ledger().follow(log.leaves(11, log.size())));
  EXPECT_EQ(copy->head().digest, city.head().digest);
}

TEST_F(Following, WithoutAttachmentsAllButCreditsIsThere) {
  Log log(city.view());
  std::optional<std::uint64_t> gap;
  for (std::size_t i = 0; i < log.size(); ++i) {
    if (log.attachments[i] && !gap) gap = i;
    log.attachments[i].reset();
  }
  const auto followed = follow(log);
  ASSERT_TRUE(followed) << describe(followed.error());
  {
    const auto here = copy->view(), there = city.view();
    EXPECT_EQ(here.gap(), gap);
    EXPECT_FALSE(there.gap());
    EXPECT_EQ(here.head().root, there.head().root);
    EXPECT_EQ(here.account("owner-side")->SerializeAsString(),
              there.account("owner-side")->SerializeAsString());
    EXPECT_EQ(here.totals().units_retired_kg(), there.totals().units_retired_kg());
    EXPECT_EQ(here.totals().credits_held_g(), 0);
    EXPECT_FALSE(here.last_state_root()) << "nothing of it can be proved here";
  }
  copy->reopen();
  EXPECT_EQ(copy->view().gap(), gap);
}

TEST_F(Following, AForgedSignatureIsNamed) {
  Log log(city.view());
  log.entries[9].back() ^= 1;
  EXPECT_TRUE(complaint(log).starts_with(at(9))) << copy->ledger().read_only_reason();
  EXPECT_LT(copy->head().size, 9U) << "nothing of the call is written";
}

TEST_F(Following, AStateRootThatDoesNotFollowIsNamedWithItsFamilies) {
  Log log(city.view());
  const auto leaf = first(log, EntryKind::state_root);
  const auto entry = decode_entry(log.entries[leaf]);
  auto root = *decode_state_root(entry->body);
  root.families['P'].bytes[3] ^= 1;
  log.entries[leaf] = encode_entry(entry->time, EntryKind::state_root, encode_state_root(root));
  EXPECT_TRUE(complaint(log).starts_with(at(leaf) + "corrupt"));
  EXPECT_NE(copy->ledger().read_only_reason().find("family P: "), std::string::npos);
  EXPECT_EQ(copy->ledger().read_only_reason().find("family K"), std::string::npos);
}

TEST_F(Following, WhatIsMissingDoubledOrMovedIsNamed) {
  const Log good(city.view());
  const auto root = first(good, EntryKind::state_root);
  const auto without = [&good](std::size_t leaf) {
    auto log = good;
    log.entries.erase(log.entries.begin() + static_cast<std::ptrdiff_t>(leaf));
    log.attachments.erase(log.attachments.begin() + static_cast<std::ptrdiff_t>(leaf));
    return log;
  };
  const auto named = [this](const Log& log, std::size_t leaf) {
    copy = City::bare();
    const auto said = complaint(log);
    EXPECT_TRUE(said.starts_with(at(leaf))) << said << ", not " << at(leaf);
  };
  named(without(root), root);
  named(without(0), 0);
  auto log = good;
  std::swap(log.entries[8], log.entries[9]);
  std::swap(log.attachments[8], log.attachments[9]);
  named(log, 8);
  log = good;
  log.entries[6] = log.entries[5];
  named(log, 6);
  log = good;
  log.entries[4] = "no entry";
  named(log, 4);
  log = good;
  log.entries[4].clear();
  named(log, 4);
}

RC_GTEST_PROP(FollowingProperty, AFlippedByteIsNamedOrHasNoEffect, ()) {
  static City city{small_interval()};
  static const auto log = [] {
    for (const auto& sent : a_day(city)) city.apply({sent});
    return Log(city.view());
  }();
  auto changed = log;
  const auto leaf = *rc::gen::inRange<std::size_t>(0, log.size());
  auto& bytes = changed.entries[leaf];
  const auto byte = *rc::gen::inRange<std::size_t>(0, bytes.size());
  bytes[byte] = static_cast<char>(bytes[byte] ^ *rc::gen::inRange(1, 256));
  const auto copy = City::bare();
  Result<void> followed;
  for (std::size_t i = 0; i < log.size() && followed; ++i)
    followed = copy->ledger().follow(changed.leaves(i, 1));
  // A changed time may only be noticed by the leaf that comes right after; never passed over.
  RC_ASSERT(!followed || copy->head().root != city.head().root);
  if (!followed) RC_ASSERT(copy->head().size >= leaf);
}

}  // namespace
}  // namespace puhui::ledger::testing
