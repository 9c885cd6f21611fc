#include "node/cli/run.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "crypto/bytes.h"
#include "node/cli/command.h"
#include "node/cli/submission.h"
#include "support.h"

namespace puhui::node::cli {
namespace {

std::vector<std::span<const Command>> families() {
  return {
      key_commands(),      party_commands(),       governance_commands(), methodology_commands(),
      project_commands(),  filing_commands(),      standing_commands(),   ets_commands(),
      recall_commands(),   account_commands(),     unit_commands(),       bond_commands(),
      case_commands(),     certificate_commands(), market_commands(),     behaviour_commands(),
      person_commands(),   offer_commands(),       emission_commands(),   proof_commands(),
      event_commands(),    node_commands(),        agreement_commands(),  partner_commands(),
      crossing_commands(), note_commands(),        lineage_commands(),    relay_commands()};
}

TEST(Run, EveryCommandHelpsWithAnExample) {
  for (const auto family : families()) {
    for (const auto& command : family) {
      std::vector<std::string> arguments{command.noun};
      if (command.verb != nullptr) arguments.emplace_back(command.verb);
      arguments.emplace_back("--help");
      const auto ran = Client().run(arguments);
      EXPECT_EQ(ran.exit, Exit::ok) << command.noun;
      EXPECT_TRUE(contains(ran.out, command.summary)) << ran.out;
      EXPECT_TRUE(contains(ran.out, std::string("Examples:\n  puhui "))) << ran.out;
      EXPECT_EQ(ran.err, "");
    }
  }
}

TEST(Run, HelpAndVersionAreAnswers) {
  const Client client;
  EXPECT_EQ(client.run({"--help"}).exit, Exit::ok);
  EXPECT_TRUE(contains(client.run({"--help"}).out, "Exit codes"));
  EXPECT_EQ(client.run({"key", "--help"}).exit, Exit::ok);
  const auto version = client.run({"--version"});
  EXPECT_EQ(version.exit, Exit::ok);
  EXPECT_TRUE(version.out.starts_with("puhui ")) << version.out;
}

TEST(Run, WhatCannotBeMeantIsAUsageError) {
  const std::vector<std::vector<std::string>> wrong{
      {},
      {"nonsense"},
      {"key"},
      {"key", "eat"},
      {"status", "--nonsense"},
      {"status", "-o", "xml", "--url", "https://127.0.0.1:1"},
      {"status"},
      {"status", "--url", "https://127.0.0.1:1"},
      {"status", "--url", "http://127.0.0.1:1", "--ca", "/dev/null"},
      {"transfer", "--from", "a", "--to", "b", "--amount", "5"},
      {"transfer", "--from", "a", "--to", "b"},
      {"transfer", "--from", "a", "--to", "b", "--amount", "5t", "--serials", "1-2"},
      {"transfer", "--from", "a", "--to", "b", "--amount", "5t", "--price", "30"},
      {"transfer", "--from", "a", "--to", "b", "--amount", "5t", "--dry-run", "--city", "W"},
      {"transfer", "--from", "a", "--to", "b", "--amount", "5t", "--dry-run", "--party", "a"},
      {"serial", "show", "x"},
      {"party", "show", "\xFF"},
  };
  for (const auto& arguments : wrong) {
    const auto ran = Client().run(arguments);
    EXPECT_EQ(ran.exit, Exit::usage) << (arguments.empty() ? "" : arguments[0]) << ran.err;
    EXPECT_TRUE(ran.err.starts_with("puhui: ")) << ran.err;
    EXPECT_EQ(ran.out, "");
  }
}

TEST(Keys, AreMadePrivateAndNeverReplaced) {
  const Scratch scratch;
  const Client client;
  const auto path = scratch.path("a.key");
  const auto made = client.run({"key", "new", path});
  EXPECT_EQ(made.exit, Exit::ok) << made.err;
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  const auto before = scratch.read("a.key");
  const auto again = client.run({"key", "new", path});
  EXPECT_EQ(again.exit, Exit::usage);
  EXPECT_EQ(scratch.read("a.key"), before);
  const auto shown = client.run({"key", "show", path, "-o", "json"});
  EXPECT_TRUE(contains(shown.out, "\"encrypted\": \"no\"")) << shown.out;
  EXPECT_EQ(client.run({"key", "show", scratch.write("junk", "junk")}).exit, Exit::usage);
}

TEST(Keys, AreEncryptedAndOpenedByAPassphraseFile) {
  const Scratch scratch;
  const Client client;
  const auto pass = scratch.write("pass", "correct horse\nsecond line\n");
  const auto wrong = scratch.write("wrong", "battery staple\n");
  ASSERT_EQ(client.run({"key", "new", scratch.path("plain")}).exit, Exit::ok);
  EXPECT_EQ(client.run({"key", "encrypt", scratch.path("plain"), scratch.path("safe")}).exit,
            Exit::usage);
  const auto encrypted = client.run(
      {"key", "encrypt", scratch.path("plain"), scratch.path("safe"), "--passphrase-file", pass});
  EXPECT_EQ(encrypted.exit, Exit::ok) << encrypted.err;
  EXPECT_TRUE(contains(scratch.read("safe"), "argon2id"));
  const auto refused = client.run(
      {"key", "decrypt", scratch.path("safe"), scratch.path("back"), "--passphrase-file", wrong});
  EXPECT_EQ(refused.exit, Exit::usage);
  EXPECT_TRUE(contains(refused.err, "key.passphrase")) << refused.err;
  ASSERT_EQ(client
                .run({"key", "decrypt", scratch.path("safe"), scratch.path("back"),
                      "--passphrase-file", pass})
                .exit,
            Exit::ok);
  EXPECT_EQ(scratch.read("back"), scratch.read("plain"));
}

// An offline signer: city, party and keys given.
struct Office {
  Scratch scratch;
  Client client;

