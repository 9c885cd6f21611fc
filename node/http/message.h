// Requests and responses as handlers see them: plain values, no library types.
//
// Everything in a Request comes from outside and is bounded and well formed HTTP, nothing more,
// except `party`, which TLS has proved.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "node/waiting.h"
#include "proto/error.h"

namespace puhui::node::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The value of the first header of this name, compared without case; empty if there is none.
[[nodiscard]] std::string_view find_header(const Headers& headers, std::string_view name);

struct Request {
  std::string method;  // As sent: "GET", "POST", …
  std::string path;    // As sent, without the query: "/v1/parties/a%2Fb"; begins with '/'.
  // The path's parts, each percent-decoded: {"v1", "parties", "a/b"}. Never ".", ".." nor with a
  // NUL in it; a final '/' leaves an empty last part; "/" is one empty part.
  std::vector<std::string> segments;
  std::map<std::string, std::string> query;  // Decoded ('+' is a space); no name twice.
  Headers headers;
  std::string body;
  std::optional<std::string> party;  // Of the verified client certificate.
  std::string remote;                // IP address of the caller.
};

[[nodiscard]] inline Caller caller_of(const Request& request) {
  return request.party ? Caller::member : Caller::stranger;
}

// A body of unknown length, pulled by the server. The server calls the stream when the connection
// has taken the piece before; the stream answers, at once or later and from any thread, by calling
// the sink it was given once: with bytes, with an empty string for the end, or with an error, which
// breaks the connection so that the caller cannot take a part for the whole. No second call comes
// before the first was answered, and no more than one piece is ever held. When the caller goes away
// the server drops the stream (its destructor is the notice) and sinks become no-ops. A stream that
// has nothing to say must send some filler within ServerLimits::stream_idle_ms.
using ChunkSink = std::function<void(Result<std::string>)>;
using Stream = std::function<void(ChunkSink)>;

struct Response {
  int status = 200;
  std::string content_type;
  // Further headers. One whose name or value holds a control character is left out. Content-Type,
  // Content-Length, Transfer-Encoding and Connection are the server's.
  Headers headers;
  // The shared form is for bytes that many answers carry; it must not change any more.
  std::variant<std::string, std::shared_ptr<const std::string>, Stream> body;
};

// Takes the answer to one request; called once, from any thread. A second call does nothing. If
// every copy is destroyed without a call, or none comes within ServerLimits::answer_ms, the caller
// gets OUTCOME_UNKNOWN.
using Respond = std::function<void(Response)>;

// Runs on an io thread: must not block and must not throw; may answer later.
using Handler = std::function<void(Request, Respond)>;

}  // namespace puhui::node::http
