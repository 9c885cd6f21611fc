// The thread that applies committed blocks, in order, and hands out their answers.
//
// It waits for a block's signature checks (which ran ahead on the pool), lets the ledger decide,
// and every so often makes the ledger durable so that the consensus log may be cut behind it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "node/replica/ledger_slot.h"
#include "node/replica/work.h"

namespace puhui::node {

struct ApplierOptions {
  // The ledger is synced, and a snapshot offered, after this many blocks or bytes of blocks.
  std::uint64_t sync_blocks = 4096;
  std::uint64_t sync_bytes = std::uint64_t{256} << 20;
};

// All called on the applying thread.
struct ApplierHooks {
  // Blocks up to this position are applied.
  std::function<void(consensus::Index)> applied;
  // Events of this node's clients that have an answer now.
  std::function<void(std::vector<PendingPtr>)> answered;
  // The ledger is durable at this position; the view shows exactly its state.
  std::function<void(ledger::AppliedAt, std::shared_ptr<ledger::View>)> synced;
  // The ledger applies no more.
  std::function<void(const std::string& reason)> stopped;
};

class Applier {
 public:
  Applier(LedgerSlot& slot, ApplierOptions options, ApplierHooks hooks);
  // Drops what is queued.
  ~Applier();

  void push(WorkPtr work);
  // Forgets what is queued and waits until nothing is being applied; used to change ledgers.
  void drain();

 private:
  void run();
  void apply(Work& work);
  void answer(Work& work, Result<std::vector<ledger::Answer>> answers);
  void sync_now_and_then(const Work& work);

  LedgerSlot& slot_;
  const ApplierOptions options_;
  const ApplierHooks hooks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<WorkPtr> queue_;
  bool busy_ = false;
  bool stopping_ = false;
  std::uint64_t blocks_since_sync_ = 0, bytes_since_sync_ = 0;
  bool synced_once_ = false;
  std::thread thread_;
};

}  // namespace puhui::node
