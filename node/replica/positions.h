// Requests that wait until the local ledger has reached a position. Any thread.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "proto/error.h"

namespace puhui::node {

class Positions {
 public:
  using Done = std::function<void(Result<void>)>;
  static constexpr std::size_t kWaitingMax = 10'000;

  // `done` at once if the ledger of `size` leaves holds `position`, otherwise when it does.
  // BUSY if too many wait.
  void wait(std::uint64_t position, std::uint64_t size, std::uint64_t deadline_ms, Done done);
  void reached(std::uint64_t size);
  // UNAVAILABLE for those whose time is up; all of them at the end of time.
  void expire(std::uint64_t now_ms);

 private:
  struct Waiting {
    std::uint64_t deadline_ms = 0;
    Done done;
  };
  std::mutex mutex_;
  std::multimap<std::uint64_t, Waiting> waiting_;  // by position
  std::uint64_t size_ = 0;
};

}  // namespace puhui::node
