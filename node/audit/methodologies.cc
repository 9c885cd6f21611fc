#include <algorithm>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

bool is_text(std::string_view text) { return text.size() <= kTextMax; }

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
  if (m.day_cap_g() < 0 || m.year_cap_g() < 0) return bad_methodology("caps");
  if (m.registry_checks_size() > 16 || !std::ranges::all_of(m.registry_checks(), is_registry_check))
    return bad_methodology("registry_checks");
  const bool is_project = m.kind() == v1::PROJECT;
  if (!v1::Remainder_IsValid(m.remainder()) ||
      (!is_project && m.remainder() == v1::REMAINDER_CARRIED))
    return bad_methodology("remainder");
  if (is_project) return {};
  if (m.inputs_size() > static_cast<int>(kRecordInputsMax)) return bad_methodology("inputs");
  if (m.slots_per_day() < 1 || m.slots_per_day() > 288) return bad_methodology("slots_per_day");
  if (m.claim_window_days() < 1 || m.claim_window_days() > 366)
    return bad_methodology("claim_window_days");
  if (m.claim_opens_days() > m.claim_window_days()) return bad_methodology("claim_opens_days");
  return {};
}

// Days [from, to), 0 for open.
bool overlap(const v1::Methodology& a, const v1::Methodology& b) {
  const auto ends_before = [](const v1::Methodology& one, const v1::Methodology& other) {
    return one.effective_to() != 0 && one.effective_to() <= other.effective_from();
  };
  return !ends_before(a, b) && !ends_before(b, a);
}

template <class AnyBooks>
auto& lines_of(AnyBooks& books, const v1::Methodology& m) {
  return m.kind() == v1::BEHAVIOUR ? books.behaviour_lines : books.project_lines;
}
const std::string& line_name(const v1::Methodology& m) {
  return m.kind() == v1::BEHAVIOUR ? m.scenario() : m.code();
}

bool is_named(const v1::Methodology& m, const v1::MethodologyVersion& name) {
  return m.code() == name.code() && m.version() == name.version();
}

// The version it supersedes is in force on its first day, from a day to come.
Verdict check_succession(const Case& at, const v1::FileMethodology& action, const Line& line) {
  const auto& m = action.methodology();
  const auto bad = [&](const char* expected) {
    return refused(ErrorCode::METHODOLOGY_SUPERSEDES, m.code() + " " + m.version(), expected,
                   action.supersedes().code() + " " + action.supersedes().version());
  };
  if (m.effective_from() <= day_of(at.now)) return bad("from tomorrow or later");
  const auto* old = version_on(line, m.effective_from());
  if (old == nullptr || !is_named(old->methodology, action.supersedes()))
    return bad("the version in force then");
  if (old->methodology.scenario() != m.scenario()) return bad("one of the same scenario");
  return {};
}

// No other version has a day of it, but for the one it supersedes.
Verdict check_versions(const Case& at, const v1::FileMethodology& action) {
  static const Line kNone;
  const auto& m = action.methodology();
  const auto* filed = find(lines_of(at.books, m), line_name(m));
  const auto& line = filed != nullptr ? **filed : kNone;
  const auto overlaps = [&](const v1::Methodology& other) {
    return refused(ErrorCode::METHODOLOGY_OVERLAP, line_name(m), "days of its own",
                   "days of " + other.version());
  };
  for (const auto& version : line)
    if (version->methodology.effective_from() >= m.effective_from() &&
        overlap(version->methodology, m))
      return overlaps(version->methodology);
  if (action.has_supersedes()) return check_succession(at, action, line);
  for (const auto& version : line)
    if (overlap(version->methodology, m)) return overlaps(version->methodology);
  return {};
}

void end_superseded(Case& at, const v1::FileMethodology& action, Line& line) {
  const auto& m = action.methodology();
  for (auto& version : line) {
    if (!is_named(version->methodology, action.supersedes())) continue;
    Version ended = *version;
    ended.methodology.set_effective_to(m.effective_from());
    version = std::make_shared<const Version>(std::move(ended));
  }
  const auto& old = action.supersedes();
  auto& record = at.books.methodologies.at({old.code(), old.version()});
  record.mutable_methodology()->set_effective_to(m.effective_from());
  record.mutable_superseded_by()->set_code(m.code());
  record.mutable_superseded_by()->set_version(m.version());
  at.books.changed(stored('M', old.code(), old.version()), record);
}

