// Transfers that both authorities settle, and those whose taker is gone for good.
#include <gtest/gtest.h>

#include "crypto/evidence.h"
#include "tests/ledger/transfer_settlements.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct Settled : TwoCities {
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    recognise();
    sent = export_units(a, b, {{{1, 20}}});
    PUHUI_ACCEPTED(sent);
    id = id_of(a, sent.leaf);
    freed = settlement_of(a, sent.leaf);
    taken = settlement_of(a, sent.leaf, true);
  }
  v1::ProvenLeaf proof() { return carry(a, b, sent.leaf); }
  // When it is closed at home.
  Micros close() {
    const auto closed = set_agreement(a, b, v1::CLOSED);
    EXPECT_EQ(closed.decision, v1::ACCEPTED) << code_name(closed.code);
    return closed.time;
  }
  // So long after a time, at home.
  Answer give_up_after(Micros time, Micros silence) {
    a.now = time + silence;
    return give_up(a, freed);
  }
  Answer renew() {
    v1::SideRenewal renewal;
    renewal.set_sequence(1);
    *renewal.mutable_side() = b.side();
    auto payload = a.event("operator");
    auto& action = *payload.mutable_renew_partner();
    action.set_renewal(renewal.SerializeAsString());
    *action.mutable_partner_signatures() = b.by_authority(kRenewalWord, action.renewal());
    return a.send(payload, {"operator"});
  }
  Answer accuse() {
    auto forged = b.tree();
    forged.root = crypto::sha256("another tree");
    auto payload = a.event("operator");
    auto& action = *payload.mutable_accuse_partner();
    action.set_partner(b.code());
    action.set_evidence(
        crypto::format_evidence({{}, {}, b.signed_note(b.tree()), b.signed_note(forged)}));
    return a.send(payload, {"operator"});
  }

  Answer sent;
  std::string id, freed, taken;
};

// ---- On the taker's ledger ----

TEST_F(Settled, ByTheTakerAreNeverTakenAndFreeAtHomeByThatLeaf) {
  const auto settled = settle(b, a, freed);
  PUHUI_ACCEPTED(settled);
  const auto there = *transfer_at(b, id);
  EXPECT_EQ(there.state(), v1::TRANSFER_VOID);
  EXPECT_EQ(there.city(), "WUHAN");
  EXPECT_EQ(there.party(), "owner");
  EXPECT_EQ(there.ended_at(), static_cast<std::int64_t>(settled.leaf));
  PUHUI_REFUSED(import_units(b, proof()), TRANSFER_ANSWERED);
  PUHUI_REFUSED(refuse_import(b, proof(), "account.unknown"), TRANSFER_ANSWERED);
  PUHUI_REFUSED(settle(b, a, freed), TRANSFER_ANSWERED);
  b.now = sent.time + kAnswerWithin;
  PUHUI_REFUSED(void_import(b, proof()), TRANSFER_ANSWERED);
  EXPECT_EQ(b.held("owner-main"), 0);

  EXPECT_EQ(a.bound("owner-main"), 20) << "home waits for the leaf";
  const auto answer = carry(b, a, settled.leaf);
  const auto concluded = conclude(a, answer);
  PUHUI_ACCEPTED(concluded);
  const auto here = *transfer_at(a, id);
  EXPECT_EQ(here.state(), v1::TRANSFER_FREED);
  EXPECT_EQ(here.partner_leaf(), settled.leaf);
  EXPECT_EQ(here.ended_at(), static_cast<std::int64_t>(concluded.leaf));
  EXPECT_EQ(here.recognised_kg(), 0);
  EXPECT_EQ(here.code(), "");
  EXPECT_EQ(a.bound("owner-main"), 0);
  EXPECT_EQ(held_text(a, "owner-main"), "1-100");
  PUHUI_REFUSED(conclude(a, answer), TRANSFER_STATE_WRONG);
  PUHUI_ACCEPTED(export_units(a, b, {{{1, 20}}}));
}

