#include <set>

#include "ledger/rules/checks.h"
#include "ledger/rules/filing/actions.h"
#include "ledger/rules/filing/filing.h"

namespace puhui::ledger {
namespace {

constexpr std::string_view kNotInEtsBoundary = "not_in_ets_boundary";
constexpr int kFirmsMax = 1'000;
constexpr int kKeysOfFirmMax = 64;
constexpr std::uint32_t kYearMin = 2000;

Ruling check_firm(const v1::EtsFirm& firm) {
  const auto& entity = firm.legal_entity();
  if (entity.empty() || entity.size() > kTextSizeMax || entity.find('\0') != std::string::npos)
    return malformed("legal_entity");
  if (firm.energy_band().size() > kTextSizeMax) return malformed("energy_band");
  if (firm.allowances_due_kg() < 0 || firm.verified_emissions_kg() < 0) return malformed("amount");
  if (firm.keys_size() > kKeysOfFirmMax) return malformed("keys");
  std::set<std::string> keys;
  for (const auto& meter : firm.keys())
    if (!is_name(meter) || !keys.insert(meter).second) return malformed("keys");
  return {};
}

Ruling check_list(const v1::PublishEtsList& action) {
  if (action.year() < kYearMin) return malformed("year");
  if (action.firms().empty() || action.firms_size() > kFirmsMax) return malformed("firms");
  if (!is_hash_or_empty(action.document_sha256())) return malformed("document_sha256");
  std::set<std::string> entities;
  for (const auto& firm : action.firms()) {
    if (auto form = check_firm(firm); !form) return form;
    if (!entities.insert(firm.legal_entity()).second) return malformed("firms");
  }
  return {};
}

// Takes a firm off the list, if it is on it.
void strike(Context& context, v1::EtsYear& year, const std::string& entity) {
  const auto stored = key::ets_firm(year.year(), entity);
  const auto firm = context.state.find<v1::EtsFirm>(stored);
  if (!firm) return;
  for (const auto& meter : firm->keys()) context.state.erase(key::ets_key(year.year(), meter));
  context.state.erase(stored);
  year.set_firms(year.firms() - 1);
}

Ruling enter(Context& context, v1::EtsYear& year, const v1::EtsFirm& firm) {
  strike(context, year, firm.legal_entity());
  if (firm.is_struck_off()) return {};
  for (const auto& meter : firm.keys()) {
    const auto stored = key::ets_key(year.year(), meter);
    if (const auto other = context.state.get(stored))
      return refuse(ErrorCode::KEY_EXISTS, "ets.keys", "one firm per key", *other, meter);
    context.state.put(stored, firm.legal_entity());
  }
  context.state.put(key::ets_firm(year.year(), firm.legal_entity()), firm);
  year.set_firms(year.firms() + 1);
  return {};
}

// Who of the owner's legal entity and the project's keys the list of a year names; empty if nobody.
std::string named_by(const Context& context, std::uint32_t year, const v1::FileProject& project) {
  if (year == 0) return {};
  const auto entity = legal_entity(context, project.owner());
  if (context.state.has(key::ets_firm(year, entity))) return entity;
  for (const auto& meter : project.keys())
    if (const auto firm = context.state.get(key::ets_key(year, meter)))
      return meter + " of " + *firm;
  return {};
}

// No methodology of projects may leave it out; one of behaviours may ask for it of its pools.
bool asks_for_boundary(const v1::Methodology& methodology) {
  const auto& checks = methodology.registry_checks();
  return methodology.kind() == v1::PROJECT ||
         std::ranges::find(checks, kNotInEtsBoundary) != checks.end();
}

}  // namespace

std::uint32_t ets_list_for(const State& state, std::int64_t year) {
  for (; year >= kYearMin; --year) {
    const auto number = static_cast<std::uint32_t>(year);
    const auto list = state.find<v1::EtsYear>(key::ets_year(number));
    if (list && list->complete_at() != 0) return number;
  }
  return 0;
}

std::uint32_t ets_list_now(const Context& context) {
  return ets_list_for(context.state, year_of_day(day_of(context.now)));
}

std::optional<v1::EtsFirm> listed_firm(const Context& context, const std::string& legal_entity) {
  const auto year = ets_list_now(context);
  if (year == 0 || legal_entity.empty()) return std::nullopt;
  return context.state.find<v1::EtsFirm>(key::ets_firm(year, legal_entity));
}

Ruling publish_ets_list(Context& context, const v1::PublishEtsList& action) {
  if (auto form = check_list(action); !form) return form;
  const auto next = static_cast<std::uint32_t>(year_of_day(day_of(context.now))) + 1;
  if (action.year() > next)
    return refuse(ErrorCode::PERIOD_INVALID, "ets.year", "until " + std::to_string(next), {},
                  std::to_string(action.year()));
  if (auto met = require_signers(context, "ets.publish", the_city()); !met) return met;
  const auto stored = key::ets_year(action.year());
  auto year = context.state.find<v1::EtsYear>(stored).value_or(v1::EtsYear());
  year.set_year(action.year());
  for (const auto& firm : action.firms())
    if (auto entered = enter(context, year, firm); !entered) return entered;
  if (action.is_last_part()) year.set_complete_at(static_cast<std::int64_t>(context.leaf));
  context.state.put(stored, year);
  context.fact("firms", std::to_string(year.firms()));
  return {};
}

bool is_registry_check(std::string_view name) { return name == kNotInEtsBoundary; }

Ruling run_registry_checks(const Context& context, const v1::Methodology& methodology,
                           const v1::FileProject& project, const v1::SubmitReport* report) {
  if (!asks_for_boundary(methodology)) return {};
  const auto inside = [](std::string who) {
    return refuse(ErrorCode::GUARD_FAILED, std::string(kNotInEtsBoundary),
                  "owner and keys outside every ETS boundary", "inside", std::move(who));
  };
  const auto owner = context.state.find<v1::Party>(key::party(project.owner()));
  if (owner && owner->in_ets_boundary()) return inside(project.owner());
  std::set<std::uint32_t> lists{ets_list_now(context)};
  if (report != nullptr)
    for (auto year = year_of_day(report->from()); year <= year_of_day(report->to() - 1); ++year)
      lists.insert(ets_list_for(context.state, year));
  for (const auto list : lists)
    if (auto who = named_by(context, list, project); !who.empty()) return inside(std::move(who));
  return {};
}

}  // namespace puhui::ledger
