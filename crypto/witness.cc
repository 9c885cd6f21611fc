#include "crypto/witness.h"

#include <algorithm>

#include "crypto/bytes.h"

namespace puhui::crypto {
namespace {

constexpr std::string_view kOld = "old ";

tl::unexpected<Error> malformed(const char* detail) {
  return fail(ErrorCode::PROOF_MALFORMED, detail);
}

}  // namespace

std::string format_add_checkpoint(const AddCheckpoint& request) {
  std::string bytes = std::string(kOld) + format_tree_size(request.old_size);
  return bytes + format_hashes(request.proof) + request.checkpoint;
}

Result<AddCheckpoint> parse_add_checkpoint(std::string_view bytes) {
  if (bytes.size() > kAddCheckpointSizeMax) return malformed("the request is too large");
  const auto old = take_line(bytes);
  if (!old || !old->starts_with(kOld)) return malformed("no line with the old size");
  const auto old_size = parse_decimal(old->substr(kOld.size()));
  if (!old_size || *old_size > kTreeSizeMax) return malformed("the old size is not a tree size");
  auto proof = take_hashes(bytes, kWitnessProofHashesMax);
  if (!proof) return tl::make_unexpected(proof.error());
  return AddCheckpoint{*old_size, std::move(*proof), std::string(bytes)};
}

tl::expected<SignedRequest, Witnessing> open_add_checkpoint(std::string_view bytes,
                                                            std::span<const VerifierKey> logs) {
  auto request = parse_add_checkpoint(bytes);
  if (!request) return tl::make_unexpected(Witnessing::malformed);
  const auto note = parse_note(request->checkpoint);
  if (!note) return tl::make_unexpected(Witnessing::malformed);
  auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return tl::make_unexpected(Witnessing::malformed);
  std::vector<VerifierKey> keys;
  std::ranges::copy_if(logs, std::back_inserter(keys),
                       [&](const VerifierKey& key) { return key.name == checkpoint->origin; });
  if (keys.empty()) return tl::make_unexpected(Witnessing::unknown_log);
  if (!verify_note(*note, keys)) return tl::make_unexpected(Witnessing::not_signed);
  if (request->old_size > checkpoint->size) return tl::make_unexpected(Witnessing::malformed);
  return SignedRequest{std::move(*request), std::move(*checkpoint)};
}

Witnessing judge(const SignedRequest& signed_request, const TreeHead& last) {
  const auto& [request, checkpoint] = signed_request;
  if (request.old_size != last.size) return Witnessing::stale;
  if (checkpoint.size == 0 && checkpoint.root != empty_root()) return Witnessing::inconsistent;
  const Consistency claim{last.size, checkpoint.size, last.root, checkpoint.root};
  return verify_consistency(claim, request.proof) ? Witnessing::cosign : Witnessing::inconsistent;
}

std::string format_tree_size(std::uint64_t size) { return std::to_string(size) + "\n"; }

Result<std::uint64_t> parse_tree_size(std::string_view body) {
  const auto line = take_line(body);
  const auto size = line ? parse_decimal(*line) : std::nullopt;
  if (!size || *size > kTreeSizeMax || !body.empty()) return malformed("not a tree size");
  return *size;
}

}  // namespace puhui::crypto
