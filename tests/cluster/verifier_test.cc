// The independent verifier (tests/verifier, in Go) judges a running city over HTTPS, knowing only
// what the founders handed out: the authority's certificate, the log's key, the cosigners' keys.

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "crypto/bytes.h"
#include "crypto/note.h"
#include "crypto/tiles.h"
#include "crypto/tlog_proof.h"
#include "node/files/folder.h"
#include "tests/cluster/city.h"

namespace puhui::testing {
namespace {

constexpr const char* kOrigin = "test.puhui-ledger.example";
constexpr int kVerified = 0;
constexpr int kRefused = 3;
// With what issue_units records, more than one tile each time.
constexpr int kEventsPerStep = 300;
static_assert(kEventsPerStep > static_cast<int>(crypto::kTileWidth));

struct Founding {
  std::string authority_file;
  std::string log_vkey;
  Words cosigner_vkeys;
};

Founding founding_of(const City& city) {
  Founding founding;
  const auto folder = city.folder() + "/city";
  founding.authority_file = folder + "/authority.pem";
  const auto log = node::read_key(folder + "/log.key", std::nullopt);
  founding.log_vkey =
      crypto::format_vkey({kOrigin, crypto::NoteKeyType::ed25519, log.value().public_key()});
  v1::NodeList nodes;
  const auto json = node::read_file(folder + "/nodes.json");
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json.value(), &nodes).ok());
  for (const auto& node : nodes.items()) {
    const auto key = crypto::PublicKey::decode(node.cosigner_key());
    founding.cosigner_vkeys.push_back(
        crypto::format_vkey({node.name(), crypto::NoteKeyType::cosignature, key.value()}));
  }
  return founding;
}

Words trusting(const Founding& founding) {
  Words words{"--log", founding.log_vkey};
  for (const auto& vkey : founding.cosigner_vkeys) words = words + Words{"--cosigner", vkey};
  return words;
}

Words reading(const City& city, unsigned node) {
  return {"--url", city.url(node), "--ca", city.folder() + "/city/authority.pem"};
}

Ran judge(const Words& words) { return run(Words{PUHUI_VERIFIER} + words); }

void expect(const Ran& ran, int status, const std::string& said) {
  EXPECT_EQ(ran.status, status) << ran.output;
  EXPECT_NE(ran.output.find(said), std::string::npos) << "not said: " << said << "\n" << ran.output;
}

// How many entries the verifier says it read; 0 if it did not get so far.
std::int64_t entries_read(const Ran& ran) {
  const std::string begin = "\nentries: ";
  const auto at = ran.output.find(begin);
  const auto end = ran.output.find(" read, their root is the checkpoint's\n", at);
  if (at == std::string::npos || end == std::string::npos) return 0;
  const auto from = at + begin.size();
  return static_cast<std::int64_t>(
      crypto::parse_decimal(ran.output.substr(from, end - from)).value_or(0));
}

// Signed transfers in one stream; waits until every node can prove them, answers their receipts.
Words add_transfers(City& city, int count) {
  std::vector<v1::Submission> events;
  events.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    events.push_back(sign(city, transfer("owner", "owner", "buyer", 1), {"owner"}));
  auto client = city.client();
  const auto results = send_stream(client, events, true);
  EXPECT_EQ(results.size(), events.size());
  Words receipts;
  std::int64_t size = 0;
  for (const auto& result : results) {
    EXPECT_EQ(result.decision(), v1::ACCEPTED) << result.ShortDebugString();
    receipts.push_back(result.receipt());
    size = result.position() + 1;
  }
  for (unsigned node = 1; node <= city.nodes(); ++node)
    EXPECT_TRUE(City::wait([&] { return city.status(node).provable_size() >= size; }));
  return receipts;
}

std::string write(const City& city, const std::string& name, const std::string& bytes) {
  const auto path = city.folder() + "/" + name;
  EXPECT_TRUE(node::write_file(path, bytes, node::Mode::shared));
  return path;
}

void start_and_issue(City& city) {
  for (unsigned node = 1; node <= city.nodes(); ++node) city.start(node);
  (void)city.leader();
  issue_units(city, 1'000'000);
}

