// The table of commands: `puhui <noun> [<verb>] [flags]`.
//
// Each family of nouns lists its commands; `run` (run.h) makes the parser from the list. A command
// declares its flags and answers what to do once they are parsed. Flags are bound to objects the
// answer shares, so nothing outlives the parser by reference.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "node/cli/documents.h"
#include "node/cli/session.h"
#include "node/cli/submission.h"
#include "node/cli/values.h"

namespace puhui::node::cli {

using Run = std::function<Result<Exit>(Session&)>;

struct Command {
  const char* noun;
  const char* verb;     // Null: the noun itself is the command.
  const char* summary;  // One sentence.
  const char* example;  // One or more lines, without indentation.
  Run (*declare)(CLI::App& app);
};

[[nodiscard]] std::span<const Command> key_commands();
[[nodiscard]] std::span<const Command> party_commands();
[[nodiscard]] std::span<const Command> governance_commands();
[[nodiscard]] std::span<const Command> methodology_commands();
[[nodiscard]] std::span<const Command> project_commands();
[[nodiscard]] std::span<const Command> filing_commands();
[[nodiscard]] std::span<const Command> standing_commands();
[[nodiscard]] std::span<const Command> ets_commands();
[[nodiscard]] std::span<const Command> recall_commands();
[[nodiscard]] std::span<const Command> agreement_commands();
[[nodiscard]] std::span<const Command> partner_commands();
[[nodiscard]] std::span<const Command> crossing_commands();
[[nodiscard]] std::span<const Command> note_commands();
[[nodiscard]] std::span<const Command> lineage_commands();
[[nodiscard]] std::span<const Command> relay_commands();
[[nodiscard]] std::span<const Command> account_commands();
[[nodiscard]] std::span<const Command> unit_commands();
[[nodiscard]] std::span<const Command> bond_commands();
[[nodiscard]] std::span<const Command> case_commands();
[[nodiscard]] std::span<const Command> certificate_commands();
[[nodiscard]] std::span<const Command> market_commands();
[[nodiscard]] std::span<const Command> history_commands();
[[nodiscard]] std::span<const Command> behaviour_commands();
[[nodiscard]] std::span<const Command> tags_commands();
[[nodiscard]] std::span<const Command> person_commands();
[[nodiscard]] std::span<const Command> offer_commands();
[[nodiscard]] std::span<const Command> emission_commands();
[[nodiscard]] std::span<const Command> proof_commands();
[[nodiscard]] std::span<const Command> state_proof_commands();
[[nodiscard]] std::span<const Command> event_commands();
[[nodiscard]] std::span<const Command> node_commands();
[[nodiscard]] std::span<const Command> mirror_commands();
[[nodiscard]] std::span<const Command> repair_commands();
[[nodiscard]] std::span<const Command> audit_commands();

// ---- Flags ------------------------------------------------------------------------------------

// What was wrong with a flag's value, without repeating that one was.
inline std::string fault_of(const Error& error) {
  return error.detail.empty() ? describe(error) : error.detail;
}

// A flag or positional read by `parse`; what it refuses is a usage error that names the flag.
template <class Parse, class Store>
CLI::Option* add_value(CLI::App& app, const std::string& name, Parse parse, Store store,
                       const std::string& help) {
  return app.add_option_function<std::string>(
      name,
      [name, parse, store](const std::string& text) {
        auto value = parse(text);
        if (!value) throw CLI::ValidationError(name, fault_of(value.error()));
        store(std::move(*value));
      },
      help);
}

// The same, repeated: `store` is called once per value, in order.
template <class Parse, class Store>
CLI::Option* add_values(CLI::App& app, const std::string& name, Parse parse, Store store,
                        const std::string& help) {
  return app.add_option_function<std::vector<std::string>>(
      name,
      [name, parse, store](const std::vector<std::string>& texts) {
        for (const auto& text : texts) {
          auto value = parse(text);
          if (!value) throw CLI::ValidationError(name, fault_of(value.error()));
          store(std::move(*value));
        }
      },
      help);
}

// A positional that is one of two words; `store` is told whether it is the first of them.
template <class Store>
CLI::Option* add_choice(CLI::App& app, const std::string& name, const std::string& first,
                        const std::string& second, Store store) {
  return app
      .add_option_function<std::string>(
          name, [first, store](const std::string& word) { store(word == first); },
          first + " or " + second)
      ->required()
      ->check(CLI::IsMember({first, second}));
}

// A flag for a file whose name, hash, media type and size the action carries.
template <class Store>
CLI::Option* add_paper(CLI::App& app, const std::string& name, Store store,
                       const std::string& help) {
  return add_value(app, name, read_document, store, help)->type_name("FILE[=MEDIA/TYPE]");
}

// A day flag that sets a field of the action.
template <class Action>
CLI::Option* add_day(CLI::App& app, const std::string& flag, const std::shared_ptr<Action>& action,
                     void (Action::*set)(std::int64_t), const std::string& help) {
  return add_value(
             app, flag, parse_day, [action, set](std::int64_t day) { (action.get()->*set)(day); },
             help)
      ->type_name("YYYY-MM-DD");
}

// --serials, one or more times.
template <class Action>
CLI::Option* add_serials(CLI::App& app, const std::shared_ptr<Action>& action,
                         const std::string& help) {
  return add_values(
             app, "--serials", parse_serials,
             [action](const v1::SerialRange& range) { *action->add_serials() = range; }, help)
      ->type_name("RANGE")
      ->allow_extra_args(false);
}

// --amount.
template <class Action>
CLI::Option* add_amount(CLI::App& app, const std::shared_ptr<Action>& action,
                        const std::string& help) {
  return add_value(
             app, "--amount", parse_amount_kg,
             [action](std::int64_t amount_kg) { action->set_amount_kg(amount_kg); }, help)
      ->type_name("AMOUNT");
}

// --amount, or --serials one or more times; never both.
template <class Action>
void add_units(CLI::App& app, const std::shared_ptr<Action>& action) {
  auto* amount = add_amount(app, action, "2000t, 1448.5t or 500kg, from the lowest serials held");
  auto* serials = add_serials(app, action, "FIRST-LAST, both included; repeat for several");
  auto* group = app.add_option_group("Units", "exactly one of");
  group->add_option(amount);
  group->add_option(serials);
  group->require_option(1);
}

// --trade, and with it --price and --traded-at.
template <class Action>
void add_trade(CLI::App& app, const std::shared_ptr<Action>& action) {
  auto* reference = add_value(
      app, "--trade", [](std::string text) { return Result<std::string>(std::move(text)); },
      [action](std::string text) { action->mutable_trade()->set_reference(std::move(text)); },
      "the exchange's trade number");
  add_value(
      app, "--price", parse_cents,
      [action](std::int64_t cents) { action->mutable_trade()->set_price_cents_per_tonne(cents); },
      "yuan per tonne, as 43.5")
      ->needs(reference);
  add_value(
      app, "--traded-at", parse_time_us,
      [action](std::int64_t time_us) { action->mutable_trade()->set_traded_at(time_us); },
      "when it was traded (the time of the entry)")
      ->needs(reference)
      ->type_name("TIME");
}

// --from and --to: days.
template <class Action>
void add_period(CLI::App& app, const std::shared_ptr<Action>& action) {
  add_value(
      app, "--from", parse_day, [action](std::int64_t day) { action->set_from(day); },
      "first day of the period it counts for")
      ->type_name("YYYY-MM-DD");
  add_value(
      app, "--to", parse_day, [action](std::int64_t day) { action->set_to(day); },
      "day after the last")
      ->type_name("YYYY-MM-DD");
}

// Fills in, signs and sends the action: `submits(action, &v1::Payload::mutable_retire)`.
template <class Action>
Run submits(std::shared_ptr<Action> action, Action* (v1::Payload::*field)()) {
  return [action, field](Session& session) {
    v1::Payload payload;
    *(payload.*field)() = *action;
    return submit(session, std::move(payload));
  };
}

// ---- Reading ----------------------------------------------------------------------------------

// One line: position, time, action, acting party.
void print_entry(Session& session, const v1::EntryView& entry);

// Asks for one thing and prints it. `Message` is what the node answers.
template <class Message>
Result<Exit> show(Session& session, std::initializer_list<std::string_view> parts) {
  const auto message = session.get<Message>(parts);
  if (!message) return tl::make_unexpected(message.error());
  session.print(*message);
  return Exit::ok;
}

// `puhui <noun> show NAME` for what lies under /v1/<path>/NAME.
template <class Message>
Run shows(CLI::App& app, const char* path, const char* what) {
  auto name = std::make_shared<std::string>();
  app.add_option("name", *name, what)->required();
  return [name, path](Session& session) { return show<Message>(session, {"v1", path, *name}); };
}

struct ListFlags {
  std::string after;
  unsigned limit = 100;
  bool all = false;
};
inline constexpr unsigned kListLimitMax = 1000;

// --after, --limit and --all.
[[nodiscard]] std::shared_ptr<ListFlags> add_list_flags(CLI::App& app);

// Asks for a part of a list, or with --all for part after part, and prints it. Each part is asked
// for with the filter.
template <class List>
Result<Exit> show_list(Session& session, std::initializer_list<std::string_view> parts,
                       const ListFlags& flags, std::span<const Column> columns,
                       const Query& filter = {}) {
  List all;
  std::string after = flags.after;
  for (;;) {
    auto query = filter;
    query.emplace_back("limit", std::to_string(flags.limit));
    if (!after.empty()) query.emplace_back("after", after);
    const auto list = session.get<List>(parts, std::move(query));
    if (!list) return tl::make_unexpected(list.error());
    all.MergeFrom(*list);
    all.set_next(list->next());
    if (!flags.all || all.next().empty()) break;
    if (all.next() == after)
      return fail(ErrorCode::CORRUPT, "the node answers the same part of the list again");
    after = all.next();
  }
  session.print_list(all, columns);
  return Exit::ok;
}

// `puhui <noun> list` for what lies under /v1/<path>. The columns must live for ever.
template <class List>
Run lists(CLI::App& app, const char* path, std::span<const Column> columns) {
  auto flags = add_list_flags(app);
  return [flags, path, columns](Session& session) {
    return show_list<List>(session, {"v1", path}, *flags, columns);
  };
}

}  // namespace puhui::node::cli
