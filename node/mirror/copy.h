// A log's copy on disk, laid out as C2SP tlog-tiles serves it, so that any static file server can
// serve it again.
//
//   FOLDER/checkpoint           the newest accepted checkpoint, verbatim
//         /tile/…               hash tiles and entry bundles of all of it
//         /attachments/x001/234 bytes of a leaf's attachment, where the source shows them to us:
//                               personal data, for the owner of the files alone (0700, 0600)
//         /evidence/<size>      contradicting checkpoints (crypto/evidence.h)
//
// Tiles may lie on disk that are not accepted yet: whoever reads asks `head` first. What `accept`
// answered for is durable; a sync that fails stops the process, for what lies on the disk then is
// unknown. Threads: `read` and the writing of different files from any; the rest
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
  // Durable when it returns.
  Result<void> write_attachment(std::uint64_t leaf, std::string_view bytes) const;
  Result<void> keep(const crypto::Evidence& evidence, std::uint64_t size) const;
  [[nodiscard]] bool has_evidence() const;

  // Makes everything written durable, and then this head the one that is served. Partial tiles that
  // have become full are removed.
  Result<void> accept(const crypto::TreeHead& head, std::string note);

 private:
  Copy(std::string folder, FolderLock lock);
  Result<void> load();
  Result<void> put(const std::string& path, std::string_view bytes) const;
  void remove_partial(std::uint64_t size) const;

  std::string folder_;
  FolderLock lock_;
  crypto::TreeHead head_;
  std::string checkpoint_;
};

}  // namespace puhui::node
