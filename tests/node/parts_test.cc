// Small parts of a node: clock, configuration, files, positions, policy, times.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "node/daemon/config.h"
#include "node/daemon/times.h"
#include "node/files/folder.h"
#include "node/replica/city.h"
#include "node/replica/clock.h"
#include "node/replica/positions.h"
#include "tests/ledger/city.h"

namespace puhui::node {
namespace {

using ledger::testing::Folder;

TEST(CityClock, AMajorityOfVotersMustBeHeard) {
  CityClock clock(1);
  EXPECT_FALSE(clock.heard_majority()) << "no voters are known";
  clock.set_voters({1, 2, 3});
  EXPECT_FALSE(clock.heard_majority());
  clock.heard(9, 0);
  EXPECT_FALSE(clock.heard_majority()) << "not a voter";
  clock.heard(3, 0);
  EXPECT_TRUE(clock.heard_majority());
  clock.begin_reign();
  EXPECT_FALSE(clock.heard_majority());
  clock.set_voters({1});
  EXPECT_TRUE(clock.heard_majority());
}

TEST(CityClock, OneWrongClockDoesNotMoveTheMedian) {
  CityClock clock(1);
  clock.set_voters({1, 2, 3});
  clock.heard(2, 10);
  clock.heard(3, 3'600'000'000);
  EXPECT_EQ(clock.correction_us(), 10);
  clock.heard(3, -3'600'000'000);
  EXPECT_EQ(clock.correction_us(), 0);
}

TEST(CityClock, ADemonstrationIsScaled) {
  CityClock clock(1);
  EXPECT_EQ(clock.event_time(5), 5);
  clock.set_demo({1'000'000, 500, 3'600});
  EXPECT_EQ(clock.event_time(500), 1'000'000);
  EXPECT_EQ(clock.event_time(510), 1'000'000 + 10 * 3'600);
}

TEST(Positions, AnswersWhenReachedAndGivesUpInTime) {
  Positions positions;
  int reached = 0, late = 0;
  const auto count = [&](const Result<void>& done) { done ? ++reached : ++late; };
  positions.wait(4, 5, 100, count);
  EXPECT_EQ(reached, 1) << "leaf 4 is there with 5 leaves";
  positions.wait(5, 5, 100, count);
  positions.wait(9, 5, 100, count);
  positions.reached(6);
  EXPECT_EQ(reached, 2);
  positions.expire(99);
  EXPECT_EQ(late, 0);
  positions.expire(100);
  EXPECT_EQ(late, 1);
}

TEST(Config, FileThenEnvironmentThenFlags) {
  auto config = daemon::parse_config("node-id = 3\nlog-level = \"debug\"\n", "node.toml");
  ASSERT_TRUE(config);
  const auto environment = [](const char* name) -> const char* {
    return std::string_view(name) == "PUHUID_LOG_LEVEL" ? "warn" : nullptr;
  };
  ASSERT_TRUE(daemon::apply_environment(*config, environment));
  EXPECT_EQ(config->node_id, 3u);
  EXPECT_EQ(config->log_level, "warn");
  EXPECT_TRUE(daemon::check(*config));
}

TEST(Config, NamesTheLineOfWhatIsWrong) {
  const auto detail = [](const char* text) {
    const auto config = daemon::parse_config(text, "node.toml");
    return config ? std::string("accepted") : config.error().detail;
  };
  EXPECT_EQ(detail("node-id = 1\nnode-di = 2\n"), "node.toml:2: unknown key \"node-di\"");
  EXPECT_EQ(detail("\n\nnode-id = \"one\"\n"), "node.toml:3: node-id must be a number");
  EXPECT_EQ(detail("data = 5\n"), "node.toml:1: data must be a string");
  EXPECT_EQ(detail("partner-witnessing = \"no\"\n"),
            "node.toml:1: partner-witnessing must be true or false");
  EXPECT_EQ(detail("node-id = -4\n"), "node.toml:1: node-id must be a number");
  EXPECT_TRUE(std::string(detail("node-id = \n")).starts_with("node.toml:1: "));
  EXPECT_TRUE(detail("node-id = 1\n[ = x").starts_with("node.toml:2: neither name = value"));
  EXPECT_EQ(detail("\tnode-id = 0x1 # é\r\n\r\ndata = 'é' # é"), "accepted");
  EXPECT_EQ(detail("\xEF\xBB\xBFnode-id = 1\n"), "accepted");
}

TEST(Config, ASwitchIsTrueUnlessTurnedOff) {
  EXPECT_TRUE(daemon::Config().partner_witnessing);
  auto config = daemon::parse_config("partner-witnessing = false\n", "node.toml");
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->partner_witnessing);
  const auto say = [&config](const char* value) {
    return daemon::apply_environment(*config, [value](const char* name) -> const char* {
      return std::string_view(name) == "PUHUID_PARTNER_WITNESSING" ? value : nullptr;
    });
  };
  EXPECT_TRUE(say("true"));
  EXPECT_TRUE(config->partner_witnessing);
  EXPECT_EQ(say("yes").error().detail,
            "PUHUID_PARTNER_WITNESSING: partner-witnessing must be true or false");
}

TEST(Config, ChecksWhatItMeans) {
  daemon::Config config;
  EXPECT_EQ(daemon::check(config).error().detail, "node-id is missing");
  config.node_id = 1;
  EXPECT_TRUE(daemon::check(config));
  config.client_listen = "nowhere";
  EXPECT_FALSE(daemon::check(config));
}

TEST(Files, APlainKeyMustBePrivate) {
  Folder folder;
  const auto path = folder.file("a.key");
  ASSERT_TRUE(write_key(path, crypto::SecretKey::generate(), std::nullopt));
  EXPECT_TRUE(read_key(path, std::nullopt));
  EXPECT_EQ(write_key(path, crypto::SecretKey::generate(), std::nullopt).error().code,
            ErrorCode::LOCKED);
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_EQ(read_key(path, std::nullopt).error().code, ErrorCode::KEY_FILE_MODE);
}

TEST(Files, AFolderBelongsToOneProcess) {
  Folder folder;
  {
    const auto lock = FolderLock::take(folder.file(""));
    ASSERT_TRUE(lock);
    EXPECT_EQ(FolderLock::take(folder.file("")).error().code, ErrorCode::LOCKED);
  }
  EXPECT_TRUE(FolderLock::take(folder.file("")));
  EXPECT_EQ(FolderLock::take("/proc/none").error().code, ErrorCode::IO);
}

TEST(Endpoint, IsHostAndPort) {
  EXPECT_EQ(parse_endpoint("127.0.0.1:80")->port, 80);
  EXPECT_EQ(parse_endpoint("[::1]:443")->host, "::1");
  for (const auto* wrong : {"", ":80", "host", "host:", "host:0", "host:65536", "host:8x"})
    EXPECT_FALSE(parse_endpoint(wrong)) << wrong;
}

TEST(Times, AreRfc3339WithAnOffset) {
  EXPECT_EQ(*daemon::parse_time("1970-01-01T08:00:00+08:00"), 0);
  EXPECT_EQ(*daemon::parse_time("1970-01-02T00:00:00Z"), 86'400'000'000);
  for (const auto* wrong :
       {"", "1970-01-01", "1970-01-01T00:00:00", "1970-13-01T00:00:00Z", "1970-01-01T25:00:00Z",
        "1970-01-01T00:00:00+8", "1970-01-01T00:00:00Zx"})
    EXPECT_FALSE(daemon::parse_time(wrong)) << wrong;
}

TEST(CityPolicy, IsAMajorityOfTheVoters) {
  v1::Genesis genesis;
  genesis.set_origin("test.example");
  genesis.set_log_key(crypto::SecretKey::generate().public_key().encode());
  std::vector<v1::Node> nodes;
  for (std::uint64_t id = 1; id <= 3; ++id) {
    auto& node = nodes.emplace_back();
    node.set_node_id(id);
    node.set_name("test.example/node-" + std::to_string(id));
    node.set_cosigner_key(crypto::SecretKey::generate().public_key().encode());
  }
  const auto policy = city_policy(genesis, nodes, {1, 2, 3});
  ASSERT_TRUE(policy);
  EXPECT_TRUE(crypto::parse_policy(crypto::format_policy(*policy)));
  const std::vector<std::string> one{"node-1"}, two{"node-1", "node-3"};
  EXPECT_FALSE(crypto::quorum_met(*policy, one));
  EXPECT_TRUE(crypto::quorum_met(*policy, two));
  EXPECT_FALSE(city_policy(genesis, nodes, {1, 4})) << "voter 4 is unknown";
}

}  // namespace
}  // namespace puhui::node
