// A stranger's copy of a running city: with attachments and without, served again, a witness.

#include <gtest/gtest.h>

#include <google/protobuf/util/json_util.h>

#include "crypto/random.h"
#include "crypto/tiles.h"
#include "node/files/folder.h"
#include "tests/cluster/city.h"

namespace puhui::testing {
namespace {

class MirroredCity : public ::testing::Test {
 protected:
  MirroredCity() {
    city_.start(1);
    (void)city_.leader();
    issue_units(city_, 1'000);
    std::vector<std::string> pseudonyms;
    for (int i = 0; i < 50; ++i) pseudonyms.push_back(crypto::random_bytes(16));
    open_citizens(city_, pseudonyms);
    auto client = city_.client();
    batch_ = send(client, ride_batch(city_, "rides", pseudonyms, 3), true);
    EXPECT_EQ(batch_.decision(), v1::ACCEPTED) << batch_.detail();
    EXPECT_EQ(city_.fetch_policy(), file("policy"));
  }

  [[nodiscard]] std::string file(const std::string& name) const {
    return city_.folder() + "/" + name;
  }
  [[nodiscard]] Words following(const std::string& source, const std::string& copy) const {
    return {PUHUI_CLI,      "mirror",   "run",
            source,         file(copy), "--policy",
            file("policy"), "--ca",     city_.folder() + "/city/authority.pem"};
  }
  [[nodiscard]] v1::MirrorStatus status_of(const std::string& copy) const {
    const auto ran = run({PUHUI_CLI, "mirror", "status", file(copy), "-o", "json"});
    EXPECT_EQ(ran.status, 0) << ran.output;
    v1::MirrorStatus status;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(ran.output, &status).ok())
        << ran.output;
    return status;
  }
  [[nodiscard]] std::string attachment(const std::string& copy) const {
    const auto leaf = crypto::tile_path(
        {crypto::Tile::Kind::entries, 0, static_cast<std::uint64_t>(batch_.position()), 256});
    const auto stored = node::read_file(file(copy) + "/attachments" + leaf.substr(leaf.rfind('/')));
    return stored ? *stored : std::string();
  }

