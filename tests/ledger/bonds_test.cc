// Bonds: units that stay where they are and may not move until the bond lets go of them.
#include <gtest/gtest.h>

#include <limits>

#include "ledger/rules/due.h"
#include "tests/ledger/bonds.h"
#include "tests/ledger/every_other.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

TEST_F(Bonds, LeaveUnitsWhereTheyAre) {
  const auto bound = bind_units(city, binding("b", v1::PLEDGE, 100));
  PUHUI_ACCEPTED(bound);
  EXPECT_EQ(city.held("owner-main"), kIssued);
  EXPECT_EQ(city.bound("owner-main"), 100);
  EXPECT_EQ(held_text(city, "owner-main"), "101-10000");
  const auto block = city.view().serial(100);
  EXPECT_EQ(block->bound_by(), "bond/b");
  EXPECT_EQ(block->account(), "owner-main");
  EXPECT_EQ(block->state(), v1::HELD);
  EXPECT_EQ(city.view().serial(101)->bound_by(), "");
  EXPECT_EQ(bond().state(), v1::BOUND);
  EXPECT_EQ(bond().bound_at(), static_cast<std::int64_t>(bound.leaf));
  EXPECT_EQ(bond().ended_at(), 0);
  EXPECT_EQ(bond().binding().beneficiary(), "bank");
  EXPECT_EQ(parts(), "100 0 0 0 0");
}

TEST_F(Bonds, KeepUnitsFromEverythingElse) {
  PUHUI_ACCEPTED(bind_kg(100));
  PUHUI_REFUSED(transfer(city, kToBuyer, SerialRanges{{100, 101}}), SERIAL_BOUND);
  PUHUI_REFUSED(transfer(city, kToBuyer, SerialRanges{{101, 110}, {1, 1}}), SERIAL_BOUND);
  PUHUI_REFUSED(retire(city, "owner-main", {{1, 1}}), SERIAL_BOUND);
  PUHUI_REFUSED(cancel("owner-main", {{50, 50}}), SERIAL_BOUND);
  for (const auto kind : {v1::RESERVATION, v1::JUDICIAL, v1::PLEDGE, v1::ESCROW})
    PUHUI_REFUSED(bind_units(city, binding("again", kind, {{100, 100}})), SERIAL_BOUND);
  EXPECT_EQ(city.held("buyer-main"), 0);
}

