// Proofs of what the views said at a state root, fetched from a node.
#pragma once

#include <string>
#include <vector>

#include "node/cli/session.h"
#include "puhui/v1/api.pb.h"

namespace puhui::node::cli {

// The proof of what these words name: a kind, then its names. PROOF_INVALID if the node proves
// something else; errors of ledger::state_key and Session::get. Its receipt is not verified here.
[[nodiscard]] Result<v1::StateProof> fetch_state_proof(Session& session,
                                                       const std::vector<std::string>& words);

}  // namespace puhui::node::cli
