// Parties, roles, keys, rule sets, genesis.
#include <gtest/gtest.h>

#include "tests/ledger/city.h"

namespace puhui::ledger::testing {
namespace {

Answer register_party(City& city, const v1::RegisterParty& party,
                      const Signers& signers = {"bureau"}) {
  auto payload = city.event("bureau");
  *payload.mutable_register_party() = party;
  return city.send(payload, signers);
}

v1::RoleGrant role(v1::Role role) {
  v1::RoleGrant grant;
  grant.set_role(role);
  return grant;
}

Answer revoke_role(City& city, const std::string& party, v1::Role role) {
  auto payload = city.event("bureau");
  payload.mutable_revoke_role()->set_party(party);
  payload.mutable_revoke_role()->set_role(role);
  return city.send(payload, {"bureau"});
}

Answer add_key(City& city, const std::string& party, const std::string& key) {
  auto payload = city.event(party);
  payload.mutable_add_key()->set_party(party);
  payload.mutable_add_key()->mutable_key()->set_public_key(key_of(key).public_key().encode());
  return city.send(payload, {party});
}

Answer revoke_key(City& city, const std::string& party, const std::string& key) {
  auto payload = city.event("bureau");
  payload.mutable_revoke_key()->set_party(party);
  payload.mutable_revoke_key()->set_key_id(key_id(key));
  return city.send(payload, {"bureau"});
}

TEST(Parties, AreRegisteredOnceWithTheirKeys) {
  City city;
  PUHUI_ACCEPTED(register_party(city, founding_party("shop", {v1::MERCHANT})));
  PUHUI_REFUSED(register_party(city, founding_party("shop", {})), ErrorCode::PARTY_EXISTS);
  auto twin = founding_party("twin", {});
  *twin.mutable_keys(0) = founding_party("shop", {}).keys(0);
  PUHUI_REFUSED(register_party(city, twin), ErrorCode::KEY_EXISTS);
  auto twice = founding_party("twice", {});
  *twice.add_keys() = twice.keys(0);
  PUHUI_REFUSED(register_party(city, twice), ErrorCode::KEY_EXISTS);
  EXPECT_FALSE(city.view().party("twice"));
  EXPECT_FALSE(city.view().key(key_id("twice")));
  EXPECT_EQ(city.totals().parties(), 12);
  open_account(city, "shop", "shop");
  EXPECT_TRUE(city.view().account("shop"));
}

TEST(Parties, FormIsChecked) {
  City city;
  const auto with = [&city](auto change) {
    auto party = founding_party("shop", {});
    change(party);
    return register_party(city, party);
  };
  PUHUI_REFUSED(with([](auto& p) { p.set_party("Shop"); }), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& p) { p.clear_keys(); }), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& p) { p.set_area(std::string(257, '4')); }),
                ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& p) { p.set_legal_entity(std::string("a\0b", 3)); }),
                ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& p) { p.add_roles()->set_role(v1::ROLE_UNSPECIFIED); }),
                ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& p) { p.add_roles()->set_role(static_cast<v1::Role>(99)); }),
                ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& p) {
                  auto* grant = p.add_roles();
                  grant->set_role(v1::BANK);
                  grant->mutable_scope()->set_area(std::string(5000, '4'));
                }),
                ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](auto& p) { p.mutable_keys(0)->set_public_key("short"); }),
                ErrorCode::KEY_MALFORMED);
  PUHUI_ACCEPTED(with([](auto&) {}));
}

TEST(Parties, AreRegisteredByTheAuthority) {
  City city;
  auto payload = city.event("operator");
  *payload.mutable_register_party() = founding_party("shop", {v1::AUTHORITY});
  PUHUI_FAILED(city.send(payload, {"operator"}), ErrorCode::SIGNATURE_MISSING);
  // Not even by the role that the event itself would give.
  auto own = city.event("shop");
  *own.mutable_register_party() = founding_party("shop", {v1::AUTHORITY});
  PUHUI_FAILED(city.send(own, {"shop"}), ErrorCode::SIGNATURE_UNKNOWN_KEY);
}

