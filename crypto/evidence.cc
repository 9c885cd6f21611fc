#include "crypto/evidence.h"

#include <algorithm>

#include "crypto/bytes.h"
#include "crypto/merkle.h"

namespace puhui::crypto {
namespace {

constexpr std::string_view kHeader = "puhui-evidence/v1";
constexpr std::string_view kSizes = "sizes ";
constexpr std::string_view kRoot = "root ";

tl::unexpected<Error> malformed(const char* detail) {
  return fail(ErrorCode::PROOF_MALFORMED, detail);
}

struct Sizes {
  std::uint64_t smaller = 0, larger = 0;
};

std::optional<Sizes> parse_sizes(std::string_view line) {
  if (!line.starts_with(kSizes)) return std::nullopt;
  line.remove_prefix(kSizes.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto smaller = parse_decimal(line.substr(0, space));
  const auto larger = parse_decimal(line.substr(space + 1));
  if (!smaller || !larger || *smaller > kNoteSizeMax || *larger > kNoteSizeMax) return std::nullopt;
  return Sizes{*smaller, *larger};
}

// The root line, if there is one.
Result<void> take_root(std::string_view& rest, Evidence& evidence) {
  if (!rest.starts_with(kRoot)) return {};
  const auto line = take_line(rest);
  if (!line) return malformed("truncated");
  const auto root = Digest::from_base64(line->substr(kRoot.size()));
  if (!root) return malformed("not a root");
  evidence.root = *root;
  return {};
}

struct Signed {
  VerifierKey log;
  Checkpoint checkpoint;
};

Result<Signed> signed_by(std::span<const VerifierKey> logs, std::string_view note_bytes) {
  const auto note = parse_note(note_bytes);
  if (!note) return tl::make_unexpected(note.error());
  auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return tl::make_unexpected(checkpoint.error());
  const auto matches = verify_note(*note, logs);
  if (!matches) return tl::make_unexpected(matches.error());
  for (const auto& match : *matches)
    if (logs[match.key_index].name == checkpoint->origin)
      return Signed{logs[match.key_index], std::move(*checkpoint)};
  return fail(ErrorCode::CHECKPOINT_ORIGIN, checkpoint->origin);
}

Result<void> contradict(const Evidence& evidence, const Checkpoint& smaller,
                        const Checkpoint& larger) {
  const auto invalid = [](const char* why) { return fail(ErrorCode::PROOF_INVALID, why); };
  if (smaller.size > larger.size) return invalid("the checkpoints are in the wrong order");
  if (smaller.size == larger.size) {
    if (smaller.root == larger.root) return invalid("the checkpoints state the same tree");
    return {};
  }
  if (!evidence.root) return invalid("no root of the smaller size");
  if (*evidence.root == smaller.root) return invalid("the larger tree extends the smaller one");
  return verify_consistency({smaller.size, larger.size, *evidence.root, larger.root},
                            evidence.proof);
}

}  // namespace

std::string format_evidence(const Evidence& evidence) {
  auto text = std::string(kHeader) + "\n" + std::string(kSizes) +
              std::to_string(evidence.smaller.size()) + " " +
              std::to_string(evidence.larger.size()) + "\n";
  if (evidence.root) text += std::string(kRoot) + evidence.root->base64() + "\n";
  return text + format_hashes(evidence.proof) + evidence.smaller + evidence.larger;
}

Result<Evidence> parse_evidence(std::string_view bytes) {
  if (bytes.size() > kEvidenceSizeMax) return malformed("the file is too large");
  if (take_line(bytes) != kHeader) return malformed("not an evidence file");
  const auto line = take_line(bytes);
  const auto sizes = line ? parse_sizes(*line) : std::nullopt;
  if (!sizes) return malformed("no sizes of the checkpoints");
  Evidence evidence;
  if (auto taken = take_root(bytes, evidence); !taken) return tl::make_unexpected(taken.error());
  auto proof = take_hashes(bytes, kProofHashesMax);
  if (!proof) return tl::make_unexpected(proof.error());
  evidence.proof = std::move(*proof);
  if (bytes.size() != sizes->smaller + sizes->larger)
    return malformed("the checkpoints are not of the sizes stated");
  evidence.smaller = bytes.substr(0, sizes->smaller);
  evidence.larger = bytes.substr(sizes->smaller);
  return evidence;
}

Result<Fork> verify_evidence(const Evidence& evidence, std::span<const VerifierKey> logs) {
  auto smaller = signed_by(logs, evidence.smaller);
  if (!smaller) return tl::make_unexpected(smaller.error());
  auto larger = signed_by(std::span(&smaller->log, 1), evidence.larger);
  if (!larger) return tl::make_unexpected(larger.error());
  if (auto forked = contradict(evidence, smaller->checkpoint, larger->checkpoint); !forked)
    return tl::make_unexpected(forked.error());
  return Fork{std::move(smaller->log), std::move(smaller->checkpoint),
              std::move(larger->checkpoint)};
}

}  // namespace puhui::crypto
