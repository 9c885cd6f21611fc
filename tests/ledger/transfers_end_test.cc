// How transfers end when the agreement does not hold any more.
#include <gtest/gtest.h>

#include "tests/ledger/cities.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct InFlight : TwoCities {
  void SetUp() override { PUHUI_ACCEPTED(a.issue_kg(100)); }
};

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

}  // namespace
}  // namespace puhui::ledger::testing
