#include <chrono>
#include <limits>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

constexpr std::int64_t kGramsPerKilogram = 1000;

std::string days(std::int64_t from, std::int64_t to) {
  return "days [" + std::to_string(from) + ", " + std::to_string(to) + ")";
}

Verdict check_period(const v1::Project& project, const v1::SubmitReport& action) {
  const auto& filing = project.filing();
  if (action.to() <= action.from())
    return refused(ErrorCode::PERIOD_INVALID, days(action.from(), action.to()));
  if (action.from() < filing.crediting_from() || action.to() > filing.crediting_to())
    return refused(ErrorCode::REPORT_OUTSIDE_PERIOD, action.report(),
                   days(filing.crediting_from(), filing.crediting_to()),
                   days(action.from(), action.to()));
  return {};
}

Verdict check_keys(const v1::Project& project, const v1::SubmitReport& action) {
  std::set<std::string> unnamed(project.filing().keys().begin(), project.filing().keys().end());
  for (const auto& meter : action.keys())
    if (unnamed.erase(meter) == 0) return refused(ErrorCode::INPUT_UNKNOWN, "key " + meter);
  if (action.keys().empty()) return refused(ErrorCode::INPUT_MISSING, "keys");
  return {};
}

Verdict check_overlap(Case& at, const v1::SubmitReport& action) {
  for (const auto& meter : action.keys())
    for (const auto& [from, stretch] : at.books.periods[meter])
      if (from < action.to() && action.from() < stretch.to)
        return refused(ErrorCode::REPORT_PERIOD_OVERLAP, "key " + meter,
                       "days no accepted report covers",
                       stretch.report + " " + days(from, stretch.to));
  return {};
}

// Monitored inputs of the report and parameters of the filing, in declared order.
Verdict read_inputs(const Version& version, const v1::Project& project,
                    const v1::SubmitReport& action, std::vector<std::int64_t>& values) {
  std::map<std::string, std::string> given;
  for (const auto& input : action.inputs()) {
    const auto index = version.program.input_index(input.name());
    if (!index || version.methodology.inputs(static_cast<int>(*index)).role() == v1::PARAMETER)
      return refused(ErrorCode::INPUT_UNKNOWN, input.name());
    if (!given.emplace(input.name(), input.value()).second)
      return refused(ErrorCode::INPUT_MALFORMED, input.name() + " twice");
  }
  for (const auto& parameter : project.filing().parameters()) {
    if (!version.program.input_index(parameter.name()))
      return refused(ErrorCode::INPUT_UNKNOWN, parameter.name());
    if (!given.emplace(parameter.name(), parameter.value()).second)
      return refused(ErrorCode::INPUT_MALFORMED, parameter.name() + " twice");
  }
  for (const auto& input : version.methodology.inputs()) {
    const auto* text = find(given, input.name());
    if (text == nullptr) return refused(ErrorCode::INPUT_MISSING, input.name());
    const auto value = version.program.read_input(values.size(), *text);
    if (!value) return refused(value.error().code, input.name() + " = " + *text);
    values.push_back(*value);
  }
  return {};
}

Verdict find_report(Case& at, const std::string& name, v1::ReportState state, v1::Report*& report) {
  report = find(at.books.reports, name);
  if (report == nullptr) return refused(ErrorCode::REPORT_UNKNOWN, name);
  if (report->state() == state) return {};
  return refused(ErrorCode::REPORT_STATE, name, v1::ReportState_Name(state),
                 v1::ReportState_Name(report->state()));
}

const v1::Methodology& methodology_of(const Case& at, const v1::Report& report) {
  return at.books.methodologies.at({report.methodology(), report.methodology_version()})
      .methodology();
}

Subject about(const v1::Project& project, const v1::Methodology& m) {
  return {.owner = project.filing().owner(),
          .area = project.filing().area(),
          .methodology = m.code(),
          .scenario = m.scenario()};
}

