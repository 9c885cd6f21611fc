// What personal credits and pools hold, and how they move: every gram from one place to another.
#pragma once

#include "ledger/personal.h"
#include "ledger/records.h"
#include "ledger/rules/context.h"

namespace puhui::ledger {

// Something that changes a personal account: where it stands in the log, what the account holds
// more for it, and by what name the account's trail keeps it (personal.h).
struct Movement {
  RecordPlace place;
  std::int64_t grams = 0;
  crypto::Digest name;
};

// Puts the account after it. What personal accounts hold and owe is summed up in the totals.
void move_credits(Context& context, const std::string& account_key, PersonalBalance balance,
                  const Movement& movement);
// The same, and keeps the movement under its name; not for credits, whose claims are kept.
void move_once(Context& context, const std::string& account_key, const PersonalBalance& balance,
               const Movement& movement);

// A named account holds so many grams more, or less; it must hold them (asserted).
void add_credits(Context& context, v1::Account account, std::int64_t grams);

struct PersonalAccount {
  std::string key;
  PersonalBalance balance;
};
// ACCOUNT_UNKNOWN, ACCOUNT_ERASED.
[[nodiscard]] tl::expected<PersonalAccount, Refusal> need_personal(const Context& context,
                                                                   std::string_view pseudonym);
// That the person wants it: CONFIRMATION_INVALID for another key than a self-held account's own, or
// for any key of a custodial one; CONFIRMATION_USED.
[[nodiscard]] Ruling need_confirmed(const Context& context, std::string_view pseudonym,
                                    const PersonalBalance& balance, const Confirmed& confirmed);

// ---- consents.cc ----
// What a person has agreed to, of one party.
class Consents {
 public:
  Consents() = default;
  explicit Consents(std::uint8_t bits) : bits_(bits) {}
  [[nodiscard]] bool has(int item) const { return (bits_ & bit(item)) != 0; }
  void set(int item, bool is_given) {
    bits_ = static_cast<std::uint8_t>(is_given ? bits_ | bit(item) : bits_ & ~bit(item));
  }
  [[nodiscard]] bool is_none() const { return bits_ == 0; }
  [[nodiscard]] std::string encode() const { return std::string(1, static_cast<char>(bits_)); }

 private:
  static unsigned bit(int item) { return 1U << static_cast<unsigned>(item - 1); }
  std::uint8_t bits_ = 0;
};
[[nodiscard]] Consents consents_of(const State& state, std::string_view pseudonym,
                                   std::string_view party);
void erase_consents(Context& context, std::string_view pseudonym);
// The rule for a scenario, or for all; null if nobody is asked.
[[nodiscard]] const v1::ConsentRule* consent_rule(const v1::RuleSet& rules,
                                                  const std::string& scenario);

// ---- records, one by one ----
// Notes that a record of the attachment was refused; the first ones are shown to the sender.
v1::RecordRefusal* note_refusal(v1::Outcome& outcome, std::uint32_t record, ErrorCode code);

// Judges the records of an attachment one by one: `apply(record, place)` changes the state or
// refuses. A batch of which no record is accepted is refused with its first record's refusal.
template <class R, class Apply>
Ruling each_record(Context& context, const std::vector<R>& records, Apply apply) {
  std::optional<Refusal> first;
  std::uint32_t index = 0;
  for (const auto& record : records) {
    if (auto applied = apply(record, RecordPlace{context.leaf, index})) {
      context.outcome.set_records_accepted(context.outcome.records_accepted() + 1);
    } else {
      note_refusal(context.outcome, index, applied.error().code);
      if (!first) first = std::move(applied.error());
    }
    ++index;
  }
  if (context.outcome.records_accepted() > 0 || !first) return {};
  return tl::make_unexpected(std::move(*first));
}

}  // namespace puhui::ledger
