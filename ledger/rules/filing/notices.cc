#include <algorithm>
#include <set>

#include "ledger/rules/checks.h"
#include "ledger/rules/filing/actions.h"
#include "ledger/rules/filing/filing.h"
#include "ledger/rules/reductions/reductions.h"

namespace puhui::ledger {
namespace {

constexpr int kObjectionsMax = 256;
constexpr int kPerEntityMax = 4;

// Days of a calendar are in order.
bool is_in(const google::protobuf::RepeatedField<std::int64_t>& days, std::int64_t day) {
  return std::ranges::binary_search(days, day);
}

bool is_worked(const v1::Calendar& calendar, std::int64_t day) {
  if (is_in(calendar.worked_weekend_days(), day)) return true;
  return is_weekday(day) && !is_in(calendar.holidays(), day);
}

// The day after so many days, the first of which is the day after this one.
tl::expected<std::int64_t, Refusal> end_of(const Context& context, const v1::NoticePeriod& period) {
  const auto first = day_of(context.now) + 1;
  if (!period.working_days()) return first + period.days();
  const auto& calendar = context.rules.calendar();
  auto day = first;
  for (std::uint32_t counted = 0; counted < period.days(); ++day) {
    if (day < calendar.from() || day >= calendar.to())
      return refuse(ErrorCode::CALENDAR_UNKNOWN, "rules.calendar",
                    period_text(calendar.from(), calendar.to()), {}, date_text(day));
    if (is_worked(calendar, day)) ++counted;
  }
  return day;
}

tl::expected<v1::Notice, Refusal> begin(const Context& context, const v1::NoticePeriod& period) {
  const auto end = end_of(context, period);
  if (!end) return tl::make_unexpected(end.error());
  v1::Notice notice;
  notice.set_opened_at(static_cast<std::int64_t>(context.leaf));
  notice.set_until(time_of_day(*end));
  return notice;
}

Ruling open_for_filing(Context& context, const std::string& name) {
  auto filing = need_filing(context, name);
  if (!filing) return tl::make_unexpected(filing.error());
  if (auto same = need_same_procedure(context, *filing); !same) return same;
  const auto& period = filing->procedure().notice();
  if (filing->state() != v1::FILING_REVIEWED || period.days() == 0)
    return tl::make_unexpected(
        wrong_state(*filing, v1::FilingState_Name(v1::FILING_REVIEWED) + ", to be publicised"));
  auto notice = begin(context, period);
  if (!notice) return tl::make_unexpected(notice.error());
  if (auto met = require_signers(context, "notice.open", about(context, *filing)); !met) return met;
  const auto& subject = filing->subject();
  if (subject.has_project())
    if (auto claimed = claim_periods(context, subject.project()); !claimed) return claimed;
  context.fact("until", time_text(notice->until()));
  *filing->mutable_notice() = std::move(*notice);
  filing->set_state(v1::FILING_NOTICE);
  put_filing(context, *filing);
  return {};
}

Ruling open_for_report(Context& context, const std::string& name) {
  auto report = need_report(context, name, v1::VERIFIED);
  if (!report) return tl::make_unexpected(report.error());
  if (auto stands = need_in_force(project_of(context, *report), Closed::allowed); !stands)
    return stands;
  const auto& period = context.rules.issuance_notice();
  if (period.days() == 0)
    return refuse(ErrorCode::REPORT_STATE, "rules.issuance_notice",
                  "no notice in rule set " + context.rules.version(), {}, name);
  auto notice = begin(context, period);
  if (!notice) return tl::make_unexpected(notice.error());
  if (auto met = require_signers(context, "notice.open", about(context, *report)); !met) return met;
  context.fact("until", time_text(notice->until()));
  *report->mutable_notice() = std::move(*notice);
  report->set_state(v1::PUBLICISED);
  put_report(context, *report);
  return {};
}

// A filing or a report under notice.
struct UnderNotice {
  std::optional<v1::Filing> filing;
  std::optional<v1::Report> report;
  Subject subject;

