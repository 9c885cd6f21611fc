// Hands that send random acts, reversals, consents, conversions, offers, redemptions and erasures:
// some that the rules accept, and many that they refuse.
#pragma once

#include "tests/audit/chaos_market.h"

namespace puhui::node::audit::testing {

inline const std::vector<std::string> kOfferNames = {"tea", "tram", "park"};

// Citizens 20 to 23 keep their keys themselves; "provider" has a pool, and "bank" one for offers.
class CitizenHands : public MarketHands {
 public:
  explicit CitizenHands(const v1::Genesis& genesis) : MarketHands(genesis) {
    must(open_self_held_event(*this, {20, 21, 22, 23}), {"operator"});
    open_account(*this, "provider-main", "provider");
    for (const std::string owner : {"provider", "bank"}) {
      auto pool = account_event(*this, owner + "-pool", owner);
      pool.mutable_open_account()->set_kind(v1::ACCOUNT_POOL);
      must(pool, {owner});
    }
    EXPECT_EQ(file(*this, pooled_project("POOL1")).decision, v1::ACCEPTED);
  }

 protected:
  // Some agree at once that the pool keeps what they earn, where the rules let anybody say so.
  void agree() {
    std::vector<v1::ConsentRecord> records;
    for (std::uint64_t citizen = 0; citizen < 6; ++citizen)
      for (const auto item : {v1::CONSENT_DATA, v1::CONSENT_POOLING})
        records.push_back(consent_of(citizen, item));
    consent(*this, records);
  }

  Sent citizens() {
    switch (number(0, 17)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return rides();
      case 4:
      case 5:
        return reversal();
      case 6:
      case 7:
        return consents();
      case 8:
      case 9:
        return conversion_of();
      case 10:
        return erasure_of();
      case 11:
        return opening_of_pseudonym();
      case 12:
        return offer_of();
      case 13:
        return change_of();
      case 14:
        return settlement_of_offer();
      default:
        return redemptions();
    }
  }

 private:
  static std::uint64_t someone() {
    return static_cast<std::uint64_t>(chance(70) ? number(0, 7) : number(18, 25));
  }
  static v1::Confirmation confirmed(std::uint64_t citizen, const std::string& words) {
    if (chance(4)) return kept("the same again");
    const bool keeps_key = citizen >= 20;
    if (keeps_key != chance(96)) return kept();
    return self_signed(citizen, chance(97) ? words : "something else");
  }
  template <class Action>
  Sent with_records(Action action, std::string attachment, const Signers& signers) {
    name_attachment(*action.mutable_records(), attachment);
    if (chance(2)) action.mutable_records()->set_count(action.records().count() + 1);
    auto sent = acting(action, signers);
    sent.attachment = std::move(attachment);
    sent.has_attachment = true;
    return sent;
  }

  // ---- Acts ----

