// Who may speak to a node, and who is shown the door.

#include "tests/net/peers_world.h"

namespace puhui::node::peers {
namespace {

using namespace testing;

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

}  // namespace
}  // namespace puhui::node::peers
