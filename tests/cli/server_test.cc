// The client against a server of the same protocol, in this process.
#include <gtest/gtest.h>

#include "crypto/bytes.h"
#include "fake_node.h"
#include "ledger/records.h"
#include "node/cli/submission.h"
#include "node/cli/values.h"
#include "node/http/problem.h"

namespace puhui::node::cli {
namespace {

TEST(Node, AcceptsASignedEvent) {
  const Caller caller;
  v1::Submission seen;
  std::string wait, type;
  const FakeNode node(city(caller.client, [&](http::Request request, http::Respond respond) {
    seen.ParseFromString(request.body);
    wait = request.query["wait"];
    type = http::find_header(request.headers, "Content-Type");
    auto result = accepted(17);
    result.set_receipt("the receipt\n");
    respond(json(result));
  }));
  const auto ran = caller.transfer(node.url(), {"--receipt-out", caller.scratch.path("receipt")});
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  EXPECT_TRUE(contains(ran.out, "position  17")) << ran.out;
  EXPECT_EQ(caller.scratch.read("receipt"), "the receipt\n");
  EXPECT_EQ(wait, "receipt");
  EXPECT_EQ(type, "application/vnd.puhui.submission");
  const auto opened = open(seen).value();
  EXPECT_EQ(opened.payload.city(), "WUHAN");
  EXPECT_EQ(opened.payload.transfer().amount_kg(), 2'000'000);
  EXPECT_EQ(opened.payload.valid_until(), caller.client.now_us + 3'600'000'000);
  ASSERT_EQ(opened.envelope.signatures.size(), 1u);
  EXPECT_EQ(opened.envelope.signatures[0].key_id, read_public_key(caller.key)->key_id());
}

TEST(Node, DemonstrationClocksSetTheTime) {
  Caller caller;
  const FakeNode node([&](const http::Request&, const http::Respond& respond) {
    auto status = status_of_city(caller.client);
    status.set_demo_clock(true);
    status.set_time(1'000);
    status.set_now(2'000);
    respond(json(status));
  });
  const auto ran = caller.transfer(node.url(), {"--dry-run", "--valid-for", "1s"});
  EXPECT_TRUE(contains(ran.out, "\"valid_until\": \"1002000\"")) << ran.out << ran.err;
}

TEST(Node, RefusalsExplainThemselves) {
  const Caller caller;
  const FakeNode node(city(caller.client, [](const http::Request&, const http::Respond& respond) {
    v1::SubmissionResult result;
    result.set_decision(v1::REFUSED);
    result.set_code("balance.insufficient");
    result.set_message_zh("余额不足");
    result.mutable_outcome()->set_rule("transfer.balance");
    result.mutable_outcome()->set_asked("2000000");
    respond(json(result));
  }));
  const auto ran = caller.transfer(node.url(), {"--receipt-out", caller.scratch.path("none")});
  EXPECT_EQ(ran.exit, Exit::refused);
  for (const auto* part :
       {"balance.insufficient", "余额不足", "rule: transfer.balance", "asked: 2000000"})
    EXPECT_TRUE(contains(ran.err, part)) << ran.err;
  EXPECT_EQ(caller.scratch.read("none"), "");
}

TEST(Node, ProblemsKeepTheirMeaning) {
  const Caller caller;
  const std::map<ErrorCode, Exit> expected{{ErrorCode::NOT_PERMITTED, Exit::not_permitted},
                                           {ErrorCode::NOT_FOUND, Exit::usage},
                                           {ErrorCode::BUSY, Exit::unreachable},
                                           {ErrorCode::SIGNATURE_MISSING, Exit::not_permitted},
                                           {ErrorCode::OUTCOME_UNKNOWN, Exit::unreachable}};
  for (const auto& [code, exit] : expected) {
    const FakeNode node(
        [&, problem_code = code](const http::Request&, const http::Respond& respond) {
          respond(http::problem({problem_code, "because of \x1b[1m this"}));
        });
    const auto ran = caller.run(node.url(), {"account", "show", "a/main"});
    EXPECT_EQ(ran.exit, exit) << ran.err;
    EXPECT_TRUE(contains(ran.err, code_name(code))) << ran.err;
    EXPECT_TRUE(contains(ran.err, "because of")) << ran.err;
    EXPECT_FALSE(contains(ran.err, "\x1b")) << ran.err;
  }
}

TEST(Node, AnswersThatAreNoAnswersAreToldApart) {
  const Caller caller;
  const FakeNode node([](const http::Request& request, const http::Respond& respond) {
    if (request.path == "/v1/totals") return respond({200, "application/json", {}, "{nonsense"});
    respond({502, "text/html", {}, "<h1>Bad gateway</h1>"});
  });
  EXPECT_EQ(caller.run(node.url(), {"totals"}).exit, Exit::unverified);
  EXPECT_EQ(caller.run(node.url(), {"status"}).exit, Exit::unreachable);
}

TEST(Node, LostAnswersNameTheEvent) {
  const Caller caller;
  const FakeNode node(city(caller.client, [](const http::Request&, const http::Respond&) {}));
  const std::string id(32, 'b');
  const auto ran = caller.transfer(node.url(), {"--event-id", id});
  EXPECT_EQ(ran.exit, Exit::unreachable);
  EXPECT_TRUE(contains(ran.err, "outcome_unknown")) << ran.err;
  EXPECT_TRUE(contains(ran.err, id)) << ran.err;
}

TEST(Node, NobodyThereIsUnreachable) {
  const Caller caller;
  std::string url;
  {
    const FakeNode gone([](const http::Request&, const http::Respond&) {});
    url = gone.url();
  }
  const auto ran = caller.transfer(url);
  EXPECT_EQ(ran.exit, Exit::unreachable);
  EXPECT_TRUE(contains(ran.err, "unreachable")) << ran.err;
}

TEST(Node, RedirectsLeadToTheLeader) {
  const Caller caller;
  int received = 0;
  const FakeNode leader(
      city(caller.client, [&](const http::Request& request, const http::Respond& respond) {
        ++received;
        EXPECT_EQ(request.method, "POST");
        EXPECT_FALSE(request.body.empty());
        respond(json(accepted(5)));
      }));
  const FakeNode follower(
      city(caller.client, [&](const http::Request&, const http::Respond& respond) {
        auto response = http::problem({ErrorCode::NOT_LEADER, ""});
        response.headers.emplace_back("Location", leader.url() + "/v1/events?wait=outcome");
        respond(std::move(response));
      }));
  const auto ran = caller.transfer(follower.url());
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  EXPECT_EQ(received, 1);
}

TEST(Node, SeveralEventsGoInOneStream) {
  const Caller caller;
  std::vector<v1::Submission> seen;
  const FakeNode node(
      city(caller.client, [&](const http::Request& request, const http::Respond& respond) {
        EXPECT_EQ(http::find_header(request.headers, "Content-Type"),
                  "application/vnd.puhui.submissions");
        std::string_view rest = request.body;
        std::string answer;
        while (rest.size() >= 4) {
          const auto size = crypto::read_u32(rest);
          seen.emplace_back().ParseFromString(std::string(rest.substr(4, size)));
          rest.remove_prefix(4 + size);
          auto result = accepted(static_cast<std::int64_t>(seen.size()));
          if (seen.size() == 2) {
            result.set_decision(v1::REFUSED);
            result.set_code("methodology.exists");
          }
          const auto bytes = result.SerializeAsString();
          crypto::append_u32(answer, static_cast<std::uint32_t>(bytes.size()));
          answer += bytes;
        }
        EXPECT_TRUE(rest.empty());
        respond({200, "application/vnd.puhui.submissions", {}, answer});
      }));
  const auto ran = caller.run(node.url(), {"methodology", "file", data_file("methodologies.json"),
                                           "--party", "a", "--key", caller.key});
  EXPECT_EQ(ran.exit, Exit::refused) << ran.err;
  EXPECT_TRUE(contains(ran.out, "methodology.exists")) << ran.out;
  ASSERT_EQ(seen.size(), 10u);
  EXPECT_EQ(open(seen[9])->payload.file_methodology().methodology().code(), "FOREST");
}

TEST(Node, AListInPartsStopsAtTheFirstThatIsRefused) {
  const Caller caller;
  std::vector<v1::PublishEtsList> seen;
  const FakeNode node(
      city(caller.client, [&](const http::Request& request, const http::Respond& respond) {
        v1::Submission submission;
        submission.ParseFromString(request.body);
        seen.push_back(open(submission)->payload.publish_ets_list());
        auto result = accepted(static_cast<std::int64_t>(seen.size()));
        if (seen.size() == 2) result.set_decision(v1::REFUSED);
        respond(json(result));
      }));
  std::string firms = "legal_entity\n";
  for (int i = 0; i < 2'500; ++i) firms += "E" + std::to_string(i) + "\n";
  const auto ran =
      caller.run(node.url(), {"ets", "publish", caller.scratch.write("firms.csv", firms), "--year",
                              "2025", "--last-part", "--party", "ets", "--key", caller.key});
  EXPECT_EQ(ran.exit, Exit::refused) << ran.err;
  ASSERT_EQ(seen.size(), 2u) << "the last part would put in force what is not whole";
  EXPECT_EQ(seen[1].firms(0).legal_entity(), "E1000");
  EXPECT_FALSE(seen[1].is_last_part());
}

TEST(Node, AStreamCutShortIsUnknown) {
  const Caller caller;
  const FakeNode node(city(caller.client, [](const http::Request&, const http::Respond& respond) {
    respond(
        {200, "application/vnd.puhui.submissions", {}, std::string("\0\0\0\x02\x08\x01\0\0", 8)});
  }));
  const auto ran = caller.run(node.url(), {"methodology", "file", data_file("methodologies.json"),
                                           "--party", "a", "--key", caller.key});
  EXPECT_EQ(ran.exit, Exit::unreachable);
  EXPECT_TRUE(contains(ran.err, "and 9 more")) << ran.err;
}

TEST(Node, ListsGoOnWhereTheyEnded) {
  const Caller caller;
  const FakeNode node([](const http::Request& request, const http::Respond& respond) {
    v1::PartyList list;
    const auto after = request.query.find("after");
    list.add_items()->set_party(after == request.query.end() ? "first" : "second");
    if (after == request.query.end()) list.set_next("first");
    EXPECT_EQ(request.query.at("limit"), "1");
    respond(json(list));
  });
  const auto part = caller.run(node.url(), {"party", "list", "--limit", "1"});
  EXPECT_TRUE(contains(part.out, "first")) << part.out;
  EXPECT_TRUE(contains(part.err, "--after first")) << part.err;
  const auto all = caller.run(node.url(), {"party", "list", "--limit", "1", "--all"});
  EXPECT_TRUE(contains(all.out, "first") && contains(all.out, "second")) << all.out;
  EXPECT_EQ(all.err, "");
}

TEST(Node, AListWithoutEndIsStopped) {
  const Caller caller;
  const FakeNode node([](const http::Request&, const http::Respond& respond) {
    v1::PartyList list;
    list.set_next("again");
    respond(json(list));
  });
  EXPECT_EQ(caller.run(node.url(), {"party", "list", "--all"}).exit, Exit::unverified);
}

TEST(Node, TailPrintsWhatFollows) {
  const Caller caller;
  const FakeNode node([](const http::Request& request, const http::Respond& respond) {
    v1::EntryList list;
    for (auto at = std::stoll(request.query.at("from")); at < 3; ++at) {
      auto& entry = *list.add_items();
      entry.set_position(at);
      entry.set_kind("event");
      entry.mutable_payload()->mutable_retire();
      entry.mutable_payload()->set_party("buyer");
    }
    respond(json(list));
  });
  const auto ran = caller.run(node.url(), {"tail", "--from", "1"});
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  EXPECT_EQ(ran.out,
            "1  1970-01-01T00:00:00.000000Z  retire  buyer\n"
            "2  1970-01-01T00:00:00.000000Z  retire  buyer\n");
}

TEST(Node, HistoriesAreReadToTheirEnd) {
  const Caller caller;
  const FakeNode node([](const http::Request& request, const http::Respond& respond) {
    EXPECT_EQ(request.path, "/v1/serials/5/history");
    const bool first = !request.query.contains("after");
    v1::UnitHistory history;
    history.set_serial(5);
    history.set_printed("WUHAN-CPH-PV23-PV1-2024-B1-5-5");
    auto& move = *history.add_moves();
    move.set_leaf(first ? 14 : 17);
    move.set_kind(first ? v1::MOVE_ISSUE : v1::MOVE_RETIRE);
    move.set_to(first ? "acme/pv" : "");
    if (first) history.set_next("14");
    respond(json(history));
  });
  const auto ran = caller.run(node.url(), {"serial", "history", "5"});
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  EXPECT_TRUE(ran.out.starts_with("WUHAN-CPH-PV23-PV1-2024-B1-5-5\nLEAF")) << ran.out;
  EXPECT_TRUE(contains(ran.out, "\n14 ") && contains(ran.out, "\n17 ")) << ran.out;
}

TEST(Node, ReadsCarryTheirConsistencyAndEncodedNames) {
  const Caller caller;
  http::Request seen;
  const FakeNode node([&](http::Request request, const http::Respond& respond) {
    seen = std::move(request);
    respond(json(v1::Account()));
  });
  const auto ran =
      caller.run(node.url(), {"account", "show", "acme/pv", "--at-least", "7", "--linearizable"});
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  EXPECT_EQ(seen.segments, (std::vector<std::string>{"v1", "accounts", "acme/pv"}));
  EXPECT_EQ(seen.query["at_least"], "7");
  EXPECT_EQ(seen.query["consistency"], "linearizable");
}

TEST(Node, ClientCertificatesProveTheParty) {
  const Caller caller;
  std::string party;
  const FakeNode node([&](const http::Request& request, const http::Respond& respond) {
    party = request.party.value_or("nobody");
    respond({200, "application/json", {}, "{}"});
  });
  const auto certified = authority().issue_client("operator", kValidity).value();
  const auto ran =
      caller.run(node.url(), {"cluster", "transfer", "2", "--client-cert",
                              caller.scratch.write("c.pem", certified.certificate_pem),
                              "--client-key", caller.scratch.write("c.key", certified.key_pem)});
  EXPECT_EQ(ran.exit, Exit::ok) << ran.err;
  EXPECT_EQ(party, "operator");
}

TEST(Node, OtherAuthoritiesAreNotTrusted) {
  const Caller caller;
  const FakeNode node([](const http::Request&, const http::Respond& respond) {
    respond({200, "application/json", {}, "{}"});
  });
  const auto other = tls::CityAuthority::create("Another City", kValidity).value();
  const auto ran = caller.client.run({"totals", "--url", node.url(), "--ca",
                                      caller.scratch.write("other.pem", other.certificate_pem())});
  EXPECT_EQ(ran.exit, Exit::unreachable) << ran.err;
}

TEST(Node, CheckpointsAreVerifiedUnderAPolicy) {
  const Caller caller;
  SmallLog log;
  log.entries = {"one"};
  const auto receipt = crypto::parse_tlog_proof(log.receipt(0)).value();
  const FakeNode node([&](const http::Request& request, const http::Respond& respond) {
    EXPECT_EQ(request.path, "/checkpoint");
    respond({200, "text/plain", {}, receipt.checkpoint});
  });
  const auto policy = caller.scratch.write("policy", crypto::format_policy(log.policy()));
  EXPECT_EQ(caller.run(node.url(), {"checkpoint"}).out, receipt.checkpoint);
  const auto good = caller.run(node.url(), {"checkpoint", "--verify", policy});
  EXPECT_EQ(good.exit, Exit::ok) << good.err;
  EXPECT_TRUE(contains(good.out, "city.example/ledger")) << good.out;
  auto other = log.policy();
  other.logs[0].key.key = key_of('x').public_key();
  const auto bad = caller.run(
      node.url(),
      {"checkpoint", "--verify", caller.scratch.write("other", crypto::format_policy(other))});
  EXPECT_EQ(bad.exit, Exit::unverified);
}

TEST(Node, TradesAreListedWithTheirAveragePrice) {
  const Caller caller;
  const FakeNode node(city(caller.client, [](const http::Request& request, http::Respond respond) {
    EXPECT_EQ(request.path, "/v1/trades");
    v1::TradeDayList list;
    auto& day = *list.add_items();
    day.set_day(20'000);
    day.set_trades(2);
    day.set_volume_kg(3'000);
    day.set_average_cents_per_tonne(4'350);
    respond(json(list));
  }));
  const auto listed = caller.run(node.url(), {"trade", "list"});
  EXPECT_EQ(listed.exit, Exit::ok) << listed.err;
  EXPECT_TRUE(contains(listed.out, "AVERAGE-CENTS")) << listed.out;
  EXPECT_TRUE(contains(listed.out, "2024-10-04  2       3000       4350 ")) << listed.out;
}

TEST(Node, IsAskedForTheScaleOfReadings) {
  const Caller caller;
  v1::Submission seen;
  const FakeNode node(city(caller.client, [&](const http::Request& request, http::Respond respond) {
    if (request.method == "POST") {
      seen.ParseFromString(request.body);
      return respond(json(accepted(3)));
    }
    EXPECT_EQ(request.segments, (std::vector<std::string>{"v1", "sources", "acme/power"}));
    v1::EmissionSource source;
    source.mutable_filing()->set_scale(1);
    respond(json(source));
  }));
  const auto days = caller.scratch.write("days.csv", "day,value\n2026-03-01,120.5\n");
  const auto ran = caller.run(node.url(), {"reading", "submit", "acme/power", days, "--device-key",
                                           caller.key, "--party", "a", "--key", caller.key});
  ASSERT_EQ(ran.exit, Exit::ok) << ran.err;
  const auto payload = open(seen)->payload;
  const auto pieces = ledger::split_records(seen.attachments(0)).value();
  EXPECT_EQ(ledger::read_records(payload, pieces)->readings.front().value, 1'205);
}

}  // namespace
}  // namespace puhui::node::cli
