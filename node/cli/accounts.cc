// Accounts: open, and see what they hold.
#include "crypto/bytes.h"
#include "crypto/random.h"
#include "ledger/event.h"
#include "node/cli/command.h"
#include "node/files/folder.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

// An event with this many pseudonyms still fits an entry.
constexpr unsigned kPseudonymsMax = 4000;

constexpr Column kBlockColumns[] = {
    {"START", "start"}, {"END", "end"},     {"BATCH", "batch"},
    {"STATE", "state"}, {"SINCE", "since"}, {"ACCOUNT", "account"},
};

Run declare_open(CLI::App& app) {
  auto action = std::make_shared<v1::OpenAccount>();
  app.add_option("account", *action->mutable_account(), "name of the account")->required();
  add_value(
      app, "--kind", parse_account_kind, [action](v1::AccountKind kind) { action->set_kind(kind); },
      "enterprise, project, pool, event, escrow, treasury or buffer")
      ->required();
  app.add_option("--owner", *action->mutable_owner(), "party that owns it (the acting party)");
  return [action](Session& session) {
    v1::Payload payload;
    auto& opened = *payload.mutable_open_account();
    opened = *action;
    if (opened.owner().empty()) opened.set_owner(session.settings().party);
    return submit(session, std::move(payload));
  };
}

struct Pseudonyms {
  std::string bytes;
  unsigned count = 0;
  std::string keep_in;
};

Result<void> read_pseudonyms(const std::string& path, std::string& bytes) {
  const auto text = read_file(path);
  if (!text) return tl::make_unexpected(text.error());
  std::string_view rest = *text;
  for (unsigned line = 1; !rest.empty(); ++line) {
    const auto end = rest.find('\n');
    const auto pseudonym = parse_pseudonym(rest.substr(0, end));
    if (!pseudonym)
      return fail(ErrorCode::INVALID_ARGUMENT,
                  path + ":" + std::to_string(line) + ": " + pseudonym.error().detail);
    bytes += *pseudonym;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return {};
}

std::string pseudonym_lines(std::string_view bytes) {
  std::string lines;
  for (std::size_t at = 0; at < bytes.size(); at += ledger::kPseudonymSize)
    lines += "p-" + crypto::hex_encode(bytes.substr(at, ledger::kPseudonymSize)) + "\n";
  return lines;
}

Result<Exit> open_personal(Session& session, const Pseudonyms& wanted) {
  auto bytes = wanted.bytes;
  if (bytes.empty()) {
    if (wanted.count == 0 || wanted.keep_in.empty())
      return fail(ErrorCode::INVALID_ARGUMENT, "give --pseudonyms FILE, or --count and --keep-in");
    bytes = crypto::random_bytes(wanted.count * ledger::kPseudonymSize);
    // Kept before anything is sent: an accepted event must never name accounts nobody remembers.
    if (auto kept = write_new_file(wanted.keep_in, pseudonym_lines(bytes), true); !kept)
      return tl::make_unexpected(kept.error());
  }
  if (bytes.size() > kPseudonymsMax * ledger::kPseudonymSize)
    return fail(ErrorCode::TOO_LARGE, "at most " + std::to_string(kPseudonymsMax) + " accounts");
  v1::Payload payload;
  payload.mutable_open_personal_accounts()->set_pseudonyms(std::move(bytes));
  return submit(session, std::move(payload));
}

Run declare_open_personal(CLI::App& app) {
  auto wanted = std::make_shared<Pseudonyms>();
  auto* file = add_value(
      app, "--pseudonyms",
      [](const std::string& path) -> Result<std::string> {
        std::string bytes;
        if (auto read = read_pseudonyms(path, bytes); !read)
          return tl::make_unexpected(read.error());
        return bytes;
      },
      [wanted](std::string bytes) { wanted->bytes = std::move(bytes); },
      "file with one pseudonym per line, 32 hex digits");
  auto* count = app.add_option("--count", wanted->count, "make this many random pseudonyms")
                    ->check(CLI::Range(1u, kPseudonymsMax))
                    ->excludes(file);
  app.add_option("--keep-in", wanted->keep_in, "new file, mode 0600, for the pseudonyms made")
      ->needs(count);
  return [wanted](Session& session) { return open_personal(session, *wanted); };
}

Run declare_show(CLI::App& app) { return shows<v1::Account>(app, "accounts", "account"); }

Run declare_units(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("account", *name, "account")->required();
  auto flags = add_list_flags(app);
  return [name, flags](Session& session) {
    return show_list<v1::UnitBlockList>(session, {"v1", "accounts", *name, "units"}, *flags,
                                        kBlockColumns);
  };
}

constexpr Command kCommands[] = {
    {"account", "open", "Opens an account.",
     "puhui account open acme/pv --kind project --party acme --key acme.key", declare_open},
    {"account", "open-personal", "Opens custodial accounts of citizens under random pseudonyms.",
     "puhui account open-personal --count 1000 --keep-in pseudonyms.txt "
     "--party operator --key operator.key\n"
     "puhui account open-personal --pseudonyms pseudonyms.txt --party operator --key operator.key",
     declare_open_personal},
    {"account", "show", "Shows an account's balances.", "puhui account show acme/pv", declare_show},
    {"account", "units", "Lists the serial ranges an account holds.",
     "puhui account units acme/pv --all", declare_units},
};

}  // namespace

std::span<const Command> account_commands() { return kCommands; }

}  // namespace puhui::node::cli
