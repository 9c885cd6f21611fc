// A node whose ledger was changed behind its back: named, repaired with a peer's proof, back in
// rank.

#include <gtest/gtest.h>

#include <filesystem>

#include "ledger/store/keys.h"
#include "ledger/store/store.h"
#include "node/files/folder.h"
#include "tests/cluster/city.h"

#include <leveldb/write_batch.h>

namespace puhui::testing {
namespace {

using Words = std::vector<std::string>;

void overwrite(const std::string& data, const std::string& key, const std::string& value) {
  ledger::StoreOptions options;
  options.folder = node::current_ledger(data);
  const auto store = std::move(*ledger::Store::open(options));
  leveldb::WriteBatch batch;
  batch.Put(key, value);
  store->write(batch);
  store->sync();
}

TEST(Repair, AChangedNodeComesBackAsItsPeers) {
  City city({PUHUI_PUHUID, 3, {}, {}, {}});
  for (unsigned node = 1; node <= 3; ++node) city.start(node);
  (void)city.leader();
  issue_units(city, 1'000);
  ASSERT_TRUE(City::wait([&] {
    return city.status(2).size() > 0 &&
           city.status(2).state_digest() == city.status(1).state_digest();
  }));
  ASSERT_EQ(city.process(2).terminate(), 0);
  (void)city.leader();  // another one, if it led
  const auto data = city.node_folder(2) + "/data";
  EXPECT_EQ(run({PUHUI_CLI, "scrub", data}).status, 0);
  overwrite(data, ledger::key::entry(3), "another entry");
  const auto wrong = run({PUHUI_CLI, "scrub", data});
  EXPECT_EQ(wrong.status, 3);
  EXPECT_NE(wrong.output.find("entry 3"), std::string::npos) << wrong.output;
  EXPECT_EQ(run({PUHUI_CLI, "repair", data}).status, 3) << "its own leaves do not suffice";

  const auto policy = city.fetch_policy();
  const auto repaired = run({PUHUI_CLI, "repair", data, "--from", city.url(1), "--policy", policy,
                             "--ca", city.folder() + "/city/authority.pem"});
  ASSERT_EQ(repaired.status, 0) << repaired.output;
  EXPECT_EQ(run({PUHUI_CLI, "scrub", data}).status, 0);

  auto clients = city.client();
  EXPECT_EQ(
      send(clients, sign(city, transfer("owner", "owner", "buyer", 7), {"owner"}), true).decision(),
      v1::ACCEPTED);
  city.start(2);
  EXPECT_TRUE(City::wait(
      [&] { return city.status(2).state_digest() == city.status(city.leader()).state_digest(); }));
  const auto kept = data + "/damaged-ledger-0";
  EXPECT_TRUE(std::filesystem::exists(kept)) << "the damaged ledger is evidence";
}

// The balance of one account is changed behind a node's back; nothing in the log is.
TEST(Divergence, StopsTheNodeThatWentAnotherWayAndSaysWhere) {
  City city({PUHUI_PUHUID, 3, {}, {}, {}});
  for (unsigned node = 1; node <= 3; ++node) city.start(node);
  (void)city.leader();
  issue_units(city, 1'000);
  const auto as_leader = [&city] {
    return city.status(2).state_digest() == city.status(city.leader()).state_digest();
  };
  ASSERT_TRUE(City::wait(as_leader));
  ASSERT_EQ(city.process(2).terminate(), 0);
  (void)city.leader();  // another one, if it led
  const auto data = city.node_folder(2) + "/data";
  {
    ledger::StoreOptions options;
    options.folder = node::current_ledger(data);
    const auto store = std::move(*ledger::Store::open(options));
    v1::Account account;
    ASSERT_TRUE(account.ParseFromString(store->get(ledger::key::account("owner")).value()));
    account.set_units_held_kg(account.units_held_kg() + 1);
    leveldb::WriteBatch batch;
    batch.Put(ledger::key::account("owner"), account.SerializeAsString());
    store->write(batch);
    store->sync();
  }
  city.start(2);
  auto client = city.client();
  // Past the next state root, which comes with every 16th leaf.
  for (std::int64_t moved = 1; moved <= 20; ++moved)
    EXPECT_EQ(send(client, sign(city, transfer("owner", "owner", "buyer", moved), {"owner"}), true)
                  .decision(),
              v1::ACCEPTED)
        << "two of three go on";
  EXPECT_TRUE(City::wait([&] { return city.status(2).read_only(); }));
  const auto why = city.status(2).read_only_reason();
  EXPECT_EQ(why.find("diverged: "), 0U) << why;
  EXPECT_NE(why.find("family A: "), std::string::npos) << why;
  EXPECT_EQ(why.find("family P: "), std::string::npos) << why;
  EXPECT_EQ(city.process(2).terminate(), 0);
  const auto named = run({PUHUI_CLI, "scrub", data});
  EXPECT_EQ(named.status, 3);
}

}  // namespace
}  // namespace puhui::testing
