// A transfer goes by the version of the agreement it was sent under, whatever is agreed later, in
// both cities; whoever has not filed that version yet waits for it.
#include <gtest/gtest.h>

#include <functional>

#include "tests/ledger/cities.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct TransferVersions : TwoCities {
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    recognise();
  }
  // The next version, but for this.
  v1::Agreement next(const std::function<void(v1::Agreement&)>& change = [](auto&) {}) {
    auto agreement = agreement_between(a, b, ++version);
    change(agreement);
    return agreement;
  }
  // What the import of 10 kg from here on comes to once the taker alone has filed the next version,
  // and then the sender; "kilograms there, methodology".
  void expect_old_terms(std::uint64_t start, const std::function<void(v1::Agreement&)>& change) {
    agree(a, b, next());
    const auto exported = export_units(a, b, {{{start, start + 9}}});
    PUHUI_ACCEPTED(exported);
    const auto changed = next(change);
    PUHUI_ACCEPTED(file_agreement(b, a, changed));
    const auto imported = import_units(b, carry(a, b, exported.leaf));
    PUHUI_ACCEPTED(imported);
    const auto there = *transfer_at(b, id_of(a, exported.leaf));
    EXPECT_EQ(there.recognised_kg(), 9);
    EXPECT_EQ(there.bound_until(), 0);
    EXPECT_EQ(there.deadline(), exported.time + kAnswerWithin);
    const auto batch = *b.view().batch(b.view().serial(there.serials(0).start())->batch());
    EXPECT_EQ(batch.methodology(), "PV-RECOGNISED");
    EXPECT_EQ(batch.mirrored().priority(), 1);
    // The sender knows the version it sent them under, if none since.
    PUHUI_ACCEPTED(conclude(a, carry(b, a, imported.leaf)));
    EXPECT_EQ(transfer_at(a, id_of(a, exported.leaf))->recognised_kg(), 9);
    PUHUI_ACCEPTED(file_agreement(a, b, changed));
  }
  std::uint32_t version = 1;
};

// ---- The taker has filed a newer one ----

TEST_F(TransferVersions, OfTheirSendingDecideWhatIsRecognised) {
  using G = v1::Agreement;
  const std::vector<std::function<void(G&)>> changes = {
      [this](G& g) { terms_of_taker(g, b).set_discount("1/2"); },
      [this](G& g) { terms_of_taker(g, b).set_discount("1"); },
      [this](G& g) { terms_of_taker(g, b).set_vintage_from(2025); },
      [this](G& g) { terms_of_taker(g, b).set_vintage_to(2023); },
      [this](G& g) { terms_of_taker(g, b).set_year_quota_kg(1); },
      [this](G& g) { terms_of_taker(g, b).set_dispute_window(kMicrosPerDay); },
      [this](G& g) { terms_of_taker(g, b).set_priority(7); },
      [this](G& g) { terms_of_taker(g, b).mutable_methodologies(0)->set_methodology("WH-OTHER"); },
      [this](G& g) { terms_of_taker(g, b).mutable_methodologies(0)->set_recognised_as("OTHER"); },
      [](G& g) { g.mutable_terms()->DeleteSubrange(1, 1); },  // it takes nothing any more
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    SCOPED_TRACE(i);
    expect_old_terms(1 + 10 * i, changes[i]);
  }
  EXPECT_EQ(b.held("owner-main"), 90);
}

