#include <algorithm>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

Verdict check_form(const v1::FileProject& action) {
  if (!is_code(action.project())) return malformed("project");
  if (action.name_zh().size() > kTextMax || action.name_en().size() > kTextMax)
    return malformed("text");
  const std::set<std::string> keys(action.keys().begin(), action.keys().end());
  if (keys.empty() != is_of_pools(action) || keys.size() > 256 ||
      static_cast<int>(keys.size()) != action.keys_size() || !std::ranges::all_of(keys, is_name))
    return malformed("keys");
  if (is_of_pools(action) ? !is_name(action.scenario()) || !action.methodology().empty()
                          : !is_label(action.methodology()))
    return malformed("methodology");
  if (!is_hash_or_empty(action.document_sha256())) return malformed("document_sha256");
  if (action.not_in_schemes_size() > 16 || !std::ranges::all_of(action.not_in_schemes(), is_label))
    return malformed("not_in_schemes");
  if (!is_day(action.crediting_from()) || !is_day(action.crediting_to()) ||
      action.crediting_to() <= action.crediting_from())
    return refused(ErrorCode::PERIOD_INVALID, "crediting period");
  if (!is_area(action.area())) return refused(ErrorCode::AREA_INVALID, action.area());
  return {};
}

Verdict check_schemes(const Case& at, const v1::FileProject& action) {
  const std::set<std::string> declared(action.not_in_schemes().begin(),
                                       action.not_in_schemes().end());
  for (const auto& scheme : at.rules.other_schemes())
    if (!declared.contains(scheme))
      return refused(ErrorCode::SCHEME_UNDECLARED, action.project(), "not in " + scheme);
  return {};
}

Verdict check_parameters(const Version& version, const v1::FileProject& action) {
  std::set<std::string> missing;
  for (const auto& input : version.methodology.inputs())
    if (input.role() == v1::PARAMETER) missing.insert(input.name());
  for (const auto& parameter : action.parameters()) {
    if (missing.erase(parameter.name()) == 0)
      return refused(ErrorCode::INPUT_UNKNOWN, parameter.name());
    const auto index = version.program.input_index(parameter.name());
    const auto value = version.program.read_input(*index, parameter.value());
    if (!value) return refused(value.error().code, parameter.name() + " = " + parameter.value());
  }
  if (!missing.empty()) return refused(ErrorCode::INPUT_MISSING, *missing.begin());
  return {};
}

Verdict check_account(const Case& at, const v1::FileProject& action) {
  const auto* account = find(at.books.accounts, action.account());
  if (account == nullptr) return refused(ErrorCode::ACCOUNT_UNKNOWN, action.account());
  if (account->kind() == v1::ACCOUNT_BUFFER)
    return refused(ErrorCode::ACCOUNT_KIND, action.account(), "no buffer");
  if (account->owner() != action.owner())
    return refused(ErrorCode::ACCOUNT_NOT_OWNED, action.account(), action.owner(),
                   account->owner());
  return {};
}

// The version in force on the first day of its crediting period, or null.
const Version* version_for(const Case& at, const v1::FileProject& project) {
  const auto* line = line_of(at.books, project);
  return line != nullptr ? version_on(*line, project.crediting_from()) : nullptr;
}

}  // namespace

const Line* line_of(const Books& books, const v1::FileProject& project) {
  const auto* line = is_of_pools(project) ? find(books.behaviour_lines, project.scenario())
                                          : find(books.project_lines, project.methodology());
  return line != nullptr ? line->get() : nullptr;
}

Subject about(const v1::Methodology& methodology) {
  return {.methodology = methodology.code(), .scenario = methodology.scenario()};
}

Subject about(const v1::FileProject& project, const v1::Methodology& methodology) {
  auto subject = about(methodology);
  subject.owner = project.owner();
  subject.area = project.area();
  return subject;
}

Subject about(const Case& at, const v1::FileProject& project) {
  if (const auto* version = version_for(at, project)) return about(project, version->methodology);
  return {.owner = project.owner(),
          .area = project.area(),
          .methodology = project.methodology(),
          .scenario = project.scenario()};
}

Verdict check_project(const Case& at, const v1::FileProject& action) {
  if (auto bad = check_form(action)) return bad;
  if (at.books.projects.contains(action.project()))
    return refused(ErrorCode::PROJECT_EXISTS, action.project());
  if (!at.books.parties.contains(action.owner()))
    return refused(ErrorCode::PARTY_UNKNOWN, action.owner());
  if (auto bad = check_schemes(at, action)) return bad;
  const auto* version = version_for(at, action);
  if (version == nullptr)
    return refused(ErrorCode::METHODOLOGY_NOT_IN_FORCE, action.methodology() + action.scenario());
  if (auto bad = need_in_force(at, version->methodology)) return bad;
  if (auto bad = check_account(at, action)) return bad;
  if (auto bad = check_parameters(*version, action)) return bad;
  return check_registry(at, version->methodology, action);
}

Verdict check_periods(const Case& at, const v1::FileProject& project) {
  for (const auto& meter : project.keys()) {
    const auto* claimed = find(at.books.claimed, meter);
    if (claimed == nullptr) continue;
    for (const auto& [from, stretch] : *claimed)
      if (from < project.crediting_to() && project.crediting_from() < stretch.to)
        return refused(ErrorCode::PERIOD_EXCLUSIVE, "key " + meter, "days of no other project",
                       stretch.whose + " " + days_text(from, stretch.to));
  }
  return need_none_abroad(at, project);
}

void claim_periods(Case& at, const v1::FileProject& project) {
  for (const auto& meter : project.keys())
    at.books.claimed[meter][project.crediting_from()] = {project.crediting_to(), project.project()};
}

void free_periods(Case& at, const v1::FileProject& project) {
  for (const auto& meter : project.keys()) at.books.claimed[meter].erase(project.crediting_from());
}

void free_periods_after(Case& at, const v1::FileProject& project, std::int64_t day) {
  for (const auto& meter : project.keys()) {
    auto& stretches = at.books.claimed[meter];
    auto* own = find(stretches, project.crediting_from());
    // Days that it gave up before may be another's by now.
    if (own == nullptr || own->whose != project.project()) continue;
    own->to = std::min(own->to, day + 1);
    if (own->to <= project.crediting_from()) stretches.erase(project.crediting_from());
  }
}

void changed(Case& at, const v1::Project& project) {
  at.books.changed(stored('J', project.filing().project()), project);
}

void put_project(Case& at, const v1::FileProject& action) {
  v1::Project project;
  *project.mutable_filing() = action;
  project.set_filed_at(as_leaf(at));
  project.set_methodology_version(version_for(at, action)->methodology.version());
  project.set_standing(v1::IN_FORCE);
  project.set_standing_at(as_leaf(at));
  changed(at, project);
  at.books.projects[action.project()] = std::move(project);
  at.books.totals.set_projects(at.books.totals.projects() + 1);
}

Verdict file_project(Case& at, const v1::FileProject& action) {
  if (auto bad = need_rules(at)) return bad;
  if (auto bad = need_no_procedure(at, v1::FILING_PROJECT)) return bad;
  if (auto bad = check_project(at, action)) return bad;
  if (auto bad = check_periods(at, action)) return bad;
  need_signers(at, "project.file", about(at, action));
  claim_periods(at, action);
  put_project(at, action);
  return {};
}

}  // namespace puhui::node::audit
