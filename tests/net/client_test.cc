#include "node/http/client.h"

#include "tests/net/http_fixture.h"

namespace puhui::node::http {
namespace {

namespace asio = boost::asio;
using ClientTest = testing::HttpServer;

// A listening socket on which nobody speaks TLS: connections are taken and dropped.
class Dropper {
 public:
  Dropper() : acceptor_(io_, {asio::ip::address_v4::loopback(), 0}), thread_([this] { run(); }) {}
  ~Dropper() {
    asio::ip::tcp::socket wake(io_);
    done_ = true;
    wake.connect(acceptor_.local_endpoint());
    thread_.join();
  }
  std::string url() const {
    return "https://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }

 private:
  void run() {
    while (!done_) acceptor_.accept();
  }

  asio::io_context io_;
  asio::ip::tcp::acceptor acceptor_;
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

// An address at which nobody listens.
std::string nowhere() {
  asio::io_context io;
  asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  return "https://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
}

TEST_F(ClientTest, GoesOnToTheNextAddress) {
  start(echo);
  const Dropper dropper;
  ClientOptions options = client_options();
  options.base_urls = {nowhere(), dropper.url(), url()};
  auto client = Client::create(options).value();
  const auto response = client.request("POST", "/", "x");
  ASSERT_TRUE(response) << describe(response.error());
  EXPECT_EQ(response->body, "POST / x");
}

TEST_F(ClientTest, BeginsAtTheAddressThatAnsweredLast) {
  start(echo);
  ClientOptions options = client_options();
  options.base_urls = {nowhere(), url()};
  auto client = Client::create(options).value();
  ASSERT_TRUE(client.request("GET", "/"));
  const auto dialled = client.connections();
  ASSERT_TRUE(client.request("GET", "/"));
  EXPECT_EQ(client.connections(), dialled) << "the first address is not dialled again";
}

TEST_F(ClientTest, UnreachableIsNotOutcomeUnknown) {
  start([this](Request, Respond respond) { hold(std::move(respond)); });
  ClientOptions options = client_options();
  options.base_urls = {nowhere()};
  const auto unreachable = Client::create(options)->request("POST", "/", "x");
  ASSERT_FALSE(unreachable);
  EXPECT_EQ(unreachable.error().code, ErrorCode::UNREACHABLE);

  options.base_urls = {url(), url()};
  options.answer_ms = 500;
  const auto unknown = Client::create(options)->request("POST", "/", "x");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::OUTCOME_UNKNOWN);
  take_held();
  EXPECT_EQ(server_->counters().requests, 1u) << "it was not sent a second time";
}

TEST_F(ClientTest, AReadIsTriedElsewhere) {
  std::atomic<int> asked = 0;
  start([&](const Request& request, const Respond& respond) {
    if (++asked == 1) return hold(respond);
    echo(request, respond);
  });
  ClientOptions options = client_options();
  options.base_urls = {url(), url()};
  options.answer_ms = 1'000;
  const auto response = Client::create(options)->request("GET", "/");
  ASSERT_TRUE(response) << describe(response.error());
  EXPECT_EQ(response->body, "GET / ");
}

TEST_F(ClientTest, AServerThatIsSilentIsAskedOnce) {
  start([this](const Request& request, const Respond& respond) {
    if (request.path == "/held") return hold(respond);
    echo(request, respond);
  });
  ClientOptions options = client_options();
  options.answer_ms = 1'000;
  auto client = Client::create(options).value();
  ASSERT_TRUE(client.request("GET", "/"));
  const auto unknown = client.request("GET", "/held");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::OUTCOME_UNKNOWN);
  take_held();
  EXPECT_EQ(server_->counters().requests, 2u) << "the connection was not stale";
  EXPECT_TRUE(client.request("GET", "/"));
}

TEST_F(ClientTest, FollowsARedirectWithMethodAndBody) {
  std::string leader;
  start([&](const Request& request, const Respond& respond) {
    if (request.path == "/v1/events" && request.query.empty()) {
      return respond({307, "", {{"Location", leader + "/v1/events?at=leader"}}, std::string()});
    }
    if (request.path == "/relative") {
      return respond({307, "", {{"Location", "/v1/target"}}, std::string()});
    }
    echo(request, respond);
  });
  // The leader is the same server under its other name, hence another connection.
  leader = "https://127.0.0.1:" + std::to_string(server_->port());
  Client client = this->client();
  const auto response = client.request("POST", "/v1/events", "body", "text/plain");
  ASSERT_TRUE(response) << describe(response.error());
  EXPECT_EQ(response->body, "POST /v1/events body");
  EXPECT_EQ(client.connections(), 2u);
  EXPECT_EQ(client.request("PUT", "/relative", "x")->body, "PUT /v1/target x");
  EXPECT_EQ(client.connections(), 2u);
}

TEST_F(ClientTest, FollowsOnlyHttpsAndNotForEver) {
  std::string location;
  start([&](const Request&, const Respond& respond) {
    respond({307, "", {{"Location", location}}, std::string()});
  });
  Client client = this->client();
  for (const char* bad : {"http://localhost/", "", "//elsewhere/", "ftp://a"}) {
    location = bad;
    EXPECT_EQ(client.request("GET", "/").error().code, ErrorCode::INVALID_ARGUMENT) << bad;
  }
  location = "/";
  EXPECT_EQ(client.request("GET", "/").error().code, ErrorCode::UNAVAILABLE);
  EXPECT_EQ(server_->counters().requests, 4u + kRedirectsMax + 1);
}

TEST_F(ClientTest, OtherAnswersAreReturnedAsTheyAre) {
  start([](const Request&, const Respond& respond) {
    respond({302, "", {{"Location", "https://elsewhere/"}}, std::string("x")});
  });
  EXPECT_EQ(client().request("GET", "/")->status, 302);
}

TEST_F(ClientTest, ATooLargeAnswerIsAnError) {
  start([](const Request&, const Respond& respond) {
    respond({200, "", {}, std::string(1001, 'x')});
  });
  ClientOptions options = client_options();
  options.response_bytes_max = 1000;
  EXPECT_EQ(Client::create(options)->request("GET", "/").error().code, ErrorCode::TOO_LARGE);
  options.response_bytes_max = 1001;
  EXPECT_TRUE(Client::create(options)->request("GET", "/"));
}

TEST_F(ClientTest, TheCertificateMustNameTheHostAndBeTheAuthoritys) {
  start(echo);
  ClientOptions options = client_options();
  // The certificate names localhost and 127.0.0.1 only.
  options.base_urls = {"https://127.0.0.2:" + std::to_string(server_->port())};
  EXPECT_EQ(Client::create(options)->request("GET", "/").error().code, ErrorCode::UNREACHABLE);
  options = client_options();
  options.authority_pem = testing::new_authority().certificate_pem();
  const auto response = Client::create(options)->request("GET", "/");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::UNREACHABLE);
  EXPECT_EQ(server_->counters().requests, 0u);
}

TEST_F(ClientTest, AConnectionTheServerEndedIsReplacedBeforeItIsUsed) {
  options_.limits.idle_ms = 100;
  std::atomic<int> requests = 0;
  start([&](const Request& request, const Respond& respond) {
    ++requests;
    echo(request, respond);
  });
  Client client = this->client();
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(client.request("GET", "/"));
    ASSERT_TRUE(testing::eventually([this] { return server_->counters().connections_open == 0; }));
  }
  EXPECT_EQ(client.connections(), 3u);
  EXPECT_EQ(requests, 3);
}

