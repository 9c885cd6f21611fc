// Relays and bundles between cities, as commands.
#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <mutex>

#include "crypto/evidence.h"
#include "crypto/policy.h"
#include "fake_node.h"
#include "puhui/v1/view.pb.h"
#include "tests/crypto/growing_log.h"

namespace puhui::node::cli {
namespace {

TEST(RelayRun, TellsThatACityIsNamedTwiceOrIsAway) {
  const Caller caller;
  const FakeNode node(answering({{"status", city_named("WUHAN")}}));
  const auto twice =
      caller.run(node.url(), {"relay", "run", "--from", node.url(), "--to", node.url(), "--once"});
  EXPECT_EQ(twice.exit, Exit::usage) << twice.err;
  EXPECT_TRUE(contains(twice.err, "both ends")) << twice.err;
  const auto away = caller.run(
      node.url(), {"relay", "run", "--from", node.url(), "--to", "https://127.0.0.1:1", "--once"});
  EXPECT_EQ(away.exit, Exit::unreachable) << away.err;
}

TEST(RelayRun, SaysWhatItCannotCarry) {
  const Caller caller;
  const FakeNode wuhan(answering({{"status", city_named("WUHAN")}}));
  const FakeNode hefei(answering({{"status", city_named("HEFEI")}}));
  const auto ran = caller.run(
      wuhan.url(), {"relay", "run", "--from", wuhan.url(), "--to", hefei.url(), "--once"});
  EXPECT_EQ(ran.exit, Exit::unreachable) << "something is left";
  EXPECT_TRUE(contains(ran.err, "WUHAN to HEFEI: puhui: agreement.unknown")) << ran.err;
  EXPECT_TRUE(contains(ran.err, "HEFEI to WUHAN: puhui: agreement.unknown")) << ran.err;
}

TEST(RelayRun, TakesEachCityByAProfile) {
  const Caller caller;
  const FakeNode wuhan(answering({{"status", city_named("WUHAN")}}));
  const FakeNode hefei(answering({{"status", city_named("HEFEI")}}));
  const auto profile =
      caller.scratch.write("hefei.toml", "url = [\"" + hefei.url() + "\"]\nparty = \"relay\"\n");
  const auto ran =
      caller.run(wuhan.url(), {"relay", "run", "--from", wuhan.url(), "--to", profile, "--once"});
  EXPECT_TRUE(contains(ran.err, "WUHAN to HEFEI")) << ran.err;
  const auto none = caller.run(wuhan.url(), {"relay", "run", "--from", wuhan.url(), "--to",
                                             caller.scratch.path("none.toml"), "--once"});
  EXPECT_EQ(none.exit, Exit::usage) << none.err;
}

// Says which city it is when first asked, and nothing ever after.
class Silent {
 public:
  http::Handler of(const std::string& code) {
    return [this, code](const http::Request&, const http::Respond& respond) {
      const std::lock_guard lock(mutex_);
      if (asked_++ == 0) return respond({200, "application/json", {}, city_named(code)});
      kept_.push_back(respond);
    };
  }
  // While the node is still there.
  void end() {
    const std::lock_guard lock(mutex_);
    kept_.clear();
  }

