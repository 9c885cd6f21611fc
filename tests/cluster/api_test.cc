// The API and the daemon as strangers meet them: formats, limits, permissions, refusals to start.

#include <gtest/gtest.h>

#include <filesystem>

#include "crypto/bytes.h"
#include "crypto/checkpoint.h"
#include "crypto/merkle.h"
#include "crypto/random.h"
#include "crypto/tiles.h"
#include "ledger/entry.h"
#include "node/files/folder.h"
#include "node/replica/clock.h"
#include "tests/cluster/city.h"

namespace puhui::testing {
namespace {

constexpr const char* kOne = "application/vnd.puhui.submission";

// One node serves all tests of the API.
class Api : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    city_ = std::make_unique<City>(CityOptions{PUHUI_PUHUID, 1, {}, {}, {}});
    city_->start(1);
    (void)city_->leader();
    issue_units(*city_, 1'000);
  }
  static void TearDownTestSuite() { city_.reset(); }

  static std::string code_of(const std::string& body, const char* type = kOne) {
    auto client = city_->client();
    const auto answer = client.request("POST", "/v1/events", body, type);
    if (!answer) return describe(answer.error());
    EXPECT_GE(answer->status, 400);
    EXPECT_EQ(answer->content_type, "application/problem+json");
    const auto at = answer->body.find("\"code\":\"");
    return at == std::string::npos
               ? answer->body
               : answer->body.substr(at + 8, answer->body.find('"', at + 8) - at - 8);
  }
  static int status_of(const std::string& target, const std::string& party = {}) {
    auto client = city_->client(party);
    const auto answer = client.request("GET", target);
    return answer ? answer->status : -1;
  }

