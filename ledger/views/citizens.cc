// What citizens are told: what they have agreed to, how an act stands, what saved most, what would.
#include <algorithm>
#include <map>

#include "crypto/merkle.h"
#include "ledger/personal.h"
#include "ledger/rules/behaviour/acts.h"
#include "ledger/rules/behaviour/claims.h"
#include "ledger/rules/citizens/credits.h"
#include "ledger/rules/filing/programs.h"
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

// The version of the scenario's line that an act of this day goes by.
std::optional<v1::MethodologyRecord> version_on(const Reader& reader, std::string_view scenario,
                                                std::int64_t day) {
  std::string name;  // code, zero byte, version
  const auto line = key::behaviour_versions(scenario), end = key::version_from(line, day + 1);
  reader.scan(line, line, [&](std::string_view stored, std::string_view value) {
    if (stored >= end) return false;
    name = value;
    return true;
  });
  const auto zero = name.find('\0');
  if (zero == std::string::npos) return std::nullopt;
  auto record = find<v1::MethodologyRecord>(
      reader, key::methodology(name.substr(0, zero), name.substr(zero + 1)));
  assert(record && "a version in force is not filed");
  return covers(record->methodology(), day) ? record : std::nullopt;
}

struct FoundAct {
  v1::ActState state;
  v1::Standing standing;  // of the methodology
};
// Under a methodology that is suspended it may not be claimed, whatever its day.
Result<v1::ActState> need_claimable(FoundAct found) {
  const auto& version = found.state.methodology();
  if (found.standing == v1::IN_FORCE || found.state.standing() == v1::ACT_EXPIRED)
    return std::move(found.state);
  return fail(ErrorCode::METHODOLOGY_STANDING, version.code() + " " + version.version());
}

bool is_closed(const Reader& reader, std::int64_t day) {
  const auto stored = reader.get(key::closed_days());
  const auto closed = stored ? ClosedDays::decode(*stored) : std::nullopt;
  return closed && day <= closed->last;
}

Result<FoundAct> act_of(const Reader& reader, std::int64_t today, std::string_view scenario,
                        std::int64_t day) {
  if (day > today) return fail(ErrorCode::CLAIM_WINDOW, date_text(day) + " is to come");
  const auto record = version_on(reader, scenario, day);
  if (!record)
    return fail(ErrorCode::METHODOLOGY_NOT_IN_FORCE,
                std::string(scenario) + " on " + date_text(day));
  const auto& m = record->methodology();
  const auto claimable = claim_days(m, day);
  const bool is_over = today > claimable.last || is_closed(reader, day);
  FoundAct found{{}, record->standing()};
  auto& state = found.state;
  state.set_scenario(std::string(scenario));
  state.set_day(day);
  state.set_standing(is_over                   ? v1::ACT_EXPIRED
                     : today < claimable.first ? v1::ACT_NOT_OPEN
                                               : v1::ACT_CLAIMABLE);
  state.set_first_day(claimable.first);
  state.set_last_day(claimable.last);
  state.set_today(today);
  state.mutable_methodology()->set_code(m.code());
  state.mutable_methodology()->set_version(m.version());
  return found;
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

Result<crypto::PublicKey> View::holder_key(std::string_view account) const {
  const auto pseudonym = pseudonym_of(account);
  const auto balance = pseudonym.empty() ? std::nullopt : reader_->get(key::personal(pseudonym));
  if (balance && PersonalBalance::decode(*balance).is_erased)
    return fail(ErrorCode::ACCOUNT_ERASED, std::string(account));
  const auto stored = balance ? reader_->get(key::holder_key(pseudonym)) : std::nullopt;
  if (!stored) return fail(ErrorCode::NOT_FOUND, std::string(account));
  auto key = crypto::PublicKey::decode(*stored);
  assert(key && "a stored key does not decode");
  return key;
}

v1::ScenarioTotalsList View::scenarios(const Page& page) const {
  return list_of<v1::ScenarioTotalsList>(*reader_, key::scenario_totals(""), page);
}

Result<v1::ActState> View::act_state(std::string_view scenario, std::int64_t day) const {
  auto found = act_of(*reader_, day_of(head_.time), scenario, day);
  if (!found) return tl::make_unexpected(found.error());
  return need_claimable(std::move(*found));
}

Result<v1::ActState> View::act_state(std::string_view scenario, const ClaimAsked& asked) const {
  auto found = act_of(*reader_, day_of(head_.time), scenario, asked.day);
  if (!found) return tl::make_unexpected(found.error());
  const auto leaf = crypto::leaf_hash(asked.claim.view());
  if (!reader_->get(key::claim(asked.day, asked.slot, leaf.view())))
    return need_claimable(std::move(*found));
  found->state.set_standing(v1::ACT_CREDITED);
  return std::move(found->state);
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
