#include <set>

#include "ledger/formula/rational.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/enterprises/actions.h"
#include "ledger/rules/enterprises/enterprises.h"

namespace puhui::ledger {
namespace {

Ruling check_form(const v1::FileFactors& action) {
  if (!is_name(action.table())) return malformed("table");
  if (!is_hash_or_empty(action.document_sha256())) return malformed("document_sha256");
  if (action.factors().empty()) return malformed("factors");
  std::set<std::string> names;
  for (const auto& factor : action.factors())
    if (!names.insert(factor.name()).second) return malformed("factors");
  if (is_day(action.from()) && is_day(action.to()) && action.from() < action.to()) return {};
  return refuse(ErrorCode::PERIOD_INVALID, "factor.days", {}, {},
                period_text(action.from(), action.to()));
}

Ruling check_factor(const v1::EmissionFactor& factor) {
  const auto kg = formula::Rational::parse(factor.kg_per_unit());
  if (is_name(factor.name()) && is_label(factor.unit()) && factor.source().size() <= kTextSizeMax &&
      kg && !kg->is_negative())
    return {};
  return refuse(ErrorCode::FACTOR_MALFORMED, "factor.form", "a decimal or ratio, not negative", {},
                factor.name() + " " + factor.kg_per_unit());
}

// What is in force of it from the last day before this one on which anything of it begins.
std::optional<v1::FactorRecord> last_begun(const State& state, const std::string& factor,
                                           std::int64_t before) {
  const auto last = state.before(key::factor_line(factor), key::factor_from(factor, before));
  return last ? state.find<v1::FactorRecord>(last->key) : std::nullopt;
}

// Days of one factor never overlap, so only the last of them that begin before `to` can.
Ruling check_place(const Context& context, const v1::EmissionFactor& factor, const Days& days) {
  const auto& name = factor.name();
  const auto unit = unit_of(context.state, name);
  if (unit && *unit != factor.unit())
    return refuse(ErrorCode::FACTOR_MALFORMED, "factor.unit", *unit, {},
                  name + " " + factor.unit());
  const auto last = last_begun(context.state, name, days.to);
  if (!last || last->to() <= days.from) return {};
  return refuse(ErrorCode::FACTOR_OVERLAP, "factor.overlap", "one value on a day",
                last->table() + " " + period_text(last->from(), last->to()),
                name + " " + period_text(days.from, days.to));
}

}  // namespace

std::optional<std::string> unit_of(const State& state, const std::string& factor) {
  const auto line = key::factor_line(factor);
  const auto first = state.at_or_after(line, line);
  if (!first) return std::nullopt;
  return state.find<v1::FactorRecord>(first->key)->factor().unit();
}

std::optional<v1::FactorRecord> factor_on(const State& state, const std::string& factor,
                                          std::int64_t day) {
  auto last = last_begun(state, factor, day + 1);
  return last && day < last->to() ? std::move(last) : std::nullopt;
}

Ruling file_factors(Context& context, const v1::FileFactors& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (auto form = check_form(action); !form) return form;
  const auto stored = key::factor_table(action.table());
  if (context.state.has(stored))
    return refuse(ErrorCode::FACTOR_EXISTS, "factor.table", {}, action.table());
  for (const auto& factor : action.factors()) {
    if (auto form = check_factor(factor); !form) return form;
    if (auto place = check_place(context, factor, {action.from(), action.to()}); !place)
      return place;
  }
  if (auto met = require_signers(context, "factors.file", the_city()); !met) return met;
  context.state.put(stored, std::string_view());
  for (const auto& factor : action.factors()) {
    v1::FactorRecord record;
    *record.mutable_factor() = factor;
    record.set_table(action.table());
    record.set_from(action.from());
    record.set_to(action.to());
    record.set_filed_at(static_cast<std::int64_t>(context.leaf));
    context.state.put(key::factor_from(factor.name(), action.from()), record);
  }
  return {};
}

}  // namespace puhui::ledger
