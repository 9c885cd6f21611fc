// A city on a ledger, as one who carries proofs sees it: the node's own views answer.
#pragma once

#include "crypto/tiles.h"
#include "node/http/problem.h"
#include "node/relay/city.h"
#include "node/views/answer.h"
#include "tests/ledger/cities.h"

namespace puhui::node::testing {

class AskedCity : public relay::City {
 public:
  explicit AskedCity(ledger::testing::SovereignCity& city) : city_(city), code_(city.code()) {}

  bool is_away = false;                          // does not answer
  std::size_t asked = 0;                         // questions answered
  std::size_t unanswered = 0;                    // questions while it is away
  std::size_t sent = 0;                          // events taken
  std::string shown;                             // instead of its checkpoint
  std::string caller;                            // party whose certificate asks
  std::map<std::string, std::string> witnessed;  // what its nodes answer as witnesses, by path

  [[nodiscard]] const std::string& code() const override { return code_; }

  Result<std::string> fetch(const std::string& path) override {
    if (is_away) return stay_silent();
    ++asked;
    if (path == "/checkpoint") return shown.empty() ? city_.signed_note(city_.tree()) : shown;
    if (!path.starts_with("/tile/")) return answer_to(request_for(words_of(path), {}));
    const auto tile = crypto::parse_tile_path(std::string_view(path).substr(1));
    if (!tile) return tl::make_unexpected(tile.error());
    auto bytes = city_.view().tile(*tile);
    if (!bytes) return fail(ErrorCode::NOT_FOUND, path);
    return std::move(*bytes);
  }

  std::vector<std::string> fetch_from_each(const std::string& path) override {
    if (is_away || !witnessed.contains(path)) return {};
    return {witnessed.at(path)};
  }

  Result<void> read(relay::Parts parts, relay::Query query,
                    google::protobuf::Message& answer) override {
    if (is_away) return stay_silent();
    ++asked;
    if (auto* status = dynamic_cast<v1::Status*>(&answer)) {
      status->set_city(code_);
      status->set_size(static_cast<std::int64_t>(city_.head().size));
      status->set_time(city_.head().time);
      status->set_now(city_.now);
      return {};
    }
    const auto body = answer_to(request_for({parts.begin(), parts.end()}, query));
    if (!body) return tl::make_unexpected(body.error());
    if (!answer.ParseFromString(*body)) return fail(ErrorCode::CORRUPT, "an answer");
    return {};
  }

  Result<v1::SubmissionResult> submit(v1::Payload payload, std::string attachment) override {
    if (is_away) return stay_silent();
    ++sent;
    const auto blank = city_.event("operator");
    payload.set_city(blank.city());
    payload.set_party(blank.party());
    if (payload.event_id().empty()) payload.set_event_id(blank.event_id());
    payload.set_valid_until(blank.valid_until());
    auto signed_event = city_.sealed(payload, {"operator"});
    signed_event.has_attachment = !attachment.empty();
    signed_event.attachment = std::move(attachment);
    const auto answer = city_.submit(signed_event);
    if (answer.decision == v1::FAILED) return ledger::failed_result({answer.code, answer.detail});
    if (answer.decision == v1::REFUSED) return ledger::refused_result(answer.outcome);
    return ledger::accepted_result(answer.outcome, answer.leaf, answer.time);
  }

 private:
  tl::unexpected<Error> stay_silent() {
    ++unanswered;
    return fail(ErrorCode::UNREACHABLE, code_);
  }
  static std::vector<std::string> words_of(std::string_view path) {
    std::vector<std::string> words;
    while (!path.empty()) {
      path.remove_prefix(1);
      words.emplace_back(path.substr(0, path.find('/')));
      path.remove_prefix(words.back().size());
    }
    return words;
  }
  static http::Request request_for(std::vector<std::string> words, const relay::Query& query) {
    http::Request request;
    request.method = "GET";
    request.path = "/as/sent";
    request.segments = std::move(words);
    request.query.insert(query.begin(), query.end());
    request.headers = {{"Accept", "application/x-protobuf"}};
    return request;
  }
  Result<std::string> answer_to(const http::Request& request) {
    auto view = city_.view(), current = city_.view();
    views::Reading reading{
        request, view, current, *view.genesis(), nullptr, nullptr, nullptr, view.party(caller), 0};
    const auto response = views::answer_read(reading);
    const auto& body = std::get<std::string>(response.body);
    if (response.status == 404) return fail(ErrorCode::NOT_FOUND, request.segments.back());
    if (response.status == 403) return fail(ErrorCode::NOT_PERMITTED, request.segments.back());
    if (response.status != 200) return fail(ErrorCode::INVALID_ARGUMENT, body);
    return body;
  }

  ledger::testing::SovereignCity& city_;
  const std::string code_;
};

}  // namespace puhui::node::testing
