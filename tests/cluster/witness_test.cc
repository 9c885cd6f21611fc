// Two cities cosign each other's checkpoints; the outage of one never stops the other.

#include <gtest/gtest.h>

#include "crypto/policy.h"
#include "crypto/tlog_proof.h"
#include "node/files/folder.h"
#include "tests/cluster/city.h"

namespace puhui::testing {
namespace {

crypto::Policy policy_of(City& city) {
  auto client = city.client();
  return crypto::parse_policy(client.request("GET", "/v1/policy")->body).value();
}

// Two cities that know each other: what each writes before it starts again.
class Partners : public ::testing::Test {
 protected:
  Partners() {
    for (auto* city : {&here_, &there_}) {
      city->start(1);
      (void)city->leader();
    }
    follow(here_, there_);
    follow(there_, here_);
    restart(there_);
    ask(here_, there_);
    restart(here_);
  }

  static void write(const City& city, const std::string& name, const std::string& text) {
    ASSERT_TRUE(node::write_file(city.node_folder(1) + "/" + name, text, node::Mode::shared));
  }
  static void restart(City& city) {
    (void)city.process(1).terminate();
    city.start(1, {"--witness-logs", "logs.policy"});
    (void)city.leader();
  }
  void follow(City& witness, City& log) {
    crypto::Policy logs;
    logs.logs = policy_of(log).logs;
    write(witness, "logs.policy", crypto::format_policy(logs));
  }
  // The city's own majority and the partner.
  void ask(City& city, City& partner) {
    auto policy = policy_of(city);
    const auto key = crypto::parse_vkey(partner.status(1).witness_vkey()).value();
    policy.witnesses.push_back({"partner", key, partner.url(1) + "/witness"});
    policy.groups.push_back({"both", 2, {policy.quorum, "partner"}});
    policy.quorum = "both";
    strict_ = policy;
    write(city, "strict.policy", crypto::format_policy(policy));
    write(city, "partner.pem", partner.authority_pem());
    write(city, "node.toml",
          node::read_file(city.node_folder(1) + "/node.toml").value() +
              "witness-policy = \"strict.policy\"\nwitness-authority = \"partner.pem\"\n");
  }
  static int status_of(City& city, const std::string& target, std::string* body = nullptr) {
    auto client = city.client();
    const auto answer = client.request("GET", target);
    if (answer && body != nullptr) *body = answer->body;
    return answer ? answer->status : -1;
  }
  static v1::SubmissionResult open(City& city, const std::string& account) {
    auto client = city.client();
    return send(client, sign(city, open_account("operator", account), {"operator"}), true);
  }

  City here_{{PUHUI_PUHUID, 1, {"--origin", "here.example"}, {}, {}}};
  City there_{{PUHUI_PUHUID, 1, {"--origin", "there.example"}, {}, {}}};
  crypto::Policy strict_;
};

TEST_F(Partners, AStricterReceiptNeedsThePartner) {
  const auto opened = open(here_, "first");
  ASSERT_EQ(opened.decision(), v1::ACCEPTED) << opened.detail();
  const auto target = "/v1/receipts/" + std::to_string(opened.position()) + "?witnessed=true";
  std::string receipt;
  ASSERT_TRUE(City::wait([&] { return status_of(here_, target, &receipt) == 200; })) << receipt;
  const auto proof = crypto::parse_tlog_proof(receipt).value();
  const auto verified = crypto::verify_tlog_proof(proof, *proof.extra, strict_);
  ASSERT_TRUE(verified) << describe(verified.error());
  EXPECT_EQ(verified->witnesses.size(), 2u);
  EXPECT_TRUE(crypto::verify_checkpoint(policy_of(here_), proof.checkpoint))
      << "the city's own policy accepts it too";
  EXPECT_GT(here_.status(1).witnessed_size(), opened.position());

  std::string newest;
  const auto path = "/witness/" + crypto::sha256("here.example").hex() + "/checkpoint";
  ASSERT_EQ(status_of(there_, path, &newest), 200);
  EXPECT_TRUE(crypto::parse_note(newest));
  std::string metrics;
  ASSERT_EQ(status_of(there_, "/metrics", &metrics), 200);
  EXPECT_NE(metrics.find("puhui_witness_forked{origin=\"here.example\"} 0"), std::string::npos)
      << metrics;
}

TEST_F(Partners, ThePartnersOutageStopsNothing) {
  ASSERT_EQ(open(here_, "first").decision(), v1::ACCEPTED);
  there_.process(1).kill9();
  const auto opened = open(here_, "second");
  ASSERT_EQ(opened.decision(), v1::ACCEPTED);
  EXPECT_FALSE(opened.receipt().empty()) << "under the city's own policy";
  const auto target = "/v1/receipts/" + std::to_string(opened.position()) + "?witnessed=true";
  std::string body;
  ASSERT_TRUE(City::wait([&] {
    return status_of(here_, target, &body) == 503 && body.find("partner") != std::string::npos;
  })) << body;
  EXPECT_NE(body.find("\"code\":\"not_yet_witnessed\""), std::string::npos) << body;
  restart(there_);
  EXPECT_TRUE(City::wait([&] { return status_of(here_, target, &body) == 200; })) << body;
}

TEST_F(Partners, ANodeThatAsksNobodySaysSo) {
  std::string body;
  EXPECT_EQ(status_of(there_, "/v1/receipts/0?witnessed=true", &body), 400);
  EXPECT_NE(body.find("witness-policy"), std::string::npos) << body;
}

}  // namespace
}  // namespace puhui::testing
