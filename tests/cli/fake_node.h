// A server of the node's protocol in this process, whose answers the test makes, and who calls it.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "node/cli/text.h"
#include "node/http/problem.h"
#include "node/http/server.h"
#include "node/tls/city_authority.h"
#include "support.h"

namespace puhui::node::cli {

inline constexpr tls::Validity kValidity{0, 4'000'000'000};

inline const tls::CityAuthority& authority() {
  static const auto* made =
      new tls::CityAuthority(tls::CityAuthority::create("Test City", kValidity).value());
  return *made;
}

// A node whose answers the test makes.
class FakeNode {
 public:
  explicit FakeNode(http::Handler handler)
      : guard_(boost::asio::make_work_guard(io_)), thread_([this] { io_.run(); }) {
    static const auto certificate = authority().issue_server({"127.0.0.1"}, kValidity).value();
    http::ServerOptions options;
    options.listen_host = "127.0.0.1";
    options.context = tls::server_context(certificate, authority().certificate_pem()).value();
    server_ = http::Server::start(io_, std::move(options), std::move(handler)).value();
  }
  ~FakeNode() {
    server_->stop(0).wait();
    guard_.reset();
    io_.stop();
    thread_.join();
  }
  std::string url() const { return "https://127.0.0.1:" + std::to_string(server_->port()); }

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  std::thread thread_;
  std::unique_ptr<http::Server> server_;
};

inline http::Response json(const google::protobuf::Message& message) {
  return {200, "application/json", {}, to_json(message)};
}

inline v1::Status status_of_city(const Client& client) {
  v1::Status status;
  status.set_city("WUHAN");
  status.set_time(client.now_us - 5'000'000);
  return status;
}

inline v1::SubmissionResult accepted(std::int64_t position) {
  v1::SubmissionResult result;
  result.set_decision(v1::ACCEPTED);
  result.set_code("ok");
  result.set_position(position);
  return result;
}

// Answers by the path's parts behind /v1, joined by spaces; 404 for others.
using Answers = std::map<std::string, std::string>;
inline http::Handler answering(Answers answers) {
  return [answers](const http::Request& request, const http::Respond& respond) {
    std::string asked;
    for (std::size_t i = 1; i < request.segments.size(); ++i)
      asked += (i == 1 ? "" : " ") + request.segments[i];
    const auto found = answers.find(asked);
    if (found == answers.end()) return respond(http::problem({ErrorCode::NOT_FOUND, asked}));
    respond({200, "application/json", {}, found->second});
  };
}

inline std::string city_named(const std::string& code) {
  v1::Status status;
  status.set_city(code);
  status.set_time(1'740'000'000'000'000);
  return to_json(status);
}

// Settings of a caller, and what it sends.
struct Caller {
  Scratch scratch;
  Client client;
  std::string key = scratch.path("k");

  Caller() {
    scratch.write("ca.pem", authority().certificate_pem());
    EXPECT_EQ(client.run({"key", "new", key}).exit, Exit::ok);
  }
  Ran run(const std::string& url, std::vector<std::string> arguments) const {
    for (const auto* more : {"--url", url.c_str(), "--ca"}) arguments.emplace_back(more);
    arguments.push_back(scratch.path("ca.pem"));
    return client.run(std::move(arguments));
  }
  Ran transfer(const std::string& url, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"transfer", "--from",   "a/main", "--to",
                                       "b/main",   "--amount", "2000t",  "--party",
                                       "a",        "--key",    key};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(url, std::move(arguments));
  }
};

// Answers /v1/status itself and leaves the rest to `events`.
inline http::Handler city(const Client& client,
                          std::function<void(http::Request, http::Respond)> events) {
  return [&client, events](http::Request request, http::Respond respond) {
    if (request.path == "/v1/status") return respond(json(status_of_city(client)));
    events(std::move(request), std::move(respond));
  };
}

}  // namespace puhui::node::cli
