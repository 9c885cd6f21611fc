// Rule sets, and the machines of the cluster.
#include "crypto/bytes.h"
#include "node/cli/command.h"
#include "node/files/folder.h"

namespace puhui::node::cli {
namespace {

constexpr Column kRuleColumns[] = {
    {"VERSION", "version"},
    {"FROM", "effective_from"},
    {"TO", "effective_to"},
    {"ACTIONS", "signers.action"},
};
constexpr Column kNodeColumns[] = {
    {"ID", "node_id"},
    {"NAME", "name"},
    {"PEERS", "peer_address"},
    {"CLIENTS", "client_address"},
};

Run declare_rules_file(CLI::App& app) {
  auto path = std::make_shared<std::string>();
  app.add_option("file", *path, "JSON of a RuleSet")->required();
  auto document = std::make_shared<std::string>();
  add_value(
      app, "--document", read_document_sha256,
      [document](std::string digest) { *document = std::move(digest); },
      "the decision behind the rules: a file, or its SHA-256");
  return [path, document](Session& session) -> Result<Exit> {
    const auto bytes = read_file(*path);
    if (!bytes) return tl::make_unexpected(bytes.error());
    v1::Payload payload;
    auto& rules = *payload.mutable_file_rule_set()->mutable_rules();
    if (auto read = from_json(*bytes, rules, false); !read)
      return fail(read.error().code, *path + ": " + read.error().detail);
    if (!document->empty()) rules.set_document_sha256(*document);
    return submit(session, std::move(payload));
  };
}

Run declare_rules_list(CLI::App& app) { return lists<v1::RuleSetList>(app, "rules", kRuleColumns); }

Run declare_admit(CLI::App& app) {
  auto action = std::make_shared<v1::AdmitNode>();
  auto* node = action->mutable_node();
  add_value(
      app, "id", parse_number,
      [action](std::uint64_t id) { action->mutable_node()->set_node_id(id); }, "number of the node")
      ->required();
  app.add_option("--name", *node->mutable_name(), "name it cosigns with")->required();
  add_value(
      app, "--peer-key", read_public_key,
      [action](const crypto::PublicKey& key) {
        action->mutable_node()->set_peer_key(key.encode());
      },
      "key its peers know it by: hex, or a key file")
      ->required();
  add_value(
      app, "--cosigner-key", read_public_key,
      [action](const crypto::PublicKey& key) {
        action->mutable_node()->set_cosigner_key(key.encode());
      },
      "key of its cosignatures: hex, or a key file")
      ->required();
  app.add_option("--peer-address", *node->mutable_peer_address(), "host:port peers dial")
      ->required();
  app.add_option("--client-address", *node->mutable_client_address(), "host:port for clients")
      ->required();
  return submits(action, &v1::Payload::mutable_admit_node);
}

Run declare_node_list(CLI::App& app) { return lists<v1::NodeList>(app, "nodes", kNodeColumns); }

constexpr Command kCommands[] = {
    {"rules", "file", "Files a rule set from a JSON file.",
     "puhui rules file rules-2025.json --party city-authority --key authority.key",
     declare_rules_file},
    {"rules", "list", "Lists the rule sets filed, newest last.", "puhui rules list",
     declare_rules_list},
    {"node", "admit", "Admits a machine to the cluster.",
     "puhui node admit 4 --name node4.wuhan.example --peer-key 01… --cosigner-key 01… "
     "--peer-address 10.0.0.4:7443 --client-address node4.example:8443",
     declare_admit},
    {"node", "list", "Lists the machines of the cluster.", "puhui node list", declare_node_list},
};

}  // namespace

std::span<const Command> governance_commands() { return kCommands; }

}  // namespace puhui::node::cli
