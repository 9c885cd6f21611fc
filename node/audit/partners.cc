// What is known of a partner's log, and what it proves.
#include <algorithm>

#include "crypto/bytes.h"
#include "crypto/evidence.h"
#include "crypto/merkle.h"
#include "crypto/policy.h"
#include "crypto/tiles.h"
#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

constexpr std::size_t kHeadSize = 9;

std::optional<std::vector<crypto::Digest>> read_path(
    const google::protobuf::RepeatedPtrField<std::string>& path) {
  std::vector<crypto::Digest> hashes;
  for (const auto& bytes : path) {
    const auto hash = crypto::Digest::from_bytes(bytes);
    if (!hash || hashes.size() == crypto::kProofHashesMax) return std::nullopt;
    hashes.push_back(*hash);
  }
  return hashes;
}

Verdict need_not_accused(const v1::PartnerLog& log) {
  if (log.accused_at() == 0) return {};
  return refused(ErrorCode::AGREEMENT_STANDING, log.origin(), "a log that has not forked",
                 "accused at leaf " + std::to_string(log.accused_at()));
}

Verdict fails(const Error& error, const std::string& what) {
  return refused(error.code, what + " " + error.detail);
}

std::string place(const v1::ProvenLeaf& leaf) {
  return leaf.city() + " leaf " + std::to_string(leaf.index()) + " of " +
         std::to_string(leaf.tree_size());
}

}  // namespace

bool is_lost(const v1::PartnerLog& log, std::uint32_t epoch, std::uint64_t index) {
  const auto epochs = static_cast<std::uint32_t>(log.kept_leaves_size());
  for (auto later = epoch; later < epochs; ++later)
    if (index >= log.kept_leaves(static_cast<int>(later))) return true;
  return false;
}

std::uint32_t epoch_begun(const v1::PartnerLog& log, const v1::ProvenLeaf& leaf) {
  for (std::uint32_t epoch = 0; epoch < leaf.epoch(); ++epoch) {
    const auto kept = log.kept_leaves().begin() + epoch;
    const auto last = log.kept_leaves().begin() + leaf.epoch();
    if (std::all_of(kept, last, [&](std::uint64_t leaves) { return leaf.index() < leaves; }))
      return epoch;
  }
  return leaf.epoch();
}

Fault unexpected(const v1::ProvenLeaf& leaf, const std::string& wanted) {
  return refused(ErrorCode::LEAF_UNEXPECTED, place(leaf), wanted);
}

Verdict need_included(const v1::ProvenLeaf& leaf, const crypto::Digest& root) {
  const auto path = read_path(leaf.path());
  if (path && crypto::verify_inclusion(
                  {leaf.index(), leaf.tree_size(), crypto::leaf_hash(leaf.entry()), root}, *path))
    return {};
  return refused(ErrorCode::PROOF_INVALID, place(leaf), root.hex());
}

Verdict find_partner(Case& at, const std::string& city, v1::PartnerLog*& log) {
  log = find(at.books.partners, city);
  return log != nullptr ? Verdict() : refused(ErrorCode::AGREEMENT_UNKNOWN, city);
}

void changed(Case& at, const v1::PartnerLog& log) {
  at.books.changed(stored('2', log.side().city()), log);
}

Verdict read_foreign(std::string_view entry, const std::string& city, ForeignEvent& event) {
  const auto other = [&](const char* what) { return refused(ErrorCode::LEAF_UNEXPECTED, what); };
  if (entry.size() < kHeadSize || entry.size() > crypto::kEntrySizeMax || entry[8] != 1)
    return other("not an event");
  event.time = static_cast<Micros>(crypto::read_u64(entry));
  if (event.time < 0 || event.time > kTimeMax) return other("no time");
  const auto envelope = crypto::decode_envelope(entry.substr(kHeadSize));
  if (!envelope) return other("not an envelope");
  if (!event.payload.ParseFromString(envelope->payload)) return other("not a payload");
  if (event.payload.city() != city) return other("of another city");
  // A vote may have settled it.
  if (event.payload.execute().resolution().has_settle_transfer()) {
    const auto settled = event.payload.execute().resolution().settle_transfer();
    *event.payload.mutable_settle_transfer() = settled;
  }
  return {};
}

