// A replica on its own: how it ends.

#include "node/replica/replica.h"

#include <gtest/gtest.h>

#include <future>

#include "tests/ledger/city.h"
#include "tests/net/certificates.h"

namespace puhui::node {
namespace {

namespace lt = ledger::testing;

crypto::SecretKey secret(const std::string& name) {
  return *crypto::SecretKey::from_seed(crypto::sha256(name).view());
}

ReplicaIdentity identity() {
  auto payload = lt::City::bare()->event("bureau");
  *payload.mutable_genesis() = lt::default_genesis();
  auto envelope = lt::sign(payload, {"bureau"}).envelope;
  return {std::move(envelope), payload.genesis(),   {},           true,
          secret("peer1"),     secret("cosigner1"), secret("log")};
}

// A timer that has expired while the strand was busy is no reason to go on.
TEST(Replica, EndsThoughATimerHasExpired) {
  lt::Folder folder;
  boost::asio::io_context io;
  auto work = boost::asio::make_work_guard(io);
  std::thread sockets([&io] { io.run(); });
  ReplicaOptions options;
  options.node_id = 1;
  options.folder = folder.file("data");
  options.marker = folder.file("began");
  options.peer_listen = {"127.0.0.1", 0};
  options.ordering.consensus.self = 1;
  auto started = Replica::start(io, std::move(options), identity());
  ASSERT_TRUE(started) << describe(started.error());

  std::promise<void> busy;
  std::atomic<bool> ending{false};
  (*started)->status([&](const v1::Status&) {
    busy.set_value();
    // Until the end is asked for and every timer of a tenth of a second has expired.
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
    while (!ending || std::chrono::steady_clock::now() < until) std::this_thread::yield();
  });
  busy.get_future().wait();
  auto ended = std::async(std::launch::async, [&] {
    ending = true;
    started->reset();
  });
  if (ended.wait_for(testing::kPatience) != std::future_status::ready) {
    std::fprintf(stderr, "the replica does not end\n");
    std::abort();
  }
  work.reset();
  io.stop();
  sockets.join();
}

}  // namespace
}  // namespace puhui::node