std::string entity(const Case& at, const std::string& name) {
  const auto* party = find(at.books.parties, name);
  return party != nullptr && !party->legal_entity().empty() ? party->legal_entity()
                                                            : "party " + name;
}

// Whoever signs as verifier is another legal entity than the owner, and no operator signs.
Verdict check_independence(const Case& at, const v1::Project& project) {
  for (const auto& [signer, keys] : at.signers) {
    const auto* party = find(at.books.parties, signer);
    if (party == nullptr) continue;
    const bool operates = holds(*party, v1::OPERATOR, at.now);
    const bool owns = entity(at, signer) == entity(at, project.filing().owner());
    if (operates || (owns && holds(*party, v1::VERIFIER, at.now)))
      return refused(ErrorCode::SIGNER_INDEPENDENCE, signer,
                     "a legal entity that is neither owner nor operator", entity(at, signer));
  }
  return {};
}

std::string verifier_of(const Case& at) {
  const auto verifies = [&](const std::string& name) {
    const auto* party = find(at.books.parties, name);
    return party != nullptr && holds(*party, v1::VERIFIER, at.now);
  };
  if (!verifies(at.leaf.payload.party()))
    for (const auto& [signer, keys] : at.signers)
      if (verifies(signer)) return signer;
  return at.leaf.payload.party();
}

Verdict add_carried(const v1::Report& report, const v1::Project& project, std::int64_t& grams) {
  if (__builtin_add_overflow(report.result_g(), project.remainder_g(), &grams))
    return refused(ErrorCode::AMOUNT_OVERFLOW, project.filing().project());
  return {};
}

void changed(Case& at, const v1::Project& project) {
  at.books.changed(stored('J', project.filing().project()), project);
}
void changed(Case& at, const v1::Report& report) {
  at.books.changed(stored('W', report.submission().report()), report);
}

int year_of(std::int64_t day) {
  return static_cast<int>(
      std::chrono::year_month_day(std::chrono::sys_days(std::chrono::days(day))).year());
}

v1::UnitBatch make_batch(const Case& at, const v1::Issue& action, const v1::Report& report,
                         std::int64_t kilograms) {
  v1::UnitBatch batch;
  batch.set_batch(action.batch());
  batch.set_project(report.submission().project());
  batch.set_report(action.report());
  batch.set_methodology(report.methodology());
  batch.set_methodology_version(report.methodology_version());
  batch.set_serial_code(methodology_of(at, report).serial_code());
  batch.set_vintage(year_of(report.submission().to() - 1));
  batch.set_start(at.books.next_serial);
  batch.set_end(at.books.next_serial + static_cast<std::uint64_t>(kilograms) - 1);
  batch.set_issued_at(as_leaf(at));
  batch.set_serial(at.books.genesis.city() + "-CPH-" + batch.serial_code() + "-" + batch.project() +
                   "-" + std::to_string(batch.vintage()) + "-" + batch.batch() + "-" +
                   std::to_string(batch.start()) + "-" + std::to_string(batch.end()));
  return batch;
}

Verdict check_submission(Case& at, const v1::SubmitReport& action, const Version*& version) {
  if (auto bad = need_rules(at)) return bad;
  if (!is_name(action.report())) return refused(ErrorCode::EVENT_MALFORMED, "report");
  const auto* project = find(at.books.projects, action.project());
  if (project == nullptr) return refused(ErrorCode::PROJECT_UNKNOWN, action.project());
  if (at.books.reports.contains(action.report()))
    return refused(ErrorCode::REPORT_EXISTS, action.report());
  if (auto bad = check_period(*project, action)) return bad;
  if (auto bad = check_keys(*project, action)) return bad;
  const auto* line = find(at.books.project_lines, project->filing().methodology());
  if (line != nullptr) version = version_on(**line, action.from());
  if (version == nullptr || version_on(**line, action.to() - 1) != version)
    return refused(ErrorCode::METHODOLOGY_NOT_IN_FORCE, project->filing().methodology(),
                   "one version throughout the period");
  return check_overlap(at, action);
}

}  // namespace

