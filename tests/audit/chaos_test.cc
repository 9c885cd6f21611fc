// Random events on a real ledger: what it accepts the auditor finds nothing in, and what it refuses
// the auditor would find if it were in the log all the same.
#include "tests/audit/chaos_enterprises.h"
#include "tests/audit/story.h"

namespace puhui::node::audit::testing {
namespace {

constexpr int kSteps = 120;

// Which action it was, for those who read the counts.
std::string action_of(const Sent& sent) {
  const auto payload = payload_of(sent);
  const auto* oneof = v1::Payload::descriptor()->FindOneofByName("action");
  return payload.GetReflection()->GetOneofFieldDescriptor(payload, oneof)->name();
}

class Chaos : public EnterpriseHands {
 public:
  Chaos() : EnterpriseHands(plain_genesis()) {
    file_rules(*this, chaos_rules());
    agree();
    begin_to_measure();
  }

  void step() {
    if (chance(15)) now += number(1, 200) * kSecond / 4;
    if (chance(5)) now += number(2, 9) * kMicrosPerDay / 4;
    if (chance(10)) apply({});
    const auto stamp = now;
    const auto sent = any();
    const auto before = log_of(*this);
    const auto answer = submit(sent);
    ++answers[std::string(code_name(answer.code))];
    ++answers[action_of(sent) + (answer.decision == v1::ACCEPTED ? ".accepted" : ".refused")];
    if (answer.decision == v1::ACCEPTED) note(sent, answer.leaf);
    // An id may be taken by a refusal, which no log shows.
    if (answer.decision == v1::ACCEPTED || answer.code == ErrorCode::EVENT_CONFLICT ||
        before.size() % kRootEvery == kRootEvery - 1)
      return;
    auto log = before;
    log.push_back(
        leaf_at(std::max(stamp, time_of(before.back()) + 1), LeafKind::event, sent.envelope));
    if (sent.has_attachment) log.back().attachment = sent.attachment;
    const auto audit = audited(log);
    EXPECT_EQ(audit.first_bad(), before.size()) << code_name(answer.code) << " " << answer.detail
                                                << answer.outcome.DebugString() << told(audit);
    EXPECT_TRUE(std::ranges::any_of(
        audit.findings(),
        [&](const Finding& finding) { return finding.fault.code == code_name(answer.code); }))
        << code_name(answer.code) << " " << answer.detail << answer.outcome.DebugString()
        << told(audit);
  }
  std::map<std::string, int> answers;

 private:
  Sent any() {
    if (chance(15)) return enterprises();
    if (chance(30)) return citizens();
    if (chance(35)) return registry();
    if (chance(50)) return market();
    switch (number(0, 17)) {
      case 0:
      case 1:
      case 2:
        return units();
      case 3:
      case 4:
        return retirement();
      case 5:
        return report();
      case 6:
        return by(verify_event(*this, one_of(kReportNames), chance(70)), {"verifier"});
      case 7:
        return by(issue_event(*this, one_of(kReportNames),
                              chance(80) ? "X" + one_of({"1", "2", "3"}) : "B1"),
                  {"operator", "bureau"});
      case 8:
        return roles();
      case 9:
        return keys();
      case 10:
        return party();
      case 11:
        return rules();
      case 12:
        return methodology();
      case 13:
      case 14:
      case 15:
        return vote();
      default:
        return cycle();
    }
  }

  Sent registry() {
    switch (number(0, 12)) {
      case 0:
      case 1:
        return draft();
      case 2:
      case 3:
        return review();
      case 4:
      case 5:
        return completion();
      case 6:
      case 7:
        return notice();
      case 8:
        return standing();
      case 9:
        return boundary();
      case 10:
        return registration();
      default:
        return taking_back();
    }
  }

