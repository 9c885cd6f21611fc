#include <algorithm>
#include <cassert>
#include <limits>

#include "ledger/formula/rational.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/filing/actions.h"
#include "ledger/rules/holding/holdings.h"
#include "ledger/rules/reductions/actions.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {
namespace {

constexpr std::int64_t kGramsPerKilogram = 1000;

std::string period_text(std::int64_t from, std::int64_t to) {
  return "[" + date_text(from) + ", " + date_text(to) + ")";
}

Ruling check_keys(const v1::Project& project, const v1::SubmitReport& action) {
  const std::set<std::string> filed(project.filing().keys().begin(), project.filing().keys().end());
  std::set<std::string> named;
  for (const auto& meter : action.keys())
    if (!filed.contains(meter) || !named.insert(meter).second)
      return refuse(ErrorCode::INPUT_UNKNOWN, "report.keys", {}, {}, meter);
  if (named.empty()) return refuse(ErrorCode::INPUT_MISSING, "report.keys", "1", "0");
  return {};
}

Ruling check_period(const v1::Project& project, const v1::SubmitReport& action) {
  if (action.to() <= action.from())
    return refuse(ErrorCode::PERIOD_INVALID, "report.period", {}, {},
                  period_text(action.from(), action.to()));
  const auto& filing = project.filing();
  if (action.from() < filing.crediting_from() || action.to() > filing.crediting_to())
    return refuse(ErrorCode::REPORT_OUTSIDE_PERIOD, "report.crediting_period",
                  period_text(filing.crediting_from(), filing.crediting_to()), {},
                  period_text(action.from(), action.to()));
  return {};
}

// Periods stored for a key never overlap, so only the last one that begins before `to` can.
Ruling check_no_overlap(const Context& context, const v1::SubmitReport& action) {
  for (const auto& meter : action.keys()) {
    const auto last =
        context.state.before(key::periods(meter), key::period_from(meter, action.to()));
    if (!last) continue;
    const auto to = static_cast<std::int64_t>(crypto::read_u64(last->value));
    if (to <= action.from()) continue;
    return refuse(ErrorCode::REPORT_PERIOD_OVERLAP, "report.period_overlap",
                  "one report per key and day", last->value.substr(8) + " until " + date_text(to),
                  meter + " " + period_text(action.from(), action.to()));
  }
  return {};
}

// Monitored inputs come from the report, parameters from the filing.
tl::expected<std::vector<std::int64_t>, Refusal> read_inputs(const FiledProgram& filed,
                                                             const v1::Project& project,
                                                             const v1::SubmitReport& action) {
  std::vector<formula::NamedInput> named;
  for (const auto& input : action.inputs()) {
    const auto index = filed.program.input_index(input.name());
    if (index && filed.methodology.inputs(static_cast<int>(*index)).role() == v1::PARAMETER)
      return refuse(ErrorCode::INPUT_UNKNOWN, "report.inputs", "fixed when the project was filed",
                    {}, input.name());
    named.push_back({input.name(), input.value()});
  }
  for (const auto& parameter : project.filing().parameters())
    named.push_back({parameter.name(), parameter.value()});
  auto values = filed.program.read_named(named);
  if (!values) return refuse(values.error().code, "report.inputs", {}, {}, values.error().detail);
  return std::move(*values);
}

struct Computed {
  std::string exact;
  std::int64_t grams = 0;
};

tl::expected<Computed, Refusal> compute(const FiledProgram& filed, const v1::Project& project,
                                        const v1::SubmitReport& action) {
  const auto values = read_inputs(filed, project, action);
  if (!values) return tl::make_unexpected(values.error());
  const auto result = filed.program.evaluate(*values, 0);
  if (!result)
    return refuse(result.error().code, "methodology.formula", {}, {}, result.error().detail);
  const auto exact = filed.program.exact(*values, 0);
  if (!exact)
    return refuse(exact.error().code, "methodology.formula", {}, {}, exact.error().detail);
  return Computed{exact->text(), result->grams};
}

tl::expected<v1::Report, Refusal> need_report(const Context& context, const std::string& name,
                                              v1::ReportState state) {
  auto report = context.state.find<v1::Report>(key::report(name));
  if (!report) return refuse(ErrorCode::REPORT_UNKNOWN, "report.known", {}, {}, name);
  if (report->state() != state)
    return refuse(ErrorCode::REPORT_STATE, "report.state", v1::ReportState_Name(state),
                  v1::ReportState_Name(report->state()), name);
  return std::move(*report);
}

v1::Project project_of(const Context& context, const v1::Report& report) {
  auto project = context.state.find<v1::Project>(key::project(report.submission().project()));
  assert(project && "a report names a filed project");
  return std::move(*project);
}

Subject about(const v1::Project& project, const v1::Methodology& methodology) {
  Subject subject;
  subject.owner = project.filing().owner();
  subject.area = project.filing().area();
  subject.methodology = methodology.code();
  subject.scenario = methodology.scenario();
  return subject;
}

v1::Methodology methodology_of(const Context& context, const v1::Report& report) {
  auto record = context.state.find<v1::MethodologyRecord>(
      key::methodology(report.methodology(), report.methodology_version()));
  assert(record && "a report names a filed methodology");
  return std::move(*record->mutable_methodology());
}

std::string legal_entity(const Context& context, const std::string& name) {
  const auto party = context.state.find<v1::Party>(key::party(name));
  return party && !party->legal_entity().empty() ? party->legal_entity() : "party " + name;
}

// No verifier among the signers may be the owner's legal entity; that of the operator is kept apart
// when roles are granted.
Ruling check_independence(const Context& context, const v1::Project& project) {
  const auto owner = legal_entity(context, project.filing().owner());
  for (const auto& [signer, keys] : context.signers) {
    const auto party = context.state.find<v1::Party>(key::party(signer));
    if (!party || !(holds_role(*party, v1::VERIFIER, context.now) ||
                    holds_role(*party, v1::OPERATOR, context.now)))
      continue;
    if (legal_entity(context, signer) == owner || holds_role(*party, v1::OPERATOR, context.now))
      return refuse(ErrorCode::SIGNER_INDEPENDENCE, "verification.independence",
                    "another legal entity than owner and operator", owner, signer);
  }
  return {};
}

// The verifier who signed: the acting party, or else the first by name.
std::string verifier_of(const Context& context) {
  const auto verifies = [&context](const std::string& name) {
    const auto party = context.state.find<v1::Party>(key::party(name));
    return party && holds_role(*party, v1::VERIFIER, context.now);
  };
  const auto& acting = context.event.payload.party();
  if (verifies(acting)) return acting;
  for (const auto& [signer, keys] : context.signers)
    if (verifies(signer)) return signer;
  return acting;
}

// What the project would carry with this report's result, or why that is no amount.
tl::expected<std::int64_t, Refusal> with_carried(const v1::Report& report,
                                                 const v1::Project& project) {
  std::int64_t grams = 0;
  if (__builtin_add_overflow(report.result_g(), project.remainder_g(), &grams))
    return refuse(ErrorCode::AMOUNT_OVERFLOW, "issuance.amount");
  return grams;
}

std::string printed(const Context& context, const v1::UnitBatch& batch) {
  return context.genesis.city() + "-CPH-" + batch.serial_code() + "-" + batch.project() + "-" +
         std::to_string(batch.vintage()) + "-" + batch.batch() + "-" +
         std::to_string(batch.start()) + "-" + std::to_string(batch.end());
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
  return batch;
}

std::uint64_t next_serial(const State& state) {
  const auto bytes = state.get(key::next_serial());
  return bytes ? crypto::read_u64(*bytes) : 1;
}

// Numbers the batch and gives its units to the account.
void put_units(Context& context, v1::UnitBatch& batch, std::uint64_t start, std::int64_t kilograms,
               const std::string& account) {
  batch.set_start(start);
  batch.set_end(start + static_cast<std::uint64_t>(kilograms) - 1);
  batch.set_serial(printed(context, batch));
  context.state.put(key::batch(batch.batch()), batch);
  std::string next;
  crypto::append_u64(next, batch.end() + 1);
  context.state.put(key::next_serial(), next);
  v1::UnitBlock block;
  block.set_start(batch.start());
  block.set_end(batch.end());
  block.set_batch(batch.batch());
  block.set_batch_start(batch.start());
  give(context, block, account);
  record_move(context, block, v1::MOVE_ISSUE, "", account);
}

}  // namespace

