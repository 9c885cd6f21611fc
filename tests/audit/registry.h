// Filing by procedure, notices, registration and what takes units back: rules that have it all, the
// events, and a chapter of the story that goes through them.
#pragma once

#include "tests/ledger/market.h"

namespace puhui::node::audit::testing {

using namespace ledger::testing;  // NOLINT: the city is theirs

inline v1::FilingProcedure& add_procedure(v1::RuleSet& rules, v1::FilingKind kind,
                                          v1::Role reviewers, std::uint32_t approvals) {
  auto* procedure = rules.add_procedures();
  procedure->set_kind(kind);
  procedure->set_reviewers(reviewers);
  procedure->set_approvals(approvals);
  procedure->set_rejections(approvals);
  return *procedure;
}

// A line for every action, steps of purposes, procedures, a buffer.
inline v1::RuleSet full_rules(const std::string& version) {
  auto rules = market_rules(version);
  rules.clear_trade_lot_kg();
  add_procedure(rules, v1::FILING_METHODOLOGY, v1::EXPERT, 1);
  add_procedure(rules, v1::FILING_SCENARIO, v1::ROLE_UNSPECIFIED, 0);
  add_procedure(rules, v1::FILING_PROJECT, v1::EXPERT, 2).mutable_notice()->set_days(1);
  add_procedure(rules, v1::FILING_INSTITUTION, v1::AUTHORITY, 1);
  add_procedure(rules, v1::FILING_DATA_PROVIDER, v1::EXPERT, 1);
  rules.mutable_issuance_notice()->set_days(1);
  rules.mutable_issuance_notice()->set_working_days(true);
  rules.mutable_calendar()->set_from(kToday);
  rules.mutable_calendar()->set_to(kToday + 30);
  rules.mutable_calendar()->add_holidays(kToday + 4);
  rules.mutable_calendar()->add_worked_weekend_days(kToday + 3);
  rules.add_other_schemes("CCER");
  auto* buffer = rules.add_buffers();
  buffer->set_share("1/10");
  buffer->set_account("buffer");
  rules.set_registers_batches(true);
  rules.add_vintages()->set_years(5);
  return rules;
}

inline v1::Payload review_event(City& city, const std::string& name, const std::string& party,
                                bool approve) {
  auto payload = city.event(party);
  payload.mutable_review_filing()->set_filing(name);
  payload.mutable_review_filing()->set_approve(approve);
  return payload;
}
inline v1::Payload withdraw_event(City& city, const std::string& name, const std::string& party) {
  auto payload = city.event(party);
  payload.mutable_withdraw_filing()->set_filing(name);
  return payload;
}
inline v1::Payload complete_event(City& city, const std::string& name) {
  auto payload = city.event("bureau");
  payload.mutable_complete_filing()->set_filing(name);
  return payload;
}
inline v1::Payload notice_event(City& city, const v1::NoticeSubject& about) {
  auto payload = city.event("operator");
  *payload.mutable_open_notice()->mutable_about() = about;
  return payload;
}
inline v1::Payload objection_event(City& city, const v1::NoticeSubject& about,
                                   const std::string& name) {
  auto payload = city.event("exchange");
  *payload.mutable_raise_objection()->mutable_about() = about;
  payload.mutable_raise_objection()->set_objection(name);
  *payload.mutable_raise_objection()->mutable_grounds() = document("grounds");
  return payload;
}
inline v1::Payload standing_event(City& city, const std::string& project, v1::Standing standing) {
  auto payload = ledger::testing::standing_event(city, standing);
  payload.mutable_set_standing()->set_project(project);
  return payload;
}
inline v1::Payload ets_event(City& city, std::uint32_t year, const std::string& entity,
                             const std::string& meter) {
  auto payload = city.event("ets");
  auto& action = *payload.mutable_publish_ets_list();
  action.set_year(year);
  action.set_is_last_part(true);
  auto* firm = action.add_firms();
  firm->set_legal_entity(entity);
  if (!meter.empty()) firm->add_keys(meter);
  return payload;
}
inline v1::Payload cancel_event(City& city, const std::string& account, const std::string& party,
                                std::int64_t amount_kg) {
  auto payload = ledger::testing::cancel_event(city, account, party);
  payload.mutable_cancel()->set_amount_kg(amount_kg);
  return payload;
}
inline v1::Payload buffer_event(City& city) {
  auto payload = account_event(city, "buffer", "operator");
  payload.mutable_open_account()->set_kind(v1::ACCOUNT_BUFFER);
  return payload;
}

// ---- What filings are about ---------------------------------------------------------------------

inline v1::FilingSubject a_project(const std::string& code) {
  auto project = pv_project(code);
  project.add_not_in_schemes("CCER");
  return subject_of(project);
}
inline v1::FilingSubject a_party(const std::string& name, v1::Role role) {
  return subject_of(founding_party(name, {role}));
}
// The second version of the bike's norm, from a day on.
inline v1::FilingSubject next_norm(std::int64_t from) {
  v1::FilingSubject subject;
  auto& action = *subject.mutable_methodology();
  *action.mutable_methodology() = bike_methodology();
  action.mutable_methodology()->set_version("V02");
  action.mutable_methodology()->set_effective_from(from);
  action.mutable_supersedes()->set_code(bike_methodology().code());
  action.mutable_supersedes()->set_version(bike_methodology().version());
  return subject;
}

// ---- A chapter ----------------------------------------------------------------------------------

inline ledger::Answer object(City& city, const v1::NoticeSubject& about, const std::string& name) {
  return city.send(objection_event(city, about, name), {"exchange"});
}
inline void file_parties_and_norms(City& city) {
  PUHUI_ACCEPTED(draft(city, "norm", next_norm(kToday + 30)));
  PUHUI_REFUSED(draft(city, "norm2", next_norm(kToday)), ErrorCode::METHODOLOGY_SUPERSEDES);
  PUHUI_ACCEPTED(complete(city, "norm"));
  PUHUI_REFUSED(complete(city, "norm"), ErrorCode::FILING_STATE);
  PUHUI_ACCEPTED(draft(city, "inst", a_party("verifier3", v1::VERIFIER)));
  PUHUI_REFUSED(review(city, "inst", "owner", true), ErrorCode::ROLE_MISSING);
  PUHUI_ACCEPTED(review(city, "inst", "bureau", false));  // turned down
  PUHUI_ACCEPTED(draft(city, "inst2", a_party("adviser", v1::SERVICE_INSTITUTION)));
  PUHUI_ACCEPTED(review(city, "inst2", "bureau", true));
  PUHUI_ACCEPTED(complete(city, "inst2"));
  PUHUI_ACCEPTED(draft(city, "role", subject_of("newco", v1::DATA_PROVIDER)));
  PUHUI_REFUSED(withdraw(city, "role", "bureau"), ErrorCode::ROLE_MISSING);
  PUHUI_ACCEPTED(withdraw(city, "role"));
}

inline void publicise(City& city) {
  PUHUI_REFUSED(file(city, pv_project("P2")), ErrorCode::FILING_REQUIRED);
  auto undeclared = a_project("P2");
  undeclared.mutable_project()->clear_not_in_schemes();
  PUHUI_REFUSED(draft(city, "p2", undeclared), ErrorCode::SCHEME_UNDECLARED);
  PUHUI_ACCEPTED(draft(city, "p2", a_project("P2")));
  PUHUI_ACCEPTED(review(city, "p2", "expert1", true));
  PUHUI_REFUSED(review(city, "p2", "expert1", true), ErrorCode::VOTE_TWICE);
  PUHUI_ACCEPTED(review(city, "p2", "expert2", true));
  PUHUI_ACCEPTED(open_notice(city, filing_named("p2")));
  PUHUI_REFUSED(open_notice(city, filing_named("p2")), ErrorCode::FILING_STATE);
  PUHUI_ACCEPTED(object(city, filing_named("p2"), "o1"));
  PUHUI_REFUSED(object(city, filing_named("p2"), "o1"), ErrorCode::OBJECTION_EXISTS);
  PUHUI_REFUSED(complete(city, "p2"), ErrorCode::NOTICE_RUNNING);
  PUHUI_ACCEPTED(ledger::testing::send(city, pv_report("q1", "P1", {20'100, 20'110}, "9.5")));
  PUHUI_ACCEPTED(verify(city, "q1"));
  PUHUI_REFUSED(issue(city, "q1", "Q1"), ErrorCode::REPORT_STATE);
  PUHUI_ACCEPTED(open_notice(city, report_named("q1")));
}

inline void decide_and_issue(City& city) {
  PUHUI_REFUSED(complete(city, "p2"), ErrorCode::OBJECTION_PENDING);
  const auto about = filing_named("p2");
  PUHUI_ACCEPTED(judge(city, about, "o1", Upheld::no));
  PUHUI_REFUSED(judge(city, about, "o1", Upheld::yes), ErrorCode::OBJECTION_UNKNOWN);
  PUHUI_ACCEPTED(complete(city, "p2"));
  PUHUI_REFUSED(object(city, report_named("q1"), "late"), ErrorCode::NOTICE_OVER);
  PUHUI_REFUSED(issue(city, "q1", "Q1"), ErrorCode::BUFFER_ACCOUNT);
  city.must(buffer_event(city), {"operator"});
  PUHUI_ACCEPTED(issue(city, "q1", "Q1"));
  const auto start = city.view().batch("Q1")->start();
  PUHUI_REFUSED(transfer(city, {"owner-main", "owner-side"}, {{start, start}}),
                ErrorCode::SERIAL_BOUND);
  PUHUI_ACCEPTED(register_batch(city, "Q1"));
  PUHUI_REFUSED(register_batch(city, "Q1"), ErrorCode::BATCH_STATE);
}

inline void supervise(City& city) {
  PUHUI_ACCEPTED(stand(city, "P2", v1::STANDING_SUSPENDED));
  PUHUI_REFUSED(ledger::testing::send(city, pv_report("s1", "P2", {20'300, 20'310}, "5")),
                ErrorCode::PROJECT_STANDING);
  PUHUI_ACCEPTED(stand(city, "P2", v1::IN_FORCE));
  PUHUI_REFUSED(stand(city, "P2", v1::IN_FORCE), ErrorCode::STANDING_INVALID);
  auto withdrawn = standing_event(city, "", v1::WITHDRAWN);
  auto* version = withdrawn.mutable_set_standing()->mutable_methodology();
  version->set_code(bike_methodology().code());
  version->set_version("V02");
  city.must(withdrawn, {"bureau"});
  city.must(ets_event(city, 2025, "entity of a mill", "meter-9"), {"ets"});
  PUHUI_REFUSED(city.send(ets_event(city, 2028, "entity of a mill", ""), {"ets"}),
                ErrorCode::PERIOD_INVALID);
  PUHUI_REFUSED(draft(city, "p9", a_project("P9")), ErrorCode::GUARD_FAILED);
}

inline void take_back(City& city) {
  const auto start = city.view().batch("Q1")->start();
  PUHUI_ACCEPTED(retire(city, "owner-main", {{start + 100, start + 199}}));
  PUHUI_ACCEPTED(recall(city, "Q1", {{start, start + 149}}));
  PUHUI_REFUSED(recall(city, "Q1", {{start + 10, start + 120}}), ErrorCode::RECALL_NOTHING);
  PUHUI_REFUSED(transfer(city, {"owner-main", "owner-side"}, {{start, start}}),
                ErrorCode::SERIAL_ENDED);
  auto freed = transfer_event(city, {"buffer", "owner-side"}, "bureau");
  freed.mutable_transfer()->set_amount_kg(10);
  city.must(freed, {"bureau"});
  auto retired = retire_event(city, "buffer", "operator");
  retired.mutable_retire()->set_amount_kg(10);
  PUHUI_REFUSED(city.send(retired, {"operator"}), ErrorCode::ACCOUNT_KIND);
  PUHUI_ACCEPTED(reverse(city, "P1", 1000));  // more than the buffer holds
  PUHUI_REFUSED(reverse(city, "P1", 0), ErrorCode::AMOUNT_ZERO);
  city.must(cancel_event(city, "owner-main", "owner", 3), {"owner"});
  PUHUI_REFUSED(city.send(cancel_event(city, "owner-main", "owner", 0), {"owner"}),
                ErrorCode::AMOUNT_ZERO);
  PUHUI_REFUSED(expire(city, "Q1"), ErrorCode::VINTAGE_SERVES);
}

// Rules under which what was issued serves no more, and people earn little.
inline v1::RuleSet later_rules(const std::string& version) {
  auto rules = full_rules(version);
  rules.clear_procedures();
  rules.clear_issuance_notice();
  rules.set_registers_batches(false);
  rules.mutable_vintages(0)->set_years(0);
  auto* cap = rules.add_person_caps();
  cap->set_scenario("bike");
  cap->set_day_g(100);
  cap->set_year_g(1000);
  return rules;
}

inline void expire_and_owe(City& city) {
  const auto start = city.view().batch("Q1")->start();
  PUHUI_REFUSED(retire(city, "owner-main", {{start + 300, start + 300}}),
                ErrorCode::VINTAGE_EXPIRED);
  PUHUI_ACCEPTED(expire(city, "Q1", {{start + 150, start + 299}}));
  auto taken = a_project("P3").project();
  taken.set_keys(0, "meter-2");
  PUHUI_REFUSED(file(city, taken), ErrorCode::PERIOD_EXCLUSIVE);
  PUHUI_ACCEPTED(ledger::testing::send(city, pv_report("q2", "P1", {20'110, 20'120}, "2")));
  PUHUI_ACCEPTED(verify(city, "q2"));
  PUHUI_ACCEPTED(issue(city, "q2", "Q2"));  // less what the project owes
  PUHUI_ACCEPTED(ride(city, {{9, 900, 5}}));
  PUHUI_REFUSED(ride(city, {{9, 900, 6}}), ErrorCode::CAP_DAY);
}

// Four days under other rules, and back.
inline void register_and_take_back(City& city) {
  const auto over = city.now + 4 * ledger::kMicrosPerDay;
  auto rules = full_rules("2026-3");
  rules.set_effective_from(city.now);
  rules.set_effective_to(over);
  PUHUI_ACCEPTED(file_rules(city, rules));
  file_parties_and_norms(city);
  publicise(city);
  city.now += 2 * ledger::kMicrosPerDay;
  decide_and_issue(city);
  supervise(city);
  take_back(city);
  auto later = later_rules("2026-4");
  later.set_effective_from(city.now);
  later.set_effective_to(over);
  PUHUI_ACCEPTED(file_rules(city, later));
  expire_and_owe(city);
  city.now = over + kSecond;
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "owner-side"}, 1));
}

}  // namespace puhui::node::audit::testing
