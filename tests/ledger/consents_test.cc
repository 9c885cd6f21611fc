// What citizens agree to: asked by scenario, given to one party at a time, confirmed once, and
// taken back at will.
#include <gtest/gtest.h>

#include "tests/ledger/citizens.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;
using v1::CONSENT_DATA;
using v1::CONSENT_POOLING;
using v1::CONSENT_STATEMENT;
using v1::CONSENT_WHEREABOUTS;

// Rides tell where somebody went; walks are asked about as all else is.
v1::RuleSet asking() {
  auto rules = citizen_rules("asking");
  add_consents(rules, "", {CONSENT_DATA});
  add_consents(rules, "bike", {CONSENT_DATA, CONSENT_WHEREABOUTS});
  return rules;
}

struct Asking : Citizens {
  Asking() : Citizens(asking()) {}
  Answer walk(std::uint64_t citizen, const std::string& provider = "provider") {
    return ride(city, {city.new_ride(citizen, 10)}, provider, "walk");
  }
  Answer cycle(std::uint64_t citizen, const std::string& provider = "provider") {
    return ride(city, {city.new_ride(citizen, 10)}, provider);
  }
};

TEST_F(Asking, NobodyIsCreditedUnasked) {
  const auto refused = walk(1);
  PUHUI_REFUSED(refused, CONSENT_MISSING);
  EXPECT_EQ(refused.outcome.rule(), "rules.consents");
  EXPECT_EQ(refused.outcome.limit(), "CONSENT_DATA");
  EXPECT_EQ(refused.outcome.asked(), "provider");
  PUHUI_ACCEPTED(consent(city, {consent_of(1, CONSENT_DATA)}));
  PUHUI_ACCEPTED(walk(1));
  PUHUI_REFUSED(walk(2), CONSENT_MISSING);
}

TEST_F(Asking, WhereaboutsAreAskedApart) {
  PUHUI_ACCEPTED(consent(city, {consent_of(1, CONSENT_DATA)}));
  const auto refused = cycle(1);
  PUHUI_REFUSED(refused, CONSENT_MISSING);
  EXPECT_EQ(refused.outcome.limit(), "CONSENT_WHEREABOUTS");
  PUHUI_ACCEPTED(consent(city, {consent_of(1, CONSENT_WHEREABOUTS)}));
  PUHUI_ACCEPTED(cycle(1));
  PUHUI_ACCEPTED(consent(city, {consent_of(2, CONSENT_WHEREABOUTS)}));
  PUHUI_REFUSED(cycle(2), CONSENT_MISSING);
}

TEST_F(Asking, EachProviderApart) {
  PUHUI_ACCEPTED(consent(city, {consent_of(1, CONSENT_DATA)}));
  PUHUI_REFUSED(walk(1, "provider2"), CONSENT_MISSING);
  PUHUI_ACCEPTED(consent(city, {consent_of(1, CONSENT_DATA, "provider2")}));
  PUHUI_ACCEPTED(walk(1, "provider2"));
}

TEST_F(Asking, WhatIsTakenBackHoldsForWhatComesLater) {
  PUHUI_ACCEPTED(consent(city, {consent_of(1, CONSENT_DATA), consent_of(1, CONSENT_POOLING)}));
  PUHUI_ACCEPTED(walk(1));
  PUHUI_ACCEPTED(consent(city, {withdrawal_of(1, CONSENT_DATA)}));
  PUHUI_REFUSED(walk(1), CONSENT_MISSING);
  EXPECT_EQ(city.grams(1), 10);
  EXPECT_TRUE(city.view().has_consent(id_of_citizen(1), "provider", CONSENT_POOLING));
  PUHUI_ACCEPTED(consent(city, {consent_of(1, CONSENT_DATA)}));
  PUHUI_ACCEPTED(walk(1));
  // What was never given may be taken back.
  PUHUI_ACCEPTED(consent(city, {withdrawal_of(2, CONSENT_DATA)}));
}

TEST_F(Asking, EachRecordIsJudgedByItself) {
  PUHUI_ACCEPTED(consent(city, {consent_of(1, CONSENT_DATA)}));
  const auto answer = ride(city, {city.new_ride(2, 10), city.new_ride(1, 10)}, "provider", "walk");
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(refusals_of(answer), "0 consent.missing; ");
}

std::string explanation_of(const v1::RecordRefusal& refusal) {
  return std::to_string(refusal.record()) + " " + std::string(code_name(refusal.code())) + ", " +
         refusal.rule() + ", " + refusal.limit() + ", " + refusal.used() + ", " + refusal.asked();
}