TEST(Verifier, ARunningCityIsVerifiedAndContinuesItself) {
  City city({PUHUI_PUHUID, 3, {}, {}, {}});
  start_and_issue(city);
  const auto trust = trusting(founding_of(city));
  const auto seen = city.folder() + "/seen.note";
  auto receipts = add_transfers(city, kEventsPerStep);
  ASSERT_EQ(receipts.size(), std::size_t{kEventsPerStep});
  const Words early{write(city, "first.receipt", receipts.front()),
                    write(city, "last.receipt", receipts.back())};

  const auto first =
      judge(reading(city, 1) + trust + Words{"--index", "all", "--save", seen} + early);
  expect(first, kVerified, "\nverified\n");
  expect(first, kVerified, " on 2 levels, all of the entries\n");
  expect(first, kVerified, "inclusion of all: ok\n");
  for (const auto& receipt : early) expect(first, kVerified, "receipt " + receipt + ": ok\n");
  const auto size = entries_read(first);
  ASSERT_GT(size, kEventsPerStep);
  for (unsigned node = 2; node <= 3; ++node)
    expect(judge(reading(city, node) + trust + Words{"--old", seen}), kVerified,
           " continues size " + std::to_string(size) + "\n");

  // The city's own word for its policy is worth the same as the founders'.
  auto client = city.client();
  const auto policy = client.request("GET", "/v1/policy");
  ASSERT_TRUE(policy && policy->status == 200);
  receipts = add_transfers(city, kEventsPerStep);
  ASSERT_EQ(receipts.size(), std::size_t{kEventsPerStep});
  const Words late{write(city, "late.receipt", receipts.back())};
  for (const auto& believed :
       {trust, Words{"--policy", write(city, "city.policy", policy->body)}}) {
    const auto later =
        judge(reading(city, 3) + believed + Words{"--index", "all", "--old", seen} + early + late);
    const auto grown = entries_read(later);
    EXPECT_GE(grown, size + kEventsPerStep);
    expect(later, kVerified, "\nverified\n");
    expect(later, kVerified,
           "consistency: size " + std::to_string(grown) + " continues size " +
               std::to_string(size) + "\n");
  }
}

TEST(Verifier, ACityIsVerifiedWhileItGrows) {
  City city({PUHUI_PUHUID, 1, {}, {}, {}});
  start_and_issue(city);
  (void)add_transfers(city, kEventsPerStep);
  const auto trust = trusting(founding_of(city));
  const auto seen = city.folder() + "/seen.note";
  expect(judge(reading(city, 1) + trust + Words{"--save", seen}), kVerified, "\nverified\n");
  std::atomic<int> written{0};
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (auto client = city.client(); !stop; ++written) {
      const auto event = sign(city, transfer("owner", "owner", "buyer", 1), {"owner"});
      const auto result = send(client, event, true);
      EXPECT_EQ(result.decision(), v1::ACCEPTED) << result.ShortDebugString();
      if (result.decision() != v1::ACCEPTED) return;
    }
  });
  // Until an event was recorded while the verifier was reading.
  Ran ran;
  EXPECT_TRUE(City::wait([&] {
    const int before = written;
    ran = judge(reading(city, 1) + trust + Words{"--index", "all", "--old", seen, "--save", seen});
    return ran.status != kVerified || written > before;
  }));
  stop = true;
  writer.join();
  expect(ran, kVerified, "\nverified\n");
  // And what was seen in the middle is the beginning of what it became.
  expect(judge(reading(city, 1) + trust + Words{"--old", seen}), kVerified,
         " continues size " + std::to_string(entries_read(ran)) + "\n");
}

