// Proposals, votes, time locks; freezes and suspensions; rules that can always be replaced.
#include <gtest/gtest.h>

#include "ledger/views/state_value.h"
#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

constexpr Micros kDay = kMicrosPerDay;

v1::Ballot ballot(const std::string& action) {
  v1::Ballot ballot;
  ballot.set_action(action);
  ballot.set_voters(v1::AUTHORITY);
  ballot.set_approvals(2);
  ballot.set_rejections(2);
  ballot.set_voting(7 * kDay);
  ballot.set_time_lock(2 * kDay);
  ballot.set_execution(10 * kDay);
  ballot.add_proposers(v1::OPERATOR);
  return ballot;
}

v1::RuleSet voting_rules(const std::string& version = "voting") {
  auto rules = default_rules();
  rules.set_version(version);
  for (const auto* action : {"rules.file", "party.register", "party.restrain", "role.revoke"})
    *rules.add_ballots() = ballot(action);
  auto* dual = rules.add_signers();
  dual->set_action("party.restrain");
  dual->add_all_of()->set_role(v1::AUTHORITY);
  dual->mutable_all_of(0)->set_keys(2);
  RuleTable(rules).roles("party.release", {v1::AUTHORITY});
  return rules;
}

v1::Genesis consortium() {
  auto genesis = default_genesis();
  genesis.set_state_root_interval(4);
  for (const auto* name : {"bureau2", "bureau3"})
    *genesis.add_parties() = founding_party(name, {v1::AUTHORITY});
  genesis.mutable_parties(0)->add_keys()->set_public_key(key_of("bureau#2").public_key().encode());
  *genesis.mutable_rules() = voting_rules("first");
  return genesis;
}

struct Votes : ::testing::Test {
  City city{consortium()};

  static v1::Resolution new_rules() {
    v1::Resolution resolution;
    *resolution.mutable_file_rule_set()->mutable_rules() = voting_rules("second");
    return resolution;
  }
  static v1::Resolution new_party(const std::string& name) {
    v1::Resolution resolution;
    *resolution.mutable_register_party() = founding_party(name, {v1::MERCHANT});
    return resolution;
  }
  Answer propose(const std::string& name, const v1::Resolution& resolution,
                 const std::string& by = "operator") {
    auto payload = city.event(by);
    payload.mutable_propose()->set_proposal(name);
    *payload.mutable_propose()->mutable_resolution() = resolution;
    return city.send(payload, {by});
  }
  Answer vote(const std::string& name, const std::string& by, bool approve = true) {
    auto payload = city.event(by);
    payload.mutable_vote()->set_proposal(name);
    payload.mutable_vote()->set_approve(approve);
    return city.send(payload, {by});
  }
  Answer execute(const std::string& name, const std::string& by = "operator") {
    auto payload = city.event(by);
    payload.mutable_execute()->set_proposal(name);
    return city.send(payload, {by});
  }
  void carry(const std::string& name, const v1::Resolution& resolution) {
    PUHUI_ACCEPTED(propose(name, resolution));
    for (const auto* by : {"bureau", "bureau2"}) PUHUI_ACCEPTED(vote(name, by));
    ASSERT_EQ(state(name), v1::CARRIED_BY_VOTE);
  }
  [[nodiscard]] v1::ProposalState state(const std::string& name) const {
    return city.view().proposal(name)->state();
  }
  Answer restrain(v1::Restraint restraint, const std::string& party, const Signers& signers) {
    auto payload = city.event("bureau");
    payload.mutable_restrain_party()->set_party(party);
    payload.mutable_restrain_party()->set_restraint(restraint);
    payload.mutable_restrain_party()->set_reason("case 1");
    return city.send(payload, signers);
  }
  Answer release(const std::string& party, std::int64_t restrained_at) {
    auto payload = city.event("bureau");
    payload.mutable_release_party()->set_party(party);
    payload.mutable_release_party()->set_restrained_at(restrained_at);
    return city.send(payload, {"bureau"});
  }
  // Since when its restraints stand: the leaves of them.
  [[nodiscard]] std::vector<std::int64_t> restraints(const std::string& name) const {
    std::vector<std::int64_t> leaves;
    const auto party = *city.view().party(name);
    for (const auto& each : party.restraints()) leaves.push_back(each.restrained_at());
    return leaves;
  }
  void tick_at(Micros time) {
    city.now = time;
    city.apply({});
  }
};

