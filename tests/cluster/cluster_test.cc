// Clusters of real processes: agreement, receipts, crashes, restarts, snapshots.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "crypto/bytes.h"
#include "crypto/envelope.h"
#include "crypto/tlog_proof.h"
#include "ledger/entry.h"
#include "tests/cluster/entries.h"

namespace puhui::testing {
namespace {

crypto::Policy policy_of(node::http::Client& client) {
  const auto answer = client.request("GET", "/v1/policy");
  EXPECT_TRUE(answer && answer->status == 200);
  return *crypto::parse_policy(answer->body);
}

void start_all(City& city) {
  for (unsigned node = 1; node <= city.nodes(); ++node) city.start(node);
}

// Every node has applied at least this many leaves.
void wait_for_size(City& city, std::int64_t size) {
  for (unsigned node = 1; node <= city.nodes(); ++node)
    ASSERT_TRUE(City::wait([&] { return city.status(node).size() >= size; })) << "node " << node;
}

TEST(Cluster, ReceiptOfAnAcceptedEventVerifiesOffline) {
  City city({PUHUI_PUHUID, 3, {}, {}, {}});
  start_all(city);
  (void)city.leader();
  auto client = city.client();
  const auto result = send(
      client, sign(city, register_party(city, "owner", {v1::ENTERPRISE}), {"authority"}), true);
  ASSERT_EQ(result.decision(), v1::ACCEPTED) << result.ShortDebugString();
  const auto proof = crypto::parse_tlog_proof(result.receipt());
  ASSERT_TRUE(proof);
  const auto policy = policy_of(client);
  EXPECT_EQ(policy.groups.front().threshold, 2u);
  const auto verified = crypto::verify_tlog_proof(*proof, *proof->extra, policy);
  ASSERT_TRUE(verified) << describe(verified.error());
  EXPECT_GE(verified->witnesses.size(), 2u);
  auto changed = *proof->extra;
  changed.back() = static_cast<char>(changed.back() ^ 1);
  EXPECT_FALSE(crypto::verify_tlog_proof(*proof, changed, policy));
}

TEST(Cluster, FollowersRedirectAndAgreeOnEveryLeaf) {
  City city({PUHUI_PUHUID, 3, {}, {}, {}});
  start_all(city);
  const auto leader = city.leader();
  const auto follower = leader % 3 + 1;
  auto client = city.client_of(follower);
  const auto result =
      send(client, sign(city, register_party(city, "owner", {v1::ENTERPRISE}), {"authority"}));
  ASSERT_EQ(result.decision(), v1::ACCEPTED) << result.ShortDebugString();
  wait_for_size(city, result.position() + 1);
  const auto first = entries_of(city, 1);
  for (unsigned node = 2; node <= 3; ++node) {
    const auto others = entries_of(city, node);
    ASSERT_EQ(others.size(), first.size());
    for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(others[i].entry(), first[i].entry());
    EXPECT_EQ(city.status(node).state_digest(), city.status(1).state_digest());
  }
}

// Clients write all the time while nodes are killed; what they were told is checked at the end:
// every acknowledged event is in the ledger exactly once, in real-time order.
class History {
 public:
  explicit History(City& city) : city_(city) {}

  void run(unsigned writers, const std::function<void()>& trouble) {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < writers; ++i) threads.emplace_back([this, i] { write(i); });
    trouble();
    stop_ = true;
    for (auto& thread : threads) thread.join();
  }

  void check(const std::vector<v1::EntryView>& entries) const {
    std::map<std::string, std::int64_t> position_of;
    for (const auto& entry : entries) {
      if (entry.kind() != "event") continue;
      const auto id = entry.payload().party() + entry.payload().event_id();
      EXPECT_TRUE(position_of.emplace(id, entry.position()).second) << "an event stands twice";
    }
    std::lock_guard lock(mutex_);
    ASSERT_GT(acknowledged_.size(), 20u);
    for (const auto& one : acknowledged_) {
      const auto found = position_of.find(one.id);
      ASSERT_NE(found, position_of.end()) << "an acknowledged event is lost";
      EXPECT_EQ(found->second, one.position);
    }
    // An event sent after another was acknowledged stands behind it.
    std::int64_t highest = -1;
    auto by_end = acknowledged_;
    std::ranges::sort(by_end, {}, &One::ended);
    auto by_start = acknowledged_;
    std::ranges::sort(by_start, {}, &One::began);
    std::size_t ended = 0;
    for (const auto& one : by_start) {
      for (; ended < by_end.size() && by_end[ended].ended < one.began; ++ended)
        highest = std::max(highest, by_end[ended].position);
      EXPECT_GT(one.position, highest);
    }
  }

 private:
  struct One {
    std::string id;
    std::int64_t position = 0;
    std::uint64_t began = 0, ended = 0;
  };

  void write(unsigned writer) {
    auto client = city_.client();
    for (int i = 0; !stop_; ++i) {
      auto payload = new_payload("authority");
      auto* action = payload.mutable_open_account();
      action->set_account("a" + std::to_string(writer) + "-" + std::to_string(i));
      action->set_kind(v1::ACCOUNT_TREASURY);
      action->set_owner("authority");
      v1::Submission event;
      {
        std::lock_guard lock(mutex_);
        event = sign(city_, payload, {"authority"});
      }
      const auto began = ++clock_;
      // The same bytes again until the outcome is known.
      for (v1::SubmissionResult result; !stop_;) {
        result = send(client, event);
        if (result.decision() == v1::FAILED) continue;
        EXPECT_EQ(result.decision(), v1::ACCEPTED) << result.ShortDebugString();
        std::lock_guard lock(mutex_);
        acknowledged_.push_back(
            {payload.party() + payload.event_id(), result.position(), began, ++clock_});
        break;
      }
    }
  }

