// Commands that need the ledger's word: erasures, openings, and whose word it is.
#include "ledger/personal.h"
#include "node/cli/values.h"
#include "node/identity/command.h"
#include "node/identity/erasure.h"

namespace puhui::node::identity {
namespace {

constexpr cli::Column kOpeningColumns[] = {
    {"NUMBER", "number"},   {"AT", "kept_at"},    {"ACCOUNT", "account"},
    {"LEAF", "leaf"},       {"REASON", "reason"}, {"REFERENCE", "reference"},
    {"PARTNER", "partner"}, {"POINTS", "points"}, {"HASH", "hash"},
};

// An account, and the receipt that allows something to be done with it.
struct Decided {
  std::string account, receipt_file;
};

std::shared_ptr<Decided> add_decided(CLI::App& app, const char* what) {
  auto decided = std::make_shared<Decided>();
  app.add_option("account", decided->account, "p-…")->required();
  app.add_option("--receipt", decided->receipt_file, what)->required()->type_name("FILE");
  return decided;
}

struct Request {
  std::string pseudonym, receipt;
  std::unique_ptr<Store> store;
};

Result<Request> prepare(const Session& session, const Decided& decided) {
  auto pseudonym = cli::parse_pseudonym(decided.account);
  if (!pseudonym) return tl::make_unexpected(pseudonym.error());
  auto receipt = read_file(decided.receipt_file);
  if (!receipt) return tl::make_unexpected(receipt.error());
  auto store = session.open_store();
  if (!store) return tl::make_unexpected(store.error());
  return Request{std::move(*pseudonym), std::move(*receipt), std::move(*store)};
}

Run declare_trust(CLI::App& app) {
  auto path = std::make_shared<std::string>();
  app.add_option("policy", *path, "tlog-policy of the city (puhui policy export)")->required();
  return [path](const Session& session) -> Result<void> {
    const auto policy = read_file(*path);
    if (!policy) return tl::make_unexpected(policy.error());
    auto store = session.open_store();
    if (!store) return tl::make_unexpected(store.error());
    const auto link = (*store)->trust(*policy, session.world.now_us());
    if (!link) return tl::make_unexpected(link.error());
    session.print({{"number", std::to_string(link->number())},
                   {"policy_sha256", crypto::sha256(*policy).hex()}});
    return {};
  };
}

// Notes are shown as they are, whatever the output: their bytes are what was signed.
Run declare_erase(CLI::App& app) {
  auto decided = add_decided(app, "receipt of the ledger's erasure event");
  return [decided](const Session& session) -> Result<void> {
    auto request = prepare(session, *decided);
    if (!request) return tl::make_unexpected(request.error());
    const auto note =
        request->store->erase(request->pseudonym, request->receipt, session.world.now_us());
    if (!note) return tl::make_unexpected(note.error());
    session.world.out << *note;
    return {};
  };
}

Run declare_erasure_show(CLI::App& app) {
  auto account = std::make_shared<std::string>();
  app.add_option("account", *account, "p-…")->required();
  return [account](const Session& session) -> Result<void> {
    const auto pseudonym = cli::parse_pseudonym(*account);
    if (!pseudonym) return tl::make_unexpected(pseudonym.error());
    auto store = session.open_store();
    if (!store) return tl::make_unexpected(store.error());
    const auto note = (*store)->erasure(*pseudonym);
    if (!note) return tl::make_unexpected(note.error());
    session.world.out << *note;
    return {};
  };
}

struct Verifying {
  std::string path, vkey;
};

Run declare_erasure_verify(CLI::App& app) {
  auto asked = std::make_shared<Verifying>();
  app.add_option("file", asked->path, "erasure receipt")->required();
  app.add_option("--verifier-key", asked->vkey, "as init and stats print it")
      ->required()
      ->type_name("VKEY");
  return [asked](const Session& session) -> Result<void> {
    const auto key = crypto::parse_vkey(asked->vkey);
    if (!key) return tl::make_unexpected(key.error());
    const auto note = read_file(asked->path);
    if (!note) return tl::make_unexpected(note.error());
    auto said = verify_erasure(*note, *key);
    if (!said) return tl::make_unexpected(said.error());
    said->insert(said->begin(), {"verified", "yes"});
    session.print(*said);
    return {};
  };
}

Run declare_open(CLI::App& app) {
  auto decided = add_decided(app, "receipt of the ledger's event that opens the pseudonym");
  return [decided](const Session& session) -> Result<void> {
    auto request = prepare(session, *decided);
    if (!request) return tl::make_unexpected(request.error());
    auto opened =
        request->store->open(request->pseudonym, request->receipt, session.world.now_us());
    if (!opened) return tl::make_unexpected(opened.error());
    const auto& [person, link] = *opened;
    const auto hash = crypto::Digest::from_bytes(link.hash());
    if (!hash) return tl::make_unexpected(hash.error());
    session.print({{"account", link.account()},
                   {"identity", person.identity()},
                   {"minor", person.minor() ? "yes" : "no"},
                   {"leaf", std::to_string(link.leaf())},
                   {"reason", link.reason()},
                   {"reference", link.reference()},
                   {"opening", std::to_string(link.number())},
                   {"hash", hash->hex()}});
    crypto::wipe(*opened->person.mutable_identity());
    return {};
  };
}

Run declare_openings(CLI::App&) {
  return [](const Session& session) -> Result<void> {
    auto store = session.open_store();
    if (!store) return tl::make_unexpected(store.error());
    const auto list = (*store)->openings().read();
    if (!list) return tl::make_unexpected(list.error());
    session.print(*list, kOpeningColumns);
    return {};
  };
}

constexpr Command kCommands[] = {
    {nullptr, "trust",
     "Believes receipts under this policy from here on; the log of openings says so.",
     "puhui policy export --out city.policy\npuhui-identity trust city.policy", declare_trust},
    {nullptr, "erase", "Destroys a person's mapping, key and salts, on the ledger's word.",
     "puhui receipt get 1300 --out 1300.receipt\n"
     "puhui-identity erase p-000102030405060708090a0b0c0d0e0f --receipt 1300.receipt",
     declare_erase},
    {"erasure", "show", "Shows the erasure receipt of an account again.",
     "puhui-identity erasure show p-000102030405060708090a0b0c0d0e0f", declare_erasure_show},
    {"erasure", "verify", "Verifies an erasure receipt, without a store.",
     "puhui-identity erasure verify erasure.txt --verifier-key puhui-identity+0d5f…",
     declare_erasure_verify},
    {nullptr, "open", "Reveals who an account is, on the ledger's word, and logs it.",
     "puhui-identity open p-000102030405060708090a0b0c0d0e0f --receipt 1301.receipt", declare_open},
    {nullptr, "openings", "Shows the log of openings, once its chain holds.",
     "puhui-identity openings -o json", declare_openings},
};

}  // namespace

std::span<const Command> decided_commands() { return kCommands; }

}  // namespace puhui::node::identity