TEST_F(Votes, AreCountedLockedAndCarriedOut) {
  PUHUI_ACCEPTED(propose("new-rules", new_rules()));
  EXPECT_EQ(city.view().proposal("new-rules")->proposer(), "operator");
  PUHUI_ACCEPTED(vote("new-rules", "bureau"));
  EXPECT_EQ(state("new-rules"), v1::OPEN);
  const auto carried_at = city.now;
  PUHUI_ACCEPTED(vote("new-rules", "bureau3"));
  const auto proposal = *city.view().proposal("new-rules");
  EXPECT_EQ(proposal.state(), v1::CARRIED_BY_VOTE);
  EXPECT_EQ(proposal.executable_from(), carried_at + 2 * kDay);
  EXPECT_EQ(proposal.executable_until(), carried_at + 12 * kDay);
  EXPECT_EQ(proposal.votes_size(), 2);
  city.now = proposal.executable_from() - 1;
  PUHUI_REFUSED(execute("new-rules"), ErrorCode::TIME_LOCKED);
  city.now = proposal.executable_from();
  auto repeated = city.event("operator");
  repeated.mutable_execute()->set_proposal("new-rules");
  *repeated.mutable_execute()->mutable_resolution() = new_rules();
  PUHUI_REFUSED(city.send(repeated, {"operator"}), ErrorCode::EVENT_MALFORMED);
  PUHUI_ACCEPTED(execute("new-rules"));
  EXPECT_EQ(state("new-rules"), v1::EXECUTED);
  const auto rules = city.view().rules({});
  EXPECT_EQ(rules.items(rules.items_size() - 1).rules().version(), "second");
  city.reopen();
  PUHUI_REFUSED(execute("new-rules"), ErrorCode::PROPOSAL_STATE);
}

TEST_F(Votes, RulesThatWereVotedAreInForceAtOnce) {
  auto resolution = new_rules();
  resolution.mutable_file_rule_set()->mutable_rules()->clear_purposes();
  resolution.mutable_file_rule_set()->mutable_rules()->mutable_ballots()->DeleteSubrange(1, 3);
  carry("new-rules", resolution);
  city.now += 2 * kDay;
  PUHUI_ACCEPTED(execute("new-rules"));
  PUHUI_REFUSED(propose("shop", new_party("shop")), ErrorCode::BALLOT_NONE);
}

TEST_F(Votes, EndWhenTheirTimeIsOver) {
  PUHUI_ACCEPTED(propose("open", new_rules()));
  const auto until = city.view().proposal("open")->voting_until();
  city.now = until - 1;
  PUHUI_ACCEPTED(vote("open", "bureau"));
  EXPECT_EQ(city.ledger().next_due(), until);
  city.now = until;
  PUHUI_REFUSED(vote("open", "bureau2"), ErrorCode::PROPOSAL_STATE);
  tick_at(until);
  EXPECT_EQ(state("open"), v1::LAPSED);
  EXPECT_EQ(city.view().proposal("open")->ended_at(),
            static_cast<std::int64_t>(city.head().size) - (city.head().size % 4 == 0 ? 2 : 1));

  carry("carried", new_rules());
  const auto end = city.view().proposal("carried")->executable_until();
  city.now = end;
  PUHUI_REFUSED(execute("carried"), ErrorCode::PROPOSAL_STATE);
  tick_at(end + 1);
  EXPECT_EQ(state("carried"), v1::LAPSED);
  EXPECT_EQ(city.ledger().next_due(), kTimeMax);
}

