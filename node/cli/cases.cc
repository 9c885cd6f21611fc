// Retirements that go through the steps of their purpose: opened, confirmed, or void.
#include "node/cli/command.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

constexpr Column kCaseColumns[] = {
    {"CASE", "opening.case"},
    {"PURPOSE", "opening.purpose"},
    {"ACCOUNT", "opening.account"},
    {"BENEFICIARY", "opening.beneficiary"},
    {"STATE", "state"},
    {"CONFIRMED-KG", "confirmation.amount_kg"},
    {"UNTIL", "until"},
    {"BONDS", "bonds"},
    {"LEAF", "opened_at"},
};

template <class Action>
void add_case(CLI::App& app, const std::shared_ptr<Action>& action, const char* help) {
  app.add_option("case", *action->mutable_case_(), help)->required();
}

Run declare_open(CLI::App& app) {
  auto action = std::make_shared<v1::OpenCase>();
  add_case(app, action, "name of the case, new");
  app.add_option("--purpose", *action->mutable_purpose(), "as the rule set names it")->required();
  app.add_option("--account", *action->mutable_account(), "account to retire from")->required();
  app.add_option("--beneficiary", *action->mutable_beneficiary(),
                 "name, or hex of a salted commitment to it")
      ->required();
  add_period(app, action);
  add_value(
      app, "--estimate", parse_amount_kg,
      [action](std::int64_t amount_kg) { action->set_estimate_kg(amount_kg); },
      "how much it may become: 2000t, 1448.5t or 500kg")
      ->type_name("AMOUNT");
  add_paper(
      app, "--document",
      [action](v1::Document document) { *action->mutable_document() = std::move(document); },
      "the application or plan");
  return submits(action, &v1::Payload::mutable_open_case);
}

Run declare_confirm(CLI::App& app) {
  auto action = std::make_shared<v1::ConfirmCase>();
  add_case(app, action, "case to confirm");
  add_choice(app, "verdict", "accepted", "refused",
             [action](bool accepted) { action->set_accepted(accepted); });
  add_amount(app, action, "what is to be retired, if accepted: 2000t, 1448.5t or 500kg");
  app.add_option("--reference", *action->mutable_reference(),
                 "case number of the agreement or judgment");
  app.add_option("--footprint", *action->mutable_footprint(),
                 "the verified footprint that it is, of the holder and for the period");
  add_value(
      app, "--frozen", parse_cents,
      [action](std::int64_t cents) { action->set_frozen_cents(cents); },
      "yuan that the exchange holds")
      ->type_name("YUAN");
  add_paper(
      app, "--document",
      [action](v1::Document document) { *action->mutable_document() = std::move(document); },
      "the statement, agreement or judgment")
      ->required();
  return submits(action, &v1::Payload::mutable_confirm_case);
}

Run declare_void(CLI::App& app) {
  auto action = std::make_shared<v1::VoidCase>();
  add_case(app, action, "case to end");
  app.add_option("--reason", *action->mutable_reason(), "why");
  return submits(action, &v1::Payload::mutable_void_case);
}

Run declare_show(CLI::App& app) { return shows<v1::Case>(app, "cases", "case"); }
Run declare_list(CLI::App& app) { return lists<v1::CaseList>(app, "cases", kCaseColumns); }

constexpr Command kCommands[] = {
    {"case", "open", "Opens a retirement that goes through the steps of its purpose.",
     "puhui case open marathon-26 --purpose event_neutrality --account club/main "
     "--beneficiary \"Wuhan Marathon\" --from 2026-04-12 --to 2026-04-13 --estimate 800t "
     "--document plan.pdf --party club --key club.key",
     declare_open},
    {"case", "confirm", "Confirms how much a case is, or refuses it.",
     "puhui case confirm marathon-26 accepted --amount 731.2t --document footprint.pdf "
     "--party tester --key tester.key\n"
     "puhui case confirm damage-4 accepted --amount 90t --reference \"(2026) No. 4\" "
     "--frozen 5400 --document judgment.pdf --party city-authority --key authority.key "
     "--key exchange.key\n"
     "puhui case confirm offset-7 refused --document letter.pdf --party ets --key ets.key",
     declare_confirm},
    {"case", "void", "Ends a case before its retirement; its bonds are released.",
     "puhui case void marathon-26 --reason \"called off\" --party club --key club.key",
     declare_void},
    {"case", "show", "Shows a case: its steps, its rule, its bonds.", "puhui case show marathon-26",
     declare_show},
    {"case", "list", "Lists cases.", "puhui case list --all", declare_list},
};

}  // namespace

std::span<const Command> case_commands() { return kCommands; }

}  // namespace puhui::node::cli
