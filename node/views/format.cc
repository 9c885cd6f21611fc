#include "node/views/format.h"

#include <google/protobuf/util/json_util.h>

#include "crypto/bytes.h"

namespace puhui::node::views {

std::string to_json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  // Fails only for messages with Any inside; ours have none.
  (void)google::protobuf::util::MessageToJsonString(message, &json, options);
  return json + "\n";
}

http::Response message(const http::Request& request, const google::protobuf::Message& message,
                       int status) {
  http::Response response;
  response.status = status;
  const bool wants_protobuf =
      http::find_header(request.headers, "accept").find(kProtobuf) != std::string_view::npos;
  response.content_type = wants_protobuf ? kProtobuf : kJson;
  response.body = wants_protobuf ? message.SerializeAsString() : to_json(message);
  return response;
}

http::Response text(std::string body) {
  http::Response response;
  response.content_type = kText;
  response.body = std::move(body);
  return response;
}

http::Response bytes(std::string body) {
  http::Response response;
  response.content_type = kBytes;
  response.body = std::move(body);
  return response;
}

Result<std::uint64_t> number(std::string_view text) {
  if (const auto value = crypto::parse_decimal(text)) return *value;
  return fail(ErrorCode::INVALID_ARGUMENT, "not a number: " + std::string(text));
}

Result<ledger::Page> page_of(const http::Request& request) {
  ledger::Page page;
  if (const auto after = request.query.find("after"); after != request.query.end())
    page.after = after->second;
  if (const auto limit = request.query.find("limit"); limit != request.query.end()) {
    const auto value = number(limit->second);
    if (!value) return tl::make_unexpected(value.error());
    if (*value == 0 || *value > ledger::kPageLimitMax)
      return fail(ErrorCode::INVALID_ARGUMENT, "limit is 1 to 1000");
    page.limit = static_cast<std::size_t>(*value);
  }
  return page;
}

}  // namespace puhui::node::views