  std::string key(const std::string& name) {
    EXPECT_EQ(client.run({"key", "new", scratch.path(name)}).exit, Exit::ok);
    return scratch.path(name);
  }
  static std::vector<std::string> issue(std::vector<std::string> more) {
    std::vector<std::string> arguments{"batch",  "issue", "B1",      "--report", "r1",
                                       "--city", "WUHAN", "--party", "operator"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
};

TEST(Offline, DryRunPrintsThePayloadAndSignsNothing) {
  const Office office;
  const auto ran = office.client.run(Office::issue({"--dry-run", "--valid-for", "2h"}));
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  v1::Payload payload;
  ASSERT_TRUE(from_json(ran.out, payload, false)) << ran.out;
  EXPECT_EQ(payload.city(), "WUHAN");
  EXPECT_EQ(payload.party(), "operator");
  EXPECT_EQ(payload.event_id().size(), 16u);
  EXPECT_EQ(payload.valid_until(), office.client.now_us + 7'200'000'000);
  EXPECT_EQ(payload.issue().batch(), "B1");
  const auto other = office.client.run(Office::issue({"--dry-run", "--valid-for", "2h"}));
  EXPECT_NE(other.out, ran.out) << "event ids are fresh";
}

TEST(Offline, EventIdAndTimeMakeTheSameBytes) {
  Office office;
  const auto key = office.key("k");
  const auto write = [&](const std::string& file) {
    return office.client.run(
        Office::issue({"--key", key, "--event-id", std::string(32, 'a'), "--valid-until",
                       "2025-03-01T00:00:00Z", "--out", office.scratch.path(file)}));
  };
  EXPECT_EQ(write("one").exit, Exit::ok);
  EXPECT_EQ(write("two").exit, Exit::ok);
  EXPECT_EQ(office.scratch.read("one"), office.scratch.read("two"));
  EXPECT_EQ(write("two").exit, Exit::usage) << "a file is never replaced";
  EXPECT_EQ(office.client.run(Office::issue({"--dry-run", "--event-id", "aa"})).exit, Exit::usage);
}

TEST(Offline, SignaturesAreCollectedInAFile) {
  Office office;
  const auto first = office.key("operator"), second = office.key("authority");
  const auto file = office.scratch.path("issue.event");
  ASSERT_EQ(office.client.run(Office::issue({"--key", first, "--out", file})).exit, Exit::ok);
  const auto before = open(read_submission_file(file).value()).value();
  EXPECT_EQ(before.envelope.signatures.size(), 1u);

  const auto signed_too = office.client.run({"event", "sign", file, "--key", second});
  EXPECT_EQ(signed_too.exit, Exit::ok) << signed_too.err;
  const auto after = open(read_submission_file(file).value()).value();
  EXPECT_EQ(after.envelope.payload, before.envelope.payload);
  ASSERT_EQ(after.envelope.signatures.size(), 2u);

  const auto shown =
      office.client.run({"event", "show", file, "--key-file", first, "--key-file", second});
  EXPECT_EQ(shown.exit, Exit::ok) << shown.err;
  EXPECT_TRUE(contains(shown.out, "issue.batch")) << shown.out;
  EXPECT_EQ(office.client.run({"event", "sign", file, "--key", second}).exit, Exit::usage);
  const auto third = office.key("third");
  EXPECT_EQ(office.client.run({"event", "show", file, "--key-file", third}).exit, Exit::unverified);

  const auto copy = office.scratch.path("copy.event");
  EXPECT_EQ(office.client.run({"event", "sign", file, "--key", third, "--out", copy}).exit,
            Exit::ok);
  EXPECT_EQ(open(read_submission_file(copy).value())->envelope.signatures.size(), 3u);
  EXPECT_EQ(open(read_submission_file(file).value())->envelope.signatures.size(), 2u);
}

TEST(Offline, SeveralKeysSignAtOnce) {
  Office office;
  const auto first = office.key("a"), second = office.key("b");
  const auto file = office.scratch.path("e");
  Client client;
  client.environment["PUHUI_KEY"] = first + "," + second;
  ASSERT_EQ(client.run(Office::issue({"--out", file})).exit, Exit::ok);
  EXPECT_EQ(open(read_submission_file(file).value())->envelope.signatures.size(), 2u);
}

TEST(Offline, DamagedFilesAreNotSigned) {
  Office office;
  const auto key = office.key("k");
  const auto file = office.scratch.path("e");
  ASSERT_EQ(office.client.run(Office::issue({"--key", key, "--out", file})).exit, Exit::ok);
  const auto bytes = office.scratch.read("e");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto cut = office.scratch.write("cut", bytes.substr(0, size));
    EXPECT_FALSE(read_submission_file(cut)) << size;
  }
  const auto junk = office.scratch.write("junk", std::string(1000, '\n'));
  EXPECT_EQ(office.client.run({"event", "show", junk}).exit, Exit::usage);
}

TEST(Offline, BehaviourFilesCarryTheirRecords) {
  Office office;
  const auto key = office.key("k");
  std::string csv = "account,day,slot,carrier_tag,distance\n";
  for (int i = 0; i < 5; ++i)
    csv += "0001020304050607" + std::string(16, static_cast<char>('0' + i)) + ",2025-03-01,1," +
           std::string(32, 'a') + ",900\n";
  const auto records = office.scratch.write("rides.csv", csv);
  const auto built = office.client.run({"behaviour", "build", records, "--batch", "rides/7",
                                        "--scenario", "shared-bike", "--folder",
                                        office.scratch.path("out"), "--records-per-batch", "2",
                                        "--city", "WUHAN", "--party", "bike-co", "--key", key});
  ASSERT_EQ(built.exit, Exit::ok) << built.err;
  const auto submission = read_submission_file(office.scratch.path("out/rides_7-3.submission"));
  ASSERT_TRUE(submission) << describe(submission.error());
  ASSERT_EQ(submission->attachments_size(), 1);
  const auto opened = open(*submission).value();
  EXPECT_EQ(opened.payload.submit_behaviour_batch().batch(), "rides/7-3");
  EXPECT_EQ(opened.payload.submit_behaviour_batch().records().count(), 1u);
  EXPECT_EQ(opened.payload.submit_behaviour_batch().records().size(),
            submission->attachments(0).size());
  const auto fault = office.client.run(
      {"behaviour", "build", office.scratch.write("bad.csv", csv + "x\n"), "--batch", "b",
       "--scenario", "shared-bike", "--folder", office.scratch.path("no"), "--city", "WUHAN",
       "--party", "bike-co", "--key", key});
  EXPECT_EQ(fault.exit, Exit::usage);
  EXPECT_TRUE(contains(fault.err, "bad.csv: line 7")) << fault.err;
}

TEST(Offline, NodesAreAdmittedFromTheirFile) {
  const Office office;
  v1::Node node;
  node.set_node_id(4);
  node.set_name("city.example/node-4");
  node.set_peer_key(key_of('p').public_key().encode());
  const auto file = office.scratch.write("admit.json", to_json(node));
  const auto ran = office.client.run({"node", "admit", file, "--client-address", "h:1", "--city",
                                      "WUHAN", "--party", "operator", "--dry-run"});
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  v1::Payload payload;
  ASSERT_TRUE(from_json(ran.out, payload, false)) << ran.out;
  node.set_client_address("h:1");
  EXPECT_EQ(payload.admit_node().node().SerializeAsString(), node.SerializeAsString());
  EXPECT_EQ(office.client.run({"node", "admit", "--city", "W", "--party", "o", "--dry-run"}).exit,
            Exit::usage);
}

TEST(Offline, PseudonymsAreKeptBeforeTheyAreUsed) {
  Office office;
  const auto key = office.key("k");
  const auto made = office.client.run(
      {"account", "open-personal", "--count", "3", "--keep-in", office.scratch.path("names"),
       "--city", "WUHAN", "--party", "operator", "--key", key, "--out", office.scratch.path("e")});
  ASSERT_EQ(made.exit, Exit::ok) << made.err;
  const auto opened = open(read_submission_file(office.scratch.path("e")).value()).value();
  const auto& pseudonyms = opened.payload.open_personal_accounts().pseudonyms();
  ASSERT_EQ(pseudonyms.size(), 48u);
  EXPECT_TRUE(office.scratch.read("names").starts_with(
      "p-" + crypto::hex_encode(pseudonyms.substr(0, 16)) + "\n"));
  const auto again =
      office.client.run({"account", "open-personal", "--pseudonyms", office.scratch.path("names"),
                         "--city", "WUHAN", "--party", "operator", "--dry-run"});
  EXPECT_EQ(again.exit, Exit::ok) << again.err;
  EXPECT_TRUE(contains(again.out, crypto::base64_encode(pseudonyms))) << again.out;
}

}  // namespace
}  // namespace puhui::node::cli
