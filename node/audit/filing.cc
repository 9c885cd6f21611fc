#include <algorithm>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

constexpr std::size_t kTextMax = 512;
constexpr std::string_view kNotInEtsBoundary = "not_in_ets_boundary";

bool is_text(std::string_view text) { return text.size() <= kTextMax; }
bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.find('\0') == std::string_view::npos;
}

Verdict bad_methodology(const char* what) {
  return refused(ErrorCode::METHODOLOGY_MALFORMED, what);
}

Verdict check_form(const v1::Methodology& m) {
  if (!is_label(m.code())) return bad_methodology("code");
  if (!is_label(m.version())) return bad_methodology("version");
  if (m.kind() != v1::PROJECT && m.kind() != v1::BEHAVIOUR) return bad_methodology("kind");
  if (!is_name(m.scenario())) return bad_methodology("scenario");
  if (!is_code(m.serial_code())) return bad_methodology("serial_code");
  if (!is_code(m.issued_by())) return bad_methodology("issued_by");
  if (!is_text(m.name_zh()) || !is_text(m.name_en()) || !is_text(m.note()) || !is_text(m.grade()))
    return bad_methodology("text");
  if (!is_day(m.effective_from())) return bad_methodology("effective_from");
  if (m.effective_to() != 0 &&
      (!is_day(m.effective_to()) || m.effective_to() <= m.effective_from()))
    return bad_methodology("effective_to");
  if (m.registry_checks_size() > 16 ||
      std::ranges::any_of(m.registry_checks(),
                          [](const auto& check) { return check != kNotInEtsBoundary; }))
    return bad_methodology("registry_checks");
  if (m.kind() == v1::PROJECT) return {};
  if (m.inputs_size() > static_cast<int>(kRecordInputsMax)) return bad_methodology("inputs");
  if (m.slots_per_day() < 1 || m.slots_per_day() > 96) return bad_methodology("slots_per_day");
  if (m.claim_window_days() < 1 || m.claim_window_days() > 366)
    return bad_methodology("claim_window_days");
  return {};
}

// Days [from, to), 0 for open.
bool overlap(const v1::Methodology& a, const v1::Methodology& b) {
  const auto ends_before = [](const v1::Methodology& one, const v1::Methodology& other) {
    return one.effective_to() != 0 && one.effective_to() <= other.effective_from();
  };
  return !ends_before(a, b) && !ends_before(b, a);
}

auto& lines_of(Books& books, const v1::Methodology& m) {
  return m.kind() == v1::BEHAVIOUR ? books.behaviour_lines : books.project_lines;
}
const std::string& line_name(const v1::Methodology& m) {
  return m.kind() == v1::BEHAVIOUR ? m.scenario() : m.code();
}

Verdict check_versions(Case& at, const v1::Methodology& m) {
  const auto* line = find(lines_of(at.books, m), line_name(m));
  if (line == nullptr) return {};
  for (const auto& version : **line)
    if (overlap(version->methodology, m))
      return refused(ErrorCode::METHODOLOGY_OVERLAP, line_name(m), "days of its own",
                     "days of " + version->methodology.version());
  return {};
}

void put_version(Case& at, const v1::Methodology& m, Program program) {
  auto& line = lines_of(at.books, m)[line_name(m)];
  auto longer = line ? std::make_shared<Line>(*line) : std::make_shared<Line>();
  longer->push_back(std::make_shared<const Version>(Version{m, std::move(program)}));
  line = std::move(longer);
}

