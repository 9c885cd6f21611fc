#include <algorithm>
#include <cassert>
#include <set>

#include "ledger/rules/checks.h"
#include "ledger/rules/filing/actions.h"
#include "ledger/rules/filing/filing.h"
#include "ledger/rules/filing/programs.h"
#include "ledger/rules/recognition/recognition.h"

namespace puhui::ledger {
namespace {

constexpr int kMeterKeysMax = 256;
constexpr int kSchemesMax = 16;

// Reads a project's parameters against the bounds of the methodology.
Ruling check_parameters(const v1::Methodology& m, const v1::FileProject& action) {
  const auto program = build_program(m);
  if (!program) return refuse(program.error().code, "methodology.program");
  int parameters = 0;
  for (const auto& input : m.inputs()) parameters += input.role() == v1::PARAMETER ? 1 : 0;
  std::set<std::string> given;
  for (const auto& parameter : action.parameters()) {
    const auto index = program->input_index(parameter.name());
    if (!index || m.inputs(static_cast<int>(*index)).role() != v1::PARAMETER ||
        !given.insert(parameter.name()).second)
      return refuse(ErrorCode::INPUT_UNKNOWN, "project.parameters", {}, {}, parameter.name());
    const auto value = program->read_input(*index, parameter.value());
    if (!value)
      return refuse(value.error().code, "project.parameters", value.error().detail, {},
                    parameter.name() + " = " + parameter.value());
  }
  if (static_cast<int>(given.size()) == parameters) return {};
  return refuse(ErrorCode::INPUT_MISSING, "project.parameters", std::to_string(parameters),
                std::to_string(given.size()));
}

Ruling check_project_form(const v1::FileProject& action) {
  const auto bad = [](std::string_view what) { return malformed(what); };
  if (!is_code(action.project())) return bad("project");
  if (action.name_zh().size() > kTextSizeMax || action.name_en().size() > kTextSizeMax)
    return bad("text");
  if (action.keys().empty() != is_of_pools(action) || action.keys_size() > kMeterKeysMax)
    return bad("keys");
  std::set<std::string> keys;
  for (const auto& meter : action.keys())
    if (!is_name(meter) || !keys.insert(meter).second) return bad("keys");
  if (is_of_pools(action) ? !is_name(action.scenario()) || !action.methodology().empty()
                          : !is_label(action.methodology()))
    return bad("methodology");
  if (!is_hash_or_empty(action.document_sha256())) return bad("document_sha256");
  if (action.not_in_schemes_size() > kSchemesMax ||
      !std::ranges::all_of(action.not_in_schemes(), is_label))
    return bad("not_in_schemes");
  if (!is_day(action.crediting_from()) || !is_day(action.crediting_to()) ||
      action.crediting_to() <= action.crediting_from())
    return refuse(ErrorCode::PERIOD_INVALID, "project.crediting_period");
  if (!is_area(action.area()))
    return refuse(ErrorCode::AREA_INVALID, "project.area", "GB/T 2260", {}, action.area());
  return {};
}

Ruling check_account(const Context& context, const v1::FileProject& action) {
  // Only names are looked up: a personal account's key is stored in the same family.
  const auto account = is_name(action.account())
                           ? context.state.find<v1::Account>(key::account(action.account()))
                           : std::nullopt;
  if (!account)
    return refuse(ErrorCode::ACCOUNT_UNKNOWN, "project.account", {}, {}, action.account());
  if (account->kind() == v1::ACCOUNT_BUFFER)
    return refuse(ErrorCode::ACCOUNT_KIND, "project.account", "no buffer", {}, action.account());
  if (account->owner() != action.owner())
    return refuse(ErrorCode::ACCOUNT_NOT_OWNED, "project.account", account->owner(), {},
                  action.owner());
  return {};
}

// The version in whose window the crediting period begins.
std::optional<v1::MethodologyRecord> version_for(const Context& context,
                                                 const v1::FileProject& project) {
  return record_on(context.state, line_of(project), project.crediting_from());
}

// A project's claim to a key, from the day its crediting begins.
std::string claim_until(const v1::FileProject& project, std::int64_t day) {
  std::string claim;
  crypto::append_u64(claim, static_cast<std::uint64_t>(day));
  return claim + project.project();
}
std::int64_t end_of_claim(std::string_view claim) {
  return static_cast<std::int64_t>(crypto::read_u64(claim));
}

Ruling check_schemes(const Context& context, const v1::FileProject& action) {
  const auto& declared = action.not_in_schemes();
  for (const auto& scheme : context.rules.other_schemes())
    if (std::ranges::find(declared, scheme) == declared.end())
      return refuse(ErrorCode::SCHEME_UNDECLARED, "project.other_schemes", scheme, {},
                    action.project());
  return {};
}

}  // namespace

const std::string& methodology_name(const v1::FileProject& project) {
  return is_of_pools(project) ? project.scenario() : project.methodology();
}

std::string line_of(const v1::FileProject& project) {
  return is_of_pools(project) ? key::behaviour_versions(project.scenario())
                              : key::project_versions(project.methodology());
}

Subject about(const v1::FileProject& project, const v1::Methodology& methodology) {
  auto subject = about(methodology);
  subject.owner = project.owner();
  subject.area = project.area();
  return subject;
}

Subject about(const Context& context, const v1::FileProject& project) {
  const auto record = version_for(context, project);
  if (record) return about(project, record->methodology());
  v1::Methodology name_alone;
  name_alone.set_code(project.methodology());
  name_alone.set_scenario(project.scenario());
  return about(project, name_alone);
}

std::string claimed_by(const State& state, const std::string& meter, std::int64_t from,
                       std::int64_t to) {
  const auto last = state.before(key::claimed_periods(meter), key::claimed_period(meter, to));
  return last && end_of_claim(last->value) > from ? last->value.substr(8) : std::string();
}

Ruling claim_periods(Context& context, const v1::FileProject& project) {
  for (const auto& meter : project.keys()) {
    const auto other =
        claimed_by(context.state, meter, project.crediting_from(), project.crediting_to());
    if (!other.empty())
      return refuse(ErrorCode::PERIOD_EXCLUSIVE, "project.exclusive", "one project per key and day",
                    other,
                    meter + " " + period_text(project.crediting_from(), project.crediting_to()));
  }
  if (auto clear = need_none_abroad(context, project); !clear) return clear;
  for (const auto& meter : project.keys())
    context.state.put(key::claimed_period(meter, project.crediting_from()),
                      claim_until(project, project.crediting_to()));
  return {};
}

void free_periods(Context& context, const v1::FileProject& project) {
  for (const auto& meter : project.keys())
    context.state.erase(key::claimed_period(meter, project.crediting_from()));
}

void free_periods_after(Context& context, const v1::FileProject& project, std::int64_t day) {
  for (const auto& meter : project.keys()) {
    const auto stored = key::claimed_period(meter, project.crediting_from());
    const auto claim = context.state.get(stored);
    // Days that it gave up before may be another's by now.
    if (!claim || claim->substr(8) != project.project()) continue;
    const auto until = std::min(end_of_claim(*claim), day + 1);
    if (until > project.crediting_from())
      context.state.put(stored, claim_until(project, until));
    else
      context.state.erase(stored);
  }
}

Ruling check_project(const Context& context, const v1::FileProject& action) {
  if (auto form = check_project_form(action); !form) return form;
  if (context.state.has(key::project(action.project())))
    return refuse(ErrorCode::PROJECT_EXISTS, "project.new", {}, action.project());
  if (!context.state.has(key::party(action.owner())))
    return refuse(ErrorCode::PARTY_UNKNOWN, "project.owner", {}, {}, action.owner());
  if (auto declared = check_schemes(context, action); !declared) return declared;
  const auto record = version_for(context, action);
  if (!record)
    return refuse(ErrorCode::METHODOLOGY_NOT_IN_FORCE, "project.methodology",
                  period_text(action.crediting_from(), action.crediting_to()), {},
                  methodology_name(action));
  const auto& m = record->methodology();
  if (auto stands = need_in_force(m, record->standing()); !stands) return stands;
  if (auto owned = check_account(context, action); !owned) return owned;
  if (auto bounded = check_parameters(m, action); !bounded) return bounded;
  return run_registry_checks(context, m, action);
}

void put_project(Context& context, const v1::FileProject& action) {
  const auto record = version_for(context, action);
  assert(record && "a project that was checked has a methodology");
  v1::Project project;
  *project.mutable_filing() = action;
  project.set_filed_at(static_cast<std::int64_t>(context.leaf));
  project.set_methodology_version(record->methodology().version());
  project.set_standing(v1::IN_FORCE);
  project.set_standing_at(static_cast<std::int64_t>(context.leaf));
  context.state.put(key::project(action.project()), project);
  context.totals.set_projects(context.totals.projects() + 1);
}

Ruling file_project(Context& context, const v1::FileProject& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (auto free = need_no_procedure(context, v1::FILING_PROJECT); !free) return free;
  if (auto sound = check_project(context, action); !sound) return sound;
  if (auto claimed = claim_periods(context, action); !claimed) return claimed;
  if (auto met = require_signers(context, "project.file", about(context, action)); !met) return met;
  put_project(context, action);
  return {};
}

}  // namespace puhui::ledger
