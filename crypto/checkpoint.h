// C2SP checkpoints (tlog-checkpoint v1.0.0): the text of a signed note that states a tree's head.
//
//   <origin>
//   <tree size, decimal>
//   <base64 of the root hash>
//   <extension line>          (zero or more; this ledger writes none: witnesses cannot audit them)
//
// All functions may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hash.h"
#include "proto/error.h"

namespace puhui::crypto {

inline constexpr std::size_t kOriginSizeMax = 255;
inline constexpr std::size_t kExtensionLinesMax = 16;

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Digest root;
  std::vector<std::string> extensions;

  bool operator==(const Checkpoint&) const = default;
};

// The note text. The origin must be non-empty and, like every extension line, free of newlines,
// and extension lines non-empty (asserted).
std::string format_checkpoint(const Checkpoint& checkpoint);

// Reads the text of a note (Note::text). CHECKPOINT_MALFORMED unless every line is as above: sizes
// without leading zeros and at most kTreeSizeMax, canonical base64, no empty line, final newline.
// format_checkpoint(*parse_checkpoint(t)) == t.
[[nodiscard]] Result<Checkpoint> parse_checkpoint(std::string_view text);

}  // namespace puhui::crypto
