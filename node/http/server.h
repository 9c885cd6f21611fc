// The HTTPS server: HTTP/1.1 with keep-alive over TLS, one handler, every resource bounded.
//
// It knows connections, limits and messages; which paths exist is the handler's business. Requests
// of one connection are answered one after another (pipelined ones wait). What is not well formed
// or too large is answered here, as problem+json, and never reaches the handler:
//
//   400 invalid_argument   not HTTP/1.x, a malformed target or header
//   408 request_timeout    the request did not arrive in time
//   413 too_large          the body exceeds its route's limit
//   429 busy               bodies under way exceed body_bytes_total
//   431 header_too_large   request line and headers exceed header_bytes_max
//   504 outcome_unknown    the handler gave no answer (see Respond)
//
// After any of these but the last the connection is closed. A body is read whole before the
// handler runs; "Expect: 100-continue" is honoured once the limits allow the body.
//
// Threads: handlers run on the threads of the io_context, concurrently for different connections.
// All functions may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "node/http/message.h"
#include "node/tls/context.h"
#include "proto/error.h"

namespace boost::asio {
class io_context;
}

namespace puhui::node::http {

inline constexpr std::size_t kBodyBytesMax = 2u << 20;         // Where no route says otherwise.
inline constexpr std::size_t kEventsBodyBytesMax = 64u << 20;  // POST /v1/events.

struct ServerLimits {
  std::size_t connections_max = 1024;  // More are closed as soon as they are accepted.
  std::size_t header_bytes_max = 16u << 10;
  std::size_t body_bytes_total = 512u << 20;  // Of all requests being read or handled.
  // TLS handshake, and afterwards each request's headers from their first byte.
  std::uint32_t handshake_ms = 10'000;
  std::uint32_t header_ms = 10'000;
  // A body, and an answer, may take this long plus their size at the slowest tolerated rate. A
  // streamed answer is held to it piece by piece.
  std::uint32_t transfer_ms = 20'000;
  std::size_t bytes_per_second_min = 64u << 10;
  std::uint32_t idle_ms = 60'000;         // Between requests; then closed without a word.
  std::uint32_t answer_ms = 60'000;       // The handler's.
  std::uint32_t stream_idle_ms = 60'000;  // Between pieces of a stream.
  std::uint32_t linger_ms = 2'000;        // For the caller to take a last answer.
};

// The largest body of requests whose path (as sent) is exactly this.
struct BodyLimit {
  std::string path;
  std::size_t bytes_max = kBodyBytesMax;
};

// One answered request, for the access log.
struct Access {
  std::string method;  // Empty if the request line was not understood.
  std::string path;
  std::string remote;
  std::string party;
  int status = 0;
  std::uint64_t request_body_bytes = 0;
  std::uint64_t response_body_bytes = 0;
  std::uint64_t duration_us = 0;  // From the last byte of the request to the last of the answer.
};

struct ServerOptions {
  std::string listen_host;  // An IP address.
  std::uint16_t listen_port = 0;
  tls::Context context;  // tls::server_context.
  ServerLimits limits;
  std::vector<BodyLimit> body_limits;
  // Called after each answer, from io threads, concurrently; must not block. May be empty.
  std::function<void(const Access&)> on_access;
};

struct ServerCounters {
  std::uint64_t connections = 0;       // Accepted and within the limit.
  std::uint64_t connections_open = 0;  // Now.
  std::uint64_t connections_refused = 0;
  std::uint64_t handshakes_failed = 0;
  std::uint64_t requests = 0;            // That reached the handler.
  std::uint64_t requests_in_flight = 0;  // Of these, not yet answered to the last byte.
  std::uint64_t requests_rejected = 0;   // Answered here, without the handler.
  std::uint64_t answers_broken = 0;      // Not taken by the caller, or ended by a stream's error.
};

class Core;

class Server {
 public:
  // Binds and listens. UNAVAILABLE if the endpoint cannot be bound, INVALID_ARGUMENT for a
  // listen_host that is no address. Join the threads of `io` before it or this object is destroyed,
  // and destroy this object and every Respond and ChunkSink before `io`.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(boost::asio::io_context& io,
                                                             ServerOptions options,
                                                             Handler handler);

  // As `stop(0)`, without waiting.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The port that is listened on; the one the system chose if the options said 0.
  std::uint16_t port() const;

  ServerCounters counters() const;

  // Stops listening, closes idle connections, lets requests under way finish (their answers say
  // "Connection: close") and after `bound_ms` breaks off what is left. The future is ready when
  // every connection is closed; it needs the io_context to run. Once it is ready the handler is not
  // called any more. May be called again, to shorten the bound.
  std::future<void> stop(std::uint32_t bound_ms);

 private:
  explicit Server(std::shared_ptr<Core> core);

  std::shared_ptr<Core> core_;
};

}  // namespace puhui::node::http
