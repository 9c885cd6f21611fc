// What citizens are told: every movement of an account, what saved most, what would; and what all
// may see of batches, scenarios and offers.
#include <gtest/gtest.h>

#include "ledger/views/state_value.h"
#include "tests/ledger/citizens.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

v1::RuleSet pooling_a_little() { return pooling(v1::CREDIT_YEAR, 400); }

// Citizen 1 has been credited with a share for the pool, and on foot; has got a tea; and one ride
// was taken back.
struct Movements : Citizens {
  Movements() : Citizens(pooling_a_little()) {}
  void SetUp() override {
    PUHUI_ACCEPTED(consent(city, {consent_of(1, v1::CONSENT_POOLING)}));
    PUHUI_ACCEPTED(open_offer(city, offering("tea", 50)));
    pooled = city.earn(1, 700);
    PUHUI_ACCEPTED(ride(city, {city.new_ride(2, 30), city.new_ride(1, 80)}, "provider", "walk"));
    PUHUI_ACCEPTED(redeem(city, "tea", {redemption(2, 9), redemption(1, 3, tea)}));
    PUHUI_ACCEPTED(reverse_rides(city, {pooled}));
  }
  Ride pooled;
  const v1::Confirmation tea = kept("three teas");
};

TEST_F(Movements, AreToldWithTheirKinds) {
  const auto all = movements_of(city.view(), 1);
  ASSERT_EQ(all.size(), 4U);
  const auto& ride_of_pool = all[0];
  EXPECT_EQ(ride_of_pool.kind(), v1::CREDITED);
  EXPECT_EQ(ride_of_pool.grams(), 300);
  EXPECT_EQ(ride_of_pool.pooled_g(), 400);
  EXPECT_EQ(ride_of_pool.pool(), "provider-pool");
  EXPECT_EQ(ride_of_pool.scenario(), "bike");
  EXPECT_EQ(ride_of_pool.day(), kToday);
  EXPECT_EQ(ride_of_pool.slot(), 8U);
  const auto act = read_record(record_of(pooled).SerializeAsString(), "bike");
  EXPECT_EQ(ride_of_pool.claim(), act->claim.view());
  EXPECT_EQ(all[1].kind(), v1::CREDITED);
  EXPECT_EQ(all[1].scenario(), "walk");
  EXPECT_EQ(all[1].grams(), 80);
  EXPECT_EQ(all[1].record(), 1U);
  EXPECT_EQ(all[1].pooled_g(), 0);
  EXPECT_EQ(all[1].pool(), "");
  EXPECT_EQ(all[2].kind(), v1::CREDIT_SPENT);
  EXPECT_EQ(all[2].grams(), -150);
  EXPECT_EQ(all[2].offer(), "tea");
  EXPECT_EQ(all[2].quantity(), 3);
  EXPECT_EQ(all[2].record(), 1U);
  EXPECT_EQ(all[2].claim(), name_of(1, tea).view());
  EXPECT_EQ(all[3].kind(), v1::CREDIT_REVERSED);
  EXPECT_EQ(all[3].grams(), -300);
  EXPECT_EQ(all[3].pooled_g(), -400);
  EXPECT_EQ(all[3].pool(), "provider-pool");
  EXPECT_EQ(all[3].scenario(), "bike");
  EXPECT_EQ(all[3].claim(), reversal_of(act->claim).view());
  for (std::size_t i = 1; i < all.size(); ++i) EXPECT_LT(all[i - 1].leaf(), all[i].leaf());
}

TEST_F(Movements, AreTheSameInPagesOfAnySize) {
  const auto whole = movements_of(city.view(), 1);
  for (const std::size_t limit : {1, 2, 3}) {
    const auto parts = movements_of(city.view(), 1, limit);
    ASSERT_EQ(parts.size(), whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i)
      EXPECT_EQ(parts[i].SerializeAsString(), whole[i].SerializeAsString());
  }
}

