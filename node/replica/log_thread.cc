#include "node/replica/log_thread.h"

namespace puhui::node {

LogThread::LogThread(consensus::Log& log, std::function<void(consensus::Ticket)> written)
    : log_(log), written_(std::move(written)), thread_([this] { run(); }) {}

LogThread::~LogThread() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void LogThread::enqueue(consensus::Ticket ticket, consensus::LogOp op) {
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(op));
    last_ = ticket;
  }
  changed_.notify_one();
}

std::uint64_t LogThread::writes() const {
  std::lock_guard lock(mutex_);
  return writes_;
}

void LogThread::run() {
  std::vector<consensus::LogOp> ops;
  while (true) {
    consensus::Ticket ticket = 0;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      ops.clear();
      ops.swap(queue_);
      ticket = last_;
      ++writes_;
    }
    log_.write(ops);
    written_(ticket);
  }
}

}  // namespace puhui::node
