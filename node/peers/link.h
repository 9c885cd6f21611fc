// What is kept of one member, whether connected or not: its queue, its counters, its inbox.
// Included by sources of this folder only. Holds no socket, so it may be held by whoever delivers.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "node/peers/peers.h"

namespace puhui::node::peers {

// Several frames joined for one write.
struct Burst {
  std::string bytes;
  std::size_t messages = 0;
};

class Link {
 public:
  enum class Queued { dropped, waiting, first };  // `first`: the sender must be woken.

  Link(NodeId node_id, crypto::PublicKey node_key, const Counters& counters)
      : id(node_id), key(std::move(node_key)), counters_(counters) {}

  const NodeId id;
  const crypto::PublicKey key;

  // ---- Any thread ----

  Queued enqueue(std::shared_ptr<const std::string> message, std::size_t queue_bytes_max);
  MemberStatus status() const;
  // The member is gone or has another key: nothing of it is delivered any more.
  void retire() { retired_ = true; }
  bool retired() const { return retired_; }

  // What arrived and was not yet taken. `taken` is true when that made room below the limit.
  void arrived(std::size_t frame_bytes);
  bool taken(std::size_t bytes, std::size_t inbox_bytes_max);
  bool inbox_full(std::size_t inbox_bytes_max) const { return inbox_bytes_ >= inbox_bytes_max; }

  // ---- The sockets' strand ----

  // The oldest frames, at least one and then as many as fit; empty if nothing waits, and then the
  // next message queued answers `first`.
  void take(std::size_t write_bytes_max, Burst& burst);
  void written(const Burst& burst);
  void lost(const Burst& burst);
  void set_sending(bool up);
  void set_receiving(bool up);

 private:
  mutable std::mutex mutex_;  // Guards all down to receiving_.
  std::deque<std::shared_ptr<const std::string>> queue_;
  std::size_t queue_bytes_ = 0;
  bool woken_ = false;
  Counters counters_;
  bool sending_ = false;
  bool receiving_ = false;

  std::atomic<std::size_t> inbox_bytes_ = 0;
  std::atomic<bool> retired_ = false;
};

}  // namespace puhui::node::peers
