// How methodologies and projects stand, and what that stops; versions that supersede one another.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/ledger/registry.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

const v1::MethodologyVersion kPv = version_of("WH-PV-2023", "V01");

constexpr v1::Standing kStandings[] = {
    v1::STANDING_UNSPECIFIED,
    v1::IN_FORCE,
    v1::STANDING_SUSPENDED,
    v1::WITHDRAWN,
    v1::CLOSED,
    v1::REVOKED,
};

// Which ones may follow a standing.
struct Follow {
  v1::Standing from;
  std::vector<v1::Standing> to;

  [[nodiscard]] bool allows(v1::Standing standing) const {
    return std::ranges::find(to, standing) != to.end();
  }
};
const std::vector<Follow> kOfMethodologies = {
    {v1::IN_FORCE, {v1::STANDING_SUSPENDED, v1::WITHDRAWN}},
    {v1::STANDING_SUSPENDED, {v1::IN_FORCE, v1::WITHDRAWN}},
    {v1::WITHDRAWN, {}},
};
const std::vector<Follow> kOfProjects = {
    {v1::IN_FORCE, {v1::STANDING_SUSPENDED, v1::CLOSED, v1::REVOKED}},
    {v1::STANDING_SUSPENDED, {v1::IN_FORCE, v1::CLOSED, v1::REVOKED}},
    {v1::CLOSED, {v1::REVOKED}},
    {v1::REVOKED, {}},
};

// What a step from one standing to another did, allowed or not.
template <class Record>
void expect_step(const Follow& follow, v1::Standing to, const Answer& answer,
                 const Record& record) {
  const auto text = v1::Standing_Name(follow.from) + " to " + v1::Standing_Name(to);
  if (follow.allows(to)) {
    EXPECT_EQ(answer.decision, v1::ACCEPTED) << text;
    EXPECT_EQ(record.standing(), to) << text;
    EXPECT_EQ(record.standing_at(), static_cast<std::int64_t>(answer.leaf)) << text;
  } else {
    EXPECT_EQ(answer.decision, v1::REFUSED) << text;
    EXPECT_EQ(answer.code, STANDING_INVALID) << text;
    EXPECT_EQ(record.standing(), follow.from) << text;
  }
}

TEST(Standings, OfMethodologiesFollowOneAnother) {
  RegistryCity city;
  int number = 0;
  for (const auto& follow : kOfMethodologies)
    for (const auto to : kStandings) {
      auto m = pv_methodology();
      m.set_code("M-" + std::to_string(++number));
      PUHUI_ACCEPTED(file(city, m));
      const auto named = version_of(m.code(), "V01");
      if (follow.from != v1::IN_FORCE) PUHUI_ACCEPTED(stand(city, named, follow.from));
      const auto answer = stand(city, named, to);
      const auto record = *city.view().methodology(m.code(), "V01");
      expect_step(follow, to, answer, record);
    }
}

TEST(Standings, OfProjectsFollowOneAnother) {
  RegistryCity city;
  PUHUI_ACCEPTED(file(city, pv_methodology()));
  int number = 0;
  for (const auto& follow : kOfProjects)
    for (const auto to : kStandings) {
      auto project = pv_project("P" + std::to_string(++number));
      project.set_keys(0, "meter-" + std::to_string(number));
      PUHUI_ACCEPTED(file(city, project));
      const auto& code = project.project();
      if (follow.from != v1::IN_FORCE) PUHUI_ACCEPTED(stand(city, code, follow.from));
      const auto answer = stand(city, code, to);
      const auto record = *city.view().project(code);
      expect_step(follow, to, answer, record);
    }
}

