// What a ClaimProof says, apart from the receipt (rules/claims.h). Functions of bytes alone; the
// proof is made by View::claim_proof.
#pragma once

#include "crypto/hash.h"
#include "proto/error.h"
#include "puhui/v1/api.pb.h"

namespace puhui::ledger {

// Whether the claim was made, if that follows from this root of the personal map.
// PROOF_MALFORMED, PROOF_INVALID.
[[nodiscard]] Result<bool> verify_claim(const v1::ClaimProof& proof,
                                        const crypto::Digest& personal_root);

}  // namespace puhui::ledger
