#include <algorithm>

#include "crypto/note.h"
#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

constexpr int kKeysMax = 16;
constexpr int kRolesMax = 64;
constexpr int kRestraintsMax = 64;
constexpr int kDueAtOnceMax = 256;

bool is_text(std::string_view text) { return text.size() <= kGovernanceTextMax; }

Verdict check_grant(const v1::RoleGrant& grant) {
  const auto& scope = grant.scope();
  if (!is_role(grant.role())) return malformed("role");
  if (!is_text(scope.area()) || !is_text(scope.methodology()) || scope.max_amount_kg() < 0 ||
      !is_window(scope.from(), scope.to()))
    return malformed("scope");
  return {};
}

// One legal entity is never verifier and operator, nor verifier and authority.
Verdict check_harmony(const Case& at, const v1::Party& party, v1::Role role) {
  if ((role == v1::OPERATOR || role == v1::AUTHORITY || role == v1::VERIFIER) &&
      party.legal_entity().empty())
    return malformed("legal_entity");
  std::vector<v1::Role> against;
  if (role == v1::OPERATOR || role == v1::AUTHORITY) against = {v1::VERIFIER};
  if (role == v1::VERIFIER) against = {v1::OPERATOR, v1::AUTHORITY};
  const auto conflicts = [&](const v1::Party& other) {
    return std::ranges::any_of(
        against, [&](v1::Role other_role) { return holds_or_will(other, other_role, at.now); });
  };
  bool found = conflicts(party);
  for (const auto& [name, other] : at.books.parties)
    if (!party.legal_entity().empty() && other.legal_entity() == party.legal_entity())
      found = found || conflicts(other);
  if (!found) return {};
  return refused(ErrorCode::ROLE_CONFLICT, party.legal_entity(),
                 "roles of different legal entities", v1::Role_Name(role));
}

Verdict check_new_key(const Case& at, const v1::Key& key) {
  const auto decoded = crypto::PublicKey::decode(key.public_key());
  if (!decoded) return refused(ErrorCode::KEY_MALFORMED);
  const auto id = decoded->key_id();
  if (at.books.keys.contains(std::string(id.view())))
    return refused(ErrorCode::KEY_EXISTS, "key id " + id.hex());
  return {};
}

std::string put_key(Case& at, const std::string& party, const v1::Key& key) {
  const auto id = crypto::PublicKey::decode(key.public_key())->key_id();
  v1::KeyRecord record;
  record.set_key_id(std::string(id.view()));
  record.set_public_key(key.public_key());
  record.set_party(party);
  record.set_added_at(as_leaf(at));
  at.books.changed(stored('K', id.view()), record);
  at.books.keys[record.key_id()] = record;
  return record.key_id();
}

void end_key(Case& at, v1::Party& party, const std::string& id, bool revoked) {
  auto& record = at.books.keys.at(id);
  record.set_ended_at(as_leaf(at));
  record.set_revoked(revoked);
  at.books.changed(stored('K', id), record);
  auto* ids = party.mutable_key_ids();
  ids->erase(std::remove(ids->begin(), ids->end(), id), ids->end());
}

void changed(Case& at, const v1::Party& party) {
  at.books.changed(stored('P', party.party()), party);
}

void schedule_role(Case& at, const std::string& party, const v1::RoleGrant& grant) {
  for (const auto time : {grant.scope().from(), grant.scope().to()})
    schedule(at, time, DueKind::role_window, stored('P', party));
}

Verdict check_party_form(const v1::RegisterParty& action) {
  if (!is_name(action.party())) return malformed("party");
  if (!is_text(action.legal_entity()) || !is_text(action.name_zh()) || !is_text(action.name_en()) ||
      !is_text(action.area()) || action.legal_entity().find('\0') != std::string::npos)
    return malformed("text");
  if (action.keys().empty() || action.keys_size() > kKeysMax) return malformed("keys");
  if (action.roles_size() > kRolesMax) return malformed("roles");
  for (const auto& grant : action.roles())
    if (auto bad = check_grant(grant)) return bad;
  return {};
}

