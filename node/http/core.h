// What Server consists of: the listening socket, the connections, and what they share.
// Included by sources of this folder only.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/http/server.h"

namespace puhui::node::http {

class Session;

class Core : public std::enable_shared_from_this<Core> {
 public:
  Core(boost::asio::io_context& io, ServerOptions options, Handler handler);

  [[nodiscard]] Result<void> listen();
  void run();

  // ---- Any thread ----

  std::uint16_t port() const { return port_; }
  ServerCounters counters() const;
  std::future<void> stop(std::uint32_t bound_ms);

  const ServerLimits& limits() const { return options_.limits; }
  const tls::Context& context() const { return options_.context; }
  const Handler& handler() const { return handler_; }
  bool stopping() const { return stopping_; }
  std::size_t body_bytes_max(std::string_view path) const;
  void log(const Access& access) const;
  void ended(const std::shared_ptr<Session>& session);

  // Takes so much of body_bytes_total, if there is so much left.
  bool reserve_body(std::size_t bytes);
  void release_body(std::size_t bytes) { body_bytes_ -= bytes; }

  std::atomic<std::uint64_t> handshakes_failed = 0;
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> requests_in_flight = 0;
  std::atomic<std::uint64_t> requests_rejected = 0;
  std::atomic<std::uint64_t> answers_broken = 0;

 private:
  void accept();
  void accepted(boost::asio::ip::tcp::socket socket);
  void accept_later();
  void begin_stop(std::uint32_t bound_ms, const std::shared_ptr<std::promise<void>>& done);
  void abort_all();
  std::set<std::shared_ptr<Session>> sessions() const;

  boost::asio::io_context& io_;
  const boost::asio::strand<boost::asio::io_context::executor_type> strand_;
  const ServerOptions options_;
  const Handler handler_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> body_bytes_ = 0;
  std::atomic<std::uint64_t> connections_ = 0;
  std::atomic<std::uint64_t> connections_refused_ = 0;

  mutable std::mutex mutex_;  // Guards the two below.
  std::set<std::shared_ptr<Session>> sessions_;
  std::vector<std::shared_ptr<std::promise<void>>> waiting_;  // For sessions_ to be empty.

  // The strand's.
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer accept_timer_;
  boost::asio::steady_timer stop_timer_;
};

}  // namespace puhui::node::http
