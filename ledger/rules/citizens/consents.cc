#include "ledger/rules/checks.h"
#include "ledger/rules/citizens/actions.h"
#include "ledger/rules/citizens/credits.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {
namespace {

Ruling apply_consent(Context& context, const Consent& consent, const RecordPlace& place) {
  const auto account = need_personal(context, consent.pseudonym());
  if (!account) return tl::make_unexpected(account.error());
  if (!context.state.has(key::party(consent.party)))
    return refuse(ErrorCode::PARTY_UNKNOWN, "consent.party", {}, {}, consent.party);
  if (consent.is_given && consent.lacks_guardian)
    return refuse(ErrorCode::CONSENT_GUARDIAN, "consent.guardian", "1", "0");
  if (auto wanted =
          need_confirmed(context, consent.pseudonym(), account->balance, consent.confirmed);
      !wanted)
    return wanted;
  auto consents = consents_of(context.state, consent.pseudonym(), consent.party);
  if (consent.confirmed.key && consent.confirmed.valid_until <= consents.until)
    return refuse(ErrorCode::CONFIRMATION_INVALID, "consent.order", "a later word",
                  time_text(consents.until), time_text(consent.confirmed.valid_until));
  consents.set(consent.item, consent.is_given);
  if (consent.confirmed.key) consents.until = consent.confirmed.valid_until;
  context.state.put(key::consent(consent.pseudonym(), consent.party), consents.encode());
  context.state.put(key::moved(consent.confirmed.leaf.view()), Moved{place, 0, {}}.encode());
  return {};
}

}  // namespace

Consents consents_of(const State& state, std::string_view pseudonym, std::string_view party) {
  const auto bits = state.get(key::consent(pseudonym, party));
  return bits ? Consents::decode(*bits) : Consents();
}

void erase_consents(Context& context, std::string_view pseudonym) {
  const auto prefix = key::consents(pseudonym);
  for (auto at = context.state.at_or_after(prefix, prefix); at;
       at = context.state.at_or_after(prefix, at->key + '\0'))
    context.state.erase(at->key);
}

const v1::ConsentRule* consent_rule(const v1::RuleSet& rules, const std::string& scenario) {
  const v1::ConsentRule* of_all = nullptr;
  for (const auto& rule : rules.consents()) {
    if (rule.scenario() == scenario) return &rule;
    if (rule.scenario().empty()) of_all = &rule;
  }
  return of_all;
}

Ruling submit_consents(Context& context, const v1::SubmitConsents& action) {
  if (!is_name(action.batch())) return malformed("batch");
  if (auto met = require_signers(context, "consent.submit", the_city()); !met) return met;
  if (context.credits_unknown) return {};
  return each_record(context, context.event.records.consents,
                     [&context](const Consent& consent, const RecordPlace& place) {
                       return apply_consent(context, consent, place);
                     });
}

}  // namespace puhui::ledger
