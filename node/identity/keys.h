// The secrets of an identity store: one key file, `store.key`, and what is derived from it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/key.h"
#include "crypto/note.h"
#include "crypto/seal.h"
#include "proto/error.h"

namespace puhui::node::identity {

// The name under which a store signs erasure receipts.
inline constexpr std::string_view kSignerName = "puhui-identity";

struct Keys {
  crypto::SecretKey signer;    // of erasure receipts
  crypto::SymmetricKey index;  // digests of identities and pseudonyms, by which records are found
  crypto::SymmetricKey tag;    // of carriers
  crypto::SymmetricKey wrap;   // what seals persons' own keys, and what is of no one person
};

// Makes the key file: encrypted under the passphrase, or plain, mode 0600. LOCKED if there is one.
[[nodiscard]] Result<Keys> make_keys(const std::string& folder,
                                     std::optional<std::string_view> passphrase);
// Errors of read_key.
[[nodiscard]] Result<Keys> read_keys(const std::string& folder,
                                     std::optional<std::string_view> passphrase);

// By which records are found: HMAC-SHA-256(index key, what ‖ 00 ‖ of).
[[nodiscard]] crypto::Digest record_digest(const Keys& keys, std::string_view what,
                                           std::string_view of);

// By which anyone verifies erasure receipts of this store.
[[nodiscard]] crypto::VerifierKey verifier_of(const Keys& keys);

// The same act on the same carrier has the same tag, whoever reports it; the kind is part of it.
//   HMAC-SHA-256(tag key, "puhui-carrier/v1" ‖ u8 kind ‖ carrier)
enum class CarrierKind : std::uint8_t { bike = 1, gate = 2, meter = 3 };
[[nodiscard]] Result<CarrierKind> parse_carrier_kind(std::string_view text);
[[nodiscard]] crypto::Digest carrier_tag(const Keys& keys, CarrierKind kind,
                                         std::string_view carrier);

}  // namespace puhui::node::identity
