// Behaviour batches: every record judged by itself, one claim per act.
#include <gtest/gtest.h>

#include "crypto/merkle.h"
#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

std::string codes(const Answer& answer) {
  std::string text;
  for (const auto& refusal : answer.outcome.record_refusals())
    text += std::to_string(refusal.record()) + " " + std::string(code_name(refusal.code())) + "; ";
  return text;
}

TEST(Behaviour, CreditsWhatTheMethodologyComputes) {
  BikeCity city;
  const auto answer = ride(city, {{1, 900}, {2, 900, 8, kToday, 1}, {3, 100'000}});
  ASSERT_EQ(answer.decision, v1::ACCEPTED) << code_name(answer.code);
  EXPECT_EQ(answer.outcome.records_accepted(), 3U);
  EXPECT_EQ(city.grams(1), 84);  // 83.97, rounded half up
  EXPECT_EQ(city.grams(2), 42);
  EXPECT_EQ(city.grams(3), 9'330);
  EXPECT_EQ(city.totals().credits_credited_g(), 84 + 42 + 9'330);
  EXPECT_EQ(city.totals().credits_held_g(), 84 + 42 + 9'330);
  EXPECT_EQ(city.totals().records_credited(), 3);
  EXPECT_EQ(answer.outcome.facts(0).value(), "9456");
}

TEST(Behaviour, OneClaimPerAct) {
  BikeCity city;
  const auto first =
      ride(city, {{1, 900}, {1, 900}, {1, 900, 9}, {1, 900, 8, kToday, 0, "bike-2"}});
  EXPECT_EQ(codes(first), "1 claim.duplicate; ");
  EXPECT_EQ(first.outcome.record_refusals(0).used_by(), static_cast<std::int64_t>(first.leaf));
  EXPECT_EQ(city.grams(1), 3 * 84);
  // Another provider, another distance, another tier: still the same act.
  const auto second = ride(city, {{1, 5'000, 8, kToday, 1}, {2}}, "provider2");
  ASSERT_EQ(second.decision, v1::ACCEPTED);
  EXPECT_EQ(codes(second), "0 claim.duplicate; ");
  EXPECT_EQ(second.outcome.record_refusals(0).used_by(), static_cast<std::int64_t>(first.leaf));
  // Within one block, and after the store was opened again.
  city.reopen();
  const auto attachment = attachment_with({{3}});
  std::vector<Sent> both;
  for (const auto* provider : {"provider", "provider2"})
    both.push_back(sign_with(batch_event(city, attachment, provider), {provider}, attachment));
  const auto answers = city.apply(both);
  EXPECT_EQ(answers[0].decision, v1::ACCEPTED);
  PUHUI_REFUSED(answers[1], ErrorCode::CLAIM_DUPLICATE);
  PUHUI_REFUSED(ride(city, {{1}}), ErrorCode::CLAIM_DUPLICATE);
}

TEST(Behaviour, ARefusedBatchClaimsNothing) {
  BikeCity city;
  const auto before = city.head();
  PUHUI_REFUSED(ride(city, {{200}, {201}}), ErrorCode::ACCOUNT_UNKNOWN);
  EXPECT_EQ(city.head().digest, before.digest);
  EXPECT_EQ(city.totals().records_refused(), 0);
  PUHUI_ACCEPTED(ride(city, {{1}}));
}

TEST(Behaviour, EachRecordIsRefusedForItsOwnReason) {
  BikeCity city;
  const auto answer = ride(city, {{1},
                                  {200},
                                  {2, 1000, 24},
                                  {2, 1000, 8, kToday + 1},
                                  {2, 1000, 8, kToday - 8},
                                  {2, 100'001},
                                  {2, -5},
                                  {2, 1},
                                  {2, 1000, 8, kToday, 2},
                                  {2, 1000, 8, 18'999},
                                  {2, 1000, 8, -1},
                                  {2, 1000, 8, std::numeric_limits<std::int32_t>::max()},
                                  {2, 1000, 8, std::numeric_limits<std::int32_t>::min()}});
  ASSERT_EQ(answer.decision, v1::ACCEPTED);
  EXPECT_EQ(codes(answer),
            "1 account.unknown; 2 slot.malformed; 3 claim.window; 4 claim.window; "
            "5 input.out_of_bounds; 6 input.out_of_bounds; 7 amount.zero; 8 input.unknown; "
            "9 methodology.not_in_force; 10 methodology.not_in_force; 11 claim.window; "
            "12 methodology.not_in_force; ");
  EXPECT_EQ(answer.outcome.records_refused(), 12U);
  EXPECT_EQ(city.totals().records_refused(), 12);
  EXPECT_EQ(city.grams(2), 0);
}

TEST(Behaviour, TheClaimWindowIsWholeDays) {
  BikeCity city;
  PUHUI_ACCEPTED(ride(city, {{1, 1000, 8, kToday - 7}}));
  PUHUI_REFUSED(ride(city, {{1, 1000, 8, kToday - 8}}), ErrorCode::CLAIM_WINDOW);
  // The last microsecond of the day in Beijing, and the first of the next.
  city.now = kNoon + kMicrosPerDay / 2 - 1;
  PUHUI_ACCEPTED(ride(city, {{2, 1000, 8, kToday - 7}}));
  city.now = kNoon + kMicrosPerDay / 2;
  PUHUI_REFUSED(ride(city, {{3, 1000, 8, kToday - 7}}), ErrorCode::CLAIM_WINDOW);
  PUHUI_ACCEPTED(ride(city, {{3, 1000, 8, kToday + 1}}));
}

// Acts of today may be claimed from the day after tomorrow until the seventh day after.
TEST(Behaviour, TheClaimWindowOpensOnADay) {
  BikeCity city;
  auto m = bike_methodology();
  m.set_code("WH-WALK");
  m.set_scenario("walk");
  m.set_claim_opens_days(2);
  PUHUI_ACCEPTED(file(city, m));
  const auto walk = [&city](std::uint64_t citizen) {
    return ride(city, {{citizen}}, "provider", "walk");
  };
  const auto early = walk(1);
  PUHUI_REFUSED(early, ErrorCode::CLAIM_NOT_OPEN);
  EXPECT_EQ(early.outcome.rule(), "record.claim_window");
  EXPECT_EQ(early.outcome.limit(), "from 2026-01-17");
  EXPECT_EQ(early.outcome.used(), "today is 2026-01-15");
  EXPECT_EQ(early.outcome.asked(), "2026-01-15");
  city.now = time_of_day(kToday + 2) - 1;
  PUHUI_REFUSED(walk(1), ErrorCode::CLAIM_NOT_OPEN);
  city.now = time_of_day(kToday + 2);
  PUHUI_ACCEPTED(walk(1));
  city.now = time_of_day(kToday + 8) - 1;
  PUHUI_ACCEPTED(walk(2));
  city.now = time_of_day(kToday + 8);
  PUHUI_REFUSED(walk(3), ErrorCode::CLAIM_WINDOW);
  PUHUI_REFUSED(ride(city, {{3, 1000, 8, kToday + 9}}, "provider", "walk"),
                ErrorCode::CLAIM_WINDOW);
}

TEST(Behaviour, ItsLastDayMayBeTheOnlyOne) {
  BikeCity city;
  auto m = bike_methodology();
  m.set_code("WH-WALK");
  m.set_scenario("walk");
  m.set_claim_opens_days(m.claim_window_days());
  PUHUI_ACCEPTED(file(city, m));
  const auto answer =
      ride(city, {{1, 1000, 8, kToday - 6}, {2, 1000, 8, kToday - 7}, {3, 1000, 8, kToday - 8}},
           "provider", "walk");
  EXPECT_EQ(codes(answer), "0 claim.not_open; 2 claim.window; ");
}

TEST(Behaviour, NegativeResultsAreRefused) {
  BikeCity city;
  auto m = bike_methodology();
  m.set_code("WH-WALK");
  m.set_scenario("walk");
  m.set_formula("(distance - 1000) / m_per_km * ef");
  PUHUI_ACCEPTED(file(city, m));
  const auto answer = ride(city, {{1, 2000}, {2, 500}, {3, 999}, {4, 1000}}, "provider", "walk");
  EXPECT_EQ(codes(answer), "1 result.negative; 2 result.negative; 3 amount.zero; ");
}

TEST(Behaviour, TheDayOfTheActSelectsTheVersion) {
  BikeCity city;
  auto old = bike_methodology();
  old.set_scenario("bus");
  old.set_code("WH-BUS");
  old.set_effective_to(kToday - 1);
  PUHUI_ACCEPTED(file(city, old));
  PUHUI_REFUSED(ride(city, {{1, 1000, 8, kToday - 1}}, "provider", "bus"),
                ErrorCode::METHODOLOGY_NOT_IN_FORCE);
  auto later = old;
  later.set_version("V02");
  later.set_effective_from(kToday - 1);
  later.clear_effective_to();
  later.mutable_constants(0)->set_value("40");
  // Filed after the line was looked up: what was remembered is forgotten.
  PUHUI_ACCEPTED(file(city, later));
  PUHUI_ACCEPTED(ride(city, {{1, 1000, 8, kToday - 2}}, "provider", "bus"));
  EXPECT_EQ(city.grams(1), 93);
  PUHUI_ACCEPTED(ride(city, {{2, 1000, 8, kToday - 1}}, "provider", "bus"));
  EXPECT_EQ(city.grams(2), 40);
}

TEST(Behaviour, SamplesOfOtherCitiesEarnNothing) {
  City city;
  city.must(open_personal_event(city, 0, 10), {"operator"});
  auto m = bike_methodology();
  m.set_issued_by("BEIJING");
  PUHUI_ACCEPTED(file(city, m));
  PUHUI_REFUSED(ride(city, {{1}}), ErrorCode::METHODOLOGY_NOT_IN_FORCE);
}

TEST(Behaviour, AProjectMethodologyCreditsNobody) {
  BikeCity city;
  auto m = pv_methodology();
  m.set_code("sun");
  PUHUI_ACCEPTED(file(city, m));
  PUHUI_REFUSED(ride(city, {{1}}, "provider", "sun"), ErrorCode::METHODOLOGY_NOT_IN_FORCE);
  PUHUI_REFUSED(ride(city, {{1}}, "provider", "clean-energy"), ErrorCode::METHODOLOGY_NOT_IN_FORCE);
}

TEST(Behaviour, ABatchIsSentByAProvider) {
  BikeCity city;
  PUHUI_FAILED(ride(city, {{1}}, "owner"), ErrorCode::SIGNATURE_MISSING);
  auto attachment = attachment_with({{1}});
  auto payload = batch_event(city, attachment);
  payload.mutable_submit_behaviour_batch()->set_batch("No Name");
  PUHUI_REFUSED(city.submit(sign_with(payload, {"provider"}, attachment)),
                ErrorCode::EVENT_MALFORMED);
}

TEST(Behaviour, TenThousandRecordsEachProvable) {
  City city;
  file(city, bike_methodology());
  for (std::uint64_t first = 0; first < 20'000; first += 4000)
    city.must(open_personal_event(city, first, 4000), {"operator"});
  std::vector<Ride> rides;
  for (std::uint64_t i = 0; i < 10'000; ++i)
    rides.push_back({i * 7 % 20'000, static_cast<std::int64_t>(500 + i % 3000),
                     static_cast<std::uint32_t>(i % 24), kToday - static_cast<int>(i % 7), 0,
                     "carrier-tag-" + std::to_string(i)});
  const auto answer = ride(city, rides);
  ASSERT_EQ(answer.decision, v1::ACCEPTED) << code_name(answer.code) << answer.detail;
  EXPECT_EQ(answer.outcome.records_accepted(), 10'000U);
  auto view = city.view();
  const auto root =
      view.entry_view(answer.leaf).payload().submit_behaviour_batch().records().root();
  for (std::uint32_t i = 0; i < 10'000; i += (i < 20 || i > 9'970) ? 1 : 997) {
    const auto proof = view.record_proof(answer.leaf, i);
    ASSERT_TRUE(proof);
    EXPECT_EQ(proof->record(), record_of(rides[i]).SerializeAsString());
    EXPECT_EQ(proof->root(), root);
    std::vector<crypto::Digest> path;
    for (const auto& hash : proof->path()) path.push_back(*crypto::Digest::from_bytes(hash));
    EXPECT_TRUE(crypto::verify_inclusion({i, proof->count(), crypto::leaf_hash(proof->record()),
                                          *crypto::Digest::from_bytes(proof->root())},
                                         path));
  }
  EXPECT_FALSE(view.record_proof(answer.leaf, 10'000));
  EXPECT_FALSE(view.record_proof(0, 0));
  PUHUI_REFUSED(ride(city, rides, "provider2"), ErrorCode::CLAIM_DUPLICATE);
}

TEST(Behaviour, RefusalsShownAreBounded) {
  BikeCity city;
  std::vector<Ride> rides(500, Ride{1});
  const auto answer = ride(city, rides);
  EXPECT_EQ(answer.outcome.records_refused(), 499U);
  EXPECT_EQ(answer.outcome.record_refusals_size(), 100);
}

TEST(Behaviour, BalancesFit64Bits) {
  BikeCity city;
  auto m = bike_methodology();
  m.set_code("WH-MUCH");
  m.set_scenario("much");
  m.mutable_inputs(0)->set_max("9000000000000000000");
  m.set_formula("distance + 0 * ef * m_per_km");
  PUHUI_ACCEPTED(file(city, m));
  const auto answer =
      ride(city, {{1, 9'000'000'000'000'000'000}, {1, 9'000'000'000'000'000'000, 9}, {2, 1}},
           "provider", "much");
  ASSERT_EQ(answer.decision, v1::ACCEPTED);
  EXPECT_EQ(codes(answer), "1 amount.overflow; ");
  EXPECT_EQ(city.grams(1), 9'000'000'000'000'000'000);
  PUHUI_REFUSED(ride(city, {{3, 1'000'000'000'000'000'000}}, "provider", "much"),
                ErrorCode::AMOUNT_OVERFLOW);
}

TEST(Behaviour, AttachmentsAreKeptBesideTheLog) {
  BikeCity city;
  auto attachment = attachment_with({{1}, {2}});
  const auto payload = batch_event(city, attachment);
  const auto answer = city.submit(sign_with(payload, {"provider"}, attachment));
  ASSERT_EQ(answer.decision, v1::ACCEPTED);
  const auto view = city.view();
  EXPECT_EQ(view.attachment(answer.leaf), attachment);
  EXPECT_FALSE(view.attachment(0));
  EXPECT_EQ(view.entry(answer.leaf).find(pseudonym(1)), std::string::npos);
}

}  // namespace
}  // namespace puhui::ledger::testing
