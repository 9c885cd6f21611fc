// A market's log judged again: bonds, settlements, limits, cases and a certificate, and what is
// wrong.
#include <limits>

#include "tests/audit/judged.h"

namespace puhui::node::audit::testing {
namespace {

using AuditedMarket = Judged<Market>;
using enum v1::ErrorCode;

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

TEST_F(AuditedMarket, StatementsForBanks) {
  PUHUI_ACCEPTED(act(city, bank_statement("s1"), kStatementSigners));
  const auto refused = [&](auto change, ErrorCode code) {
    auto action = bank_statement("s2");
    change(action);
    expect_refused(action, kStatementSigners, code);
  };
  refused([](auto& a) { a.set_certificate("s1"); }, CERTIFICATE_EXISTS);
  refused([](auto& a) { a.set_certificate("S"); }, EVENT_MALFORMED);
  refused([](auto& a) { a.clear_fields_root(); }, EVENT_MALFORMED);
  refused([](auto& a) { a.mutable_statement()->set_position(1'000'000); }, EVENT_MALFORMED);
  refused([](auto& a) { a.mutable_statement()->set_party("nobody"); }, PARTY_UNKNOWN);
  refused([](auto& a) { a.mutable_statement()->set_bank("nobody"); }, PARTY_UNKNOWN);
  refused([](auto& a) { a.mutable_statement()->set_bank("buyer"); }, ROLE_MISSING);
  expect_unsigned(bank_statement("s2"), {"operator"});
  expect_unsigned(bank_statement("s2"), {"owner"});
  PUHUI_ACCEPTED(act(city, bank_statement("s2"), kStatementSigners));
  expect_clean();
}

TEST_F(AuditedMarket, FindsABondThatTheRulesRefuse) {
  const auto action = binding("b1", v1::ESCROW, 2 * kIssued);
  expect_refused(action, binders(action), BALANCE_INSUFFICIENT);
}

TEST_F(AuditedMarket, FindsWhatMovesAfterABondsTime) {
  auto ends = binding("b1", v1::RESERVATION, 700);
  ends.set_expires_at(city.now + 60 * kSecond);
  PUHUI_ACCEPTED(bind_units(city, ends));
  EXPECT_EQ(told_with(ends.expires_at() - 1, LeafKind::tick, ""), "tick.nothing_due");
  EXPECT_EQ(told_with(ends.expires_at(), LeafKind::tick, ""), "");
  // Nobody said yet that it is over.
  city.now = ends.expires_at();
  expect_refused(posting("b1"), {"exchange"}, BOND_STATE_WRONG);
  expect_refused(releasing("b1"), {"exchange"}, BOND_STATE_WRONG);
  expect_refused(settlement({leg_of_bond("b1", 1)}), {"exchange"}, BOND_STATE_WRONG);
  PUHUI_ACCEPTED(transfer(city, kToBuyer, kIssued));
  EXPECT_EQ(bond_named(city, "b1").state(), v1::BOND_EXPIRED);
  expect_clean();
}

// ---- Settlements whose later leg fails ----

struct AuditedSettlements : AuditedMarket {
  void SetUp() override {
    AuditedMarket::SetUp();
    PUHUI_ACCEPTED(bind_units(city, binding("b", v1::RESERVATION, 3'000)));
    PUHUI_ACCEPTED(transfer(city, {"owner-main", "owner-side"}, 1'000));  // 3001-4000
  }
  // Two legs, the first of which is well.
  static v1::Settle after_a_good_leg(const v1::Leg& leg) {
    auto good = leg_of_bond("b", 1'000);
    *good.mutable_trade() = trade_at(3'000);
    return settlement({good, leg});
  }
};

TEST_F(AuditedSettlements, WhoseLaterLegFailsAreFound) {
  const Signers signers{"exchange", "owner", "buyer"};
  const auto refused = [&](const v1::Leg& leg, ErrorCode code) {
    expect_refused(after_a_good_leg(leg), signers, code);
  };
  refused(leg_of_account({"owner-more", "buyer-main"}, 1), BALANCE_INSUFFICIENT);
  refused(leg_of_bond("b", 2'001), BOND_INSUFFICIENT);
  refused(leg_of_bond("none", 1), BOND_UNKNOWN);
  refused(leg_of_account({"owner-none", "buyer-main"}, 1), ACCOUNT_UNKNOWN);
  // What the first leg brought does not go on.
  refused(leg_of_account({"buyer-main", "owner-more"}, 1), LEG_INVALID);
  auto bound = leg_of_account({"owner-main", "buyer-main"}, 0);
  add_serials(bound, {{3'000, 3'000}});
  refused(bound, SERIAL_BOUND);
  auto overflowing = leg_of_bond("b", 2'000);
  *overflowing.mutable_trade() = trade_at(std::numeric_limits<std::int64_t>::max());
  refused(overflowing, AMOUNT_OVERFLOW);
  expect_unsigned(after_a_good_leg(leg_of_account({"owner-side", "buyer-main"}, 1)), {"exchange"});
  PUHUI_ACCEPTED(act(city, after_a_good_leg(leg_of_bond("b", 2'000)), signers));
  EXPECT_EQ(bond_named(city, "b").state(), v1::POSTED);
  expect_clean();
}

TEST_F(AuditedSettlements, OfAFrozenHolderAreFound) {
  freeze("owner");
  expect_refused(settlement({leg_of_bond("b", 1)}), {"exchange"}, PARTY_RESTRAINED);
  expect_refused(settlement({leg_of_account({"owner-side", "buyer-main"}, 1)}),
                 {"exchange", "owner"}, PARTY_RESTRAINED);
}

TEST_F(AuditedSettlements, AndPostsGoIntoNoBuffer) {
  expect_refused(after_a_good_leg(leg_of_bond("b", 1, "buffer")), {"exchange"}, ACCOUNT_KIND);
  expect_refused(posting("b", 1, "buffer"), {"exchange"}, ACCOUNT_KIND);
}

TEST_F(AuditedSettlements, BuffersAreFilledAndEmptiedByALineOfTheirOwn) {
  v1::Transfer in;
  in.set_from("owner-side");
  in.set_to("buffer");
  in.set_amount_kg(10);
  auto out = in;
  out.set_from("buffer");
  out.set_to("owner-side");
  expect_unsigned(in, {"owner"});
  PUHUI_ACCEPTED(act(city, in, {"bureau"}));
  expect_unsigned(out, {"operator"});
  PUHUI_ACCEPTED(act(city, out, {"bureau"}));
  expect_clean();
}

// ---- Position limits ----

constexpr std::int64_t kLimit = 6'000;

struct AuditedLimits : AuditedMarket {
  void SetUp() override {
    AuditedMarket::SetUp();
    auto rules = market_rules("position limits");
    auto& limit = *rules.add_position_limits();
    limit.set_kind(v1::ACCOUNT_ENTERPRISE);
    limit.set_max_kg(kLimit);
    PUHUI_ACCEPTED(file_rules(city, rules));
  }
  static v1::Transfer to_buyer(std::int64_t amount_kg) {
    v1::Transfer action;
    action.set_from(kToBuyer.from);
    action.set_to(kToBuyer.to);
    action.set_amount_kg(amount_kg);
    return action;
  }
};

TEST_F(AuditedLimits, AreMetExactly) {
  expect_refused(to_buyer(kLimit + 1), {"owner"}, POSITION_LIMIT_REACHED);
  PUHUI_ACCEPTED(act(city, to_buyer(kLimit), {"owner"}));
  auto pledge = binding("pledge", v1::PLEDGE, kLimit);
  pledge.set_account("buyer-main");
  PUHUI_ACCEPTED(bind_units(city, pledge));
  expect_refused(to_buyer(1), {"owner"}, POSITION_LIMIT_REACHED);
  PUHUI_ACCEPTED(release_bond(city, releasing("pledge", 1)));
  PUHUI_ACCEPTED(retire(city, "buyer-main", {{1, 1}}, "buyer"));
  PUHUI_ACCEPTED(act(city, to_buyer(1), {"owner"}));
  expect_clean();
}

TEST_F(AuditedLimits, HoldForPostsAndForLaterLegs) {
  PUHUI_ACCEPTED(act(city, to_buyer(kLimit - 10), {"owner"}));
  PUHUI_ACCEPTED(bind_units(city, binding("b", v1::RESERVATION, 30)));
  expect_refused(posting("b", 11), {"exchange"}, POSITION_LIMIT_REACHED);
  const auto in = leg_of_bond("b", 10);
  const auto out = leg_of_account({"buyer-main", "owner-side"}, 10);
  expect_refused(settlement({in, leg_of_bond("b", 1)}), {"exchange"}, POSITION_LIMIT_REACHED);
  PUHUI_ACCEPTED(act(city, settlement({out, in, in}), {"exchange", "buyer"}));
  EXPECT_EQ(city.held("buyer-main"), kLimit);
  expect_clean();
}

}  // namespace
}  // namespace puhui::node::audit::testing
