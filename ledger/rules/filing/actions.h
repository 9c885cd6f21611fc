// What each event of filing (备案) does: methodologies, scenarios, projects, institutions, data
// providers; public notice (公示) of filings and of reports; how what is filed stands; the list of
// firms that surrender allowances.
#pragma once

#include "ledger/rules/context.h"

namespace puhui::ledger {

// ---- methodologies.cc ----
// Order: rules in force; no procedure for it in the rules; form; version new; program builds;
// versions do not overlap, but for the one it supersedes, from a day to come; signers.
[[nodiscard]] Ruling file_methodology(Context& context, const v1::FileMethodology& action);

// ---- projects.cc ----
// Order: rules in force; no procedure for it in the rules; form; area; project new; owner known;
// other schemes declared; project methodology of this city in force on the first day of the
// crediting period, and neither suspended nor withdrawn; account owned by the owner; parameters
// within bounds; registry checks; no other claim to a key's periods; signers.
[[nodiscard]] Ruling file_project(Context& context, const v1::FileProject& action);

// ---- filings.cc ----
// Order: rules in force; form; filing new; a procedure in the rules; what its subject would be
// refused for; signers of "draft.<kind>".
[[nodiscard]] Ruling draft_filing(Context& context, const v1::DraftFiling& action);
// Order: form; filing under review; reviewer by the procedure, whose role reaches the subject;
// another legal entity than the drafter and whom the filing is about; one review of each legal
// entity. Only reviews
// of parties who may still review are counted; so many for it approve it, so many against turn it
// down.
[[nodiscard]] Ruling review_filing(Context& context, const v1::ReviewFiling& action);
// Order: form; filing not ended; by its drafter, or the signers of "filing.withdraw".
[[nodiscard]] Ruling withdraw_filing(Context& context, const v1::WithdrawFiling& action);
// Order: rules in force; filing reviewed; the procedure still that of the rules; where it asks for
// notice, that is over with every objection decided; signers of "complete.<kind>"; then as the
// subject itself, but for its signers.
[[nodiscard]] Ruling complete_filing(Context& context, const v1::CompleteFiling& action);

// ---- notices.cc ----
// Order: rules in force; a reviewed filing whose procedure asks for it, or a verified report while
// the rules do; working days known; signers of "notice.open"; no other claim to a project's
// periods, which are its own from now on.
[[nodiscard]] Ruling open_notice(Context& context, const v1::OpenNotice& action);
// Order: form; under notice; not over; objection new; by a legal entity without interest and with
// few of them; signers of "notice.object".
[[nodiscard]] Ruling raise_objection(Context& context, const v1::RaiseObjection& action);
// Order: form; under notice; objection open; the signers are different legal entities that neither
// object nor have an interest; signers of "notice.decide". One that is upheld turns down what is
// under notice, and frees its periods.
[[nodiscard]] Ruling decide_objection(Context& context, const v1::DecideObjection& action);

// ---- standing.cc ----
// Order: form; methodology or project filed; this standing can follow the present one; signers of
// "standing.methodology" or "standing.project".
[[nodiscard]] Ruling set_standing(Context& context, const v1::SetStanding& action);

// ---- ets.cc ----
// Order: form; a year not after the next; signers of "ets.publish"; no key of two firms.
[[nodiscard]] Ruling publish_ets_list(Context& context, const v1::PublishEtsList& action);

}  // namespace puhui::ledger
