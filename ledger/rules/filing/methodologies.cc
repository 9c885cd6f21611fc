#include <algorithm>
#include <cassert>

#include "ledger/rules/behaviour/claims.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/filing/actions.h"
#include "ledger/rules/filing/filing.h"
#include "ledger/rules/filing/programs.h"

namespace puhui::ledger {
namespace {

constexpr int kRegistryChecksMax = 16;
constexpr std::uint32_t kSlotsPerDayMax = 288;  // five minutes
constexpr std::uint32_t kClaimWindowDaysMax = 366;

Ruling check_methodology_form(const v1::Methodology& m) {
  const auto bad = [](std::string_view what) {
    return refuse(ErrorCode::METHODOLOGY_MALFORMED, "form." + std::string(what));
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
  if (m.day_cap_g() < 0 || m.year_cap_g() < 0) return bad("caps");
  if (m.registry_checks_size() > kRegistryChecksMax) return bad("registry_checks");
  for (const auto& check : m.registry_checks())
    if (!is_registry_check(check)) return bad("registry_checks");
  if (!v1::Remainder_IsValid(m.remainder())) return bad("remainder");
  if (m.kind() == v1::PROJECT) return {};
  if (m.remainder() == v1::REMAINDER_CARRIED) return bad("remainder");
  if (m.inputs_size() > static_cast<int>(kRecordInputsMax)) return bad("inputs");
  if (m.slots_per_day() < 1 || m.slots_per_day() > kSlotsPerDayMax) return bad("slots_per_day");
  if (m.claim_window_days() < 1 || m.claim_window_days() > kClaimWindowDaysMax)
    return bad("claim_window_days");
  if (m.claim_opens_days() > m.claim_window_days()) return bad("claim_opens_days");
  return {};
}

std::string text_of(const v1::MethodologyVersion& version) {
  return version.code() + " " + version.version();
}

std::string name_of(const v1::Methodology& m) { return m.code() + " " + m.version(); }

bool is_version(const v1::Methodology& m, const v1::MethodologyVersion& version) {
  return m.code() == version.code() && m.version() == version.version();
}

// The one it supersedes is in force when this one begins, and not earlier than tomorrow: what was
// done until then stays under the version it was done under.
Ruling check_succession(const Context& context, const v1::FileMethodology& action) {
  const auto& m = action.methodology();
  const auto bad = [&](std::string limit, std::string used) {
    return refuse(ErrorCode::METHODOLOGY_SUPERSEDES, "methodology.supersedes", std::move(limit),
                  std::move(used), text_of(action.supersedes()));
  };
  const auto today = day_of(context.now);
  if (m.effective_from() <= today)
    return bad("from a day after " + date_text(today), date_text(m.effective_from()));
  const auto old = record_on(context.state, line_of(m), m.effective_from());
  if (!old || !is_version(old->methodology(), action.supersedes()))
    return bad("the version in force on " + date_text(m.effective_from()),
               old ? name_of(old->methodology()) : "none");
  if (old->methodology().scenario() != m.scenario())
    return bad("of the same scenario", old->methodology().scenario());
  return {};
}

Ruling check_no_overlap(const Context& context, const v1::FileMethodology& action) {
  const auto& m = action.methodology();
  const auto line = line_of(m);
  const auto overlaps = [&](std::string other) {
    return refuse(ErrorCode::METHODOLOGY_OVERLAP, "methodology.versions",
                  period_text(m.effective_from(), m.effective_to()), std::move(other),
                  m.kind() == v1::BEHAVIOUR ? m.scenario() : m.code());
  };
  const auto next = context.state.at_or_after(line, key::version_from(line, m.effective_from()));
  if (next && (m.effective_to() == 0 || next->key < key::version_from(line, m.effective_to()))) {
    auto other = next->value;
    std::ranges::replace(other, '\0', ' ');
    return overlaps(std::move(other));
  }
  if (action.has_supersedes()) return check_succession(context, action);
  if (const auto earlier = record_on(context.state, line, m.effective_from()))
    return overlaps(name_of(earlier->methodology()));
  return {};
}

void end_superseded(Context& context, const v1::FileMethodology& action) {
  const auto& old = action.supersedes();
  const auto stored = key::methodology(old.code(), old.version());
  auto record = context.state.find<v1::MethodologyRecord>(stored);
  assert(record && "a version in force is not filed");
  const auto& m = action.methodology();
  record->mutable_methodology()->set_effective_to(m.effective_from());
  record->mutable_superseded_by()->set_code(m.code());
  record->mutable_superseded_by()->set_version(m.version());
  context.state.put(stored, *record);
}

// Enters a version into its line; the line counts once.
void put_version(Context& context, const v1::Methodology& m) {
  const auto line = line_of(m);
  auto& totals = context.totals;
  if (!context.state.at_or_after(line, line)) {
    totals.set_methodologies(totals.methodologies() + 1);
    if (m.kind() == v1::BEHAVIOUR) totals.set_scenarios(totals.scenarios() + 1);
  }
  if (m.kind() == v1::BEHAVIOUR) widen_claim_window(context.state, m.claim_window_days());
  context.state.put(key::version_from(line, m.effective_from()), m.code() + '\0' + m.version());
}

// Whether a sample of this code was filed before.
bool has_sample(const State& state, const std::string& code) {
  const auto versions = key::methodology(code, "");
  for (auto at = state.at_or_after(versions, versions); at;
       at = state.at_or_after(versions, at->key + '\0'))
    if (const auto record = state.find<v1::MethodologyRecord>(at->key); record && record->sample())
      return true;
  return false;
}

v1::FilingKind kind_of(const v1::Methodology& m) {
  return m.kind() == v1::BEHAVIOUR ? v1::FILING_SCENARIO : v1::FILING_METHODOLOGY;
}

}  // namespace

Subject about(const v1::Methodology& methodology) {
  Subject subject;
  subject.methodology = methodology.code();
  subject.scenario = methodology.scenario();
  return subject;
}

Ruling need_methodology_signers(const Context& context, const std::string& line,
                                const v1::FileMethodology& action) {
  if (auto met = require_signers(context, line, about(action.methodology())); !met) return met;
  if (!action.has_supersedes()) return {};
  const auto& old = action.supersedes();
  const auto record =
      context.state.find<v1::MethodologyRecord>(key::methodology(old.code(), old.version()));
  return record ? require_signers(context, line, about(record->methodology())) : Ruling{};
}

Ruling check_methodology(const Context& context, const v1::FileMethodology& action) {
  const auto& m = action.methodology();
  if (auto form = check_methodology_form(m); !form) return form;
  if (context.state.has(key::methodology(m.code(), m.version())))
    return refuse(ErrorCode::METHODOLOGY_EXISTS, "methodology.new", {}, name_of(m));
  if (const auto program = build_program(m); !program)
    return refuse(program.error().code, "methodology.program", {}, {}, program.error().detail);
  if (m.issued_by() == context.genesis.city()) return check_no_overlap(context, action);
  if (!action.has_supersedes()) return {};
  return refuse(ErrorCode::METHODOLOGY_SUPERSEDES, "methodology.supersedes",
                "a methodology of " + context.genesis.city(), "of " + m.issued_by());
}

void put_methodology(Context& context, const v1::FileMethodology& action,
                     std::string_view event_sha256) {
  const auto& m = action.methodology();
  const bool sample = m.issued_by() != context.genesis.city();
  v1::MethodologyRecord record;
  *record.mutable_methodology() = m;
  record.set_filed_at(static_cast<std::int64_t>(context.leaf));
  record.set_event_sha256(std::string(event_sha256));
  record.set_sample(sample);
  record.set_standing(v1::IN_FORCE);
  record.set_standing_at(static_cast<std::int64_t>(context.leaf));
  if (sample && !has_sample(context.state, m.code()))
    context.totals.set_samples(context.totals.samples() + 1);
  context.state.put(key::methodology(m.code(), m.version()), record);
  context.programs_changed = true;
  if (sample) return;
  if (action.has_supersedes()) end_superseded(context, action);
  put_version(context, m);
}

Ruling file_methodology(Context& context, const v1::FileMethodology& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  const auto& m = action.methodology();
  if (auto free = need_no_procedure(context, kind_of(m)); !free) return free;
  if (auto sound = check_methodology(context, action); !sound) return sound;
  if (auto met = need_methodology_signers(context, "methodology.file", action); !met) return met;
  put_methodology(context, action, context.event.sha256.view());
  return {};
}

}  // namespace puhui::ledger
