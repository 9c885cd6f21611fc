#include <algorithm>
#include <limits>

#include "ledger/rules/behaviour/claims.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/filing/actions.h"
#include "ledger/rules/signers.h"

namespace puhui::ledger {
namespace {

constexpr std::size_t kLabelSizeMax = 64;
constexpr int kMeterKeysMax = 256;
constexpr int kRegistryChecksMax = 16;
constexpr std::uint32_t kSlotsPerDayMax = 96;
constexpr std::uint32_t kClaimWindowDaysMax = 366;
constexpr std::string_view kNotInEtsBoundary = "not_in_ets_boundary";

Ruling malformed(ErrorCode code, std::string_view what) {
  return refuse(code, "form." + std::string(what));
}

// Codes and versions of methodologies, as their issuers write them.
bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kLabelSizeMax && text.find('\0') == std::string_view::npos;
}

Ruling check_methodology_form(const v1::Methodology& m) {
  const auto bad = [](std::string_view what) {
    return malformed(ErrorCode::METHODOLOGY_MALFORMED, what);
  };
  if (!is_label(m.code())) return bad("code");
  if (!is_label(m.version())) return bad("version");
  if (m.kind() != v1::PROJECT && m.kind() != v1::BEHAVIOUR) return bad("kind");
  if (!is_name(m.scenario())) return bad("scenario");
  if (!is_code(m.serial_code())) return bad("serial_code");
  if (!is_code(m.issued_by())) return bad("issued_by");
  if (m.name_zh().size() > kTextSizeMax || m.name_en().size() > kTextSizeMax ||
      m.note().size() > kTextSizeMax || m.grade().size() > kTextSizeMax)
    return bad("text");
  if (!is_day(m.effective_from())) return bad("effective_from");
  if (m.effective_to() != 0 &&
      (!is_day(m.effective_to()) || m.effective_to() <= m.effective_from()))
    return bad("effective_to");
  if (m.registry_checks_size() > kRegistryChecksMax) return bad("registry_checks");
  for (const auto& check : m.registry_checks())
    if (!is_registry_check(check)) return bad("registry_checks");
  if (m.kind() == v1::PROJECT) return {};
  if (m.inputs_size() > static_cast<int>(kRecordInputsMax)) return bad("inputs");
  if (m.slots_per_day() < 1 || m.slots_per_day() > kSlotsPerDayMax) return bad("slots_per_day");
  if (m.claim_window_days() < 1 || m.claim_window_days() > kClaimWindowDaysMax)
    return bad("claim_window_days");
  return {};
}

std::string window_text(std::int64_t from, std::int64_t to) {
  return "[" + std::to_string(from) + ", " + (to == 0 ? "open" : std::to_string(to)) + ")";
}

Ruling check_no_overlap(const Context& context, const v1::Methodology& m) {
  const auto line = line_of(m);
  const auto overlaps = [&](const Found& found) {
    return refuse(ErrorCode::METHODOLOGY_OVERLAP, "methodology.versions",
                  window_text(m.effective_from(), m.effective_to()),
                  found.value.substr(0, found.value.find('\0')),
                  m.kind() == v1::BEHAVIOUR ? m.scenario() : m.code());
  };
  const auto next = context.state.at_or_after(line, key::version_from(line, m.effective_from()));
  if (next && (m.effective_to() == 0 || next->key < key::version_from(line, m.effective_to())))
    return overlaps(*next);
  const auto earlier = methodology_on(context.state, line, m.effective_from());
  if (!earlier) return {};
  return overlaps({{}, earlier->code() + '\0' + earlier->version()});
}

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
  const auto bad = [](std::string_view what) {
    return malformed(ErrorCode::EVENT_MALFORMED, what);
  };
  if (!is_code(action.project())) return bad("project");
  if (action.name_zh().size() > kTextSizeMax || action.name_en().size() > kTextSizeMax ||
      action.area().size() > kTextSizeMax)
    return bad("text");
  if (action.keys().empty() || action.keys_size() > kMeterKeysMax) return bad("keys");
  std::set<std::string> keys;
  for (const auto& meter : action.keys())
    if (!is_name(meter) || !keys.insert(meter).second) return bad("keys");
  if (!is_label(action.methodology())) return bad("methodology");
  if (!is_day(action.crediting_from()) || !is_day(action.crediting_to()) ||
      action.crediting_to() <= action.crediting_from())
    return refuse(ErrorCode::PERIOD_INVALID, "project.crediting_period");
  return {};
}

