// Answers that read much (statements, lists of claims, credits), few at a time, on threads of their
// own, one each for members, for who signs to read the own account, and for strangers: they hold up
// nobody, nor strangers the others. A signature that is none is refused before anything is read.
// Threads: `answer` from any; answers come from these, or at once.
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
  [[nodiscard]] boost::asio::thread_pool& pool_of(Caller caller);

  std::atomic<bool> stopping_{false};
  Waiting waiting_{kWaitingMax};
  boost::asio::thread_pool members_{1}, owners_{1}, strangers_{1};
};

}  // namespace puhui::node::views
