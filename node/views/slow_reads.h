// Answers that read much (statements, lists of claims, credits) on a thread of their own, few at a
// time, so that they hold up nobody.
// Threads: `answer` from any; answers come from one.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <functional>

#include "node/http/message.h"
#include "node/waiting.h"

namespace puhui::node::views {

class SlowReads {
 public:
  static constexpr int kWaitingMax = 8;

  // Stops.
  ~SlowReads();

  // Answers what `work` gives, or BUSY.
  void answer(const http::Request& request, const http::Respond& respond,
              std::function<http::Response()> work);

  // Waits until all is answered. Not from `work`.
  void stop();

 private:
  Waiting waiting_{kWaitingMax};
  boost::asio::thread_pool pool_{1};
};

}  // namespace puhui::node::views