Verdict submit_report(Case& at, const v1::SubmitReport& action) {
  const Version* version = nullptr;
  if (auto bad = check_submission(at, action, version)) return bad;
  const auto& project = at.books.projects.at(action.project());
  std::vector<std::int64_t> values;
  if (auto bad = read_inputs(*version, project, action, values)) return bad;
  const auto computed = version->program.compute(values, 0);
  if (!computed) return refused(computed.error().code, "formula of " + version->methodology.code());
  need_signers(at, "report.submit", about(project, version->methodology));

  v1::Report report;
  *report.mutable_submission() = action;
  report.set_state(v1::COMPUTED);
  report.set_submitted_at(as_leaf(at));
  report.set_methodology(version->methodology.code());
  report.set_methodology_version(version->methodology.version());
  report.set_exact_result(write_number(computed->exact));
  report.set_result_g(computed->grams);
  changed(at, report);
  at.books.reports[action.report()] = std::move(report);
  for (const auto& meter : action.keys())
    at.books.periods[meter][action.from()] = {action.to(), action.report()};
  return {};
}

Verdict verify_report(Case& at, const v1::VerifyReport& action) {
  if (auto bad = need_rules(at)) return bad;
  v1::Report* report = nullptr;
  if (auto bad = find_report(at, action.report(), v1::COMPUTED, report)) return bad;
  auto& project = at.books.projects.at(report->submission().project());
  if (auto bad = check_independence(at, project)) return bad;
  std::int64_t carried = 0;
  if (auto bad = add_carried(*report, project, carried)) return bad;
  need_signers(at, "report.verify", about(project, methodology_of(at, *report)));

  report->set_verifier(verifier_of(at));
  report->set_verified_at(as_leaf(at));
  report->set_state(v1::VERIFIED);
  if (!action.positive()) {
    report->set_state(v1::REJECTED);
    for (const auto& meter : report->submission().keys())
      at.books.periods[meter].erase(report->submission().from());
  } else if (carried < kGramsPerKilogram) {
    report->set_state(v1::CARRIED);
    project.set_remainder_g(carried);
    changed(at, project);
  }
  changed(at, *report);
  return {};
}

Verdict issue(Case& at, const v1::Issue& action) {
  if (auto bad = need_rules(at)) return bad;
  if (!is_code(action.batch())) return refused(ErrorCode::EVENT_MALFORMED, "batch");
  v1::Report* report = nullptr;
  if (auto bad = find_report(at, action.report(), v1::VERIFIED, report)) return bad;
  if (at.books.batches.contains(action.batch()))
    return refused(ErrorCode::BATCH_EXISTS, action.batch());
  auto& project = at.books.projects.at(report->submission().project());
  const auto& m = methodology_of(at, *report);
  if (auto bad = check_registry(at, m, project.filing())) return bad;
  std::int64_t grams = 0;
  if (auto bad = add_carried(*report, project, grams)) return bad;
  const auto kilograms = grams / kGramsPerKilogram;
  if (kilograms < 1)
    return refused(ErrorCode::ISSUANCE_NOTHING, action.report(), "1 kg or more",
                   std::to_string(grams) + " g");
  constexpr auto kSerialMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (static_cast<std::uint64_t>(kilograms) > kSerialMax - at.books.next_serial)
    return refused(ErrorCode::SERIAL_EXHAUSTED);
  auto subject = about(project, m);
  subject.amount_kg = kilograms;
  need_signers(at, "issue", subject);

  const auto batch = make_batch(at, action, *report, kilograms);
  put_units(at, batch, project.filing().account());
  project.set_remainder_g(grams - kilograms * kGramsPerKilogram);
  changed(at, project);
  report->set_state(v1::ISSUED);
  report->set_issued_at(as_leaf(at));
  report->set_batch(action.batch());
  changed(at, *report);
  return {};
}

}  // namespace puhui::node::audit
