#include "node/witness/endpoint.h"

#include <boost/asio/post.hpp>

#include "node/clocks.h"
#include "node/http/problem.h"

namespace puhui::node {
namespace {

constexpr const char* kText = "text/plain; charset=utf-8";

http::Response response_of(WitnessAnswer answer) {
  const bool is_stale = answer.status == crypto::Witnessing::stale;
  return {static_cast<int>(answer.status),
          is_stale ? std::string(crypto::kTlogSizeType) : kText,
          {},
          std::move(answer.body)};
}

}  // namespace

std::string WitnessEndpoint::vkey() const {
  return witness_ == nullptr ? std::string() : crypto::format_vkey(witness_->key());
}

void WitnessEndpoint::handle(const http::Request& request, http::Respond respond) {
  const auto& segments = request.segments;
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  if (witness_ == nullptr || segments.size() < 2)
    return respond(http::problem({ErrorCode::NOT_FOUND, request.path}));
  if (segments.size() == 2 && segments[1] == "add-checkpoint") {
    if (request.method == "POST") return add(request, std::move(respond));
    return respond(http::problem({ErrorCode::METHOD_NOT_ALLOWED, request.method}));
  }
  if (!is_read) return respond(http::problem({ErrorCode::METHOD_NOT_ALLOWED, request.method}));
  const bool asks_newest = segments.size() == 3 && segments[2] == "checkpoint";
  auto newest = asks_newest ? witness_->newest(segments[1]) : std::nullopt;
  if (!newest) return respond(http::problem({ErrorCode::NOT_FOUND, request.path}));
  respond({200, kText, {}, std::move(*newest)});
}

void WitnessEndpoint::add(const http::Request& request, http::Respond respond) {
  boost::asio::post(thread_, [this, body = request.body, respond = std::move(respond)] {
    const auto now_s = static_cast<std::uint64_t>(wall_clock_us() / 1'000'000);
    respond(response_of(witness_->add_checkpoint(body, now_s)));
  });
}

}  // namespace puhui::node
