// What citizens get for grams: offers, redemptions, settlements.
#include <algorithm>

#include "node/audit/citizens.h"

namespace puhui::node::audit {
namespace {

constexpr std::int64_t kMost = 1'000'000'000;  // of a price, a stock and a value

bool is_from_one(std::int64_t number) { return number >= 1 && number <= kMost; }

Verdict check_form(const v1::OpenOffer& offer) {
  const bool is_sound = is_name(offer.offer()) && offer.name_zh().size() <= kTextMax &&
                        offer.name_en().size() <= kTextMax && is_from_one(offer.price_g()) &&
                        is_from_one(offer.stock()) && offer.per_person() >= 0 &&
                        offer.value_cents() >= 0 && offer.value_cents() <= kMost &&
                        offer.to() != 0 && is_window(offer.from(), offer.to()) &&
                        is_document_or_none(offer.has_terms(), offer.terms());
  return is_sound ? Verdict() : malformed("offer");
}

Verdict find_offer(Case& at, const std::string& name, v1::Offer*& offer) {
  offer = find(at.books.offers, name);
  return offer != nullptr ? Verdict() : refused(ErrorCode::OFFER_UNKNOWN, name);
}

Verdict not_open(const v1::Offer& offer) {
  return refused(ErrorCode::OFFER_STATE_WRONG, offer.offer().offer(), "open, and its time now",
                 v1::OfferState_Name(offer.state()));
}

// Who gives the grams a home, and who is the merchant.
Subject about(const Case& at, const v1::OpenOffer& offer) {
  return {.holder = at.books.accounts.at(offer.sponsor()).owner(),
          .party = offer.merchant(),
          .area = at.books.genesis.area()};
}

void changed(Case& at, const v1::Offer& offer) {
  at.books.changed(stored('x', offer.offer().offer()), offer);
}

// ---- Redemptions ----

ErrorCode judge_quantity(const Books& books, const v1::Offer& offer, const Redemption& redemption) {
  if (redemption.quantity > offer.stock() - offer.redeemed()) return ErrorCode::OFFER_STOCK;
  const auto most = offer.offer().per_person();
  if (most == 0) return ErrorCode::OK;
  const auto* got = find(books.redeemed, {offer.offer().offer(), redemption.account});
  const auto left = most - (got != nullptr ? *got : 0);
  return redemption.quantity > left ? ErrorCode::OFFER_LIMIT : ErrorCode::OK;
}

ErrorCode judge(const Books& books, const v1::Offer& offer, const Redemption& redemption) {
  const auto account = judge_account(books, redemption.account);
  if (account != ErrorCode::OK) return account;
  const auto confirmed = judge_confirmation(books, redemption.account, redemption.confirmed);
  if (confirmed != ErrorCode::OK) return confirmed;
  const auto quantity = judge_quantity(books, offer, redemption);
  if (quantity != ErrorCode::OK) return quantity;
  const auto price_g = Whole(redemption.quantity) * offer.offer().price_g();
  return price_g > books.personal.at(redemption.account).grams ? ErrorCode::BALANCE_INSUFFICIENT
                                                               : ErrorCode::OK;
}

ErrorCode apply(Case& at, v1::Offer& offer, const Redemption& redemption, std::uint32_t index) {
  const auto code = judge(at.books, offer, redemption);
  if (code != ErrorCode::OK) return code;
  const auto grams = redemption.quantity * offer.offer().price_g();
  move_once(at, redemption.account, {index, -grams, redemption.confirmed.sha256});
  if (offer.offer().per_person() > 0)
    at.books.redeemed[{offer.offer().offer(), redemption.account}] += redemption.quantity;
  offer.set_redeemed(offer.redeemed() + redemption.quantity);
  offer.set_redeemed_g(offer.redeemed_g() + grams);
  return ErrorCode::OK;
}

// More sign where a record is beyond the limit of the rules.
void need_redeemers(Case& at, const v1::OpenOffer& offer) {
  const auto subject = about(at, offer);
  need_signers(at, "redeem", subject);
  const auto limit_g = at.rules.custodial_limit_g();
  if (limit_g > 0 && std::ranges::any_of(at.leaf.redemptions, [&](const Redemption& redemption) {
        return Whole(redemption.quantity) * offer.price_g() > limit_g;
      }))
    need_signers(at, "redeem.large", subject);
}

// What was redeemed since the settlement before, and what that comes to. How much was is not known
// without all attachments, but that no more was than there is.
Verdict check_figures(const Case& at, const v1::Offer& offer, const v1::SettleOffer& action) {
  const auto& terms = offer.offer();
  const auto most = (at.credits_unknown ? offer.stock() : offer.redeemed()) - offer.settled();
  const auto quantity = action.quantity();
  const bool is_same = quantity > 0 && quantity <= most &&
                       (at.credits_unknown || quantity == most) &&
                       Whole(terms.price_g()) * quantity == action.amount_g() &&
                       Whole(terms.value_cents()) * quantity == action.value_cents();
  if (is_same) return {};
  return refused(ErrorCode::SETTLEMENT_DIFFERS, action.settlement(),
                 std::to_string(most) + " of " + action.offer(), std::to_string(quantity));
}

}  // namespace

Verdict open_offer(Case& at, const v1::OpenOffer& action) {
  if (auto bad = need_rules(at)) return bad;
  if (auto bad = check_form(action)) return bad;
  if (at.books.offers.contains(action.offer()))
    return refused(ErrorCode::OFFER_EXISTS, action.offer());
  if (!at.books.parties.contains(action.merchant()))
    return refused(ErrorCode::PARTY_UNKNOWN, action.merchant());
  v1::Account* sponsor = nullptr;
  if (auto bad = need_pool(at, action.sponsor(), sponsor)) return bad;
  need_signers(at, "offer.open", about(at, action));
  auto& offer = at.books.offers[action.offer()];
  *offer.mutable_offer() = action;
  offer.set_state(v1::OFFER_OPEN);
  offer.set_opened_at(as_leaf(at));
  offer.set_stock(action.stock());
  changed(at, offer);
  return {};
}

Verdict change_offer(Case& at, const v1::ChangeOffer& action) {
  v1::Offer* offer = nullptr;
  if (auto bad = find_offer(at, action.offer(), offer)) return bad;
  if (offer->state() != v1::OFFER_OPEN) return not_open(*offer);
  // It closes, or there is more of it.
  const auto added = action.stock_added();
  if (added < 0 || added > kMost - offer->stock() || action.is_closed() == (added > 0))
    return malformed("stock_added");
  need_signers(at, "offer.change", about(at, offer->offer()));
  offer->set_stock(offer->stock() + added);
  if (action.is_closed()) {
    offer->set_state(v1::OFFER_CLOSED);
    offer->set_closed_at(as_leaf(at));
  }
  changed(at, *offer);
  return {};
}

Verdict redeem(Case& at, const v1::Redeem& action) {
  if (auto bad = need_rules(at)) return bad;
  if (!is_name(action.batch())) return malformed("batch");
  v1::Offer* offer = nullptr;
  if (auto bad = find_offer(at, action.offer(), offer)) return bad;
  const auto& terms = offer->offer();
  if (offer->state() != v1::OFFER_OPEN || at.now < terms.from() || at.now >= terms.to())
    return not_open(*offer);
  need_redeemers(at, terms);
  if (at.credits_unknown) return {};
  const auto before_g = offer->redeemed_g();
  if (auto bad = each_record(at, at.leaf.redemptions,
                             [&](const Redemption& redemption, std::uint32_t index) {
                               return apply(at, *offer, redemption, index);
                             }))
    return bad;
  changed(at, *offer);
  const auto spent_g = offer->redeemed_g() - before_g;
  add_credits(at, at.books.accounts.at(terms.sponsor()), spent_g);
  auto& totals = at.books.totals;
  totals.set_credits_spent_g(totals.credits_spent_g() + spent_g);
  totals.set_redemptions(totals.redemptions() + static_cast<std::int64_t>(at.records_accepted));
  return {};
}

Verdict settle_offer(Case& at, const v1::SettleOffer& action) {
  if (auto bad = need_rules(at)) return bad;
  if (!is_name(action.settlement())) return malformed("settlement");
  if (!is_document_or_none(action.has_document(), action.document())) return malformed("document");
  if (at.books.offer_settlements.contains(action.settlement()))
    return refused(ErrorCode::SETTLEMENT_EXISTS, action.settlement());
  v1::Offer* offer = nullptr;
  if (auto bad = find_offer(at, action.offer(), offer)) return bad;
  need_signers(at, "offer.settle", about(at, offer->offer()));
  if (auto bad = check_figures(at, *offer, action)) return bad;
  offer->set_settled(offer->settled() + action.quantity());
  offer->set_last_settlement(action.settlement());
  changed(at, *offer);
  v1::OfferSettlement record;
  *record.mutable_settlement() = action;
  record.set_settled_at(as_leaf(at));
  at.books.changed(stored('j', action.settlement()), record);
  at.books.offer_settlements.insert(action.settlement());
  return {};
}

}  // namespace puhui::node::audit
