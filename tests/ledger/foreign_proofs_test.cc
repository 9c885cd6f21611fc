// Proofs that do not show what they should, and exports that may not be: each refusal by its code.
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "ledger/rules/holding/holdings.h"
#include "tests/ledger/cities.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct ForeignProofs : TwoCities {
  void SetUp() override {
    PUHUI_ACCEPTED(a.issue_kg(100));
    recognise();
  }
  // An export of 20 kg as the other city can check it.
  v1::ProvenLeaf exported(std::uint64_t start = 1) {
    const auto answer = export_units(a, b, {{{start, start + 19}}});
    EXPECT_EQ(answer.decision, v1::ACCEPTED) << code_name(answer.code);
    return carry(a, b, answer.leaf);
  }
  // What every step that carries a proof says of this one.
  void expect_all_refused(const v1::ProvenLeaf& proof, ErrorCode code) {
    PUHUI_REFUSED(import_units(b, proof), code);
    PUHUI_REFUSED(refuse_import(b, proof, "quota.exceeded"), code);
    PUHUI_REFUSED(void_import(b, proof), code);
    PUHUI_REFUSED(conclude(b, proof), code);
    PUHUI_REFUSED(note_retirement(b, proof), code);
    PUHUI_REFUSED(note_recall(b, proof), code);
    PUHUI_REFUSED(b.send(filing_event(b, proof), {"operator"}), code);
  }
  template <class Change>
  static v1::ProvenLeaf changed(v1::ProvenLeaf proof, Change change) {
    change(proof);
    return proof;
  }
};

// ---- Where a proof comes from ----

TEST_F(ForeignProofs, OfUnknownCitiesShowNothing) {
  const auto proof = exported();
  for (const auto* city : {"", "YICHANG", "XIANGYANG", "wuhan", "WUHAN\n"})
    expect_all_refused(changed(proof, [&](auto& p) { p.set_city(city); }), AGREEMENT_UNKNOWN);
}

TEST_F(ForeignProofs, OfAnotherCityAreNotThisOnes) {
  SovereignCity c{{"YICHANG", "P3"}};
  agree(b, c, agreement_between(b, c));
  const auto proof = exported();
  PUHUI_ACCEPTED(carry_checkpoint(c, b));
  const auto size = accepted_size(b, c);
  ASSERT_NE(size, proof.tree_size());
  const auto as_of_c = changed(proof, [](auto& p) { p.set_city("YICHANG"); });
  expect_all_refused(as_of_c, CHECKPOINT_NOT_ACCEPTED);
  expect_all_refused(changed(as_of_c, [&](auto& p) { p.set_tree_size(size); }), PROOF_INVALID);
}

TEST_F(ForeignProofs, OfWhatIsForAnotherCityAreNotForThisOne) {
  SovereignCity c{{"YICHANG", "P3"}};
  agree(a, c, agreement_between(a, c));
  const auto elsewhere = export_units(a, c, {{{1, 20}}});
  PUHUI_ACCEPTED(elsewhere);
  const auto proof = carry(a, b, elsewhere.leaf);
  PUHUI_REFUSED(import_units(b, proof), LEAF_UNEXPECTED);
  PUHUI_REFUSED(refuse_import(b, proof, "quota.exceeded"), LEAF_UNEXPECTED);
  b.now = a.now + kAnswerWithin;
  PUHUI_REFUSED(void_import(b, proof), LEAF_UNEXPECTED);
}

// ---- Checkpoints ----

TEST_F(ForeignProofs, NeedACheckpointThatWasAccepted) {
  const auto answer = export_units(a, b, {{{1, 20}}});
  const auto proof = a.proven(answer.leaf, a.head().size);
  expect_all_refused(proof, CHECKPOINT_NOT_ACCEPTED);
  // One with too few cosignatures is none.
  PUHUI_REFUSED(b.send(checkpoint_event(a, b, a.signed_note(a.tree(), 1)), {"operator"}),
                POLICY_UNMET);
  PUHUI_REFUSED(import_units(b, proof), CHECKPOINT_NOT_ACCEPTED);
  PUHUI_ACCEPTED(carry_checkpoint(a, b));
  for (const auto size :
       {proof.tree_size() - 1, proof.tree_size() + 1, std::uint64_t{0}, ~std::uint64_t{0}})
    PUHUI_REFUSED(import_units(b, changed(proof, [&](auto& p) { p.set_tree_size(size); })),
                  CHECKPOINT_NOT_ACCEPTED);
  PUHUI_ACCEPTED(import_units(b, proof));
}