// The leaf that carries out what was resolved says all of it: abroad nobody knows the proposal.
TEST_F(Settled, ByAVoteOfTheTakerAreFreeAtHomeByTheLeafThatCarriesItOut) {
  const auto settling = settling_event(b, freed, a.by_authority(kSettlementWord, freed));
  const auto executed = executing_event(b, settling);
  auto other = executed;
  other.set_event_id(b.event("operator").event_id());
  other.mutable_execute()->clear_resolution();
  PUHUI_REFUSED(b.send(other, {"operator"}), EVENT_MALFORMED);
  other.set_event_id(b.event("operator").event_id());
  auto& resolution = *other.mutable_execute()->mutable_resolution();
  *resolution.mutable_settle_transfer() = settling.settle_transfer();
  resolution.mutable_settle_transfer()->set_settlement(taken);
  PUHUI_REFUSED(b.send(other, {"operator"}), EVENT_MALFORMED);
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_STATE_UNSPECIFIED);
  const auto settled = b.send(executed, {"operator"});
  PUHUI_ACCEPTED(settled);
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_VOID);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, settled.leaf)));
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_FREED);
  EXPECT_EQ(transfer_at(a, id)->partner_leaf(), settled.leaf);
  EXPECT_EQ(held_text(a, "owner-main"), "1-100");
}

TEST_F(Settled, ByAVoteAtHomeShowInTheLifeOfTheirUnits) {
  PUHUI_ACCEPTED(import_units(b, proof()));
  close();
  const auto settling = settling_event(a, taken, b.by_authority(kSettlementWord, taken));
  PUHUI_ACCEPTED(a.send(executing_event(a, settling), {"operator"}));
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_CONCLUDED);
  const auto lineage = *a.view().lineage(1, {});
  EXPECT_EQ(lineage.steps(lineage.steps_size() - 1).move().kind(), v1::MOVE_EXPORT);
  EXPECT_EQ(lineage.steps(lineage.steps_size() - 1).transfer(), id);
}

TEST_F(Settled, ByTheTakerAreNotAnsweredBefore) {
  const auto imported = import_units(b, proof());
  PUHUI_ACCEPTED(imported);
  PUHUI_REFUSED(settle(b, a, freed), TRANSFER_ANSWERED);
  PUHUI_REFUSED(settle(b, a, taken), TRANSFER_ANSWERED);
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_IMPORTED);
}

TEST_F(Settled, ByTheTakerAreTakenByTheirProofAlone) {
  PUHUI_REFUSED(settle(b, a, taken), TRANSFER_UNKNOWN);
  PUHUI_ACCEPTED(import_units(b, proof()));
}

// However the agreement stands there, and whatever the time is.
TEST_F(Settled, ByTheTakerAreSettledAtAnyTime) {
  PUHUI_ACCEPTED(set_agreement(b, a, v1::STANDING_SUSPENDED));
  const auto other = export_units(a, b, {{{21, 30}}});
  PUHUI_ACCEPTED(settle(b, a, freed));
  PUHUI_ACCEPTED(set_agreement(b, a, v1::CLOSED));
  b.now = other.time + kAnswerWithin;
  PUHUI_ACCEPTED(settle(b, a, settlement_of(a, other.leaf)));
}

TEST_F(Settled, ByTheTakerOnTheWayHomeAreFreeWhereTheyWere) {
  cross(a, b, {{{21, 40}}});
  const auto home = send_home(b, a, {{1, 10}});
  PUHUI_ACCEPTED(home);
  const auto settled = settle(a, b, settlement_of(b, home.leaf));
  PUHUI_ACCEPTED(settled);
  PUHUI_REFUSED(import_units(a, carry(b, a, home.leaf)), TRANSFER_ANSWERED);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, settled.leaf)));
  EXPECT_EQ(held_text(b, "owner-main"), "1-18");
}

