// The filter before the claims: never denies one that is there, whatever days are asked for.
#include "ledger/store/recent_claims.h"

#include <gtest/gtest.h>
#include <leveldb/write_batch.h>
#include <rapidcheck/gtest.h>

#include "ledger/store/keys.h"
#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

std::string claim(std::int32_t day, std::uint32_t number) {
  return key::claim(day, number % 24, crypto::sha256(std::to_string(number)).view());
}

struct Claims {
  Folder folder;
  std::unique_ptr<Store> store;
  Claims() {
    auto options = city_options();
    options.folder = folder.file("s");
    store = std::move(*Store::open(options));
  }
  void write(const std::string& key, RecentClaims* told = nullptr) {
    leveldb::WriteBatch batch;
    batch.Put(key, "claim");
    store->write(batch);
    if (told != nullptr) told->add(key);
  }
};

TEST(RecentClaims, KnowsWhatTheStoreHolds) {
  Claims claims;
  for (std::uint32_t i = 0; i < 300; ++i) claims.write(claim(static_cast<std::int32_t>(i % 3), i));
  RecentClaims recent(*claims.store);
  for (std::uint32_t i = 0; i < 300; ++i) {
    EXPECT_TRUE(recent.may_hold(claim(static_cast<std::int32_t>(i % 3), i)));
    EXPECT_FALSE(recent.may_hold(claim(static_cast<std::int32_t>(i % 3), 1000 + i)));
  }
  claims.write(claim(1, 5000), &recent);
  EXPECT_TRUE(recent.may_hold(claim(1, 5000)));
  // Written before its day was first asked for.
  claims.write(claim(9, 6000), &recent);
  EXPECT_TRUE(recent.may_hold(claim(9, 6000)));
  EXPECT_FALSE(recent.may_hold(claim(9, 6001)));
  EXPECT_FALSE(recent.may_hold(claim(-5, 6001)));
}

TEST(RecentClaims, KeepsTheNewestDays) {
  Claims claims;
  RecentClaims recent(*claims.store);
  for (std::int32_t day = 100; day < 140; ++day) EXPECT_FALSE(recent.may_hold(claim(day, 1)));
  // A day that is not kept may hold anything; naming it does not drive newer ones out.
  for (std::int32_t day = 0; day < 124; ++day) EXPECT_TRUE(recent.may_hold(claim(day, 1)));
  for (std::int32_t day = 124; day < 140; ++day) EXPECT_FALSE(recent.may_hold(claim(day, 1)));
}

RC_GTEST_PROP(RecentClaims, NeverDenyAClaim, ()) {
  Claims claims;
  RecentClaims recent(*claims.store);
  std::set<std::string> written;
  const auto steps = *rc::gen::inRange(0, 200);
  for (int i = 0; i < steps; ++i) {
    const auto key = claim(*rc::gen::inRange(-20, 30), *rc::gen::inRange<std::uint32_t>(0, 10));
    if (*rc::gen::arbitrary<bool>()) {
      claims.write(key, &recent);
      written.insert(key);
    }
    RC_ASSERT(recent.may_hold(key) || !written.contains(key));
  }
  for (const auto& key : written) RC_ASSERT(recent.may_hold(key));
}

}  // namespace
}  // namespace puhui::ledger::testing