 private:
  std::mutex mutex_;
  std::size_t asked_ = 0;
  std::vector<http::Respond> kept_;
};

TEST(RelayRun, GoesOnWithOthersWhereACityIsSilent) {
  const Caller caller;
  Silent silent;
  const FakeNode wuhan(answering({{"status", city_named("WUHAN")}}));
  const FakeNode hefei(answering({{"status", city_named("HEFEI")}}));
  const FakeNode mute(silent.of("XIANGYANG"));
  const auto ran =
      caller.run(wuhan.url(), {"relay", "run", "--from", wuhan.url(), "--to", mute.url(), "--to",
                               hefei.url(), "--once", "--answer-timeout", "1"});
  silent.end();
  EXPECT_EQ(ran.exit, Exit::unreachable) << "something is left";
  EXPECT_TRUE(contains(ran.err, "WUHAN to XIANGYANG: puhui: outcome_unknown")) << ran.err;
  EXPECT_TRUE(contains(ran.err, "XIANGYANG to WUHAN: puhui: outcome_unknown")) << ran.err;
  EXPECT_TRUE(contains(ran.err, "WUHAN to HEFEI: puhui: agreement.unknown")) << ran.err;
}

TEST(RelayRun, StartsWithThoseThatAnswer) {
  const Caller caller;
  const FakeNode wuhan(answering({{"status", city_named("WUHAN")}}));
  const FakeNode hefei(answering({{"status", city_named("HEFEI")}}));
  const auto ran = caller.run(wuhan.url(), {"relay", "run", "--from", wuhan.url(), "--to",
                                            "https://127.0.0.1:1", "--to", hefei.url(), "--once"});
  EXPECT_EQ(ran.exit, Exit::unreachable) << "one is away";
  EXPECT_TRUE(contains(ran.err, "https://127.0.0.1:1: ")) << ran.err;
  EXPECT_TRUE(contains(ran.err, "WUHAN to HEFEI: puhui: agreement.unknown")) << ran.err;
}

// The kernel takes the connection; nobody ever reads from it.
TEST(RelayRun, WaitsNoLongerForOneThatOnlyListens) {
  const Caller caller;
  const FakeNode wuhan(answering({{"status", city_named("WUHAN")}}));
  boost::asio::io_context io;
  using boost::asio::ip::tcp;
  const tcp::acceptor stopped(io, {boost::asio::ip::address_v4::loopback(), 0});
  const auto url = "https://127.0.0.1:" + std::to_string(stopped.local_endpoint().port());
  const auto ran = caller.run(wuhan.url(), {"relay", "run", "--from", wuhan.url(), "--to", url,
                                            "--once", "--answer-timeout", "1"});
  EXPECT_EQ(ran.exit, Exit::unreachable) << ran.err;
  EXPECT_TRUE(contains(ran.err, "unreachable")) << ran.err;
  const auto never = caller.run(wuhan.url(), {"relay", "run", "--from", wuhan.url(), "--to", url,
                                              "--once", "--answer-timeout", "0"});
  EXPECT_EQ(never.exit, Exit::usage) << never.err;
}

// The city's own nodes have seen it as witnesses.
TEST(RelayRun, RecordsThatAPartnersLogHasForked) {
  const Caller caller;
  const crypto::testing::GrowingLog log{"wuhan.example/log", 'l'}, fork{log.origin, 'l', "other "};
  v1::PartnerLog partner;
  partner.set_origin(log.origin);
  partner.set_size(5);
  partner.mutable_side()->set_city("WUHAN");
  crypto::Policy policy;
  policy.logs = {{log.key(), ""}};
  partner.mutable_side()->set_policy(crypto::format_policy(policy));
  const auto evidence = crypto::format_evidence({{}, {}, log.checkpoint(5), fork.checkpoint(5)});
  const FakeNode wuhan(answering({{"status", city_named("WUHAN")}}));
  const FakeNode hefei(answering({{"status", city_named("HEFEI")},
                                  {"partners WUHAN", to_json(partner)},
                                  {crypto::sha256(log.origin).hex() + " evidence", evidence},
                                  {"events", to_json(accepted(7))}}));
  const auto ran =
      caller.run(wuhan.url(), {"relay", "run", "--from", wuhan.url(), "--to", hefei.url(), "--once",
                               "--party", "operator", "--key", caller.key});
  EXPECT_TRUE(contains(ran.out, "WUHAN 5 to HEFEI: accuse_partner done at leaf 7"))
      << ran.out << ran.err;
}

TEST(Bundles, ThatAreNoneAreNotSent) {
  const Caller caller;
  const auto file = caller.scratch.write("x.bundle", "puhui-bundle/v1\nrubbish");
  const auto ran = caller.run("https://127.0.0.1:1", {"bundle", "import", file});
  EXPECT_EQ(ran.exit, Exit::unverified) << ran.err;
  EXPECT_TRUE(contains(ran.err, "x.bundle")) << ran.err;
}

}  // namespace
}  // namespace puhui::node::cli
