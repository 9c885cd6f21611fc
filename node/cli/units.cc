// Units: move, retire, cancel, and follow a serial number through its life.
#include "node/cli/command.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

constexpr Column kRetirementColumns[] = {
    {"LEAF", "retired_at"},
    {"TIME", "time"},
    {"KG", "amount_kg"},
    {"ACCOUNT", "retirement.account"},
    {"PURPOSE", "retirement.purpose"},
    {"BENEFICIARY", "retirement.beneficiary"},
};

Run declare_transfer(CLI::App& app) {
  auto action = std::make_shared<v1::Transfer>();
  app.add_option("--from", *action->mutable_from(), "account to debit")->required();
  app.add_option("--to", *action->mutable_to(), "account to credit")->required();
  add_units(app, action);
  add_trade(app, action);
  return submits(action, &v1::Payload::mutable_transfer);
}

Run declare_retire(CLI::App& app) {
  auto action = std::make_shared<v1::Retire>();
  app.add_option("--account", *action->mutable_account(), "account to debit")->required();
  add_units(app, action);
  app.add_option("--purpose", *action->mutable_purpose(), "as the rule set names it")->required();
  app.add_option("--beneficiary", *action->mutable_beneficiary(),
                 "name, or hex of a salted commitment to it")
      ->required();
  add_period(app, action);
  app.add_option("--case", *action->mutable_case_(), "case whose last step it is");
  app.add_option("--note", *action->mutable_note(), "free text");
  return submits(action, &v1::Payload::mutable_retire);
}

Run declare_cancel(CLI::App& app) {
  auto action = std::make_shared<v1::Cancel>();
  app.add_option("--account", *action->mutable_account(), "account to debit")->required();
  add_units(app, action);
  app.add_option("--reason", *action->mutable_reason(), "why; no claim rests on them")->required();
  return submits(action, &v1::Payload::mutable_cancel);
}

Run declare_retirements(CLI::App& app) {
  return lists<v1::RetirementList>(app, "retirements", kRetirementColumns);
}

std::shared_ptr<std::uint64_t> add_serial(CLI::App& app) {
  auto serial = std::make_shared<std::uint64_t>();
  add_value(
      app, "serial", parse_number, [serial](std::uint64_t number) { *serial = number; },
      "serial number")
      ->required();
  return serial;
}

Run declare_serial_show(CLI::App& app) {
  return [serial = add_serial(app)](Session& session) {
    return show<v1::UnitBlock>(session, {"v1", "serials", std::to_string(*serial)});
  };
}

constexpr Command kCommands[] = {
    {"transfer", nullptr, "Moves units from one account to another.",
     "puhui transfer --from acme/pv --to buyer/main --amount 2000t --party acme --key acme.key\n"
     "puhui transfer --from acme/pv --to buyer/main --serials 1-500000 --trade T-17 --price 43.5 "
     "--party acme --key acme.key --key exchange.key",
     declare_transfer},
    {"retire", nullptr, "Retires units for ever, for a purpose and a beneficiary.",
     "puhui retire --account buyer/main --amount 1448.5t --purpose event_neutrality "
     "--beneficiary \"Wuhan Marathon\" --from 2025-01-01 --to 2026-01-01 "
     "--party buyer --key buyer.key --receipt-out retired.receipt\n"
     "puhui retire --account firm/main --amount 120t --purpose ets_compliance --beneficiary firm "
     "--from 2025-01-01 --to 2026-01-01 --case offset-7 --party firm --key firm.key --key ets.key",
     declare_retire},
    {"cancel", nullptr, "Cancels units for ever, for no claim.",
     "puhui cancel --account buyer/main --amount 12t --reason \"issued twice by mistake\" "
     "--party buyer --key buyer.key",
     declare_cancel},
    {"retirement", "list", "Lists retirements.", "puhui retirement list --all -o json",
     declare_retirements},
    {"serial", "show", "Shows which account holds a serial number.", "puhui serial show 123456",
     declare_serial_show},
};

}  // namespace

std::span<const Command> unit_commands() { return kCommands; }

}  // namespace puhui::node::cli
