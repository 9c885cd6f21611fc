#include <algorithm>
#include <cassert>

#include "ledger/formula/rational.h"
#include "ledger/rules/filing/filing.h"
#include "ledger/rules/holding/holdings.h"
#include "ledger/rules/retirement/retirement.h"
#include "ledger/store/numbers.h"

namespace puhui::ledger {
namespace {

using formula::Rational;

// The most kilograms a rule allows of this base.
std::int64_t share_of(const v1::CapRule& rule, std::int64_t base_kg) {
  const auto share = Rational::parse(rule.share());
  assert(share && "a rule set in force was checked");
  const auto product = share->times(Rational(base_kg));
  assert(product && "a share is small enough to be multiplied");
  return product->round(formula::Rounding::kFloor).value();
}

bool is_of_firm(v1::CapBase base) {
  return base == v1::ALLOWANCES_DUE || base == v1::VERIFIED_EMISSIONS;
}

std::int64_t base_of(const v1::EtsFirm& firm, v1::CapBase base) {
  return base == v1::ALLOWANCES_DUE ? firm.allowances_due_kg() : firm.verified_emissions_kg();
}

// A firm's use of a purpose in the year of a list, and everybody's in a year.
std::string key_of_firm(const v1::Case& of_case) {
  return key::cap_use(of_case.opening().purpose(), of_case.list_year(), of_case.firm());
}
std::string key_of_all(const v1::Case& of_case) {
  return key::cap_use(of_case.opening().purpose(), of_case.global_year(), "");
}

Ruling need_within(const v1::CapRule& rule, std::int64_t most_kg, std::int64_t used_kg,
                   std::int64_t asked_kg) {
  if (asked_kg <= most_kg - used_kg) return {};
  return refuse(ErrorCode::CAP_EXCEEDED, "cap." + v1::CapBase_Name(rule.base()),
                std::to_string(most_kg) + " kg", std::to_string(used_kg) + " kg",
                std::to_string(asked_kg) + " kg");
}

bool has_base(const v1::PurposeRule& rule, v1::CapBase base) {
  return std::ranges::find(rule.caps(), base, &v1::CapRule::base) != rule.caps().end();
}

bool has_firm_base(const v1::PurposeRule& rule) {
  return std::ranges::any_of(rule.caps(), [](const auto& cap) { return is_of_firm(cap.base()); });
}

}  // namespace

Ruling need_cap_bases(const Context& context, const v1::PurposeRule& rule,
                      const std::string& firm) {
  if (!has_firm_base(rule) || listed_firm(context, firm)) return {};
  return refuse(ErrorCode::CAP_BASE_UNKNOWN, "cap.firm", "a firm of the list in force", {}, firm);
}

Ruling use_caps(Context& context, v1::Case& of_case, std::int64_t amount_kg) {
  const auto& rule = of_case.rule();
  if (auto known = need_cap_bases(context, rule, of_case.firm()); !known) return known;
  of_case.set_list_year(ets_list_now(context));
  of_case.set_global_year(static_cast<std::uint32_t>(year_of_day(day_of(context.now))));
  const auto of_firm = amount_at(context.state, key_of_firm(of_case));
  const auto of_all = amount_at(context.state, key_of_all(of_case));
  const auto firm = listed_firm(context, of_case.firm());
  for (const auto& cap : rule.caps()) {
    auto within = Ruling{};
    if (is_of_firm(cap.base()))
      within = need_within(cap, share_of(cap, base_of(*firm, cap.base())), of_firm, amount_kg);
    if (cap.base() == v1::GLOBAL_YEAR) within = need_within(cap, cap.max_kg(), of_all, amount_kg);
    if (!within) return within;
  }
  if (has_firm_base(rule)) put_amount(context.state, key_of_firm(of_case), of_firm + amount_kg);
  if (has_base(rule, v1::GLOBAL_YEAR))
    put_amount(context.state, key_of_all(of_case), of_all + amount_kg);
  of_case.set_capped_kg(amount_kg);
  return {};
}

void return_caps(State& state, v1::Case& of_case) {
  const auto give_back = [&](const std::string& stored) {
    put_amount(state, stored, amount_at(state, stored) - of_case.capped_kg());
  };
  if (of_case.capped_kg() == 0) return;
  if (has_firm_base(of_case.rule())) give_back(key_of_firm(of_case));
  if (has_base(of_case.rule(), v1::GLOBAL_YEAR)) give_back(key_of_all(of_case));
  of_case.set_capped_kg(0);
}

Ruling check_outside_share(const Context& context, const v1::PurposeRule& rule,
                           const std::vector<v1::UnitBlock>& pieces) {
  const auto cap = std::ranges::find(rule.caps(), v1::OUTSIDE_SHARE, &v1::CapRule::base);
  if (cap == rule.caps().end()) return {};
  // The city's area without the zeros that stand for everything below it.
  auto area = context.genesis.area();
  if (area.empty())
    return refuse(ErrorCode::CAP_BASE_UNKNOWN, "cap.outside", "an area of the city");
  while (area.ends_with("00")) area.resize(area.size() - 2);
  std::int64_t all_kg = 0, outside_kg = 0;
  for (const auto& piece : pieces) {
    all_kg += count(piece);
    if (!area_of(context, piece).starts_with(area)) outside_kg += count(piece);
  }
  return need_within(*cap, share_of(*cap, all_kg), 0, outside_kg);
}

}  // namespace puhui::ledger
