// Accounts, transfers, retirements: who holds which serials.
#include <gtest/gtest.h>

#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

struct Holding : ::testing::Test {
  PvCity city;
  void SetUp() override {
    city.issue_mwh("144");  // 100 t: serials 1–100000, batch B1
    city.issue_mwh("144");  // serials 100001–200000, batch B2
  }
  [[nodiscard]] std::string held(const std::string& account) const {
    return held_text(city, account);
  }
  [[nodiscard]] std::int64_t balance(const std::string& account) const {
    return city.view().account(account)->units_held_kg();
  }
};

TEST_F(Holding, BatchesAreNotMerged) { EXPECT_EQ(held("owner-main"), "1-100000 100001-200000"); }

TEST_F(Holding, TransfersSplitAndMerge) {
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, SerialRanges{{11, 20}}));
  EXPECT_EQ(held("owner-main"), "1-10 21-100000 100001-200000");
  EXPECT_EQ(held("buyer-main"), "11-20");
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, SerialRanges{{1, 10}}));
  EXPECT_EQ(held("buyer-main"), "1-20");
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, SerialRanges{{31, 40}}));
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, SerialRanges{{21, 30}}));
  EXPECT_EQ(held("buyer-main"), "1-40");
  EXPECT_EQ(balance("buyer-main"), 40);
  PUHUI_ACCEPTED(transfer(city, {"buyer-main", "owner-main"}, SerialRanges{{1, 40}}, "buyer"));
  EXPECT_EQ(held("owner-main"), "1-100000 100001-200000");
  EXPECT_EQ(held("buyer-main"), "");
  EXPECT_EQ(balance("buyer-main"), 0);
}

TEST_F(Holding, RangesMaySpanBlocksAndBatches) {
  PUHUI_ACCEPTED(
      transfer(city, {"owner-main", "buyer-main"}, SerialRanges{{99'991, 100'010}, {5, 5}}));
  EXPECT_EQ(held("buyer-main"), "5-5 99991-100000 100001-100010");
  EXPECT_EQ(held("owner-main"), "1-4 6-99990 100011-200000");
}

TEST_F(Holding, AmountsTakeTheLowestSerials) {
  transfer(city, {"owner-main", "owner-side"}, SerialRanges{{1, 5}, {11, 15}});
  const auto answer = transfer(city, {"owner-main", "buyer-main"}, 10);
  ASSERT_EQ(answer.decision, v1::ACCEPTED);
  EXPECT_EQ(held("buyer-main"), "6-10 16-20");
  ASSERT_EQ(answer.outcome.serials_size(), 2);
  EXPECT_EQ(answer.outcome.serials(1).start(), 16U);
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, 199'980));
  EXPECT_EQ(balance("owner-main"), 0);
  EXPECT_EQ(held("buyer-main"), "6-10 16-100000 100001-200000");
  PUHUI_REFUSED(transfer(city, {"owner-main", "buyer-main"}, 1), ErrorCode::BALANCE_INSUFFICIENT);
}

TEST_F(Holding, AmountsAreWholeAndWithinTheBalance) {
  const Move move{"owner-main", "buyer-main"};
  PUHUI_REFUSED(transfer(city, move, 0), ErrorCode::AMOUNT_ZERO);
  PUHUI_REFUSED(transfer(city, move, -1), ErrorCode::AMOUNT_NEGATIVE);
  PUHUI_REFUSED(transfer(city, move, std::numeric_limits<std::int64_t>::min()),
                ErrorCode::AMOUNT_NEGATIVE);
  PUHUI_REFUSED(transfer(city, move, 200'001), ErrorCode::BALANCE_INSUFFICIENT);
  PUHUI_REFUSED(transfer(city, move, std::numeric_limits<std::int64_t>::max()),
                ErrorCode::BALANCE_INSUFFICIENT);
  auto both = transfer_event(city, move, "owner");
  both.mutable_transfer()->set_amount_kg(1);
  add_serials(*both.mutable_transfer(), {{1, 1}});
  PUHUI_REFUSED(city.send(both, {"owner"}), ErrorCode::EVENT_MALFORMED);
}

TEST_F(Holding, RangesAreWellFormed) {
  const Move move{"owner-main", "buyer-main"};
  PUHUI_REFUSED(transfer(city, move, SerialRanges{{20, 10}}), ErrorCode::SERIAL_REVERSED);
  PUHUI_REFUSED(transfer(city, move, SerialRanges{{1, 10}, {10, 20}}), ErrorCode::SERIAL_OVERLAP);
  PUHUI_REFUSED(transfer(city, move, SerialRanges{{30, 40}, {1, 100}}), ErrorCode::SERIAL_OVERLAP);
  PUHUI_REFUSED(transfer(city, move, SerialRanges{{1, 1}, {1, 1}}), ErrorCode::SERIAL_OVERLAP);
  PUHUI_REFUSED(transfer(city, move, SerialRanges{{1, kHuge}}), ErrorCode::AMOUNT_OVERFLOW);
  PUHUI_REFUSED(transfer(city, move, SerialRanges{{0, kHuge - 1}}), ErrorCode::SERIAL_NOT_OWNED);
  SerialRanges many;
  for (std::uint64_t i = 0; i <= 1000; ++i) many.emplace_back(2 * i + 1, 2 * i + 1);
  PUHUI_REFUSED(transfer(city, move, many), ErrorCode::TOO_LARGE);
  many.pop_back();
  PUHUI_ACCEPTED(transfer(city, move, many));
  EXPECT_EQ(balance("buyer-main"), 1000);
  // Whatever an event touches is bounded, even where it names one range.
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "owner-side"}, SerialRanges{{2'000, 2'000}}));
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, SerialRanges{{3'001, 3'001}}));
  PUHUI_REFUSED(transfer(city, {"buyer-main", "owner-side"}, 1001, "buyer"), ErrorCode::TOO_LARGE);
  PUHUI_ACCEPTED(transfer(city, {"buyer-main", "owner-side"}, 1000, "buyer"));
}