  v1::Notice& notice() { return filing ? *filing->mutable_notice() : *report->mutable_notice(); }
  v1::Objection* objection(const std::string& name) {
    auto& all = *notice().mutable_objections();
    const auto found = std::ranges::find(all, name, &v1::Objection::objection);
    return found == all.end() ? nullptr : &*found;
  }
  void put(Context& context) const {
    if (filing) put_filing(context, *filing);
    if (report) put_report(context, *report);
  }
  void turn_down(Context& context) {
    if (filing) end_unfiled(context, *filing, v1::FILING_TURNED_DOWN);
    if (report) reject(context, *report);
  }
};

tl::expected<UnderNotice, Refusal> under_notice(const Context& context,
                                                const v1::NoticeSubject& about_what) {
  UnderNotice found;
  if (about_what.has_filing()) {
    auto filing = need_filing(context, about_what.filing());
    if (!filing) return tl::make_unexpected(filing.error());
    if (filing->state() != v1::FILING_NOTICE)
      return tl::make_unexpected(wrong_state(*filing, v1::FilingState_Name(v1::FILING_NOTICE)));
    found.subject = about(context, *filing);
    found.filing = std::move(*filing);
    return found;
  }
  if (!about_what.has_report()) return tl::make_unexpected(malformed("about").error());
  auto report = need_report(context, about_what.report(), v1::PUBLICISED);
  if (!report) return tl::make_unexpected(report.error());
  found.subject = about(context, *report);
  found.report = std::move(*report);
  return found;
}

bool is_interested_in(const Context& context, const UnderNotice& found, const std::string& entity) {
  if (found.filing) return is_interested(context, *found.filing, entity);
  return is_interested(context, *found.report, entity);
}

// Whoever has an interest does not object, and nobody fills a notice.
Ruling need_objector(const Context& context, UnderNotice& found) {
  const auto& acting = context.event.payload.party();
  const auto entity = legal_entity(context, acting);
  if (is_interested_in(context, found, entity))
    return refuse(ErrorCode::REVIEW_INDEPENDENCE, "objection.independence",
                  "a legal entity without interest", entity, acting);
  const auto raised =
      std::ranges::count_if(found.notice().objections(), [&](const v1::Objection& objection) {
        return legal_entity(context, objection.party()) == entity;
      });
  if (raised < kPerEntityMax) return {};
  return refuse(ErrorCode::TOO_LARGE, "objection.per_entity", std::to_string(kPerEntityMax),
                std::to_string(raised), entity);
}

// Who decides is no party to it, and no two of them are one legal entity.
Ruling need_independent(const Context& context, const UnderNotice& found,
                        const v1::Objection& objection) {
  std::set<std::string> deciding;
  for (const auto& [signer, keys] : context.signers) {
    const auto entity = legal_entity(context, signer);
    if (deciding.insert(entity).second && entity != legal_entity(context, objection.party()) &&
        !is_interested_in(context, found, entity))
      continue;
    return refuse(ErrorCode::REVIEW_INDEPENDENCE, "notice.independence",
                  "different legal entities without interest", entity, signer);
  }
  return {};
}

}  // namespace

Ruling need_over(const Context& context, const v1::Notice& notice) {
  if (context.now < notice.until())
    return refuse(ErrorCode::NOTICE_RUNNING, "notice.until", time_text(notice.until()), {},
                  time_text(context.now));
  for (const auto& objection : notice.objections())
    if (objection.state() == v1::OBJECTION_OPEN)
      return refuse(ErrorCode::OBJECTION_PENDING, "notice.objections", "every objection decided",
                    objection.objection());
  return {};
}

Ruling open_notice(Context& context, const v1::OpenNotice& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  switch (action.about().subject_case()) {
    case v1::NoticeSubject::kFiling:
      return open_for_filing(context, action.about().filing());
    case v1::NoticeSubject::kReport:
      return open_for_report(context, action.about().report());
    case v1::NoticeSubject::SUBJECT_NOT_SET:
      break;
  }
  return malformed("about");
}

Ruling raise_objection(Context& context, const v1::RaiseObjection& action) {
  if (!is_name(action.objection())) return malformed("objection");
  if (!action.has_grounds() || !is_document(action.grounds())) return malformed("grounds");
  auto found = under_notice(context, action.about());
  if (!found) return tl::make_unexpected(found.error());
  auto& notice = found->notice();
  if (context.now >= notice.until())
    return refuse(ErrorCode::NOTICE_OVER, "notice.until", time_text(notice.until()), {},
                  time_text(context.now));
  if (found->objection(action.objection()) != nullptr)
    return refuse(ErrorCode::OBJECTION_EXISTS, "objection.new", {}, action.objection());
  if (auto apart = need_objector(context, *found); !apart) return apart;
  if (notice.objections_size() == kObjectionsMax)
    return refuse(ErrorCode::TOO_LARGE, "notice.objections", std::to_string(kObjectionsMax));
  if (auto met = require_signers(context, "notice.object", found->subject); !met) return met;
  auto* objection = notice.add_objections();
  objection->set_objection(action.objection());
  objection->set_party(context.event.payload.party());
  *objection->mutable_grounds() = action.grounds();
  objection->set_state(v1::OBJECTION_OPEN);
  objection->set_raised_at(static_cast<std::int64_t>(context.leaf));
  found->put(context);
  return {};
}

Ruling decide_objection(Context& context, const v1::DecideObjection& action) {
  if (!action.has_decision() || !is_document(action.decision())) return malformed("decision");
  auto found = under_notice(context, action.about());
  if (!found) return tl::make_unexpected(found.error());
  auto* objection = found->objection(action.objection());
  if (objection == nullptr || objection->state() != v1::OBJECTION_OPEN)
    return refuse(ErrorCode::OBJECTION_UNKNOWN, "objection.open", {}, {}, action.objection());
  if (auto apart = need_independent(context, *found, *objection); !apart) return apart;
  if (auto met = require_signers(context, "notice.decide", found->subject); !met) return met;
  objection->set_state(action.upheld() ? v1::OBJECTION_UPHELD : v1::OBJECTION_DISMISSED);
  objection->set_decided_at(static_cast<std::int64_t>(context.leaf));
  *objection->mutable_decision() = action.decision();
  if (action.upheld())
    found->turn_down(context);
  else
    found->put(context);
  return {};
}

}  // namespace puhui::ledger
