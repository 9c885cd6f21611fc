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

// A city of three, in which the balance of one account was changed behind node 2's back; nothing in
// the log was.
class Divergence : public ::testing::Test {
 protected:
  Divergence() {
    for (unsigned node = 1; node <= 3; ++node) city_.start(node);
    (void)city_.leader();
    issue_units(city_, 2'000);
    EXPECT_TRUE(City::wait([this] {
      return city_.status(2).state_digest() == city_.status(city_.leader()).state_digest();
    }));
    EXPECT_EQ(city_.process(2).terminate(), 0);
    (void)city_.leader();  // another one, if it led
    v1::Account account;
    {
      ledger::StoreOptions options;
      options.folder = node::current_ledger(data_);
      const auto store = std::move(*ledger::Store::open(options));
      EXPECT_TRUE(account.ParseFromString(store->get(ledger::key::account("owner")).value()));
    }
    account.set_units_held_kg(account.units_held_kg() + 1);
    overwrite(data_, ledger::key::account("owner"), account.SerializeAsString());
    city_.start(2);
  }
  // Past the next state root, which comes with every 16th leaf.
  void go_on() {
    auto client = city_.client();
    for (int i = 0; i < 20; ++i)
      EXPECT_EQ(
          send(client, sign(city_, transfer("owner", "owner", "buyer", 1 + i), {"owner"}), true)
              .decision(),
          v1::ACCEPTED)
          << "two of three go on";
  }
  void expect_stopped() {
    EXPECT_TRUE(City::wait([this] { return city_.status(2).read_only(); }));
    const auto why = city_.status(2).read_only_reason();
    EXPECT_EQ(why.find("diverged: "), 0U) << why;
  }

  City city_{{PUHUI_PUHUID, 3, {}, {"--snapshot-blocks", "8", "--trailing-entries", "256"}, {}}};
  const std::string data_ = city_.node_folder(2) + "/data";
};

TEST_F(Divergence, StopsTheNodeThatWentAnotherWayAndSaysWhere) {
  go_on();
  expect_stopped();
  const auto why = city_.status(2).read_only_reason();
  EXPECT_NE(why.find("family A: "), std::string::npos) << why;
  EXPECT_EQ(why.find("family P: "), std::string::npos) << why;
  EXPECT_EQ(city_.process(2).terminate(), 0);
  (void)city_.leader();
  const auto named = run({PUHUI_CLI, "scrub", data_});
  EXPECT_EQ(named.status, 3);
  city_.start(2);
  EXPECT_TRUE(City::wait([this] { return city_.status(2).read_only_reason() != ""; }));
  EXPECT_EQ(city_.status(2).read_only_reason(), why) << "a restart forgets nothing";
}

// What the halt was about goes with the ledger that a snapshot of the peers replaces.
TEST_F(Divergence, ASnapshotFromThePeersEndsTheHalt) {
  go_on();
  expect_stopped();
  EXPECT_EQ(city_.process(2).terminate(), 0);
  (void)city_.leader();
  auto client = city_.client();
  for (int i = 0; i < 700; ++i)
    ASSERT_EQ(
        send(client, sign(city_, transfer("owner", "owner", "buyer", 1), {"owner"})).decision(),
        v1::ACCEPTED);
  city_.start(2);
  const auto is_level = [this] {
    const auto mine = city_.status(2), others = city_.status(city_.leader());
    return !mine.read_only() && mine.size() == others.size() &&
           mine.state_digest() == others.state_digest();
  };
  EXPECT_TRUE(City::wait(is_level));
  EXPECT_EQ(city_.process(2).terminate(), 0);
  (void)city_.leader();
  city_.start(2);
  EXPECT_TRUE(City::wait(is_level)) << "nor does a restart bring it back";
}

TEST_F(Divergence, ALeaderThatIsTheOddOneOutStopsAndStandsAside) {
  auto operator_client = city_.client_of(city_.leader(), "operator");
  ASSERT_TRUE(City::wait([&] {
    operator_client = city_.client_of(city_.leader(), "operator");
    (void)operator_client.request("POST", "/v1/cluster/transfer?to=2");
    return city_.status(2).role() == "leader";
  }));
  // Its state root differs: nobody cosigns, so no receipt comes while it leads.
  auto client = city_.client_of(2);
  for (int i = 0; i < 20; ++i)
    (void)send(client, sign(city_, transfer("owner", "owner", "buyer", 1), {"owner"}));
  expect_stopped();
  EXPECT_TRUE(City::wait(
      [this] { return city_.status(1).role() == "leader" || city_.status(3).role() == "leader"; }));
  go_on();
}

}  // namespace
}  // namespace puhui::testing