TEST_F(Holding, OnlyTheHolderMovesSerials) {
  transfer(city, {"owner-main", "buyer-main"}, SerialRanges{{11, 20}});
  PUHUI_REFUSED(transfer(city, {"owner-main", "owner-side"}, SerialRanges{{20, 30}}),
                ErrorCode::SERIAL_NOT_OWNED);
  PUHUI_REFUSED(transfer(city, {"owner-main", "owner-side"}, SerialRanges{{1, 15}}),
                ErrorCode::SERIAL_NOT_OWNED);
  PUHUI_REFUSED(transfer(city, {"owner-main", "owner-side"}, SerialRanges{{199'999, 200'001}}),
                ErrorCode::SERIAL_NOT_OWNED);
  PUHUI_REFUSED(transfer(city, {"owner-main", "owner-side"}, SerialRanges{{0, 1}}),
                ErrorCode::SERIAL_NOT_OWNED);
  PUHUI_FAILED(transfer(city, {"owner-main", "buyer-main"}, 1, "buyer"),
               ErrorCode::SIGNATURE_MISSING);
  // A refusal half way through leaves nothing moved.
  EXPECT_EQ(held("owner-main"), "1-10 21-100000 100001-200000");
  EXPECT_EQ(held("owner-side"), "");
  EXPECT_EQ(balance("owner-main"), 199'990);
}

TEST_F(Holding, AccountsAreKnownAndDifferent) {
  PUHUI_REFUSED(transfer(city, {"owner-x", "buyer-main"}, 1), ErrorCode::ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(transfer(city, {"owner-main", "buyer-x"}, 1), ErrorCode::ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(transfer(city, {"owner-main", "owner-main"}, 1), ErrorCode::INVALID_ARGUMENT);
  PUHUI_REFUSED(transfer(city, {"owner-main", "p-" + std::string(32, '0')}, 1),
                ErrorCode::ACCOUNT_KIND);
}

TEST_F(Holding, ATradeNeedsTheExchange) {
  auto payload = transfer_event(city, {"owner-main", "buyer-main"}, "owner");
  payload.mutable_transfer()->set_amount_kg(1'000);
  payload.mutable_transfer()->mutable_trade()->set_reference("T-1");
  payload.mutable_transfer()->mutable_trade()->set_price_cents_per_tonne(3'000);
  PUHUI_FAILED(city.send(payload, {"owner"}), ErrorCode::SIGNATURE_MISSING);
  PUHUI_ACCEPTED(city.send(payload, {"owner", "exchange"}));
  auto negative = transfer_event(city, {"owner-main", "buyer-main"}, "owner");
  *negative.mutable_transfer() = payload.transfer();
  negative.mutable_transfer()->mutable_trade()->set_price_cents_per_tonne(-1);
  PUHUI_REFUSED(city.send(negative, {"owner", "exchange"}), ErrorCode::EVENT_MALFORMED);
}

TEST_F(Holding, RetirementIsFinal) {
  const auto answer = retire(city, "owner-main", SerialRanges{{101, 200}});
  ASSERT_EQ(answer.decision, v1::ACCEPTED);
  EXPECT_EQ(held("owner-main"), "1-100 201-100000 100001-200000");
  EXPECT_EQ(city.view().serial(150)->state(), v1::RETIRED);
  EXPECT_EQ(city.view().serial(150)->account(), "owner-main");
  EXPECT_EQ(city.totals().units_retired_kg(), 100);
  EXPECT_EQ(city.totals().units_held_kg(), 199'900);
  PUHUI_REFUSED(retire(city, "owner-main", SerialRanges{{150, 150}}), ErrorCode::SERIAL_RETIRED);
  PUHUI_REFUSED(transfer(city, {"owner-main", "buyer-main"}, SerialRanges{{100, 101}}),
                ErrorCode::SERIAL_RETIRED);
  const auto retirements = city.view().retirements({});
  ASSERT_EQ(retirements.items_size(), 1);
  EXPECT_EQ(retirements.items(0).amount_kg(), 100);
  EXPECT_EQ(retirements.items(0).retired_at(), static_cast<std::int64_t>(answer.leaf));
  // Neighbours retired by another event stay blocks of their own.
  PUHUI_ACCEPTED(retire(city, "owner-main", SerialRanges{{201, 300}}));
  EXPECT_EQ(city.view().serial(200)->end(), 200U);
}

TEST_F(Holding, ARetirementKeepsRangesThatMeetAsOne) {
  const auto answer = retire(city, "owner-main", SerialRanges{{99'999, 100'002}});
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(answer.outcome.serials_size(), 2) << "of two batches";
  const auto retirement = city.view().retirements({}).items(0);
  ASSERT_EQ(retirement.serials_size(), 1);
  EXPECT_EQ(retirement.serials(0).start(), 99'999U);
  EXPECT_EQ(retirement.serials(0).end(), 100'002U);
  EXPECT_EQ(retirement.amount_kg(), 4);
}

TEST_F(Holding, ARetirementNamesPurposeBeneficiaryAndPeriod) {
  const auto with = [this](auto change) {
    auto payload = retire_event(city, "owner-main", "owner");
    payload.mutable_retire()->set_amount_kg(45);
    change(*payload.mutable_retire());
    return city.send(payload, {"owner"});
  };
  using R = v1::Retire;
  PUHUI_REFUSED(with([](R& r) { r.set_purpose("fun"); }), ErrorCode::PURPOSE_INVALID);
  PUHUI_REFUSED(with([](R& r) { r.clear_purpose(); }), ErrorCode::PURPOSE_INVALID);
  PUHUI_REFUSED(with([](R& r) { r.clear_beneficiary(); }), ErrorCode::BENEFICIARY_MISSING);
  PUHUI_REFUSED(with([](R& r) { r.set_note(std::string(257, 'n')); }), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](R& r) { r.set_from(10), r.set_to(10); }), ErrorCode::PERIOD_INVALID);
  PUHUI_REFUSED(with([](R& r) { r.set_from(10); }), ErrorCode::PERIOD_INVALID);
  PUHUI_REFUSED(with([](R& r) { r.set_amount_kg(0); }), ErrorCode::AMOUNT_ZERO);
  PUHUI_REFUSED(with([](R& r) { r.set_account("nowhere"); }), ErrorCode::ACCOUNT_UNKNOWN);
  PUHUI_FAILED(with([](R& r) { r.set_purpose("ets_offset"); }), ErrorCode::SIGNATURE_MISSING);
  PUHUI_ACCEPTED(with([](R& r) { r.set_from(20'000), r.set_to(20'365); }));
  EXPECT_EQ(city.totals().units_retired_kg(), 45);
}

TEST_F(Holding, AComplianceRetirementNeedsTheEtsAuthority) {
  auto payload = retire_event(city, "owner-main", "owner");
  payload.mutable_retire()->set_amount_kg(1'000);
  payload.mutable_retire()->set_purpose("ets_offset");
  PUHUI_FAILED(city.send(payload, {"owner"}), ErrorCode::SIGNATURE_MISSING);
  PUHUI_ACCEPTED(city.send(payload, {"owner", "ets"}));
}

TEST_F(Holding, HistoryListsEveryStepOfASerial) {
  transfer(city, {"owner-main", "buyer-main"}, SerialRanges{{11, 20}});
  transfer(city, {"buyer-main", "owner-main"}, SerialRanges{{15, 20}}, "buyer");
  transfer(city, {"owner-main", "owner-side"}, SerialRanges{{1, 5}});
  retire(city, "buyer-main", SerialRanges{{12, 12}}, "buyer");
  const auto steps = [this](std::uint64_t serial) {
    std::string text;
    const auto history = city.view().history(serial, {});
    for (const auto& move : history->moves())
      text += v1::UnitMoveKind_Name(move.kind()) + " " + move.from() + ">" + move.to() + "; ";
    return text;
  };
  EXPECT_EQ(
      steps(12),
      "MOVE_ISSUE >owner-main; MOVE_TRANSFER owner-main>buyer-main; MOVE_RETIRE buyer-main>; ");
  EXPECT_EQ(steps(15),
            "MOVE_ISSUE >owner-main; MOVE_TRANSFER owner-main>buyer-main; "
            "MOVE_TRANSFER buyer-main>owner-main; ");
  EXPECT_EQ(steps(100'000), "MOVE_ISSUE >owner-main; ");
  EXPECT_FALSE(city.view().history(200'001, {}));
}

TEST(Accounts, AreOpenedOnce) {
  City city;
  PUHUI_ACCEPTED(open_account(city, "owner-main", "owner"));
  PUHUI_REFUSED(open_account(city, "owner-main", "owner"), ErrorCode::ACCOUNT_EXISTS);
  const auto with = [&city](auto change) {
    auto payload = city.event("owner");
    auto* action = payload.mutable_open_account();
    action->set_account("a");
    action->set_kind(v1::ACCOUNT_ENTERPRISE);
    action->set_owner("owner");
    change(*action);
    return city.send(payload, {"owner"});
  };
  using O = v1::OpenAccount;
  PUHUI_REFUSED(with([](O& o) { o.set_account("A"); }), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](O& o) { o.set_account("p-" + std::string(32, 'a')); }),
                ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](O& o) { o.set_kind(v1::ACCOUNT_PERSONAL); }), ErrorCode::ACCOUNT_KIND);
  PUHUI_REFUSED(with([](O& o) { o.clear_kind(); }), ErrorCode::ACCOUNT_KIND);
  PUHUI_REFUSED(with([](O& o) { o.set_kind(static_cast<v1::AccountKind>(77)); }),
                ErrorCode::ACCOUNT_KIND);
  PUHUI_REFUSED(with([](O& o) { o.set_owner("nobody"); }), ErrorCode::PARTY_UNKNOWN);
  PUHUI_FAILED(with([](O& o) { o.set_owner("buyer"); }), ErrorCode::SIGNATURE_MISSING);
}

TEST(PersonalAccounts, FourThousandInOneEvent) {
  City city;
  const auto opened = city.must(open_personal_event(city, 0, 4000), {"operator"});
  EXPECT_EQ(opened.outcome.facts(0).value(), "4000");
  EXPECT_EQ(city.totals().personal_accounts(), 4000);
  const auto account = city.view().account("p-" + crypto::hex_encode(pseudonym(3999)));
  ASSERT_TRUE(account);
  EXPECT_EQ(account->kind(), v1::ACCOUNT_PERSONAL);
  EXPECT_EQ(account->credits_held_g(), 0);
  EXPECT_FALSE(city.view().account("p-" + crypto::hex_encode(pseudonym(4000))));
}

TEST(PersonalAccounts, AreNewAndWhole) {
  City city;
  city.must(open_personal_event(city, 0, 10), {"operator"});
  PUHUI_REFUSED(city.send(open_personal_event(city, 9, 2), {"operator"}),
                ErrorCode::ACCOUNT_EXISTS);
  EXPECT_FALSE(city.view().account("p-" + crypto::hex_encode(pseudonym(10))));
  auto twice = open_personal_event(city, 20, 1);
  *twice.mutable_open_personal_accounts()->mutable_pseudonyms() += pseudonym(20);
  PUHUI_REFUSED(city.send(twice, {"operator"}), ErrorCode::ACCOUNT_EXISTS);
  auto broken = open_personal_event(city, 20, 1);
  *broken.mutable_open_personal_accounts()->mutable_pseudonyms() += "x";
  PUHUI_REFUSED(city.send(broken, {"operator"}), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(city.send(open_personal_event(city, 0, 0), {"operator"}),
                ErrorCode::EVENT_MALFORMED);
  PUHUI_FAILED(
      [&] {
        auto payload = city.event("owner");
        *payload.mutable_open_personal_accounts() =
            open_personal_event(city, 30, 1).open_personal_accounts();
        return city.send(payload, {"owner"});
      }(),
      ErrorCode::SIGNATURE_MISSING);
}

}  // namespace
}  // namespace puhui::ledger::testing
