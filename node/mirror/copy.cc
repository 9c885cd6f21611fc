#include "node/mirror/copy.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "crypto/note.h"
#include "node/mirror/source.h"

namespace puhui::node {
namespace {

namespace fs = std::filesystem;

// Everything on the file system that holds this folder.
bool sync_files(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool synced = ::syncfs(fd) == 0;
  ::close(fd);
  return synced;
}

}  // namespace

Copy::Copy(std::string folder, FolderLock lock)
    : folder_(std::move(folder)), lock_(std::move(lock)) {}

Result<Copy> Copy::open(const std::string& folder) {
  if (auto made = make_folder(folder); !made) return tl::make_unexpected(made.error());
  auto lock = FolderLock::take(folder);
  if (!lock) return tl::make_unexpected(lock.error());
  Copy copy(folder, std::move(*lock));
  if (auto loaded = copy.load(); !loaded) return tl::make_unexpected(loaded.error());
  return copy;
}

Result<void> Copy::load() {
  const auto path = folder_ + "/checkpoint";
  auto note = read_file(path);
  if (!note && note.error().code == ErrorCode::NOT_FOUND) return {};
  if (!note) return tl::make_unexpected(note.error());
  const auto parsed = crypto::parse_note(*note);
  if (!parsed) return fail(ErrorCode::CORRUPT, path + ": " + parsed.error().detail);
  const auto stated = crypto::parse_checkpoint(parsed->text);
  if (!stated) return fail(ErrorCode::CORRUPT, path + ": " + stated.error().detail);
  head_ = {stated->size, stated->root};
  checkpoint_ = std::move(*note);
  return {};
}

Result<std::string> Copy::read(const crypto::Tile& tile) const {
  return read_file(folder_ + "/" + crypto::tile_path(tile));
}

Result<std::string> Copy::read_attachment(std::uint64_t leaf) const {
  return read_file(folder_ + "/" + attachment_file(leaf));
}

Result<void> Copy::write(const crypto::Tile& tile, std::string_view bytes) const {
  return put(folder_ + "/" + crypto::tile_path(tile), bytes);
}

Result<void> Copy::write_attachment(std::uint64_t leaf, std::string_view bytes) const {
  const auto top = fs::path(folder_) / "attachments";
  const auto path = fs::path(folder_) / attachment_file(leaf);
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (!error) fs::permissions(top, fs::perms::owner_all, error);
  if (error) return io_failure(path.string(), error);
  return write_file(path.string(), bytes, Mode::secret);
}

bool Copy::has_evidence() const {
  std::error_code error;
  return !fs::is_empty(folder_ + "/evidence", error) && !error;
}

Result<void> Copy::keep(const crypto::Evidence& evidence, std::uint64_t size) const {
  if (auto made = make_folder(folder_ + "/evidence"); !made) return made;
  return write_file(folder_ + "/evidence/" + std::to_string(size),
                    crypto::format_evidence(evidence), Mode::shared);
}

Result<void> Copy::put(const std::string& path, std::string_view bytes) const {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  const auto beside = path + ".new";
  if (!error) {
    std::FILE* file = std::fopen(beside.c_str(), "wbe");
    const bool wrote =
        file != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    const bool closed = file != nullptr && std::fclose(file) == 0;
    if (!wrote || !closed) return fail(ErrorCode::IO, beside + ": " + std::strerror(errno));
    fs::rename(beside, path, error);
  }
  if (error) return io_failure(path, error);
  return {};
}

Result<void> Copy::accept(const crypto::TreeHead& head, std::string note) {
  if (!sync_files(folder_)) {
    std::fprintf(stderr, "mirror: %s: sync failed: %s\n", folder_.c_str(), std::strerror(errno));
    std::abort();
  }
  if (auto kept = write_file(folder_ + "/checkpoint", note, Mode::shared); !kept) return kept;
  const auto before = head_.size;
  head_ = head;
  checkpoint_ = std::move(note);
  remove_partial(before);
  return {};
}

// Parts of tiles that were the last ones at this size and are full now.
void Copy::remove_partial(std::uint64_t size) const {
  for (unsigned level = 0; (size >> (crypto::kTileHeight * level)) > 0; ++level) {
    const auto [index, width] = crypto::tiles_at(level, size);
    if (width == 0 || index >= crypto::tiles_at(level, head_.size).full) continue;
    for (const auto kind : {crypto::Tile::Kind::hashes, crypto::Tile::Kind::entries}) {
      if (kind == crypto::Tile::Kind::entries && level > 0) continue;
      const auto part = fs::path(folder_) / crypto::tile_path({kind, level, index, width});
      std::error_code error;
      fs::remove_all(part.parent_path(), error);
    }
  }
}

}  // namespace puhui::node
