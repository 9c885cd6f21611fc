// How what is filed stands: suspended, in force again, or ended for ever.
#include "node/cli/command.h"

namespace puhui::node::cli {
namespace {

Run declare_standing(CLI::App& app, const std::shared_ptr<v1::SetStanding>& action,
                     v1::Standing standing) {
  action->set_standing(standing);
  app.add_option("--reason", *action->mutable_reason(), "why, with the case number")->required();
  add_paper(
      app, "--decision",
      [action](v1::Document decision) { *action->mutable_decision() = std::move(decision); },
      "the decision behind it");
  return submits(action, &v1::Payload::mutable_set_standing);
}

template <v1::Standing kStanding>
Run declare_methodology(CLI::App& app) {
  auto action = std::make_shared<v1::SetStanding>();
  auto& version = *action->mutable_methodology();
  app.add_option("code", *version.mutable_code(), "methodology code")->required();
  app.add_option("version", *version.mutable_version(), "its version")->required();
  return declare_standing(app, action, kStanding);
}

template <v1::Standing kStanding>
Run declare_project(CLI::App& app) {
  auto action = std::make_shared<v1::SetStanding>();
  app.add_option("project", *action->mutable_project(), "project")->required();
  return declare_standing(app, action, kStanding);
}

constexpr Command kCommands[] = {
    {"methodology", "suspend", "Suspends a methodology version: nothing new comes of it.",
     "puhui methodology suspend WH-BUS-2023 V01 --reason \"factor under review\" "
     "--party operator --key operator.key --key authority.key",
     declare_methodology<v1::STANDING_SUSPENDED>},
    {"methodology", "resume", "Puts a suspended methodology version in force again.",
     "puhui methodology resume WH-BUS-2023 V01 --reason \"factor confirmed\" "
     "--party operator --key operator.key --key authority.key",
     declare_methodology<v1::IN_FORCE>},
    {"methodology", "withdraw", "Withdraws a methodology version for ever.",
     "puhui methodology withdraw WH-BUS-2023 V01 --reason \"(2026) No. 3\" --decision no-3.pdf "
     "--party operator --key operator.key --key authority.key",
     declare_methodology<v1::WITHDRAWN>},
    {"project", "suspend", "Suspends a project: nothing new comes of it.",
     "puhui project suspend PV001 --reason \"meter replaced\" "
     "--party operator --key operator.key --key authority.key",
     declare_project<v1::STANDING_SUSPENDED>},
    {"project", "resume", "Puts a suspended project in force again.",
     "puhui project resume PV001 --reason \"meter calibrated\" "
     "--party operator --key operator.key --key authority.key",
     declare_project<v1::IN_FORCE>},
    {"project", "close", "Closes a project for ever; what it reported may still be issued.",
     "puhui project close PV001 --reason \"taken down\" "
     "--party operator --key operator.key --key authority.key",
     declare_project<v1::CLOSED>},
    {"project", "revoke", "Revokes a project for ever; nothing more is issued.",
     "puhui project revoke PV001 --reason \"false declaration\" --decision no-7.pdf "
     "--party operator --key operator.key --key authority.key",
     declare_project<v1::REVOKED>},
};

}  // namespace

std::span<const Command> standing_commands() { return kCommands; }

}  // namespace puhui::node::cli
