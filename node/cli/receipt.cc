#include "node/cli/receipt.h"

#include <algorithm>

#include "crypto/merkle.h"
#include "crypto/tlog_proof.h"
#include "ledger/state_root.h"
#include "ledger/views/claim_proof.h"
#include "ledger/views/state_value.h"
#include "node/cli/values.h"

namespace puhui::node::cli {
namespace {

// Checkpoints of cities whose clock runs by its own rate.
constexpr std::string_view kDemoOriginPrefix = "demo.";

Result<void> read_event(const ledger::Entry& entry, std::span<const NamedKey> keys,
                        VerifiedReceipt& receipt) {
  const auto envelope = crypto::decode_envelope(entry.body);
  if (!envelope) return tl::make_unexpected(envelope.error());
  receipt.event_sha256 = crypto::event_digest(*envelope);
  if (!receipt.payload.emplace().ParseFromString(envelope->payload))
    return fail(ErrorCode::CORRUPT, "the payload of the proved event does not parse");
  auto judged = judge_signatures(*envelope, keys);
  if (!judged) return tl::make_unexpected(judged.error());
  receipt.signatures = std::move(*judged);
  return {};
}

// The path from a record to the root its event names.
Result<void> verify_path(const v1::RecordProof& proof) {
  std::vector<crypto::Digest> path;
  for (const auto& bytes : proof.path()) {
    const auto hash = crypto::Digest::from_bytes(bytes);
    if (!hash) return fail(ErrorCode::PROOF_MALFORMED, "a hash of the record's path");
    path.push_back(*hash);
  }
  const auto root = crypto::Digest::from_bytes(proof.root());
  if (!root) return fail(ErrorCode::PROOF_MALFORMED, "the root of the records");
  return crypto::verify_inclusion(
      {proof.index(), proof.count(), crypto::leaf_hash(proof.record()), *root}, path);
}

}  // namespace

Result<NamedKey> read_named_key(const std::string& text) {
  auto key = read_public_key(text);
  if (!key) return tl::make_unexpected(key.error());
  return NamedKey{text, std::move(*key)};
}

Result<std::vector<JudgedSignature>> judge_signatures(const crypto::Envelope& envelope,
                                                      std::span<const NamedKey> keys) {
  const auto message = crypto::pae(envelope);
  std::vector<JudgedSignature> judged;
  for (const auto& signature : envelope.signatures) {
    auto& verdict = judged.emplace_back(JudgedSignature{signature.key_id, {}});
    const auto known = std::ranges::find_if(
        keys, [&](const NamedKey& named) { return named.key.key_id() == signature.key_id; });
    if (known == keys.end()) continue;
    if (!crypto::verify(known->key, message, signature.signature))
      return fail(ErrorCode::SIGNATURE_INVALID, "by " + known->name);
    verdict.key_name = known->name;
  }
  for (const auto& named : keys) {
    const auto id = named.key.key_id();
    if (std::ranges::none_of(judged, [&](const auto& verdict) { return verdict.key_id == id; }))
      return fail(ErrorCode::SIGNATURE_INVALID, named.name + " did not sign this event");
  }
  return judged;
}

Result<VerifiedReceipt> verify_receipt(std::string_view receipt, const crypto::Policy& policy,
                                       std::span<const NamedKey> keys) {
  const auto proof = crypto::parse_tlog_proof(receipt);
  if (!proof) return tl::make_unexpected(proof.error());
  if (!proof->extra) return fail(ErrorCode::PROOF_MALFORMED, "the receipt carries no entry");
  auto checkpoint = crypto::verify_tlog_proof(*proof, *proof->extra, policy);
  if (!checkpoint) return tl::make_unexpected(checkpoint.error());
  const auto entry = ledger::decode_entry(*proof->extra);
  if (!entry) return tl::make_unexpected(entry.error());
  VerifiedReceipt verified;
  verified.position = proof->index;
  verified.time = entry->time;
  verified.kind = entry->kind;
  verified.body = entry->body;
  verified.checkpoint = std::move(*checkpoint);
  if (entry->kind == ledger::EntryKind::event) {
    if (auto read = read_event(*entry, keys, verified); !read)
      return tl::make_unexpected(read.error());
  } else if (!keys.empty()) {
    return fail(ErrorCode::SIGNATURE_INVALID, "the entry is no event and has no signatures");
  }
  return verified;
}

Result<VerifiedRecord> verify_record(const v1::RecordProof& proof, const crypto::Policy& policy,
                                     std::span<const NamedKey> keys) {
  if (auto path = verify_path(proof); !path) return tl::make_unexpected(path.error());
  auto receipt = verify_receipt(proof.receipt(), policy, keys);
  if (!receipt) return tl::make_unexpected(receipt.error());
  if (!receipt->payload || !receipt->payload->has_submit_behaviour_batch())
    return fail(ErrorCode::PROOF_INVALID, "the receipt is not of a behaviour batch");
  const auto& named = receipt->payload->submit_behaviour_batch().records();
  if (named.root() != proof.root() || named.count() != proof.count())
    return fail(ErrorCode::PROOF_INVALID, "the event of the receipt names other records");
  if (proof.leaf() < 0 || static_cast<std::uint64_t>(proof.leaf()) != receipt->position)
    return fail(ErrorCode::PROOF_INVALID, "the receipt is of another leaf");
  VerifiedRecord verified;
  if (!verified.record.ParseFromString(proof.record()))
    return fail(ErrorCode::PROOF_INVALID, "what is proved is no behaviour record");
  verified.receipt = std::move(*receipt);
  return verified;
}

namespace {

struct ProvedRoot {
  ledger::StateRoot root;
  VerifiedReceipt receipt;
};

Result<ProvedRoot> verify_root(const std::string& text, const crypto::Policy& policy) {
  auto receipt = verify_receipt(text, policy, {});
  if (!receipt) return tl::make_unexpected(receipt.error());
  if (receipt->kind != ledger::EntryKind::state_root)
    return fail(ErrorCode::PROOF_INVALID, "the receipt is not of a state root");
  auto root = ledger::decode_state_root(receipt->body);
  if (!root) return tl::make_unexpected(root.error());
  return ProvedRoot{std::move(*root), std::move(*receipt)};
}

}  // namespace

Result<VerifiedState> verify_state(const v1::StateProof& proof, const crypto::Policy& policy) {
  auto proved = verify_root(proof.receipt(), policy);
  if (!proved) return tl::make_unexpected(proved.error());
  const auto map = ledger::map_of(proof.key());
  if (!map) return fail(ErrorCode::PROOF_INVALID, "what is proved is no key of the views");
  if (auto claim = ledger::verify_state_claim(proof, proved->root.of(*map)); !claim)
    return tl::make_unexpected(claim.error());
  auto words = ledger::state_words(proof.key());
  if (!words) return tl::make_unexpected(words.error());
  if (!proof.has_value() && proof.key().starts_with("vU"))
    return fail(ErrorCode::PROOF_INVALID,
                "that no block ends at a serial says nothing of the serial");
  if (!proof.has_value() && proof.key().starts_with("vL") && proof.key().size() > 2)
    return fail(
        ErrorCode::PROOF_INVALID,
        "that a slot has no list says nothing unless its day is closed (puhui proof claim)");
  VerifiedState verified{std::move(*words), nullptr, std::move(proved->receipt)};
  if (!proof.has_value()) return verified;
  auto value = ledger::state_message(proof.key(), proof.value());
  if (!value) return tl::make_unexpected(value.error());
  verified.value = std::move(*value);
  return verified;
}

Result<VerifiedCredits> verify_credits(const v1::CreditHistory& credits,
                                       const v1::PersonalAccount& account) {
  const auto& items = credits.items();
  const auto last = std::ranges::find_if(items, [&account](const v1::Credit& credit) {
    return credit.leaf() == account.last_leaf() && credit.record() == account.last_record();
  });
  crypto::Digest trail;
  std::int64_t grams = 0;
  bool overflows = false, is_formed = true;
  for (auto at = items.end(); at != last;) {
    --at;
    is_formed &= at->kind() == v1::CREDITED ? at->grams() >= 0 : at->grams() <= 0;
    is_formed &= at->claim().size() == crypto::Digest::kSize;
    trail = crypto::sha256(std::string(trail.view()) + at->claim());
    overflows |= __builtin_add_overflow(grams, at->grams(), &grams);
  }
  if (last == items.end() || overflows || !is_formed || trail.view() != account.trail() ||
      grams != account.credits_held_g())
    return fail(ErrorCode::PROOF_INVALID, "these are not the credits of the proved account");
  return VerifiedCredits{static_cast<int>(items.end() - last),
                         static_cast<int>(last - items.begin())};
}

Result<VerifiedClaim> verify_claim(const v1::ClaimProof& proof, const crypto::Policy& policy) {
  auto proved = verify_root(proof.closed().receipt(), policy);
  if (!proved) return tl::make_unexpected(proved.error());
  const auto made = ledger::verify_claim(proof, proved->root.personal_map);
  if (!made) return tl::make_unexpected(made.error());
  return VerifiedClaim{*made, std::move(proved->receipt)};
}

Fields describe(std::span<const JudgedSignature> signatures) {
  Fields fields;
  for (std::size_t i = 0; i < signatures.size(); ++i) {
    const auto& [key_id, key_name] = signatures[i];
    fields.emplace_back("signature[" + std::to_string(i) + "]",
                        key_id.hex() + (key_name.empty() ? ": not judged, its key was not given"
                                                         : ": valid, by " + key_name));
  }
  return fields;
}

Fields describe(const crypto::VerifiedCheckpoint& checkpoint) {
  const auto& head = checkpoint.checkpoint;
  Fields fields{
      {"origin", head.origin}, {"size", std::to_string(head.size)}, {"root", head.root.hex()}};
  if (head.origin.starts_with(kDemoOriginPrefix))
    fields.emplace_back("clock", "DEMO CLOCK: times are scaled and prove no date");
  for (std::size_t i = 0; i < checkpoint.witnesses.size(); ++i) {
    const auto& [name, time_s] = checkpoint.witnesses[i];
    const auto when = time_s < INT64_MAX / kMicrosPerSecond
                          ? format_time(static_cast<std::int64_t>(time_s) * kMicrosPerSecond)
                          : std::to_string(time_s) + " s";
    fields.emplace_back("cosigner[" + std::to_string(i) + "]", name + " at " + when);
  }
  return fields;
}

Fields describe(const VerifiedReceipt& receipt) {
  Fields fields{{"verified", "yes"},
                {"position", std::to_string(receipt.position)},
                {"time", format_time(receipt.time)},
                {"kind", std::string(ledger::kind_name(receipt.kind))}};
  std::ranges::move(describe(receipt.checkpoint), std::back_inserter(fields));
  if (receipt.payload) fields.emplace_back("event_sha256", receipt.event_sha256.hex());
  std::ranges::move(describe(receipt.signatures), std::back_inserter(fields));
  return fields;
}

}  // namespace puhui::node::cli
