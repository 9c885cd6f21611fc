#include <algorithm>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

bool reaches(const v1::RoleGrant& grant, const Subject& subject, Micros now) {
  const auto& scope = grant.scope();
  if (subject.citywide && !(scope.area().empty() && scope.methodology().empty())) return false;
  if (now < scope.from() || has_ended(grant, now)) return false;
  if (!subject.area.empty() && !subject.area.starts_with(scope.area())) return false;
  const bool about_methodology = !subject.methodology.empty() || !subject.scenario.empty();
  if (about_methodology && !scope.methodology().empty() &&
      scope.methodology() != subject.methodology && scope.methodology() != subject.scenario)
    return false;
  return scope.max_amount_kg() <= 0 || subject.amount_kg <= scope.max_amount_kg();
}

void need_keys(Case& at, std::string_view action, std::uint32_t wanted, std::uint32_t have) {
  if (have < wanted)
    at.faults.push_back(refused(ErrorCode::SIGNATURE_MISSING, "signers of " + std::string(action),
                                std::to_string(wanted) + " keys", std::to_string(have)));
}

void need_role(Case& at, std::string_view action, const Subject& subject,
               const v1::SignerRequirement& need) {
  const auto wanted = std::max<std::uint32_t>(1, need.count());
  std::uint32_t have = 0, keys = 0;
  bool beyond = false;
  for (const auto& [name, own_keys] : at.signers) {
    const auto* party = find(at.books.parties, name);
    if (party == nullptr) continue;
    bool covers = false, holds_it = false;
    for (const auto& grant : party->roles()) {
      if (grant.role() != need.role()) continue;
      holds_it = true;
      covers |= reaches(grant, subject, at.now);
    }
    if (covers) ++have, keys += own_keys;
    if (holds_it && !covers) beyond = true;
  }
  if (have >= wanted) return need_keys(at, action, need.keys(), keys);
  at.faults.push_back(refused(beyond ? ErrorCode::ROLE_OUT_OF_SCOPE : ErrorCode::SIGNATURE_MISSING,
                              "signers of " + std::string(action),
                              v1::Role_Name(need.role()) + " x" + std::to_string(wanted),
                              std::to_string(have)));
}

void need_relation(Case& at, std::string_view action, const Subject& subject,
                   const v1::SignerRequirement& need) {
  const auto relation = need.relation();
  const auto& who = relation == v1::OWNER    ? subject.owner
                    : relation == v1::HOLDER ? subject.holder
                                             : subject.party;
  need_signature_of(at, action, who);
  if (const auto* keys = find(at.signers, who)) need_keys(at, action, need.keys(), *keys);
}

Verdict check_key(const v1::KeyRecord* record, const std::string& id) {
  const auto name = "key id " + id;
  if (record != nullptr && record->revoked())
    return refused(ErrorCode::SIGNATURE_REVOKED_KEY, name, "a key in force",
                   "revoked at leaf " + std::to_string(record->ended_at()));
  if (record != nullptr && record->ended_at() != 0)
    return refused(ErrorCode::SIGNATURE_UNKNOWN_KEY, name, "a key in force",
                   "rotated at leaf " + std::to_string(record->ended_at()));
  if (record == nullptr)
    return refused(ErrorCode::SIGNATURE_UNKNOWN_KEY, name, "a registered key", "none");
  return {};
}

bool verifies(const Case& at, std::size_t index, const v1::KeyRecord& record) {
  if (const auto& ahead = at.leaf.verdicts[index]) return *ahead;
  const auto key = crypto::PublicKey::decode(record.public_key());
  return key && crypto::verify(*key, crypto::pae(at.leaf.envelope),
                               at.leaf.envelope.signatures[index].signature);
}

}  // namespace

bool has_line(const v1::RuleSet& rules, std::string_view action) {
  return std::ranges::any_of(rules.signers(),
                             [&](const auto& line) { return line.action() == action; });
}

bool has_ended(const v1::RoleGrant& grant, Micros now) {
  return grant.scope().to() != 0 && grant.scope().to() <= now;
}

bool holds(const v1::Party& party, v1::Role role, Micros now) {
  return std::ranges::any_of(party.roles(), [&](const auto& grant) {
    return grant.role() == role && grant.scope().from() <= now && !has_ended(grant, now);
  });
}

bool holds_or_will(const v1::Party& party, v1::Role role, Micros now) {
  return std::ranges::any_of(party.roles(), [&](const auto& grant) {
    return grant.role() == role && !has_ended(grant, now);
  });
}

bool is_suspended(const v1::Party& party) {
  for (const auto& each : party.restraints())
    if (each.restraint().restraint() == v1::SUSPENDED) return true;
  return false;
}

