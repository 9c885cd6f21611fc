// Hands that send random sources, devices, factors, readings, footprints, their verification and
// targets: some that the rules accept, and many that they refuse.
#pragma once

#include "tests/audit/chaos_citizens.h"

namespace puhui::node::audit::testing {

inline const std::vector<std::string> kSourceNames = {"grid", "grid", "boiler", "kiln", "ghost"};
inline const std::vector<std::string> kDeviceNames = {"meter a", "meter b", "meter c"};
inline const std::vector<std::string> kEmitters = {"owner", "owner", "owner", "buyer", "nobody"};

class EnterpriseHands : public CitizenHands {
 public:
  using CitizenHands::CitizenHands;

 protected:
  // Something to measure, where the rules let anybody say so.
  void begin_to_measure() {
    auto source = a_source("grid");
    *source.mutable_device() = device_key(kDeviceNames[0]);
    file_source(*this, source);
    file_factors(*this, a_table("base", {kYear2025, kYear2026}, "0.5"));
  }

  Sent enterprises() {
    switch (number(0, 12)) {
      case 0:
        return source_of();
      case 1:
        return device_of();
      case 2:
        return factors_of();
      case 3:
      case 4:
      case 5:
      case 6:
        return readings_of();
      case 7:
      case 8:
        return footprint_of();
      case 9:
      case 10:
        return verification_of();
      default:
        return target_of();
    }
  }

 private:
  // Nobody has a key.
  static std::string signer_for(const std::string& party) {
    return party == "nobody" || party.empty() ? "owner" : party;
  }
  [[nodiscard]] v1::FileSource stored_source(const std::string& name) const {
    return view().source(name).value_or(v1::EmissionSource()).filing();
  }
  // The meter it has now, or another.
  [[nodiscard]] std::string meter_of(const v1::FileSource& source) const {
    for (const auto& device : kDeviceNames)
      if (chance(95) && device_key(device).public_key() == source.device().public_key())
        return device;
    return one_of(kDeviceNames);
  }

  // ---- Sources, devices, factors ----

  Sent source_of() {
    auto action = a_source(one_of(kSourceNames));
    action.set_party(one_of(kEmitters));
    *action.mutable_device() = device_key(one_of(kDeviceNames));
    action.set_scale(static_cast<std::uint32_t>(chance(3) ? 19 : number(0, 4)));
    if (chance(15)) action.set_factor("steam");
    if (chance(5)) action.set_unit(chance(50) ? "MWh" : "");
    if (chance(4)) action.set_area(one_of({"000000", "4201"}));
    if (chance(30)) action.set_from(number(kYear2025, kToday));
    if (chance(20)) action.set_to(action.from() + number(-1, 400));
    if (chance(3)) action.clear_device();
    return acting(action, {signer_for(action.party())});
  }
  Sent device_of() {
    v1::ReplaceDevice action;
    action.set_source(one_of(kSourceNames));
    if (chance(95)) *action.mutable_device() = device_key(one_of(kDeviceNames));
    return acting(action, {signer_for(stored_source(action.source()).party()), "operator"});
  }
  Sent factors_of() {
    const auto from = number(kYear2025 - 60, kToday);
    auto action =
        a_table("t" + std::to_string(number(0, 6)), {from, from + number(-1, 120)},
                one_of({"0.5", "1/3", "0", "2", "-1", "x"}), one_of({"grid.hubei", "steam"}));
    if (chance(5)) action.mutable_factors(0)->set_unit("MWh");
    if (chance(10)) *action.add_factors() = action.factors(0);
    if (chance(10)) action.mutable_factors(action.factors_size() - 1)->set_name("heat");
    if (chance(3)) action.clear_factors();
    return acting(action, {"bureau"});
  }

  // ---- Readings ----

  // Of days that follow one another, more or less; now and then twice the same, or one to come.
  static std::string some_readings() {
    std::vector<v1::Reading> records;
    auto day = number(chance(70) ? kToday - 80 : kYear2025 - 5, kToday + 2);
    for (auto left = number(1, 9); left > 0; --left) {
      auto& record = records.emplace_back();
      record.set_day(static_cast<std::int32_t>(day));
      record.set_value(number(0, 3'000));
      if (chance(1)) record.set_value(std::numeric_limits<std::int64_t>::max());
      if (chance(1)) record.set_value(-1);
      day += number(chance(5) ? 0 : 1, 3);
    }
    return attached(records);
  }
  Sent readings_of() {
    v1::SubmitReadings action;
    action.set_source(one_of(kSourceNames));
    const auto source = stored_source(action.source());
    auto attachment = some_readings();
    name_attachment(*action.mutable_records(), attachment);
    const auto meter = meter_of(source);
    *action.mutable_device() = device_key(meter);
    action.set_signature(key_of(chance(97) ? meter : "another meter")
                             .sign(ledger::readings_bytes(std::string(kCityCode), action)));
    auto sent = acting(action, {signer_for(source.party())});
    sent.attachment = std::move(attachment);
    sent.has_attachment = true;
    return sent;
  }

  // ---- Footprints and targets ----

  Sent footprint_of() {
    const auto month = chance(40) ? 0 : number(1, chance(5) ? 15 : 13);
    const auto year = chance(90) ? 2'025 : number(1'968, 2'028);
    auto action = a_footprint(one_of(kFootprintNames), static_cast<std::uint32_t>(month),
                              static_cast<std::uint32_t>(year));
    action.set_party(one_of(kEmitters));
    return acting(action, {signer_for(action.party())});
  }
  Sent verification_of() {
    auto action = footprint_verdict(one_of(kFootprintNames), chance(75));
    if (chance(20)) action.clear_statement();
    if (chance(3)) action.mutable_statement()->set_size(0);
    return acting(action, {"verifier"});
  }
  Sent target_of() {
    v1::SetTarget action;
    action.set_party(one_of(kEmitters));
    action.set_year(static_cast<std::uint32_t>(chance(90) ? 2'026 : number(1'968, 1'972)));
    action.set_max_kg(number(chance(5) ? -1 : 0, 1'000));
    return acting(action, {signer_for(action.party())});
  }
};

}  // namespace puhui::node::audit::testing
