#include "node/views/slow_reads.h"

#include <boost/asio/post.hpp>

#include "node/http/problem.h"

namespace puhui::node::views {

SlowReads::~SlowReads() { stop(); }

void SlowReads::stop() { pool_.join(); }

void SlowReads::answer(http::Respond respond, std::function<http::Response()> work) {
  if (++waiting_ > kWaitingMax) {
    --waiting_;
    return respond(http::problem({ErrorCode::BUSY, "too many ask for long answers"}));
  }
  boost::asio::post(pool_, [this, respond = std::move(respond), work = std::move(work)] {
    respond(work());
    --waiting_;
  });
}

}  // namespace puhui::node::views