  Sent rides() {
    std::vector<Ride> taken;
    for (auto left = number(1, 5); left > 0; --left)
      taken.push_back({someone(), number(100, 40'000), 8, ledger::day_of(now) - number(0, 3), 0,
                       "carrier-" + std::to_string(number(0, 40))});
    rides_.insert(rides_.end(), taken.begin(), taken.end());
    v1::SubmitBehaviourBatch action;
    action.set_batch("rides");
    action.set_scenario("bike");
    return with_records(action, attachment_with(taken), {chance(85) ? "provider" : "provider2"});
  }
  Sent reversal() {
    std::vector<Ride> taken;
    for (auto left = number(1, 4); left > 0 && !rides_.empty(); --left)
      taken.push_back(
          rides_[static_cast<std::size_t>(number(0, static_cast<std::int64_t>(rides_.size())))]);
    v1::ReverseRecords action;
    action.set_batch(chance(97) ? "reversals" : "Reversals");
    action.set_scenario("bike");
    action.set_reason(chance(97) ? "asleep on the bus" : "");
    return with_records(action, reversal_of_rides(taken), {chance(85) ? "provider" : "provider2"});
  }

  // ---- Persons ----

  v1::ConsentRecord some_consent() {
    const auto citizen = someone();
    const auto item = chance(40) ? v1::CONSENT_POOLING : static_cast<v1::ConsentItem>(number(1, 5));
    auto record = consent_of(citizen, item, chance(90) ? "provider" : one_of({"bank", "nobody"}));
    record.set_is_given(chance(85));
    record.set_is_minor(chance(10));
    if (chance(50)) record.set_guardian_sha256(std::string(crypto::sha256("mother").view()));
    *record.mutable_confirmation() =
        confirmed(citizen, ledger::consent_words(record.party(), item, record.is_given()));
    return record;
  }
  Sent consents() {
    std::vector<v1::ConsentRecord> records;
    for (auto left = number(1, 6); left > 0; --left) records.push_back(some_consent());
    v1::SubmitConsents action;
    action.set_batch("consents");
    return with_records(action, attached(records), {"operator"});
  }
  Sent erasure_of() {
    const auto citizen = someone();
    const std::string words(ledger::kErasureWords);
    return acting(erasure(citizen, confirmed(citizen, words)), {"operator"});
  }
  Sent opening_of_pseudonym() {
    v1::OpenPseudonym action;
    action.set_account(pseudonym(someone()));
    action.set_reason("fraud");
    action.set_reference(chance(95) ? "case 7" : "");
    *action.mutable_decision() = document("decision");
    return acting(action, {"bureau", "expert1", "expert2"});
  }

  // ---- Pools ----

  Sent conversion_of() {
    if (chance(25)) {
      v1::TakeBackCredits back;
      back.set_report(one_of({"k1", "k2", "k3", "k4"}));
      return acting(back, {"provider"});
    }
    auto action = conversion(one_of({"k1", "k2", "k3", "k4"}), number(0, 5));
    if (chance(8)) action.set_project(one_of({"P1", "P2", "NONE"}));
    if (chance(8)) action.set_account(one_of({"bank-pool", "provider-main", "nowhere"}));
    if (chance(10)) action.set_to(action.from() + number(-1, 90));
    return acting(action, {"provider"});
  }

  // ---- Offers ----

  Sent offer_of() {
    auto action = offering(one_of(kOfferNames), number(chance(3) ? 0 : 1, 200));
    action.set_merchant(chance(90) ? "buyer" : one_of(kPartyNames));
    if (chance(10)) action.set_sponsor(one_of({"provider-pool", "owner-main", "nowhere"}));
    action.set_stock(number(chance(3) ? 0 : 1, 12));
    if (chance(50)) action.set_per_person(number(1, 4));
    if (chance(20)) action.set_to(now + number(-10, 300) * kSecond);
    return acting(action, {owner_of(action.sponsor()), action.merchant()});
  }
  [[nodiscard]] v1::Offer stored_offer(const std::string& name) const {
    auto offer = view().offer(name).value_or(v1::Offer());
    offer.mutable_offer()->set_offer(name);
    return offer;
  }
  // The merchant of one that is there, or "buyer".
  [[nodiscard]] static std::string merchant_of(const v1::Offer& offer) {
    return offer.offer().merchant().empty() ? "buyer" : offer.offer().merchant();
  }
  Sent change_of() {
    const auto offer = stored_offer(one_of(kOfferNames));
    v1::ChangeOffer action;
    action.set_offer(offer.offer().offer());
    action.set_stock_added(number(chance(5) ? -1 : 1, 6));
    if (chance(15)) action.set_is_closed(true);
    if (chance(15)) action.clear_stock_added();
    return acting(action, {merchant_of(offer)});
  }
  Sent redemptions() {
    const auto offer = stored_offer(one_of(kOfferNames));
    std::vector<v1::RedemptionRecord> records;
    for (auto left = number(1, 5); left > 0; --left) {
      const auto citizen = someone();
      const auto quantity = number(chance(2) ? 0 : 1, 4);
      records.push_back(redemption(
          citizen, quantity,
          confirmed(citizen, ledger::redemption_words(offer.offer().offer(), quantity))));
    }
    v1::Redeem action;
    action.set_batch("redemptions");
    action.set_offer(offer.offer().offer());
    Signers signers{merchant_of(offer)};
    if (chance(50)) signers.emplace_back("operator");
    return with_records(action, attached(records), signers);
  }
  Sent settlement_of_offer() {
    const auto offer = stored_offer(one_of(kOfferNames));
    auto action = settling("s" + std::to_string(number(0, 12)), offer);
    if (chance(10)) action.set_amount_g(action.amount_g() + 1);
    return acting(action, {"bank", merchant_of(offer)});
  }

  std::vector<Ride> rides_;
};

}  // namespace puhui::node::audit::testing