Ruling submit_report(Context& context, const v1::SubmitReport& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (!is_name(action.report())) return refuse(ErrorCode::EVENT_MALFORMED, "form.report");
  const auto project = context.state.find<v1::Project>(key::project(action.project()));
  if (!project)
    return refuse(ErrorCode::PROJECT_UNKNOWN, "report.project", {}, {}, action.project());
  if (context.state.has(key::report(action.report())))
    return refuse(ErrorCode::REPORT_EXISTS, "report.new", {}, action.report());
  if (auto period = check_period(*project, action); !period) return period;
  if (auto keys = check_keys(*project, action); !keys) return keys;
  const auto& code = project->filing().methodology();
  const auto& line = context.programs.line(context.state, key::project_versions(code));
  const auto* filed = line.on(action.from());
  if (filed == nullptr || filed != line.on(action.to() - 1))
    return refuse(ErrorCode::METHODOLOGY_NOT_IN_FORCE, "report.methodology",
                  "one version throughout the period", {}, code);
  if (auto apart = check_no_overlap(context, action); !apart) return apart;
  const auto computed = compute(*filed, *project, action);
  if (!computed) return tl::make_unexpected(computed.error());
  const auto subject = about(*project, filed->methodology);
  if (auto met = require_signers(context, "report.submit", subject); !met) return met;

  v1::Report report;
  *report.mutable_submission() = action;
  report.set_state(v1::COMPUTED);
  report.set_submitted_at(static_cast<std::int64_t>(context.leaf));
  report.set_methodology(filed->methodology.code());
  report.set_methodology_version(filed->methodology.version());
  report.set_exact_result(computed->exact);
  report.set_result_g(computed->grams);
  context.state.put(key::report(action.report()), report);
  for (const auto& meter : action.keys()) {
    std::string value;
    crypto::append_u64(value, static_cast<std::uint64_t>(action.to()));
    context.state.put(key::period_from(meter, action.from()), value + action.report());
  }
  context.fact("result_g", std::to_string(computed->grams));
  context.fact("exact_result", computed->exact);
  return {};
}

