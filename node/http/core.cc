#include "node/http/core.h"

#include <boost/asio/post.hpp>
#include <cassert>

#include "node/http/session.h"
#include "node/listen.h"

namespace puhui::node::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// How long to wait when the system has no descriptors for another connection.
constexpr std::chrono::milliseconds kAcceptPause{100};

}  // namespace

Core::Core(asio::io_context& io, ServerOptions options, Handler handler)
    : io_(io),
      strand_(asio::make_strand(io)),
      options_(std::move(options)),
      handler_(std::move(handler)),
      acceptor_(strand_),
      accept_timer_(strand_),
      stop_timer_(strand_) {
  assert(options_.context != nullptr);
  assert(options_.limits.bytes_per_second_min > 0);
}

Result<void> Core::listen() {
  const auto port = node::listen(acceptor_, options_.listen_host, options_.listen_port);
  if (!port) return tl::make_unexpected(port.error());
  port_ = *port;
  return {};
}

void Core::run() {
  asio::post(strand_, [self = shared_from_this()] { self->accept(); });
}

ServerCounters Core::counters() const {
  ServerCounters counters;
  counters.connections = connections_;
  counters.connections_refused = connections_refused_;
  counters.handshakes_failed = handshakes_failed;
  counters.requests = requests;
  counters.requests_in_flight = requests_in_flight;
  counters.requests_rejected = requests_rejected;
  counters.answers_broken = answers_broken;
  const std::lock_guard lock(mutex_);
  counters.connections_open = sessions_.size();
  return counters;
}

std::size_t Core::body_bytes_max(std::string_view path) const {
  for (const BodyLimit& limit : options_.body_limits) {
    if (limit.path == path) return limit.bytes_max;
  }
  return kBodyBytesMax;
}

void Core::log(const Access& access) const {
  if (options_.on_access) options_.on_access(access);
}

bool Core::reserve_body(std::size_t bytes) {
  const std::size_t before = body_bytes_.fetch_add(bytes);
  if (before + bytes <= options_.limits.body_bytes_total) return true;
  body_bytes_ -= bytes;
  return false;
}

void Core::accept() {
  if (!acceptor_.is_open()) return;
  // Each connection has a strand of its own: its socket's executor.
  acceptor_.async_accept(
      asio::make_strand(io_), [self = shared_from_this()](error_code error, tcp::socket socket) {
        asio::post(self->strand_, [self, error, socket = std::move(socket)]() mutable {
          if (!self->acceptor_.is_open()) return;
          if (error) return self->accept_later();
          self->accepted(std::move(socket));
          self->accept();
        });
      });
}

void Core::accepted(tcp::socket socket) {
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock(mutex_);
    if (sessions_.size() < options_.limits.connections_max) {
      session = std::make_shared<Session>(shared_from_this(), std::move(socket));
      sessions_.insert(session);
    }
  }
  if (session == nullptr) {
    ++connections_refused_;
    return;
  }
  ++connections_;
  session->start();
}

void Core::accept_later() {
  accept_timer_.expires_after(kAcceptPause);
  accept_timer_.async_wait([self = shared_from_this()](error_code) { self->accept(); });
}

void Core::ended(const std::shared_ptr<Session>& session) {
  std::vector<std::shared_ptr<std::promise<void>>> waiting;
  {
    const std::lock_guard lock(mutex_);
    sessions_.erase(session);
    if (sessions_.empty()) waiting.swap(waiting_);
  }
  for (const auto& done : waiting) done->set_value();
}

std::future<void> Core::stop(std::uint32_t bound_ms) {
  auto done = std::make_shared<std::promise<void>>();
  stopping_ = true;
  asio::post(strand_,
             [self = shared_from_this(), bound_ms, done] { self->begin_stop(bound_ms, done); });
  return done->get_future();
}

void Core::begin_stop(std::uint32_t bound_ms, const std::shared_ptr<std::promise<void>>& done) {
  const bool first = acceptor_.is_open();
  error_code ignored;
  acceptor_.close(ignored);
  accept_timer_.cancel();
  bool empty = false;
  {
    const std::lock_guard lock(mutex_);
    empty = sessions_.empty();
    if (!empty) waiting_.push_back(done);
  }
  if (empty) return done->set_value();
  for (const auto& session : sessions()) session->stop();
  const auto until = asio::steady_timer::clock_type::now() + std::chrono::milliseconds(bound_ms);
  if (!first && until >= stop_timer_.expiry()) return;
  stop_timer_.expires_at(until);
  stop_timer_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->abort_all();
  });
}

void Core::abort_all() {
  for (const auto& session : sessions()) session->abort();
}

std::set<std::shared_ptr<Session>> Core::sessions() const {
  const std::lock_guard lock(mutex_);
  return sessions_;
}

}  // namespace puhui::node::http