TEST_F(Asking, EachRecordIsToldWhy) {
  auto rules = asking();
  rules.set_version("asking and capped");
  auto& cap = *rules.add_person_caps();
  cap.set_scenario("walk");
  cap.set_day_g(100);
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_ACCEPTED(consent(city, {consent_of(1, CONSENT_DATA)}));
  const auto taken = city.new_ride(1, 60);
  const auto first = ride(city, {taken}, "provider", "walk");
  PUHUI_ACCEPTED(first);
  auto late = city.new_ride(1, 10);
  late.day -= 61;
  const auto mixed = ride(city,
                          {city.new_ride(1, 41), taken, late, city.new_ride(2, 10),
                           city.new_ride(99, 10), city.new_ride(1, 40)},
                          "provider", "walk");
  PUHUI_ACCEPTED(mixed);
  EXPECT_EQ(mixed.outcome.records_accepted(), 1U);
  const auto today = date_text(day_of(city.now));
  const std::string expected[] = {
      "0 cap.day, record.cap, 100 g, 60 g, 41 g",
      "1 claim.duplicate, claim.unique, 1 claim per act, leaf " + std::to_string(first.leaf) +
          ", walk on " + today + ", slot 8",
      "2 claim.window, record.claim_window, 60 days, today is " + today + ", " +
          date_text(late.day),
      "3 consent.missing, rules.consents, CONSENT_DATA, , provider",
      "4 account.unknown, record.account, , , "};  // outcomes name no person
  ASSERT_EQ(mixed.outcome.record_refusals_size(), 5);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(explanation_of(mixed.outcome.record_refusals(i)), expected[i]);
  // Where none is accepted, the first one's reason is that of all, and each has its own.
  const auto none = ride(city, {city.new_ride(2, 10), city.new_ride(1, 1)}, "provider", "walk");
  PUHUI_REFUSED(none, CONSENT_MISSING);
  ASSERT_EQ(none.outcome.record_refusals_size(), 2);
  EXPECT_EQ(explanation_of(none.outcome.record_refusals(1)),
            "1 cap.day, record.cap, 100 g, 100 g, 1 g");
}

TEST_F(Asking, TheConsentComesBeforeTheClaim) {
  PUHUI_ACCEPTED(consent(city, {consent_of(1, CONSENT_DATA)}));
  const auto taken = city.new_ride(1, 10);
  PUHUI_ACCEPTED(ride(city, {taken}, "provider", "walk"));
  PUHUI_REFUSED(ride(city, {taken}, "provider2", "walk"), CONSENT_MISSING);
  PUHUI_REFUSED(ride(city, {taken}, "provider", "walk"), CLAIM_DUPLICATE);
}

TEST_F(Asking, NobodyIsAskedWhereTheRulesDoNot) {
  auto rules = citizen_rules("not asking");
  add_consents(rules, "bike", {CONSENT_DATA});
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_ACCEPTED(walk(1));
  PUHUI_REFUSED(cycle(1), CONSENT_MISSING);
}

// ---- What a record must be ----

TEST_F(Citizens, OfMinorsTheGuardianConfirmsToo) {
  auto record = consent_of(1, CONSENT_DATA);
  record.set_is_minor(true);
  const auto refused = consent(city, {record});
  PUHUI_REFUSED(refused, CONSENT_GUARDIAN);
  EXPECT_EQ(refused.outcome.rule(), "consent.guardian");
  record.set_guardian_sha256(std::string(32, 'g'));
  PUHUI_ACCEPTED(consent(city, {record}));
  EXPECT_TRUE(city.view().has_consent(id_of_citizen(1), "provider", CONSENT_DATA));
  // It is taken back without one.
  auto back = withdrawal_of(1, CONSENT_DATA);
  back.set_is_minor(true);
  PUHUI_ACCEPTED(consent(city, {back}));
  EXPECT_FALSE(city.view().has_consent(id_of_citizen(1), "provider", CONSENT_DATA));
}

