// A relay between two real ledgers, and what it tells.
#pragma once

#include <algorithm>

#include "node/relay/relay.h"
#include "tests/node/asked_city.h"

namespace puhui::node::testing {

struct Relays : ledger::testing::TwoCities {
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    PUHUI_ACCEPTED(b.issue_kg(50));
  }
  relay::Round run() { return run(relay); }
  relay::Round run(relay::Relay& by) {
    told.clear();
    failures.clear();
    return by.round({[this](const relay::City& from, const relay::City&, std::uint64_t,
                            const relay::Carried& carried) {
                       told.push_back(from.code() + " " + carried.action + " " +
                                      std::string(relay::word_of(carried.came)) +
                                      (carried.code.empty() ? "" : " " + carried.code));
                     },
                     [this](const relay::City&, const relay::City&, const Error& error) {
                       failures.push_back(std::string(code_name(error.code)));
                     }},
                    true);
  }
  // Whether the line was told in the last round.
  [[nodiscard]] bool has_told(const std::string& line) const {
    return std::ranges::find(told, line) != told.end();
  }
  std::string send(const ledger::testing::Sending& sending = {{{1, 100}}}) {
    const auto exported = ledger::testing::export_units(a, b, sending);
    EXPECT_EQ(exported.decision, v1::ACCEPTED) << code_name(exported.code);
    return ledger::testing::id_of(a, exported.leaf);
  }

  AskedCity asked_a{a}, asked_b{b};
  relay::Relay relay{relay::Pairs{{&asked_a, &asked_b}}};
  std::vector<std::string> told, failures;
};

}  // namespace puhui::node::testing
