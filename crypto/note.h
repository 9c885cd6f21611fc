// C2SP signed notes (signed-note v1.0.0): a text and signature lines of any number of parties.
//
//   <text, ending in a newline>
//   <empty line>
//   — <key name> <base64 of u32-BE key id ‖ signature>       (one or more, U+2014 and spaces)
//
// What is signed is the text with its final newline, without the empty line. Lines of unknown keys
// are ignored, so further suites can be added beside the known ones. All functions may be called
// from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/key.h"
#include "proto/error.h"

namespace puhui::crypto {

// C2SP asks for at least 16 signatures; room for 64 of ML-DSA-44's 2 420 bytes.
inline constexpr std::size_t kNoteSizeMax = 256 * 1024;
inline constexpr std::size_t kNoteSignaturesMax = 64;
// Of keys that we hold or trust; ML-DSA cosignatures give a name one length byte.
inline constexpr std::size_t kKeyNameSizeMax = 255;

// The signature types of signed notes that are verified here. Others exist and are ignored.
enum class NoteKeyType : std::uint8_t {
  ed25519 = 0x01,      // Signs the text.
  cosignature = 0x04,  // Ed25519 with a time, see cosignature.h.
};

// Non-empty, well-formed UTF-8, no Unicode white space, no control characters, no plus sign, at
// most kKeyNameSizeMax bytes.
bool is_key_name(std::string_view name);

// A key that someone trusts, under the name it signs with.
struct VerifierKey {
  std::string name;
  NoteKeyType type = NoteKeyType::ed25519;
  PublicKey key;

  auto operator<=>(const VerifierKey&) const = default;

  // SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4], big-endian.
  std::uint32_t id() const;
};

// "<name>+<8 hex digits of id>+<base64 of type ‖ public key>".
std::string format_vkey(const VerifierKey& key);

// KEY_MALFORMED if the form, the name, the length or the id is wrong, or the type is not one of
// NoteKeyType.
[[nodiscard]] Result<VerifierKey> parse_vkey(std::string_view text);

// One signature line. The signature is opaque until a verifier with this name and id is found.
struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  std::string signature;  // Without the key id; 1 byte or more.

  bool operator==(const NoteSignature&) const = default;
};

struct Note {
  std::string text;  // Ends in a newline.
  std::vector<NoteSignature> signatures;

  bool operator==(const Note&) const = default;
};

// Reads hostile bytes. NOTE_MALFORMED beyond the limits above or outside the form: the text ends at
// the last empty line; at least one signature line; well-formed UTF-8; no control characters below
// U+0020 but newline. No signature is verified here.
[[nodiscard]] Result<Note> parse_note(std::string_view bytes);

// text ‖ newline ‖ lines. The text must end in a newline (asserted).
std::string format_note(const Note& note);

// "— <name> <base64>\n".
std::string format_signature_line(const NoteSignature& signature);

// Zero or more signature lines and nothing else, as a witness answers them. NOTE_MALFORMED as
// above.
[[nodiscard]] Result<std::vector<NoteSignature>> parse_signature_lines(std::string_view lines);

// A type 0x01 signature over a note text. KEY_MALFORMED if `name` is not a key name;
// NOTE_MALFORMED if the text does not end in a newline, is not UTF-8, or has control characters.
[[nodiscard]] Result<NoteSignature> sign_note(std::string_view text, std::string_view name,
                                              const SecretKey& key);

// True if the signature carries the name and id of this key. Says nothing about its validity.
bool is_by(const NoteSignature& signature, const VerifierKey& key);

// True if this key, of either type, made this signature over `text`.
[[nodiscard]] bool verify_note_signature(std::string_view text, const NoteSignature& signature,
                                         const VerifierKey& key);

// A signature that verified: note.signatures[signature_index] is by keys[key_index].
struct NoteMatch {
  std::size_t signature_index = 0;
  std::size_t key_index = 0;
};

// All signatures of the known keys, in the order of the note. NOTE_UNVERIFIED if a known key's
// signature fails (then the whole note is refused) or no known key signed.
[[nodiscard]] Result<std::vector<NoteMatch>> verify_note(const Note& note,
                                                         std::span<const VerifierKey> keys);

}  // namespace puhui::crypto
