// Lists of firms that surrender allowances, and who is inside their boundary.
#include <gtest/gtest.h>

#include "tests/ledger/registry.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

constexpr std::int64_t kFirstOf2025 = 20'089, kFirstOf2027 = 20'819;

// Takes the owner off a list.
v1::EtsFirm struck_off() {
  auto firm = ets_firm("entity of owner");
  firm.set_is_struck_off(true);
  return firm;
}

struct EtsLists : ::testing::Test {
  RegistryCity city;

  void SetUp() override { PUHUI_ACCEPTED(file(city, pv_methodology())); }
  Answer project() { return file(city, pv_project("P1")); }
  // A verified report.
  Answer reported(const std::string& name, Period period) {
    EXPECT_EQ(send(city, pv_report(name, "P1", period, "10")).decision, v1::ACCEPTED) << name;
    return verify(city, name);
  }
};

TEST_F(EtsLists, KeepTheirOwnersOut) {
  PUHUI_ACCEPTED(
      publish_ets(city, 2025, {ets_firm("entity of buyer"), ets_firm("entity of owner")}));
  const auto refused = project();
  PUHUI_REFUSED(refused, GUARD_FAILED);
  EXPECT_EQ(refused.outcome.rule(), "not_in_ets_boundary");
  EXPECT_EQ(refused.outcome.asked(), "entity of owner");
  EXPECT_FALSE(city.view().project("P1"));
}

TEST_F(EtsLists, KeepTheirKeysOut) {
  PUHUI_ACCEPTED(publish_ets(city, 2025, {ets_firm("a firm", {"meter-0", "meter-1"})}));
  const auto refused = project();
  PUHUI_REFUSED(refused, GUARD_FAILED);
  EXPECT_EQ(refused.outcome.asked(), "meter-1 of a firm");
  auto elsewhere = pv_project("P2");
  PUHUI_ACCEPTED(file(city, elsewhere));
}

TEST_F(EtsLists, AreAskedWhateverTheMethodologyLists) {
  auto silent = pv_methodology();
  silent.set_code("WH-WIND-2023");
  silent.clear_registry_checks();
  PUHUI_ACCEPTED(file(city, silent));
  const auto of_silent = [this](const std::string& name) {
    auto project = pv_project(name);
    project.set_methodology("WH-WIND-2023");
    return file(city, project);
  };
  PUHUI_ACCEPTED(of_silent("P1"));
  PUHUI_ACCEPTED(reported("r", {20'100, 20'200}));
  PUHUI_ACCEPTED(publish_ets(city, 2025, {ets_firm("entity of owner")}));
  PUHUI_REFUSED(of_silent("P2"), GUARD_FAILED);
  PUHUI_REFUSED(issue(city, "r", "B1"), GUARD_FAILED);
  PUHUI_ACCEPTED(publish_ets(city, 2025, {struck_off()}));
  PUHUI_ACCEPTED(of_silent("P2"));
  PUHUI_ACCEPTED(issue(city, "r", "B1"));
}

TEST_F(EtsLists, AreAskedAgainAtIssuance) {
  PUHUI_ACCEPTED(project());
  PUHUI_ACCEPTED(send(city, pv_report("r", "P1", {20'100, 20'200}, "10")));
  PUHUI_ACCEPTED(verify(city, "r"));
  std::uint32_t year = 2022;
  for (const auto& firm : {ets_firm("entity of owner"), ets_firm("a firm", {"meter-1"})}) {
    PUHUI_ACCEPTED(publish_ets(city, year, {firm}));
    PUHUI_REFUSED(issue(city, "r", "B1"), GUARD_FAILED);
    // The next year's list leaves it out.
    PUHUI_ACCEPTED(publish_ets(city, year + 1, {ets_firm("another firm")}));
    year += 2;
  }
  PUHUI_ACCEPTED(issue(city, "r", "B1"));
  PUHUI_ACCEPTED(send(city, pv_report("s", "P1", {20'200, 20'300}, "10")));
  PUHUI_ACCEPTED(verify(city, "s"));
  PUHUI_ACCEPTED(publish_ets(city, year, {ets_firm("another firm", {"meter-1"})}));
  PUHUI_REFUSED(issue(city, "s", "B2"), GUARD_FAILED);
}

