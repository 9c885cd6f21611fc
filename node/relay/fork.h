// Evidence that a partner's log has forked, and what becomes of it: the city that trusts the log
// records it, and with that its agreement is suspended until governance lifts it. Nobody has to be
// asked, and nobody believed: evidence (crypto/evidence.h) is two checkpoints that the log signed.
#pragma once

#include <optional>
#include <string>

#include "node/relay/delivery.h"
#include "node/relay/prover.h"

namespace puhui::node::relay {

struct Fork {
  std::string evidence;
  // Of whoever records it: the same whatever larger checkpoints show the same two trees. A ledger
  // takes it once for ever, also after governance has forgiven.
  std::string event_id;
};

// Whether a checkpoint that the log shows now contradicts the last one that `to` accepted; nothing
// if it does not, or if that cannot be proved. `tiles` are those that the log serves; without them
// only checkpoints of one size are compared. Errors of `to`.
[[nodiscard]] Result<std::optional<Fork>> fork_shown(City& to, const v1::PartnerLog& log,
                                                     const std::string& note, Prover* tiles);
// What the nodes of `to` have seen as witnesses of the log.
[[nodiscard]] std::optional<Fork> fork_witnessed(City& to, const v1::PartnerLog& log);

// Records it: known if it was before. Errors of `to`.
[[nodiscard]] Result<Carried> accuse(City& to, const std::string& partner, const Fork& fork);

}  // namespace puhui::node::relay
