#include "crypto/cosignature.h"

#include <utility>

#include "crypto/bytes.h"
#include "crypto/checkpoint.h"

namespace puhui::crypto {

std::string cosigned_message(std::string_view checkpoint_text, std::uint64_t time_s) {
  std::string message = "cosignature/v1\ntime " + std::to_string(time_s) + "\n";
  return message += checkpoint_text;
}

Result<NoteSignature> cosign(std::string_view checkpoint_text, std::string_view name,
                             const SecretKey& key, std::uint64_t time_s) {
  if (!is_key_name(name)) return fail(ErrorCode::KEY_MALFORMED, "not a key name");
  if (time_s > kCosignatureTimeMaxS) return fail(ErrorCode::INVALID_ARGUMENT, "cosignature time");
  if (auto parsed = parse_checkpoint(checkpoint_text); !parsed) {
    return tl::make_unexpected(std::move(parsed.error()));
  }
  const VerifierKey self{std::string(name), NoteKeyType::cosignature, key.public_key()};
  NoteSignature line{self.name, self.id(), {}};
  append_u64(line.signature, time_s);
  line.signature += key.sign(cosigned_message(checkpoint_text, time_s));
  return line;
}

Result<std::uint64_t> verify_cosignature(std::string_view checkpoint_text,
                                         const NoteSignature& signature, const VerifierKey& key) {
  const auto fails = [&] {
    return fail(ErrorCode::NOTE_UNVERIFIED, "the cosignature of " + key.name + " fails");
  };
  if (key.type != NoteKeyType::cosignature || !is_by(signature, key)) return fails();
  const std::string_view blob = signature.signature;
  if (blob.size() < 8) return fails();
  const auto time_s = read_u64(blob);
  if (time_s > kCosignatureTimeMaxS ||
      !verify(key.key, cosigned_message(checkpoint_text, time_s), blob.substr(8))) {
    return fails();
  }
  return time_s;
}

}  // namespace puhui::crypto
