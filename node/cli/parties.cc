// Parties, their roles and their keys.
#include "crypto/bytes.h"
#include "node/cli/command.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

constexpr Column kPartyColumns[] = {
    {"PARTY", "party"},
    {"NAME", "name_zh"},
    {"NAME_EN", "name_en"},
    {"ENTITY", "legal_entity"},
    {"ROLES", "roles.role"},
    {"LEAF", "registered_at"},
    {"RESTRAINT", "restraints.restraint.restraint"},
};

Run declare_register(CLI::App& app) {
  auto action = std::make_shared<v1::RegisterParty>();
  app.add_option("name", *action->mutable_party(), "party to register")->required();
  app.add_option("--legal-entity", *action->mutable_legal_entity(), "unified social credit code");
  app.add_option("--name-zh", *action->mutable_name_zh(), "Chinese name");
  app.add_option("--name-en", *action->mutable_name_en(), "English name");
  app.add_option("--area", *action->mutable_area(), "GB/T 2260 area code");
  app.add_flag_callback(
      "--in-ets-boundary", [action] { action->set_in_ets_boundary(true); },
      "the entity surrenders allowances in an emissions trading scheme");
  add_values(
      app, "--public-key", read_public_key,
      [action](const crypto::PublicKey& key) { action->add_keys()->set_public_key(key.encode()); },
      "public key in hex, or a key file; repeat for several")
      ->required()
      ->allow_extra_args(false);
  add_values(
      app, "--role", parse_role_grant,
      [action](v1::RoleGrant grant) { *action->add_roles() = std::move(grant); },
      "role with its scope, e.g. verifier,methodology=WH-PV-2023; repeat for several")
      ->allow_extra_args(false);
  return submits(action, &v1::Payload::mutable_register_party);
}

Run declare_party_show(CLI::App& app) { return shows<v1::Party>(app, "parties", "party"); }

Run declare_party_list(CLI::App& app) {
  return lists<v1::PartyList>(app, "parties", kPartyColumns);
}

Run declare_grant(CLI::App& app) {
  auto action = std::make_shared<v1::GrantRole>();
  app.add_option("name", *action->mutable_party(), "party")->required();
  add_value(
      app, "role", parse_role_grant,
      [action](v1::RoleGrant grant) { *action->mutable_grant() = std::move(grant); },
      "ROLE[,area=…][,methodology=…][,max=2000t][,from=TIME][,to=TIME]")
      ->required();
  return submits(action, &v1::Payload::mutable_grant_role);
}

Run declare_role_revoke(CLI::App& app) {
  auto action = std::make_shared<v1::RevokeRole>();
  app.add_option("name", *action->mutable_party(), "party")->required();
  add_value(
      app, "role", parse_role, [action](v1::Role role) { action->set_role(role); }, "role")
      ->required();
  return submits(action, &v1::Payload::mutable_revoke_role);
}

void add_document_flag(CLI::App& app, std::function<void(std::string)> store) {
  add_value(app, "--document", read_document_sha256, std::move(store),
            "the decision behind it: a file, or its SHA-256");
}

Run declare_restrain(CLI::App& app, v1::Restraint restraint) {
  auto action = std::make_shared<v1::RestrainParty>();
  action->set_restraint(restraint);
  app.add_option("name", *action->mutable_party(), "party")->required();
  app.add_option("--reason", *action->mutable_reason(), "why, with the case number")->required();
  add_document_flag(
      app, [action](std::string digest) { action->set_document_sha256(std::move(digest)); });
  return submits(action, &v1::Payload::mutable_restrain_party);
}
Run declare_freeze(CLI::App& app) { return declare_restrain(app, v1::FROZEN); }
Run declare_suspend(CLI::App& app) { return declare_restrain(app, v1::SUSPENDED); }

Run declare_release(CLI::App& app) {
  auto action = std::make_shared<v1::ReleaseParty>();
  app.add_option("name", *action->mutable_party(), "party")->required();
  add_value(
      app, "leaf", parse_number,
      [action](std::uint64_t leaf) { action->set_restrained_at(static_cast<std::int64_t>(leaf)); },
      "of its freeze or suspension, as `puhui party show` says; others stand")
      ->required();
  add_document_flag(
      app, [action](std::string digest) { action->set_document_sha256(std::move(digest)); });
  return submits(action, &v1::Payload::mutable_release_party);
}

