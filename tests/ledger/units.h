// Cities whose units are issued, moved and taken back, and whose books add up after each test.
#pragma once

#include "tests/ledger/blocks.h"
#include "tests/ledger/registry.h"

namespace puhui::ledger::testing {

// Parts that are set aside: of a methodology, or of all where it is empty.
struct Share {
  const char* methodology;
  const char* share;
};
inline v1::RuleSet buffering(const std::vector<Share>& shares) {
  auto rules = registry_rules("buffer");
  for (const auto& [methodology, share] : shares) {
    auto& buffer = *rules.add_buffers();
    buffer.set_methodology(methodology);
    buffer.set_share(share);
    buffer.set_account("buffer");
  }
  return rules;
}

// The accounts of a registry that hold units.
inline const std::vector<std::string>& unit_accounts() {
  static const std::vector<std::string> accounts = {"owner-main", "owner-side", "owner-more",
                                                    "buyer-main", "buffer"};
  return accounts;
}

// Every test ends with books that add up.
struct Units : ::testing::Test {
  explicit Units(const v1::RuleSet& rules = registry_rules()) : city(rules) {}
  void TearDown() override { EXPECT_EQ(drift_of(city.view(), unit_accounts()), ""); }
  Answer cancel(const std::string& account, const SerialRanges& ranges,
                const std::string& by = "owner") {
    auto payload = cancel_event(city, account, by);
    add_serials(*payload.mutable_cancel(), ranges);
    return city.send(payload, {by});
  }
  Answer retire_for(const std::string& purpose, const SerialRanges& ranges) {
    auto payload = retire_event(city, "owner-main", "owner");
    payload.mutable_retire()->set_purpose(purpose);
    add_serials(*payload.mutable_retire(), ranges);
    return city.send(payload, {"owner", "ets"});
  }
  [[nodiscard]] v1::RecallRecord record_of(const Answer& answer) const {
    return *city.view().recall(answer.leaf);
  }
  // "cancelled retired from-buffer owed"
  [[nodiscard]] std::string told(const Answer& answer) const {
    if (answer.decision != v1::ACCEPTED) return std::string(code_name(answer.code));
    const auto record = record_of(answer);
    return std::to_string(record.cancelled_kg()) + " " + std::to_string(record.retired_kg()) + " " +
           std::to_string(record.from_buffer_kg()) + " " + std::to_string(record.owed_kg());
  }
  KilogramCity city;
};

}  // namespace puhui::ledger::testing
