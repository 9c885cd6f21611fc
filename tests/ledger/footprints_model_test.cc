// Footprints against sums of all readings, day by day, with rationals of any size.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <map>

#include "tests/ledger/enterprises.h"

namespace puhui::ledger::testing {
namespace {

using Big = boost::multiprecision::cpp_rational;
using Whole = boost::multiprecision::cpp_int;

// From the middle of November 2024 to the end of March 2025.
constexpr std::int64_t kFirst = kYear2025 - 46, kEnd = kYear2025 + 90;

struct FactorModel {
  std::int64_t numerator = 0, denominator = 1;
};
struct SourceModel {
  v1::FileSource filing;
  std::map<std::int64_t, std::int64_t> readings;
};
struct Model {
  std::vector<FactorModel> factors;  // by day from kFirst on
  std::vector<SourceModel> sources;
};

Big kilograms(const Model& model, const SourceModel& source, const Period& period) {
  Big sum = 0;
  for (const auto& [day, value] : source.readings) {
    if (day < period.from || day >= period.to) continue;
    const auto& factor = model.factors[static_cast<std::size_t>(day - kFirst)];
    sum += Big(Whole(value), pow(Whole(10), source.filing.scale())) *
           Big(factor.numerator, factor.denominator);
  }
  return sum;
}

Whole whole(const std::string& digits) {
  Whole value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}
// A decimal or a ratio of any length, not negative.
Big number(const std::string& text) {
  if (const auto slash = text.find('/'); slash != std::string::npos)
    return Big(whole(text.substr(0, slash)), whole(text.substr(slash + 1)));
  const auto point = text.find('.');
  if (point == std::string::npos) return Big(whole(text));
  const auto places = static_cast<unsigned>(text.size() - point - 1);
  return Big(whole(text.substr(0, point) + text.substr(point + 1)), pow(Whole(10), places));
}

std::int64_t rounded_up(const Big& value) {
  const Whole floor = numerator(value) / denominator(value);
  return static_cast<std::int64_t>(floor * denominator(value) == numerator(value) ? floor
                                                                                  : floor + 1);
}

// Tables one after the other, of any lengths, until all days have a factor.
void file_factors_of_all_days(City& city, Model& model) {
  int tables = 0;
  for (auto from = kFirst; from < kEnd;) {
    const auto to = std::min(kEnd, from + *rc::gen::inRange<std::int64_t>(1, 60));
    const FactorModel factor{*rc::gen::inRange<std::int64_t>(0, 10'000),
                             *rc::gen::inRange<std::int64_t>(1, 1'000)};
    const auto text = std::to_string(factor.numerator) + "/" + std::to_string(factor.denominator);
    const auto table = "t" + std::to_string(++tables);
    RC_ASSERT(file_factors(city, a_table(table, {from, to}, text)).decision == v1::ACCEPTED);
    for (; from < to; ++from) model.factors.push_back(factor);
  }
}

SourceModel filed_source(City& city, const std::string& name) {
  SourceModel source{a_source(name), {}};
  source.filing.set_scale(*rc::gen::inRange<std::uint32_t>(0, 7));
  source.filing.set_from(*rc::gen::inRange<std::int64_t>(kFirst, kYear2025 + 80));
  if (*rc::gen::inRange(0, 2) == 0)
    source.filing.set_to(*rc::gen::inRange<std::int64_t>(source.filing.from() + 1, kEnd + 1));
  RC_ASSERT(file_source(city, source.filing).decision == v1::ACCEPTED);
  return source;
}

// The days of a source, some left out, in a few batches from anywhere.
void read_days(City& city, SourceModel& source) {
  const auto& filing = source.filing;
  const auto end = filing.to() == 0 ? kEnd : filing.to();
  std::vector<Measured> days;
  for (auto day = filing.from(); day < end; ++day)
    if (*rc::gen::inRange(0, 5) > 0)
      days.push_back({day, *rc::gen::inRange<std::int64_t>(0, 1'000'000'000)});
  for (const auto& [day, value] : days) source.readings[day] = value;
  const auto batches = *rc::gen::inRange<std::size_t>(1, 4);
  for (std::size_t batch = 0; batch < batches; ++batch) {
    std::vector<Measured> part;
    for (auto i = batch; i < days.size(); i += batches) part.push_back(days[i]);
    if (part.empty()) continue;
    const auto answer = read(city, part, {.source = filing.source()});
    RC_ASSERT(answer.outcome.records_accepted() == part.size());
  }
}

// Whether a source has a day of this period.
bool measures(const Model& model, const Period& period) {
  return std::ranges::any_of(model.sources, [&period](const SourceModel& source) {
    const auto& filing = source.filing;
    return filing.from() < period.to && (filing.to() == 0 || filing.to() > period.from);
  });
}

void compare(const v1::Footprint& footprint, const Model& model, const Period& period) {
  Big total = 0;
  int line = 0;
  for (const auto& source : model.sources) {
    const auto& filing = source.filing;
    const auto from = std::max(filing.from(), period.from);
    const auto to = filing.to() == 0 ? period.to : std::min(filing.to(), period.to);
    if (from >= to) continue;
    RC_ASSERT(line < footprint.lines_size());
    const auto& told = footprint.lines(line++);
    const auto sum = kilograms(model, source, period);
    RC_ASSERT(told.source() == filing.source());
    RC_ASSERT(number(told.exact_kg()) == sum);
    std::int64_t days = 0;
    for (const auto& [day, value] : source.readings) days += day >= from && day < to ? 1 : 0;
    RC_ASSERT(told.days_missing() == static_cast<std::uint32_t>(to - from - days));
    total += sum;
  }
  RC_ASSERT(footprint.lines_size() == line);
  RC_ASSERT(footprint.amount_kg() == rounded_up(total));
}

RC_GTEST_PROP(FootprintsOfAnyFactors, AreTheSumOfEveryDay, ()) {
  KilogramCity city(enterprise_rules());
  Model model;
  file_factors_of_all_days(city, model);
  const auto sources = *rc::gen::inRange(1, 4);
  for (int i = 0; i < sources; ++i) {
    model.sources.push_back(filed_source(city, "s" + std::to_string(i)));
    read_days(city, model.sources.back());
  }
  for (const auto& [year, month] : {std::pair{2024U, 12U}, {2025U, 1U}, {2025U, 2U}, {2025U, 3U}}) {
    const auto name = "f" + std::to_string(month);
    const auto answer = report(city, a_footprint(name, month, year));
    const auto first = static_cast<std::int32_t>(year * 12 + month - 1);
    const Period period{first_day_of_month(first), first_day_of_month(first + 1)};
    const bool is_measured = measures(model, period);
    RC_ASSERT(answer.code == (is_measured ? ErrorCode::OK : ErrorCode::SOURCE_UNKNOWN));
    if (is_measured) compare(footprint_named(city, name), model, period);
  }
}

}  // namespace
}  // namespace puhui::ledger::testing
