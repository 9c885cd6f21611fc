// A partner whose log says what no ledger by these rules would: whatever its entries are, this
// city's books add up.
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "ledger/rules/holding/holdings.h"
#include "tests/ledger/lying_log.h"
#include "tests/ledger/transfer_settlements.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct HostileProofs : ::testing::Test {
  void SetUp() override {
    auto agreement = agreement_between(liar, city);
    for (auto& terms : *agreement.mutable_terms()) {
      terms.set_year_quota_kg(std::numeric_limits<std::int64_t>::max());
      terms.set_discount("1");
    }
    agree(liar, city, agreement);
    PUHUI_ACCEPTED(city.issue_kg(100));
    auto filing = liar.event("operator");
    *filing.mutable_file_project() = pv_project("P7");
    PUHUI_ACCEPTED(city.send(filing_event(city, log.show(city, filing)), {"operator"}));
  }
  void TearDown() override {
    EXPECT_EQ(drift_of(city.view(), unit_accounts()), "");
    EXPECT_EQ(city.ledger().read_only_reason(), "");
  }
  // An export of one run of these serials there.
  v1::Payload sent(std::uint64_t start, std::uint64_t end) {
    auto payload = liar.event("owner");
    auto& action = *payload.mutable_export_();
    action.set_partner(city.code());
    action.set_from("owner-main");
    action.set_to("owner-main");
    action.set_agreement_version(agreement_at(city, liar)->agreement().version());
    action.set_answer_within(kAnswerWithin);
    add_run(action, start, end, start);
    return payload;
  }
  static void add_run(v1::Export& action, std::uint64_t start, std::uint64_t end,
                      std::uint64_t origin_start) {
    auto* run = action.add_runs();
    run->set_start(start);
    run->set_end(end);
    run->set_origin_start(origin_start);
    run->set_batch("B1");
    run->set_project("P7");
    run->set_area("420111");
    run->set_methodology("WH-PV-2023");
    run->set_methodology_version("V01");
    run->set_serial_code("PV23");
    run->set_vintage(2024);
  }
  // A return to the city: runs of serials there, each with the first of here.
  v1::Payload returned(
      const std::vector<std::pair<SerialRanges::value_type, std::uint64_t>>& runs) {
    auto payload = sent(1, 1);
    auto& action = *payload.mutable_export_();
    action.clear_runs();
    action.set_is_return(true);
    for (const auto& [range, origin] : runs) add_run(action, range.first, range.second, origin);
    return payload;
  }
  Answer take_in(const v1::Payload& payload) { return import_units(city, log.show(city, payload)); }
  // Sends units to the liar, which claims to have taken them.
  void lose(std::uint64_t start, std::uint64_t end) {
    const auto exported = export_units(city, liar, {{{start, end}}});
    PUHUI_ACCEPTED(exported);
    PUHUI_ACCEPTED(conclude(city, log.show(city, answer_to(exported.leaf))));
  }
  // Its answer: all is recognised.
  v1::Payload answer_to(std::uint64_t exported) {
    auto payload = liar.event("operator");
    auto& action = *payload.mutable_import();
    *action.mutable_export_() = city.proven(exported, city.head().size);
    action.set_recognised_kg(kilograms(city.payload_at(exported).export_().runs()));
    return payload;
  }

  SovereignCity liar{{"XIANGYANG", "P2"}}, city{{"WUHAN", "P1"}};
  LyingLog log{liar};
};

// ---- Entries ----

TEST_F(HostileProofs, OfEntriesThatAreNoEvents) {
  auto stranger = sent(1, 10);
  stranger.set_city("YICHANG");
  const auto event = city.sealed(sent(1, 10), {"operator"}).envelope;
  const std::vector<std::string> entries = {
      "",
      "x",
      std::string(9, '\0'),
      encode_entry(kNoon, EntryKind::tick, ""),
      encode_entry(kNoon, EntryKind::state_root, "x"),
      encode_entry(kNoon, EntryKind::event, ""),
      encode_entry(kNoon, EntryKind::event, "garbage"),
      encode_entry(kNoon, EntryKind::event, event.substr(1)),
      encode_entry(kNoon, EntryKind::event, event) + "x",
      std::string(8, '\xff') + encode_entry(kNoon, EntryKind::event, event).substr(8),
      encode_entry(kNoon, EntryKind::event, city.sealed(stranger, {"operator"}).envelope),
  };
  for (std::size_t i = 0; i < entries.size(); ++i) {
    SCOPED_TRACE(i);
    PUHUI_REFUSED(import_units(city, log.show(city, log.add_entry(entries[i]))), LEAF_UNEXPECTED);
  }
}

