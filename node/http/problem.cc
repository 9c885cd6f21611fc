#include "node/http/problem.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cassert>

#include "puhui/v1/api.pb.h"

namespace puhui::node::http {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The length of the well-formed UTF-8 sequence (Unicode 15, table 3-7) a text begins with, or 0.
std::size_t sequence_size(std::string_view text) {
  const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t size = lead < 0xC2   ? 0
                           : lead < 0xE0 ? 2
                           : lead < 0xF0 ? 3
                           : lead < 0xF5 ? 4
                                         : 0;
  if (size == 0 || text.size() < size) return 0;
  for (std::size_t at = 1; at < size; ++at) {
    if ((byte(at) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool outside = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
  return overlong || outside ? 0 : size;
}

// Details quote bytes from outside, and JSON strings are UTF-8: other bytes become U+FFFD.
std::string to_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = sequence_size(text);
    out += size == 0 ? kReplacement : text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
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