TEST(Standings, AreSetByTheAuthorityForAReason) {
  KilogramCity city;
  PUHUI_REFUSED(stand(city, "P7", v1::CLOSED), PROJECT_UNKNOWN);
  PUHUI_REFUSED(stand(city, version_of("WH-PV-2023", "V09"), v1::WITHDRAWN), METHODOLOGY_UNKNOWN);
  PUHUI_REFUSED(stand(city, version_of(std::string("a\0b", 3), "V01"), v1::WITHDRAWN),
                METHODOLOGY_UNKNOWN);
  PUHUI_REFUSED(city.send(standing_event(city, v1::CLOSED), {"bureau"}), EVENT_MALFORMED);
  const auto with = [&city](auto change) {
    auto payload = standing_event(city, v1::CLOSED);
    payload.mutable_set_standing()->set_project("P1");
    change(*payload.mutable_set_standing());
    return city.send(payload, {"bureau"});
  };
  using S = v1::SetStanding;
  PUHUI_REFUSED(with([](S& s) { s.clear_reason(); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](S& s) { s.set_reason(std::string(513, 'r')); }), EVENT_MALFORMED);
  PUHUI_REFUSED(with([](S& s) { s.mutable_decision()->set_size(-1); }), EVENT_MALFORMED);
  auto by_operator = standing_event(city, v1::CLOSED);
  by_operator.set_party("operator");
  by_operator.mutable_set_standing()->set_project("P1");
  PUHUI_FAILED(city.send(by_operator, {"operator"}), SIGNATURE_MISSING);
  EXPECT_EQ(city.view().project("P1")->standing(), v1::IN_FORCE);
  PUHUI_ACCEPTED(with([](S& s) { s.clear_decision(); }));
}

// ---- What they stop ----

// One report that waits for its verification, one for its issuance.
struct Stopped : ::testing::Test {
  KilogramCity city;
  std::string computed, verified;

  void SetUp() override {
    PUHUI_ACCEPTED(city.issue_kg(10));
    PUHUI_ACCEPTED(city.apply(city.reported(20)).back());
    verified = city.last_report();
    PUHUI_ACCEPTED(city.submit(city.reported(30).front()));
    computed = city.last_report();
  }
  Answer report() { return city.submit(city.reported(5).front()); }
  Answer new_project() { return file(city, pv_project("P2")); }
};

TEST_F(Stopped, ByASuspendedMethodology) {
  PUHUI_ACCEPTED(stand(city, kPv, v1::STANDING_SUSPENDED));
  const auto refused = new_project();
  PUHUI_REFUSED(refused, METHODOLOGY_STANDING);
  EXPECT_EQ(refused.outcome.used(), "STANDING_SUSPENDED");
  PUHUI_REFUSED(report(), METHODOLOGY_STANDING);
  PUHUI_REFUSED(issue(city, verified, "X"), METHODOLOGY_STANDING);
  PUHUI_ACCEPTED(verify(city, computed));
  // Units that are there already move.
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, 4));
  PUHUI_ACCEPTED(stand(city, kPv, v1::IN_FORCE));
  PUHUI_ACCEPTED(new_project());
  PUHUI_ACCEPTED(report());
  PUHUI_ACCEPTED(issue(city, verified, "X"));
}

TEST_F(Stopped, ByAWithdrawnMethodology) {
  PUHUI_ACCEPTED(stand(city, kPv, v1::WITHDRAWN));
  city.reopen();
  PUHUI_REFUSED(new_project(), METHODOLOGY_STANDING);
  PUHUI_REFUSED(report(), METHODOLOGY_STANDING);
  PUHUI_REFUSED(issue(city, verified, "X"), METHODOLOGY_STANDING);
}

TEST_F(Stopped, ByASuspendedProject) {
  PUHUI_ACCEPTED(stand(city, "P1", v1::STANDING_SUSPENDED));
  PUHUI_REFUSED(report(), PROJECT_STANDING);
  PUHUI_REFUSED(verify(city, computed), PROJECT_STANDING);
  PUHUI_REFUSED(issue(city, verified, "X"), PROJECT_STANDING);
  PUHUI_ACCEPTED(new_project());
  PUHUI_ACCEPTED(transfer(city, {"owner-main", "buyer-main"}, 4));
  PUHUI_ACCEPTED(stand(city, "P1", v1::IN_FORCE));
  PUHUI_ACCEPTED(report());
  PUHUI_ACCEPTED(verify(city, computed));
  PUHUI_ACCEPTED(issue(city, verified, "X"));
}

TEST_F(Stopped, ByAClosedProjectAreItsNewReportsOnly) {
  PUHUI_ACCEPTED(stand(city, "P1", v1::CLOSED));
  PUHUI_REFUSED(report(), PROJECT_STANDING);
  PUHUI_ACCEPTED(verify(city, computed));
  PUHUI_ACCEPTED(issue(city, verified, "X"));
  PUHUI_ACCEPTED(issue(city, computed, "Y"));
}

TEST_F(Stopped, ByARevokedProjectIsAllOfIt) {
  PUHUI_ACCEPTED(stand(city, "P1", v1::REVOKED));
  PUHUI_REFUSED(report(), PROJECT_STANDING);
  PUHUI_REFUSED(verify(city, computed), PROJECT_STANDING);
  PUHUI_REFUSED(issue(city, verified, "X"), PROJECT_STANDING);
}

