#include <algorithm>

#include "ledger/rules/checks.h"
#include "ledger/rules/citizens/credits.h"
#include "ledger/rules/incentives/actions.h"
#include "ledger/rules/signers.h"
#include "ledger/store/numbers.h"

namespace puhui::ledger {
namespace {

// So that no product of two of them overflows.
constexpr std::int64_t kPriceMax = 1'000'000'000;
constexpr std::int64_t kStockMax = 1'000'000'000;

bool is_offer_form(const v1::OpenOffer& offer) {
  return is_name(offer.offer()) && offer.name_zh().size() <= kTextSizeMax &&
         offer.name_en().size() <= kTextSizeMax && offer.price_g() > 0 &&
         offer.price_g() <= kPriceMax && offer.stock() > 0 && offer.stock() <= kStockMax &&
         offer.per_person() >= 0 && offer.value_cents() >= 0 && offer.value_cents() <= kPriceMax &&
         offer.to() != 0 && is_window(offer.from(), offer.to()) &&
         is_document_or_none(offer.has_terms(), offer.terms());
}

tl::expected<v1::Account, Refusal> need_sponsor(const Context& context, const std::string& name) {
  auto account = is_name(name) ? context.state.find<v1::Account>(key::account(name)) : std::nullopt;
  if (!account) return refuse(ErrorCode::ACCOUNT_UNKNOWN, "offer.sponsor", {}, {}, name);
  if (account->kind() != v1::ACCOUNT_POOL)
    return refuse(ErrorCode::ACCOUNT_KIND, "offer.sponsor", v1::AccountKind_Name(v1::ACCOUNT_POOL),
                  v1::AccountKind_Name(account->kind()), name);
  return std::move(*account);
}

Subject about(const Context& context, const v1::OpenOffer& offer, const v1::Account& sponsor) {
  Subject subject;
  subject.holder = sponsor.owner();
  subject.party = offer.merchant();
  subject.area = context.genesis.area();
  return subject;
}

tl::expected<v1::Offer, Refusal> need_offer(const Context& context, const std::string& name) {
  auto offer = context.state.find<v1::Offer>(key::offer(name));
  if (!offer) return refuse(ErrorCode::OFFER_UNKNOWN, "offer.known", {}, {}, name);
  return std::move(*offer);
}

Refusal not_open(const v1::Offer& offer) {
  return {ErrorCode::OFFER_STATE_WRONG,
          "offer.open",
          time_text(offer.offer().from()) + " to " + time_text(offer.offer().to()),
          v1::OfferState_Name(offer.state()),
          offer.offer().offer(),
          true};
}

// What the records of one event redeem.
struct Redeemed {
  v1::Offer& offer;
  std::int64_t grams = 0;
  Ruling large = {};  // whether those sign who must sign large debits
};

tl::expected<std::int64_t, Refusal> need_within(const Context& context, const v1::Offer& offer,
                                                const Redemption& redemption) {
  const auto left = offer.stock() - offer.redeemed();
  if (redemption.quantity > left)
    return refuse(ErrorCode::OFFER_STOCK, "offer.stock", std::to_string(offer.stock()),
                  std::to_string(offer.redeemed()), std::to_string(redemption.quantity));
  if (offer.offer().per_person() == 0) return 0;
  const auto got =
      amount_at(context.state, key::redeemed(offer.offer().offer(), redemption.pseudonym()));
  if (redemption.quantity > offer.offer().per_person() - got)
    return refuse(ErrorCode::OFFER_LIMIT, "offer.per_person",
                  std::to_string(offer.offer().per_person()), std::to_string(got),
                  std::to_string(redemption.quantity));
  return got;
}

// Of what a custodian debits a person on a day, more than the rules' limit is signed by more.
Ruling debit_custodial(Context& context, const Redeemed& sums, const Redemption& redemption,
                       std::int64_t grams) {
  const auto limit = context.rules.custodial_limit_g();
  if (limit == 0 || redemption.confirmed.key) return {};
  const auto stored =
      key::debited(static_cast<std::int32_t>(day_of(context.now)), redemption.pseudonym());
  const auto debited = amount_at(context.state, stored) + grams;
  if (debited > limit && !sums.large) return sums.large;
  put_amount(context.state, stored, debited);
  return {};
}

Ruling redeem_one(Context& context, Redeemed& sums, const Redemption& redemption,
                  const RecordPlace& place) {
  auto& offer = sums.offer;
  const auto pseudonym = redemption.pseudonym();
  const auto account = need_personal(context, pseudonym);
  if (!account) return tl::make_unexpected(account.error());
  if (auto wanted = need_confirmed(context, pseudonym, account->balance, redemption.confirmed);
      !wanted)
    return wanted;
  const auto got = need_within(context, offer, redemption);
  if (!got) return tl::make_unexpected(got.error());
  const auto grams = redemption.quantity * offer.offer().price_g();
  if (grams > account->balance.grams)
    return refuse(ErrorCode::BALANCE_INSUFFICIENT, "redemption.balance", {},
                  grams_text(account->balance.grams), grams_text(grams));
  if (auto signed_for = debit_custodial(context, sums, redemption, grams); !signed_for)
    return signed_for;
  move_once(context, account->key, account->balance, {place, -grams, redemption.confirmed.sha256},
            redemption.confirmed.leaf);
  if (offer.offer().per_person() > 0)
    put_amount(context.state, key::redeemed(offer.offer().offer(), pseudonym),
               *got + redemption.quantity);
  offer.set_redeemed(offer.redeemed() + redemption.quantity);
  sums.grams += grams;
  return {};
}

}  // namespace

Ruling open_offer(Context& context, const v1::OpenOffer& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (!is_offer_form(action)) return malformed("offer");
  const auto stored = key::offer(action.offer());
  if (context.state.has(stored))
    return refuse(ErrorCode::OFFER_EXISTS, "offer.new", {}, action.offer());
  if (!context.state.has(key::party(action.merchant())))
    return refuse(ErrorCode::PARTY_UNKNOWN, "offer.merchant", {}, {}, action.merchant());
  const auto sponsor = need_sponsor(context, action.sponsor());
  if (!sponsor) return tl::make_unexpected(sponsor.error());
  const auto subject = about(context, action, *sponsor);
  if (auto met = require_signers(context, "offer.open", subject); !met) return met;
  v1::Offer offer;
  *offer.mutable_offer() = action;
  offer.set_state(v1::OFFER_OPEN);
  offer.set_opened_at(static_cast<std::int64_t>(context.leaf));
  offer.set_stock(action.stock());
  context.state.put(stored, offer);
  return {};
}

Ruling change_offer(Context& context, const v1::ChangeOffer& action) {
  auto offer = need_offer(context, action.offer());
  if (!offer) return tl::make_unexpected(offer.error());
  if (offer->state() != v1::OFFER_OPEN) return tl::make_unexpected(not_open(*offer));
  if (action.stock_added() < 0 || action.stock_added() > kStockMax - offer->stock() ||
      (action.stock_added() == 0) != action.is_closed())
    return malformed("stock_added");
  const auto sponsor = need_sponsor(context, offer->offer().sponsor());
  const auto subject = about(context, offer->offer(), *sponsor);
  if (auto met = require_signers(context, "offer.change", subject); !met) return met;
  offer->set_stock(offer->stock() + action.stock_added());
  if (action.is_closed()) {
    offer->set_state(v1::OFFER_CLOSED);
    offer->set_closed_at(static_cast<std::int64_t>(context.leaf));
  }
  context.state.put(key::offer(action.offer()), *offer);
  return {};
}

Ruling redeem(Context& context, const v1::Redeem& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (!is_name(action.batch())) return malformed("batch");
  auto offer = need_offer(context, action.offer());
  if (!offer) return tl::make_unexpected(offer.error());
  const auto& terms = offer->offer();
  if (offer->state() != v1::OFFER_OPEN || context.now < terms.from() || context.now >= terms.to())
    return tl::make_unexpected(not_open(*offer));
  auto sponsor = need_sponsor(context, terms.sponsor());
  const auto subject = about(context, terms, *sponsor);
  if (auto met = require_signers(context, "redeem", subject); !met) return met;
  if (context.credits_unknown) return {};
  Redeemed sums{*offer, 0, require_signers(context, "redeem.large", subject)};
  auto judged = each_record(context, context.event.records.redemptions,
                            [&](const Redemption& redemption, const RecordPlace& place) {
                              return redeem_one(context, sums, redemption, place);
                            });
  if (!judged) return judged;
  offer->set_redeemed_g(offer->redeemed_g() + sums.grams);
  context.state.put(key::offer(action.offer()), *offer);
  add_credits(context, std::move(*sponsor), sums.grams);
  auto& totals = context.totals;
  totals.set_credits_spent_g(totals.credits_spent_g() + sums.grams);
  totals.set_redemptions(totals.redemptions() + context.outcome.records_accepted());
  context.fact("spent_g", std::to_string(sums.grams));
  return {};
}

Ruling settle_offer(Context& context, const v1::SettleOffer& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (!is_name(action.settlement())) return malformed("settlement");
  if (!is_document_or_none(action.has_document(), action.document())) return malformed("document");
  const auto stored = key::offer_settlement(action.settlement());
  if (context.state.has(stored))
    return refuse(ErrorCode::SETTLEMENT_EXISTS, "settlement.new", {}, action.settlement());
  auto offer = need_offer(context, action.offer());
  if (!offer) return tl::make_unexpected(offer.error());
  const auto& terms = offer->offer();
  const auto sponsor = need_sponsor(context, terms.sponsor());
  const auto subject = about(context, terms, *sponsor);
  if (auto met = require_signers(context, "offer.settle", subject); !met) return met;
  const auto quantity = offer->redeemed() - offer->settled();
  const auto is_same = action.quantity() == quantity && quantity > 0 &&
                       action.amount_g() == quantity * terms.price_g() &&
                       action.value_cents() == quantity * terms.value_cents();
  if (!is_same && !context.credits_unknown)
    return refuse(ErrorCode::SETTLEMENT_DIFFERS, "settlement.figures", "what was redeemed",
                  std::to_string(quantity) + ", " + std::to_string(quantity * terms.price_g()) +
                      " g, " + std::to_string(quantity * terms.value_cents()) + " cents",
                  std::to_string(action.quantity()) + ", " + std::to_string(action.amount_g()) +
                      " g, " + std::to_string(action.value_cents()) + " cents");
  offer->set_settled(offer->settled() + action.quantity());
  offer->set_last_settlement(action.settlement());
  context.state.put(key::offer(action.offer()), *offer);
  v1::OfferSettlement record;
  *record.mutable_settlement() = action;
  record.set_settled_at(static_cast<std::int64_t>(context.leaf));
  context.state.put(stored, record);
  return {};
}

}  // namespace puhui::ledger
