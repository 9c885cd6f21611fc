#include "crypto/tlog_proof.h"

#include <utility>

#include "crypto/bytes.h"

namespace puhui::crypto {
namespace {

constexpr std::string_view kMagic = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";

tl::unexpected<Error> malformed(const char* detail) {
  return fail(ErrorCode::PROOF_MALFORMED, detail);
}

Result<void> parse_extra(std::string_view& rest, TlogProof& proof) {
  if (!rest.starts_with(kExtra)) return {};
  const auto line = take_line(rest);
  if (!line) return malformed("truncated");
  auto extra = base64_decode(line->substr(kExtra.size()));
  if (!extra) return malformed("extra is not base64");
  if (extra->size() > kProofExtraSizeMax) return malformed("extra is too long");
  proof.extra = std::move(*extra);
  return {};
}

Result<void> parse_index(std::string_view& rest, TlogProof& proof) {
  const auto line = take_line(rest);
  if (!line || !line->starts_with(kIndex)) return malformed("no index line");
  const auto index = parse_decimal(line->substr(kIndex.size()));
  if (!index || *index > kTreeSizeMax) return malformed("not an index");
  proof.index = *index;
  return {};
}

Result<void> parse_path(std::string_view& rest, TlogProof& proof) {
  auto path = take_hashes(rest, kProofHashesMax);
  if (!path) return tl::make_unexpected(path.error());
  proof.path = std::move(*path);
  return {};
}

}  // namespace

std::string format_tlog_proof(const TlogProof& proof) {
  std::string bytes = std::string(kMagic) + "\n";
  if (proof.extra) bytes += std::string(kExtra) + base64_encode(*proof.extra) + "\n";
  bytes += std::string(kIndex) + std::to_string(proof.index) + "\n";
  return bytes + format_hashes(proof.path) + proof.checkpoint;
}

Result<TlogProof> parse_tlog_proof(std::string_view bytes) {
  if (bytes.size() > kTlogProofSizeMax) return malformed("too long");
  if (take_line(bytes) != kMagic) return malformed("not a tlog-proof");
  TlogProof proof;
  for (const auto part : {parse_extra, parse_index, parse_path}) {
    if (auto parsed = part(bytes, proof); !parsed) {
      return tl::make_unexpected(std::move(parsed.error()));
    }
  }
  if (bytes.empty()) return malformed("no checkpoint");
  proof.checkpoint = bytes;
  return proof;
}

Result<VerifiedCheckpoint> verify_tlog_proof(const TlogProof& proof, std::string_view entry,
                                             const Policy& policy) {
  auto verified = verify_checkpoint(policy, proof.checkpoint);
  if (!verified) return verified;
  const auto& head = verified->checkpoint;
  const Inclusion claim{proof.index, head.size, leaf_hash(entry), head.root};
  if (auto included = verify_inclusion(claim, proof.path); !included) {
    return tl::make_unexpected(std::move(included.error()));
  }
  return verified;
}

}  // namespace puhui::crypto
