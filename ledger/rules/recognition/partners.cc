#include "crypto/checkpoint.h"
#include "crypto/evidence.h"
#include "crypto/merkle.h"
#include "crypto/policy.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/recognition/actions.h"
#include "ledger/rules/recognition/recognition.h"

namespace puhui::ledger {
namespace {

// Hashes as an event carries them; nothing for too many, or one of another length.
std::optional<std::vector<crypto::Digest>> hashes(
    const google::protobuf::RepeatedPtrField<std::string>& path) {
  if (path.size() > static_cast<int>(crypto::kProofHashesMax)) return std::nullopt;
  std::vector<crypto::Digest> digests;
  for (const auto& bytes : path) {
    const auto digest = crypto::Digest::from_bytes(bytes);
    if (!digest) return std::nullopt;
    digests.push_back(*digest);
  }
  return digests;
}

Ruling proof_fails(std::string_view rule, const Error& error, const std::string& city) {
  return refuse(error.code, std::string(rule), {}, error.detail, city);
}

Ruling need_not_accused(const v1::PartnerLog& log) {
  if (log.accused_at() == 0) return {};
  return refuse(ErrorCode::AGREEMENT_STANDING, "partner.fork", {},
                "accused at leaf " + std::to_string(log.accused_at()), log.side().city());
}

std::string size_text(std::uint64_t size) { return "size " + std::to_string(size); }

}  // namespace

bool is_lost(const v1::PartnerLog& log, std::uint32_t epoch, std::uint64_t index) {
  for (auto later = static_cast<int>(epoch); later < log.kept_leaves_size(); ++later)
    if (index >= log.kept_leaves(later)) return true;
  return false;
}

tl::expected<v1::PartnerLog, Refusal> need_partner(const Context& context,
                                                   const std::string& city) {
  auto log = is_code(city) ? context.state.find<v1::PartnerLog>(key::partner(city)) : std::nullopt;
  if (log) return std::move(*log);
  return refuse(ErrorCode::AGREEMENT_UNKNOWN, "agreement.known", {}, {}, city);
}

Ruling need_included(const v1::ProvenLeaf& leaf, const crypto::Digest& root) {
  const auto path = hashes(leaf.path());
  const crypto::Inclusion claim{leaf.index(), leaf.tree_size(), crypto::leaf_hash(leaf.entry()),
                                root};
  if (path && crypto::verify_inclusion(claim, *path)) return {};
  return refuse(ErrorCode::PROOF_INVALID, "proof.inclusion", size_text(leaf.tree_size()), {},
                leaf.city() + " leaf " + std::to_string(leaf.index()));
}

tl::expected<ForeignEvent, Refusal> event_of(const v1::ProvenLeaf& leaf) {
  auto event = read_foreign(leaf.entry(), leaf.city());
  if (!event) return unexpected_leaf(event.error().detail, leaf);
  return std::move(*event);
}

tl::expected<ForeignEvent, Refusal> prove(const Context& context, const v1::ProvenLeaf& leaf) {
  const auto log = need_partner(context, leaf.city());
  if (!log) return tl::make_unexpected(log.error());
  const auto accepted = context.state.find<v1::AcceptedCheckpoint>(
      key::partner_checkpoint(leaf.city(), leaf.epoch(), leaf.tree_size()));
  if (!accepted)
    return refuse(ErrorCode::CHECKPOINT_NOT_ACCEPTED, "partner.checkpoint",
                  size_text(log->size()) + " last", {}, size_text(leaf.tree_size()));
  if (auto shown = need_included(leaf, *crypto::Digest::from_bytes(accepted->root())); !shown)
    return tl::make_unexpected(shown.error());
  if (is_lost(*log, leaf.epoch(), leaf.index()))
    return refuse(ErrorCode::LEAF_LOST, "partner.epoch", std::to_string(log->epoch()), {},
                  leaf.city() + " leaf " + std::to_string(leaf.index()));
  return event_of(leaf);
}

void note_partner_leaf(Context& context, const std::string& partner,
                       const v1::TransferRecord& record) {
  context.state.put(key::transfer_by_leaf(partner, record.partner_epoch(), record.partner_leaf(),
                                          record.transfer()),
                    std::string());
}

Ruling accept_checkpoint(Context& context, const v1::AcceptCheckpoint& action) {
  auto log = need_partner(context, action.partner());
  if (!log) return tl::make_unexpected(log.error());
  if (auto clear = need_not_accused(*log); !clear) return clear;
  const auto proof = hashes(action.proof());
  if (!proof) return malformed("proof");
  const auto policy = crypto::parse_policy(log->side().policy());
  const auto verified = crypto::verify_checkpoint(*policy, action.checkpoint());
  if (!verified) return proof_fails("partner.policy", verified.error(), action.partner());
  const auto& checkpoint = verified->checkpoint;
  if (checkpoint.size <= log->size())
    return refuse(ErrorCode::CHECKPOINT_STALE, "partner.checkpoint", size_text(log->size()), {},
                  size_text(checkpoint.size));
  const crypto::Consistency claim{log->size(), checkpoint.size,
                                  *crypto::Digest::from_bytes(log->root()), checkpoint.root};
  if (auto consistent = crypto::verify_consistency(claim, *proof); !consistent)
    return proof_fails("partner.consistency", consistent.error(), action.partner());
  const std::string root(checkpoint.root.view());
  log->set_size(checkpoint.size);
  log->set_root(root);
  log->set_accepted_at(static_cast<std::int64_t>(context.leaf));
  log->set_accepted_time(context.now);
  context.state.put(key::partner(action.partner()), *log);
  v1::AcceptedCheckpoint accepted;
  accepted.set_root(root);
  accepted.set_accepted_at(log->accepted_at());
  context.state.put(key::partner_checkpoint(action.partner(), log->epoch(), checkpoint.size),
                    accepted);
  context.fact("size", std::to_string(checkpoint.size));
  return {};
}

Ruling accuse_partner(Context& context, const v1::AccusePartner& action) {
  auto log = need_partner(context, action.partner());
  if (!log) return tl::make_unexpected(log.error());
  if (auto clear = need_not_accused(*log); !clear) return clear;
  const auto evidence = crypto::parse_evidence(action.evidence());
  if (!evidence) return proof_fails("partner.evidence", evidence.error(), action.partner());
  const auto policy = crypto::parse_policy(log->side().policy());
  const auto fork = crypto::verify_evidence(*evidence, crypto::log_keys(*policy));
  if (!fork) return proof_fails("partner.evidence", fork.error(), action.partner());
  if (fork->smaller.size <= log->forked_to())
    return refuse(ErrorCode::RETIREMENT_STATED, "partner.fork", size_text(log->forked_to()), {},
                  size_text(fork->smaller.size));
  log->set_forked_to(fork->larger.size);
  log->set_evidence_sha256(std::string(crypto::sha256(action.evidence()).view()));
  log->set_accused_at(static_cast<std::int64_t>(context.leaf));
  context.state.put(key::partner(action.partner()), *log);
  auto record = need_agreement(context, action.partner());
  if (record->standing() == v1::IN_FORCE)
    put_standing(context, *record, v1::STANDING_SUSPENDED, "the partner's log has forked");
  return {};
}

}  // namespace puhui::ledger
