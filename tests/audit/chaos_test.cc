// Random events on a real ledger: what it accepts the auditor finds nothing in, and what it refuses
// the auditor would find if it were in the log all the same.
#include <random>

#include "tests/audit/story.h"

namespace puhui::node::audit::testing {
namespace {

constexpr int kSteps = 60;
constexpr std::uint32_t kRootEvery = 16;

const std::vector<std::string> kAccountNames = {"owner-main", "owner-side", "buyer-main",
                                                "exchange-pool", "nowhere"};
const std::vector<std::string> kPartyNames = {"bureau", "operator", "verifier", "owner",
                                              "buyer",  "expert1",  "new1",     "new2"};
const std::vector<std::string> kKeyNames = {"bureau",  "operator", "verifier", "owner",   "buyer",
                                            "expert1", "expert2",  "new1",     "new1#2",  "new2",
                                            "owner#2", "owner#3",  "provider", "exchange"};
const std::vector<std::string> kReportNames = {"a", "b", "c", "d", "e"};

// The same numbers for the same seed, so that a city can be lived through again.
std::mt19937_64& dice() {
  static std::mt19937_64 dice;
  return dice;
}
std::int64_t number(std::int64_t from, std::int64_t to) {
  return from + static_cast<std::int64_t>(dice()() % static_cast<std::uint64_t>(to - from));
}
bool chance(int percent) { return number(0, 100) < percent; }
const std::string& one_of(const std::vector<std::string>& all) {
  return all[static_cast<std::size_t>(number(0, static_cast<std::int64_t>(all.size())))];
}

v1::Genesis chaos_genesis() {
  auto genesis = default_genesis();
  genesis.set_state_root_interval(kRootEvery);
  auto& rules = *genesis.mutable_rules();
  if (chance(50)) rules.set_effective_to(kNoon + 300 * kSecond);
  return genesis;
}

class Chaos : public PvCity {
 public:
  Chaos() : PvCity(chaos_genesis()) {
    file(*this, bike_methodology());
    must(open_personal_event(*this, 0, 10), {"operator"});
    issue_mwh("3");
  }

  void step() {
    if (chance(15)) now += number(1, 200) * kSecond / 4;
    if (chance(10)) apply({});
    const auto stamp = now;
    const auto sent = any();
    const auto before = log_of(*this);
    const auto answer = submit(sent);
    ++answers[std::string(code_name(answer.code))];
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
  }
  std::map<std::string, int> answers;

