// A market with enterprises that measure what they emit: sources, factors, readings, footprints;
// the hands to send them.
#pragma once

#include "ledger/rules/enterprises/enterprises.h"
#include "tests/ledger/market.h"

namespace puhui::ledger::testing {

inline constexpr std::uint32_t kJumpPercent = 50;
inline constexpr std::int64_t kJuly2025 = 20'270;

inline v1::RuleSet enterprise_rules(const std::string& version = "enterprises") {
  auto rules = market_rules(version);
  rules.set_jump_percent(kJumpPercent);
  RuleTable(rules)
      .relation("source.file", v1::SUBJECT)
      .relation("source.device", v1::SUBJECT)
      .roles("source.device", {v1::OPERATOR})
      .roles("factors.file", {v1::AUTHORITY})
      .relation("readings.submit", v1::SUBJECT)
      .relation("footprint.report", v1::SUBJECT)
      .roles("footprint.verify", {v1::VERIFIER})
      .relation("target.set", v1::SUBJECT);
  return rules;
}

// ---- Sources and factors ----

inline v1::Key device_key(const std::string& device) {
  v1::Key key;
  key.set_public_key(key_of(device).public_key().encode());
  return key;
}

// The owner's meter of electricity, in tenths of a kWh.
inline v1::FileSource a_source(const std::string& source = "grid") {
  v1::FileSource action;
  action.set_source(source);
  action.set_party("owner");
  action.set_area("420111");
  action.set_factor("grid.hubei");
  action.set_unit("kWh");
  action.set_scale(1);
  *action.mutable_device() = device_key("device of " + source);
  action.set_from(20'000);
  return action;
}
inline Answer file_source(City& city, const v1::FileSource& action) {
  return act(city, action, {action.party()});
}

inline v1::FileFactors a_table(const std::string& table, const Period& period,
                               const std::string& kg_per_unit,
                               const std::string& factor = "grid.hubei") {
  v1::FileFactors action;
  action.set_table(table);
  action.set_from(period.from);
  action.set_to(period.to);
  auto& added = *action.add_factors();
  added.set_name(factor);
  added.set_unit("kWh");
  added.set_kg_per_unit(kg_per_unit);
  added.set_source("published");
  return action;
}
inline Answer file_factors(City& city, const v1::FileFactors& action) {
  return act(city, action, {"bureau"});
}

// ---- Readings ----

struct Measured {
  std::int64_t day = 0, value = 0;
};

inline std::vector<Measured> measured_daily(const Period& period, std::int64_t value) {
  std::vector<Measured> days;
  for (auto day = period.from; day < period.to; ++day) days.push_back({day, value});
  return days;
}

struct ReadBy {
  std::string source = "grid", device = {}, party = "owner";
};
inline Sent signed_readings(City& city, const std::vector<Measured>& days, const ReadBy& by = {}) {
  std::vector<v1::Reading> records;
  for (const auto& [day, value] : days) {
    auto& record = records.emplace_back();
    record.set_day(static_cast<std::int32_t>(day));
    record.set_value(value);
  }
  const auto attachment = attached(records);
  const auto device = by.device.empty() ? "device of " + by.source : by.device;
  v1::SubmitReadings action;
  action.set_source(by.source);
  name_attachment(*action.mutable_records(), attachment);
  *action.mutable_device() = device_key(device);
  action.set_signature(key_of(device).sign(readings_bytes(std::string(kCityCode), action)));
  return signed_records(city, action, attachment, {by.party});
}
inline Answer read(City& city, const std::vector<Measured>& days, const ReadBy& by = {}) {
  return city.submit(signed_readings(city, days, by));
}

// "year-month: value/days/jumps" of each month with a reading.
inline std::string months_text(const City& city, const std::string& source = "grid") {
  std::string text;
  const auto months = city.view().months(source, {});
  for (const auto& month : months.items())
    text += (text.empty() ? "" : ", ") + std::to_string(month.month() / 12) + "-" +
            std::to_string(month.month() % 12 + 1) + ": " + std::to_string(month.value()) + "/" +
            std::to_string(month.days()) + "/" + std::to_string(month.jumps());
  return text;
}

// ---- Footprints ----

// Of the owner; month 0 is the year.
inline v1::ReportFootprint a_footprint(const std::string& footprint = "f", std::uint32_t month = 0,
                                       std::uint32_t year = 2025) {
  v1::ReportFootprint action;
  action.set_footprint(footprint);
  action.set_party("owner");
  action.set_year(year);
  action.set_month(month);
  return action;
}
inline Answer report(City& city, const v1::ReportFootprint& action) {
  return act(city, action, {action.party()});
}
inline v1::VerifyFootprint footprint_verdict(const std::string& footprint,
                                             bool is_positive = true) {
  v1::VerifyFootprint action;
  action.set_footprint(footprint);
  action.set_is_positive(is_positive);
  *action.mutable_statement() = document("statement of " + footprint);
  return action;
}
inline Answer verify_footprint(City& city, const std::string& footprint, bool is_positive = true) {
  return act(city, footprint_verdict(footprint, is_positive), {"verifier"});
}
// An empty record where there is none.
inline v1::Footprint footprint_named(const City& city, const std::string& footprint = "f") {
  return city.view().footprint(footprint).value_or(v1::Footprint());
}

// "source exact-kg missing/jumps" of each line, and the sum.
inline std::string footprint_text(const v1::Footprint& footprint) {
  std::string text;
  for (const auto& line : footprint.lines())
    text += line.source() + " " + line.exact_kg() + " " + std::to_string(line.days_missing()) +
            "/" + std::to_string(line.jumps()) + ", ";
  return text + std::to_string(footprint.amount_kg()) + " kg";
}

// "grid" is a source of the owner.
struct Enterprises : Market {
  explicit Enterprises(const v1::RuleSet& rules = enterprise_rules()) : Market(rules) {}
  void SetUp() override {
    Market::SetUp();
    PUHUI_ACCEPTED(file_source(city, a_source()));
  }
};

}  // namespace puhui::ledger::testing