Ruling verify_report(Context& context, const v1::VerifyReport& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  auto report = need_report(context, action.report(), v1::COMPUTED);
  if (!report) return tl::make_unexpected(report.error());
  auto project = project_of(context, *report);
  if (auto apart = check_independence(context, project); !apart) return apart;
  const auto carried = with_carried(*report, project);
  if (!carried) return tl::make_unexpected(carried.error());
  const auto subject = about(project, methodology_of(context, *report));
  if (auto met = require_signers(context, "report.verify", subject); !met) return met;

  report->set_verifier(verifier_of(context));
  report->set_verified_at(static_cast<std::int64_t>(context.leaf));
  report->set_state(action.positive() ? v1::VERIFIED : v1::REJECTED);
  if (!action.positive()) {
    // A rejected report no longer blocks its period.
    for (const auto& meter : report->submission().keys())
      context.state.erase(key::period_from(meter, report->submission().from()));
  } else if (*carried < kGramsPerKilogram) {
    report->set_state(v1::CARRIED);
    project.set_remainder_g(*carried);
    context.state.put(key::project(project.filing().project()), project);
  }
  context.state.put(key::report(action.report()), *report);
  return {};
}

Ruling issue(Context& context, const v1::Issue& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (!is_code(action.batch())) return refuse(ErrorCode::EVENT_MALFORMED, "form.batch");
  auto report = need_report(context, action.report(), v1::VERIFIED);
  if (!report) return tl::make_unexpected(report.error());
  if (context.state.has(key::batch(action.batch())))
    return refuse(ErrorCode::BATCH_EXISTS, "batch.new", {}, action.batch());
  auto project = project_of(context, *report);
  const auto m = methodology_of(context, *report);
  if (auto clear = run_registry_checks(context, m, project.filing()); !clear) return clear;
  const auto grams = with_carried(*report, project);
  if (!grams) return tl::make_unexpected(grams.error());
  const auto kilograms = *grams / kGramsPerKilogram;
  if (kilograms < 1)
    return refuse(ErrorCode::ISSUANCE_NOTHING, "issuance.amount", "1 kg", {},
                  std::to_string(*grams) + " g");
  const auto start = next_serial(context.state);
  if (static_cast<std::uint64_t>(kilograms) >
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) - start)
    return refuse(ErrorCode::SERIAL_EXHAUSTED, "issuance.serials");
  auto subject = about(project, m);
  subject.amount_kg = kilograms;
  if (auto met = require_signers(context, "issue", subject); !met) return met;

  auto batch = make_batch(context, action, *report, m);
  put_units(context, batch, start, kilograms, project.filing().account());
  project.set_remainder_g(*grams - kilograms * kGramsPerKilogram);
  context.state.put(key::project(project.filing().project()), project);
  report->set_state(v1::ISSUED);
  report->set_issued_at(static_cast<std::int64_t>(context.leaf));
  report->set_batch(action.batch());
  context.state.put(key::report(action.report()), *report);
  context.totals.set_units_issued_kg(context.totals.units_issued_kg() + kilograms);
  context.fact("issued_kg", std::to_string(kilograms));
  context.fact("serial", batch.serial());
  return {};
}

}  // namespace puhui::ledger
