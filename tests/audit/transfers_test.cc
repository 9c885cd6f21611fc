// What cities send each other, and how it ends, judged again.
#include "tests/audit/judged_cities.h"

namespace puhui::node::audit::testing {
namespace {

using enum v1::ErrorCode;

struct AuditedTransfers : AuditedCities {};

// ---- What is clean ------------------------------------------------------------------------------

TEST_F(AuditedTransfers, UnitsThatGoAndComeBack) {
  auto agreement = agreement_between(a, b);
  terms_of_taker(agreement, a).set_dispute_window(kMicrosPerDay);
  recognise(agreement);
  cross(a, b, {{{1, 90}}});
  cross(b, a, {{{1, 20}, {31, 50}}, "owner-main", "owner-side"});
  EXPECT_EQ(a.bound("owner-side"), 36);
  cross(b, a, {{{51, 60}, {81, 100}}, "owner-main", "owner-main", true});
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{5, 8}}));
  const auto late = sent_here({{101, 110}}, true);
  EXPECT_EQ(a.bound("owner-side"), 36);
  a.now = a.ledger().next_due();
  PUHUI_ACCEPTED(retire(a, "owner-side", {{101, 110}}));
  EXPECT_EQ(a.bound("owner-side"), 0);
  PUHUI_ACCEPTED(import_units(a, late));
  expect_all_clean();
}

TEST_F(AuditedTransfers, WhateverBecomesOfTheUnits) {
  recognise();
  cross(a, b, {{{1, 60}}});  // 51-104 there
  const auto retired = retire(b, "owner-main", {{49, 55}, {61, 65}});
  const auto stated = state_retirement(b, a, retired.leaf, {{1, 5}, {11, 15}});
  PUHUI_ACCEPTED(stated);
  PUHUI_ACCEPTED(note_retirement(a, carry(b, a, stated.leaf)));
  EXPECT_EQ(a.totals().units_retired_abroad_kg(), 10);
  const auto home = send_home(b, a, {{71, 80}});  // 21-30 on their way
  PUHUI_ACCEPTED(home);
  PUHUI_ACCEPTED(export_units(a, b, {{{61, 70}}}));
  const auto recalled = recall(a, "B1", {{3, 25}, {66, 80}});
  PUHUI_ACCEPTED(recalled);
  EXPECT_EQ(a.view().recall(recalled.leaf)->abroad_kg(), 20);
  EXPECT_EQ(a.view().recall(recalled.leaf)->retired_kg(), 8);
  PUHUI_ACCEPTED(note_recall(b, carry(a, b, recalled.leaf)));
  const auto imported = import_units(a, carry(b, a, home.leaf));
  PUHUI_ACCEPTED(imported);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, imported.leaf)));
  expect_all_clean();
}

// ---- Settlements --------------------------------------------------------------------------------

TEST_F(AuditedTransfers, TransfersThatEndOtherwise) {
  auto agreement = agreement_between(a, b);
  terms_of_taker(agreement, a).set_year_quota_kg(5);
  agreement.set_dead_after(8 * kMicrosPerDay);
  recognise(agreement);
  const auto sent = export_units(a, b, {{{1, 10}}});
  const auto gone = export_units(a, b, {{{11, 20}}});
  const auto settled = export_units(a, b, {{{21, 30}}});
  const auto over = sent_here({{1, 50}});
  PUHUI_ACCEPTED(a.send(refusing(over, QUOTA_EXCEEDED), {"operator"}));
  PUHUI_ACCEPTED(recall(a, "B1", {{5, 6}, {12, 12}}));
  const auto answer = refuse_import(b, carry(a, b, sent.leaf), "project.abroad");
  PUHUI_REFUSED(answer, TRANSFER_ACCEPTABLE);
  PUHUI_ACCEPTED(import_units(b, carry(a, b, settled.leaf)));
  b.now = sent.time + kAnswerWithin;
  const auto voided = void_import(b, carry(a, b, sent.leaf));
  PUHUI_ACCEPTED(voided);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, voided.leaf)));
  const auto taken = settlement_of(a, settled.leaf, true);
  refuses(settling(taken), AGREEMENT_STANDING);
  const auto closed = a.send(closing(), {"bureau"});
  PUHUI_ACCEPTED(closed);
  refuses(giving_up(taken), AGREEMENT_SIGNATURE);
  PUHUI_ACCEPTED(a.send(settling(taken), {"bureau"}));
  const auto freed = settlement_of(a, gone.leaf);
  refuses(giving_up(freed), PARTNER_PRESENT);
  a.now = closed.time + 9 * kMicrosPerDay;
  refuses(giving_up(settlement_of(a, gone.leaf, true)), AGREEMENT_SIGNATURE);
  PUHUI_ACCEPTED(a.send(giving_up(freed), {"bureau"}));
  EXPECT_EQ(held_text(a, "owner-main"), "1-4 7-11 13-20 31-100");
  expect_clean(a);
}

