// What persons agree to, and withdraw.
#include "node/audit/citizens.h"

namespace puhui::node::audit {
namespace {

ErrorCode apply(Case& at, const Consent& consent) {
  auto& books = at.books;
  const auto account = judge_account(books, consent.account);
  if (account != ErrorCode::OK) return account;
  if (!books.parties.contains(consent.party)) return ErrorCode::PARTY_UNKNOWN;
  if (consent.is_given && consent.lacks_guardian) return ErrorCode::CONSENT_GUARDIAN;
  const auto confirmed = judge_confirmation(books, consent.account, consent.confirmed);
  if (confirmed != ErrorCode::OK) return confirmed;
  books.moved.insert(consent.confirmed.sha256);
  auto& items = books.consents[{consent.account, consent.party}];
  if (consent.is_given)
    items.insert(consent.item);
  else
    items.erase(consent.item);
  return ErrorCode::OK;
}

}  // namespace

bool agrees(const Books& books, const std::string& account, const std::string& party, int item) {
  const auto* items = find(books.consents, {account, party});
  return items != nullptr && items->contains(item);
}

void forget_consents(Books& books, const std::string& account) {
  const auto from = books.consents.lower_bound({account, ""});
  auto to = from;
  while (to != books.consents.end() && to->first.first == account) ++to;
  books.consents.erase(from, to);
}

Verdict submit_consents(Case& at, const v1::SubmitConsents& action) {
  if (auto bad = need_rules(at)) return bad;
  if (!is_name(action.batch())) return malformed("batch");
  need_signers(at, "consent.submit", {.citywide = true});
  if (at.credits_unknown) return {};
  return each_record(at, at.leaf.consents,
                     [&at](const Consent& consent, std::uint32_t) { return apply(at, consent); });
}

}  // namespace puhui::node::audit