Verdict prove(Case& at, const v1::ProvenLeaf& leaf, ForeignEvent& event) {
  v1::PartnerLog* log = nullptr;
  if (auto bad = find_partner(at, leaf.city(), log)) return bad;
  const auto* root = find(at.books.partner_roots, {leaf.city(), leaf.epoch(), leaf.tree_size()});
  if (root == nullptr)
    return refused(ErrorCode::CHECKPOINT_NOT_ACCEPTED, place(leaf), "an accepted checkpoint",
                   "the last is of size " + std::to_string(log->size()));
  if (auto bad = need_included(leaf, *root)) return bad;
  if (is_lost(*log, leaf.epoch(), leaf.index()))
    return refused(ErrorCode::LEAF_LOST, place(leaf),
                   "kept by epoch " + std::to_string(log->epoch()));
  return read_foreign(leaf.entry(), leaf.city(), event);
}

Verdict accept_checkpoint(Case& at, const v1::AcceptCheckpoint& action) {
  v1::PartnerLog* log = nullptr;
  if (auto bad = find_partner(at, action.partner(), log)) return bad;
  if (auto bad = need_not_accused(*log)) return bad;
  const auto path = read_path(action.proof());
  if (!path) return malformed("proof");
  const auto policy = crypto::parse_policy(log->side().policy());
  const auto verified = crypto::verify_checkpoint(*policy, action.checkpoint());
  if (!verified) return fails(verified.error(), "checkpoint of " + action.partner());
  const auto& [origin, size, root, extensions] = verified->checkpoint;
  if (size <= log->size())
    return refused(ErrorCode::CHECKPOINT_STALE, action.partner(),
                   "more than " + std::to_string(log->size()), std::to_string(size));
  const auto last = *crypto::Digest::from_bytes(log->root());
  const auto grown = crypto::verify_consistency({log->size(), size, last, root}, *path);
  if (!grown) return fails(grown.error(), "consistency of " + action.partner());
  log->set_size(size);
  log->set_root(std::string(root.view()));
  log->set_accepted_at(as_leaf(at));
  log->set_accepted_time(at.now);
  changed(at, *log);
  at.books.partner_roots[{action.partner(), log->epoch(), size}] = root;
  return {};
}

Verdict accuse_partner(Case& at, const v1::AccusePartner& action) {
  v1::PartnerLog* log = nullptr;
  if (auto bad = find_partner(at, action.partner(), log)) return bad;
  if (auto bad = need_not_accused(*log)) return bad;
  const auto evidence = crypto::parse_evidence(action.evidence());
  if (!evidence) return fails(evidence.error(), "evidence");
  const auto keys = crypto::log_keys(*crypto::parse_policy(log->side().policy()));
  const auto fork = crypto::verify_evidence(*evidence, keys);
  if (!fork) return fails(fork.error(), "evidence");
  if (fork->smaller.size <= log->forked_to())
    return refused(ErrorCode::RETIREMENT_STATED, "fork of " + action.partner(),
                   "beyond size " + std::to_string(log->forked_to()),
                   std::to_string(fork->smaller.size));
  log->set_forked_to(fork->larger.size);
  log->set_evidence_sha256(std::string(crypto::sha256(action.evidence()).view()));
  log->set_accused_at(as_leaf(at));
  changed(at, *log);
  if (at.books.agreements.at(action.partner()).standing() == v1::IN_FORCE)
    set_standing_of(at, action.partner(), v1::STANDING_SUSPENDED, "the partner's log has forked");
  return {};
}

}  // namespace puhui::node::audit
