// Filing by procedure, notices, registration and what takes units back: rules that have it all, the
// events, and a chapter of the story that goes through them.
#pragma once

#include "tests/ledger/city.h"

namespace puhui::node::audit::testing {

using namespace ledger::testing;  // NOLINT: the city is theirs

inline v1::Document a_document(const std::string& name) {
  v1::Document document;
  document.set_name(name);
  document.set_sha256(std::string(crypto::sha256(name).view()));
  document.set_media_type("application/pdf");
  document.set_size(100);
  return document;
}

inline void add_lines(v1::RuleSet& rules) {
  RuleTable table(rules);
  for (const std::string kind :
       {"methodology", "scenario", "project", "institution", "data_provider"})
    table.roles("draft." + kind, {v1::OPERATOR}).roles("complete." + kind, {v1::AUTHORITY});
  for (const auto* action : {"notice.decide", "standing.methodology", "standing.project",
                             "batch.register", "recall", "reverse", "transfer.buffer"})
    table.roles(action, {v1::AUTHORITY});
  table.roles("notice.open", {v1::OPERATOR})
      .roles("notice.object", {})
      .roles("ets.publish", {v1::ETS_AUTHORITY})
      .roles("expire", {v1::OPERATOR})
      .relation("cancel", v1::HOLDER);
}

inline v1::FilingProcedure& add_procedure(v1::RuleSet& rules, v1::FilingKind kind,
                                          v1::Role reviewers, std::uint32_t approvals) {
  auto* procedure = rules.add_procedures();
  procedure->set_kind(kind);
  procedure->set_reviewers(reviewers);
  procedure->set_approvals(approvals);
  procedure->set_rejections(approvals);
  return *procedure;
}

inline v1::RuleSet registry_rules(const std::string& version) {
  auto rules = default_rules();
  rules.set_version(version);
  add_lines(rules);
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

inline v1::NoticeSubject filing_named(const std::string& name) {
  v1::NoticeSubject subject;
  subject.set_filing(name);
  return subject;
}
inline v1::NoticeSubject report_named(const std::string& name) {
  v1::NoticeSubject subject;
  subject.set_report(name);
  return subject;
}

inline v1::Payload draft_event(City& city, const std::string& name, v1::FilingSubject subject) {
  auto payload = city.event("operator");
  payload.mutable_draft_filing()->set_filing(name);
  *payload.mutable_draft_filing()->mutable_subject() = std::move(subject);
  *payload.mutable_draft_filing()->add_documents() = a_document("study");
  return payload;
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
  *payload.mutable_raise_objection()->mutable_grounds() = a_document("grounds");
  return payload;
}
inline v1::Payload decision_event(City& city, const v1::NoticeSubject& about,
                                  const std::string& name, bool upheld) {
  auto payload = city.event("bureau");
  *payload.mutable_decide_objection()->mutable_about() = about;
  payload.mutable_decide_objection()->set_objection(name);
  payload.mutable_decide_objection()->set_upheld(upheld);
  *payload.mutable_decide_objection()->mutable_decision() = a_document("decision");
  return payload;
}
inline v1::Payload standing_event(City& city, const std::string& project, v1::Standing standing) {
  auto payload = city.event("bureau");
  payload.mutable_set_standing()->set_project(project);
  payload.mutable_set_standing()->set_standing(standing);
  payload.mutable_set_standing()->set_reason("inspection");
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
inline v1::Payload register_event(City& city, const std::string& batch) {
  auto payload = city.event("bureau");
  payload.mutable_register_batch()->set_batch(batch);
  return payload;
}
inline v1::Payload recall_event(City& city, const std::string& batch, const SerialRanges& ranges) {
  auto payload = city.event("bureau");
  payload.mutable_recall()->set_batch(batch);
  payload.mutable_recall()->set_reason("miscounted");
  *payload.mutable_recall()->mutable_decision() = a_document("decision");
  add_serials(*payload.mutable_recall(), ranges);
  return payload;
}
inline v1::Payload reverse_event(City& city, const std::string& project, std::int64_t amount_kg) {
  auto payload = city.event("bureau");
  payload.mutable_reverse()->set_project(project);
  payload.mutable_reverse()->set_amount_kg(amount_kg);
  payload.mutable_reverse()->set_reason("fire");
  *payload.mutable_reverse()->mutable_statement() = a_document("statement");
  return payload;
}
inline v1::Payload expire_event(City& city, const std::string& batch, const SerialRanges& ranges) {
  auto payload = city.event("operator");
  payload.mutable_expire()->set_batch(batch);
  add_serials(*payload.mutable_expire(), ranges);
  return payload;
}
inline v1::Payload cancel_event(City& city, const std::string& account, const std::string& party,
                                std::int64_t amount_kg) {
  auto payload = city.event(party);
  payload.mutable_cancel()->set_account(account);
  payload.mutable_cancel()->set_amount_kg(amount_kg);
  payload.mutable_cancel()->set_reason("a gift to the air");
  return payload;
}
inline v1::Payload buffer_event(City& city) {
  auto payload = account_event(city, "buffer", "operator");
  payload.mutable_open_account()->set_kind(v1::ACCOUNT_BUFFER);
  return payload;
}

// ---- What filings are about ---------------------------------------------------------------------

inline v1::FilingSubject a_project(const std::string& code) {
  v1::FilingSubject subject;
  *subject.mutable_project() = pv_project(code);
  subject.mutable_project()->add_not_in_schemes("CCER");
  return subject;
}
inline v1::FilingSubject a_party(const std::string& name, v1::Role role) {
  v1::FilingSubject subject;
  *subject.mutable_party() = founding_party(name, {role});
  return subject;
}
inline v1::FilingSubject a_role(const std::string& party, v1::Role role) {
  v1::FilingSubject subject;
  subject.mutable_role()->set_party(party);
  subject.mutable_role()->mutable_grant()->set_role(role);
  return subject;
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

inline ledger::Answer draft(City& city, const std::string& name, const v1::FilingSubject& subject) {
  return city.send(draft_event(city, name, subject), {"operator"});
}
inline ledger::Answer review(City& city, const std::string& name, const std::string& party,
                             bool approve) {
  return city.send(review_event(city, name, party, approve), {party});
}
inline ledger::Answer complete(City& city, const std::string& name) {
  return city.send(complete_event(city, name), {"bureau"});
}
inline ledger::Answer open_notice(City& city, const v1::NoticeSubject& about) {
  return city.send(notice_event(city, about), {"operator"});
}
inline ledger::Answer object(City& city, const v1::NoticeSubject& about, const std::string& name) {
  return city.send(objection_event(city, about, name), {"exchange"});
}
inline ledger::Answer stand(City& city, const std::string& project, v1::Standing standing) {
  return city.send(standing_event(city, project, standing), {"bureau"});
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
  PUHUI_ACCEPTED(draft(city, "role", a_role("newco", v1::DATA_PROVIDER)));
  PUHUI_REFUSED(city.send(withdraw_event(city, "role", "bureau"), {"bureau"}),
                ErrorCode::ROLE_MISSING);
  city.must(withdraw_event(city, "role", "operator"), {"operator"});
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
  city.must(decision_event(city, about, "o1", false), {"bureau"});
  PUHUI_REFUSED(city.send(decision_event(city, about, "o1", true), {"bureau"}),
                ErrorCode::OBJECTION_UNKNOWN);
  PUHUI_ACCEPTED(complete(city, "p2"));
  PUHUI_REFUSED(object(city, report_named("q1"), "late"), ErrorCode::NOTICE_OVER);
  PUHUI_REFUSED(issue(city, "q1", "Q1"), ErrorCode::BUFFER_ACCOUNT);
  city.must(buffer_event(city), {"operator"});
  PUHUI_ACCEPTED(issue(city, "q1", "Q1"));
  const auto start = city.view().batch("Q1")->start();
  PUHUI_REFUSED(transfer(city, {"owner-main", "owner-side"}, {{start, start}}),
                ErrorCode::SERIAL_BOUND);
  city.must(register_event(city, "Q1"), {"bureau"});
  PUHUI_REFUSED(city.send(register_event(city, "Q1"), {"bureau"}), ErrorCode::BATCH_STATE);
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
  PUHUI_REFUSED(city.send(ets_event(city, 2024, "entity of a mill", ""), {"ets"}),
                ErrorCode::PERIOD_INVALID);
  PUHUI_REFUSED(draft(city, "p9", a_project("P9")), ErrorCode::GUARD_FAILED);
}

inline void take_back(City& city) {
  const auto start = city.view().batch("Q1")->start();
  PUHUI_ACCEPTED(retire(city, "owner-main", {{start + 100, start + 199}}));
  city.must(recall_event(city, "Q1", {{start, start + 149}}), {"bureau"});
  PUHUI_REFUSED(city.send(recall_event(city, "Q1", {{start + 10, start + 120}}), {"bureau"}),
                ErrorCode::RECALL_NOTHING);
  PUHUI_REFUSED(transfer(city, {"owner-main", "owner-side"}, {{start, start}}),
                ErrorCode::SERIAL_ENDED);
  auto freed = transfer_event(city, {"buffer", "owner-side"}, "bureau");
  freed.mutable_transfer()->set_amount_kg(10);
  city.must(freed, {"bureau"});
  auto retired = retire_event(city, "buffer", "operator");
  retired.mutable_retire()->set_amount_kg(10);
  PUHUI_REFUSED(city.send(retired, {"operator"}), ErrorCode::ACCOUNT_KIND);
  city.must(reverse_event(city, "P1", 1000), {"bureau"});  // more than the buffer holds
  PUHUI_REFUSED(city.send(reverse_event(city, "P1", 0), {"bureau"}), ErrorCode::AMOUNT_ZERO);
  city.must(cancel_event(city, "owner-main", "owner", 3), {"owner"});
  PUHUI_REFUSED(city.send(cancel_event(city, "owner-main", "owner", 0), {"owner"}),
                ErrorCode::AMOUNT_ZERO);
  PUHUI_REFUSED(city.send(expire_event(city, "Q1", {}), {"operator"}), ErrorCode::VINTAGE_SERVES);
}

// Rules under which what was issued serves no more, and people earn little.
inline v1::RuleSet later_rules(const std::string& version) {
  auto rules = registry_rules(version);
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
  city.must(expire_event(city, "Q1", {{start + 150, start + 299}}), {"operator"});
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
  auto rules = registry_rules("2026-3");
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
