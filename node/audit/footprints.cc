// Footprints: readings by the factors of their days, their verification, and targets.
#include <algorithm>
#include <limits>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

struct Span {
  std::int64_t from = 0, to = 0;
};

Span span_of(const v1::ReportFootprint& report) {
  if (report.month() == 0) return {first_of(report.year(), 1), first_of(report.year(), 13)};
  return {first_of(report.year(), report.month()), first_of(report.year(), report.month() + 1)};
}

bool is_year(std::uint32_t year) { return year >= 1970 && year <= 9999; }

const v1::FactorRecord* factor_on(const Case& at, const v1::FileSource& source, std::int64_t day) {
  const auto* filed = find(at.books.factors, source.factor());
  if (filed == nullptr) return nullptr;
  for (const auto& [from, record] : *filed)
    if (from <= day && day < record.to() && record.factor().unit() == source.unit()) return &record;
  return nullptr;
}

// The first day after this one that is of another month, of another factor, or not of the span.
std::int64_t end_of_stretch(std::int64_t day, const v1::FactorRecord& factor, const Span& span) {
  return std::min({first_of_month(first_of_month(day) + 31), factor.to(), span.to});
}

Exact power_of_ten(unsigned exponent) {
  Exact power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  return power;
}

// What was measured on the days of a span.
struct Measurement {
  Whole value = 0;
  std::uint32_t days = 0, jumps = 0, duplicates = 0;
};
Measurement measured_on(const Case& at, const std::string& source, const Span& span) {
  Measurement all;
  const auto* days = find(at.books.readings, source);
  if (days == nullptr || at.credits_unknown) return all;
  for (auto reading = days->lower_bound(static_cast<std::int32_t>(span.from));
       reading != days->end() && reading->first < span.to; ++reading) {
    all.value += reading->second.value;
    ++all.days;
    if (reading->second.jumps) ++all.jumps;
    all.duplicates += reading->second.duplicates;
  }
  return all;
}

// Adds up stretches of days of one month under one factor, in order.
Verdict add_up(const Case& at, const v1::FileSource& source, const Span& span, Exact& kilograms) {
  for (auto day = span.from; day < span.to;) {
    const auto* factor = factor_on(at, source, day);
    if (factor == nullptr)
      return refused(ErrorCode::FACTOR_UNKNOWN, source.source() + ", day " + std::to_string(day),
                     source.factor() + " per " + source.unit());
    const Span stretch{day, end_of_stretch(day, *factor, span)};
    const auto value = Exact(measured_on(at, source.source(), stretch).value);
    const auto part = multiply(value / power_of_ten(source.scale()),
                               *read_number(factor->factor().kg_per_unit()));
    const auto sum = part ? add(kilograms, *part) : part;
    if (!sum) return refused(sum.error().code, "sum of " + source.source());
    kilograms = *sum;
    day = stretch.to;
  }
  return {};
}

Verdict compute(const Case& at, v1::Footprint& footprint) {
  const auto& report = footprint.report();
  const auto period = span_of(report);
  Exact total = 0;
  for (const auto& [name, source] : at.books.sources) {
    const auto& filing = source.filing();
    if (filing.party() != report.party()) continue;
    const Span span{std::max(period.from, filing.from()),
                    filing.to() == 0 ? period.to : std::min(period.to, filing.to())};
    if (span.from >= span.to) continue;
    Exact kilograms = 0;
    if (auto bad = add_up(at, filing, span, kilograms)) return bad;
    const auto measured = measured_on(at, name, span);
    auto& line = *footprint.add_lines();
    line.set_source(name);
    line.set_factor(filing.factor());
    line.set_exact_kg(write_number(kilograms));
    const auto days = static_cast<std::uint32_t>(span.to - span.from);
    line.set_days_missing(at.credits_unknown ? 0 : days - measured.days);
    line.set_jumps(measured.jumps);
    line.set_duplicates(measured.duplicates);
    const auto sum = add(total, kilograms);
    if (!sum) return refused(sum.error().code, "sum of " + report.party());
    total = *sum;
  }
  if (footprint.lines().empty()) return refused(ErrorCode::SOURCE_UNKNOWN, report.party());
  const Whole rounded_up = -floor_of(-total);
  if (rounded_up > std::numeric_limits<std::int64_t>::max())
    return refused(ErrorCode::RESULT_TOO_LARGE, report.footprint());
  footprint.set_amount_kg(static_cast<std::int64_t>(rounded_up));
  return {};
}

Verdict check_report(const Case& at, const v1::ReportFootprint& action) {
  if (auto bad = need_rules(at)) return bad;
  if (!is_name(action.footprint())) return malformed("footprint");
  if (!is_year(action.year())) return malformed("year");
  if (action.month() > 12) return malformed("month");
  if (at.books.footprints.contains(action.footprint()))
    return refused(ErrorCode::FOOTPRINT_EXISTS, action.footprint());
  if (auto bad = need_party(at, action.party())) return bad;
  if (const auto end = span_of(action).to; end > day_of(at.now))
    return refused(ErrorCode::PERIOD_INVALID, action.footprint(),
                   "over by day " + std::to_string(day_of(at.now)), std::to_string(end));
  return {};
}