Verdict check_node(const v1::Node& node) {
  if (node.node_id() == 0 || !crypto::is_key_name(node.name()) || !is_text(node.peer_address()) ||
      !is_text(node.client_address()))
    return malformed("node");
  if (!crypto::PublicKey::decode(node.peer_key()) ||
      !crypto::PublicKey::decode(node.cosigner_key()))
    return refused(ErrorCode::KEY_MALFORMED, "node");
  return {};
}

void put_node(Case& at, const v1::Node& node) {
  at.books.changed(stored('N', node.node_id()), node);
  at.books.nodes[node.node_id()] = node;
}

Verdict check_genesis(const Case& at, const v1::Genesis& genesis) {
  const auto& clock = genesis.demo_clock();
  if (!is_code(genesis.city()) || genesis.city() != at.leaf.payload.city())
    return malformed("city");
  if (!crypto::is_key_name(genesis.origin()) ||
      genesis.has_demo_clock() != genesis.origin().starts_with("demo."))
    return malformed("origin");
  if (!is_text(genesis.name_zh()) || !is_text(genesis.name_en()) || !is_text(genesis.area()) ||
      !is_hash_or_empty(genesis.predecessor()))
    return malformed("text");
  if (genesis.has_demo_clock() && (clock.rate() < 1 || clock.rate() > 1'000'000 ||
                                   clock.start() < 0 || clock.start() > kTimeMax))
    return malformed("demo_clock");
  if (genesis.state_root_interval() < 4 || genesis.state_root_interval() > 1 << 20)
    return malformed("state_root_interval");
  if (!crypto::PublicKey::decode(genesis.log_key()))
    return refused(ErrorCode::KEY_MALFORMED, "log");
  std::set<std::uint64_t> nodes;
  for (const auto& node : genesis.nodes()) {
    if (auto bad = check_node(node)) return bad;
    if (!nodes.insert(node.node_id()).second) return malformed("nodes");
  }
  if (nodes.empty()) return malformed("nodes");
  return check_rules(genesis.rules());
}

Subject about(const v1::Party& party) { return {.party = party.party(), .area = party.area()}; }

Verdict unknown_party(const std::string& name) { return refused(ErrorCode::PARTY_UNKNOWN, name); }

Verdict check_own_key(const Case& at, const std::string& party, const std::string& id) {
  const auto* record = find(at.books.keys, id);
  if (record == nullptr || record->party() != party || record->ended_at() != 0)
    return refused(ErrorCode::NOT_FOUND, "a key in force of " + party);
  return {};
}

Verdict check_governable(const Case& at) {
  auto bad = check_replaceable(at, at.rules);
  if (bad) bad->code = code_name(ErrorCode::ROLE_LAST);
  return bad;
}

template <class Predicate>
void drop_roles(v1::Party& party, Predicate drops) {
  auto* roles = party.mutable_roles();
  roles->erase(std::remove_if(roles->begin(), roles->end(), drops), roles->end());
}

}  // namespace

Verdict found(Case& at, const v1::Genesis& genesis) {
  if (auto bad = check_genesis(at, genesis)) return bad;
  for (const auto& party : genesis.parties()) {
    if (auto bad = check_party(at, party)) return bad;
    put_party(at, party);
  }
  for (const auto& node : genesis.nodes()) put_node(at, node);
  if (auto bad = check_replaceable(at, genesis.rules())) return bad;
  put_rules(at, genesis.rules());
  at.books.genesis = genesis;
  at.books.lineage =
      genesis.predecessor().empty() ? std::string(at.leaf.sha256.view()) : genesis.predecessor();
  at.books.is_founded = true;
  return {};
}

void schedule(Case& at, Micros time, DueKind kind, std::string record) {
  if (time > at.now) at.books.due.emplace(time, kind, std::move(record));
}

