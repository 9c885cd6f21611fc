// A server under test, clients for it, and a bare TLS connection that says what it likes.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "node/http/client.h"
#include "node/http/server.h"
#include "tests/net/certificates.h"

namespace puhui::node::testing {

// Sends bytes over TLS and reads whatever comes back.
class RawClient {
 public:
  RawClient(const std::string& authority_pem, std::uint16_t port)
      : context_(tls::client_context(authority_pem, {}).value()), stream_(io_, *context_) {
    stream_.next_layer().connect({boost::asio::ip::address_v4::loopback(), port});
    stream_.handshake(boost::asio::ssl::stream_base::client, error_);
  }

  bool write(std::string_view bytes) {
    boost::asio::write(stream_, boost::asio::buffer(bytes), error_);
    return !error_;
  }

  // All that comes until the server ends the connection.
  std::string read_all() {
    std::string all;
    boost::asio::read(stream_, boost::asio::dynamic_buffer(all), error_);
    return all;
  }

  // What comes up to and including `mark`.
  std::string read_until(std::string_view mark) {
    std::string all;
    char byte = 0;
    while (!all.ends_with(mark)) {
      if (boost::asio::read(stream_, boost::asio::buffer(&byte, 1), error_) == 0) break;
      all.push_back(byte);
    }
    return all;
  }

  // Ends the connection without a word.
  void drop() { stream_.next_layer().close(); }

 private:
  boost::asio::io_context io_;
  tls::Context context_;
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
  boost::system::error_code error_;
};

// Waits for what another thread is about to do.
inline bool eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

class HttpServer : public ::testing::Test {
 protected:
  ~HttpServer() override {
    if (server_ != nullptr) {
      auto stopped = server_->stop(0);
      await(stopped);
    }
    {
      const std::lock_guard lock(mutex_);
      held_.clear();
    }
    io_.stop();
    for (auto& thread : threads_) thread.join();
    server_.reset();
  }

  // Limits and options may be changed before.
  void start(http::Handler handler) {
    options_.listen_host = "127.0.0.1";
    options_.context =
        tls::server_context(authority_.issue_server({"localhost", "127.0.0.1"}, kAlways).value(),
                            authority_.certificate_pem())
            .value();
    options_.on_access = [this](const http::Access& access) {
      const std::lock_guard lock(mutex_);
      accesses_.push_back(access);
      changed_.notify_all();
    };
    auto started = http::Server::start(io_, options_, std::move(handler));
    ASSERT_TRUE(started) << describe(started.error());
    server_ = std::move(*started);
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { io_.run(); });
  }

  // Answers every request with what it was.
  static void echo(const http::Request& request, const http::Respond& respond) {
    respond({200, "text/plain", {}, request.method + " " + request.path + " " + request.body});
  }

  // Keeps the answers back until take_held is called.
  void hold(http::Respond respond) {
    const std::lock_guard lock(mutex_);
    held_.push_back(std::move(respond));
    changed_.notify_all();
  }

  http::Respond take_held() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [this] { return !held_.empty(); })) std::abort();
    http::Respond respond = std::move(held_.front());
    held_.erase(held_.begin());
    return respond;
  }

  http::Access take_access() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [this] { return !accesses_.empty(); })) std::abort();
    http::Access access = accesses_.front();
    accesses_.erase(accesses_.begin());
    return access;
  }

  std::string url() const { return "https://localhost:" + std::to_string(server_->port()); }

  http::ClientOptions client_options() const {
    http::ClientOptions options;
    options.base_urls = {url()};
    options.authority_pem = authority_.certificate_pem();
    return options;
  }

  http::Client client() const { return http::Client::create(client_options()).value(); }
  RawClient raw() const { return RawClient(authority_.certificate_pem(), server_->port()); }

  const tls::CityAuthority authority_ = new_authority();
  http::ServerOptions options_;
  boost::asio::io_context io_;
  std::unique_ptr<http::Server> server_;

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
      boost::asio::make_work_guard(io_);
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<http::Respond> held_;
  std::vector<http::Access> accesses_;
};

}  // namespace puhui::node::testing
