#include <algorithm>

#include "ledger/formula/rational.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/enterprises/actions.h"
#include "ledger/rules/enterprises/enterprises.h"

namespace puhui::ledger {
namespace {

using formula::Rational;

constexpr std::int32_t kMonthsPerYear = 12;

// What a source emitted on days of a footprint.
struct Emitted {
  Rational kg;
  std::int64_t days_missing = 0;
  std::uint32_t jumps = 0, duplicates = 0;
};

tl::expected<Rational, Refusal> sum_of(const Result<Rational>& sum, const std::string& of) {
  if (sum) return *sum;
  return refuse(sum.error().code, "footprint.sum", {}, {}, of);
}

// The factor in force on a day, of the unit of the source's readings.
tl::expected<v1::FactorRecord, Refusal> need_factor(const Context& context,
                                                    const v1::FileSource& source,
                                                    std::int64_t day) {
  auto factor = factor_on(context.state, source.factor(), day);
  if (factor && factor->factor().unit() == source.unit()) return std::move(*factor);
  return refuse(ErrorCode::FACTOR_UNKNOWN, "footprint.factor",
                source.factor() + " per " + source.unit(), factor ? factor->factor().unit() : "",
                source.source() + " on " + date_text(day));
}

// Days of one month, under as many factors as there are on them.
Ruling add_days(const Context& context, const v1::FileSource& source, const Days& days,
                Emitted& emitted) {
  const auto month = month_of(context.state, source.source(), month_of_day(days.from));
  for (auto from = days.from; from < days.to;) {
    const auto factor = need_factor(context, source, from);
    if (!factor) return tl::make_unexpected(factor.error());
    const Days under{from, std::min(days.to, factor->to())};
    from = under.to;
    if (context.credits_unknown) continue;
    const bool is_whole = under.from == days.from && under.to == days.to;
    const auto value =
        is_whole ? month.value() : sum_of_days(context.state, source.source(), under);
    const auto kg = Rational::scaled(value, source.scale())
                        .times(*Rational::parse(factor->factor().kg_per_unit()));
    const auto sum = sum_of(kg ? emitted.kg.plus(*kg) : kg, source.source());
    if (!sum) return tl::make_unexpected(sum.error());
    emitted.kg = *sum;
  }
  if (context.credits_unknown) return {};
  emitted.days_missing += days.to - days.from - month.days();
  emitted.jumps += month.jumps();
  emitted.duplicates += month.duplicates();
  return {};
}

tl::expected<Emitted, Refusal> emitted_on(const Context& context, const v1::FileSource& source,
                                          const Days& days) {
  Emitted emitted;
  for (auto from = days.from; from < days.to;) {
    const auto next = first_day_of_month(month_of_day(from) + 1);
    const Days of_month{from, std::min(days.to, next)};
    if (auto added = add_days(context, source, of_month, emitted); !added)
      return tl::make_unexpected(added.error());
    from = next;
  }
  return emitted;
}

v1::FootprintLine line_of(const v1::FileSource& source, const Emitted& emitted) {
  v1::FootprintLine line;
  line.set_source(source.source());
  line.set_factor(source.factor());
  line.set_exact_kg(emitted.kg.text());
  line.set_days_missing(static_cast<std::uint32_t>(emitted.days_missing));
  line.set_jumps(emitted.jumps);
  line.set_duplicates(emitted.duplicates);
  return line;
}

// Fills in the lines and their sum.
Ruling compute(const Context& context, v1::Footprint& footprint) {
  const auto& report = footprint.report();
  Rational total;
  for (const auto& source : sources_of(context.state, report.party())) {
    const auto days = days_of(source).within(days_of(report));
    if (days.is_empty()) continue;
    const auto emitted = emitted_on(context, source, days);
    if (!emitted) return tl::make_unexpected(emitted.error());
    *footprint.add_lines() = line_of(source, *emitted);
    const auto sum = sum_of(total.plus(emitted->kg), report.party());
    if (!sum) return tl::make_unexpected(sum.error());
    total = *sum;
  }
  if (footprint.lines().empty())
    return refuse(ErrorCode::SOURCE_UNKNOWN, "footprint.sources", "1", "0", report.party());
  const auto amount_kg = total.round(formula::Rounding::kCeiling);
  if (!amount_kg) return refuse(amount_kg.error().code, "footprint.sum", {}, {}, total.text());
  footprint.set_amount_kg(*amount_kg);
  return {};
}

Ruling check_form(const v1::ReportFootprint& action) {
  if (!is_name(action.footprint())) return malformed("footprint");
  if (!is_year(action.year())) return malformed("year");
  return action.month() <= kMonthsPerYear ? Ruling() : malformed("month");
}

Ruling need_over(const Context& context, const Days& days) {
  const auto today = day_of(context.now);
  if (days.to <= today) return {};
  return refuse(ErrorCode::PERIOD_INVALID, "footprint.period", "over by " + date_text(today), {},
                period_text(days.from, days.to));
}

// Figures that not every day stands behind are explained by who verifies them.
Ruling need_statement(const Context& context, const v1::Footprint& footprint,
                      const v1::VerifyFootprint& action) {
  if (context.credits_unknown || !action.is_positive() || action.has_statement()) return {};
  const bool is_plain = std::ranges::all_of(footprint.lines(), [](const auto& line) {
    return line.days_missing() == 0 && line.jumps() == 0 && line.duplicates() == 0;
  });
  if (is_plain) return {};
  return refuse(ErrorCode::INPUT_MISSING, "footprint.statement",
                "a statement where days are missing or read twice, or readings jump", {},
                action.footprint());
}

}  // namespace

tl::expected<v1::Footprint, Refusal> need_footprint(const Context& context, const std::string& name,
                                                    v1::FootprintState state) {
  auto footprint =
      is_name(name) ? context.state.find<v1::Footprint>(key::footprint(name)) : std::nullopt;
  if (!footprint) return refuse(ErrorCode::FOOTPRINT_UNKNOWN, "footprint.known", {}, {}, name);
  if (footprint->state() != state)
    return refuse(ErrorCode::FOOTPRINT_STATE_WRONG, "footprint.state",
                  v1::FootprintState_Name(state), v1::FootprintState_Name(footprint->state()),
                  name);
  return std::move(*footprint);
}

Days days_of(const v1::ReportFootprint& report) {
  const auto year = static_cast<std::int32_t>(report.year()) * kMonthsPerYear;
  const auto month = static_cast<std::int32_t>(report.month());
  const auto first = month == 0 ? year : year + month - 1;
  return {first_day_of_month(first), first_day_of_month(first + (month == 0 ? kMonthsPerYear : 1))};
}

Ruling report_footprint(Context& context, const v1::ReportFootprint& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (auto form = check_form(action); !form) return form;
  const auto stored = key::footprint(action.footprint());
  if (context.state.has(stored))
    return refuse(ErrorCode::FOOTPRINT_EXISTS, "footprint.new", {}, action.footprint());
  const auto party = need_enterprise(context, action.party());
  if (!party) return tl::make_unexpected(party.error());
  if (auto over = need_over(context, days_of(action)); !over) return over;
  v1::Footprint footprint;
  *footprint.mutable_report() = action;
  if (auto computed = compute(context, footprint); !computed) return computed;
  if (auto met = require_signers(context, "footprint.report", about(*party)); !met) return met;
  footprint.set_state(v1::FOOTPRINT_COMPUTED);
  footprint.set_reported_at(static_cast<std::int64_t>(context.leaf));
  for (const auto& [signer, keys] : context.signers) footprint.add_signers(signer);
  context.state.put(stored, footprint);
  context.state.put(key::footprint_of(action.party(), action.footprint()), std::string_view());
  context.fact("amount_kg", std::to_string(footprint.amount_kg()));
  return {};
}

Ruling verify_footprint(Context& context, const v1::VerifyFootprint& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (!is_document_or_none(action.has_statement(), action.statement()))
    return malformed("statement");
  auto footprint = need_footprint(context, action.footprint(), v1::FOOTPRINT_COMPUTED);
  if (!footprint) return tl::make_unexpected(footprint.error());
  if (auto explained = need_statement(context, *footprint, action); !explained) return explained;
  const auto& party = footprint->report().party();
  if (auto apart = need_independent(context, legal_entities(context, party, footprint->signers()));
      !apart)
    return apart;
  auto subject = about(*context.state.find<v1::Party>(key::party(party)));
  subject.amount_kg = footprint->amount_kg();
  if (auto met = require_signers(context, "footprint.verify", subject); !met) return met;
  footprint->set_state(action.is_positive() ? v1::FOOTPRINT_VERIFIED : v1::FOOTPRINT_REJECTED);
  footprint->set_verifier(
      signer_as(context, v1::VERIFIER, subject).value_or(context.event.payload.party()));
  footprint->set_verified_at(static_cast<std::int64_t>(context.leaf));
  *footprint->mutable_verification() = action;
  context.state.put(key::footprint(action.footprint()), *footprint);
  return {};
}

Ruling set_target(Context& context, const v1::SetTarget& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (!is_year(action.year())) return malformed("year");
  if (action.max_kg() < 0) return malformed("max_kg");
  if (!is_document_or_none(action.has_document(), action.document())) return malformed("document");
  const auto party = need_enterprise(context, action.party());
  if (!party) return tl::make_unexpected(party.error());
  if (auto met = require_signers(context, "target.set", about(*party)); !met) return met;
  v1::EmissionTarget target;
  *target.mutable_target() = action;
  target.set_set_at(static_cast<std::int64_t>(context.leaf));
  context.state.put(key::target(action.party(), action.year()), target);
  return {};
}

}  // namespace puhui::ledger