// It is gone for good when it was silent for long enough since the close, and since it was heard
// of.
TEST_F(AuditedTransfers, FindsPartnersThatAreNotGone) {
  recognise();
  const auto sent = export_units(a, b, {{{1, 10}}});
  const auto freed = settlement_of(a, sent.leaf);
  a.now += kDeadAfter + kMicrosPerDay;
  refuses(giving_up(freed), AGREEMENT_STANDING);
  const auto closed = a.send(closing(), {"bureau"});
  PUHUI_ACCEPTED(closed);
  a.now = closed.time + kDeadAfter;
  refuses(giving_up(freed), PARTNER_PRESENT);
  PUHUI_ACCEPTED(b.issue_kg(1));
  const auto heard = carry_checkpoint(b, a);
  PUHUI_ACCEPTED(heard);
  a.now = heard.time + kDeadAfter;
  refuses(giving_up(freed), PARTNER_PRESENT);
  PUHUI_ACCEPTED(a.send(giving_up(freed), {"bureau"}));
  EXPECT_EQ(transfer_state(a, id_of(a, sent.leaf)), v1::TRANSFER_FREED);
  EXPECT_EQ(a.bound("owner-main"), 0);
  expect_clean(a);
}

TEST_F(AuditedTransfers, FindsPartnersThatRenewedTheirKeys) {
  recognise();
  const auto sent = export_units(a, b, {{{1, 10}}});
  const auto freed = settlement_of(a, sent.leaf);
  PUHUI_ACCEPTED(a.send(closing(), {"bureau"}));
  a.now += kDeadAfter;
  v1::SideRenewal renewal;
  renewal.set_sequence(1);
  *renewal.mutable_side() = b.side();
  v1::RenewPartner renewing;
  renewing.set_renewal(renewal.SerializeAsString());
  *renewing.mutable_partner_signatures() = b.by_authority(kRenewalWord, renewing.renewal());
  const auto heard = act(a, renewing, {"operator"});
  PUHUI_ACCEPTED(heard);
  a.now = heard.time + kDeadAfter;
  refuses(giving_up(freed), PARTNER_PRESENT);
  PUHUI_ACCEPTED(a.send(giving_up(freed), {"bureau"}));
  expect_clean(a);
}

TEST_F(AuditedTransfers, EndByProofOfWhatTheTakerSettled) {
  recognise();
  const auto sent = export_units(a, b, {{{1, 10}}});
  const auto id = id_of(a, sent.leaf);
  const auto settled = settle(b, a, settlement_of(a, sent.leaf));
  PUHUI_ACCEPTED(settled);
  PUHUI_REFUSED(import_units(b, carry(a, b, sent.leaf)), TRANSFER_ANSWERED);
  // The partner's own transfer is not this city's.
  const auto theirs = export_units(b, a, {{{1, 5}}});
  PUHUI_ACCEPTED(set_agreement(b, a, v1::CLOSED));
  const auto other = settle(b, a, settlement_of(b, theirs.leaf));
  PUHUI_ACCEPTED(other);
  refuses(concluding(carry(b, a, other.leaf)), LEAF_UNEXPECTED);
  const auto proof = carry(b, a, settled.leaf);
  PUHUI_ACCEPTED(a.send(concluding(proof), {"operator"}));
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_FREED);
  EXPECT_EQ(a.bound("owner-main"), 0);
  refuses(concluding(proof), TRANSFER_STATE_WRONG);
  expect_all_clean();
}

TEST_F(AuditedTransfers, AreSettledByVoteInALeafThatSaysSo) {
  recognise();
  const auto sent = export_units(a, b, {{{1, 10}}});
  const auto theirs = sent_here({{1, 5}});
  const auto own = settlement_of(a, sent.leaf);
  const auto settling_there = settling_event(b, own, a.by_authority(kSettlementWord, own));
  const auto settled = b.send(executing_event(b, settling_there), {"operator"});
  PUHUI_ACCEPTED(settled);
  PUHUI_ACCEPTED(a.send(concluding(carry(b, a, settled.leaf)), {"operator"}));
  EXPECT_EQ(transfer_state(a, id_of(a, sent.leaf)), v1::TRANSFER_FREED);
  const auto executed = executing_event(a, settling(settlement_of(b, theirs.index())));
  auto other = executed;
  other.set_event_id(a.event("operator").event_id());
  other.mutable_execute()->clear_resolution();
  refuses(other, EVENT_MALFORMED);
  other = executed;
  auto& resolution = *other.mutable_execute()->mutable_resolution();
  resolution.mutable_settle_transfer()->set_settlement(own);
  other.set_event_id(a.event("operator").event_id());
  refuses(other, EVENT_MALFORMED);
  PUHUI_ACCEPTED(a.send(executed, {"operator"}));
  refuses(import_event(a, theirs), TRANSFER_ANSWERED);
  expect_all_clean();
}

