// What agreements on a real ledger make a node follow, and whom they make it ask.

#include "node/replica/partners.h"

#include <gtest/gtest.h>

#include "ledger/recognition.h"
#include "ledger/store/keys.h"
#include "tests/crypto/growing_log.h"
#include "tests/ledger/city.h"
#include "tests/net/certificates.h"
#include "tests/net/http_fixture.h"

namespace puhui::node {
namespace {

using crypto::testing::GrowingLog;
using ledger::testing::City;
using ledger::testing::key_of;
using testing::eventually;

constexpr std::uint64_t kTime = 1'700'000'000;

crypto::VerifierKey log_key(const std::string& origin, const std::string& name) {
  return {origin, crypto::NoteKeyType::ed25519, key_of(name).public_key()};
}

std::string policy_text(const crypto::VerifierKey& log) {
  crypto::Policy policy;
  policy.logs = {{log, ""}};
  return crypto::format_policy(policy);
}

void add_witness(v1::CitySide& side, const std::string& name, const std::string& url) {
  auto* witness = side.add_witnesses();
  witness->set_vkey(
      crypto::format_vkey({name, crypto::NoteKeyType::cosignature, key_of(name).public_key()}));
  witness->set_url(url);
}

v1::PartnerLog partner(const std::string& city, int witnesses = 1) {
  static const std::string pem = testing::new_authority().certificate_pem();
  v1::PartnerLog log;
  log.set_origin(city + ".example");
  log.mutable_side()->set_city(city);
  log.mutable_side()->set_policy(policy_text(log_key(log.origin(), city)));
  log.mutable_side()->set_servers_authority(pem);
  for (int i = 0; i < witnesses; ++i)
    add_witness(*log.mutable_side(), city + "/w" + std::to_string(i),
                "https://" + city + ".example:" + std::to_string(7000 + i) + "/witness");
  return log;
}

crypto::VerifierKey own() { return log_key("own.example", "log"); }

TEST(PartnersAsked, AnyWitnessOfEveryPartner) {
  const auto options = partners_asked(own(), {partner("AAA", 2), partner("BBB")});
  const auto& policy = options.policy;
  EXPECT_EQ(crypto::parse_policy(crypto::format_policy(policy)).value(), policy);
  const auto met = [&policy](std::vector<std::string> names) {
    return crypto::quorum_met(policy, names);
  };
  EXPECT_TRUE(met({"AAA-2", "BBB-1"}));
  EXPECT_FALSE(met({"AAA-1", "AAA-2"}));
  EXPECT_EQ(options.authorities.size(), 3u);
  EXPECT_EQ(policy.witnesses[2].url, "https://BBB.example:7000/witness");
}

TEST(PartnersAsked, WhoCannotBeAskedHoldsUpNobody) {
  auto no_pem = partner("AAA"), bad_url = partner("BBB"), same_key = partner("DDD");
  no_pem.mutable_side()->clear_servers_authority();
  bad_url.mutable_side()->mutable_witnesses(0)->set_url("https://two words");
  *same_key.mutable_side()->mutable_witnesses(0) = partner("CCC").side().witnesses(0);
  const auto asked = partners_asked(
      own(), {no_pem, bad_url, partner("CCC"), same_key, partner("EEE", 0), partner("FFF")});
  ASSERT_EQ(asked.policy.witnesses.size(), 2u);
  EXPECT_EQ(asked.policy.witnesses[0].name, "CCC-1");
  EXPECT_EQ(asked.policy.witnesses[1].name, "FFF-1");
  EXPECT_TRUE(crypto::quorum_met(asked.policy, std::vector<std::string>{"CCC-1", "FFF-1"}));
}

TEST(PartnersAsked, ANoteHoldsAllTheirLines) {
  std::vector<v1::PartnerLog> partners;
  for (int i = 100; i < 160; ++i) partners.push_back(partner("C" + std::to_string(i), 3));
  EXPECT_EQ(partners_asked(own(), partners).policy.witnesses.size(), kPartnerWitnessesMax);
  partners.resize(10);
  EXPECT_EQ(partners_asked(own(), partners).policy.witnesses.size(), 30u);
  const auto nobody = partners_asked(own(), {});
  EXPECT_TRUE(nobody.policy.witnesses.empty());
  EXPECT_EQ(nobody.policy.quorum, crypto::kQuorumNone);
}

TEST(PartnersFollowed, AnOriginBelongsToOne) {
  auto imitator = partner("BBB"), self = partner("DDD");
  imitator.set_origin("AAA.example");
  self.set_origin("own.example");
  const auto keys =
      partners_followed("own.example", {partner("AAA"), imitator, partner("CCC"), self});
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys[0], log_key("CCC.example", "CCC"));
}

// A city whose authority files agreements with one partner, and what its node makes of them.
struct Agreed : ::testing::Test {
  ledger::testing::Folder folder;
  City city{genesis()};
  LedgerSlot slot{LedgerPtr(&city.ledger(), [](ledger::Ledger*) {})};
  std::unique_ptr<Witness> witness = std::move(
      *Witness::open({folder.file("w"), "wuhan.example/w", crypto::SecretKey::generate(), {}}));
  GrowingLog theirs{"xian.example", 'x'};
  GrowingLog renewed{"xian.example", 'y'};
  Partners partners{log_key("wuhan.example/log", "log"), slot, *witness,
                    [](auto, auto) { return std::vector<crypto::Digest>(); }};

