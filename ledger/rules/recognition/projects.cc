// Projects of partners: what they claim, from public notice on.
#include <algorithm>
#include <cassert>

#include "ledger/rules/checks.h"
#include "ledger/rules/filing/filing.h"
#include "ledger/rules/recognition/actions.h"
#include "ledger/rules/recognition/recognition.h"
#include "ledger/store/numbers.h"

namespace puhui::ledger {
namespace {

// The filing that was put under notice, or completed where its procedure asks for none.
std::string filing_in(const v1::Payload& notice) {
  if (notice.has_open_notice()) return notice.open_notice().about().filing();
  return notice.has_complete_filing() ? notice.complete_filing().filing() : std::string();
}

// The project that a filing names: filed at once, or drafted and under notice.
const v1::FileProject* project_in(const v1::Payload& filing, const v1::Payload* notice) {
  if (filing.has_file_project()) return notice == nullptr ? &filing.file_project() : nullptr;
  const auto& draft = filing.draft_filing();
  if (notice == nullptr || draft.filing().empty() || filing_in(*notice) != draft.filing())
    return nullptr;
  return draft.subject().has_project() ? &draft.subject().project() : nullptr;
}

// A project of this city that has claimed the key for some of the days; empty if none has.
std::string own_claim(const Context& context, const v1::FileProject& project) {
  for (const auto& meter : project.keys()) {
    if (!is_name(meter)) continue;
    auto own = claimed_by(context.state, meter, project.crediting_from(), project.crediting_to());
    if (!own.empty()) return own;
  }
  return {};
}

void put_periods(Context& context, const v1::ForeignProject& noted) {
  for (const auto& meter : noted.keys())
    if (is_name(meter))
      context.state.put(key::foreign_period(meter, noted.from(), noted.city(), noted.project()),
                        noted);
}

void erase_periods(Context& context, const v1::ForeignProject& noted) {
  for (const auto& meter : noted.keys())
    if (is_name(meter))
      context.state.erase(key::foreign_period(meter, noted.from(), noted.city(), noted.project()));
}

// It stays noted for the units of its days until then.
Ruling end_claim(Context& context, v1::ForeignProject noted, const v1::ProvenLeaf& leaf,
                 Micros closed) {
  const auto end = claim_end(noted, closed);
  if (end >= noted.to()) return noted_before(leaf.city(), leaf.index());
  noted.set_to(end);
  context.state.put(key::foreign_project(noted.city(), noted.project()), noted);
  put_periods(context, noted);
  return {};
}

tl::expected<v1::ForeignProject, Refusal> need_noted(const Context& context,
                                                     const std::string& city,
                                                     const std::string& project) {
  auto noted = is_code(project)
                   ? context.state.find<v1::ForeignProject>(key::foreign_project(city, project))
                   : std::nullopt;
  if (noted) return std::move(*noted);
  return refuse(ErrorCode::PROJECT_ABROAD, "partner.projects", {}, {}, city + " " + project);
}

void forget(Context& context, const v1::ForeignProject& noted) {
  context.state.erase(key::foreign_project(noted.city(), noted.project()));
  erase_periods(context, noted);
}

// An end that the partner has lost was none.
bool has_ended(const Context& context, const std::string& city, const std::string& draft) {
  const auto place = context.state.get(key::filing_ended(city, draft));
  return place && !is_lost(*need_partner(context, city), crypto::read_u32(*place),
                           crypto::read_u64(std::string_view(*place).substr(4)));
}

// Nothing there tells of it any more, and nothing here is of it: there it may be filed anew.
Ruling forget_lost(Context& context, const std::string& city, const std::string& project) {
  const auto log = need_partner(context, city);
  if (!log) return tl::make_unexpected(log.error());
  const auto noted = need_noted(context, city, project);
  if (!noted) return tl::make_unexpected(noted.error());
  if (noted->has_come() || !is_lost(*log, noted->epoch(), noted->shown_by()))
    return refuse(ErrorCode::LEAF_UNEXPECTED, "partner.epoch", "lost before units of it came", {},
                  city + " " + project);
  forget(context, *noted);
  return {};
}

}  // namespace

void note_come(Context& context, const std::string& city, const std::string& project) {
  const auto stored = key::foreign_project(city, project);
  auto noted = context.state.find<v1::ForeignProject>(stored);
  if (!noted || noted->has_come()) return;
  noted->set_has_come(true);
  context.state.put(stored, *noted);
}

Ruling need_project_noted(const Context& context, const std::string& city,
                          const std::string& project) {
  const auto noted = context.state.find<v1::ForeignProject>(key::foreign_project(city, project));
  if (!noted)
    return refuse(ErrorCode::PROJECT_ABROAD, "partner.projects", {}, {}, city + " " + project);
  if (noted->conflict().empty()) return {};
  return refuse(ErrorCode::PERIOD_ABROAD, "partner.projects", "one project per key and day",
                noted->conflict(),
                city + " " + project + " at leaf " + std::to_string(noted->partner_leaf()));
}

Ruling need_none_abroad(const Context& context, const v1::FileProject& project) {
  for (const auto& meter : project.keys()) {
    const auto prefix = key::foreign_periods(meter);
    for (auto at = context.state.at_or_after(prefix, prefix); at;
         at = context.state.at_or_after(prefix, at->key + '\0')) {
      v1::ForeignProject noted;
      const bool parsed = noted.ParseFromString(at->value);
      assert(parsed && "a stored view does not parse");
      const bool has_days = parsed && noted.from() < noted.to();
      if (has_days && noted.from() < project.crediting_to() &&
          noted.to() > project.crediting_from())
        return refuse(ErrorCode::PERIOD_ABROAD, "project.exclusive", "one project per key and day",
                      noted.city() + " " + noted.project() + " at leaf " +
                          std::to_string(noted.partner_leaf()),
                      meter);
    }
  }
  return {};
}

Ruling note_filing(Context& context, const v1::NoteFiling& action) {
  const auto& leaf = action.filing();
  const auto filing = prove(context, leaf);
  if (!filing) return tl::make_unexpected(filing.error());
  std::optional<ForeignEvent> notice;
  if (action.has_notice()) {
    auto opened = prove(context, action.notice());
    if (!opened) return tl::make_unexpected(opened.error());
    if (action.notice().city() != leaf.city()) return unexpected_leaf("a notice of it", leaf);
    notice = std::move(*opened);
  }
  const auto* project = project_in(filing->payload, notice ? &notice->payload : nullptr);
  if (project == nullptr || !is_code(project->project()))
    return unexpected_leaf("a project filed or under notice", leaf);
  const auto stored = key::foreign_project(leaf.city(), project->project());
  const auto& draft = filing->payload.draft_filing().filing();
  if (!draft.empty() && !is_name(draft)) return unexpected_leaf("a draft with a name", leaf);
  if (context.state.has(stored) || has_ended(context, leaf.city(), draft))
    return noted_before(leaf.city(), leaf.index());
  v1::ForeignProject noted;
  noted.set_city(leaf.city());
  noted.set_project(project->project());
  *noted.mutable_keys() = project->keys();
  noted.set_from(project->crediting_from());
  noted.set_to(project->crediting_to());
  noted.set_partner_leaf(leaf.index());
  noted.set_noted_at(static_cast<std::int64_t>(context.leaf));
  noted.set_conflict(own_claim(context, *project));
  noted.set_filing(draft);
  const auto& shown = action.has_notice() ? action.notice() : leaf;
  noted.set_shown_by(shown.index());
  noted.set_epoch(shown.epoch());
  // In a later epoch, a list may have brought units before the project is noted.
  noted.set_has_come(context.state.has(key::epoch()));
  context.state.put(stored, noted);
  put_periods(context, noted);
  if (!noted.conflict().empty()) context.fact("conflict", noted.conflict());
  return {};
}

Ruling note_filing_end(Context& context, const v1::NoteFilingEnd& action) {
  const auto& leaf = action.ended();
  if (leaf.entry().empty()) return forget_lost(context, leaf.city(), action.project());
  const auto event = prove(context, leaf);
  if (!event) return tl::make_unexpected(event.error());
  const auto noted = need_noted(context, leaf.city(), action.project());
  if (!noted) return tl::make_unexpected(noted.error());
  if (closed_project(event->payload) == noted->project())
    return end_claim(context, *noted, leaf, event->time);
  const auto filing = filing_ended(event->payload);
  if (filing.empty() || filing != noted->filing())
    return unexpected_leaf("the end of the draft " + noted->filing(), leaf);
  std::string place;
  const auto log = need_partner(context, leaf.city());
  crypto::append_u32(place, epoch_of_leaf(*log, leaf.epoch(), leaf.index()));
  crypto::append_u64(place, leaf.index());
  context.state.put(key::filing_ended(leaf.city(), filing), place);
  forget(context, *noted);
  return {};
}

}  // namespace puhui::ledger
