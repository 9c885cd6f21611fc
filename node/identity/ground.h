// What the ledger said that allows an erasure or an opening: a leaf, proved by its receipt.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/hash.h"
#include "crypto/policy.h"
#include "proto/error.h"

namespace puhui::node::identity {

struct Ground {
  std::string origin;  // of the log
  std::uint64_t leaf = 0;
  crypto::Digest event_sha256;
  std::string reason, reference;  // of an opening
};

// The receipt proves, under the policy, an event that erases or opens just this account. A leaf is
// an accepted event: what a rule refuses makes none.
// PROOF_INVALID if it proves something else; errors of cli::verify_receipt.
[[nodiscard]] Result<Ground> ground_of_erasure(std::string_view receipt,
                                               const crypto::Policy& policy,
                                               std::string_view pseudonym);
[[nodiscard]] Result<Ground> ground_of_opening(std::string_view receipt,
                                               const crypto::Policy& policy,
                                               std::string_view pseudonym);

}  // namespace puhui::node::identity
