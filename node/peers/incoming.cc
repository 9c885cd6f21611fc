#include "node/peers/incoming.h"

#include <boost/asio/write.hpp>

#include "node/peers/core.h"

namespace puhui::node::peers {

namespace asio = boost::asio;
using boost::system::error_code;

Incoming::Incoming(std::shared_ptr<Core> core, asio::ip::tcp::socket socket)
    : core_(std::move(core)),
      stream_(std::move(socket), *core_->context()),
      deadline_(core_->strand()) {}

void Incoming::start() {
  deadline_.expires_after(std::chrono::milliseconds(core_->limits().handshake_timeout_ms));
  deadline_.async_wait([self = shared_from_this()](error_code error) {
    if (!error && self->link_ == nullptr) self->close("timed out");
  });
  tune(stream_.next_layer(), core_->limits());
  stream_.async_handshake(asio::ssl::stream_base::server,
                          [self = shared_from_this()](error_code error) {
                            if (error) return self->close("handshake: " + error.message());
                            self->greet();
                          });
}

void Incoming::greet() {
  if (closed_) return;
  const auto key = tls::peer_key(stream_.native_handle());
  if (key) proved_ = core_->find(*key);
  if (proved_ == nullptr) return close("no longer a member");
  append_frame(hello_, core_->hello());
  read_hello();
}

void Incoming::read_hello() {
  stream_.async_read_some(asio::buffer(input_),
                          [self = shared_from_this()](error_code error, std::size_t size) {
                            if (error) return self->close("greeting: " + error.message());
                            self->take_hello(size);
                          });
}

void Incoming::take_hello(std::size_t size) {
  if (closed_) return;
  if (const auto fed = reader_.feed({input_.data(), size}, frames_); !fed) {
    return close(describe(fed.error()));
  }
  if (frames_.empty()) return read_hello();
  // Answered even when it is refused, so that the other side can tell its people why.
  asio::async_write(stream_, asio::buffer(hello_),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      if (error) return self->close("greeting: " + error.message());
                      self->welcome();
                    });
}

void Incoming::welcome() {
  if (closed_) return;
  const auto checked = check_hello(frames_.front(), core_->cluster_id());
  if (!checked) return close(describe(checked.error()));
  if (frames_.size() > 1) return close("bytes before the greeting was answered");
  frames_.clear();
  if (proved_->retired()) return close("no longer a member");
  link_ = proved_;
  deadline_.cancel();
  core_->adopt(shared_from_this());
  read();
}

void Incoming::read() {
  stream_.async_read_some(asio::buffer(input_),
                          [self = shared_from_this()](error_code error, std::size_t size) {
                            if (error) return self->close(error.message());
                            self->take(size);
                          });
}

void Incoming::take(std::size_t size) {
  if (closed_) return;
  const auto fed = reader_.feed({input_.data(), size}, frames_);
  deliver();
  if (!fed) return close(describe(fed.error()));
  paused_ = link_->inbox_full(core_->limits().inbox_bytes_max);
  if (!paused_) read();
}

void Incoming::deliver() {
  for (std::string& frame : frames_) core_->deliver(link_, std::move(frame));
  frames_.clear();
}

void Incoming::resume() {
  if (closed_ || !paused_ || link_->inbox_full(core_->limits().inbox_bytes_max)) return;
  paused_ = false;
  read();
}

void Incoming::close(const std::string& reason) {
  if (std::exchange(closed_, true)) return;
  deadline_.cancel();
  error_code ignored;
  stream_.next_layer().close(ignored);
  core_->incoming_ended(shared_from_this(), reason);
}

}  // namespace puhui::node::peers
