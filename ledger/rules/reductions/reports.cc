#include <cassert>

#include "ledger/formula/rational.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/citizens/actions.h"
#include "ledger/rules/filing/filing.h"
#include "ledger/rules/filing/programs.h"
#include "ledger/rules/reductions/actions.h"
#include "ledger/rules/reductions/reductions.h"

namespace puhui::ledger {
namespace {

Ruling check_keys(const v1::Project& project, const v1::SubmitReport& action) {
  const std::set<std::string> filed(project.filing().keys().begin(), project.filing().keys().end());
  std::set<std::string> named;
  for (const auto& meter : action.keys())
    if (!filed.contains(meter) || !named.insert(meter).second)
      return refuse(ErrorCode::INPUT_UNKNOWN, "report.keys", {}, {}, meter);
  if (named.empty() && !is_of_pools(project.filing()))
    return refuse(ErrorCode::INPUT_MISSING, "report.keys", "1", "0");
  return {};
}

Ruling check_period(const Context& context, const v1::Project& project,
                    const v1::SubmitReport& action) {
  if (action.to() <= action.from())
    return refuse(ErrorCode::PERIOD_INVALID, "report.period", {}, {},
                  period_text(action.from(), action.to()));
  const auto today = day_of(context.now);
  if (action.to() > today)
    return refuse(ErrorCode::PERIOD_INVALID, "report.period", "over by " + date_text(today), {},
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

// Monitored inputs come from the report; parameters of the version in force, from the filing.
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
  for (const auto& parameter : project.filing().parameters()) {
    const auto index = filed.program.input_index(parameter.name());
    if (index && filed.methodology.inputs(static_cast<int>(*index)).role() == v1::PARAMETER)
      named.push_back({parameter.name(), parameter.value()});
  }
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

std::set<std::string> interested_in(const Context& context, const v1::Report& report) {
  return legal_entities(context, project_of(context, report).filing().owner(), report.signers());
}

// A result that was confirmed is issued later, or carried if that would be less than a kilogram.
Ruling accept_result(Context& context, v1::Report& report, v1::Project& project) {
  if (auto stands = need_in_force(project, Closed::allowed); !stands) return stands;
  const auto carried = with_carried(report, project);
  if (!carried) return tl::make_unexpected(carried.error());
  // What pays off a deficit is publicised and issued like any other, though nothing is left of it.
  const bool is_small = report.result_g() < kGramsPerKilogram && *carried < kGramsPerKilogram;
  report.set_state(is_small ? v1::CARRIED : v1::VERIFIED);
  if (report.state() == v1::CARRIED) {
    leave(context, *carried, report, project);
    context.state.put(key::project(project.filing().project()), project);
  }
  put_report(context, report);
  return {};
}

}  // namespace

tl::expected<v1::Report, Refusal> need_report(const Context& context, const std::string& name,
                                              v1::ReportState state) {
  auto report = context.state.find<v1::Report>(key::report(name));
  if (!report) return refuse(ErrorCode::REPORT_UNKNOWN, "report.known", {}, {}, name);
  if (report->state() != state)
    return refuse(ErrorCode::REPORT_STATE, "report.state", v1::ReportState_Name(state),
                  v1::ReportState_Name(report->state()), name);
  return std::move(*report);
}

v1::Project project_of(const Context& context, const std::string& code) {
  auto project = context.state.find<v1::Project>(key::project(code));
  assert(project && "reports and batches name filed projects");
  return std::move(*project);
}

v1::Project project_of(const Context& context, const v1::Report& report) {
  return project_of(context, report.submission().project());
}

v1::MethodologyRecord methodology_of(const Context& context, const v1::Report& report) {
  auto record = context.state.find<v1::MethodologyRecord>(
      key::methodology(report.methodology(), report.methodology_version()));
  assert(record && "a report names a filed methodology");
  return std::move(*record);
}

void put_report(Context& context, const v1::Report& report) {
  context.state.put(key::report(report.submission().report()), report);
}

void free_period(Context& context, const v1::Report& report) {
  for (const auto& meter : report.submission().keys())
    context.state.erase(key::period_from(meter, report.submission().from()));
}

bool is_interested(const Context& context, const v1::Report& report, const std::string& entity) {
  return interested_in(context, report).contains(entity);
}

void reject(Context& context, v1::Report& report) {
  free_period(context, report);
  give_back(context, report);
  report.set_state(v1::REJECTED);
  put_report(context, report);
}

Subject about(const Context& context, const v1::Report& report) {
  return about(project_of(context, report).filing(), methodology_of(context, report).methodology());
}

tl::expected<std::int64_t, Refusal> with_carried(const v1::Report& report,
                                                 const v1::Project& project) {
  std::int64_t grams = 0;
  if (__builtin_add_overflow(report.result_g(), project.remainder_g(), &grams))
    return refuse(ErrorCode::AMOUNT_OVERFLOW, "issuance.amount");
  return grams;
}

void leave(const Context& context, std::int64_t grams, v1::Report& report, v1::Project& project) {
  const auto rule = methodology_of(context, report).methodology().remainder();
  const bool drops = rule == v1::REMAINDER_DROPPED && grams > 0;
  report.set_dropped_g(drops ? grams : 0);
  project.set_remainder_g(drops ? 0 : grams);
}

tl::expected<Reportable, Refusal> check_submission(const Context& context,
                                                   const v1::SubmitReport& action,
                                                   Reported reported) {
  const auto bad = [](const Ruling& ruling) { return tl::make_unexpected(ruling.error()); };
  auto project = context.state.find<v1::Project>(key::project(action.project()));
  if (!project)
    return refuse(ErrorCode::PROJECT_UNKNOWN, "report.project", {}, {}, action.project());
  const bool of_pools = reported == Reported::pools;
  if (is_of_pools(project->filing()) != of_pools)
    return refuse(ErrorCode::PROJECT_POOL, "report.project",
                  of_pools ? "a project of pooled credits" : "by converting credits", {},
                  action.project());
  if (context.state.has(key::report(action.report())))
    return refuse(ErrorCode::REPORT_EXISTS, "report.new", {}, action.report());
  if (auto stands = need_in_force(*project, Closed::refused); !stands) return bad(stands);
  if (auto period = check_period(context, *project, action); !period) return bad(period);
  if (auto keys = check_keys(*project, action); !keys) return bad(keys);
  const auto& line = context.programs.line(context.state, line_of(project->filing()));
  const auto* filed = line.on(action.from());
  if (filed == nullptr || filed != line.on(action.to() - 1))
    return refuse(ErrorCode::METHODOLOGY_NOT_IN_FORCE, "report.methodology",
                  "one version throughout the period", {}, methodology_name(project->filing()));
  if (auto stands = need_in_force(filed->methodology, filed->standing); !stands) return bad(stands);
  if (auto apart = check_no_overlap(context, action); !apart) return bad(apart);
  return Reportable{std::move(*project), filed};
}

v1::Report computed_report(const Context& context, const v1::SubmitReport& submission,
                           const v1::Methodology& methodology) {
  v1::Report report;
  *report.mutable_submission() = submission;
  report.set_state(v1::COMPUTED);
  report.set_submitted_at(static_cast<std::int64_t>(context.leaf));
  report.set_methodology(methodology.code());
  report.set_methodology_version(methodology.version());
  report.set_submitter(context.event.payload.party());
  for (const auto& [signer, keys] : context.signers) report.add_signers(signer);
  return report;
}

Ruling submit_report(Context& context, const v1::SubmitReport& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (!is_hash_or_empty(action.document_sha256())) return malformed("document_sha256");
  if (!is_name(action.report())) return refuse(ErrorCode::EVENT_MALFORMED, "form.report");
  const auto reported = check_submission(context, action, Reported::inputs);
  if (!reported) return tl::make_unexpected(reported.error());
  const auto& [project, filed] = *reported;
  const auto computed = compute(*filed, project, action);
  if (!computed) return tl::make_unexpected(computed.error());
  const auto subject = about(project.filing(), filed->methodology);
  if (auto met = require_signers(context, "report.submit", subject); !met) return met;

  auto report = computed_report(context, action, filed->methodology);
  report.set_exact_result(computed->exact);
  report.set_result_g(computed->grams);
  put_report(context, report);
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
  if (!is_hash_or_empty(action.statement_sha256())) return malformed("statement_sha256");
  auto report = need_report(context, action.report(), v1::COMPUTED);
  if (!report) return tl::make_unexpected(report.error());
  auto project = project_of(context, *report);
  if (auto apart = need_independent(context, interested_in(context, *report)); !apart) return apart;
  const auto subject = about(context, *report);
  if (auto met = require_signers(context, "report.verify", subject); !met) return met;

  report->set_verifier(
      signer_as(context, v1::VERIFIER, subject).value_or(context.event.payload.party()));
  report->set_verified_at(static_cast<std::int64_t>(context.leaf));
  if (action.positive()) return accept_result(context, *report, project);
  reject(context, *report);
  return {};
}

}  // namespace puhui::ledger
