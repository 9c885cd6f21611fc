#include "node/views/slow_reads.h"

#include <boost/asio/post.hpp>

#include "node/http/problem.h"

namespace puhui::node::views {
namespace {

http::Response stops() { return http::problem({ErrorCode::UNAVAILABLE, "the node stops"}); }

}  // namespace

SlowReads::~SlowReads() { stop(); }

void SlowReads::stop() {
  stopping_ = true;
  members_.join();
  strangers_.join();
}

void SlowReads::answer(const http::Request& request, const http::Respond& respond,
                       std::function<http::Response()> work) {
  if (stopping_) return respond(stops());
  const auto caller = http::caller_of(request);
  auto place = waiting_.enter(caller);
  if (!place) return respond(http::problem({ErrorCode::BUSY, "too many ask for long answers"}));
  auto& pool = caller == Caller::member ? members_ : strangers_;
  boost::asio::post(pool, [this, respond, work = std::move(work), place = std::move(place)] {
    respond(stopping_ ? stops() : work());
  });
}

}  // namespace puhui::node::views
