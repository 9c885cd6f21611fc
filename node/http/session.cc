#include "node/http/session.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>

#include "node/http/once.h"
#include "node/http/problem.h"

namespace puhui::node::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

bool wants_continue(const beast::http::fields& fields) {
  return beast::iequals(fields[beast::http::field::expect], "100-continue");
}

}  // namespace

Session::Session(std::shared_ptr<Core> core, asio::ip::tcp::socket socket)
    : core_(std::move(core)),
      stream_(std::move(socket), *core_->context()),
      deadline_(stream_.get_executor()),
      buffer_(core_->limits().header_bytes_max + kReadBytes) {}

void Session::start() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] { self->handshake(); });
}

void Session::stop() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    if (self->state_ == State::handshake || self->state_ == State::idle) self->close_now();
  });
}

void Session::abort() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    if (self->state_ == State::answering) ++self->core_->answers_broken;
    self->close_now();
  });
}

// ---- Deadlines ----

void Session::arm(std::uint64_t timeout_ms, void (Session::*expired)()) {
  deadline_.expires_after(std::chrono::milliseconds(timeout_ms));
  deadline_.async_wait([self = shared_from_this(), armed = ++armed_, expired](error_code) {
    if (armed == self->armed_) (*self.*expired)();
  });
}

void Session::disarm() {
  ++armed_;
  deadline_.cancel();
}

std::uint64_t Session::transfer_ms(std::size_t bytes) const {
  const ServerLimits& limits = core_->limits();
  return limits.transfer_ms + std::uint64_t{bytes} * 1000 / limits.bytes_per_second_min;
}

// The read under way ends with an error and read_failed answers. Should the cancellation fall
// between two reads of one operation, the second deadline ends the connection.
void Session::late() {
  late_ = true;
  error_code ignored;
  stream_.next_layer().cancel(ignored);
  arm(core_->limits().linger_ms, &Session::close_now);
}

// ---- Reading ----

void Session::handshake() {
  if (state_ == State::closed) return;
  error_code ignored;
  auto& socket = stream_.next_layer();
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  const auto endpoint = socket.remote_endpoint(ignored);
  remote_ = endpoint.address().to_string();
  arm(core_->limits().handshake_ms, &Session::close_now);
  stream_.async_handshake(asio::ssl::stream_base::server,
                          [self = shared_from_this()](error_code error) { self->greeted(error); });
}

void Session::greeted(const error_code& error) {
  if (state_ == State::closed) {
    ++core_->handshakes_failed;
    return;
  }
  if (error) {
    ++core_->handshakes_failed;
    // The alert must reach the caller, who may be sending a request already.
    arm(core_->limits().linger_ms, &Session::close_now);
    state_ = State::closing;
    return drain();
  }
  party_ = tls::peer_party(stream_.native_handle());
  await_request();
}

void Session::await_request() {
  if (core_->stopping()) return close();
  state_ = State::idle;
  ++number_;
  late_ = false;
  access_ = {};
  access_.remote = remote_;
  access_.party = party_.value_or("");
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(core_->limits().header_bytes_max));
  parser_->body_limit(boost::none);  // Known when the path is.
  if (buffer_.size() > 0) return read_header();
  arm(core_->limits().idle_ms, &Session::close_now);
  stream_.async_read_some(buffer_.prepare(core_->limits().header_bytes_max),
                          [self = shared_from_this()](error_code error, std::size_t size) {
                            if (error) return self->close_now();
                            self->buffer_.commit(size);
                            self->read_header();
                          });
}

void Session::read_header() {
  if (state_ == State::closed) return;
  state_ = State::reading;
  arm(core_->limits().header_ms, &Session::late);
  beast::http::async_read_header(stream_, buffer_, *parser_,
                                 [self = shared_from_this()](error_code error, std::size_t) {
                                   if (error) return self->read_failed(error);
                                   self->take_header();
                                 });
}

void Session::take_header() {
  if (state_ == State::closed) return;
  const auto& message = parser_->get();
  access_.method = message.method_string();
  is_head_ = access_.method == "HEAD";
  is_http11_ = message.version() == 11;
  keep_alive_ = message.keep_alive();
  auto target = parse_target(message.target());
  if (!target) return reject(target.error());
  target_ = std::move(*target);
  access_.path = target_.path;
  if (auto admitted = admit_body(); !admitted) return reject(admitted.error());
  if (parser_->is_done()) return handle();
  if (wants_continue(message)) return invite_body();
  read_body();
}

Result<void> Session::admit_body() {
  if (parser_->is_done()) return {};
  const std::size_t limit = core_->body_bytes_max(target_.path);
  const auto length = parser_->content_length();
  if (length && *length > limit) {
    return fail(ErrorCode::TOO_LARGE, "a body of " + std::to_string(*length) + " bytes; " +
                                          std::to_string(limit) + " are allowed");
  }
  parser_->body_limit(limit);
  const std::size_t reserved = length ? static_cast<std::size_t>(*length) : limit;
  if (!core_->reserve_body(reserved)) return fail(ErrorCode::BUSY, "too many bodies under way");
  body_reserved_ = reserved;
  return {};
}

void Session::invite_body() {
  arm(core_->limits().transfer_ms, &Session::close_now);
  asio::async_write(stream_, asio::buffer(kContinue),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      if (error) return self->close_now();
                      self->read_body();
                    });
}

void Session::read_body() {
  if (state_ == State::closed) return;
  arm(transfer_ms(body_reserved_), &Session::late);
  beast::http::async_read(stream_, buffer_, *parser_,
                          [self = shared_from_this()](error_code error, std::size_t) {
                            if (error) return self->read_failed(error);
                            self->handle();
                          });
}

void Session::read_failed(const error_code& error) {
  if (state_ == State::closed) return;
  namespace http = beast::http;
  if (late_) return reject({ErrorCode::REQUEST_TIMEOUT, {}});
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return reject({ErrorCode::HEADER_TOO_LARGE, {}});
  }
  if (error == http::error::body_limit) return reject({ErrorCode::TOO_LARGE, {}});
  const bool ended = error == http::error::end_of_stream || error == http::error::partial_message;
  const bool malformed =
      error.category() == http::make_error_code(http::error::bad_method).category();
  if (!ended && malformed) return reject({ErrorCode::INVALID_ARGUMENT, error.message()});
  close_now();
}

void Session::handle() {
  if (state_ == State::closed) return;
  state_ = State::handling;
  began_ = std::chrono::steady_clock::now();
  in_flight_ = true;
  ++core_->requests;
  ++core_->requests_in_flight;
  arm(core_->limits().answer_ms, &Session::unanswered);
  const auto take = [self = shared_from_this(), number = number_](Response response) {
    asio::post(self->stream_.get_executor(),
               [self, number, response = std::move(response)]() mutable {
                 self->answer(number, std::move(response));
               });
  };
  core_->handler()(take_request(),
                   once<Response>(take, problem({ErrorCode::OUTCOME_UNKNOWN, "no answer"})));
}

void Session::unanswered() {
  answer(number_, problem({ErrorCode::OUTCOME_UNKNOWN, "no answer in time"}));
}

Request Session::take_request() {
  auto message = parser_->release();
  Request request;
  request.method = access_.method;
  request.path = std::move(target_.path);
  request.segments = std::move(target_.segments);
  request.query = std::move(target_.query);
  for (const auto& field : message) {
    request.headers.emplace_back(field.name_string(), field.value());
  }
  request.body = std::move(message.body());
  request.party = party_;
  request.remote = remote_;
  access_.request_body_bytes = request.body.size();
  return request;
}

}  // namespace puhui::node::http