TEST_F(Movements, AreProvedByTheTrailOfTheRoot) {
  while (city.head().size % 64 != 0) city.earn(3, 1);
  const auto proof = city.view().state_proof(*state_key({"account", id_of_citizen(1)}));
  const auto message = state_message(proof.key(), proof.value());
  ASSERT_TRUE(message);
  const auto& account = dynamic_cast<const v1::PersonalAccount&>(**message);
  crypto::Digest trail;
  for (const auto& movement : movements_of(city.view(), 1))
    trail = crypto::sha256(std::string(trail.view()) + movement.claim());
  EXPECT_EQ(account.trail(), trail.view());
  EXPECT_EQ(account.credits_held_g(), city.grams(1));
}

// "after" as a page that ends before this place has it.
std::string place_text(std::uint64_t leaf, std::uint32_t record) {
  std::string bytes;
  crypto::append_u64(bytes, leaf);
  crypto::append_u32(bytes, record);
  return crypto::hex_encode(bytes);
}

TEST_F(Movements, AreNoneWhereARecordWasRefused) {
  // Each leaf holds a record of citizen 1 that was refused, and one of another that was not.
  const auto again = ride(city, {pooled, city.new_ride(2, 10)}, "provider2");
  const auto taken_back = city.earn(2, 20);
  const auto reversed = reverse_rides(city, {pooled, taken_back});
  city.earn(2, 500);
  const auto spent = redeem(city, "tea", {redemption(1, 3, tea), redemption(2)});
  const auto agreed = consent(city, {consent_of(1, v1::CONSENT_DATA)});
  EXPECT_EQ(refusals_of(again), "0 claim.duplicate; ");
  EXPECT_EQ(refusals_of(reversed), "0 claim.reversed; ");
  EXPECT_EQ(refusals_of(spent), "0 confirmation.used; ");
  for (const auto& answer : {again, reversed, spent, agreed}) {
    PUHUI_ACCEPTED(answer);
    const auto part = city.view().credits(id_of_citizen(1), {place_text(answer.leaf, 0), 10});
    ASSERT_FALSE(part) << "leaf " << answer.leaf;
    EXPECT_EQ(code_name(part.error().code), code_name(INVALID_ARGUMENT));
  }
  const auto last = movements_of(city.view(), 1).back();
  const auto leaf = static_cast<std::uint64_t>(last.leaf());
  EXPECT_TRUE(city.view().credits(id_of_citizen(1), {place_text(leaf, last.record()), 10}));
}

// ---- Summaries ----

TEST_F(Movements, AreSummedUp) {
  city.earn(1, 20);
  const auto summary = city.view().summary(id_of_citizen(1));
  ASSERT_TRUE(summary) << describe(summary.error());
  EXPECT_EQ(summary->account(), id_of_citizen(1));
  EXPECT_EQ(summary->credits_held_g(), city.grams(1));
  EXPECT_EQ(summary->spent_g(), 150);
  EXPECT_EQ(summary->redemptions(), 1);
  EXPECT_EQ(summary->movements(), 5);
  EXPECT_FALSE(summary->is_cut_off());
  ASSERT_EQ(summary->scenarios_size(), 2);
  EXPECT_EQ(summary->scenarios(0).scenario(), "walk");
  EXPECT_EQ(summary->scenarios(0).records(), 1);
  EXPECT_EQ(summary->scenarios(0).grams(), 80);
  EXPECT_EQ(summary->scenarios(1).scenario(), "bike");
  EXPECT_EQ(summary->scenarios(1).records(), 1);
  EXPECT_EQ(summary->scenarios(1).grams(), 20);
  EXPECT_FALSE(city.view().summary(id_of_citizen(99)));
  EXPECT_FALSE(city.view().summary("owner-main"));
}

