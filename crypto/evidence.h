// Evidence that a log has forked: two checkpoints, both signed by the log, that no append-only log
// can have had one after the other. Whoever holds the log's key can check the file alone.
//
//   puhui-evidence/v1
//   sizes <bytes of the first note> <bytes of the second note>
//   root <base64>             (unless the trees are of equal size)
//   <base64 hash>             (zero or more)
//   <empty line>
//   <the signed checkpoint of the smaller tree, verbatim><that of the larger, verbatim>
//
// Trees of equal size contradict when their roots differ. Otherwise `root` is another root than the
// smaller checkpoint states, and the hashes prove that the larger tree begins with it (RFC 9162
// §2.1.4): a tree has one root per size, so it does not begin with the smaller checkpoint's.
// All functions may be called from any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/checkpoint.h"
#include "crypto/note.h"
#include "proto/error.h"

namespace puhui::crypto {

inline constexpr std::size_t kEvidenceSizeMax = 2 * kNoteSizeMax + 16 * 1024;

struct Evidence {
  std::optional<Digest> root;   // Of the smaller size, in the larger tree.
  std::vector<Digest> proof;    // From that root to the larger checkpoint.
  std::string smaller, larger;  // Signed notes. With equal sizes, in any order.

  bool operator==(const Evidence&) const = default;
};

std::string format_evidence(const Evidence& evidence);

// Reads hostile bytes. PROOF_MALFORMED outside the form or the limits (kProofHashesMax hashes). The
// notes are taken verbatim. format_evidence(*parse_evidence(b)) == b.
[[nodiscard]] Result<Evidence> parse_evidence(std::string_view bytes);

// What a valid file shows.
struct Fork {
  VerifierKey log;  // Signed both.
  Checkpoint smaller, larger;
};

// Accepts the file if one of these log keys (type ed25519) signed both checkpoints under its own
// name as origin, and they contradict. NOTE_MALFORMED, CHECKPOINT_MALFORMED; NOTE_UNVERIFIED or
// CHECKPOINT_ORIGIN if no single key signed both; PROOF_INVALID if there is no contradiction.
[[nodiscard]] Result<Fork> verify_evidence(const Evidence& evidence,
                                           std::span<const VerifierKey> logs);

}  // namespace puhui::crypto
