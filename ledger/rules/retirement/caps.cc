#include <algorithm>
#include <cassert>
#include <limits>

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

// The cap of this base, or null.
const v1::CapRule* cap_of(const v1::PurposeRule& rule, v1::CapBase base) {
  const auto cap = std::ranges::find(rule.caps(), base, &v1::CapRule::base);
  return cap == rule.caps().end() ? nullptr : &*cap;
}

bool has_firm_base(const v1::PurposeRule& rule) {
  return std::ranges::any_of(rule.caps(), [](const auto& cap) { return is_of_firm(cap.base()); });
}

std::uint32_t this_year(const Context& context) {
  return static_cast<std::uint32_t>(year_of_day(day_of(context.now)));
}

// ---- From outside the city ----

// The most of a firm's caps, all of which hold.
std::int64_t cap_of_firm(const v1::PurposeRule& rule, const v1::EtsFirm& firm) {
  auto least_kg = std::numeric_limits<std::int64_t>::max();
  for (const auto& cap : rule.caps())
    if (is_of_firm(cap.base()))
      least_kg = std::min(least_kg, share_of(cap, base_of(firm, cap.base())));
  return least_kg;
}

// The city's area without the zeros that stand for everything below it.
std::string own_area(const Context& context) {
  auto area = context.genesis.area();
  while (area.ends_with("00")) area.resize(area.size() - 2);
  return area;
}

// How much of it is from outside the city: all from areas that the rule lets in. AREA_EXCLUDED.
tl::expected<std::int64_t, Refusal> count_outside(const Context& context,
                                                  const v1::PurposeRule& rule,
                                                  const std::vector<v1::UnitBlock>& pieces) {
  const auto own = own_area(context);
  const auto& others = rule.outside_areas();
  std::int64_t outside_kg = 0;
  for (const auto& piece : pieces) {
    const auto area = area_of(context, piece);
    if (area.starts_with(own)) continue;
    if (!others.empty() && std::ranges::none_of(others, [&area](const std::string& other) {
          return area.starts_with(other);
        })) {
      auto known = own;
      for (const auto& other : others) known.append(", ").append(other);
      return refuse(
          ErrorCode::AREA_EXCLUDED, "rules.outside_areas", std::move(known), {},
          std::to_string(piece.start()) + "-" + std::to_string(piece.end()) + " of " + area);
    }
    outside_kg += count(piece);
  }
  return outside_kg;
}

// Counts what a firm retires from outside, by the list that its case is counted by.
Ruling use_outside_of_year(Context& context, const v1::Case& of_case, const v1::CapRule& cap,
                           std::int64_t outside_kg) {
  if (outside_kg == 0) return {};
  const auto year = of_case.list_year();
  const auto firm = context.state.find<v1::EtsFirm>(key::ets_firm(year, of_case.firm()));
  if (!firm)
    return refuse(ErrorCode::CAP_BASE_UNKNOWN, "cap.firm",
                  "a firm of the list of " + std::to_string(year), {}, of_case.firm());
  const auto stored = key::outside_use(of_case.opening().purpose(), year, of_case.firm());
  const auto used = amount_at(context.state, stored);
  const auto most_kg = share_of(cap, cap_of_firm(of_case.rule(), *firm));
  if (auto within = need_within(cap, most_kg, used, outside_kg); !within) return within;
  put_amount(context.state, stored, used + outside_kg);
  return {};
}

}  // namespace

Ruling need_cap_bases(const Context& context, const v1::PurposeRule& rule,
                      const std::string& firm) {
  if (!has_firm_base(rule) || listed_firm(context, firm)) return {};
  return refuse(ErrorCode::CAP_BASE_UNKNOWN, "cap.firm", "a firm of the list in force", {}, firm);
}

Ruling reserve_caps(Context& context, v1::Case& of_case) {
  const auto* cap = cap_of(of_case.rule(), v1::GLOBAL_YEAR);
  const auto estimate_kg = of_case.opening().estimate_kg();
  if (cap == nullptr || of_case.rule().deadline() == 0 || estimate_kg == 0) return {};
  of_case.set_global_year(this_year(context));
  const auto used = amount_at(context.state, key_of_all(of_case));
  if (auto within = need_within(*cap, cap->max_kg(), used, estimate_kg); !within) return within;
  put_amount(context.state, key_of_all(of_case), used + estimate_kg);
  of_case.set_reserved_kg(estimate_kg);
  return {};
}

Ruling use_caps(Context& context, v1::Case& of_case, std::int64_t amount_kg) {
  const auto& rule = of_case.rule();
  if (auto known = need_cap_bases(context, rule, of_case.firm()); !known) return known;
  of_case.set_list_year(ets_list_now(context));
  if (of_case.reserved_kg() == 0) of_case.set_global_year(this_year(context));
  const auto of_firm = amount_at(context.state, key_of_firm(of_case));
  const auto of_all = amount_at(context.state, key_of_all(of_case)) - of_case.reserved_kg();
  const auto firm = listed_firm(context, of_case.firm());
  for (const auto& cap : rule.caps()) {
    auto within = Ruling{};
    if (is_of_firm(cap.base()))
      within = need_within(cap, share_of(cap, base_of(*firm, cap.base())), of_firm, amount_kg);
    if (cap.base() == v1::GLOBAL_YEAR) within = need_within(cap, cap.max_kg(), of_all, amount_kg);
    if (!within) return within;
  }
  if (has_firm_base(rule)) put_amount(context.state, key_of_firm(of_case), of_firm + amount_kg);
  if (cap_of(rule, v1::GLOBAL_YEAR) != nullptr)
    put_amount(context.state, key_of_all(of_case), of_all + amount_kg);
  of_case.set_capped_kg(amount_kg);
  of_case.set_reserved_kg(0);
  return {};
}

void return_caps(State& state, v1::Case& of_case) {
  const auto give_back = [&](const std::string& stored, std::int64_t amount_kg) {
    if (amount_kg > 0) put_amount(state, stored, amount_at(state, stored) - amount_kg);
  };
  if (has_firm_base(of_case.rule())) give_back(key_of_firm(of_case), of_case.capped_kg());
  if (cap_of(of_case.rule(), v1::GLOBAL_YEAR) != nullptr)
    give_back(key_of_all(of_case), of_case.capped_kg() + of_case.reserved_kg());
  of_case.set_capped_kg(0);
  of_case.set_reserved_kg(0);
}

Ruling use_outside(Context& context, const v1::Case& of_case,
                   const std::vector<v1::UnitBlock>& pieces) {
  const auto& rule = of_case.rule();
  const auto* of_one = cap_of(rule, v1::OUTSIDE_SHARE);
  const auto* of_year = cap_of(rule, v1::OUTSIDE_SHARE_OF_YEAR);
  if (of_one == nullptr && of_year == nullptr && rule.outside_areas().empty()) return {};
  if (context.genesis.area().empty())
    return refuse(ErrorCode::CAP_BASE_UNKNOWN, "cap.outside", "an area of the city");
  const auto outside_kg = count_outside(context, rule, pieces);
  if (!outside_kg) return tl::make_unexpected(outside_kg.error());
  std::int64_t all_kg = 0;
  for (const auto& piece : pieces) all_kg += count(piece);
  if (of_one != nullptr)
    if (auto within = need_within(*of_one, share_of(*of_one, all_kg), 0, *outside_kg); !within)
      return within;
  return of_year == nullptr ? Ruling{}
                            : use_outside_of_year(context, of_case, *of_year, *outside_kg);
}

}  // namespace puhui::ledger
