// The log of a city with citizens judged again: conversions of pooled credits, offers, settlements,
// attachments that are missing, and what is wrong.
#include "tests/audit/judged.h"
#include "tests/ledger/citizens.h"

namespace puhui::node::audit::testing {
namespace {

using enum v1::ErrorCode;

// ---- Conversions ----

// Ten kilograms lie in the pool of "provider".
struct AuditedPools : Judged<Citizens> {
  AuditedPools() : Judged(pooling(v1::CREDIT_YEAR, 20'000)) {}
  void SetUp() override {
    PUHUI_ACCEPTED(consent(city, {consent_of(1, v1::CONSENT_POOLING)}));
    pooled = city.earn(1, 10'000);
    PUHUI_ACCEPTED(file(city, pv_methodology()));
    PUHUI_ACCEPTED(file(city, pv_project("P1")));
  }
  void refused(const v1::ConvertCredits& action, ErrorCode code) {
    expect_refused(action, {"provider"}, code);
  }
  [[nodiscard]] std::string told() const {
    const auto pool = city.pool();
    return std::to_string(pool.credits_held_g()) + " held, " +
           std::to_string(pool.credits_owed_g()) + " owed, " +
           std::to_string(city.totals().credits_converted_g()) + " converted";
  }
  Ride pooled;
};

TEST_F(AuditedPools, AreConvertedIntoUnits) {
  PUHUI_ACCEPTED(convert(city, conversion("r1", 6)));
  PUHUI_ACCEPTED(verify(city, "r1"));
  PUHUI_ACCEPTED(issue(city, "r1", "B1"));
  EXPECT_EQ(city.view().account("provider-main")->units_held_kg(), 6);
  refused(conversion("r2", 5), BALANCE_INSUFFICIENT);
  PUHUI_ACCEPTED(convert(city, conversion("r2", 4)));
  EXPECT_EQ(told(), "0 held, 0 owed, 10000 converted");
  PUHUI_ACCEPTED(verify(city, "r2", false));
  EXPECT_EQ(told(), "4000 held, 0 owed, 6000 converted");
  expect_clean();
}

TEST_F(AuditedPools, OweWhatTheyConvertedUntilItIsRecalled) {
  PUHUI_ACCEPTED(convert(city, conversion("r1", 8)));
  PUHUI_ACCEPTED(verify(city, "r1"));
  PUHUI_ACCEPTED(issue(city, "r1", "B1"));
  PUHUI_ACCEPTED(reverse_rides(city, {pooled}));
  EXPECT_EQ(told(), "0 held, 8000 owed, 8000 converted");
  const auto start = city.view().batch("B1")->start();
  PUHUI_ACCEPTED(recall(city, "B1", {{start, start + 2}}));
  EXPECT_EQ(told(), "0 held, 5000 owed, 5000 converted");
  PUHUI_ACCEPTED(recall(city, "B1"));
  EXPECT_EQ(told(), "0 held, 0 owed, 0 converted");
  expect_clean();
}

TEST_F(AuditedPools, AreNotConvertedOtherwise) {
  refused(conversion("r1", 0), AMOUNT_ZERO);
  refused(conversion("R1", 1), EVENT_MALFORMED);
  refused(conversion("r1", 11), BALANCE_INSUFFICIENT);
  auto action = conversion("r1", 1);
  action.set_account("nowhere");
  refused(action, ACCOUNT_UNKNOWN);
  action.set_account("provider-main");
  refused(action, ACCOUNT_KIND);
  action = conversion("r1", 1);
  action.set_project("NONE");
  refused(action, PROJECT_UNKNOWN);
  action = conversion("r1", 1);
  action.set_to(kToday + 1);
  refused(action, PERIOD_INVALID);
  action = conversion("r1", 1);
  action.mutable_document()->clear_name();
  refused(action, EVENT_MALFORMED);
  expect_unsigned(conversion("r1", 1), {"bank"});
  PUHUI_ACCEPTED(convert(city, conversion("r1", 1)));
  refused(conversion("r1", 1), REPORT_EXISTS);
}

TEST_F(AuditedPools, HaveProjectsOfTheirOwn) {
  v1::SubmitReport report;
  report.set_report("r1");
  report.set_project("POOL1");
  report.set_from(20'400);
  report.set_to(20'410);
  expect_refused(report, {"provider"}, PROJECT_POOL);
  report.add_keys("meter-1");
  expect_refused(report, {"provider"}, PROJECT_POOL);
  const auto expect_malformed = [this](auto change) {
    auto project = pooled_project("POOL2");
    change(project);
    expect_refused(project, {"operator", "provider"}, EVENT_MALFORMED);
  };
  expect_malformed([](auto& project) { project.add_keys("meter-1"); });
  expect_malformed([](auto& project) { project.set_methodology("WH-PV-2023"); });
  expect_malformed([](auto& project) { project.set_scenario("Bike"); });
  auto action = conversion("r1", 1);
  action.set_project("P1");  // whose reports name keys
  refused(action, PROJECT_POOL);
  expect_refused(pooled_project("POOL2", "swim"), {"operator", "provider"},
                 METHODOLOGY_NOT_IN_FORCE);
  expect_clean();
}

TEST_F(AuditedPools, OfObjectionsThatAreUpheldGetTheirsBack) {
  auto rules = pooling(v1::CREDIT_YEAR, 20'000);
  rules.mutable_issuance_notice()->set_days(1);
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_ACCEPTED(convert(city, conversion("r1", 7)));
  PUHUI_ACCEPTED(verify(city, "r1"));
  PUHUI_ACCEPTED(open_notice(city, report_named("r1")));
  v1::RaiseObjection objection;
  *objection.mutable_about() = report_named("r1");
  objection.set_objection("o1");
  *objection.mutable_grounds() = document("grounds");
  PUHUI_ACCEPTED(act(city, objection, {"exchange"}));
  PUHUI_ACCEPTED(judge(city, report_named("r1"), "o1", Upheld::yes));
  EXPECT_EQ(told(), "10000 held, 0 owed, 0 converted");
  expect_clean();
}

TEST_F(AuditedPools, OfRevokedProjectsTakeTheirsBack) {
  const auto take_back = [](const std::string& report) {
    v1::TakeBackCredits action;
    action.set_report(report);
    return action;
  };
  for (const auto* name : {"r1", "r2", "r3"}) PUHUI_ACCEPTED(convert(city, conversion(name, 2)));
  PUHUI_ACCEPTED(verify(city, "r2"));
  PUHUI_ACCEPTED(verify(city, "r3"));
  PUHUI_ACCEPTED(issue(city, "r3", "B1"));
  expect_refused(take_back("none"), {"provider"}, REPORT_UNKNOWN);
  expect_refused(take_back("r1"), {"provider"}, REPORT_STATE);
  PUHUI_ACCEPTED(stand(city, "POOL1", v1::REVOKED));
  expect_unsigned(take_back("r1"), {"bank"});
  for (const auto* name : {"r1", "r2"}) {
    PUHUI_ACCEPTED(act(city, take_back(name), {"provider"}));
    expect_refused(take_back(name), {"provider"}, REPORT_STATE);
  }
  expect_refused(take_back("r3"), {"provider"}, REPORT_STATE);
  EXPECT_EQ(told(), "8000 held, 0 owed, 2000 converted");
  expect_clean();
}

TEST_F(AuditedPools, OfWithdrawnMethodologiesTakeTheirsBack) {
  PUHUI_ACCEPTED(convert(city, conversion("r1", 2)));
  PUHUI_ACCEPTED(stand(city, version_of("WH-bike", "V01"), v1::WITHDRAWN));
  v1::TakeBackCredits action;
  action.set_report("r1");
  PUHUI_ACCEPTED(act(city, action, {"provider"}));
  EXPECT_EQ(told(), "10000 held, 0 owed, 0 converted");
  expect_clean();
}

// ---- Offers ----

// Citizens 1 to 3 hold a kilogram each; "tea" costs a hundred grams, and nobody gets more than
// five.
struct AuditedOffers : Judged<Citizens> {
  void SetUp() override {
    for (const std::uint64_t citizen : {1, 2, 3}) city.earn(citizen, 1'000);
    auto tea = offering("tea", 100);
    tea.set_stock(8);
    tea.set_per_person(5);
    PUHUI_ACCEPTED(open_offer(city, tea));
  }
  Sent redeeming(const v1::RedemptionRecord& record) {
    return signed_redemptions(city, "tea", {record});
  }
  void refused(const v1::SettleOffer& action, ErrorCode code) {
    expect_refused(action, {"bank", "shop"}, code);
  }
};

TEST_F(AuditedOffers, AreRedeemedAndSettled) {
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1, 2), redemption(99, 1), redemption(2, 3)}));
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1, 1)}));
  EXPECT_EQ(city.pool("bank-pool").credits_held_g(), 600);
  auto figures = settling("s1", city.offer("tea"));
  figures.set_value_cents(1);
  refused(figures, SETTLEMENT_DIFFERS);
  figures = settling("s1", city.offer("tea"));
  expect_unsigned(figures, {"bank"});
  PUHUI_ACCEPTED(act(city, figures, {"bank", "shop"}));
  refused(figures, SETTLEMENT_EXISTS);
  refused(settling("s2", city.offer("tea")), SETTLEMENT_DIFFERS);  // of nothing
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(3, 1)}));
  PUHUI_ACCEPTED(act(city, settling("s2", city.offer("tea")), {"bank", "shop"}));
  figures.set_settlement("s3");
  figures.set_offer("none");
  expect_refused(figures, {"bank"}, OFFER_UNKNOWN);
  expect_clean();
}