TEST_F(TransferVersions, GoOnUntilTheNextBegins) {
  const auto begins = a.now + kMicrosPerDay;
  agree(a, b, next([&](auto& g) {
          g.set_effective_from(begins);
          terms_of_taker(g, b).set_discount("1/2");
        }));
  auto early = export_event(a, b, {{{11, 20}}});
  early.mutable_export_()->set_agreement_version(2);
  PUHUI_REFUSED(a.send(early, {early.party()}), AGREEMENT_VERSION);
  const auto exported = export_units(a, b, {{{1, 10}}});
  PUHUI_ACCEPTED(exported);
  PUHUI_ACCEPTED(import_units(b, carry(a, b, exported.leaf)));
  EXPECT_EQ(b.held("owner-main"), 9);
  auto late = export_event(a, b, {{{11, 20}}});
  a.now = b.now = begins;
  PUHUI_REFUSED(a.send(late, {late.party()}), AGREEMENT_VERSION);
  const auto next_one = export_units(a, b, {{{11, 20}}});
  PUHUI_ACCEPTED(next_one);
  PUHUI_ACCEPTED(import_units(b, carry(a, b, next_one.leaf)));
  EXPECT_EQ(b.held("owner-main"), 9 + 5);
}

// Time mends it: the transfer is taken once that version has begun.
TEST_F(TransferVersions, AreNotRefusedBecauseTheNextBeginsLater) {
  const auto ends = a.now + kMicrosPerDay;
  agree(a, b, next([&](auto& g) { g.set_effective_to(ends); }));
  const auto exported = export_units(a, b, {{{1, 10}}});
  const auto proof = carry(a, b, exported.leaf);
  const auto begins = ends + kMicrosPerDay;
  PUHUI_ACCEPTED(file_agreement(b, a, next([&](auto& g) { g.set_effective_from(begins); })));
  b.now = ends;
  PUHUI_REFUSED(import_units(b, proof), AGREEMENT_STANDING);
  PUHUI_REFUSED(refuse_import(b, proof, "agreement.standing"), TRANSFER_ACCEPTABLE);
  b.now = begins;
  PUHUI_ACCEPTED(import_units(b, proof));
}

TEST_F(TransferVersions, OfTheirSendingAreWhatAnImportStates) {
  const auto exported = export_units(a, b, {{{1, 20}}});
  auto newer = next([this](auto& g) { terms_of_taker(g, b).set_discount("1/2"); });
  agree(a, b, newer);
  const auto proof = carry(a, b, exported.leaf);
  const auto by_newer = recognised(a.payload_at(exported.leaf).export_(), newer);
  auto payload = import_event(b, proof);
  payload.mutable_import()->set_recognised_kg(by_newer.kg);
  *payload.mutable_import()->mutable_discounted() = by_newer.discounted;
  PUHUI_REFUSED(b.send(payload, {"operator"}), DISCOUNT_DIFFERS);
  PUHUI_ACCEPTED(import_units(b, proof));
}

// What is retired goes by the version that has begun, whatever is filed for later.
TEST_F(TransferVersions, ThatHaveBegunSayHowMuchIsRetired) {
  const auto capped = [this](v1::Agreement& agreement, std::int64_t max_kg) {
    auto& cap = *terms_of_taker(agreement, b).add_purpose_caps();
    cap.set_purpose("voluntary");
    cap.set_max_kg(max_kg);
  };
  agree(a, b, next([&](auto& g) { capped(g, 15); }));
  cross(a, b, {{{1, 50}}});  // 1-45 there
  const auto begins = b.now + kMicrosPerDay;
  PUHUI_ACCEPTED(file_agreement(b, a, next([&](auto& g) {
                                  g.set_effective_from(begins);
                                  capped(g, 30);
                                })));
  PUHUI_ACCEPTED(retire(b, "owner-main", {{1, 15}}));
  PUHUI_REFUSED(retire(b, "owner-main", {{16, 16}}), CAP_EXCEEDED);
  b.now = begins;
  PUHUI_ACCEPTED(retire(b, "owner-main", {{16, 30}}));
  PUHUI_REFUSED(retire(b, "owner-main", {{31, 31}}), CAP_EXCEEDED);
}

