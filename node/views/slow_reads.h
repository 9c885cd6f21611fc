// Answers that read much (statements, lists of claims, credits), few at a time, on two threads of
// their own, one for members and one for strangers: they hold up nobody, nor strangers members.
// Threads: `answer` from any; answers come from the two, or at once.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <functional>

#include "node/http/message.h"
#include "node/waiting.h"

namespace puhui::node::views {

class SlowReads {
 public:
  static constexpr int kWaitingMax = 4;  // of each

  // Stops.
  ~SlowReads();

  // Answers what `work` gives; BUSY; UNAVAILABLE once this stops.
  void answer(const http::Request& request, const http::Respond& respond,
              std::function<http::Response()> work);

  // Answers what waits and waits for what is read. Not from `work`.
  void stop();

 private:
  std::atomic<bool> stopping_{false};
  Waiting waiting_{kWaitingMax};
  boost::asio::thread_pool members_{1}, strangers_{1};
};

}  // namespace puhui::node::views
