#include "node/replica/city.h"

#include <algorithm>

#include "crypto/bytes.h"

namespace puhui::node {
namespace {

constexpr std::string_view kQuorumGroup = "voters";

// Policy names may not hold what separates words; node names are cosigner key names already.
std::string policy_name(const v1::Node& node) { return "node-" + std::to_string(node.node_id()); }

}  // namespace

std::vector<v1::Node> nodes_of(const ledger::View& view) {
  std::vector<v1::Node> nodes;
  ledger::Page page{{}, ledger::kPageLimitMax};
  do {
    const auto part = view.nodes(page);
    nodes.insert(nodes.end(), part.items().begin(), part.items().end());
    page.after = part.next();
  } while (!page.after.empty());
  return nodes;
}

Result<crypto::Policy> city_policy(const v1::Genesis& genesis, const std::vector<v1::Node>& nodes,
                                   const std::set<std::uint64_t>& voters) {
  const auto log_key = crypto::PublicKey::decode(genesis.log_key());
  if (!log_key) return tl::make_unexpected(log_key.error());
  crypto::Policy policy;
  policy.logs.push_back({{genesis.origin(), crypto::NoteKeyType::ed25519, *log_key}, ""});
  crypto::PolicyGroup group;
  group.name = kQuorumGroup;
  for (const auto& node : nodes) {
    if (!voters.contains(node.node_id())) continue;
    const auto key = crypto::PublicKey::decode(node.cosigner_key());
    if (!key) return tl::make_unexpected(key.error());
    policy.witnesses.push_back(
        {policy_name(node), {node.name(), crypto::NoteKeyType::cosignature, *key}, ""});
    group.members.push_back(policy_name(node));
  }
  if (group.members.size() != voters.size())
    return fail(ErrorCode::INVALID_ARGUMENT, "a voter is not admitted to the ledger");
  group.threshold = voters.size() / 2 + 1;
  policy.groups.push_back(std::move(group));
  policy.quorum = kQuorumGroup;
  return policy;
}

std::vector<peers::Member> members_of(const std::vector<v1::Node>& nodes) {
  std::vector<peers::Member> members;
  for (const auto& node : nodes) {
    const auto key = crypto::PublicKey::decode(node.peer_key());
    const auto endpoint = parse_endpoint(node.peer_address());
    if (!key || !endpoint) continue;
    members.push_back({node.node_id(), *key, endpoint->host, endpoint->port});
  }
  return members;
}

}  // namespace puhui::node
