// Answers on their way out: refusals and errors at once, accepted events when asked for, with a
// receipt once a complete checkpoint covers their leaf.
//
// Threads: `answer` and `provable` from any; receipts are built on the pool, many at a time.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "node/replica/ledger_slot.h"
#include "node/replica/work.h"
#include "node/witness/complete.h"

namespace puhui::node {

class Receipts {
 public:
  Receipts(LedgerSlot& slot, boost::asio::thread_pool& pool) : slot_(slot), pool_(pool) {}

  // Each pending one has its `answer`; each gets its `done`, now or when it becomes provable.
  void answer(std::vector<PendingPtr> answered);
  void provable(CompletePtr checkpoint);
  // What has waited for longer than `bound_ms` is told that the proof is late: outcome_unknown, so
  // that the sender asks again with the same bytes.
  void give_up(std::uint64_t now_ms, std::uint64_t bound_ms);

  [[nodiscard]] CompletePtr newest() const;

 private:
  struct Waiting {
    PendingPtr pending;
    std::uint64_t since_ms = 0;
  };
  void send(std::vector<PendingPtr> ready, CompletePtr checkpoint);

  LedgerSlot& slot_;
  boost::asio::thread_pool& pool_;
  mutable std::mutex mutex_;
  CompletePtr newest_;
  std::multimap<std::uint64_t, Waiting> waiting_;  // by leaf
};

}  // namespace puhui::node
