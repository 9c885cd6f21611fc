// A city whose rules know every action of a registry: filing by procedure, public notice, standing,
// lists of the ETS, registration, recall, expiry. And the hands to send them.
#pragma once

#include "tests/ledger/city.h"

namespace puhui::ledger::testing {

// The default rules with a line for every action.
inline v1::RuleSet registry_rules(const std::string& version = "registry") {
  auto rules = default_rules();
  rules.set_version(version);
  RuleTable table(rules);
  for (const std::string kind :
       {"methodology", "scenario", "project", "institution", "data_provider"})
    table.roles("draft." + kind, {v1::OPERATOR}).roles("complete." + kind, {v1::AUTHORITY});
  table.roles("notice.open", {v1::OPERATOR})
      .roles("notice.object", {})  // anybody
      .roles("notice.decide", {v1::AUTHORITY})
      .roles("standing.methodology", {v1::AUTHORITY})
      .roles("standing.project", {v1::AUTHORITY})
      .roles("ets.publish", {v1::ETS_AUTHORITY})
      .roles("batch.register", {v1::OPERATOR})
      .roles("recall", {v1::AUTHORITY})
      .roles("reverse", {v1::AUTHORITY})
      .relation("cancel", v1::HOLDER)
      .roles("expire", {v1::OPERATOR})
      .roles("transfer.buffer", {v1::AUTHORITY})
      .roles("party.restrain", {v1::AUTHORITY})
      .roles("party.release", {v1::AUTHORITY});
  return rules;
}

// How a kind is filed: so many experts for it, or against it, and so long a notice.
struct Procedure {
  std::uint32_t approvals = 0, notice_days = 0;
  bool working_days = false;
};
inline void add_procedure(v1::RuleSet& rules, v1::FilingKind kind, const Procedure& procedure) {
  auto& added = *rules.add_procedures();
  added.set_kind(kind);
  added.set_reviewers(v1::EXPERT);
  added.set_approvals(procedure.approvals);
  added.set_rejections(procedure.approvals);
  added.mutable_notice()->set_days(procedure.notice_days);
  added.mutable_notice()->set_working_days(procedure.working_days);
}

// Each kind is filed another way.
inline v1::RuleSet procedure_rules() {
  auto rules = registry_rules("by procedure");
  add_procedure(rules, v1::FILING_METHODOLOGY, {2, 5});
  add_procedure(rules, v1::FILING_SCENARIO, {2, 0});
  add_procedure(rules, v1::FILING_PROJECT, {2, 3});
  add_procedure(rules, v1::FILING_INSTITUTION, {2, 2});
  add_procedure(rules, v1::FILING_DATA_PROVIDER, {0, 2});
  return rules;
}

// Experts of the owner's, the operator's and another district's besides the two of their own.
inline v1::Genesis registry_genesis(const v1::RuleSet& rules) {
  auto genesis = default_genesis();
  for (const auto* name : {"expert3", "insider", "clerk", "local"})
    *genesis.add_parties() = founding_party(name, {v1::EXPERT});
  const auto last = genesis.parties_size() - 1;
  genesis.mutable_parties(last - 2)->set_legal_entity("entity of owner");
  genesis.mutable_parties(last - 1)->set_legal_entity("entity of operator");
  genesis.mutable_parties(last)->mutable_roles(0)->mutable_scope()->set_area("420102");
  *genesis.mutable_rules() = rules;
  return genesis;
}

class RegistryCity : public City {
 public:
  explicit RegistryCity(const v1::RuleSet& rules = registry_rules(),
                        const std::string& city = std::string(kCityCode))
      : City(founded_in(registry_genesis(rules), city)) {
    for (const auto* account : {"owner-main", "owner-side", "owner-more"})
      open_account(*this, account, "owner");
    open_account(*this, "buyer-main", "buyer");
    auto buffer = account_event(*this, "buffer", "operator");
    buffer.mutable_open_account()->set_kind(v1::ACCOUNT_BUFFER);
    must(buffer, {"operator"});
  }
};

// ---- Filing ----

inline v1::Document document(const std::string& name = "a study") {
  v1::Document document;
  document.set_name(name);
  document.set_sha256(std::string(crypto::sha256(name).view()));
  document.set_media_type("application/pdf");
  document.set_size(1'234);
  return document;
}

inline v1::FilingSubject subject_of(const v1::Methodology& methodology) {
  v1::FilingSubject subject;
  *subject.mutable_methodology()->mutable_methodology() = methodology;
  return subject;
}
inline v1::FilingSubject subject_of(const v1::FileProject& project) {
  v1::FilingSubject subject;
  *subject.mutable_project() = project;
  return subject;
}
inline v1::FilingSubject subject_of(const v1::RegisterParty& party) {
  v1::FilingSubject subject;
  *subject.mutable_party() = party;
  return subject;
}
inline v1::FilingSubject subject_of(const std::string& party, v1::Role role) {
  v1::FilingSubject subject;
  subject.mutable_role()->set_party(party);
  subject.mutable_role()->mutable_grant()->set_role(role);
  return subject;
}

inline v1::Payload draft_event(City& city, const std::string& filing,
                               const v1::FilingSubject& subject,
                               const std::string& by = "operator") {
  auto payload = city.event(by);
  auto& action = *payload.mutable_draft_filing();
  action.set_filing(filing);
  *action.mutable_subject() = subject;
  *action.add_documents() = document();
  return payload;
}
inline Answer draft(City& city, const std::string& filing, const v1::FilingSubject& subject,
                    const std::string& by = "operator") {
  return city.send(draft_event(city, filing, subject, by), {by});
}

inline Answer review(City& city, const std::string& filing, const std::string& by,
                     bool approve = true) {
  auto payload = city.event(by);
  auto& action = *payload.mutable_review_filing();
  action.set_filing(filing);
  action.set_approve(approve);
  *action.mutable_opinion() = document("opinion of " + by);
  return city.send(payload, {by});
}

inline Answer withdraw(City& city, const std::string& filing, const std::string& by = "operator") {
  auto payload = city.event(by);
  payload.mutable_withdraw_filing()->set_filing(filing);
  payload.mutable_withdraw_filing()->set_reason("the study is repeated");
  return city.send(payload, {by});
}

inline Answer complete(City& city, const std::string& filing, const std::string& by = "bureau") {
  auto payload = city.event(by);
  payload.mutable_complete_filing()->set_filing(filing);
  return city.send(payload, {by});
}

inline v1::FilingState state_of(const City& city, const std::string& filing) {
  const auto found = city.view().filing(filing);
  return found ? found->state() : v1::FILING_STATE_UNSPECIFIED;
}

// ---- Public notice ----

inline v1::NoticeSubject filing_named(const std::string& filing) {
  v1::NoticeSubject subject;
  subject.set_filing(filing);
  return subject;
}
inline v1::NoticeSubject report_named(const std::string& report) {
  v1::NoticeSubject subject;
  subject.set_report(report);
  return subject;
}

inline Answer open_notice(City& city, const v1::NoticeSubject& about,
                          const std::string& by = "operator") {
  auto payload = city.event(by);
  *payload.mutable_open_notice()->mutable_about() = about;
  return city.send(payload, {by});
}

inline v1::Payload objection_event(City& city, const v1::NoticeSubject& about,
                                   const std::string& objection, const std::string& by) {
  auto payload = city.event(by);
  auto& action = *payload.mutable_raise_objection();
  *action.mutable_about() = about;
  action.set_objection(objection);
  *action.mutable_grounds() = document("grounds");
  return payload;
}
inline Answer raise(City& city, const v1::NoticeSubject& about, const std::string& objection,
                    const std::string& by = "exchange") {
  return city.send(objection_event(city, about, objection, by), {by});
}

enum class Upheld : bool { no, yes };
inline v1::Payload decision_event(City& city, const v1::NoticeSubject& about,
                                  const std::string& objection, Upheld upheld) {
  auto payload = city.event("bureau");
  auto& action = *payload.mutable_decide_objection();
  *action.mutable_about() = about;
  action.set_objection(objection);
  action.set_upheld(upheld == Upheld::yes);
  *action.mutable_decision() = document("decision");
  return payload;
}
inline Answer judge(City& city, const v1::NoticeSubject& about, const std::string& objection,
                    Upheld upheld, const Signers& signers = {"bureau"}) {
  return city.send(decision_event(city, about, objection, upheld), signers);
}

inline Micros notice_end(const City& city, const std::string& filing) {
  return city.view().filing(filing)->notice().until();
}

// Drafts it and takes it as far as its completion, which is due then.
inline void prepare(City& city, const std::string& filing, const v1::FilingSubject& subject) {
  PUHUI_ACCEPTED(draft(city, filing, subject));
  if (state_of(city, filing) == v1::FILING_DRAFTED)
    for (const auto* by : {"expert1", "expert2"}) PUHUI_ACCEPTED(review(city, filing, by));
  ASSERT_EQ(state_of(city, filing), v1::FILING_REVIEWED);
  if (city.view().filing(filing)->procedure().notice().days() == 0) return;
  PUHUI_ACCEPTED(open_notice(city, filing_named(filing)));
  city.now = notice_end(city, filing);
}
inline void file_by_procedure(City& city, const std::string& filing,
                              const v1::FilingSubject& subject) {
  prepare(city, filing, subject);
  PUHUI_ACCEPTED(complete(city, filing));
  ASSERT_EQ(state_of(city, filing), v1::FILING_FILED);
}

// ---- Standing, lists of the ETS ----

inline v1::MethodologyVersion version_of(const std::string& code, const std::string& version) {
  v1::MethodologyVersion named;
  named.set_code(code);
  named.set_version(version);
  return named;
}

inline v1::Payload standing_event(City& city, v1::Standing standing) {
  auto payload = city.event("bureau");
  auto& action = *payload.mutable_set_standing();
  action.set_standing(standing);
  action.set_reason("an inspection");
  *action.mutable_decision() = document("decision");
  return payload;
}
inline Answer stand(City& city, const v1::MethodologyVersion& methodology, v1::Standing standing) {
  auto payload = standing_event(city, standing);
  *payload.mutable_set_standing()->mutable_methodology() = methodology;
  return city.send(payload, {"bureau"});
}
inline Answer stand(City& city, const std::string& project, v1::Standing standing) {
  auto payload = standing_event(city, standing);
  payload.mutable_set_standing()->set_project(project);
  return city.send(payload, {"bureau"});
}

inline v1::EtsFirm ets_firm(const std::string& entity, const std::vector<std::string>& keys = {}) {
  v1::EtsFirm firm;
  firm.set_legal_entity(entity);
  firm.set_energy_band("above 5000 tce");
  for (const auto& key : keys) firm.add_keys(key);
  return firm;
}
enum class Part : bool { more_follow, last };
inline Answer publish_ets(City& city, std::uint32_t year, const std::vector<v1::EtsFirm>& firms,
                          Part part = Part::last) {
  auto payload = city.event("ets");
  auto& action = *payload.mutable_publish_ets_list();
  action.set_year(year);
  for (const auto& firm : firms) *action.add_firms() = firm;
  action.set_is_last_part(part == Part::last);
  return city.send(payload, {"ets"});
}

// ---- Acts ----

// A gram for each metre.
inline v1::Methodology metres(const std::string& scenario = "bike") {
  auto m = bike_methodology();
  m.set_code("WH-" + scenario);
  m.set_scenario(scenario);
  m.mutable_inputs(0)->set_max("9000000000000000000");
  m.set_formula("distance + 0 * ef * m_per_km");
  m.set_claim_window_days(60);
  return m;
}

// ---- Registration, recall, expiry ----

inline v1::Payload register_event(City& city, const std::string& batch) {
  auto payload = city.event("operator");
  payload.mutable_register_batch()->set_batch(batch);
  return payload;
}
inline Answer register_batch(City& city, const std::string& batch) {
  return city.send(register_event(city, batch), {"operator"});
}

// Of all of a batch, where no ranges are given.
inline v1::Payload recall_event(City& city, const std::string& batch, const SerialRanges& ranges) {
  auto payload = city.event("bureau");
  auto& action = *payload.mutable_recall();
  action.set_batch(batch);
  add_serials(action, ranges);
  if (const auto known = city.view().batch(batch); known && ranges.empty())
    add_serials(action, {{known->start(), known->end()}});
  action.set_reason("the meter was wrong");
  *action.mutable_decision() = document("decision");
  return payload;
}
inline Answer recall(City& city, const std::string& batch, const SerialRanges& ranges = {}) {
  return city.send(recall_event(city, batch, ranges), {"bureau"});
}

inline v1::Payload reverse_event(City& city, const std::string& project, std::int64_t amount_kg) {
  auto payload = city.event("bureau");
  auto& action = *payload.mutable_reverse();
  action.set_project(project);
  action.set_amount_kg(amount_kg);
  action.set_reason("a fire");
  *action.mutable_statement() = document("statement");
  return payload;
}
inline Answer reverse(City& city, const std::string& project, std::int64_t amount_kg) {
  return city.send(reverse_event(city, project, amount_kg), {"bureau"});
}

inline v1::Payload cancel_event(City& city, const std::string& account,
                                const std::string& by = "owner") {
  auto payload = city.event(by);
  payload.mutable_cancel()->set_account(account);
  payload.mutable_cancel()->set_reason("a gift to the air");
  return payload;
}

inline v1::Payload expire_event(City& city, const std::string& batch,
                                const SerialRanges& ranges = {}) {
  auto payload = city.event("operator");
  payload.mutable_expire()->set_batch(batch);
  add_serials(*payload.mutable_expire(), ranges);
  return payload;
}
inline Answer expire(City& city, const std::string& batch, const SerialRanges& ranges = {}) {
  return city.send(expire_event(city, batch, ranges), {"operator"});
}

// ---- Units ----

// A city and the code of its project.
struct Place {
  std::string city = std::string(kCityCode), project = "P1";
};

// Its project reports kilograms as they come; days 20000 on, of 2024.
class KilogramCity : public RegistryCity {
 public:
  explicit KilogramCity(const v1::RuleSet& rules = registry_rules(), const Place& place = {})
      : RegistryCity(rules, place.city), project_(place.project) {
    auto m = pv_methodology();
    m.set_result_unit(v1::KILOGRAM);
    m.set_issued_by(code());
    m.mutable_constants(0)->set_value("1");
    EXPECT_EQ(file(*this, m).decision, v1::ACCEPTED);
    EXPECT_EQ(file(*this, pv_project(project_)).decision, v1::ACCEPTED);
  }
  [[nodiscard]] const std::string& project() const { return project_; }
  // A report of the next day, and its verification, to be put into a block or applied one by one.
  std::vector<Sent> reported(std::int64_t kilograms) {
    const auto day = 20'000 + batches_++;
    auto report = event("owner");
    *report.mutable_submit_report() =
        pv_report(last_report(), project_, {day, day + 1}, std::to_string(kilograms));
    return {sealed(report, {"owner"}), sealed(verify_event(*this, last_report()), {"verifier"})};
  }
  std::vector<Sent> issuance(std::int64_t kilograms) {
    auto events = reported(kilograms);
    events.push_back(
        sealed(issue_event(*this, last_report(), last_batch()), {"operator", "bureau"}));
    return events;
  }
  // The answer to its last event.
  Answer issue_kg(std::int64_t kilograms) { return apply(issuance(kilograms)).back(); }
  [[nodiscard]] std::string last_report() const { return "r" + std::to_string(batches_); }
  [[nodiscard]] std::string last_batch() const { return "B" + std::to_string(batches_); }

  [[nodiscard]] std::int64_t held(const std::string& account) const {
    return view().account(account)->units_held_kg();
  }
  [[nodiscard]] std::int64_t bound(const std::string& account) const {
    return view().account(account)->units_bound_kg();
  }
  [[nodiscard]] v1::UnitState state(std::uint64_t serial) const {
    return view().serial(serial)->state();
  }
  [[nodiscard]] std::int64_t owed() const { return view().project(project_)->owed_kg(); }

 private:
  const std::string project_;
  std::int64_t batches_ = 0;
};

}  // namespace puhui::ledger::testing
