// From pooled grams to units that are retired: each gram once, and back to the pool if it is turned
// down.
#include <gtest/gtest.h>

#include "tests/ledger/citizens.h"
#include "tests/ledger/units.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

v1::RuleSet chain_rules(std::uint32_t notice_days = 0) {
  auto rules = pooling(v1::CREDIT_YEAR, 1'000'000);
  rules.mutable_issuance_notice()->set_days(notice_days);
  rules.set_registers_batches(true);
  return rules;
}

struct Conversion : Citizens {
  explicit Conversion(std::uint32_t notice_days = 0) : Citizens(chain_rules(notice_days)) {}
  void SetUp() override {
    PUHUI_ACCEPTED(consent(city, {consent_of(1, v1::CONSENT_POOLING)}));
    city.earn(1, 5'400);
  }
  void TearDown() override {
    Citizens::TearDown();
    EXPECT_EQ(drift_of(city.view(), {"owner-main", "owner-side", "owner-more", "buyer-main",
                                     "buffer", "provider-main"}),
              "");
  }
  [[nodiscard]] std::int64_t held() const { return city.pool().credits_held_g(); }
  [[nodiscard]] std::int64_t converted() const { return city.totals().credits_converted_g(); }
  [[nodiscard]] v1::Report report(const std::string& name) const {
    return *city.view().report(name);
  }
};
struct PublicConversion : Conversion {
  PublicConversion() : Conversion(2) {}
};

TEST_F(PublicConversion, GoesTheWholeWay) {
  const auto answer = convert(city, conversion("c1", 5));
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(fact_of(answer, "converted_g"), "5000");
  EXPECT_EQ(held(), 400);
  EXPECT_EQ(converted(), 5'000);
  const auto computed = report("c1");
  EXPECT_EQ(computed.state(), v1::COMPUTED);
  EXPECT_EQ(computed.pool(), "provider-pool");
  EXPECT_EQ(computed.result_g(), 5'000);
  EXPECT_EQ(computed.exact_result(), "5");
  EXPECT_EQ(computed.methodology(), "WH-bike");
  EXPECT_EQ(computed.submission().document_sha256(), conversion("c1", 5).document().sha256());
  PUHUI_ACCEPTED(verify(city, "c1"));
  PUHUI_REFUSED(issue(city, "c1", "B1"), REPORT_STATE);
  PUHUI_ACCEPTED(open_notice(city, report_named("c1")));
  PUHUI_REFUSED(issue(city, "c1", "B1"), NOTICE_RUNNING);
  city.now = report("c1").notice().until();
  PUHUI_ACCEPTED(issue(city, "c1", "B1"));
  EXPECT_EQ(city.view().account("provider-main")->units_held_kg(), 5);
  EXPECT_EQ(city.view().batch("B1")->serial_code(), bike_methodology().serial_code());
  PUHUI_ACCEPTED(register_batch(city, "B1"));
  PUHUI_ACCEPTED(transfer(city, {"provider-main", "buyer-main"}, 2, "provider"));
  PUHUI_ACCEPTED(retire(city, "buyer-main", {{1, 2}}, "buyer"));
  PUHUI_ACCEPTED(retire(city, "provider-main", {{3, 5}}, "provider"));
  EXPECT_EQ(city.totals().units_issued_kg(), 5);
  EXPECT_EQ(city.totals().units_retired_kg(), 5);
  EXPECT_EQ(converted(), 5'000);
  EXPECT_EQ(held(), 400);
}

TEST_F(Conversion, TakesEachGramOnce) {
  PUHUI_ACCEPTED(convert(city, conversion("c1", 3)));
  const auto refused = convert(city, conversion("c2", 3));
  PUHUI_REFUSED(refused, BALANCE_INSUFFICIENT);
  EXPECT_EQ(refused.outcome.used(), "2400 g");
  EXPECT_EQ(refused.outcome.asked(), "3000 g");
  PUHUI_ACCEPTED(convert(city, conversion("c2", 2)));
  PUHUI_REFUSED(convert(city, conversion("c3", 1)), BALANCE_INSUFFICIENT);
  city.earn(1, 600);
  PUHUI_ACCEPTED(convert(city, conversion("c3", 1)));
  EXPECT_EQ(held(), 0);
  EXPECT_EQ(converted(), 6'000);
}

TEST_F(Conversion, TurnedDownGivesBackToThePool) {
  PUHUI_ACCEPTED(convert(city, conversion("c1", 5)));
  PUHUI_ACCEPTED(verify(city, "c1", false));
  EXPECT_EQ(report("c1").state(), v1::REJECTED);
  EXPECT_EQ(held(), 5'400);
  EXPECT_EQ(converted(), 0);
  PUHUI_REFUSED(verify(city, "c1", false), REPORT_STATE);
  PUHUI_REFUSED(convert(city, conversion("c1", 5)), REPORT_EXISTS);
  PUHUI_ACCEPTED(convert(city, conversion("c2", 5)));
}

TEST_F(PublicConversion, ObjectedToGivesBackToThePool) {
  PUHUI_ACCEPTED(convert(city, conversion("c1", 5)));
  PUHUI_ACCEPTED(verify(city, "c1"));
  PUHUI_ACCEPTED(open_notice(city, report_named("c1")));
  PUHUI_ACCEPTED(raise(city, report_named("c1"), "o1"));
  PUHUI_ACCEPTED(judge(city, report_named("c1"), "o1", Upheld::yes));
  EXPECT_EQ(report("c1").state(), v1::REJECTED);
  EXPECT_EQ(held(), 5'400);
}

TEST_F(Conversion, RecalledDoesNotGiveBack) {
  PUHUI_ACCEPTED(convert(city, conversion("c1", 5)));
  PUHUI_ACCEPTED(verify(city, "c1"));
  PUHUI_ACCEPTED(issue(city, "c1", "B1"));
  PUHUI_ACCEPTED(recall(city, "B1"));
  EXPECT_EQ(report("c1").state(), v1::RECALLED);
  EXPECT_EQ(held(), 400);
  EXPECT_EQ(converted(), 5'000);
  EXPECT_EQ(city.pool().credits_recalled_g(), 5'000);
  EXPECT_EQ(city.totals().units_cancelled_kg(), 5);
}

TEST_F(Conversion, OfOnePeriodMayBeSeveral) {
  PUHUI_ACCEPTED(convert(city, conversion("c1", 1)));
  PUHUI_ACCEPTED(convert(city, conversion("c2", 1)));
  for (const std::string name : {"1", "2"}) {
    PUHUI_ACCEPTED(verify(city, "c" + name));
    PUHUI_ACCEPTED(issue(city, "c" + name, "B" + name));
  }
  EXPECT_EQ(city.totals().units_issued_kg(), 2);
}

// ---- What is taken back ----

v1::TakeBackCredits taking_back(const std::string& report) {
  v1::TakeBackCredits action;
  action.set_report(report);
  return action;
}

TEST_F(PublicConversion, IsTakenBackOnceWhenTheProjectIsRevoked) {
  for (const auto* name : {"c1", "c2", "c3", "c4"})
    PUHUI_ACCEPTED(convert(city, conversion(name, 1)));
  for (const auto* name : {"c2", "c3", "c4"}) PUHUI_ACCEPTED(verify(city, name));
  for (const auto* name : {"c3", "c4"}) PUHUI_ACCEPTED(open_notice(city, report_named(name)));
  city.now = report("c4").notice().until();
  PUHUI_ACCEPTED(issue(city, "c4", "B1"));
  PUHUI_ACCEPTED(stand(city, "POOL1", v1::REVOKED));
  EXPECT_EQ(held(), 1'400);
  EXPECT_EQ(converted(), 4'000);
  for (const auto* name : {"c1", "c2", "c3"}) {
    const auto before = held();
    const auto answer = act(city, taking_back(name), {"provider"});
    PUHUI_ACCEPTED(answer);
    EXPECT_EQ(fact_of(answer, "returned_g"), "1000");
    EXPECT_EQ(held(), before + 1'000);
    EXPECT_EQ(report(name).state(), v1::REJECTED);
    PUHUI_REFUSED(act(city, taking_back(name), {"provider"}), REPORT_STATE);
    PUHUI_REFUSED(verify(city, name, false), REPORT_STATE);
  }
  PUHUI_REFUSED(act(city, taking_back("c4"), {"provider"}), REPORT_STATE);
  EXPECT_EQ(converted(), 1'000);
  PUHUI_ACCEPTED(file(city, pooled_project("POOL2")));
  auto again = conversion("c5", 4);
  again.set_project("POOL2");
  PUHUI_ACCEPTED(convert(city, again));
}

TEST_F(Conversion, IsTakenBackWhenTheMethodologyIsWithdrawn) {
  PUHUI_ACCEPTED(convert(city, conversion("c1", 5)));
  PUHUI_ACCEPTED(verify(city, "c1"));
  PUHUI_ACCEPTED(stand(city, version_of("WH-bike", "V01"), v1::WITHDRAWN));
  PUHUI_REFUSED(issue(city, "c1", "B1"), METHODOLOGY_STANDING);
  PUHUI_ACCEPTED(act(city, taking_back("c1"), {"provider"}));
  EXPECT_EQ(held(), 5'400);
}

// What was reversed meanwhile is paid first.
TEST_F(Conversion, IsTakenBackToPayWhatThePoolOwes) {
  const auto ridden = city.earn(1, 600);
  PUHUI_ACCEPTED(convert(city, conversion("c1", 6)));
  PUHUI_ACCEPTED(reverse_rides(city, {ridden}));
  EXPECT_EQ(city.pool().credits_owed_g(), 600);
  PUHUI_ACCEPTED(stand(city, "POOL1", v1::REVOKED));
  PUHUI_ACCEPTED(act(city, taking_back("c1"), {"provider"}));
  EXPECT_EQ(city.pool().credits_owed_g(), 0);
  EXPECT_EQ(held(), 5'400);
}

TEST_F(Conversion, IsNotTakenBackWhileItMayBeIssued) {
  PUHUI_ACCEPTED(convert(city, conversion("c1", 5)));
  PUHUI_REFUSED(act(city, taking_back("c2"), {"provider"}), REPORT_UNKNOWN);
  PUHUI_REFUSED(act(city, taking_back("No name"), {"provider"}), REPORT_UNKNOWN);
  for (const auto standing : {v1::IN_FORCE, v1::STANDING_SUSPENDED, v1::CLOSED}) {
    if (standing != v1::IN_FORCE) PUHUI_ACCEPTED(stand(city, "POOL1", standing));
    const auto refused = act(city, taking_back("c1"), {"provider"});
    PUHUI_REFUSED(refused, REPORT_STATE);
    EXPECT_EQ(refused.outcome.used(), v1::Standing_Name(standing) + ", IN_FORCE");
  }
  PUHUI_ACCEPTED(stand(city, "POOL1", v1::REVOKED));
  PUHUI_FAILED(act(city, taking_back("c1"), {"operator"}), SIGNATURE_MISSING);
  PUHUI_FAILED(act(city, taking_back("c1"), {"bank"}), SIGNATURE_MISSING);
  EXPECT_EQ(held(), 400);
  PUHUI_ACCEPTED(verify(city, "c1", false));
  EXPECT_EQ(held(), 5'400) << "a verifier may turn it down all the same";
  PUHUI_REFUSED(act(city, taking_back("c1"), {"provider"}), REPORT_STATE);
}

TEST_F(Conversion, AloneIsTakenBack) {
  PUHUI_ACCEPTED(file(city, pv_methodology()));
  PUHUI_ACCEPTED(file(city, pv_project("P1")));
  PUHUI_ACCEPTED(send(city, pv_report("r1", "P1", {20'400, 20'410}, "10")));
  PUHUI_ACCEPTED(stand(city, "P1", v1::REVOKED));
  PUHUI_REFUSED(act(city, taking_back("r1"), {"provider"}), PROJECT_POOL);
}

// ---- What is refused ----

TEST_F(Conversion, OfAmounts) {
  const std::int64_t most = std::int64_t{1} << 50;
  for (const auto amount : {std::int64_t{0}, std::int64_t{-1}, most + 1, INT64_MAX, INT64_MIN})
    PUHUI_REFUSED(convert(city, conversion("c1", amount)), AMOUNT_ZERO);
  PUHUI_REFUSED(convert(city, conversion("c1", most)), BALANCE_INSUFFICIENT);
}

TEST_F(Conversion, OfPools) {
  const auto from = [this](const std::string& account) {
    auto action = conversion("c1", 1);
    action.set_account(account);
    return convert(city, action);
  };
  PUHUI_REFUSED(from("nowhere"), ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(from("No Name"), ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(from(id_of_citizen(1)), ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(from("provider-main"), ACCOUNT_KIND);
  PUHUI_REFUSED(from("bank-pool"), BALANCE_INSUFFICIENT);
}

TEST_F(Conversion, OfForms) {
  const auto with = [this](auto change) {
    auto action = conversion("c1", 1);
    change(action);
    return convert(city, action);
  };
  PUHUI_REFUSED(with([](auto& a) { a.set_report("C 1"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& a) { a.mutable_document()->clear_sha256(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& a) { a.set_project("NONE"); }), PROJECT_UNKNOWN);
  PUHUI_REFUSED(with([](auto& a) { a.set_to(a.from()); }), PERIOD_INVALID);
  PUHUI_REFUSED(with([](auto& a) { a.set_to(kToday + 1); }), PERIOD_INVALID);
  PUHUI_REFUSED(with([](auto& a) { a.set_from(19'999); }), REPORT_OUTSIDE_PERIOD);
  PUHUI_ACCEPTED(with([](auto& a) { a.set_to(kToday); }));
}

TEST_F(Conversion, IsSignedByWhoHoldsThePool) {
  PUHUI_FAILED(act(city, conversion("c1", 1), {"operator"}), SIGNATURE_MISSING);
  PUHUI_FAILED(act(city, conversion("c1", 1), {"provider2"}), SIGNATURE_MISSING);
}

TEST_F(Conversion, IsNotOfAPlatformThatIsFrozen) {
  auto restrain = city.event("bureau");
  restrain.mutable_restrain_party()->set_party("provider");
  restrain.mutable_restrain_party()->set_restraint(v1::FROZEN);
  restrain.mutable_restrain_party()->set_reason("case 1");
  city.must(restrain, {"bureau"});
  PUHUI_REFUSED(convert(city, conversion("c1", 1)), PARTY_RESTRAINED);
}

TEST_F(Conversion, IsVerifiedByAnother) {
  v1::RoleGrant verifier;
  verifier.set_role(v1::VERIFIER);
  PUHUI_ACCEPTED(grant(city, "provider", verifier));
  PUHUI_ACCEPTED(convert(city, conversion("c1", 1)));
  auto own = verify_event(city, "c1");
  own.set_party("provider");
  PUHUI_REFUSED(city.send(own, {"provider"}), SIGNER_INDEPENDENCE);
}

TEST_F(Conversion, IsOfProjectsOfPooledCreditsOnly) {
  PUHUI_ACCEPTED(file(city, pv_methodology()));
  PUHUI_ACCEPTED(file(city, pv_project("P1")));
  auto action = conversion("c1", 1);
  action.set_project("P1");
  PUHUI_REFUSED(convert(city, action), PROJECT_POOL);
  // And those report nothing else.
  auto metered = pv_report("r1", "POOL1", {20'400, 20'460}, "10");
  const auto with_keys = send(city, metered);
  PUHUI_REFUSED(with_keys, PROJECT_POOL);
  EXPECT_EQ(with_keys.outcome.limit(), "by converting credits");
  metered.clear_keys();
  PUHUI_REFUSED(send(city, metered), PROJECT_POOL);
}

// ---- Projects of pooled credits ----

TEST_F(Conversion, ProjectsHaveAScenarioInsteadOfAMethodology) {
  const auto with = [this](auto change) {
    auto project = pooled_project("POOL2");
    change(project);
    return file(city, project);
  };
  PUHUI_REFUSED(with([](auto& p) { p.add_keys("meter"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& p) { p.set_methodology("WH-bike"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& p) { p.clear_scenario(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& p) { p.set_scenario("Two Words"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& p) { p.set_scenario("swim"); }), METHODOLOGY_NOT_IN_FORCE);
  PUHUI_REFUSED(with([](auto& p) { p.set_account("owner-main"); }), ACCOUNT_NOT_OWNED);
  PUHUI_REFUSED(with([](auto& p) {
                  auto* parameter = p.add_parameters();
                  parameter->set_name("distance");
                  parameter->set_value("1");
                }),
                INPUT_UNKNOWN);
  PUHUI_ACCEPTED(with([](auto&) {}));
}

TEST_F(Conversion, StopsWithTheProjectAndTheScenario) {
  PUHUI_ACCEPTED(stand(city, "POOL1", v1::STANDING_SUSPENDED));
  PUHUI_REFUSED(convert(city, conversion("c1", 1)), PROJECT_STANDING);
  PUHUI_ACCEPTED(stand(city, "POOL1", v1::IN_FORCE));
  PUHUI_ACCEPTED(stand(city, version_of("WH-bike", "V01"), v1::STANDING_SUSPENDED));
  PUHUI_REFUSED(convert(city, conversion("c1", 1)), METHODOLOGY_STANDING);
  EXPECT_EQ(held(), 5'400);
}

}  // namespace
}  // namespace puhui::ledger::testing
