// What citizens' accounts do, and what is done to them.
#pragma once

#include "ledger/rules/context.h"

namespace puhui::ledger {

// Order: rules in force; form; signers; each pseudonym new.
[[nodiscard]] Ruling open_personal_accounts(Context& context,
                                            const v1::OpenPersonalAccounts& action);
// Goes on without rules in force. Order: batch name; signers; then each record by itself: account;
// party; guardian; confirmation; of a self-held account, its last word is older.
[[nodiscard]] Ruling submit_consents(Context& context, const v1::SubmitConsents& action);
// Order: rules in force; form; amount; pool, its owner not restrained, and what it holds; the
// project one of pooled credits; report and project as for any report (submit_report); signers.
[[nodiscard]] Ruling convert_credits(Context& context, const v1::ConvertCredits& action);
// Order: rules in force; report known, of pooled credits, computed, verified or publicised;
// its project revoked or its methodology withdrawn; the pool's owner not restrained; signers, those
// of convert_credits.
[[nodiscard]] Ruling take_back_credits(Context& context, const v1::TakeBackCredits& action);
// Goes on without rules in force: nobody may be kept from leaving. Order: signers; account;
// confirmation; beyond the rules' limit of custodial debits, those of "account.erase.large". What
// the account owes stays owed; its claims stay claimed.
[[nodiscard]] Ruling erase_account(Context& context, const v1::EraseAccount& action);
// Order: form; account; signers.
[[nodiscard]] Ruling open_pseudonym(Context& context, const v1::OpenPseudonym& action);

// Grams of a conversion whose report is rejected pay what their pool owes, and go back to it: what
// was reversed is not converted again.
void give_back(Context& context, const v1::Report& report);
// Units that came of a conversion were recalled: that pays what its pool owes, and else covers what
// is reversed next.
void note_recalled_credits(Context& context, const v1::Report& report, std::int64_t recalled_kg);

}  // namespace puhui::ledger
