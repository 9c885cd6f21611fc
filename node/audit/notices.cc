#include <algorithm>

#include "node/audit/rules.h"

namespace puhui::node::audit {
namespace {

constexpr int kObjectionsMax = 256, kObjectionsOfEntityMax = 4;

bool is_worked(const v1::Calendar& calendar, std::int64_t day) {
  const auto named = [day](const auto& days) { return std::ranges::find(days, day) != days.end(); };
  return named(calendar.worked_weekend_days()) || (!is_weekend(day) && !named(calendar.holidays()));
}

// A notice opened now, over after so many whole days from tomorrow on.
Verdict begin(const Case& at, const v1::NoticePeriod& period, v1::Notice& notice) {
  const auto& calendar = at.rules.calendar();
  auto day = day_of(at.now) + 1;
  for (auto left = period.days(); left > 0; ++day) {
    if (period.working_days() && (day < calendar.from() || day >= calendar.to()))
      return refused(ErrorCode::CALENDAR_UNKNOWN, "day " + std::to_string(day),
                     days_text(calendar.from(), calendar.to()));
    if (!period.working_days() || is_worked(calendar, day)) --left;
  }
  notice.set_opened_at(as_leaf(at));
  notice.set_until(start_of(day));
  return {};
}

Verdict open_for_filing(Case& at, const std::string& name) {
  v1::Filing* filing = nullptr;
  if (auto bad = find_filing(at, name, filing)) return bad;
  if (auto bad = need_same_procedure(at, *filing)) return bad;
  const auto& period = filing->procedure().notice();
  if (filing->state() != v1::FILING_REVIEWED || period.days() == 0)
    return wrong_state(*filing, "FILING_REVIEWED, to be publicised");
  v1::Notice notice;
  if (auto bad = begin(at, period, notice)) return bad;
  need_signers(at, "notice.open", about(at, *filing));
  if (filing->subject().has_project()) {
    if (auto bad = check_periods(at, filing->subject().project())) return bad;
    claim_periods(at, filing->subject().project());
  }
  *filing->mutable_notice() = std::move(notice);
  filing->set_state(v1::FILING_NOTICE);
  changed(at, *filing);
  return {};
}

Verdict open_for_report(Case& at, const std::string& name) {
  v1::Report* report = nullptr;
  if (auto bad = find_report(at, name, v1::VERIFIED, report)) return bad;
  if (auto bad = need_in_force(project_of(at, *report), Closed::allowed)) return bad;
  const auto& period = at.rules.issuance_notice();
  if (period.days() == 0)
    return refused(ErrorCode::REPORT_STATE, name, "no notice", "the rules ask for none");
  v1::Notice notice;
  if (auto bad = begin(at, period, notice)) return bad;
  need_signers(at, "notice.open", about(at, *report));
  *report->mutable_notice() = std::move(notice);
  report->set_state(v1::PUBLICISED);
  changed(at, *report);
  return {};
}

// One of the two is under notice.
struct UnderNotice {
  v1::Filing* filing = nullptr;
  v1::Report* report = nullptr;
  v1::Notice* notice = nullptr;
  Subject subject;
};

Verdict find_under_notice(Case& at, const v1::NoticeSubject& what, UnderNotice& found) {
  if (what.has_filing()) {
    if (auto bad = find_filing(at, what.filing(), found.filing)) return bad;
    if (found.filing->state() != v1::FILING_NOTICE)
      return wrong_state(*found.filing, "FILING_NOTICE");
    found.notice = found.filing->mutable_notice();
    found.subject = about(at, *found.filing);
    return {};
  }
  if (!what.has_report()) return malformed("about");
  if (auto bad = find_report(at, what.report(), v1::PUBLICISED, found.report)) return bad;
  found.notice = found.report->mutable_notice();
  found.subject = about(at, *found.report);
  return {};
}

void keep(Case& at, const UnderNotice& found) {
  if (found.filing != nullptr) changed(at, *found.filing);
  if (found.report != nullptr) changed(at, *found.report);
}

v1::Objection* objection_of(v1::Notice& notice, const std::string& name) {
  for (auto& objection : *notice.mutable_objections())
    if (objection.objection() == name) return &objection;
  return nullptr;
}

std::set<std::string> interested_in(const Case& at, const UnderNotice& found) {
  return found.filing != nullptr ? interested(at, *found.filing) : interested(at, *found.report);
}

// Another legal entity than those whose matter it is objects, a few times at most.
Verdict need_objector(const Case& at, const UnderNotice& found) {
  const auto& acting = at.leaf.payload.party();
  const auto entity = legal_entity(at, acting);
  if (interested_in(at, found).contains(entity))
    return refused(ErrorCode::REVIEW_INDEPENDENCE, acting, "without interest", entity);
  const auto& all = found.notice->objections();
  const auto raised = std::ranges::count_if(all, [&](const v1::Objection& objection) {
    return legal_entity(at, objection.party()) == entity;
  });
  if (raised >= kObjectionsOfEntityMax)
    return refused(ErrorCode::TOO_LARGE, "objections of " + entity,
                   std::to_string(kObjectionsOfEntityMax), std::to_string(raised));
  if (all.size() < kObjectionsMax) return {};
  return refused(ErrorCode::TOO_LARGE, "objections", std::to_string(kObjectionsMax));
}

// Nobody who signs a decision is of a legal entity that objects, whose matter it is, or that signs
// already.
Verdict need_independent(const Case& at, const UnderNotice& found, const v1::Objection& objection) {
  auto entities = interested_in(at, found);
  entities.insert(legal_entity(at, objection.party()));
  for (const auto& [signer, keys] : at.signers)
    if (!entities.insert(legal_entity(at, signer)).second)
      return refused(ErrorCode::REVIEW_INDEPENDENCE, objection.objection(),
                     "different legal entities without interest", signer);
  return {};
}

}  // namespace

Verdict need_over(const Case& at, const v1::Notice& notice) {
  if (at.now < notice.until())
    return refused(ErrorCode::NOTICE_RUNNING, {}, std::to_string(notice.until()) + " or later",
                   std::to_string(at.now));
  for (const auto& objection : notice.objections())
    if (objection.state() == v1::OBJECTION_OPEN)
      return refused(ErrorCode::OBJECTION_PENDING, objection.objection());
  return {};
}

Verdict open_notice(Case& at, const v1::OpenNotice& action) {
  if (auto bad = need_rules(at)) return bad;
  if (action.about().has_filing()) return open_for_filing(at, action.about().filing());
  if (action.about().has_report()) return open_for_report(at, action.about().report());
  return malformed("about");
}

Verdict raise_objection(Case& at, const v1::RaiseObjection& action) {
  if (!is_name(action.objection())) return malformed("objection");
  if (!is_document(action.grounds())) return malformed("grounds");
  UnderNotice found;
  if (auto bad = find_under_notice(at, action.about(), found)) return bad;
  if (at.now >= found.notice->until()) return refused(ErrorCode::NOTICE_OVER, action.objection());
  if (objection_of(*found.notice, action.objection()) != nullptr)
    return refused(ErrorCode::OBJECTION_EXISTS, action.objection());
  if (auto bad = need_objector(at, found)) return bad;
  need_signers(at, "notice.object", found.subject);
  auto* objection = found.notice->add_objections();
  objection->set_objection(action.objection());
  objection->set_party(at.leaf.payload.party());
  *objection->mutable_grounds() = action.grounds();
  objection->set_state(v1::OBJECTION_OPEN);
  objection->set_raised_at(as_leaf(at));
  keep(at, found);
  return {};
}

Verdict decide_objection(Case& at, const v1::DecideObjection& action) {
  if (!is_document(action.decision())) return malformed("decision");
  UnderNotice found;
  if (auto bad = find_under_notice(at, action.about(), found)) return bad;
  auto* objection = objection_of(*found.notice, action.objection());
  if (objection == nullptr || objection->state() != v1::OBJECTION_OPEN)
    return refused(ErrorCode::OBJECTION_UNKNOWN, action.objection());
  if (auto bad = need_independent(at, found, *objection)) return bad;
  need_signers(at, "notice.decide", found.subject);
  objection->set_state(action.upheld() ? v1::OBJECTION_UPHELD : v1::OBJECTION_DISMISSED);
  objection->set_decided_at(as_leaf(at));
  *objection->mutable_decision() = action.decision();
  if (action.upheld() && found.filing != nullptr)
    end_unfiled(at, *found.filing, v1::FILING_TURNED_DOWN);
  if (action.upheld() && found.report != nullptr) reject(at, *found.report);
  keep(at, found);
  return {};
}

}  // namespace puhui::node::audit
