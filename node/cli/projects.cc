// Projects, monitoring reports, conversions of pooled credits, unit batches.
#include "node/cli/command.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

constexpr Column kProjectColumns[] = {
    {"PROJECT", "filing.project"},
    {"OWNER", "filing.owner"},
    {"METHODOLOGY", "filing.methodology"},
    {"SCENARIO", "filing.scenario"},
    {"VERSION", "methodology_version"},
    {"FROM", "filing.crediting_from"},
    {"TO", "filing.crediting_to"},
    {"LEAF", "filed_at"},
    {"STANDING", "standing"},
    {"NAME", "filing.name_zh"},
};
constexpr Column kReportColumns[] = {
    {"REPORT", "submission.report"},
    {"PROJECT", "submission.project"},
    {"FROM", "submission.from"},
    {"TO", "submission.to"},
    {"STATE", "state"},
    {"GRAMS", "result_g"},
    {"POOL", "pool"},
    {"BATCH", "batch"},
    {"LEAF", "submitted_at"},
};
constexpr Column kBatchColumns[] = {
    {"BATCH", "batch"},
    {"PROJECT", "project"},
    {"REPORT", "report"},
    {"VINTAGE", "vintage"},
    {"START", "start"},
    {"END", "end"},
    {"LEAF", "issued_at"},
    {"REGISTERED", "registered_at"},
    {"RECALLED-KG", "recalled_kg"},
    {"SERIAL", "serial"},
};

template <class Action>
void add_document(CLI::App& app, const std::shared_ptr<Action>& action) {
  add_value(
      app, "--document", read_document_sha256,
      [action](std::string digest) { action->set_document_sha256(std::move(digest)); },
      "the paper behind it: a file, or its SHA-256 in hex");
}

template <class Action>
CLI::Option* add_meters(CLI::App& app, const std::shared_ptr<Action>& action) {
  return add_values(
             app, "--meter", [](std::string text) { return Result<std::string>(std::move(text)); },
             [action](std::string meter) { action->add_keys(std::move(meter)); },
             "key of a meter or site; repeat for several")
      ->allow_extra_args(false);
}

// What the project is under: a methodology with its meters, or the pooled credits of a scenario.
void add_subject(CLI::App& app, const std::shared_ptr<v1::FileProject>& action) {
  auto* scenario = app.add_option("--scenario", *action->mutable_scenario(),
                                  "of pooled credits, instead of a methodology");
  auto* methodology =
      app.add_option("--methodology", *action->mutable_methodology(), "methodology code");
  auto* meters = add_meters(app, action)->needs(methodology);
  auto* parameters =
      add_values(
          app, "--parameter", parse_named_value,
          [action](v1::NamedValue value) { *action->add_parameters() = std::move(value); },
          "NAME=VALUE, fixed from now on; repeat for several")
          ->allow_extra_args(false);
  for (auto* of_methodology : {methodology, meters, parameters}) scenario->excludes(of_methodology);
  methodology->needs(meters);
  auto* group = app.add_option_group("Subject", "exactly one of");
  group->add_option(scenario);
  group->add_option(methodology);
  group->require_option(1);
}

Run declare_project_file(CLI::App& app) {
  auto action = std::make_shared<v1::FileProject>();
  app.add_option("project", *action->mutable_project(), "code, capital letters and digits")
      ->required();
  app.add_option("--name-zh", *action->mutable_name_zh(), "Chinese name");
  app.add_option("--name-en", *action->mutable_name_en(), "English name");
  app.add_option("--owner", *action->mutable_owner(), "party that owns it")->required();
  app.add_option("--account", *action->mutable_account(), "account issued units go to")->required();
  app.add_option("--area", *action->mutable_area(), "GB/T 2260 area code");
  add_subject(app, action);
  add_day(app, "--crediting-from", action, &v1::FileProject::set_crediting_from, "first day")
      ->required();
  add_day(app, "--crediting-to", action, &v1::FileProject::set_crediting_to, "day after the last")
      ->required();
  app.add_option_function<std::vector<std::string>>(
         "--not-in",
         [action](const std::vector<std::string>& schemes) {
           for (const auto& scheme : schemes) action->add_not_in_schemes(scheme);
         },
         "the owner declares that this scheme holds none of these periods; repeat for several")
      ->type_name("SCHEME")
      ->allow_extra_args(false);
  add_document(app, action);
  return submits(action, &v1::Payload::mutable_file_project);
}

Run declare_project_list(CLI::App& app) {
  return lists<v1::ProjectList>(app, "projects", kProjectColumns);
}

Run declare_project_show(CLI::App& app) { return shows<v1::Project>(app, "projects", "project"); }

Run declare_report_submit(CLI::App& app) {
  auto action = std::make_shared<v1::SubmitReport>();
  app.add_option("report", *action->mutable_report(), "name of the report")->required();
  app.add_option("--project", *action->mutable_project(), "project it is about")->required();
  add_meters(app, action)->required();
  add_day(app, "--from", action, &v1::SubmitReport::set_from, "first day")->required();
  add_day(app, "--to", action, &v1::SubmitReport::set_to, "day after the last")->required();
  add_values(
      app, "--input", parse_named_value,
      [action](v1::NamedValue value) { *action->add_inputs() = std::move(value); },
      "NAME=VALUE, as monitored; repeat for several")
      ->required()
      ->allow_extra_args(false);
  add_document(app, action);
  return submits(action, &v1::Payload::mutable_submit_report);
}

