// The log of a city with citizens judged again: accounts, consents, pools, reversals, erasures, and
// what is wrong.
#include "tests/ledger/citizens.h"
#include "tests/audit/judged.h"

namespace puhui::node::audit::testing {
namespace {

using enum v1::ErrorCode;

constexpr std::uint64_t kHolder = 25;  // has a self-held account

struct AuditedCitizens : Judged<Citizens> {
  void SetUp() override { city.must(open_self_held_event(city, {kHolder}), {"operator"}); }
  Sent riding(const std::vector<Ride>& rides, const std::string& provider = "provider",
              const std::string& scenario = "bike") {
    auto attachment = attachment_with(rides);
    const auto payload = batch_event(city, attachment, provider, scenario);
    return sign_with(payload, {provider}, std::move(attachment));
  }
  Sent riding(std::uint64_t citizen, std::int64_t grams) {
    return riding({city.new_ride(citizen, grams)});
  }
  Sent consenting(const v1::ConsentRecord& record) { return signed_consents(city, {record}); }
  void agree(std::uint64_t citizen, v1::ConsentItem item) {
    PUHUI_ACCEPTED(consent(city, {consent_of(citizen, item)}));
  }
};

// ---- Accounts ----

TEST_F(AuditedCitizens, AccountsAreOpenedOnce) {
  expect_refused(sign(open_self_held_event(city, {26, 26}), {"operator"}), ACCOUNT_EXISTS);
  expect_refused(sign(open_self_held_event(city, {3}), {"operator"}), ACCOUNT_EXISTS);
  auto unsound = open_self_held_event(city, {26});
  unsound.mutable_open_personal_accounts()->mutable_self_held(0)->clear_key();
  expect_refused(sign(unsound, {"operator"}), EVENT_MALFORMED);
  auto both = open_self_held_event(city, {26, 27});
  both.mutable_open_personal_accounts()->set_pseudonyms(pseudonym(28));
  city.must(both, {"operator"});
  for (const std::uint64_t citizen : {26, 27, 28}) city.earn(citizen, 100);
  expect_clean();
}

TEST_F(AuditedCitizens, AreErasedAsTheyWantAndForGood) {
  agree(1, v1::CONSENT_DATA);
  const auto credited = city.earn(1, 700);
  city.earn(kHolder, 300);
  expect_refused(erasure(99), {"operator"}, ACCOUNT_UNKNOWN);
  expect_refused(erasure(1, self_signed(1, ledger::kErasureWords)), {"operator"},
                 CONFIRMATION_INVALID);
  expect_refused(erasure(kHolder), {"operator"}, CONFIRMATION_INVALID);
  expect_failed(signed_action(city, erasure(kHolder, self_signed(kHolder, "e")), {"operator"}),
                SIGNATURE_INVALID);
  expect_unsigned(erasure(1), {"provider"});
  PUHUI_ACCEPTED(erase(city, 1));
  PUHUI_ACCEPTED(erase(city, 2));  // never credited
  PUHUI_ACCEPTED(
      act(city, erasure(kHolder, self_signed(kHolder, ledger::kErasureWords)), {"operator"}));
  EXPECT_EQ(city.totals().credits_cancelled_g(), 1'000);
  expect_refused(erasure(1), {"operator"}, ACCOUNT_ERASED);
  expect_refused(riding(1, 50), ACCOUNT_ERASED);
  expect_refused(consenting(consent_of(1, v1::CONSENT_DATA)), ACCOUNT_ERASED);
  PUHUI_ACCEPTED(city.submit(signed_reversal(city, {credited})));
  EXPECT_EQ(city.totals().credits_owed_g(), 700);
  expect_clean();
}

TEST_F(AuditedCitizens, PseudonymsAreOpenedByDecision) {
  v1::OpenPseudonym action;
  action.set_account(pseudonym(4));
  action.set_reason("fraud");
  action.set_reference("case 7");
  const Signers signers{"bureau", "expert1", "expert2"};
  expect_refused(action, signers, EVENT_MALFORMED);
  *action.mutable_decision() = document("decision");
  expect_unsigned(action, {"bureau", "expert1"});
  auto unknown = action;
  unknown.set_account(pseudonym(99));
  expect_refused(unknown, signers, ACCOUNT_UNKNOWN);
  PUHUI_ACCEPTED(act(city, action, signers));
  expect_clean();
}

// ---- Consents ----

TEST_F(AuditedCitizens, ConsentsAreOfThePersonAndOfOneParty) {
  const auto item = v1::CONSENT_STATEMENT;
  expect_refused(consenting(consent_of(99, item)), ACCOUNT_UNKNOWN);
  expect_refused(consenting(consent_of(1, item, "nobody")), PARTY_UNKNOWN);
  auto minor = consent_of(1, item);
  minor.set_is_minor(true);
  expect_refused(consenting(minor), CONSENT_GUARDIAN);
  minor.set_guardian_sha256(std::string(crypto::sha256("mother").view()));
  PUHUI_ACCEPTED(city.submit(consenting(minor)));
  minor.set_item(v1::CONSENT_DATA);
  expect_refused(consenting(minor), CONFIRMATION_USED);
  expect_refused(consenting(consent_of(kHolder, item)), CONFIRMATION_INVALID);
  auto own = consent_of(kHolder, item);
  *own.mutable_confirmation() = self_signed(kHolder, ledger::consent_words("provider", item, true));
  auto twisted = own;
  twisted.set_is_given(false);
  expect_failed(consenting(twisted), SIGNATURE_INVALID);
  PUHUI_ACCEPTED(city.submit(consenting(own)));
  expect_clean();
}

TEST_F(AuditedCitizens, ActsOfThoseWhoDidNotAgreeAreNotCredited) {
  auto rules = citizen_rules("asking");
  add_consents(rules, "", {v1::CONSENT_DATA});
  add_consents(rules, "bike", {v1::CONSENT_DATA, v1::CONSENT_WHEREABOUTS});
  PUHUI_ACCEPTED(file_rules(city, rules));
  expect_refused(riding(1, 500), CONSENT_MISSING);
  agree(1, v1::CONSENT_DATA);
  expect_refused(riding(1, 500), CONSENT_MISSING);
  PUHUI_ACCEPTED(ride(city, {city.new_ride(1, 400)}, "provider", "walk"));
  agree(1, v1::CONSENT_WHEREABOUTS);
  city.earn(1, 500);
  expect_refused(riding({city.new_ride(1, 1)}, "provider2"), CONSENT_MISSING);
  PUHUI_ACCEPTED(consent(city, {withdrawal_of(1, v1::CONSENT_DATA)}));
  expect_refused(riding(1, 500), CONSENT_MISSING);
  expect_clean();
}

// ---- Claim windows ----

TEST_F(AuditedCitizens, ActsAreClaimedFromADayToADay) {
  auto m = metres("tram");
  m.set_claim_opens_days(2);
  m.set_claim_window_days(7);
  auto unsound = m;
  unsound.set_claim_opens_days(8);
  v1::FileMethodology action;
  *action.mutable_methodology() = unsound;
  expect_refused(action, {"operator", "expert1", "expert2"}, METHODOLOGY_MALFORMED);
  PUHUI_ACCEPTED(file(city, m));
  const auto taken = city.new_ride(1, 500), late = city.new_ride(2, 500);
  const auto sent = [&](const Ride& of) { return riding({of}, "provider", "tram"); };
  expect_refused(sent(taken), CLAIM_NOT_OPEN);
  city.now = ledger::time_of_day(kToday + 2) - kSecond;
  expect_refused(sent(taken), CLAIM_NOT_OPEN);
  city.now = ledger::time_of_day(kToday + 2);
  PUHUI_ACCEPTED(city.submit(sent(taken)));
  city.now = ledger::time_of_day(kToday + 8) - kSecond;
  PUHUI_ACCEPTED(city.submit(sent(late)));
  city.now = ledger::time_of_day(kToday + 8);
  expect_refused(sent(city.new_ride(3, 500)), CLAIM_NOT_OPEN);
  expect_refused(riding({{3, 500, 8, kToday, 0, "late"}}, "provider", "tram"), CLAIM_WINDOW);
  expect_clean();
}

// ---- Pools ----

TEST_F(AuditedCitizens, PoolsKeepUpToTheThresholdOfThePeriod) {
  agree(1, v1::CONSENT_POOLING);
  city.earn(1, 5);
  PUHUI_ACCEPTED(file_rules(city, pooling(v1::CREDIT_MONTH, 1'000)));
  city.earn(1, 700);
  city.earn(1, 700);
  city.earn(2, 100);               // who did not agree
  city.earn(1, 100, "provider2");  // who has no pool
  EXPECT_EQ(city.pool().credits_held_g(), 1'000);
  city.now += 20 * ledger::kMicrosPerDay;
  city.earn(1, 50);
  PUHUI_ACCEPTED(file_rules(city, pooling(v1::CREDIT_DAY, 30)));
  for (int i = 0; i < 2; ++i) city.earn(1, 20);
  PUHUI_ACCEPTED(file_rules(city, pooling(v1::CREDIT_YEAR, 10)));
  city.earn(1, 20);
  EXPECT_EQ(city.pool().credits_held_g(), 1'090);
  for (const auto* account : {"bank-pool", "provider-main", "nowhere"}) {
    PUHUI_ACCEPTED(file_rules(city, pooling(v1::CREDIT_DAY, 30, account)));
    expect_refused(riding(1, 20), ACCOUNT_KIND);
  }
  expect_clean();
}

// ---- Reversals ----

TEST_F(AuditedCitizens, ProvidersTakeCreditsBackOnceAndInTime) {
  const auto first = city.earn(1, 500), second = city.earn(kHolder, 40);
  expect_refused(signed_reversal(city, {first}, "provider2"), CLAIM_UNKNOWN);
  expect_refused(signed_reversal(city, {first}, "provider", "walk"), CLAIM_UNKNOWN);
  expect_refused(signed_reversal(city, {city.new_ride(1, 5)}), CLAIM_UNKNOWN);
  PUHUI_ACCEPTED(reverse_rides(city, {city.new_ride(1, 5), first, first}));
  expect_refused(signed_reversal(city, {first}), CLAIM_REVERSED);
  expect_refused(riding({first}), CLAIM_DUPLICATE);
  city.now = ledger::time_of_day(kToday + kReversalDays + 1) - kSecond;
  PUHUI_ACCEPTED(reverse_rides(city, {second}));
  EXPECT_EQ(city.totals().records_reversed(), 2);
  expect_clean();
}

TEST_F(AuditedCitizens, ReversalsHaveAnEnd) {
  const auto credited = city.earn(1, 500);
  city.now = ledger::time_of_day(kToday + kReversalDays + 1);
  expect_refused(signed_reversal(city, {credited}), REVERSAL_WINDOW);
  auto rules = citizen_rules("for ever");
  rules.set_reversal_days(366);
  PUHUI_ACCEPTED(file_rules(city, rules));
  // Long after the day is closed to claims.
  city.now += 100 * ledger::kMicrosPerDay;
  reach_a_state_root();
  expect_refused(riding({credited}), CLAIM_WINDOW);
  PUHUI_ACCEPTED(reverse_rides(city, {credited}));
  rules.set_reversal_days(0);
  PUHUI_ACCEPTED(file_rules(city, rules));
  const auto another = city.earn(1, 500);
  expect_refused(signed_reversal(city, {another}), REVERSAL_WINDOW);
  expect_clean();
}

// ---- Forms ----

TEST_F(AuditedCitizens, RulesAreWellFormed) {
  const auto expect_malformed = [this](auto change) {
    auto rules = pooling(v1::CREDIT_DAY, 100);
    add_consents(rules, "bike", {v1::CONSENT_DATA});
    change(rules);
    v1::FileRuleSet action;
    *action.mutable_rules() = rules;
    expect_refused(action, {"bureau"}, RULE_MALFORMED);
  };
  expect_malformed([](auto& rules) { *rules.add_consents() = rules.consents(0); });
  expect_malformed([](auto& rules) { rules.mutable_consents(0)->clear_items(); });
  expect_malformed([](auto& rules) { rules.mutable_consents(0)->add_items({}); });
  expect_malformed([](auto& rules) { *rules.add_pools() = rules.pools(0); });
  expect_malformed([](auto& rules) { rules.mutable_pools(0)->clear_period(); });
  expect_malformed([](auto& rules) { rules.mutable_pools(0)->set_threshold_g(0); });
  expect_malformed([](auto& rules) { rules.mutable_pools(0)->set_account("Pool"); });
  expect_malformed([](auto& rules) { rules.set_reversal_days(367); });
  expect_malformed([](auto& rules) { rules.set_custodial_limit_g(-1); });
  expect_malformed([](auto& rules) { rules.set_jump_percent(100'001); });
}

TEST_F(AuditedCitizens, AttachmentsAreThoseNamed) {
  const auto change = [this](auto how) {
    auto sent = consenting(consent_of(1, v1::CONSENT_DATA));
    how(sent.attachment);
    return sent;
  };
  expect_failed(change([](std::string& bytes) { bytes.back() ^= 1; }), ATTACHMENT_MISMATCH);
  auto record = consent_of(1, v1::CONSENT_DATA);
  record.set_party("No name");
  expect_failed(consenting(record), RECORD_MALFORMED);
  record = consent_of(1, v1::CONSENT_ITEM_UNSPECIFIED);
  expect_failed(consenting(record), RECORD_MALFORMED);
  record = consent_of(1, v1::CONSENT_DATA);
  record.set_guardian_sha256("short");
  expect_failed(consenting(record), RECORD_MALFORMED);
  record = consent_of(1, v1::CONSENT_DATA);
  record.mutable_confirmation()->set_nonce("both");
  expect_failed(consenting(record), RECORD_MALFORMED);
  v1::SubmitConsents none;
  none.set_batch("none");
  expect_failed(signed_records(city, none, "", {"operator"}), BATCH_EMPTY);
}

}  // namespace
}  // namespace puhui::node::audit::testing
