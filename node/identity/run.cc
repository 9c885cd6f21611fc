#include "node/identity/run.h"

#include <algorithm>

#include "crypto/bytes.h"
#include "node/cli/values.h"
#include "node/identity/command.h"

namespace puhui::node::identity {
namespace {

constexpr const char* kProgram = "puhui-identity";
constexpr const char* kAbout =
    "Puhui Ledger (普惠账本): the operator's identity service, off the ledger. Maps identities to "
    "pseudonyms and carriers to tags.";
constexpr const char* kFooter =
    R"(Identity is shown by `open` alone. Give identities and texts by the standard input: arguments
stand in the list of processes.

Exit codes: 0 ok, 2 usage, 3 verification failed or the store is damaged.

Examples:
  puhui-identity init --store identity --passphrase-file identity.pass --policy city.policy
  export PUHUI_IDENTITY_STORE=identity PUHUI_IDENTITY_PASSPHRASE_FILE=identity.pass
  puhui-identity enrol --out accounts.txt < identities.txt
  puhui-identity tag bike WH-0012345
)";

void add_global_flags(CLI::App& app, Session& session) {
  const std::string group = "Everywhere";
  app.add_option("--store", session.folder, "folder of the store")
      ->envname("PUHUI_IDENTITY_STORE")
      ->type_name("DIR")
      ->group(group);
  app.add_option("--passphrase-file", session.passphrase_file,
                 "file whose first line opens the key")
      ->envname("PUHUI_IDENTITY_PASSPHRASE_FILE")
      ->type_name("FILE")
      ->group(group);
  app.add_option("-o,--output", session.output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->group(group);
}

std::string indented(std::string_view lines) {
  std::string text = "Examples:\n";
  for (const auto line : cli::split(lines, '\n')) text += "  " + std::string(line) + "\n";
  return text;
}

std::string about(std::string_view noun) {
  return noun == "tags" ? "Acts compared with partner cities" : "Erasure receipts";
}

// The parser of a noun; made when its first verb comes.
CLI::App* parent_of(CLI::App& app, const char* noun) {
  if (noun == nullptr) return &app;
  for (auto* known : app.get_subcommands([&](CLI::App* sub) { return sub->get_name() == noun; }))
    return known;
  auto* made = app.add_subcommand(noun, about(noun));
  made->require_subcommand(1)->fallthrough();
  return made;
}

void add_command(CLI::App& app, const Command& command, Run& chosen) {
  auto* leaf = parent_of(app, command.noun)->add_subcommand(command.verb, command.summary);
  leaf->fallthrough()->footer(indented(command.example));
  leaf->callback([&chosen, run = command.declare(*leaf)] { chosen = run; });
}

cli::Exit report(const World& world, const Error& error) {
  cli::print_error(world.err, error, kProgram);
  return cli::exit_of(error.code);
}

// Help and version are answers; everything else the parser throws is a usage error.
cli::Exit parse_failed(const CLI::App& app, const CLI::ParseError& error, const World& world) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    app.exit(error, world.out, world.err);
    return cli::Exit::ok;
  }
  // What was typed beside the flags may be an identity, and errors are kept in logs.
  const bool quotes = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  const std::string detail =
      quotes ? "there are flags or words this command does not take" : error.what();
  return report(world, {ErrorCode::INVALID_ARGUMENT, detail});
}

}  // namespace

Result<std::optional<std::string>> Session::passphrase() const {
  if (folder.empty()) return fail(ErrorCode::CONFIG, "which store: give --store DIR");
  return read_passphrase(passphrase_file);
}

Result<std::unique_ptr<Store>> Session::make_store() const {
  auto secret = passphrase();
  if (!secret) return tl::make_unexpected(secret.error());
  auto store = Store::make(folder, *secret);
  if (*secret) crypto::wipe(**secret);
  return store;
}

Result<std::unique_ptr<Store>> Session::open_store() const {
  auto secret = passphrase();
  if (!secret) return tl::make_unexpected(secret.error());
  auto store = Store::open(folder, *secret);
  if (*secret) crypto::wipe(**secret);
  return store;
}

Result<Keys> Session::read_keys() const {
  auto secret = passphrase();
  if (!secret) return tl::make_unexpected(secret.error());
  auto keys = identity::read_keys(folder, *secret);
  if (*secret) crypto::wipe(**secret);
  return keys;
}

void Session::print(const cli::Fields& fields) const {
  world.out << (output == "json" ? cli::fields_json(fields) : cli::fields_table(fields));
}

void Session::print(const google::protobuf::Message& list,
                    std::span<const cli::Column> columns) const {
  world.out << (output == "json" ? cli::to_json(list) : cli::list_table(list, columns));
}

cli::Exit run(std::vector<std::string> arguments, const World& world) {
  if (!std::ranges::all_of(arguments, crypto::is_utf8))
    return report(world, {ErrorCode::INVALID_ARGUMENT, "an argument is not UTF-8"});
  Session session{world, {}, {}};
  Run chosen;
  CLI::App app(kAbout, kProgram);
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string(kProgram) + " " PUHUI_VERSION);
  add_global_flags(app, session);
  for (const auto commands : {everyday_commands(), decided_commands(), tags_commands()})
    for (const auto& command : commands) add_command(app, command, chosen);
  try {
    std::ranges::reverse(arguments);  // The form CLI11 takes a vector in.
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return parse_failed(app, error, world);
  }
  const auto done = chosen(session);
  return done ? cli::Exit::ok : report(world, done.error());
}

}  // namespace puhui::node::identity
