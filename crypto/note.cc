#include "crypto/note.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "crypto/bytes.h"
#include "crypto/cosignature.h"

namespace puhui::crypto {
namespace {

constexpr std::string_view kLineStart = "\xe2\x80\x94 ";
constexpr std::size_t kKeyIdSize = 4;

tl::unexpected<Error> malformed(const char* detail) {
  return fail(ErrorCode::NOTE_MALFORMED, detail);
}

// The White_Space property of Unicode beyond ASCII, as UTF-8.
constexpr std::array<std::string_view, 19> kUnicodeSpaces = {
    "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
    "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
    "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
    "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};

bool is_control(char byte) { return static_cast<unsigned char>(byte) < 0x20; }

// Key names of strangers have no length limit of their own.
bool is_any_key_name(std::string_view name) {
  if (name.empty() || !is_utf8(name)) return false;
  const auto is_barred = [](char byte) { return is_control(byte) || byte == ' ' || byte == '+'; };
  return std::none_of(name.begin(), name.end(), is_barred) &&
         std::none_of(kUnicodeSpaces.begin(), kUnicodeSpaces.end(), [&](std::string_view space) {
           return name.find(space) != std::string_view::npos;
         });
}

bool is_note_text(std::string_view text) {
  return text.ends_with('\n') && is_utf8(text) &&
         std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) && c != '\n'; });
}

Result<NoteSignature> parse_signature_line(std::string_view line) {
  if (!line.starts_with(kLineStart)) return malformed("not a signature line");
  line.remove_prefix(kLineStart.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return malformed("a signature line without signature");
  const auto name = line.substr(0, space);
  if (!is_any_key_name(name)) return malformed("a signature line without a key name");
  const auto blob = base64_decode(line.substr(space + 1));
  if (!blob || blob->size() <= kKeyIdSize) return malformed("a signature is not base64");
  return NoteSignature{std::string(name), read_u32(*blob), blob->substr(kKeyIdSize)};
}

std::optional<NoteKeyType> known_type(char byte) {
  if (byte == static_cast<char>(NoteKeyType::ed25519)) return NoteKeyType::ed25519;
  if (byte == static_cast<char>(NoteKeyType::cosignature)) return NoteKeyType::cosignature;
  return std::nullopt;
}

std::string type_and_key(const VerifierKey& key) {
  return std::string(1, static_cast<char>(key.type)) + key.key.bytes;
}

std::string id_hex(std::uint32_t id) {
  std::string bytes;
  append_u32(bytes, id);
  return hex_encode(bytes);
}

}  // namespace

bool is_key_name(std::string_view name) {
  return name.size() <= kKeyNameSizeMax && is_any_key_name(name);
}

std::uint32_t VerifierKey::id() const {
  const auto digest = Sha256().update(name).update("\n").update(type_and_key(*this)).final();
  return read_u32(digest.view());
}

std::string format_vkey(const VerifierKey& key) {
  return key.name + "+" + id_hex(key.id()) + "+" + base64_encode(type_and_key(key));
}

Result<VerifierKey> parse_vkey(std::string_view text) {
  const auto bad = [](const char* detail) { return fail(ErrorCode::KEY_MALFORMED, detail); };
  const auto first = text.find('+');
  const auto second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return bad("not <name>+<id>+<key>");
  const auto name = text.substr(0, first);
  if (!is_key_name(name)) return bad("not a key name");
  const auto wire = base64_decode(text.substr(second + 1));
  if (!wire || wire->empty()) return bad("the key is not base64");
  const auto type = known_type(wire->front());
  if (!type) return bad("the signature type of the key is not supported");
  auto key = PublicKey::decode(PublicKey{Algorithm::ed25519, wire->substr(1)}.encode());
  if (!key) return tl::make_unexpected(std::move(key.error()));
  VerifierKey verifier{std::string(name), *type, std::move(*key)};
  if (text.substr(first + 1, second - first - 1) != id_hex(verifier.id())) {
    return bad("the key id does not belong to name and key");
  }
  return verifier;
}

Result<Note> parse_note(std::string_view bytes) {
  if (bytes.size() > kNoteSizeMax) return malformed("too long");
  if (!is_note_text(bytes)) return malformed("not lines of UTF-8 text");
  const auto blank = bytes.rfind("\n\n");
  if (blank == std::string_view::npos) return malformed("no empty line before the signatures");
  auto signatures = parse_signature_lines(bytes.substr(blank + 2));
  if (!signatures) return tl::make_unexpected(std::move(signatures.error()));
  if (signatures->empty()) return malformed("no signature line");
  return Note{std::string(bytes.substr(0, blank + 1)), std::move(*signatures)};
}

std::string format_note(const Note& note) {
  assert(note.text.ends_with('\n'));
  std::string bytes = note.text + "\n";
  for (const auto& signature : note.signatures) bytes += format_signature_line(signature);
  return bytes;
}

std::string format_signature_line(const NoteSignature& signature) {
  std::string blob;
  append_u32(blob, signature.key_id);
  blob += signature.signature;
  return std::string(kLineStart) + signature.name + " " + base64_encode(blob) + "\n";
}

Result<std::vector<NoteSignature>> parse_signature_lines(std::string_view lines) {
  if (lines.size() > kNoteSizeMax) return malformed("too long");
  std::vector<NoteSignature> signatures;
  while (const auto line = take_line(lines)) {
    if (signatures.size() >= kNoteSignaturesMax) return malformed("too many signatures");
    auto signature = parse_signature_line(*line);
    if (!signature) return tl::make_unexpected(std::move(signature.error()));
    signatures.push_back(std::move(*signature));
  }
  if (!lines.empty()) return malformed("the last line has no end");
  return signatures;
}

Result<NoteSignature> sign_note(std::string_view text, std::string_view name,
                                const SecretKey& key) {
  if (!is_key_name(name)) return fail(ErrorCode::KEY_MALFORMED, "not a key name");
  if (!is_note_text(text)) return malformed("not lines of UTF-8 text");
  const VerifierKey self{std::string(name), NoteKeyType::ed25519, key.public_key()};
  return NoteSignature{self.name, self.id(), key.sign(text)};
}

bool is_by(const NoteSignature& signature, const VerifierKey& key) {
  return signature.name == key.name && signature.key_id == key.id();
}

bool verify_note_signature(std::string_view text, const NoteSignature& signature,
                           const VerifierKey& key) {
  if (key.type == NoteKeyType::cosignature) {
    return verify_cosignature(text, signature, key).has_value();
  }
  return is_by(signature, key) && verify(key.key, text, signature.signature);
}

Result<std::vector<NoteMatch>> verify_note(const Note& note, std::span<const VerifierKey> keys) {
  std::vector<NoteMatch> matches;
  for (std::size_t i = 0; i < note.signatures.size(); ++i) {
    for (std::size_t k = 0; k < keys.size(); ++k) {
      if (!is_by(note.signatures[i], keys[k])) continue;
      if (!verify_note_signature(note.text, note.signatures[i], keys[k])) {
        return fail(ErrorCode::NOTE_UNVERIFIED, "the signature of " + keys[k].name + " fails");
      }
      matches.push_back({i, k});
    }
  }
  if (matches.empty()) return fail(ErrorCode::NOTE_UNVERIFIED, "no known key signed");
  return matches;
}

}  // namespace puhui::crypto
