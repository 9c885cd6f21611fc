#include "node/cli/run.h"

#include <algorithm>
#include <map>

#include "crypto/bytes.h"
#include "node/cli/command.h"
#include "node/files/folder.h"

namespace puhui::node::cli {
namespace {

constexpr const char* kAbout =
    "Puhui Ledger (普惠账本): the command line client of a city's carbon inclusion ledger.";
constexpr const char* kFooter =
    R"(Settings come from the profile, then the environment (PUHUI_URL, PUHUI_CLIENT_CERT, …;
several values with commas), then flags; the later wins.

Exit codes: 0 ok, 1 refused by a rule, 2 usage, 3 verification failed,
4 unreachable or outcome unknown (the same bytes may be sent again), 5 not permitted.

Examples:
  puhui key new operator.key
  puhui status --url https://node1.example:8443 --ca authority.pem
  puhui transfer --from acme/main --to buyer/main --amount 2000t --party acme --key acme.key
  puhui receipt verify receipt.txt --policy city.policy
)";

const std::map<std::string_view, const char*> kNouns = {
    {"key", "Key files of this machine"},
    {"party", "Parties and their keys"},
    {"role", "Roles of parties"},
    {"rules", "Rule sets"},
    {"proposal", "Proposals and votes on them"},
    {"node", "Machines of the cluster"},
    {"methodology", "Methodologies"},
    {"project", "Projects"},
    {"report", "Monitoring reports"},
    {"filing", "Filings on their way: review, public notice, completion"},
    {"ets", "Firms that surrender allowances"},
    {"batch", "Unit batches"},
    {"recall", "Recalls and reversals of units"},
    {"account", "Accounts and what they hold"},
    {"retirement", "Retirements"},
    {"bond", "Units bound where they lie: reserved, frozen, pledged"},
    {"case", "Retirements that go through steps"},
    {"certificate", "Certificates of retirements and statements for banks, shown in part"},
    {"trade", "What was traded, day by day"},
    {"loan", "Loans that refer to units held"},
    {"behaviour", "Behaviour batches"},
    {"scenario", "Scenarios of acts"},
    {"tags", "Tags by which partner cities know acts"},
    {"consent", "What citizens agree to"},
    {"person", "Confirmations with a citizen's own key"},
    {"pseudonym", "Whose name was told, and why"},
    {"credits", "Credits that platforms pool"},
    {"offer", "What citizens get for their grams"},
    {"source", "What an enterprise emits from, and its meters"},
    {"reading", "What meters measured"},
    {"factor", "Emission factors"},
    {"footprint", "What enterprises emitted"},
    {"target", "What enterprises mean to emit"},
    {"enterprise", "How an enterprise stands"},
    {"serial", "Serial numbers of units"},
    {"receipt", "Receipts of leaves"},
    {"record", "Single behaviour records"},
    {"proof", "Proofs of what the views said at a state root"},
    {"policy", "The city's verification policy"},
    {"event", "Signed events in files"},
    {"mirror", "Copies of logs that strangers keep"},
    {"audit", "Independent audits of logs"},
    {"evidence", "Proof that a log has forked"},
    {"entry", "Leaves of the ledger"},
    {"cluster", "Leadership and membership"},
    {"agreement", "Agreements with other cities"},
    {"partner", "Partner cities' logs, as they are known here"},
    {"crossing", "Transfers of units between cities"},
    {"relay", "Carries proofs between cities"},
    {"bundle", "The same in files, between networks that do not meet"},
};

// What is parsed: settings given as flags, flags of this run, and the chosen command.
struct Parsed {
  std::string profile;
  Settings settings;
  RunFlags flags;
  Run run;
};

void add_global_flags(CLI::App& app, Parsed& parsed) {
  const std::string group = "Everywhere";
  app.add_option("--profile", parsed.profile, "TOML file with the settings below (PUHUI_PROFILE)")
      ->type_name("FILE")
      ->group(group);
  for (const auto& setting : settings_table()) {
    const std::string flag = setting.name == std::string_view("output")
                                 ? "-o,--output"
                                 : std::string("--") + setting.name;
    std::visit(
        [&](const auto field) {
          app.add_option(flag, parsed.settings.*field, setting.help)
              ->type_name(setting.value_name)
              ->allow_extra_args(false)
              ->group(group);
        },
        setting.field);
  }
  auto& flags = parsed.flags;
  const auto text = [&](const char* name, std::string& value, const char* type, const char* help) {
    app.add_option(name, value, help)->type_name(type)->group(group);
  };
  text("--event-id", flags.event_id, "HEX", "identity of the event, 32 hex digits (random)");
  text("--valid-until", flags.valid_until, "TIME", "instead of --valid-for: the time itself");
  text("--out", flags.out_file, "FILE",
       "write the signed event, or the answer, to a new file instead");
  text("--receipt-out", flags.receipt_file, "FILE", "keep the receipt in a new file");
  text("--propose", flags.proposal, "NAME", "put the action to the vote, as a proposal, instead");
  text("--draft", flags.filing, "NAME", "draft the action as a filing of this name, instead");
  app.add_option("--enclose", flags.enclosures, "document of the draft; repeat for several")
      ->type_name("FILE[=MEDIA/TYPE]")
      ->allow_extra_args(false)
      ->group(group);
  app.add_flag("--dry-run", flags.dry_run, "print the payload; sign and send nothing")
      ->group(group);
  app.add_option("--at-least", flags.at_least, "read a state that includes this position")
      ->type_name("POSITION")
      ->group(group);
  app.add_option("--at", flags.at, "read the state as it was right after this position")
      ->type_name("POSITION")
      ->group(group);
  text("--own-key", flags.own_key, "FILE",
       "the key of a citizen's account, for reading what the ledger says of it");
  app.add_flag("--linearizable", flags.linearizable, "read what the leader knows now")
      ->group(group);
}

