#include "node/mirror/site.h"

#include <google/protobuf/util/json_util.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "node/clocks.h"
#include "node/http/problem.h"

namespace puhui::node {
namespace {

using crypto::Tile;
using http::problem;
using http::Response;

Response answer(const char* type, std::string body, const char* cache) {
  Response response;
  response.content_type = type;
  response.headers.emplace_back("Cache-Control", cache);
  response.body = std::move(body);
  return response;
}

// The first `width` hashes or entries.
Result<std::string> cut(const Tile& tile, const std::string& bytes, unsigned have) {
  if (tile.kind == Tile::Kind::hashes) return bytes.substr(0, tile.width * crypto::Digest::kSize);
  const auto entries = crypto::parse_bundle(bytes, have);
  if (!entries) return tl::make_unexpected(entries.error());
  std::string bundle;
  for (unsigned i = 0; i < tile.width; ++i) crypto::append_to_bundle(bundle, (*entries)[i]);
  return bundle;
}

// Tiles of earlier sizes are parts of what is there now; only that was accepted.
Result<std::string> read_tile(const Copy& copy, const Tile& tile, std::uint64_t size) {
  auto whole = tile;
  const auto there = crypto::tiles_at(tile.level, size);
  whole.width = tile.index < there.full ? crypto::kTileWidth : there.partial_width;
  auto stored = copy.read(whole);
  if (!stored || whole == tile) return stored;
  return cut(tile, *stored, whole.width);
}

}  // namespace

void Site::publish(crypto::TreeHead head, std::string note) {
  std::lock_guard lock(mutex_);
  published_ = {head, std::move(note)};
}

void Site::tell(v1::MirrorStatus status) {
  std::lock_guard lock(mutex_);
  status_ = std::move(status);
}

void Site::handle(const http::Request& request, http::Respond respond) {
  if (!request.segments.empty() && request.segments[0] == "witness")
    return witness_.handle(request, std::move(respond));
  if (request.method != "GET" && request.method != "HEAD")
    return respond(problem({ErrorCode::METHOD_NOT_ALLOWED, request.method}));
  Published published;
  v1::MirrorStatus status;
  {
    std::lock_guard lock(mutex_);
    published = published_;
    status = status_;
  }
  const auto& path = request.path;
  if (path == "/livez") return respond(answer("text/plain", "ok\n", "no-store"));
  if (path == "/metrics") return respond(answer("text/plain", metrics(status), "no-store"));
  if (path == "/v1/mirror") {
    std::string json;
    (void)google::protobuf::util::MessageToJsonString(status, &json);
    return respond(answer("application/json; charset=utf-8", json + "\n", "no-store"));
  }
  if (published.head.size == 0)
    return respond(problem({ErrorCode::UNAVAILABLE, "nothing is accepted yet"}));
  if (path == "/readyz") return respond(answer("text/plain", "ready\n", "no-store"));
  if (path == "/checkpoint")
    return respond(answer("text/plain; charset=utf-8", published.note, "max-age=1"));
  if (views_ != nullptr && path.starts_with("/v1/"))
    return views_->handle(request, std::move(respond),
                          std::make_shared<const CompleteCheckpoint>(CompleteCheckpoint{
                              published.note, published.head.size, published.head.root}));
  respond(tile(path, published.head));
}

Response Site::tile(const std::string& path, const crypto::TreeHead& head) const {
  const auto parsed = crypto::parse_tile_path(std::string_view(path).substr(1));
  if (!parsed || !crypto::tile_exists(*parsed, head.size))
    return problem({ErrorCode::NOT_FOUND, path});
  auto bytes = read_tile(copy_, *parsed, head.size);
  if (!bytes) return problem(bytes.error());
  return answer("application/octet-stream", std::move(*bytes),
                "public, max-age=31536000, immutable");
}

std::string Site::metrics(const v1::MirrorStatus& status) const {
  prometheus::Registry registry;
  const auto gauge = [&](const char* name, const char* help, auto value) {
    prometheus::BuildGauge()
        .Name(name)
        .Help(help)
        .Register(registry)
        .Add({{"origin", status.origin()}})
        .Set(static_cast<double>(value));
  };
  const auto age_s = (wall_clock_us() - status.answered_at()) / 1'000'000;
  gauge("puhui_mirror_size", "Leaves accepted", status.size());
  gauge("puhui_mirror_staleness_seconds", "Since the source last showed a checkpoint that holds",
        status.answered_at() == 0 ? -1 : age_s);
  gauge("puhui_mirror_checkpoint_time", "Newest cosignature of the accepted checkpoint, POSIX time",
        status.checkpoint_time() / 1'000'000);
  gauge("puhui_mirror_failing", "1 while the last round failed", status.error().empty() ? 0 : 1);
  gauge("puhui_mirror_bytes_fetched", "Since the start", status.bytes_fetched());
  gauge("puhui_mirror_attachments_missing", "Not shown to us", status.attachments_missing());
  gauge("puhui_mirror_views_size", "Leaves the views follow from", status.views_size());
  gauge("puhui_mirror_forks", "Files of evidence kept", status.forks());
  for (const auto& log : witness_.followed())
    prometheus::BuildGauge()
        .Name("puhui_witness_cosigned_size")
        .Help("Leaves this mirror has cosigned of a log")
        .Register(registry)
        .Add({{"origin", log.origin}})
        .Set(static_cast<double>(log.head.size));
  return prometheus::TextSerializer().Serialize(registry.Collect());
}

}  // namespace puhui::node