TEST(Roles, OneLegalEntityMayNotOperateAndVerify) {
  City city;
  PUHUI_REFUSED(grant(city, "operator", role(v1::VERIFIER)), ErrorCode::ROLE_CONFLICT);
  PUHUI_REFUSED(grant(city, "verifier", role(v1::OPERATOR)), ErrorCode::ROLE_CONFLICT);
  auto sister = founding_party("sister", {v1::VERIFIER});
  sister.set_legal_entity("entity of operator");
  PUHUI_REFUSED(register_party(city, sister), ErrorCode::ROLE_CONFLICT);
  EXPECT_FALSE(city.view().party("sister"));
  PUHUI_REFUSED(register_party(city, founding_party("both", {v1::OPERATOR, v1::VERIFIER})),
                ErrorCode::ROLE_CONFLICT);
  sister.clear_roles();
  PUHUI_ACCEPTED(register_party(city, sister));
  PUHUI_REFUSED(grant(city, "sister", role(v1::VERIFIER)), ErrorCode::ROLE_CONFLICT);
  PUHUI_ACCEPTED(revoke_role(city, "operator", v1::OPERATOR));
  PUHUI_ACCEPTED(grant(city, "sister", role(v1::VERIFIER)));
  PUHUI_REFUSED(grant(city, "operator", role(v1::OPERATOR)), ErrorCode::ROLE_CONFLICT);
}

