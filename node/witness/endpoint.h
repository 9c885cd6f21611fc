// A witness over HTTP, for whoever serves it: a node or a mirror.
//
//   POST /witness/add-checkpoint       answers with the statuses of C2SP tlog-witness
//   GET  /witness/<hex>/checkpoint     the newest one cosigned; <hex> is SHA-256 of the origin
//   GET  /witness/<hex>/evidence       that this log has forked (crypto/evidence.h)
//
// Threads: any. Requests, which sync the disk, run one after another on a thread of their own;
// beyond kRequestsWaitingMax they are told to come again (429).
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <string>
#include <vector>

#include "node/http/message.h"
#include "node/witness/witness.h"

namespace puhui::node {

class WitnessEndpoint {
 public:
  static constexpr int kRequestsWaitingMax = 64;

  // `witness` is null where no log is followed: then every path is NOT_FOUND.
  explicit WitnessEndpoint(Witness* witness) : witness_(witness) {}
  // Waits for requests under way.
  ~WitnessEndpoint() { thread_.join(); }

  void handle(const http::Request& request, http::Respond respond);
  // Both empty where no log is followed.
  [[nodiscard]] std::string vkey() const;
  [[nodiscard]] std::vector<Witness::Followed> followed() const;

 private:
  void add(const http::Request& request, http::Respond respond);

  Witness* const witness_;
  std::atomic<int> waiting_{0};
  boost::asio::thread_pool thread_{1};
};

}  // namespace puhui::node
