// A city whose every kind of filing has a procedure of its own.
#pragma once

#include "tests/ledger/registry.h"

namespace puhui::ledger::testing {

struct Filings : ::testing::Test {
  RegistryCity city{procedure_rules()};

  [[nodiscard]] v1::Filing filing(const std::string& name) const {
    return *city.view().filing(name);
  }
  void file_pv() { file_by_procedure(city, "pv", subject_of(pv_methodology())); }
  // Filings of one kind that do not stand in one another's way.
  static v1::FilingSubject an_institution() { return subject_of("buyer", v1::SERVICE_INSTITUTION); }
  v1::FilingSubject a_scenario() {
    auto m = bike_methodology();
    const auto number = std::to_string(++scenarios_);
    m.set_code("WH-BIKE-" + number);
    m.set_scenario("bike-" + number);
    return subject_of(m);
  }

 private:
  int scenarios_ = 0;
};

// ---- Without a filing ----

inline Answer register_directly(City& city, const v1::RegisterParty& party) {
  auto payload = city.event("bureau");
  *payload.mutable_register_party() = party;
  return city.send(payload, {"bureau"});
}
inline Answer grant_directly(City& city, const std::string& party, v1::Role role) {
  v1::RoleGrant granted;
  granted.set_role(role);
  return grant(city, party, granted);
}

}  // namespace puhui::ledger::testing
