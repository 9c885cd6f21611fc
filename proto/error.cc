#include "proto/error.h"

#include <google/protobuf/descriptor.h>

#include <map>

namespace puhui {
namespace {

struct Words {
  std::string code = "unknown", en = "unknown code", zh = "未知代码";
  int http = 500;
};

const std::map<int, Words>& table() {
  static const auto* built_once = [] {
    auto* built = new std::map<int, Words>;
    const auto* list = google::protobuf::GetEnumDescriptor<ErrorCode>();
    for (int i = 0; i < list->value_count(); ++i) {
      const auto& options = list->value(i)->options();
      (*built)[list->value(i)->number()] = {
          options.GetExtension(v1::code), options.GetExtension(v1::en),
          options.GetExtension(v1::zh), options.GetExtension(v1::http)};
    }
    return built;
  }();
  return *built_once;
}

const Words& words(ErrorCode code) {
  static const Words unknown;
  const auto found = table().find(code);
  return found == table().end() ? unknown : found->second;
}

}  // namespace

std::string_view code_name(ErrorCode code) { return words(code).code; }
std::string_view code_text_en(ErrorCode code) { return words(code).en; }
std::string_view code_text_zh(ErrorCode code) { return words(code).zh; }
int code_http(ErrorCode code) { return words(code).http; }

ErrorCode code_from_name(std::string_view name) {
  for (const auto& [code, known] : table())
    if (known.code == name) return static_cast<ErrorCode>(code);
  return ErrorCode::INVALID_ARGUMENT;
}

std::string describe(const Error& error) {
  std::string text = std::string(code_name(error.code)) + ": ";
  text += code_text_en(error.code);
  if (!error.detail.empty()) text += " (" + error.detail + ")";
  return text;
}

}  // namespace puhui
