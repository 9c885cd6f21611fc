// Any view at any past position: the leaves up to it, followed again in a ledger beside the node's.
//
//   FOLDER/scratch-<n>       the ledger at hand; goes forward, or begins again for an earlier past
//   FOLDER/milestone-<size>  views of a past size to begin from, so that no question follows more
//                            than a bounded part of the log again
// All of it can be deleted while the node is down. Threads: `at` from any; answers come from one.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "node/history/replay.h"

namespace puhui::node {

// A ledger in a folder that goes with it.
class Scratch {
 public:
  Scratch(std::unique_ptr<ledger::Ledger> ledger, std::string folder)
      : ledger_(std::move(ledger)), folder_(std::move(folder)) {}
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] ledger::Ledger& ledger() { return *ledger_; }
  // Closes the ledger and answers its folder, which stays.
  std::string close();

 private:
  std::unique_ptr<ledger::Ledger> ledger_;
  std::string folder_;
};

// The views of a past; what they are read from lives as long.
struct Past {
  std::shared_ptr<Scratch> scratch;
  std::unique_ptr<ledger::View> view;
};

struct HistoryOptions {
  std::string folder;
  unsigned threads = 2;
  std::uint64_t milestone_leaves = std::uint64_t{1} << 16;
  // A question that needs more is told to come again, and finds this many more done.
  std::uint64_t leaves_per_question = std::uint64_t{1} << 17;
  ledger::StoreOptions store;  // its folder is chosen here
};

class History {
 public:
  static constexpr int kWaitingMax = 16;
  static constexpr std::uint64_t kMilestonesMax = 16;

  History(HistoryOptions options, ReadLeaf read);
  // Answers what waits with UNAVAILABLE first.
  ~History();

  using Done = std::function<void(Result<Past> past)>;
  // The views after the first `size` leaves, all of which must exist. UNAVAILABLE says how far the
  // rebuilding has come, BUSY that too many wait; errors of replay and of the file system.
  void at(std::uint64_t size, Done done);

 private:
  [[nodiscard]] Result<Past> find(std::uint64_t size);
  [[nodiscard]] Result<void> begin_before(std::uint64_t size);
  [[nodiscard]] Result<void> go_to(std::uint64_t size);
  [[nodiscard]] Result<void> open(const std::string& folder);
  [[nodiscard]] std::uint64_t reached() const;
  [[nodiscard]] std::string milestone(std::uint64_t size) const;
  [[nodiscard]] std::set<std::uint64_t> milestones() const;
  [[nodiscard]] std::uint64_t milestone_before(std::uint64_t size) const;
  [[nodiscard]] Result<void> keep_milestone(std::uint64_t size);

  const HistoryOptions options_;
  const ReadLeaf read_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> waiting_{0};
  // The rest belongs to the one thread of `order_`.
  std::shared_ptr<Scratch> scratch_;
  std::uint64_t scratches_ = 0;
  boost::asio::thread_pool checking_;
  boost::asio::thread_pool order_{1};
};

}  // namespace puhui::node