TEST_F(Citizens, KnownOnesAgreeToKnownParties) {
  PUHUI_REFUSED(consent(city, {consent_of(99, CONSENT_DATA)}), ACCOUNT_UNKNOWN);
  PUHUI_REFUSED(consent(city, {consent_of(1, CONSENT_DATA, "nobody")}), PARTY_UNKNOWN);
  const auto answer = consent(city, {consent_of(99, CONSENT_DATA), consent_of(1, CONSENT_DATA),
                                     consent_of(1, CONSENT_DATA, "nobody")});
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(refusals_of(answer), "0 account.unknown; 2 party.unknown; ");
  EXPECT_EQ(answer.outcome.records_accepted(), 1U);
  EXPECT_EQ(answer.outcome.records_refused(), 2U);
}

TEST_F(Citizens, AConfirmationIsUsedOnce) {
  auto record = consent_of(1, CONSENT_DATA);
  PUHUI_ACCEPTED(consent(city, {record}));
  const auto refused = consent(city, {record});
  PUHUI_REFUSED(refused, CONFIRMATION_USED);
  EXPECT_EQ(refused.outcome.asked(), name_of(1, record.confirmation()).hex());
  // For something else, in one batch, after a restart; nobody uses it up for another.
  auto other = consent_of(1, CONSENT_POOLING, "bank");
  *other.mutable_confirmation() = record.confirmation();
  PUHUI_REFUSED(consent(city, {other}), CONFIRMATION_USED);
  other.set_account(pseudonym(2));
  PUHUI_ACCEPTED(consent(city, {other}));
  const auto twice = consent_of(3, CONSENT_DATA);
  const auto answer = consent(city, {twice, twice});
  EXPECT_EQ(refusals_of(answer), "1 confirmation.used; ");
  city.reopen();
  PUHUI_REFUSED(consent(city, {twice}), CONFIRMATION_USED);
  city.earn(1, 100);
  PUHUI_ACCEPTED(open_offer(city, offering("tea", 10)));
  PUHUI_REFUSED(redeem(city, "tea", {redemption(1, 1, record.confirmation())}), CONFIRMATION_USED);
}

TEST_F(Citizens, ARefusedRecordUsesNoConfirmation) {
  auto record = consent_of(1, CONSENT_DATA, "nobody");
  PUHUI_REFUSED(consent(city, {record}), PARTY_UNKNOWN);
  record.set_party("provider");
  PUHUI_ACCEPTED(consent(city, {record}));
}

TEST_F(Citizens, WhoHoldsTheKeyConfirmsWithIt) {
  city.must(open_self_held_event(city, {20, 21}), {"operator"});
  const auto words = consent_words("provider", CONSENT_DATA, true);
  auto record = consent_of(20, CONSENT_DATA);
  const auto refused = consent(city, {record});
  PUHUI_REFUSED(refused, CONFIRMATION_INVALID);
  EXPECT_EQ(refused.outcome.limit(), "the account's own key");
  // By another key, well signed.
  auto& confirmation = *record.mutable_confirmation();
  confirmation = self_signed_until(20, words, city.now + kSecond, std::string(kNonceSize, 'x'), 21);
  PUHUI_REFUSED(consent(city, {record}), CONFIRMATION_INVALID);
  *record.mutable_confirmation() = self_signed(20, words);
  PUHUI_ACCEPTED(consent(city, {record}));
  PUHUI_REFUSED(consent(city, {record}), CONFIRMATION_USED);
}

// Whoever carries a signed word may not keep it for later, nor turn the order round.
TEST_F(Citizens, ASignedWordCountsInItsOrderAndTime) {
  city.must(open_self_held_event(city, {20}), {"operator"});
  const auto given = consent_words("provider", CONSENT_DATA, true);
  const auto withdrawn = consent_words("provider", CONSENT_DATA, false);
  const std::string one(kNonceSize, '1'), two(kNonceSize, '2'), three(kNonceSize, '3');
  const auto until = city.now + kMicrosPerDay;
  auto record = consent_of(20, CONSENT_DATA);
  auto later = record;
  later.set_is_given(false);
  *record.mutable_confirmation() = self_signed_until(20, given, until, one);
  *later.mutable_confirmation() = self_signed_until(20, withdrawn, until + 1, two);
  PUHUI_ACCEPTED(consent(city, {later}));
  const auto refused = consent(city, {record});
  PUHUI_REFUSED(refused, CONFIRMATION_INVALID);
  EXPECT_EQ(refused.outcome.rule(), "consent.order");
  *record.mutable_confirmation() = self_signed_until(20, given, until + 2, three);
  city.now = until + 3;
  const auto late = consent(city, {record});
  PUHUI_REFUSED(late, CONFIRMATION_INVALID);
  EXPECT_EQ(late.outcome.rule(), "record.confirmation");
}

