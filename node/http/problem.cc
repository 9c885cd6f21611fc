#include "node/http/problem.h"

#include <google/protobuf/util/json_util.h>

#include <cassert>

#include "puhui/v1/api.pb.h"

namespace puhui::node::http {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Details quote bytes from outside, and JSON strings are UTF-8: other bytes become U+FFFD.
std::string to_utf8(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t size = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : 0;
    const std::size_t wide = lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
    const std::size_t want = size + wide;
    bool whole = want != 0 && at + want <= text.size();
    for (std::size_t i = 1; whole && i < want; ++i) {
      whole = (static_cast<unsigned char>(text[at + i]) & 0xC0) == 0x80;
    }
    out += whole ? text.substr(at, want) : kReplacement;
    at += whole ? want : 1;
  }
  return out;
}

}  // namespace

Response problem(const Error& error) {
  v1::Problem message;
  message.set_type("urn:puhui:error:" + std::string(code_name(error.code)));
  message.set_title(std::string(code_text_en(error.code)));
  message.set_status(code_http(error.code));
  message.set_detail(to_utf8(error.detail));
  message.set_code(std::string(code_name(error.code)));
  message.set_title_zh(std::string(code_text_zh(error.code)));

  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  assert(status.ok());

  Response response{code_http(error.code), std::string(kProblemType), {}, std::move(json)};
  if (response.status == 429 || response.status == 503) {
    response.headers.emplace_back("Retry-After", "1");
  }
  return response;
}

}  // namespace puhui::node::http