TEST_F(AuditedOffers, AreWithinStockLimitAndBalance) {
  expect_refused(redeeming(redemption(99)), ACCOUNT_UNKNOWN);
  expect_refused(redeeming(redemption(1, 6)), OFFER_LIMIT);
  expect_refused(redeeming(redemption(1, 9)), OFFER_STOCK);
  expect_refused(redeeming(redemption(4, 1)), BALANCE_INSUFFICIENT);
  const auto same = kept();
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1, 4, same)}));
  expect_refused(redeeming(redemption(1, 1, same)), CONFIRMATION_USED);
  expect_refused(redeeming(redemption(1, 2)), OFFER_LIMIT);
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(2, 4)}));
  expect_refused(redeeming(redemption(3)), OFFER_STOCK);
  v1::ChangeOffer more;
  more.set_offer("tea");
  more.set_stock_added(1);
  PUHUI_ACCEPTED(act(city, more, {"shop"}));
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(3)}));
  expect_clean();
}

TEST_F(AuditedOffers, LeaveDebtsWhereCreditsAreReversed) {
  const auto credited = city.earn(4, 300);
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(4, 2)}));
  PUHUI_ACCEPTED(reverse_rides(city, {credited}));
  EXPECT_EQ(city.grams(4), -200);
  EXPECT_EQ(city.totals().credits_owed_g(), 200);
  expect_refused(redeeming(redemption(4)), BALANCE_INSUFFICIENT);
  city.earn(4, 250);
  expect_refused(redeeming(redemption(4)), BALANCE_INSUFFICIENT);
  PUHUI_ACCEPTED(erase(city, 4));
  const auto other = city.earn(5, 100);
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(5)}));
  PUHUI_ACCEPTED(reverse_rides(city, {other}));
  PUHUI_ACCEPTED(erase(city, 5));  // what it owes stays owed
  EXPECT_EQ(city.totals().credits_owed_g(), 100);
  expect_clean();
}

