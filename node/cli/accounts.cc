// Accounts: opened, erased, and what they hold.
#include "crypto/bytes.h"
#include "crypto/random.h"
#include "ledger/personal.h"
#include "ledger/records.h"
#include "node/cli/command.h"
#include "node/cli/csv.h"
#include "node/cli/records.h"
#include "node/files/folder.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

// An event with this many pseudonyms still fits an entry.
constexpr unsigned kPseudonymsMax = 4000;
// Of what one event opens: what leaves room in an entry for every signature.
constexpr std::size_t kAccountBytesMax = 64'100;

constexpr Column kBlockColumns[] = {
    {"START", "start"}, {"END", "end"},         {"BATCH", "batch"}, {"STATE", "state"},
    {"SINCE", "since"}, {"ACCOUNT", "account"}, {"AREA", "area"},   {"SERIAL", "printed"},
};

constexpr Column kConsentColumns[] = {{"PARTY", "party"}, {"AGREED-TO", "items"}};

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

struct Wanted {
  v1::OpenPersonalAccounts accounts;
  unsigned count = 0;
  std::string keep_in;
};

// Each line of the file by `read`. INVALID_ARGUMENT names file and line.
template <class Read>
Result<void> each_line(const std::string& path, Read read) {
  const auto text = read_file(path);
  if (!text) return tl::make_unexpected(text.error());
  std::string_view rest = *text;
  for (unsigned line = 1; !rest.empty(); ++line)
    if (Result<void> sound = read(take_text_line(rest)); !sound)
      return fail(ErrorCode::INVALID_ARGUMENT,
                  path + ":" + std::to_string(line) + ": " + fault_of(sound.error()));
  return {};
}

Result<std::string> read_pseudonyms(const std::string& path) {
  std::string bytes;
  auto read = each_line(path, [&bytes](std::string_view line) -> Result<void> {
    const auto pseudonym = parse_pseudonym(line);
    if (!pseudonym) return tl::make_unexpected(pseudonym.error());
    bytes += *pseudonym;
    return {};
  });
  if (!read) return tl::make_unexpected(read.error());
  return bytes;
}

Result<v1::SelfHeldAccount> read_self_held(std::string_view line) {
  const auto words = split(line, ' ');
  if (words.size() != 2)
    return fail(ErrorCode::INVALID_ARGUMENT, "a pseudonym and a public key in hex are expected");
  auto pseudonym = parse_pseudonym(words[0]);
  if (!pseudonym) return tl::make_unexpected(pseudonym.error());
  const auto wire = parse_hex(words[1]);
  if (!wire) return tl::make_unexpected(wire.error());
  const auto key = crypto::PublicKey::decode(*wire);
  if (!key) return tl::make_unexpected(key.error());
  v1::SelfHeldAccount account;
  account.set_pseudonym(std::move(*pseudonym));
  account.mutable_key()->set_public_key(key->encode());
  return account;
}

using SelfHeld = google::protobuf::RepeatedPtrField<v1::SelfHeldAccount>;

Result<SelfHeld> read_holders(const std::string& path) {
  SelfHeld accounts;
  auto read = each_line(path, [&accounts](std::string_view line) -> Result<void> {
    auto account = read_self_held(line);
    if (!account) return tl::make_unexpected(account.error());
    *accounts.Add() = std::move(*account);
    return {};
  });
  if (!read) return tl::make_unexpected(read.error());
  return accounts;
}

std::string pseudonym_lines(std::string_view bytes) {
  std::string lines;
  for (std::size_t at = 0; at < bytes.size(); at += ledger::kPseudonymSize)
    lines += ledger::personal_id(bytes.substr(at, ledger::kPseudonymSize)) + "\n";
  return lines;
}

Result<Exit> open_personal(Session& session, const Wanted& wanted) {
  v1::Payload payload;
  auto& accounts = *payload.mutable_open_personal_accounts();
  accounts = wanted.accounts;
  if (wanted.count > 0 && wanted.keep_in.empty())
    return fail(ErrorCode::INVALID_ARGUMENT, "keep the pseudonyms that are made: --keep-in FILE");
  if (wanted.count > 0) {
    accounts.set_pseudonyms(crypto::random_bytes(wanted.count * ledger::kPseudonymSize));
    // Kept before anything is sent: an accepted event must never name accounts nobody remembers.
    if (auto kept = write_new_file(wanted.keep_in, pseudonym_lines(accounts.pseudonyms()), true);
        !kept)
      return tl::make_unexpected(kept.error());
  }
  if (accounts.pseudonyms().empty() && accounts.self_held().empty())
    return fail(ErrorCode::INVALID_ARGUMENT,
                "give --pseudonyms FILE, --self-held FILE, or --count and --keep-in");
  if (accounts.ByteSizeLong() > kAccountBytesMax)
    return fail(ErrorCode::TOO_LARGE, "more accounts than one event can open: at most " +
                                          std::to_string(kPseudonymsMax) +
                                          ", of self-held ones about a thousand");
  return submit(session, std::move(payload));
}

