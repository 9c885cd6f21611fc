#include <algorithm>
#include <limits>

#include "ledger/formula/rational.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/filing/filing.h"
#include "ledger/rules/holding/holdings.h"
#include "ledger/rules/recognition/recognition.h"
#include "ledger/rules/reductions/actions.h"
#include "ledger/rules/reductions/reductions.h"
#include "ledger/store/numbers.h"

namespace puhui::ledger {
namespace {

std::string printed(const Context& context, const v1::UnitBatch& batch) {
  v1::ExportedRun whole;
  whole.set_serial_code(batch.serial_code());
  whole.set_project(batch.project());
  whole.set_vintage(batch.vintage());
  whole.set_batch(batch.batch());
  whole.set_origin_start(batch.start());
  return printed_serial(context.genesis.city(), whole,
                        static_cast<std::int64_t>(batch.end() - batch.start() + 1));
}

// What binds the units of a batch until it is registered.
std::string bond_of(const std::string& batch) { return "batch/" + batch; }

// How much of an issuance goes where.
struct Shares {
  std::int64_t owner_kg = 0, buffer_kg = 0, owed_kg = 0;
  std::string buffer;  // account
};

tl::expected<Shares, Refusal> divide(const Context& context, const v1::Project& project,
                                     const v1::Report& report, std::int64_t kilograms) {
  Shares shares;
  if (const auto* rule = buffer_rule(context.rules, report.methodology())) {
    const auto account = context.state.find<v1::Account>(key::account(rule->account()));
    if (!account || account->kind() != v1::ACCOUNT_BUFFER)
      return refuse(ErrorCode::BUFFER_ACCOUNT, "rules.buffers",
                    v1::AccountKind_Name(v1::ACCOUNT_BUFFER), {}, rule->account());
    const auto share = formula::Rational::parse(rule->share());
    const auto exact = share->times(formula::Rational(kilograms));
    if (!exact) return refuse(exact.error().code, "rules.buffers", {}, {}, rule->share());
    shares.buffer_kg = exact->round(formula::Rounding::kFloor).value();
    shares.buffer = rule->account();
  }
  shares.owed_kg = std::min(project.owed_kg(), kilograms - shares.buffer_kg);
  shares.owner_kg = kilograms - shares.buffer_kg - shares.owed_kg;
  return shares;
}

v1::UnitBatch make_batch(const Context& context, const v1::Issue& action, const v1::Report& report,
                         const v1::Methodology& m) {
  v1::UnitBatch batch;
  batch.set_batch(action.batch());
  batch.set_project(report.submission().project());
  batch.set_report(action.report());
  batch.set_methodology(report.methodology());
  batch.set_methodology_version(report.methodology_version());
  batch.set_serial_code(m.serial_code());
  batch.set_vintage(year_of_day(report.submission().to() - 1));
  batch.set_issued_at(static_cast<std::int64_t>(context.leaf));
  if (!context.rules.registers_batches()) batch.set_registered_at(batch.issued_at());
  return batch;
}

// Numbers the batch.
void number(Context& context, v1::UnitBatch& batch, std::uint64_t start, std::int64_t kilograms) {
  batch.set_start(start);
  batch.set_end(start + static_cast<std::uint64_t>(kilograms) - 1);
  batch.set_serial(printed(context, batch));
  context.state.put(key::batch(batch.batch()), batch);
  put_number(context.state, key::next_serial(), batch.end() + 1);
}

// The next serials of a batch, as many as asked: a piece that nobody holds yet.
class Pieces {
 public:
  explicit Pieces(const v1::UnitBatch& batch) : batch_(batch), next_(batch.start()) {}
  v1::UnitBlock next(std::int64_t kilograms) {
    v1::UnitBlock piece;
    piece.set_start(next_);
    next_ += static_cast<std::uint64_t>(kilograms);
    piece.set_end(next_ - 1);
    piece.set_batch(batch_.batch());
    piece.set_batch_start(batch_.start());
    return piece;
  }

