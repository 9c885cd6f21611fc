// Delivery against payment: every leg of a settlement or none. And the most an account may hold.
#include <gtest/gtest.h>

#include <limits>

#include "ledger/views/statement.h"
#include "tests/ledger/market.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct Settlements : Market {
  void SetUp() override {
    Market::SetUp();
    PUHUI_ACCEPTED(bind_units(city, binding("b", v1::RESERVATION, 3'000)));
    PUHUI_ACCEPTED(transfer(city, {"owner-main", "owner-side"}, 1'000));  // 3001-4000
    PUHUI_ACCEPTED(transfer(city, kToBuyer, 500));                        // 4001-4500
  }
  Answer settle(const std::vector<v1::Leg>& legs, const Signers& signers = {"exchange"}) {
    return act(city, settlement(legs), signers);
  }
  // What settlements move, as it is now.
  [[nodiscard]] std::string holdings() const {
    std::string text;
    for (const auto* account : {"owner-main", "owner-side", "owner-more", "buyer-main"})
      text += held_text(city, account) + "; ";
    return text + bond_named(city, "b").ShortDebugString();
  }
};

TEST_F(Settlements, DeliverFromABondAndFromAnAccount) {
  auto first = leg_of_bond("b", 2'000);
  *first.mutable_trade() = trade_at(3'000);
  auto second = leg_of_account({"owner-side", "owner-more"}, 100);
  const auto settled = settle({first, second}, {"exchange", "owner"});
  PUHUI_ACCEPTED(settled);
  EXPECT_EQ(held_text(city, "buyer-main"), "1-2000 4001-4500");
  EXPECT_EQ(held_text(city, "owner-more"), "3001-3100");
  EXPECT_EQ(held_text(city, "owner-side"), "3101-4000");
  EXPECT_EQ(bond_named(city, "b").posted_kg(), 2'000);
  EXPECT_EQ(bond_named(city, "b").bound_kg(), 1'000);
  EXPECT_EQ(settled.outcome.facts(0).value(), "2100");
  ASSERT_EQ(settled.outcome.serials_size(), 2);
  EXPECT_EQ(settled.outcome.serials(0).end(), 2'000U);
  EXPECT_EQ(settled.outcome.serials(1).start(), 3'001U);
  EXPECT_EQ(traded_on(city, kToday).volume_kg(), 2'000) << "of the leg that is a trade";
  const auto steps = city.view().history(1, {});
  EXPECT_EQ(steps->moves().rbegin()->to(), "buyer-main");
}

TEST_F(Settlements, AreStatedAsTransfers) {
  const auto began = city.now;
  PUHUI_ACCEPTED(post_bond(city, posting("b", 300)));
  PUHUI_ACCEPTED(settle({leg_of_bond("b", 200), leg_of_account({"owner-side", "owner-more"}, 100)},
                        {"exchange", "owner"}));
  auto view = city.view();
  const auto stated = statement(view, {began, city.now + 1});
  EXPECT_EQ(stated.transferred_kg(), 600);
  EXPECT_EQ(stated.transfers(), 3);
}

TEST_F(Settlements, NamedSerialsOfAnAccountMove) {
  auto leg = leg_of_account({"owner-side", "buyer-main"}, 0);
  add_serials(leg, {{3'500, 3'509}, {3'001, 3'001}});
  PUHUI_ACCEPTED(settle({leg}, {"exchange", "owner"}));
  EXPECT_EQ(held_text(city, "buyer-main"), "3001-3001 3500-3509 4001-4500");
}

TEST_F(Settlements, MoveNothingWhereOneLegFails) {
  const auto before = holdings();
  const auto good = leg_of_bond("b", 1'000);
  const Signers signers{"exchange", "owner", "buyer"};
  auto traded = good;
  *traded.mutable_trade() = trade_at(3'000);
  const auto lacking = leg_of_account({"owner-more", "buyer-main"}, 1);
  PUHUI_REFUSED(settle({traded, lacking}, signers), BALANCE_INSUFFICIENT);
  PUHUI_REFUSED(settle({traded, leg_of_bond("b", 2'001)}, signers), BOND_INSUFFICIENT);
  PUHUI_REFUSED(settle({traded, leg_of_bond("none", 1)}, signers), BOND_UNKNOWN);
  auto bound = leg_of_account({"owner-main", "buyer-main"}, 0);
  add_serials(bound, {{3'000, 3'000}});
  PUHUI_REFUSED(settle({traded, bound}, signers), SERIAL_BOUND);
  auto overflowing = leg_of_bond("b", 2'000);
  *overflowing.mutable_trade() = trade_at(std::numeric_limits<std::int64_t>::max());
  PUHUI_REFUSED(settle({traded, overflowing}, signers), AMOUNT_OVERFLOW);
  PUHUI_FAILED(settle({traded, leg_of_account({"owner-side", "buyer-main"}, 1)}),
               SIGNATURE_MISSING);
  EXPECT_EQ(holdings(), before);
  EXPECT_EQ(traded_on(city, kToday).trades(), 0);
  PUHUI_ACCEPTED(settle({traded, leg_of_bond("b", 2'000)}, signers));
  EXPECT_EQ(bond_named(city, "b").state(), v1::POSTED);
  EXPECT_EQ(traded_on(city, kToday).trades(), 1);
}

TEST_F(Settlements, FormIsChecked) {
  const Signers signers{"exchange", "owner"};
  const auto good = leg_of_bond("b", 1);
  const auto with = [&](auto change) {
    auto leg = good;
    change(leg);
    return settle({good, leg}, signers);
  };
  using L = v1::Leg;
  PUHUI_REFUSED(with([](L& l) { l.set_from("owner-side"); }), LEG_INVALID);
  PUHUI_REFUSED(with([](L& l) { l.clear_bond(); }), LEG_INVALID);
  PUHUI_REFUSED(with([](L& l) { l.clear_amount_kg(), add_serials(l, {{1, 1}}); }), LEG_INVALID);
  PUHUI_REFUSED(with([](L& l) { l.clear_amount_kg(); }), AMOUNT_ZERO);
  PUHUI_REFUSED(with([](L& l) { l.set_amount_kg(-1); }), AMOUNT_NEGATIVE);
  PUHUI_REFUSED(with([](L& l) { l.clear_to(); }), ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(with([](L& l) { l.set_to("owner-none"); }), ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(with([](L& l) {
                  l = leg_of_account({"owner-side", "owner-side"}, 1);
                }),
                INVALID_ARGUMENT);
  PUHUI_REFUSED(with([](L& l) {
                  l = leg_of_account({"owner-none", "owner-side"}, 1);
                }),
                ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(with([](L& l) { *l.mutable_trade() = trade_at(1); }), LOT_SIZE);
  PUHUI_REFUSED(with([](L& l) { *l.mutable_trade() = trade_at(-1); }), EVENT_MALFORMED);
  PUHUI_REFUSED(settle({}, signers), EVENT_MALFORMED);
  auto nameless = settlement({good});
  nameless.set_instruction("No name");
  PUHUI_REFUSED(act(city, nameless, signers), EVENT_MALFORMED);
  PUHUI_REFUSED(settle(std::vector<v1::Leg>(101, good), signers), EVENT_MALFORMED);
  PUHUI_ACCEPTED(settle(std::vector<v1::Leg>(100, good), signers));
  EXPECT_EQ(bond_named(city, "b").posted_kg(), 100);
}

TEST_F(Settlements, AreSignedByTheExchangeAndEachHolder) {
  const auto from_owner = leg_of_account({"owner-side", "owner-more"}, 10);
  const auto from_buyer = leg_of_account({"buyer-main", "owner-main"}, 10);
  needs_all(settlement({from_owner, leg_of_bond("b", 10, "owner-more"), from_buyer}),
            {"exchange", "owner", "buyer"});
}

TEST_F(Settlements, TakeFromBondsInFavourOfASigner) {
  auto of_bank = binding("of-bank", v1::RESERVATION, 10);
  of_bank.set_beneficiary("bank");
  PUHUI_ACCEPTED(bind_units(city, of_bank));
  auto of_nobody = binding("of-nobody", v1::RESERVATION, 10);
  of_nobody.clear_beneficiary();
  PUHUI_ACCEPTED(bind_units(city, of_nobody));
  needs_all(settlement({leg_of_bond("of-bank", 10)}), {"exchange", "bank"});
  PUHUI_REFUSED(settle({leg_of_bond("of-nobody", 10)}, {"exchange", "owner", "bank"}), LEG_INVALID);
}

TEST_F(Settlements, TakeFromReservationsAlone) {
  for (const auto kind : {v1::JUDICIAL, v1::PLEDGE, v1::ESCROW, v1::EVENT_RESERVATION}) {
    const auto name = "of-" + std::to_string(kind);
    auto action = binding(name, kind, 10);
    action.set_beneficiary("exchange");
    PUHUI_ACCEPTED(act(city, action, {"owner", "exchange", "bureau"}));
    PUHUI_REFUSED(settle({leg_of_bond(name, 10)}, {"exchange", "owner", "bureau"}),
                  BOND_STATE_WRONG);
  }
}

TEST_F(Settlements, DeliverToWhomTheBondNames) {
  auto action = binding("named", v1::RESERVATION, 10);
  action.set_to("owner-more");
  PUHUI_ACCEPTED(bind_units(city, action));
  PUHUI_REFUSED(settle({leg_of_bond("named", 10, "buyer-main")}), INVALID_ARGUMENT);
  PUHUI_ACCEPTED(settle({leg_of_bond("named", 10, "owner-more")}));
}

TEST_F(Settlements, HaveANameOfTheirOwn) {
  auto first = settlement({leg_of_bond("b", 2'000)});
  auto again = settlement({leg_of_bond("b", 1'000)});
  again.set_instruction(first.instruction());
  auto too_much = settlement({leg_of_bond("b", 3'001)});
  too_much.set_instruction(first.instruction());
  PUHUI_REFUSED(act(city, too_much, {"exchange"}), BOND_INSUFFICIENT);
  PUHUI_ACCEPTED(act(city, first, {"exchange"}));
  for (const auto& action : {first, again}) {
    const auto refused = act(city, action, {"exchange"});
    PUHUI_REFUSED(refused, SETTLEMENT_EXISTS);
    EXPECT_EQ(refused.outcome.used(), first.instruction());
  }
  city.reopen();
  PUHUI_REFUSED(act(city, again, {"exchange"}), SETTLEMENT_EXISTS);
  EXPECT_EQ(bond_named(city, "b").posted_kg(), 2'000);
}

TEST_F(Settlements, DeliverToAnotherAccountThanTheBonds) {
  PUHUI_REFUSED(settle({leg_of_bond("b", 10, "owner-main")}), LEG_INVALID);
  PUHUI_ACCEPTED(settle({leg_of_bond("b", 10, "owner-side")}));
}

TEST_F(Settlements, TouchABoundedNumberOfPieces) {
  const auto leg = [](std::uint64_t first, std::uint64_t pieces) {
    auto action = leg_of_account({"owner-main", "buyer-main"}, 0);
    for (std::uint64_t i = 0; i < pieces; ++i)
      add_serials(action, {{first + 2 * i, first + 2 * i}});
    return action;
  };
  const Signers signers{"exchange", "owner"};
  const auto before = holdings();
  PUHUI_REFUSED(settle({leg(5'001, 501), leg(7'001, 500)}, signers), TOO_LARGE);
  EXPECT_EQ(holdings(), before);
  PUHUI_ACCEPTED(settle({leg(5'001, 500), leg(7'001, 500)}, signers));
}

TEST_F(Settlements, MoveNothingTwice) {
  const Signers signers{"exchange", "owner", "buyer"};
  const auto there = leg_of_account({"owner-side", "buyer-main"}, 10);
  const auto on = leg_of_account({"buyer-main", "owner-more"}, 10);
  const auto refused = settle({there, on}, signers);
  PUHUI_REFUSED(refused, LEG_INVALID);
  EXPECT_EQ(refused.outcome.asked(), "buyer-main");
  PUHUI_ACCEPTED(settle({on, there}, signers));
  EXPECT_EQ(held_text(city, "owner-more"), "4001-4010");
  // What a bond gives leaves its holder's account.
  const auto into_main = leg_of_account({"owner-side", "owner-main"}, 10);
  PUHUI_REFUSED(settle({into_main, leg_of_bond("b", 10)}, signers), LEG_INVALID);
  PUHUI_ACCEPTED(settle({leg_of_bond("b", 10), into_main}, signers));
}

TEST_F(Settlements, TakeNothingFromAFrozenHolderOrABuffer) {
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buffer"}, 10, "bureau"));
  PUHUI_REFUSED(settle({leg_of_account({"buffer", "buyer-main"}, 10)}, {"exchange", "operator"}),
                ACCOUNT_KIND);
  PUHUI_REFUSED(settle({leg_of_bond("b", 10, "buffer")}), ACCOUNT_KIND);
  freeze("owner");
  PUHUI_REFUSED(settle({leg_of_account({"owner-side", "buyer-main"}, 10)}, {"exchange", "owner"}),
                PARTY_RESTRAINED);
  PUHUI_REFUSED(settle({leg_of_bond("b", 10)}), PARTY_RESTRAINED);
}

// ---- Position limits ----

constexpr std::int64_t kLimit = 6'000;

struct PositionLimits : Market {
  PositionLimits() {
    auto rules = market_rules("position limits");
    auto& limit = *rules.add_position_limits();
    limit.set_kind(v1::ACCOUNT_ENTERPRISE);
    limit.set_max_kg(kLimit);
    EXPECT_EQ(file_rules(city, rules).decision, v1::ACCEPTED);
  }
};

TEST_F(PositionLimits, AreMetExactly) {
  const auto refused = transfer(city, kToBuyer, kLimit + 1);
  PUHUI_REFUSED(refused, POSITION_LIMIT_REACHED);
  EXPECT_EQ(refused.outcome.limit(), "6000 kg");
  EXPECT_EQ(refused.outcome.used(), "0 kg");
  EXPECT_EQ(refused.outcome.asked(), "6001 kg");
  EXPECT_EQ(held_text(city, "owner-main"), "1-10000");
  PUHUI_ACCEPTED(transfer(city, kToBuyer, kLimit));
  PUHUI_REFUSED(transfer(city, kToBuyer, 1), POSITION_LIMIT_REACHED);
  PUHUI_ACCEPTED(retire(city, "buyer-main", {{1, 1}}, "buyer"));
  PUHUI_ACCEPTED(transfer(city, kToBuyer, 1));
}

TEST_F(PositionLimits, CountWhatIsBound) {
  PUHUI_ACCEPTED(transfer(city, kToBuyer, kLimit));
  auto action = binding("b", v1::PLEDGE, kLimit);
  action.set_account("buyer-main");
  PUHUI_ACCEPTED(bind_units(city, action));
  PUHUI_REFUSED(transfer(city, kToBuyer, 1), POSITION_LIMIT_REACHED);
  // What is let go of was there before.
  PUHUI_ACCEPTED(release_bond(city, releasing("b")));
}

TEST_F(PositionLimits, HoldForPostsAndSettlements) {
  PUHUI_ACCEPTED(transfer(city, kToBuyer, kLimit - 10));
  PUHUI_ACCEPTED(bind_units(city, binding("b", v1::RESERVATION, 30)));
  PUHUI_REFUSED(post_bond(city, posting("b", 11)), POSITION_LIMIT_REACHED);
  EXPECT_EQ(bond_named(city, "b").bound_kg(), 30);
  PUHUI_ACCEPTED(post_bond(city, posting("b", 10)));
  const auto in = leg_of_bond("b", 10);
  const auto out = leg_of_account({"buyer-main", "owner-side"}, 10);
  PUHUI_REFUSED(act(city, settlement({in}), {"exchange"}), POSITION_LIMIT_REACHED);
  PUHUI_ACCEPTED(act(city, settlement({out, in}), {"exchange", "buyer"}));
  EXPECT_EQ(city.held("buyer-main"), kLimit);
}

TEST_F(PositionLimits, AreOfAKindOfAccount) {
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buffer"}, kLimit + 1, "bureau"));
  EXPECT_EQ(city.held("buffer"), kLimit + 1);
}

TEST_F(PositionLimits, LetGoOfWhatWasHeldBefore) {
  ASSERT_GT(city.held("owner-main"), kLimit) << "issuance knows no limit";
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "owner-side"}, 10));
  PUHUI_REFUSED(transfer(city, {"owner-side", "owner-main"}, 1), POSITION_LIMIT_REACHED);
}

TEST_F(PositionLimits, MayBeOfNothing) {
  auto rules = market_rules("none at all");
  rules.add_position_limits()->set_kind(v1::ACCOUNT_ENTERPRISE);
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_REFUSED(transfer(city, kToBuyer, 1), POSITION_LIMIT_REACHED);
  rules.mutable_position_limits(0)->set_max_kg(-1);
  PUHUI_REFUSED(file_rules(city, rules), RULE_MALFORMED);
  for (const auto kind : {v1::ACCOUNT_KIND_UNSPECIFIED, v1::ACCOUNT_PERSONAL}) {
    auto of_no_units = market_rules("of no units");
    of_no_units.add_position_limits()->set_kind(kind);
    PUHUI_REFUSED(file_rules(city, of_no_units), RULE_MALFORMED);
  }
  rules.mutable_position_limits(0)->set_max_kg(1);
  *rules.add_position_limits() = rules.position_limits(0);
  PUHUI_REFUSED(file_rules(city, rules), RULE_MALFORMED);
}

}  // namespace
}  // namespace puhui::ledger::testing