Ruling check_account(const Context& context, const v1::FileProject& action) {
  // Only names are looked up: a personal account's key is stored in the same family.
  const auto account = is_name(action.account())
                           ? context.state.find<v1::Account>(key::account(action.account()))
                           : std::nullopt;
  if (!account)
    return refuse(ErrorCode::ACCOUNT_UNKNOWN, "project.account", {}, {}, action.account());
  if (account->owner() != action.owner())
    return refuse(ErrorCode::ACCOUNT_NOT_OWNED, "project.account", account->owner(), {},
                  action.owner());
  return {};
}

}  // namespace

bool is_registry_check(std::string_view name) { return name == kNotInEtsBoundary; }

Ruling run_registry_checks(const Context& context, const v1::Methodology& methodology,
                           const v1::FileProject& project) {
  for (const auto& check : methodology.registry_checks()) {
    if (check != kNotInEtsBoundary) continue;
    const auto owner = context.state.find<v1::Party>(key::party(project.owner()));
    if (owner && owner->in_ets_boundary())
      return refuse(ErrorCode::GUARD_FAILED, check, "owner outside every ETS boundary", "inside",
                    project.owner());
  }
  return {};
}

Ruling file_methodology(Context& context, const v1::FileMethodology& action) {
  const auto& m = action.methodology();
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (auto form = check_methodology_form(m); !form) return form;
  const auto name = key::methodology(m.code(), m.version());
  if (context.state.has(name))
    return refuse(ErrorCode::METHODOLOGY_EXISTS, "methodology.new", {},
                  m.code() + " " + m.version());
  if (const auto program = build_program(m); !program)
    return refuse(program.error().code, "methodology.program", {}, {}, program.error().detail);
  const bool sample = m.issued_by() != context.genesis.city();
  if (!sample)
    if (auto apart = check_no_overlap(context, m); !apart) return apart;
  Subject subject;
  subject.methodology = m.code();
  subject.scenario = m.scenario();
  if (auto met = require_signers(context, "methodology.file", subject); !met) return met;

  v1::MethodologyRecord record;
  *record.mutable_methodology() = m;
  record.set_filed_at(static_cast<std::int64_t>(context.leaf));
  record.set_entry_sha256(std::string(context.event.sha256.view()));
  record.set_sample(sample);
  context.state.put(name, record);
  auto& totals = context.totals;
  if (sample) {
    totals.set_samples(totals.samples() + 1);
  } else {
    totals.set_methodologies(totals.methodologies() + 1);
    if (m.kind() == v1::BEHAVIOUR) widen_claim_window(context.state, m.claim_window_days());
    context.state.put(key::version_from(line_of(m), m.effective_from()),
                      m.code() + '\0' + m.version());
  }
  return {};
}

Ruling file_project(Context& context, const v1::FileProject& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  if (auto form = check_project_form(action); !form) return form;
  if (context.state.has(key::project(action.project())))
    return refuse(ErrorCode::PROJECT_EXISTS, "project.new", {}, action.project());
  if (!context.state.has(key::party(action.owner())))
    return refuse(ErrorCode::PARTY_UNKNOWN, "project.owner", {}, {}, action.owner());
  const auto m = methodology_on(context.state, key::project_versions(action.methodology()),
                                action.crediting_from());
  if (!m)
    return refuse(ErrorCode::METHODOLOGY_NOT_IN_FORCE, "project.methodology",
                  window_text(action.crediting_from(), action.crediting_to()), {},
                  action.methodology());
  if (auto owned = check_account(context, action); !owned) return owned;
  if (auto bounded = check_parameters(*m, action); !bounded) return bounded;
  if (auto clear = run_registry_checks(context, *m, action); !clear) return clear;
  Subject subject;
  subject.owner = action.owner();
  subject.area = action.area();
  subject.methodology = m->code();
  subject.scenario = m->scenario();
  if (auto met = require_signers(context, "project.file", subject); !met) return met;

  v1::Project project;
  *project.mutable_filing() = action;
  project.set_filed_at(static_cast<std::int64_t>(context.leaf));
  project.set_methodology_version(m->version());
  context.state.put(key::project(action.project()), project);
  context.totals.set_projects(context.totals.projects() + 1);
  return {};
}

}  // namespace puhui::ledger