bool has_sample(const Books& books, const std::string& code) {
  return std::ranges::any_of(books.methodologies, [&](const auto& known) {
    return known.first.first == code && known.second.sample();
  });
}

// A line counts once, whatever its versions.
void count_line(Books& books, const v1::Methodology& m) {
  auto& totals = books.totals;
  totals.set_methodologies(totals.methodologies() + 1);
  if (m.kind() == v1::BEHAVIOUR) totals.set_scenarios(totals.scenarios() + 1);
}

void put_version(Case& at, const v1::FileMethodology& action) {
  const auto& m = action.methodology();
  auto& line = lines_of(at.books, m)[line_name(m)];
  if (!line) count_line(at.books, m);
  auto longer = line ? std::make_shared<Line>(*line) : std::make_shared<Line>();
  if (action.has_supersedes()) end_superseded(at, action, *longer);
  longer->push_back(std::make_shared<const Version>(Version{m, *Program::build(m)}));
  line = std::move(longer);
  if (m.kind() != v1::BEHAVIOUR) return;
  at.changed_scenario = m.scenario();
  auto& widest = at.books.closed.widest_window;
  if (m.claim_window_days() <= widest) return;
  widest = m.claim_window_days();
  at.books.closed_changed();
}

}  // namespace

Verdict check_methodology(const Case& at, const v1::FileMethodology& action) {
  const auto& m = action.methodology();
  if (auto bad = check_form(m)) return bad;
  if (at.books.methodologies.contains({m.code(), m.version()}))
    return refused(ErrorCode::METHODOLOGY_EXISTS, m.code() + " " + m.version());
  if (const auto program = Program::build(m); !program)
    return refused(program.error().code, program.error().detail);
  if (m.issued_by() == at.books.genesis.city()) return check_versions(at, action);
  if (action.has_supersedes())
    return refused(ErrorCode::METHODOLOGY_SUPERSEDES, "a sample", {}, m.issued_by());
  return {};
}

void need_methodology_signers(Case& at, const std::string& line,
                              const v1::FileMethodology& action) {
  need_signers(at, line, about(action.methodology()));
  if (!action.has_supersedes()) return;
  const auto& old = action.supersedes();
  const auto* record = find(at.books.methodologies, {old.code(), old.version()});
  if (record != nullptr) need_signers(at, line, about(record->methodology()));
}

void put_methodology(Case& at, const v1::FileMethodology& action, const std::string& event_sha256) {
  const auto& m = action.methodology();
  v1::MethodologyRecord record;
  *record.mutable_methodology() = m;
  record.set_filed_at(as_leaf(at));
  record.set_event_sha256(event_sha256);
  record.set_sample(m.issued_by() != at.books.genesis.city());
  record.set_standing(v1::IN_FORCE);
  record.set_standing_at(as_leaf(at));
  auto& totals = at.books.totals;
  if (record.sample() && !has_sample(at.books, m.code())) totals.set_samples(totals.samples() + 1);
  at.books.changed(stored('M', m.code(), m.version()), record);
  at.books.methodologies[{m.code(), m.version()}] = record;
  if (!record.sample()) put_version(at, action);
}

Verdict file_methodology(Case& at, const v1::FileMethodology& action) {
  const auto& m = action.methodology();
  if (auto bad = need_rules(at)) return bad;
  const bool is_norm = m.kind() == v1::BEHAVIOUR;
  if (auto bad = need_no_procedure(at, is_norm ? v1::FILING_SCENARIO : v1::FILING_METHODOLOGY))
    return bad;
  if (auto bad = check_methodology(at, action)) return bad;
  need_methodology_signers(at, "methodology.file", action);
  put_methodology(at, action, std::string(at.leaf.sha256.view()));
  return {};
}

}  // namespace puhui::node::audit
