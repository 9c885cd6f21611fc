// Peers: messages between the nodes of a city, in order, authenticated, at most once.
//
// Each node dials every other member for sending and accepts connections for receiving, so there
// is one connection per direction. Connections are mutual TLS 1.3 pinned to the members' Ed25519
// keys (node/tls/peer_identity.h), then one hello each way that names protocol and city, then
// frames (node/peers/frame.h). What is inside a message is none of this folder's business.
//
// Promise of delivery: of the messages accepted for one receiver, those that arrive do so in the
// order of `send` and once. Any may be lost, without notice: when a connection breaks (what was
// handed to it is not sent again), when the receiver restarts, or when a queue is full (the new
// message is dropped, never an older one). What waits in the queue survives a reconnection.
//
// Identity: `from` is the member whose pinned key the connection proved, never what bytes claim.
// A key that is no member's fails the handshake. A second connection from the same member replaces
// the first, whose bytes are no longer read: of two connections only the newer one delivers.
//
// Threads: all functions may be called from any thread. Sockets are served by whatever threads run
// the io_context; messages are posted, one function each, to the executor given to `start`, which
// must run them one after another in the order posted (a strand, or a context with one thread).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/key.h"
#include "node/peers/frame.h"
#include "node/tls/peer_identity.h"
#include "proto/error.h"

namespace boost::asio {
class any_io_executor;
class io_context;
}  // namespace boost::asio

namespace puhui::node::peers {

using NodeId = std::uint64_t;  // 0 names nobody.

inline constexpr std::size_t kMembersMax = 64;

struct Limits {
  // Waiting to be sent to one member; at least one frame of the largest size fits (asserted).
  std::size_t queue_bytes_max = 32u << 20;
  // Received from one member and not yet taken by `on_message`; beyond it the connection is not
  // read, so that the sender's queue fills instead.
  std::size_t inbox_bytes_max = 32u << 20;
  // Queued frames joined into one TLS write.
  std::size_t write_bytes_max = 1u << 20;
  // Connections accepted and not yet authenticated; more are closed at once.
  std::size_t handshakes_max = 64;
  // From the start of a connection to the exchange of hellos.
  std::uint32_t handshake_timeout_ms = 10'000;
  // One write making no end: the peer does not read.
  std::uint32_t write_timeout_ms = 15'000;
  // Waits between attempts to dial: doubling from the first to the second. A connection that held
  // for the longest wait starts over from the shortest.
  std::uint32_t backoff_min_ms = 50;
  std::uint32_t backoff_max_ms = 5'000;
};

struct Member {
  NodeId id = 0;
  crypto::PublicKey key;
  std::string host;  // Name or address that is dialled.
  std::uint16_t port = 0;

  bool operator==(const Member&) const = default;
};

// For logs. `kind` tells which of the fields mean something.
struct Event {
  enum class Kind {
    dialled,        // A connection for sending to `member` is up.
    dial_failed,    // It could not be made; another attempt follows.
    lost,           // It broke; another attempt follows.
    accepted,       // A connection for receiving from `member` is up.
    closed,         // It ended.
    refused,        // An incoming connection was refused: unknown key, other city, too many.
    accept_failed,  // The listening socket cannot take connections now (no descriptors).
  };
  Kind kind;
  NodeId member = 0;  // 0 where no member is known.
  std::string detail;
};

struct Counters {
  std::uint64_t sent_messages = 0;  // Written to a connection.
  std::uint64_t sent_bytes = 0;     // With frame heads.
  std::uint64_t received_messages = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t dropped_messages = 0;  // Not accepted by `send`.
  std::uint64_t lost_messages = 0;     // Handed to a connection that broke while writing them.
  std::uint64_t connections = 0;       // For sending, that came up.
  std::uint64_t reconnects = 0;        // Of these, all but the first.
};

struct MemberStatus {
  NodeId id = 0;
  bool sending = false;    // A connection for sending is up.
  bool receiving = false;  // A connection for receiving is up.
  std::size_t queued_bytes = 0;
  Counters counters;  // Since the member was first named; a new key or address keeps them.
};

struct Status {
  std::vector<MemberStatus> members;  // In the order of ids.
  std::uint64_t refused = 0;          // Incoming connections that did not get past the hellos.
  std::uint64_t unaddressed = 0;      // Messages for nodes that are not members; dropped.
};

struct Options {
  NodeId self = 0;
  // What tells this city from all others: the hash of its first genesis. Not secret.
  std::string cluster_id;
  std::string listen_host;  // An IP address.
  std::uint16_t listen_port = 0;
  Limits limits;
  // Called on the io_context's threads, one call at a time; must not block. May be empty.
  std::function<void(const Event&)> on_event;
};

using OnMessage = std::function<void(NodeId from, std::string bytes)>;

class Core;

class Peers {
 public:
  // Listens, with no members yet. UNAVAILABLE if the endpoint cannot be bound, INVALID_ARGUMENT for
  // a listen_host that is no address. `on_message` runs on `deliver`. Join the threads of both
  // contexts before either context or this object is destroyed, and this object before `io`.
  [[nodiscard]] static Result<std::unique_ptr<Peers>> start(
      boost::asio::io_context& io, const boost::asio::any_io_executor& deliver,
      const tls::PeerIdentity& identity, Options options, OnMessage on_message);

  // As `stop`, without waiting.
  ~Peers();
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;

  // The port that is listened on; the one the system chose if the options said 0.
  std::uint16_t port() const;

  // Replaces the members; the own id may be among them and is skipped. A member that is gone, or
  // whose key changed, loses its connections and its queue; one whose address changed is dialled
  // anew. INVALID_ARGUMENT and nothing changed: id 0, an id or key named twice, more than
  // kMembersMax.
  [[nodiscard]] Result<void> set_members(std::vector<Member> members);

  // Queues a message of at most kMaxFrameBytes (asserted) for a member. False, and counted, if the
  // member is unknown, its queue is full, or `stop` was called. The shared form queues one copy for
  // many receivers.
  bool send(NodeId to, std::string message);
  bool send(NodeId to, std::shared_ptr<const std::string> message);

  Status status() const;

  // Closes everything. Once it returns, `on_message` is not called any more, except for a call
  // already under way on another thread. The future is ready when the sockets are closed; that
  // needs the io_context to run. May be called again.
  std::future<void> stop();

 private:
  explicit Peers(std::shared_ptr<Core> core);

  std::shared_ptr<Core> core_;
};

}  // namespace puhui::node::peers
