// Every action on a monitoring report in every state of it.
#include <gtest/gtest.h>

#include "tests/ledger/states.h"
#include "tests/ledger/units.h"

namespace puhui::ledger::testing {
namespace {

using enum v1::ErrorCode;

enum class ReportAction : std::uint8_t {
  submit,
  confirm,
  turn_down,
  open_notice,
  object,
  dismiss,
  uphold,
  issue,
  recall
};
using ReportCase = std::tuple<v1::ReportState, ReportAction>;

v1::RuleSet noticing() {
  auto rules = registry_rules("noticing");
  rules.mutable_issuance_notice()->set_days(1);
  return rules;
}

struct ReportStates : Units, ::testing::WithParamInterface<ReportCase> {
  ReportStates() : Units(noticing()) {}

  Answer submit(const std::string& kilograms) {
    return send(city, pv_report("r", "P1", {20'000, 20'001}, kilograms));
  }
  void bring(v1::ReportState state) {
    if (state == v1::REPORT_STATE_UNSPECIFIED) return;
    PUHUI_ACCEPTED(submit(state == v1::CARRIED ? "0" : "10"));
    if (state == v1::COMPUTED) return;
    PUHUI_ACCEPTED(verify(city, "r", state != v1::REJECTED));
    if (state == v1::REJECTED || state == v1::VERIFIED || state == v1::CARRIED) return;
    PUHUI_ACCEPTED(open_notice(city, report_named("r")));
    if (state == v1::PUBLICISED) return;
    city.now = report().notice().until();
    PUHUI_ACCEPTED(issue(city, "r", "B"));
    if (state == v1::RECALLED) PUHUI_ACCEPTED(recall(city, "B"));
  }
  // What an action on a publicised report presupposes.
  void prepare(ReportAction action) {
    if (action == ReportAction::dismiss || action == ReportAction::uphold)
      PUHUI_ACCEPTED(raise(city, report_named("r"), "o"));
    if (action == ReportAction::issue) city.now = report().notice().until();
  }
  Answer carry_out(ReportAction action) {
    switch (action) {
      case ReportAction::submit:
        return submit("10");
      case ReportAction::confirm:
        return verify(city, "r");
      case ReportAction::turn_down:
        return verify(city, "r", false);
      case ReportAction::open_notice:
        return open_notice(city, report_named("r"));
      case ReportAction::object:
        return raise(city, report_named("r"), "o");
      case ReportAction::dismiss:
        return judge(city, report_named("r"), "o", Upheld::no);
      case ReportAction::uphold:
        return judge(city, report_named("r"), "o", Upheld::yes);
      case ReportAction::issue:
        return issue(city, "r", "B");
      default:
        return recall(city, "B");
    }
  }
  [[nodiscard]] v1::Report report() const { return city.view().report("r").value_or(v1::Report()); }
};

// The state that an action brings, from those it is allowed in.
v1::ReportState next(v1::ReportState state, ReportAction action) {
  const auto only_from = [state](v1::ReportState from, v1::ReportState to) {
    return state == from ? to : v1::REPORT_STATE_UNSPECIFIED;
  };
  switch (action) {
    case ReportAction::submit:
      return only_from(v1::REPORT_STATE_UNSPECIFIED, v1::COMPUTED);
    case ReportAction::confirm:
      return only_from(v1::COMPUTED, v1::VERIFIED);
    case ReportAction::turn_down:
      return only_from(v1::COMPUTED, v1::REJECTED);
    case ReportAction::open_notice:
      return only_from(v1::VERIFIED, v1::PUBLICISED);
    case ReportAction::object:
    case ReportAction::dismiss:
      return only_from(v1::PUBLICISED, v1::PUBLICISED);
    case ReportAction::uphold:
      return only_from(v1::PUBLICISED, v1::REJECTED);
    case ReportAction::issue:
      return only_from(v1::PUBLICISED, v1::ISSUED);
    default:
      return only_from(v1::ISSUED, v1::RECALLED);
  }
}

v1::ErrorCode refusal(v1::ReportState state, ReportAction action) {
  if (action == ReportAction::submit) return REPORT_EXISTS;
  if (action == ReportAction::recall) return state == v1::RECALLED ? RECALL_NOTHING : BATCH_UNKNOWN;
  return state == v1::REPORT_STATE_UNSPECIFIED ? REPORT_UNKNOWN : REPORT_STATE;
}

TEST_P(ReportStates, AllowSomeActions) {
  const auto [state, action] = GetParam();
  bring(state);
  ASSERT_EQ(report().state(), state);
  if (state == v1::PUBLICISED) prepare(action);
  const auto before = report().SerializeAsString();
  const auto to = next(state, action);
  const bool is_allowed = to != v1::REPORT_STATE_UNSPECIFIED;
  expect_code(carry_out(action), is_allowed ? ErrorCode::OK : refusal(state, action));
  EXPECT_EQ(report().SerializeAsString() == before, !is_allowed);
  if (is_allowed) {
    EXPECT_EQ(report().state(), to);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, ReportStates,
    ::testing::Combine(
        ::testing::Values(v1::REPORT_STATE_UNSPECIFIED, v1::COMPUTED, v1::VERIFIED, v1::REJECTED,
                          v1::PUBLICISED, v1::CARRIED, v1::ISSUED, v1::RECALLED),
        ::testing::Values(ReportAction::submit, ReportAction::confirm, ReportAction::turn_down,
                          ReportAction::open_notice, ReportAction::object, ReportAction::dismiss,
                          ReportAction::uphold, ReportAction::issue, ReportAction::recall)));

}  // namespace
}  // namespace puhui::ledger::testing
