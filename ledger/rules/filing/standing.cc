#include <algorithm>

#include "ledger/rules/checks.h"
#include "ledger/rules/filing/actions.h"
#include "ledger/rules/filing/filing.h"

namespace puhui::ledger {
namespace {

struct Step {
  v1::Standing from, to;
};
constexpr Step kOfMethodologies[] = {{v1::IN_FORCE, v1::STANDING_SUSPENDED},
                                     {v1::STANDING_SUSPENDED, v1::IN_FORCE},
                                     {v1::IN_FORCE, v1::WITHDRAWN},
                                     {v1::STANDING_SUSPENDED, v1::WITHDRAWN}};
constexpr Step kOfProjects[] = {{v1::IN_FORCE, v1::STANDING_SUSPENDED},
                                {v1::STANDING_SUSPENDED, v1::IN_FORCE},
                                {v1::IN_FORCE, v1::CLOSED},
                                {v1::STANDING_SUSPENDED, v1::CLOSED},
                                {v1::IN_FORCE, v1::REVOKED},
                                {v1::STANDING_SUSPENDED, v1::REVOKED},
                                {v1::CLOSED, v1::REVOKED}};

template <class Steps>
Ruling need_step(const Steps& steps, v1::Standing from, v1::Standing to) {
  std::string allowed;
  for (const auto& step : steps) {
    if (step.from == from && step.to == to) return {};
    if (step.from == from) allowed += (allowed.empty() ? "" : ", ") + v1::Standing_Name(step.to);
  }
  return refuse(ErrorCode::STANDING_INVALID, "standing.steps", allowed, v1::Standing_Name(from),
                v1::Standing_Name(to));
}

template <class Record>
void stand(Context& context, Record& record, v1::Standing standing) {
  record.set_standing(standing);
  record.set_standing_at(static_cast<std::int64_t>(context.leaf));
}

Ruling set_methodology(Context& context, const v1::SetStanding& action) {
  const auto& named = action.methodology();
  const auto stored = key::methodology(named.code(), named.version());
  auto record = is_label(named.code()) && is_label(named.version())
                    ? context.state.find<v1::MethodologyRecord>(stored)
                    : std::nullopt;
  if (!record)
    return refuse(ErrorCode::METHODOLOGY_UNKNOWN, "methodology.known", {}, {},
                  named.code() + " " + named.version());
  if (auto step = need_step(kOfMethodologies, record->standing(), action.standing()); !step)
    return step;
  const auto subject = about(record->methodology());
  if (auto met = require_signers(context, "standing.methodology", subject); !met) return met;
  stand(context, *record, action.standing());
  context.state.put(stored, *record);
  context.programs_changed = true;
  return {};
}

Ruling set_project(Context& context, const v1::SetStanding& action) {
  const auto stored = key::project(action.project());
  auto project = context.state.find<v1::Project>(stored);
  if (!project)
    return refuse(ErrorCode::PROJECT_UNKNOWN, "project.known", {}, {}, action.project());
  if (auto step = need_step(kOfProjects, project->standing(), action.standing()); !step)
    return step;
  const auto subject = about(context, project->filing());
  if (auto met = require_signers(context, "standing.project", subject); !met) return met;
  stand(context, *project, action.standing());
  context.state.put(stored, *project);
  if (action.standing() == v1::CLOSED || action.standing() == v1::REVOKED)
    free_periods_after(context, project->filing(), day_of(context.now));
  return {};
}

}  // namespace

Ruling need_in_force(const v1::Methodology& methodology, v1::Standing standing) {
  if (standing == v1::IN_FORCE) return {};
  return refuse(ErrorCode::METHODOLOGY_STANDING, "methodology.standing",
                v1::Standing_Name(v1::IN_FORCE), v1::Standing_Name(standing),
                methodology.code() + " " + methodology.version());
}

Ruling need_in_force(const v1::Project& project, Closed closed) {
  const auto standing = project.standing();
  if (standing == v1::IN_FORCE || (closed == Closed::allowed && standing == v1::CLOSED)) return {};
  return refuse(ErrorCode::PROJECT_STANDING, "project.standing", v1::Standing_Name(v1::IN_FORCE),
                v1::Standing_Name(standing), project.filing().project());
}

Ruling set_standing(Context& context, const v1::SetStanding& action) {
  if (action.reason().empty() || action.reason().size() > kTextSizeMax) return malformed("reason");
  if (!is_document_or_none(action.has_decision(), action.decision())) return malformed("decision");
  switch (action.what_case()) {
    case v1::SetStanding::kMethodology:
      return set_methodology(context, action);
    case v1::SetStanding::kProject:
      return set_project(context, action);
    case v1::SetStanding::WHAT_NOT_SET:
      break;
  }
  return malformed("what");
}

}  // namespace puhui::ledger
