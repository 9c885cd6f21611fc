// Any view at any past position: the leaves up to it, followed again in a ledger beside the node's.
//
//   FOLDER/scratch-<n>       one of a few ledgers at hand; each only goes forward
//   FOLDER/milestone-<size>  views of a past size to begin from, so that no question follows more
//                            than a bounded part of the log again
// A past is answered only if its root is the log's; a milestone that does not lead there, or does
// not open, is dropped for the one before. All of it can be deleted while the node is down.
// Threads: `at` from any; answers come from one.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "node/history/replay.h"
#include "node/waiting.h"

namespace puhui::node {

// A ledger in a folder that goes with it. `begun_at` is the milestone it began from, or 0.
class Scratch {
 public:
  Scratch(std::unique_ptr<ledger::Ledger> ledger, std::string folder, std::uint64_t begun_at)
      : ledger_(std::move(ledger)), folder_(std::move(folder)), begun_at_(begun_at) {}
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] ledger::Ledger& ledger() { return *ledger_; }
  [[nodiscard]] std::uint64_t begun_at() const { return begun_at_; }
  [[nodiscard]] std::uint64_t size() const { return ledger_->view().head().size; }
  // Closes the ledger and answers its folder, which stays.
  std::string close();

 private:
  std::unique_ptr<ledger::Ledger> ledger_;
  std::string folder_;
  std::uint64_t begun_at_;
};
using ScratchPtr = std::shared_ptr<Scratch>;

// The views of a past; what they are read from lives as long.
struct Past {
  std::shared_ptr<const void> source;
  std::unique_ptr<ledger::View> view;
};
using PastPtr = std::shared_ptr<const Past>;

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
  static constexpr int kWaitingMax = 8;  // of members, and of strangers
  static constexpr std::uint64_t kMilestonesMax = 16;
  static constexpr std::size_t kScratchesMax = 2;

  // The root of the log's first leaves; called from the answering thread.
  using RootAt = std::function<crypto::Digest(std::uint64_t size)>;

  History(HistoryOptions options, ReadLeaf read, RootAt root_at);
  // Stops.
  ~History();

  // `done` is called before `stop` returns, if it is called at all later than `at`.
  using Done = std::function<void(Result<PastPtr> past)>;
  // The views after the first `size` leaves, all of which must exist. UNAVAILABLE says how far the
  // rebuilding has come, or that this has stopped; BUSY that too many wait; CORRUPT that the leaves
  // do not lead to the log's root; errors of replay and of the file system.
  void at(std::uint64_t size, Caller caller, Done done);

  // Answers what waits with UNAVAILABLE; nothing is answered after it returns. Not from `done`.
  void stop();

 private:
  struct Question {
    std::uint64_t size = 0;
    Done done;
    Waiting::Place place;
  };

  void answer_next();
  [[nodiscard]] Result<PastPtr> find(std::uint64_t size);
  [[nodiscard]] Result<ScratchPtr*> scratch_for(std::uint64_t size);
  [[nodiscard]] Result<ScratchPtr> begin_before(std::uint64_t size);
  [[nodiscard]] Result<ScratchPtr> begin_at(std::uint64_t from, const std::string& folder);
  [[nodiscard]] Result<void> go_to(ScratchPtr& scratch, std::uint64_t size);
  [[nodiscard]] Result<ScratchPtr> open(const std::string& folder, std::uint64_t begun_at) const;
  [[nodiscard]] std::string new_folder();
  [[nodiscard]] std::string milestone(std::uint64_t size) const;
  [[nodiscard]] std::set<std::uint64_t> milestones() const;
  [[nodiscard]] std::uint64_t milestone_before(std::uint64_t size) const;
  // IO if it cannot be removed.
  [[nodiscard]] Result<void> drop_milestone(std::uint64_t size);
  [[nodiscard]] Result<void> copy_to_milestone(const std::string& from, std::uint64_t size) const;
  [[nodiscard]] Result<void> keep_milestone(ScratchPtr& scratch);
  void thin_milestones();

  const HistoryOptions options_;
  const ReadLeaf read_;
  const RootAt root_at_;
  std::atomic<bool> stopping_{false};
  Waiting waiting_{kWaitingMax};
  std::mutex asked_mutex_;
  std::deque<Question> members_, strangers_;  // members are answered first
  // The rest belongs to the one thread of `order_`.
  std::vector<ScratchPtr> scratches_;  // the one used last comes first
  std::set<std::uint64_t> sound_;  // milestones whose files were read, or written, by this process
  std::uint64_t folders_ = 0;
  boost::asio::thread_pool checking_;
  boost::asio::thread_pool order_{1};
};

}  // namespace puhui::node
