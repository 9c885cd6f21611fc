// Fetches a snapshot from a peer, piece by piece, into a new folder, verifying everything.
//
// Order: digests, entries, attachments, segments, then the newest complete checkpoint with a
// consistency proof: the fetched tree must be its prefix, and the policy of the voters must hold.
// One request is out at a time and is sent again when its answer is lost.
// Threads: on the ordering strand; the pieces are written on the pool.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <string>

#include "crypto/policy.h"
#include "ledger/snapshot.h"

namespace puhui::node {

struct FetcherHooks {
  std::function<void(const v1::FetchRequest& request)> send;
  std::function<Result<crypto::Policy>()> policy;
  // Once, unless this object is destroyed before: the folder holds a verified, durable ledger, or
  // why it does not.
  std::function<void(Result<void>)> done;
};

class Fetcher : public std::enable_shared_from_this<Fetcher> {
 public:
  // Everything in `store.folder` is removed first.
  Fetcher(v1::SnapshotManifest manifest, ledger::StoreOptions store,
          boost::asio::any_io_executor strand, boost::asio::thread_pool& pool, FetcherHooks hooks);

  void begin();
  void receive(v1::FetchAnswer answer);
  void tick(std::uint64_t now_ms);
  // Nothing is called any more.
  void abandon() { finished_ = true; }
  [[nodiscard]] const std::string& folder() const { return store_.folder; }
  [[nodiscard]] std::uint64_t index() const { return manifest_.index(); }

 private:
  // The request that brings what is missing next; the proof comes last.
  [[nodiscard]] v1::FetchRequest next_request();
  void ask();
  [[nodiscard]] Result<void> take(const v1::FetchAnswer& answer, const crypto::Policy& policy);
  [[nodiscard]] Result<void> check_proof(const v1::FetchAnswer& answer,
                                         const crypto::Policy& policy);
  void end(Result<void> outcome);

  const v1::SnapshotManifest manifest_;
  const ledger::StoreOptions store_;
  boost::asio::any_io_executor strand_;
  boost::asio::thread_pool& pool_;
  const FetcherHooks hooks_;
  std::unique_ptr<ledger::SnapshotSink> sink_;
  v1::FetchRequest request_;
  std::uint64_t asked_ms_ = 0;
  bool working_ = false;
  bool have_digests_ = false;
  std::size_t attachments_ = 0;
  std::uint32_t segments_ = 0;
  bool finished_ = false;
};

}  // namespace puhui::node