Verdict check_project(const v1::FileProject& action) {
  const auto bad = [](const char* what) { return refused(ErrorCode::EVENT_MALFORMED, what); };
  if (!is_code(action.project())) return bad("project");
  if (!is_text(action.name_zh()) || !is_text(action.name_en()) || !is_text(action.area()))
    return bad("text");
  const std::set<std::string> keys(action.keys().begin(), action.keys().end());
  if (keys.empty() || keys.size() > 256 || static_cast<int>(keys.size()) != action.keys_size() ||
      !std::ranges::all_of(keys, is_name))
    return bad("keys");
  if (!is_label(action.methodology())) return bad("methodology");
  if (!is_day(action.crediting_from()) || !is_day(action.crediting_to()) ||
      action.crediting_to() <= action.crediting_from())
    return refused(ErrorCode::PERIOD_INVALID, "crediting period");
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

Verdict check_owner(const Case& at, const v1::FileProject& action) {
  const auto* account = find(at.books.accounts, action.account());
  if (account == nullptr) return refused(ErrorCode::ACCOUNT_UNKNOWN, action.account());
  if (account->owner() != action.owner())
    return refused(ErrorCode::ACCOUNT_NOT_OWNED, action.account(), action.owner(),
                   account->owner());
  return {};
}

}  // namespace

Verdict check_registry(const Case& at, const v1::Methodology& methodology,
                       const v1::FileProject& project) {
  const auto* owner = find(at.books.parties, project.owner());
  if (owner == nullptr || !owner->in_ets_boundary() || methodology.registry_checks().empty())
    return {};
  return refused(ErrorCode::GUARD_FAILED, std::string(kNotInEtsBoundary),
                 "an owner outside every ETS boundary", project.owner());
}

Verdict file_methodology(Case& at, const v1::FileMethodology& action) {
  const auto& m = action.methodology();
  if (auto bad = need_rules(at)) return bad;
  if (auto bad = check_form(m)) return bad;
  const std::pair name(m.code(), m.version());
  if (at.books.methodologies.contains(name))
    return refused(ErrorCode::METHODOLOGY_EXISTS, m.code() + " " + m.version());
  auto program = Program::build(m);
  if (!program) return refused(program.error().code, program.error().detail);
  const bool sample = m.issued_by() != at.books.genesis.city();
  if (!sample)
    if (auto bad = check_versions(at, m)) return bad;
  need_signers(at, "methodology.file", {.methodology = m.code(), .scenario = m.scenario()});

  v1::MethodologyRecord record;
  *record.mutable_methodology() = m;
  record.set_filed_at(as_leaf(at));
  record.set_entry_sha256(std::string(at.leaf.sha256.view()));
  record.set_sample(sample);
  at.books.changed(stored('M', m.code(), m.version()), record);
  at.books.methodologies[name] = std::move(record);
  auto& totals = at.books.totals;
  if (sample) {
    totals.set_samples(totals.samples() + 1);
  } else {
    totals.set_methodologies(totals.methodologies() + 1);
    put_version(at, m, std::move(*program));
    auto& widest = at.books.closed.widest_window;
    if (m.kind() == v1::BEHAVIOUR && m.claim_window_days() > widest) {
      widest = m.claim_window_days();
      at.books.closed_changed();
    }
  }
  return {};
}

Verdict file_project(Case& at, const v1::FileProject& action) {
  if (auto bad = need_rules(at)) return bad;
  if (auto bad = check_project(action)) return bad;
  if (at.books.projects.contains(action.project()))
    return refused(ErrorCode::PROJECT_EXISTS, action.project());
  if (!at.books.parties.contains(action.owner()))
    return refused(ErrorCode::PARTY_UNKNOWN, action.owner());
  const auto* line = find(at.books.project_lines, action.methodology());
  const auto* version = line != nullptr ? version_on(**line, action.crediting_from()) : nullptr;
  if (version == nullptr) return refused(ErrorCode::METHODOLOGY_NOT_IN_FORCE, action.methodology());
  if (auto bad = check_owner(at, action)) return bad;
  if (auto bad = check_parameters(*version, action)) return bad;
  const auto& m = version->methodology;
  if (auto bad = check_registry(at, m, action)) return bad;
  need_signers(at, "project.file",
               {.owner = action.owner(),
                .area = action.area(),
                .methodology = m.code(),
                .scenario = m.scenario()});
  v1::Project project;
  *project.mutable_filing() = action;
  project.set_filed_at(as_leaf(at));
  project.set_methodology_version(m.version());
  at.books.changed(stored('J', action.project()), project);
  at.books.projects[action.project()] = std::move(project);
  at.books.totals.set_projects(at.books.totals.projects() + 1);
  return {};
}

}  // namespace puhui::node::audit
