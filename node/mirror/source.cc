#include "node/mirror/source.h"

#include <memory>

#include "crypto/tiles.h"
#include "node/files/folder.h"
#include "node/http/client.h"
#include "node/http/target.h"

namespace puhui::node {
namespace {

constexpr std::uint32_t kConnectMs = 5'000;
constexpr std::uint32_t kAnswerMs = 30'000;

Result<std::string> body_of(Result<http::ClientResponse> answer) {
  if (!answer) {
    const bool unknown = answer.error().code == ErrorCode::OUTCOME_UNKNOWN;
    return fail(unknown ? ErrorCode::UNREACHABLE : answer.error().code, answer.error().detail);
  }
  switch (answer->status) {
    case 200:
      return std::move(answer->body);
    case 401:
    case 403:
      return fail(ErrorCode::NOT_PERMITTED, "the source does not show this to us");
    case 404:
      return fail(ErrorCode::NOT_FOUND, "the source does not have this");
    default:
      return fail(ErrorCode::UNAVAILABLE, "the source answers " + std::to_string(answer->status));
  }
}

Result<Fetch> open_server(const SourceOptions& options) {
  const auto address = http::parse_https(options.where);
  if (!address) return tl::make_unexpected(address.error());
  auto prefix = address->path;
  if (!prefix.ends_with('/')) prefix += '/';
  http::ClientOptions client;
  client.base_urls = {"https://" + address->authority()};
  client.authority_pem = options.authority_pem;
  client.certificate = options.certificate;
  client.connect_ms = kConnectMs;
  client.answer_ms = kAnswerMs;
  client.response_bytes_max = crypto::kBundleSizeMax;
  auto made = http::Client::create(std::move(client));
  if (!made) return tl::make_unexpected(made.error());
  return
      [prefix, shared = std::make_shared<http::Client>(std::move(*made))](const std::string& path) {
        auto body = body_of(shared->request("GET", prefix + path));
        if (!body) body.error().detail = path + ": " + body.error().detail;
        return body;
      };
}

bool is_server(const SourceOptions& options) { return options.where.starts_with("https://"); }

}  // namespace

std::string attachment_file(std::uint64_t leaf) {
  const auto path = crypto::tile_path({crypto::Tile::Kind::entries, 0, leaf, crypto::kTileWidth});
  constexpr std::string_view kBefore = "tile/entries";
  return "attachments" + path.substr(kBefore.size());
}

std::string attachment_path(const SourceOptions& options, std::uint64_t leaf) {
  return is_server(options) ? "v1/attachments/" + std::to_string(leaf) : attachment_file(leaf);
}

Result<Fetch> open_source(const SourceOptions& options) {
  if (is_server(options)) return open_server(options);
  if (options.where.find("://") != std::string::npos)
    return fail(ErrorCode::INVALID_ARGUMENT,
                options.where + ": a source is an https:// address or a folder");
  return
      [folder = options.where](const std::string& path) { return read_file(folder + "/" + path); };
}

}  // namespace puhui::node
