// Messages between nodes: in order, whatever becomes of connections.

#include "tests/net/peers_world.h"

namespace puhui::node::peers {
namespace {

using namespace testing;

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

TEST(Peers, AfterStopNothingIsDeliveredOrAccepted) {
  Pair pair;
  ASSERT_TRUE(pair.a.peers().send(2, "first"));
  EXPECT_EQ(pair.b.receive(1).size(), 1u);
  auto stopped = pair.b.peers().stop();
  await(stopped);
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