TEST(StandingOfScenarios, StopsTheirActs) {
  RegistryCity city;
  PUHUI_ACCEPTED(file(city, bike_methodology()));
  auto walk = bike_methodology();
  walk.set_code("WH-WALK-2023");
  walk.set_scenario("walk");
  PUHUI_ACCEPTED(file(city, walk));
  city.must(open_personal_event(city, 0, 10), {"operator"});
  PUHUI_ACCEPTED(ride(city, {{1}}));
  const auto bike = version_of("WH-BIKE-2023", "V01");
  PUHUI_ACCEPTED(stand(city, bike, v1::STANDING_SUSPENDED));
  PUHUI_REFUSED(ride(city, {{2}}), METHODOLOGY_STANDING);
  PUHUI_ACCEPTED(ride(city, {{2}}, "provider", "walk"));
  PUHUI_ACCEPTED(stand(city, bike, v1::IN_FORCE));
  PUHUI_ACCEPTED(ride(city, {{2}}));
  PUHUI_ACCEPTED(stand(city, bike, v1::WITHDRAWN));
  PUHUI_REFUSED(ride(city, {{3}}), METHODOLOGY_STANDING);
}

// ---- Versions that supersede one another ----

v1::Methodology later(v1::Methodology m, const std::string& version, std::int64_t from,
                      std::int64_t to = 0) {
  m.set_version(version);
  m.set_effective_from(from);
  m.set_effective_to(to);
  return m;
}

v1::FilingSubject successor(const v1::Methodology& m, const v1::MethodologyVersion& old) {
  auto subject = subject_of(m);
  *subject.mutable_methodology()->mutable_supersedes() = old;
  return subject;
}
Answer supersede(City& city, const v1::Methodology& m, const std::string& old,
                 const Signers& signers = {"operator", "expert1", "expert2"}) {
  auto payload = city.event(signers.front());
  *payload.mutable_file_methodology() = successor(m, version_of(m.code(), old)).methodology();
  return city.send(payload, signers);
}

struct Superseding : ::testing::Test {
  KilogramCity city;
  const v1::Methodology first = pv_methodology();

  [[nodiscard]] v1::MethodologyRecord record(const std::string& version) const {
    return *city.view().methodology("WH-PV-2023", version);
  }
  Answer report(const std::string& name, Period period) {
    return send(city, pv_report(name, "P1", period, "10"));
  }
};

TEST_F(Superseding, EndsOneWindowWhereTheOtherBegins) {
  PUHUI_REFUSED(file(city, later(first, "V02", kToday + 1)), METHODOLOGY_OVERLAP);
  PUHUI_ACCEPTED(supersede(city, later(first, "V02", kToday + 1), "V01"));
  EXPECT_EQ(record("V01").methodology().effective_to(), kToday + 1);
  EXPECT_EQ(record("V01").superseded_by().code(), "WH-PV-2023");
  EXPECT_EQ(record("V01").superseded_by().version(), "V02");
  EXPECT_EQ(record("V01").standing(), v1::IN_FORCE);
  EXPECT_EQ(record("V02").methodology().effective_to(), 0);
  EXPECT_FALSE(record("V02").has_superseded_by());
  EXPECT_EQ(city.totals().methodologies(), 1) << "once, whatever its versions";
  city.now += 20 * kMicrosPerDay;
  PUHUI_ACCEPTED(report("old", {kToday - 5, kToday + 1}));
  PUHUI_REFUSED(report("both", {kToday, kToday + 2}), METHODOLOGY_NOT_IN_FORCE);
  PUHUI_ACCEPTED(report("new", {kToday + 1, kToday + 5}));
  EXPECT_EQ(city.view().report("old")->methodology_version(), "V01");
  EXPECT_EQ(city.view().report("new")->methodology_version(), "V02");
}

TEST_F(Superseding, BeginsTomorrowOrLater) {
  for (const auto from : {kToday, kToday - 1, kToday - 400}) {
    const auto refused = supersede(city, later(first, "V02", from), "V01");
    PUHUI_REFUSED(refused, METHODOLOGY_SUPERSEDES);
    EXPECT_EQ(refused.outcome.limit(), "from a day after 2026-01-15");
  }
  // Until the last microsecond of today in Beijing.
  city.now = time_of_day(kToday + 1) - 1;
  PUHUI_ACCEPTED(supersede(city, later(first, "V02", kToday + 1), "V01"));
  city.now = time_of_day(kToday + 1);
  PUHUI_REFUSED(supersede(city, later(first, "V03", kToday + 1), "V02"), METHODOLOGY_OVERLAP);
  PUHUI_ACCEPTED(supersede(city, later(first, "V03", kToday + 2), "V02"));
  EXPECT_EQ(record("V02").methodology().effective_to(), kToday + 2);
}

