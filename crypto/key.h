// Keys, signatures and key files (their bytes; where files lie is the node's business).
//
// Nothing outside this room may assume how long a key or a signature is: the algorithm tag decides.
// The first suite is Ed25519 (RFC 8032). Verification is libsodium's: it refuses S not reduced,
// non-canonical and small-order keys, so every replica reaches the same verdict on the same bytes.
// Functions may be called from any thread; a SecretKey may be shared for reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/hash.h"
#include "proto/error.h"

namespace puhui::crypto {

// The number is the tag on the wire and in key ids; it is never reused.
enum class Algorithm : std::uint8_t { ed25519 = 1 };

// "ed25519".
std::string_view algorithm_name(Algorithm algorithm);

struct PublicKey {
  Algorithm algorithm = Algorithm::ed25519;
  std::string bytes;  // As the algorithm's own standard encodes it; Ed25519: 32 bytes.

  auto operator<=>(const PublicKey&) const = default;

  // Wire form: one algorithm byte, then `bytes`.
  std::string encode() const;

  // KEY_MALFORMED for an unknown algorithm or a length that is not the algorithm's. Whether the
  // bytes are a usable point is found when a signature is verified: it then never verifies.
  [[nodiscard]] static Result<PublicKey> decode(std::string_view wire);

  // SHA-256 of the wire form; how envelopes name a signer.
  Digest key_id() const;
};

// True if `signature` is this key's over exactly `message`. False for any malformed input.
[[nodiscard]] bool verify(const PublicKey& key, std::string_view message,
                          std::string_view signature);

// A signing key in locked memory (not swapped, not dumped, guard pages around it), zeroed when it
// is destroyed or moved from. A moved-from key may only be destroyed or assigned to (asserted).
class SecretKey {
 public:
  // A new Ed25519 key from the system's entropy.
  static SecretKey generate();

  // KEY_MALFORMED unless `seed` has the algorithm's length (Ed25519: 32 bytes).
  [[nodiscard]] static Result<SecretKey> from_seed(std::string_view seed);

  SecretKey(SecretKey&& other) noexcept;
  SecretKey& operator=(SecretKey&& other) noexcept;
  SecretKey(const SecretKey&) = delete;
  SecretKey& operator=(const SecretKey&) = delete;
  ~SecretKey();

  const PublicKey& public_key() const { return public_key_; }

  // Deterministic; Ed25519: 64 bytes.
  std::string sign(std::string_view message) const;

  // The secret itself, for handing the key to a TLS library: a view of the locked memory, valid
  // while this key lives. Copies of it are the caller's to wipe.
  std::string_view seed() const;

 private:
  explicit SecretKey(std::string_view seed);

  unsigned char* secret_ = nullptr;  // seed ‖ public key, owned, from sodium_malloc.
  PublicKey public_key_;
};

// Overwrites a string that held a secret and empties it.
void wipe(std::string& secret);

// ---- Key files -------------------------------------------------------------------------------
//
// Text, one key per file, every line ended by a newline, in exactly this order:
//
//   puhui-key/v1
//   # ed25519 public <base64 of PublicKey::encode()> id <hex key id>
//   kdf argon2id <operations> <memory in KiB> <base64 of 16 bytes of salt>        (encrypted only)
//   secret <base64 of the seed>                                                   (plain)
//   secret xchacha20-poly1305 <base64 of 24 bytes of nonce> <base64 of ciphertext>    (encrypted)
//
// The comment tells people which key this is, and is checked when the file is read. In the
// encrypted form the associated data of the cipher is every byte before the secret line, so that
// neither the comment nor the cost can be altered. A plain file is only as safe as its mode 0600.

inline constexpr std::size_t kKeyFileSizeMax = 1024;

// Bounds on what a file may ask of the machine that opens it.
inline constexpr std::uint64_t kKdfOperationsMax = 16;
inline constexpr std::uint64_t kKdfMemoryMinKib = 8;
inline constexpr std::uint64_t kKdfMemoryMaxKib = 1024 * 1024;

// Argon2id cost; the defaults are libsodium's "moderate" (about 0.7 s on a server core).
struct KdfCost {
  std::uint64_t operations = 3;
  std::uint64_t memory_kib = 256 * 1024;
};

// Without a passphrase: the plain form. The result holds the secret or its ciphertext; wipe it.
// INVALID_ARGUMENT for an empty passphrase or a cost outside the bounds; TOO_LARGE when the machine
// lacks the memory that `cost` names.
[[nodiscard]] Result<std::string> encode_key_file(const SecretKey& key,
                                                  std::optional<std::string_view> passphrase,
                                                  KdfCost cost = {});

// KEY_MALFORMED for anything not in the form above, KEY_PASSPHRASE if the file is encrypted and the
// passphrase is absent or does not open it, TOO_LARGE as above. A passphrase given for a plain file
// is not looked at.
[[nodiscard]] Result<SecretKey> decode_key_file(std::string_view bytes,
                                                std::optional<std::string_view> passphrase);

// Whether decoding will need a passphrase. KEY_MALFORMED as above.
[[nodiscard]] Result<bool> is_encrypted(std::string_view bytes);

// The public key that the comment line names, without a passphrase. It is only a claim until
// decode_key_file has succeeded. KEY_MALFORMED as above.
[[nodiscard]] Result<PublicKey> claimed_public_key(std::string_view bytes);

}  // namespace puhui::crypto