// The key an event is about: by id in hex, or through its public key or key file.
Result<std::string> read_key_id(const std::string& text) {
  if (auto id = parse_hex(text, crypto::Digest::kSize)) return id;
  const auto key = read_public_key(text);
  if (!key) return tl::make_unexpected(key.error());
  return std::string(key->key_id().view());
}

template <class Action>
void add_party_flag(CLI::App& app, const std::shared_ptr<Action>& action) {
  app.add_option("name", *action->mutable_party(), "party the key belongs to")->required();
}

Run declare_key_add(CLI::App& app) {
  auto action = std::make_shared<v1::AddKey>();
  add_party_flag(app, action);
  add_value(
      app, "--public-key", read_public_key,
      [action](const crypto::PublicKey& key) {
        action->mutable_key()->set_public_key(key.encode());
      },
      "public key in hex, or a key file")
      ->required();
  return submits(action, &v1::Payload::mutable_add_key);
}

Run declare_key_rotate(CLI::App& app) {
  auto action = std::make_shared<v1::RotateKey>();
  add_party_flag(app, action);
  add_value(
      app, "--old", read_key_id,
      [action](std::string id) { action->set_old_key_id(std::move(id)); },
      "key to replace: its id or public key in hex, or a key file")
      ->required();
  add_value(
      app, "--public-key", read_public_key,
      [action](const crypto::PublicKey& key) {
        action->mutable_new_key()->set_public_key(key.encode());
      },
      "new public key in hex, or a key file")
      ->required();
  return submits(action, &v1::Payload::mutable_rotate_key);
}

Run declare_key_revoke(CLI::App& app) {
  auto action = std::make_shared<v1::RevokeKey>();
  add_party_flag(app, action);
  add_value(
      app, "--old", read_key_id, [action](std::string id) { action->set_key_id(std::move(id)); },
      "key to revoke: its id or public key in hex, or a key file")
      ->required();
  app.add_option("--reason", *action->mutable_reason(), "why");
  return submits(action, &v1::Payload::mutable_revoke_key);
}

Run declare_key_show(CLI::App& app) {
  auto id = std::make_shared<std::string>();
  add_value(
      app, "key", read_key_id, [id](std::string bytes) { *id = crypto::hex_encode(bytes); },
      "key id or public key in hex, or a key file")
      ->required();
  return [id](Session& session) { return show<v1::KeyRecord>(session, {"v1", "keys", *id}); };
}

constexpr Command kCommands[] = {
    {"party", "register", "Registers a party with its keys and first roles.",
     "puhui party register acme --legal-entity 91420100MA4K000001 --name-en \"Acme Solar\" "
     "--public-key acme.key --role enterprise --party city-authority --key authority.key --key "
     "operator.key",
     declare_register},
    {"party", "show", "Shows a party.", "puhui party show acme", declare_party_show},
    {"party", "list", "Lists parties.", "puhui party list --all -o json", declare_party_list},
    {"party", "key-add", "Adds a key to a party.",
     "puhui party key-add acme --public-key new.key --party acme --key acme.key", declare_key_add},
    {"party", "key-rotate", "Replaces a key of a party by a new one.",
     "puhui party key-rotate acme --old acme.key --public-key new.key --party acme --key acme.key",
     declare_key_rotate},
    {"party", "key-revoke", "Revokes a key of a party.",
     "puhui party key-revoke acme --old lost.key --reason lost --party acme --key acme.key",
     declare_key_revoke},
    {"party", "key-show", "Shows what the ledger knows about a key.",
     "puhui party key-show acme.key", declare_key_show},
    {"party", "freeze", "Freezes a party: nothing leaves its accounts.",
     "puhui party freeze acme --reason \"(2026) E01 No. 12\" --party bureau --key a.key --key "
     "b.key",
     declare_freeze},
    {"party", "suspend", "Suspends a party: besides, nothing it signs counts.",
     "puhui party suspend acme --reason \"false declaration\" --propose acme-out --party bureau "
     "--key a.key",
     declare_suspend},
    {"party", "release", "Ends one freeze or suspension.",
     "puhui party release acme 4711 --party bureau --key a.key --key b.key", declare_release},
    {"role", "grant", "Gives a party a role, within a scope.",
     "puhui role grant tester verifier,methodology=WH-PV-2023,max=20000t "
     "--party city-authority --key authority.key --key operator.key",
     declare_grant},
    {"role", "revoke", "Takes a role from a party.",
     "puhui role revoke tester verifier --party city-authority --key authority.key --key "
     "operator.key",
     declare_role_revoke},
};

}  // namespace

std::span<const Command> party_commands() { return kCommands; }

}  // namespace puhui::node::cli
