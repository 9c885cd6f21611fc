// How transfers end when the agreement does not hold any more, and when a partner does not answer.
#include <gtest/gtest.h>

#include "tests/ledger/cities.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct InFlight : TwoCities {
  void SetUp() override { PUHUI_ACCEPTED(a.issue_kg(100)); }

  // ---- Settlement ----
  [[nodiscard]] static std::string settlement(const std::string& id, const City& sender,
                                              bool is_recognised = false) {
    v1::TransferSettlement settlement;
    settlement.set_transfer(id);
    settlement.set_sender(sender.code());
    settlement.set_is_recognised(is_recognised);
    *settlement.mutable_decision() = document("settlement");
    return settlement.SerializeAsString();
  }
  static v1::Payload settling(SovereignCity& at, const std::string& bytes,
                              const AuthoritySignatures& signatures = {}) {
    auto payload = at.event("bureau");
    auto& action = *payload.mutable_settle_transfer();
    action.set_settlement(bytes);
    *action.mutable_partner_signatures() = signatures;
    return payload;
  }
  static Answer settle(SovereignCity& at, const SovereignCity& with, const std::string& bytes) {
    return at.send(settling(at, bytes, with.by_authority(kSettlementWord, bytes)), {"bureau"});
  }
  // Without the partner: it is gone.
  static Answer give_up(SovereignCity& at, const std::string& bytes) {
    return at.send(settling(at, bytes), {"bureau"});
  }
};

// ---- An agreement that ends ----

TEST_F(InFlight, EndInADefinedStateWhenTheAgreementExpires) {
  auto agreement = agreement_between(a, b);
  agreement.set_effective_to(kNoon + 3 * kMicrosPerDay);
  recognise(agreement);
  const auto imported_before = export_units(a, b, {{{1, 20}}});
  const auto refused_after = export_units(a, b, {{{21, 40}}});
  const auto void_after = export_units(a, b, {{{41, 60}}});
  const auto there = import_units(b, carry(a, b, imported_before.leaf));
  PUHUI_ACCEPTED(there);
  const auto home = send_home(b, a, {{1, 5}});
  PUHUI_ACCEPTED(home);

  a.now = b.now = agreement.effective_to() - 1;
  PUHUI_ACCEPTED(export_units(a, b, {{{61, 70}}}));
  a.now = b.now = agreement.effective_to();
  PUHUI_REFUSED(export_units(a, b, {{{71, 80}}}), AGREEMENT_STANDING);
  PUHUI_REFUSED(import_units(b, carry(a, b, refused_after.leaf)), AGREEMENT_STANDING);
  PUHUI_REFUSED(send_home(b, a, {{6, 10}}), AGREEMENT_STANDING);
  const auto refused = refuse_import(b, carry(a, b, refused_after.leaf), "agreement.standing");
  PUHUI_ACCEPTED(refused);
  b.now = void_after.time + kAnswerWithin;
  const auto voided = void_import(b, carry(a, b, void_after.leaf));
  PUHUI_ACCEPTED(voided);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, there.leaf)));
  PUHUI_ACCEPTED(conclude(a, carry(b, a, refused.leaf)));
  PUHUI_ACCEPTED(conclude(a, carry(b, a, voided.leaf)));
  EXPECT_EQ(transfer_state(a, id_of(a, imported_before.leaf)), v1::TRANSFER_CONCLUDED);
  EXPECT_EQ(transfer_state(a, id_of(a, refused_after.leaf)), v1::TRANSFER_FREED);
  EXPECT_EQ(transfer_state(a, id_of(a, void_after.leaf)), v1::TRANSFER_FREED);
  EXPECT_EQ(held_text(a, "owner-main"), "21-60 71-100");

  // A return, too, comes to nothing where it cannot come home any more.
  PUHUI_REFUSED(import_units(a, carry(b, a, home.leaf)), AGREEMENT_STANDING);
  const auto not_home = refuse_import(a, carry(b, a, home.leaf), "agreement.standing");
  PUHUI_ACCEPTED(not_home);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, not_home.leaf)));
  EXPECT_EQ(held_text(b, "owner-main"), "1-18");
}

TEST_F(InFlight, AreRefusedWhenTheAgreementIsClosed) {
  recognise();
  const auto exported = export_units(a, b, {{{1, 20}}});
  const auto proof = carry(a, b, exported.leaf);
  PUHUI_ACCEPTED(set_agreement(b, a, v1::CLOSED));
  PUHUI_REFUSED(import_units(b, proof), AGREEMENT_STANDING);
  const auto refused = refuse_import(b, proof, "agreement.standing");
  PUHUI_ACCEPTED(refused);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, refused.leaf)));
  EXPECT_EQ(held_text(a, "owner-main"), "1-100");
}

