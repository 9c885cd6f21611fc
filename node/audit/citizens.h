// The rules of citizens' accounts, pools and offers, as a judge reads them (rules.h).
//
// Of records in attachments each is judged by itself; an event of which no record is accepted
// should have been refused as its first record is.
#pragma once

#include "node/audit/rules.h"

namespace puhui::node::audit {

// ---- Acts (credits.cc, reversals.cc) ----
[[nodiscard]] Verdict submit_behaviour_batch(Case& at, const v1::SubmitBehaviourBatch& action);
[[nodiscard]] Verdict reverse_records(Case& at, const v1::ReverseRecords& action);
[[nodiscard]] Subject about_acts(const Case& at, const std::string& scenario);

// ---- Acts that partner cities know (tags.cc) ----
// Why an act is not new, or lacks a tag, or OK; and keeps the tags of one that was credited.
[[nodiscard]] ErrorCode judge_tags(const Case& at, const Record& record,
                                   const std::string& scenario);
void keep_tags(Case& at, const Record& record, std::uint32_t index);
// Of a partner that is known; `published` is what its entry says, as an accepted checkpoint proves.
[[nodiscard]] Verdict put_published(Case& at, const v1::PublishTags& action);
[[nodiscard]] Verdict put_noted(Case& at, const v1::NoteTags& action, const v1::Payload& published);

// ---- Accounts and consents (persons.cc, consents.cc) ----
[[nodiscard]] Verdict open_personal_accounts(Case& at, const v1::OpenPersonalAccounts& action);
[[nodiscard]] Verdict erase_account(Case& at, const v1::EraseAccount& action);
[[nodiscard]] Verdict open_pseudonym(Case& at, const v1::OpenPseudonym& action);
[[nodiscard]] Verdict submit_consents(Case& at, const v1::SubmitConsents& action);
// Whether a person has agreed to this, of a party.
[[nodiscard]] bool agrees(const Books& books, const std::string& account, const std::string& party,
                          int item);
void forget_consents(Books& books, const std::string& account);

// Why a personal account gives and takes nothing, or OK.
[[nodiscard]] ErrorCode judge_account(const Books& books, const std::string& account);
// Why this is not what its person wants, or OK.
[[nodiscard]] ErrorCode judge_confirmation(const Case& at, const std::string& account,
                                           const Confirmed& confirmed);

// Something that changes a personal account: by which record of the event, by how much, and what
// its trail calls it.
struct Movement {
  std::uint32_t record = 0;
  std::int64_t grams = 0;
  crypto::Digest name;
};
void move_credits(Case& at, const std::string& account, const Movement& movement);
// The same of what is no credit, and whose name serves but once.
void move_once(Case& at, const std::string& account, const Movement& movement);
// A named account gets so much more, or less: it owes what it does not hold.
void add_credits(Case& at, v1::Account& account, std::int64_t grams);

// ---- Pools (pools.cc) ----
[[nodiscard]] Verdict convert_credits(Case& at, const v1::ConvertCredits& action);
[[nodiscard]] Verdict take_back_credits(Case& at, const v1::TakeBackCredits& action);
// An account that pools credits, or null.
[[nodiscard]] v1::Account* find_pool(Case& at, const std::string& name);
[[nodiscard]] Verdict need_pool(Case& at, const std::string& name, v1::Account*& pool);
void changed(Case& at, const v1::Account& account);
// Grams of reversed credits: those converted into units that were recalled go first.
void take_from_pool(Case& at, const std::string& name, std::int64_t grams);
// What a report converted returns to its pool; units of it were recalled, by which the pool pays
// what it owes now or next.
void give_back(Case& at, const v1::Report& report);
void recalled_from(Case& at, const v1::Report& report, std::int64_t recalled_kg);

// ---- Offers (offers.cc) ----
[[nodiscard]] Verdict open_offer(Case& at, const v1::OpenOffer& action);
[[nodiscard]] Verdict change_offer(Case& at, const v1::ChangeOffer& action);
[[nodiscard]] Verdict redeem(Case& at, const v1::Redeem& action);
[[nodiscard]] Verdict settle_offer(Case& at, const v1::SettleOffer& action);

// ---- Records, one by one ----
// `apply(record, index)` carries one out, or answers why not.
template <class R, class Apply>
[[nodiscard]] Verdict each_record(Case& at, const std::vector<R>& records, Apply apply) {
  auto first = ErrorCode::OK;
  std::uint32_t index = 0;
  for (const auto& record : records) {
    const ErrorCode code = apply(record, index++);
    if (code == ErrorCode::OK) {
      ++at.records_accepted;
      continue;
    }
    ++at.records_refused;
    if (first == ErrorCode::OK) first = code;
  }
  if (at.records_accepted > 0 || first == ErrorCode::OK) return {};
  return refused(first, "no record of the attachment is accepted", "1 record or more", "0");
}

}  // namespace puhui::node::audit