Verdict check_party(const Case& at, const v1::RegisterParty& action) {
  if (auto bad = check_party_form(action)) return bad;
  if (at.books.parties.contains(action.party()))
    return refused(ErrorCode::PARTY_EXISTS, action.party());
  std::set<std::string> keys;
  for (const auto& key : action.keys()) {
    if (auto bad = check_new_key(at, key)) return bad;
    if (!keys.insert(key.public_key()).second) return refused(ErrorCode::KEY_EXISTS, "twice");
  }
  v1::Party party;
  party.set_legal_entity(action.legal_entity());
  for (const auto& grant : action.roles()) {
    if (auto bad = check_harmony(at, party, grant.role())) return bad;
    *party.add_roles() = grant;
  }
  return {};
}

void put_party(Case& at, const v1::RegisterParty& action) {
  v1::Party party;
  party.set_party(action.party());
  party.set_legal_entity(action.legal_entity());
  party.set_name_zh(action.name_zh());
  party.set_name_en(action.name_en());
  party.set_area(action.area());
  party.set_in_ets_boundary(action.in_ets_boundary());
  party.set_registered_at(as_leaf(at));
  *party.mutable_roles() = action.roles();
  for (const auto& key : action.keys()) party.add_key_ids(put_key(at, action.party(), key));
  for (const auto& grant : action.roles()) schedule_role(at, action.party(), grant);
  at.books.totals.set_parties(at.books.totals.parties() + 1);
  changed(at, party);
  at.books.parties[action.party()] = std::move(party);
}

Verdict register_party(Case& at, const v1::RegisterParty& action) {
  if (auto bad = check_party(at, action)) return bad;
  for (const auto& grant : action.roles())
    if (auto bad = need_no_procedure(at, grant.role())) return bad;
  need_signers(at, "party.register", {.party = action.party(), .area = action.area()});
  put_party(at, action);
  return {};
}

Verdict check_role(const Case& at, const v1::GrantRole& action) {
  const auto* party = find(at.books.parties, action.party());
  if (party == nullptr) return unknown_party(action.party());
  if (auto bad = check_grant(action.grant())) return bad;
  if (party->roles_size() >= kRolesMax) return malformed("roles");
  return check_harmony(at, *party, action.grant().role());
}

void put_role(Case& at, const v1::GrantRole& action) {
  auto& party = at.books.parties.at(action.party());
  *party.add_roles() = action.grant();
  schedule_role(at, action.party(), action.grant());
  changed(at, party);
}

Verdict grant_role(Case& at, const v1::GrantRole& action) {
  if (auto bad = check_role(at, action)) return bad;
  if (auto bad = need_no_procedure(at, action.grant().role())) return bad;
  need_signers(at, "role.grant", about(at.books.parties.at(action.party())));
  put_role(at, action);
  return {};
}

Verdict revoke_role(Case& at, const v1::RevokeRole& action) {
  auto* party = find(at.books.parties, action.party());
  if (party == nullptr) return unknown_party(action.party());
  if (!holds_or_will(*party, action.role(), at.now))
    return refused(ErrorCode::ROLE_MISSING, v1::Role_Name(action.role()));
  need_signers(at, "role.revoke", about(*party));
  drop_roles(*party, [&](const auto& grant) { return grant.role() == action.role(); });
  changed(at, *party);
  return check_governable(at);
}

Verdict add_key(Case& at, const v1::AddKey& action) {
  auto* party = find(at.books.parties, action.party());
  if (party == nullptr) return unknown_party(action.party());
  if (party->key_ids_size() >= kKeysMax) return malformed("keys");
  if (auto bad = check_new_key(at, action.key())) return bad;
  need_signers(at, "key.add", about(*party));
  party->add_key_ids(put_key(at, action.party(), action.key()));
  changed(at, *party);
  return {};
}

