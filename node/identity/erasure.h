// Erasure receipts: what a store destroyed, on which ground, as a signed note over JSON text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/note.h"
#include "node/cli/text.h"
#include "node/identity/ground.h"
#include "node/identity/keys.h"
#include "proto/error.h"

namespace puhui::node::identity {

struct Erasure {
  std::string account;  // "p-…"
  Ground ground;
  std::uint64_t confirmations = 0;
  std::int64_t at_us = 0;
};

// The note, of type Ed25519 under the store's key.
[[nodiscard]] std::string sign_erasure(const Keys& keys, const Erasure& erasure);

// What the receipt says, once this key has signed it. NOTE_MALFORMED, NOTE_UNVERIFIED.
[[nodiscard]] Result<cli::Fields> verify_erasure(std::string_view note,
                                                 const crypto::VerifierKey& key);

}  // namespace puhui::node::identity
