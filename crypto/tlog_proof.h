// C2SP tlog-proof: one file that proves, offline, that an entry is in a log.
//
//   c2sp.org/tlog-proof@v1
//   extra <base64>                    (optional; here: the complete entry bytes)
//   index <decimal>
//   <base64 hash>                     (zero or more; the leaf's sibling first)
//   <empty line>
//   <the signed checkpoint, verbatim>
//
// `extra` is not authenticated by the format: it counts only once verify_tlog_proof has accepted it
// as the entry. All functions may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/merkle.h"
#include "crypto/policy.h"
#include "crypto/tiles.h"
#include "proto/error.h"

namespace puhui::crypto {

inline constexpr std::size_t kProofExtraSizeMax = kEntrySizeMax;
inline constexpr std::size_t kTlogProofSizeMax = 512 * 1024;

struct TlogProof {
  std::optional<std::string> extra;
  std::uint64_t index = 0;
  std::vector<Digest> path;
  std::string checkpoint;  // The bytes of the signed note.

  bool operator==(const TlogProof&) const = default;
};

std::string format_tlog_proof(const TlogProof& proof);

// Reads hostile bytes. PROOF_MALFORMED outside the form or the limits (kProofHashesMax hashes).
// The checkpoint is taken verbatim and not looked into.
// format_tlog_proof(*parse_tlog_proof(b)) == b.
[[nodiscard]] Result<TlogProof> parse_tlog_proof(std::string_view bytes);

// Accepts the proof for this entry: checkpoint and cosignatures under the policy (errors of
// verify_checkpoint), then inclusion of leaf_hash(entry) at proof.index (PROOF_INVALID). When the
// entry travels as `extra`, pass *proof.extra.
[[nodiscard]] Result<VerifiedCheckpoint> verify_tlog_proof(const TlogProof& proof,
                                                           std::string_view entry,
                                                           const Policy& policy);

}  // namespace puhui::crypto