 private:
  Sent any() {
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

  // Signed by these, or now and then by others.
  Sent by(v1::Payload payload, Signers signers) {
    if (chance(8)) signers.push_back(one_of(kKeyNames));
    if (chance(5)) signers.back() = one_of(kKeyNames);
    if (chance(2)) payload.set_valid_until(now - 1);
    if (chance(2)) payload.set_event_id(std::string(16, 'x'));
    std::ranges::sort(signers);
    signers.erase(std::unique(signers.begin(), signers.end()), signers.end());
    return sign(payload, signers);
  }
  template <class Action>
  void choose_serials(Action& action) {
    if (chance(50)) return action.set_amount_kg(number(chance(10) ? -1 : 1, 900));
    for (int i = 0; i < number(1, 4); ++i) {
      const auto start = static_cast<std::uint64_t>(number(0, 2'300));
      add_serials(action,
                  {{start, start + static_cast<std::uint64_t>(number(chance(3) ? -1 : 0, 80))}});
    }
  }
  Sent units() {
    const auto& from = one_of(kAccountNames);
    const std::string owner = from.substr(0, from.find('-'));
    auto payload =
        transfer_event(*this, {from, one_of(kAccountNames)}, owner == "nowhere" ? "owner" : owner);
    choose_serials(*payload.mutable_transfer());
    if (chance(10)) payload.mutable_transfer()->mutable_trade()->set_reference("t");
    return by(payload, {payload.party(), chance(10) ? "exchange" : payload.party()});
  }
  Sent retirement() {
    const auto& from = one_of(kAccountNames);
    const std::string owner = from.substr(0, from.find('-'));
    auto payload = retire_event(*this, from, owner == "nowhere" ? "owner" : owner);
    auto& action = *payload.mutable_retire();
    choose_serials(action);
    if (chance(10)) action.set_purpose(chance(50) ? "ets_offset" : "vanity");
    if (chance(20)) action.set_from(number(19'000, 21'000));
    if (chance(20)) action.set_to(number(19'000, 21'000));
    return by(payload, {payload.party()});
  }
  Sent report() {
    auto payload = event("owner");
    const auto from = number(19'990, 20'100);
    *payload.mutable_submit_report() = pv_report(
        one_of(kReportNames), chance(95) ? "P1" : "P2", {from, from + number(-1, 40)},
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
    rules = default_rules();
    rules.set_version("r" + std::to_string(number(0, 1000)));
    if (chance(60)) rules.set_effective_from(now + number(-50, 100) * kSecond);
    if (chance(60)) rules.set_effective_to(now + number(-50, 300) * kSecond);
    if (chance(20)) rules.set_valid_ahead_max(number(0, 2) * kMicrosPerDay);
    if (chance(10)) rules.mutable_signers()->DeleteSubrange(static_cast<int>(number(0, 20)), 1);
    return by(payload, {"bureau"});
  }
  v1::RestrainParty restraint() {
    v1::RestrainParty action;
    action.set_party(one_of(kPartyNames));
    action.set_restraint(static_cast<v1::Restraint>(number(0, 2)));
    action.set_reason(chance(95) ? "case" : "");
    return action;
  }
  v1::Resolution resolution() {
    v1::Resolution resolution;
    const auto kind = number(0, 4);
    if (kind == 0) {
      *resolution.mutable_restrain_party() = restraint();
    } else if (kind == 1) {
      resolution.mutable_release_party()->set_party(one_of(kPartyNames));
    } else if (kind == 2) {
      resolution.mutable_grant_role()->set_party(one_of(kPartyNames));
      resolution.mutable_grant_role()->mutable_grant()->set_role(
          static_cast<v1::Role>(number(0, 10)));
    } else if (kind == 3) {
      resolution.mutable_revoke_role()->set_party(one_of(kPartyNames));
      resolution.mutable_revoke_role()->set_role(static_cast<v1::Role>(number(0, 10)));
    } else {
      *resolution.mutable_file_rule_set()->mutable_rules() = voting_rules();
    }
    return resolution;
  }
  // Short ballots, so that some lapse and some are carried out.
  v1::RuleSet voting_rules() {
    auto rules = default_rules();
    rules.set_version("v" + std::to_string(number(0, 1000)));
    for (const auto* action :
         {"party.restrain", "party.release", "role.grant", "role.revoke", "rules.file"}) {
      if (chance(10)) continue;
      auto* ballot = rules.add_ballots();
      ballot->set_action(action);
      ballot->set_voters(chance(50) ? v1::AUTHORITY : v1::EXPERT);
      ballot->set_approvals(static_cast<std::uint32_t>(number(1, 2)));
      ballot->set_rejections(static_cast<std::uint32_t>(number(0, 2)));
      ballot->set_voting(number(chance(5) ? 0 : 20, 60) * kSecond);
      ballot->set_time_lock(number(0, 10) * kSecond);
      ballot->set_execution(number(10, 60) * kSecond);
      if (chance(50)) ballot->add_proposers(v1::OPERATOR);
    }
    auto* line = rules.add_signers();
    line->set_action(chance(50) ? "party.restrain" : "party.release");
    line->add_all_of()->set_role(v1::AUTHORITY);
    line->mutable_all_of(0)->set_keys(static_cast<std::uint32_t>(number(0, 2)));
    return rules;
  }
  Sent vote() {
    const auto by_whom = one_of({"bureau", "operator", "expert1", "expert2", "owner"});
    auto payload = event(by_whom);
    const auto proposal = "p" + std::to_string(number(0, 9));
    const auto kind = number(0, 9);
    if (kind <= 2) {
      payload.mutable_propose()->set_proposal(proposal);
      *payload.mutable_propose()->mutable_resolution() = resolution();
    } else if (kind <= 5) {
      payload.mutable_vote()->set_proposal(proposal);
      payload.mutable_vote()->set_approve(chance(80));
    } else if (kind <= 7) {
      payload.mutable_execute()->set_proposal(proposal);
    } else if (kind == 8) {
      *payload.mutable_restrain_party() = restraint();
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
                       static_cast<std::uint32_t>(number(7, 10)), kToday - number(-1, 9),
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
