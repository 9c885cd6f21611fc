#include "node/http/server.h"

#include "tests/net/http_fixture.h"

namespace puhui::node::http {
namespace {

using testing::RawClient;
using ServerTest = testing::HttpServer;

// The status and the problem code of a raw answer.
std::string verdict(const std::string& answer) {
  const std::string mark = "\"code\":\"";
  const std::size_t at = answer.find(mark);
  const std::size_t from = at + mark.size();
  const std::string code =
      at == std::string::npos ? "" : answer.substr(from, answer.find('"', from) - from);
  return answer.substr(0, answer.find(' ', 9)).substr(std::min<std::size_t>(9, answer.size())) +
         " " + code;
}

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  start(echo);
  Client client = this->client();
  for (int i = 0; i < 10; ++i) {
    const auto response = client.request("POST", "/v1/a%2Fb?x=1", std::to_string(i), "text/plain");
    ASSERT_TRUE(response) << describe(response.error());
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->content_type, "text/plain");
    EXPECT_EQ(response->body, "POST /v1/a%2Fb " + std::to_string(i));
  }
  EXPECT_EQ(client.connections(), 1u);
  EXPECT_EQ(server_->counters().connections, 1u);
  EXPECT_EQ(server_->counters().requests, 10u);
}

TEST_F(ServerTest, HandsOverEveryPartOfARequest) {
  Request seen;
  start([&](Request request, Respond respond) {
    seen = std::move(request);
    respond({204, "", {}, std::string()});
  });
  auto raw = this->raw();
  raw.write("GET /v1/x/y%20z?q=a+b HTTP/1.1\r\nHost: h\r\nX-Any: v\r\n\r\n");
  const std::string answer = raw.read_until("\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 204 No Content\r\n")) << answer;
  EXPECT_EQ(answer.find("Content-Length"), std::string::npos) << answer;
  EXPECT_EQ(seen.segments, (std::vector<std::string>{"v1", "x", "y z"}));
  EXPECT_EQ(seen.query.at("q"), "a b");
  EXPECT_EQ(find_header(seen.headers, "x-any"), "v");
  EXPECT_EQ(seen.remote, "127.0.0.1");
  EXPECT_EQ(seen.party, std::nullopt);
  const Access access = take_access();
  EXPECT_EQ(access.path, "/v1/x/y%20z");
  EXPECT_EQ(access.status, 204);
}

TEST_F(ServerTest, LargeAndSharedBodiesArriveWhole) {
  const auto shared = std::make_shared<const std::string>(5 << 20, 's');
  start([&](const Request& request, const Respond& respond) {
    if (request.path == "/shared") return respond({200, "a/b", {}, shared});
    respond({200, "a/b", {}, request.body});
  });
  Client client = this->client();
  EXPECT_TRUE(client.request("GET", "/shared")->body == *shared);
  const std::string body(kBodyBytesMax, 'x');
  EXPECT_TRUE(client.request("POST", "/", body)->body == body);
  EXPECT_EQ(client.connections(), 1u);
}

