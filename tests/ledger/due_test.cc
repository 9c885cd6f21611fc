// What falls due: windows of rules and roles, ticks, and that only leaves tell when.
#include <gtest/gtest.h>

#include "ledger/rules/due.h"
#include "ledger/rules/signers.h"
#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

constexpr Micros kHour = 3'600 * kSecond;

v1::RoleGrant window_of(v1::Role role, Micros from, Micros to) {
  v1::RoleGrant grant;
  grant.set_role(role);
  grant.mutable_scope()->set_from(from);
  grant.mutable_scope()->set_to(to);
  return grant;
}

Answer file_rules(City& city, const std::string& version, Micros from, Micros to) {
  auto rules = default_rules();
  rules.set_version(version);
  rules.set_effective_from(from);
  rules.set_effective_to(to);
  return file_rules(city, rules);
}

v1::RuleSetRecord newest_rules(const City& city) {
  const auto list = city.view().rules({});
  return list.items(list.items_size() - 1);
}

EntryKind kind_of(const City& city, std::uint64_t leaf) {
  const auto bytes = city.view().entry(leaf);
  return decode_entry(bytes)->kind;
}

void tick_at(City& city, Micros time) {
  city.now = time;
  city.apply({});
}

TEST(Due, ARuleSetBeginsAndEndsAtAPosition) {
  City city;
  const auto noon = city.now;
  const auto filed = file_rules(city, "next", noon + kHour, noon + 2 * kHour);
  ASSERT_EQ(filed.decision, v1::ACCEPTED);
  EXPECT_EQ(newest_rules(city).filed_at(), static_cast<std::int64_t>(filed.leaf));
  EXPECT_FALSE(newest_rules(city).has_began_at());
  EXPECT_EQ(city.ledger().next_due(), noon + kHour);

  city.now = noon + kHour;
  const auto first = open_account(city, "a", "owner");
  ASSERT_EQ(first.decision, v1::ACCEPTED);
  EXPECT_EQ(newest_rules(city).began_at(), static_cast<std::int64_t>(first.leaf));
  EXPECT_FALSE(newest_rules(city).has_ended_at());
  EXPECT_EQ(city.ledger().next_due(), noon + 2 * kHour);

  const auto size = city.head().size;
  tick_at(city, noon + 2 * kHour);
  EXPECT_EQ(newest_rules(city).ended_at(), static_cast<std::int64_t>(size));
  EXPECT_EQ(city.ledger().next_due(), kTimeMax);
}

TEST(Due, ARuleSetFiledWithinItsWindowBeginsAtOnce) {
  City city;
  const auto filed = file_rules(city, "now", city.now - kHour, 0);
  EXPECT_EQ(newest_rules(city).began_at(), static_cast<std::int64_t>(filed.leaf));
  EXPECT_EQ(city.ledger().next_due(), kTimeMax);
  const auto past = file_rules(city, "past", city.now - kHour, city.now);
  EXPECT_EQ(newest_rules(city).ended_at(), static_cast<std::int64_t>(past.leaf));
}

TEST(Due, ARoleEndsWithItsWindow) {
  City city;
  const auto end = city.now + kHour;
  ASSERT_EQ(grant(city, "buyer", window_of(v1::AUDITOR, 0, end)).decision, v1::ACCEPTED);
  EXPECT_TRUE(holds_role(*city.view().party("buyer"), v1::AUDITOR, end - 1));
  EXPECT_FALSE(holds_role(*city.view().party("buyer"), v1::AUDITOR, end));
  tick_at(city, end);
  EXPECT_FALSE(has_grant(*city.view().party("buyer"), v1::AUDITOR, 0));
}

TEST(Due, ARoleToComeConflictsAtOnceAndCountsLater) {
  City city;
  const auto begin = city.now + kHour;
  ASSERT_EQ(grant(city, "buyer", window_of(v1::VERIFIER, begin, 0)).decision, v1::ACCEPTED);
  EXPECT_FALSE(holds_role(*city.view().party("buyer"), v1::VERIFIER, begin - 1));
  const auto both = grant(city, "buyer", window_of(v1::OPERATOR, 0, 0));
  EXPECT_EQ(both.code, ErrorCode::ROLE_CONFLICT);
  tick_at(city, begin);
  EXPECT_EQ(city.head().time, begin);
  EXPECT_TRUE(holds_role(*city.view().party("buyer"), v1::VERIFIER, begin));
}