// ---- What a settlement is about ----

TEST_F(Settled, EndNoOtherTransfer) {
  const auto other = export_units(a, b, {{{21, 30}}});
  const auto settled = settle(b, a, settlement_of(a, other.leaf));
  PUHUI_ACCEPTED(settled);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, settled.leaf)));
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_LOCKED);
  EXPECT_EQ(transfer_state(a, id_of(a, other.leaf)), v1::TRANSFER_FREED);
  EXPECT_EQ(held_text(a, "owner-main"), "21-100");
  const auto unknown = settle(b, a, settlement_of_none(a));
  PUHUI_ACCEPTED(unknown);
  PUHUI_REFUSED(conclude(a, carry(b, a, unknown.leaf)), TRANSFER_UNKNOWN);
}

TEST_F(Settled, OfWhatAnotherCitySentEndNothingHere) {
  SovereignCity c{{"YICHANG", "P3"}};
  agree(b, c, agreement_between(b, c));
  PUHUI_ACCEPTED(c.issue_kg(10));
  const auto of_c = export_units(c, b, {{{1, 10}}});
  const auto settled = settle(b, c, settlement_of(c, of_c.leaf));
  PUHUI_ACCEPTED(settled);
  PUHUI_REFUSED(conclude(a, carry(b, a, settled.leaf)), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(conclude(c, carry(b, c, settled.leaf)));
  // Nor what the partner settled of its own, with this city as the taker.
  PUHUI_ACCEPTED(b.issue_kg(10));
  const auto of_b = export_units(b, a, {{{1, 10}}});
  PUHUI_ACCEPTED(set_agreement(b, a, v1::CLOSED));
  const auto own = settle(b, a, settlement_of(b, of_b.leaf));
  PUHUI_ACCEPTED(own);
  PUHUI_REFUSED(conclude(a, carry(b, a, own.leaf)), LEAF_UNEXPECTED);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_LOCKED);
}

// Whatever a partner signs, the id is of its own lineage.
TEST_F(Settled, ByAPartnerEndNothingThatAnotherCitySent) {
  SovereignCity c{{"YICHANG", "P3"}};
  agree(b, c, agreement_between(b, c));
  PUHUI_REFUSED(settle(b, c, freed), AGREEMENT_SIGNATURE);
  auto exported = a.payload_at(sent.leaf);
  exported.set_city(c.code());
  PUHUI_ACCEPTED(settle(b, c, settlement_of(exported)));
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_STATE_UNSPECIFIED);
  PUHUI_ACCEPTED(import_units(b, proof()));
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_IMPORTED);
}

TEST_F(Settled, OfWhatWasSentToAnotherEndNothingHere) {
  SovereignCity c{{"YICHANG", "P3"}};
  agree(a, c, agreement_between(a, c));
  const auto elsewhere = export_units(a, c, {{{21, 30}}});
  PUHUI_ACCEPTED(elsewhere);
  const auto settled = settle(b, a, settlement_of(a, elsewhere.leaf));
  PUHUI_ACCEPTED(settled);
  PUHUI_REFUSED(conclude(a, carry(b, a, settled.leaf)), LEAF_UNEXPECTED);
  EXPECT_EQ(transfer_state(a, id_of(a, elsewhere.leaf)), v1::TRANSFER_LOCKED);
}

// ---- Whose word it takes ----

