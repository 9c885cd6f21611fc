#include "ledger/views/statement.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <map>
#include <set>

#include "crypto/bytes.h"
#include "ledger/personal.h"
#include "ledger/rules/holding/holdings.h"
#include "ledger/rules/signers.h"
#include "ledger/store/keys.h"

namespace puhui::ledger {
namespace {

std::int64_t fact(const v1::Outcome& outcome, std::string_view name) {
  for (const auto& known : outcome.facts()) {
    if (known.name() != name) continue;
    const auto number = crypto::parse_decimal(known.value());
    return number ? static_cast<std::int64_t>(*number) : 0;
  }
  return 0;
}

class Counting {
 public:
  Counting(const View& view, v1::Statement& statement) : view_(view), counted_(statement) {}

  void event(const v1::Payload& payload) {
    const auto result = view_.outcome(payload.party(), payload.event_id());
    assert(result && "an event in the log has no outcome");
    const auto& outcome = result->outcome();
    auto& filed = *counted_.mutable_filed();
    switch (payload.action_case()) {
      case v1::Payload::kIssue:
        counted_.set_issued_kg(counted_.issued_kg() + fact(outcome, "issued_kg"));
        filed.set_reports_issued(filed.reports_issued() + (outcome.serials().empty() ? 0 : 1));
        cancelled(fact(outcome, "owed_kg"));
        break;
      case v1::Payload::kTransfer:
      case v1::Payload::kPost:
        transferred(outcome, 1);
        break;
      case v1::Payload::kSettle:
        transferred(outcome, payload.settle().legs_size());
        break;
      case v1::Payload::kRetire:
        retired(payload.retire().purpose(), fact(outcome, "retired_kg"));
        break;
      case v1::Payload::kSubmitBehaviourBatch:
        counted_.set_credited_g(counted_.credited_g() + fact(outcome, "credited_g"));
        counted_.set_records_credited(counted_.records_credited() + outcome.records_accepted());
        break;
      case v1::Payload::kGenesis:
        filed.set_parties(filed.parties() + payload.genesis().parties_size());
        break;
      case v1::Payload::kRegisterParty:
        filed.set_parties(filed.parties() + 1);
        break;
      case v1::Payload::kFileProject:
        filed.set_projects(filed.projects() + 1);
        break;
      case v1::Payload::kCompleteFiling:
        completed(payload.complete_filing().filing());
        break;
      case v1::Payload::kExecute:
        executed(payload.execute().proposal());
        break;
      case v1::Payload::kCancel:
      case v1::Payload::kRecall:
      case v1::Payload::kReverse:
        cancelled(fact(outcome, "cancelled_kg") + fact(outcome, "from_buffer_kg"));
        break;
      case v1::Payload::kExpire:
        counted_.set_expired_kg(counted_.expired_kg() + fact(outcome, "expired_kg"));
        break;
      case v1::Payload::kOpenAccount:
        filed.set_accounts(filed.accounts() + 1);
        break;
      case v1::Payload::kOpenPersonalAccounts:
        filed.set_personal_accounts(filed.personal_accounts() + fact(outcome, "opened"));
        break;
      default:
        break;
    }
  }

  void finish() {
    for (const auto& [purpose, sum] : retired_) *counted_.add_retired() = sum;
  }

