#include "node/witness/endpoint.h"

#include <boost/asio/post.hpp>

#include "node/clocks.h"
#include "node/http/problem.h"

namespace puhui::node {
namespace {

constexpr const char* kText = "text/plain; charset=utf-8";

// What a person reads beside a status that has no body of its own.
std::string said(crypto::Witnessing status) {
  switch (status) {
    case crypto::Witnessing::malformed:
      return "not a well-formed request\n";
    case crypto::Witnessing::not_signed:
      return "no key of this log that is trusted here has signed\n";
    case crypto::Witnessing::unknown_log:
      return "this log is not followed here\n";
    default:
      return "the proof does not lead from what was cosigned last to this checkpoint\n";
  }
}

http::Response response_of(WitnessAnswer answer) {
  const bool is_stale = answer.status == crypto::Witnessing::stale;
  auto body = answer.body.empty() ? said(answer.status) : std::move(answer.body);
  return {static_cast<int>(answer.status),
          is_stale ? std::string(crypto::kTlogSizeType) : kText,
          {},
          std::move(body)};
}

// "witness", SHA-256 of an origin, and what of that log.
std::optional<std::string> shown_of(const Witness& witness,
                                    const std::vector<std::string>& segments) {
  if (segments.size() != 3) return std::nullopt;
  if (segments[2] == "checkpoint") return witness.newest(segments[1]);
  return segments[2] == "evidence" ? witness.evidence(segments[1]) : std::nullopt;
}

}  // namespace

std::string WitnessEndpoint::vkey() const {
  return witness_ == nullptr ? std::string() : crypto::format_vkey(witness_->key());
}

std::vector<Witness::Followed> WitnessEndpoint::followed() const {
  return witness_ == nullptr ? std::vector<Witness::Followed>() : witness_->followed();
}

void WitnessEndpoint::handle(const http::Request& request, http::Respond respond) {
  const auto& segments = request.segments;
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  if (witness_ == nullptr || segments.size() < 2)
    return respond(http::problem({ErrorCode::NOT_FOUND, request.path}));
  if (request.path == "/witness" + std::string(crypto::kAddCheckpointPath)) {
    if (request.method == "POST") return add(request, std::move(respond));
    return respond(http::problem({ErrorCode::METHOD_NOT_ALLOWED, request.method}));
  }
  if (!is_read) return respond(http::problem({ErrorCode::METHOD_NOT_ALLOWED, request.method}));
  auto shown = shown_of(*witness_, segments);
  if (!shown) return respond(http::problem({ErrorCode::NOT_FOUND, request.path}));
  respond({200, kText, {}, std::move(*shown)});
}

void WitnessEndpoint::add(const http::Request& request, http::Respond respond) {
  if (++waiting_ > kRequestsWaitingMax) {
    --waiting_;
    return respond(http::problem({ErrorCode::BUSY, "too many requests wait for this witness"}));
  }
  boost::asio::post(thread_, [this, body = request.body, respond = std::move(respond)] {
    const auto now_s = static_cast<std::uint64_t>(wall_clock_us() / 1'000'000);
    respond(response_of(witness_->add_checkpoint(body, now_s)));
    --waiting_;
  });
}

}  // namespace puhui::node
