// What was traded, day by day, and loans that refer to units.
#include "node/cli/command.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

constexpr Column kDayColumns[] = {
    {"DAY", "day"},
    {"TRADES", "trades"},
    {"VOLUME-KG", "volume_kg"},
    {"AVERAGE-CENTS", "average_cents_per_tonne"},
    {"LOW-CENTS", "low_cents_per_tonne"},
    {"HIGH-CENTS", "high_cents_per_tonne"},
    {"LAST-CENTS", "last_cents_per_tonne"},
};

Run declare_trades(CLI::App& app) { return lists<v1::TradeDayList>(app, "trades", kDayColumns); }

Run declare_refer(CLI::App& app) {
  auto action = std::make_shared<v1::ReferLoan>();
  app.add_option("loan", *action->mutable_loan(), "name of the loan, new")->required();
  app.add_option("--account", *action->mutable_account(), "account that holds the units")
      ->required();
  app.add_option("--bank", *action->mutable_bank(), "party that lends")->required();
  add_value(
      app, "--rate-table", read_document_sha256,
      [action](std::string digest) { action->set_rate_table_sha256(std::move(digest)); },
      "steps of the rate by quantity: a file, or its SHA-256 in hex")
      ->required();
  add_value(
      app, "--amount", parse_amount_kg,
      [action](std::int64_t amount_kg) { action->set_quantity_kg(amount_kg); },
      "quantity that earned the step: 2000t, 1448.5t or 500kg")
      ->required()
      ->type_name("AMOUNT");
  add_day(app, "--until", action, &v1::ReferLoan::set_until, "day the rate holds until")
      ->required();
  return submits(action, &v1::Payload::mutable_refer_loan);
}

Run declare_loan(CLI::App& app) { return shows<v1::LoanReference>(app, "loans", "loan"); }

constexpr Command kCommands[] = {
    {"trade", "list", "Lists days with their trades; prices are in cents (0.01 yuan) per tonne.",
     "puhui trade list --all", declare_trades},
    {"loan", "refer", "Refers a loan to units that an account holds now.",
     "puhui loan refer loan-3 --account acme/pv --bank bank --rate-table rates.pdf --amount 500t "
     "--until 2027-03-01 --party acme --key acme.key --key bank.key",
     declare_refer},
    {"loan", "show", "Shows a loan that refers to units.", "puhui loan show loan-3", declare_loan},
};

}  // namespace

std::span<const Command> market_commands() { return kCommands; }

}  // namespace puhui::node::cli
