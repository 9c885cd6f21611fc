#include "node/peers/peers.h"

#include <gtest/gtest.h>

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

#include "tests/net/certificates.h"

namespace puhui::node::peers {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using testing::kPatience;

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
    testing::await(stopped);
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

std::string frame(std::string_view message) {
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

TEST(Peers, MessagesArriveInOrderWithTheirSender) {
  Pair pair;
  constexpr int kCount = 5000;
  for (int i = 0; i < kCount; ++i) ASSERT_TRUE(pair.a.peers().send(2, std::to_string(i)));
  ASSERT_TRUE(pair.b.peers().send(1, "back"));
  const auto received = pair.b.receive(kCount);
  for (int i = 0; i < kCount; ++i) {
    ASSERT_EQ(received[static_cast<std::size_t>(i)], std::pair(NodeId{1}, std::to_string(i)));
  }
  EXPECT_EQ(pair.a.receive(1).front(), std::pair(NodeId{2}, std::string("back")));
  const Counters counters = pair.b.peers().status().members.front().counters;
  EXPECT_EQ(counters.received_messages, static_cast<std::uint64_t>(kCount));
}

TEST(Peers, TheLargestAndTheEmptyMessagePass) {
  Pair pair;
  const auto large = std::make_shared<const std::string>(kMaxFrameBytes, 'x');
  ASSERT_TRUE(pair.a.peers().send(2, large));
  ASSERT_TRUE(pair.a.peers().send(2, ""));
  const auto received = pair.b.receive(2);
  EXPECT_TRUE(received[0].second == *large);
  EXPECT_EQ(received[1].second, "");
}

TEST(Peers, AStrangerIsRefusedInTheHandshake) {
  Pair pair;
  Node stranger(pair.threads, 3);
  Raw raw(stranger.identity(), pair.a.port());
  raw.write(frame(encode_hello("city")));
  EXPECT_EQ(raw.read_all(), "");
  pair.a.await_event(Event::Kind::refused);
  EXPECT_EQ(pair.a.peers().status().refused, 1u);
}

TEST(Peers, AMemberThatIsNoLongerOneIsCutOffAndRefused) {
  Pair pair;
  pair.a.know({&pair.a});
  pair.a.await_event(Event::Kind::closed);
  EXPECT_FALSE(pair.a.peers().send(2, "x"));
  EXPECT_EQ(pair.a.peers().status().unaddressed, 1u);
  pair.a.await_event(Event::Kind::refused);
  pair.b.await_event(Event::Kind::lost);
}

TEST(Peers, ANodeOfAnotherCityIsRefusedByBothSides) {
  Threads threads(2);
  Node a(threads, 1, "city-a");
  Node b(threads, 2, "city-b");
  a.start();
  b.start();
  b.know({&a});
  a.know({&b});
  a.await_event(Event::Kind::dial_failed);
  b.await_event(Event::Kind::refused);
  EXPECT_NE(a.detail(Event::Kind::dial_failed).find("wrong_city"), std::string::npos);
  EXPECT_FALSE(a.peers().status().members.front().sending);
  EXPECT_FALSE(b.peers().status().members.front().receiving);
  a.stop();
  b.stop();
}

TEST(Peers, WhoSendsIsTheKeyWhateverTheBytesClaim) {
  Threads threads(2);
  Node a(threads, 1);
  Node b(threads, 2);
  Node c(threads, 3);
  a.start();
  a.know({&b, &c});
  Raw raw(c.identity(), a.port());
  raw.write(frame(encode_hello("city")));
  raw.read(frame(encode_hello("city")).size());
  raw.write(frame("I am node 2"));
  EXPECT_EQ(a.receive(1).front(), std::pair(NodeId{3}, std::string("I am node 2")));
  a.stop();
}

TEST(Peers, AnotherMemberAtAnAddressIsNotSpokenTo) {
  Threads threads(2);
  Node a(threads, 1);
  Node b(threads, 2);
  Node c(threads, 3);
  a.start();
  b.start();
  b.know({&a});
  Member wrong = c.member();
  wrong.port = b.port();
  ASSERT_TRUE(a.peers().set_members({b.member(), wrong}));
  ASSERT_TRUE(a.peers().send(3, "for c alone"));
  a.await_event(Event::Kind::dial_failed);
  EXPECT_NE(a.detail(Event::Kind::dial_failed).find("another member"), std::string::npos);
  ASSERT_TRUE(a.peers().send(2, "for b"));
  EXPECT_EQ(b.receive(1).front().second, "for b");
  a.stop();
  b.stop();
}

TEST(Peers, AnOversizeFrameEndsTheConnection) {
  Threads threads(2);
  Node a(threads, 1);
  Node b(threads, 2);
  a.start();
  a.know({&b});
  Raw raw(b.identity(), a.port());
  raw.write(frame(encode_hello("city")));
  raw.read(frame(encode_hello("city")).size());
  raw.write(frame("good"));
  raw.write(std::string("\x00\x80\x00\x01", 4));
  EXPECT_EQ(raw.read_all(), "");
  EXPECT_EQ(a.receive(1).front().second, "good");
  a.await_event(Event::Kind::closed);
  EXPECT_NE(a.detail(Event::Kind::closed).find("too_large"), std::string::npos);
  a.stop();
}

TEST(Peers, GarbageInsteadOfAHelloIsRefused) {
  Threads threads(2);
  Node a(threads, 1);
  Node b(threads, 2);
  a.start();
  a.know({&b});
  for (const std::string& bytes :
       {frame("GET / HTTP/1.1"), std::string("\xff\xff\xff\xff"), frame("")}) {
    Raw raw(b.identity(), a.port());
    raw.write(bytes);
    raw.read_all();
  }
  a.await_event(Event::Kind::refused, 3);
  a.stop();
}

TEST(Peers, ASilentConnectionIsGivenUp) {
  Threads threads(2);
  Limits limits;
  limits.handshake_timeout_ms = 50;
  Node a(threads, 1, "city", limits);
  a.start();
  asio::io_context io;
  asio::ip::tcp::socket silent(io);
  silent.connect({asio::ip::address_v4::loopback(), a.port()});
  a.await_event(Event::Kind::refused);
  EXPECT_EQ(a.detail(Event::Kind::refused), "timed out");
  a.stop();
}

TEST(Peers, MoreHandshakesThanAllowedAreClosedAtOnce) {
  Threads threads(2);
  Limits limits;
  limits.handshakes_max = 1;
  Node a(threads, 1, "city", limits);
  a.start();
  asio::io_context io;
  asio::ip::tcp::socket first(io);
  asio::ip::tcp::socket second(io);
  first.connect({asio::ip::address_v4::loopback(), a.port()});
  second.connect({asio::ip::address_v4::loopback(), a.port()});
  a.await_event(Event::Kind::refused);
  EXPECT_EQ(a.detail(Event::Kind::refused), "too many handshakes at once");
  a.stop();
}

TEST(Peers, ANewerConnectionReplacesTheOlderWhoseBytesAreDiscarded) {
  Threads threads(2);
  Node a(threads, 1);
  Node b(threads, 2);
  a.start();
  a.know({&b});
  const std::string hello = frame(encode_hello("city"));
  Raw older(b.identity(), a.port());
  older.write(hello);
  older.read(hello.size());
  older.write(frame("one"));
  EXPECT_EQ(a.receive(1).front().second, "one");
  older.write(frame("never completed").substr(0, 10));
  Raw newer(b.identity(), a.port());
  newer.write(hello);
  newer.read(hello.size());
  EXPECT_EQ(older.read_all(), "");
  older.write(frame("late"));
  newer.write(frame("two"));
  EXPECT_EQ(a.receive(1).front().second, "two");
  EXPECT_EQ(a.detail(Event::Kind::closed), "replaced");
  EXPECT_TRUE(a.peers().status().members.front().receiving);
  a.stop();
}

TEST(Peers, ReconnectsWhenTheOtherSideComesBack) {
  Pair pair;
  ASSERT_TRUE(pair.a.peers().send(2, "before"));
  EXPECT_EQ(pair.b.receive(1).front().second, "before");
  const std::uint16_t port = pair.b.port();
  pair.b.stop();
  pair.a.await_event(Event::Kind::lost);
  ASSERT_TRUE(pair.a.peers().send(2, "while away"));
  pair.b.start(port);
  pair.b.know({&pair.a});
  EXPECT_EQ(pair.b.receive(1).front().second, "while away");
  ASSERT_TRUE(pair.b.peers().send(1, "back"));
  EXPECT_EQ(pair.a.receive(1).front().second, "back");
  EXPECT_EQ(pair.a.peers().status().members.front().counters.reconnects, 1u);
}

TEST(Peers, ANewAddressIsDialledAnew) {
  Pair pair;
  pair.b.stop();
  pair.a.await_event(Event::Kind::lost);
  pair.b.start();  // On another port.
  pair.b.know({&pair.a});
  pair.a.know({&pair.b});
  ASSERT_TRUE(pair.a.peers().send(2, "there you are"));
  EXPECT_EQ(pair.b.receive(1).front().second, "there you are");
}

TEST(Peers, AConnectionToAnAddressThatChangedIsEnded) {
  Pair pair;
  Member moved = pair.b.member();
  moved.host = "127.0.0.2";
  ASSERT_TRUE(pair.a.peers().set_members({moved}));
  pair.a.await_event(Event::Kind::lost);
  EXPECT_EQ(pair.a.detail(Event::Kind::lost), "its address changed");
  pair.a.await_event(Event::Kind::dial_failed);
}

TEST(Peers, AFullQueueDropsTheNewMessageNeverAnOldOne) {
  Threads threads(2);
  Node a(threads, 1);
  Node b(threads, 2);
  a.start();
  b.start();
  // b is not yet told of a and refuses it, so that everything waits in the queue.
  a.know({&b});
  const std::string large(kMaxFrameBytes, 'x');
  std::size_t accepted = 0;
  while (a.peers().send(2, std::to_string(accepted) + large.substr(16))) ++accepted;
  EXPECT_EQ(accepted, 4u);
  EXPECT_TRUE(a.peers().send(2, "a small one fits"));
  const MemberStatus waiting = a.peers().status().members.front();
  EXPECT_LE(waiting.queued_bytes, Limits().queue_bytes_max);
  EXPECT_EQ(waiting.counters.dropped_messages, 1u);
  b.know({&a});
  const auto received = b.receive(accepted + 1);
  for (std::size_t i = 0; i < accepted; ++i) EXPECT_EQ(received[i].second[0], '0' + char(i));
  EXPECT_EQ(received.back().second, "a small one fits");
  a.stop();
  b.stop();
}

TEST(Peers, ASlowReceiverHoldsUpTheSenderAndLosesNothing) {
  Limits limits;
  limits.inbox_bytes_max = 1 << 20;
  Pair pair(limits);
  pair.b.hold(true);
  std::size_t accepted = 0;
  const auto piece = std::make_shared<const std::string>(100'000, 'x');
  for (; accepted < 300; ++accepted) ASSERT_TRUE(pair.a.peers().send(2, piece));
  pair.b.hold(false);
  EXPECT_EQ(pair.b.receive(accepted).size(), accepted);
}

TEST(Peers, MembersNamedTwiceAreRefused) {
  Threads threads(1);
  Node a(threads, 1);
  Node b(threads, 2);
  a.start();
  Member other = b.member();
  EXPECT_FALSE(a.peers().set_members({b.member(), b.member()}));
  other.id = 3;
  EXPECT_FALSE(a.peers().set_members({b.member(), other})) << "one key, two nodes";
  other.id = 0;
  EXPECT_FALSE(a.peers().set_members({other}));
  EXPECT_TRUE(a.peers().status().members.empty());
  a.stop();
}

TEST(Peers, AfterStopNothingIsDeliveredOrAccepted) {
  Pair pair;
  ASSERT_TRUE(pair.a.peers().send(2, "first"));
  EXPECT_EQ(pair.b.receive(1).size(), 1u);
  auto stopped = pair.b.peers().stop();
  testing::await(stopped);
  EXPECT_FALSE(pair.b.peers().send(1, "x"));
  pair.a.await_event(Event::Kind::lost);
  asio::io_context io;
  asio::ip::tcp::socket socket(io);
  error_code error;
  socket.connect({asio::ip::address_v4::loopback(), pair.b.port()}, error);
  EXPECT_TRUE(error);
}

TEST(Peers, APortInUseIsAnError) {
  Threads threads(1);
  Node a(threads, 1);
  a.start();
  Options options;
  options.self = 2;
  options.cluster_id = "city";
  options.listen_host = "127.0.0.1";
  options.listen_port = a.port();
  const auto started = Peers::start(threads.io, threads.io.get_executor(), a.identity(), options,
                                    [](NodeId, std::string) {});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::UNAVAILABLE);
  options.listen_host = "not an address";
  EXPECT_EQ(Peers::start(threads.io, threads.io.get_executor(), a.identity(), options,
                         [](NodeId, std::string) {})
                .error()
                .code,
            ErrorCode::INVALID_ARGUMENT);
  a.stop();
}

}  // namespace
}  // namespace puhui::node::peers