 private:
  void completed(const std::string& name) {
    const auto filing = view_.filing(name);
    assert(filing && "a filing that was completed is stored");
    auto& filed = *counted_.mutable_filed();
    if (filing->subject().has_project()) filed.set_projects(filed.projects() + 1);
    if (filing->subject().has_party()) filed.set_parties(filed.parties() + 1);
  }
  void executed(const std::string& name) {
    const auto proposal = view_.proposal(name);
    assert(proposal && "a proposal that was executed is stored");
    auto& filed = *counted_.mutable_filed();
    if (proposal->resolution().has_register_party()) filed.set_parties(filed.parties() + 1);
  }
  void transferred(const v1::Outcome& outcome, int moves) {
    counted_.set_transferred_kg(counted_.transferred_kg() + kilograms(outcome.serials()));
    counted_.set_transfers(counted_.transfers() + moves);
  }
  void cancelled(std::int64_t amount_kg) {
    counted_.set_cancelled_kg(counted_.cancelled_kg() + amount_kg);
  }
  void retired(const std::string& purpose, std::int64_t amount_kg) {
    auto& sum = retired_[purpose];
    sum.set_purpose(purpose);
    sum.set_retirements(sum.retirements() + 1);
    sum.set_amount_kg(sum.amount_kg() + amount_kg);
  }
  const View& view_;
  v1::Statement& counted_;
  std::map<std::string, v1::RetiredPurpose> retired_;
};

template <class M>
void each(const View& view, std::string_view family, const std::function<void(const M&)>& visit) {
  view.reader().scan(family, family, [&](std::string_view, std::string_view value) {
    M message;
    const bool parsed = message.ParseFromArray(value.data(), static_cast<int>(value.size()));
    assert(parsed && "a stored view does not parse");
    visit(message);
    return parsed;
  });
}

// What a methodology is counted once by, whatever its versions.
std::string once_by(const v1::MethodologyRecord& record) {
  const auto& methodology = record.methodology();
  if (record.sample()) return "sample " + methodology.code();
  return methodology.kind() == v1::BEHAVIOUR ? "scenario " + methodology.scenario()
                                             : "code " + methodology.code();
}

// Each methodology once, by its first version: among all, and among those of the period.
void count_methodologies(const View& view, std::int64_t first, v1::Statement& statement) {
  std::map<std::string, v1::MethodologyRecord> firsts;
  each<v1::MethodologyRecord>(view, "vM", [&](const auto& record) {
    auto& known = firsts.try_emplace(once_by(record), record).first->second;
    if (record.filed_at() < known.filed_at()) known = record;
  });
  const auto count = [](v1::Filings& filings, bool sample) {
    filings.set_samples(filings.samples() + (sample ? 1 : 0));
    filings.set_methodologies(filings.methodologies() + (sample ? 0 : 1));
  };
  for (const auto& [code, record] : firsts) {
    count(*statement.mutable_filed_in_all(), record.sample());
    if (record.filed_at() >= first) count(*statement.mutable_filed(), record.sample());
  }
}

// The plan of the rule set in force, if it has one.
std::optional<v1::Plan> plan_of(const View& view) {
  std::optional<v1::Plan> plan;
  const auto now = view.head().time;
  each<v1::RuleSetRecord>(view, "vR", [&](const auto& record) {
    const auto& rules = record.rules();
    if (now < rules.effective_from()) return;
    if (rules.effective_to() != 0 && now >= rules.effective_to()) return;
    plan = rules.has_plan() ? std::optional(rules.plan()) : std::nullopt;
  });
  return plan;
}

// Legal entities, each once however many parties act for it.
std::int64_t institutions(const View& view, const v1::PlanTarget& target) {
  std::set<std::string> entities;
  const auto now = view.head().time;
  each<v1::Party>(view, "vP", [&](const auto& party) {
    const auto holds = [&](int role) {
      return holds_role(party, static_cast<v1::Role>(role), now);
    };
    const auto& entity = party.legal_entity();
    if (std::ranges::any_of(target.roles(), holds))
      entities.insert(entity.empty() ? "party " + party.party() : entity);
  });
  return static_cast<std::int64_t>(entities.size());
}

std::int64_t reached(const View& view, const v1::PlanTarget& target, const v1::Statement& counted) {
  constexpr std::int64_t kKilogramsPerTonne = 1'000;
  const auto& all = counted.filed_in_all();
  switch (target.kind()) {
    case v1::TARGET_METHODOLOGIES:
      return all.methodologies();
    case v1::TARGET_INSTITUTIONS:
      return institutions(view, target);
    case v1::TARGET_PROJECTS_AND_SCENARIOS:
      return all.projects() + counted.totals().scenarios();
    case v1::TARGET_ACCOUNTS:
      return all.accounts() + all.personal_accounts();
    case v1::TARGET_TONNES:
      return counted.totals().units_issued_kg() / kKilogramsPerTonne;
    default:
      return 0;
  }
}

// After everything else is counted.
void measure_plan(const View& view, v1::Statement& statement) {
  const auto plan = plan_of(view);
  if (!plan) return;
  *statement.mutable_plan() = *plan;
  for (const auto& target : plan->targets()) {
    auto& state = *statement.add_targets();
    state.set_kind(target.kind());
    state.set_wanted(target.wanted());
    state.set_filed(reached(view, target, statement));
    state.set_met(state.filed() >= state.wanted());
  }
}

std::int64_t accounts_holding_units(const View& view) {
  std::int64_t holding = 0;
  // Names come after all pseudonyms.
  view.reader().scan("vA", "vA\x02", [&](std::string_view, std::string_view value) {
    v1::Account account;
    const bool parsed = account.ParseFromArray(value.data(), static_cast<int>(value.size()));
    assert(parsed && "a stored account does not parse");
    holding += parsed && account.units_held_kg() > 0 ? 1 : 0;
    return true;
  });
  return holding;
}

Micros time_of(const View& view, std::uint64_t leaf) {
  const auto bytes = view.entry(leaf);
  const auto entry = decode_entry(bytes);
  assert(entry && "a stored entry does not decode");
  return entry->time;
}

void state_totals(const v1::Totals& totals, v1::Statement& statement) {
  *statement.mutable_totals() = totals;
  auto& filed = *statement.mutable_filed_in_all();
  filed.set_projects(totals.projects());
  filed.set_parties(totals.parties());
  filed.set_accounts(totals.accounts());
  filed.set_personal_accounts(totals.personal_accounts());
}

}  // namespace

std::uint64_t first_leaf_at(const View& view, Micros time) {
  std::uint64_t low = 0, high = view.head().size;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    if (time_of(view, middle) < time)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

v1::Statement statement(View& view, const TimeSpan& period) {
  const auto genesis = view.genesis();
  assert(genesis && !view.gap() && "a statement needs all leaves with their attachments");
  const auto first = first_leaf_at(view, period.from), end = first_leaf_at(view, period.to);
  assert(end == view.head().size && "the view ends with the period");
  v1::Statement statement;
  statement.set_city(genesis->city());
  statement.set_origin(genesis->origin());
  statement.set_from(period.from);
  statement.set_to(period.to);
  statement.set_open(view.head().time < period.to);
  statement.set_size(static_cast<std::int64_t>(view.head().size));
  statement.set_root(view.head().root.base64());
  statement.set_state_digest(view.head().digest.hex());
  statement.set_first_leaf(static_cast<std::int64_t>(first));
  Counting counting(view, statement);
  for (auto leaf = first; leaf < end; ++leaf) {
    const auto shown = view.entry_view(leaf);
    if (shown.has_payload()) counting.event(shown.payload());
  }
  counting.finish();
  count_methodologies(view, statement.first_leaf(), statement);
  each<v1::UnitBatch>(view, "vB", [&](const auto&) {
    auto& filed = *statement.mutable_filed_in_all();
    filed.set_reports_issued(filed.reports_issued() + 1);
  });
  statement.set_accounts_holding_units(accounts_holding_units(view));
  state_totals(view.totals(), statement);
  measure_plan(view, statement);
  return statement;
}

}  // namespace puhui::ledger
