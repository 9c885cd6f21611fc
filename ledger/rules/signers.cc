#include "ledger/rules/signers.h"

#include <algorithm>

namespace puhui::ledger {
namespace {

enum class Reach { none, out_of_scope, covers };

bool is_in_force(const v1::RoleGrant& grant, Micros now) {
  return now >= grant.scope().from() && !has_ended(grant, now);
}

// Why a grant does not reach the subject, or nothing.
std::string outside(const v1::RoleGrant& grant, const Subject& subject, Micros now) {
  const auto& scope = grant.scope();
  if (subject.is_citywide && !scope.area().empty()) return "area " + scope.area();
  if (subject.is_citywide && !scope.methodology().empty())
    return "methodology " + scope.methodology();
  if (!subject.area.empty() && !subject.area.starts_with(scope.area()))
    return "area " + scope.area();
  const bool has_methodology = !subject.methodology.empty() || !subject.scenario.empty();
  if (has_methodology && !scope.methodology().empty() &&
      scope.methodology() != subject.methodology && scope.methodology() != subject.scenario)
    return "methodology " + scope.methodology();
  if (scope.max_amount_kg() > 0 && subject.amount_kg > scope.max_amount_kg())
    return std::to_string(scope.max_amount_kg()) + " kg";
  if (!is_in_force(grant, now)) return "window of the role";
  return {};
}

struct Found {
  Reach reach = Reach::none;
  std::string limit;
};

Found role_of(const Context& context, const std::string& name, v1::Role role,
              const Subject& subject) {
  Found found;
  const auto party = context.state.find<v1::Party>(key::party(name));
  if (!party) return found;
  for (const auto& grant : party->roles()) {
    if (grant.role() != role) continue;
    auto limit = outside(grant, subject, context.now);
    if (limit.empty()) return {Reach::covers, {}};
    found = {Reach::out_of_scope, std::move(limit)};
  }
  return found;
}

std::string describe_subject(const Subject& subject) {
  std::string text;
  const auto add = [&text](const char* label, const std::string& value) {
    if (!value.empty()) text += (text.empty() ? "" : ", ") + std::string(label) + " " + value;
  };
  add("area", subject.area);
  add("methodology", subject.methodology);
  add("scenario", subject.scenario);
  if (subject.amount_kg > 0) add("amount", std::to_string(subject.amount_kg) + " kg");
  return text;
}

Refusal missing(std::string_view action, const std::string& who, unsigned need, unsigned have) {
  return {ErrorCode::SIGNATURE_MISSING,
          "signers." + std::string(action),
          who + " x" + std::to_string(need),
          std::to_string(have),
          who,
          false};
}

const std::string& related(v1::Relation relation, const Subject& subject) {
  switch (relation) {
    case v1::OWNER:
      return subject.owner;
    case v1::HOLDER:
      return subject.holder;
    default:
      return subject.party;
  }
}

Ruling need_keys(std::string_view action, const std::string& whose, std::uint32_t wanted,
                 std::uint32_t have) {
  if (have >= wanted) return {};
  return tl::make_unexpected(missing(action, whose, wanted, have));
}

Ruling require(const Context& context, std::string_view action, const Subject& subject,
               const v1::SignerRequirement& need) {
  const auto count = std::max<std::uint32_t>(1, need.count());
  if (need.has_relation()) {
    const auto& who = related(need.relation(), subject);
    if (auto signs = require_party(context, action, who); !signs) return signs;
    return need_keys(action, "keys of party " + who, need.keys(), context.signers.at(who));
  }
  std::uint32_t have = 0, keys = 0;
  Found beyond;
  for (const auto& [signer, signed_keys] : context.signers) {
    auto found = role_of(context, signer, need.role(), subject);
    if (found.reach == Reach::covers) {
      ++have;
      keys += signed_keys;
    } else if (found.reach == Reach::out_of_scope) {
      beyond = std::move(found);
    }
  }
  if (have >= count)
    return need_keys(action, "keys of " + v1::Role_Name(need.role()), need.keys(), keys);
  if (beyond.reach == Reach::out_of_scope)
    return refuse(ErrorCode::ROLE_OUT_OF_SCOPE, "signers." + std::string(action), beyond.limit,
                  v1::Role_Name(need.role()), describe_subject(subject));
  return tl::make_unexpected(missing(action, v1::Role_Name(need.role()), count, have));
}

}  // namespace

bool has_ended(const v1::RoleGrant& grant, Micros now) {
  return grant.scope().to() != 0 && now >= grant.scope().to();
}

bool holds_role(const v1::Party& party, v1::Role role, Micros now) {
  return std::ranges::any_of(party.roles(), [&](const auto& grant) {
    return grant.role() == role && is_in_force(grant, now);
  });
}

bool has_grant(const v1::Party& party, v1::Role role, Micros now) {
  return std::ranges::any_of(party.roles(), [&](const auto& grant) {
    return grant.role() == role && !has_ended(grant, now);
  });
}

bool is_suspended(const v1::Party& party) {
  return std::ranges::any_of(party.restraints(), [](const v1::RestraintRecord& record) {
    return record.restraint().restraint() == v1::SUSPENDED;
  });
}

Ruling need_unrestrained(const v1::Party& party) {
  if (party.restraints().empty()) return {};
  const auto strongest = std::ranges::max_element(
      party.restraints(), {},
      [](const v1::RestraintRecord& record) { return record.restraint().restraint(); });
  const auto& restraint = strongest->restraint();
  return refuse(ErrorCode::PARTY_RESTRAINED, "party.restraint",
                v1::Restraint_Name(restraint.restraint()) + " since leaf " +
                    std::to_string(strongest->restrained_at()),
                restraint.reason(), party.party());
}

Ruling drop_suspended(Context& context) {
  const auto& acting = context.event.payload.party();
  Ruling ruling;
  std::erase_if(context.signers, [&](const auto& signer) {
    const auto party = context.state.find<v1::Party>(key::party(signer.first));
    const bool suspended = party && is_suspended(*party);
    if (suspended && signer.first == acting) ruling = need_unrestrained(*party);
    return suspended;
  });
  return ruling;
}

bool acts_for_city(const v1::Party& party, v1::Role role, Micros now) {
  const auto city = the_city();
  return !is_suspended(party) && std::ranges::any_of(party.roles(), [&](const auto& grant) {
    return grant.role() == role && outside(grant, city, now).empty();
  });
}

bool reaches(const Context& context, const std::string& party, v1::Role role,
             const Subject& subject) {
  const auto known = context.state.find<v1::Party>(key::party(party));
  return known && !is_suspended(*known) &&
         role_of(context, party, role, subject).reach == Reach::covers;
}

std::optional<std::string> signer_as(const Context& context, v1::Role role,
                                     const Subject& subject) {
  const auto& acting = context.event.payload.party();
  if (reaches(context, acting, role, subject)) return acting;
  for (const auto& [signer, keys] : context.signers)
    if (reaches(context, signer, role, subject)) return signer;
  return std::nullopt;
}

std::string legal_entity(const Context& context, const std::string& party) {
  const auto known = context.state.find<v1::Party>(key::party(party));
  return known && !known->legal_entity().empty() ? known->legal_entity() : "party " + party;
}

std::set<std::string> legal_entities(
    const Context& context, const std::string& owner,
    const google::protobuf::RepeatedPtrField<std::string>& signers) {
  std::set<std::string> entities{legal_entity(context, owner)};
  for (const auto& signer : signers) entities.insert(legal_entity(context, signer));
  return entities;
}

Ruling need_independent(const Context& context, const std::set<std::string>& interested) {
  for (const auto& [signer, keys] : context.signers) {
    const auto party = context.state.find<v1::Party>(key::party(signer));
    const bool operates = party && holds_role(*party, v1::OPERATOR, context.now);
    if (!party || !(operates || holds_role(*party, v1::VERIFIER, context.now))) continue;
    const auto entity = legal_entity(context, signer);
    if (operates || interested.contains(entity))
      return refuse(ErrorCode::SIGNER_INDEPENDENCE, "verification.independence",
                    "another legal entity than owner, operator and who signed the report", entity,
                    signer);
  }
  return {};
}

bool has_line(const v1::RuleSet& rules, std::string_view action) {
  return std::ranges::any_of(rules.signers(),
                             [action](const auto& line) { return line.action() == action; });
}

Ruling require_party(const Context& context, std::string_view action, const std::string& party) {
  if (context.signers.contains(party)) return {};
  return tl::make_unexpected(missing(action, "party " + party, 1, 0));
}

Ruling need_bank(const Context& context, const std::string& party, std::string rule) {
  const auto bank =
      is_name(party) ? context.state.find<v1::Party>(key::party(party)) : std::nullopt;
  if (!bank) return refuse(ErrorCode::PARTY_UNKNOWN, std::move(rule), {}, {}, party);
  if (holds_role(*bank, v1::BANK, context.now)) return {};
  return refuse(ErrorCode::ROLE_MISSING, std::move(rule), v1::Role_Name(v1::BANK), {}, party);
}

Ruling require_signers(const Context& context, std::string_view action, const Subject& subject) {
  if (context.mandated) return {};
  for (const auto& line : context.rules.signers()) {
    if (line.action() != action) continue;
    for (const auto& need : line.all_of())
      if (auto met = require(context, action, subject, need); !met) return met;
    return {};
  }
  return refuse(ErrorCode::ROLE_MISSING, "signers." + std::string(action),
                "no line in rule set " + context.rules.version());
}

}  // namespace puhui::ledger
