// What can be proved of the views by a state root (state_root.h): how people name it, where it is
// stored, and what its bytes mean. Functions of bytes alone, for those who prove and who verify.
#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hash.h"
#include "proto/error.h"
#include "puhui/v1/api.pb.h"
#include "puhui/v1/view.pb.h"

namespace puhui::ledger {

// The words for kinds: "account", "party", … in the order people may be told them.
[[nodiscard]] std::vector<std::string_view> state_kinds();

// The stored key of one: {"account", "owner-main"}, {"methodology", "WH-PV-2023", "V01"},
// {"totals"}. A serial is no key: the block that holds it is (View::state_key_of_serial).
// INVALID_ARGUMENT names what is wrong.
[[nodiscard]] Result<std::string> state_key(const std::vector<std::string>& words);

// The words for a stored key: "account owner-main", "serials up to 1200".
// PROOF_INVALID if it is no key of a map.
[[nodiscard]] Result<std::string> state_words(std::string_view key);

// The stored value as a message: what views answer, or PersonalAccount, ClosedClaimDays,
// SlotClaims. PROOF_INVALID if it is none.
[[nodiscard]] Result<std::unique_ptr<google::protobuf::Message>> state_message(
    std::string_view key, std::string_view value);

// What a proof says, apart from the receipt: its claim follows from this root of the map of its
// key. PROOF_MALFORMED, PROOF_INVALID.
[[nodiscard]] Result<void> verify_state_claim(const v1::StateProof& proof,
                                              const crypto::Digest& map_root);

}  // namespace puhui::ledger