TEST(Verifier, ACityIsRefusedUnderKeysThatAreNotItsOwn) {
  City city({PUHUI_PUHUID, 1, {}, {}, {}});
  start_and_issue(city);
  const auto receipts = add_transfers(city, 2);
  ASSERT_EQ(receipts.size(), 2u);
  // Of the same name and origin, with keys of its own.
  const City other({PUHUI_PUHUID, 1, {}, {}, {}});
  const auto right = founding_of(city), wrong = founding_of(other);
  expect(judge(reading(city, 1) + trusting(right)), kVerified, "\nverified\n");

  expect(judge(reading(city, 1) + trusting(wrong)), kRefused, "no verifiable signatures");
  expect(judge(reading(city, 1) + trusting({{}, wrong.log_vkey, right.cosigner_vkeys})), kRefused,
         std::string("not signed by the log of origin \"") + kOrigin);
  expect(judge(reading(city, 1) + trusting({{}, right.log_vkey, wrong.cosigner_vkeys})), kRefused,
         "the quorum \"all-cosigners\" is not met by 0 cosigners");
  expect(judge(Words{"--url", city.url(1), "--ca", wrong.authority_file} + trusting(right)),
         kRefused, "certificate signed by unknown authority");

  const auto receipt = write(city, "good.receipt", receipts[0]);
  expect(judge(trusting(right) + Words{receipt}), kVerified, "receipt " + receipt + ": ok\n");
  expect(judge(trusting(wrong) + Words{receipt}), kRefused, "no verifiable signatures");
  const auto other_entry = crypto::parse_tlog_proof(receipts[1]);
  ASSERT_TRUE(other_entry && other_entry->extra);
  expect(judge(reading(city, 1) + trusting(right) +
               Words{"--entry", write(city, "other.entry", *other_entry->extra), receipt}),
         kRefused, "inclusion: leaf ");
}

// An operator puts an old copy of the disk back and records something else.
TEST(Verifier, ARewrittenHistoryIsRefused) {
  City city({PUHUI_PUHUID, 1, {}, {}, {}});
  start_and_issue(city);
  const auto trust = trusting(founding_of(city));
  const auto seen = city.folder() + "/seen.note", copy = city.folder() + "/copy";
  ASSERT_EQ(city.process(1).terminate(), 0);
  std::filesystem::copy(city.node_folder(1), copy, std::filesystem::copy_options::recursive);
  city.start(1);
  (void)city.leader();
  const auto receipts = add_transfers(city, 3);
  ASSERT_EQ(receipts.size(), 3u);
  const auto receipt = write(city, "shown.receipt", receipts.back());
  const auto shown = judge(reading(city, 1) + trust + Words{"--save", seen, receipt});
  expect(shown, kVerified, "\nverified\n");

  ASSERT_EQ(city.process(1).terminate(), 0);
  std::filesystem::remove_all(city.node_folder(1));
  std::filesystem::rename(copy, city.node_folder(1));
  city.start(1);
  (void)city.leader();
  ASSERT_EQ(add_transfers(city, 100).size(), 100u);
  const auto changed = "the first " + std::to_string(entries_read(shown)) + " entries have changed";
  expect(judge(reading(city, 1) + trust), kVerified, "\nverified\n");
  expect(judge(reading(city, 1) + trust + Words{"--old", seen}), kRefused, changed);
  expect(judge(reading(city, 1) + trust + Words{receipt}), kRefused, "entries have changed");
}

// A copy that `puhui mirror` made holds what a stranger's verifier asks of the city itself.
TEST(Verifier, AMirrorsFolderIsVerifiedLikeItsCity) {
  City city({PUHUI_PUHUID, 1, {}, {}, {}});
  start_and_issue(city);
  ASSERT_FALSE(add_transfers(city, kEventsPerStep).empty());
  auto client = city.client();
  const auto policy = write(city, "city.policy", client.request("GET", "/v1/policy")->body);
  const auto copy = city.folder() + "/copy";
  const auto mirror = [&] {
    return run({PUHUI_CLI, "mirror", "run", city.url(1), copy, "--policy", policy, "--ca",
                city.folder() + "/city/authority.pem", "--once"});
  };
  const auto seen = city.folder() + "/seen.note";
  const auto trust = trusting(founding_of(city));
  ASSERT_EQ(mirror().status, 0);
  const auto first =
      judge(Words{"--folder", copy} + trust + Words{"--index", "all", "--save", seen});
  expect(first, kVerified, "\nverified\n");
  ASSERT_FALSE(add_transfers(city, kEventsPerStep).empty());
  ASSERT_EQ(mirror().status, 0);
  expect(judge(Words{"--folder", copy} + trust + Words{"--old", seen}), kVerified,
         " continues size " + std::to_string(entries_read(first)) + "\n");
}

// What `puhui proof` writes: as it is, and with one thing changed.
class StateVerifier : public ::testing::Test {
 protected:
  StateVerifier() {
    start_and_issue(city_);
    // Past at least one state root with the transfers in it.
    EXPECT_FALSE(add_transfers(city_, 40).empty());
  }