Verdict rotate_key(Case& at, const v1::RotateKey& action) {
  auto* party = find(at.books.parties, action.party());
  if (party == nullptr) return unknown_party(action.party());
  if (auto bad = check_own_key(at, action.party(), action.old_key_id())) return bad;
  if (auto bad = check_new_key(at, action.new_key())) return bad;
  need_signers(at, "key.rotate", about(*party));
  end_key(at, *party, action.old_key_id(), false);
  party->add_key_ids(put_key(at, action.party(), action.new_key()));
  changed(at, *party);
  return {};
}

Verdict revoke_key(Case& at, const v1::RevokeKey& action) {
  auto* party = find(at.books.parties, action.party());
  if (party == nullptr) return unknown_party(action.party());
  if (auto bad = check_own_key(at, action.party(), action.key_id())) return bad;
  if (party->key_ids_size() == 1) return refused(ErrorCode::KEY_LAST, action.party());
  need_signers(at, "key.revoke", about(*party));
  end_key(at, *party, action.key_id(), true);
  changed(at, *party);
  return {};
}

Verdict admit_node(Case& at, const v1::AdmitNode& action) {
  if (auto bad = check_node(action.node())) return bad;
  need_signers(at, "node.admit", {.citywide = true});
  put_node(at, action.node());
  return {};
}

Verdict restrain_party(Case& at, const v1::RestrainParty& action) {
  if (action.restraint() != v1::FROZEN && action.restraint() != v1::SUSPENDED)
    return malformed("restraint");
  if (action.reason().empty() || !is_text(action.reason())) return malformed("reason");
  if (!is_hash_or_empty(action.document_sha256())) return malformed("document_sha256");
  auto* party = find(at.books.parties, action.party());
  if (party == nullptr) return unknown_party(action.party());
  if (party->restraints_size() >= kRestraintsMax) return malformed("restraints");
  need_signers(at, "party.restrain", about(*party));
  auto& restraint = *party->add_restraints();
  *restraint.mutable_restraint() = action;
  restraint.set_restrained_at(as_leaf(at));
  changed(at, *party);
  return check_governable(at);
}

Verdict release_party(Case& at, const v1::ReleaseParty& action) {
  if (!is_hash_or_empty(action.document_sha256())) return malformed("document_sha256");
  auto* party = find(at.books.parties, action.party());
  if (party == nullptr) return unknown_party(action.party());
  const auto& standing = party->restraints();
  int ended = 0;
  while (ended < standing.size() && standing[ended].restrained_at() != action.restrained_at())
    ++ended;
  if (ended == standing.size())
    return refused(ErrorCode::NOT_FOUND, "restraint of " + action.party(),
                   "at leaf " + std::to_string(action.restrained_at()));
  need_signers(at, "party.release", about(*party));
  party->mutable_restraints()->DeleteSubrange(ended, 1);
  changed(at, *party);
  return {};
}

void run_due(Books& books, Micros now, std::uint64_t position) {
  for (int i = 0; i < kDueAtOnceMax; ++i) {
    const auto next = books.due.begin();
    if (next == books.due.end() || std::get<Micros>(*next) > now) return;
    const auto& [time, kind, key] = *next;
    if (kind == DueKind::rule_set) {
      for (auto& [leaf, record] : books.rules) {
        if (stored('R', leaf) != key) continue;
        note_window(record, now, position);
        books.changed(key, record);
      }
    } else if (kind == DueKind::proposal) {
      lapse(books, key, now, position);
    } else if (kind == DueKind::bond) {
      release_all(books, static_cast<std::int64_t>(position), key.substr(2), v1::BOND_EXPIRED);
    } else if (kind == DueKind::retirement_case) {
      case_due(books, key.substr(2), now, position);
    } else if (kind == DueKind::transfer) {
      end_dispute(books, key, position);
    } else {
      auto& party = books.parties.at(key.substr(2));
      drop_roles(party, [&](const auto& grant) { return has_ended(grant, now); });
      books.changed(key, party);
    }
    books.due.erase(next);
  }
}

}  // namespace puhui::node::audit