Run declare_open_personal(CLI::App& app) {
  auto wanted = std::make_shared<Wanted>();
  auto* file = add_value(
      app, "--pseudonyms", read_pseudonyms,
      [wanted](std::string bytes) { wanted->accounts.set_pseudonyms(std::move(bytes)); },
      "file with one pseudonym per line, 32 hex digits");
  add_value(
      app, "--self-held", read_holders,
      [wanted](SelfHeld accounts) { *wanted->accounts.mutable_self_held() = std::move(accounts); },
      "file with a pseudonym and, after a space, its holder's public key in hex, per line");
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
  auto purpose = std::make_shared<std::string>();
  app.add_option("--for", *purpose,
                 "as they are offered for this purpose: units of the areas first that its rule "
                 "puts first, then by the priority of the agreement they came by");
  auto flags = add_list_flags(app);
  return [name, purpose, flags](Session& session) {
    Query order;
    if (!purpose->empty()) order = {{"order", "areas_first"}, {"purpose", *purpose}};
    return show_list<v1::UnitBlockList>(session, {"v1", "accounts", *name, "units"}, *flags,
                                        kBlockColumns, order);
  };
}

// ---- A citizen's account ----------------------------------------------------------------------

// Sixty-four digits of what the custodian keeps, or the file that `puhui person confirm-erasure`
// made for this account.
Result<v1::EraseAccount> read_wish(const std::string& text) {
  v1::EraseAccount erasure;
  if (auto digest = crypto::Digest::from_hex(text)) {
    erasure.mutable_confirmation()->set_sha256(std::string(digest->view()));
    return erasure;
  }
  const auto line = read_file(text);
  if (!line) return tl::make_unexpected(line.error());
  auto read = read_erasure(*line);
  if (!read) return fail(read.error().code, text + ": " + read.error().detail);
  return read;
}

Run declare_erase(CLI::App& app) {
  auto account = std::make_shared<std::string>();
  auto wish = std::make_shared<v1::EraseAccount>();
  add_value(
      app, "account", parse_pseudonym,
      [account](std::string bytes) { *account = std::move(bytes); }, "citizen's account, p-…")
      ->required();
  add_value(
      app, "--confirmation", read_wish,
      [wish](v1::EraseAccount erasure) { *wish = std::move(erasure); },
      "SHA-256 of what the custodian keeps, in hex; or the file that the holder made")
      ->required()
      ->type_name("HASH|FILE");
  return [account, wish](Session& session) -> Result<Exit> {
    if (!wish->account().empty() && wish->account() != *account)
      return fail(ErrorCode::INVALID_ARGUMENT, "the confirmation is of another account");
    v1::Payload payload;
    auto& action = *payload.mutable_erase_account();
    action = *wish;
    action.set_account(*account);
    return submit(session, std::move(payload));
  };
}

Run declare_summary(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("account", *name, "citizen's account, p-…")->required();
  return [name](Session& session) {
    return show<v1::PersonalSummary>(session, {"v1", "accounts", *name, "summary"});
  };
}

Run declare_consents(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("account", *name, "citizen's account, p-…")->required();
  auto flags = add_list_flags(app);
  return [name, flags](Session& session) {
    return show_list<v1::ConsentList>(session, {"v1", "accounts", *name, "consents"}, *flags,
                                      kConsentColumns);
  };
}

constexpr Command kCommands[] = {
    {"account", "open", "Opens an account.",
     "puhui account open acme/pv --kind project --party acme --key acme.key", declare_open},
    {"account", "open-personal", "Opens accounts of citizens under random pseudonyms.",
     "puhui account open-personal --count 1000 --keep-in pseudonyms.txt "
     "--party operator --key operator.key\n"
     "puhui account open-personal --pseudonyms pseudonyms.txt --party operator --key operator.key\n"
     "puhui account open-personal --self-held holders.txt --party operator --key operator.key",
     declare_open_personal},
    {"account", "show", "Shows an account's balances.", "puhui account show acme/pv", declare_show},
    {"account", "units", "Lists the serial ranges an account holds.",
     "puhui account units acme/pv --all\n"
     "puhui account units acme/pv --for event_neutrality",
     declare_units},
    {"account", "erase", "Erases a citizen's account; what it holds is cancelled.",
     "puhui account erase p-000102030405060708090a0b0c0d0e0f "
     "--confirmation 9c0b3f0ad6b4d6a2d6a51b0f2e6a7f5d1c9e8b7a6f5e4d3c2b1a0f9e8d7c6b5a "
     "--party operator --key operator.key --receipt-out erased.receipt\n"
     "puhui account erase p-000102030405060708090a0b0c0d0e0f --confirmation erase.json "
     "--party operator --key operator.key",
     declare_erase},
    {"account", "summary", "Sums up a citizen's account: what saved most, and what would.",
     "puhui account summary p-000102030405060708090a0b0c0d0e0f --client-cert operator.pem "
     "--client-key operator-tls.key\n"
     "puhui account summary p-000102030405060708090a0b0c0d0e0f --own-key mine.key",
     declare_summary},
    {"account", "consents", "Lists what a citizen has agreed to, party by party.",
     "puhui account consents p-000102030405060708090a0b0c0d0e0f --client-cert operator.pem "
     "--client-key operator-tls.key",
     declare_consents},
};

}  // namespace

std::span<const Command> account_commands() { return kCommands; }

}  // namespace puhui::node::cli