TEST_F(EtsLists, HoldFromTheirLastPartOn) {
  PUHUI_ACCEPTED(publish_ets(city, 2025, {ets_firm("entity of owner")}, Part::more_follow));
  EXPECT_EQ(city.view().ets_years({}).items(0).complete_at(), 0);
  PUHUI_ACCEPTED(publish_ets(city, 2024, {ets_firm("a firm")}));
  PUHUI_ACCEPTED(project());
  const auto last = publish_ets(city, 2025, {ets_firm("a firm", {"meter-2"})});
  PUHUI_ACCEPTED(last);
  EXPECT_EQ(last.outcome.facts(0).value(), "2");
  const auto years = city.view().ets_years({});
  ASSERT_EQ(years.items_size(), 2);
  EXPECT_EQ(years.items(1).year(), 2025U);
  EXPECT_EQ(years.items(1).firms(), 2U);
  EXPECT_EQ(years.items(1).complete_at(), static_cast<std::int64_t>(last.leaf));
  PUHUI_REFUSED(file(city, pv_project("P2")), GUARD_FAILED);
  const auto too_early = publish_ets(city, 2028, {ets_firm("a firm")});
  PUHUI_REFUSED(too_early, PERIOD_INVALID);
  EXPECT_EQ(too_early.outcome.limit(), "until 2027");
  city.reopen();
  EXPECT_EQ(city.view().ets_firms(2025, {}).items_size(), 2);
  EXPECT_EQ(city.view().ets_firms(2024, {}).items_size(), 1);
  EXPECT_EQ(city.view().ets_firms(2023, {}).items_size(), 0);
}

TEST_F(EtsLists, HoldFromTheirYearOn) {
  PUHUI_ACCEPTED(publish_ets(city, 2027, {ets_firm("entity of owner")}));
  PUHUI_ACCEPTED(project());
  PUHUI_ACCEPTED(publish_ets(city, 2026, {ets_firm("entity of owner")}));
  PUHUI_REFUSED(file(city, pv_project("P2")), GUARD_FAILED);
  PUHUI_ACCEPTED(publish_ets(city, 2026, {ets_firm("another firm"), struck_off()}));
  PUHUI_ACCEPTED(file(city, pv_project("P2")));
  city.now = time_of_day(kFirstOf2027) - 1;
  PUHUI_ACCEPTED(file(city, pv_project("P3")));
  city.now = time_of_day(kFirstOf2027);
  PUHUI_REFUSED(file(city, pv_project("P4")), GUARD_FAILED);
}

// Whatever the lists of other years say, and though the list came after the year.
TEST_F(EtsLists, OfAReportsYearsHoldForIt) {
  PUHUI_ACCEPTED(project());
  PUHUI_ACCEPTED(reported("of-2024", {kFirstOf2025 - 20, kFirstOf2025 - 10}));
  PUHUI_ACCEPTED(reported("to-2024", {kFirstOf2025 - 5, kFirstOf2025}));
  PUHUI_ACCEPTED(reported("from-2025", {kFirstOf2025, kFirstOf2025 + 5}));
  PUHUI_ACCEPTED(reported("late", {kFirstOf2025 - 10, kFirstOf2025 - 5}));
  PUHUI_ACCEPTED(reported("across", {kFirstOf2025 + 360, kFirstOf2025 + 370}));
  for (const auto year : {2024U, 2026U})
    PUHUI_ACCEPTED(publish_ets(city, year, {ets_firm("another firm")}));
  PUHUI_ACCEPTED(issue(city, "of-2024", "A"));
  PUHUI_ACCEPTED(publish_ets(city, 2025, {ets_firm("entity of owner")}));
  PUHUI_ACCEPTED(issue(city, "to-2024", "B"));
  PUHUI_REFUSED(issue(city, "from-2025", "C"), GUARD_FAILED);
  PUHUI_REFUSED(issue(city, "across", "C"), GUARD_FAILED);
  PUHUI_ACCEPTED(file(city, pv_project("P2")));  // by the list of this year
  PUHUI_ACCEPTED(publish_ets(city, 2025, {struck_off()}));
  PUHUI_ACCEPTED(issue(city, "from-2025", "C"));
  PUHUI_ACCEPTED(publish_ets(city, 2024, {ets_firm("a firm", {"meter-1"})}));
  const auto refused = issue(city, "late", "D");
  PUHUI_REFUSED(refused, GUARD_FAILED);
  EXPECT_EQ(refused.outcome.asked(), "meter-1 of a firm");
  PUHUI_ACCEPTED(issue(city, "across", "D"));
}