TEST_F(AuditedTransfers, FindsSettlementsOfTheTakerThatNobodySigned) {
  recognise();
  const auto proof = sent_here({{1, 10}});
  const auto exported = b.payload_at(proof.index());
  refuses(giving_up(settlement_of(exported)), AGREEMENT_SIGNATURE);
  refuses(settling(settlement_of(exported, true)), TRANSFER_UNKNOWN);
  auto wrong = exported;
  wrong.set_event_id("short");
  refuses(settling(settlement_of(wrong)), AGREEMENT_MALFORMED);
  wrong = exported;
  wrong.set_party("No Name");
  refuses(settling(settlement_of(wrong)), AGREEMENT_MALFORMED);
  PUHUI_ACCEPTED(a.send(settling(settlement_of(exported)), {"bureau"}));
  refuses(settling(settlement_of(exported)), TRANSFER_ANSWERED);
  refuses(import_event(a, proof), TRANSFER_ANSWERED);
  expect_clean(a);
}

TEST_F(AuditedTransfers, AreSettledByNoOtherCityThanTheirs) {
  recognise();
  SovereignCity c{{"YICHANG", "P3"}};
  agree(a, c, agreement_between(a, c));
  const auto proof = sent_here({{1, 10}});
  auto exported = b.payload_at(proof.index());
  exported.set_city(c.code());
  PUHUI_ACCEPTED(settle(a, c, settlement_of(exported)));
  PUHUI_ACCEPTED(import_units(a, proof));
  expect_clean(a);
}

TEST_F(AuditedTransfers, FindsWhatWasNeverSent) {
  recognise();
  const auto exported = export_units(a, b, {{{1, 10}}});
  const auto imported = import_units(b, carry(a, b, exported.leaf));
  const auto proof = carry(b, a, imported.leaf);
  refuses(settling(settlement_of_none(a)), TRANSFER_UNKNOWN);
  PUHUI_ACCEPTED(a.send(concluding(proof), {"operator"}));
  refuses(concluding(proof), TRANSFER_STATE_WRONG);
  refuses(settling(settlement_of(a, exported.leaf)), TRANSFER_STATE_WRONG);
  expect_clean(a);
}

// ---- What is found of exports -------------------------------------------------------------------

TEST_F(AuditedTransfers, FindsRunsThatAreNotAsTheLedgerKnowsThem) {
  recognise();
  const auto doctored = [&](auto change) {
    auto payload = export_event(a, b, {{{1, 10}}});
    change(*payload.mutable_export_()->mutable_runs(0));
    return payload;
  };
  refuses(doctored([](v1::ExportedRun& run) { run.set_vintage(2025); }), RUN_DIFFERS);
  refuses(doctored([](v1::ExportedRun& run) { run.set_area("420102"); }), RUN_DIFFERS);
  refuses(doctored([](v1::ExportedRun& run) { run.set_methodology("ANOTHER"); }), RUN_DIFFERS);
  refuses(doctored([](v1::ExportedRun& run) { run.set_batch_start(0); }), RUN_DIFFERS);
  refuses(doctored([](v1::ExportedRun& run) { run.set_batch_start(2); }), EVENT_MALFORMED);
  refuses(doctored([](v1::ExportedRun& run) { run.set_origin_start(2); }), UNITS_FOREIGN);
  refuses(export_event(a, b, {{{1, 10}}, "owner-main", "owner-main", true}), UNITS_FOREIGN);
  auto longer = export_event(a, b, {{{1, 10}}});
  longer.mutable_export_()->set_answer_within(kAnswerWithin + 1);
  refuses(longer, AGREEMENT_VERSION);
  PUHUI_ACCEPTED(export_units(a, b, {{{1, 10}}}));
  expect_clean(a);
}

TEST_F(AuditedTransfers, FindsExportsOfBoundUnits) {
  recognise();
  PUHUI_ACCEPTED(export_units(a, b, {{{1, 10}}}));
  refuses(export_event(a, b, {{{10, 20}}}), SERIAL_BOUND);
  auto traded = transfer_event(a, {"owner-main", "buyer-main"}, "owner");
  add_serials(*traded.mutable_transfer(), {{5, 5}});
  refuses(traded, SERIAL_BOUND);
  expect_clean(a);
}

TEST_F(AuditedTransfers, FindsUnitsOfOthersSentOnwards) {
  recognise();
  cross(b, a, {{{1, 50}}});  // 101-145 here
  refuses(export_event(a, b, {{{101, 110}}}), UNITS_FOREIGN);
  refuses(export_event(a, b, {{{1, 1}}, "owner-main", "owner-main", true}), UNITS_FOREIGN);
  auto recalling = a.event("bureau");
  recalling.mutable_recall()->set_batch(a.view().serial(101)->batch());
  add_serials(*recalling.mutable_recall(), {{101, 145}});
  recalling.mutable_recall()->set_reason("wrong");
  *recalling.mutable_recall()->mutable_decision() = document();
  refuses(recalling, UNITS_FOREIGN);
  expect_clean(a);
}

}  // namespace
}  // namespace puhui::node::audit::testing
