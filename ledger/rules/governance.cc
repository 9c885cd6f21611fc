#include <algorithm>

#include "crypto/envelope.h"
#include "crypto/note.h"
#include "ledger/rules/due.h"
#include "ledger/rules/rules.h"

namespace puhui::ledger {
namespace {

constexpr int kKeysPerPartyMax = 16;
constexpr int kRolesPerPartyMax = 64;
constexpr std::size_t kTextSizeMax = 256;
constexpr int kSignerLinesMax = 256;
constexpr int kRequirementsMax = 16;
constexpr int kPurposesMax = 64;
constexpr std::int64_t kDemoRateMax = 1'000'000;
constexpr std::uint32_t kStateRootIntervalMin = 4;
constexpr std::uint32_t kStateRootIntervalMax = 1 << 20;

Ruling malformed(std::string_view what) {
  return refuse(ErrorCode::EVENT_MALFORMED, "form." + std::string(what));
}

bool is_text(std::string_view text) { return text.size() <= kTextSizeMax; }
bool is_hash_or_empty(std::string_view hash) {
  return hash.empty() || hash.size() == crypto::Digest::kSize;
}

// A window of times on the ledger, half-open; an end of 0 is open.
bool is_window(Micros from, Micros to) {
  return from >= 0 && from <= kTimeMax && to <= kTimeMax && (to == 0 || to > from);
}

Ruling check_grant(const v1::RoleGrant& grant) {
  const auto& scope = grant.scope();
  if (!v1::Role_IsValid(grant.role()) || grant.role() == v1::ROLE_UNSPECIFIED)
    return malformed("role");
  if (!is_text(scope.area()) || !is_text(scope.methodology()) || scope.max_amount_kg() < 0)
    return malformed("scope");
  if (!is_window(scope.from(), scope.to())) return malformed("scope");
  return {};
}

// Roles that one legal entity may not hold together.
constexpr std::pair<v1::Role, v1::Role> kConflicts[] = {
    {v1::OPERATOR, v1::VERIFIER},
    {v1::AUTHORITY, v1::VERIFIER},
};

bool entity_holds(const Context& context, const v1::Party& party, v1::Role role) {
  const auto& state = context.state;
  if (has_grant(party, role, context.now)) return true;
  if (party.legal_entity().empty()) return false;
  const auto prefix = key::legal_entity(party.legal_entity());
  for (auto at = state.at_or_after(prefix, prefix); at;
       at = state.at_or_after(prefix, at->key + '\0')) {
    const auto other = state.find<v1::Party>(key::party(at->key.substr(prefix.size())));
    if (other && has_grant(*other, role, context.now)) return true;
  }
  return false;
}

Ruling check_harmony(const Context& context, const v1::Party& party, v1::Role role) {
  for (const auto& [one, other] : kConflicts) {
    if (role != one && role != other) continue;
    const auto opposite = role == one ? other : one;
    if (entity_holds(context, party, opposite))
      return refuse(ErrorCode::ROLE_CONFLICT, "roles.independence", party.legal_entity(),
                    v1::Role_Name(opposite), v1::Role_Name(role));
  }
  return {};
}

Ruling check_new_key(const State& state, const v1::Key& key) {
  const auto decoded = crypto::PublicKey::decode(key.public_key());
  if (!decoded) return refuse(ErrorCode::KEY_MALFORMED, "key.form");
  const auto id = decoded->key_id();
  if (state.has(key::public_key(id.view())))
    return refuse(ErrorCode::KEY_EXISTS, "key.new", {}, id.hex());
  return {};
}

// Registers a key that check_new_key let pass.
std::string put_key(Context& context, const std::string& party, const v1::Key& key) {
  const auto id = crypto::PublicKey::decode(key.public_key())->key_id();
  v1::KeyRecord record;
  record.set_key_id(std::string(id.view()));
  record.set_public_key(key.public_key());
  record.set_party(party);
  record.set_added_at(static_cast<std::int64_t>(context.leaf));
  context.state.put(key::public_key(id.view()), record);
  return record.key_id();
}

void end_key(Context& context, v1::KeyRecord record, bool revoked) {
  record.set_ended_at(static_cast<std::int64_t>(context.leaf));
  record.set_revoked(revoked);
  context.state.put(key::public_key(record.key_id()), record);
}

void add_grant(Context& context, v1::Party& party, const v1::RoleGrant& grant) {
  *party.add_roles() = grant;
  schedule(context, {grant.scope().from(), grant.scope().to()}, DueKind::role_window,
           key::party(party.party()));
}

Ruling check_party_form(const v1::RegisterParty& action) {
  if (!is_name(action.party())) return malformed("party");
  if (!is_text(action.legal_entity()) || !is_text(action.name_zh()) || !is_text(action.name_en()) ||
      !is_text(action.area()))
    return malformed("text");
  if (action.legal_entity().find('\0') != std::string::npos) return malformed("legal_entity");
  if (action.keys_size() == 0 || action.keys_size() > kKeysPerPartyMax) return malformed("keys");
  if (action.roles_size() > kRolesPerPartyMax) return malformed("roles");
  for (const auto& grant : action.roles())
    if (auto form = check_grant(grant); !form) return form;
  return {};
}

Ruling add_party(Context& context, const v1::RegisterParty& action) {
  if (auto form = check_party_form(action); !form) return form;
  if (context.state.has(key::party(action.party())))
    return refuse(ErrorCode::PARTY_EXISTS, "party.new", {}, action.party());
  v1::Party party;
  party.set_party(action.party());
  party.set_legal_entity(action.legal_entity());
  party.set_name_zh(action.name_zh());
  party.set_name_en(action.name_en());
  party.set_area(action.area());
  party.set_in_ets_boundary(action.in_ets_boundary());
  party.set_registered_at(static_cast<std::int64_t>(context.leaf));
  for (const auto& key : action.keys()) {
    if (auto fresh = check_new_key(context.state, key); !fresh) return fresh;
    party.add_key_ids(put_key(context, action.party(), key));
  }
  for (const auto& grant : action.roles()) {
    if (auto harmony = check_harmony(context, party, grant.role()); !harmony) return harmony;
    add_grant(context, party, grant);
  }
  context.state.put(key::party(action.party()), party);
  if (!action.legal_entity().empty())
    context.state.put(key::legal_entity_party(action.legal_entity(), action.party()),
                      std::string());
  context.totals.set_parties(context.totals.parties() + 1);
  return {};
}

tl::expected<v1::Party, Refusal> need_party(const Context& context, const std::string& name) {
  auto party = context.state.find<v1::Party>(key::party(name));
  if (party) return std::move(*party);
  return refuse(ErrorCode::PARTY_UNKNOWN, "party.known", {}, {}, name);
}

Subject about(const std::string& party, const std::string& area) {
  Subject subject;
  subject.party = party;
  subject.area = area;
  return subject;
}

// A requirement that someone can meet.
bool is_requirement(const v1::SignerRequirement& need) {
  if (need.count() > crypto::kEnvelopeSignaturesMax) return false;
  switch (need.who_case()) {
    case v1::SignerRequirement::kRole:
      return v1::Role_IsValid(need.role()) && need.role() != v1::ROLE_UNSPECIFIED;
    case v1::SignerRequirement::kRelation:
      return v1::Relation_IsValid(need.relation()) && need.relation() != v1::RELATION_UNSPECIFIED &&
             need.count() <= 1;
    case v1::SignerRequirement::WHO_NOT_SET:
      break;
  }
  return false;
}

bool is_signer_line(const v1::SignerRule& line) {
  return !line.action().empty() && is_text(line.action()) &&
         line.all_of_size() <= kRequirementsMax &&
         std::ranges::all_of(line.all_of(), is_requirement);
}

bool is_plan(const v1::Plan& plan) {
  std::set<v1::TargetKind> kinds;
  const auto is_target = [&kinds](const v1::PlanTarget& target) {
    const bool has_roles = target.kind() == v1::TARGET_INSTITUTIONS;
    return v1::TargetKind_IsValid(target.kind()) && target.kind() != v1::TARGET_UNSPECIFIED &&
           kinds.insert(target.kind()).second && target.wanted() > 0 &&
           has_roles == !target.roles().empty() && target.roles_size() <= kRequirementsMax &&
           std::ranges::all_of(target.roles(), [](int role) {
             return role != v1::ROLE_UNSPECIFIED && v1::Role_IsValid(role);
           });
  };
  return !plan.source().empty() && is_text(plan.source()) && is_day(plan.until()) &&
         !plan.targets().empty() && std::ranges::all_of(plan.targets(), is_target);
}

Ruling check_rules_form(const v1::RuleSet& rules) {
  const auto bad = [](const char* what) {
    return refuse(ErrorCode::RULE_MALFORMED, "rules.form", {}, {}, what);
  };
  if (rules.version().empty() || !is_text(rules.version())) return bad("version");
  if (!is_window(rules.effective_from(), rules.effective_to())) return bad("window");
  if (rules.valid_ahead_max() < 0) return bad("valid_ahead_max");
  if (!is_hash_or_empty(rules.document_sha256())) return bad("document_sha256");
  if (rules.signers_size() > kSignerLinesMax) return bad("signers");
  std::set<std::string> actions;
  bool can_be_replaced = false;
  for (const auto& line : rules.signers()) {
    if (!is_signer_line(line) || !actions.insert(line.action()).second) return bad("signers");
    if (line.action() == "rules.file") can_be_replaced = !line.all_of().empty();
  }
  // Rules that nobody, or anybody, may replace would be the end of governance.
  if (!can_be_replaced) return bad("rules.file");
  if (rules.purposes_size() > kPurposesMax) return bad("purposes");
  std::set<std::string> purposes;
  for (const auto& purpose : rules.purposes())
    if (!is_name(purpose) || !purposes.insert(purpose).second) return bad("purposes");
  if (rules.has_plan() && !is_plan(rules.plan())) return bad("plan");
  return {};
}

void put_rule_set(Context& context, const v1::RuleSet& rules) {
  v1::RuleSetRecord record;
  *record.mutable_rules() = rules;
  record.set_filed_at(static_cast<std::int64_t>(context.leaf));
  note_window(record, context.now, context.leaf);
  const auto stored = key::rule_set(context.leaf);
  context.state.put(stored, record);
  schedule(context, {rules.effective_from(), rules.effective_to()}, DueKind::rule_set, stored);
}

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
  for (const auto& party : genesis.parties())
    if (auto added = add_party(context, party); !added) return added;
  for (const auto& node : genesis.nodes()) {
    if (auto form = check_node_form(node); !form) return form;
    if (context.state.has(key::node(node.node_id()))) return malformed("nodes");
    context.state.put(key::node(node.node_id()), node);
  }
  if (auto form = check_rules_form(genesis.rules()); !form) return form;
  put_rule_set(context, genesis.rules());
  context.state.put(key::genesis(), genesis);
  return {};
}

Ruling register_party(Context& context, const v1::RegisterParty& action) {
  if (auto added = add_party(context, action); !added) return added;
  return require_signers(context, "party.register", about(action.party(), action.area()));
}

Ruling grant_role(Context& context, const v1::GrantRole& action) {
  auto party = need_party(context, action.party());
  if (!party) return tl::make_unexpected(party.error());
  if (auto form = check_grant(action.grant()); !form) return form;
  if (party->roles_size() >= kRolesPerPartyMax) return malformed("roles");
  if (auto harmony = check_harmony(context, *party, action.grant().role()); !harmony)
    return harmony;
  if (auto met = require_signers(context, "role.grant", about(action.party(), party->area())); !met)
    return met;
  add_grant(context, *party, action.grant());
  context.state.put(key::party(party->party()), *party);
  return {};
}

Ruling revoke_role(Context& context, const v1::RevokeRole& action) {
  auto party = need_party(context, action.party());
  if (!party) return tl::make_unexpected(party.error());
  if (!has_grant(*party, action.role(), context.now))
    return refuse(ErrorCode::ROLE_MISSING, "role.held", {}, {}, v1::Role_Name(action.role()));
  if (auto met = require_signers(context, "role.revoke", about(action.party(), party->area()));
      !met)
    return met;
  auto* roles = party->mutable_roles();
  roles->erase(std::remove_if(roles->begin(), roles->end(),
                              [&](const auto& grant) { return grant.role() == action.role(); }),
               roles->end());
  context.state.put(key::party(party->party()), *party);
  return {};
}

Ruling add_key(Context& context, const v1::AddKey& action) {
  auto party = need_party(context, action.party());
  if (!party) return tl::make_unexpected(party.error());
  if (party->key_ids_size() >= kKeysPerPartyMax) return malformed("keys");
  if (auto fresh = check_new_key(context.state, action.key()); !fresh) return fresh;
  if (auto met = require_signers(context, "key.add", about(action.party(), party->area())); !met)
    return met;
  party->add_key_ids(put_key(context, action.party(), action.key()));
  context.state.put(key::party(party->party()), *party);
  return {};
}

namespace {

// The key of `party` with this id, in force.
tl::expected<v1::KeyRecord, Refusal> need_key(const Context& context, const std::string& party,
                                              const std::string& key_id) {
  auto record = context.state.find<v1::KeyRecord>(key::public_key(key_id));
  if (!record || record->party() != party || record->ended_at() != 0)
    return refuse(ErrorCode::NOT_FOUND, "key.in_force", {}, {}, party);
  return std::move(*record);
}

void remove_key_id(v1::Party& party, const std::string& key_id) {
  auto* ids = party.mutable_key_ids();
  ids->erase(std::remove(ids->begin(), ids->end(), key_id), ids->end());
}

}  // namespace

Ruling rotate_key(Context& context, const v1::RotateKey& action) {
  auto party = need_party(context, action.party());
  if (!party) return tl::make_unexpected(party.error());
  auto old = need_key(context, action.party(), action.old_key_id());
  if (!old) return tl::make_unexpected(old.error());
  if (auto fresh = check_new_key(context.state, action.new_key()); !fresh) return fresh;
  if (auto met = require_signers(context, "key.rotate", about(action.party(), party->area())); !met)
    return met;
  end_key(context, std::move(*old), false);
  remove_key_id(*party, action.old_key_id());
  party->add_key_ids(put_key(context, action.party(), action.new_key()));
  context.state.put(key::party(party->party()), *party);
  return {};
}

Ruling revoke_key(Context& context, const v1::RevokeKey& action) {
  auto party = need_party(context, action.party());
  if (!party) return tl::make_unexpected(party.error());
  auto old = need_key(context, action.party(), action.key_id());
  if (!old) return tl::make_unexpected(old.error());
  if (party->key_ids_size() == 1)
    return refuse(ErrorCode::KEY_LAST, "key.not_last", "1", "1", action.party());
  if (auto met = require_signers(context, "key.revoke", about(action.party(), party->area())); !met)
    return met;
  end_key(context, std::move(*old), true);
  remove_key_id(*party, action.key_id());
  context.state.put(key::party(party->party()), *party);
  return {};
}

Ruling file_rule_set(Context& context, const v1::FileRuleSet& action) {
  if (auto form = check_rules_form(action.rules()); !form) return form;
  if (auto met = require_signers(context, "rules.file", {}); !met) return met;
  put_rule_set(context, action.rules());
  return {};
}

Ruling admit_node(Context& context, const v1::AdmitNode& action) {
  if (auto form = check_node_form(action.node()); !form) return form;
  if (auto met = require_signers(context, "node.admit", {}); !met) return met;
  context.state.put(key::node(action.node().node_id()), action.node());
  return {};
}

}  // namespace puhui::ledger
