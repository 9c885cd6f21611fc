// Accounts of citizens: custodial and self-held, erased, and opened to whom the law lets ask.
#include <gtest/gtest.h>

#include "ledger/views/state_value.h"
#include "tests/ledger/citizens.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

std::optional<std::string> stored_under(const City& city, const std::string& key) {
  return city.view().reader().get(key);
}
v1::PersonalAccount personal_of(const City& city, std::uint64_t citizen) {
  const auto key = key::personal(pseudonym(citizen));
  const auto message = state_message(key, stored_under(city, key).value());
  EXPECT_TRUE(message);
  return dynamic_cast<const v1::PersonalAccount&>(**message);
}

// ---- Opening ----

struct Opening : Citizens {};

TEST_F(Opening, OfBothKindsInOneEvent) {
  auto payload = open_self_held_event(city, {21, 22});
  payload.mutable_open_personal_accounts()->set_pseudonyms(pseudonym(20));
  const auto before = city.totals().personal_accounts();
  const auto answer = city.must(payload, {"operator"});
  EXPECT_EQ(fact_of(answer, "opened"), "3");
  EXPECT_EQ(city.totals().personal_accounts(), before + 3);
  EXPECT_FALSE(personal_of(city, 20).is_self_held());
  EXPECT_TRUE(personal_of(city, 21).is_self_held());
  EXPECT_EQ(personal_of(city, 22).opened_at(), static_cast<std::int64_t>(answer.leaf));
  EXPECT_EQ(stored_under(city, key::holder_key(pseudonym(21))),
            holder_of(21).public_key().encode());
  EXPECT_FALSE(stored_under(city, key::holder_key(pseudonym(20))));
}

TEST_F(Opening, IsOncePerPseudonym) {
  PUHUI_REFUSED(city.send(open_self_held_event(city, {1}), {"operator"}), ACCOUNT_EXISTS);
  PUHUI_REFUSED(city.send(open_self_held_event(city, {21, 21}), {"operator"}), ACCOUNT_EXISTS);
  auto both = open_self_held_event(city, {21});
  both.mutable_open_personal_accounts()->set_pseudonyms(pseudonym(21));
  PUHUI_REFUSED(city.send(both, {"operator"}), ACCOUNT_EXISTS);
  EXPECT_FALSE(stored_under(city, key::personal(pseudonym(21))));
  EXPECT_FALSE(stored_under(city, key::holder_key(pseudonym(21))));
  city.must(open_self_held_event(city, {21}), {"operator"});
  PUHUI_REFUSED(city.send(open_personal_event(city, 21, 1), {"operator"}), ACCOUNT_EXISTS);
}