  static std::unique_ptr<City> city_;
};
std::unique_ptr<City> Api::city_;

TEST_F(Api, RefusesBrokenSubmissionsWithStableCodes) {
  EXPECT_EQ(code_of("\xff\xff\xff garbage"), "envelope.malformed");
  EXPECT_EQ(code_of(""), "envelope.malformed");
  v1::Submission event;
  event.set_envelope("not an envelope");
  EXPECT_EQ(code_of(event.SerializeAsString()), "envelope.malformed");
  event.set_envelope(std::string(70'000, 'x'));
  EXPECT_EQ(code_of(event.SerializeAsString()), "event.too_large");
  const auto good = sign(*city_, open_account("owner", "more"), {"owner"});
  event.set_envelope(good.envelope().substr(0, good.envelope().size() / 2));
  EXPECT_EQ(code_of(event.SerializeAsString()), "envelope.malformed");
  EXPECT_EQ(code_of(good.SerializeAsString(), "text/plain"), "invalid_argument");
  EXPECT_EQ(code_of("\1\2\3", "application/vnd.puhui.submissions"), "invalid_argument");
}

TEST_F(Api, RefusesWrongSignaturesWithoutUsingTheId) {
  auto client = city_->client();
  const auto payload = open_account("owner", "second");
  EXPECT_EQ(send(client, sign(*city_, payload, {})).code(), "envelope.unsigned");
  EXPECT_EQ(send(client, sign(*city_, payload, {"stranger"})).code(), "signature.unknown_key");
  EXPECT_EQ(send(client, sign(*city_, payload, {"buyer"})).code(), "signature.missing");
  auto tampered = sign(*city_, payload, {"owner"});
  tampered.mutable_envelope()->back() = static_cast<char>(tampered.envelope().back() ^ 1);
  EXPECT_EQ(send(client, tampered).code(), "signature.invalid");
  EXPECT_EQ(send(client, sign(*city_, payload, {"owner"})).decision(), v1::ACCEPTED);
}

TEST_F(Api, TheSameBytesGetTheSameAnswerAndOtherBytesAConflict) {
  auto client = city_->client();
  const auto payload = transfer("owner", "owner", "buyer", 7);
  const auto event = sign(*city_, payload, {"owner"});
  const auto first = send(client, event, true);
  const auto again = send(client, event, true);
  ASSERT_EQ(first.decision(), v1::ACCEPTED);
  EXPECT_EQ(again.position(), first.position());
  EXPECT_EQ(again.outcome().SerializeAsString(), first.outcome().SerializeAsString());
  EXPECT_FALSE(again.receipt().empty());
  auto other = payload;
  other.mutable_transfer()->set_amount_kg(8);
  EXPECT_EQ(send(client, sign(*city_, other, {"owner"})).code(), "event.conflict");
}

TEST_F(Api, ARefusalExplainsItself) {
  auto client = city_->client();
  const auto result =
      send(client, sign(*city_, transfer("owner", "owner", "buyer", 1'000'000), {"owner"}));
  EXPECT_EQ(result.decision(), v1::REFUSED);
  EXPECT_EQ(result.code(), "balance.insufficient");
  EXPECT_EQ(result.outcome().rule(), "balance.units");
  EXPECT_FALSE(result.outcome().limit().empty());
  EXPECT_EQ(result.outcome().asked(), "1000000 kg");
  EXPECT_FALSE(result.message_zh().empty());
}

TEST_F(Api, AStreamIsAnsweredInOrder) {
  auto client = city_->client();
  std::vector<v1::Submission> events;
  for (int i = 0; i < 100; ++i) {
    const auto account = "s" + std::to_string(i);
    events.push_back(sign(*city_, open_account("owner", account), {"owner"}));
    events.push_back(sign(*city_, transfer("owner", "owner", account, 1), {"owner"}));
  }
  const auto results = send_stream(client, events, true);
  ASSERT_EQ(results.size(), events.size());
  std::int64_t last = -1;
  for (const auto& result : results) {
    ASSERT_EQ(result.decision(), v1::ACCEPTED) << result.ShortDebugString();
    EXPECT_GT(result.position(), last);
    EXPECT_FALSE(result.receipt().empty());
    last = result.position();
  }
}

TEST_F(Api, PersonalViewsNeedTheOperatorsCertificate) {
  const std::vector<std::string> citizens{crypto::random_bytes(16), crypto::random_bytes(16)};
  open_citizens(*city_, citizens);
  auto client = city_->client();
  const auto event = ride_batch(*city_, "rides-1", citizens, 3);
  const auto result = send(client, event, true);
  ASSERT_EQ(result.decision(), v1::ACCEPTED) << result.ShortDebugString();
  EXPECT_EQ(result.outcome().records_accepted(), 2u);
  const auto account = "/v1/accounts/p-" + crypto::hex_encode(citizens[0]);
  const auto leaf = std::to_string(result.position());
  for (const auto& target : {account, "/v1/attachments/" + leaf, "/v1/records/" + leaf + "/1"}) {
    EXPECT_EQ(status_of(target), 403) << target;
    EXPECT_EQ(status_of(target, "authority"), 403) << target;
    EXPECT_EQ(status_of(target, "operator"), 200) << target;
  }
  auto operator_client = city_->client("operator");
  EXPECT_EQ(get<v1::Account>(operator_client, account).credits_held_g(), 100);
  const auto proof = get<v1::RecordProof>(operator_client, "/v1/records/" + leaf + "/1");
  std::vector<crypto::Digest> path;
  for (const auto& hash : proof.path()) path.push_back(*crypto::Digest::from_bytes(hash));
  EXPECT_TRUE(crypto::verify_inclusion(
      {1, 2, crypto::leaf_hash(proof.record()), *crypto::Digest::from_bytes(proof.root())}, path));
  const auto second = send(client, ride_batch(*city_, "rides-2", citizens, 3));
  EXPECT_EQ(second.code(), "claim.duplicate");
  EXPECT_EQ(second.outcome().used(), "leaf " + leaf);
}

TEST_F(Api, AWindowEndsWithATickThoughNobodySendsAnything) {
  auto payload = new_payload("authority");
  auto& action = *payload.mutable_grant_role();
  action.set_party("buyer");
  action.mutable_grant()->set_role(v1::AUDITOR);
  action.mutable_grant()->mutable_scope()->set_to(node::wall_clock_us() + 1'000'000);
  auto client = city_->client();
  const auto granted = send(client, sign(*city_, payload, {"authority"}));
  ASSERT_EQ(granted.decision(), v1::ACCEPTED) << granted.ShortDebugString();
  // Registered as an enterprise, and nothing more when the window is over.
  ASSERT_TRUE(
      City::wait([&] { return get<v1::Party>(client, "/v1/parties/buyer").roles_size() == 1; }));
  const auto status = city_->status(1);
  const auto last = "/v1/entries/" + std::to_string(status.size() - 1);
  const auto before_last = "/v1/entries/" + std::to_string(status.size() - 2);
  const bool was_tick = get<v1::EntryView>(client, last).kind() == "tick" ||
                        get<v1::EntryView>(client, before_last).kind() == "tick";
  EXPECT_TRUE(was_tick);
}

TEST_F(Api, TilesReproduceTheCheckpoint) {
  auto client = city_->client();
  const auto note = client.request("GET", "/checkpoint");
  ASSERT_TRUE(note && note->status == 200);
  const auto checkpoint =
      crypto::parse_checkpoint(note->body.substr(0, note->body.find("\n\n") + 1));
  ASSERT_TRUE(checkpoint);
  crypto::Frontier tree;
  const auto tiles = crypto::tiles_at(0, checkpoint->size);
  for (std::uint64_t i = 0; i < tiles.full + (tiles.partial_width > 0 ? 1 : 0); ++i) {
    const auto width = i < tiles.full ? crypto::kTileWidth : tiles.partial_width;
    const crypto::Tile tile{crypto::Tile::Kind::entries, 0, i, width};
    const auto bundle = client.request("GET", "/" + crypto::tile_path(tile));
    ASSERT_TRUE(bundle && bundle->status == 200);
    const auto entries = crypto::parse_bundle(bundle->body, width);
    ASSERT_TRUE(entries);
    for (const auto entry : *entries) tree.append(crypto::leaf_hash(entry));
  }
  EXPECT_EQ(tree.root(), checkpoint->root);
  EXPECT_EQ(status_of("/tile/0/x999/999"), 404);
  EXPECT_EQ(status_of("/tile/0/00"), 404);
}

TEST_F(Api, ReadsNameTheirConsistency) {
  const auto size = city_->status(1).size();
  EXPECT_EQ(status_of("/v1/totals?consistency=linearizable"), 200);
  EXPECT_EQ(status_of("/v1/totals?at_least=" + std::to_string(size - 1)), 200);
  EXPECT_EQ(status_of("/v1/totals?at_least=" + std::to_string(size + 1'000)), 503);
  EXPECT_EQ(status_of("/v1/totals?at_least=x"), 400);
  EXPECT_EQ(status_of("/v1/nothing"), 404);
  EXPECT_EQ(status_of("/v1/parties/nobody"), 404);
}

TEST_F(Api, HealthMetricsAndVersionAnswer) {
  for (const auto* target : {"/livez", "/readyz", "/metrics", "/version", "/v1/policy"})
    EXPECT_EQ(status_of(target), 200) << target;
}

TEST_F(Api, ASecondProcessOnTheSameFolderIsRefused) {
  const auto ran = run({PUHUI_PUHUID, "run", "--config", city_->node_folder(1) + "/node.toml"});
  EXPECT_EQ(ran.status, 2);
  EXPECT_NE(ran.output.find("locked"), std::string::npos) << ran.output;
}

TEST_F(Api, AConfigurationWithAnUnknownKeyNamesTheLine) {
  const auto file = city_->folder() + "/bad.toml";
  ASSERT_TRUE(node::write_file(file, "node-id = 1\nclient-lisen = \"x\"\n", node::Mode::shared));
  const auto ran = run({PUHUI_PUHUID, "run", "--config", file});
  EXPECT_EQ(ran.status, 2);
  EXPECT_NE(ran.output.find("bad.toml:2: unknown key \"client-lisen\""), std::string::npos)
      << ran.output;
}

TEST_F(Api, DataOfAnotherCityIsRefused) {
  City other({PUHUI_PUHUID, 1, {}, {}, {}});
  other.start(1);
  (void)other.leader();
  ASSERT_EQ(other.process(1).terminate(), 0);
  City third({PUHUI_PUHUID, 1, {}, {}, {}});
  const auto ran = run({PUHUI_PUHUID, "run", "--config", third.node_folder(1) + "/node.toml",
                        "--data", other.node_folder(1) + "/data"});
  EXPECT_EQ(ran.status, 2);
  EXPECT_NE(ran.output.find("wrong_city"), std::string::npos) << ran.output;
}

TEST_F(Api, ANodeThatLostItsLogDoesNotVoteAgain) {
  City city({PUHUI_PUHUID, 1, {}, {}, {}});
  city.start(1);
  (void)city.leader();
  ASSERT_EQ(city.process(1).terminate(), 0);
  std::filesystem::remove_all(city.node_folder(1) + "/data");
  const auto ran = run({PUHUI_PUHUID, "run", "--config", city.node_folder(1) + "/node.toml"});
  EXPECT_EQ(ran.status, 2);
  EXPECT_NE(ran.output.find("the log of this node is gone"), std::string::npos) << ran.output;
}

TEST_F(Api, AFolderThatCannotBeWrittenIsRefused) {
  const auto ran = run({PUHUI_PUHUID, "run", "--config", city_->node_folder(1) + "/node.toml",
                        "--data", "/proc/nowhere"});
  EXPECT_EQ(ran.status, 2);
  EXPECT_NE(ran.output.find("io: "), std::string::npos) << ran.output;
}

}  // namespace
}  // namespace puhui::testing
