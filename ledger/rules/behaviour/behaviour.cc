#include "ledger/personal.h"
#include "ledger/rules/behaviour/actions.h"
#include "ledger/rules/behaviour/claims.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/filing/filing.h"
#include "ledger/rules/filing/programs.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {
namespace {

constexpr int kRefusalsShownMax = 100;

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
  std::string account_key, claim_key;
  PersonalBalance before;
  std::int64_t grams = 0;
  Caps caps;
  Credited of_day, of_year;  // with this one, where there is a cap
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

// Judges one record by itself, in the order rules.h lists.
tl::expected<Credit, Refusal> judge(const Context& context, const ProgramLine& line,
                                    const ClosedDays& closed, const Record& record) {
  Credit credit;
  credit.account_key = key::personal(record.pseudonym());
  const auto balance = context.state.get(credit.account_key);
  if (!balance)
    return refuse(ErrorCode::ACCOUNT_UNKNOWN, "record.account", {}, {},
                  personal_id(record.pseudonym()));
  const auto* filed = line.on(record.day);
  if (filed == nullptr)
    return refuse(ErrorCode::METHODOLOGY_NOT_IN_FORCE, "record.methodology", {}, {},
                  date_text(record.day));
  const auto& m = filed->methodology;
  if (auto stands = need_in_force(m, filed->standing); !stands)
    return tl::make_unexpected(stands.error());
  if (record.slot >= m.slots_per_day())
    return refuse(ErrorCode::SLOT_MALFORMED, "record.slot", std::to_string(m.slots_per_day()), {},
                  std::to_string(record.slot));
  const auto today = day_of(context.now);
  if (record.day > today || record.day + static_cast<std::int64_t>(m.claim_window_days()) < today)
    return refuse(ErrorCode::CLAIM_WINDOW, "record.claim_window",
                  std::to_string(m.claim_window_days()) + " days", "today is " + date_text(today),
                  date_text(record.day));
  if (record.day <= closed.last)
    return refuse(ErrorCode::CLAIM_WINDOW, "record.claim_window", "after " + date_text(closed.last),
                  "the day is closed", date_text(record.day));
  const auto result =
      filed->program.evaluate(std::span(record.inputs.data(), record.input_count), record.tier);
  if (!result) return refuse(result.error().code, "record.formula", {}, {}, result.error().detail);
  if (result->negative) return refuse(ErrorCode::RESULT_NEGATIVE, "record.result", "0 g");
  if (result->grams == 0) return refuse(ErrorCode::AMOUNT_ZERO, "record.result", "1 g");
  credit.claim_key = key::claim(record.day, record.slot, record.claim_leaf.view());
  if (const auto claimed = context.state.get(credit.claim_key))
    return refuse(
        ErrorCode::CLAIM_DUPLICATE, "claim.unique", "1 claim per act",
        "leaf " + leaf_of_claim(*claimed),
        m.scenario() + " on " + date_text(record.day) + ", slot " + std::to_string(record.slot));
  credit.before = PersonalBalance::decode(*balance);
  credit.grams = result->grams;
  credit.caps = caps_of(context.rules, m);
  if (auto within = need_within(context, credit, record, m.scenario()); !within)
    return tl::make_unexpected(within.error());
  std::int64_t sum = 0;
  if (__builtin_add_overflow(credit.before.grams, credit.grams, &sum) ||
      __builtin_add_overflow(context.totals.credits_credited_g(), credit.grams, &sum))
    return refuse(ErrorCode::AMOUNT_OVERFLOW, "record.balance");
  return credit;
}

// Credits the account; what it then holds more is counted apart from what was credited.
void pay(Context& context, const std::string& scenario, const Record& record, const Credit& credit,
         std::uint32_t index) {
  auto after = credit.before;
  after.grams += credit.grams;
  after.last = {context.leaf, index};
  after.trail = crypto::Sha256().update(after.trail.view()).update(record.claim.view()).final();
  auto& totals = context.totals;
  totals.set_credits_credited_g(totals.credits_credited_g() + credit.grams);
  totals.set_credits_held_g(totals.credits_held_g() + after.grams - credit.before.grams);
  context.state.put(credit.account_key, after.encode());
  context.state.put(credit.claim_key,
                    Claimed{after.last, credit.grams, credit.before.last}.encode());
  if (credit.caps.by_day()) put_credited(context.state, day_key(record, scenario), credit.of_day);
  if (credit.caps.by_year())
    put_credited(context.state, year_key(record, scenario), credit.of_year);
  context.outcome.set_records_accepted(context.outcome.records_accepted() + 1);
}

void note_refusal(v1::Outcome& outcome, const State& state, std::uint32_t index,
                  const Record& record, ErrorCode code) {
  outcome.set_records_refused(outcome.records_refused() + 1);
  if (outcome.record_refusals_size() >= kRefusalsShownMax) return;
  auto* shown = outcome.add_record_refusals();
  shown->set_record(index);
  shown->set_code(code);
  if (code != ErrorCode::CLAIM_DUPLICATE) return;
  const auto claimed = state.get(key::claim(record.day, record.slot, record.claim_leaf.view()));
  if (claimed) shown->set_used_by(static_cast<std::int64_t>(Claimed::decode(*claimed).place.leaf));
}

}  // namespace

Ruling submit_behaviour_batch(Context& context, const v1::SubmitBehaviourBatch& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (!is_name(action.batch())) return refuse(ErrorCode::EVENT_MALFORMED, "form.batch");
  Subject subject;
  subject.scenario = action.scenario();
  subject.area = context.genesis.area();
  if (auto met = require_signers(context, "behaviour.submit", subject); !met) return met;
  if (context.event.records_missing) return {};  // others saw them and accepted

  const auto& line =
      context.programs.line(context.state, key::behaviour_versions(action.scenario()));
  const auto closed = closed_days(context.state);
  std::optional<Refusal> first;
  std::uint32_t index = 0;
  auto& outcome = context.outcome;
  const auto credited_before_g = context.totals.credits_credited_g();
  for (const auto& record : context.event.records) {
    if (auto credit = judge(context, line, closed, record)) {
      pay(context, action.scenario(), record, *credit, index);
    } else {
      note_refusal(outcome, context.state, index, record, credit.error().code);
      if (!first) first = std::move(credit.error());
    }
    ++index;
  }
  if (outcome.records_accepted() == 0) return tl::make_unexpected(std::move(*first));
  auto& totals = context.totals;
  totals.set_records_credited(totals.records_credited() + outcome.records_accepted());
  totals.set_records_refused(totals.records_refused() + outcome.records_refused());
  context.fact("credited_g", std::to_string(totals.credits_credited_g() - credited_before_g));
  return {};
}

}  // namespace puhui::ledger
