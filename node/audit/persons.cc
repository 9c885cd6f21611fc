// Personal accounts: opened, moved, erased; pseudonyms that were opened.
#include <algorithm>

#include "crypto/bytes.h"
#include "node/audit/citizens.h"

namespace puhui::node::audit {
namespace {

std::string shown(const std::string& account) { return "p-" + crypto::hex_encode(account); }

bool is_self_held(const v1::SelfHeldAccount& account) {
  return account.pseudonym().size() == kPseudonymSize &&
         crypto::PublicKey::decode(account.key().public_key()).has_value();
}

// The pseudonyms that an event opens, in order.
std::vector<std::string> pseudonyms_of(const v1::OpenPersonalAccounts& action) {
  std::vector<std::string> all;
  const auto& kept = action.pseudonyms();
  for (std::size_t i = 0; i < kept.size(); i += kPseudonymSize)
    all.push_back(kept.substr(i, kPseudonymSize));
  for (const auto& account : action.self_held()) all.push_back(account.pseudonym());
  return all;
}

Verdict need_account(const Books& books, const std::string& account) {
  const auto code = judge_account(books, account);
  return code == ErrorCode::OK ? Verdict() : refused(code, shown(account));
}

Verdict check_opening(const v1::OpenPseudonym& action) {
  const auto is_text = [](const std::string& text) {
    return !text.empty() && text.size() <= kTextMax;
  };
  if (action.account().size() != kPseudonymSize) return malformed("account");
  if (!is_text(action.reason())) return malformed("reason");
  if (!is_text(action.reference())) return malformed("reference");
  if (!is_document(action.decision())) return malformed("decision");
  return {};
}

}  // namespace

ErrorCode judge_account(const Books& books, const std::string& account) {
  const auto* person = find(books.personal, account);
  if (person == nullptr) return ErrorCode::ACCOUNT_UNKNOWN;
  return person->is_erased ? ErrorCode::ACCOUNT_ERASED : ErrorCode::OK;
}

ErrorCode judge_confirmation(const Books& books, const std::string& account,
                             const Confirmed& confirmed) {
  const auto* own = find(books.holder_keys, account);
  const auto wanted = own != nullptr ? *own : std::string();
  if (confirmed.key != wanted) return ErrorCode::CONFIRMATION_INVALID;
  return books.moved.contains(confirmed.sha256) ? ErrorCode::CONFIRMATION_USED : ErrorCode::OK;
}

void move_credits(Case& at, const std::string& account, const Movement& movement) {
  auto& person = at.books.personal.at(account);
  auto& totals = at.books.totals;
  // Above zero it is held, below it is owed.
  const auto before = person.grams, after = person.grams + movement.grams;
  const auto above = [](std::int64_t grams) { return grams > 0 ? grams : 0; };
  totals.set_credits_held_g(totals.credits_held_g() + above(after) - above(before));
  totals.set_credits_owed_g(totals.credits_owed_g() + above(-after) - above(-before));
  person.grams = after;
  person.last_leaf = at.position;
  person.last_record = movement.record;
  person.trail =
      crypto::sha256(std::string(person.trail.view()) + std::string(movement.name.view()));
  at.books.person_changed(account);
}

void move_once(Case& at, const std::string& account, const Movement& movement) {
  at.books.moved.insert(movement.name);
  move_credits(at, account, movement);
}

Verdict open_personal_accounts(Case& at, const v1::OpenPersonalAccounts& action) {
  if (auto bad = need_rules(at)) return bad;
  if (action.pseudonyms().size() % kPseudonymSize != 0) return malformed("pseudonyms");
  if (!std::ranges::all_of(action.self_held(), is_self_held)) return malformed("self_held");
  const auto all = pseudonyms_of(action);
  if (all.empty()) return malformed("pseudonyms");
  need_signers(at, "account.open_personal", {.citywide = true});
  std::set<std::string> fresh;
  for (const auto& name : all)
    if (at.books.personal.contains(name) || !fresh.insert(name).second)
      return refused(ErrorCode::ACCOUNT_EXISTS, shown(name));
  for (const auto& name : all) at.books.personal[name].opened_at = at.position;
  for (const auto& account : action.self_held()) {
    at.books.personal[account.pseudonym()].is_self_held = true;
    at.books.holder_keys[account.pseudonym()] = account.key().public_key();
  }
  auto& totals = at.books.totals;
  totals.set_personal_accounts(totals.personal_accounts() + static_cast<std::int64_t>(all.size()));
  return {};
}

Verdict erase_account(Case& at, const v1::EraseAccount& action) {
  const auto& account = action.account();
  const auto& confirmed = *at.leaf.confirmation;
  need_signers(at, "account.erase", {.citywide = true});
  if (auto bad = need_account(at.books, account)) return bad;
  const auto code = judge_confirmation(at.books, account, confirmed);
  if (code != ErrorCode::OK) return refused(code, shown(account));
  auto& person = at.books.personal.at(account);
  const auto cancelled_g = std::max<std::int64_t>(0, person.grams);
  person.is_erased = true;
  move_once(at, account, {0, -cancelled_g, confirmed.sha256});
  auto& totals = at.books.totals;
  totals.set_credits_cancelled_g(totals.credits_cancelled_g() + cancelled_g);
  forget_consents(at.books, account);
  at.books.holder_keys.erase(account);
  return {};
}

Verdict open_pseudonym(Case& at, const v1::OpenPseudonym& action) {
  if (auto bad = check_opening(action)) return bad;
  if (auto bad = need_account(at.books, action.account())) return bad;
  need_signers(at, "pseudonym.open", {.citywide = true});
  v1::PseudonymOpening record;
  *record.mutable_opening() = action;
  record.set_account(shown(action.account()));
  record.set_opened_at(as_leaf(at));
  at.books.changed(stored('z', at.position), record);
  return {};
}

}  // namespace puhui::node::audit
