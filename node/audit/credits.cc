#include <limits>

#include "crypto/bytes.h"
#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

bool adds_up(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return !__builtin_add_overflow(a, b, &sum);
}

// The most one person may be credited for acts of a scenario; 0 = without a limit. The rules in
// force say it, or else the methodology.
struct Caps {
  Credited of_day, of_year;
};
Caps caps_of(const v1::RuleSet& rules, const v1::Methodology& m) {
  for (const auto& cap : rules.person_caps())
    if (cap.scenario() == m.scenario())
      return {{cap.day_g(), cap.day_records()}, {cap.year_g(), 0}};
  return {{m.day_cap_g(), m.day_cap_records()}, {m.year_cap_g(), 0}};
}
bool is_cap(const Credited& cap) { return cap.grams > 0 || cap.records > 0; }

bool exceeds(const Books::Capped& counted, const Books::Capped::key_type& key, std::int64_t grams,
             const Credited& cap) {
  if (!is_cap(cap)) return false;
  const auto* known = find(counted, key);
  const auto before = known != nullptr ? *known : Credited();
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  return (cap.records > 0 && before.records >= cap.records) ||
         Whole(before.grams) + grams > (cap.grams > 0 ? cap.grams : kMax);
}

// Who was credited how much of what, on which day, in which year.
struct Counted {
  Books::Capped::key_type day, year;
};
Counted counted_as(const Record& record, const std::string& scenario) {
  return {{record.day, record.account, scenario}, {year_of(record.day), record.account, scenario}};
}

ErrorCode judge_caps(const Case& at, const Record& record, std::int64_t grams,
                     const v1::Methodology& m) {
  const auto caps = caps_of(at.rules, m);
  if (!is_cap(caps.of_day) && !is_cap(caps.of_year)) return ErrorCode::OK;
  const auto counted = counted_as(record, m.scenario());
  if (exceeds(at.books.of_day, counted.day, grams, caps.of_day)) return ErrorCode::CAP_DAY;
  if (exceeds(at.books.of_year, counted.year, grams, caps.of_year)) return ErrorCode::CAP_YEAR;
  return ErrorCode::OK;
}

ErrorCode judge_score(const Case& at, const Record& record, const Score& score,
                      const v1::Methodology& m) {
  if (score.code != ErrorCode::OK) return score.code;
  const auto* claims = find(at.books.claims, {record.day, record.slot});
  if (claims != nullptr && claims->contains(record.claim)) return ErrorCode::CLAIM_DUPLICATE;
  if (const auto capped = judge_caps(at, record, score.grams, m); capped != ErrorCode::OK)
    return capped;
  if (!adds_up(at.books.personal.at(record.account).grams, score.grams) ||
      !adds_up(at.books.totals.credits_credited_g(), score.grams))
    return ErrorCode::AMOUNT_OVERFLOW;
  return ErrorCode::OK;
}

// Why a record earns nothing, or OK.
ErrorCode judge(const Case& at, const Record& record, const Score& score, const Line& line) {
  if (!at.books.personal.contains(record.account)) return ErrorCode::ACCOUNT_UNKNOWN;
  const auto* version = version_on(line, record.day);
  if (version == nullptr) return ErrorCode::METHODOLOGY_NOT_IN_FORCE;
  const auto& m = version->methodology;
  if (need_in_force(at, m)) return ErrorCode::METHODOLOGY_STANDING;
  if (record.slot >= m.slots_per_day()) return ErrorCode::SLOT_MALFORMED;
  const auto today = day_of(at.now);
  if (record.day > today || today - record.day > m.claim_window_days())
    return ErrorCode::CLAIM_WINDOW;
  if (record.day <= at.books.closed.last) return ErrorCode::CLAIM_WINDOW;
  return judge_score(at, record, score, m);
}

void count(Credited& credited, std::int64_t grams) {
  credited.grams += grams;
  ++credited.records;
}

// Counted only while there is a cap.
void count_capped(Case& at, const Record& record, std::int64_t grams, const v1::Methodology& m) {
  const auto caps = caps_of(at.rules, m);
  if (!is_cap(caps.of_day) && !is_cap(caps.of_year)) return;
  const auto counted = counted_as(record, m.scenario());
  if (is_cap(caps.of_day)) count(at.books.of_day[counted.day], grams);
  if (is_cap(caps.of_year)) count(at.books.of_year[counted.year], grams);
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
  if (all.empty() || all.size() % kPseudonymSize != 0) return malformed("pseudonyms");
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
  if (!is_name(action.batch())) return malformed("batch");
  need_signers(at, "behaviour.submit",
               {.area = at.books.genesis.area(), .scenario = action.scenario()});
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
      count_capped(at, record, scored.grams, version_on(line, record.day)->methodology);
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
