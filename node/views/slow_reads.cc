#include "node/views/slow_reads.h"

#include <boost/asio/post.hpp>

#include "node/http/problem.h"

namespace puhui::node::views {

SlowReads::~SlowReads() { stop(); }

void SlowReads::stop() { pool_.join(); }

void SlowReads::answer(const http::Request& request, const http::Respond& respond,
                       std::function<http::Response()> work) {
  auto place = waiting_.enter(http::caller_of(request));
  if (!place) return respond(http::problem({ErrorCode::BUSY, "too many ask for long answers"}));
  boost::asio::post(
      pool_, [respond, work = std::move(work), place = std::move(place)] { respond(work()); });
}

}  // namespace puhui::node::views
