// One connection: TLS, then requests and answers in turn, each step under a deadline.
// Included by sources of this folder only. All but the marked functions run on its strand.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "node/http/core.h"
#include "node/http/message.h"
#include "node/http/target.h"

namespace puhui::node::http {

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<Core> core, boost::asio::ip::tcp::socket socket);

  // ---- Any thread ----

  void start();
  // Ends an idle connection; another one after its answer.
  void stop();
  // Ends it at once.
  void abort();

 private:
  using SystemError = boost::system::error_code;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  enum class State { handshake, idle, reading, handling, answering, closing, closed };

  // Reading, in session.cc.
  void handshake();
  void greeted(const SystemError& error);
  void await_request();
  void read_header();
  void take_header();
  [[nodiscard]] Result<void> admit_body();
  void invite_body();
  void read_body();
  void read_failed(const SystemError& error);
  void handle();
  Request take_request();

  // Answering, in session_answer.cc.
  void reject(const Error& error);
  void answer(std::uint64_t number, Response response);
  void send(Response response);
  std::string head_of(const Response& response, std::optional<std::size_t> size);
  void send_whole(std::string head, std::string_view body);
  void send_stream(std::string head);
  void pull();
  void take_chunk(std::uint64_t number, Result<std::string> chunk);
  void write(std::string bytes, void (Session::*next)());
  void sent();
  void broken();

  // Ending, in session_answer.cc.
  void close();
  void drain();
  void close_now();

  // Deadlines: each step arms one, which replaces the one before.
  void arm(std::uint64_t timeout_ms, void (Session::*expired)());
  void disarm();
  std::uint64_t transfer_ms(std::size_t bytes) const;
  void late();
  void unanswered();

  const std::shared_ptr<Core> core_;
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
  boost::asio::steady_timer deadline_;
  std::uint64_t armed_ = 0;  // Tells an expiry of the deadline in force from one of an earlier one.
  State state_ = State::handshake;
  std::string remote_;
  std::optional<std::string> party_;

  // Of the request under way.
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  Target target_;
  std::uint64_t number_ = 0;  // Tells its answer from a belated one to an earlier request.
  bool late_ = false;
  bool in_flight_ = false;
  bool keep_alive_ = false;
  bool is_head_ = false;
  bool is_http11_ = true;
  std::size_t body_reserved_ = 0;
  std::chrono::steady_clock::time_point began_;
  Access access_;

  // Of the answer under way.
  std::string head_;
  std::variant<std::string, std::shared_ptr<const std::string>, Stream> body_;
};

}  // namespace puhui::node::http