  Sent units() {
    const auto& from = one_of(kAccountNames);
    auto payload = transfer_event(*this, {from, one_of(kAccountNames)}, owner_of(from));
    choose_serials(*payload.mutable_transfer());
    const bool is_trade = chance(25);
    if (is_trade) *payload.mutable_transfer()->mutable_trade() = some_trade();
    return by(payload, {payload.party(), is_trade || chance(10) ? "exchange" : payload.party()});
  }
  Sent retirement() {
    const auto& from = one_of(kAccountNames);
    auto payload = retire_event(*this, from, owner_of(from));
    auto& action = *payload.mutable_retire();
    choose_serials(action);
    if (chance(10)) action.set_purpose(chance(50) ? "ets_offset" : "vanity");
    if (chance(20)) action.set_from(number(19'000, 21'000));
    if (chance(20)) action.set_to(number(19'000, 21'000));
    return by(payload, {payload.party()});
  }
  Sent report() {
    auto payload = event("owner");
    const auto from = chance(95) ? number(19'990, 20'100) : number(20'460, 20'475);
    *payload.mutable_submit_report() = pv_report(
        one_of(kReportNames), one_of(kProjectNames), {from, from + number(-1, 40)},
        std::to_string(number(-1, 3)) + (chance(50) ? "." + one_of({"1", "05", "0001", "9"}) : ""));
    return by(payload, {"owner"});
  }
  Sent roles() {
    auto payload = event("bureau");
    const auto role = static_cast<v1::Role>(number(0, 10));
    if (chance(35)) {
      payload.mutable_revoke_role()->set_party(one_of(kPartyNames));
      payload.mutable_revoke_role()->set_role(role);
      return by(payload, {"bureau"});
    }
    auto& action = *payload.mutable_grant_role();
    action.set_party(one_of(kPartyNames));
    action.mutable_grant()->set_role(role);
    auto& scope = *action.mutable_grant()->mutable_scope();
    if (chance(50)) scope.set_from(now + number(-20, 100) * kSecond);
    if (chance(50)) scope.set_to(now + number(-20, 200) * kSecond);
    if (chance(20)) scope.set_area(one_of({"4201", "420111", "4403"}));
    if (chance(20)) scope.set_methodology(one_of({"bike", "WH-PV-2023", "clean-energy"}));
    if (chance(20)) scope.set_max_amount_kg(number(-1, 2'000));
    return by(payload, {"bureau"});
  }
  Sent keys() {
    const auto party = one_of({"owner", "new1", "buyer"});
    auto payload = event(party);
    const auto id = key_id(one_of(kKeyNames));
    const auto fresh = key_of(one_of(kKeyNames)).public_key().encode();
    const auto kind = number(0, 3);
    if (kind == 0) {
      payload.mutable_add_key()->set_party(party);
      payload.mutable_add_key()->mutable_key()->set_public_key(fresh);
    } else if (kind == 1) {
      payload.mutable_rotate_key()->set_party(party);
      payload.mutable_rotate_key()->set_old_key_id(id);
      payload.mutable_rotate_key()->mutable_new_key()->set_public_key(fresh);
    } else {
      payload.set_party("bureau");
      payload.mutable_revoke_key()->set_party(party);
      payload.mutable_revoke_key()->set_key_id(id);
      return by(payload, {"bureau"});
    }
    return by(payload, {chance(60) ? party : one_of(kKeyNames)});
  }
  Sent party() {
    auto payload = event("bureau");
    const auto name = one_of({"new1", "new2", "New", "owner"});
    auto& action = *payload.mutable_register_party();
    action = founding_party(name, {static_cast<v1::Role>(number(0, 10))});
    if (chance(40)) action.set_legal_entity("entity of " + one_of(kPartyNames));
    if (chance(20)) action.add_roles()->set_role(v1::VERIFIER);
    if (chance(20))
      action.mutable_roles(0)->mutable_scope()->set_to(now + number(-5, 60) * kSecond);
    return by(payload, {"bureau"});
  }
  Sent rules() {
    auto payload = event("bureau");
    auto& rules = *payload.mutable_file_rule_set()->mutable_rules();
    rules = chance(60) ? some_rules() : default_rules();
    rules.set_version("r" + std::to_string(number(0, 1000)));
    if (chance(60)) rules.set_effective_from(now + number(-50, 100) * kSecond);
    if (chance(60)) rules.set_effective_to(now + number(-50, 300) * kSecond);
    if (chance(20)) rules.set_valid_ahead_max(number(0, 2) * kMicrosPerDay);
    if (chance(10)) rules.mutable_signers()->DeleteSubrange(static_cast<int>(number(0, 20)), 1);
    if (chance(10)) {
      auto* buffer = rules.add_buffers();
      buffer->set_methodology(pv_methodology().code());
      buffer->set_account("buffer");
      buffer->set_share(one_of({"0.5", "1/3", "1", "-1/2", "x"}));
    }
    if (chance(5)) rules.mutable_calendar()->add_worked_weekend_days(kToday + number(0, 3));
    return by(payload, {"bureau"});
  }
  Sent draft() {
    if (chance(25)) return filed_at_once();
    auto payload = draft_event(*this, one_of(kFilingNames), some_subject(now));
    if (chance(5)) payload.mutable_draft_filing()->mutable_documents(0)->clear_sha256();
    return by(payload, {"operator"});
  }
  Sent filed_at_once() {
    auto payload = event("operator");
    const auto what = some_subject(now);
    if (what.has_project()) *payload.mutable_file_project() = what.project();
    if (what.has_methodology()) *payload.mutable_file_methodology() = what.methodology();
    if (what.has_party()) *payload.mutable_register_party() = what.party();
    if (what.has_role()) *payload.mutable_grant_role() = what.role();
    return by(payload, {"operator", "owner", "expert1", "expert2", "bureau"});
  }
  Sent review() {
    const auto party = one_of({"expert1", "expert2", "expert1", "expert2", "bureau", "owner"});
    auto payload = review_event(*this, one_of(kFilingNames), party, chance(80));
    auto& action = *payload.mutable_review_filing();
    if (chance(20)) *action.mutable_opinion() = document("opinion");
    if (chance(3)) action.mutable_opinion()->set_media_type("pdf");
    return by(payload, {party});
  }
  Sent completion() {
    const auto& name = one_of(kFilingNames);
    if (chance(85)) return by(complete_event(*this, name), {"bureau"});
    const auto party = one_of({"operator", "owner", "bureau"});
    return by(withdraw_event(*this, name, party), {party});
  }
  Sent notice() {
    const auto about =
        chance(60) ? filing_named(one_of(kFilingNames)) : report_named(one_of(kReportNames));
    const auto name = one_of({"o1", "o2", "o3", "o4", "o5", "o6"});
    const auto kind = number(0, 10);
    if (kind < 5)
      return by(notice_event(*this, chance(97) ? about : v1::NoticeSubject()), {"operator"});
    if (kind < 7) {
      const auto party = one_of({"exchange", "exchange", "owner", "ets"});
      auto payload = objection_event(*this, about, name);
      payload.set_party(party);
      return by(payload, {party});
    }
    auto payload = decision_event(*this, about, name, chance(40) ? Upheld::yes : Upheld::no);
    if (chance(5)) payload.mutable_decide_objection()->clear_decision();
    return by(payload, {"bureau"});
  }
  Sent standing() {
    const auto to = static_cast<v1::Standing>(chance(60) ? number(1, 3) : number(0, 6));
    auto payload = standing_event(*this, one_of(kProjectNames), to);
    auto& action = *payload.mutable_set_standing();
    if (chance(40)) {
      const auto m = chance(50) ? bike_methodology() : pv_methodology();
      action.mutable_methodology()->set_code(m.code());
      action.mutable_methodology()->set_version("V0" + std::to_string(number(1, 3)));
    }
    if (chance(80)) action.clear_decision();
    if (chance(3)) action.clear_reason();
    return by(payload, {"bureau"});
  }
  // Firms seldom name one key.
  Sent boundary() {
    const auto entity = one_of({"entity of buyer", "entity of a mill", "entity of a kiln",
                                chance(30) ? "entity of owner" : "entity of exchange"});
    const std::string meter = entity == "entity of a mill" ? "meter-3" : "meter-9";
    auto payload = ets_event(*this, static_cast<std::uint32_t>(number(2023, 2029)), entity,
                             entity.starts_with("entity of a ") && chance(70) ? meter : "");
    auto& action = *payload.mutable_publish_ets_list();
    action.set_is_last_part(chance(70));
    auto& firm = *action.mutable_firms(0);
    firm.set_allowances_due_kg(number(chance(3) ? -1 : 0, 20'000));
    firm.set_verified_emissions_kg(number(0, 3'000));
    if (chance(5)) firm.add_keys(chance(50) ? "Meter" : "meter-9");
    return by(payload, {"ets"});
  }
  Sent registration() {
    if (chance(40)) return by(buffer_event(*this), {"operator"});
    return by(register_event(*this, one_of(kBatchNames)), {"operator"});
  }
  Sent taking_back() {
    const auto kind = number(0, 5);
    const auto& batch = chance(70) ? kBatchNames[0] : one_of(kBatchNames);
    if (kind == 0) return by(recall_event(*this, batch, some_serials()), {"bureau"});
    if (kind == 1)
      return by(reverse_event(*this, one_of(kProjectNames), number(0, 300)), {"bureau"});
    if (kind == 2) return by(expire_event(*this, batch, some_serials()), {"operator"});
    if (kind == 3) {
      const Move out{"buffer", "owner-side"}, in{"owner-main", "buffer"};
      auto payload = transfer_event(*this, chance(50) ? out : in, "bureau");
      payload.mutable_transfer()->set_amount_kg(number(1, 200));
      return by(payload, {"bureau"});
    }
    const auto& account = one_of(kAccountNames);
    const auto owner = owner_of(account);
    auto payload = cancel_event(*this, account, owner, 0);
    choose_serials(*payload.mutable_cancel());
    return by(payload, {owner});
  }
  Sent vote() {
    const auto by_whom = one_of({"bureau", "operator", "expert1", "expert2", "owner"});
    auto payload = event(by_whom);
    const auto proposal = "p" + std::to_string(number(0, 9));
    const auto kind = number(0, 9);
    if (kind <= 2) {
      payload.mutable_propose()->set_proposal(proposal);
      *payload.mutable_propose()->mutable_resolution() = some_resolution(*this);
    } else if (kind <= 5) {
      payload.mutable_vote()->set_proposal(proposal);
      payload.mutable_vote()->set_approve(chance(80));
    } else if (kind <= 7) {
      payload.mutable_execute()->set_proposal(proposal);
    } else if (kind == 8) {
      if (chance(50))
        *payload.mutable_restrain_party() = some_restraint();
      else
        *payload.mutable_release_party() = some_release(*this);
    } else {
      payload.set_party("bureau");
      *payload.mutable_file_rule_set()->mutable_rules() = voting_rules();
    }
    return by(payload, {payload.party()});
  }
  Sent methodology() {
    auto payload = event("operator");
    auto& m = *payload.mutable_file_methodology()->mutable_methodology();
    m = chance(50) ? pv_methodology() : bike_methodology();
    m.set_version("V" + std::to_string(number(1, 6)));
    m.set_effective_from(number(18'000, 21'000));
    if (chance(80)) m.set_effective_to(number(18'000, 21'000));
    if (chance(20)) m.set_code(m.code() + "B");
    if (chance(20)) m.set_issued_by("SHENZHEN");
    if (chance(20)) m.set_formula(m.formula() + one_of({" + 1", " *", " / 0", " - unknown"}));
    return by(payload, {"operator", "expert1", "expert2"});
  }
  Sent cycle() {
    if (chance(20))
      return by(open_personal_event(*this, static_cast<std::uint64_t>(number(0, 40)), 3),
                {"operator"});
    std::vector<Ride> rides;
    for (int i = 0; i < number(1, 5); ++i)
      rides.push_back({static_cast<std::uint64_t>(number(0, 12)), number(-1, 3'000),
                       static_cast<std::uint32_t>(number(7, 10)), day_of(now) - number(-1, 9),
                       static_cast<std::uint32_t>(number(0, 3)), "bike-1"});
    auto attachment = attachment_with(rides);
    const auto payload = batch_event(*this, attachment);
    auto sent = by(payload, {"provider"});
    sent.attachment = std::move(attachment);
    sent.has_attachment = true;
    return sent;
  }
};

class AuditChaos : public ::testing::TestWithParam<int> {};

TEST_P(AuditChaos, AgreesWithTheLedgerOnWhatMayBeInTheLog) {
  dice().seed(static_cast<std::uint64_t>(GetParam()));
  Chaos city;
  for (int i = 0; i < kSteps && !HasFailure(); ++i) city.step();
  const auto audit = audited(log_of(city));
  EXPECT_EQ(told(audit), "");
  EXPECT_EQ(audit.counts().state_roots_compared, audit.counts().state_roots);
  EXPECT_EQ(audit.books().totals.DebugString(), city.totals().DebugString());
  for (const auto& [code, count] : city.answers) RecordProperty(code, count);
}

INSTANTIATE_TEST_SUITE_P(Seeds, AuditChaos, ::testing::Range(1, 26));

}  // namespace
}  // namespace puhui::node::audit::testing
