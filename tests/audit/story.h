// A city's log as an auditor gets it, from a real ledger that lived through a little of everything.
#pragma once

#include <gtest/gtest.h>

#include "crypto/merkle.h"
#include "tests/audit/log.h"
#include "tests/audit/registry.h"

namespace puhui::node::audit::testing {

inline constexpr std::uint32_t kInterval = 8;

inline v1::Genesis story_genesis() {
  auto genesis = default_genesis();
  genesis.set_state_root_interval(kInterval);
  return genesis;
}

inline void govern(City& city) {
  auto party = city.event("bureau");
  *party.mutable_register_party() = founding_party("newco", {v1::ENTERPRISE});
  city.must(party, {"bureau"});
  auto added = city.event("owner");
  added.mutable_add_key()->set_party("owner");
  added.mutable_add_key()->mutable_key()->set_public_key(key_of("owner#2").public_key().encode());
  city.must(added, {"owner"});
  auto rotated = city.event("buyer");
  rotated.mutable_rotate_key()->set_party("buyer");
  rotated.mutable_rotate_key()->set_old_key_id(key_id("buyer"));
  rotated.mutable_rotate_key()->mutable_new_key()->set_public_key(
      key_of("buyer#2").public_key().encode());
  city.must(rotated, {"buyer"});
  auto revoked = city.event("bureau");
  revoked.mutable_revoke_key()->set_party("owner");
  revoked.mutable_revoke_key()->set_key_id(key_id("owner#2"));
  city.must(revoked, {"bureau"});
  v1::RoleGrant grant;
  grant.set_role(v1::EXPERT);
  grant.mutable_scope()->set_from(city.now + 5 * kSecond);
  grant.mutable_scope()->set_to(city.now + 9 * kSecond);
  PUHUI_ACCEPTED(ledger::testing::grant(city, "newco", grant));
  auto rules = default_rules();
  rules.set_version("2026-2");
  rules.set_effective_from(city.now + 20 * kSecond);
  rules.set_effective_to(city.now + 40 * kSecond);
  PUHUI_ACCEPTED(file_rules(city, rules));
  auto node = city.event("operator");
  *node.mutable_admit_node()->mutable_node() = a_node(2);
  city.must(node, {"operator"});
  city.now += 8 * kSecond;
  city.apply({});  // ticks
  city.now += 4 * kSecond;
  city.apply({});
  auto revoke = city.event("bureau");
  revoke.mutable_revoke_role()->set_party("newco");
  revoke.mutable_revoke_role()->set_role(v1::ENTERPRISE);
  city.must(revoke, {"bureau"});
}

inline void report_and_issue(PvCity& city) {
  PUHUI_ACCEPTED(city.issue_mwh("1000.5"));
  PUHUI_ACCEPTED(ledger::testing::send(city, pv_report("tiny", "P1", {20'200, 20'210}, "0")));
  PUHUI_ACCEPTED(verify(city, "tiny"));  // carried
  PUHUI_ACCEPTED(ledger::testing::send(city, pv_report("wrong", "P1", {20'210, 20'220}, "9")));
  PUHUI_ACCEPTED(verify(city, "wrong", false));
  PUHUI_ACCEPTED(ledger::testing::send(city, pv_report("right", "P1", {20'212, 20'218}, "8")));
  PUHUI_REFUSED(ledger::testing::send(city, pv_report("again", "P1", {20'217, 20'230}, "8")),
                ErrorCode::REPORT_PERIOD_OVERLAP);
  PUHUI_ACCEPTED(verify(city, "right"));
  PUHUI_ACCEPTED(issue(city, "right", "RIGHT"));
  auto sample = pv_methodology();
  sample.set_code("SZ-PV");
  sample.set_issued_by("SHENZHEN");
  PUHUI_ACCEPTED(file(city, sample));
}

inline void trade(City& city) {
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, 1500));
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "owner-side"}, {{2000, 2999}, {1600, 1601}}));
  PUHUI_ACCEPTED(transfer(city, {"owner-side", "owner-main"}, 2));
  PUHUI_REFUSED(transfer(city, {"owner-main", "owner-side"}, {{2000, 2000}}),
                ErrorCode::SERIAL_NOT_OWNED);
  PUHUI_ACCEPTED(retire(city, "owner-side", {{2500, 2600}, {2700, 2700}}));
  auto amount = retire_event(city, "owner-main", "owner");
  amount.mutable_retire()->set_amount_kg(77);
  city.must(amount, {"owner"});
  auto traded = transfer_event(city, {"owner-main", "exchange-pool"}, "owner");
  traded.mutable_transfer()->set_amount_kg(694'000);
  traded.mutable_transfer()->mutable_trade()->set_reference("T-1");
  city.must(traded, {"owner", "exchange"});
  auto ets = retire_event(city, "owner-main", "owner");
  ets.mutable_retire()->set_purpose("ets_offset");
  ets.mutable_retire()->set_amount_kg(5);
  city.must(ets, {"owner", "ets"});
}

inline void cycle(City& city) {
  PUHUI_ACCEPTED(file(city, bike_methodology()));
  city.must(open_personal_event(city, 0, 20), {"operator"});
  PUHUI_ACCEPTED(ride(city, {{1, 900},
                             {1, 900},
                             {2, 900, 8, kToday, 1},
                             {99, 900},
                             {3, 0},
                             {4, 900, 8, kToday - 8},
                             {5, 900, 24},
                             {6, 900, 8, kToday, 2}}));
  PUHUI_ACCEPTED(ride(city, {{1, 5'000}, {7, 1'234}}, "provider2"));
  PUHUI_REFUSED(ride(city, {{1, 900}}), ErrorCode::CLAIM_DUPLICATE);
  auto next = bike_methodology();
  next.set_version("V02");
  next.set_effective_from(kToday + 1);
  PUHUI_REFUSED(file(city, next), ErrorCode::METHODOLOGY_OVERLAP);
}

// A city with everything in it, and its log.
class Story : public PvCity {
 public:
  Story() : PvCity(story_genesis()) {
    govern(*this);
    report_and_issue(*this);
    cycle(*this);
    trade(*this);
    register_and_take_back(*this);
    log = log_of(*this);
  }
  std::vector<RawLeaf> log;
};

// Appends an event that the ledger was never asked about, a second after the last leaf.
inline void append(std::vector<RawLeaf>& log, const Sent& sent) {
  ASSERT_NE(log.size() % kInterval, kInterval - 1) << "a state root belongs there";
  log.push_back(leaf_at(time_of(log.back()) + kSecond, LeafKind::event, sent.envelope));
  if (sent.has_attachment) log.back().attachment = sent.attachment;
}

}  // namespace puhui::node::audit::testing
