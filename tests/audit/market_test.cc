// A market's log judged again: bonds, a settlement, cases and a certificate, and what is wrong.
#include "tests/ledger/market.h"
#include "tests/audit/log.h"

namespace puhui::node::audit::testing {
namespace {

struct AuditedMarket : Market {
  // Goes on until a state root says what all of it came to.
  void reach_a_state_root() {
    for (int i = 0; i < 64 && city.view().head().size % 64 != 0; ++i)
      PUHUI_ACCEPTED(transfer(city, kToBuyer, 1));
  }
  void expect_clean() {
    reach_a_state_root();
    const auto judged = audited(log_of(city));
    EXPECT_EQ(audit::testing::told(judged), "");
    EXPECT_GE(judged.counts().state_roots_compared, 1U);
    EXPECT_EQ(judged.root(), city.view().head().root);
  }
};

TEST_F(AuditedMarket, BondsAndSettlements) {
  PUHUI_ACCEPTED(bind_units(city, binding("b1", v1::RESERVATION, 3'000)));
  PUHUI_ACCEPTED(bind_units(city, binding("b2", v1::PLEDGE, 500)));
  PUHUI_ACCEPTED(release_bond(city, releasing("b2", 200)));
  auto ends = binding("b3", v1::RESERVATION, 700);
  ends.set_expires_at(city.now + 60 * kSecond);
  PUHUI_ACCEPTED(bind_units(city, ends));
  auto leg = leg_of_bond("b1", 2'000);
  *leg.mutable_trade() = trade_at(8'000);
  PUHUI_ACCEPTED(act(city, settlement({leg}), {"exchange"}));
  wait_until(ends.expires_at());
  EXPECT_EQ(bond_named(city, "b3").state(), v1::BOND_EXPIRED);
  expect_clean();
}

TEST_F(AuditedMarket, CasesAndCertificates) {
  PUHUI_ACCEPTED(open_case(city, opening("c1", "product")));
  PUHUI_ACCEPTED(bind_for(city, "c1", "b1", 900));
  PUHUI_ACCEPTED(retire_case(city, "c1", 800));
  const auto leaf = static_cast<std::uint64_t>(case_named(city, "c1").retirement());
  PUHUI_ACCEPTED(act(city, certificate("n1", leaf), {"exchange"}));
  EXPECT_EQ(case_named(city, "c1").state(), v1::CASE_CERTIFIED);
  PUHUI_ACCEPTED(open_case(city, opening("c2", "product")));
  PUHUI_ACCEPTED(bind_for(city, "c2", "b2", 50));
  PUHUI_ACCEPTED(void_case(city, "c2"));
  expect_clean();
}

TEST_F(AuditedMarket, FindsABondThatTheRulesRefuse) {
  auto log = log_of(city);
  const auto action = binding("b1", v1::ESCROW, 2 * kIssued);
  const auto sent = signed_action(city, action, binders(action));
  log.push_back(leaf_at(time_of(log.back()) + kSecond, LeafKind::event, sent.envelope));
  const auto judged = audited(log);
  ASSERT_EQ(judged.findings().size(), 1U) << audit::testing::told(judged);
  EXPECT_EQ(judged.findings()[0].fault.code, code_name(ErrorCode::BALANCE_INSUFFICIENT));
}

}  // namespace
}  // namespace puhui::node::audit::testing
