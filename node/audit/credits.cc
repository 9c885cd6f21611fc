// What people earn for acts, and what pools keep of it.
#include <algorithm>
#include <limits>

#include "node/audit/citizens.h"

namespace puhui::node::audit {
namespace {

bool adds_up(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return !__builtin_add_overflow(a, b, &sum);
}

// What holds for all records of a batch.
struct Batch {
  const Line& line;
  std::string provider;
  const v1::ConsentRule* asks = nullptr;  // what its people must have agreed to
  const v1::PoolRule* pools = nullptr;    // by which its provider keeps part of it
  std::int64_t pooled_g = 0;
};

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
  if (const auto known = judge_tags(at, record, m.scenario()); known != ErrorCode::OK) return known;
  if (const auto capped = judge_caps(at, record, score.grams, m); capped != ErrorCode::OK)
    return capped;
  return adds_up(at.books.totals.credits_credited_g(), score.grams) ? ErrorCode::OK
                                                                    : ErrorCode::AMOUNT_OVERFLOW;
}

ErrorCode judge_day(const Case& at, const Record& record, const Version* version) {
  if (version == nullptr) return ErrorCode::METHODOLOGY_NOT_IN_FORCE;
  const auto& m = version->methodology;
  if (need_in_force(at, m)) return ErrorCode::METHODOLOGY_STANDING;
  if (record.slot >= m.slots_per_day()) return ErrorCode::SLOT_MALFORMED;
  const auto today = day_of(at.now);
  if (record.day > today || today - record.day > m.claim_window_days())
    return ErrorCode::CLAIM_WINDOW;
  if (today - record.day < m.claim_opens_days()) return ErrorCode::CLAIM_NOT_OPEN;
  return record.day <= at.books.closed.last ? ErrorCode::CLAIM_WINDOW : ErrorCode::OK;
}

bool agrees_to_all(const Books& books, const Batch& batch, const Record& record) {
  return batch.asks == nullptr || std::ranges::all_of(batch.asks->items(), [&](int item) {
           return agrees(books, record.account, batch.provider, item);
         });
}

// Why a record earns nothing, or OK.
ErrorCode judge(const Case& at, const Batch& batch, const Record& record, const Score& score) {
  const auto account = judge_account(at.books, record.account);
  if (account != ErrorCode::OK) return account;
  const auto* version = version_on(batch.line, record.day);
  const auto day = judge_day(at, record, version);
  if (day != ErrorCode::OK) return day;
  if (!agrees_to_all(at.books, batch, record)) return ErrorCode::CONSENT_MISSING;
  return judge_score(at, record, score, version->methodology);
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

// The day, month or year that a credit of now is of, by some day or number of it.
std::int64_t period_of(const Case& at, v1::CreditPeriod period) {
  const auto today = day_of(at.now);
  if (period == v1::CREDIT_DAY) return today;
  return period == v1::CREDIT_MONTH ? first_of_month(today) : year_of(today);
}

// How much of it the pool keeps: up to the threshold of the period, of those who agreed.
std::int64_t keep_in_pool(Case& at, const Batch& batch, const Record& record, std::int64_t grams) {
  if (batch.pools == nullptr) return 0;
  if (!agrees(at.books, record.account, batch.provider, v1::CONSENT_POOLING)) return 0;
  const auto period = batch.pools->period();
  auto& kept = at.books.pooled[{period, period_of(at, period), record.account, batch.provider}];
  const auto left = std::max<std::int64_t>(0, batch.pools->threshold_g() - kept);
  const auto keeps = std::min(left, grams);
  kept += keeps;
  return keeps;
}

void credit(Case& at, Batch& batch, const Record& record, std::uint32_t index, std::int64_t grams) {
  const auto pooled_g = keep_in_pool(at, batch, record, grams);
  at.books.claims[{record.day, record.slot}][record.claim] = {at.position, grams, pooled_g};
  keep_tags(at, record, index);
  move_credits(at, record.account, {index, grams - pooled_g, record.claim});
  count_capped(at, record, grams, version_on(batch.line, record.day)->methodology);
  auto& totals = at.books.totals;
  totals.set_credits_credited_g(totals.credits_credited_g() + grams);
  batch.pooled_g += pooled_g;
}

// The rule for the scenario, or for all.
const v1::ConsentRule* consent_rule(const v1::RuleSet& rules, const std::string& scenario) {
  const v1::ConsentRule* of_all = nullptr;
  for (const auto& rule : rules.consents()) {
    if (rule.scenario() == scenario) return &rule;
    if (rule.scenario().empty()) of_all = &rule;
  }
  return of_all;
}

Verdict find_pool_of(Case& at, Batch& batch) {
  for (const auto& rule : at.rules.pools()) {
    if (rule.platform() != batch.provider) continue;
    const auto* pool = find_pool(at, rule.account());
    if (pool == nullptr || pool->owner() != batch.provider)
      return refused(ErrorCode::ACCOUNT_KIND, rule.account(), "a pool of " + batch.provider);
    batch.pools = &rule;
  }
  return {};
}

void put_batch(Case& at, const Batch& batch) {
  const auto pool = batch.pools != nullptr ? batch.pools->account() : std::string();
  if (batch.pooled_g > 0) add_credits(at, at.books.accounts.at(pool), batch.pooled_g);
  at.books.behaviour_batches[at.position] = {batch.provider, at.now, pool};
  auto& totals = at.books.totals;
  const auto add = [](std::int64_t sum, std::uint64_t more) {
    return sum + static_cast<std::int64_t>(more);
  };
  totals.set_records_credited(add(totals.records_credited(), at.records_accepted));
  totals.set_records_refused(add(totals.records_refused(), at.records_refused));
}

}  // namespace

Subject about_acts(const Case& at, const std::string& scenario) {
  return {.area = at.books.genesis.area(), .scenario = scenario};
}

Verdict submit_behaviour_batch(Case& at, const v1::SubmitBehaviourBatch& action) {
  if (auto bad = need_rules(at)) return bad;
  if (!is_name(action.batch())) return malformed("batch");
  const auto subject = about_acts(at, action.scenario());
  need_signers(at, "behaviour.submit", subject);
  if (at.credits_unknown) return {};
  static const Line kNone;
  const auto* filed = find(at.books.behaviour_lines, action.scenario());
  const bool scored_ahead = filed != nullptr && at.leaf.line == *filed;
  Batch batch{filed != nullptr ? **filed : kNone, signer_as(at, v1::DATA_PROVIDER, subject)};
  batch.asks = consent_rule(at.rules, action.scenario());
  if (auto bad = find_pool_of(at, batch)) return bad;
  if (auto bad = each_record(at, at.leaf.records, [&](const Record& record, std::uint32_t index) {
        const auto scored = scored_ahead ? at.leaf.scores[index] : score(batch.line, record);
        const auto code = judge(at, batch, record, scored);
        if (code == ErrorCode::OK) credit(at, batch, record, index, scored.grams);
        return code;
      }))
    return bad;
  put_batch(at, batch);
  return {};
}

}  // namespace puhui::node::audit
