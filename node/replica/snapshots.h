// The snapshots this node offers to others: the newest two, pinned, with their manifests.
//
// Making one reads all views, on the pool. After a restart nothing is offered until the first block
// was applied and synced; who asks for an older one is told it is gone, and gets a newer manifest
// from consensus. Any thread.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "ledger/snapshot.h"
#include "node/replica/receipts.h"
#include "puhui/v1/peer.pb.h"

namespace puhui::node {

class Snapshots {
 public:
  // `made` is called on the pool with each finished manifest.
  Snapshots(boost::asio::thread_pool& pool, std::function<void(v1::SnapshotManifest)> made)
      : pool_(pool), made_(std::move(made)) {}

  // Pins a state. While one is being made, later ones are skipped.
  void pin(ledger::AppliedAt at, std::shared_ptr<ledger::View> view);
  void clear();

  // Answers one request; reading may take milliseconds. `checkpoint` is the newest complete one,
  // and `ledger` holds all its leaves.
  [[nodiscard]] v1::FetchAnswer answer(const v1::FetchRequest& request,
                                       const CompletePtr& checkpoint, const LedgerPtr& ledger);

 private:
  struct Held {
    std::mutex mutex;  // a source serves one request at a time
    std::unique_ptr<ledger::SnapshotSource> source;
  };
  std::shared_ptr<Held> find(std::uint64_t index) const;

  boost::asio::thread_pool& pool_;
  std::function<void(v1::SnapshotManifest)> made_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<Held>> held_;
  bool making_ = false;
};

}  // namespace puhui::node
