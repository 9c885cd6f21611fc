// One client connection, driven to the end of each step by the thread that calls.
// Included by sources of this folder only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "node/http/client.h"
#include "node/http/target.h"
#include "node/tls/context.h"

namespace puhui::node::http {

using OutgoingRequest = boost::beast::http::request<boost::beast::http::string_body>;

class Connection {
 public:
  explicit Connection(const tls::Context& context);

  // Resolves, connects, shakes hands and checks that the certificate names the host.
  [[nodiscard]] Result<void> open(const Address& address, std::uint32_t timeout_ms);

  // False if it must not be used for another request: an answer said so, or the other side has
  // ended it or sent something unasked.
  bool reusable();

  // Whether the last exchange took longer than it may.
  [[nodiscard]] bool timed_out() const { return timed_out_; }

  // Sends a request and reads the answer. Errors as Client::request.
  [[nodiscard]] Result<ClientResponse> exchange(const OutgoingRequest& request,
                                                const ClientOptions& options);

 private:
  using Parser = boost::beast::http::response_parser<boost::beast::http::string_body>;

  // Runs what was started until `done` holds an error code; false if the time ran out, and then
  // the connection is closed.
  bool finish(const std::optional<boost::system::error_code>& done);
  // The same for an operation that is started by `start(handler)`.
  template <class Start>
  boost::system::error_code perform(Start start);
  Error read_error(const boost::system::error_code& error) const;

  tls::Context context_;
  boost::asio::io_context io_;
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
  boost::beast::flat_buffer buffer_;
  std::chrono::steady_clock::time_point deadline_;
  bool fresh_ = true;  // No answer was read yet.
  bool keep_alive_ = false;
  bool timed_out_ = false;
};

}  // namespace puhui::node::http
