// Emission sources, factors by day, and what meters measured.
#include <algorithm>
#include <limits>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

constexpr std::ptrdiff_t kSourcesMax = 200;  // of a party
constexpr unsigned kScaleMax = 18;

Verdict find_source(Case& at, const std::string& name, v1::EmissionSource*& source) {
  source = find(at.books.sources, name);
  if (source == nullptr) return refused(ErrorCode::SOURCE_UNKNOWN, name);
  return {};
}

Verdict check_device(const v1::Key& device) {
  if (crypto::PublicKey::decode(device.public_key())) return {};
  return refused(ErrorCode::KEY_MALFORMED, "device");
}

Verdict check_source(const v1::FileSource& action) {
  if (!is_name(action.source())) return malformed("source");
  if (!is_name(action.factor())) return malformed("factor");
  if (!is_label(action.unit())) return malformed("unit");
  if (action.scale() > kScaleMax) return malformed("scale");
  if (std::max(action.name_zh().size(), action.name_en().size()) > kTextMax)
    return malformed("name");
  if (!is_area(action.area())) return refused(ErrorCode::AREA_INVALID, action.area());
  const bool is_open = action.to() == 0;
  if (!is_day(action.from()) || !is_day(action.to()) || (!is_open && action.from() >= action.to()))
    return refused(ErrorCode::PERIOD_INVALID, days_text(action.from(), action.to()));
  return check_device(action.device());
}

// Whatever tables name the factor, they give it one unit.
Verdict need_unit(const Case& at, const std::string& factor, const std::string& unit) {
  const auto* filed = find(at.books.factors, factor);
  if (filed == nullptr) return {};
  const auto& known = filed->begin()->second.factor().unit();
  if (known == unit) return {};
  return refused(ErrorCode::FACTOR_MALFORMED, factor, "per " + known, "per " + unit);
}

Verdict check_table(const Case& at, const v1::FileFactors& action) {
  if (!is_name(action.table())) return malformed("table");
  if (!is_hash_or_empty(action.document_sha256())) return malformed("document_sha256");
  std::set<std::string> names;
  for (const auto& factor : action.factors()) names.insert(factor.name());
  if (names.empty() || static_cast<int>(names.size()) != action.factors_size())
    return malformed("factors");
  if (!is_day(action.from()) || !is_day(action.to()) || action.from() >= action.to())
    return refused(ErrorCode::PERIOD_INVALID, days_text(action.from(), action.to()));
  if (at.books.factor_tables.contains(action.table()))
    return refused(ErrorCode::FACTOR_EXISTS, action.table());
  return {};
}

Verdict check_factor(const Case& at, const v1::EmissionFactor& factor,
                     const v1::FileFactors& table) {
  const auto kilograms = read_number(factor.kg_per_unit());
  if (!is_name(factor.name()) || !is_label(factor.unit()) || factor.source().size() > kTextMax ||
      !kilograms || *kilograms < 0)
    return refused(ErrorCode::FACTOR_MALFORMED, factor.name(), "a decimal or ratio, not negative",
                   factor.kg_per_unit());
  if (auto bad = need_unit(at, factor.name(), factor.unit())) return bad;
  const auto* filed = find(at.books.factors, factor.name());
  if (filed == nullptr) return {};
  for (const auto& [from, other] : *filed)
    if (from < table.to() && table.from() < other.to())
      return refused(ErrorCode::FACTOR_OVERLAP, factor.name(), "one value on a day",
                     other.table() + " " + days_text(from, other.to()));
  return {};
}

bool is_far(const v1::RuleSet& rules, std::int64_t before, std::int64_t value) {
  return rules.jump_percent() != 0 && Whole(before) * rules.jump_percent() <
                                          boost::multiprecision::abs(Whole(value) - before) * 100;
}

using Days = std::map<std::int32_t, Measured>;

// Of the same month.
Whole sum_beside(const Days& days, std::int32_t day) {
  const auto from = static_cast<std::int32_t>(first_of_month(day));
  const auto to = first_of_month(from + 31);
  Whole sum = 0;
  for (auto at = days.lower_bound(from); at != days.end() && at->first < to; ++at)
    sum += at->second.value;
  return sum;
}

// Why a reading is not taken, or OK.
ErrorCode judge(const Case& at, const v1::FileSource& source, const MeterReading& measure) {
  const auto day = std::int64_t{measure.day};
  if (day >= day_of(at.now) || day < source.from() || (source.to() != 0 && day >= source.to()))
    return ErrorCode::READING_DAY;
  const auto* days = find(at.books.readings, source.source());
  if (days == nullptr) return ErrorCode::OK;
  if (days->contains(measure.day)) return ErrorCode::READING_DUPLICATE;
  const bool fits =
      sum_beside(*days, measure.day) + measure.value <= std::numeric_limits<std::int64_t>::max();
  return fits ? ErrorCode::OK : ErrorCode::AMOUNT_OVERFLOW;
}

