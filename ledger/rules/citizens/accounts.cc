#include <algorithm>

#include "ledger/rules/checks.h"
#include "ledger/rules/citizens/actions.h"
#include "ledger/rules/citizens/credits.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {
namespace {

Ruling open_one(Context& context, std::string_view pseudonym, bool is_self_held) {
  const auto name = key::personal(pseudonym);
  if (context.state.has(name))
    return refuse(ErrorCode::ACCOUNT_EXISTS, "account.new", {}, personal_id(pseudonym));
  PersonalBalance balance;
  balance.opened_at = context.leaf;
  balance.is_self_held = is_self_held;
  context.state.put(name, balance.encode());
  return {};
}

Ruling open_self_held(Context& context, const v1::SelfHeldAccount& account) {
  if (auto opened = open_one(context, account.pseudonym(), true); !opened) return opened;
  context.state.put(key::holder_key(account.pseudonym()), account.key().public_key());
  return {};
}

bool is_self_held(const v1::SelfHeldAccount& account) {
  return account.pseudonym().size() == kPseudonymSize &&
         crypto::PublicKey::decode(account.key().public_key()).has_value();
}

}  // namespace

Ruling open_personal_accounts(Context& context, const v1::OpenPersonalAccounts& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  const std::string_view all = action.pseudonyms();
  if ((all.empty() && action.self_held().empty()) || all.size() % kPseudonymSize != 0)
    return malformed("pseudonyms");
  if (!std::ranges::all_of(action.self_held(), is_self_held)) return malformed("self_held");
  if (auto met = require_signers(context, "account.open_personal", the_city()); !met) return met;
  for (std::size_t at = 0; at < all.size(); at += kPseudonymSize)
    if (auto opened = open_one(context, all.substr(at, kPseudonymSize), false); !opened)
      return opened;
  for (const auto& account : action.self_held())
    if (auto opened = open_self_held(context, account); !opened) return opened;
  const auto opened =
      static_cast<std::int64_t>(all.size() / kPseudonymSize) + action.self_held_size();
  context.totals.set_personal_accounts(context.totals.personal_accounts() + opened);
  context.fact("opened", std::to_string(opened));
  return {};
}

Ruling erase_account(Context& context, const v1::EraseAccount& action) {
  const auto& pseudonym = action.account();
  if (auto met = require_signers(context, "account.erase", the_city()); !met) return met;
  const auto account = need_personal(context, pseudonym);
  if (!account) return tl::make_unexpected(account.error());
  const auto& confirmed = *context.event.confirmation;
  if (auto wanted = need_confirmed(context, pseudonym, account->balance, confirmed); !wanted)
    return wanted;
  const auto limit = context.rules.custodial_limit_g();
  auto balance = account->balance;
  if (limit > 0 && balance.grams > limit && !confirmed.key)
    if (auto met = require_signers(context, "account.erase.large", the_city()); !met) return met;
  const auto cancelled_g = std::max<std::int64_t>(0, balance.grams);
  balance.is_erased = true;
  move_once(context, account->key, balance,
            {RecordPlace{context.leaf, 0}, -cancelled_g, confirmed.sha256}, confirmed.leaf);
  context.totals.set_credits_cancelled_g(context.totals.credits_cancelled_g() + cancelled_g);
  erase_consents(context, pseudonym);
  context.state.erase(key::holder_key(pseudonym));
  context.fact("cancelled_g", std::to_string(cancelled_g));
  return {};
}

Ruling open_pseudonym(Context& context, const v1::OpenPseudonym& action) {
  if (action.account().size() != kPseudonymSize) return malformed("account");
  if (action.reason().empty() || action.reason().size() > kTextSizeMax) return malformed("reason");
  if (action.reference().empty() || action.reference().size() > kTextSizeMax)
    return malformed("reference");
  if (!action.has_decision() || !is_document(action.decision())) return malformed("decision");
  const auto account = need_personal(context, action.account());
  if (!account) return tl::make_unexpected(account.error());
  if (auto met = require_signers(context, "pseudonym.open", the_city()); !met) return met;
  v1::PseudonymOpening record;
  *record.mutable_opening() = action;
  record.set_account(personal_id(action.account()));
  record.set_opened_at(static_cast<std::int64_t>(context.leaf));
  context.state.put(key::opening(context.leaf), record);
  return {};
}

}  // namespace puhui::ledger
