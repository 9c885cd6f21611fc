#include "node/replica/positions.h"

#include <algorithm>

namespace puhui::node {

void Positions::wait(std::uint64_t position, std::uint64_t size, std::uint64_t deadline_ms,
                     Done done) {
  {
    std::lock_guard lock(mutex_);
    size_ = std::max(size_, size);
    if (position >= size_ && waiting_.size() < kWaitingMax) {
      waiting_.emplace(position, Waiting{deadline_ms, std::move(done)});
      return;
    }
    if (position >= size_) size = 0;
  }
  if (size == 0) return done(fail(ErrorCode::BUSY, "too many requests wait for a position"));
  done({});
}

void Positions::reached(std::uint64_t size) {
  std::vector<Done> ready;
  {
    std::lock_guard lock(mutex_);
    size_ = std::max(size_, size);
    const auto end = waiting_.lower_bound(size_);
    for (auto it = waiting_.begin(); it != end; ++it) ready.push_back(std::move(it->second.done));
    waiting_.erase(waiting_.begin(), end);
  }
  for (const auto& done : ready) done({});
}

void Positions::expire(std::uint64_t now_ms) {
  std::vector<Done> late;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [&](auto& entry) {
      if (entry.second.deadline_ms > now_ms) return false;
      late.push_back(std::move(entry.second.done));
      return true;
    });
  }
  for (const auto& done : late)
    done(fail(ErrorCode::UNAVAILABLE, "this node has not reached the position in time"));
}

}  // namespace puhui::node