std::string indented(std::string_view lines) {
  std::string text = "Examples:\n";
  for (const auto line : split(lines, '\n')) text += "  " + std::string(line) + "\n";
  return text + "\nFlags that work everywhere: puhui --help\n";
}

// The parser of a noun; made when its first verb comes.
CLI::App* noun_of(CLI::App& app, const std::string& noun) {
  for (auto* known : app.get_subcommands([&](CLI::App* sub) { return sub->get_name() == noun; }))
    return known;
  auto* made = app.add_subcommand(noun, kNouns.at(noun));
  made->require_subcommand(1)->fallthrough();
  return made;
}

void add_command(CLI::App& app, const Command& command, Parsed& parsed) {
  auto* parent = command.verb == nullptr ? &app : noun_of(app, command.noun);
  auto* leaf = parent->add_subcommand(command.verb == nullptr ? command.noun : command.verb,
                                      command.summary);
  leaf->fallthrough()->footer(indented(command.example));
  auto run = command.declare(*leaf);
  leaf->callback([&parsed, run] { parsed.run = run; });
}

void add_commands(CLI::App& app, Parsed& parsed) {
  for (const auto commands :
       {key_commands(),       party_commands(),       governance_commands(), methodology_commands(),
        project_commands(),   filing_commands(),      standing_commands(),   ets_commands(),
        recall_commands(),    account_commands(),     unit_commands(),       bond_commands(),
        case_commands(),      certificate_commands(), market_commands(),     history_commands(),
        behaviour_commands(), person_commands(),      offer_commands(),      emission_commands(),
        proof_commands(),     state_proof_commands(), event_commands(),      node_commands(),
        mirror_commands(),    repair_commands(),      audit_commands(),      agreement_commands(),
        partner_commands(),   crossing_commands(),    note_commands(),       lineage_commands(),
        tags_commands(),      relay_commands()}) {
    for (const auto& command : commands) add_command(app, command, parsed);
  }
}

Result<Settings> settle(const Parsed& parsed, const World& world) {
  auto path = parsed.profile;
  const char* named = world.environment("PUHUI_PROFILE");
  if (path.empty() && named != nullptr) path = named;
  Settings settings;
  if (!path.empty()) {
    const auto bytes = read_file(path);
    if (!bytes) return tl::make_unexpected(bytes.error());
    auto profile = parse_profile(*bytes, path);
    if (!profile) return tl::make_unexpected(profile.error());
    settings = std::move(*profile);
  }
  settings = overlay(std::move(settings), settings_of_environment(world.environment));
  return complete(overlay(std::move(settings), parsed.settings));
}

Exit finish(const Parsed& parsed, const World& world) {
  auto settings = settle(parsed, world);
  if (!settings) {
    print_error(world.err, settings.error());
    return exit_of(settings.error().code);
  }
  Session session(world, std::move(*settings), parsed.flags);
  const auto exit = parsed.run(session);
  if (exit) return *exit;
  print_error(world.err, exit.error());
  return exit_of(exit.error().code);
}

// Help and version are answers; everything else the parser throws is a usage error.
Exit parse_failed(const CLI::App& app, const CLI::ParseError& error, const World& world) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    app.exit(error, world.out, world.err);
    return Exit::ok;
  }
  print_error(world.err, {ErrorCode::INVALID_ARGUMENT, error.what()});
  world.err << "  see puhui --help, or --help after a command\n";
  return Exit::usage;
}

}  // namespace

Exit run(std::vector<std::string> arguments, const World& world) {
  if (!std::ranges::all_of(arguments, crypto::is_utf8)) {
    print_error(world.err, {ErrorCode::INVALID_ARGUMENT, "an argument is not UTF-8"});
    return Exit::usage;
  }
  Parsed parsed;
  CLI::App app(kAbout, "puhui");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_version_flag("--version", "puhui " PUHUI_VERSION);
  add_global_flags(app, parsed);
  add_commands(app, parsed);
  try {
    std::ranges::reverse(arguments);  // The form CLI11 takes a vector in.
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return parse_failed(app, error, world);
  }
  return finish(parsed, world);
}

std::shared_ptr<ListFlags> add_list_flags(CLI::App& app) {
  auto flags = std::make_shared<ListFlags>();
  app.add_option("--after", flags->after, "go on after this, as the last answer named it")
      ->type_name("CURSOR");
  app.add_option("--limit", flags->limit, "at most this many at a time")
      ->check(CLI::Range(1u, kListLimitMax));
  app.add_flag("--all", flags->all, "everything, part by part");
  return flags;
}

}  // namespace puhui::node::cli