  City& city_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> clock_{0};
  mutable std::mutex mutex_;
  std::vector<One> acknowledged_;
};

TEST(Cluster, KillingNodesUnderLoadLosesNothing) {
  City city({PUHUI_PUHUID, 3, {}, {"--election-timeout-ms", "500", "--heartbeat-ms", "50"}, {}});
  start_all(city);
  (void)city.leader();
  History history(city);
  history.run(4, [&] {
    for (int round = 0; round < 4; ++round) {
      const auto leader = city.leader();
      const auto victim = round % 2 == 0 ? leader : leader % 3 + 1;
      const auto size = city.status(leader).size();
      city.process(victim).kill9();
      const auto heir = city.leader();
      EXPECT_TRUE(City::wait([&] { return city.status(heir).size() > size + 5; }));
      city.start(victim);
      EXPECT_TRUE(City::wait([&] { return city.status(victim).size() > size; }));
    }
  });
  const auto size = city.status(city.leader()).size();
  wait_for_size(city, size);
  history.check(entries_of(city, city.leader()));
  for (unsigned node = 1; node <= 3; ++node)
    EXPECT_EQ(city.status(node).state_digest(), city.status(1).state_digest());
}

TEST(Cluster, AWholeCityRestartsWhereItStopped) {
  City city({PUHUI_PUHUID, 3, {}, {}, {}});
  start_all(city);
  (void)city.leader();
  issue_units(city, 1'000);
  const auto before = city.status(city.leader());
  for (unsigned node = 1; node <= 3; ++node) city.process(node).kill9();
  start_all(city);
  const auto leader = city.leader();
  EXPECT_TRUE(City::wait([&] { return city.status(leader).size() >= before.size(); }));
  EXPECT_EQ(city.status(leader).state_digest(), before.state_digest());
  auto client = city.client();
  EXPECT_EQ(get<v1::Account>(client, "/v1/accounts/owner").units_held_kg(), 1'000);
  EXPECT_EQ(city.process(1).terminate(), 0);
}

TEST(Cluster, AFollowerThatWasAwayCatchesUpBySnapshot) {
  City city({PUHUI_PUHUID, 3, {}, {"--snapshot-blocks", "8", "--trailing-entries", "256"}, {}});
  start_all(city);
  const auto leader = city.leader();
  issue_units(city, 1'000'000);
  const auto away = leader % 3 + 1;
  city.process(away).kill9();
  auto client = city.client_of(leader);
  for (int i = 0; i < 700; ++i) {
    const auto moved = send(client, sign(city, transfer("owner", "owner", "buyer", 1), {"owner"}));
    ASSERT_EQ(moved.decision(), v1::ACCEPTED) << moved.ShortDebugString();
  }
  const auto size = city.status(leader).size();
  city.start(away);
  ASSERT_TRUE(City::wait([&] { return city.status(away).size() >= size; }));
  const auto log = run({"/bin/grep", "-c", "snapshot installed", city.log_of(away)});
  EXPECT_EQ(log.output, "1\n");
  EXPECT_EQ(entries_of(city, away).size(), static_cast<std::size_t>(size));
  EXPECT_TRUE(City::wait(
      [&] { return city.status(away).state_digest() == city.status(leader).state_digest(); }));
  // It goes on as a member in full: with the other follower gone, both together are a majority.
  city.process(6 - leader - away).kill9();
  const auto moved =
      send(client, sign(city, transfer("owner", "owner", "buyer", 1), {"owner"}), true);
  EXPECT_EQ(moved.decision(), v1::ACCEPTED) << moved.ShortDebugString();
}

TEST(Cluster, ANewNodeJoinsAndLeadershipMoves) {
  City city({PUHUI_PUHUID, 1, {}, {}, {}});
  city.start(1);
  (void)city.leader();
  issue_units(city, 10);
  const auto joined = city.join();
  auto operator_client = city.client_of(1, "operator");
  auto admit = new_payload("operator");
  *admit.mutable_admit_node()->mutable_node() = city.admission(joined);
  auto client = city.client_of(1);
  ASSERT_EQ(send(client, sign(city, admit, {"operator"})).decision(), v1::ACCEPTED);
  city.start(joined);
  const auto change = [&](const std::string& role) {
    return City::wait([&] {
      const auto answer = operator_client.request(
          "POST", "/v1/cluster/members?id=" + std::to_string(joined) + "&role=" + role);
      return answer && answer->status == 200;
    });
  };
  ASSERT_TRUE(change("learner"));
  ASSERT_TRUE(City::wait([&] { return city.status(joined).size() == city.status(1).size(); }));
  ASSERT_TRUE(change("voter"));
  const auto moved =
      operator_client.request("POST", "/v1/cluster/transfer?to=" + std::to_string(joined));
  ASSERT_TRUE(moved && moved->status == 200) << (moved ? moved->body : "");
  EXPECT_TRUE(City::wait([&] { return city.status(joined).role() == "leader"; }));
  auto new_client = city.client_of(joined);
  const auto sent =
      send(new_client, sign(city, transfer("owner", "owner", "buyer", 1), {"owner"}), true);
  EXPECT_EQ(sent.decision(), v1::ACCEPTED) << sent.ShortDebugString();
}

}  // namespace
}  // namespace puhui::testing