// One account of what came in a year; how much of it there may be says the version.
TEST_F(TransferVersions, OfTheirSendingSayTheQuotaOfAllThatCame) {
  agree(a, b, next([this](auto& g) { terms_of_taker(g, b).set_year_quota_kg(15); }));
  cross(a, b, {{{1, 10}}});  // 9 kg
  const auto narrow = export_units(a, b, {{{11, 20}}});
  agree(a, b, next([this](auto& g) { terms_of_taker(g, b).set_year_quota_kg(20); }));
  const auto wide = export_units(a, b, {{{21, 30}}});
  const auto proof = carry(a, b, wide.leaf);
  PUHUI_REFUSED(import_units(b, carry(a, b, narrow.leaf)), QUOTA_EXCEEDED);
  PUHUI_ACCEPTED(import_units(b, proof));
  PUHUI_ACCEPTED(refuse_import(b, carry(a, b, narrow.leaf), "quota.exceeded"));
}

TEST_F(TransferVersions, OfTheirSendingSayTheDeadlineInBothCities) {
  const auto early = export_units(a, b, {{{1, 20}}});
  const auto late = export_units(a, b, {{{21, 40}}});
  agree(a, b, next([](auto& g) { g.set_answer_within(kMicrosPerDay); }));
  const auto shorter = export_units(a, b, {{{41, 60}}});
  EXPECT_EQ(transfer_at(a, id_of(a, early.leaf))->deadline(), early.time + kAnswerWithin);
  EXPECT_EQ(transfer_at(a, id_of(a, shorter.leaf))->deadline(), shorter.time + kMicrosPerDay);
  const auto short_proof = carry(a, b, shorter.leaf);
  const auto late_proof = carry(a, b, late.leaf);
  b.now = shorter.time + kMicrosPerDay - 1;
  PUHUI_REFUSED(void_import(b, short_proof), TRANSFER_DEADLINE_RUNNING);
  b.now = shorter.time + kMicrosPerDay;
  PUHUI_REFUSED(import_units(b, short_proof), TRANSFER_DEADLINE_PASSED);
  PUHUI_ACCEPTED(void_import(b, short_proof));
  EXPECT_EQ(transfer_at(b, id_of(a, shorter.leaf))->deadline(), shorter.time + kMicrosPerDay);
  b.now = early.time + kAnswerWithin - 1;
  PUHUI_ACCEPTED(import_units(b, carry(a, b, early.leaf)));
  EXPECT_EQ(transfer_at(b, id_of(a, early.leaf))->deadline(), early.time + kAnswerWithin);
  b.now = late.time + kAnswerWithin - 1;
  PUHUI_REFUSED(void_import(b, late_proof), TRANSFER_DEADLINE_RUNNING);
  b.now = late.time + kAnswerWithin;
  PUHUI_REFUSED(import_units(b, late_proof), TRANSFER_DEADLINE_PASSED);
  PUHUI_ACCEPTED(void_import(b, late_proof));
}

TEST_F(TransferVersions, OfTheirSendingBringThemHome) {
  cross(a, b, {{{1, 100}}});
  const auto home = send_home(b, a, {{11, 20}});
  PUHUI_ACCEPTED(home);
  agree(a, b, next([](auto& g) { g.clear_terms(); }));
  const auto imported = import_units(a, carry(b, a, home.leaf));
  PUHUI_ACCEPTED(imported);
  PUHUI_ACCEPTED(conclude(b, carry(a, b, imported.leaf)));
  EXPECT_EQ(held_text(a, "owner-main"), "11-20");
}

TEST_F(TransferVersions, AreTheNewestWhereUnitsAreSent) {
  agree(a, b, next());
  auto payload = export_event(a, b, {{{1, 10}}});
  payload.mutable_export_()->set_agreement_version(1);
  PUHUI_REFUSED(a.send(payload, {"owner"}), AGREEMENT_VERSION);
  PUHUI_ACCEPTED(export_units(a, b, {{{1, 10}}}));
}