TEST_F(InFlight, WaitWhileTheAgreementIsSuspended) {
  recognise();
  const auto first = export_units(a, b, {{{1, 20}}});
  const auto second = export_units(a, b, {{{21, 40}}});
  const auto third = export_units(a, b, {{{41, 60}}});
  const auto imported = import_units(b, carry(a, b, first.leaf));
  PUHUI_ACCEPTED(imported);
  PUHUI_ACCEPTED(set_agreement(a, b, v1::STANDING_SUSPENDED));
  PUHUI_ACCEPTED(set_agreement(b, a, v1::STANDING_SUSPENDED));
  PUHUI_REFUSED(export_units(a, b, {{{61, 70}}}), AGREEMENT_STANDING);
  PUHUI_REFUSED(import_units(b, carry(a, b, second.leaf)), AGREEMENT_STANDING);
  PUHUI_REFUSED(refuse_import(b, carry(a, b, second.leaf), "agreement.standing"),
                AGREEMENT_STANDING);
  // What was answered is concluded all the same.
  PUHUI_ACCEPTED(conclude(a, carry(b, a, imported.leaf)));
  PUHUI_ACCEPTED(set_agreement(b, a, v1::IN_FORCE));
  PUHUI_ACCEPTED(import_units(b, carry(a, b, second.leaf)));
  PUHUI_ACCEPTED(set_agreement(b, a, v1::STANDING_SUSPENDED));
  b.now = third.time + kAnswerWithin;
  const auto voided = void_import(b, carry(a, b, third.leaf));
  PUHUI_ACCEPTED(voided);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, voided.leaf)));
  EXPECT_EQ(held_text(a, "owner-main"), "41-100");
}

// The taker goes by its last version, whatever it was sent under; the sender must know it, too.
TEST_F(InFlight, GoByTheLastVersionOfTheTaker) {
  recognise();
  const auto exported = export_units(a, b, {{{1, 100}}});
  auto next = agreement_between(a, b, 2);
  terms_of_taker(next, b).set_discount("1/2");
  next.set_answer_within(kMicrosPerDay);
  PUHUI_ACCEPTED(file_agreement(b, a, next));
  const auto proof = carry(a, b, exported.leaf);
  auto old = import_event(b, proof);
  old.mutable_import()->set_agreement_version(1);
  PUHUI_REFUSED(b.send(old, {"operator"}), AGREEMENT_VERSION);
  b.now = exported.time + kAnswerWithin - 1;  // the deadline it was sent under
  const auto imported = import_units(b, proof);
  PUHUI_ACCEPTED(imported);
  EXPECT_EQ(b.held("owner-main"), 50);
  PUHUI_REFUSED(conclude(a, carry(b, a, imported.leaf)), AGREEMENT_VERSION);
  PUHUI_ACCEPTED(file_agreement(a, b, next));
  PUHUI_ACCEPTED(conclude(a, carry(b, a, imported.leaf)));
  EXPECT_EQ(a.totals().units_cancelled_kg(), 50);
}

TEST_F(InFlight, UnderAVersionThatIsNotKnownThereWaitForIt) {
  recognise();
  const auto next = agreement_between(a, b, 2);
  PUHUI_ACCEPTED(file_agreement(a, b, next));
  const auto exported = export_units(a, b, {{{1, 100}}});
  PUHUI_REFUSED(import_units(b, carry(a, b, exported.leaf)), AGREEMENT_VERSION);
  PUHUI_ACCEPTED(file_agreement(b, a, next));
  PUHUI_ACCEPTED(import_units(b, carry(a, b, exported.leaf)));
}

// ---- Settled by both authorities ----

TEST_F(InFlight, EndAsBothAuthoritiesSettle) {
  recognise();
  const auto exported = export_units(a, b, {{{1, 20}}});
  const auto id = id_of(a, exported.leaf);
  const auto bytes = settlement(id, a);
  PUHUI_ACCEPTED(settle(a, b, bytes));
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_FREED);
  EXPECT_EQ(held_text(a, "owner-main"), "1-100");
  PUHUI_ACCEPTED(settle(b, a, bytes));
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_VOID);
  EXPECT_EQ(transfer_at(b, id)->city(), "WUHAN");
  PUHUI_REFUSED(import_units(b, carry(a, b, exported.leaf)), TRANSFER_ANSWERED);
  PUHUI_REFUSED(settle(a, b, bytes), TRANSFER_STATE_WRONG);
  PUHUI_REFUSED(settle(b, a, bytes), TRANSFER_ANSWERED);
}

