// Everyday commands: a store, its people, carriers and confirmations.
#include "crypto/bytes.h"
#include "ledger/personal.h"
#include "node/cli/values.h"
#include "node/identity/command.h"
#include "node/identity/lines.h"

namespace puhui::node::identity {
namespace {

// As many as one event opens accounts.
constexpr std::size_t kEnrolMax = 4000;
// As many as one attachment holds records.
constexpr std::size_t kTagsMax = 20000;

constexpr cli::Column kAccountColumns[] = {{"ACCOUNT", "account"}, {"NEW", "is_new"}};
constexpr cli::Column kTagColumns[] = {{"TAG", "tag"}};

Run declare_init(CLI::App& app) {
  auto policy_file = std::make_shared<std::string>();
  app.add_option("--policy", *policy_file, "tlog-policy of the city, believed from the start")
      ->type_name("FILE");
  return [policy_file](const Session& session) -> Result<void> {
    std::string policy;
    if (!policy_file->empty()) {
      auto text = read_file(*policy_file);
      if (!text) return tl::make_unexpected(text.error());
      if (const auto parsed = crypto::parse_policy(*text); !parsed)
        return tl::make_unexpected(parsed.error());
      policy = std::move(*text);
    }
    auto store = session.make_store();
    if (!store) return tl::make_unexpected(store.error());
    if (!policy.empty()) {
      const auto trusted = (*store)->trust(policy, session.world.now_us());
      if (!trusted) return tl::make_unexpected(trusted.error());
    }
    session.print({{"store", session.folder},
                   {"encrypted", session.passphrase_file.empty() ? "no" : "yes"},
                   {"verifier_key", crypto::format_vkey(verifier_of((*store)->keys()))}});
    if (session.passphrase_file.empty())
      session.world.err << "the key file is as safe as its mode, 0600: no passphrase protects it\n";
    return {};
  };
}

struct Enrolment {
  std::vector<std::string> identities;
  bool minor = false;
  std::string guardian, out_file;
};

Result<Mark> mark_of(const Enrolment& asked) {
  if (!asked.minor) return Mark{};
  const auto hash = cli::read_document_sha256(asked.guardian);
  if (!hash) return tl::make_unexpected(hash.error());
  const auto digest = crypto::Digest::from_bytes(*hash);
  if (!digest) return tl::make_unexpected(digest.error());
  return Mark{*digest};
}

Result<void> keep_new(const std::string& path, const v1::IdentityAccountList& list) {
  std::string lines;
  for (const auto& account : list.items())
    if (account.is_new()) lines += account.account() + "\n";
  return write_new_file(path, lines, true);
}

Result<void> enrol(const Session& session, const Enrolment& asked) {
  const auto mark = mark_of(asked);
  if (!mark) return tl::make_unexpected(mark.error());
  // Asked before anything is kept: nobody would know later which of them are new.
  if (!asked.out_file.empty() && exists(asked.out_file))
    return fail(ErrorCode::LOCKED, asked.out_file + " exists and is not replaced");
  auto identities = read_lines(asked.identities, session.world.in, kEnrolMax);
  if (!identities) return tl::make_unexpected(identities.error());
  auto store = session.open_store();
  if (!store) return tl::make_unexpected(store.error());
  const auto enrolled = (*store)->people().enrol(*identities, *mark, session.world.now_us());
  for (auto& identity : *identities) crypto::wipe(identity);
  if (!enrolled) return tl::make_unexpected(enrolled.error());
  v1::IdentityAccountList list;
  for (const auto& one : *enrolled) {
    auto& account = *list.add_items();
    account.set_account(ledger::personal_id(one.pseudonym));
    account.set_is_new(one.is_new);
  }
  session.print(list, kAccountColumns);
  if (asked.out_file.empty()) return {};
  return keep_new(asked.out_file, list);
}

Run declare_enrol(CLI::App& app) {
  auto asked = std::make_shared<Enrolment>();
  app.add_option("identity", asked->identities,
                 "whom to enrol; without any, one a line from the standard input");
  auto* minor = app.add_flag("--minor", asked->minor, "they are minors");
  auto* guardian = app.add_option("--guardian", asked->guardian,
                                  "of minors: the guardian's confirmation, its SHA-256 or the file")
                       ->type_name("HASH|FILE")
                       ->needs(minor);
  minor->needs(guardian);
  app.add_option("--out", asked->out_file,
                 "new file, mode 0600, for the new accounts, as puhui account open-personal "
                 "--pseudonyms takes it")
      ->type_name("FILE");
  return [asked](const Session& session) { return enrol(session, *asked); };
}

struct Carriers {
  std::string kind;
  std::vector<std::string> carriers;
};

Run declare_tag(CLI::App& app) {
  auto asked = std::make_shared<Carriers>();
  app.add_option("kind", asked->kind, "bike, gate or meter")->required();
  app.add_option("carrier", asked->carriers,
                 "numbers of carriers; without any, one a line from the standard input");
  return [asked](const Session& session) -> Result<void> {
    const auto kind = parse_carrier_kind(asked->kind);
    if (!kind) return tl::make_unexpected(kind.error());
    const auto carriers = read_lines(asked->carriers, session.world.in, kTagsMax);
    if (!carriers) return tl::make_unexpected(carriers.error());
    const auto keys = session.read_keys();
    if (!keys) return tl::make_unexpected(keys.error());
    v1::IdentityTagList list;
    for (const auto& carrier : *carriers)
      list.add_items()->set_tag(carrier_tag(*keys, *kind, carrier).hex());
    session.print(list, kTagColumns);
    return {};
  };
}

struct Confirming {
  std::string account, text, shown;
};

Result<void> keep_confirmation(const Session& session, const Confirming& asked) {
  const auto pseudonym = cli::parse_pseudonym(asked.account);
  if (!pseudonym) return tl::make_unexpected(pseudonym.error());
  auto text = asked.text.empty() ? read_all(session.world.in, kTextSizeMax) : asked.text;
  if (!text) return tl::make_unexpected(text.error());
  if (auto checked = check_text(*text); !checked) return checked;
  auto store = session.open_store();
  if (!store) return tl::make_unexpected(store.error());
  const auto commitment = (*store)->people().confirm(*pseudonym, *text, session.world.now_us());
  crypto::wipe(*text);
  if (!commitment) return tl::make_unexpected(commitment.error());
  session.print(
      {{"account", ledger::personal_id(*pseudonym)}, {"confirmation", commitment->hex()}});
  return {};
}

Result<void> show_confirmation(const Session& session, const Confirming& asked) {
  const auto pseudonym = cli::parse_pseudonym(asked.account);
  if (!pseudonym) return tl::make_unexpected(pseudonym.error());
  const auto commitment = crypto::Digest::from_hex(asked.shown);
  if (!commitment) return tl::make_unexpected(commitment.error());
  auto store = session.open_store();
  if (!store) return tl::make_unexpected(store.error());
  const auto kept = (*store)->people().confirmation(*pseudonym, *commitment);
  if (!kept) return tl::make_unexpected(kept.error());
  session.print({{"account", ledger::personal_id(*pseudonym)},
                 {"confirmation", commitment->hex()},
                 {"kept_at", cli::format_time(kept->kept_at())},
                 {"salt", crypto::hex_encode(kept->salt())},
                 {"text", kept->text()}});
  return {};
}

Run declare_confirm(CLI::App& app) {
  auto asked = std::make_shared<Confirming>();
  app.add_option("account", asked->account, "whose confirmation it is: p-…")->required();
  auto* text = app.add_option("text", asked->text,
                              "what was confirmed; without it, all of the "
                              "standard input");
  app.add_option("--show", asked->shown, "reveal the text of this confirmation instead")
      ->type_name("HASH")
      ->excludes(text);
  return [asked](const Session& session) {
    return asked->shown.empty() ? keep_confirmation(session, *asked)
                                : show_confirmation(session, *asked);
  };
}

Run declare_stats(CLI::App&) {
  return [](const Session& session) -> Result<void> {
    auto store = session.open_store();
    if (!store) return tl::make_unexpected(store.error());
    const auto fields = (*store)->statistics();
    if (!fields) return tl::make_unexpected(fields.error());
    session.print(*fields);
    return {};
  };
}

constexpr Command kCommands[] = {
    {nullptr, "init", "Makes a new store; its key is encrypted if --passphrase-file is given.",
     "puhui-identity init --store identity --passphrase-file identity.pass --policy city.policy",
     declare_init},
    {nullptr, "enrol", "Answers the pseudonym of each identity, a new one where it has none.",
     "puhui-identity enrol --out accounts.txt < identities.txt\n"
     "puhui account open-personal --pseudonyms accounts.txt --party operator --key operator.key\n"
     "puhui-identity enrol --minor --guardian consent.pdf < child.txt",
     declare_enrol},
    {nullptr, "tag", "Answers the tag of each carrier, the same whoever reports it.",
     "puhui-identity tag bike WH-0012345 WH-0067890\npuhui-identity tag meter < meters.txt -o json",
     declare_tag},
    {nullptr, "confirm", "Keeps what a citizen confirmed, and answers the hash a debit carries.",
     "puhui-identity confirm p-000102030405060708090a0b0c0d0e0f < order.txt\n"
     "puhui-identity confirm p-000102030405060708090a0b0c0d0e0f --show 9c0b…5a",
     declare_confirm},
    {nullptr, "stats", "Counts what the store holds.", "puhui-identity stats", declare_stats},
};

}  // namespace

std::span<const Command> everyday_commands() { return kCommands; }

}  // namespace puhui::node::identity
