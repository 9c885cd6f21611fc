// Nodes that speak to each other over loopback, and one that says what it likes.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <optional>
#include <thread>

#include "node/peers/peers.h"
#include "tests/net/certificates.h"

namespace puhui::node::peers::testing {

namespace asio = boost::asio;
using boost::system::error_code;
using node::testing::await;
using node::testing::kPatience;

// Threads that run an io_context until the end of a test.
class Threads {
 public:
  explicit Threads(int count) : work_(asio::make_work_guard(io)) {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this] { io.run(); });
  }
  ~Threads() {
    work_.reset();
    io.stop();
    for (auto& thread : threads_) thread.join();
  }

  asio::io_context io;

 private:
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::vector<std::thread> threads_;
};

// One node: its key, its Peers, and what it received.
class Node {
 public:
  Node(Threads& threads, NodeId id, std::string city = "city", Limits limits = {})
      : threads_(threads), id_(id), city_(std::move(city)), limits_(limits) {
    limits_.backoff_min_ms = 1;
    limits_.backoff_max_ms = 20;
  }

  void start(std::uint16_t port = 0) {
    Options options;
    options.self = id_;
    options.cluster_id = city_;
    options.listen_host = "127.0.0.1";
    options.listen_port = port;
    options.limits = limits_;
    options.on_event = [this](const Event& event) { note(event); };
    auto started = Peers::start(threads_.io, asio::make_strand(threads_.io), identity_, options,
                                [this](NodeId from, std::string bytes) { take(from, bytes); });
    ASSERT_TRUE(started) << describe(started.error());
    peers_ = std::move(*started);
    port_ = peers_->port();
  }

  void stop() {
    auto stopped = peers_->stop();
    await(stopped);
    peers_.reset();
  }

  void know(std::initializer_list<const Node*> nodes) {
    std::vector<Member> members;
    for (const Node* node : nodes) members.push_back(node->member());
    const auto set = peers_->set_members(members);
    ASSERT_TRUE(set) << describe(set.error());
  }

  Member member() const { return {id_, key_.public_key(), "127.0.0.1", port_}; }

  // Waits until so many messages came, and takes them.
  std::vector<std::pair<NodeId, std::string>> receive(std::size_t count) {
    wait([&] { return received_.size() >= count; });
    std::lock_guard lock(mutex_);
    return std::exchange(received_, {});
  }

  void await_event(Event::Kind kind, std::size_t count = 1) {
    wait([&] {
      return static_cast<std::size_t>(std::ranges::count(events_, kind, &Event::kind)) >= count;
    });
  }

  std::string detail(Event::Kind kind) {
    std::lock_guard lock(mutex_);
    for (const Event& event : events_) {
      if (event.kind == kind) return event.detail;
    }
    return {};
  }

  // Holds on_message back, so that the inbox fills.
  void hold(bool held) {
    std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }

  void wait(const std::function<bool()>& done) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, done)) {
      for (const Event& event : events_) {
        std::cerr << static_cast<int>(event.kind) << ' ' << event.member << ' ' << event.detail
                  << '\n';
      }
      ADD_FAILURE() << "nothing came to node " << id_ << " in time; its events are above";
      std::abort();
    }
  }

  Peers& peers() { return *peers_; }
  const tls::PeerIdentity& identity() const { return identity_; }
  std::uint16_t port() const { return port_; }

 private:
  void note(const Event& event) {
    std::lock_guard lock(mutex_);
    events_.push_back(event);
    changed_.notify_all();
  }

  void take(NodeId from, std::string& bytes) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !held_; });
    received_.emplace_back(from, std::move(bytes));
    changed_.notify_all();
  }

  Threads& threads_;
  const NodeId id_;
  const std::string city_;
  Limits limits_;
  crypto::SecretKey key_ = crypto::SecretKey::generate();
  tls::PeerIdentity identity_ = tls::PeerIdentity::create(key_).value();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<NodeId, std::string>> received_;
  std::vector<Event> events_;
  bool held_ = false;
  std::uint16_t port_ = 0;
  std::unique_ptr<Peers> peers_;
};

// A bare TLS client that says what it likes after the handshake.
class Raw {
 public:
  Raw(const tls::PeerIdentity& identity, std::uint16_t port)
      : context_(identity.context([](const auto&) { return true; })), stream_(io_, *context_) {
    stream_.next_layer().connect({asio::ip::address_v4::loopback(), port});
    stream_.handshake(asio::ssl::stream_base::client, error_);
  }

  void write(const std::string& bytes) { asio::write(stream_, asio::buffer(bytes), error_); }

  // Reads until the other side ends it.
  std::string read_all() {
    std::string all;
    char buffer[4096];
    for (;;) {
      const std::size_t size = stream_.read_some(asio::buffer(buffer), error_);
      if (error_) return all;
      all.append(buffer, size);
    }
  }

  std::string read(std::size_t size) {
    std::string bytes(size, '\0');
    asio::read(stream_, asio::buffer(bytes), error_);
    return bytes;
  }

  error_code error() const { return error_; }

 private:
  asio::io_context io_;
  tls::Context context_;
  asio::ssl::stream<asio::ip::tcp::socket> stream_;
  error_code error_;
};

inline std::string frame(std::string_view message) {
  std::string bytes;
  append_frame(bytes, message);
  return bytes;
}

// Two nodes that know each other.
struct Pair {
  Threads threads{2};
  Node a{threads, 1};
  Node b{threads, 2};

  explicit Pair(Limits limits = {}) : a(threads, 1, "city", limits), b(threads, 2, "city", limits) {
    a.start();
    b.start();
    a.know({&a, &b});
    b.know({&a, &b});
    for (Node* node : {&a, &b}) {
      node->await_event(Event::Kind::dialled);
      node->await_event(Event::Kind::accepted);
    }
  }
  ~Pair() {
    a.hold(false);
    b.hold(false);
    a.stop();
    b.stop();
  }
};

}  // namespace puhui::node::peers::testing
