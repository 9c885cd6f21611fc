// Filing by procedure: drafts, withdrawals, completions, and the whole way.
#include <gtest/gtest.h>

#include "tests/ledger/filings.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

// ---- The whole way ----

TEST_F(Filings, OfAMethodology) {
  PUHUI_ACCEPTED(draft(city, "f", subject_of(pv_methodology())));
  EXPECT_EQ(filing("f").state(), v1::FILING_DRAFTED);
  EXPECT_EQ(filing("f").kind(), v1::FILING_METHODOLOGY);
  EXPECT_EQ(filing("f").drafter(), "operator");
  ASSERT_EQ(filing("f").signers_size(), 1);
  EXPECT_EQ(filing("f").signers(0), "operator");
  EXPECT_EQ(filing("f").documents(0).name(), document().name());
  EXPECT_FALSE(city.view().methodology("WH-PV-2023", "V01"));
  PUHUI_ACCEPTED(review(city, "f", "expert1"));
  EXPECT_EQ(filing("f").state(), v1::FILING_DRAFTED);
  PUHUI_ACCEPTED(review(city, "f", "expert3"));
  EXPECT_EQ(filing("f").state(), v1::FILING_REVIEWED);
  EXPECT_EQ(filing("f").reviews(1).opinion().name(), "opinion of expert3");
  PUHUI_REFUSED(complete(city, "f"), FILING_STATE);
  PUHUI_ACCEPTED(open_notice(city, filing_named("f")));
  city.now = notice_end(city, "f");
  const auto done = complete(city, "f");
  PUHUI_ACCEPTED(done);
  EXPECT_EQ(filing("f").state(), v1::FILING_FILED);
  EXPECT_EQ(filing("f").ended_at(), static_cast<std::int64_t>(done.leaf));
  const auto record = *city.view().methodology("WH-PV-2023", "V01");
  EXPECT_EQ(record.standing(), v1::IN_FORCE);
  EXPECT_EQ(record.filed_at(), static_cast<std::int64_t>(done.leaf));
  EXPECT_EQ(record.event_sha256(), filing("f").event_sha256()) << "of the draft";
  EXPECT_EQ(record.event_sha256().size(), crypto::Digest::kSize);
  EXPECT_EQ(city.totals().methodologies(), 1);
  city.reopen();
  PUHUI_REFUSED(complete(city, "f"), FILING_STATE);
}

TEST_F(Filings, OfAScenarioWithoutNotice) {
  PUHUI_ACCEPTED(draft(city, "f", subject_of(bike_methodology())));
  EXPECT_EQ(filing("f").kind(), v1::FILING_SCENARIO);
  for (const auto* by : {"expert2", "insider"}) PUHUI_ACCEPTED(review(city, "f", by));
  city.must(open_personal_event(city, 0, 2), {"operator"});
  PUHUI_REFUSED(ride(city, {{1}}), METHODOLOGY_NOT_IN_FORCE);
  PUHUI_ACCEPTED(complete(city, "f"));
  PUHUI_ACCEPTED(ride(city, {{1}}));
  EXPECT_EQ(city.totals().scenarios(), 1);
}

TEST_F(Filings, OfAProject) {
  file_pv();
  const auto before = city.totals().projects();
  prepare(city, "f", subject_of(pv_project("P1")));
  EXPECT_EQ(filing("f").kind(), v1::FILING_PROJECT);
  EXPECT_FALSE(city.view().project("P1"));
  const auto done = complete(city, "f");
  PUHUI_ACCEPTED(done);
  const auto project = *city.view().project("P1");
  EXPECT_EQ(project.standing(), v1::IN_FORCE);
  EXPECT_EQ(project.methodology_version(), "V01");
  EXPECT_EQ(project.filed_at(), static_cast<std::int64_t>(done.leaf));
  EXPECT_EQ(city.totals().projects(), before + 1);
  PUHUI_ACCEPTED(send(city, pv_report("r", "P1", {20'100, 20'200}, "10")));
}

TEST_F(Filings, OfAnInstitution) {
  const auto before = city.totals().parties();
  prepare(city, "f", subject_of(founding_party("lab", {v1::VERIFIER})));
  EXPECT_EQ(filing("f").kind(), v1::FILING_INSTITUTION);
  EXPECT_FALSE(city.view().party("lab"));
  PUHUI_ACCEPTED(complete(city, "f"));
  EXPECT_EQ(city.totals().parties(), before + 1);
  PUHUI_ACCEPTED(open_account(city, "lab", "lab"));
  file_by_procedure(city, "g", an_institution());
  const auto roles = city.view().party("buyer")->roles();
  EXPECT_EQ(roles.rbegin()->role(), v1::SERVICE_INSTITUTION);
}

