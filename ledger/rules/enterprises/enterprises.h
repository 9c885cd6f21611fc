// What the rules of enterprises share with one another, with retirement and with views.
#pragma once

#include <optional>
#include <vector>

#include "ledger/rules/context.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {

// So that one footprint reads no more than so many years of days.
inline constexpr std::size_t kSourcesPerPartyMax = 200;

// Days, half-open.
struct Days {
  std::int64_t from = 0, to = 0;
  [[nodiscard]] bool is_empty() const { return from >= to; }
  [[nodiscard]] Days within(const Days& other) const;
};

// The years that footprints and targets are of.
[[nodiscard]] inline bool is_year(std::uint32_t year) { return year >= 1970 && year <= 9999; }

// ---- sources.cc ----
[[nodiscard]] tl::expected<v1::EmissionSource, Refusal> need_source(const Context& context,
                                                                    const std::string& name);
[[nodiscard]] tl::expected<v1::Party, Refusal> need_enterprise(const Context& context,
                                                               const std::string& name);
[[nodiscard]] Subject about(const v1::Party& enterprise);
[[nodiscard]] Subject about(const v1::FileSource& source);
// In order of their names.
[[nodiscard]] std::vector<v1::FileSource> sources_of(const State& state, const std::string& party);
[[nodiscard]] Days days_of(const v1::FileSource& source);

// ---- factors.cc ----
// The unit that tables gave the factor, or nothing.
[[nodiscard]] std::optional<std::string> unit_of(const State& state, const std::string& factor);
// What is in force of the factor on a day.
[[nodiscard]] std::optional<v1::FactorRecord> factor_on(const State& state,
                                                        const std::string& factor,
                                                        std::int64_t day);

// ---- readings.cc ----
// Nothing but its names where there is no reading.
[[nodiscard]] v1::MonthOfReadings month_of(const State& state, const std::string& source,
                                           std::int32_t month);
// Of readings on these days, which are no more than a month.
[[nodiscard]] std::int64_t sum_of_days(const State& state, const std::string& source,
                                       const Days& days);

// ---- footprints.cc ----
[[nodiscard]] tl::expected<v1::Footprint, Refusal> need_footprint(const Context& context,
                                                                  const std::string& name,
                                                                  v1::FootprintState state);
[[nodiscard]] Days days_of(const v1::ReportFootprint& report);

}  // namespace puhui::ledger