TEST_F(ClientTest, ATruncatedAnswerIsAnOutcomeUnknown) {
  start([](const Request&, const Respond& respond) {
    respond({200, "", {}, Stream([sent = false](const ChunkSink& sink) mutable {
               if (std::exchange(sent, true)) return sink(fail(ErrorCode::IO));
               sink(std::string("half"));
             })});
  });
  EXPECT_EQ(client().request("POST", "/").error().code, ErrorCode::OUTCOME_UNKNOWN);
}

TEST(ClientOptionsTest, AreChecked) {
  const auto authority = testing::new_authority();
  const auto code = [&](std::vector<std::string> urls, const std::string& pem) {
    ClientOptions options;
    options.base_urls = std::move(urls);
    options.authority_pem = pem;
    const auto client = Client::create(options);
    return client ? ErrorCode::OK : client.error().code;
  };
  const std::string& pem = authority.certificate_pem();
  EXPECT_EQ(code({"https://a:1/"}, pem), ErrorCode::OK);
  EXPECT_EQ(code({}, pem), ErrorCode::INVALID_ARGUMENT);
  EXPECT_EQ(code({"http://a"}, pem), ErrorCode::INVALID_ARGUMENT);
  EXPECT_EQ(code({"https://a/path"}, pem), ErrorCode::INVALID_ARGUMENT);
  EXPECT_EQ(code({"https://a"}, "garbage"), ErrorCode::KEY_MALFORMED);
}

TEST_F(ClientTest, AMalformedTargetIsNotSent) {
  start(echo);
  for (const char* target : {"", "v1", "/a b", "/\r\nX: y", "/.."}) {
    EXPECT_EQ(client().request("GET", target).error().code, ErrorCode::INVALID_ARGUMENT) << target;
  }
  EXPECT_EQ(server_->counters().requests, 0u);
}

}  // namespace
}  // namespace puhui::node::http
