// Filing by procedure: drafts, reviews, withdrawals, completions.
#include <gtest/gtest.h>

#include <array>
#include <functional>

#include "tests/ledger/registry.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

struct Filings : ::testing::Test {
  RegistryCity city{procedure_rules()};

  [[nodiscard]] v1::Filing filing(const std::string& name) const {
    return *city.view().filing(name);
  }
  void file_pv() { file_by_procedure(city, "pv", subject_of(pv_methodology())); }
  // Filings of one kind that do not stand in one another's way.
  static v1::FilingSubject an_institution() { return subject_of("buyer", v1::SERVICE_INSTITUTION); }
  v1::FilingSubject a_scenario() {
    auto m = bike_methodology();
    const auto number = std::to_string(++scenarios_);
    m.set_code("WH-BIKE-" + number);
    m.set_scenario("bike-" + number);
    return subject_of(m);
  }

 private:
  int scenarios_ = 0;
};

// ---- The whole way ----

TEST_F(Filings, OfAMethodology) {
  PUHUI_ACCEPTED(draft(city, "f", subject_of(pv_methodology())));
  EXPECT_EQ(filing("f").state(), v1::FILING_DRAFTED);
  EXPECT_EQ(filing("f").kind(), v1::FILING_METHODOLOGY);
  EXPECT_EQ(filing("f").drafter(), "operator");
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

// ---- Every action in every state ----

constexpr std::array kActions = {"review", "open", "object", "decide", "complete", "withdraw"};

// What an action comes to: its code, and the state then; unset where nothing changes.
struct Step {
  ErrorCode code = FILING_STATE;
  v1::FilingState then = v1::FILING_STATE_UNSPECIFIED;
};
constexpr Step kStays{OK};
constexpr Step kWithdrawn{OK, v1::FILING_WITHDRAWN};
constexpr Step kFiled{OK, v1::FILING_FILED};

struct Stage {
  const char* name;
  v1::FilingState state;
  std::function<void(const std::string&)> reach;
  std::array<Step, kActions.size()> steps;  // in the order of kActions
};

struct EveryAction : Filings {
  void drafted(const std::string& name) { PUHUI_ACCEPTED(draft(city, name, an_institution())); }
  void reviewed(const std::string& name) {
    drafted(name);
    for (const auto* by : {"expert1", "expert2"}) PUHUI_ACCEPTED(review(city, name, by));
  }
  void reviewed_for_good(const std::string& name) { prepare(city, name, a_scenario()); }
  void publicised(const std::string& name) {
    reviewed(name);
    PUHUI_ACCEPTED(open_notice(city, filing_named(name)));
  }
  void objected(const std::string& name) {
    publicised(name);
    PUHUI_ACCEPTED(raise(city, filing_named(name), "old"));
  }
  void over(const std::string& name) {
    publicised(name);
    city.now = notice_end(city, name);
  }
  void over_objected(const std::string& name) {
    objected(name);
    city.now = notice_end(city, name);
  }
  void voted_down(const std::string& name) {
    drafted(name);
    for (const auto* by : {"expert1", "expert2"}) PUHUI_ACCEPTED(review(city, name, by, false));
  }
  void turned_down(const std::string& name) {
    objected(name);
    PUHUI_ACCEPTED(judge(city, filing_named(name), "old", Upheld::yes));
  }
  void withdrawn(const std::string& name) {
    drafted(name);
    PUHUI_ACCEPTED(withdraw(city, name));
  }
  Answer act(const std::string& action, const std::string& name) {
    if (action == "review") return review(city, name, "expert3");
    if (action == "open") return open_notice(city, filing_named(name));
    if (action == "object") return raise(city, filing_named(name), "new");
    if (action == "decide") return judge(city, filing_named(name), "old", Upheld::no);
    if (action == "complete") return complete(city, name);
    return withdraw(city, name);
  }
  void check(const Stage& stage, std::size_t action) {
    const auto name = stage.name + std::string("-") + kActions[action];
    stage.reach(name);
    ASSERT_EQ(state_of(city, name), stage.state) << name;
    const auto& step = stage.steps[action];
    const auto answer = act(kActions[action], name);
    EXPECT_EQ(code_name(answer.code), code_name(step.code)) << name;
    EXPECT_EQ(answer.decision, step.code == OK ? v1::ACCEPTED : v1::REFUSED) << name;
    const bool changes = step.then != v1::FILING_STATE_UNSPECIFIED;
    EXPECT_EQ(state_of(city, name), changes ? step.then : stage.state) << name;
    // Its name stays taken, whatever becomes of it.
    PUHUI_REFUSED(draft(city, name, an_institution()), FILING_EXISTS);
  }
};

TEST_F(EveryAction, IsAllowedInItsStatesAndNoOthers) {
  const auto by = [this](void (EveryAction::*reach)(const std::string&)) {
    return [this, reach](const std::string& name) { (this->*reach)(name); };
  };
  const Step no{}, running{NOTICE_RUNNING}, over{NOTICE_OVER}, unknown{OBJECTION_UNKNOWN};
  using E = EveryAction;
  const std::vector<Stage> stages = {
      {"drafted", v1::FILING_DRAFTED, by(&E::drafted), {kStays, no, no, no, no, kWithdrawn}},
      {"reviewed",
       v1::FILING_REVIEWED,
       by(&E::reviewed),
       {no, Step{OK, v1::FILING_NOTICE}, no, no, no, kWithdrawn}},
      {"for-good",
       v1::FILING_REVIEWED,
       by(&E::reviewed_for_good),
       {no, no, no, no, kFiled, kWithdrawn}},
      {"publicised",
       v1::FILING_NOTICE,
       by(&E::publicised),
       {no, no, kStays, unknown, running, kWithdrawn}},
      {"objected",
       v1::FILING_NOTICE,
       by(&E::objected),
       {no, no, kStays, kStays, running, kWithdrawn}},
      {"over", v1::FILING_NOTICE, by(&E::over), {no, no, over, unknown, kFiled, kWithdrawn}},
      {"over-objected",
       v1::FILING_NOTICE,
       by(&E::over_objected),
       {no, no, over, kStays, Step{OBJECTION_PENDING}, kWithdrawn}},
      {"filed",
       v1::FILING_FILED,
       [this](const std::string& name) { file_by_procedure(city, name, an_institution()); },
       {}},
      {"voted-down", v1::FILING_TURNED_DOWN, by(&E::voted_down), {}},
      {"turned-down", v1::FILING_TURNED_DOWN, by(&E::turned_down), {}},
      {"withdrawn", v1::FILING_WITHDRAWN, by(&E::withdrawn), {}},
  };
  for (const auto& stage : stages)
    for (std::size_t action = 0; action < kActions.size(); ++action) check(stage, action);
  for (const auto* action : kActions)
    for (const auto* name : {"nowhere", "No name"})
      PUHUI_REFUSED(act(action, name), FILING_UNKNOWN);
}

// ---- Reviews ----

TEST_F(Filings, AreReviewedByIndependentReviewersOfTheRightScope) {
  file_pv();
  PUHUI_ACCEPTED(draft(city, "f", subject_of(pv_project("P1"))));
  PUHUI_REFUSED(review(city, "f", "buyer"), ROLE_MISSING);
  PUHUI_REFUSED(review(city, "f", "operator"), ROLE_MISSING);
  PUHUI_REFUSED(review(city, "f", "local"), ROLE_MISSING);
  PUHUI_REFUSED(review(city, "f", "clerk"), REVIEW_INDEPENDENCE);
  PUHUI_REFUSED(review(city, "f", "insider"), REVIEW_INDEPENDENCE);
  EXPECT_EQ(filing("f").reviews_size(), 0);
  auto near = pv_project("P2");
  near.set_area("420102");
  PUHUI_ACCEPTED(draft(city, "g", subject_of(near)));
  PUHUI_ACCEPTED(review(city, "g", "local"));
  // The owner has no part in a methodology that another drafted.
  PUHUI_ACCEPTED(draft(city, "h", a_scenario()));
  PUHUI_ACCEPTED(review(city, "h", "insider"));
  PUHUI_REFUSED(review(city, "h", "clerk"), REVIEW_INDEPENDENCE);
}

TEST_F(Filings, AreNotReviewedByWhomTheyAreAbout) {
  auto lab = founding_party("lab", {v1::VERIFIER});
  lab.set_legal_entity("entity of expert3");
  PUHUI_ACCEPTED(draft(city, "party", subject_of(lab)));
  PUHUI_REFUSED(review(city, "party", "expert3"), REVIEW_INDEPENDENCE);
  PUHUI_ACCEPTED(draft(city, "role", subject_of("expert2", v1::SERVICE_INSTITUTION)));
  PUHUI_REFUSED(review(city, "role", "expert2"), REVIEW_INDEPENDENCE);
  PUHUI_ACCEPTED(review(city, "role", "expert3"));
  // Whose entity is not known is told apart by its name.
  auto nameless = founding_party("nameless", {v1::DATA_PROVIDER});
  nameless.clear_legal_entity();
  file_by_procedure(city, "nameless", subject_of(nameless));
  PUHUI_ACCEPTED(draft(city, "second", subject_of("nameless", v1::SERVICE_INSTITUTION)));
  for (const auto* by : {"expert1", "expert2"}) PUHUI_ACCEPTED(review(city, "second", by));
}

TEST_F(Filings, TakeOneReviewOfEach) {
  PUHUI_ACCEPTED(draft(city, "f", an_institution()));
  PUHUI_ACCEPTED(review(city, "f", "expert1"));
  PUHUI_REFUSED(review(city, "f", "expert1"), VOTE_TWICE);
  PUHUI_REFUSED(review(city, "f", "expert1", false), VOTE_TWICE);
  EXPECT_EQ(filing("f").reviews_size(), 1);
  auto bad = city.event("expert2");
  bad.mutable_review_filing()->set_filing("f");
  *bad.mutable_review_filing()->mutable_opinion() = document();
  bad.mutable_review_filing()->mutable_opinion()->set_sha256("short");
  PUHUI_REFUSED(city.send(bad, {"expert2"}), EVENT_MALFORMED);
  // One against it does not outweigh two for it.
  PUHUI_ACCEPTED(review(city, "f", "expert2", false));
  EXPECT_EQ(filing("f").state(), v1::FILING_DRAFTED);
  PUHUI_ACCEPTED(review(city, "f", "expert3"));
  EXPECT_EQ(filing("f").state(), v1::FILING_REVIEWED);
}

TEST_F(Filings, CountOnlyReviewsOfWhoMayStillReview) {
  PUHUI_ACCEPTED(draft(city, "f", an_institution()));
  PUHUI_ACCEPTED(draft(city, "g", an_institution()));
  PUHUI_ACCEPTED(review(city, "f", "expert1"));
  PUHUI_ACCEPTED(review(city, "g", "expert1", false));
  auto revoked = city.event("bureau");
  revoked.mutable_revoke_role()->set_party("expert1");
  revoked.mutable_revoke_role()->set_role(v1::EXPERT);
  city.must(revoked, {"bureau"});
  const auto second = review(city, "f", "expert2");
  PUHUI_ACCEPTED(second);
  EXPECT_EQ(second.outcome.facts(1).value(), "1");
  EXPECT_EQ(filing("f").state(), v1::FILING_DRAFTED);
  PUHUI_ACCEPTED(review(city, "g", "expert2", false));
  EXPECT_EQ(filing("g").state(), v1::FILING_DRAFTED);
  // Nor those of who is suspended, until that is lifted.
  auto restrain = city.event("bureau");
  restrain.mutable_restrain_party()->set_party("expert2");
  restrain.mutable_restrain_party()->set_restraint(v1::SUSPENDED);
  restrain.mutable_restrain_party()->set_reason("case 1");
  city.must(restrain, {"bureau"});
  PUHUI_ACCEPTED(review(city, "f", "expert3"));
  EXPECT_EQ(filing("f").state(), v1::FILING_DRAFTED);
  auto release = city.event("bureau");
  release.mutable_release_party()->set_party("expert2");
  city.must(release, {"bureau"});
  PUHUI_ACCEPTED(review(city, "f", "insider"));
  EXPECT_EQ(filing("f").state(), v1::FILING_REVIEWED);
}

TEST(FilingProcedures, WhereNoneTurnDownNobodyDoes) {
  auto rules = registry_rules();
  add_procedure(rules, v1::FILING_INSTITUTION, {1, 0});
  rules.mutable_procedures(0)->set_rejections(0);
  RegistryCity city(rules);
  PUHUI_ACCEPTED(draft(city, "f", subject_of("buyer", v1::SERVICE_INSTITUTION)));
  for (const auto* by : {"expert1", "expert2", "insider"})
    PUHUI_ACCEPTED(review(city, "f", by, false));
  EXPECT_EQ(state_of(city, "f"), v1::FILING_DRAFTED);
  PUHUI_ACCEPTED(review(city, "f", "expert3"));
  EXPECT_EQ(state_of(city, "f"), v1::FILING_REVIEWED);
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

// ---- With and without procedures ----

Answer register_directly(City& city, const v1::RegisterParty& party) {
  auto payload = city.event("bureau");
  *payload.mutable_register_party() = party;
  return city.send(payload, {"bureau"});
}
Answer grant_directly(City& city, const std::string& party, v1::Role role) {
  v1::RoleGrant granted;
  granted.set_role(role);
  return grant(city, party, granted);
}

TEST_F(Filings, AreTheOnlyWayWhereTheRulesHaveAProcedure) {
  const auto refused = file(city, pv_methodology());
  PUHUI_REFUSED(refused, FILING_REQUIRED);
  EXPECT_EQ(refused.outcome.limit(), "draft.methodology");
  PUHUI_REFUSED(file(city, bike_methodology()), FILING_REQUIRED);
  file_pv();
  PUHUI_REFUSED(file(city, pv_project("P1")), FILING_REQUIRED);
  for (const auto role : {v1::VERIFIER, v1::SERVICE_INSTITUTION, v1::DATA_PROVIDER}) {
    PUHUI_REFUSED(register_directly(city, founding_party("lab", {v1::MERCHANT, role})),
                  FILING_REQUIRED);
    PUHUI_REFUSED(grant_directly(city, "buyer", role), FILING_REQUIRED);
  }
  EXPECT_FALSE(city.view().party("lab"));
  PUHUI_ACCEPTED(register_directly(city, founding_party("shop", {v1::MERCHANT})));
  PUHUI_ACCEPTED(grant_directly(city, "buyer", v1::BANK));
}

TEST(FilingProcedures, AreNoneOfTheOthersBusiness) {
  auto rules = registry_rules();
  add_procedure(rules, v1::FILING_METHODOLOGY, {2, 0});
  RegistryCity city(rules);
  PUHUI_REFUSED(file(city, pv_methodology()), FILING_REQUIRED);
  PUHUI_ACCEPTED(file(city, bike_methodology()));
  PUHUI_ACCEPTED(grant_directly(city, "buyer", v1::DATA_PROVIDER));
  PUHUI_ACCEPTED(register_directly(city, founding_party("lab", {v1::VERIFIER})));
  file_by_procedure(city, "pv", subject_of(pv_methodology()));
  PUHUI_ACCEPTED(file(city, pv_project("P1")));
  const auto none = draft(city, "f", subject_of(pv_project("P2")));
  PUHUI_REFUSED(none, FILING_NO_PROCEDURE);
  EXPECT_EQ(none.outcome.asked(), "project");
}

TEST(FilingProcedures, OfTheRulesAtTheDraftAreGoneThrough) {
  RegistryCity city(procedure_rules());
  PUHUI_ACCEPTED(draft(city, "f", subject_of("buyer", v1::SERVICE_INSTITUTION)));
  PUHUI_ACCEPTED(file_rules(city, registry_rules("none")));
  PUHUI_REFUSED(draft(city, "g", subject_of("buyer", v1::SERVICE_INSTITUTION)),
                FILING_NO_PROCEDURE);
  PUHUI_REFUSED(complete(city, "f"), FILING_STATE);
  for (const auto* by : {"expert1", "expert2"}) PUHUI_ACCEPTED(review(city, "f", by));
  PUHUI_REFUSED(complete(city, "f"), FILING_STATE);
  PUHUI_ACCEPTED(open_notice(city, filing_named("f")));
  city.now = notice_end(city, "f");
  PUHUI_ACCEPTED(complete(city, "f"));
}

TEST(FilingProcedures, StandStillWhileNoRulesAreInForce) {
  auto rules = procedure_rules();
  rules.set_effective_to(kNoon + kMicrosPerDay);
  RegistryCity city(rules);
  const auto subject = subject_of("buyer", v1::SERVICE_INSTITUTION);
  for (const auto* name : {"a", "b"}) PUHUI_ACCEPTED(draft(city, name, subject));
  for (const auto* by : {"expert1", "expert2"}) PUHUI_ACCEPTED(review(city, "a", by));
  city.now = kNoon + kMicrosPerDay;
  PUHUI_REFUSED(draft(city, "c", subject), RULE_NONE_IN_FORCE);
  PUHUI_REFUSED(open_notice(city, filing_named("a")), RULE_NONE_IN_FORCE);
  PUHUI_REFUSED(complete(city, "a"), RULE_NONE_IN_FORCE);
  PUHUI_ACCEPTED(withdraw(city, "b"));
}

TEST(FilingProcedures, FormIsChecked) {
  City city;
  const auto with = [&city](auto change) {
    auto rules = procedure_rules();
    change(*rules.mutable_procedures(0));
    return file_rules(city, rules);
  };
  using F = v1::FilingProcedure;
  PUHUI_REFUSED(with([](F& p) { p.clear_kind(); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](F& p) { p.set_kind(static_cast<v1::FilingKind>(9)); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](F& p) { p.set_kind(v1::FILING_PROJECT); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](F& p) { p.clear_reviewers(); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](F& p) { p.set_approvals(65); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](F& p) { p.set_rejections(65); }), RULE_MALFORMED);
  PUHUI_REFUSED(with([](F& p) { p.mutable_notice()->set_days(367); }), RULE_MALFORMED);
  PUHUI_ACCEPTED(with([](F& p) { p.mutable_notice()->set_days(366); }));
}

// ---- Ends ----

TEST_F(Filings, AreWithdrawnByTheirDrafterAlone) {
  PUHUI_ACCEPTED(draft(city, "f", an_institution()));
  for (const auto* by : {"bureau", "expert1", "buyer"})
    PUHUI_REFUSED(withdraw(city, "f", by), ROLE_MISSING);
  auto wordy = city.event("operator");
  wordy.mutable_withdraw_filing()->set_filing("f");
  wordy.mutable_withdraw_filing()->set_reason(std::string(513, 'r'));
  PUHUI_REFUSED(city.send(wordy, {"operator"}), EVENT_MALFORMED);
  PUHUI_ACCEPTED(withdraw(city, "f"));
  EXPECT_EQ(filing("f").state(), v1::FILING_WITHDRAWN);
  EXPECT_GT(filing("f").ended_at(), 0);
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
