// The thread that writes the consensus log: takes all queued operations, makes them durable in one
// synced write (group commit), then reports the last ticket.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "consensus/driver.h"

namespace puhui::node {

class LogThread final : public consensus::LogWriter {
 public:
  // `written` is called on this thread after each write.
  LogThread(consensus::Log& log, std::function<void(consensus::Ticket)> written);
  // Finishes what is queued.
  ~LogThread() override;

  void enqueue(consensus::Ticket ticket, consensus::LogOp op) override;
  [[nodiscard]] std::uint64_t writes() const;

 private:
  void run();

  consensus::Log& log_;
  std::function<void(consensus::Ticket)> written_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<consensus::LogOp> queue_;
  consensus::Ticket last_ = 0;
  std::uint64_t writes_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace puhui::node
