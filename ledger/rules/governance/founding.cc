#include "crypto/note.h"
#include "ledger/rules/governance/governance.h"

namespace puhui::ledger {
namespace {

constexpr std::int64_t kDemoRateMax = 1'000'000;
constexpr std::uint32_t kStateRootIntervalMin = 4;
constexpr std::uint32_t kStateRootIntervalMax = 1 << 20;

Ruling check_node_form(const v1::Node& node) {
  if (node.node_id() == 0 || !crypto::is_key_name(node.name()) || !is_text(node.peer_address()) ||
      !is_text(node.client_address()))
    return malformed("node");
  if (!crypto::PublicKey::decode(node.peer_key()) ||
      !crypto::PublicKey::decode(node.cosigner_key()))
    return refuse(ErrorCode::KEY_MALFORMED, "node.keys");
  return {};
}

}  // namespace

Ruling found(Context& context, const v1::Genesis& genesis) {
  if (!is_code(genesis.city()) || genesis.city() != context.event.payload.city())
    return malformed("city");
  if (!crypto::is_key_name(genesis.origin())) return malformed("origin");
  if (genesis.has_demo_clock() != genesis.origin().starts_with("demo.")) return malformed("origin");
  if (!is_text(genesis.name_zh()) || !is_text(genesis.name_en()) || !is_text(genesis.area()) ||
      !is_hash_or_empty(genesis.predecessor()))
    return malformed("text");
  const auto& clock = genesis.demo_clock();
  if (genesis.has_demo_clock() && (clock.rate() < 1 || clock.rate() > kDemoRateMax ||
                                   clock.start() < 0 || clock.start() > kTimeMax))
    return malformed("demo_clock");
  if (genesis.state_root_interval() < kStateRootIntervalMin ||
      genesis.state_root_interval() > kStateRootIntervalMax)
    return malformed("state_root_interval");
  if (!crypto::PublicKey::decode(genesis.log_key()))
    return refuse(ErrorCode::KEY_MALFORMED, "genesis.log_key");
  if (genesis.nodes().empty()) return malformed("nodes");
  for (const auto& party : genesis.parties()) {
    if (auto sound = check_party(context, party); !sound) return sound;
    put_party(context, party);
  }
  for (const auto& node : genesis.nodes()) {
    if (auto form = check_node_form(node); !form) return form;
    if (context.state.has(key::node(node.node_id()))) return malformed("nodes");
    context.state.put(key::node(node.node_id()), node);
  }
  if (auto form = check_rules_form(genesis.rules()); !form) return form;
  if (auto replaceable = check_replaceable(context, genesis.rules()); !replaceable)
    return replaceable;
  put_rule_set(context, genesis.rules());
  context.state.put(key::genesis(), genesis);
  const auto lineage = genesis.predecessor().empty() ? std::string(context.event.sha256.view())
                                                     : genesis.predecessor();
  context.state.put(key::lineage(), lineage);
  return {};
}

Ruling admit_node(Context& context, const v1::AdmitNode& action) {
  if (auto form = check_node_form(action.node()); !form) return form;
  if (auto met = require_signers(context, "node.admit", the_city()); !met) return met;
  context.state.put(key::node(action.node().node_id()), action.node());
  return {};
}

}  // namespace puhui::ledger
