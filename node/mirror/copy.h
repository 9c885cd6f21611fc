// A log's copy on disk, laid out as C2SP tlog-tiles serves it, so that any static file server can
// serve it again.
//
//   FOLDER/checkpoint           the newest accepted checkpoint, verbatim
//         /tile/…               hash tiles and entry bundles of all of it
//         /attachments/x001/234 bytes of a leaf's attachment, where the source shows them to us
//         /evidence/<size>      contradicting checkpoints (crypto/evidence.h)
//
// Tiles may lie on disk that are not accepted yet: whoever reads asks `head` first. What `accept`
// answered for is durable. Threads: `read` and the writing of different files from any; the rest
// from one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/evidence.h"
#include "crypto/tiles.h"
#include "crypto/witness.h"
#include "node/files/folder.h"
#include "proto/error.h"

namespace puhui::node {

class Copy {
 public:
  // Makes the folder if there is none and locks it. IO, LOCKED; CORRUPT if the checkpoint there is
  // none. Its signatures are the caller's to verify.
  [[nodiscard]] static Result<Copy> open(const std::string& folder);

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] const crypto::TreeHead& head() const { return head_; }
  [[nodiscard]] const std::string& checkpoint() const { return checkpoint_; }

  // NOT_FOUND, IO.
  [[nodiscard]] Result<std::string> read(const crypto::Tile& tile) const;
  [[nodiscard]] Result<std::string> read_attachment(std::uint64_t leaf) const;
  // Whole or not at all; durable only by `accept`. IO.
  Result<void> write(const crypto::Tile& tile, std::string_view bytes) const;
  Result<void> write_attachment(std::uint64_t leaf, std::string_view bytes) const;
  Result<void> keep(const crypto::Evidence& evidence, std::uint64_t size) const;

  // Makes everything written durable, and then this head the one that is served.
  Result<void> accept(const crypto::TreeHead& head, std::string note);

 private:
  Copy(std::string folder, FolderLock lock);
  Result<void> load();
  Result<void> put(const std::string& path, std::string_view bytes) const;

  std::string folder_;
  FolderLock lock_;
  crypto::TreeHead head_;
  std::string checkpoint_;
};

}  // namespace puhui::node