TEST_F(ServerTest, HeadHasTheLengthButNotTheBody) {
  start(echo);
  auto raw = this->raw();
  raw.write(
      "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string answers = raw.read_all();
  EXPECT_NE(answers.find("Content-Length: 8\r\n\r\nHTTP/1.1 200 OK"), std::string::npos) << answers;
  EXPECT_TRUE(answers.ends_with("\r\n\r\nGET /b ")) << answers;
}

TEST_F(ServerTest, AnswersFromAnotherThreadLater) {
  start([this](Request, Respond respond) { hold(std::move(respond)); });
  auto answer = std::async(std::launch::async, [this] { return client().request("GET", "/"); });
  take_held()({200, "text/plain", {}, std::string("late but whole")});
  EXPECT_EQ(testing::await(answer)->body, "late but whole");
}

TEST_F(ServerTest, ASecondAnswerIsIgnored) {
  start([](Request, const Respond& respond) {
    respond({200, "", {}, std::string("first")});
    respond({200, "", {}, std::string("second")});
  });
  Client client = this->client();
  EXPECT_EQ(client.request("GET", "/")->body, "first");
  EXPECT_EQ(client.request("GET", "/")->body, "first");
}

TEST_F(ServerTest, AForgottenAnswerIsAnOutcomeUnknown) {
  start([](const Request&, const Respond&) {});
  const auto response = client().request("GET", "/");
  EXPECT_EQ(response->status, 504);
  EXPECT_NE(response->body.find("outcome_unknown"), std::string::npos);
}

TEST_F(ServerTest, AnAnswerThatTakesTooLongIsAnOutcomeUnknown) {
  options_.limits.answer_ms = 20;
  start([this](Request, Respond respond) { hold(std::move(respond)); });
  Client client = this->client();
  EXPECT_EQ(client.request("GET", "/")->status, 504);
  take_held()({200, "", {}, std::string("too late")});
  EXPECT_EQ(client.request("GET", "/")->status, 504) << "the late answer is nobody's";
  take_held();
}

TEST_F(ServerTest, HeadersWithControlCharactersAreLeftOut) {
  start([](const Request&, const Respond& respond) {
    respond({200, "a/b", {{"X-Bad", "1\r\nX-Injected: 2"}, {"X-Good", "3"}}, std::string()});
  });
  const auto response = client().request("GET", "/");
  EXPECT_EQ(find_header(response->headers, "X-Injected"), "");
  EXPECT_EQ(find_header(response->headers, "X-Bad"), "");
  EXPECT_EQ(find_header(response->headers, "X-Good"), "3");
}

// ---- Who calls ----

TEST_F(ServerTest, AClientCertificateIsTheParty) {
  start([](const Request& request, const Respond& respond) {
    respond({200, "", {}, request.party.value_or("nobody")});
  });
  ClientOptions options = client_options();
  options.certificate = authority_.issue_client("bank-1", testing::kAlways).value();
  EXPECT_EQ(Client::create(options)->request("GET", "/")->body, "bank-1");
  EXPECT_EQ(client().request("GET", "/")->body, "nobody");
}

TEST_F(ServerTest, ACertificateOfAnotherAuthorityIsRefused) {
  start(echo);
  ClientOptions options = client_options();
  options.certificate = testing::new_authority().issue_client("bank-1", testing::kAlways).value();
  const auto response = Client::create(options)->request("GET", "/");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::NOT_PERMITTED) << describe(response.error());
  EXPECT_TRUE(testing::eventually([this] { return server_->counters().handshakes_failed == 1; }));
  EXPECT_EQ(server_->counters().requests, 0u);
}

// ---- Limits ----

TEST_F(ServerTest, ALargeHeaderIs431) {
  start(echo);
  auto raw = this->raw();
  raw.write("GET / HTTP/1.1\r\nX: " + std::string(options_.limits.header_bytes_max, 'x'));
  EXPECT_EQ(verdict(raw.read_all()), "431 header_too_large");
  auto line = this->raw();
  line.write("GET /" + std::string(options_.limits.header_bytes_max + 1, 'x'));
  EXPECT_EQ(verdict(line.read_all()), "431 header_too_large");
}

TEST_F(ServerTest, ALargeBodyIs413BeforeItIsSent) {
  options_.body_limits = {{"/v1/events", 100}};
  start(echo);
  auto raw = this->raw();
  raw.write("POST /v1/events HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n");
  EXPECT_EQ(verdict(raw.read_all()), "413 too_large");
  EXPECT_EQ(client().request("POST", "/v1/events", std::string(100, 'x'))->status, 200);
  EXPECT_EQ(client().request("POST", "/v1/other", std::string(101, 'x'))->status, 200);
  EXPECT_EQ(server_->counters().requests_rejected, 1u);
}

TEST_F(ServerTest, ALargeChunkedBodyIs413) {
  options_.body_limits = {{"/", 100}};
  start(echo);
  auto raw = this->raw();
  raw.write("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  raw.write("32\r\n" + std::string(50, 'x') + "\r\n33\r\n" + std::string(51, 'x') + "\r\n");
  EXPECT_EQ(verdict(raw.read_all()), "413 too_large");
}

TEST_F(ServerTest, AClientThatSendsItAllStillReadsThe413) {
  options_.limits.linger_ms = 20'000;
  start(echo);
  const auto response = client().request("POST", "/", std::string(8 << 20, 'x'));
  ASSERT_TRUE(response) << describe(response.error());
  EXPECT_EQ(response->status, 413);
}

TEST_F(ServerTest, BodiesUnderWayHaveACommonLimit) {
  options_.limits.body_bytes_total = 1000;
  start([this](Request, Respond respond) { hold(std::move(respond)); });
  auto first = this->raw();
  first.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 600\r\n\r\n" + std::string(600, 'x'));
  const Respond respond = take_held();
  auto second = this->raw();
  second.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 600\r\n\r\n");
  EXPECT_EQ(verdict(second.read_all()), "429 busy");
  respond({200, "", {}, std::string("ok")});
  first.read_until("ok");
  // The room is free again once the answer was sent.
  auto third = this->raw();
  take_access();
  take_access();
  third.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 600\r\n\r\n" + std::string(600, 'x'));
  take_held()({200, "", {}, std::string("ok")});
  third.read_until("ok");
}

TEST_F(ServerTest, MoreConnectionsThanAllowedAreClosed) {
  options_.limits.connections_max = 1;
  start(echo);
  Client first = client();
  ASSERT_TRUE(first.request("GET", "/"));
  const auto second = client().request("GET", "/");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::UNREACHABLE);
  EXPECT_EQ(server_->counters().connections_refused, 1u);
  EXPECT_TRUE(first.request("GET", "/"));
}