// Which steps each state allows, and no others.
TEST_F(Votes, EveryTransition) {
  PUHUI_ACCEPTED(propose("open", new_party("a")));
  carry("carried", new_party("b"));
  PUHUI_ACCEPTED(propose("down", new_party("c")));
  for (const auto* by : {"bureau", "bureau3"}) PUHUI_ACCEPTED(vote("down", by, false));
  carry("done", new_party("d"));
  city.now += 3 * kDay;
  PUHUI_ACCEPTED(execute("done"));
  PUHUI_ACCEPTED(propose("lapsed", new_party("e")));
  const auto begun = city.now;
  EXPECT_EQ(state("down"), v1::VOTED_DOWN);
  for (const auto* name : {"carried", "down", "done"})
    for (const bool approve : {true, false})
      PUHUI_REFUSED(vote(name, "bureau3", approve), ErrorCode::PROPOSAL_STATE);
  for (const auto* name : {"open", "down", "done"})
    PUHUI_REFUSED(execute(name), ErrorCode::PROPOSAL_STATE);
  for (const auto* name : {"open", "carried", "down", "done", "lapsed"})
    PUHUI_REFUSED(propose(name, new_party("x")), ErrorCode::PROPOSAL_EXISTS);
  PUHUI_ACCEPTED(vote("open", "bureau3"));
  PUHUI_ACCEPTED(execute("carried"));
  tick_at(begun + 8 * kDay);
  EXPECT_EQ(state("lapsed"), v1::LAPSED);
  PUHUI_REFUSED(vote("lapsed", "bureau"), ErrorCode::PROPOSAL_STATE);
  PUHUI_REFUSED(execute("lapsed"), ErrorCode::PROPOSAL_STATE);
  PUHUI_REFUSED(vote("nowhere", "bureau"), ErrorCode::PROPOSAL_UNKNOWN);
  PUHUI_REFUSED(execute("No name"), ErrorCode::PROPOSAL_UNKNOWN);
}

TEST_F(Votes, BelongToVotersOnceEach) {
  PUHUI_REFUSED(propose("p", new_rules(), "owner"), ErrorCode::ROLE_MISSING);
  PUHUI_ACCEPTED(propose("p", new_rules(), "bureau2"));
  PUHUI_REFUSED(vote("p", "operator"), ErrorCode::ROLE_MISSING);
  PUHUI_ACCEPTED(vote("p", "bureau"));
  PUHUI_REFUSED(vote("p", "bureau", false), ErrorCode::VOTE_TWICE);
  // A vote counts while its voter is one.
  auto revoked = city.event("bureau2");
  revoked.mutable_revoke_role()->set_party("bureau");
  revoked.mutable_revoke_role()->set_role(v1::AUTHORITY);
  PUHUI_ACCEPTED(city.send(revoked, {"bureau2"}));
  PUHUI_ACCEPTED(vote("p", "bureau2"));
  EXPECT_EQ(state("p"), v1::OPEN);
  PUHUI_ACCEPTED(vote("p", "bureau3"));
  EXPECT_EQ(state("p"), v1::CARRIED_BY_VOTE);
  city.now += 2 * kDay;
  PUHUI_REFUSED(execute("p", "bureau"), ErrorCode::ROLE_MISSING);
  PUHUI_ACCEPTED(execute("p", "bureau3"));
}

TEST_F(Votes, ARoleOfOneAreaDoesNotVoteForTheCity) {
  auto party = founding_party("district", {v1::AUTHORITY});
  party.mutable_roles(0)->mutable_scope()->set_area("420111");
  auto payload = city.event("bureau");
  *payload.mutable_register_party() = party;
  PUHUI_ACCEPTED(city.send(payload, {"bureau"}));
  PUHUI_ACCEPTED(propose("p", new_rules()));
  PUHUI_REFUSED(vote("p", "district"), ErrorCode::ROLE_MISSING);
  auto filed = city.event("district");
  *filed.mutable_file_rule_set()->mutable_rules() = voting_rules("theirs");
  PUHUI_REFUSED(city.send(filed, {"district"}), ErrorCode::ROLE_OUT_OF_SCOPE);
}

