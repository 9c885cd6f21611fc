#include "node/views/slow_reads.h"

#include <boost/asio/post.hpp>

#include "node/http/problem.h"
#include "node/views/own_key.h"

namespace puhui::node::views {
namespace {

http::Response stops() { return http::problem({ErrorCode::UNAVAILABLE, "the node stops"}); }

Caller asking(const http::Request& request) {
  const auto caller = http::caller_of(request);
  return caller == Caller::stranger && is_by_own_key(request) ? Caller::owner : caller;
}

}  // namespace

SlowReads::~SlowReads() { stop(); }

void SlowReads::stop() {
  stopping_ = true;
  members_.join();
  owners_.join();
  strangers_.join();
}

boost::asio::thread_pool& SlowReads::pool_of(Caller caller) {
  if (caller == Caller::member) return members_;
  return caller == Caller::owner ? owners_ : strangers_;
}

void SlowReads::answer(const http::Request& request, const http::Respond& respond,
                       std::function<http::Response()> work) {
  if (stopping_) return respond(stops());
  const auto caller = asking(request);
  auto place = waiting_.enter(caller);
  if (!place) return respond(http::problem({ErrorCode::BUSY, "too many ask for long answers"}));
  boost::asio::post(pool_of(caller),
                    [this, respond, work = std::move(work), place = std::move(place)] {
                      respond(stopping_ ? stops() : work());
                    });
}

}  // namespace puhui::node::views