// The newest before it holds for a year without a list.
TEST_F(EtsLists, HoldUntilTheNext) {
  PUHUI_ACCEPTED(project());
  PUHUI_ACCEPTED(reported("r", {kFirstOf2025 + 10, kFirstOf2025 + 20}));
  PUHUI_ACCEPTED(publish_ets(city, 2023, {ets_firm("entity of owner")}));
  PUHUI_ACCEPTED(publish_ets(city, 2026, {ets_firm("another firm")}));
  PUHUI_REFUSED(issue(city, "r", "A"), GUARD_FAILED);
  PUHUI_ACCEPTED(publish_ets(city, 2024, {ets_firm("another firm")}));
  PUHUI_ACCEPTED(issue(city, "r", "A"));
}

TEST_F(EtsLists, ReplaceAFirmThatIsListedAgain) {
  PUHUI_ACCEPTED(publish_ets(city, 2025, {ets_firm("a firm", {"meter-1", "meter-2"})}));
  auto corrected = ets_firm("a firm", {"meter-2", "meter-3"});
  corrected.set_allowances_due_kg(7);
  PUHUI_ACCEPTED(publish_ets(city, 2025, {corrected}));
  EXPECT_EQ(city.view().ets_years({}).items(0).firms(), 1U);
  EXPECT_EQ(city.view().ets_firms(2025, {}).items(0).allowances_due_kg(), 7);
  PUHUI_ACCEPTED(project());
  PUHUI_REFUSED(file(city, pv_project("P2")), GUARD_FAILED);
  PUHUI_REFUSED(file(city, pv_project("P3")), GUARD_FAILED);
  // A key is of one firm at a time.
  const auto other = ets_firm("other", {"meter-2"});
  PUHUI_REFUSED(publish_ets(city, 2025, {other}), KEY_EXISTS);
  PUHUI_ACCEPTED(publish_ets(city, 2025, {ets_firm("a firm"), other}));
  PUHUI_REFUSED(file(city, pv_project("P2")), GUARD_FAILED);
  auto struck = other;
  struck.set_is_struck_off(true);
  PUHUI_ACCEPTED(publish_ets(city, 2025, {struck}));
  EXPECT_EQ(city.view().ets_years({}).items(0).firms(), 1U);
  EXPECT_EQ(city.view().ets_firms(2025, {}).items_size(), 1);
  PUHUI_ACCEPTED(file(city, pv_project("P2")));
  PUHUI_ACCEPTED(file(city, pv_project("P3")));
}

TEST_F(EtsLists, FormIsChecked) {
  const auto with = [this](auto change) {
    auto payload = city.event("ets");
    auto& action = *payload.mutable_publish_ets_list();
    action.set_year(2025);
    *action.add_firms() = ets_firm("a firm", {"meter-1"});
    action.set_is_last_part(true);
    change(action);
    return city.send(payload, {"ets"});
  };
  using L = v1::PublishEtsList;
  PUHUI_REFUSED(with([](L& l) { l.set_year(1999); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { l.set_year(2028); }), PERIOD_INVALID);
  PUHUI_REFUSED(with([](L& l) { l.clear_firms(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { *l.add_firms() = l.firms(0); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { l.set_document_sha256("short"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { l.mutable_firms(0)->clear_legal_entity(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { l.mutable_firms(0)->set_legal_entity(std::string("a\0b", 3)); }),
                EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { l.mutable_firms(0)->set_energy_band(std::string(513, 'e')); }),
                EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { l.mutable_firms(0)->set_allowances_due_kg(-1); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { l.mutable_firms(0)->set_verified_emissions_kg(-1); }),
                EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { l.mutable_firms(0)->set_keys(0, "No name"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) { l.mutable_firms(0)->add_keys("meter-1"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) {
                  for (int i = 0; i < 64; ++i)
                    l.mutable_firms(0)->add_keys("m" + std::to_string(i));
                }),
                EVENT_MALFORMED);
  PUHUI_REFUSED(with([](L& l) {
                  for (int i = 0; i < 1'000; ++i) *l.add_firms() = ets_firm(std::to_string(i));
                }),
                EVENT_MALFORMED);
  auto by_operator = city.event("operator");
  by_operator.mutable_publish_ets_list()->set_year(2025);
  *by_operator.mutable_publish_ets_list()->add_firms() = ets_firm("a firm");
  PUHUI_FAILED(city.send(by_operator, {"operator"}), SIGNATURE_MISSING);
  EXPECT_EQ(city.view().ets_years({}).items_size(), 0);
  PUHUI_ACCEPTED(with([](L& l) {
    for (int i = 1; i < 1'000; ++i) *l.add_firms() = ets_firm(std::to_string(i));
  }));
  EXPECT_EQ(city.view().ets_years({}).items(0).firms(), 1'000U);
}

}  // namespace
}  // namespace puhui::ledger::testing