TEST_F(Bonds, ArePassedOverByAmounts) {
  PUHUI_ACCEPTED(bind_units(city, binding("b", v1::ESCROW, {{1, 50}, {61, 110}})));
  PUHUI_ACCEPTED(transfer(city, kToBuyer, 15));
  EXPECT_EQ(held_text(city, "buyer-main"), "51-60 111-115");
  const auto refused = transfer(city, kToBuyer, 9'886);
  PUHUI_REFUSED(refused, BALANCE_INSUFFICIENT);
  EXPECT_EQ(refused.outcome.limit(), "9885 kg held");
  EXPECT_EQ(refused.outcome.used(), "100 kg bound");
  PUHUI_REFUSED(bind_units(city, binding("more", v1::PLEDGE, 9'886)), BALANCE_INSUFFICIENT);
  PUHUI_ACCEPTED(transfer(city, kToBuyer, 9'885));
  EXPECT_EQ(city.held("owner-main"), 100);
  EXPECT_EQ(held_text(city, "owner-main"), "");
  PUHUI_REFUSED(transfer(city, kToBuyer, 1), BALANCE_INSUFFICIENT);
  PUHUI_REFUSED(bind_units(city, binding("more", v1::JUDICIAL, 1)), BALANCE_INSUFFICIENT);
}

TEST_F(Bonds, FormIsChecked) {
  const auto with = [this](auto change) {
    auto action = binding("b", v1::RESERVATION, 10);
    change(action);
    return bind_units(city, action);
  };
  using B = v1::Bind;
  PUHUI_REFUSED(with([](B& b) { b.clear_bond(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](B& b) { b.set_bond("No name"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](B& b) { b.clear_kind(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](B& b) { b.set_kind(static_cast<v1::BondKind>(77)); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](B& b) { b.set_reference(std::string(513, 'r')); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](B& b) { b.mutable_document()->set_name("nothing but a name"); }),
                EVENT_MALFORMED);
  PUHUI_REFUSED(with([](B& b) { b.set_kind(v1::PLEDGE), b.clear_beneficiary(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](B& b) { b.set_beneficiary("nobody"); }), PARTY_UNKNOWN);
  PUHUI_REFUSED(with([](B& b) { b.clear_amount_kg(); }), AMOUNT_ZERO);
  PUHUI_REFUSED(with([](B& b) { b.set_amount_kg(-1); }), AMOUNT_NEGATIVE);
  PUHUI_REFUSED(with([](B& b) { b.set_amount_kg(kIssued + 1); }), BALANCE_INSUFFICIENT);
  PUHUI_REFUSED(with([](B& b) { b.set_amount_kg(kMost); }), BALANCE_INSUFFICIENT);
  PUHUI_REFUSED(with([](B& b) { add_serials(b, {{1, 10}}); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](B& b) { b.clear_amount_kg(), add_serials(b, {{9, 8}}); }), SERIAL_REVERSED);
  PUHUI_REFUSED(with([](B& b) {
                  b.clear_amount_kg(), add_serials(b, {{1, 5}, {5, 8}});
                }),
                SERIAL_OVERLAP);
  PUHUI_REFUSED(with([](B& b) {
                  b.clear_amount_kg(), add_serials(b, {{10'000, 10'001}});
                }),
                SERIAL_NOT_OWNED);
  PUHUI_REFUSED(with([](B& b) { b.set_account("owner-none"); }), ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(with([](B& b) { b.set_to("owner-none"); }), ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(with([](B& b) { b.set_to("p-" + std::string(32, '0')); }), ACCOUNT_KIND);
  PUHUI_REFUSED(with([](B& b) { b.set_case_("none"); }), CASE_UNKNOWN);
  PUHUI_ACCEPTED(with([](B& b) {
    b.set_reference(std::string(512, 'r'));
    *b.mutable_document() = document("order");
    b.set_amount_kg(kIssued);
  }));
  EXPECT_EQ(city.bound("owner-main"), kIssued);
}

TEST_F(Bonds, AreOfAHundredPiecesAtMost) {
  const auto refused = bind_units(city, binding("b", v1::JUDICIAL, every_other(1, 201)));
  PUHUI_REFUSED(refused, TOO_LARGE);
  EXPECT_EQ(refused.outcome.rule(), "bond.pieces");
  EXPECT_EQ(held_text(city, "owner-main"), "1-10000") << "nothing of it happened";
  PUHUI_ACCEPTED(bind_units(city, binding("b", v1::JUDICIAL, every_other(1, 199))));
  PUHUI_ACCEPTED(bind_units(city, binding("two", v1::JUDICIAL, {{201, 201}, {203, 203}})));
  // The lowest free ones are 101 pieces of a kilogram, and the rest.
  PUHUI_REFUSED(bind_units(city, binding("amount", v1::PLEDGE, 101)), TOO_LARGE);
  PUHUI_ACCEPTED(bind_units(city, binding("amount", v1::PLEDGE, 100)));
  EXPECT_EQ(city.bound("owner-main"), 202);
}

TEST_F(Bonds, EndInTheFuture) {
  PUHUI_REFUSED(bind_kg(10, -1), EVENT_MALFORMED);
  PUHUI_REFUSED(bind_kg(10, city.now), EVENT_MALFORMED);
  PUHUI_REFUSED(bind_kg(10, kTimeMax + 1), EVENT_MALFORMED);
  PUHUI_REFUSED(bind_kg(10, kMost), EVENT_MALFORMED);
  const auto soonest = city.now + 1;
  PUHUI_ACCEPTED(bind_kg(10, soonest));
  EXPECT_EQ(city.ledger().next_due(), soonest);
  auto last = binding("last", v1::PLEDGE, 10);
  last.set_expires_at(kTimeMax);
  PUHUI_ACCEPTED(bind_units(city, last));
  EXPECT_EQ(bond().state(), v1::BOND_EXPIRED);
  EXPECT_EQ(bond("last").state(), v1::BOUND);
}

TEST_F(Bonds, AreLetGoInParts) {
  PUHUI_ACCEPTED(bind_kg(100));
  PUHUI_ACCEPTED(post_bond(city, posting("b", 30)));
  EXPECT_EQ(held_text(city, "buyer-main"), "1-30");
  EXPECT_EQ(parts(), "70 30 0 0 0");
  const auto released = release_bond(city, releasing("b", 20));
  PUHUI_ACCEPTED(released);
  EXPECT_EQ(released.outcome.facts(0).value(), "20");
  EXPECT_EQ(held_text(city, "owner-main"), "31-50 101-10000");
  EXPECT_EQ(parts(), "50 30 20 0 0");
  EXPECT_EQ(bond().state(), v1::BOUND);
  for (const auto amount : {std::int64_t{51}, kMost, std::int64_t{-1}}) {
    PUHUI_REFUSED(post_bond(city, posting("b", amount)), BOND_INSUFFICIENT);
    PUHUI_REFUSED(release_bond(city, releasing("b", amount)), BOND_INSUFFICIENT);
  }
  const auto all = post_bond(city, posting("b"));
  PUHUI_ACCEPTED(all);
  ASSERT_EQ(all.outcome.serials_size(), 1);
  EXPECT_EQ(all.outcome.serials(0).start(), 51U);
  EXPECT_EQ(all.outcome.serials(0).end(), 100U);
  EXPECT_EQ(held_text(city, "buyer-main"), "1-30 51-100");
  EXPECT_EQ(city.bound("owner-main"), 0);
  EXPECT_EQ(parts(), "0 80 20 0 0");
  EXPECT_EQ(bond().state(), v1::POSTED);
  EXPECT_EQ(bond().ended_at(), static_cast<std::int64_t>(all.leaf));
}

TEST_F(Bonds, EndAsTheirLastPartDid) {
  PUHUI_ACCEPTED(bind_kg(100));
  PUHUI_ACCEPTED(post_bond(city, posting("b", 99)));
  PUHUI_ACCEPTED(release_bond(city, releasing("b", 1)));
  EXPECT_EQ(bond().state(), v1::RELEASED);
  EXPECT_EQ(parts(), "0 99 1 0 0");
}

TEST_F(Bonds, ReleasedUnitsJoinTheirNeighbours) {
  PUHUI_ACCEPTED(bind_units(city, binding("left", v1::PLEDGE, {{11, 20}})));
  PUHUI_ACCEPTED(bind_units(city, binding("right", v1::PLEDGE, {{21, 30}})));
  EXPECT_EQ(city.view().serial(20)->end(), 20U) << "two bonds are two blocks";
  EXPECT_EQ(held_text(city, "owner-main"), "1-10 31-10000");
  PUHUI_ACCEPTED(release_bond(city, releasing("left", 5)));
  EXPECT_EQ(held_text(city, "owner-main"), "1-15 31-10000");
  PUHUI_ACCEPTED(release_bond(city, releasing("right")));
  EXPECT_EQ(held_text(city, "owner-main"), "1-15 21-10000");
  PUHUI_ACCEPTED(release_bond(city, releasing("left")));
  EXPECT_EQ(held_text(city, "owner-main"), "1-10000");
}

TEST_F(Bonds, ReleasedUnitsJoinNobodyElses) {
  PUHUI_ACCEPTED(bind_units(city, binding("b", v1::PLEDGE, {{11, 20}})));
  PUHUI_ACCEPTED(transfer(city, kToBuyer, SerialRanges{{1, 10}}));
  PUHUI_ACCEPTED(retire(city, "owner-main", {{21, 30}}));
  PUHUI_ACCEPTED(release_bond(city, releasing("b")));
  EXPECT_EQ(held_text(city, "owner-main"), "11-20 31-10000");
  EXPECT_EQ(held_text(city, "buyer-main"), "1-10");
}

TEST_F(Bonds, PostedUnitsJoinTheirNewNeighbours) {
  PUHUI_ACCEPTED(bind_units(city, binding("b", v1::RESERVATION, {{11, 20}, {31, 40}})));
  PUHUI_ACCEPTED(transfer(city, kToBuyer, SerialRanges{{1, 10}, {21, 30}}));
  PUHUI_ACCEPTED(post_bond(city, posting("b", 15)));
  EXPECT_EQ(held_text(city, "buyer-main"), "1-35");
  PUHUI_ACCEPTED(post_bond(city, posting("b")));
  EXPECT_EQ(held_text(city, "buyer-main"), "1-40");
  const auto steps = city.view().history(31, {});
  EXPECT_EQ(steps->moves().rbegin()->kind(), v1::MOVE_TRANSFER);
  EXPECT_EQ(steps->moves().rbegin()->from(), "owner-main");
  EXPECT_EQ(steps->moves().rbegin()->to(), "buyer-main");
}

// Where an account begins to look for its lowest serials.
TEST_F(Bonds, ReleasedUnitsAreTakenFirstAgain) {
  PUHUI_ACCEPTED(bind_units(city, binding("b", v1::PLEDGE, {{1, 10}})));
  PUHUI_ACCEPTED(transfer(city, kToBuyer, 20));
  EXPECT_EQ(held_text(city, "buyer-main"), "11-30");
  PUHUI_ACCEPTED(release_bond(city, releasing("b", 4)));
  PUHUI_ACCEPTED(transfer(city, kToBuyer, 6));
  EXPECT_EQ(held_text(city, "buyer-main"), "1-4 11-32");
  PUHUI_ACCEPTED(bind_units(city, binding("rest", v1::PLEDGE, 9'968)));
  EXPECT_EQ(held_text(city, "owner-main"), "");
  PUHUI_ACCEPTED(release_bond(city, releasing("rest", 10)));
  PUHUI_ACCEPTED(release_bond(city, releasing("b")));
  PUHUI_ACCEPTED(transfer(city, kToBuyer, 8));
  EXPECT_EQ(held_text(city, "buyer-main"), "1-34");
}

TEST_F(Bonds, ArePostedToWhomTheyName) {
  auto action = binding("b", v1::RESERVATION, 20);
  action.set_to("owner-side");
  PUHUI_ACCEPTED(bind_units(city, action));
  const auto refused = post_bond(city, posting("b", 10, "buyer-main"));
  PUHUI_REFUSED(refused, INVALID_ARGUMENT);
  EXPECT_EQ(refused.outcome.limit(), "owner-side");
  PUHUI_ACCEPTED(post_bond(city, posting("b", 10, "owner-side")));
  PUHUI_ACCEPTED(post_bond(city, posting("b", 10, "")));
  EXPECT_EQ(held_text(city, "owner-side"), "1-20");
}

TEST_F(Bonds, ArePostedNeitherToTheirOwnAccountNorToABuffer) {
  PUHUI_ACCEPTED(bind_kg(20));
  auto itself = binding("itself", v1::RESERVATION, 20);
  itself.set_to("owner-main");
  PUHUI_ACCEPTED(bind_units(city, itself));
  for (const auto& post : {posting("b", 10, "owner-main"), posting("itself", 10, "owner-main"),
                           posting("itself", 0, "")})
    PUHUI_REFUSED(post_bond(city, post), INVALID_ARGUMENT);
  PUHUI_REFUSED(post_bond(city, posting("b", 10, "buffer")), ACCOUNT_KIND);
  EXPECT_EQ(parts(), "20 0 0 0 0");
  EXPECT_EQ(parts("itself"), "20 0 0 0 0");
}

TEST_F(Bonds, ThatNameNobodyArePostedToWhomThePostNames) {
  PUHUI_ACCEPTED(bind_kg(20));
  PUHUI_REFUSED(post_bond(city, posting("b", 10, "")), ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(post_bond(city, posting("b", 10, "owner-none")), ACCOUNT_UNKNOWN);
  PUHUI_ACCEPTED(post_bond(city, posting("b", 10, "owner-more")));
  PUHUI_ACCEPTED(post_bond(city, posting("b", 10, "buyer-main")));
  EXPECT_EQ(held_text(city, "owner-more"), "1-10");
  EXPECT_EQ(held_text(city, "buyer-main"), "11-20");
}

// ---- Time ----

TEST_F(Bonds, EndAtTheTimeTheyName) {
  const auto end = city.now + kHour;
  PUHUI_ACCEPTED(bind_kg(100, end));
  EXPECT_EQ(city.ledger().next_due(), end);
  city.now = end - 1;
  PUHUI_ACCEPTED(post_bond(city, posting("b", 10)));
  city.now = end;
  const auto refused = post_bond(city, posting("b", 10));
  PUHUI_REFUSED(refused, BOND_STATE_WRONG);
  EXPECT_EQ(refused.outcome.used(), "BOND_EXPIRED");
  PUHUI_REFUSED(release_bond(city, releasing("b", 10)), BOND_STATE_WRONG);
  EXPECT_EQ(bond().state(), v1::BOUND) << "a refusal carries nothing out";
  const auto moved = transfer(city, kToBuyer, SerialRanges{{11, 100}});
  PUHUI_ACCEPTED(moved);
  EXPECT_EQ(bond().state(), v1::BOND_EXPIRED);
  EXPECT_EQ(bond().ended_at(), static_cast<std::int64_t>(moved.leaf));
  EXPECT_EQ(parts(), "0 10 90 0 0");
  EXPECT_EQ(city.bound("owner-main"), 0);
  EXPECT_EQ(city.ledger().next_due(), kTimeMax);
}

TEST_F(Bonds, EndThoughNobodySendsAnything) {
  const auto end = city.now + kHour;
  PUHUI_ACCEPTED(bind_kg(100, end));
  const auto size = city.head().size;
  wait_until(end - 1);
  EXPECT_EQ(city.head().size, size);
  EXPECT_EQ(bond().state(), v1::BOUND);
  city.now = end - 1;
  PUHUI_REFUSED(transfer(city, kToBuyer, SerialRanges{{1, 1}}), SERIAL_BOUND);
  wait_until(end);
  EXPECT_EQ(city.head().size, size + 1);
  EXPECT_EQ(bond().state(), v1::BOND_EXPIRED);
  EXPECT_EQ(held_text(city, "owner-main"), "1-10000");
}

TEST_F(Bonds, ThatEndedBeforeDoNotEndAgain) {
  const auto end = city.now + kHour;
  for (const std::string name : {"posted", "released", "late"}) {
    auto action = binding(name, v1::RESERVATION, 100);
    action.set_expires_at(end);
    PUHUI_ACCEPTED(bind_units(city, action));
  }
  PUHUI_ACCEPTED(post_bond(city, posting("posted")));
  PUHUI_ACCEPTED(release_bond(city, releasing("released")));
  const auto posted = bond("posted").SerializeAsString();
  const auto released = bond("released").SerializeAsString();
  PUHUI_ACCEPTED(transfer(city, kToBuyer, SerialRanges{{101, 150}}));
  wait_until(end);
  EXPECT_EQ(bond("posted").SerializeAsString(), posted);
  EXPECT_EQ(bond("released").SerializeAsString(), released);
  EXPECT_EQ(bond("late").state(), v1::BOND_EXPIRED);
  EXPECT_EQ(city.ledger().next_due(), kTimeMax);
}

// More than one leaf carries out.
TEST_F(Bonds, ThatAreOverBindNothingHoweverManyThereAre) {
  const auto end = city.now + kHour;
  std::vector<Sent> block;
  for (int i = 0; i <= kDuePerLeafMax; ++i) {
    auto action = binding("b" + std::to_string(100 + i), v1::RESERVATION, 1);
    action.set_expires_at(end);
    block.push_back(signed_action(city, action, binders(action)));
  }
  for (const auto& answer : city.apply(block)) PUHUI_ACCEPTED(answer);
  const auto last = "b" + std::to_string(100 + kDuePerLeafMax);
  const auto refused = [this, end](const Sent& sent) {
    city.now = end;
    const auto answer = city.submit(sent);
    PUHUI_REFUSED(answer, BOND_STATE_WRONG);
    EXPECT_EQ(answer.outcome.used(), "BOND_EXPIRED");
  };
  refused(signed_action(city, posting(last), {"exchange"}));
  refused(signed_action(city, releasing(last), {"exchange"}));
  refused(signed_action(city, settlement({leg_of_bond(last, 1)}), {"exchange"}));
  PUHUI_ACCEPTED(transfer(city, kToBuyer, 1));
  EXPECT_EQ(bond(last).state(), v1::BOUND) << "the queue comes to it later";
  city.apply({});
  EXPECT_EQ(bond(last).state(), v1::BOND_EXPIRED);
  EXPECT_EQ(city.bound("owner-main"), 0);
}

// ---- Holders and batches ----

TEST_F(Bonds, OfAFrozenHolderAreJudicial) {
  freeze("owner");
  for (const auto kind : {v1::RESERVATION, v1::PLEDGE, v1::ESCROW, v1::EVENT_RESERVATION})
    PUHUI_REFUSED(bind_units(city, binding("b", kind, 10)), PARTY_RESTRAINED);
  PUHUI_ACCEPTED(bind_units(city, binding("b", v1::JUDICIAL, 10)));
  PUHUI_ACCEPTED(post_bond(city, posting("b", 4)));
  PUHUI_ACCEPTED(release_bond(city, releasing("b")));
  EXPECT_EQ(held_text(city, "buyer-main"), "1-4");
}

TEST_F(Bonds, OfAHolderFrozenLaterArePostedToCourtsAndBanksAlone) {
  for (const auto& [name, kind] : {std::pair{"sale", v1::RESERVATION},
                                   {"escrow", v1::ESCROW},
                                   {"court", v1::JUDICIAL},
                                   {"bank", v1::PLEDGE}})
    PUHUI_ACCEPTED(bind_units(city, binding(name, kind, 10)));
  freeze("owner");
  for (const auto* name : {"sale", "escrow"})
    PUHUI_REFUSED(post_bond(city, posting(name)), PARTY_RESTRAINED);
  for (const auto* name : {"court", "bank"}) PUHUI_ACCEPTED(post_bond(city, posting(name)));
}

TEST_F(Bonds, OfABufferAreJudicial) {
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buffer"}, 100, "bureau"));
  const auto bind_buffer = [this](v1::BondKind kind) {
    auto action = binding("b", kind, 60);
    action.set_account("buffer");
    return act(city, action, {"bureau", "operator", "bank", "exchange"});
  };
  for (const auto kind : {v1::RESERVATION, v1::PLEDGE, v1::ESCROW, v1::EVENT_RESERVATION})
    PUHUI_REFUSED(bind_buffer(kind), ACCOUNT_KIND);
  PUHUI_ACCEPTED(bind_buffer(v1::JUDICIAL));
  EXPECT_EQ(city.bound("buffer"), 60);
}

struct UnregisteredUnits : Bonds {
  UnregisteredUnits() {
    auto rules = market_rules("registers batches");
    rules.set_registers_batches(true);
    EXPECT_EQ(file_rules(city, rules).decision, v1::ACCEPTED);
  }
};

TEST_F(UnregisteredUnits, CannotBeBound) {
  PUHUI_REFUSED(bind_kg(1), BALANCE_INSUFFICIENT);
  for (const auto kind : {v1::RESERVATION, v1::JUDICIAL})
    PUHUI_REFUSED(bind_units(city, binding("b", kind, {{5, 6}})), SERIAL_BOUND);
  PUHUI_ACCEPTED(register_batch(city, "B1"));
  PUHUI_ACCEPTED(bind_kg(100));
  // Registration lets go of what waits for it, and of nothing else.
  PUHUI_ACCEPTED(city.issue_kg(50));
  PUHUI_REFUSED(bind_units(city, binding("over", v1::PLEDGE, 9'901)), BALANCE_INSUFFICIENT);
  EXPECT_EQ(city.bound("owner-main"), 150);
  PUHUI_ACCEPTED(register_batch(city, "B2"));
  EXPECT_EQ(city.bound("owner-main"), 100);
  EXPECT_EQ(parts(), "100 0 0 0 0");
  PUHUI_ACCEPTED(bind_units(city, binding("over", v1::PLEDGE, 9'901)));
}

TEST_F(UnregisteredUnits, AreRecalledAndTheRestIsRegistered) {
  PUHUI_ACCEPTED(recall(city, "B1", {{1, 10}}));
  EXPECT_EQ(city.bound("owner-main"), kIssued - 10);
  PUHUI_ACCEPTED(register_batch(city, "B1"));
  EXPECT_EQ(held_text(city, "owner-main"), "11-10000");
}

// ---- Recall ----

TEST_F(Bonds, SayWhatWasRecalled) {
  PUHUI_ACCEPTED(bind_kg(100));
  EXPECT_EQ(told(recall(city, "B1", {{91, 110}})), "20 0 0 0");
  EXPECT_EQ(parts(), "90 0 0 0 10");
  EXPECT_EQ(bond().state(), v1::BOUND);
  EXPECT_EQ(city.bound("owner-main"), 90);
  PUHUI_REFUSED(post_bond(city, posting("b", 91)), BOND_INSUFFICIENT);
  PUHUI_ACCEPTED(post_bond(city, posting("b")));
  EXPECT_EQ(parts(), "0 90 0 0 10");
  EXPECT_EQ(bond().state(), v1::POSTED);
}

TEST_F(Bonds, WithHolesAreLetGoAroundThem) {
  PUHUI_ACCEPTED(bind_kg(100));
  PUHUI_ACCEPTED(recall(city, "B1", {{41, 60}, {99, 99}}));
  EXPECT_EQ(parts(), "79 0 0 0 21");
  PUHUI_ACCEPTED(release_bond(city, releasing("b", 50)));
  EXPECT_EQ(held_text(city, "owner-main"), "1-40 61-70 101-10000");
  PUHUI_ACCEPTED(post_bond(city, posting("b")));
  EXPECT_EQ(held_text(city, "buyer-main"), "71-98 100-100");
}

TEST_F(Bonds, ThatLoseEverythingEnd) {
  const auto end = city.now + kHour;
  auto action = binding("b", v1::RESERVATION, {{11, 20}});
  action.set_expires_at(end);
  PUHUI_ACCEPTED(bind_units(city, action));
  PUHUI_ACCEPTED(bind_units(city, binding("beside", v1::PLEDGE, {{21, 30}})));
  const auto recalled = recall(city, "B1", {{11, 20}});
  PUHUI_ACCEPTED(recalled);
  EXPECT_EQ(parts(), "0 0 0 0 10");
  EXPECT_NE(bond().state(), v1::BOUND);
  EXPECT_EQ(bond().ended_at(), static_cast<std::int64_t>(recalled.leaf));
  EXPECT_EQ(parts("beside"), "10 0 0 0 0");
  PUHUI_REFUSED(post_bond(city, posting("b")), BOND_STATE_WRONG);
  const auto before = bond().SerializeAsString();
  wait_until(end);
  EXPECT_EQ(bond().SerializeAsString(), before);
}

TEST_F(Bonds, SeveralAreRecalledAtOnce) {
  PUHUI_ACCEPTED(bind_units(city, binding("a", v1::PLEDGE, {{1, 10}})));
  PUHUI_ACCEPTED(bind_units(city, binding("b", v1::JUDICIAL, {{11, 20}})));
  PUHUI_ACCEPTED(bind_units(city, binding("c", v1::ESCROW, {{21, 30}, {41, 50}})));
  EXPECT_EQ(told(recall(city, "B1", {{6, 45}})), "40 0 0 0");
  EXPECT_EQ(parts("a"), "5 0 0 0 5");
  EXPECT_EQ(parts("b"), "0 0 0 0 10");
  EXPECT_EQ(parts("c"), "5 0 0 0 15");
}

// ---- Signers ----

struct BondKinds : Bonds, ::testing::WithParamInterface<v1::BondKind> {};

TEST_P(BondKinds, AreSignedByWhomTheRulesName) {
  const auto kind = GetParam();
  const auto action = binding("b", kind, 30);
  needs_all(action, binders(action));
  needs_all(releasing("b", 10), releasers(kind));
  if (kind == v1::EVENT_RESERVATION) {
    PUHUI_REFUSED(act(city, posting("b", 10), {"owner", "bureau", "exchange"}), ROLE_MISSING);
    EXPECT_EQ(parts(), "20 0 10 0 0");
    return;
  }
  needs_all(posting("b", 10), posters(kind));
  EXPECT_EQ(parts(), "10 10 10 0 0");
}

INSTANTIATE_TEST_SUITE_P(All, BondKinds,
                         ::testing::Values(v1::RESERVATION, v1::JUDICIAL, v1::PLEDGE, v1::ESCROW,
                                           v1::EVENT_RESERVATION),
                         [](const auto& kind) { return v1::BondKind_Name(kind.param); });

TEST_F(Bonds, ArePledgedToTheBankThatLetsGoOfThem) {
  auto other = city.event("bureau");
  *other.mutable_register_party() = founding_party("other-bank", {v1::BANK});
  city.must(other, {"bureau"});
  PUHUI_FAILED(act(city, binding("b", v1::PLEDGE, 10), {"owner", "other-bank"}), SIGNATURE_MISSING);
  PUHUI_ACCEPTED(act(city, binding("b", v1::PLEDGE, 10), {"owner", "bank"}));
  PUHUI_FAILED(act(city, releasing("b"), {"other-bank"}), SIGNATURE_MISSING);
  PUHUI_FAILED(act(city, releasing("b"), {"owner"}), SIGNATURE_MISSING);
  PUHUI_ACCEPTED(act(city, releasing("b"), {"bank"}));
}

}  // namespace
}  // namespace puhui::ledger::testing
