#include "node/audit/workers.h"

namespace puhui::node::audit {

Workers::Workers(unsigned threads) {
  for (unsigned i = 0; i < std::max(1U, threads); ++i) threads_.emplace_back([this] { work(); });
}

Workers::~Workers() {
  {
    std::lock_guard lock(mutex_);
    ends_ = true;
    waiting_.clear();
  }
  wakes_.notify_all();
  for (auto& thread : threads_) thread.join();
}

std::future<Chunk> Workers::prepare(std::function<Chunk()> work) {
  std::packaged_task<Chunk()> task(std::move(work));
  auto made = task.get_future();
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(task));
  }
  wakes_.notify_one();
  return made;
}

void Workers::work() {
  for (;;) {
    std::packaged_task<Chunk()> task;
    {
      std::unique_lock lock(mutex_);
      wakes_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
      if (ends_) return;
      task = std::move(waiting_.front());
      waiting_.pop_front();
    }
    task();
  }
}

}  // namespace puhui::node::audit
