// What Peers consists of: the members' links, the listening socket, and who is connected.
// Included by sources of this folder only.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "node/peers/incoming.h"
#include "node/peers/link.h"
#include "node/peers/outgoing.h"
#include "node/peers/peers.h"

namespace puhui::node::peers {

using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;

// No delay for small messages, and notice of hosts that vanish without a word.
void tune(boost::asio::ip::tcp::socket& socket, const Limits& limits);

class Core : public std::enable_shared_from_this<Core> {
 public:
  Core(boost::asio::io_context& io, const boost::asio::any_io_executor& deliver, Options options,
       OnMessage on_message);

  // ---- Before anything runs ----

  void use_identity(const tls::PeerIdentity& identity);
  [[nodiscard]] Result<void> listen();
  void run();

  // ---- Any thread ----

  std::uint16_t port() const { return port_; }
  [[nodiscard]] Result<void> set_members(std::vector<Member> members);
  bool send(NodeId to, std::shared_ptr<const std::string> message);
  Status status() const;
  std::future<void> stop();
  // The link of the member with this key; null if there is none.
  std::shared_ptr<Link> find(const crypto::PublicKey& key) const;

  const Strand& strand() const { return strand_; }
  const tls::Context& context() const { return context_; }
  const Limits& limits() const { return options_.limits; }
  const std::string& cluster_id() const { return options_.cluster_id; }
  const std::string& hello() const { return hello_; }

  // ---- The strand, called by connections ----

  void emit(Event::Kind kind, NodeId member, std::string detail);
  void outgoing_ended(const Outgoing& outgoing, const std::string& reason);
  void incoming_ended(const std::shared_ptr<Incoming>& incoming, const std::string& reason);
  // This connection is the member's from now on; an older one is closed.
  void adopt(const std::shared_ptr<Incoming>& incoming);
  void deliver(const std::shared_ptr<Link>& link, std::string frame);

 private:
  using Links = std::map<NodeId, std::shared_ptr<Link>>;

  // Shared with the functions posted for delivery, which may outlive the sockets.
  struct Sink {
    OnMessage on_message;
    std::atomic<bool> stopped = false;
  };

  // A member as the strand sees it.
  struct Slot {
    Member member;
    std::shared_ptr<Link> link;
    std::shared_ptr<Outgoing> outgoing;  // Dialling or up; null while waiting to dial again.
    std::shared_ptr<Incoming> incoming;
    std::uint32_t backoff_ms = 0;
    std::unique_ptr<boost::asio::steady_timer> retry;
  };

  [[nodiscard]] Result<void> check(const std::vector<Member>& members) const;
  void apply(const std::vector<Member>& members, const Links& links);
  void drop(Slot& slot, const std::string& reason);
  void dial(Slot& slot);
  void dial_later(Slot& slot);
  Slot* slot_of(const Link& link);
  void wake(NodeId member);
  void resume(const Link& link);
  void accept();
  void accepted(boost::asio::ip::tcp::socket socket);
  void accept_later(const std::string& reason);
  void close_all();

  const Strand strand_;
  const boost::asio::any_io_executor deliver_;
  const Options options_;
  const std::string hello_;
  const std::shared_ptr<Sink> sink_;
  tls::Context context_;
  std::uint16_t port_ = 0;

  mutable std::mutex mutex_;
  Links links_;  // Under mutex_.
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> unaddressed_ = 0;

  // The strand's.
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer accept_timer_;
  std::set<std::shared_ptr<Incoming>> greeting_;  // Accepted, not yet a member's.
  std::map<NodeId, Slot> slots_;
};

}  // namespace puhui::node::peers