TEST_F(Citizens, AreAdvisedByWhatTheyDid) {
  city.earn(1, 100);
  city.earn(1, 300);
  city.earn(2, 2'000);
  PUHUI_ACCEPTED(ride(city, {city.new_ride(2, 900), city.new_ride(3, 300)}, "provider", "walk"));
  const auto summary = city.view().summary(id_of_citizen(1));
  ASSERT_TRUE(summary);
  ASSERT_EQ(summary->advice_size(), 2);
  // On foot nobody knows of the person; by bike its own acts count, not those of others.
  EXPECT_EQ(summary->advice(0).scenario(), "walk");
  EXPECT_FALSE(summary->advice(0).by_own_acts());
  EXPECT_EQ(summary->advice(0).week_g(), 7 * 600);
  EXPECT_EQ(summary->advice(1).scenario(), "bike");
  EXPECT_TRUE(summary->advice(1).by_own_acts());
  EXPECT_EQ(summary->advice(1).week_g(), 7 * 200);
  const auto of_nobody = city.view().summary(id_of_citizen(5));
  ASSERT_TRUE(of_nobody);
  EXPECT_EQ(of_nobody->movements(), 0);
  EXPECT_TRUE(of_nobody->scenarios().empty());
  ASSERT_EQ(of_nobody->advice_size(), 2);
  EXPECT_EQ(of_nobody->advice(0).week_g(), 7 * 800);
  EXPECT_EQ(of_nobody->advice(0).scenario(), "bike");
}

TEST_F(Citizens, AreAdvisedNothingByActsThatWereTakenBack) {
  const auto taken = city.earn(1, 100);
  PUHUI_ACCEPTED(reverse_rides(city, {taken}));
  const auto summary = city.view().summary(id_of_citizen(1));
  ASSERT_TRUE(summary);
  ASSERT_EQ(summary->advice_size(), 1);
  EXPECT_FALSE(summary->advice(0).by_own_acts());
  EXPECT_EQ(summary->advice(0).week_g(), 0);
  ASSERT_EQ(summary->scenarios_size(), 1);
  EXPECT_EQ(summary->scenarios(0).records(), 0);
  EXPECT_EQ(summary->scenarios(0).grams(), 0);
}

TEST(LongHistories, AreCutOff) {
  CitizenCity city;
  for (int batch = 0; batch < 21; ++batch) {
    std::vector<Ride> rides;
    for (int i = 0; i < 100; ++i) rides.push_back(city.new_ride(1, 10));
    PUHUI_ACCEPTED(ride(city, rides));
  }
  const auto summary = city.view().summary(id_of_citizen(1));
  ASSERT_TRUE(summary);
  EXPECT_TRUE(summary->is_cut_off());
  EXPECT_EQ(summary->movements(), 2'000);
  EXPECT_EQ(summary->scenarios(0).records(), 2'000);
  EXPECT_EQ(summary->credits_held_g(), 21'000);
}

// ---- Acts ----

struct ActsToBeClaimed : Citizens {
  void SetUp() override {
    auto m = metres("tram");
    m.set_effective_from(kToday - 20);
    m.set_claim_opens_days(2);
    m.set_claim_window_days(7);
    PUHUI_ACCEPTED(file(city, m));
  }
  // '?' and a code if there is nothing to tell.
  [[nodiscard]] std::string standing_of(std::int64_t day, const std::string& scenario = "tram") {
    const auto state = city.view().act_state(scenario, day);
    if (!state) return "? " + std::string(code_name(state.error().code));
    EXPECT_EQ(state->day(), day);
    EXPECT_EQ(state->first_day(), day + 2);
    EXPECT_EQ(state->last_day(), day + 7);
    EXPECT_EQ(state->methodology().code(), "WH-" + scenario);
    return v1::ActStanding_Name(state->standing());
  }
};

TEST_F(ActsToBeClaimed, AreNotOpenThenClaimableThenExpired) {
  EXPECT_EQ(standing_of(kToday + 1), "? claim.window");
  EXPECT_EQ(standing_of(kToday), "ACT_NOT_OPEN");
  EXPECT_EQ(standing_of(kToday - 1), "ACT_NOT_OPEN");
  EXPECT_EQ(standing_of(kToday - 2), "ACT_CLAIMABLE");
  EXPECT_EQ(standing_of(kToday - 7), "ACT_CLAIMABLE");
  EXPECT_EQ(standing_of(kToday - 8), "ACT_EXPIRED");
  EXPECT_EQ(standing_of(kToday - 20), "ACT_EXPIRED");
  EXPECT_EQ(standing_of(kToday - 21), "? methodology.not_in_force");
  EXPECT_EQ(standing_of(kToday, "train"), "? methodology.not_in_force");
  EXPECT_EQ(city.view().act_state("tram", kToday)->today(), kToday);
}

TEST_F(ActsToBeClaimed, AreCreditedByTheirClaim) {
  const Ride taken{1, 500, 8, kToday - 3, 0, "tram-7"};
  const auto act = read_record(record_of(taken).SerializeAsString(), "tram");
  const ClaimAsked asked{static_cast<std::int32_t>(taken.day), taken.slot, act->claim};
  EXPECT_EQ(city.view().act_state("tram", asked)->standing(), v1::ACT_CLAIMABLE);
  PUHUI_ACCEPTED(ride(city, {taken}, "provider", "tram"));
  EXPECT_EQ(city.view().act_state("tram", asked)->standing(), v1::ACT_CREDITED);
  auto another = asked;
  another.slot = 9;
  EXPECT_EQ(city.view().act_state("tram", another)->standing(), v1::ACT_CLAIMABLE);
  city.now += 30 * kMicrosPerDay;
  city.earn(2, 5);
  EXPECT_EQ(city.view().act_state("tram", asked)->standing(), v1::ACT_CREDITED);
  EXPECT_EQ(city.view().act_state("tram", another)->standing(), v1::ACT_EXPIRED);
}

TEST_F(ActsToBeClaimed, AreNotClaimedUnderAMethodologyThatIsSuspended) {
  PUHUI_ACCEPTED(stand(city, version_of("WH-tram", "V01"), v1::STANDING_SUSPENDED));
  EXPECT_EQ(standing_of(kToday), "? methodology.standing");
  EXPECT_EQ(standing_of(kToday - 2), "? methodology.standing");
  EXPECT_EQ(standing_of(kToday - 8), "ACT_EXPIRED");
}

// ---- Lists ----

TEST_F(Movements, AreOfBatchesOffersAndScenarios) {
  const auto view = city.view();
  const auto batches = view.behaviour_batches({});
  ASSERT_EQ(batches.items_size(), 2);
  EXPECT_EQ(batches.items(0).scenario(), "bike");
  EXPECT_EQ(batches.items(0).reversed(), 1);
  EXPECT_EQ(batches.items(0).reversed_g(), 700);
  EXPECT_EQ(batches.items(1).records(), 2);
  EXPECT_EQ(batches.items(1).credited_g(), 110);
  const auto first = view.behaviour_batches({"", 1});
  ASSERT_EQ(first.items_size(), 1);
  EXPECT_EQ(view.behaviour_batches({first.next(), 1}).items(0).scenario(), "walk");
  const auto scenarios = view.scenarios({});
  ASSERT_EQ(scenarios.items_size(), 2);
  EXPECT_EQ(scenarios.items(0).scenario(), "bike");
  EXPECT_EQ(scenarios.items(0).records(), 0);
  EXPECT_EQ(scenarios.items(1).records(), 2);
  ASSERT_EQ(view.offers({}).items_size(), 1);
  EXPECT_EQ(view.offers({}).items(0).redeemed(), 3);
  EXPECT_FALSE(view.offer_settlement("s1"));
}

TEST_F(Movements, OfOffersAreInTheMapForAll) {
  PUHUI_ACCEPTED(act(city, settling("s1", city.offer("tea")), {"bank", "shop"}));
  while (city.head().size % 64 != 0) city.earn(3, 1);
  const auto view = city.view();
  const auto root = *decode_state_root(decode_entry(view.entry(*view.last_state_root()))->body);
  for (const auto* kind : {"offer", "offer-settlement"}) {
    const std::string name = std::string(kind) == "offer" ? "tea" : "s1";
    const auto proof = view.state_proof(*state_key({kind, name}));
    EXPECT_TRUE(proof.has_value()) << kind;
    EXPECT_TRUE(verify_state_claim(proof, root.open_map)) << kind;
    EXPECT_TRUE(state_message(proof.key(), proof.value())) << kind;
    EXPECT_EQ(*state_words(proof.key()), std::string(kind) + " " + name);
  }
}

}  // namespace
}  // namespace puhui::ledger::testing
