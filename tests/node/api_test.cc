// The API over a replica of its own: what waits, and how it ends.

#include "node/api/api.h"

#include <gtest/gtest.h>

#include <future>

#include "crypto/random.h"
#include "ledger/personal.h"
#include "node/clocks.h"
#include "node/files/folder.h"
#include "node/views/answer.h"
#include "node/views/own_key.h"
#include "tests/net/certificates.h"
#include "tests/node/lone_replica.h"

namespace puhui::node {
namespace {

using http::Request;
using http::Response;
using testing::await;

Request get(std::vector<std::string> segments, std::map<std::string, std::string> query = {}) {
  Request request;
  request.method = "GET";
  request.path = "/as/sent";
  request.segments = std::move(segments);
  request.query = std::move(query);
  return request;
}

struct ApiAlone : ::testing::Test {
  testing::LoneReplica lone;
  Replica& replica = *lone.replica;
  api::Metrics metrics;
  History history{options(),
                  [this](std::uint64_t leaf) {
                    return Result<StoredLeaf>(replica.ledger()->view().leaf(leaf));
                  },
                  [this](std::uint64_t size) { return replica.ledger()->view().root_at(size); }};
  api::Api api{replica, metrics, nullptr, history};

  [[nodiscard]] HistoryOptions options() const {
    HistoryOptions options;
    options.folder = lone.folder.file("history");
    return options;
  }
  void TearDown() override {
    history.stop();
    replica.stop();
  }
  std::future<Response> ask(Request request) { return ask(api, std::move(request)); }
  static std::future<Response> ask(api::Api& of, Request request) {
    auto answer = std::make_shared<std::promise<Response>>();
    auto future = answer->get_future();
    of.handle(std::move(request),
              [answer](Response response) { answer->set_value(std::move(response)); });
    return future;
  }
  // Asks for a statement and does not take the answer until released, so that others wait.
  std::future<void> hold(const std::shared_future<void>& released) {
    auto held = std::make_shared<std::promise<void>>();
    auto future = held->get_future();
    api.handle(statement(), [held, released](const Response&) {
      held->set_value();
      released.wait();
    });
    return future;
  }
  // Of all there is now.
  [[nodiscard]] Request statement() const {
    const auto end = replica.ledger()->view().head().time + 1;
    return get({"v1", "statement"}, {{"from", "1"}, {"before", std::to_string(end)}});
  }
  void add_leaf() {
    auto payload = ledger::testing::City::bare()->event("operator");
    payload.set_event_id(crypto::random_bytes(ledger::kEventIdSize));
    payload.set_valid_until(wall_clock_us() + ledger::kMicrosPerDay);
    payload.mutable_open_personal_accounts()->set_pseudonyms(crypto::random_bytes(16));
    v1::Submission submission;
    submission.set_envelope(ledger::testing::sign(payload, {"operator"}).envelope);
    Request request = get({"v1", "events"}, {{"wait", "outcome"}});
    request.method = "POST";
    request.path = "/v1/events";
    request.headers = {{"Content-Type", "application/vnd.puhui.submission"}};
    request.body = submission.SerializeAsString();
    auto answered = ask(std::move(request));
    ASSERT_EQ(await(answered).status, 200);
  }
  void found() {
    auto founded = ask(get({"v1", "totals"}, {{"at_least", "0"}}));
    ASSERT_EQ(await(founded).status, 200);
  }
};

// A question that waits is answered from the views it was measured by.
TEST_F(ApiAlone, AStatementIsOfTheViewThatWasMeasured) {
  found();
  const auto size = replica.ledger()->view().head().size;
  std::promise<void> release;
  auto held = hold(release.get_future().share());
  await(held);
  auto waiting = ask(statement());
  add_leaf();
  EXPECT_GT(replica.ledger()->view().head().size, size);
  release.set_value();
  const auto answered = await(waiting);
  EXPECT_EQ(answered.status, 200) << std::get<std::string>(answered.body);
}

TEST_F(ApiAlone, EverybodySeesHowTheCityStands) {
  found();
  auto asked = ask(get({"v1", "public"}));
  const auto page = await(asked);
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_TRUE(
      http::find_header(page.headers, "content-security-policy").starts_with("default-src"));
  const auto& html = std::get<std::string>(page.body);
  EXPECT_NE(html.find("<td>主体 Parties</td><td class=\"n\">11</td>"), std::string::npos) << html;
}

TEST_F(ApiAlone, ReportsAreListed) {
  found();
  auto listed = ask(get({"v1", "reports"}));
  EXPECT_EQ(await(listed).status, 200);
  auto unknown = ask(get({"v1", "reports", "none"}));
  EXPECT_EQ(await(unknown).status, 404);
}

TEST_F(ApiAlone, StrangersLeaveRoomForMembers) {
  found();
  std::promise<void> release;
  auto held = hold(release.get_future().share());
  await(held);
  std::vector<std::future<Response>> waiting;
  for (int i = 1; i < views::SlowReads::kWaitingMax; ++i) waiting.push_back(ask(statement()));
  auto one_too_many = ask(statement());
  EXPECT_EQ(await(one_too_many).status, 429);
  auto member = statement();
  member.party = "operator";
  auto theirs = ask(std::move(member));
  EXPECT_EQ(await(theirs).status, 200) << "while all strangers wait";
  release.set_value();
  for (auto& each : waiting) EXPECT_EQ(await(each).status, 200);
  auto again = ask(statement());
  EXPECT_EQ(await(again).status, 200) << "places are given back";
}

// Whoever waits for a leaf is answered while the API is still there to do it.
TEST_F(ApiAlone, WhatWaitsIsAnsweredWhenTheReplicaStops) {
  found();
  auto waiting = ask(get({"v1", "totals"}, {{"at_least", "1000000"}}));
  history.stop();
  replica.stop();
  EXPECT_EQ(await(waiting).status, 503);
}

TEST_F(ApiAlone, AForkOfAFollowedLogIsInTheStatus) {
  const std::string origin = "city.example/ledger";
  const auto folder = lone.folder.file("witness");
  ASSERT_TRUE(make_folder(folder));
  ASSERT_TRUE(
      write_file(folder + "/" + crypto::sha256(origin).hex() + ".evidence", "kept", Mode::shared));
  const auto witness = Witness::open(
      {folder,
       "here.example/w",
       testing::secret("witness"),
       {{origin, crypto::NoteKeyType::ed25519, testing::secret("log").public_key()}}});
  ASSERT_TRUE(witness) << describe(witness.error());
  api::Api watching(replica, metrics, witness->get(), history);
  auto request = get({"v1", "status"});
  request.path = "/v1/status";
  auto answered = ask(watching, std::move(request));
  const auto shown = std::get<std::string>(await(answered).body);
  EXPECT_NE(shown.find("\"forked_logs\":[\"" + origin), std::string::npos) << shown;
  auto kept = ask(watching, get({"witness", crypto::sha256(origin).hex(), "evidence"}));
  EXPECT_EQ(std::get<std::string>(await(kept).body), "kept");
  auto other = ask(watching, get({"witness", crypto::sha256("other").hex(), "evidence"}));
  EXPECT_EQ(await(other).status, 404);
}

// What still waits is told, what is being read is waited for.
TEST_F(ApiAlone, SlowReadsEndWithoutReadingWhatWaits) {
  found();
  views::SlowReads reads;
  std::promise<void> begun, release;
  auto released = release.get_future().share();
  int read = 0;
  std::vector<int> statuses;
  const auto respond = [&statuses](const Response& response) {
    statuses.push_back(response.status);
  };
  reads.answer(statement(), respond, [&] {
    begun.set_value();
    released.wait();
    ++read;
    return Response{};
  });
  for (int i = 1; i < views::SlowReads::kWaitingMax; ++i)
    reads.answer(statement(), respond, [&] {
      ++read;
      return Response{};
    });
  begun.get_future().wait();
  auto stopped = std::async(std::launch::async, [&reads] { reads.stop(); });
  // All places are taken: whoever comes is told BUSY until the end begins.
  int told = 0;
  while (told != 503)
    reads.answer(
        statement(), [&told](const Response& response) { told = response.status; },
        [] { return Response{}; });
  release.set_value();
  await(stopped);
  EXPECT_EQ(read, 1);
  EXPECT_EQ(statuses, (std::vector<int>{200, 503, 503, 503}));
}

// Slow reads of which those of one caller are held: on their thread, and in all their places.
struct HeldReads {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::vector<std::future<int>> held;
  views::SlowReads reads;