TEST_F(Superseding, NamesTheVersionInForceThen) {
  PUHUI_REFUSED(supersede(city, later(first, "V02", kToday + 1), "V00"), METHODOLOGY_SUPERSEDES);
  PUHUI_ACCEPTED(supersede(city, later(first, "V02", kToday + 10), "V01"));
  // V01 is in force until then, V02 from then on.
  PUHUI_REFUSED(supersede(city, later(first, "V03", kToday + 20), "V01"), METHODOLOGY_SUPERSEDES);
  PUHUI_REFUSED(supersede(city, later(first, "V03", kToday + 5), "V01"), METHODOLOGY_OVERLAP);
  PUHUI_ACCEPTED(supersede(city, later(first, "V03", kToday + 20, kToday + 30), "V02"));
  const auto none = supersede(city, later(first, "V04", kToday + 30), "V03");
  PUHUI_REFUSED(none, METHODOLOGY_SUPERSEDES);
  EXPECT_EQ(none.outcome.used(), "none");
  PUHUI_ACCEPTED(file(city, later(first, "V04", kToday + 30)));
  // A day within V01 that is still to come, between two versions.
  PUHUI_ACCEPTED(supersede(city, later(first, "V05", kToday + 5, kToday + 10), "V01"));
  EXPECT_EQ(record("V01").methodology().effective_to(), kToday + 5);
  EXPECT_EQ(city.totals().methodologies(), 1);
  EXPECT_EQ(city.view().methodologies({}).items_size(), 5);
}

TEST_F(Superseding, NeedsTheRestToBeInOrder) {
  PUHUI_REFUSED(supersede(city, later(first, "V01", kToday + 1), "V01"), METHODOLOGY_EXISTS);
  auto sample = later(first, "V02", kToday + 1);
  sample.set_issued_by("SHENZHEN");
  PUHUI_REFUSED(supersede(city, sample, "V01"), METHODOLOGY_SUPERSEDES);
  auto elsewhere = later(first, "V02", kToday + 1);
  elsewhere.set_scenario("green-heat");
  const auto refused = supersede(city, elsewhere, "V01");
  PUHUI_REFUSED(refused, METHODOLOGY_SUPERSEDES);
  EXPECT_EQ(refused.outcome.limit(), "of the same scenario");
  EXPECT_EQ(refused.outcome.used(), "clean-energy");
  PUHUI_FAILED(supersede(city, later(first, "V02", kToday + 1), "V01", {"operator", "expert1"}),
               SIGNATURE_MISSING);
  EXPECT_EQ(record("V01").methodology().effective_to(), 0);
}

// What becomes of a version says nothing of the next.
TEST_F(Superseding, LeavesEachVersionToItself) {
  PUHUI_ACCEPTED(supersede(city, later(first, "V02", kToday + 1), "V01"));
  PUHUI_ACCEPTED(stand(city, kPv, v1::WITHDRAWN));
  city.now += 20 * kMicrosPerDay;
  PUHUI_REFUSED(report("old", {kToday - 5, kToday}), METHODOLOGY_STANDING);
  PUHUI_ACCEPTED(report("new", {kToday + 1, kToday + 5}));
}