Verdict find_footprint(const Case& at, const std::string& name, v1::FootprintState state,
                       v1::Footprint& footprint) {
  const auto* found = find(at.books.footprints, name);
  if (found == nullptr) return refused(ErrorCode::FOOTPRINT_UNKNOWN, name);
  footprint = *found;
  if (found->state() == state) return {};
  return refused(ErrorCode::FOOTPRINT_STATE_WRONG, name, v1::FootprintState_Name(state),
                 v1::FootprintState_Name(found->state()));
}

void keep(Case& at, const v1::Footprint& footprint) {
  const auto& name = footprint.report().footprint();
  at.books.changed(stored('m', name), footprint);
  at.books.footprints[name] = footprint;
}

// Every day was read once, and none is far from the day before it.
bool is_plain(const v1::Footprint& footprint) {
  return std::ranges::none_of(footprint.lines(), [](const auto& line) {
    return line.days_missing() > 0 || line.jumps() > 0 || line.duplicates() > 0;
  });
}

}  // namespace

Verdict report_footprint(Case& at, const v1::ReportFootprint& action) {
  if (auto bad = check_report(at, action)) return bad;
  v1::Footprint footprint;
  *footprint.mutable_report() = action;
  if (auto bad = compute(at, footprint)) return bad;
  need_signers(at, "footprint.report", about_party(at, action.party()));
  footprint.set_state(v1::FOOTPRINT_COMPUTED);
  footprint.set_reported_at(as_leaf(at));
  for (const auto& [signer, keys] : at.signers) footprint.add_signers(signer);
  keep(at, footprint);
  return {};
}

Verdict verify_footprint(Case& at, const v1::VerifyFootprint& action) {
  if (auto bad = need_rules(at)) return bad;
  if (!is_document_or_none(action.has_statement(), action.statement()))
    return malformed("statement");
  v1::Footprint footprint;
  if (auto bad = find_footprint(at, action.footprint(), v1::FOOTPRINT_COMPUTED, footprint))
    return bad;
  if (!at.credits_unknown && action.is_positive() && !action.has_statement() &&
      !is_plain(footprint))
    return refused(ErrorCode::INPUT_MISSING, action.footprint(), "a statement");
  const auto& party = footprint.report().party();
  std::set<std::string> others{legal_entity(at, party)};
  for (const auto& signer : footprint.signers()) others.insert(legal_entity(at, signer));
  if (auto bad = need_independent(at, others)) return bad;
  auto subject = about_party(at, party);
  subject.amount_kg = footprint.amount_kg();
  need_signers(at, "footprint.verify", subject);
  footprint.set_state(action.is_positive() ? v1::FOOTPRINT_VERIFIED : v1::FOOTPRINT_REJECTED);
  footprint.set_verifier(signer_as(at, v1::VERIFIER, subject));
  footprint.set_verified_at(as_leaf(at));
  *footprint.mutable_verification() = action;
  keep(at, footprint);
  return {};
}

Verdict set_target(Case& at, const v1::SetTarget& action) {
  if (auto bad = need_rules(at)) return bad;
  if (!is_year(action.year())) return malformed("year");
  if (action.max_kg() < 0) return malformed("max_kg");
  if (!is_document_or_none(action.has_document(), action.document())) return malformed("document");
  if (auto bad = need_party(at, action.party())) return bad;
  need_signers(at, "target.set", about_party(at, action.party()));
  return {};
}

Verdict need_same_footprint(const Case& at, const v1::Case& of_case,
                            const v1::ConfirmCase& action) {
  const auto& name = action.footprint();
  if (name.empty()) return {};
  if (!of_case.rule().is_footprint()) return malformed("footprint");
  v1::Footprint footprint;
  if (auto bad = find_footprint(at, name, v1::FOOTPRINT_VERIFIED, footprint)) return bad;
  const auto& holder = at.books.accounts.at(of_case.opening().account()).owner();
  if (footprint.report().party() != holder)
    return refused(ErrorCode::FOOTPRINT_UNKNOWN, name, "of " + holder, footprint.report().party());
  const auto span = span_of(footprint.report());
  if (span.from != of_case.opening().from() || span.to != of_case.opening().to())
    return refused(ErrorCode::PERIOD_INVALID, name,
                   days_text(of_case.opening().from(), of_case.opening().to()),
                   days_text(span.from, span.to));
  if (at.credits_unknown || footprint.amount_kg() == action.amount_kg()) return {};
  return refused(ErrorCode::CASE_AMOUNT, name, std::to_string(footprint.amount_kg()) + " kg",
                 std::to_string(action.amount_kg()) + " kg");
}

}  // namespace puhui::node::audit