TEST_F(AuditedOffers, LargeOnesAreSignedByMore) {
  auto rules = citizen_rules("limited");
  rules.set_custodial_limit_g(250);
  PUHUI_ACCEPTED(file_rules(city, rules));
  expect_failed(redeeming(redemption(1, 3)), SIGNATURE_MISSING);
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1, 3)}, {"shop", "operator"}));
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(2, 2)}));
  expect_failed(redeeming(redemption(2)), SIGNATURE_MISSING);
  city.now += ledger::kMicrosPerDay;
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(2)}));
  expect_clean();
}

TEST_F(AuditedOffers, HaveATimeAndAnEnd) {
  auto later = offering("later", 10);
  later.set_from(city.now + ledger::kMicrosPerDay);
  PUHUI_ACCEPTED(open_offer(city, later));
  const auto of_later = [this] { return signed_redemptions(city, "later", {redemption(1)}); };
  expect_refused(of_later(), OFFER_STATE_WRONG);
  expect_refused(signed_redemptions(city, "none", {redemption(1)}, {"shop"}), OFFER_UNKNOWN);
  city.now = later.from();
  PUHUI_ACCEPTED(city.submit(of_later()));
  v1::ChangeOffer change;
  change.set_offer("tea");
  expect_refused(change, {"shop"}, EVENT_MALFORMED);
  change.set_stock_added(1'000'000'000);
  expect_refused(change, {"shop"}, EVENT_MALFORMED);
  change.clear_stock_added();
  change.set_is_closed(true);
  expect_unsigned(change, {"bank"});
  PUHUI_ACCEPTED(act(city, change, {"shop"}));
  expect_refused(change, {"shop"}, OFFER_STATE_WRONG);
  expect_refused(redeeming(redemption(1)), OFFER_STATE_WRONG);
  city.now = later.to();
  expect_refused(of_later(), OFFER_STATE_WRONG);
  expect_clean();
}

TEST_F(AuditedOffers, AreWellFormed) {
  const auto expect_wrong = [this](ErrorCode code, auto change) {
    auto offer = offering("cake", 100);
    change(offer);
    expect_refused(offer, {"bank", "shop"}, code);
  };
  expect_wrong(EVENT_MALFORMED, [](auto& offer) { offer.set_price_g(0); });
  expect_wrong(EVENT_MALFORMED, [](auto& offer) { offer.set_stock(1'000'000'001); });
  expect_wrong(EVENT_MALFORMED, [](auto& offer) { offer.set_per_person(-1); });
  expect_wrong(EVENT_MALFORMED, [](auto& offer) { offer.set_value_cents(-1); });
  expect_wrong(EVENT_MALFORMED, [](auto& offer) { offer.clear_to(); });
  expect_wrong(EVENT_MALFORMED, [](auto& offer) { offer.set_to(offer.from()); });
  expect_wrong(EVENT_MALFORMED, [](auto& offer) { offer.mutable_terms(); });
  expect_wrong(OFFER_EXISTS, [](auto& offer) { offer.set_offer("tea"); });
  expect_wrong(PARTY_UNKNOWN, [](auto& offer) { offer.set_merchant("nobody"); });
  expect_wrong(ACCOUNT_UNKNOWN, [](auto& offer) { offer.set_sponsor("nowhere"); });
  expect_wrong(ACCOUNT_KIND, [](auto& offer) { offer.set_sponsor("provider-main"); });
  expect_unsigned(offering("cake", 100), {"shop"});
  PUHUI_ACCEPTED(open_offer(city, offering("cake", 100)));
  expect_clean();
}

// ---- Without attachments ----

TEST_F(AuditedPools, AndOffersAreTakenAsTheyAreWhereAttachmentsAreMissing) {
  PUHUI_ACCEPTED(open_offer(city, offering("tea", 100)));
  city.earn(2, 500, "provider2");
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(2, 3)}));
  PUHUI_ACCEPTED(act(city, settling("s1", city.offer("tea")), {"bank", "shop"}));
  PUHUI_ACCEPTED(convert(city, conversion("r1", 8)));
  PUHUI_ACCEPTED(verify(city, "r1", false));
  PUHUI_ACCEPTED(convert(city, conversion("r2", 9)));
  PUHUI_ACCEPTED(verify(city, "r2"));
  PUHUI_ACCEPTED(issue(city, "r2", "B1"));
  PUHUI_ACCEPTED(reverse_rides(city, {pooled}));
  PUHUI_ACCEPTED(recall(city, "B1"));
  PUHUI_ACCEPTED(erase(city, 1));
  PUHUI_ACCEPTED(erase(city, 2));
  expect_clean();
  const auto log = log_of(city);
  for (std::size_t lost = 0; lost < log.size(); ++lost) {
    if (!log[lost].attachment) continue;
    auto without = log;
    without[lost].attachment.reset();
    const auto audit = audited(without);
    EXPECT_EQ(audit::testing::told(audit), "") << "without the attachment of " << lost;
    EXPECT_EQ(audit.first_missing(), lost);
  }
}

TEST_F(AuditedOffers, AreNotSettledBeyondTheirStockWhateverIsMissing) {
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1, 2)}));
  auto figures = settling("s1", city.offer("tea"));
  const auto told_of = [this](const v1::SettleOffer& action) {
    auto log = log_of(city);
    for (auto& leaf : log) leaf.attachment.reset();
    const auto sent = signed_action(city, action, {"bank", "shop"});
    log.push_back(leaf_at(city.now, LeafKind::event, sent.envelope));
    const auto audit = audited(log);
    return audit.findings().empty() ? std::string() : audit.findings()[0].fault.code;
  };
  EXPECT_EQ(told_of(figures), "");
  figures.set_quantity(8);
  figures.set_amount_g(800);
  figures.set_value_cents(8 * 250);
  EXPECT_EQ(told_of(figures), "");
  figures.set_quantity(9);
  figures.set_amount_g(900);
  figures.set_value_cents(9 * 250);
  EXPECT_EQ(told_of(figures), code_name(SETTLEMENT_DIFFERS));
}

}  // namespace
}  // namespace puhui::node::audit::testing
