// Emission sources, the devices that measure them, and the factors of what is measured.
#include <gtest/gtest.h>

#include "tests/ledger/enterprises.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct Sources : Enterprises {
  template <class Change>
  Answer file_with(Change change) {
    auto action = a_source("other");
    change(action);
    return file_source(city, action);
  }
  template <class Change>
  Answer table_with(Change change) {
    auto action = a_table("table", {kYear2025, kYear2026}, "0.3672");
    change(action);
    return file_factors(city, action);
  }
};

// ---- Sources ----

TEST_F(Sources, AreFiledByTheirEnterprise) {
  const auto action = a_source("boiler/2");
  needs_all(action, {"owner"});
  const auto source = *city.view().source("boiler/2");
  EXPECT_EQ(source.filing().DebugString(), action.DebugString());
  EXPECT_EQ(source.filed_at(), source.device_at());
  EXPECT_GT(source.filed_at(), 0);
  ASSERT_EQ(city.view().sources({}).items_size(), 2);
  EXPECT_EQ(city.view().sources({}).items(0).filing().source(), "boiler/2");
  PUHUI_REFUSED(file_source(city, action), SOURCE_EXISTS);
}

TEST_F(Sources, AreWellFormed) {
  using A = v1::FileSource;
  PUHUI_REFUSED(file_with([](A& a) { a.set_source("Grid"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(file_with([](A& a) { a.set_factor(""); }), EVENT_MALFORMED);
  PUHUI_REFUSED(file_with([](A& a) { a.set_unit(""); }), EVENT_MALFORMED);
  PUHUI_REFUSED(file_with([](A& a) { a.set_scale(19); }), EVENT_MALFORMED);
  PUHUI_REFUSED(file_with([](A& a) { a.set_name_zh(std::string(513, 'x')); }), EVENT_MALFORMED);
  PUHUI_REFUSED(file_with([](A& a) { a.set_name_en(std::string(513, 'x')); }), EVENT_MALFORMED);
  PUHUI_REFUSED(file_with([](A& a) { a.set_area("990000"); }), AREA_INVALID);
  PUHUI_REFUSED(file_with([](A& a) { a.set_from(-1); }), PERIOD_INVALID);
  PUHUI_REFUSED(file_with([](A& a) { a.set_to(a.from()); }), PERIOD_INVALID);
  PUHUI_REFUSED(file_with([](A& a) { a.set_to(kDayMax + 1); }), PERIOD_INVALID);
  PUHUI_REFUSED(file_with([](A& a) { a.clear_device(); }), KEY_MALFORMED);
  PUHUI_ACCEPTED(file_with([](A& a) { a.set_scale(18), a.set_to(a.from() + 1); }));
}

TEST_F(Sources, AreOfAKnownParty) {
  auto action = a_source("other");
  action.set_party("nobody");
  PUHUI_REFUSED(act(city, action, {"owner"}), PARTY_UNKNOWN);
}

TEST_F(Sources, AreMeasuredInTheUnitOfTheirFactor) {
  PUHUI_ACCEPTED(file_factors(city, a_table("t", {kYear2025, kYear2026}, "1", "coal")));
  const auto refused = file_with([](auto& a) { a.set_factor("coal"), a.set_unit("t"); });
  PUHUI_REFUSED(refused, FACTOR_MALFORMED);
  EXPECT_EQ(refused.outcome.limit(), "kWh");
  PUHUI_ACCEPTED(file_with([](auto& a) { a.set_factor("coal"); }));
}

TEST_F(Sources, AreNoMoreThanAFootprintCanReadAtOnce) {
  std::vector<Sent> block;
  for (std::size_t i = 1; i < kSourcesPerPartyMax; ++i)
    block.push_back(signed_action(city, a_source("s" + std::to_string(i)), {"owner"}));
  for (const auto& answer : city.apply(block)) PUHUI_ACCEPTED(answer);
  PUHUI_REFUSED(file_with([](auto&) {}), TOO_LARGE);
  PUHUI_ACCEPTED(file_with([](auto& a) { a.set_party("buyer"); }));
}

TEST_F(Sources, GetNewDevices) {
  v1::ReplaceDevice action;
  action.set_source("grid");
  *action.mutable_device() = device_key("new meter");
  const ReadBy old_one{}, new_one{.device = "new meter"};
  PUHUI_REFUSED(read(city, {{20'100, 1}}, new_one), DEVICE_SIGNATURE);
  needs_all(action, {"owner", "operator"});
  const auto source = *city.view().source("grid");
  EXPECT_GT(source.device_at(), source.filed_at());
  EXPECT_EQ(source.filing().device().public_key(), action.device().public_key());
  PUHUI_REFUSED(read(city, {{20'100, 1}}, old_one), DEVICE_SIGNATURE);
  PUHUI_ACCEPTED(read(city, {{20'100, 1}}, new_one));
  action.mutable_device()->set_public_key("no key");
  PUHUI_REFUSED(act(city, action, {"owner", "operator"}), KEY_MALFORMED);
  *action.mutable_device() = device_key("new meter");
  action.set_source("none");
  PUHUI_REFUSED(act(city, action, {"owner", "operator"}), SOURCE_UNKNOWN);
}

// ---- Factors ----

TEST_F(Sources, FactorsAreOfTheDaysOfTheirTable) {
  auto action = a_table("average", {kYear2025, kYear2026}, "0.3672");
  auto& coal = *action.add_factors();
  coal = action.factors(0);
  coal.set_name("coal");
  coal.set_unit("t");
  coal.set_kg_per_unit("8000/3");
  needs_all(action, {"bureau"});
  const auto factors = city.view().factors({});
  ASSERT_EQ(factors.items_size(), 2);
  EXPECT_EQ(factors.items(0).factor().name(), "coal");
  EXPECT_EQ(factors.items(0).factor().kg_per_unit(), "8000/3");
  EXPECT_EQ(factors.items(1).table(), "average");
  EXPECT_EQ(factors.items(1).from(), kYear2025);
  EXPECT_EQ(factors.items(1).to(), kYear2026);
  EXPECT_GT(factors.items(1).filed_at(), 0);
}

TEST_F(Sources, TablesAreWellFormed) {
  using T = v1::FileFactors;
  PUHUI_REFUSED(table_with([](T& t) { t.set_table("T"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(table_with([](T& t) { t.set_document_sha256("x"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(table_with([](T& t) { t.clear_factors(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(table_with([](T& t) { *t.add_factors() = v1::EmissionFactor(t.factors(0)); }),
                EVENT_MALFORMED);
  PUHUI_REFUSED(table_with([](T& t) { t.set_to(t.from()); }), PERIOD_INVALID);
  PUHUI_REFUSED(table_with([](T& t) { t.set_from(-1); }), PERIOD_INVALID);
  PUHUI_REFUSED(table_with([](T& t) { t.set_to(kDayMax + 1); }), PERIOD_INVALID);
  for (const auto* text : {"", "-0.1", "-1/3", "1e3", ".5", "1/0", "0x1", "01"})
    PUHUI_REFUSED(table_with([&](T& t) { t.mutable_factors(0)->set_kg_per_unit(text); }),
                  FACTOR_MALFORMED);
  PUHUI_REFUSED(table_with([](T& t) { t.mutable_factors(0)->set_name("Grid"); }), FACTOR_MALFORMED);
  PUHUI_REFUSED(table_with([](T& t) { t.mutable_factors(0)->set_unit(""); }), FACTOR_MALFORMED);
  PUHUI_REFUSED(table_with([](T& t) { t.mutable_factors(0)->set_source(std::string(513, 'x')); }),
                FACTOR_MALFORMED);
  EXPECT_EQ(city.view().factors({}).items_size(), 0);
  PUHUI_ACCEPTED(table_with([](T& t) { t.mutable_factors(0)->set_kg_per_unit("0"); }));
  PUHUI_REFUSED(table_with([](T& t) { t.set_from(1), t.set_to(2); }), FACTOR_EXISTS);
}

TEST_F(Sources, FactorsNeverOverlap) {
  PUHUI_ACCEPTED(file_factors(city, a_table("a", {100, 200}, "1")));
  int made = 0;
  const auto on = [&](std::int64_t from, std::int64_t to) {
    return file_factors(city, a_table("t" + std::to_string(++made), {from, to}, "2"));
  };
  for (const auto& [from, to] : {std::pair{100, 200}, {50, 101}, {199, 300}, {50, 300}, {120, 130}})
    PUHUI_REFUSED(on(from, to), FACTOR_OVERLAP);
  PUHUI_ACCEPTED(on(50, 100));
  PUHUI_ACCEPTED(on(200, 300));
  PUHUI_REFUSED(on(299, 301), FACTOR_OVERLAP);
  PUHUI_REFUSED(on(0, 51), FACTOR_OVERLAP);
  PUHUI_ACCEPTED(file_factors(city, a_table("other", {100, 200}, "1", "grid.hubei-2")));
}

TEST_F(Sources, AFactorHasOneUnit) {
  PUHUI_ACCEPTED(file_factors(city, a_table("a", {100, 200}, "1")));
  const auto other = table_with([](auto& t) { t.mutable_factors(0)->set_unit("MWh"); });
  PUHUI_REFUSED(other, FACTOR_MALFORMED);
  EXPECT_EQ(other.outcome.limit(), "kWh");
}

// ---- Rules ----

TEST(SourcesWithoutRules, AreNotFiled) {
  auto rules = enterprise_rules();
  rules.set_effective_to(kNoon + kMicrosPerDay);
  KilogramCity city(rules);
  PUHUI_ACCEPTED(file_source(city, a_source()));
  city.now = kNoon + kMicrosPerDay;
  v1::ReplaceDevice replaced;
  replaced.set_source("grid");
  *replaced.mutable_device() = device_key("new meter");
  v1::SetTarget target;
  target.set_party("owner");
  target.set_year(2025);
  PUHUI_REFUSED(file_source(city, a_source("other")), RULE_NONE_IN_FORCE);
  PUHUI_REFUSED(act(city, replaced, {"owner", "operator"}), RULE_NONE_IN_FORCE);
  PUHUI_REFUSED(file_factors(city, a_table("t", {1, 2}, "1")), RULE_NONE_IN_FORCE);
  PUHUI_REFUSED(read(city, {{20'100, 1}}), RULE_NONE_IN_FORCE);
  PUHUI_REFUSED(report(city, a_footprint()), RULE_NONE_IN_FORCE);
  PUHUI_REFUSED(verify_footprint(city, "f"), RULE_NONE_IN_FORCE);
  PUHUI_REFUSED(act(city, target, {"owner"}), RULE_NONE_IN_FORCE);
}

}  // namespace
}  // namespace puhui::ledger::testing
