#include "node/http/connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <limits>

namespace puhui::node::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

// OpenSSL numbers the reasons of errors that are alerts of the other side from here on.
constexpr int kAlertReasonFirst = SSL_AD_REASON_OFFSET;

bool is_alert(const error_code& error) {
  return error.category() == asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(error.value())) >= kAlertReasonFirst;
}

Error unreachable(const Address& address, const std::string& why) {
  return {ErrorCode::UNREACHABLE, address.authority() + ": " + why};
}

}  // namespace

Connection::Connection(const tls::Context& context)
    : context_(context), stream_(io_, *context_), buffer_(kResponseHeaderBytesMax + 64 * 1024) {}

bool Connection::finish(const std::optional<error_code>& done) {
  io_.restart();
  while (!done && io_.run_one_until(deadline_) > 0) {
  }
  if (done) return true;
  error_code ignored;
  stream_.next_layer().close(ignored);
  while (!done && io_.run_one() > 0) {
  }
  return false;
}

template <class Start>
error_code Connection::perform(Start start) {
  std::optional<error_code> done;
  start([&done](error_code error, auto&&...) { done = error; });
  timed_out_ = !finish(done);
  return timed_out_ ? error_code(asio::error::timed_out) : *done;
}

Result<void> Connection::open(const Address& address, std::uint32_t timeout_ms) {
  deadline_ = steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  tcp::resolver resolver(io_);
  tcp::resolver::results_type found;
  error_code error = perform([&](auto handler) {
    resolver.async_resolve(address.host, address.port,
                           [&found, handler](error_code result, auto results) mutable {
                             found = results;
                             handler(result);
                           });
  });
  if (!error) {
    error =
        perform([&](auto handler) { asio::async_connect(stream_.next_layer(), found, handler); });
  }
  if (error) return tl::make_unexpected(unreachable(address, error.message()));
  error_code ignored;
  stream_.next_layer().set_option(tcp::no_delay(true), ignored);
  asio::ip::make_address(address.host, error);
  const bool is_name = static_cast<bool>(error);
  if (is_name) SSL_set_tlsext_host_name(stream_.native_handle(), address.host.c_str());
  stream_.set_verify_callback(asio::ssl::host_name_verification(address.host), ignored);
  error = perform(
      [&](auto handler) { stream_.async_handshake(asio::ssl::stream_base::client, handler); });
  if (error) return tl::make_unexpected(unreachable(address, "TLS: " + error.message()));
  keep_alive_ = true;
  return {};
}

bool Connection::reusable() {
  if (!keep_alive_ || buffer_.size() > 0) return false;
  pollfd descriptor{stream_.next_layer().native_handle(), POLLIN, 0};
  return poll(&descriptor, 1, 0) == 0;
}

// What it means that the request was handed over and then this happened.
Error Connection::read_error(const error_code& error) const {
  if (error == beast::http::error::body_limit || error == beast::http::error::header_limit ||
      error == beast::http::error::buffer_overflow) {
    return {ErrorCode::TOO_LARGE, "the answer"};
  }
  if (fresh_ && is_alert(error)) {
    return {ErrorCode::NOT_PERMITTED, "the server ended TLS: " + error.message()};
  }
  return {ErrorCode::OUTCOME_UNKNOWN, error.message()};
}

Result<ClientResponse> Connection::exchange(const OutgoingRequest& request,
                                            const ClientOptions& options) {
  keep_alive_ = false;
  deadline_ = steady_clock::now() + std::chrono::milliseconds(options.answer_ms);
  // A server may answer and close before it has read everything: whatever became of the writing,
  // the answer is worth reading.
  const error_code written =
      perform([&](auto handler) { beast::http::async_write(stream_, request, handler); });
  if (written == asio::error::timed_out) {
    return tl::make_unexpected(Error{ErrorCode::OUTCOME_UNKNOWN, "sending timed out"});
  }
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(kResponseHeaderBytesMax));
  parser.body_limit(options.response_bytes_max);
  if (request.method() == beast::http::verb::head) parser.skip(true);
  const error_code read =
      perform([&](auto handler) { beast::http::async_read(stream_, buffer_, parser, handler); });
  if (read) return tl::make_unexpected(read_error(read));
  fresh_ = false;
  keep_alive_ = !written && parser.get().keep_alive();
  auto message = parser.release();
  ClientResponse response;
  response.status = static_cast<int>(message.result_int());
  response.content_type = message[beast::http::field::content_type];
  for (const auto& field : message) {
    response.headers.emplace_back(field.name_string(), field.value());
  }
  response.body = std::move(message.body());
  return response;
}

}  // namespace puhui::node::http