TEST_F(InFlight, AreSettledAsRecognisedWhereTheReceiptIsLost) {
  recognise();
  const auto exported = export_units(a, b, {{{1, 20}}});
  const auto id = id_of(a, exported.leaf);
  const auto bytes = settlement(id, a, true);
  PUHUI_REFUSED(settle(b, a, bytes), TRANSFER_UNKNOWN);  // it is imported by its proof
  const auto imported = import_units(b, carry(a, b, exported.leaf));
  PUHUI_ACCEPTED(imported);
  PUHUI_REFUSED(settle(b, a, bytes), TRANSFER_ANSWERED);
  PUHUI_ACCEPTED(settle(a, b, bytes));
  const auto here = *transfer_at(a, id);
  EXPECT_EQ(here.state(), v1::TRANSFER_CONCLUDED);
  EXPECT_EQ(here.recognised_kg(), 18);
  EXPECT_EQ(a.state(18), v1::EXPORTED);
  EXPECT_EQ(a.state(19), v1::CANCELLED);
  PUHUI_REFUSED(conclude(a, carry(b, a, imported.leaf)), TRANSFER_STATE_WRONG);
}

TEST_F(InFlight, AreSettledByNothingLess) {
  recognise();
  const auto exported = export_units(a, b, {{{1, 20}}});
  const auto id = id_of(a, exported.leaf);
  const auto bytes = settlement(id, a);
  const auto with = [&](const AuthoritySignatures& signatures) {
    return a.send(settling(a, bytes, signatures), {"bureau"});
  };
  PUHUI_REFUSED(with(b.signed_by({"bureau"}, kSettlementWord, bytes)), AGREEMENT_SIGNATURE);
  PUHUI_REFUSED(with(a.by_authority(kSettlementWord, bytes)), AGREEMENT_SIGNATURE);
  PUHUI_REFUSED(with(b.by_authority(kAgreementWord, bytes)), AGREEMENT_SIGNATURE);
  PUHUI_REFUSED(with(b.by_authority(kSettlementWord, settlement(id, a, true))),
                AGREEMENT_SIGNATURE);
  PUHUI_REFUSED(with({}), PARTNER_PRESENT);
  auto by_operator = settling(a, bytes, b.by_authority(kSettlementWord, bytes));
  by_operator.set_party("operator");
  PUHUI_FAILED(a.send(by_operator, {"operator"}), SIGNATURE_MISSING);
  PUHUI_REFUSED(settle(a, b, bytes + "x"), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(settle(a, b, ""), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(settle(a, b, settlement(id.substr(1), a)), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(settle(a, b, settlement(std::string(32, 'x'), a)), TRANSFER_UNKNOWN);
  auto undecided = v1::TransferSettlement();
  undecided.ParseFromString(bytes);
  undecided.clear_decision();
  PUHUI_REFUSED(settle(a, b, undecided.SerializeAsString()), AGREEMENT_MALFORMED);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_LOCKED);
}

// ---- A partner that is gone for good ----

TEST_F(InFlight, ComeBackWhenThePartnerWasSilentLongEnough) {
  recognise();
  const auto exported = export_units(a, b, {{{1, 20}}});
  const auto id = id_of(a, exported.leaf);
  const auto bytes = settlement(id, a);
  const auto heard = log_at(a, b)->accepted_time();
  a.now = heard + kDeadAfter;
  PUHUI_REFUSED(give_up(a, bytes), PARTNER_PRESENT);
  a.now = heard + kDeadAfter + 1;
  PUHUI_REFUSED(give_up(a, settlement(id, a, true)), PARTNER_PRESENT);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_LOCKED);
  a.now = heard + kDeadAfter + 1;
  PUHUI_ACCEPTED(give_up(a, bytes));
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_FREED);
  EXPECT_EQ(held_text(a, "owner-main"), "1-100");
}

TEST_F(InFlight, AreNotGivenUpWhileThePartnerIsHeardOf) {
  recognise();
  const auto exported = export_units(a, b, {{{1, 20}}});
  const auto bytes = settlement(id_of(a, exported.leaf), a);
  a.now = log_at(a, b)->accepted_time() + kDeadAfter + 1;
  PUHUI_ACCEPTED(open_account(b, "owner-new", "owner"));
  PUHUI_ACCEPTED(carry_checkpoint(b, a));
  PUHUI_REFUSED(give_up(a, bytes), PARTNER_PRESENT);
  // Nor does the taker give up what comes to it.
  b.now = log_at(b, a)->accepted_time() + kDeadAfter + 1;
  PUHUI_REFUSED(give_up(b, bytes), PARTNER_PRESENT);
}

TEST_F(InFlight, AreNeverGivenUpWhereTheAgreementSaysSo) {
  auto agreement = agreement_between(a, b);
  agreement.set_dead_after(0);
  recognise(agreement);
  const auto exported = export_units(a, b, {{{1, 20}}});
  a.now += 3'000 * kMicrosPerDay;
  PUHUI_REFUSED(give_up(a, settlement(id_of(a, exported.leaf), a)), PARTNER_PRESENT);
}

}  // namespace
}  // namespace puhui::ledger::testing
