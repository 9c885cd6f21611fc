// Offers: what citizens get for the grams they saved.
#pragma once

#include "ledger/rules/context.h"

namespace puhui::ledger {

// Order: rules in force; form; offer new; merchant; sponsor's account, a pool; signers.
[[nodiscard]] Ruling open_offer(Context& context, const v1::OpenOffer& action);
// Adds to the stock or closes it. Order: offer known and not closed; form; signers.
[[nodiscard]] Ruling change_offer(Context& context, const v1::ChangeOffer& action);
// Order: rules in force; batch name; offer known, not closed, its time now; signers;
// then each record by itself: account; confirmation; stock; the person's limit; balance; beyond the
// rules' limit of custodial debits of one person and day, the signers of "redeem.large" too.
[[nodiscard]] Ruling redeem(Context& context, const v1::Redeem& action);
// Order: rules in force; form; settlement new; offer known; signers; the figures are those of what
// was redeemed since the settlement before.
[[nodiscard]] Ruling settle_offer(Context& context, const v1::SettleOffer& action);

}  // namespace puhui::ledger
