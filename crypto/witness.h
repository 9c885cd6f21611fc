// C2SP tlog-witness v1: what a log sends to a witness, and how a witness judges it.
//
//   POST <prefix>/add-checkpoint
//
//   old <size of the checkpoint that the witness cosigned last>
//   <base64 hash>             (zero to 63: the consistency proof from there)
//   <empty line>
//   <the signed checkpoint, verbatim>
//
// A witness cosigns at most one line of growing trees per log: what it has cosigned last is handed
// in, and recording the new head durably before the cosignature leaves is the caller's promise. All
// functions may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/checkpoint.h"
#include "crypto/merkle.h"
#include "crypto/note.h"
#include "proto/error.h"

namespace puhui::crypto {

inline constexpr std::size_t kWitnessProofHashesMax = 63;
inline constexpr std::size_t kAddCheckpointSizeMax = kNoteSizeMax + 8 * 1024;

// The path below a witness's prefix, and the media type of a conflict's body.
inline constexpr std::string_view kAddCheckpointPath = "/add-checkpoint";
inline constexpr std::string_view kTlogSizeType = "text/x.tlog.size";

struct AddCheckpoint {
  std::uint64_t old_size = 0;
  std::vector<Digest> proof;
  std::string checkpoint;  // The bytes of the signed note.

  bool operator==(const AddCheckpoint&) const = default;
};

std::string format_add_checkpoint(const AddCheckpoint& request);

// Reads hostile bytes. PROOF_MALFORMED outside the form above or the limits. The checkpoint is not
// looked into. format_add_checkpoint(*parse_add_checkpoint(b)) == b.
[[nodiscard]] Result<AddCheckpoint> parse_add_checkpoint(std::string_view bytes);

// How a request is answered, with the status the protocol gives it.
enum class Witnessing : std::uint16_t {
  cosign = 200,
  malformed = 400,     // not a request or not a checkpoint, or older than `old` says
  not_signed = 403,    // no trusted key of this log signed, or one's signature fails
  unknown_log = 404,   // an origin that is not followed
  stale = 409,         // `old` is not what was cosigned last: try again from there
  inconsistent = 422,  // the proof does not lead from the last head to this one
};

// The checkpoint of a request, once a trusted key of its log has signed it; the other answers but
// `stale` and `inconsistent` are given as the error. Keys are of type ed25519; a key's name is the
// origin of its log.
struct SignedRequest {
  AddCheckpoint request;
  Checkpoint checkpoint;
};
[[nodiscard]] tl::expected<SignedRequest, Witnessing> open_add_checkpoint(
    std::string_view bytes, std::span<const VerifierKey> logs);

// Judges it against what was cosigned last: `cosign`, `stale` or `inconsistent`. Equal sizes with
// equal roots are cosigned again.
[[nodiscard]] Witnessing judge(const SignedRequest& signed_request, const TreeHead& last);

// The body of a `stale` answer: "<size>\n".
std::string format_tree_size(std::uint64_t size);
// PROOF_MALFORMED for anything else, or a size beyond kTreeSizeMax.
[[nodiscard]] Result<std::uint64_t> parse_tree_size(std::string_view body);

}  // namespace puhui::crypto