 private:
  const v1::UnitBatch& batch_;
  std::uint64_t next_;
};

void give_or_bind(Context& context, const v1::UnitBatch& batch, const v1::UnitBlock& piece,
                  const std::string& account) {
  if (batch.registered_at() == 0)
    give_bound(context, piece, account, bond_of(batch.batch()));
  else
    give(context, piece, account);
}

void put_units(Context& context, const v1::UnitBatch& batch, const Shares& shares,
               const std::string& account) {
  Pieces pieces(batch);
  if (shares.owner_kg > 0) {
    const auto piece = pieces.next(shares.owner_kg);
    give_or_bind(context, batch, piece, account);
    record_move(context, piece, v1::MOVE_ISSUE, "", account);
  }
  if (shares.buffer_kg > 0) {
    const auto piece = pieces.next(shares.buffer_kg);
    give_or_bind(context, batch, piece, shares.buffer);
    record_move(context, piece, v1::MOVE_BUFFER, "", shares.buffer);
    context.fact("buffer_kg", std::to_string(shares.buffer_kg));
  }
  if (shares.owed_kg > 0) {
    const auto piece = pieces.next(shares.owed_kg);
    put_ended(context, piece, account, v1::CANCELLED);
    record_move(context, piece, v1::MOVE_COVER, account, "");
    context.fact("owed_kg", std::to_string(shares.owed_kg));
  }
}

// A verified report, publicised where the rules ask for it; its notice, if it has one, is over.
tl::expected<v1::Report, Refusal> need_issuable(const Context& context, const std::string& name) {
  auto publicised = need_report(context, name, v1::PUBLICISED);
  if (!publicised)
    return context.rules.issuance_notice().days() > 0 ? publicised
                                                      : need_report(context, name, v1::VERIFIED);
  if (auto over = need_over(context, publicised->notice()); !over)
    return tl::make_unexpected(over.error());
  return publicised;
}

// Not registered yet, and not all of it recalled.
Ruling need_unregistered(const Context& context, const v1::UnitBatch& batch) {
  const auto refuse_as = [&batch](std::string used) {
    return refuse(ErrorCode::BATCH_STATE, "batch.registered", "issued, not yet registered",
                  std::move(used), batch.batch());
  };
  if (batch.registered_at() != 0)
    return refuse_as("registered at leaf " + std::to_string(batch.registered_at()));
  const auto waiting = key::bonds(bond_of(batch.batch()));
  if (batch.recalled_kg() == 0 || context.state.at_or_after(waiting, waiting)) return {};
  return refuse_as("recalled, " + std::to_string(batch.recalled_kg()) + " kg");
}

}  // namespace

std::uint64_t next_serial(const State& state) {
  return number_at(state, key::next_serial()).value_or(1);
}

tl::expected<v1::UnitBatch, Refusal> need_batch(const Context& context, const std::string& code) {
  auto batch = context.state.find<v1::UnitBatch>(key::batch(code));
  if (batch) return std::move(*batch);
  return refuse(ErrorCode::BATCH_UNKNOWN, "batch.known", {}, {}, code);
}

std::string printed_serial(const std::string& city, const v1::ExportedRun& run,
                           std::int64_t kilograms) {
  const auto end = run.origin_start() + static_cast<std::uint64_t>(kilograms) - 1;
  return city + "-CPH-" + run.serial_code() + "-" + run.project() + "-" +
         std::to_string(run.vintage()) + "-" + run.batch() + "-" +
         std::to_string(run.origin_start()) + "-" + std::to_string(end);
}

Subject about(const Context& context, const v1::UnitBatch& batch) {
  auto subject = batch.has_mirrored()
                     ? the_city()
                     : about(context, project_of(context, batch.project()).filing());
  subject.amount_kg = static_cast<std::int64_t>(batch.end() - batch.start() + 1);
  return subject;
}

const v1::BufferRule* buffer_rule(const v1::RuleSet& rules, const std::string& methodology) {
  const v1::BufferRule* of_all = nullptr;
  for (const auto& rule : rules.buffers()) {
    if (rule.methodology() == methodology) return &rule;
    if (rule.methodology().empty()) of_all = &rule;
  }
  return of_all;
}

Ruling issue(Context& context, const v1::Issue& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (!is_code(action.batch())) return malformed("batch");
  if (auto listed = need_all_lists(context); !listed) return listed;
  auto report = need_issuable(context, action.report());
  if (!report) return tl::make_unexpected(report.error());
  if (context.state.has(key::batch(action.batch())))
    return refuse(ErrorCode::BATCH_EXISTS, "batch.new", {}, action.batch());
  auto project = project_of(context, *report);
  const auto record = methodology_of(context, *report);
  const auto& m = record.methodology();
  if (auto stands = need_in_force(project, Closed::allowed); !stands) return stands;
  if (auto stands = need_in_force(m, record.standing()); !stands) return stands;
  if (auto clear = run_registry_checks(context, m, project.filing(), &report->submission()); !clear)
    return clear;
  const auto grams = with_carried(*report, project);
  if (!grams) return tl::make_unexpected(grams.error());
  const auto kilograms = std::max<std::int64_t>(0, *grams / kGramsPerKilogram);
  const auto start = next_serial(context.state);
  if (static_cast<std::uint64_t>(kilograms) >
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) - start)
    return refuse(ErrorCode::SERIAL_EXHAUSTED, "issuance.serials");
  const auto shares = divide(context, project, *report, kilograms);
  if (!shares) return tl::make_unexpected(shares.error());
  auto subject = about(project.filing(), m);
  subject.amount_kg = kilograms;
  if (auto met = require_signers(context, "issue", subject); !met) return met;

  context.fact("issued_kg", std::to_string(kilograms));
  leave(context, *grams - kilograms * kGramsPerKilogram, *report, project);
  if (kilograms == 0) {
    report->set_state(v1::CARRIED);
    put_report(context, *report);
    context.state.put(key::project(project.filing().project()), project);
    return {};
  }
  auto batch = make_batch(context, action, *report, m);
  number(context, batch, start, kilograms);
  put_units(context, batch, *shares, project.filing().account());
  project.set_owed_kg(project.owed_kg() - shares->owed_kg);
  project.set_issued_kg(project.issued_kg() + kilograms);
  context.state.put(key::project(project.filing().project()), project);
  report->set_state(v1::ISSUED);
  report->set_issued_at(static_cast<std::int64_t>(context.leaf));
  report->set_batch(action.batch());
  put_report(context, *report);
  context.totals.set_units_issued_kg(context.totals.units_issued_kg() + kilograms);
  context.fact("serial", batch.serial());
  return {};
}

Ruling register_batch(Context& context, const v1::RegisterBatch& action) {
  auto batch = need_batch(context, action.batch());
  if (!batch) return tl::make_unexpected(batch.error());
  if (auto fresh = need_unregistered(context, *batch); !fresh) return fresh;
  const auto project = context.state.find<v1::Project>(key::project(batch->project()));
  assert(project && "a batch names a filed project");
  if (auto stands = need_in_force(*project, Closed::allowed); !stands) return stands;
  const auto subject = about(context, *batch);
  if (auto met = require_signers(context, "batch.register", subject); !met) return met;
  loosen(context.state, context.leaf, bond_of(action.batch()), subject.amount_kg);
  batch->set_registered_at(static_cast<std::int64_t>(context.leaf));
  context.state.put(key::batch(batch->batch()), *batch);
  return {};
}

}  // namespace puhui::ledger