TEST(SupersedingScenarios, GoByTheDayOfTheAct) {
  RegistryCity city;
  const auto first = bike_methodology();
  PUHUI_ACCEPTED(file(city, first));
  city.must(open_personal_event(city, 0, 10), {"operator"});
  PUHUI_ACCEPTED(ride(city, {{1, 1'000}}));
  auto second = later(first, "V02", kToday + 1);
  second.mutable_constants(0)->set_value("50");
  PUHUI_ACCEPTED(supersede(city, second, "V01"));
  EXPECT_EQ(city.totals().scenarios(), 1);
  EXPECT_EQ(city.totals().methodologies(), 1);
  PUHUI_ACCEPTED(ride(city, {{2, 1'000}}));
  city.now += kMicrosPerDay;
  PUHUI_ACCEPTED(ride(city, {{3, 1'000}, {4, 1'000, 8, kToday + 1}}));
  const auto grams = [&city](std::uint64_t citizen) {
    return city.view().account("p-" + crypto::hex_encode(pseudonym(citizen)))->credits_held_g();
  };
  EXPECT_EQ(grams(2), 93);
  EXPECT_EQ(grams(3), 93) << "an act of the day before";
  EXPECT_EQ(grams(4), 50);
}

TEST(SupersedingByProcedure, IsTooLateOnceItsFirstDayHasCome) {
  RegistryCity city(procedure_rules());
  file_by_procedure(city, "first", subject_of(pv_methodology()));
  const auto today = day_of(city.now);
  auto subject = successor(later(pv_methodology(), "V02", today + 6), kPv);
  prepare(city, "late", subject);  // its notice ends as that day begins
  EXPECT_EQ(day_of(city.now), today + 6);
  PUHUI_REFUSED(complete(city, "late"), METHODOLOGY_SUPERSEDES);
  EXPECT_EQ(city.view().methodology("WH-PV-2023", "V01")->methodology().effective_to(), 0);
  subject.mutable_methodology()->mutable_methodology()->set_effective_from(today + 13);
  file_by_procedure(city, "in-time", subject);
  EXPECT_EQ(city.view().methodology("WH-PV-2023", "V01")->methodology().effective_to(), today + 13);
}

// The norm of a scenario by another code; some roles reach the new one alone.
struct SupersedingByAnotherCode : ::testing::Test {
  const v1::MethodologyVersion old = version_of("WH-BIKE-2023", "V01");
  v1::FilingSubject subject;

  SupersedingByAnotherCode() {
    auto next = later(bike_methodology(), "V01", kToday + 60);
    next.set_code("WH-BIKE-2026");
    subject = successor(next, old);
  }
  static void join(City& city, const std::string& name, v1::Role role,
                   const std::string& methodology) {
    auto payload = city.event("bureau");
    auto& party = *payload.mutable_register_party();
    party = founding_party(name, {role});
    party.mutable_roles(0)->mutable_scope()->set_methodology(methodology);
    city.must(payload, {"bureau"});
  }
  Answer file(City& city, const Signers& experts) const {
    auto payload = city.event("operator");
    *payload.mutable_file_methodology() = subject.methodology();
    auto signers = experts;
    signers.push_back("operator");
    return city.send(payload, signers);
  }
};

TEST_F(SupersedingByAnotherCode, IsSignedForBoth) {
  RegistryCity city;
  PUHUI_ACCEPTED(ledger::testing::file(city, bike_methodology()));
  for (const auto* name : {"new1", "new2"}) join(city, name, v1::EXPERT, "WH-BIKE-2026");
  for (const auto* name : {"old1", "old2"}) join(city, name, v1::EXPERT, "WH-BIKE-2023");
  for (const auto* name : {"bike1", "bike2"}) join(city, name, v1::EXPERT, "bike");
  PUHUI_REFUSED(file(city, {"old1", "old2"}), ROLE_OUT_OF_SCOPE);
  PUHUI_REFUSED(file(city, {"new1", "new2"}), ROLE_OUT_OF_SCOPE);
  PUHUI_REFUSED(file(city, {"new1", "new2", "old1"}), ROLE_OUT_OF_SCOPE);
  EXPECT_FALSE(city.view().methodology("WH-BIKE-2023", "V01")->has_superseded_by());
  PUHUI_ACCEPTED(file(city, {"new1", "old2", "bike1"}));
  EXPECT_EQ(city.view().methodology("WH-BIKE-2023", "V01")->superseded_by().code(), "WH-BIKE-2026");
}

TEST_F(SupersedingByAnotherCode, IsDraftedAndCompletedForBoth) {
  RegistryCity city(procedure_rules());
  file_by_procedure(city, "first", subject_of(bike_methodology()));
  join(city, "desk", v1::OPERATOR, "WH-BIKE-2026");
  join(city, "office", v1::AUTHORITY, "WH-BIKE-2026");
  PUHUI_REFUSED(draft(city, "next", subject, "desk"), ROLE_OUT_OF_SCOPE);
  prepare(city, "next", subject);
  PUHUI_REFUSED(complete(city, "next", "office"), ROLE_OUT_OF_SCOPE);
  PUHUI_ACCEPTED(complete(city, "next"));
}

}  // namespace
}  // namespace puhui::ledger::testing