  [[nodiscard]] Words trust() const { return trusting(founding_of(city_)); }
  // Of what the city proves of this; its bytes.
  [[nodiscard]] std::string proved(const Words& what) const {
    const auto path = city_.folder() + "/" + std::to_string(++proofs_) + ".proof";
    const auto ran = run(Words{PUHUI_CLI, "proof"} + what +
                         Words{"--url", city_.url(1), "--ca",
                               city_.folder() + "/city/authority.pem", "--out", path});
    EXPECT_EQ(ran.status, 0) << ran.output;
    return node::read_file(path).value_or("");
  }
  [[nodiscard]] Ran judge_state(const std::string& proof, const Words& under) const {
    return judge(under + Words{"--state", write(city_, "judged.proof", proof)});
  }

  City city_{{PUHUI_PUHUID, 1, {}, {}, {}}};

 private:
  mutable int proofs_ = 0;
};

TEST_F(StateVerifier, BalancesValuesAndAbsencesAreVerified) {
  struct Case {
    Words what;
    std::string said;
  };
  const Case cases[] = {
      {{"balance", "buyer"}, "account buyer: account buyer, "},
      {{"state", "serial", "1"}, ": start 1, "},
      {{"state", "party", "buyer"}, "party buyer: party buyer, "},
      {{"state", "rules", "0"}, "rule set of leaf 0: "},
      {{"state", "node", "1"}, "node 1: node_id 1, "},
      {{"state", "totals"}, "totals: units_issued_kg 1000000, units_held_kg 1000000, "},
      {{"absence", "account", "nobody"}, "account nobody: absent\n"},
      {{"absence", "serial", "999999999"}, "totals: units_issued_kg 1000000, "}};
  for (const auto& [what, said] : cases) {
    const auto proof = proved(what);
    expect(judge_state(proof, trust()), kVerified, said);
    // With the log at hand, also that the log still begins with the proof's tree.
    expect(judge_state(proof, reading(city_, 1) + trust()), kVerified, "\nverified\n");
  }
}

TEST_F(StateVerifier, ChangedStateProofsAreRefused) {
  const auto proof = proved({"balance", "buyer"});
  const auto absent = proved({"absence", "account", "nobody"});
  v1::StateProof balance, owner;
  const auto read = [](const std::string& json, v1::StateProof& to) {
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &to).ok());
  };
  read(proof, balance);
  read(proved({"balance", "owner"}), owner);
  const auto refused = [&](const v1::StateProof& changed, const std::string& said) {
    std::string json;
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(changed, &json, options).ok());
    expect(judge_state(json, trust()), kRefused, said);
  };
  const std::string not_so = "the claim does not follow from the state root";

  auto changed = balance;
  changed.mutable_value()->back() ^= 1;
  refused(changed, not_so);
  changed = balance;
  changed.set_value(owner.value());
  refused(changed, not_so);
  changed = balance;
  changed.set_key(owner.key());
  refused(changed, not_so);
  changed = balance;
  changed.clear_value();
  refused(changed, not_so);
  changed.set_other_key(crypto::sha256(balance.key()).view().data(), 32);
  changed.set_other_value(crypto::sha256(balance.value()).view().data(), 32);
  refused(changed, "the leaf that shows the absence is the key's own");

  const auto other_receipt = add_transfers(city_, 1);
  ASSERT_EQ(other_receipt.size(), 1u);
  changed = balance;
  changed.set_receipt(other_receipt.front());
  refused(changed, "the leaf is not a state root");
  (void)add_transfers(city_, 40);
  v1::StateProof later;
  read(proved({"balance", "buyer"}), later);
  changed.set_receipt(later.receipt());
  refused(changed, not_so);

  for (const auto& sound : {proof, absent}) {
    expect(judge_state(sound.substr(0, sound.size() / 2), trust()), kRefused, "not a state proof");
    expect(judge_state(sound + std::string(std::size_t{1} << 20, ' '), trust()), kRefused,
           "longer than");
  }
  // Signed, but by others than those that are believed.
  const City other({PUHUI_PUHUID, 1, {}, {}, {}});
  const auto right = founding_of(city_), wrong = founding_of(other);
  expect(judge_state(proof, trusting({{}, right.log_vkey, wrong.cosigner_vkeys})), kRefused,
         "the quorum \"all-cosigners\" is not met by 0 cosigners");
  expect(judge_state(proof, trusting(wrong)), kRefused, "no verifiable signatures");
}

}  // namespace
}  // namespace puhui::testing
