// One accepted connection: first unknown, then a member's, from which messages are read.
// Included by sources of this folder only. Lives on the sockets' strand.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <vector>

#include "node/peers/link.h"

namespace puhui::node::peers {

class Incoming : public std::enable_shared_from_this<Incoming> {
 public:
  Incoming(std::shared_ptr<Core> core, boost::asio::ip::tcp::socket socket);

  void start();

  // Reads on, if reading was held up by a full inbox.
  void resume();

  // Ends it, once; Core::incoming_ended is told. No byte is delivered any more.
  void close(const std::string& reason);

  // Null until the hellos were exchanged.
  const std::shared_ptr<Link>& link() const { return link_; }

 private:
  void greet();
  void read_hello();
  void take(std::size_t size);
  void take_hello(std::size_t size);
  void welcome();
  void read();
  void deliver();

  const std::shared_ptr<Core> core_;
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
  boost::asio::steady_timer deadline_;  // Of handshake and hellos.
  std::shared_ptr<Link> proved_;        // Whose key the handshake proved.
  std::shared_ptr<Link> link_;
  FrameReader reader_;
  std::vector<std::string> frames_;
  std::string hello_;
  std::array<char, 64 * 1024> input_;
  bool paused_ = false;
  bool closed_ = false;
};

}  // namespace puhui::node::peers
