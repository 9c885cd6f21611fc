// Two cities cosign each other's checkpoints; the outage of one never stops the other.

#include <gtest/gtest.h>

#include "crypto/envelope.h"
#include "crypto/policy.h"
#include "crypto/tlog_proof.h"
#include "ledger/recognition.h"
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

// Two cities with an agreement, and nothing said to their nodes. Each test city has the same code,
// so each knows the other by another one; witnesses know logs by their origins.
class Agreed : public ::testing::Test {
 protected:
  static constexpr const char* kPartner = "PARTNER";

  Agreed() {
    for (auto* city : {&here_, &there_}) {
      city->start(1);
      (void)city->leader();
    }
    file(here_, there_);
    file(there_, here_);
  }

  static std::string rules() {
    auto rules = test_rules();
    const std::string signers = "\"signers\":[";
    for (const std::string action : {"agreement.file", "agreement.set"})
      rules.insert(rules.find(signers) + signers.size(),
                   "{\"action\":\"" + action + "\",\"all_of\":[{\"role\":\"AUTHORITY\"}]},");
    return rules;
  }
  static std::string asked(City& city, const std::string& target) {
    auto client = city.client();
    const auto answer = client.request("GET", target);
    return answer && answer->status == 200 ? answer->body : std::string();
  }
  static v1::CitySide side_of(City& city, const char* code) {
    v1::CitySide side;
    side.set_city(code);
    const auto genesis = node::read_file(city.node_folder(1) + "/genesis.envelope").value();
    side.set_lineage(
        std::string(crypto::event_digest(crypto::decode_envelope(genesis).value()).view()));
    side.set_policy(asked(city, "/v1/policy"));
    side.add_authority()->set_public_key(city.key_of("authority").public_key().encode());
    side.set_authority_keys(1);
    const auto status = city.status(1);
    side.add_witnesses()->set_vkey(status.witness_vkey());
    side.mutable_witnesses(0)->set_url(status.witness_url());
    side.set_servers_authority(asked(city, "/v1/servers-authority"));
    return side;
  }
  static v1::SubmissionResult submit(City& city, const v1::Payload& payload) {
    auto client = city.client();
    return send(client, sign(city, payload, {payload.party()}), true);
  }
  static void file(City& city, City& partner) {
    v1::Agreement agreement;
    agreement.set_agreement("mutual");
    agreement.set_version(1);
    *agreement.add_sides() = side_of(partner, kPartner);
    *agreement.add_sides() = side_of(city, City::kCode);
    agreement.set_effective_from(1);
    agreement.set_effective_to(ledger::kTimeMax);
    agreement.set_answer_within(3'600'000'000);
    auto payload = new_payload("authority");
    auto& filed = *payload.mutable_file_agreement();
    filed.set_agreement(agreement.SerializeAsString());
    const auto& key = partner.key_of("authority");
    auto* signature = filed.add_partner_signatures();
    signature->set_key_id(std::string(key.public_key().key_id().view()));
    signature->set_signature(
        key.sign(ledger::authority_bytes(ledger::kAgreementWord, filed.agreement())));
    const auto result = submit(city, payload);
    ASSERT_EQ(result.decision(), v1::ACCEPTED) << result.ShortDebugString();
  }
  static bool reaches(City& city, std::int64_t size) {
    return City::wait([&] {
      const auto status = city.status(1);
      return status.partners_size() == 1 && status.partners(0).cosigned_size() >= size;
    });
  }

  City here_{{PUHUI_PUHUID, 1, {"--origin", "here.example"}, {}, rules()}};
  City there_{{PUHUI_PUHUID, 1, {"--origin", "there.example"}, {}, rules()}};
};

TEST_F(Agreed, PartnersCosignEachOtherFromTheAgreementToItsEnd) {
  const auto opened = submit(here_, open_account("operator", "first"));
  ASSERT_EQ(opened.decision(), v1::ACCEPTED) << opened.detail();
  ASSERT_TRUE(reaches(here_, opened.position() + 1));
  ASSERT_TRUE(reaches(there_, 1));
  ASSERT_EQ(there_.status(1).followed_size(), 1);
  EXPECT_EQ(there_.status(1).followed(0).origin(), "here.example");
  const auto receipt = "/v1/receipts/" + std::to_string(opened.position()) + "?witnessed=true";
  EXPECT_TRUE(City::wait([&] { return !asked(here_, receipt).empty(); }));

  there_.process(1).kill9();
  const auto alone = submit(here_, open_account("operator", "second"));
  ASSERT_EQ(alone.decision(), v1::ACCEPTED) << "a partner's outage stops nothing";
  EXPECT_FALSE(alone.receipt().empty());
  there_.start(1);
  (void)there_.leader();
  EXPECT_TRUE(reaches(here_, alone.position() + 1));

  auto close = new_payload("authority");
  close.mutable_set_agreement()->set_partner(kPartner);
  close.mutable_set_agreement()->set_standing(v1::CLOSED);
  close.mutable_set_agreement()->set_reason("a test");
  const auto closed = submit(here_, close);
  ASSERT_EQ(closed.decision(), v1::ACCEPTED) << closed.ShortDebugString();
  EXPECT_TRUE(City::wait([&] {
    const auto status = here_.status(1);
    return status.followed().empty() && status.partners().empty();
  }));
}

TEST_F(Agreed, ItCanBeTurnedOff) {
  ASSERT_TRUE(reaches(here_, 1));
  (void)here_.process(1).terminate();
  here_.start(1, {"--partner-witnessing", "false"});
  (void)here_.leader();
  const auto status = here_.status(1);
  EXPECT_TRUE(status.partners().empty());
  EXPECT_TRUE(status.followed().empty());
  EXPECT_FALSE(status.witness_vkey().empty()) << "what it would be known by";
}

TEST_F(Partners, ANodeThatAsksNobodySaysSo) {
  std::string body;
  EXPECT_EQ(status_of(there_, "/v1/receipts/0?witnessed=true", &body), 400);
  EXPECT_NE(body.find("witness-policy"), std::string::npos) << body;
}

}  // namespace
}  // namespace puhui::testing