void take_reading(const Case& at, Days& days, const MeterReading& measure) {
  const auto taken = days.emplace(measure.day, Measured{measure.value}).first;
  if (taken != days.begin())
    taken->second.jumps = is_far(at.rules, std::prev(taken)->second.value, measure.value);
  if (const auto next = std::next(taken); next != days.end())
    next->second.jumps = is_far(at.rules, measure.value, next->second.value);
}

}  // namespace

Verdict need_party(const Case& at, const std::string& name) {
  if (at.books.parties.contains(name)) return {};
  return refused(ErrorCode::PARTY_UNKNOWN, name);
}

Subject about_party(const Case& at, const std::string& name) {
  return {.party = name, .area = at.books.parties.at(name).area()};
}

Verdict file_source(Case& at, const v1::FileSource& action) {
  if (auto bad = need_rules(at)) return bad;
  if (auto bad = check_source(action)) return bad;
  auto& sources = at.books.sources;
  if (sources.contains(action.source())) return refused(ErrorCode::SOURCE_EXISTS, action.source());
  if (auto bad = need_party(at, action.party())) return bad;
  const auto own = std::ranges::count_if(sources, [&](const auto& source) {
    return source.second.filing().party() == action.party();
  });
  if (own >= kSourcesMax) return refused(ErrorCode::TOO_LARGE, "sources of " + action.party());
  if (auto bad = need_unit(at, action.factor(), action.unit())) return bad;
  need_signers(at, "source.file", {.party = action.party(), .area = action.area()});
  auto& source = sources[action.source()];
  *source.mutable_filing() = action;
  source.set_filed_at(as_leaf(at));
  source.set_device_at(as_leaf(at));
  at.books.changed(stored('a', action.source()), source);
  return {};
}

Verdict replace_device(Case& at, const v1::ReplaceDevice& action) {
  if (auto bad = need_rules(at)) return bad;
  if (auto bad = check_device(action.device())) return bad;
  v1::EmissionSource* source = nullptr;
  if (auto bad = find_source(at, action.source(), source)) return bad;
  auto& filing = *source->mutable_filing();
  need_signers(at, "source.device", {.party = filing.party(), .area = filing.area()});
  *filing.mutable_device() = action.device();
  source->set_device_at(as_leaf(at));
  at.books.changed(stored('a', action.source()), *source);
  return {};
}

Verdict file_factors(Case& at, const v1::FileFactors& action) {
  if (auto bad = need_rules(at)) return bad;
  if (auto bad = check_table(at, action)) return bad;
  for (const auto& factor : action.factors())
    if (auto bad = check_factor(at, factor, action)) return bad;
  need_signers(at, "factors.file", {.citywide = true});
  at.books.factor_tables.insert(action.table());
  for (const auto& factor : action.factors()) {
    auto& record = at.books.factors[factor.name()][action.from()];
    *record.mutable_factor() = factor;
    record.set_table(action.table());
    record.set_from(action.from());
    record.set_to(action.to());
  }
  return {};
}

Verdict submit_readings(Case& at, const v1::SubmitReadings& action) {
  if (auto bad = need_rules(at)) return bad;
  v1::EmissionSource* source = nullptr;
  if (auto bad = find_source(at, action.source(), source)) return bad;
  const auto& filing = source->filing();
  if (action.device().public_key() != filing.device().public_key())
    return refused(ErrorCode::DEVICE_SIGNATURE, action.source(),
                   "the device of leaf " + std::to_string(source->device_at()));
  need_signers(at, "readings.submit", {.party = filing.party(), .area = filing.area()});
  if (at.credits_unknown) return {};
  auto first = ErrorCode::OK;
  for (const auto& measure : at.leaf.readings) {
    const auto code = judge(at, filing, measure);
    if (first == ErrorCode::OK) first = code;
    if (code == ErrorCode::READING_DUPLICATE)
      ++at.books.readings[filing.source()].at(measure.day).duplicates;
    if (code != ErrorCode::OK) continue;
    take_reading(at, at.books.readings[filing.source()], measure);
    ++at.records_accepted;
  }
  at.records_refused = at.leaf.readings.size() - at.records_accepted;
  if (at.records_accepted > 0) return {};
  return refused(first, "no reading of the batch is taken", "1 reading or more", "0");
}

}  // namespace puhui::node::audit
