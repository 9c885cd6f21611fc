#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

using Steps = std::map<v1::Standing, std::set<v1::Standing>>;

// From one standing to others; from those that are not here there is no way.
const Steps kOfMethodologies{{v1::IN_FORCE, {v1::STANDING_SUSPENDED, v1::WITHDRAWN}},
                             {v1::STANDING_SUSPENDED, {v1::IN_FORCE, v1::WITHDRAWN}}};
const Steps kOfProjects{{v1::IN_FORCE, {v1::STANDING_SUSPENDED, v1::CLOSED, v1::REVOKED}},
                        {v1::STANDING_SUSPENDED, {v1::IN_FORCE, v1::CLOSED, v1::REVOKED}},
                        {v1::CLOSED, {v1::REVOKED}}};

Verdict need_step(const Steps& steps, v1::Standing from, v1::Standing to) {
  const auto* next = find(steps, from);
  if (next != nullptr && next->contains(to)) return {};
  return refused(ErrorCode::STANDING_INVALID, "from " + v1::Standing_Name(from), {},
                 v1::Standing_Name(to));
}

Verdict set_methodology(Case& at, const v1::SetStanding& action) {
  const auto& name = action.methodology();
  auto* record = find(at.books.methodologies, {name.code(), name.version()});
  if (record == nullptr)
    return refused(ErrorCode::METHODOLOGY_UNKNOWN, name.code() + " " + name.version());
  if (auto bad = need_step(kOfMethodologies, record->standing(), action.standing())) return bad;
  need_signers(at, "standing.methodology", about(record->methodology()));
  record->set_standing(action.standing());
  record->set_standing_at(as_leaf(at));
  at.books.changed(stored('M', name.code(), name.version()), *record);
  return {};
}

Verdict set_project(Case& at, const v1::SetStanding& action) {
  auto* project = find(at.books.projects, action.project());
  if (project == nullptr) return refused(ErrorCode::PROJECT_UNKNOWN, action.project());
  if (auto bad = need_step(kOfProjects, project->standing(), action.standing())) return bad;
  need_signers(at, "standing.project", about(at, project->filing()));
  project->set_standing(action.standing());
  project->set_standing_at(as_leaf(at));
  changed(at, *project);
  if (action.standing() == v1::CLOSED || action.standing() == v1::REVOKED)
    free_periods_after(at, project->filing(), day_of(at.now));
  return {};
}

}  // namespace

Verdict need_in_force(const Case& at, const v1::Methodology& methodology) {
  const auto& record = at.books.methodologies.at({methodology.code(), methodology.version()});
  if (record.standing() == v1::IN_FORCE) return {};
  return refused(ErrorCode::METHODOLOGY_STANDING, methodology.code() + " " + methodology.version(),
                 "in force", v1::Standing_Name(record.standing()));
}

Verdict need_in_force(const v1::Project& project, Closed closed) {
  const auto standing = project.standing();
  if (standing == v1::IN_FORCE) return {};
  if (standing == v1::CLOSED && closed == Closed::allowed) return {};
  return refused(ErrorCode::PROJECT_STANDING, project.filing().project(), "in force",
                 v1::Standing_Name(standing));
}

Verdict set_standing(Case& at, const v1::SetStanding& action) {
  if (action.reason().empty() || action.reason().size() > kTextMax) return malformed("reason");
  if (action.has_decision() && !is_document(action.decision())) return malformed("decision");
  if (action.has_methodology()) return set_methodology(at, action);
  if (action.has_project()) return set_project(at, action);
  return malformed("what");
}

}  // namespace puhui::node::audit
