// Rule sets, votes, and the machines of the cluster.
#include "crypto/bytes.h"
#include "node/cli/command.h"
#include "node/files/folder.h"

namespace puhui::node::cli {
namespace {

constexpr Column kRuleColumns[] = {
    {"VERSION", "rules.version"}, {"FROM", "rules.effective_from"},
    {"TO", "rules.effective_to"}, {"BEGAN-AT", "began_at"},
    {"ENDED-AT", "ended_at"},     {"ACTIONS", "rules.signers.action"},
};
constexpr Column kProposalColumns[] = {
    {"PROPOSAL", "proposal"},    {"ACTION", "ballot.action"},   {"BY", "proposer"},
    {"STATE", "state"},          {"VOTES", "votes.party"},      {"VOTING-UNTIL", "voting_until"},
    {"FROM", "executable_from"}, {"UNTIL", "executable_until"},
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

Run declare_vote(CLI::App& app) {
  auto action = std::make_shared<v1::Vote>();
  app.add_option("name", *action->mutable_proposal(), "proposal")->required();
  add_choice(app, "vote", "for", "against",
             [action](bool approve) { action->set_approve(approve); });
  return submits(action, &v1::Payload::mutable_vote);
}

// A settlement is said once more by the event that carries it out, for the other city to read.
Result<Exit> execute(Session& session, v1::Execute action) {
  if (session.has_url()) {
    const auto proposal = session.get<v1::Proposal>({"v1", "proposals", action.proposal()});
    if (!proposal) return tl::make_unexpected(proposal.error());
    if (proposal->resolution().has_settle_transfer())
      *action.mutable_resolution() = proposal->resolution();
  }
  v1::Payload payload;
  *payload.mutable_execute() = std::move(action);
  return submit(session, std::move(payload));
}

Run declare_execute(CLI::App& app) {
  auto action = std::make_shared<v1::Execute>();
  app.add_option("name", *action->mutable_proposal(), "proposal")->required();
  return [action](Session& session) { return execute(session, *action); };
}

Run declare_proposal_show(CLI::App& app) {
  return shows<v1::Proposal>(app, "proposals", "proposal");
}
Run declare_proposal_list(CLI::App& app) {
  return lists<v1::ProposalList>(app, "proposals", kProposalColumns);
}

Result<v1::Node> read_node(const std::string& path) {
  const auto bytes = read_file(path);
  if (!bytes) return tl::make_unexpected(bytes.error());
  v1::Node node;
  if (auto read = from_json(*bytes, node, false); !read)
    return fail(read.error().code, path + ": " + read.error().detail);
  return node;
}

// A key of the node, as a flag that sets a field of its record.
void add_node_key(CLI::App& app, const char* flag, const std::shared_ptr<v1::Node>& node,
                  std::string* (v1::Node::*field)(), const char* help) {
  add_value(
      app, flag, read_public_key,
      [node, field](const crypto::PublicKey& key) { *(node.get()->*field)() = key.encode(); },
      help);
}

Run declare_admit(CLI::App& app) {
  auto node = std::make_shared<v1::Node>();
  auto path = std::make_shared<std::string>();
  app.add_option("file", *path, "JSON of a Node, as puhuid join writes it; or give the flags");
  add_value(
      app, "--id", parse_number, [node](std::uint64_t id) { node->set_node_id(id); },
      "number of the node");
  app.add_option("--name", *node->mutable_name(), "name it cosigns with");
  add_node_key(app, "--peer-key", node, &v1::Node::mutable_peer_key,
               "key its peers know it by: hex, or a key file");
  add_node_key(app, "--cosigner-key", node, &v1::Node::mutable_cosigner_key,
               "key of its cosignatures: hex, or a key file");
  app.add_option("--peer-address", *node->mutable_peer_address(), "host:port peers dial");
  app.add_option("--client-address", *node->mutable_client_address(), "host:port for clients");
  return [node, path](Session& session) -> Result<Exit> {
    v1::Payload payload;
    auto& admitted = *payload.mutable_admit_node()->mutable_node();
    if (!path->empty()) {
      auto read = read_node(*path);
      if (!read) return tl::make_unexpected(read.error());
      admitted = std::move(*read);
    }
    admitted.MergeFrom(*node);
    if (admitted.node_id() == 0)
      return fail(ErrorCode::INVALID_ARGUMENT, "give a file, or --id and the other flags");
    return submit(session, std::move(payload));
  };
}

Run declare_node_list(CLI::App& app) { return lists<v1::NodeList>(app, "nodes", kNodeColumns); }

constexpr Command kCommands[] = {
    {"rules", "file", "Files a rule set from a JSON file.",
     "puhui rules file rules-2025.json --party city-authority --key authority.key",
     declare_rules_file},
    {"rules", "list", "Lists the rule sets filed, newest last.", "puhui rules list",
     declare_rules_list},
    {"proposal", "vote", "Votes for or against a proposal.",
     "puhui rules file rules-2027.json --propose rules-2027 --party bureau --key bureau.key\n"
     "puhui proposal vote rules-2027 for --party bureau --key bureau.key",
     declare_vote},
    {"proposal", "execute", "Carries out what was resolved, after its time lock.",
     "puhui proposal execute rules-2027 --party bureau --key bureau.key", declare_execute},
    {"proposal", "show", "Shows a proposal and the votes cast.", "puhui proposal show rules-2027",
     declare_proposal_show},
    {"proposal", "list", "Lists proposals.", "puhui proposal list", declare_proposal_list},
    {"node", "admit", "Admits a machine to the cluster.",
     "puhui node admit node-4/admit.json --party operator --key operator.key\n"
     "puhui node admit --id 4 --name node4.wuhan.example --peer-key 01… --cosigner-key 01… "
     "--peer-address 10.0.0.4:7443 --client-address node4.example:8443",
     declare_admit},
    {"node", "list", "Lists the machines of the cluster.", "puhui node list", declare_node_list},
};

}  // namespace

std::span<const Command> governance_commands() { return kCommands; }

}  // namespace puhui::node::cli