TEST_F(Votes, WhatCannotBeDoneStaysToBeDone) {
  carry("shop", new_party("shop"));
  auto payload = city.event("bureau");
  *payload.mutable_register_party() = new_party("shop").register_party();
  PUHUI_ACCEPTED(city.send(payload, {"bureau"}));
  city.now += 2 * kDay;
  PUHUI_REFUSED(execute("shop"), ErrorCode::PARTY_EXISTS);
  EXPECT_EQ(state("shop"), v1::CARRIED_BY_VOTE);
}

TEST_F(Votes, FormIsChecked) {
  PUHUI_REFUSED(propose("No", new_rules()), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(propose("p", {}), ErrorCode::EVENT_MALFORMED);
  v1::Resolution node;
  *node.mutable_admit_node()->mutable_node() = a_node(9);
  PUHUI_REFUSED(propose("p", node), ErrorCode::BALLOT_NONE);
  const auto with = [this](auto change) {
    auto rules = voting_rules("bad");
    change(*rules.mutable_ballots(0));
    return file_rules(city, rules);
  };
  const auto bad = ErrorCode::RULE_MALFORMED;
  PUHUI_REFUSED(with([](auto& b) { b.set_action("transfer"); }), bad);
  PUHUI_REFUSED(with([](auto& b) { b.set_action("role.revoke"); }), bad);
  PUHUI_REFUSED(with([](auto& b) { b.clear_voters(); }), bad);
  PUHUI_REFUSED(with([](auto& b) { b.set_approvals(0); }), bad);
  PUHUI_REFUSED(with([](auto& b) { b.set_approvals(65); }), bad);
  PUHUI_REFUSED(with([](auto& b) { b.set_rejections(65); }), bad);
  PUHUI_REFUSED(with([](auto& b) { b.set_voting(0); }), bad);
  PUHUI_REFUSED(with([](auto& b) { b.set_time_lock(-1); }), bad);
  PUHUI_REFUSED(with([](auto& b) { b.set_execution(0); }), bad);
  PUHUI_REFUSED(with([](auto& b) { b.set_execution(kTimeMax); }), bad);
  PUHUI_REFUSED(with([](auto& b) { b.set_proposers(0, v1::ROLE_UNSPECIFIED); }), bad);
}

TEST_F(Votes, AreProvedByTheMap) {
  PUHUI_ACCEPTED(propose("p", new_rules()));
  for (int i = 0; i < 4; ++i) PUHUI_ACCEPTED(open_account(city, "a" + std::to_string(i), "owner"));
  const auto proof = city.view().state_proof(*state_key({"proposal", "p"}));
  ASSERT_TRUE(proof.has_value());
  const auto root =
      *decode_state_root(decode_entry(city.view().entry(*city.view().last_state_root()))->body);
  EXPECT_TRUE(verify_state_claim(proof, root.open_map));
  const auto value = state_message(proof.key(), proof.value());
  ASSERT_TRUE(value);
  EXPECT_EQ(dynamic_cast<const v1::Proposal&>(**value).proposal(), "p");
}

TEST_F(Votes, TwoKeysOfOnePartyAreDualControl) {
  const auto one = restrain(v1::FROZEN, "owner", {"bureau"});
  EXPECT_EQ(one.decision, v1::FAILED);
  EXPECT_EQ(one.code, ErrorCode::SIGNATURE_MISSING);
  PUHUI_ACCEPTED(restrain(v1::FROZEN, "owner", {"bureau", "bureau#2"}));
  EXPECT_EQ(city.view().party("owner")->restraints(0).restraint().reason(), "case 1");
  // It still acts; nothing leaves its accounts.
  PUHUI_ACCEPTED(open_account(city, "o", "owner"));
  PUHUI_ACCEPTED(open_account(city, "b", "buyer"));
  auto move = transfer_event(city, {"o", "b"}, "owner");
  move.mutable_transfer()->set_amount_kg(1);
  PUHUI_REFUSED(city.send(move, {"owner"}), ErrorCode::PARTY_RESTRAINED);
  auto retired = retire_event(city, "o", "owner");
  retired.mutable_retire()->set_amount_kg(1);
  PUHUI_REFUSED(city.send(retired, {"owner"}), ErrorCode::PARTY_RESTRAINED);
  const auto frozen = restraints("owner").at(0);
  PUHUI_REFUSED(release("owner", frozen + 1), ErrorCode::NOT_FOUND);
  PUHUI_ACCEPTED(release("owner", frozen));
  PUHUI_REFUSED(release("owner", frozen), ErrorCode::NOT_FOUND);
  auto again = transfer_event(city, {"o", "b"}, "owner");
  again.mutable_transfer()->set_amount_kg(1);
  PUHUI_REFUSED(city.send(again, {"owner"}), ErrorCode::BALANCE_INSUFFICIENT);
}

TEST_F(Votes, NothingASuspendedPartySignsCounts) {
  PUHUI_ACCEPTED(restrain(v1::SUSPENDED, "expert2", {"bureau", "bureau#2"}));
  EXPECT_EQ(file(city, pv_methodology()).code, ErrorCode::SIGNATURE_MISSING);
  auto own = account_event(city, "x", "expert2");
  PUHUI_REFUSED(city.send(own, {"expert2"}), ErrorCode::PARTY_RESTRAINED);
  PUHUI_ACCEPTED(release("expert2", restraints("expert2").at(0)));
  PUHUI_ACCEPTED(file(city, pv_methodology()));
}

// A court's freeze and the city's suspension are two orders: no release of one ends the other.
TEST_F(Votes, EachRestraintStandsUntilItIsReleasedItself) {
  const Signers bureau{"bureau", "bureau#2"};
  for (const auto kind : {v1::FROZEN, v1::SUSPENDED, v1::FROZEN})
    PUHUI_ACCEPTED(restrain(kind, "owner", bureau));
  const auto leaves = restraints("owner");
  ASSERT_EQ(leaves.size(), 3u);
  const auto act = [this] { return city.send(account_event(city, "new", "owner"), {"owner"}); };
  const auto refused = act();
  PUHUI_REFUSED(refused, ErrorCode::PARTY_RESTRAINED);
  EXPECT_EQ(refused.outcome.rule(), "party.restraint");
  EXPECT_EQ(refused.outcome.limit(), "SUSPENDED since leaf " + std::to_string(leaves[1]));
  EXPECT_EQ(refused.outcome.used(), "case 1");
  EXPECT_EQ(refused.outcome.asked(), "owner");
  PUHUI_ACCEPTED(release("owner", leaves[1]));
  PUHUI_ACCEPTED(act());
  PUHUI_ACCEPTED(open_account(city, "b", "buyer"));
  const auto move = [this] {
    auto payload = transfer_event(city, {"new", "b"}, "owner");
    payload.mutable_transfer()->set_amount_kg(1);
    return city.send(payload, {"owner"});
  };
  PUHUI_REFUSED(move(), ErrorCode::PARTY_RESTRAINED);
  PUHUI_ACCEPTED(release("owner", leaves[0]));
  const auto frozen = move();
  PUHUI_REFUSED(frozen, ErrorCode::PARTY_RESTRAINED);
  EXPECT_EQ(frozen.outcome.limit(), "FROZEN since leaf " + std::to_string(leaves[2]));
  PUHUI_ACCEPTED(release("owner", leaves[2]));
  PUHUI_REFUSED(move(), ErrorCode::BALANCE_INSUFFICIENT);
}

TEST_F(Votes, APartyIsRestrainedOnlySoOften) {
  const Signers bureau{"bureau", "bureau#2"};
  for (int i = 0; i < 64; ++i) PUHUI_ACCEPTED(restrain(v1::FROZEN, "owner", bureau));
  PUHUI_REFUSED(restrain(v1::FROZEN, "owner", bureau), ErrorCode::EVENT_MALFORMED);
  PUHUI_ACCEPTED(release("owner", restraints("owner").at(7)));
  PUHUI_ACCEPTED(restrain(v1::FROZEN, "owner", bureau));
}

TEST_F(Votes, EnoughAreAlwaysLeftToReplaceTheRules) {
  // Here two may vote; one authority by its signature is enough as well.
  PUHUI_ACCEPTED(restrain(v1::SUSPENDED, "bureau2", {"bureau", "bureau#2"}));
  PUHUI_ACCEPTED(restrain(v1::SUSPENDED, "bureau3", {"bureau", "bureau#2"}));
  PUHUI_REFUSED(restrain(v1::SUSPENDED, "bureau", {"bureau", "bureau#2"}), ErrorCode::ROLE_LAST);
  auto revoked = city.event("bureau");
  revoked.mutable_revoke_role()->set_party("bureau");
  revoked.mutable_revoke_role()->set_role(v1::AUTHORITY);
  PUHUI_REFUSED(city.send(revoked, {"bureau"}), ErrorCode::ROLE_LAST);
  EXPECT_EQ(city.view().party("bureau")->roles_size(), 1) << "nothing of it happened";
  const auto filed = [this](auto change) {
    auto rules = default_rules();
    change(rules);
    return file_rules(city, rules);
  };
  const auto rules_line = [](v1::RuleSet& rules) {
    for (auto& line : *rules.mutable_signers())
      if (line.action() == "rules.file") return &line;
    return static_cast<v1::SignerRule*>(nullptr);
  };
  PUHUI_REFUSED(filed([&](auto& r) { rules_line(r)->mutable_all_of(0)->set_count(2); }),
                ErrorCode::RULE_UNMEETABLE);
  PUHUI_REFUSED(filed([&](auto& r) { rules_line(r)->mutable_all_of(0)->set_keys(3); }),
                ErrorCode::RULE_UNMEETABLE);
  PUHUI_REFUSED(filed([&](auto& r) { rules_line(r)->mutable_all_of(0)->set_role(v1::BANK); }),
                ErrorCode::RULE_UNMEETABLE);
  PUHUI_REFUSED(filed([&](auto& r) { rules_line(r)->mutable_all_of(0)->set_relation(v1::OWNER); }),
                ErrorCode::RULE_UNMEETABLE);
  PUHUI_REFUSED(filed([&](auto& r) {
                  rules_line(r)->set_action("rules.other");
                  *r.add_ballots() = ballot("rules.file");
                }),
                ErrorCode::RULE_UNMEETABLE);
  PUHUI_ACCEPTED(filed([&](auto& r) { rules_line(r)->mutable_all_of(0)->set_keys(2); }));
}

// One party is authority and operator at first and runs the only node; in the end three authorities
// vote, another operates, and there are five nodes.
struct Consortium : ::testing::Test {
  static v1::Genesis alone() {
    auto genesis = default_genesis();
    genesis.clear_parties();
    *genesis.add_parties() = founding_party("bureau", {v1::AUTHORITY, v1::OPERATOR});
    RuleTable(*genesis.mutable_rules())
        .roles("party.register", {v1::OPERATOR})
        .roles("node.admit", {v1::AUTHORITY});
    return genesis;
  }
  City city{alone()};

  // By the founder's signature alone.
  Answer join(const std::string& name, v1::Role role) {
    auto payload = city.event("bureau");
    *payload.mutable_register_party() = founding_party(name, {role});
    return city.send(payload, {"bureau"});
  }
  Answer admit(std::uint64_t node) {
    auto payload = city.event("bureau");
    *payload.mutable_admit_node()->mutable_node() = a_node(node);
    return city.send(payload, {"bureau"});
  }
  // Rules under which other rules and nodes come by votes alone.
  Answer vote_from_now_on() {
    auto rules = voting_rules("consortium");
    *rules.add_ballots() = ballot("node.admit");
    auto& lines = *rules.mutable_signers();
    for (int i = lines.size() - 1; i >= 0; --i)
      if (lines[i].action() == "rules.file" || lines[i].action() == "node.admit")
        lines.DeleteSubrange(i, 1);
    return file_rules(city, rules);
  }
  void carry(const std::string& name, const v1::Resolution& resolution) {
    auto proposed = city.event("operator");
    proposed.mutable_propose()->set_proposal(name);
    *proposed.mutable_propose()->mutable_resolution() = resolution;
    PUHUI_ACCEPTED(city.send(proposed, {"operator"}));
    for (const auto* by : {"bureau2", "bureau3"}) {
      auto vote = city.event(by);
      vote.mutable_vote()->set_proposal(name);
      vote.mutable_vote()->set_approve(true);
      PUHUI_ACCEPTED(city.send(vote, {by}));
    }
    city.now += 2 * kDay;
    auto done = city.event("operator");
    done.mutable_execute()->set_proposal(name);
    PUHUI_ACCEPTED(city.send(done, {"operator"}));
  }
};

TEST_F(Consortium, GrowsFromOneParty) {
  PUHUI_REFUSED(join("bureau", v1::AUTHORITY), ErrorCode::PARTY_EXISTS);
  v1::RoleGrant verifier;
  verifier.set_role(v1::VERIFIER);
  PUHUI_REFUSED(grant(city, "bureau", verifier), ErrorCode::ROLE_CONFLICT);
  for (const auto* name : {"bureau2", "bureau3"}) PUHUI_ACCEPTED(join(name, v1::AUTHORITY));
  PUHUI_ACCEPTED(join("operator", v1::OPERATOR));
  for (const std::uint64_t node : {2, 3}) PUHUI_ACCEPTED(admit(node));
  auto revoked = city.event("bureau");
  revoked.mutable_revoke_role()->set_party("bureau");
  revoked.mutable_revoke_role()->set_role(v1::OPERATOR);
  PUHUI_ACCEPTED(city.send(revoked, {"bureau"}));
  PUHUI_FAILED(join("someone", v1::EXPERT), ErrorCode::SIGNATURE_MISSING);

  PUHUI_ACCEPTED(vote_from_now_on());
  PUHUI_REFUSED(file_rules(city, voting_rules("alone")), ErrorCode::ROLE_MISSING);
  PUHUI_REFUSED(admit(4), ErrorCode::ROLE_MISSING);
  for (const std::uint64_t node : {4, 5}) {
    v1::Resolution admitted;
    *admitted.mutable_admit_node()->mutable_node() = a_node(node);
    carry("node-" + std::to_string(node), admitted);
  }
  EXPECT_EQ(city.view().nodes({}).items_size(), 5);
  v1::Resolution next;
  *next.mutable_file_rule_set()->mutable_rules() = voting_rules("next");
  carry("next", next);
  PUHUI_ACCEPTED(file_rules(city, voting_rules("by signature again")));
}

TEST(Entities, MustBeKnownForRolesThatExcludeEachOther) {
  City city;
  for (const auto role : {v1::AUTHORITY, v1::OPERATOR, v1::VERIFIER}) {
    auto party = founding_party("nobody", {role});
    party.clear_legal_entity();
    auto payload = city.event("bureau");
    *payload.mutable_register_party() = party;
    PUHUI_REFUSED(city.send(payload, {"bureau"}), ErrorCode::EVENT_MALFORMED);
  }
}

}  // namespace
}  // namespace puhui::ledger::testing
