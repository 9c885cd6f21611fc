// C2SP tlog-cosignature, type 0x04: a cosigner states that, at a time, this checkpoint is the
// largest consistent one it has observed.
//
// The signature of the note line is u64-BE time ‖ 64 bytes of Ed25519 over
//   "cosignature/v1\n" ‖ "time <decimal>\n" ‖ <the checkpoint's text with its final newline>
// The message does not commit to the cosigner's name: one key per cosigner, never shared with
// another use. Times are POSIX seconds and are handed in: this room has no clock. All functions may
// be called from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/key.h"
#include "crypto/note.h"
#include "proto/error.h"

namespace puhui::crypto {

inline constexpr std::uint64_t kCosignatureTimeMaxS = (std::uint64_t{1} << 63) - 1;

// The exact bytes that are signed.
std::string cosigned_message(std::string_view checkpoint_text, std::uint64_t time_s);

// Signs. Whether the checkpoint may be signed (consistent with, and no smaller than, the last one,
// durably recorded) is the caller's promise. CHECKPOINT_MALFORMED unless the text is a checkpoint,
// KEY_MALFORMED if `name` is not a key name, INVALID_ARGUMENT for a time beyond the maximum.
[[nodiscard]] Result<NoteSignature> cosign(std::string_view checkpoint_text, std::string_view name,
                                           const SecretKey& key, std::uint64_t time_s);

// The time stated, in seconds, if this key (type 0x04) made the signature; else NOTE_UNVERIFIED.
// A time in the future is not refused here.
[[nodiscard]] Result<std::uint64_t> verify_cosignature(std::string_view checkpoint_text,
                                                       const NoteSignature& signature,
                                                       const VerifierKey& key);

}  // namespace puhui::crypto