// ---- Slow and broken clients ----

TEST_F(ServerTest, ASlowHeaderIs408) {
  options_.limits.header_ms = 30;
  start(echo);
  auto raw = this->raw();
  raw.write("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(verdict(raw.read_all()), "408 request_timeout");
}

TEST_F(ServerTest, ASlowBodyIs408) {
  options_.limits.transfer_ms = 30;
  start(echo);
  auto raw = this->raw();
  raw.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n12345");
  EXPECT_EQ(verdict(raw.read_all()), "408 request_timeout");
}

TEST_F(ServerTest, AnIdleConnectionIsClosedWithoutAWord) {
  options_.limits.idle_ms = 30;
  start(echo);
  auto raw = this->raw();
  EXPECT_EQ(raw.read_all(), "");
}

TEST_F(ServerTest, ASilentHandshakeIsGivenUp) {
  options_.limits.handshake_ms = 30;
  start(echo);
  boost::asio::io_context io;
  boost::asio::ip::tcp::socket socket(io);
  socket.connect({boost::asio::ip::address_v4::loopback(), server_->port()});
  char byte = 0;
  boost::system::error_code error;
  socket.read_some(boost::asio::buffer(&byte, 1), error);
  EXPECT_EQ(error, boost::asio::error::eof);
}

TEST_F(ServerTest, GarbageIs400) {
  start(echo);
  for (const std::string bytes :
       {"garbage\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET nowhere HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a/../b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /?a=1&a=2 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nBad Header: x\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    auto raw = this->raw();
    raw.write(bytes);
    EXPECT_EQ(verdict(raw.read_all()), "400 invalid_argument") << bytes;
  }
  EXPECT_EQ(server_->counters().requests, 0u);
  EXPECT_TRUE(client().request("GET", "/"));
}

TEST_F(ServerTest, ATruncatedRequestDoesNotReachTheHandler) {
  start(echo);
  for (const char* bytes :
       {"GET / HT", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n12"}) {
    auto raw = this->raw();
    raw.write(bytes);
    raw.drop();
  }
  EXPECT_TRUE(client().request("GET", "/"));
  EXPECT_EQ(server_->counters().requests, 1u);
}

TEST_F(ServerTest, PlainHttpIsRefusedInTheHandshake) {
  start(echo);
  boost::asio::io_context io;
  boost::asio::ip::tcp::socket socket(io);
  socket.connect({boost::asio::ip::address_v4::loopback(), server_->port()});
  boost::asio::write(socket, boost::asio::buffer(std::string("GET / HTTP/1.1\r\n\r\n")));
  std::string answer;
  boost::system::error_code error;
  boost::asio::read(socket, boost::asio::dynamic_buffer(answer), error);
  EXPECT_EQ(answer.find("HTTP"), std::string::npos);
}

TEST_F(ServerTest, ABodyIsInvitedWhenTheClientAsks) {
  start(echo);
  auto raw = this->raw();
  raw.write("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(raw.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  raw.write("hi");
  EXPECT_TRUE(raw.read_until("POST / hi").starts_with("HTTP/1.1 200 OK"));
}

TEST_F(ServerTest, AnHttp10ClientGetsItsAnswerAndTheEnd) {
  start(echo);
  auto raw = this->raw();
  raw.write("GET /a HTTP/1.0\r\n\r\n");
  const std::string answer = raw.read_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.0 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nGET /a ")) << answer;
}

// ---- Streams ----

// A stream of `count` pieces of `size` bytes, then `last`.
Stream pieces(int count, std::size_t size, Result<std::string> last) {
  return [=, left = count](const ChunkSink& sink) mutable {
    if (left == 0) return sink(last);
    sink(std::string(size, static_cast<char>('a' + --left % 26)));
  };
}

TEST_F(ServerTest, AStreamArrivesWhole) {
  start([](const Request&, const Respond& respond) {
    respond({200, "text/plain", {}, pieces(200, 50'000, std::string())});
  });
  Client client = this->client();
  for (int i = 0; i < 2; ++i) {
    const auto response = client.request("GET", "/");
    ASSERT_TRUE(response) << describe(response.error());
    EXPECT_EQ(response->body.size(), 200u * 50'000u);
  }
  EXPECT_EQ(client.connections(), 1u);
}

TEST_F(ServerTest, AStreamThatFailsIsNotTakenForAWholeOne) {
  start([](const Request&, const Respond& respond) {
    respond({200, "", {}, pieces(3, 10, fail(ErrorCode::IO))});
  });
  const auto response = client().request("POST", "/");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::OUTCOME_UNKNOWN);
  EXPECT_EQ(server_->counters().answers_broken, 1u);
}

TEST_F(ServerTest, AStreamThatIsGivenUpBreaksTheAnswer) {
  start([](const Request&, const Respond& respond) {
    respond({200, "", {}, Stream([](const ChunkSink&) {})});
  });
  EXPECT_FALSE(client().request("POST", "/"));
}

TEST_F(ServerTest, AStreamThatFallsSilentIsEnded) {
  options_.limits.stream_idle_ms = 30;
  std::mutex mutex;
  std::vector<ChunkSink> kept;
  start([&](const Request&, const Respond& respond) {
    respond({200, "", {}, Stream([&](ChunkSink sink) {
               const std::lock_guard lock(mutex);
               kept.push_back(std::move(sink));
             })});
  });
  EXPECT_FALSE(client().request("POST", "/"));
  EXPECT_EQ(server_->counters().answers_broken, 1u);
  kept.clear();
}

TEST_F(ServerTest, AStreamIsPulledOnlyAsFastAsTheClientReads) {
  std::atomic<int> pulled = 0;
  // Tells when the server has dropped the stream.
  struct Guard {
    std::shared_ptr<std::promise<void>> promise;
    ~Guard() { promise->set_value(); }
  };
  const auto destroyed = std::make_shared<std::promise<void>>();
  options_.limits.transfer_ms = 200;
  options_.limits.bytes_per_second_min = 1u << 30;
  start([&](const Request&, const Respond& respond) {
    respond({200,
             "",
             {},
             Stream([&pulled,
                     guard = std::shared_ptr<Guard>(new Guard{destroyed})](const ChunkSink& sink) {
               ++pulled;
               sink(std::string(1 << 20, 'x'));
             })});
  });
  auto raw = this->raw();
  raw.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  // Nobody reads: what the sockets hold is all that is pulled, then the server gives up.
  auto dropped = destroyed->get_future();
  testing::await(dropped);
  EXPECT_LT(pulled, 64);
}

TEST_F(ServerTest, AStreamToAnHttp10ClientEndsWithTheConnection) {
  start([](const Request&, const Respond& respond) {
    respond({200, "", {}, pieces(2, 3, std::string())});
  });
  auto raw = this->raw();
  raw.write("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(raw.read_all().ends_with("\r\n\r\nbbbaaa"));
}

// ---- Stopping ----

TEST_F(ServerTest, StopsOnlyAfterTheRequestUnderWay) {
  start([this](Request, Respond respond) { hold(std::move(respond)); });
  auto answer = std::async(std::launch::async, [this] { return client().request("GET", "/"); });
  const Respond respond = take_held();
  auto stopped = server_->stop(20'000);
  respond({200, "", {}, std::string("done")});
  const auto response = testing::await(answer);
  ASSERT_TRUE(response) << describe(response.error());
  EXPECT_EQ(response->body, "done");
  EXPECT_EQ(find_header(response->headers, "Connection"), "close");
  testing::await(stopped);
  EXPECT_EQ(server_->counters().connections_open, 0u);
  EXPECT_EQ(client().request("GET", "/").error().code, ErrorCode::UNREACHABLE);
}

TEST_F(ServerTest, StopEndsIdleConnectionsAtOnce) {
  start(echo);
  auto raw = this->raw();
  raw.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  raw.read_until("GET / ");
  take_access();
  auto stopped = server_->stop(20'000);
  EXPECT_EQ(raw.read_all(), "");
  testing::await(stopped);
}

TEST_F(ServerTest, StopBreaksOffWhatGoesBeyondItsBound) {
  start([this](Request, Respond respond) { hold(std::move(respond)); });
  auto answer = std::async(std::launch::async, [this] { return client().request("POST", "/"); });
  const Respond respond = take_held();
  auto patient = server_->stop(1'000'000);
  auto stopped = server_->stop(10);
  testing::await(stopped);
  testing::await(patient);
  EXPECT_EQ(testing::await(answer).error().code, ErrorCode::OUTCOME_UNKNOWN);
  respond({200, "", {}, std::string("nobody listens")});
}

TEST_F(ServerTest, APortInUseIsAnError) {
  start(echo);
  ServerOptions options = options_;
  options.listen_port = server_->port();
  const auto second = http::Server::start(io_, options, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::UNAVAILABLE);
  options.listen_host = "nowhere";
  EXPECT_EQ(http::Server::start(io_, options, echo).error().code, ErrorCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace puhui::node::http