TEST_F(Opening, OfForms) {
  const auto with = [this](auto change) {
    auto payload = open_self_held_event(city, {21});
    auto& action = *payload.mutable_open_personal_accounts();
    change(action, *action.mutable_self_held(0));
    return city.send(payload, {"operator"});
  };
  PUHUI_REFUSED(with([](auto&, auto& a) { a.mutable_pseudonym()->pop_back(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto&, auto& a) { a.clear_key(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto&, auto& a) { a.mutable_key()->mutable_public_key()->pop_back(); }),
                EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& all, auto&) { all.clear_self_held(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& all, auto&) { all.set_pseudonyms("short"); }), EVENT_MALFORMED);
  PUHUI_ACCEPTED(with([](auto&, auto&) {}));
}

// ---- Erasure ----

struct Erasing : Citizens {
  void SetUp() override {
    city.must(open_self_held_event(city, {20}), {"operator"});
    PUHUI_ACCEPTED(open_offer(city, offering("tea", 100)));
    PUHUI_ACCEPTED(consent(
        city, {consent_of(1, v1::CONSENT_DATA), consent_of(1, v1::CONSENT_STATEMENT, "bank"),
               consent_of(2, v1::CONSENT_DATA)}));
  }
};

TEST_F(Erasing, CancelsWhatIsLeft) {
  city.earn(1, 500);
  const auto action = erasure(1);
  const auto answer = act(city, action, {"operator"});
  PUHUI_ACCEPTED(answer);
  EXPECT_EQ(city.grams(1), 0);
  EXPECT_TRUE(personal_of(city, 1).is_erased());
  EXPECT_EQ(personal_of(city, 1).last_leaf(), static_cast<std::int64_t>(answer.leaf));
  EXPECT_EQ(city.totals().credits_cancelled_g(), 500);
  EXPECT_EQ(city.totals().credits_held_g(), 0);
  EXPECT_TRUE(city.view().consents(id_of_citizen(1)).items().empty());
  EXPECT_EQ(city.view().consents(id_of_citizen(2)).items_size(), 1);
  const auto last = movements_of(city.view(), 1).back();
  EXPECT_EQ(last.kind(), v1::CREDIT_ERASED);
  EXPECT_EQ(last.grams(), -500);
  EXPECT_EQ(last.claim(), name_of(1, action.confirmation()).view());
  EXPECT_EQ(fact_of(answer, "cancelled_g"), "500");
}

TEST_F(Erasing, EndsWhatTheAccountTakes) {
  city.earn(1, 500);
  PUHUI_ACCEPTED(erase(city, 1));
  PUHUI_REFUSED(erase(city, 1), ACCOUNT_ERASED);
  PUHUI_REFUSED(ride(city, {city.new_ride(1, 5)}), ACCOUNT_ERASED);
  PUHUI_REFUSED(redeem(city, "tea", {redemption(1)}), ACCOUNT_ERASED);
  PUHUI_REFUSED(consent(city, {consent_of(1, v1::CONSENT_DATA)}), ACCOUNT_ERASED);
  PUHUI_REFUSED(city.send(open_personal_event(city, 1, 1), {"operator"}), ACCOUNT_EXISTS);
  const auto answer = ride(city, {city.new_ride(1, 5), city.new_ride(2, 5)});
  EXPECT_EQ(refusals_of(answer), "0 account.erased; ");
}

TEST_F(Erasing, LeavesClaimsAndOldProofs) {
  const auto taken = city.new_ride(1, 500);
  const auto credited = ride(city, {city.new_ride(2, 7), taken, city.new_ride(3, 9)});
  PUHUI_ACCEPTED(credited);
  while (city.head().size % 64 != 0) city.earn(4, 1);
  const auto root_of = [this] {
    const auto view = city.view();
    return *decode_state_root(decode_entry(view.entry(*view.last_state_root()))->body);
  };
  const auto old_root = root_of();
  const auto account_key = *state_key({"account", id_of_citizen(1)});
  const auto old_proof = city.view().state_proof(account_key);
  PUHUI_ACCEPTED(erase(city, 1));
  const auto claim = read_record(record_of(taken).SerializeAsString(), "bike");
  EXPECT_TRUE(stored_under(city, key::claim(claim->day, claim->slot, claim->claim_leaf.view())));
  EXPECT_TRUE(verify_state_claim(old_proof, old_root.personal_map));
  const auto record = city.view().record_proof(credited.leaf, 1);
  ASSERT_TRUE(record);
  std::vector<crypto::Digest> path;
  for (const auto& hash : record->path()) path.push_back(*crypto::Digest::from_bytes(hash));
  EXPECT_TRUE(crypto::verify_inclusion({1, record->count(), crypto::leaf_hash(record->record()),
                                        *crypto::Digest::from_bytes(record->root())},
                                       path));
  EXPECT_EQ(movements_of(city.view(), 1).front().grams(), 500);
  // And the next root proves what is left of it.
  const auto size = city.head().size;
  while (city.head().size / 64 == size / 64) city.earn(4, 1);
  const auto proof = city.view().state_proof(account_key);
  EXPECT_TRUE(verify_state_claim(proof, root_of().personal_map));
  EXPECT_NE(proof.value(), old_proof.value());
}

TEST_F(Erasing, OfWhoHoldsTheKeyNeedsIt) {
  city.earn(20, 300);
  PUHUI_REFUSED(erase(city, 20), CONFIRMATION_INVALID);
  const auto action = erasure(20, self_signed(20, kErasureWords));
  PUHUI_FAILED(act(city, action, {"shop"}), SIGNATURE_MISSING);
  PUHUI_ACCEPTED(act(city, action, {"operator"}));
  EXPECT_FALSE(stored_under(city, key::holder_key(pseudonym(20))));
  EXPECT_TRUE(personal_of(city, 20).is_self_held());
  EXPECT_TRUE(personal_of(city, 20).is_erased());
  PUHUI_REFUSED(
      redeem(city, "tea", {redemption(20, 1, self_signed(20, redemption_words("tea", 1)))}),
      ACCOUNT_ERASED);
}

TEST_F(Erasing, UsesItsConfirmation) {
  const auto used = consent_of(1, v1::CONSENT_POOLING);
  PUHUI_ACCEPTED(consent(city, {used}));
  PUHUI_REFUSED(act(city, erasure(1, used.confirmation()), {"operator"}), CONFIRMATION_USED);
  // That of another is another's.
  PUHUI_ACCEPTED(act(city, erasure(2, used.confirmation()), {"operator"}));
  PUHUI_REFUSED(erase(city, 99), ACCOUNT_UNKNOWN);
}

TEST_F(Erasing, LeavesWhatIsOwed) {
  const auto taken = city.earn(1, 150);
  PUHUI_ACCEPTED(redeem(city, "tea", {redemption(1)}));
  PUHUI_ACCEPTED(reverse_rides(city, {taken}));
  ASSERT_EQ(city.grams(1), -100);
  PUHUI_ACCEPTED(erase(city, 1));
  EXPECT_EQ(city.grams(1), -100);
  EXPECT_EQ(city.totals().credits_owed_g(), 100);
  EXPECT_EQ(city.totals().credits_cancelled_g(), 0);
  EXPECT_EQ(movements_of(city.view(), 1).back().grams(), 0);
}

TEST(ErasingAlways, GoesOnWithoutRulesInForce) {
  auto rules = citizen_rules();
  rules.set_effective_to(kNoon + kMicrosPerDay);
  CitizenCity city(rules);
  city.earn(1, 500);
  city.now = kNoon + kMicrosPerDay;
  PUHUI_REFUSED(ride(city, {city.new_ride(1, 5)}), RULE_NONE_IN_FORCE);
  PUHUI_ACCEPTED(consent(city, {withdrawal_of(1, v1::CONSENT_DATA)}));
  PUHUI_ACCEPTED(erase(city, 1));
  EXPECT_EQ(drift_of_credits(city.view()), "");
}

TEST_F(Erasing, OfMuchIsSignedByMore) {
  auto rules = citizen_rules("limited");
  rules.set_custodial_limit_g(500);
  PUHUI_ACCEPTED(file_rules(city, rules));
  city.earn(1, 501);
  city.earn(2, 500);
  city.earn(20, 501);
  PUHUI_FAILED(erase(city, 1), SIGNATURE_MISSING);
  PUHUI_ACCEPTED(act(city, erasure(1), {"operator", "bureau"}));
  PUHUI_ACCEPTED(erase(city, 2));
  // Who holds the key needs nobody for it.
  PUHUI_ACCEPTED(act(city, erasure(20, self_signed(20, kErasureWords)), {"operator"}));
}

// ---- Opening a pseudonym ----

struct Pseudonyms : Citizens {
  static v1::OpenPseudonym asking_about(std::uint64_t citizen) {
    v1::OpenPseudonym action;
    action.set_account(pseudonym(citizen));
    action.set_reason("a court asks");
    action.set_reference("(2026) E 01 No. 7");
    *action.mutable_decision() = document("order of a court");
    return action;
  }
  Answer open_it(const v1::OpenPseudonym& action,
                 const Signers& signers = {"bureau", "expert1", "expert2"}) {
    return act(city, action, signers);
  }
};

TEST_F(Pseudonyms, AreOpenedBySeveralForAllToSee) {
  PUHUI_FAILED(open_it(asking_about(1), {"bureau"}), SIGNATURE_MISSING);
  PUHUI_FAILED(open_it(asking_about(1), {"bureau", "expert1"}), SIGNATURE_MISSING);
  PUHUI_FAILED(open_it(asking_about(1), {"expert1", "expert2", "operator"}), SIGNATURE_MISSING);
  EXPECT_TRUE(city.view().openings({}).items().empty());
  const auto answer = open_it(asking_about(1));
  PUHUI_ACCEPTED(answer);
  PUHUI_ACCEPTED(open_it(asking_about(1)));
  const auto openings = city.view().openings({});
  ASSERT_EQ(openings.items_size(), 2);
  EXPECT_EQ(openings.items(0).account(), id_of_citizen(1));
  EXPECT_EQ(openings.items(0).opened_at(), static_cast<std::int64_t>(answer.leaf));
  EXPECT_EQ(openings.items(0).opening().reference(), "(2026) E 01 No. 7");
  const auto key = state_key({"opening", std::to_string(answer.leaf)});
  ASSERT_TRUE(key);
  EXPECT_TRUE(stored_under(city, *key));
}

TEST_F(Pseudonyms, AreOfAccountsWithAReason) {
  const auto with = [this](auto change) {
    auto action = asking_about(1);
    change(action);
    return open_it(action);
  };
  PUHUI_REFUSED(with([](auto& a) { a.set_account("short"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& a) { a.clear_reason(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& a) { a.set_reason(std::string(513, 'r')); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& a) { a.clear_reference(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& a) { a.clear_decision(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(open_it(asking_about(99)), ACCOUNT_UNKNOWN);
  PUHUI_ACCEPTED(erase(city, 1));
  PUHUI_REFUSED(open_it(asking_about(1)), ACCOUNT_ERASED);
}

}  // namespace
}  // namespace puhui::ledger::testing
