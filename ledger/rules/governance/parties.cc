#include <algorithm>
#include <set>

#include "crypto/envelope.h"
#include "ledger/rules/due.h"
#include "ledger/rules/filing/filing.h"
#include "ledger/rules/governance/governance.h"

namespace puhui::ledger {
namespace {

constexpr int kKeysPerPartyMax = 16;
constexpr int kRolesPerPartyMax = 64;
constexpr int kRestraintsPerPartyMax = 64;

Ruling check_grant(const v1::RoleGrant& grant) {
  const auto& scope = grant.scope();
  if (!is_role(grant.role())) return malformed("role");
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
    // Whose entity is not known cannot be told apart from the others.
    if (party.legal_entity().empty()) return malformed("legal_entity");
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

Subject about(const std::string& party, const std::string& area) {
  Subject subject;
  subject.party = party;
  subject.area = area;
  return subject;
}

// Roles that the rules let be filed are had by no other way.
Ruling need_granted_freely(const Context& context, v1::Role role) {
  const auto kind = filing_kind(role);
  return kind ? need_no_procedure(context, *kind) : Ruling{};
}

// Enough must be left to replace the rules of now.
Ruling check_governable(const Context& context) {
  auto left = check_replaceable(context, context.rules);
  if (!left) left.error().code = ErrorCode::ROLE_LAST;
  return left;
}

}  // namespace

Ruling check_party(const Context& context, const v1::RegisterParty& action) {
  if (auto form = check_party_form(action); !form) return form;
  if (context.state.has(key::party(action.party())))
    return refuse(ErrorCode::PARTY_EXISTS, "party.new", {}, action.party());
  std::set<std::string> keys;
  for (const auto& key : action.keys()) {
    if (auto fresh = check_new_key(context.state, key); !fresh) return fresh;
    if (!keys.insert(key.public_key()).second)
      return refuse(ErrorCode::KEY_EXISTS, "key.new", {}, action.party());
  }
  v1::Party party;
  party.set_legal_entity(action.legal_entity());
  for (const auto& grant : action.roles()) {
    if (auto harmony = check_harmony(context, party, grant.role()); !harmony) return harmony;
    *party.add_roles() = grant;
  }
  return {};
}

void put_party(Context& context, const v1::RegisterParty& action) {
  v1::Party party;
  party.set_party(action.party());
  party.set_legal_entity(action.legal_entity());
  party.set_name_zh(action.name_zh());
  party.set_name_en(action.name_en());
  party.set_area(action.area());
  party.set_in_ets_boundary(action.in_ets_boundary());
  party.set_registered_at(static_cast<std::int64_t>(context.leaf));
  for (const auto& key : action.keys()) party.add_key_ids(put_key(context, action.party(), key));
  for (const auto& grant : action.roles()) add_grant(context, party, grant);
  context.state.put(key::party(action.party()), party);
  if (!action.legal_entity().empty())
    context.state.put(key::legal_entity_party(action.legal_entity(), action.party()),
                      std::string());
  context.totals.set_parties(context.totals.parties() + 1);
}

tl::expected<v1::Party, Refusal> need_party(const Context& context, const std::string& name) {
  auto party = context.state.find<v1::Party>(key::party(name));
  if (party) return std::move(*party);
  return refuse(ErrorCode::PARTY_UNKNOWN, "party.known", {}, {}, name);
}

Ruling register_party(Context& context, const v1::RegisterParty& action) {
  if (auto sound = check_party(context, action); !sound) return sound;
  for (const auto& grant : action.roles())
    if (auto free = need_granted_freely(context, grant.role()); !free) return free;
  const auto subject = about(action.party(), action.area());
  if (auto met = require_signers(context, "party.register", subject); !met) return met;
  put_party(context, action);
  return {};
}

Ruling check_role(const Context& context, const v1::GrantRole& action) {
  const auto party = need_party(context, action.party());
  if (!party) return tl::make_unexpected(party.error());
  if (auto form = check_grant(action.grant()); !form) return form;
  if (party->roles_size() >= kRolesPerPartyMax) return malformed("roles");
  return check_harmony(context, *party, action.grant().role());
}

void put_role(Context& context, const v1::GrantRole& action) {
  auto party = need_party(context, action.party());
  add_grant(context, *party, action.grant());
  context.state.put(key::party(party->party()), *party);
}

Ruling grant_role(Context& context, const v1::GrantRole& action) {
  if (auto sound = check_role(context, action); !sound) return sound;
  if (auto free = need_granted_freely(context, action.grant().role()); !free) return free;
  const auto party = need_party(context, action.party());
  if (auto met = require_signers(context, "role.grant", about(action.party(), party->area())); !met)
    return met;
  put_role(context, action);
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
  return check_governable(context);
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

Ruling restrain_party(Context& context, const v1::RestrainParty& action) {
  if (!v1::Restraint_IsValid(action.restraint()) || action.restraint() == v1::RESTRAINT_UNSPECIFIED)
    return malformed("restraint");
  if (action.reason().empty() || !is_text(action.reason())) return malformed("reason");
  if (!is_hash_or_empty(action.document_sha256())) return malformed("document_sha256");
  auto party = need_party(context, action.party());
  if (!party) return tl::make_unexpected(party.error());
  if (party->restraints_size() >= kRestraintsPerPartyMax) return malformed("restraints");
  if (auto met = require_signers(context, "party.restrain", about(action.party(), party->area()));
      !met)
    return met;
  auto& record = *party->add_restraints();
  *record.mutable_restraint() = action;
  record.set_restrained_at(static_cast<std::int64_t>(context.leaf));
  context.state.put(key::party(party->party()), *party);
  return check_governable(context);
}

Ruling release_party(Context& context, const v1::ReleaseParty& action) {
  if (!is_hash_or_empty(action.document_sha256())) return malformed("document_sha256");
  auto party = need_party(context, action.party());
  if (!party) return tl::make_unexpected(party.error());
  auto& all = *party->mutable_restraints();
  const auto ended =
      std::ranges::find(all, action.restrained_at(), &v1::RestraintRecord::restrained_at);
  if (ended == all.end())
    return refuse(ErrorCode::NOT_FOUND, "party.restrained", {}, {},
                  action.party() + " at leaf " + std::to_string(action.restrained_at()));
  if (auto met = require_signers(context, "party.release", about(action.party(), party->area()));
      !met)
    return met;
  all.erase(ended);
  context.state.put(key::party(party->party()), *party);
  return {};
}

}  // namespace puhui::ledger