// Whether anything comes at all is for the agreement as it stands now.
TEST_F(TransferVersions, OfTheirSendingDoNotKeepAnAgreementInForce) {
  const auto exported = export_units(a, b, {{{1, 10}}});
  const auto proof = carry(a, b, exported.leaf);
  PUHUI_ACCEPTED(set_agreement(b, a, v1::CLOSED));
  PUHUI_REFUSED(import_units(b, proof), AGREEMENT_STANDING);
  PUHUI_ACCEPTED(
      file_agreement(b, a, next([this](auto& g) { g.set_effective_to(b.now + kMicrosPerDay); })));
  b.now += kMicrosPerDay;
  PUHUI_REFUSED(import_units(b, proof), AGREEMENT_STANDING);
  PUHUI_ACCEPTED(file_agreement(b, a, next()));
  PUHUI_ACCEPTED(import_units(b, proof));
}

// ---- The taker has not filed it yet ----

struct UnknownVersions : TransferVersions {
  // Sent under a version that asks for an answer within three days, and is filed at home alone.
  void SetUp() override {
    TransferVersions::SetUp();
    newer = next([this](auto& g) {
      g.set_answer_within(3 * kMicrosPerDay);
      terms_of_taker(g, b).set_discount("1/2");
    });
    PUHUI_ACCEPTED(file_agreement(a, b, newer));
    exported = export_units(a, b, {{{1, 20}}});
    PUHUI_ACCEPTED(exported);
  }
  v1::ProvenLeaf proof() { return carry(a, b, exported.leaf); }

  v1::Agreement newer;
  Answer exported;
};

TEST_F(UnknownVersions, AreWaitedFor) {
  PUHUI_REFUSED(import_units(b, proof()), AGREEMENT_VERSION);
  PUHUI_ACCEPTED(file_agreement(b, a, newer));
  const auto imported = import_units(b, proof());
  PUHUI_ACCEPTED(imported);
  EXPECT_EQ(b.held("owner-main"), 10);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, imported.leaf)));
  EXPECT_EQ(a.totals().units_cancelled_kg(), 10);
}

TEST_F(UnknownVersions, AreNoReasonToRefuse) {
  for (const auto* code : {"agreement.version", "none", "agreement.standing", ""}) {
    const auto refused = refuse_import(b, proof(), code);
    PUHUI_REFUSED(refused, TRANSFER_ACCEPTABLE);
    EXPECT_EQ(refused.outcome.limit(), "none");
  }
  EXPECT_EQ(transfer_state(b, id_of(a, exported.leaf)), v1::TRANSFER_STATE_UNSPECIFIED);
}

TEST_F(UnknownVersions, EndWithTheDeadlineThatTheExportNames) {
  const auto shown = proof();
  b.now = exported.time + 3 * kMicrosPerDay - 1;
  PUHUI_REFUSED(void_import(b, shown), TRANSFER_DEADLINE_RUNNING);
  b.now = exported.time + 3 * kMicrosPerDay;
  PUHUI_REFUSED(import_units(b, shown), TRANSFER_DEADLINE_PASSED);
  b.now = exported.time + 3 * kMicrosPerDay;
  const auto voided = void_import(b, shown);
  PUHUI_ACCEPTED(voided);
  EXPECT_EQ(agreement_at(b, a)->agreement().version(), 1u);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, voided.leaf)));
  EXPECT_EQ(held_text(a, "owner-main"), "1-100");
  PUHUI_ACCEPTED(file_agreement(b, a, newer));
  PUHUI_REFUSED(import_units(b, proof()), TRANSFER_ANSWERED);
}

// A return is by the version of the city that sends it, too.
TEST_F(UnknownVersions, KeepUnitsFromComingHome) {
  PUHUI_ACCEPTED(file_agreement(b, a, newer));
  PUHUI_ACCEPTED(import_units(b, proof()));
  PUHUI_ACCEPTED(file_agreement(b, a, next()));
  const auto home = send_home(b, a, {{1, 5}});
  PUHUI_ACCEPTED(home);
  PUHUI_REFUSED(import_units(a, carry(b, a, home.leaf)), AGREEMENT_VERSION);
}

}  // namespace
}  // namespace puhui::ledger::testing
