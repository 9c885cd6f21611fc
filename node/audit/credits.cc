#include "crypto/bytes.h"
#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

bool adds_up(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return !__builtin_add_overflow(a, b, &sum);
}

// Why a record earns nothing, or OK.
ErrorCode judge(const Case& at, const Record& record, const Score& score, const Line& line) {
  const auto account = at.books.personal.find(record.account);
  if (account == at.books.personal.end()) return ErrorCode::ACCOUNT_UNKNOWN;
  const auto* version = version_on(line, record.day);
  if (version == nullptr) return ErrorCode::METHODOLOGY_NOT_IN_FORCE;
  const auto today = day_of(at.now);
  if (record.day > today || today - record.day > version->methodology.claim_window_days())
    return ErrorCode::CLAIM_WINDOW;
  if (record.day <= at.books.closed.last) return ErrorCode::CLAIM_WINDOW;
  if (score.code != ErrorCode::OK) return score.code;
  const auto* claims = find(at.books.claims, {record.day, record.slot});
  if (claims != nullptr && claims->contains(record.claim)) return ErrorCode::CLAIM_DUPLICATE;
  if (!adds_up(account->second.grams, score.grams) ||
      !adds_up(at.books.totals.credits_credited_g(), score.grams))
    return ErrorCode::AMOUNT_OVERFLOW;
  return ErrorCode::OK;
}

void credit(Case& at, const Record& record, std::size_t index, std::int64_t grams) {
  at.books.claims[{record.day, record.slot}].insert(record.claim);
  auto& person = at.books.personal.at(record.account);
  person.grams += grams;
  person.last_leaf = at.position;
  person.last_record = static_cast<std::uint32_t>(index);
  person.trail =
      crypto::sha256(std::string(person.trail.view()) + std::string(record.claim.view()));
  at.books.person_changed(record.account);
  auto& totals = at.books.totals;
  totals.set_credits_credited_g(totals.credits_credited_g() + grams);
  totals.set_credits_held_g(totals.credits_held_g() + grams);
}

}  // namespace

Verdict open_personal_accounts(Case& at, const v1::OpenPersonalAccounts& action) {
  if (auto bad = need_rules(at)) return bad;
  const auto& all = action.pseudonyms();
  if (all.empty() || all.size() % kPseudonymSize != 0)
    return refused(ErrorCode::EVENT_MALFORMED, "pseudonyms");
  need_signers(at, "account.open_personal", {.citywide = true});
  std::set<std::string> fresh;
  for (std::size_t i = 0; i < all.size(); i += kPseudonymSize) {
    const auto name = all.substr(i, kPseudonymSize);
    if (at.books.personal.contains(name) || !fresh.insert(name).second)
      return refused(ErrorCode::ACCOUNT_EXISTS, "p-" + crypto::hex_encode(name));
  }
  for (const auto& name : fresh) at.books.personal[name].opened_at = at.position;
  auto& totals = at.books.totals;
  totals.set_personal_accounts(totals.personal_accounts() +
                               static_cast<std::int64_t>(fresh.size()));
  return {};
}

Verdict submit_behaviour_batch(Case& at, const v1::SubmitBehaviourBatch& action) {
  if (auto bad = need_rules(at)) return bad;
  if (!is_name(action.batch())) return refused(ErrorCode::EVENT_MALFORMED, "batch");
  need_signers(at, "behaviour.submit", {.scenario = action.scenario()});
  if (at.leaf.attachment_missing) return {};
  static const Line kNone;
  const auto* filed = find(at.books.behaviour_lines, action.scenario());
  const auto& line = filed != nullptr ? **filed : kNone;
  const bool scored_ahead = filed != nullptr && at.leaf.line == *filed;
  auto first = ErrorCode::OK;
  for (std::size_t i = 0; i < at.leaf.records.size(); ++i) {
    const auto& record = at.leaf.records[i];
    const auto scored = scored_ahead ? at.leaf.scores[i] : score(line, record);
    const auto code = judge(at, record, scored, line);
    if (code == ErrorCode::OK) {
      credit(at, record, i, scored.grams);
      ++at.records_credited;
    } else {
      if (first == ErrorCode::OK) first = code;
      ++at.records_refused;
    }
  }
  if (at.records_credited == 0)
    return refused(first, "no record of the batch earns anything", "1 record or more", "0");
  auto& totals = at.books.totals;
  const auto add = [](std::int64_t sum, std::uint64_t more) {
    return sum + static_cast<std::int64_t>(more);
  };
  totals.set_records_credited(add(totals.records_credited(), at.records_credited));
  totals.set_records_refused(add(totals.records_refused(), at.records_refused));
  return {};
}

}  // namespace puhui::node::audit
