// Verification without a network: receipts, records, signatures.
//
// A receipt (tlog-proof) carries the complete entry, its path and a cosigned checkpoint. It is
// believed under a policy alone. An event's signatures are judged against keys the caller supplies,
// since which key was in force is the ledger's knowledge. All
// functions but read_named_key are pure.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/envelope.h"
#include "crypto/policy.h"
#include "ledger/entry.h"
#include "node/cli/text.h"
#include "proto/error.h"
#include "puhui/v1/api.pb.h"

namespace puhui::node::cli {

// A key the caller trusts, under the name it was given with.
struct NamedKey {
  std::string name;
  crypto::PublicKey key;
};

// By the text that names it: hex of its wire form, or a file (see read_public_key).
[[nodiscard]] Result<NamedKey> read_named_key(const std::string& text);

struct JudgedSignature {
  crypto::Digest key_id;
  std::string key_name;  // Of the supplied key that made it; empty if none is this key.
};

// SIGNATURE_INVALID if a signature of a supplied key fails, or a supplied key did not sign.
[[nodiscard]] Result<std::vector<JudgedSignature>> judge_signatures(
    const crypto::Envelope& envelope, std::span<const NamedKey> keys);

struct VerifiedReceipt {
  std::uint64_t position = 0;
  ledger::Micros time = 0;
  ledger::EntryKind kind = ledger::EntryKind::event;
  std::string body;  // Of the entry.
  crypto::VerifiedCheckpoint checkpoint;
  crypto::Digest event_sha256;  // The rest: of events only.
  std::optional<v1::Payload> payload;
  std::vector<JudgedSignature> signatures;
};

// PROOF_MALFORMED if it is no receipt or carries no entry; errors of verify_tlog_proof and
// judge_signatures; CORRUPT or ENVELOPE_MALFORMED if what is proved is no entry of a ledger.
[[nodiscard]] Result<VerifiedReceipt> verify_receipt(std::string_view receipt,
                                                     const crypto::Policy& policy,
                                                     std::span<const NamedKey> keys);

// A record, the path to the root its batch's event names, and the receipt of that event.
// PROOF_INVALID if the three do not belong together; PROOF_MALFORMED; errors of verify_receipt.
struct VerifiedRecord {
  v1::BehaviourRecord record;
  VerifiedReceipt receipt;
};
[[nodiscard]] Result<VerifiedRecord> verify_record(const v1::RecordProof& proof,
                                                   const crypto::Policy& policy,
                                                   std::span<const NamedKey> keys);

// What the state root that the receipt proves says of one key of the views.
// PROOF_INVALID if the two do not belong together; PROOF_MALFORMED; errors of verify_receipt.
struct VerifiedState {
  std::string words;                                 // "account owner-main"
  std::unique_ptr<google::protobuf::Message> value;  // Null: absent.
  VerifiedReceipt receipt;
};
[[nodiscard]] Result<VerifiedState> verify_state(const v1::StateProof& proof,
                                                 const crypto::Policy& policy);

// Whether credits, newest first, hold all that had come to the account of which this was proved:
// the chain of their claims is its trail, and their sum its balance. What else they say (how the
// sum is divided, days, slots, times) and those newer than that are the node's word. PROOF_INVALID
// if one is left out, added or not well formed.
struct VerifiedCredits {
  int proved = 0, newer = 0;
};
[[nodiscard]] Result<VerifiedCredits> verify_credits(const v1::CreditHistory& credits,
                                                     const v1::PersonalAccount& account);

// Whether a claim was made, by the state root that the receipt proves. Errors as above.
struct VerifiedClaim {
  bool made = false;
  VerifiedReceipt receipt;
};
[[nodiscard]] Result<VerifiedClaim> verify_claim(const v1::ClaimProof& proof,
                                                 const crypto::Policy& policy);

// What was verified, in words: position, time, origin, witnesses, signatures.
[[nodiscard]] Fields describe(const VerifiedReceipt& receipt);
[[nodiscard]] Fields describe(const crypto::VerifiedCheckpoint& checkpoint);
[[nodiscard]] Fields describe(std::span<const JudgedSignature> signatures);

}  // namespace puhui::node::cli
