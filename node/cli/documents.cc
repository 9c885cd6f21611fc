#include "node/cli/documents.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "crypto/hash.h"
#include "node/files/folder.h"

namespace puhui::node::cli {
namespace {

// As the IANA registers them.
constexpr auto kMediaTypes = std::to_array<std::pair<std::string_view, std::string_view>>({
    {".pdf", "application/pdf"},
    {".txt", "text/plain"},
    {".csv", "text/csv"},
    {".json", "application/json"},
    {".xml", "application/xml"},
    {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".tif", "image/tiff"},
    {".tiff", "image/tiff"},
});

std::string_view media_type_of(const std::filesystem::path& path) {
  auto extension = path.extension().string();
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const auto known =
      std::ranges::find(kMediaTypes, extension, [](const auto& pair) { return pair.first; });
  return known == kMediaTypes.end() ? std::string_view() : known->second;
}

// A file's own name may hold "=" too, so what exists as it stands is a file.
std::pair<std::string, std::string> path_and_type(const std::string& text) {
  const auto equals = text.rfind('=');
  if (equals == std::string::npos || exists(text)) return {text, {}};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace

Result<v1::Document> read_document(const std::string& text) {
  const auto [file, given] = path_and_type(text);
  const auto bytes = read_file(file);
  if (!bytes) return tl::make_unexpected(bytes.error());
  const std::filesystem::path path(file);
  const std::string type = given.empty() ? std::string(media_type_of(path)) : given;
  if (type.empty())
    return fail(ErrorCode::INVALID_ARGUMENT,
                file + ": of what kind is it? Say so: " + file + "=MEDIA/TYPE");
  if (bytes->empty()) return fail(ErrorCode::INVALID_ARGUMENT, file + " is empty");
  v1::Document document;
  document.set_name(path.filename().string());
  document.set_sha256(std::string(crypto::sha256(*bytes).view()));
  document.set_media_type(type);
  document.set_size(static_cast<std::int64_t>(bytes->size()));
  return document;
}

}  // namespace puhui::node::cli