TEST(Roles, AreGrantedAndRevoked) {
  City city;
  PUHUI_REFUSED(grant(city, "nobody", role(v1::BANK)), ErrorCode::PARTY_UNKNOWN);
  PUHUI_REFUSED(grant(city, "buyer", role(v1::ROLE_UNSPECIFIED)), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(revoke_role(city, "buyer", v1::BANK), ErrorCode::ROLE_MISSING);
  PUHUI_REFUSED(revoke_role(city, "nobody", v1::BANK), ErrorCode::PARTY_UNKNOWN);
  PUHUI_ACCEPTED(grant(city, "buyer", role(v1::BANK)));
  PUHUI_ACCEPTED(revoke_role(city, "buyer", v1::BANK));
  EXPECT_EQ(city.view().party("buyer")->roles_size(), 1);
}

TEST(Roles, ReachAsFarAsTheirScope) {
  City city;
  file(city, bike_methodology());
  city.must(open_personal_event(city, 0, 2), {"operator"});
  ASSERT_EQ(revoke_role(city, "provider", v1::DATA_PROVIDER).decision, v1::ACCEPTED);
  PUHUI_FAILED(ride(city, {{1}}), ErrorCode::SIGNATURE_MISSING);
  auto metro = role(v1::DATA_PROVIDER);
  metro.mutable_scope()->set_methodology("metro");
  PUHUI_ACCEPTED(grant(city, "provider", metro));
  PUHUI_REFUSED(ride(city, {{1}}), ErrorCode::ROLE_OUT_OF_SCOPE);
  auto later = role(v1::DATA_PROVIDER);
  later.mutable_scope()->set_methodology("bike");
  later.mutable_scope()->set_from(city.now + 60 * kSecond);
  later.mutable_scope()->set_to(city.now + 70 * kSecond);
  PUHUI_ACCEPTED(grant(city, "provider", later));
  PUHUI_REFUSED(ride(city, {{1}}), ErrorCode::ROLE_OUT_OF_SCOPE);
  city.now += 60 * kSecond;
  PUHUI_ACCEPTED(ride(city, {{1}}));
  city.now += 10 * kSecond;
  PUHUI_REFUSED(ride(city, {{0}}), ErrorCode::ROLE_OUT_OF_SCOPE);
}

TEST(Roles, AmountAndAreaOfTheOperator) {
  PvCity city;
  const auto limited = [](const std::string& area, std::int64_t amount_kg) {
    auto grant = role(v1::OPERATOR);
    grant.mutable_scope()->set_area(area);
    grant.mutable_scope()->set_max_amount_kg(amount_kg);
    return grant;
  };
  send(city, pv_report("r", "P1", {20'100, 20'200}, "10"));
  verify(city, "r");
  ASSERT_EQ(revoke_role(city, "operator", v1::OPERATOR).decision, v1::ACCEPTED);
  PUHUI_ACCEPTED(grant(city, "operator", limited("4201", 5'999)));
  PUHUI_REFUSED(issue(city, "r", "B"), ErrorCode::ROLE_OUT_OF_SCOPE);
  PUHUI_ACCEPTED(grant(city, "operator", limited("420112", 6'000)));
  PUHUI_REFUSED(issue(city, "r", "B"), ErrorCode::ROLE_OUT_OF_SCOPE);
  PUHUI_ACCEPTED(grant(city, "operator", limited("420111", 6'000)));
  PUHUI_ACCEPTED(issue(city, "r", "B"));
}

TEST(Keys, AreValidByPosition) {
  City city;
  PUHUI_ACCEPTED(add_key(city, "owner", "owner#2"));
  PUHUI_REFUSED(add_key(city, "owner", "owner#2"), ErrorCode::KEY_EXISTS);
  auto rotate = city.event("owner");
  rotate.mutable_rotate_key()->set_party("owner");
  rotate.mutable_rotate_key()->set_old_key_id(key_id("owner"));
  rotate.mutable_rotate_key()->mutable_new_key()->set_public_key(
      key_of("owner#3").public_key().encode());
  const auto rotated = city.must(rotate, {"owner"});
  EXPECT_EQ(city.view().key(key_id("owner"))->ended_at(), static_cast<std::int64_t>(rotated.leaf));
  EXPECT_FALSE(city.view().key(key_id("owner"))->revoked());
  PUHUI_FAILED(open_account(city, "a", "owner"), ErrorCode::SIGNATURE_UNKNOWN_KEY);
  auto open = city.event("owner");
  open.mutable_open_account()->set_account("a");
  open.mutable_open_account()->set_kind(v1::ACCOUNT_ENTERPRISE);
  open.mutable_open_account()->set_owner("owner");
  PUHUI_ACCEPTED(city.send(open, {"owner#3"}));
  PUHUI_ACCEPTED(revoke_key(city, "owner", "owner#2"));
  PUHUI_REFUSED(revoke_key(city, "owner", "owner#2"), ErrorCode::NOT_FOUND);
  PUHUI_REFUSED(revoke_key(city, "owner", "buyer"), ErrorCode::NOT_FOUND);
  PUHUI_REFUSED(revoke_key(city, "owner", "owner#3"), ErrorCode::KEY_LAST);
  PUHUI_REFUSED(add_key(city, "buyer", "owner"), ErrorCode::KEY_EXISTS);
  ASSERT_EQ(city.view().party("owner")->key_ids_size(), 1);
  EXPECT_EQ(city.view().party("owner")->key_ids(0), key_id("owner#3"));
}

TEST(Keys, AreLimitedInNumber) {
  City city;
  for (int i = 2; i <= 16; ++i)
    PUHUI_ACCEPTED(add_key(city, "owner", "owner#" + std::to_string(i)));
  PUHUI_REFUSED(add_key(city, "owner", "owner#17"), ErrorCode::EVENT_MALFORMED);
}

TEST(Keys, OfOtherPartiesAreTheirs) {
  City city;
  auto payload = city.event("buyer");
  payload.mutable_add_key()->set_party("owner");
  payload.mutable_add_key()->mutable_key()->set_public_key(key_of("thief").public_key().encode());
  PUHUI_FAILED(city.send(payload, {"buyer"}), ErrorCode::SIGNATURE_MISSING);
  payload.mutable_add_key()->mutable_key()->set_public_key("x");
  PUHUI_REFUSED(city.send(payload, {"buyer"}), ErrorCode::KEY_MALFORMED);
  auto unknown = city.event("buyer");
  unknown.mutable_add_key()->set_party("nobody");
  PUHUI_REFUSED(city.send(unknown, {"buyer"}), ErrorCode::PARTY_UNKNOWN);
}

TEST(RuleSets, FormIsChecked) {
  City city;
  const auto with = [&city](auto change) {
    auto rules = default_rules();
    change(rules);
    return file_rules(city, rules);
  };
  using Rules = v1::RuleSet;
  PUHUI_REFUSED(with([](Rules& r) { r.clear_version(); }), ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(with([](Rules& r) { r.set_effective_from(5), r.set_effective_to(5); }),
                ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(with([](Rules& r) { r.set_effective_from(-5); }), ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(with([](Rules& r) { r.set_valid_ahead_max(-1); }), ErrorCode::RULE_MALFORMED);
  const auto plan = [&with](auto change) {
    return with([&change](Rules& r) {
      r.mutable_plan()->set_source("a plan");
      auto& target = *r.mutable_plan()->add_targets();
      target.set_kind(v1::TARGET_INSTITUTIONS);
      target.set_wanted(20);
      target.add_roles(v1::VERIFIER);
      change(*r.mutable_plan());
    });
  };
  using Plan = v1::Plan;
  PUHUI_REFUSED(plan([](Plan& p) { p.clear_source(); }), ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(plan([](Plan& p) { p.set_until(-1); }), ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(plan([](Plan& p) { p.clear_targets(); }), ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(plan([](Plan& p) { *p.add_targets() = p.targets(0); }), ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(plan([](Plan& p) { p.mutable_targets(0)->set_wanted(0); }),
                ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(plan([](Plan& p) { p.mutable_targets(0)->clear_roles(); }),
                ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(plan([](Plan& p) { p.mutable_targets(0)->set_kind(v1::TARGET_METHODOLOGIES); }),
                ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(with([](Rules& r) { *r.add_signers() = r.signers(0); }), ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(with([](Rules& r) { r.mutable_signers(0)->clear_action(); }),
                ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(with([](Rules& r) { r.mutable_signers(0)->add_all_of(); }),
                ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(
      with([](Rules& r) { r.mutable_signers(0)->add_all_of()->set_role(v1::ROLE_UNSPECIFIED); }),
      ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(with([](Rules& r) {
                  r.mutable_signers(0)->add_all_of()->set_relation(v1::RELATION_UNSPECIFIED);
                }),
                ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(with([](Rules& r) { r.mutable_signers(0)->mutable_all_of(0)->set_count(17); }),
                ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(with([](Rules& r) { *r.add_purposes() = r.purposes(0); }),
                ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(with([](Rules& r) { r.set_document_sha256("short"); }), ErrorCode::RULE_MALFORMED);
}

TEST(RuleSets, ThatNobodyCouldReplaceAreRefused) {
  City city;
  auto rules = default_rules();
  for (auto& line : *rules.mutable_signers())
    if (line.action() == "rules.file") line.clear_all_of();
  PUHUI_REFUSED(file_rules(city, rules), ErrorCode::RULE_MALFORMED);
  for (auto& line : *rules.mutable_signers())
    if (line.action() == "rules.file") line.set_action("other");
  PUHUI_REFUSED(file_rules(city, rules), ErrorCode::RULE_UNMEETABLE);
}

TEST(RuleSets, TheNewestInForceDecides) {
  City city;
  auto rules = default_rules();
  rules.set_version("2026-2");
  rules.set_effective_from(city.now + 100 * kSecond);
  RuleTable(rules).roles("account.open", {v1::AUTHORITY});
  PUHUI_ACCEPTED(file_rules(city, rules));
  PUHUI_ACCEPTED(open_account(city, "a", "owner"));
  city.now += 100 * kSecond;
  PUHUI_FAILED(open_account(city, "b", "owner"), ErrorCode::SIGNATURE_MISSING);
  city.reopen();
  PUHUI_FAILED(open_account(city, "b", "owner"), ErrorCode::SIGNATURE_MISSING);
  EXPECT_EQ(city.view().rules({}).items_size(), 2);
}

TEST(RuleSets, AnActionWithoutALineIsRefused) {
  auto genesis = default_genesis();
  auto* lines = genesis.mutable_rules()->mutable_signers();
  for (int i = 0; i < lines->size(); ++i)
    if (lines->Get(i).action() == "account.open") lines->DeleteSubrange(i, 1);
  City city(genesis);
  PUHUI_REFUSED(open_account(city, "a", "owner"), ErrorCode::ROLE_MISSING);
}

v1::Genesis expiring_genesis() {
  auto genesis = default_genesis();
  genesis.mutable_rules()->set_effective_to(kNoon + kMicrosPerDay);
  return genesis;
}

class Expiring : public City {
 public:
  Expiring() : City(expiring_genesis()) {
    file(*this, pv_methodology());
    file(*this, bike_methodology());
    must(open_personal_event(*this, 0, 2), {"operator"});
    open_account(*this, "owner-main", "owner");
    open_account(*this, "buyer-main", "buyer");
    file(*this, pv_project("P1"));
    ledger::testing::send(*this, pv_report("r1", "P1", {20'100, 20'200}, "100"));
    ledger::testing::send(*this, pv_report("r2", "P1", {20'200, 20'300}, "100"));
    verify(*this, "r1");
    issue(*this, "r1", "B1");
  }
};

TEST(RuleSets, WithNoneInForceNothingIsFiledCreditedOrIssued) {
  Expiring city;
  ASSERT_EQ(city.totals().units_held_kg(), 69'000);
  city.now = kNoon + kMicrosPerDay;
  auto other = pv_methodology();
  other.set_version("V02");
  PUHUI_REFUSED(file(city, other), ErrorCode::RULE_NONE_IN_FORCE);
  PUHUI_REFUSED(file(city, pv_project("P2")), ErrorCode::RULE_NONE_IN_FORCE);
  PUHUI_REFUSED(send(city, pv_report("r3", "P1", {20'300, 20'400}, "1")),
                ErrorCode::RULE_NONE_IN_FORCE);
  PUHUI_REFUSED(verify(city, "r2"), ErrorCode::RULE_NONE_IN_FORCE);
  PUHUI_REFUSED(issue(city, "r2", "B2"), ErrorCode::RULE_NONE_IN_FORCE);
  PUHUI_REFUSED(open_account(city, "more", "owner"), ErrorCode::RULE_NONE_IN_FORCE);
  PUHUI_REFUSED(city.send(open_personal_event(city, 2, 2), {"operator"}),
                ErrorCode::RULE_NONE_IN_FORCE);
  PUHUI_REFUSED(ride(city, {{1}}), ErrorCode::RULE_NONE_IN_FORCE);
  // What is held can be moved and retired, and new rules can be filed.
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, 10));
  PUHUI_ACCEPTED(retire(city, "owner-main", SerialRanges{{11, 20}}));
  PUHUI_ACCEPTED(file_rules(city, default_rules()));
  PUHUI_ACCEPTED(verify(city, "r2"));
}

TEST(RuleSets, TheLastInForceGoesOnNotOneOfTheFuture) {
  Expiring city;
  auto future = default_rules();
  future.set_version("future");
  future.set_effective_from(kNoon + 10 * kMicrosPerDay);
  RuleTable(future).roles("transfer", {v1::AUTHORITY});
  PUHUI_ACCEPTED(file_rules(city, future));
  city.now = kNoon + kMicrosPerDay;
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, 10));
  city.now = kNoon + 10 * kMicrosPerDay;
  PUHUI_FAILED(transfer(city, {"owner-main", "buyer-main"}, 10), ErrorCode::SIGNATURE_MISSING);
}

TEST(Genesis, IsCheckedBeforeItFounds) {
  const auto with = [](auto change) {
    const auto city = City::bare();
    auto genesis = default_genesis();
    change(genesis);
    const auto answer = city->found(genesis);
    EXPECT_EQ(city->head().size, 0U);
    EXPECT_FALSE(city->view().party("bureau"));
    return answer;
  };
  using G = v1::Genesis;
  PUHUI_REFUSED(with([](G& g) { g.set_city("BEIJING"); }), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](G& g) { g.set_origin("two words"); }), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](G& g) { g.set_origin("demo.wuhan"); }), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](G& g) { g.mutable_demo_clock()->set_rate(60); }),
                ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](G& g) { g.set_state_root_interval(0); }), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](G& g) { g.set_log_key("k"); }), ErrorCode::KEY_MALFORMED);
  PUHUI_REFUSED(with([](G& g) { g.clear_nodes(); }), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](G& g) { *g.add_nodes() = g.nodes(0); }), ErrorCode::EVENT_MALFORMED);
  PUHUI_REFUSED(with([](G& g) { *g.add_parties() = g.parties(0); }), ErrorCode::PARTY_EXISTS);
  PUHUI_REFUSED(with([](G& g) { g.clear_rules(); }), ErrorCode::RULE_MALFORMED);
  PUHUI_REFUSED(with([](G& g) { g.set_predecessor("short"); }), ErrorCode::EVENT_MALFORMED);
}

TEST(Genesis, IsSignedByItsAuthority) {
  const auto city = City::bare();
  auto payload = city->event("operator");
  *payload.mutable_genesis() = default_genesis();
  PUHUI_FAILED(city->send(payload, {"operator"}), ErrorCode::SIGNATURE_MISSING);
  PUHUI_FAILED(city->send(payload, {"stranger"}), ErrorCode::SIGNATURE_UNKNOWN_KEY);
  EXPECT_EQ(city->head().size, 0U);
  PUHUI_ACCEPTED(city->send(payload, {"operator", "bureau"}));
  EXPECT_EQ(city->view().genesis()->city(), "WUHAN");
  EXPECT_EQ(city->view().nodes({}).items_size(), 1);
}

TEST(Nodes, AreAdmitted) {
  City city;
  const auto admit = [&city](const v1::Node& node) {
    auto payload = city.event("operator");
    *payload.mutable_admit_node()->mutable_node() = node;
    return city.send(payload, {"operator"});
  };
  PUHUI_ACCEPTED(admit(a_node(2)));
  auto bad = a_node(3);
  bad.set_name("two words");
  PUHUI_REFUSED(admit(bad), ErrorCode::EVENT_MALFORMED);
  bad = a_node(3);
  bad.set_peer_key("x");
  PUHUI_REFUSED(admit(bad), ErrorCode::KEY_MALFORMED);
  bad = a_node(0);
  PUHUI_REFUSED(admit(bad), ErrorCode::EVENT_MALFORMED);
  EXPECT_EQ(city.view().nodes({}).items_size(), 2);
}

}  // namespace
}  // namespace puhui::ledger::testing
