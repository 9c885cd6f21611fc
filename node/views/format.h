// Messages as answers: JSON (or protobuf where the caller accepts it), text, bytes.
#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>

#include "ledger/views/view.h"
#include "node/http/message.h"
#include "node/http/problem.h"

namespace puhui::node::views {

inline constexpr std::string_view kJson = "application/json; charset=utf-8";
inline constexpr std::string_view kProtobuf = "application/x-protobuf";
inline constexpr std::string_view kText = "text/plain; charset=utf-8";
inline constexpr std::string_view kBytes = "application/octet-stream";

[[nodiscard]] std::string to_json(const google::protobuf::Message& message);
[[nodiscard]] http::Response message(const http::Request& request,
                                     const google::protobuf::Message& message, int status = 200);
[[nodiscard]] http::Response text(std::string body);
[[nodiscard]] http::Response bytes(std::string body);
// The message, or 404 where there is none.
template <class M>
[[nodiscard]] http::Response found(const http::Request& request, const std::optional<M>& value) {
  if (!value) return http::problem({ErrorCode::NOT_FOUND, request.path});
  return message(request, *value);
}

// ?after= and ?limit= of a list.
[[nodiscard]] Result<ledger::Page> page_of(const http::Request& request);
// A number in a path or query: decimal, no sign. INVALID_ARGUMENT.
[[nodiscard]] Result<std::uint64_t> number(std::string_view text);

}  // namespace puhui::node::views