TEST_F(Filings, OfADataProviderWithoutReview) {
  PUHUI_ACCEPTED(draft(city, "f", subject_of("buyer", v1::DATA_PROVIDER)));
  EXPECT_EQ(filing("f").kind(), v1::FILING_DATA_PROVIDER);
  EXPECT_EQ(filing("f").state(), v1::FILING_REVIEWED);
  PUHUI_REFUSED(review(city, "f", "expert1"), FILING_STATE);
  PUHUI_ACCEPTED(open_notice(city, filing_named("f")));
  city.now = notice_end(city, "f");
  PUHUI_ACCEPTED(complete(city, "f"));
  file_by_procedure(city, "bike", subject_of(bike_methodology()));
  city.must(open_personal_event(city, 0, 2), {"operator"});
  PUHUI_ACCEPTED(ride(city, {{1, 1000, 8, day_of(city.now)}}, "buyer"));
}

// ---- Drafts ----

TEST_F(Filings, FormIsChecked) {
  const auto with = [this](auto change) {
    auto payload = draft_event(city, "f", an_institution());
    change(*payload.mutable_draft_filing());
    return city.send(payload, {"operator"});
  };
  using D = v1::DraftFiling;
  PUHUI_REFUSED(with([](D& d) { d.set_filing("No name"); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](D& d) { d.clear_subject(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](D& d) { *d.mutable_subject() = subject_of("buyer", v1::BANK); }),
                EVENT_MALFORMED);
  PUHUI_REFUSED(
      with([](D& d) { *d.mutable_subject() = subject_of(founding_party("shop", {v1::MERCHANT})); }),
      EVENT_MALFORMED);
  PUHUI_REFUSED(
      with([](D& d) {
        *d.mutable_subject() = subject_of(founding_party("lab", {v1::VERIFIER, v1::DATA_PROVIDER}));
      }),
      EVENT_MALFORMED);
  PUHUI_REFUSED(with([](D& d) { d.mutable_documents(0)->clear_name(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](D& d) { d.mutable_documents(0)->set_sha256("short"); }), EVENT_MALFORMED);
  for (const auto* type : {"", "pdf", "/pdf", "application/", "application/x pdf", "a/b/c"})
    PUHUI_REFUSED(with([&](D& d) { d.mutable_documents(0)->set_media_type(type); }),
                  EVENT_MALFORMED);
  PUHUI_REFUSED(with([](D& d) { d.mutable_documents(0)->set_size(0); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](D& d) {
                  for (int i = 0; i < 64; ++i) *d.add_documents() = document();
                }),
                EVENT_MALFORMED);
  PUHUI_ACCEPTED(with([](D& d) {
    for (int i = 0; i < 63; ++i) *d.add_documents() = document();
  }));
  PUHUI_FAILED(draft(city, "g", an_institution(), "buyer"), SIGNATURE_MISSING);
}

TEST_F(Filings, AreRefusedForWhatTheirSubjectWouldBe) {
  const auto refused = [this](const v1::FilingSubject& subject) {
    const auto answer = draft(city, "f", subject);
    EXPECT_EQ(answer.decision, v1::REFUSED);
    EXPECT_FALSE(city.view().filing("f"));
    return answer.code;
  };
  auto m = pv_methodology();
  m.set_formula("generation * * ef");
  EXPECT_EQ(refused(subject_of(m)), FORMULA_SYNTAX);
  m.clear_kind();
  EXPECT_EQ(refused(subject_of(m)), METHODOLOGY_MALFORMED);
  EXPECT_EQ(refused(subject_of(pv_project("P1"))), METHODOLOGY_NOT_IN_FORCE);
  file_pv();
  EXPECT_EQ(refused(subject_of(pv_methodology())), METHODOLOGY_EXISTS);
  m = pv_methodology();
  m.set_version("V02");
  EXPECT_EQ(refused(subject_of(m)), METHODOLOGY_OVERLAP);
  auto project = pv_project("P1");
  project.set_area("4201");
  EXPECT_EQ(refused(subject_of(project)), AREA_INVALID);
  project = pv_project("P1");
  project.set_account("buyer-main");
  EXPECT_EQ(refused(subject_of(project)), ACCOUNT_NOT_OWNED);
  EXPECT_EQ(refused(subject_of(founding_party("buyer", {v1::VERIFIER}))), PARTY_EXISTS);
  auto twin = founding_party("twin", {v1::VERIFIER});
  *twin.mutable_keys(0) = founding_party("buyer", {}).keys(0);
  EXPECT_EQ(refused(subject_of(twin)), KEY_EXISTS);
  EXPECT_EQ(refused(subject_of("nobody", v1::VERIFIER)), PARTY_UNKNOWN);
  EXPECT_EQ(refused(subject_of("operator", v1::VERIFIER)), ROLE_CONFLICT);
}

// ---- Ends ----

TEST_F(Filings, AreWithdrawnByTheirDrafter) {
  PUHUI_ACCEPTED(draft(city, "f", an_institution()));
  for (const auto* by : {"bureau", "expert1", "buyer"})
    PUHUI_REFUSED(withdraw(city, "f", by), ROLE_MISSING);
  auto wordy = city.event("operator");
  wordy.mutable_withdraw_filing()->set_filing("f");
  wordy.mutable_withdraw_filing()->set_reason(std::string(513, 'r'));
  PUHUI_REFUSED(city.send(wordy, {"operator"}), EVENT_MALFORMED);
  PUHUI_ACCEPTED(withdraw(city, "f"));
  EXPECT_EQ(filing("f").state(), v1::FILING_WITHDRAWN);
  EXPECT_EQ(filing("f").reason(), "the study is repeated");
  EXPECT_GT(filing("f").ended_at(), 0);
}

TEST_F(Filings, AreWithdrawnByWhomTheRulesNameToo) {
  auto rules = procedure_rules();
  RuleTable(rules).roles("filing.withdraw", {v1::AUTHORITY});
  PUHUI_ACCEPTED(file_rules(city, rules));
  for (const auto* name : {"a", "b"}) PUHUI_ACCEPTED(draft(city, name, an_institution()));
  PUHUI_FAILED(withdraw(city, "a", "expert1"), SIGNATURE_MISSING);
  EXPECT_EQ(filing("a").state(), v1::FILING_DRAFTED);
  PUHUI_ACCEPTED(withdraw(city, "a", "bureau"));
  EXPECT_EQ(filing("a").state(), v1::FILING_WITHDRAWN);
  EXPECT_EQ(filing("a").reason(), "the study is repeated");
  PUHUI_ACCEPTED(withdraw(city, "b", "operator"));
}

TEST_F(Filings, AreCompletedByTheSignersOfTheirKind) {
  prepare(city, "f", a_scenario());
  PUHUI_FAILED(complete(city, "f", "operator"), SIGNATURE_MISSING);
  PUHUI_FAILED(complete(city, "f", "expert1"), SIGNATURE_MISSING);
  EXPECT_EQ(filing("f").state(), v1::FILING_REVIEWED);
  PUHUI_ACCEPTED(complete(city, "f"));
}

// Between the draft and its completion the world goes on.
TEST_F(Filings, AreJudgedOnceMoreWhenTheyAreCompleted) {
  const auto scenario = a_scenario();
  prepare(city, "first", scenario);
  prepare(city, "second", scenario);
  PUHUI_ACCEPTED(complete(city, "first"));
  PUHUI_REFUSED(complete(city, "second"), METHODOLOGY_EXISTS);
  EXPECT_EQ(filing("second").state(), v1::FILING_REVIEWED);
  PUHUI_ACCEPTED(withdraw(city, "second"));

  prepare(city, "lab", subject_of(founding_party("lab", {v1::VERIFIER})));
  auto other = founding_party("lab", {v1::MERCHANT});
  *other.mutable_keys(0) = founding_party("other", {}).keys(0);
  PUHUI_ACCEPTED(register_directly(city, other));
  PUHUI_REFUSED(complete(city, "lab"), PARTY_EXISTS);

  prepare(city, "role", subject_of("buyer", v1::VERIFIER));
  PUHUI_ACCEPTED(grant_directly(city, "buyer", v1::OPERATOR));
  PUHUI_REFUSED(complete(city, "role"), ROLE_CONFLICT);
}

TEST_F(Filings, OfProjectsAreJudgedOnceMoreToo) {
  file_pv();
  prepare(city, "f", subject_of(pv_project("P1")));
  const auto version = version_of("WH-PV-2023", "V01");
  PUHUI_ACCEPTED(stand(city, version, v1::STANDING_SUSPENDED));
  PUHUI_REFUSED(complete(city, "f"), METHODOLOGY_STANDING);
  PUHUI_ACCEPTED(stand(city, version, v1::IN_FORCE));
  PUHUI_ACCEPTED(publish_ets(city, 2025, {ets_firm("a firm", {"meter-1"})}));
  PUHUI_REFUSED(complete(city, "f"), GUARD_FAILED);
  PUHUI_ACCEPTED(publish_ets(city, 2025, {ets_firm("a firm")}));
  PUHUI_ACCEPTED(complete(city, "f"));
}

}  // namespace
}  // namespace puhui::ledger::testing
