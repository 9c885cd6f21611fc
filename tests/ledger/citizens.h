// A city with citizens: platforms with pools, consents, conversions, offers; the hands to send
// them. Its books of credits add up after each test.
#pragma once

#include "crypto/merkle.h"
#include "ledger/personal.h"
#include "ledger/store/keys.h"
#include "tests/ledger/act.h"
#include "tests/ledger/registry.h"

namespace puhui::ledger::testing {

// ---- Rules ----

inline constexpr std::uint32_t kReversalDays = 3;

// Nobody is asked for consent and no platform pools: tests add what they are about.
inline v1::RuleSet citizen_rules(const std::string& version = "citizens") {
  auto rules = registry_rules(version);
  rules.set_reversal_days(kReversalDays);
  RuleTable(rules)
      .roles("consent.submit", {v1::OPERATOR})
      .roles("behaviour.reverse", {v1::DATA_PROVIDER})
      .relation("credits.convert", v1::HOLDER)
      .roles("account.erase", {v1::OPERATOR})
      .roles("account.erase.large", {v1::AUTHORITY})
      .roles("pseudonym.open", {v1::AUTHORITY})
      .count("pseudonym.open", v1::EXPERT, 2)
      .relation("offer.open", v1::HOLDER)
      .relation("offer.open", v1::SUBJECT)
      .relation("offer.change", v1::SUBJECT)
      .relation("redeem", v1::SUBJECT)
      .roles("redeem.large", {v1::OPERATOR})
      .relation("offer.settle", v1::HOLDER)
      .relation("offer.settle", v1::SUBJECT);
  return rules;
}

inline void add_pool(v1::RuleSet& rules, v1::CreditPeriod period, std::int64_t threshold_g,
                     const std::string& account = "provider-pool",
                     const std::string& platform = "provider") {
  auto& pool = *rules.add_pools();
  pool.set_platform(platform);
  pool.set_account(account);
  pool.set_period(period);
  pool.set_threshold_g(threshold_g);
}
inline v1::RuleSet pooling(v1::CreditPeriod period, std::int64_t threshold_g,
                           const std::string& account = "provider-pool") {
  auto rules = citizen_rules("pooling");
  add_pool(rules, period, threshold_g, account);
  return rules;
}

inline void add_consents(v1::RuleSet& rules, const std::string& scenario,
                         std::initializer_list<v1::ConsentItem> items) {
  auto& rule = *rules.add_consents();
  rule.set_scenario(scenario);
  for (const auto item : items) rule.add_items(item);
}

// ---- Confirmations ----

inline std::string id_of_citizen(std::uint64_t citizen) { return personal_id(pseudonym(citizen)); }

// What the custodian keeps of it.
inline v1::Confirmation kept(const std::string& text) {
  v1::Confirmation confirmation;
  confirmation.set_sha256(std::string(crypto::sha256(text).view()));
  return confirmation;
}
// Each another.
inline v1::Confirmation kept() {
  static int made = 0;
  return kept("confirmation " + std::to_string(++made));
}

inline const crypto::SecretKey& holder_of(std::uint64_t citizen) {
  return key_of("holder " + std::to_string(citizen));
}
// By another's key if one is named.
inline v1::Confirmation self_signed_until(std::uint64_t citizen, std::string_view what,
                                          Micros until, std::string_view nonce,
                                          std::optional<std::uint64_t> signer = {}) {
  const auto bytes = confirmation_bytes(std::string(kCityCode), pseudonym(citizen),
                                        std::string(what) + until_and_nonce(until, nonce));
  const auto& key = holder_of(signer.value_or(citizen));
  v1::Confirmation confirmation;
  confirmation.set_nonce(std::string(nonce));
  confirmation.set_valid_until(until);
  confirmation.mutable_key()->set_public_key(key.public_key().encode());
  confirmation.set_signature(key.sign(crypto::sha256(bytes).view()));
  return confirmation;
}
// By the person's own key, each with another nonce and good longer than those before.
inline v1::Confirmation self_signed(std::uint64_t citizen, std::string_view what) {
  static std::uint64_t made = 0;
  std::string nonce(kNonceSize - 8, 'n');
  crypto::append_u64(nonce, ++made);
  constexpr Micros kFar = kDayMax * kMicrosPerDay;
  return self_signed_until(citizen, what, kFar + static_cast<Micros>(made), nonce);
}
// The name of what a custodian says that the person confirmed.
inline crypto::Digest name_of(std::uint64_t citizen, const v1::Confirmation& confirmation) {
  return crypto::sha256(
      confirmation_bytes(std::string(kCityCode), pseudonym(citizen), "H" + confirmation.sha256()));
}

// ---- Accounts ----

inline v1::Payload open_self_held_event(City& city, const std::vector<std::uint64_t>& citizens) {
  auto payload = city.event("operator");
  for (const auto citizen : citizens) {
    auto& account = *payload.mutable_open_personal_accounts()->add_self_held();
    account.set_pseudonym(pseudonym(citizen));
    account.mutable_key()->set_public_key(holder_of(citizen).public_key().encode());
  }
  return payload;
}

inline v1::EraseAccount erasure(std::uint64_t citizen,
                                const v1::Confirmation& confirmation = kept()) {
  v1::EraseAccount action;
  action.set_account(pseudonym(citizen));
  *action.mutable_confirmation() = confirmation;
  return action;
}
inline Answer erase(City& city, std::uint64_t citizen) {
  return act(city, erasure(citizen), {"operator"});
}

// ---- Consents ----

// Given to "provider".
inline v1::ConsentRecord consent_of(std::uint64_t citizen, v1::ConsentItem item,
                                    const std::string& party = "provider") {
  v1::ConsentRecord record;
  record.set_account(pseudonym(citizen));
  record.set_party(party);
  record.set_item(item);
  record.set_is_given(true);
  *record.mutable_confirmation() = kept();
  return record;
}
inline v1::ConsentRecord withdrawal_of(std::uint64_t citizen, v1::ConsentItem item,
                                       const std::string& party = "provider") {
  auto record = consent_of(citizen, item, party);
  record.set_is_given(false);
  return record;
}

inline Sent signed_consents(City& city, const std::vector<v1::ConsentRecord>& records) {
  v1::SubmitConsents action;
  action.set_batch("consents");
  return signed_records(city, action, attached(records), {"operator"});
}
inline Answer consent(City& city, const std::vector<v1::ConsentRecord>& records) {
  return city.submit(signed_consents(city, records));
}

// ---- Acts ----

// The records that take back what these rides were credited.
inline std::string reversal_of_rides(const std::vector<Ride>& rides) {
  std::vector<v1::BehaviourRecord> records;
  for (const auto& ride : rides) {
    auto record = record_of(ride);
    record.clear_inputs();
    record.clear_tier();
    records.push_back(record);
  }
  return attached(records);
}
inline Sent signed_reversal(City& city, const std::vector<Ride>& rides,
                            const std::string& provider = "provider",
                            const std::string& scenario = "bike") {
  v1::ReverseRecords action;
  action.set_batch("reversals");
  action.set_scenario(scenario);
  action.set_reason("the rider fell asleep on the bus");
  return signed_records(city, action, reversal_of_rides(rides), {provider});
}
inline Answer reverse_rides(City& city, const std::vector<Ride>& rides,
                            const std::string& provider = "provider",
                            const std::string& scenario = "bike") {
  return city.submit(signed_reversal(city, rides, provider, scenario));
}

// ---- Conversion ----

inline v1::FileProject pooled_project(const std::string& project,
                                      const std::string& scenario = "bike") {
  v1::FileProject action;
  action.set_project(project);
  action.set_owner("provider");
  action.set_scenario(scenario);
  action.set_account("provider-main");
  action.set_area("420100");
  action.set_crediting_from(20'000);
  action.set_crediting_to(23'000);
  return action;
}

inline v1::ConvertCredits conversion(const std::string& report, std::int64_t amount_kg) {
  v1::ConvertCredits action;
  action.set_account("provider-pool");
  action.set_project("POOL1");
  action.set_report(report);
  action.set_amount_kg(amount_kg);
  action.set_from(20'400);
  action.set_to(20'460);
  *action.mutable_document() = document("acts of " + report);
  return action;
}
inline Answer convert(City& city, const v1::ConvertCredits& action) {
  return act(city, action, {"provider"});
}

// ---- Offers ----

inline v1::OpenOffer offering(const std::string& offer, std::int64_t price_g) {
  v1::OpenOffer action;
  action.set_offer(offer);
  action.set_merchant("shop");
  action.set_sponsor("bank-pool");
  action.set_name_zh("一杯茶");
  action.set_name_en("a cup of tea");
  action.set_price_g(price_g);
  action.set_stock(100);
  action.set_from(kNoon - kMicrosPerDay);
  action.set_to(kNoon + 100 * kMicrosPerDay);
  action.set_value_cents(250);
  return action;
}
inline Answer open_offer(City& city, const v1::OpenOffer& action) {
  return act(city, action, {action.sponsor().substr(0, action.sponsor().find('-')), "shop"});
}

inline v1::RedemptionRecord redemption(std::uint64_t citizen, std::int64_t quantity = 1,
                                       const v1::Confirmation& confirmation = kept()) {
  v1::RedemptionRecord record;
  record.set_account(pseudonym(citizen));
  record.set_quantity(quantity);
  *record.mutable_confirmation() = confirmation;
  return record;
}
inline Sent signed_redemptions(City& city, const std::string& offer,
                               const std::vector<v1::RedemptionRecord>& records,
                               const Signers& signers = {"shop"}) {
  v1::Redeem action;
  action.set_batch("redemptions");
  action.set_offer(offer);
  return signed_records(city, action, attached(records), signers);
}
inline Answer redeem(City& city, const std::string& offer,
                     const std::vector<v1::RedemptionRecord>& records,
                     const Signers& signers = {"shop"}) {
  return city.submit(signed_redemptions(city, offer, records, signers));
}

inline v1::SettleOffer settling(const std::string& settlement, const v1::Offer& offer) {
  v1::SettleOffer action;
  const auto quantity = offer.redeemed() - offer.settled();
  action.set_settlement(settlement);
  action.set_offer(offer.offer().offer());
  action.set_quantity(quantity);
  action.set_amount_g(quantity * offer.offer().price_g());
  action.set_value_cents(quantity * offer.offer().value_cents());
  return action;
}

// ---- What is told ----

// "0 claim.duplicate; …" of the records that were refused.
inline std::string refusals_of(const Answer& answer) {
  std::string text;
  for (const auto& refusal : answer.outcome.record_refusals())
    text += std::to_string(refusal.record()) + " " + std::string(code_name(refusal.code())) + "; ";
  return text;
}
inline std::string fact_of(const Answer& answer, const std::string& name) {
  for (const auto& fact : answer.outcome.facts())
    if (fact.name() == name) return fact.value();
  return "";
}

// Every movement of an account, oldest first, asked for so many at a time.
inline std::vector<v1::Credit> movements_of(const View& view, std::uint64_t citizen,
                                            std::size_t limit = 100) {
  std::vector<v1::Credit> all;
  Page page{"", limit};
  do {
    const auto part = view.credits(id_of_citizen(citizen), page);
    EXPECT_TRUE(part) << (part ? "" : describe(part.error()));
    if (!part) return {};
    all.insert(all.end(), part->items().begin(), part->items().end());
    page.after = part->next();
  } while (!page.after.empty());
  std::ranges::reverse(all);
  return all;
}

// ---- Books ----

// How what one account tells of itself contradicts its movements; empty while all is well.
inline std::string drift_of_person(const View& view, std::uint64_t citizen) {
  const auto stored = view.reader().get(key::personal(pseudonym(citizen)));
  if (!stored) return "";
  const auto balance = PersonalBalance::decode(*stored);
  std::int64_t grams = 0;
  crypto::Digest trail;
  for (const auto& movement : movements_of(view, citizen)) {
    grams += movement.grams();
    trail = crypto::sha256(std::string(trail.view()) + movement.claim());
  }
  std::string wrong;
  if (grams != balance.grams) wrong += "its grams are not those of its movements; ";
  if (trail != balance.trail) wrong += "its trail is not that of its movements; ";
  return wrong.empty() ? wrong : "citizen " + std::to_string(citizen) + ": " + wrong;
}

struct CreditSums {
  std::int64_t held = 0, owed = 0, claimed = 0, credited = 0, reversed = 0, spent = 0;
  std::int64_t in_scenarios = 0;
};
inline CreditSums credit_sums_of(const View& view) {
  CreditSums sums;
  view.reader().scan("vA", "vA", [&sums](std::string_view key, std::string_view value) {
    v1::Account account;
    const bool is_person = key[2] == '\1';
    if (is_person) account.set_credits_held_g(PersonalBalance::decode(value).grams);
    if (!is_person) account.ParseFromArray(value.data(), static_cast<int>(value.size()));
    sums.held += std::max<std::int64_t>(0, account.credits_held_g());
    sums.owed += std::max<std::int64_t>(0, -account.credits_held_g()) + account.credits_owed_g();
    return true;
  });
  view.reader().scan("vC", "vC", [&sums](std::string_view, std::string_view value) {
    sums.claimed += Claimed::decode(value).grams;
    return true;
  });
  const auto batches = view.behaviour_batches({"", kPageLimitMax});
  for (const auto& batch : batches.items()) {
    sums.credited += batch.credited_g();
    sums.reversed += batch.reversed_g();
  }
  const auto scenarios = view.scenarios({"", kPageLimitMax});
  for (const auto& scenario : scenarios.items()) sums.in_scenarios += scenario.grams();
  const auto offers = view.offers({"", kPageLimitMax});
  for (const auto& offer : offers.items()) sums.spent += offer.redeemed_g();
  return sums;
}

// How the totals differ from what accounts, claims, batches and offers add up to.
inline std::string drift_of_credits(const View& view) {
  const auto sums = credit_sums_of(view);
  const auto totals = view.totals();
  std::string wrong;
  const auto differs = [&wrong](const std::string& what, std::int64_t says, std::int64_t is) {
    if (says != is)
      wrong += what + " " + std::to_string(says) + ", not " + std::to_string(is) + "; ";
  };
  differs("held", totals.credits_held_g(), sums.held);
  differs("owed", totals.credits_owed_g(), sums.owed);
  differs("claimed", totals.credits_credited_g(), sums.claimed);
  differs("credited", totals.credits_credited_g(), sums.credited);
  differs("reversed", totals.credits_reversed_g(), sums.reversed);
  differs("of scenarios", totals.credits_credited_g() - totals.credits_reversed_g(),
          sums.in_scenarios);
  differs("spent", totals.credits_spent_g(), sums.spent);
  differs("in all", totals.credits_credited_g() + totals.credits_owed_g(),
          totals.credits_held_g() + totals.credits_converted_g() + totals.credits_reversed_g() +
              totals.credits_cancelled_g());
  return wrong;
}

// ---- The city ----

// A metre by bike or on foot is a gram. "bank" sponsors offers of "shop"; "POOL1" is a project of
// what "provider" pools. Citizens 0 to 19 have custodial accounts.
class CitizenCity : public RegistryCity {
 public:
  explicit CitizenCity(const v1::RuleSet& rules = citizen_rules()) : RegistryCity(rules) {
    for (const auto* scenario : {"bike", "walk"})
      EXPECT_EQ(file(*this, metres(scenario)).decision, v1::ACCEPTED);
    must(open_personal_event(*this, 0, 20), {"operator"});
    for (const auto& party :
         {founding_party("bank", {v1::BANK}), founding_party("shop", {v1::MERCHANT})}) {
      auto payload = event("bureau");
      *payload.mutable_register_party() = party;
      must(payload, {"bureau"});
    }
    EXPECT_EQ(open_account(*this, "provider-main", "provider").decision, v1::ACCEPTED);
    for (const std::string owner : {"provider", "bank"}) {
      auto pool = account_event(*this, owner + "-pool", owner);
      pool.mutable_open_account()->set_kind(v1::ACCOUNT_POOL);
      must(pool, {owner});
    }
    const auto filed = file(*this, pooled_project("POOL1"));
    EXPECT_EQ(filed.decision, v1::ACCEPTED) << filed.outcome.DebugString();
  }
  // A ride nobody took before, of so many grams, on the day it is.
  Ride new_ride(std::uint64_t citizen, std::int64_t grams) {
    return {citizen, grams, 8, day_of(now), 0, "carrier-" + std::to_string(++rides_)};
  }
  // Credits one; answers it, so that it can be reversed.
  Ride earn(std::uint64_t citizen, std::int64_t grams, const std::string& provider = "provider") {
    auto taken = new_ride(citizen, grams);
    const auto answer = ride(*this, {taken}, provider);
    EXPECT_EQ(answer.decision, v1::ACCEPTED)
        << code_name(answer.code) << " " << answer.outcome.DebugString();
    return taken;
  }
  // Negative: owed.
  [[nodiscard]] std::int64_t grams(std::uint64_t citizen) const {
    const auto account = view().account(id_of_citizen(citizen));
    return account->credits_held_g() - account->credits_owed_g();
  }
  [[nodiscard]] v1::Account pool(const std::string& account = "provider-pool") const {
    return *view().account(account);
  }
  [[nodiscard]] v1::Offer offer(const std::string& name) const { return *view().offer(name); }

 private:
  int rides_ = 0;
};

// Every test ends with books that add up.
struct Citizens : ::testing::Test {
  explicit Citizens(const v1::RuleSet& rules = citizen_rules()) : city(rules) {}
  void TearDown() override {
    const auto view = city.view();
    EXPECT_EQ(drift_of_credits(view), "");
    for (std::uint64_t citizen = 0; citizen < 30; ++citizen)
      EXPECT_EQ(drift_of_person(view, citizen), "");
  }
  CitizenCity city;
};

}  // namespace puhui::ledger::testing
