// How fast one thread applies what citizens bring: acts that consents and pools are asked about,
// and redemptions, all of them into one sponsor's account; and how fast views of a large city
// answer.
#include <benchmark/benchmark.h>

#include "ledger/personal.h"
#include "tests/bench/applying.h"

namespace puhui::ledger::testing {
namespace {

constexpr std::uint64_t kCitizens = 20'000;
constexpr int kBatches = 20;

v1::RuleSet rules_of_citizens() {
  auto rules = default_rules();
  rules.set_version("citizens");
  auto* pool = rules.add_pools();
  pool->set_platform("provider");
  pool->set_account("provider-pool");
  pool->set_period(v1::CREDIT_MONTH);
  pool->set_threshold_g(1'000);
  rules.add_consents()->add_items(v1::CONSENT_DATA);
  RuleTable(rules)
      .roles("consent.submit", {v1::OPERATOR})
      .roles("offer.open", {v1::OPERATOR})
      .roles("redeem", {v1::OPERATOR});
  return rules;
}

std::string hash_of(const std::string& what, std::uint64_t number) {
  return std::string(crypto::sha256(what + std::to_string(number)).view());
}

void open_pool(City& city) {
  auto payload = account_event(city, "provider-pool", "provider");
  payload.mutable_open_account()->set_kind(v1::ACCOUNT_POOL);
  city.must(payload, {"provider"});
}

// Every citizen lets the provider send acts and keep what they earn.
void consent(City& city, std::uint64_t citizens) {
  for (const auto item : {v1::CONSENT_DATA, v1::CONSENT_POOLING})
    for (std::uint64_t first = 0; first < citizens; first += 5'000) {
      std::string attachment;
      for (std::uint64_t i = first; i < first + 5'000; ++i) {
        v1::ConsentRecord record;
        record.set_account(pseudonym(i));
        record.set_party("provider");
        record.set_item(item);
        record.set_is_given(true);
        record.mutable_confirmation()->set_sha256(hash_of("agrees " + std::to_string(item), i));
        append_record(attachment, record.SerializeAsString());
      }
      auto payload = city.event("operator");
      payload.mutable_submit_consents()->set_batch("consents");
      name_attachment(*payload.mutable_submit_consents()->mutable_records(), attachment);
      const auto answer = city.submit(sign_with(payload, {"operator"}, std::move(attachment)));
      ASSERT_EQ(answer.decision, v1::ACCEPTED);
    }
}

void asked_behaviour(benchmark::State& state) {
  city_options() = store_of_node();
  City city;
  file(city, bike_methodology());
  PUHUI_ACCEPTED(file_rules(city, rules_of_citizens()));
  open_pool(city);
  open_citizens(city, kCitizens);
  consent(city, kCitizens);
  auto batches = prepared_rides(city, kBatches, kCitizens);
  apply_each(city, batches, state);
}

v1::Payload redemption_event(City& city, std::uint64_t batch, std::string& attachment) {
  for (std::uint64_t i = 0; i < kRecordsPerBatch; ++i) {
    v1::RedemptionRecord record;
    record.set_account(pseudonym((batch * kRecordsPerBatch + i) % kCitizens));
    record.set_quantity(1);
    record.mutable_confirmation()->set_sha256(hash_of("redeems", batch * kRecordsPerBatch + i));
    append_record(attachment, record.SerializeAsString());
  }
  auto payload = city.event("operator");
  payload.mutable_redeem()->set_batch("batch");
  payload.mutable_redeem()->set_offer("coffee");
  name_attachment(*payload.mutable_redeem()->mutable_records(), attachment);
  return payload;
}

void open_coffee(City& city) {
  auto payload = city.event("operator");
  auto* offer = payload.mutable_open_offer();
  offer->set_offer("coffee");
  offer->set_merchant("owner");
  offer->set_sponsor("provider-pool");
  offer->set_price_g(1);
  offer->set_stock(1'000'000'000);
  offer->set_per_person(1'000'000);
  offer->set_to(city.now + 1000 * kMicrosPerDay);
  city.must(payload, {"operator"});
}

void redemptions(benchmark::State& state) {
  city_options() = store_of_node();
  City city;
  file(city, bike_methodology());
  auto rules = rules_of_citizens();
  rules.clear_consents();
  rules.clear_pools();
  PUHUI_ACCEPTED(file_rules(city, rules));
  open_pool(city);
  open_citizens(city, kCitizens);
  open_coffee(city);
  for (std::uint64_t batch = 0; batch < kCitizens / kRecordsPerBatch; ++batch)
    ride(city, rides_of(batch, kCitizens));
  std::vector<Prepared> batches(kBatches);
  for (std::uint64_t i = 0; i < kBatches; ++i) {
    std::string attachment;
    const auto payload = redemption_event(city, i, attachment);
    batches[i].sent.push_back(sign_with(payload, {"operator"}, std::move(attachment)));
    prepare(city, batches[i]);
  }
  apply_each(city, batches, state);
}

// A city with so many personal accounts, of which the first have acts.
City& large_city(std::uint64_t citizens) {
  static City* city = nullptr;
  if (city != nullptr) return *city;
  city_options() = store_of_node();
  city = new City;
  file(*city, bike_methodology());
  open_citizens(*city, citizens);
  for (std::uint64_t batch = 0; batch < 10; ++batch) ride(*city, rides_of(batch, 10'000));
  return *city;
}

constexpr std::uint64_t kLarge = 1'000'000;

void view_of_account(benchmark::State& state) {
  const auto& city = large_city(kLarge);
  std::uint64_t number = 0;
  for (auto _ : state) {
    const auto view = city.view();
    auto account = view.account(personal_id(pseudonym(number++ * 7919 % kLarge)));
    if (!account) return state.SkipWithError("no account");
    benchmark::DoNotOptimize(account);
  }
}

void view_of_summary(benchmark::State& state) {
  const auto& city = large_city(kLarge);
  std::uint64_t number = 0;
  for (auto _ : state) {
    const auto view = city.view();
    auto summary = view.summary(personal_id(pseudonym(number++ * 7919 % 10'000)));
    if (!summary) return state.SkipWithError("no summary");
    benchmark::DoNotOptimize(summary);
  }
}

BENCHMARK(asked_behaviour)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(kBatches);
BENCHMARK(redemptions)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(kBatches);
BENCHMARK(view_of_account)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(view_of_summary)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
}  // namespace puhui::ledger::testing

BENCHMARK_MAIN();