TEST(Due, ATickMakesALeafOnlyWhenSomethingIsDue) {
  City city;
  const auto end = city.now + kHour;
  ASSERT_EQ(grant(city, "buyer", window_of(v1::AUDITOR, 0, end)).decision, v1::ACCEPTED);
  const auto size = city.head().size;
  tick_at(city, end - 1);
  EXPECT_EQ(city.head().size, size);
  tick_at(city, end);
  ASSERT_EQ(city.head().size, size + 1);
  EXPECT_EQ(kind_of(city, size), EntryKind::tick);
  EXPECT_EQ(city.view().entry_view(size).kind(), "tick");
  EXPECT_EQ(city.head().time, end);
  tick_at(city, end + kHour);
  EXPECT_EQ(city.head().size, size + 1);
}

TEST(Due, ATickMayBeFollowedByAStateRoot) {
  auto genesis = default_genesis();
  genesis.set_state_root_interval(4);
  City city(genesis);
  ASSERT_EQ(grant(city, "buyer", window_of(v1::AUDITOR, 0, city.now + kHour)).leaf, 1u);
  tick_at(city, city.now + kHour);
  ASSERT_EQ(city.head().size, 4u);
  EXPECT_EQ(kind_of(city, 2), EntryKind::tick);
  EXPECT_EQ(kind_of(city, 3), EntryKind::state_root);
}

TEST(Due, ARefusedEventCarriesNothingOut) {
  City city;
  const auto end = city.now + kHour;
  ASSERT_EQ(grant(city, "buyer", window_of(v1::AUDITOR, 0, end)).decision, v1::ACCEPTED);
  const auto before = city.head();
  city.now = end;
  EXPECT_EQ(grant(city, "nobody", window_of(v1::AUDITOR, 0, 0)).code, ErrorCode::PARTY_UNKNOWN);
  EXPECT_EQ(city.head().digest, before.digest);
  EXPECT_EQ(city.ledger().next_due(), end);
  EXPECT_TRUE(has_grant(*city.view().party("buyer"), v1::AUDITOR, 0));
}

TEST(Due, ALongQueueIsWorkedOffLeafByLeafAndChangesNoDecision) {
  City city;
  const auto end = city.now + kHour;
  const int count = 2 * kDuePerLeafMax + 1;
  for (int i = 0; i < count; ++i)
    ASSERT_EQ(file_rules(city, "r" + std::to_string(i), end + i, 0).decision, v1::ACCEPTED);
  city.now = end + count;
  const auto decided = open_account(city, "a", "owner");
  ASSERT_EQ(decided.decision, v1::ACCEPTED);
  const auto begun = [&city] {
    int sum = -1;  // the founding rule set
    for (Page page{{}, 1000};;) {
      const auto list = city.view().rules(page);
      for (const auto& record : list.items()) sum += record.has_began_at() ? 1 : 0;
      if (list.next().empty()) return sum;
      page.after = list.next();
    }
  };
  EXPECT_EQ(begun(), kDuePerLeafMax);
  tick_at(city, city.now);
  EXPECT_EQ(begun(), 2 * kDuePerLeafMax);
  tick_at(city, city.now);
  EXPECT_EQ(begun(), count);
  EXPECT_EQ(city.ledger().next_due(), kTimeMax);
}

// The leaves of one ledger, applied one by one to another that starts anew.
void replay(const City& from, City& to) {
  const auto view = from.view();
  for (std::uint64_t leaf = 0; leaf < view.head().size; ++leaf) {
    const auto bytes = view.entry(leaf);
    const auto entry = *decode_entry(bytes);
    if (entry.kind == EntryKind::state_root) continue;
    to.now = entry.time;
    if (entry.kind == EntryKind::tick) {
      to.apply({});
    } else {
      to.submit({std::string(entry.body), {}, false});
    }
  }
}

TEST(Due, TheLeavesAloneTellWhatBecameOfIt) {
  auto genesis = default_genesis();
  genesis.set_state_root_interval(5);
  City city(genesis);
  const auto begin = city.now;
  for (int i = 1; i <= 12; ++i) {
    const auto end = begin + i * kHour / 2;
    ASSERT_EQ(grant(city, i % 2 ? "buyer" : "owner", window_of(v1::AUDITOR, 0, end)).decision,
              v1::ACCEPTED);
    file_rules(city, "r" + std::to_string(i), end - kHour / 4, end);
    city.now = begin + i * kHour / 3;
    if (i % 3 == 0) city.apply({});
    grant(city, "nobody", window_of(v1::AUDITOR, 0, 0));
    city.reopen();
  }
  const auto again = City::bare();
  replay(city, *again);
  EXPECT_EQ(again->head().root, city.head().root);
  EXPECT_EQ(again->head().digest, city.head().digest);
  EXPECT_EQ(again->ledger().next_due(), city.ledger().next_due());
}

}  // namespace
}  // namespace puhui::ledger::testing