TEST_F(Citizens, ACustodialAccountHasNoKey) {
  auto record = consent_of(1, CONSENT_DATA);
  *record.mutable_confirmation() = self_signed(1, consent_words("provider", CONSENT_DATA, true));
  const auto refused = consent(city, {record});
  PUHUI_REFUSED(refused, CONFIRMATION_INVALID);
  EXPECT_EQ(refused.outcome.limit(), "kept by the custodian");
}

TEST_F(Citizens, ConsentsAreSentByWhoKeepsTheAccounts) {
  v1::SubmitConsents action;
  action.set_batch("b");
  const auto bytes = attached(std::vector{consent_of(1, CONSENT_DATA)});
  PUHUI_FAILED(city.submit(signed_records(city, action, bytes, {"provider"})), SIGNATURE_MISSING);
  action.set_batch("No Name");
  PUHUI_REFUSED(city.submit(signed_records(city, action, bytes, {"operator"})), EVENT_MALFORMED);
}

TEST_F(Citizens, ABatchOfWhichNothingHoldsChangesNothing) {
  const auto before = city.head();
  PUHUI_REFUSED(consent(city, {consent_of(99, CONSENT_DATA), consent_of(1, CONSENT_DATA, "x")}),
                ACCOUNT_UNKNOWN);
  EXPECT_EQ(city.head().digest, before.digest);
  EXPECT_EQ(city.head().size, before.size);
}

TEST_F(Citizens, SeeWhatTheyAgreedTo) {
  PUHUI_ACCEPTED(consent(
      city, {consent_of(1, CONSENT_POOLING), consent_of(1, CONSENT_DATA),
             consent_of(1, CONSENT_STATEMENT, "bank"), consent_of(2, CONSENT_DATA, "provider2")}));
  const auto list = city.view().consents(id_of_citizen(1));
  ASSERT_EQ(list.items_size(), 2);
  EXPECT_EQ(list.items(0).party(), "bank");
  ASSERT_EQ(list.items(0).items_size(), 1);
  EXPECT_EQ(list.items(0).items(0), CONSENT_STATEMENT);
  EXPECT_EQ(list.items(1).party(), "provider");
  ASSERT_EQ(list.items(1).items_size(), 2);
  EXPECT_EQ(list.items(1).items(0), CONSENT_DATA);
  EXPECT_EQ(list.items(1).items(1), CONSENT_POOLING);
  const auto view = city.view();
  EXPECT_TRUE(view.has_consent(id_of_citizen(1), "bank", CONSENT_STATEMENT));
  EXPECT_FALSE(view.has_consent(id_of_citizen(1), "bank", CONSENT_DATA));
  EXPECT_FALSE(view.has_consent(id_of_citizen(2), "bank", CONSENT_STATEMENT));
  EXPECT_FALSE(view.has_consent("owner-main", "bank", CONSENT_STATEMENT));
  EXPECT_TRUE(view.consents("owner-main").items().empty());
  PUHUI_ACCEPTED(consent(city, {withdrawal_of(1, CONSENT_STATEMENT, "bank")}));
  const auto left = city.view().consents(id_of_citizen(1));
  for (const auto& of_party : left.items())
    EXPECT_EQ(of_party.items_size(), of_party.party() == "provider" ? 2 : 0);
}

// ---- The form of what the rules ask ----

TEST(ConsentRules, FormIsChecked) {
  City city;
  PUHUI_ACCEPTED(file_rules(city, asking()));
  const auto with = [&city](auto change) {
    auto rules = asking();
    change(rules);
    return file_rules(city, rules);
  };
  PUHUI_REFUSED(with([](auto& r) { r.mutable_consents(0)->set_scenario("Two Words"); }),
                RULE_MALFORMED);
  PUHUI_REFUSED(with([](auto& r) { r.mutable_consents(0)->set_scenario("bike"); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](auto& r) { r.mutable_consents(1)->clear_scenario(); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](auto& r) { r.mutable_consents(1)->clear_items(); }), RULE_MALFORMED);
  PUHUI_REFUSED(
      with([](auto& r) { r.mutable_consents(0)->set_items(0, v1::CONSENT_ITEM_UNSPECIFIED); }),
      RULE_MALFORMED);
  PUHUI_REFUSED(
      with([](auto& r) { r.mutable_consents(0)->set_items(0, static_cast<v1::ConsentItem>(77)); }),
      RULE_MALFORMED);
}

}  // namespace
}  // namespace puhui::ledger::testing
