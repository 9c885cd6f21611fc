#include "node/peers/outgoing.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/write.hpp>

#include "node/peers/core.h"

namespace puhui::node::peers {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::steady_clock;

Outgoing::Outgoing(std::shared_ptr<Core> core, std::shared_ptr<Link> link)
    : core_(std::move(core)),
      link_(std::move(link)),
      resolver_(core_->strand()),
      stream_(core_->strand(), *core_->context()),
      deadline_(core_->strand()),
      hello_(kHelloBytesMax) {}

void Outgoing::start(const std::string& host, std::uint16_t port) {
  arm(core_->limits().handshake_timeout_ms);
  resolver_.async_resolve(host, std::to_string(port),
                          [self = shared_from_this()](error_code error, const Resolved& found) {
                            if (error) return self->close("resolving: " + error.message());
                            self->connect(found);
                          });
}

void Outgoing::connect(const Resolved& addresses) {
  if (closed_) return;
  asio::async_connect(stream_.next_layer(), addresses,
                      [self = shared_from_this()](error_code error, const auto&) {
                        if (error) return self->close("connecting: " + error.message());
                        self->handshake();
                      });
}

void Outgoing::handshake() {
  if (closed_) return;
  tune(stream_.next_layer(), core_->limits());
  stream_.async_handshake(asio::ssl::stream_base::client,
                          [self = shared_from_this()](error_code error) {
                            if (error) return self->close("handshake: " + error.message());
                            self->greet();
                          });
}

void Outgoing::greet() {
  if (closed_) return;
  // The pin check lets any member in; this connection is for one of them.
  if (tls::peer_key(stream_.native_handle()) != link_->key) {
    return close("another member answers at this address");
  }
  burst_.bytes.clear();
  append_frame(burst_.bytes, core_->hello());
  asio::async_write(stream_, asio::buffer(burst_.bytes),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      if (error) return self->close("greeting: " + error.message());
                      self->read_hello();
                    });
}

void Outgoing::read_hello() {
  if (closed_) return;
  stream_.async_read_some(asio::buffer(input_),
                          [self = shared_from_this()](error_code error, std::size_t size) {
                            if (error) return self->close("greeting: " + error.message());
                            self->take_hello({self->input_.data(), size});
                          });
}

void Outgoing::take_hello(std::string_view bytes) {
  if (closed_) return;
  std::vector<std::string> frames;
  if (const auto fed = hello_.feed(bytes, frames); !fed) return close(describe(fed.error()));
  if (frames.empty()) return read_hello();
  const auto checked = check_hello(frames.front(), core_->cluster_id());
  if (!checked) return close(describe(checked.error()));
  disarm();
  up_ = true;
  up_since_ = steady_clock::now();
  link_->set_sending(true);
  core_->emit(Event::Kind::dialled, link_->id, {});
  watch();
  wake();
}

// The other side sends nothing after its hello: whatever this read brings is the end.
void Outgoing::watch() {
  stream_.async_read_some(asio::buffer(input_),
                          [self = shared_from_this()](error_code error, std::size_t) {
                            self->close(error ? error.message() : "unexpected bytes");
                          });
}

void Outgoing::wake() {
  if (!up_ || writing_ || closed_) return;
  link_->take(core_->limits().write_bytes_max, burst_);
  if (burst_.messages == 0) return;
  writing_ = true;
  arm(core_->limits().write_timeout_ms);
  asio::async_write(
      stream_, asio::buffer(burst_.bytes),
      [self = shared_from_this()](error_code error, std::size_t) { self->wrote(error); });
}

void Outgoing::wrote(const error_code& error) {
  writing_ = false;
  if (error || closed_) {
    link_->lost(burst_);
    return close("writing: " + error.message());
  }
  disarm();
  link_->written(burst_);
  wake();
}

void Outgoing::close(const std::string& reason) {
  if (std::exchange(closed_, true)) return;
  disarm();
  resolver_.cancel();
  error_code ignored;
  stream_.next_layer().close(ignored);
  if (up_) link_->set_sending(false);
  core_->outgoing_ended(*this, reason);
}

steady_clock::duration Outgoing::held() const {
  return up_ ? steady_clock::now() - up_since_ : steady_clock::duration::zero();
}

void Outgoing::arm(std::uint32_t timeout_ms) {
  deadline_.expires_after(std::chrono::milliseconds(timeout_ms));
  deadline_.async_wait([self = shared_from_this(), armed = ++armed_](error_code) {
    if (armed == self->armed_) self->close("timed out");
  });
}

void Outgoing::disarm() {
  ++armed_;
  deadline_.cancel();
}

}  // namespace puhui::node::peers
