// What a replica tells people and metrics about itself.
#include "node/replica/replica.h"

namespace puhui::node {

v1::Status Replica::status_now() {
  const auto driver = ordering_.driver().status();
  const auto ledger = slot_.get();
  const auto head = ledger->view().head();
  v1::Status status;
  status.set_city(identity_.genesis.city());
  status.set_origin(identity_.genesis.origin());
  status.set_node_id(options_.node_id);
  status.set_term(driver.term);
  status.set_leader_id(driver.leader);
  status.set_commit_index(driver.commit);
  status.set_applied_index(driver.applied);
  status.set_size(static_cast<std::int64_t>(head.size));
  status.set_time(head.time);
  status.set_now(ordering_.clock().now());
  status.set_demo_clock(ordering_.clock().is_demo());
  status.set_read_only_reason(ledger->read_only_reason());
  status.set_read_only(!status.read_only_reason().empty());
  status.set_state_digest(head.digest.hex());
  if (const auto checkpoint = receipts_.newest())
    status.set_provable_size(static_cast<std::int64_t>(checkpoint->size));
  if (const auto* asker = this->asker()) {
    if (const auto witnessed = asker->witnessed())
      status.set_witnessed_size(static_cast<std::int64_t>(witnessed->size));
    if (leads_) status.set_unwitnessed(asker->missing());
  }
  if (partners_ && leads_)
    for (auto& partner : partners_->cosigned()) *status.add_partners() = std::move(partner);
  const bool voter = configuration_.is_voter(options_.node_id);
  status.set_role(driver.standing == consensus::Standing::kLeader      ? "leader"
                  : driver.standing == consensus::Standing::kCandidate ? "candidate"
                  : voter                                              ? "follower"
                                                                       : "learner");
  const auto connections = peers_->status();
  for (const auto& node : all_nodes()) {
    if (node.node_id() == driver.leader) status.set_leader_address(node.client_address());
    if (node.node_id() == options_.node_id) {
      status.set_node_name(node.name());
      status.set_witness_url("https://" + node.client_address() + "/witness");
    }
    const auto* server = configuration_.find(node.node_id());
    if (server == nullptr || node.node_id() == options_.node_id) continue;
    auto* peer = status.add_peers();
    peer->set_node_id(node.node_id());
    peer->set_name(node.name());
    peer->set_role(server->role == consensus::Role::kVoter ? "voter" : "learner");
    for (const auto& progress : driver.peers)
      if (progress.id == node.node_id()) peer->set_match_index(progress.match);
    for (const auto& member : connections.members)
      if (member.id == node.node_id()) peer->set_connected(member.sending && member.receiving);
    if (const auto offset = ordering_.clock().offset_of(node.node_id()))
      peer->set_clock_offset_us(*offset);
  }
  return status;
}

}  // namespace puhui::node