  City city_{{PUHUI_PUHUID, 1, {}, {}, {}}};
  v1::SubmissionResult batch_;
};

TEST_F(MirroredCity, KeepsTheSameViewsAndRegeneratesTheSameStatement) {
  const auto clients = city_.folder() + "/city/clients/operator";
  const auto server = city_.node_folder(1) + "/server";
  const auto port = std::to_string(free_ports(1).front());
  const Process mirror(
      following(city_.url(1), "copy") +
          Words{"--views", "--every", "1", "--listen", "127.0.0.1:" + port, "--server-cert",
                server + ".pem", "--server-key", server + "-key.pem", "--client-cert",
                clients + ".pem", "--client-key", clients + "-key.pem"},
      file("mirror.log"));
  const auto there = "https://127.0.0.1:" + port;
  const auto ask = [&](const std::string& url, const Words& what) {
    return run(Words{PUHUI_CLI} + what +
               Words{"--url", url, "--ca", city_.folder() + "/city/authority.pem", "-o", "json"});
  };
  ASSERT_TRUE(City::wait([&] { return ask(there, {"totals"}).status == 0; }));
  const auto size = city_.status(1).provable_size();
  ASSERT_TRUE(City::wait([&] { return status_of("copy").views_size() >= size; }));
  const auto past = std::to_string(batch_.position() - 1);
  const Words questions[] = {
      {"totals"},
      {"totals", "--at", past},
      {"account", "show", "owner"},
      {"account", "show", "owner", "--at", "5"},
      {"party", "list"},
      {"statement", "--from", "2020-01-01T00:00:00Z", "--to", "2200-01-01T00:00:00Z"},
      {"statement", "--from", "2020-01-01T00:00:00Z", "--to", "2200-01-01T00:00:00Z", "--at-least",
       past}};
  for (const auto& question : questions) {
    const auto here = ask(city_.url(1), question), copied = ask(there, question);
    EXPECT_EQ(here.status, 0) << here.output;
    EXPECT_EQ(here.output, copied.output) << question.front();
  }
  EXPECT_NE(ask(there, {"totals"}).output, ask(there, {"totals", "--at", past}).output);
  EXPECT_NE(ask(there, {"account", "show", "p-" + std::string(32, '0')}).status, 0)
      << "personal views are nobody's here";
  EXPECT_EQ(ask(there, {"totals", "--at", "999999"}).status, 2);
}

TEST_F(MirroredCity, AStrangerGetsAllButAttachments) {
  const auto ran = run(following(city_.url(1), "copy") + Words{"--once"});
  ASSERT_EQ(ran.status, 0) << ran.output;
  const auto status = status_of("copy");
  EXPECT_EQ(status.size(), city_.status(1).provable_size());
  EXPECT_EQ(status.attachments_missing(), 1);
  EXPECT_EQ(status.error(), "");
  EXPECT_EQ(attachment("copy"), "");

  // A copy of the copy is the same.
  const auto second = run(following(file("copy"), "second") + Words{"--once"});
  ASSERT_EQ(second.status, 0) << second.output;
  EXPECT_EQ(node::read_file(file("second/checkpoint")).value(),
            node::read_file(file("copy/checkpoint")).value());
}

TEST_F(MirroredCity, TheOperatorsCertificateOpensAttachments) {
  const auto clients = city_.folder() + "/city/clients/operator";
  const auto ran =
      run(following(city_.url(1), "copy") +
          Words{"--once", "--client-cert", clients + ".pem", "--client-key", clients + "-key.pem"});
  ASSERT_EQ(ran.status, 0) << ran.output;
  EXPECT_EQ(status_of("copy").attachments_missing(), 0);
  auto client = city_.client("operator");
  const auto served = client.request("GET", "/v1/attachments/" + std::to_string(batch_.position()));
  EXPECT_EQ(attachment("copy"), served->body);
  // A folder is a source with attachments.
  ASSERT_EQ(run(following(file("copy"), "second") + Words{"--once"}).status, 0);
  EXPECT_EQ(attachment("second"), served->body);
}

TEST_F(MirroredCity, AnAuditorFindsNothing) {
  const auto clients = city_.folder() + "/city/clients/operator";
  const Words audit{PUHUI_CLI,  "audit",
                    "run",      city_.url(1),
                    "--folder", file("copy"),
                    "--policy", file("policy"),
                    "--ca",     city_.folder() + "/city/authority.pem"};
  const auto stranger = run(audit + Words{"-o", "json"});
  EXPECT_EQ(stranger.status, 0) << stranger.output;
  EXPECT_NE(stranger.output.find("\"attachments_missing\": \"1\""), std::string::npos)
      << stranger.output;
  const auto ran =
      run(audit + Words{"-o", "json", "--client-cert", clients + ".pem", "--client-key",
                        clients + "-key.pem", "--report", file("report")});
  EXPECT_EQ(ran.status, 0) << ran.output;
  const auto report = node::read_file(file("report/audit.json"));
  ASSERT_TRUE(report);
  EXPECT_NE(report->find("\"records\": \"50\""), std::string::npos) << *report;
}

TEST_F(MirroredCity, ServesItsCopyAndIsAWitness) {
  const auto port = free_ports(1)[0];
  const auto address = "127.0.0.1:" + std::to_string(port);
  ASSERT_EQ(run({PUHUI_CLI, "key", "new", file("witness.key")}).status, 0);
  const Process mirror(
      following(city_.url(1), "copy") +
          Words{"--listen", address, "--server-cert", city_.node_folder(1) + "/server.pem",
                "--server-key", city_.node_folder(1) + "/server-key.pem", "--every", "1",
                "--witness-name", "mirror.example/w", "--witness-key", file("witness.key"),
                "--witness-folder", file("witness")},
      file("mirror.log"));
  node::http::ClientOptions options;
  options.base_urls = {"https://" + address};
  options.authority_pem = city_.authority_pem();
  auto client = std::move(*node::http::Client::create(std::move(options)));
  const auto checkpoint = [&client] {
    const auto answer = client.request("GET", "/checkpoint");
    return answer && answer->status == 200 ? answer->body : std::string();
  };
  ASSERT_TRUE(City::wait([&] { return !checkpoint().empty(); }));
  auto city_client = city_.client();
  (void)send(city_client, sign(city_, open_account("operator", "later"), {"operator"}), true);
  const auto newest = city_client.request("GET", "/checkpoint")->body;
  ASSERT_TRUE(City::wait([&] { return checkpoint() == newest; })) << "it follows on";
  EXPECT_NE(client.request("GET", "/metrics")->body.find("puhui_mirror_size"), std::string::npos);
  EXPECT_EQ(client.request("GET", "/v1/attachments/" + std::to_string(batch_.position()))->status,
            404);
  EXPECT_EQ(run(following("https://" + address, "second") + Words{"--once"}).status, 0);

  const auto asked = client.request("POST", "/witness/add-checkpoint", "old 0\n\n" + newest);
  ASSERT_EQ(asked->status, 200) << asked->body;
  EXPECT_NE(asked->body.find("mirror.example/w"), std::string::npos);
}

TEST_F(MirroredCity, AWrongPolicyOrASilentSourceIsSaid) {
  City other({PUHUI_PUHUID, 1, {}, {}, {}});
  other.start(1);
  (void)other.leader();
  auto client = other.client();
  ASSERT_TRUE(node::write_file(file("policy"), client.request("GET", "/v1/policy")->body,
                               node::Mode::shared));
  const auto wrong = run(following(city_.url(1), "copy") + Words{"--once"});
  EXPECT_EQ(wrong.status, 3) << wrong.output;
  city_.process(1).kill9();
  const auto silent = run(following(city_.url(1), "copy") + Words{"--once"});
  EXPECT_EQ(silent.status, 4) << silent.output;
}

}  // namespace
}  // namespace puhui::testing