  std::future<int> ask(const Request& request, std::function<Response()> work) {
    auto answer = std::make_shared<std::promise<int>>();
    auto status = answer->get_future();
    reads.answer(
        request, [answer](const Response& response) { answer->set_value(response.status); },
        std::move(work));
    return status;
  }
  int ask_at_once(const Request& request) {
    auto status = ask(request, [] { return Response{}; });
    return await(status);
  }
  void hold(const Request& request) {
    for (int i = 0; i < views::SlowReads::kWaitingMax; ++i)
      held.push_back(ask(request, [until = released] {
        until.wait();
        return Response{};
      }));
  }
  void end() {
    release.set_value();
    for (auto& each : held) EXPECT_EQ(await(each), 200);
  }
};

TEST(SlowReads, LeaveRoomForWhoReadsTheOwnAccount) {
  const auto person = ledger::personal_id(std::string(16, 'x'));
  const auto stranger = get({"v1", "statement"});
  auto member = stranger, owner = get({"v1", "accounts", person, "history"});
  member.party = "operator";
  owner.headers = {{std::string(views::kOwnKeyHeader), "WUHAN 1 00"}};
  const std::vector<Request> callers{stranger, owner, member};
  for (const auto& busy : callers) {
    HeldReads reads;
    reads.hold(busy);
    for (const auto& other : callers)
      EXPECT_EQ(reads.ask_at_once(other), &other == &busy ? 429 : 200);
    reads.end();
  }
}

// A path may be written in many ways; what it means is in its parts.
TEST(SlowReads, AreKnownByTheDecodedPath) {
  auto request = get({"v1", "statement"});
  request.path = "/v1/%73tatement";
  EXPECT_TRUE(views::is_slow(request));
  const auto person = ledger::personal_id(std::string(16, 'x'));
  for (auto personal :
       {get({"v1", "claims", "1", "2", "3"}), get({"v1", "accounts", person, "history"})}) {
    EXPECT_FALSE(views::is_slow(personal)) << "strangers are refused at once";
    personal.party = "operator";
    EXPECT_TRUE(views::is_slow(personal));
  }
  EXPECT_FALSE(views::is_slow(get({"v1", "accounts", "owner", "history"})));
  EXPECT_TRUE(views::is_slow(get({"v1", "enterprises", "owner", "2025"})));
  EXPECT_TRUE(views::is_slow(get({"v1", "public"})));
  EXPECT_FALSE(views::is_slow(get({"v1", "totals"})));
}

}  // namespace
}  // namespace puhui::node
