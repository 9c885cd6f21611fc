#include <algorithm>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

const std::string kNotInEtsBoundary = "not_in_ets_boundary";

bool is_firm(const v1::EtsFirm& firm) {
  const auto& entity = firm.legal_entity();
  const std::set<std::string> keys(firm.keys().begin(), firm.keys().end());
  return !entity.empty() && entity.size() <= kTextMax && entity.find('\0') == entity.npos &&
         firm.energy_band().size() <= kTextMax && firm.allowances_due_kg() >= 0 &&
         firm.verified_emissions_kg() >= 0 && firm.keys_size() <= 64 &&
         static_cast<int>(keys.size()) == firm.keys_size() && std::ranges::all_of(keys, is_name);
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
  for (const auto& [entity, other] : list)
    for (const auto& meter : other.keys())
      if (keys.contains(meter))
        return refused(ErrorCode::KEY_EXISTS, meter, "one firm per key", entity);
  list[firm.legal_entity()] = firm;
  return {};
}

// Whether the list of a year names this legal entity, or one of these keys with any firm.
bool is_listed(const Case& at, std::uint32_t year, const v1::FileProject& project) {
  const auto* firms = find(at.books.ets_lists, year);
  if (firms == nullptr) return false;
  if (firms->contains(legal_entity(at, project.owner()))) return true;
  const std::set<std::string> keys(project.keys().begin(), project.keys().end());
  return std::ranges::any_of(*firms, [&](const auto& firm) {
    return std::ranges::any_of(firm.second.keys(),
                               [&](const std::string& meter) { return keys.contains(meter); });
  });
}

// The lists by which a project is judged now, or reductions of a time.
std::set<std::uint32_t> lists_for(const Case& at, const v1::SubmitReport* report) {
  std::set<std::uint32_t> lists{ets_list_now(at)};
  if (report == nullptr) return lists;
  const auto last = year_of(report->to() - 1);
  for (auto year = year_of(report->from()); year <= last; ++year)
    lists.insert(ets_list_of(at.books, year));
  return lists;
}

}  // namespace

std::uint32_t ets_list_of(const Books& books, int year) {
  std::uint32_t last = 0;
  for (const auto complete : books.ets_complete)
    if (std::int64_t{complete} <= year) last = complete;
  return last;
}

std::uint32_t ets_list_now(const Case& at) {
  return ets_list_of(at.books, year_of(day_of(at.now)));
}

Verdict publish_ets_list(Case& at, const v1::PublishEtsList& action) {
  if (auto bad = check_list(action)) return bad;
  const auto next = static_cast<std::uint32_t>(year_of(day_of(at.now))) + 1;
  if (action.year() > next)
    return refused(ErrorCode::PERIOD_INVALID, "list of " + std::to_string(action.year()),
                   "until " + std::to_string(next));
  need_signers(at, "ets.publish", {.citywide = true});
  auto list = at.books.ets_lists[action.year()];
  for (const auto& firm : action.firms())
    if (auto bad = enter(list, firm)) return bad;
  at.books.ets_lists[action.year()] = std::move(list);
  if (action.is_last_part()) at.books.ets_complete.insert(action.year());
  return {};
}

bool is_registry_check(const std::string& name) { return name == kNotInEtsBoundary; }

Verdict check_registry(const Case& at, const v1::Methodology& methodology,
                       const v1::FileProject& project, const v1::SubmitReport* report) {
  const bool asked = std::ranges::any_of(methodology.registry_checks(), is_registry_check);
  if (methodology.kind() != v1::PROJECT && !asked) return {};
  const auto* owner = find(at.books.parties, project.owner());
  const bool says_so = owner != nullptr && owner->in_ets_boundary();
  const auto lists = lists_for(at, report);
  const auto names_it = [&](std::uint32_t year) { return is_listed(at, year, project); };
  if (!says_so && std::ranges::none_of(lists, names_it)) return {};
  return refused(ErrorCode::GUARD_FAILED, kNotInEtsBoundary,
                 "owner and keys outside every ETS boundary", project.owner());
}

}  // namespace puhui::node::audit
