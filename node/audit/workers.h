// Threads that prepare chunks ahead, in no order; whoever asked waits for them in order.
#pragma once

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "node/audit/folder.h"

namespace puhui::node::audit {

class Workers {
 public:
  explicit Workers(unsigned threads);
  // Waits for the work under way; what has not begun is not done.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  [[nodiscard]] std::future<Chunk> prepare(std::function<Chunk()> work);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wakes_;
  std::deque<std::packaged_task<Chunk()>> waiting_;
  bool ends_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace puhui::node::audit
