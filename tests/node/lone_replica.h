// A replica that is a city of its own, with the sockets' thread it needs.
#pragma once

#include <thread>

#include "node/replica/replica.h"
#include "tests/ledger/city.h"

namespace puhui::node::testing {

// The key that ledger::testing::key_of knows by this name.
inline crypto::SecretKey secret(const std::string& name) {
  return *crypto::SecretKey::from_seed(crypto::sha256("key of " + name).view());
}

inline ReplicaIdentity lone_identity(const std::string& log_key) {
  auto payload = ledger::testing::City::bare()->event("bureau");
  *payload.mutable_genesis() = ledger::testing::default_genesis();
  payload.set_valid_until(ledger::kTimeMax);
  auto envelope = ledger::testing::sign(payload, {"bureau"}).envelope;
  return {std::move(envelope), payload.genesis(), {}, true, secret("peer1"),
          secret("cosigner1"), secret(log_key)};
}

struct LoneReplica {
  explicit LoneReplica(const std::string& log_key = "log") { start(log_key); }
  // Once more, after `replica` was ended: on the same folder.
  void start(const std::string& log_key = "log") {
    ReplicaOptions options;
    options.node_id = 1;
    options.folder = data();
    options.marker = folder.file("began");
    options.peer_listen = {"127.0.0.1", 0};
    options.ordering.consensus.self = 1;
    auto started = Replica::start(io, std::move(options), lone_identity(log_key));
    EXPECT_TRUE(started) << describe(started.error());
    replica = std::move(*started);
  }
  [[nodiscard]] std::string data() const { return folder.file("data"); }
  ~LoneReplica() {
    replica.reset();
    work.reset();
    io.stop();
    sockets.join();
  }

  ledger::testing::Folder folder;
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  std::thread sockets{[this] { io.run(); }};
  std::unique_ptr<Replica> replica;
};

}  // namespace puhui::node::testing
