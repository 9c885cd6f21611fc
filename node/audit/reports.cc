#include <algorithm>

#include "node/audit/citizens.h"

namespace puhui::node::audit {
namespace {

Verdict check_period(const Case& at, const v1::Project& project, const v1::SubmitReport& action) {
  const auto& filing = project.filing();
  const auto named = days_text(action.from(), action.to());
  if (action.to() <= action.from()) return refused(ErrorCode::PERIOD_INVALID, named);
  if (action.to() > day_of(at.now))
    return refused(ErrorCode::PERIOD_INVALID, named,
                   "over by day " + std::to_string(day_of(at.now)));
  if (action.from() < filing.crediting_from() || action.to() > filing.crediting_to())
    return refused(ErrorCode::REPORT_OUTSIDE_PERIOD, action.report(),
                   days_text(filing.crediting_from(), filing.crediting_to()), named);
  return {};
}

Verdict check_keys(const v1::Project& project, const v1::SubmitReport& action) {
  std::set<std::string> unnamed(project.filing().keys().begin(), project.filing().keys().end());
  for (const auto& meter : action.keys())
    if (unnamed.erase(meter) == 0) return refused(ErrorCode::INPUT_UNKNOWN, "key " + meter);
  if (action.keys().empty() && !is_of_pools(project.filing()))
    return refused(ErrorCode::INPUT_MISSING, "keys");
  return {};
}

Verdict check_overlap(const Case& at, const v1::SubmitReport& action) {
  for (const auto& meter : action.keys()) {
    const auto* periods = find(at.books.periods, meter);
    if (periods == nullptr) continue;
    for (const auto& [from, stretch] : *periods)
      if (from < action.to() && action.from() < stretch.to)
        return refused(ErrorCode::REPORT_PERIOD_OVERLAP, "key " + meter,
                       "days no accepted report covers",
                       stretch.whose + " " + days_text(from, stretch.to));
  }
  return {};
}

bool is_parameter(const Version& version, const std::string& name) {
  const auto index = version.program.input_index(name);
  return index && version.methodology.inputs(static_cast<int>(*index)).role() == v1::PARAMETER;
}

// Monitored inputs of the report and parameters of the filing, in declared order. What the filing
// gives and this version does not ask for is left out.
Verdict read_inputs(const Version& version, const v1::Project& project,
                    const v1::SubmitReport& action, std::vector<std::int64_t>& values) {
  std::map<std::string, std::string> given;
  for (const auto& input : action.inputs())
    if (is_parameter(version, input.name())) return refused(ErrorCode::INPUT_UNKNOWN, input.name());
  for (const auto& input : action.inputs()) {
    if (!version.program.input_index(input.name()))
      return refused(ErrorCode::INPUT_UNKNOWN, input.name());
    if (!given.emplace(input.name(), input.value()).second)
      return refused(ErrorCode::INPUT_MALFORMED, input.name() + " twice");
  }
  for (const auto& parameter : project.filing().parameters())
    if (is_parameter(version, parameter.name())) given.emplace(parameter.name(), parameter.value());
  for (const auto& input : version.methodology.inputs())
    if (!given.contains(input.name())) return refused(ErrorCode::INPUT_MISSING, input.name());
  for (const auto& input : version.methodology.inputs()) {
    const auto& text = given.at(input.name());
    const auto value = version.program.read_input(values.size(), text);
    if (!value) return refused(value.error().code, input.name() + " = " + text);
    values.push_back(*value);
  }
  return {};
}

}  // namespace

Verdict check_submission(const Case& at, const v1::SubmitReport& action, Reports reports,
                         const Version*& version) {
  const auto* project = find(at.books.projects, action.project());
  if (project == nullptr) return refused(ErrorCode::PROJECT_UNKNOWN, action.project());
  if (is_of_pools(project->filing()) && reports != Reports::pooled_credits)
    return refused(ErrorCode::PROJECT_POOL, action.project(), "a conversion of pooled credits");
  if (!is_of_pools(project->filing()) && reports != Reports::inputs)
    return refused(ErrorCode::PROJECT_POOL, action.project(), "a project of pooled credits");
  if (at.books.reports.contains(action.report()))
    return refused(ErrorCode::REPORT_EXISTS, action.report());
  if (auto bad = need_in_force(*project, Closed::refused)) return bad;
  if (auto bad = check_period(at, *project, action)) return bad;
  if (auto bad = check_keys(*project, action)) return bad;
  const auto* line = line_of(at.books, project->filing());
  if (line != nullptr) version = version_on(*line, action.from());
  if (version == nullptr || version_on(*line, action.to() - 1) != version)
    return refused(ErrorCode::METHODOLOGY_NOT_IN_FORCE, action.project(),
                   "one version throughout the period");
  if (auto bad = need_in_force(at, version->methodology)) return bad;
  return check_overlap(at, action);
}

Verdict find_report(Case& at, const std::string& name, v1::ReportState state, v1::Report*& report) {
  report = find(at.books.reports, name);
  if (report == nullptr) return refused(ErrorCode::REPORT_UNKNOWN, name);
  if (report->state() == state) return {};
  return refused(ErrorCode::REPORT_STATE, name, v1::ReportState_Name(state),
                 v1::ReportState_Name(report->state()));
}

void changed(Case& at, const v1::Report& report) {
  at.books.changed(stored('W', report.submission().report()), report);
}

std::set<std::string> interested(const Case& at, const v1::Report& report) {
  const auto& project = at.books.projects.at(report.submission().project());
  std::set<std::string> entities{legal_entity(at, project.filing().owner())};
  for (const auto& signer : report.signers()) entities.insert(legal_entity(at, signer));
  return entities;
}

void free_period(Case& at, const v1::Report& report) {
  for (const auto& meter : report.submission().keys())
    at.books.periods[meter].erase(report.submission().from());
}

void reject(Case& at, v1::Report& report) {
  free_period(at, report);
  give_back(at, report);
  report.set_state(v1::REJECTED);
}

v1::Project& project_of(Case& at, const v1::Report& report) {
  return at.books.projects.at(report.submission().project());
}

const v1::Methodology& methodology_of(const Case& at, const v1::Report& report) {
  return at.books.methodologies.at({report.methodology(), report.methodology_version()})
      .methodology();
}

Subject about(const Case& at, const v1::Report& report) {
  const auto& project = at.books.projects.at(report.submission().project());
  return about(project.filing(), methodology_of(at, report));
}

Verdict add_carried(const v1::Report& report, const v1::Project& project, std::int64_t& grams) {
  if (__builtin_add_overflow(report.result_g(), project.remainder_g(), &grams))
    return refused(ErrorCode::AMOUNT_OVERFLOW, project.filing().project());
  return {};
}

void put_remainder(const Case& at, std::int64_t grams, v1::Report& report, v1::Project& project) {
  std::int64_t dropped = 0;
  if (methodology_of(at, report).remainder() == v1::REMAINDER_DROPPED)
    dropped = std::max<std::int64_t>(0, grams);
  report.set_dropped_g(dropped);
  project.set_remainder_g(grams - dropped);
}

v1::Report report_of(const Case& at, const v1::SubmitReport& submission, const Version& version) {
  v1::Report report;
  *report.mutable_submission() = submission;
  report.set_state(v1::COMPUTED);
  report.set_submitted_at(as_leaf(at));
  report.set_methodology(version.methodology.code());
  report.set_methodology_version(version.methodology.version());
  report.set_submitter(at.leaf.payload.party());
  for (const auto& [signer, keys] : at.signers) report.add_signers(signer);
  return report;
}

void put_report(Case& at, v1::Report report) {
  const auto submission = report.submission();
  changed(at, report);
  at.books.reports[submission.report()] = std::move(report);
  for (const auto& meter : submission.keys())
    at.books.periods[meter][submission.from()] = {submission.to(), submission.report()};
}

Verdict submit_report(Case& at, const v1::SubmitReport& action) {
  if (auto bad = need_rules(at)) return bad;
  if (!is_hash_or_empty(action.document_sha256())) return malformed("document_sha256");
  if (!is_name(action.report())) return malformed("report");
  const Version* version = nullptr;
  if (auto bad = check_submission(at, action, Reports::inputs, version)) return bad;
  const auto& project = at.books.projects.at(action.project());
  std::vector<std::int64_t> values;
  if (auto bad = read_inputs(*version, project, action, values)) return bad;
  const auto computed = version->program.compute(values, 0);
  if (!computed) return refused(computed.error().code, "formula of " + version->methodology.code());
  need_signers(at, "report.submit", about(project.filing(), version->methodology));

  auto report = report_of(at, action, *version);
  report.set_exact_result(write_number(computed->exact));
  report.set_result_g(computed->grams);
  put_report(at, std::move(report));
  return {};
}

Verdict verify_report(Case& at, const v1::VerifyReport& action) {
  if (auto bad = need_rules(at)) return bad;
  if (!is_hash_or_empty(action.statement_sha256())) return malformed("statement_sha256");
  v1::Report* report = nullptr;
  if (auto bad = find_report(at, action.report(), v1::COMPUTED, report)) return bad;
  auto& project = project_of(at, *report);
  if (auto bad = need_independent(at, interested(at, *report))) return bad;
  std::int64_t carried = 0;
  if (action.positive()) {
    if (auto bad = need_in_force(project, Closed::allowed)) return bad;
    if (auto bad = add_carried(*report, project, carried)) return bad;
  }
  const auto subject = about(at, *report);
  need_signers(at, "report.verify", subject);

  report->set_verifier(signer_as(at, v1::VERIFIER, subject));
  report->set_verified_at(as_leaf(at));
  report->set_state(v1::VERIFIED);
  if (!action.positive()) {
    reject(at, *report);
  } else if (std::max(report->result_g(), carried) < kGramsPerKilogram) {
    // A larger result is publicised and issued, though a deficit may leave nothing of it.
    report->set_state(v1::CARRIED);
    put_remainder(at, carried, *report, project);
    changed(at, project);
  }
  changed(at, *report);
  return {};
}

}  // namespace puhui::node::audit