  static v1::Genesis genesis() {
    auto genesis = ledger::testing::default_genesis();
    for (const char* action : {"agreement.file", "agreement.set"}) {
      auto* rule = genesis.mutable_rules()->add_signers();
      rule->set_action(action);
      rule->add_all_of()->set_role(v1::AUTHORITY);
    }
    return genesis;
  }
  [[nodiscard]] v1::CitySide own_side() const {
    v1::CitySide side;
    side.set_city(std::string(ledger::testing::kCityCode));
    side.set_lineage(*city.view().reader().get(ledger::key::lineage()));
    side.set_policy(policy_text(log_key("wuhan.example/log", "log")));
    side.add_authority()->set_public_key(key_of("bureau").public_key().encode());
    side.set_authority_keys(1);
    return side;
  }
  static v1::CitySide their_side(const GrowingLog& log) {
    auto side = partner("XIAN").side();
    side.set_lineage(std::string(32, 'x'));
    side.set_policy(policy_text(log.key()));
    side.add_authority()->set_public_key(key_of("xian").public_key().encode());
    side.set_authority_keys(1);
    return side;
  }
  void file(const GrowingLog& log, std::uint32_t version) {
    v1::Agreement agreement;
    agreement.set_agreement("mutual");
    agreement.set_version(version);
    *agreement.add_sides() = own_side();
    *agreement.add_sides() = their_side(log);
    agreement.set_effective_from(1);
    agreement.set_effective_to(ledger::kTimeMax);
    agreement.set_answer_within(ledger::kMicrosPerDay);
    auto payload = city.event("bureau");
    auto& filed = *payload.mutable_file_agreement();
    filed.set_agreement(agreement.SerializeAsString());
    auto* signature = filed.add_partner_signatures();
    signature->set_key_id(std::string(key_of("xian").public_key().key_id().view()));
    signature->set_signature(
        key_of("xian").sign(ledger::authority_bytes(ledger::kAgreementWord, filed.agreement())));
    city.must(payload, {"bureau"});
    partners.look();
  }
  void set(v1::Standing standing) {
    auto payload = city.event("bureau");
    payload.mutable_set_agreement()->set_partner("XIAN");
    payload.mutable_set_agreement()->set_standing(standing);
    payload.mutable_set_agreement()->set_reason("a test");
    city.must(payload, {"bureau"});
    partners.look();
  }
  [[nodiscard]] crypto::Witnessing ask(const crypto::AddCheckpoint& request) const {
    return witness->add_checkpoint(crypto::format_add_checkpoint(request), kTime).status;
  }
  [[nodiscard]] bool comes_to(const crypto::AddCheckpoint& request, crypto::Witnessing status) {
    return eventually([&] { return ask(request) == status; });
  }
};

TEST_F(Agreed, APartnerIsFollowedAndAskedUntilTheEnd) {
  partners.look();
  EXPECT_EQ(ask(theirs.request(0, 3)), crypto::Witnessing::unknown_log);
  file(theirs, 1);
  ASSERT_TRUE(comes_to(theirs.request(0, 3), crypto::Witnessing::cosign));
  ASSERT_TRUE(eventually([&] { return partners.asker().asks_anybody(); }));
  ASSERT_EQ(partners.cosigned().size(), 1u);
  EXPECT_EQ(partners.cosigned()[0].city(), "XIAN");
  EXPECT_EQ(partners.cosigned()[0].cosigned_size(), 0);

  set(v1::STANDING_SUSPENDED);
  set(v1::IN_FORCE);
  file(renewed, 2);
  ASSERT_TRUE(comes_to(renewed.request(3, 4), crypto::Witnessing::cosign)) << "by its new key";
  EXPECT_EQ(ask(theirs.request(4, 5)), crypto::Witnessing::not_signed);

  set(v1::CLOSED);
  ASSERT_TRUE(comes_to(renewed.request(4, 5), crypto::Witnessing::unknown_log));
  EXPECT_TRUE(eventually([&] { return !partners.asker().asks_anybody(); }));
  EXPECT_TRUE(partners.cosigned().empty());
  EXPECT_TRUE(witness->newest(crypto::sha256("xian.example").hex())) << "what it cosigned stays";
}

}  // namespace
}  // namespace puhui::node
