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
// The same, and keeps the movement under the leaf hash of its name; not for credits, whose claims
// are kept.
void move_once(Context& context, const std::string& account_key, const PersonalBalance& balance,
               const Movement& movement, const crypto::Digest& name_leaf);

// A named account gets so many grams, or loses them. What it does not hold any more it owes; what
// it gets pays that first.
void add_credits(Context& context, v1::Account account, std::int64_t grams);

struct PersonalAccount {
  std::string key;
  PersonalBalance balance;
};
// ACCOUNT_UNKNOWN; and ACCOUNT_ERASED.
[[nodiscard]] tl::expected<PersonalAccount, Refusal> known_personal(const Context& context,
                                                                    std::string_view pseudonym);
[[nodiscard]] tl::expected<PersonalAccount, Refusal> need_personal(const Context& context,
                                                                   std::string_view pseudonym);
// That the person wants it: CONFIRMATION_INVALID for another key than a self-held account's own, or
// for any key of a custodial one; CONFIRMATION_USED.
// Of a self-held account, also CONFIRMATION_INVALID once its time is over.
[[nodiscard]] Ruling need_confirmed(const Context& context, std::string_view pseudonym,
                                    const PersonalBalance& balance, const Confirmed& confirmed);
// "1200 g", and of whom: as a refusal says what was used or asked.
[[nodiscard]] std::string grams_text(std::int64_t grams);

// ---- consents.cc ----
// What a person has agreed to, of one party.
// Stored as u8: bit ConsentItem - 1 of each ‖ i64-BE time until which the last word of a self-held
// account was good: its words count in that order, however they arrive.
class Consents {
 public:
  Consents() = default;
  [[nodiscard]] static Consents decode(std::string_view bytes) {
    Consents consents;
    consents.bits_ = static_cast<std::uint8_t>(bytes[0]);
    consents.until = static_cast<Micros>(crypto::read_u64(bytes.substr(1)));
    return consents;
  }
  [[nodiscard]] bool has(int item) const { return (bits_ & bit(item)) != 0; }
  void set(int item, bool is_given) {
    bits_ = static_cast<std::uint8_t>(is_given ? bits_ | bit(item) : bits_ & ~bit(item));
  }
  [[nodiscard]] std::string encode() const {
    std::string bytes(1, static_cast<char>(bits_));
    crypto::append_u64(bytes, static_cast<std::uint64_t>(until));
    return bytes;
  }

  Micros until = 0;

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
// Notes that a record of the attachment was refused; of the first ones the sender is shown why.
void note_refusal(v1::Outcome& outcome, std::uint32_t record, const Refusal& refusal);

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
      note_refusal(context.outcome, index, applied.error());
      if (!first) first = std::move(applied.error());
    }
    ++index;
  }
  if (context.outcome.records_accepted() > 0 || !first) return {};
  return tl::make_unexpected(std::move(*first));
}

}  // namespace puhui::ledger
