// What citizens are told: what they have agreed to, what saved most, what would.
#include <algorithm>
#include <map>

#include "ledger/personal.h"
#include "ledger/rules/citizens/credits.h"
#include "ledger/store/keys.h"
#include "ledger/views/stored.h"

namespace puhui::ledger {
namespace {

constexpr std::int64_t kMovementsSummedMax = 2'000;
constexpr std::int64_t kActsAWeek = 7;

using Shares = std::map<std::string, v1::ScenarioShare>;

void add(const v1::Credit& credit, Shares& shares, v1::PersonalSummary& summary) {
  summary.set_movements(summary.movements() + 1);
  switch (credit.kind()) {
    case v1::CREDITED:
    case v1::CREDIT_REVERSED: {
      auto& share = shares[credit.scenario()];
      share.set_scenario(credit.scenario());
      share.set_records(share.records() + (credit.kind() == v1::CREDITED ? 1 : -1));
      share.set_grams(share.grams() + credit.grams() + credit.pooled_g());
      break;
    }
    case v1::CREDIT_SPENT:
      summary.set_spent_g(summary.spent_g() - credit.grams());
      summary.set_redemptions(summary.redemptions() + 1);
      break;
    default:
      break;
  }
}

v1::Advice advice_for(const v1::ScenarioTotals& all, const Shares& shares) {
  const auto own = shares.find(all.scenario());
  v1::Advice advice;
  advice.set_scenario(all.scenario());
  advice.set_by_own_acts(own != shares.end() && own->second.records() > 0);
  const auto average_g = advice.by_own_acts() ? own->second.grams() / own->second.records()
                         : all.records() > 0  ? all.grams() / all.records()
                                              : 0;
  advice.set_week_g(kActsAWeek * average_g);
  return advice;
}

template <class Items, class Measure>
void sort_down(Items& items, Measure measure) {
  std::stable_sort(items.begin(), items.end(), [&measure](const auto& one, const auto& other) {
    return measure(one) > measure(other);
  });
}

}  // namespace

v1::ConsentList View::consents(std::string_view account) const {
  v1::ConsentList list;
  const auto pseudonym = pseudonym_of(account);
  if (pseudonym.empty()) return list;
  const auto prefix = key::consents(pseudonym);
  reader_->scan(prefix, prefix, [&](std::string_view stored, std::string_view bits) {
    const auto given = Consents::decode(bits);
    v1::ConsentView consent;
    consent.set_party(std::string(stored.substr(prefix.size())));
    for (int item = v1::ConsentItem_MIN + 1; item <= v1::ConsentItem_MAX; ++item)
      if (given.has(item)) consent.add_items(static_cast<v1::ConsentItem>(item));
    if (!consent.items().empty()) *list.add_items() = std::move(consent);
    return true;
  });
  return list;
}

bool View::has_consent(std::string_view account, std::string_view party,
                       v1::ConsentItem item) const {
  const auto pseudonym = pseudonym_of(account);
  if (pseudonym.empty()) return false;
  const auto bits = reader_->get(key::consent(pseudonym, party));
  return bits && Consents::decode(*bits).has(item);
}

v1::ScenarioTotalsList View::scenarios(const Page& page) const {
  return list_of<v1::ScenarioTotalsList>(*reader_, key::scenario_totals(""), page);
}

v1::BehaviourBatchList View::behaviour_batches(const Page& page) const {
  return list_of<v1::BehaviourBatchList>(*reader_, key::behaviour_batches(), page);
}

v1::PseudonymOpeningList View::openings(const Page& page) const {
  return list_of<v1::PseudonymOpeningList>(*reader_, "vz", page);
}

std::optional<v1::Offer> View::offer(std::string_view offer) const {
  return find<v1::Offer>(*reader_, key::offer(offer));
}

v1::OfferList View::offers(const Page& page) const {
  return list_of<v1::OfferList>(*reader_, "vx", page);
}

std::optional<v1::OfferSettlement> View::offer_settlement(std::string_view name) const {
  return find<v1::OfferSettlement>(*reader_, key::offer_settlement(name));
}

Result<v1::PersonalSummary> View::summary(std::string_view account) const {
  v1::PersonalSummary summary;
  Shares shares;
  for (Page page{{}, kHistoryPageMax};;) {
    const auto part = credits(account, page);
    if (!part) return tl::make_unexpected(part.error());
    for (const auto& credit : part->items()) add(credit, shares, summary);
    page.after = part->next();
    summary.set_is_cut_off(!page.after.empty());
    if (page.after.empty() || summary.movements() >= kMovementsSummedMax) break;
  }
  summary.set_account(std::string(account));
  const auto balance = this->account(account);
  summary.set_credits_held_g(balance->credits_held_g() - balance->credits_owed_g());
  for (auto& [scenario, share] : shares) *summary.add_scenarios() = share;
  const auto all = scenarios(Page{{}, kPageLimitMax});
  for (const auto& of_all : all.items()) *summary.add_advice() = advice_for(of_all, shares);
  sort_down(*summary.mutable_scenarios(), [](const auto& share) { return share.grams(); });
  sort_down(*summary.mutable_advice(), [](const auto& advice) { return advice.week_g(); });
  return summary;
}

}  // namespace puhui::ledger
