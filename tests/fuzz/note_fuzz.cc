#include "crypto/note.h"

#include <cassert>
#include <cstddef>
#include <cstdint>

// A note that parses is written back byte for byte; keys that parse likewise.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace puhui::crypto;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto note = parse_note(bytes)) {
    assert(format_note(*note) == bytes);
    const auto key = SecretKey::from_seed(std::string(32, 'k')).value();
    const VerifierKey keys[] = {{note->signatures[0].name, NoteKeyType::ed25519, key.public_key()},
                                {"w.example", NoteKeyType::cosignature, key.public_key()}};
    (void)verify_note(*note, keys);
  }
  if (const auto key = parse_vkey(bytes)) assert(format_vkey(*key) == bytes);
  (void)parse_signature_lines(bytes);
  return 0;
}
