#include <algorithm>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

const std::string kNotInEtsBoundary = "not_in_ets_boundary";

bool is_firm(const v1::EtsFirm& firm) {
  const auto& entity = firm.legal_entity();
  return !entity.empty() && entity.size() <= kTextMax && entity.find('\0') == entity.npos &&
         firm.energy_band().size() <= kTextMax && firm.allowances_due_kg() >= 0 &&
         firm.verified_emissions_kg() >= 0 && firm.keys_size() <= 64 &&
         std::ranges::all_of(firm.keys(), is_name);
}

Verdict check_list(const v1::PublishEtsList& action) {
  if (action.year() < 2000) return malformed("year");
  if (action.firms().empty() || action.firms_size() > 1000) return malformed("firms");
  if (!is_hash_or_empty(action.document_sha256())) return malformed("document_sha256");
  std::set<std::string> entities;
  for (const auto& firm : action.firms())
    if (!is_firm(firm) || !entities.insert(firm.legal_entity()).second) return malformed("firms");
  return {};
}

// A firm, with keys that no other on the list has.
Verdict enter(std::map<std::string, v1::EtsFirm>& list, const v1::EtsFirm& firm) {
  list.erase(firm.legal_entity());
  if (firm.is_struck_off()) return {};
  const std::set<std::string> keys(firm.keys().begin(), firm.keys().end());
  if (static_cast<int>(keys.size()) != firm.keys_size())
    return refused(ErrorCode::KEY_EXISTS, firm.legal_entity(), "keys once");
  for (const auto& [entity, other] : list)
    for (const auto& meter : other.keys())
      if (keys.contains(meter))
        return refused(ErrorCode::KEY_EXISTS, meter, "one firm per key", entity);
  list[firm.legal_entity()] = firm;
  return {};
}

// Whether the list in force names this legal entity, or one of these keys with any firm.
bool is_listed(const Case& at, const std::string& entity, const v1::FileProject& project) {
  const auto* firms = find(at.books.ets_lists, at.books.ets_year);
  if (at.books.ets_year == 0 || firms == nullptr) return false;
  if (firms->contains(entity)) return true;
  const std::set<std::string> keys(project.keys().begin(), project.keys().end());
  return std::ranges::any_of(*firms, [&](const auto& firm) {
    return std::ranges::any_of(firm.second.keys(),
                               [&](const std::string& meter) { return keys.contains(meter); });
  });
}

}  // namespace

Verdict publish_ets_list(Case& at, const v1::PublishEtsList& action) {
  if (auto bad = check_list(action)) return bad;
  const auto next = static_cast<std::uint32_t>(year_of(day_of(at.now))) + 1;
  if (action.year() < at.books.ets_year || action.year() > next)
    return refused(ErrorCode::PERIOD_INVALID, "list of " + std::to_string(action.year()),
                   std::to_string(at.books.ets_year) + " to " + std::to_string(next));
  need_signers(at, "ets.publish", {.citywide = true});
  auto list = at.books.ets_lists[action.year()];
  for (const auto& firm : action.firms())
    if (auto bad = enter(list, firm)) return bad;
  at.books.ets_lists[action.year()] = std::move(list);
  if (action.is_last_part()) at.books.ets_year = action.year();
  return {};
}

bool is_registry_check(const std::string& name) { return name == kNotInEtsBoundary; }

Verdict check_registry(const Case& at, const v1::Methodology& methodology,
                       const v1::FileProject& project) {
  if (!std::ranges::any_of(methodology.registry_checks(), is_registry_check)) return {};
  const auto* owner = find(at.books.parties, project.owner());
  const bool says_so = owner != nullptr && owner->in_ets_boundary();
  if (!says_so && !is_listed(at, legal_entity(at, project.owner()), project)) return {};
  return refused(ErrorCode::GUARD_FAILED, kNotInEtsBoundary,
                 "owner and keys outside every ETS boundary", project.owner());
}

}  // namespace puhui::node::audit
