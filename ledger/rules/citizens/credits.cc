#include "ledger/rules/citizens/credits.h"

#include <algorithm>
#include <cassert>

namespace puhui::ledger {
namespace {

constexpr int kRefusalsShownMax = 100;

std::int64_t held(std::int64_t grams) { return std::max<std::int64_t>(0, grams); }
std::int64_t owed(std::int64_t grams) { return std::max<std::int64_t>(0, -grams); }

// What accounts hold and owe more.
void count_credits(Context& context, std::int64_t held_g, std::int64_t owed_g) {
  auto& totals = context.totals;
  totals.set_credits_held_g(totals.credits_held_g() + held_g);
  totals.set_credits_owed_g(totals.credits_owed_g() + owed_g);
}

}  // namespace

void move_credits(Context& context, const std::string& account_key, PersonalBalance balance,
                  const Movement& movement) {
  const auto before = balance.grams;
  balance.grams += movement.grams;
  balance.last = movement.place;
  std::array<char, 2 * crypto::Digest::kSize> link;
  balance.trail.view().copy(link.data(), crypto::Digest::kSize);
  movement.name.view().copy(link.data() + crypto::Digest::kSize, crypto::Digest::kSize);
  balance.trail = crypto::sha256({link.data(), link.size()});
  count_credits(context, held(balance.grams) - held(before), owed(balance.grams) - owed(before));
  context.state.put(account_key, balance.encode());
}

void move_once(Context& context, const std::string& account_key, const PersonalBalance& balance,
               const Movement& movement, const crypto::Digest& name_leaf) {
  context.state.put(key::moved(name_leaf.view()),
                    Moved{movement.place, movement.grams, balance.last}.encode());
  move_credits(context, account_key, balance, movement);
}

void add_credits(Context& context, v1::Account account, std::int64_t grams) {
  const auto net = account.credits_held_g() - account.credits_owed_g() + grams;
  count_credits(context, held(net) - account.credits_held_g(),
                owed(net) - account.credits_owed_g());
  account.set_credits_held_g(held(net));
  account.set_credits_owed_g(owed(net));
  context.state.put(key::account(account.account()), account);
}

std::string grams_text(std::int64_t grams) { return std::to_string(grams) + " g"; }

tl::expected<PersonalAccount, Refusal> known_personal(const Context& context,
                                                      std::string_view pseudonym) {
  PersonalAccount account{key::personal(pseudonym), {}};
  const auto stored = context.state.look(account.key);
  if (!stored)
    return refuse(ErrorCode::ACCOUNT_UNKNOWN, "record.account", {}, {}, personal_id(pseudonym));
  account.balance = PersonalBalance::decode(*stored);
  return account;
}

tl::expected<PersonalAccount, Refusal> need_personal(const Context& context,
                                                     std::string_view pseudonym) {
  auto account = known_personal(context, pseudonym);
  if (account && account->balance.is_erased)
    return refuse(ErrorCode::ACCOUNT_ERASED, "record.account", {}, {}, personal_id(pseudonym));
  return account;
}

Ruling need_confirmed(const Context& context, std::string_view pseudonym,
                      const PersonalBalance& balance, const Confirmed& confirmed) {
  const auto key = balance.is_self_held ? context.state.get(key::holder_key(pseudonym))
                                        : std::optional<std::string>();
  const auto signed_by =
      confirmed.key ? std::optional<std::string>(confirmed.key->encode()) : std::nullopt;
  if (key != signed_by)
    return refuse(ErrorCode::CONFIRMATION_INVALID, "record.confirmation",
                  balance.is_self_held ? "the account's own key" : "kept by the custodian", {},
                  personal_id(pseudonym));
  if (confirmed.key && context.now > confirmed.valid_until)
    return refuse(ErrorCode::CONFIRMATION_INVALID, "record.confirmation",
                  "until " + time_text(confirmed.valid_until), {}, personal_id(pseudonym));
  if (context.state.has(key::moved(confirmed.leaf.view())))
    return refuse(ErrorCode::CONFIRMATION_USED, "record.confirmation", "once", {},
                  confirmed.sha256.hex());
  return {};
}

void note_refusal(v1::Outcome& outcome, std::uint32_t record, const Refusal& refusal) {
  outcome.set_records_refused(outcome.records_refused() + 1);
  if (outcome.record_refusals_size() >= kRefusalsShownMax) return;
  auto& shown = *outcome.add_record_refusals();
  shown.set_record(record);
  shown.set_code(refusal.code);
  shown.set_rule(refusal.rule);
  shown.set_limit(refusal.limit);
  shown.set_used(refusal.used);
  if (!is_personal_id(refusal.asked)) shown.set_asked(refusal.asked);
}

}  // namespace puhui::ledger
