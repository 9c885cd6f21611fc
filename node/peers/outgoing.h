// One attempt to dial a member and, if it succeeds, the connection that sends to it.
// Included by sources of this folder only. Lives on the sockets' strand.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "node/peers/link.h"

namespace puhui::node::peers {

class Outgoing : public std::enable_shared_from_this<Outgoing> {
 public:
  Outgoing(std::shared_ptr<Core> core, std::shared_ptr<Link> link);

  void start(const std::string& host, std::uint16_t port);

  // Sends what waits, unless a write is under way (it then follows) or the connection is not up.
  void wake();

  // Ends it, once; Core::outgoing_ended is told.
  void close(const std::string& reason);

  const std::shared_ptr<Link>& link() const { return link_; }
  bool up() const { return up_; }
  // How long it has been up.
  std::chrono::steady_clock::duration held() const;

 private:
  using Socket = boost::asio::ip::tcp::socket;
  using Resolved = boost::asio::ip::tcp::resolver::results_type;

  void connect(const Resolved& addresses);
  void handshake();
  void greet();
  void read_hello();
  void take_hello(std::string_view bytes);
  void watch();
  void wrote(const boost::system::error_code& error);

  void arm(std::uint32_t timeout_ms);
  void disarm();

  const std::shared_ptr<Core> core_;
  const std::shared_ptr<Link> link_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::ssl::stream<Socket> stream_;
  boost::asio::steady_timer deadline_;
  std::uint64_t armed_ = 0;  // Tells an expiry of the wait in force from one of an earlier wait.
  FrameReader hello_;
  std::array<char, 256> input_{};
  Burst burst_;
  bool up_ = false;
  bool writing_ = false;
  bool closed_ = false;
  std::chrono::steady_clock::time_point up_since_;
};

}  // namespace puhui::node::peers