// ---- Settlements ----

// A taker that takes answers by an import: this one would have the units in both cities.
TEST_F(HostileProofs, OfSettlementsByWhichTheTakerTakes) {
  const auto exported = export_units(city, liar, {{{1, 10}}});
  PUHUI_ACCEPTED(exported);
  const auto id = id_of(city, exported.leaf);
  const auto settled = [&](bool is_recognised) {
    return log.show(city,
                    settling_event(liar, settlement_of(city, exported.leaf, is_recognised), {}));
  };
  PUHUI_REFUSED(conclude(city, settled(true)), LEAF_UNEXPECTED);
  auto executed = liar.event("operator");
  auto& resolution = *executed.mutable_execute()->mutable_resolution();
  resolution.mutable_settle_transfer()->set_settlement(settlement_of(city, exported.leaf, true));
  PUHUI_REFUSED(conclude(city, log.show(city, executed)), LEAF_UNEXPECTED);
  EXPECT_EQ(transfer_state(city, id), v1::TRANSFER_LOCKED);
  PUHUI_ACCEPTED(conclude(city, settled(false)));
  EXPECT_EQ(transfer_state(city, id), v1::TRANSFER_FREED);
}

// ---- Drafts ----

// What ended is kept by its name.
TEST_F(HostileProofs, OfDraftsWithoutAName) {
  const auto noting = [this](const std::string& name) {
    auto drafted = liar.event("operator"), opened = liar.event("operator");
    drafted.mutable_draft_filing()->set_filing(name);
    *drafted.mutable_draft_filing()->mutable_subject()->mutable_project() = pv_project("P8");
    opened.mutable_open_notice()->mutable_about()->set_filing(name);
    const auto draft = log.add(drafted), notice = log.add(opened);
    auto payload = city.event("operator");
    *payload.mutable_note_filing()->mutable_notice() = log.show(city, notice);
    *payload.mutable_note_filing()->mutable_filing() = log.show(city, draft);
    return city.send(payload, {"operator"});
  };
  for (const auto& name : {std::string(10'000, 'x'), std::string("p\0q", 3), std::string("A b")})
    PUHUI_REFUSED(noting(name), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(noting("p8"));
}

// ---- Runs ----

TEST_F(HostileProofs, OfRunsThatAreNotWellFormed) {
  constexpr auto kMax = kSerialMax;
  constexpr auto kAll = ~std::uint64_t{0};
  using E = v1::Export;
  const std::vector<std::function<void(E&)>> faults = {
      [](E& e) { e.clear_runs(); },
      [](E& e) { add_run(e, 1, 5, 1); },
      [](E& e) { add_run(e, 10, 20, 11); },
      [](E& e) { add_run(e, 11, 20, 10); },
      [](E& e) { add_run(e, 11, 11, 1); },
      [](E& e) { add_run(e, 20, 11, 20); },
      [](E& e) { e.mutable_runs(0)->set_start(0); },
      [](E& e) { e.mutable_runs(0)->set_batch_start(2); },  // above the run
      [](E& e) { add_run(e, 11, 20, 0); },
      [](E& e) { add_run(e, 12, kMax + 1, 12); },
      [](E& e) { add_run(e, 11, kAll, 11); },
      [](E& e) { add_run(e, kAll, kAll, 11); },
      [](E& e) { add_run(e, 11, kMax, 12); },
      [](E& e) { add_run(e, 11, 20, kMax - 8); },
      [](E& e) { add_run(e, 11, 20, kAll); },
      [](E& e) { e.mutable_runs(0)->clear_batch(); },
      [](E& e) { e.mutable_runs(0)->set_batch(std::string("B1\0B", 4)); },
      [](E& e) { e.mutable_runs(0)->set_batch(std::string(33, 'B')); },
      [](E& e) { e.mutable_runs(0)->set_serial_code("a-b"); },
      [](E& e) {
        for (std::uint64_t serial = 11; e.runs_size() <= kRunsMax; ++serial)
          add_run(e, serial, serial, serial);
      },
  };
  for (std::size_t i = 0; i < faults.size(); ++i) {
    SCOPED_TRACE(i);
    auto payload = sent(1, 10);
    faults[i](*payload.mutable_export_());
    PUHUI_REFUSED(take_in(payload), LEAF_UNEXPECTED);
  }
  EXPECT_EQ(city.totals().units_imported_kg(), 0);
}

TEST_F(HostileProofs, OfProjectsNobodyKnows) {
  auto payload = sent(1, 10);
  payload.mutable_export_()->mutable_runs(0)->set_project("P8");
  PUHUI_REFUSED(take_in(payload), PROJECT_ABROAD);
  payload = sent(1, 10);
  payload.mutable_export_()->mutable_runs(0)->set_project(std::string("P7\0", 3));
  PUHUI_REFUSED(take_in(payload), LEAF_UNEXPECTED);
}

// Numbers end where int64 does.
TEST_F(HostileProofs, OfAllTheKilogramsThereAre) {
  constexpr auto kRest = kSerialMax - 101;  // numbers that are left here
  PUHUI_REFUSED(take_in(sent(1, kSerialMax)), SERIAL_EXHAUSTED);
  PUHUI_REFUSED(take_in(sent(1, kRest + 1)), SERIAL_EXHAUSTED);
  PUHUI_ACCEPTED(take_in(sent(kSerialMax - kRest + 1, kSerialMax)));
  EXPECT_EQ(city.totals().units_imported_kg(), static_cast<std::int64_t>(kRest));
  PUHUI_REFUSED(take_in(sent(1, 1)), SERIAL_EXHAUSTED);
  PUHUI_REFUSED(city.issue_kg(1), SERIAL_EXHAUSTED);
  PUHUI_ACCEPTED(retire(city, "owner-main", {{200, kSerialMax - 1}}));
}

TEST_F(HostileProofs, OfMoreThanTheQuota) {
  auto agreement = agreement_between(liar, city, 2);
  agree(liar, city, agreement);  // a million kilograms, and 0.9
  PUHUI_REFUSED(take_in(sent(1, kSerialMax)), QUOTA_EXCEEDED);
  PUHUI_REFUSED(take_in(sent(1, 1'111'113)), QUOTA_EXCEEDED);
  PUHUI_ACCEPTED(take_in(sent(1, 1'111'112)));
}

// ---- Versions ----

// Only the sender's ledger sees to it that the time to answer is the one that was agreed.
TEST_F(HostileProofs, OfTimesToAnswerThatNobodyCanAgreeTo) {
  const auto within = [this](Micros time) {
    auto payload = sent(1, 10);
    payload.mutable_export_()->set_answer_within(time);
    return log.show(city, payload);
  };
  for (const Micros time : {Micros{0}, Micros{-1}, std::numeric_limits<Micros>::min(),
                            kAgreedDurationMax + 1, std::numeric_limits<Micros>::max()}) {
    const auto proof = within(time);
    PUHUI_REFUSED(import_units(city, proof), LEAF_UNEXPECTED);
    PUHUI_REFUSED(refuse_import(city, proof, "quota.exceeded"), LEAF_UNEXPECTED);
    PUHUI_REFUSED(void_import(city, proof), LEAF_UNEXPECTED);
  }
  const auto shortest = within(1);
  PUHUI_REFUSED(import_units(city, shortest), TRANSFER_DEADLINE_PASSED);
  PUHUI_ACCEPTED(void_import(city, shortest));
  const auto longest = within(kAgreedDurationMax);
  city.now = kNoon + kAgreedDurationMax - 1;
  PUHUI_REFUSED(void_import(city, longest), TRANSFER_DEADLINE_RUNNING);
  city.now = kNoon + kAgreedDurationMax;
  PUHUI_ACCEPTED(void_import(city, longest));
}

TEST_F(HostileProofs, OfVersionsThatNobodyFiled) {
  for (const std::uint32_t version : {0u, 2u, ~0u}) {
    auto payload = sent(1, 10);
    payload.mutable_export_()->set_agreement_version(version);
    const auto proof = log.show(city, payload);
    PUHUI_REFUSED(import_units(city, proof), AGREEMENT_VERSION);
    PUHUI_REFUSED(refuse_import(city, proof, "agreement.version"), TRANSFER_ACCEPTABLE);
  }
}

// What no export under this version may be, its own ledger would have refused.
TEST_F(HostileProofs, OfExportsAgainstTheTermsOfTheirVersion) {
  std::uint32_t version = 1;
  const auto refused = [&](const std::function<void(v1::Agreement&)>& change, ErrorCode code) {
    auto agreement = agreement_between(liar, city, ++version);
    change(agreement);
    agree(liar, city, agreement);
    const auto proof = log.show(city, sent(1, 10));
    PUHUI_REFUSED(import_units(city, proof), code);
    PUHUI_ACCEPTED(refuse_import(city, proof, code_name(code)));
  };
  using G = v1::Agreement;
  refused(
      [&](G& g) { terms_of_taker(g, city).mutable_methodologies(0)->set_methodology("WH-OTHER"); },
      METHODOLOGY_NOT_EQUIVALENT);
  refused([&](G& g) { terms_of_taker(g, city).mutable_methodologies(0)->add_versions("V02"); },
          METHODOLOGY_NOT_EQUIVALENT);
  refused([&](G& g) { terms_of_taker(g, city).set_vintage_from(2025); }, VINTAGE_NOT_RECOGNISED);
  refused([&](G& g) { terms_of_taker(g, city).set_vintage_to(2023); }, VINTAGE_NOT_RECOGNISED);
  refused([&](G& g) { terms_of_taker(g, city).set_discount("1/11"); }, DISCOUNT_ZERO);
  refused([](G& g) { g.mutable_terms()->DeleteSubrange(1, 1); }, AGREEMENT_STANDING);
  PUHUI_REFUSED(take_in(sent(11, 20)), AGREEMENT_STANDING);
  agree(liar, city, agreement_between(liar, city, ++version));
  PUHUI_ACCEPTED(take_in(sent(11, 20)));
}

// ---- Returns of what is not away ----

TEST_F(HostileProofs, OfReturnsOfWhatIsNotAway) {
  lose(11, 30);
  EXPECT_EQ(city.totals().units_exported_kg(), 20);
  PUHUI_REFUSED(take_in(returned({{{1, 10}, 1}})), UNITS_FOREIGN);   // held here
  PUHUI_REFUSED(take_in(returned({{{1, 21}, 11}})), UNITS_FOREIGN);  // one too many
  PUHUI_REFUSED(take_in(returned({{{1, 1}, 101}})), UNITS_FOREIGN);  // never issued
  PUHUI_REFUSED(take_in(returned({{{1, kSerialMax - 10}, 11}})), UNITS_FOREIGN);
  PUHUI_REFUSED(take_in(returned({{{1, 1}, kSerialMax}})), UNITS_FOREIGN);
  // None twice in one return.
  PUHUI_REFUSED(take_in(returned({{{1, 10}, 11}, {{11, 20}, 11}})), LEAF_UNEXPECTED);
  PUHUI_REFUSED(take_in(returned({{{1, 10}, 21}, {{11, 20}, 12}})), LEAF_UNEXPECTED);
  // In any order, once.
  PUHUI_ACCEPTED(take_in(returned({{{1, 10}, 21}, {{11, 20}, 11}})));
  EXPECT_EQ(held_text(city, "owner-main"), "1-100");
  EXPECT_EQ(city.totals().units_exported_kg(), 0);
  PUHUI_REFUSED(take_in(returned({{{1, 10}, 21}, {{11, 20}, 11}})), UNITS_FOREIGN);
}

TEST_F(HostileProofs, OfReturnsOfWhatAnotherCityHas) {
  SovereignCity c{{"YICHANG", "P3"}};
  agree(c, city, agreement_between(c, city));
  PUHUI_ACCEPTED(note_project(city, c));
  cross(city, c, {{{1, 10}}});
  PUHUI_REFUSED(take_in(returned({{{1, 9}, 1}})), UNITS_FOREIGN);
}

// ---- Answers ----

TEST_F(HostileProofs, OfAnswersThatSayOtherwise) {
  const auto exported = export_units(city, liar, {{{1, 20}}});
  PUHUI_ACCEPTED(exported);
  const auto concluded = [&](const std::function<void(v1::Payload&)>& change) {
    auto payload = answer_to(exported.leaf);
    change(payload);
    return conclude(city, log.show(city, payload));
  };
  using P = v1::Payload;
  PUHUI_REFUSED(concluded([](P& p) { p.mutable_import()->set_recognised_kg(21); }),
                DISCOUNT_DIFFERS);
  PUHUI_REFUSED(concluded([](P& p) { p.mutable_import()->set_recognised_kg(-1); }),
                DISCOUNT_DIFFERS);
  PUHUI_REFUSED(concluded([](P& p) {
                  auto* discounted = p.mutable_import()->add_discounted();
                  discounted->set_start(1);
                  discounted->set_end(1);
                }),
                DISCOUNT_DIFFERS);
  PUHUI_REFUSED(concluded([](P& p) { p.mutable_import()->mutable_export_()->clear_entry(); }),
                LEAF_UNEXPECTED);
  PUHUI_REFUSED(concluded([](P& p) { p.mutable_import()->clear_export_(); }), LEAF_UNEXPECTED);
  // About an export that never was.
  PUHUI_REFUSED(concluded([this](P& p) {
                  auto other = export_event(city, liar, {{{21, 30}}});
                  p.mutable_import()->mutable_export_()->set_entry(encode_entry(
                      kNoon, EntryKind::event, city.sealed(other, {"owner"}).envelope));
                }),
                TRANSFER_UNKNOWN);
  EXPECT_EQ(city.bound("owner-main"), 20);
  PUHUI_ACCEPTED(concluded([](P&) {}));
  PUHUI_REFUSED(concluded([](P& p) {
                  const auto about = p.import().export_();
                  *p.mutable_void_import()->mutable_export_() = about;
                }),
                TRANSFER_STATE_WRONG);
}

TEST_F(HostileProofs, OfAnswersToWhatWasSentToAnother) {
  SovereignCity c{{"YICHANG", "P3"}};
  agree(c, city, agreement_between(c, city));
  const auto exported = export_units(city, c, {{{1, 10}}});
  PUHUI_ACCEPTED(exported);
  PUHUI_REFUSED(conclude(city, log.show(city, answer_to(exported.leaf))), LEAF_UNEXPECTED);
}

// ---- What is told ----

TEST_F(HostileProofs, OfRetirementsThatCannotBe) {
  lose(11, 30);
  const auto stated = [this](const SerialRanges& serials) {
    auto payload = liar.event("operator");
    payload.mutable_state_retirement()->set_home("WUHAN");
    add_serials(*payload.mutable_state_retirement(), serials);
    return note_retirement(city, log.show(city, payload));
  };
  constexpr auto kAll = ~std::uint64_t{0};
  PUHUI_REFUSED(stated({}), LEAF_UNEXPECTED);
  PUHUI_REFUSED(stated({{20, 11}}), LEAF_UNEXPECTED);
  PUHUI_REFUSED(stated({{11, 20}, {20, 21}}), LEAF_UNEXPECTED);
  PUHUI_REFUSED(stated({{11, kAll}}), LEAF_UNEXPECTED);
  PUHUI_REFUSED(stated({{11, kAll - 1}}), TRANSFER_STATE_WRONG);
  PUHUI_REFUSED(stated({{0, 0}}), TRANSFER_STATE_WRONG);
  PUHUI_REFUSED(stated({{10, 11}}), TRANSFER_STATE_WRONG);
  PUHUI_REFUSED(stated({{11, 31}}), TRANSFER_STATE_WRONG);
  PUHUI_REFUSED(stated({{kSerialMax, kSerialMax}}), TRANSFER_STATE_WRONG);
  PUHUI_ACCEPTED(stated({{21, 30}, {11, 12}}));
  PUHUI_REFUSED(stated({{12, 13}}), RETIREMENT_STATED);
  EXPECT_EQ(city.totals().units_retired_abroad_kg(), 12);
}

TEST_F(HostileProofs, OfRecallsThatCannotBe) {
  PUHUI_ACCEPTED(take_in(sent(1, 50)));  // 101 to 150
  const auto recalled = [this](const std::string& batch, const SerialRanges& serials) {
    auto payload = liar.event("bureau");
    payload.mutable_recall()->set_batch(batch);
    add_serials(*payload.mutable_recall(), serials);
    return note_recall(city, log.show(city, payload));
  };
  constexpr auto kAll = ~std::uint64_t{0};
  PUHUI_REFUSED(recalled("", {}), LEAF_UNEXPECTED);
  PUHUI_REFUSED(recalled(std::string("B1\0", 3), {}), LEAF_UNEXPECTED);
  PUHUI_REFUSED(recalled("B1", {{20, 11}, {51, kAll}}), LEAF_UNEXPECTED);
  PUHUI_REFUSED(recalled("B1", {{45, kAll}, {40, 47}}), LEAF_UNEXPECTED);
  EXPECT_EQ(city.bound("owner-main"), 0);
  PUHUI_REFUSED(recalled("B1", {{40, 44}, {45, kAll}}), LEAF_UNEXPECTED);
  PUHUI_ACCEPTED(recalled("B1", {{40, 44}, {45, 100}}));
  EXPECT_EQ(city.bound("owner-main"), 11);
  PUHUI_ACCEPTED(recalled("B1", {{0, kAll - 1}}));
  EXPECT_EQ(city.bound("owner-main"), 50);
  PUHUI_REFUSED(take_in(sent(61, 70)), UNITS_RECALLED);
}

TEST_F(HostileProofs, OfProjectsThatCannotBe) {
  const auto filed = [this](const v1::FileProject& project) {
    auto payload = liar.event("operator");
    *payload.mutable_file_project() = project;
    return city.send(filing_event(city, log.show(city, payload)), {"operator"});
  };
  auto project = pv_project("P8");
  project.set_project("p8");
  PUHUI_REFUSED(filed(project), LEAF_UNEXPECTED);
  project.set_project(std::string("P7\0P", 4));
  PUHUI_REFUSED(filed(project), LEAF_UNEXPECTED);
  project.set_project("P8");
  project.set_crediting_from(std::numeric_limits<std::int64_t>::min());
  project.set_crediting_to(std::numeric_limits<std::int64_t>::max());
  project.add_keys("");
  project.add_keys(std::string("meter-8\0", 8));
  project.add_keys(std::string(5'000, 'k'));
  PUHUI_ACCEPTED(filed(project));
  PUHUI_REFUSED(filed(project), RETIREMENT_STATED);
  // A key that a project of this city has for the same days.
  project = pv_project("P9");
  *project.mutable_keys(0) = "meter-1";
  PUHUI_ACCEPTED(filed(project));
  auto payload = sent(1, 10);
  payload.mutable_export_()->mutable_runs(0)->set_project("P9");
  PUHUI_REFUSED(take_in(payload), PERIOD_ABROAD);
  // And one that only the partner has: not to be filed here as well.
  auto own = pv_project("P5");
  *own.mutable_keys(0) = "meter-7";
  PUHUI_REFUSED(file(city, own), PERIOD_ABROAD);
}

}  // namespace
}  // namespace puhui::ledger::testing