Run declare_report_verify(CLI::App& app) {
  auto action = std::make_shared<v1::VerifyReport>();
  app.add_option("report", *action->mutable_report(), "report that was verified")->required();
  add_value(
      app, "--statement", read_document_sha256,
      [action](std::string digest) { action->set_statement_sha256(std::move(digest)); },
      "verification statement: a file, or its SHA-256 in hex")
      ->required();
  auto* positive = app.add_flag_callback(
      "--positive", [action] { action->set_positive(true); }, "the report holds");
  auto* negative = app.add_flag_callback(
      "--negative", [action] { action->set_positive(false); }, "the report does not hold");
  positive->excludes(negative);
  return [action, positive, negative](Session& session) -> Result<Exit> {
    if (positive->count() + negative->count() == 0)
      return fail(ErrorCode::INVALID_ARGUMENT, "say --positive or --negative");
    v1::Payload payload;
    *payload.mutable_verify_report() = *action;
    return submit(session, std::move(payload));
  };
}

Run declare_report_show(CLI::App& app) { return shows<v1::Report>(app, "reports", "report"); }

Run declare_report_list(CLI::App& app) {
  return lists<v1::ReportList>(app, "reports", kReportColumns);
}

Run declare_convert(CLI::App& app) {
  auto action = std::make_shared<v1::ConvertCredits>();
  app.add_option("account", *action->mutable_account(), "pool whose grams are converted")
      ->required();
  app.add_option("--project", *action->mutable_project(), "project of pooled credits")->required();
  app.add_option("--report", *action->mutable_report(), "name of the report it becomes, new")
      ->required();
  add_amount(app, action, "2000t, 1448.5t or 500kg")->required();
  add_day(app, "--from", action, &v1::ConvertCredits::set_from, "first day of the acts")
      ->required();
  add_day(app, "--to", action, &v1::ConvertCredits::set_to, "day after the last")->required();
  add_paper(
      app, "--document",
      [action](v1::Document document) { *action->mutable_document() = std::move(document); },
      "the paper behind it");
  return submits(action, &v1::Payload::mutable_convert_credits);
}

Run declare_take_back(CLI::App& app) {
  auto action = std::make_shared<v1::TakeBackCredits>();
  app.add_option("report", *action->mutable_report(), "what was converted, and is not issued")
      ->required();
  return submits(action, &v1::Payload::mutable_take_back_credits);
}

Run declare_issue(CLI::App& app) {
  auto action = std::make_shared<v1::Issue>();
  app.add_option("batch", *action->mutable_batch(), "code of the new batch")->required();
  app.add_option("--report", *action->mutable_report(), "verified report")->required();
  return submits(action, &v1::Payload::mutable_issue);
}

Run declare_batch_list(CLI::App& app) {
  return lists<v1::UnitBatchList>(app, "batches", kBatchColumns);
}

Run declare_batch_show(CLI::App& app) { return shows<v1::UnitBatch>(app, "batches", "batch"); }

constexpr Command kCommands[] = {
    {"project", "file", "Files a project under a methodology.",
     "puhui project file PV001 --owner acme --methodology WH-PV-2023 --account acme/pv "
     "--meter meter-17 --parameter capacity=5.9 --crediting-from 2024-01-01 "
     "--crediting-to 2034-01-01 --party acme --key acme.key --key operator.key\n"
     "puhui project file PV001 … --not-in CCER --not-in green-power --draft pv001 "
     "--enclose design.pdf --party acme --key acme.key\n"
     "puhui project file RIDES1 --scenario shared-bike --owner bike-co --account bike-co/units "
     "--crediting-from 2026-01-01 --crediting-to 2031-01-01 --party bike-co --key bike-co.key "
     "--key operator.key",
     declare_project_file},
    {"project", "list", "Lists projects.", "puhui project list", declare_project_list},
    {"project", "show", "Shows a project.", "puhui project show PV001", declare_project_show},
    {"report", "submit", "Submits a monitoring report; the ledger computes the result.",
     "puhui report submit pv001-2024 --project PV001 --meter meter-17 --from 2024-01-01 "
     "--to 2025-01-01 --input generation=10120 --party acme --key acme.key",
     declare_report_submit},
    {"report", "verify", "Records a verifier's statement on a report.",
     "puhui report verify pv001-2024 --positive --statement statement.pdf "
     "--party tester --key tester.key",
     declare_report_verify},
    {"report", "show", "Shows a report and its result.", "puhui report show pv001-2024",
     declare_report_show},
    {"report", "list", "Lists reports.", "puhui report list --all", declare_report_list},
    {"credits", "convert", "Turns whole kilograms of a pool into a report, to be verified.",
     "puhui credits convert bike-co/pool --project RIDES1 --report rides-2026-q1 --amount 12t "
     "--from 2026-01-01 --to 2026-04-01 --document ledger.pdf --party bike-co --key bike-co.key "
     "--key operator.key",
     declare_convert},
    {"credits", "take-back",
     "Gives a pool back what was converted for a project that was revoked since.",
     "puhui credits take-back rides-2026-q1 --party bike-co --key bike-co.key "
     "--key operator.key",
     declare_take_back},
    {"batch", "issue", "Issues the units of a verified report.",
     "puhui batch issue B2024001 --report pv001-2024 --party operator "
     "--key operator.key --key authority.key",
     declare_issue},
    {"batch", "list", "Lists unit batches.", "puhui batch list --all", declare_batch_list},
    {"batch", "show", "Shows a unit batch.", "puhui batch show B2024001", declare_batch_show},
};

}  // namespace

std::span<const Command> project_commands() { return kCommands; }

}  // namespace puhui::node::cli
