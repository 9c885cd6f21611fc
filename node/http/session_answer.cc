#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/serializer.hpp>
#include <cassert>

#include "node/http/once.h"
#include "node/http/problem.h"
#include "node/http/session.h"

namespace puhui::node::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

// A body up to this size is joined to its head: one write, one TLS record.
constexpr std::size_t kJoinBytesMax = 15 * 1024;

bool is_clean(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

// RFC 9110 §6.4.1: these never have a body.
bool has_no_body(int status) { return status == 204 || status == 304; }

std::string serialize(beast::http::response<beast::http::empty_body>& message) {
  beast::http::response_serializer<beast::http::empty_body> serializer(message);
  serializer.split(true);  // The head alone.
  std::string text;
  error_code error;
  serializer.next(error, [&text](error_code&, const auto& buffers) {
    text = beast::buffers_to_string(buffers);
  });
  return text;
}

}  // namespace

// ---- Answering ----

// The body was not read, or not to its end: the connection cannot be used again.
void Session::reject(const Error& error) {
  ++core_->requests_rejected;
  began_ = std::chrono::steady_clock::now();
  keep_alive_ = false;
  send(problem(error));
}

void Session::answer(std::uint64_t number, Response response) {
  if (number != number_ || state_ != State::handling) return;
  send(std::move(response));
}

void Session::send(Response response) {
  state_ = State::answering;
  if (core_->stopping()) keep_alive_ = false;
  access_.status = response.status;
  body_ = std::move(response.body);
  if (std::holds_alternative<Stream>(body_)) {
    if (!is_http11_) keep_alive_ = false;  // The end of the connection is the end of the body.
    return send_stream(head_of(response, std::nullopt));
  }
  const auto* shared = std::get_if<std::shared_ptr<const std::string>>(&body_);
  assert(shared == nullptr || *shared != nullptr);
  const std::string_view body = shared != nullptr ? **shared : std::get<std::string>(body_);
  std::string head = head_of(response, body.size());
  const bool bare = is_head_ || has_no_body(response.status);
  send_whole(std::move(head), bare ? std::string_view() : body);
}

std::string Session::head_of(const Response& response, std::optional<std::size_t> size) {
  assert(response.status >= 200 && response.status <= 599);
  beast::http::response<beast::http::empty_body> message;
  message.version(is_http11_ ? 11 : 10);
  message.result(static_cast<unsigned>(response.status));
  for (const auto& [name, value] : response.headers) {
    if (!name.empty() && is_clean(name) && is_clean(value)) message.insert(name, value);
  }
  if (!response.content_type.empty() && is_clean(response.content_type)) {
    message.set(beast::http::field::content_type, response.content_type);
  }
  message.erase(beast::http::field::content_length);
  message.erase(beast::http::field::transfer_encoding);
  message.keep_alive(keep_alive_);
  if (size && !has_no_body(response.status)) message.content_length(*size);
  if (!size && is_http11_) message.chunked(true);
  return serialize(message);
}

void Session::send_whole(std::string head, std::string_view body) {
  access_.response_body_bytes = body.size();
  if (body.size() <= kJoinBytesMax) {
    head += body;
    arm(transfer_ms(body.size()), &Session::broken);
    return write(std::move(head), &Session::sent);
  }
  head_ = std::move(head);
  arm(transfer_ms(body.size()), &Session::broken);
  const std::array<asio::const_buffer, 2> pieces{asio::buffer(head_), asio::buffer(body)};
  asio::async_write(stream_, pieces, [self = shared_from_this()](error_code error, std::size_t) {
    if (self->state_ == State::closed) return;
    if (error) return self->broken();
    self->sent();
  });
}

void Session::send_stream(std::string head) {
  arm(core_->limits().transfer_ms, &Session::broken);
  write(std::move(head), is_head_ ? &Session::sent : &Session::pull);
}

void Session::pull() {
  arm(core_->limits().stream_idle_ms, &Session::broken);
  const auto take = [self = shared_from_this(), number = number_](Result<std::string> chunk) {
    asio::post(self->stream_.get_executor(), [self, number, chunk = std::move(chunk)]() mutable {
      self->take_chunk(number, std::move(chunk));
    });
  };
  std::get<Stream>(body_)(
      once<Result<std::string>>(take, fail(ErrorCode::UNAVAILABLE, "the stream was given up")));
}

void Session::take_chunk(std::uint64_t number, Result<std::string> chunk) {
  if (number != number_ || state_ != State::answering) return;
  if (!chunk) return broken();
  const std::size_t size = chunk->size();
  access_.response_body_bytes += size;
  arm(transfer_ms(size), &Session::broken);
  const auto next = size == 0 ? &Session::sent : &Session::pull;
  if (!is_http11_) return write(std::move(*chunk), next);
  if (size == 0) return write(beast::buffers_to_string(beast::http::make_chunk_last()), next);
  write(beast::buffers_to_string(beast::http::make_chunk(asio::buffer(*chunk))), next);
}

void Session::write(std::string bytes, void (Session::*next)()) {
  head_ = std::move(bytes);
  asio::async_write(stream_, asio::buffer(head_),
                    [self = shared_from_this(), next](error_code error, std::size_t) {
                      if (self->state_ == State::closed) return;
                      if (error) return self->broken();
                      (*self.*next)();
                    });
}

void Session::sent() {
  disarm();
  body_ = std::string();
  access_.duration_us =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                     std::chrono::steady_clock::now() - began_)
                                     .count());
  core_->release_body(std::exchange(body_reserved_, 0));
  if (std::exchange(in_flight_, false)) --core_->requests_in_flight;
  core_->log(access_);
  keep_alive_ ? await_request() : close();
}

void Session::broken() {
  ++core_->answers_broken;
  close_now();
}

// ---- Ending ----

// A caller that is still sending must be able to read the answer: closing a socket that holds
// unread bytes makes the system throw away what was sent.
void Session::close() {
  state_ = State::closing;
  arm(core_->limits().linger_ms, &Session::close_now);
  stream_.async_shutdown([self = shared_from_this()](error_code error) {
    const bool still_sending = error.category() == asio::error::get_ssl_category();
    still_sending ? self->drain() : self->close_now();
  });
}

void Session::drain() {
  if (state_ == State::closed) return;
  error_code ignored;
  stream_.next_layer().shutdown(asio::socket_base::shutdown_send, ignored);
  buffer_.clear();
  stream_.next_layer().async_read_some(buffer_.prepare(core_->limits().header_bytes_max),
                                       [self = shared_from_this()](error_code error, std::size_t) {
                                         error ? self->close_now() : self->drain();
                                       });
}

void Session::close_now() {
  if (std::exchange(state_, State::closed) == State::closed) return;
  disarm();
  error_code ignored;
  stream_.next_layer().close(ignored);
  // A stream learns that nobody listens any more; it may be calling us just now, so not from here.
  asio::post(stream_.get_executor(), [self = shared_from_this()] { self->body_ = std::string(); });
  core_->release_body(std::exchange(body_reserved_, 0));
  if (std::exchange(in_flight_, false)) --core_->requests_in_flight;
  core_->ended(shared_from_this());
}

}  // namespace puhui::node::http
