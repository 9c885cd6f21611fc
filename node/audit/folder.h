// A copy of a log on disk, as a mirror keeps it and any static file server can serve it:
//
//   FOLDER/checkpoint                         signed note
//         /tile/<L>/<N>[.p/<W>]               hash tiles (C2SP tlog-tiles)
//         /tile/entries/<N>[.p/<W>]           entry bundles of 256
//         /attachments/x001/234               attachment of leaf 1234, where there is one
//
// Nothing is written there. Functions may be called from any thread.
#pragma once

#include <map>

#include "crypto/policy.h"
#include "crypto/tiles.h"
#include "node/audit/audit.h"

namespace puhui::node::audit {

struct Source {
  std::string folder;
  std::string note;  // the checkpoint, verbatim
  crypto::VerifiedCheckpoint verified;

  [[nodiscard]] std::uint64_t size() const { return verified.checkpoint.size; }
};

// Errors of read_file and verify_checkpoint.
[[nodiscard]] Result<Source> open_source(const std::string& folder, const crypto::Policy& policy);

// Bytes of a tile or bundle of the tree of this checkpoint, in its widest form there.
[[nodiscard]] Result<std::string> read_tile(const Source& source, crypto::Tile::Kind kind,
                                            unsigned level, std::uint64_t index);
[[nodiscard]] std::optional<std::string> read_attachment(const Source& source, std::uint64_t leaf);

[[nodiscard]] std::optional<std::string> read_entry(const Source& source, std::uint64_t leaf);

// A bundle and what was found wrong with it and its tile of leaf hashes.
struct Chunk {
  std::vector<Leaf> leaves;
  std::vector<Finding> findings;
  bool ends = false;  // the bundle cannot be read: nothing follows
};
// `verified` leaves, from the first on, were verified by an earlier run.
[[nodiscard]] Chunk read_chunk(const Source& source, std::uint64_t index, const Known& known,
                               std::uint64_t verified);

// Compares the nodes that a growing tree completes with the hash tiles of levels 1 and above.
class UpperTiles {
 public:
  UpperTiles(const Source& source, Audit& audit) : source_(source), audit_(audit) {}
  void completed(unsigned level, std::uint64_t index, const crypto::Digest& hash);
  [[nodiscard]] std::uint64_t tiles() const { return tiles_; }

 private:
  struct Open {
    std::uint64_t index = 0;
    Result<std::string> bytes;
  };
  // A leaf or node in this range was found to differ already, and names the place better.
  [[nodiscard]] bool is_known(std::uint64_t from, std::uint64_t to) const;

  const Source& source_;
  Audit& audit_;
  std::map<unsigned, Open> open_;  // by tile level
  std::uint64_t tiles_ = 0;
};

// The path of a leaf in the tree of the checkpoint as a tlog-proof with the entry in it; nothing if
// the folder gives none that holds.
[[nodiscard]] std::optional<std::string> tlog_proof(const Source& source, std::uint64_t leaf);

}  // namespace puhui::node::audit