TEST_F(Settled, ByTheTakerAreSignedByBoth) {
  const auto with = [this](const AuthoritySignatures& signatures) {
    return b.send(settling_event(b, freed, signatures), {"bureau"});
  };
  PUHUI_REFUSED(with({}), AGREEMENT_SIGNATURE);
  PUHUI_REFUSED(with(a.signed_by({"bureau"}, kSettlementWord, freed)), AGREEMENT_SIGNATURE);
  PUHUI_REFUSED(with(b.by_authority(kSettlementWord, freed)), AGREEMENT_SIGNATURE);
  auto by_operator = settling_event(b, freed, a.by_authority(kSettlementWord, freed));
  by_operator.set_party("operator");
  PUHUI_FAILED(b.send(by_operator, {"operator"}), SIGNATURE_MISSING);
  // Not even when home was silent for ever.
  b.now = sent.time + 2 * kDeadAfter;
  PUHUI_ACCEPTED(set_agreement(b, a, v1::CLOSED));
  b.now += 2 * kDeadAfter;
  PUHUI_REFUSED(with({}), AGREEMENT_SIGNATURE);
  SovereignCity c{{"YICHANG", "P3"}};
  PUHUI_REFUSED(settle(b, c, settlement_of_none(c)), AGREEMENT_UNKNOWN);
  EXPECT_EQ(transfer_state(b, id), v1::TRANSFER_STATE_UNSPECIFIED);
}

