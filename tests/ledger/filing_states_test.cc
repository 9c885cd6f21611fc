// Filing by procedure: every action in every state.
#include <gtest/gtest.h>

#include <array>
#include <functional>

#include "tests/ledger/filings.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

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

}  // namespace
}  // namespace puhui::ledger::testing
