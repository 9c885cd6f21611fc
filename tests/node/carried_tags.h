// Two cities of which the first credits acts that carry tags for the other, and publishes them.
#pragma once

#include "tests/ledger/partner.h"
#include "tests/node/relays.h"

namespace puhui::node::testing {

struct CarriedTags : Relays {
  void SetUp() override {
    auto rules = ledger::testing::recognition_rules("tags");
    ledger::testing::RuleTable(rules).roles("tags.publish", {v1::OPERATOR});
    rules.add_tags()->set_scenario("bike");
    rules.mutable_tags(0)->set_partner("XIANGYANG");
    PUHUI_ACCEPTED(ledger::testing::file_rules(a, rules));
    PUHUI_ACCEPTED(ledger::testing::file(a, ledger::testing::metres("bike")));
    a.must(ledger::testing::open_personal_event(a, 0, 2), {"operator"});
    ledger::testing::agree(a, b, ledger::testing::agreement_between(a, b));
    asked_a.caller = "operator";
  }
  // Credits these acts and publishes their tags; answers the leaf of the publication.
  std::uint64_t publish(const std::vector<std::string>& acts) {
    std::vector<v1::BehaviourRecord> records;
    for (const auto& act : acts)
      records.push_back(
          ledger::testing::tagged({1, 100, 8, ledger::day_of(a.now), 0, "carrier of " + act}, act));
    const auto credited = a.submit(ledger::testing::signed_acts(a, records));
    EXPECT_EQ(credited.decision, v1::ACCEPTED) << code_name(credited.code) << credited.detail;
    const auto published = a.submit(ledger::testing::signed_publication(
        a, acts, ledger::testing::publication(acts, published_to, credited.leaf + 1)));
    EXPECT_EQ(published.decision, v1::ACCEPTED) << code_name(published.code) << published.detail;
    published_to = credited.leaf + 1;
    return published.leaf;
  }
  [[nodiscard]] std::uint64_t noted_to() const { return b.view().tags_noted("WUHAN").to(); }
  [[nodiscard]] bool knows(const std::string& act) const {
    const auto key = ledger::key::partner_tag("WUHAN", ledger::testing::tag_of(act));
    return b.view().reader().get(key).has_value();
  }

  std::uint64_t published_to = 0;
};

}  // namespace puhui::node::testing