TEST_F(Settled, AtHomeAreSettledByNothingLess) {
  close();
  const auto with = [this](const AuthoritySignatures& signatures) {
    return a.send(settling_event(a, freed, signatures), {"bureau"});
  };
  PUHUI_REFUSED(with(b.signed_by({"bureau"}, kSettlementWord, freed)), AGREEMENT_SIGNATURE);
  PUHUI_REFUSED(with(a.by_authority(kSettlementWord, freed)), AGREEMENT_SIGNATURE);
  PUHUI_REFUSED(with(b.by_authority(kAgreementWord, freed)), AGREEMENT_SIGNATURE);
  PUHUI_REFUSED(with(b.by_authority(kSettlementWord, taken)), AGREEMENT_SIGNATURE);
  PUHUI_REFUSED(with({}), PARTNER_PRESENT);
  PUHUI_REFUSED(give_up(a, taken), AGREEMENT_SIGNATURE);
  auto by_operator = settling_event(a, freed, b.by_authority(kSettlementWord, freed));
  by_operator.set_party("operator");
  PUHUI_FAILED(a.send(by_operator, {"operator"}), SIGNATURE_MISSING);
  PUHUI_REFUSED(settle(a, b, freed + "x"), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(settle(a, b, ""), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(settle(a, b, settlement_of_none(a)), TRANSFER_UNKNOWN);
  const auto changed = [this](auto change) {
    v1::TransferSettlement settlement;
    settlement.ParseFromString(freed);
    change(settlement);
    return settle(a, b, settlement.SerializeAsString());
  };
  using S = v1::TransferSettlement;
  PUHUI_REFUSED(changed([](S& s) { s.clear_decision(); }), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(changed([](S& s) { s.mutable_event_id()->pop_back(); }), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(changed([](S& s) { s.clear_party(); }), AGREEMENT_MALFORMED);
  PUHUI_REFUSED(changed([](S& s) { s.set_party("buyer"); }), TRANSFER_UNKNOWN);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_LOCKED);
}

// ---- At home, once the agreement is closed ----

TEST_F(Settled, AtHomeWaitUntilTheAgreementIsClosed) {
  PUHUI_REFUSED(settle(a, b, freed), AGREEMENT_STANDING);
  PUHUI_REFUSED(settle(a, b, taken), AGREEMENT_STANDING);
  PUHUI_REFUSED(give_up_after(sent.time, 2 * kDeadAfter), AGREEMENT_STANDING);
  PUHUI_ACCEPTED(set_agreement(a, b, v1::STANDING_SUSPENDED));
  PUHUI_REFUSED(settle(a, b, freed), AGREEMENT_STANDING);
  PUHUI_REFUSED(settle(a, b, taken), AGREEMENT_STANDING);
  PUHUI_REFUSED(give_up_after(a.now, 2 * kDeadAfter), AGREEMENT_STANDING);
  close();
  PUHUI_ACCEPTED(settle(a, b, freed));
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_FREED);
  EXPECT_EQ(held_text(a, "owner-main"), "1-100");
  PUHUI_REFUSED(settle(a, b, freed), TRANSFER_STATE_WRONG);
}

// The time of an agreement may have passed; that closes nothing.
TEST_F(Settled, AtHomeWaitThoughTheAgreementExpired) {
  a.now = kNoon + 3'651 * kMicrosPerDay;
  PUHUI_REFUSED(export_units(a, b, {{{21, 30}}}), AGREEMENT_STANDING);
  PUHUI_REFUSED(settle(a, b, freed), AGREEMENT_STANDING);
}

TEST_F(Settled, AtHomeEndAsBothSayThatTheyEndedThere) {
  const auto imported = import_units(b, proof());
  PUHUI_ACCEPTED(imported);
  close();
  PUHUI_ACCEPTED(settle(a, b, taken));
  const auto here = *transfer_at(a, id);
  EXPECT_EQ(here.state(), v1::TRANSFER_CONCLUDED);
  EXPECT_EQ(here.recognised_kg(), 18);
  ASSERT_EQ(here.discounted_size(), 1);
  EXPECT_EQ(here.discounted(0).start(), 19u);
  EXPECT_EQ(a.state(18), v1::EXPORTED);
  EXPECT_EQ(a.view().serial(18)->exported_to(), "XIANGYANG");
  EXPECT_EQ(a.state(19), v1::CANCELLED);
  PUHUI_REFUSED(conclude(a, carry(b, a, imported.leaf)), TRANSFER_STATE_WRONG);
}

// By the version they were sent under.
TEST_F(Settled, AtHomeEndByTheirVersion) {
  PUHUI_ACCEPTED(import_units(b, proof()));
  auto next = agreement_between(a, b, 2);
  terms_of_taker(next, b).set_discount("1/2");
  agree(a, b, next);
  close();
  PUHUI_ACCEPTED(settle(a, b, taken));
  EXPECT_EQ(transfer_at(a, id)->recognised_kg(), 18);
}

// What is closed is taken up again by another version: then the answer is waited for once more.
TEST_F(Settled, AtHomeWaitOnceTheAgreementIsRenewed) {
  close();
  PUHUI_ACCEPTED(file_agreement(a, b, agreement_between(a, b, 2)));
  PUHUI_REFUSED(settle(a, b, freed), AGREEMENT_STANDING);
}

// ---- A partner that is gone for good ----

TEST_F(Settled, ComeBackWhenThePartnerWasSilentLongEnough) {
  const auto closed = close();
  ASSERT_GT(closed, log_at(a, b)->accepted_time());
  EXPECT_EQ(agreement_at(a, b)->standing_time(), closed);
  PUHUI_REFUSED(give_up_after(closed, kDeadAfter - 1), PARTNER_PRESENT);
  PUHUI_REFUSED(give_up_after(closed, kDeadAfter), PARTNER_PRESENT);
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_LOCKED);
  PUHUI_ACCEPTED(give_up_after(closed, kDeadAfter + 1));
  EXPECT_EQ(transfer_state(a, id), v1::TRANSFER_FREED);
  EXPECT_EQ(held_text(a, "owner-main"), "1-100");
  PUHUI_REFUSED(give_up(a, freed), TRANSFER_STATE_WRONG);
}

TEST_F(Settled, DoNotComeBackBeforeTheAgreementWasClosedForSoLong) {
  const auto heard = log_at(a, b)->accepted_time();
  a.now = heard + kDeadAfter;
  const auto closed = close();
  PUHUI_REFUSED(give_up_after(heard, kDeadAfter + kSecond), PARTNER_PRESENT);
  PUHUI_REFUSED(give_up_after(closed, kDeadAfter), PARTNER_PRESENT);
  PUHUI_ACCEPTED(give_up_after(closed, kDeadAfter + 1));
}

TEST_F(Settled, DoNotComeBackWhileThePartnerIsHeardOf) {
  const auto closed = close();
  a.now = closed + kDeadAfter;
  PUHUI_ACCEPTED(open_account(b, "owner-new", "owner"));
  const auto heard = carry_checkpoint(b, a);
  PUHUI_ACCEPTED(heard);
  PUHUI_REFUSED(give_up_after(closed, kDeadAfter + kMicrosPerDay), PARTNER_PRESENT);
  PUHUI_REFUSED(give_up_after(heard.time, kDeadAfter), PARTNER_PRESENT);
  PUHUI_ACCEPTED(give_up_after(heard.time, kDeadAfter + 1));
}

// Its authority signs how it goes on.
TEST_F(Settled, DoNotComeBackWhileThePartnerRenewsItsKeys) {
  const auto closed = close();
  a.now = closed + kDeadAfter;
  const auto heard = renew();
  PUHUI_ACCEPTED(heard);
  PUHUI_REFUSED(give_up_after(closed, kDeadAfter + kMicrosPerDay), PARTNER_PRESENT);
  PUHUI_REFUSED(give_up_after(heard.time, kDeadAfter), PARTNER_PRESENT);
  PUHUI_ACCEPTED(give_up_after(heard.time, kDeadAfter + 1));
}

// Whatever its log is accused of, nobody is gone before it was silent.
TEST_F(Settled, DoNotComeBackSoonerFromAPartnerThatIsAccused) {
  PUHUI_ACCEPTED(accuse());
  EXPECT_EQ(agreement_at(a, b)->standing(), v1::STANDING_SUSPENDED);
  PUHUI_REFUSED(give_up_after(a.now, kDeadAfter + 1), AGREEMENT_STANDING);
  const auto closed = close();
  PUHUI_REFUSED(give_up(a, freed), PARTNER_PRESENT);
  PUHUI_REFUSED(give_up_after(closed, kDeadAfter), PARTNER_PRESENT);
  PUHUI_ACCEPTED(give_up_after(closed, kDeadAfter + 1));
}

TEST_F(Settled, DoNotComeBackSoonerFromAPartnerAccusedLater) {
  const auto closed = close();
  PUHUI_ACCEPTED(accuse());
  EXPECT_EQ(agreement_at(a, b)->standing(), v1::CLOSED);
  PUHUI_REFUSED(give_up_after(closed, kDeadAfter), PARTNER_PRESENT);
  PUHUI_ACCEPTED(give_up_after(closed, kDeadAfter + 1));
}

// A later version is less patient than the one that they were sent under.
TEST_F(Settled, DoNotComeBackWhileTheyMayStillBeTaken) {
  const auto deadline = transfer_at(a, id)->deadline();
  auto agreement = agreement_between(a, b, 2);
  agreement.set_answer_within(kSecond);
  agreement.set_dead_after(2 * kSecond);
  agree(a, b, agreement);
  const auto closed = close();
  PUHUI_REFUSED(give_up_after(closed, kMicrosPerDay), PARTNER_PRESENT);
  PUHUI_REFUSED(give_up_after(deadline, -1), PARTNER_PRESENT);
  PUHUI_ACCEPTED(give_up_after(deadline, 0));
}

TEST_F(Settled, NeverComeBackWhereTheAgreementSaysSo) {
  auto agreement = agreement_between(a, b, 2);
  agreement.set_dead_after(0);
  agree(a, b, agreement);
  const auto closed = close();
  PUHUI_REFUSED(give_up_after(closed, 3'000 * kMicrosPerDay), PARTNER_PRESENT);
}

TEST_F(Settled, AreNeverRecognisedWithoutThePartner) {
  const auto closed = close();
  a.now = closed + kDeadAfter + 1;
  PUHUI_REFUSED(give_up(a, taken), AGREEMENT_SIGNATURE);
  PUHUI_ACCEPTED(give_up(a, freed));
}

}  // namespace
}  // namespace puhui::ledger::testing