// ---- The path ----

TEST_F(ForeignProofs, LeadFromTheEntryToTheRoot) {
  const auto proof = exported();
  const auto swapped = carry(a, b, proof.index() - 1);
  ASSERT_GT(proof.path_size(), 1);
  using P = v1::ProvenLeaf;
  const std::vector<std::function<void(P&)>> faults = {
      [&](P& p) { p.set_entry(swapped.entry()); },
      [&](P& p) { p.set_index(swapped.index()); },
      [&](P& p) { *p.mutable_path() = swapped.path(); },
      [](P& p) { p.clear_entry(); },
      [](P& p) { p.mutable_entry()->back() ^= 1; },
      [](P& p) { p.mutable_entry()->push_back('x'); },
      [](P& p) { p.set_entry(std::string(60'000, 'x')); },
      [](P& p) { p.set_index(p.tree_size()); },
      [](P& p) { p.set_index(~std::uint64_t{0}); },
      [](P& p) { p.clear_path(); },
      [](P& p) { p.mutable_path()->RemoveLast(); },
      [](P& p) { p.mutable_path()->SwapElements(0, 1); },
      [](P& p) { p.mutable_path(0)->front() ^= 1; },
      [](P& p) { p.mutable_path(0)->pop_back(); },  // 31 bytes
      [](P& p) { p.mutable_path(0)->push_back('x'); },
      [](P& p) { p.mutable_path(0)->clear(); },
      [](P& p) { p.add_path(std::string(32, 'x')); },
      [](P& p) {
        while (p.path_size() < 65) p.add_path(std::string(32, 'x'));
      },
      [](P& p) {
        while (p.path_size() < 1'000) p.add_path(std::string(32, 'x'));
      },
  };
  for (std::size_t i = 0; i < faults.size(); ++i) {
    SCOPED_TRACE(i);
    PUHUI_REFUSED(import_units(b, changed(proof, faults[i])), PROOF_INVALID);
  }
  expect_all_refused(changed(proof, faults.front()), PROOF_INVALID);
  PUHUI_ACCEPTED(import_units(b, proof));
}

// ---- What the entry is ----

TEST_F(ForeignProofs, OfOtherEventsAreNotWhatAStepNeeds) {
  const auto moved = transfer(a, {"owner-main", "buyer-main"}, {{1, 5}});
  PUHUI_ACCEPTED(moved);
  expect_all_refused(carry(a, b, moved.leaf), LEAF_UNEXPECTED);
  // An export is no answer, no retirement, no recall, and no filing.
  const auto proof = exported(6);
  PUHUI_REFUSED(conclude(b, proof), LEAF_UNEXPECTED);
  PUHUI_REFUSED(note_retirement(b, proof), LEAF_UNEXPECTED);
  PUHUI_REFUSED(note_recall(b, proof), LEAF_UNEXPECTED);
  PUHUI_REFUSED(b.send(filing_event(b, proof), {"operator"}), LEAF_UNEXPECTED);
  // Nor is an answer an export.
  const auto imported = import_units(b, proof);
  const auto answer = carry(b, a, imported.leaf);
  PUHUI_REFUSED(import_units(a, answer), LEAF_UNEXPECTED);
  PUHUI_REFUSED(void_import(a, answer), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(conclude(a, answer));
}

TEST_F(ForeignProofs, OfStateRootsAreOfNoEvent) {
  std::uint64_t leaf = 63;  // every 64th
  for (int i = 0; a.head().size <= leaf; ++i)
    PUHUI_ACCEPTED(transfer(
        a, {i % 2 == 0 ? "owner-main" : "owner-side", i % 2 == 0 ? "owner-side" : "owner-main"},
        1));
  expect_all_refused(carry(a, b, leaf), LEAF_UNEXPECTED);
}

// ---- Doctored ----

TEST_F(ForeignProofs, OfAnExportDoNotLetItsDiscountBeDoctored) {
  const auto proof = exported();  // 18 of 20
  const auto with = [&](const std::function<void(v1::Import&)>& change) {
    auto payload = import_event(b, proof);
    change(*payload.mutable_import());
    return b.send(payload, {"operator"});
  };
  PUHUI_REFUSED(with([](auto& i) { i.set_recognised_kg(19); }), DISCOUNT_DIFFERS);
  PUHUI_REFUSED(with([](auto& i) { i.set_recognised_kg(17); }), DISCOUNT_DIFFERS);
  PUHUI_REFUSED(with([](auto& i) { i.set_recognised_kg(-18); }), DISCOUNT_DIFFERS);
  PUHUI_REFUSED(with([](auto& i) {
                  i.set_recognised_kg(20);
                  i.clear_discounted();
                }),
                DISCOUNT_DIFFERS);
  PUHUI_REFUSED(with([](auto& i) { i.clear_discounted(); }), DISCOUNT_DIFFERS);
  PUHUI_REFUSED(with([](auto& i) { i.mutable_discounted(0)->set_start(18); }), DISCOUNT_DIFFERS);
  PUHUI_REFUSED(with([](auto& i) { i.mutable_discounted(0)->set_end(21); }), DISCOUNT_DIFFERS);
  PUHUI_REFUSED(with([](auto& i) { *i.add_discounted() = i.discounted(0); }), DISCOUNT_DIFFERS);
  PUHUI_REFUSED(with([](auto& i) {  // the first ones instead of the last
                  i.mutable_discounted(0)->set_start(1);
                  i.mutable_discounted(0)->set_end(2);
                }),
                DISCOUNT_DIFFERS);
  PUHUI_ACCEPTED(with([](auto&) {}));
}

// ---- Again and again ----

TEST_F(ForeignProofs, AreTakenOnce) {
  const auto proof = exported();
  const auto event = import_event(b, proof);
  const auto imported = b.send(event, {"operator"});
  PUHUI_ACCEPTED(imported);
  const auto again = b.send(event, {"operator"});
  PUHUI_ACCEPTED(again);  // the same event: the first answer
  EXPECT_EQ(again.leaf, imported.leaf);
  PUHUI_REFUSED(import_units(b, proof), TRANSFER_ANSWERED);
  PUHUI_REFUSED(refuse_import(b, proof, "quota.exceeded"), TRANSFER_ANSWERED);
  b.now = a.now + kAnswerWithin;
  PUHUI_REFUSED(void_import(b, proof), TRANSFER_ANSWERED);
  // Nor by another checkpoint.
  PUHUI_ACCEPTED(open_account(a, "owner-new", "owner"));
  PUHUI_ACCEPTED(carry_checkpoint(a, b));
  PUHUI_REFUSED(import_units(b, carry(a, b, proof.index())), TRANSFER_ANSWERED);
  EXPECT_EQ(b.held("owner-main"), 18);

  const auto answer = carry(b, a, imported.leaf);
  PUHUI_ACCEPTED(conclude(a, answer));
  PUHUI_REFUSED(conclude(a, answer), TRANSFER_STATE_WRONG);
  EXPECT_EQ(a.held("owner-main"), 80);
}

TEST_F(ForeignProofs, AreTakenOnceInOneBlock) {
  const auto proof = exported();
  const auto one = b.sealed(import_event(b, proof), {"operator"});
  const auto other = b.sealed(import_event(b, proof), {"operator"});
  const auto answers = b.apply({one, other, one});
  PUHUI_ACCEPTED(answers[0]);
  PUHUI_REFUSED(answers[1], TRANSFER_ANSWERED);
  EXPECT_EQ(answers[2].leaf, answers[0].leaf);
  EXPECT_EQ(b.held("owner-main"), 18);
}

TEST_F(ForeignProofs, AreNotTakenAfterTheyWereVoid) {
  const auto proof = exported();
  PUHUI_REFUSED(void_import(b, proof), TRANSFER_DEADLINE_RUNNING);
  b.now = a.now + kAnswerWithin;
  PUHUI_REFUSED(import_units(b, proof), TRANSFER_DEADLINE_PASSED);
  PUHUI_ACCEPTED(void_import(b, proof));
  PUHUI_REFUSED(import_units(b, proof), TRANSFER_ANSWERED);
}

TEST_F(ForeignProofs, OfAnswersAreForWhoAsked) {
  const auto imported = import_units(b, exported());
  PUHUI_ACCEPTED(imported);
  SovereignCity c{{"YICHANG", "P3"}};
  agree(b, c, agreement_between(b, c));
  PUHUI_REFUSED(conclude(c, carry(b, c, imported.leaf)), LEAF_UNEXPECTED);
}

// ---- Exports that may not be ----

TEST_F(ForeignProofs, OfBoundUnitsAreNotMade) {
  auto bound = a.event("owner");
  auto& bind = *bound.mutable_bind();
  bind.set_bond("reserved");
  bind.set_kind(v1::RESERVATION);
  bind.set_account("owner-main");
  bind.set_beneficiary("exchange");
  add_serials(bind, {{1, 10}});
  PUHUI_ACCEPTED(a.send(bound, {"owner"}));
  PUHUI_REFUSED(export_units(a, b, {{{5, 15}}}), SERIAL_BOUND);
  auto frozen = a.event("bureau");
  frozen.mutable_restrain_party()->set_party("owner");
  frozen.mutable_restrain_party()->set_restraint(v1::FROZEN);
  frozen.mutable_restrain_party()->set_reason("case 1");
  PUHUI_ACCEPTED(a.send(frozen, {"bureau"}));
  PUHUI_REFUSED(export_units(a, b, {{{11, 15}}}), PARTY_RESTRAINED);
}

TEST_F(ForeignProofs, OfUnitsThatAreNotThereAreNotMade) {
  PUHUI_ACCEPTED(transfer(a, {"owner-main", "buyer-main"}, {{1, 5}}));
  PUHUI_ACCEPTED(retire(a, "owner-main", {{6, 8}}));
  PUHUI_REFUSED(export_units(a, b, {{{1, 9}}}), SERIAL_NOT_OWNED);
  PUHUI_REFUSED(export_units(a, b, {{{6, 9}}}), SERIAL_RETIRED);
  auto beyond = export_event(a, b, {{{90, 100}}});
  beyond.mutable_export_()->mutable_runs(0)->set_end(101);
  PUHUI_REFUSED(a.send(beyond, {"owner"}), SERIAL_NOT_OWNED);
}

TEST_F(ForeignProofs, OfAPartnersUnitsGoHomeAlone) {
  SovereignCity c{{"YICHANG", "P3"}};
  agree(b, c, agreement_between(b, c));
  PUHUI_ACCEPTED(b.issue_kg(10));  // 1 to 10
  cross(a, b, {{{1, 100}}});       // 11 to 100
  PUHUI_REFUSED(export_units(b, c, {{{11, 20}}}), UNITS_FOREIGN);
  PUHUI_REFUSED(export_units(b, c, {{{11, 20}}, "owner-main", "owner-main", true}), UNITS_FOREIGN);
  PUHUI_REFUSED(export_units(b, a, {{{11, 20}}}), UNITS_FOREIGN);
  PUHUI_REFUSED(send_home(b, a, {{1, 10}}), UNITS_FOREIGN);
  PUHUI_REFUSED(send_home(b, a, {{8, 12}}), UNITS_FOREIGN);
  PUHUI_ACCEPTED(export_units(b, c, {{{1, 10}}}));
  PUHUI_ACCEPTED(send_home(b, a, {{11, 20}}));
}

TEST_F(ForeignProofs, OfRunsSayWhatTheLedgerSays) {
  PUHUI_ACCEPTED(a.issue_kg(10));
  using R = v1::ExportedRun;
  const auto with = [this](const std::function<void(R&)>& change) {
    auto payload = export_event(a, b, {{{91, 100}}});
    change(*payload.mutable_export_()->mutable_runs(0));
    return a.send(payload, {"owner"});
  };
  PUHUI_REFUSED(with([](R& r) { r.set_origin_start(90); }), UNITS_FOREIGN);
  PUHUI_REFUSED(with([](R& r) { r.set_batch("B2"); }), RUN_DIFFERS);
  PUHUI_REFUSED(with([](R& r) { r.set_project("P2"); }), RUN_DIFFERS);
  PUHUI_REFUSED(with([](R& r) { r.set_area("420100"); }), RUN_DIFFERS);
  PUHUI_REFUSED(with([](R& r) { r.set_methodology("WH-OTHER"); }), RUN_DIFFERS);
  PUHUI_REFUSED(with([](R& r) { r.set_methodology_version("V02"); }), RUN_DIFFERS);
  PUHUI_REFUSED(with([](R& r) { r.set_serial_code("XX"); }), RUN_DIFFERS);
  PUHUI_REFUSED(with([](R& r) { r.set_vintage(2025); }), RUN_DIFFERS);
  PUHUI_REFUSED(with([](R& r) { r.set_end(101); }), RUN_DIFFERS);  // of two batches
  PUHUI_REFUSED(with([](R& r) { r.clear_batch_start(); }), RUN_DIFFERS);
  PUHUI_REFUSED(with([](R& r) { r.set_batch_start(2); }), RUN_DIFFERS);
  PUHUI_REFUSED(with([](R& r) { r.set_batch_start(91); }), RUN_DIFFERS);
  PUHUI_REFUSED(with([](R& r) { r.set_batch_start(92); }), EVENT_MALFORMED);  // above the run
  PUHUI_ACCEPTED(with([](R&) {}));
}

// The city that issued them knows where its batches begin.
TEST_F(ForeignProofs, OfRunsThatGoHomeDoNotSayWhereTheirBatchBegins) {
  cross(a, b, {{{1, 100}}});
  for (const std::uint64_t start : {1, 11}) {
    auto payload = export_event(b, a, {{{11, 20}}, "owner-main", "owner-main", true});
    payload.mutable_export_()->mutable_runs(0)->set_batch_start(start);
    PUHUI_REFUSED(b.send(payload, {"owner"}), RUN_DIFFERS);
  }
  const auto home = send_home(b, a, {{11, 20}});
  PUHUI_ACCEPTED(home);
  EXPECT_EQ(b.payload_at(home.leaf).export_().runs(0).batch_start(), 0u);
}

TEST_F(ForeignProofs, OfRunsAreWellFormed) {
  const auto with = [this](const std::function<void(v1::Export&)>& change) {
    auto payload = export_event(a, b, {{{1, 10}, {21, 30}}});
    change(*payload.mutable_export_());
    return a.send(payload, {"owner"});
  };
  using E = v1::Export;
  PUHUI_REFUSED(with([](E& e) { e.clear_runs(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](E& e) { e.mutable_runs()->SwapElements(0, 1); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](E& e) { *e.mutable_runs(1) = e.runs(0); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](E& e) { e.mutable_runs(1)->set_start(10); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](E& e) { e.mutable_runs(0)->set_start(0); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](E& e) { e.mutable_runs(0)->set_start(11); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](E& e) { e.mutable_runs(0)->set_origin_start(0); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](E& e) { e.mutable_runs(0)->set_origin_start(25); }), UNITS_FOREIGN);
  PUHUI_REFUSED(with([](E& e) { e.mutable_runs(0)->set_origin_start(kSerialMax - 8); }),
                EVENT_MALFORMED);
  PUHUI_REFUSED(with([](E& e) { e.mutable_runs(1)->set_end(kSerialMax + 1); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](E& e) { e.mutable_runs(1)->set_end(~std::uint64_t{0}); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](E& e) { e.mutable_runs(0)->set_batch("b1"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](E& e) { e.set_to("Not A Name"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](E& e) {
                  for (std::uint64_t serial = 40; e.runs_size() <= kRunsMax; serial += 2) {
                    auto* run = e.add_runs();
                    *run = e.runs(0);
                    run->set_start(serial);
                    run->set_end(serial);
                  }
                }),
                TOO_LARGE);
  PUHUI_REFUSED(with([](E& e) { e.set_partner("YICHANG"); }), AGREEMENT_UNKNOWN);
  PUHUI_REFUSED(with([](E& e) { e.set_partner(""); }), AGREEMENT_UNKNOWN);
  PUHUI_REFUSED(with([](E& e) { e.set_agreement_version(0); }), AGREEMENT_VERSION);
  PUHUI_REFUSED(with([](E& e) { e.set_agreement_version(2); }), AGREEMENT_VERSION);
  PUHUI_ACCEPTED(with([](E&) {}));
}

TEST_F(ForeignProofs, OfExportsSayHowLongTheAnswerMayTake) {
  const auto within = [this](Micros time) {
    auto payload = export_event(a, b, {{{1, 10}}});
    payload.mutable_export_()->set_answer_within(time);
    return a.send(payload, {"owner"});
  };
  for (const Micros time : {Micros{0}, Micros{-1}, kAnswerWithin - 1, kAnswerWithin + 1, kDeadAfter,
                            kAgreedDurationMax, std::numeric_limits<Micros>::max()})
    PUHUI_REFUSED(within(time), AGREEMENT_VERSION);
  PUHUI_ACCEPTED(within(kAnswerWithin));
}

// ---- Terms ----

// By the version that is agreed now; what was sent under another goes by that one.
TEST_F(ForeignProofs, OfMethodologiesThatAreNotEquivalentAreNotMade) {
  const auto proof = exported();
  std::uint32_t version = 1;
  const auto agreed = [&](const std::function<void(v1::Agreement&)>& change) {
    auto agreement = agreement_between(a, b, ++version);
    change(agreement);
    agree(a, b, agreement);
    return export_units(a, b, {{{21, 30}}});
  };
  using G = v1::Agreement;
  PUHUI_REFUSED(agreed([&](G& g) {
                  terms_of_taker(g, b).mutable_methodologies(0)->set_methodology("WH-OTHER");
                }),
                METHODOLOGY_NOT_EQUIVALENT);
  PUHUI_REFUSED(
      agreed([&](G& g) { terms_of_taker(g, b).mutable_methodologies(0)->add_versions("V02"); }),
      METHODOLOGY_NOT_EQUIVALENT);
  PUHUI_REFUSED(agreed([&](G& g) {
                  terms_of_taker(g, b).mutable_methodologies(0)->add_versions("V02..V10");
                }),
                METHODOLOGY_NOT_EQUIVALENT);
  PUHUI_REFUSED(agreed([&](G& g) { terms_of_taker(g, b).set_vintage_from(2025); }),
                VINTAGE_NOT_RECOGNISED);
  PUHUI_REFUSED(agreed([&](G& g) { terms_of_taker(g, b).set_discount("1/11"); }), DISCOUNT_ZERO);
  PUHUI_REFUSED(agreed([](G& g) { g.mutable_terms()->DeleteSubrange(1, 1); }),  // it takes nothing
                AGREEMENT_STANDING);
  PUHUI_ACCEPTED(agreed([&](G& g) {
    terms_of_taker(g, b).mutable_methodologies(0)->add_versions("V02");
    terms_of_taker(g, b).mutable_methodologies(0)->add_versions("V01..V1");
  }));
  const auto imported = import_units(b, proof);
  PUHUI_ACCEPTED(imported);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, imported.leaf)));
}

}  // namespace
}  // namespace puhui::ledger::testing
