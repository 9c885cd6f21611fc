// What a node reads off the ledger about its city: who the nodes are, and the policy under which
// strangers verify checkpoints.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "crypto/policy.h"
#include "ledger/views/view.h"
#include "node/listen.h"
#include "node/peers/peers.h"
#include "puhui/v1/event.pb.h"

namespace puhui::node {

// All nodes admitted to the ledger, in the order of ids.
[[nodiscard]] std::vector<v1::Node> nodes_of(const ledger::View& view);

// Log key of the genesis; witnesses are the given voters; quorum is a majority of them. A voter the
// ledger does not know makes the policy INVALID_ARGUMENT.
[[nodiscard]] Result<crypto::Policy> city_policy(const v1::Genesis& genesis,
                                                 const std::vector<v1::Node>& nodes,
                                                 const std::set<std::uint64_t>& voters);

// As peers are dialled. Nodes whose address or key does not parse are left out.
[[nodiscard]] std::vector<peers::Member> members_of(const std::vector<v1::Node>& nodes);

}  // namespace puhui::node
