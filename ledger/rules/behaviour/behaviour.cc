#include <algorithm>

#include "ledger/rules/behaviour/actions.h"
#include "ledger/rules/behaviour/acts.h"
#include "ledger/rules/behaviour/claims.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/citizens/credits.h"
#include "ledger/rules/filing/filing.h"
#include "ledger/rules/filing/programs.h"
#include "ledger/rules/recognition/recognition.h"
#include "ledger/rules/signers.h"
#include "ledger/store/numbers.h"

namespace puhui::ledger {
namespace {

// What was credited to one person for acts of a day or a year: grams and records.
struct Credited {
  std::int64_t grams = 0;
  std::uint32_t records = 0;
};

// The most of it; 0 = no cap.
struct Caps {
  Credited of_day, of_year;
  [[nodiscard]] bool by_day() const { return of_day.grams > 0 || of_day.records > 0; }
  [[nodiscard]] bool by_year() const { return of_year.grams > 0; }
};

struct Credit {
  PersonalAccount account;
  std::string claim_key;
  std::int64_t grams = 0, pooled_g = 0;  // pooled ones are of grams
  std::string pooled_key;                // of what the person's pool was given in the period
  std::int64_t pooled_before_g = 0;
  Caps caps;
  Credited of_day, of_year;  // with this one, where there is a cap
};

// What holds for all records of one batch.
struct Batch {
  const std::string& scenario;
  const ProgramLine& line;
  ClosedDays closed;
  std::string provider;
  const v1::ConsentRule* asks = nullptr;  // what each person must have agreed to
  const v1::PoolRule* pools = nullptr;    // whose pool keeps part of it
  v1::Account pool = {};
  std::int64_t credited_g = 0, pooled_g = 0;
};

std::string leaf_of_claim(std::string_view stored) {
  return std::to_string(Claimed::decode(stored).place.leaf);
}

// Those of the rules in force, or else the methodology's own.
Caps caps_of(const v1::RuleSet& rules, const v1::Methodology& m) {
  for (const auto& cap : rules.person_caps())
    if (cap.scenario() == m.scenario())
      return {{cap.day_g(), cap.day_records()}, {cap.year_g(), 0}};
  return {{m.day_cap_g(), m.day_cap_records()}, {m.year_cap_g(), 0}};
}

Credited credited_under(const State& state, const std::string& stored) {
  const auto bytes = state.get(stored);
  if (!bytes) return {};
  return {static_cast<std::int64_t>(crypto::read_u64(*bytes)),
          crypto::read_u32(std::string_view(*bytes).substr(8))};
}

void put_credited(State& state, const std::string& stored, const Credited& credited) {
  std::string bytes;
  crypto::append_u64(bytes, static_cast<std::uint64_t>(credited.grams));
  crypto::append_u32(bytes, credited.records);
  state.put(stored, bytes);
}

// What was credited before, and this one record.
tl::expected<Credited, Refusal> add_up(const Credited& before, std::int64_t grams,
                                       const Credited& cap, ErrorCode code) {
  if (cap.records > 0 && before.records >= cap.records)
    return refuse(code, "record.cap", std::to_string(cap.records) + " records",
                  std::to_string(before.records) + " records", "1 record");
  Credited sum{0, before.records + 1};
  const bool fits = !__builtin_add_overflow(before.grams, grams, &sum.grams);
  if (cap.grams == 0 && !fits) return refuse(ErrorCode::AMOUNT_OVERFLOW, "record.cap");
  if (cap.grams == 0 || (fits && sum.grams <= cap.grams)) return sum;
  return refuse(code, "record.cap", std::to_string(cap.grams) + " g",
                std::to_string(before.grams) + " g", std::to_string(grams) + " g");
}

std::string day_key(const Record& record, const std::string& scenario) {
  return key::credited_on(record.day, record.pseudonym(), scenario);
}
std::string year_key(const Record& record, const std::string& scenario) {
  return key::credited_in(year_of_day(record.day), record.pseudonym(), scenario);
}

Ruling need_within(const Context& context, Credit& credit, const Record& record,
                   const std::string& scenario) {
  const auto& caps = credit.caps;
  if (caps.by_day()) {
    const auto sum = add_up(credited_under(context.state, day_key(record, scenario)), credit.grams,
                            caps.of_day, ErrorCode::CAP_DAY);
    if (!sum) return tl::make_unexpected(sum.error());
    credit.of_day = *sum;
  }
  if (caps.by_year()) {
    const auto sum = add_up(credited_under(context.state, year_key(record, scenario)), credit.grams,
                            caps.of_year, ErrorCode::CAP_YEAR);
    if (!sum) return tl::make_unexpected(sum.error());
    credit.of_year = *sum;
  }
  return {};
}

Ruling need_open(const v1::Methodology& m, std::int64_t day, std::int64_t today) {
  const auto claimable = claim_days(m, day);
  if (day > today || claimable.last < today)
    return refuse(ErrorCode::CLAIM_WINDOW, "record.claim_window",
                  std::to_string(m.claim_window_days()) + " days", "today is " + date_text(today),
                  date_text(day));
  if (today < claimable.first)
    return refuse(ErrorCode::CLAIM_NOT_OPEN, "record.claim_window",
                  "from " + date_text(claimable.first), "today is " + date_text(today),
                  date_text(day));
  return {};
}

// The version that the act goes by, which may be claimed today.
tl::expected<const FiledProgram*, Refusal> need_claimable(const Context& context,
                                                          const Batch& batch,
                                                          const Record& record) {
  const auto* filed = batch.line.on(record.day);
  if (filed == nullptr)
    return refuse(ErrorCode::METHODOLOGY_NOT_IN_FORCE, "record.methodology", {}, {},
                  date_text(record.day));
  const auto& m = filed->methodology;
  if (auto stands = need_in_force(m, filed->standing); !stands)
    return tl::make_unexpected(stands.error());
  if (record.slot >= m.slots_per_day())
    return refuse(ErrorCode::SLOT_MALFORMED, "record.slot", std::to_string(m.slots_per_day()), {},
                  std::to_string(record.slot));
  if (auto open = need_open(m, record.day, day_of(context.now)); !open)
    return tl::make_unexpected(open.error());
  if (record.day <= batch.closed.last)
    return refuse(ErrorCode::CLAIM_WINDOW, "record.claim_window",
                  "after " + date_text(batch.closed.last), "the day is closed",
                  date_text(record.day));
  return filed;
}

Ruling need_consents(const Batch& batch, const Consents& given) {
  if (batch.asks == nullptr) return {};
  for (const auto item : batch.asks->items())
    if (!given.has(item))
      return refuse(ErrorCode::CONSENT_MISSING, "rules.consents",
                    v1::ConsentItem_Name(static_cast<v1::ConsentItem>(item)), {}, batch.provider);
  return {};
}

std::int32_t period_of(const Context& context, v1::CreditPeriod period) {
  const auto today = day_of(context.now);
  if (period == v1::CREDIT_DAY) return static_cast<std::int32_t>(today);
  return period == v1::CREDIT_MONTH ? -month_of_day(today) : -year_of_day(today);
}

// How much of it the platform's pool keeps.
void share_with_pool(const Context& context, const Batch& batch, const Record& record,
                     const Consents& given, Credit& credit) {
  if (batch.pools == nullptr || !given.has(v1::CONSENT_POOLING)) return;
  credit.pooled_key =
      key::pooled(period_of(context, batch.pools->period()), record.pseudonym(), batch.provider);
  credit.pooled_before_g = amount_at(context.state, credit.pooled_key);
  const auto left = batch.pools->threshold_g() - credit.pooled_before_g;
  credit.pooled_g = std::clamp<std::int64_t>(left, 0, credit.grams);
}

// Judges one record by itself, in the order actions.h lists.
tl::expected<Credit, Refusal> judge(const Context& context, const Batch& batch,
                                    const Record& record) {
  const auto bad = [](const Refusal& refusal) { return tl::make_unexpected(refusal); };
  Credit credit;
  auto account = need_personal(context, record.pseudonym());
  if (!account) return bad(account.error());
  credit.account = std::move(*account);
  const auto filed = need_claimable(context, batch, record);
  if (!filed) return bad(filed.error());
  const auto& m = (*filed)->methodology;
  const bool asks = batch.asks != nullptr || batch.pools != nullptr;
  const auto given =
      asks ? consents_of(context.state, record.pseudonym(), batch.provider) : Consents();
  if (auto agreed = need_consents(batch, given); !agreed) return bad(agreed.error());
  const auto result =
      (*filed)->program.evaluate(std::span(record.inputs.data(), record.input_count), record.tier);
  if (!result) return refuse(result.error().code, "record.formula", {}, {}, result.error().detail);
  if (result->negative) return refuse(ErrorCode::RESULT_NEGATIVE, "record.result", "0 g");
  if (result->grams == 0) return refuse(ErrorCode::AMOUNT_ZERO, "record.result", "1 g");
  credit.claim_key = key::claim(record.day, record.slot, record.claim_leaf.view());
  if (const auto claimed = context.state.get(credit.claim_key))
    return refuse(
        ErrorCode::CLAIM_DUPLICATE, "claim.unique", "1 claim per act",
        "leaf " + leaf_of_claim(*claimed),
        m.scenario() + " on " + date_text(record.day) + ", slot " + std::to_string(record.slot));
  if (auto is_new = need_new_act(context, record, m.scenario()); !is_new)
    return bad(is_new.error());
  credit.grams = result->grams;
  credit.caps = caps_of(context.rules, m);
  if (auto within = need_within(context, credit, record, m.scenario()); !within)
    return bad(within.error());
  std::int64_t sum = 0;
  if (__builtin_add_overflow(context.totals.credits_credited_g(), credit.grams, &sum))
    return refuse(ErrorCode::AMOUNT_OVERFLOW, "record.balance");
  share_with_pool(context, batch, record, given, credit);
  return credit;
}

// Credits the account, and the pool what is kept for it.
void pay(Context& context, Batch& batch, const Record& record, const Credit& credit,
         const RecordPlace& place) {
  auto& totals = context.totals;
  totals.set_credits_credited_g(totals.credits_credited_g() + credit.grams);
  Claimed claimed{place, credit.grams, credit.account.balance.last, credit.pooled_g, {}};
  if (credit.pooled_g > 0) {
    claimed.pool = batch.pools->account();
    put_amount(context.state, credit.pooled_key, credit.pooled_before_g + credit.pooled_g);
  }
  context.state.put(credit.claim_key, claimed.encode());
  put_tags(context, record, place);
  move_credits(context, credit.account.key, credit.account.balance,
               {place, credit.grams - credit.pooled_g, record.claim});
  if (credit.caps.by_day())
    put_credited(context.state, day_key(record, batch.scenario), credit.of_day);
  if (credit.caps.by_year())
    put_credited(context.state, year_key(record, batch.scenario), credit.of_year);
  batch.credited_g += credit.grams;
  batch.pooled_g += credit.pooled_g;
}

// Tells the sender which leaf claimed first.
void show_claimants(Context& context) {
  for (auto& shown : *context.outcome.mutable_record_refusals()) {
    if (shown.code() != ErrorCode::CLAIM_DUPLICATE) continue;
    const auto& record = context.event.records.acts[shown.record()];
    const auto claimed =
        context.state.get(key::claim(record.day, record.slot, record.claim_leaf.view()));
    if (claimed) shown.set_used_by(static_cast<std::int64_t>(Claimed::decode(*claimed).place.leaf));
  }
}

// The rule by which a provider keeps credits, with its pool.
Ruling find_pool(const Context& context, Batch& batch) {
  for (const auto& rule : context.rules.pools()) {
    if (rule.platform() != batch.provider) continue;
    auto pool = context.state.find<v1::Account>(key::account(rule.account()));
    if (!pool || pool->kind() != v1::ACCOUNT_POOL || pool->owner() != batch.provider)
      return refuse(ErrorCode::ACCOUNT_KIND, "rules.pools",
                    v1::AccountKind_Name(v1::ACCOUNT_POOL) + " of " + batch.provider, {},
                    rule.account());
    batch.pools = &rule;
    batch.pool = std::move(*pool);
  }
  return {};
}

void put_batch(Context& context, const v1::SubmitBehaviourBatch& action, const Batch& credited) {
  v1::BehaviourBatch batch;
  batch.set_leaf(static_cast<std::int64_t>(context.leaf));
  batch.set_provider(credited.provider);
  batch.set_batch(action.batch());
  batch.set_scenario(action.scenario());
  batch.set_time(context.now);
  batch.set_records(context.outcome.records_accepted());
  batch.set_credited_g(credited.credited_g);
  context.state.put(key::behaviour_batch(context.leaf), batch);
  add_to_scenario(context, action.scenario(), batch.records(), batch.credited_g());
}

}  // namespace

Subject about_acts(const Context& context, const std::string& scenario) {
  Subject subject;
  subject.scenario = scenario;
  subject.area = context.genesis.area();
  return subject;
}

std::string provider_of(const Context& context, const Subject& subject) {
  return signer_as(context, v1::DATA_PROVIDER, subject).value_or(context.event.payload.party());
}

void add_to_scenario(Context& context, const std::string& scenario, std::int64_t records,
                     std::int64_t grams) {
  const auto stored = key::scenario_totals(scenario);
  auto sums = context.state.find<v1::ScenarioTotals>(stored).value_or(v1::ScenarioTotals());
  sums.set_scenario(scenario);
  sums.set_records(sums.records() + records);
  sums.set_grams(sums.grams() + grams);
  context.state.put(stored, sums);
}

Ruling submit_behaviour_batch(Context& context, const v1::SubmitBehaviourBatch& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (!is_name(action.batch())) return malformed("batch");
  const auto subject = about_acts(context, action.scenario());
  if (auto met = require_signers(context, "behaviour.submit", subject); !met) return met;
  if (context.credits_unknown) return {};  // others saw the records and accepted
  Batch batch{action.scenario(),
              context.programs.line(context.state, key::behaviour_versions(action.scenario())),
              closed_days(context.state), provider_of(context, subject)};
  batch.asks = consent_rule(context.rules, action.scenario());
  if (auto found = find_pool(context, batch); !found) return found;
  auto judged = each_record(context, context.event.records.acts,
                            [&](const Record& record, const RecordPlace& place) -> Ruling {
                              const auto credit = judge(context, batch, record);
                              if (!credit) return tl::make_unexpected(credit.error());
                              pay(context, batch, record, *credit, place);
                              return {};
                            });
  if (!judged) return judged;
  show_claimants(context);
  if (batch.pooled_g > 0) add_credits(context, std::move(batch.pool), batch.pooled_g);
  put_batch(context, action, batch);
  auto& totals = context.totals;
  totals.set_records_credited(totals.records_credited() + context.outcome.records_accepted());
  totals.set_records_refused(totals.records_refused() + context.outcome.records_refused());
  context.fact("credited_g", std::to_string(batch.credited_g));
  if (batch.pooled_g > 0) context.fact("pooled_g", std::to_string(batch.pooled_g));
  return {};
}

}  // namespace puhui::ledger
