// The rules a new city begins with: it can go by them as they are.
#include "node/daemon/rules.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "ledger/rules/calendar.h"
#include "ledger/rules/citizens/credits.h"
#include "ledger/rules/signers.h"
#include "ledger/views/statement.h"
#include "tests/ledger/filings.h"
#include "tests/ledger/market.h"

namespace puhui::node::daemon {
namespace {

using namespace ledger::testing;  // NOLINT: the city is theirs
using ledger::has_line;
using enum v1::ErrorCode;

v1::RuleSet first_rules() {
  v1::RuleSet rules;
  const auto parsed = google::protobuf::util::JsonStringToMessage(std::string(kFirstRules), &rules);
  EXPECT_TRUE(parsed.ok()) << parsed.message();
  return rules;
}

v1::Genesis first_genesis() {
  auto genesis = default_genesis();
  *genesis.mutable_rules() = first_rules();
  return genesis;
}

struct FirstRules : ::testing::Test {
  const v1::RuleSet rules = first_rules();
  City city{first_genesis()};
};

TEST_F(FirstRules, AreReplacedLikeAnyOthers) {
  PUHUI_ACCEPTED(file_rules(city, rules));
  EXPECT_EQ(city.view().rules({}).items_size(), 2);
}

TEST_F(FirstRules, HaveEverythingReviewedAndPublicised) {
  const auto* kinds = google::protobuf::GetEnumDescriptor<v1::FilingKind>();
  ASSERT_EQ(rules.procedures_size(), kinds->value_count() - 1);
  for (const auto& procedure : rules.procedures()) {
    EXPECT_GE(procedure.approvals(), 2u);
    EXPECT_GT(procedure.notice().days(), 0u);
  }
  EXPECT_GT(rules.issuance_notice().days(), 0u);
  for (const std::string kind :
       {"methodology", "scenario", "project", "institution", "data_provider"})
    for (const std::string step : {"draft.", "complete."})
      EXPECT_TRUE(has_line(rules, step + kind)) << step << kind;
}

TEST_F(FirstRules, LetNothingBeFiledAtOnce) {
  v1::FileMethodology methodology;
  *methodology.mutable_methodology() = pv_methodology();
  PUHUI_REFUSED(act(city, methodology, {"operator", "expert1", "expert2"}), FILING_REQUIRED);
  v1::GrantRole role;
  role.set_party("buyer");
  for (const auto filed : {v1::DATA_PROVIDER, v1::SERVICE_INSTITUTION}) {
    role.mutable_grant()->set_role(filed);
    PUHUI_REFUSED(act(city, role, {"bureau"}), FILING_REQUIRED);
  }
  role.mutable_grant()->set_role(v1::EXPERT);
  PUHUI_ACCEPTED(act(city, role, {"bureau"}));
  PUHUI_ACCEPTED(draft(city, "pv", subject_of(pv_methodology()), "expert1"));
}

// As many as the plan names a number for; of accounts and tonnes it names none.
TEST_F(FirstRules, MeasureTheCityAgainstThePlan) {
  auto view = city.view();
  const auto stated = ledger::statement(view, {1, city.now + 1});
  EXPECT_EQ(stated.plan().source(), "武政办〔2023〕26 号");
  EXPECT_EQ(ledger::date_text(stated.plan().until()), "2026-01-01");
  std::map<v1::TargetKind, std::int64_t> wanted;
  for (const auto& target : stated.targets()) {
    wanted[target.kind()] = target.wanted();
    EXPECT_FALSE(target.met()) << v1::TargetKind_Name(target.kind());
  }
  EXPECT_EQ(wanted,
            (std::map<v1::TargetKind, std::int64_t>{{v1::TARGET_METHODOLOGIES, 10},
                                                    {v1::TARGET_INSTITUTIONS, 20},
                                                    {v1::TARGET_PROJECTS_AND_SCENARIOS, 50}}));
}

// How lines of the table spell what bonds of cases are.
const std::map<v1::BondKind, std::string> kBondWords{
    {v1::RESERVATION, "reservation"}, {v1::ESCROW, "escrow"}, {v1::EVENT_RESERVATION, "event"}};

// Each step of each purpose has its signers.
TEST_F(FirstRules, LeadEveryPurposeToItsEnd) {
  for (const auto& purpose : rules.purposes())
    EXPECT_TRUE(has_line(rules, "retire." + purpose)) << purpose;
  for (const auto& rule : rules.purpose_rules()) {
    for (const std::string step : {"open.", "confirm.", "void."})
      EXPECT_TRUE(has_line(rules, step + rule.purpose())) << step << rule.purpose();
    if (rule.bond() == v1::BOND_KIND_UNSPECIFIED) continue;
    for (const std::string step : {"bind.", "release."})
      EXPECT_TRUE(has_line(rules, step + kBondWords.at(rule.bond()))) << step << rule.purpose();
  }
}

TEST_F(FirstRules, OpenCasesOfNeutrality) {
  PUHUI_ACCEPTED(city.send(account_event(city, "owner-main", "owner"), {"owner", "operator"}));
  auto at_once = retire_event(city, "owner-main", "owner");
  at_once.mutable_retire()->set_purpose("organisation_neutrality");
  at_once.mutable_retire()->set_amount_kg(1);
  PUHUI_REFUSED(city.send(at_once, {"owner"}), CASE_REQUIRED);
  PUHUI_ACCEPTED(act(city, opening("c", "organisation_neutrality"), {"owner"}));
  PUHUI_ACCEPTED(act(city, confirmation("c", 1'000), {"verifier"}));
}

// The exchange holds the frozen sum, so it signs for it; the units stay in escrow until the
// authority says otherwise, before the agreement and after it.
TEST_F(FirstRules, LetNoHolderTakeBackAnEscrow) {
  PUHUI_ACCEPTED(city.send(account_event(city, "owner-main", "owner"), {"owner", "operator"}));
  PUHUI_ACCEPTED(act(city, opening("c", "damage_compensation"), {"owner"}));
  PUHUI_FAILED(act(city, voiding("c"), {"owner"}), SIGNATURE_MISSING);
  auto agreement = confirmation("c", 377);
  agreement.set_reference("agreement 12 of 2026");
  agreement.set_frozen_cents(2'450'250);
  for (const Signers& too_few :
       {Signers{"bureau"}, Signers{"exchange"}, Signers{"bureau", "owner"}})
    PUHUI_FAILED(act(city, agreement, too_few), SIGNATURE_MISSING);
  PUHUI_ACCEPTED(act(city, agreement, {"bureau", "exchange"}));
  PUHUI_FAILED(act(city, voiding("c"), {"owner"}), SIGNATURE_MISSING);
  PUHUI_FAILED(act(city, voiding("c"), {"owner", "exchange"}), SIGNATURE_MISSING);
  EXPECT_EQ(case_named(city, "c").state(), v1::CASE_CONFIRMED);
  PUHUI_ACCEPTED(act(city, voiding("c"), {"bureau"}));
  EXPECT_EQ(case_named(city, "c").state(), v1::CASE_VOID);
}

// Who accepts units in the place of a duty says when that is off, before it accepted and after.
void expect_voided_by(City& city, const std::string& purpose, const std::string& who) {
  SCOPED_TRACE(purpose);
  const auto still = purpose + "-still", open = purpose + "-open";
  for (const auto& name : {still, open})
    PUHUI_ACCEPTED(act(city, opening(name, purpose), {"owner"}));
  PUHUI_ACCEPTED(act(city, confirmation(still, 1'000), {who}));
  for (const auto& name : {still, open}) {
    const auto state = case_named(city, name).state();
    PUHUI_FAILED(act(city, voiding(name), {"owner"}), SIGNATURE_MISSING);
    EXPECT_EQ(case_named(city, name).state(), state);
    PUHUI_ACCEPTED(act(city, voiding(name), {who}));
    EXPECT_EQ(case_named(city, name).state(), v1::CASE_VOID);
  }
}

TEST_F(FirstRules, LetNoHolderTakeBackWhatADutyRestsOn) {
  PUHUI_ACCEPTED(city.send(account_event(city, "owner-main", "owner"), {"owner", "operator"}));
  expect_voided_by(city, "equal_substitution", "bureau");
  PUHUI_ACCEPTED(publish_ets(city, 2025, {emitter("owner", 100'000'000)}));
  expect_voided_by(city, "ets_compliance", "ets");
}

TEST_F(FirstRules, AskCitizensAboutTheirData) {
  const auto* asked = ledger::consent_rule(rules, "any-scenario");
  ASSERT_NE(asked, nullptr);
  EXPECT_EQ(asked->items(0), v1::CONSENT_DATA);
  EXPECT_GT(rules.reversal_days(), 0u);
  EXPECT_GT(rules.custodial_limit_g(), 0);
  for (const std::string large : {"redeem.large", "account.erase.large"})
    EXPECT_TRUE(has_line(rules, large)) << large;
}

}  // namespace
}  // namespace puhui::node::daemon
