#include "node/relay/fork.h"

#include "crypto/bytes.h"
#include "crypto/checkpoint.h"
#include "crypto/evidence.h"
#include "crypto/note.h"
#include "crypto/policy.h"
#include "ledger/event.h"

namespace puhui::node::relay {
namespace {

constexpr std::string_view kForkWord = "puhui-fork/v1\n";

// Both roots of the size at which the trees differ, in order.
std::string event_id_of(const crypto::Evidence& evidence, const crypto::Fork& fork) {
  std::string one(fork.smaller.root.view());
  std::string other(evidence.root.value_or(fork.larger.root).view());
  if (other < one) std::swap(one, other);
  auto bytes = std::string(kForkWord) + fork.log.name + "\n";
  crypto::append_u64(bytes, fork.smaller.size);
  return std::string(crypto::sha256(bytes + one + other).view().substr(0, ledger::kEventIdSize));
}

// What the ledger would accept.
std::optional<Fork> proved(const crypto::Evidence& evidence, const v1::PartnerLog& log) {
  const auto policy = crypto::parse_policy(log.side().policy());
  if (!policy) return std::nullopt;
  const auto fork = crypto::verify_evidence(evidence, crypto::log_keys(*policy));
  if (!fork || fork->log.name != log.origin()) return std::nullopt;
  return Fork{crypto::format_evidence(evidence), event_id_of(evidence, *fork)};
}

std::optional<crypto::Checkpoint> checkpoint_in(const std::string& bytes) {
  const auto note = crypto::parse_note(bytes);
  if (!note) return std::nullopt;
  auto checkpoint = crypto::parse_checkpoint(note->text);
  if (!checkpoint) return std::nullopt;
  return std::move(*checkpoint);
}

// Whether the larger tree begins with another one than was accepted, as far as its tiles tell.
bool begins_otherwise(Prover& tiles, const v1::PartnerLog& log, const crypto::Checkpoint& shown,
                      crypto::Evidence& evidence) {
  const auto accepted = crypto::Digest::from_bytes(log.root());
  auto proof = tiles.consistency(log.size(), shown.size);
  if (!proof || !accepted) return false;
  if (crypto::verify_consistency({log.size(), shown.size, *accepted, shown.root}, *proof))
    return false;
  const auto root = tiles.root_at(log.size(), shown.size);
  if (!root) return false;
  evidence.root = *root;
  evidence.proof = std::move(*proof);
  return true;
}

// The signed note of what was accepted last; empty where no event of this ledger has it.
Result<std::string> accepted_note(City& to, const v1::PartnerLog& log) {
  const auto entry = to.get<v1::EntryView>({"v1", "entries", std::to_string(log.accepted_at())});
  if (!entry) return tl::make_unexpected(entry.error());
  return entry->payload().accept_checkpoint().checkpoint();
}

}  // namespace

Result<std::optional<Fork>> fork_shown(City& to, const v1::PartnerLog& log, const std::string& note,
                                       Prover* tiles) {
  const std::optional<Fork> none;
  const auto shown = checkpoint_in(note);
  if (!shown || log.size() == 0 || shown->size < log.size()) return none;
  crypto::Evidence evidence;
  if (shown->size == log.size()) {
    if (shown->root.view() == log.root()) return none;
  } else {
    if (tiles == nullptr || !begins_otherwise(*tiles, log, *shown, evidence)) return none;
    // Tiles remembered from before are of the tree that was accepted.
    tiles->forget();
    if (!begins_otherwise(*tiles, log, *shown, evidence)) return none;
  }
  auto accepted = accepted_note(to, log);
  if (!accepted) return tl::make_unexpected(accepted.error());
  evidence.smaller = std::move(*accepted);
  evidence.larger = note;
  return proved(evidence, log);
}

std::optional<Fork> fork_witnessed(City& to, const v1::PartnerLog& log) {
  const auto path = "/witness/" + crypto::sha256(log.origin()).hex() + "/evidence";
  for (const auto& bytes : to.fetch_from_each(path)) {
    const auto evidence = crypto::parse_evidence(bytes);
    if (!evidence) continue;
    if (auto fork = proved(*evidence, log)) return fork;
  }
  return std::nullopt;
}

Result<Carried> accuse(City& to, const std::string& partner, const Fork& fork) {
  v1::Payload payload;
  payload.set_event_id(fork.event_id);
  payload.mutable_accuse_partner()->set_partner(partner);
  payload.mutable_accuse_partner()->set_evidence(fork.evidence);
  auto came = carried("accuse_partner", to.submit(std::move(payload), {}));
  const Carried known{"accuse_partner", Came::known, {}, 0};
  // The event was sent before; or other evidence has convicted the log meanwhile.
  if (!came && came.error().code == ErrorCode::EVENT_CONFLICT) return known;
  if (came && came->code == code_name(ErrorCode::AGREEMENT_STANDING)) return known;
  return came;
}

}  // namespace puhui::node::relay