bool acts_for_city(const v1::Party& party, v1::Role role, Micros now) {
  if (is_suspended(party)) return false;
  return std::ranges::any_of(party.roles(), [&](const auto& grant) {
    return grant.role() == role && reaches(grant, {.citywide = true}, now);
  });
}

bool acts_for(const Case& at, const std::string& party, v1::Role role, const Subject& subject) {
  const auto* known = find(at.books.parties, party);
  if (known == nullptr || is_suspended(*known)) return false;
  return std::ranges::any_of(known->roles(), [&](const auto& grant) {
    return grant.role() == role && reaches(grant, subject, at.now);
  });
}

std::string signer_as(const Case& at, v1::Role role, const Subject& subject) {
  const auto& acting = at.leaf.payload.party();
  if (acts_for(at, acting, role, subject)) return acting;
  for (const auto& [signer, keys] : at.signers)
    if (acts_for(at, signer, role, subject)) return signer;
  return acting;
}

std::string legal_entity(const Case& at, const std::string& party) {
  const auto* known = find(at.books.parties, party);
  if (known == nullptr || known->legal_entity().empty()) return "party " + party;
  return known->legal_entity();
}

Verdict need_independent(const Case& at, const std::set<std::string>& others) {
  for (const auto& [signer, keys] : at.signers) {
    const auto* party = find(at.books.parties, signer);
    if (party == nullptr) continue;
    const bool is_other = others.contains(legal_entity(at, signer));
    if (holds(*party, v1::OPERATOR, at.now) || (is_other && holds(*party, v1::VERIFIER, at.now)))
      return refused(ErrorCode::SIGNER_INDEPENDENCE, signer,
                     "a legal entity that is not the owner, an operator or a signer of the report",
                     legal_entity(at, signer));
  }
  return {};
}

Verdict need_unrestrained(const Books& books, const std::string& party) {
  const auto* known = find(books.parties, party);
  if (known == nullptr || known->restraints().empty()) return {};
  return refused(ErrorCode::PARTY_RESTRAINED, party, "neither frozen nor suspended",
                 is_suspended(*known) ? "suspended" : "frozen");
}

Verdict need_bank(const Case& at, const std::string& party) {
  const auto* bank = find(at.books.parties, party);
  if (bank == nullptr) return refused(ErrorCode::PARTY_UNKNOWN, party);
  if (holds(*bank, v1::BANK, at.now)) return {};
  return refused(ErrorCode::ROLE_MISSING, party, v1::Role_Name(v1::BANK));
}

void need_signature_of(Case& at, std::string_view action, const std::string& party) {
  if (!at.signers.contains(party))
    at.faults.push_back(refused(ErrorCode::SIGNATURE_MISSING, "signers of " + std::string(action),
                                "party " + party, "absent"));
}

void need_signers(Case& at, std::string_view action, const Subject& subject) {
  if (at.mandated) return;
  for (const auto& line : at.rules.signers()) {
    if (line.action() != action) continue;
    for (const auto& need : line.all_of())
      if (need.has_relation())
        need_relation(at, action, subject, need);
      else
        need_role(at, action, subject, need);
    return;
  }
  at.faults.push_back(refused(ErrorCode::ROLE_MISSING, "signers of " + std::string(action),
                              "a line in the rule set", "none in " + at.rules.version()));
}

bool signs(Case& at, std::string_view action, const Subject& subject) {
  const auto before = at.faults.size();
  need_signers(at, action, subject);
  const bool all = at.faults.size() == before;
  at.faults.resize(before);
  return all;
}

std::map<std::string, std::uint32_t> signing_parties(Case& at, std::uint64_t& verified) {
  std::map<std::string, std::uint32_t> parties;
  const auto& signatures = at.leaf.envelope.signatures;
  for (std::size_t i = 0; i < signatures.size(); ++i) {
    const auto* record = find(at.books.keys, std::string(signatures[i].key_id.view()));
    const auto id = signatures[i].key_id;
    if (auto unusable = check_key(record, id.hex())) at.faults.push_back(std::move(*unusable));
    if (record == nullptr) continue;
    ++verified;
    if (!verifies(at, i, *record))
      at.faults.push_back(refused(ErrorCode::SIGNATURE_INVALID, "key id " + id.hex(),
                                  "a signature by " + record->party(), "one that fails"));
    ++parties[record->party()];
  }
  const auto& acting = at.leaf.payload.party();
  if (!parties.contains(acting))
    at.faults.push_back(
        refused(ErrorCode::SIGNATURE_MISSING, "acting party", "a signature of " + acting, "none"));
  std::erase_if(parties, [&](const auto& signer) {
    const auto* party = find(at.books.parties, signer.first);
    if (party == nullptr || !is_suspended(*party)) return false;
    if (signer.first == acting)
      if (auto bad = need_unrestrained(at.books, acting)) at.faults.push_back(std::move(*bad));
    return true;
  });
  return parties;
}

}  // namespace puhui::node::audit
