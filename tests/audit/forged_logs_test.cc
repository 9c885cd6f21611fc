// A partner whose log says what its ledger never accepted, judged again.
#include "tests/audit/judged_cities.h"
#include "tests/ledger/lying_log.h"

namespace puhui::node::audit::testing {
namespace {

using enum v1::ErrorCode;

struct AuditedForgery : AuditedCities {
  SovereignCity c{{"EZHOU", "P3"}};
  LyingLog log{c};

  // This city recognises the third one too.
  void SetUp() override {
    AuditedCities::SetUp();
    recognise();
    PUHUI_ACCEPTED(file_agreement(a, c, agreement_between(a, c)));
  }
  // An export of the third city, of serials it may never have issued.
  v1::Payload exporting(const v1::ExportedRun& run, bool is_return = false) {
    auto payload = c.event("operator");
    auto& action = *payload.mutable_export_();
    action.set_partner(a.code());
    action.set_from("owner-main");
    action.set_to("owner-main");
    action.set_agreement_version(1);
    action.set_answer_within(kAnswerWithin);
    *action.add_runs() = run;
    action.set_is_return(is_return);
    return payload;
  }
};

TEST_F(AuditedForgery, IsFoundWhereItAnswersForAnotherCity) {
  const auto exported = export_units(a, b, {{{1, 10}}});
  const auto proof = carry(a, b, exported.leaf);
  auto answer = c.event("operator");
  *answer.mutable_void_import()->mutable_export_() = proof;
  refuses(concluding(log.show(a, answer)), LEAF_UNEXPECTED);
  auto settlement = c.event("operator");
  settlement.mutable_settle_transfer()->set_settlement(settlement_of(a, exported.leaf));
  refuses(concluding(log.show(a, settlement)), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(conclude(a, carry(b, a, import_units(b, proof).leaf)));
  expect_clean(a);
}

// Who takes by a settlement takes nothing.
TEST_F(AuditedForgery, IsFoundWhereItTakesByASettlement) {
  const auto exported = export_units(a, c, {{{1, 10}}});
  PUHUI_ACCEPTED(exported);
  const auto settled = [&](bool is_recognised) {
    const auto bytes = settlement_of(a, exported.leaf, is_recognised);
    return log.show(a, settling_event(c, bytes, {}));
  };
  refuses(concluding(settled(true)), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(a.send(concluding(settled(false)), {"operator"}));
  EXPECT_EQ(a.bound("owner-main"), 0);
  expect_clean(a);
}

TEST_F(AuditedForgery, IsFoundWhereADraftHasNoName) {
  const std::string name(10'000, 'x');
  auto drafted = c.event("operator"), opened = c.event("operator");
  drafted.mutable_draft_filing()->set_filing(name);
  *drafted.mutable_draft_filing()->mutable_subject()->mutable_project() = pv_project("P8");
  opened.mutable_open_notice()->mutable_about()->set_filing(name);
  const auto draft = log.add(drafted), notice = log.add(opened);
  auto noted = a.event("operator");
  *noted.mutable_note_filing()->mutable_notice() = log.show(a, notice);
  *noted.mutable_note_filing()->mutable_filing() = log.show(a, draft);
  refuses(noted, LEAF_UNEXPECTED);
  expect_clean(a);
}

TEST_F(AuditedForgery, IsFoundWhereItReturnsWhatWentElsewhere) {
  cross(a, b, {{{1, 50}}});
  const auto run = a.run(1, 10);
  const auto returned = log.show(a, exporting(run, true));
  refuses(import_event(a, returned), UNITS_FOREIGN);
  auto elsewhere = exporting(run, true);
  elsewhere.mutable_export_()->set_partner(b.code());
  refuses(import_event(a, log.show(a, elsewhere)), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(a.send(refusing(returned, UNITS_FOREIGN), {"operator"}));
  expect_clean(a);
}

// What no ledger would export is not even kept out: nothing answers it.
TEST_F(AuditedForgery, IsFoundWhereItIsNoExport) {
  const auto doctored = [&](auto change) {
    auto payload = exporting(a.run(1, 10), true);
    change(*payload.mutable_export_());
    return log.show(a, payload);
  };
  using Export = v1::Export;
  for (const auto& leaf :
       {doctored([](Export& sent) { sent.mutable_runs(0)->set_end(0); }),
        doctored([](Export& sent) { sent.mutable_runs(0)->set_batch_start(2); }),
        doctored([](Export& sent) { sent.set_answer_within(0); }),
        doctored([](Export& sent) { sent.set_answer_within(3'654 * kMicrosPerDay); })})
    refuses(voiding(leaf), LEAF_UNEXPECTED);
  expect_clean(a);
}

TEST_F(AuditedForgery, IsFoundWhereItsTermsAreOthers) {
  const auto sent = [&](auto change) {
    auto payload = exporting(c.run(1, 10));
    change(*payload.mutable_export_());
    return log.show(a, payload);
  };
  PUHUI_ACCEPTED(c.issue_kg(10));
  using Export = v1::Export;
  const auto other = sent([](Export& e) { e.mutable_runs(0)->set_methodology("ANOTHER"); });
  refuses(import_event(a, other), METHODOLOGY_NOT_EQUIVALENT);
  const auto old = sent([](Export& e) { e.mutable_runs(0)->set_vintage(2022); });
  refuses(import_event(a, old), VINTAGE_NOT_RECOGNISED);
  const auto unknown = sent([](Export& e) { e.set_agreement_version(2); });
  refuses(import_event(a, unknown), AGREEMENT_VERSION);
  refuses(refusing(unknown, AGREEMENT_VERSION), TRANSFER_ACCEPTABLE);
  PUHUI_ACCEPTED(a.send(refusing(old, VINTAGE_NOT_RECOGNISED), {"operator"}));
  expect_clean(a);
}

// A serial lives in one city: the same units do not come twice.
TEST_F(AuditedForgery, IsFoundWhereItSendsUnitsThatAreHere) {
  PUHUI_ACCEPTED(c.issue_kg(10));
  auto filing = c.event("operator");
  *filing.mutable_file_project() = pv_project(c.project());
  const auto noted = log.show(a, filing);
  PUHUI_ACCEPTED(a.send(filing_event(a, noted), {"operator"}));
  PUHUI_ACCEPTED(import_units(a, log.show(a, exporting(c.run(1, 10)))));
  const auto again = log.show(a, exporting(c.run(5, 10)));
  refuses(import_event(a, again), UNITS_FOREIGN);
  PUHUI_ACCEPTED(a.send(refusing(again, UNITS_FOREIGN), {"operator"}));
  expect_clean(a);
  known_drift = "issued 150, kept 159, of it twice 0; ";  // nothing left the third city
}

}  // namespace
}  // namespace puhui::node::audit::testing
